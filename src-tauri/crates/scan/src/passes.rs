//! One look at one picture: from light and dark to symbols.

use crate::alignment::aligned;
use crate::binarise::Binary;
use crate::finder::FinderSearch;
use crate::geometry::Point;
use crate::grid::{Grid, fixed_modules, grids_of};
use crate::plane::Luma;
use crate::reading::{Reading, reading};
use crate::refine::refined;
use crate::rings::Ring;
use crate::symbol::Symbol;
use crate::triples::{Triple, legs, triples};
use crate::two_finders::{Guess, guesses};

/// A code that was read in a picture.
pub(crate) struct Code {
    pub(crate) symbol: Symbol,
    /// Corners in pixels of the picture.
    pub(crate) corners: [Point; 4],
    pub(crate) is_inverted: bool,
}

/// What one look gave.
#[derive(Default)]
pub(crate) struct Look {
    pub(crate) codes: Vec<Code>,
    pub(crate) candidates: usize,
    pub(crate) finders: usize,
    pub(crate) triples: usize,
    pub(crate) grids: usize,
}

/// The memory of a look, used again for the next.
#[derive(Default)]
pub(crate) struct Looker {
    binary: Binary,
    search: FinderSearch,
    rings: Vec<Ring>,
}

impl Looker {
    /// Looks at a picture. `is_over` ends the look early, with what was read until then.
    pub(crate) fn look(&mut self, luma: Luma<'_>, is_over: &dyn Fn() -> bool) -> Look {
        self.binary.fill(luma);
        let seen = self.search.find(luma, &self.binary, &mut self.rings, is_over);
        let mut look = Look {
            candidates: seen.candidates,
            finders: self.rings.len(),
            ..Look::default()
        };
        let rings = &self.rings;
        let legs = legs(rings);
        let triples = triples(rings, &legs);
        look.triples = triples.len();
        let mut used = vec![false; rings.len()];
        for triple in &triples {
            if is_over() {
                break;
            }
            if triple.members.iter().any(|member| used[*member]) {
                continue;
            }
            if let Some(code) = code_of(triple, rings, luma, &mut look.grids, is_over) {
                for member in triple.members {
                    used[member] = true;
                }
                look.codes.push(code);
            }
        }
        if !look.codes.is_empty() {
            return look;
        }
        for guess in guesses(rings, &legs, &used, luma) {
            if is_over() {
                break;
            }
            if guess.members.iter().any(|member| used[*member]) {
                continue;
            }
            if let Some(code) = code_of_two(&guess, luma, &mut look.grids, is_over) {
                for member in guess.members {
                    used[member] = true;
                }
                look.codes.push(code);
            }
        }
        look
    }
}

/// Share of the known modules that must be right before the corners of a grid are moved about.
const WORTH_REFINING: f32 = 0.7;

fn code_of(
    triple: &Triple,
    rings: &[Ring],
    luma: Luma<'_>,
    grids: &mut usize,
    is_over: &dyn Fn() -> bool,
) -> Option<Code> {
    let mut nearest: Option<(f32, Grid)> = None;
    for (_, grid) in grids_of(triple, rings, luma) {
        let finders = triple.matches(rings, grid.modules);
        let fixed = fixed_modules(grid.modules);
        for grid in [aligned(&grid, luma, &finders), Some(grid)].into_iter().flatten() {
            *grids += 1;
            match reading(&grid, &fixed, luma, is_over) {
                Reading::Read(symbol) => return Some(code(*symbol, &grid)),
                Reading::Unread(agreement) => {
                    if nearest.as_ref().is_none_or(|(best, _)| agreement > *best) {
                        nearest = Some((agreement, grid));
                    }
                }
            }
        }
    }
    let (agreement, grid) = nearest?;
    if agreement < WORTH_REFINING || is_over() {
        return None;
    }
    let fixed = fixed_modules(grid.modules);
    let (_, grid) = refined(&grid, luma, &fixed, is_over);
    *grids += 1;
    match reading(&grid, &fixed, luma, is_over) {
        Reading::Read(symbol) => Some(code(*symbol, &grid)),
        Reading::Unread(_) => None,
    }
}

/// Reads a code of which two finders are seen.
fn code_of_two(guess: &Guess, luma: Luma<'_>, grids: &mut usize, is_over: &dyn Fn() -> bool) -> Option<Code> {
    let (_, grid) = refined(&guess.grid, luma, &guess.fixed, is_over);
    *grids += 1;
    match reading(&grid, &guess.fixed, luma, is_over) {
        Reading::Read(symbol) => Some(code(*symbol, &grid)),
        Reading::Unread(_) => None,
    }
}

fn code(symbol: Symbol, grid: &Grid) -> Code {
    Code {
        symbol,
        corners: grid.corners(),
        is_inverted: grid.is_inverted,
    }
}
