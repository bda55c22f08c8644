//! One look at one picture: from light and dark to symbols.

use crate::alignment::aligned;
use crate::binarise::Binary;
use crate::finder::FinderSearch;
use crate::fusion::Seen;
use crate::geometry::Point;
use crate::grid::{Fixed, Grid, fixed_modules, grids_of};
use crate::help::Evidence;
use crate::plane::Luma;
use crate::reading::{Reading, reading};
use crate::refine::refined;
use crate::rings::Ring;
use crate::scanner::Effort;
use crate::symbol::{Modules, Symbol};
use crate::triples::{Leg, Triple, legs, triples};
use crate::two_finders::{Guess, guesses};

/// A code that was read in a picture.
pub(crate) struct Code {
    pub(crate) symbol: Symbol,
    /// What the symbol was read from.
    pub(crate) modules: Modules,
    /// Corners in pixels of the picture.
    pub(crate) corners: [Point; 4],
    pub(crate) is_inverted: bool,
}

/// What one look gave.
#[derive(Default)]
pub(crate) struct Look {
    pub(crate) codes: Vec<Code>,
    /// Where parts of a code that was not read are, in pixels of the picture.
    pub(crate) near_miss: Option<Region>,
    /// What is measured of those parts.
    pub(crate) evidence: Option<Evidence>,
    /// The grid that was not read and whose fixed modules show best.
    pub(crate) unread: Option<Seen>,
    pub(crate) effort: Effort,
}

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    pub(crate) low: Point,
    pub(crate) high: Point,
}

impl Region {
    /// Where the codes of these finders may be: a finder is a corner, a code has up to 40 modules beside it here.
    fn around<'a>(rings: impl Iterator<Item = &'a Ring> + Clone) -> Option<Region> {
        let count = rings.clone().count();
        // The more finders are seen, the less has to be guessed.
        let modules = match count {
            0 => return None,
            1 => 45.0,
            2 => 30.0,
            _ => 10.0,
        };
        let mut region: Option<Region> = None;
        for ring in rings {
            let reach = Point::new(modules * ring.module, modules * ring.module);
            let (low, high) = (ring.centre - reach, ring.centre + reach);
            region = Some(region.map_or(Region { low, high }, |region| Region {
                low: Point::new(region.low.x.min(low.x), region.low.y.min(low.y)),
                high: Point::new(region.high.x.max(high.x), region.high.y.max(high.y)),
            }));
        }
        region
    }
}

/// The memory of a look, used again for the next.
#[derive(Default)]
pub(crate) struct Looker {
    binary: Binary,
    search: FinderSearch,
    rings: Vec<Ring>,
}

impl Looker {
    /// Splits a picture into dark and light, for [`Looker::look`]; gives how noisy it is, in grey levels.
    pub(crate) fn prepare(&mut self, luma: Luma<'_>) -> u8 {
        self.binary.fill(luma);
        self.binary.noise()
    }

    /// Where the picture that was prepared is too light for its camera.
    pub(crate) fn blown(&self) -> Option<Region> {
        let [left, top, right, bottom] = self.binary.blown()?.map(|value| value as f32);
        Some(Region {
            low: Point::new(left, top),
            high: Point::new(right, bottom),
        })
    }

    /// Looks at the picture that was prepared. `is_over` ends the look early, with what was read until then.
    pub(crate) fn look(&mut self, luma: Luma<'_>, is_over: &dyn Fn() -> bool) -> Look {
        let seen = self.search.find(luma, &self.binary, &mut self.rings, is_over);
        let rings = &self.rings;
        let legs = legs(rings);
        let triples = triples(rings, &legs);
        let mut look = Look {
            effort: Effort {
                candidates: seen.candidates,
                finders: rings.len(),
                triples: triples.len(),
                grids: 0,
            },
            ..Look::default()
        };
        let mut used = vec![false; rings.len()];
        let mut tried = Tried::default();
        for triple in &triples {
            if is_over() {
                break;
            }
            if triple.members.iter().any(|member| used[*member]) {
                continue;
            }
            if let Some(code) = code_of(triple, rings, luma, &mut tried, is_over) {
                mark_used(&mut used, rings, &code, &triple.members);
                look.codes.push(code);
            }
        }
        if look.codes.is_empty() {
            for guess in guesses(rings, &legs, &used, luma) {
                if is_over() {
                    break;
                }
                let members = guess.members;
                if members.iter().any(|member| used[*member]) {
                    continue;
                }
                if let Some(code) = code_of_two(guess, luma, &mut tried, is_over) {
                    mark_used(&mut used, rings, &code, &members);
                    look.codes.push(code);
                }
            }
        }
        look.effort.grids = tried.grids;
        if look.codes.is_empty() {
            let parts = near_miss(rings, &legs, &triples);
            look.near_miss = Region::around(parts.iter().copied());
            look.evidence = Evidence::of(&parts, luma, self.binary.noise());
            look.unread = tried
                .nearest
                .and_then(|unread| Seen::of(&unread.grid, &unread.fixed, luma));
        }
        look
    }
}

/// Finders of a code, and whatever looks like one inside it, are not looked at again.
fn mark_used(used: &mut [bool], rings: &[Ring], code: &Code, members: &[usize]) {
    for member in members {
        used[*member] = true;
    }
    for (used, ring) in used.iter_mut().zip(rings) {
        let is_inside = (0..4).all(|corner| {
            let (from, to) = (code.corners[corner], code.corners[(corner + 1) % 4]);
            (to - from).cross(ring.centre - from) > 0.0
        });
        *used |= is_inside;
    }
}

/// The finders that belong together best, or the only one.
fn near_miss<'a>(rings: &'a [Ring], legs: &[Vec<Leg>], triples: &[Triple]) -> Vec<&'a Ring> {
    if let Some(triple) = triples.first() {
        return triple.members.iter().map(|member| &rings[*member]).collect();
    }
    let pair = legs
        .iter()
        .enumerate()
        .find_map(|(from, legs)| legs.first().map(|leg| [from, leg.other]));
    match pair {
        Some(pair) => pair.iter().map(|member| &rings[*member]).collect(),
        None => rings.iter().filter(|ring| ring.share > CLEAR).take(1).collect(),
    }
}

/// Share of the rays that show the rings from which a single finder is worth a closer look.
const CLEAR: f32 = 0.93;

/// The grids of a look.
#[derive(Default)]
struct Tried {
    grids: usize,
    nearest: Option<UnreadGrid>,
}

/// A grid that was not read.
struct UnreadGrid {
    /// Share of its fixed modules that were right.
    agreement: f32,
    grid: Grid,
    fixed: Vec<Fixed>,
}

impl Tried {
    fn unread(&mut self, agreement: f32, grid: Grid, fixed: Vec<Fixed>) {
        if self
            .nearest
            .as_ref()
            .is_none_or(|nearest| agreement > nearest.agreement)
        {
            self.nearest = Some(UnreadGrid {
                agreement,
                grid,
                fixed,
            });
        }
    }
}

/// Share of the known modules that must be right before the corners of a grid are moved about.
const WORTH_REFINING: f32 = 0.7;

fn code_of(
    triple: &Triple,
    rings: &[Ring],
    luma: Luma<'_>,
    tried: &mut Tried,
    is_over: &dyn Fn() -> bool,
) -> Option<Code> {
    let mut nearest: Option<(f32, Grid)> = None;
    for (_, grid) in grids_of(triple, rings, luma) {
        let finders = triple.matches(rings, grid.modules);
        let fixed = fixed_modules(grid.modules);
        for grid in [aligned(&grid, luma, &finders), Some(grid)].into_iter().flatten() {
            tried.grids += 1;
            match reading(&grid, &fixed, luma, is_over) {
                Reading::Read(symbol, modules) => return Some(code(*symbol, modules, &grid)),
                Reading::Unread(agreement) => {
                    if nearest.as_ref().is_none_or(|(best, _)| agreement > *best) {
                        nearest = Some((agreement, grid));
                    }
                }
            }
        }
    }
    let (agreement, grid) = nearest?;
    let fixed = fixed_modules(grid.modules);
    if agreement < WORTH_REFINING || is_over() {
        tried.unread(agreement, grid, fixed);
        return None;
    }
    let (_, grid) = refined(&grid, luma, &fixed, is_over);
    tried.grids += 1;
    match reading(&grid, &fixed, luma, is_over) {
        Reading::Read(symbol, modules) => Some(code(*symbol, modules, &grid)),
        Reading::Unread(agreement) => {
            tried.unread(agreement, grid, fixed);
            None
        }
    }
}

/// Reads a code of which two finders are seen.
fn code_of_two(guess: Guess, luma: Luma<'_>, tried: &mut Tried, is_over: &dyn Fn() -> bool) -> Option<Code> {
    let (_, grid) = refined(&guess.grid, luma, &guess.fixed, is_over);
    tried.grids += 1;
    match reading(&grid, &guess.fixed, luma, is_over) {
        Reading::Read(symbol, modules) => Some(code(*symbol, modules, &grid)),
        Reading::Unread(agreement) => {
            tried.unread(agreement, grid, guess.fixed);
            None
        }
    }
}

fn code(symbol: Symbol, modules: Modules, grid: &Grid) -> Code {
    Code {
        symbol,
        modules,
        corners: grid.corners(),
        is_inverted: grid.is_inverted,
    }
}
