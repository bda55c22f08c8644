//! Codes of which only two finders are seen: the third is covered, cut off by the frame, or blinded.

use crate::alignment::aligned;
use crate::geometry::Point;
use crate::grid::{Fixed, Grid, Levels, Timing, fixed_modules};
use crate::homography::{Match, fit_with};
use crate::plane::Luma;
use crate::rings::Ring;
use crate::triples::{FINDER_INSET, Leg, matches_of};

/// Pairs that are tried in a frame.
const MOST_PAIRS: usize = 8;
/// Contrast of the timing patterns beside the two finders, against that of the finders.
const LEAST_CONTRAST: f32 = 0.3;
/// Share of their modules that have to look right.
const LEAST_AGREEMENT: f32 = 0.8;
/// How much the map is drawn towards one without perspective: two finders say little about it.
const STIFFNESS: f64 = 0.01;

/// Which finder of a code is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hidden {
    TopLeft,
    TopRight,
    BottomLeft,
}

/// A grid that two finders may stand for.
pub(crate) struct Guess {
    pub(crate) members: [usize; 2],
    pub(crate) grid: Grid,
    /// The known modules except those of the hidden finder.
    pub(crate) fixed: Vec<Fixed>,
    contrast: f32,
}

/// The grids that pairs of unused finders may stand for, most likely first.
pub(crate) fn guesses(rings: &[Ring], legs: &[Vec<Leg>], used: &[bool], luma: Luma<'_>) -> Vec<Guess> {
    let mut found = Vec::new();
    for (from, legs) in legs.iter().enumerate().filter(|(from, _)| !used[*from]) {
        for leg in legs.iter().filter(|leg| !used[leg.other]) {
            for hidden in [Hidden::BottomLeft, Hidden::TopRight] {
                found.extend(best_size(rings, from, leg, hidden, luma));
            }
        }
    }
    for (one, ring) in rings.iter().enumerate().filter(|(one, _)| !used[*one]) {
        for (other, other_ring) in rings
            .iter()
            .enumerate()
            .filter(|(other, _)| !used[*other] && *other != one)
        {
            if ring.is_inverted == other_ring.is_inverted
                && let Some(leg) = diagonal(ring, other_ring, other)
            {
                found.extend(best_size(rings, one, &leg, Hidden::TopLeft, luma));
            }
        }
    }
    found.sort_by(|a: &Guess, b| b.contrast.total_cmp(&a.contrast));
    found.truncate(MOST_PAIRS);
    found
}

/// The line from a top right finder to a bottom left one: it leaves both at a corner.
fn diagonal(from: &Ring, to: &Ring, other: usize) -> Option<Leg> {
    if from.module > 2.0 * to.module || to.module > 2.0 * from.module {
        return None;
    }
    let direction = to.centre - from.centre;
    let length = direction.length();
    if !(12.0 * from.module..260.0 * from.module).contains(&length) {
        return None;
    }
    let near = from.along(direction)?;
    let far = to.along(direction * -1.0)?;
    let between = length / (near.module * far.module).sqrt();
    (near.off_middle.abs() > 0.6 && far.off_middle.abs() > 0.6 && (11.0..120.0).contains(&between)).then_some(
        Leg {
            other,
            near,
            far,
            modules: between + 2.0 * FINDER_INSET,
        },
    )
}

/// The size whose timing patterns show best.
fn best_size(rings: &[Ring], from: usize, leg: &Leg, hidden: Hidden, luma: Luma<'_>) -> Option<Guess> {
    let (one, other) = (&rings[from], &rings[leg.other]);
    let levels = Levels::of(&[one, other]);
    let nearest = ((leg.modules - 17.0) / 4.0).round() as i32;
    let mut best: Option<(f32, Grid)> = None;
    for version in (nearest - 1).max(1)..=(nearest + 1).min(30) {
        let modules = 17 + 4 * version as usize;
        let Some(map) = fit_with(&matches(one, other, leg, hidden, modules), STIFFNESS) else {
            continue;
        };
        let grid = Grid {
            modules,
            map,
            mesh: None,
            levels,
            is_inverted: one.is_inverted,
        };
        let Timing { contrast, agreement } = timing(&grid, hidden, luma);
        if contrast > LEAST_CONTRAST
            && agreement > LEAST_AGREEMENT
            && best.as_ref().is_none_or(|(highest, _)| contrast > *highest)
        {
            best = Some((contrast, grid));
        }
    }
    let (contrast, grid) = best?;
    let found = matches(one, other, leg, hidden, grid.modules);
    let grid = aligned(&grid, luma, &found).unwrap_or(grid);
    Some(Guess {
        members: [from, leg.other],
        fixed: seen_modules(grid.modules, hidden),
        grid,
        contrast,
    })
}

fn matches(one: &Ring, other: &Ring, leg: &Leg, hidden: Hidden, modules: usize) -> Vec<Match> {
    let (near, far) = (FINDER_INSET, modules as f32 - FINDER_INSET);
    let corner_towards = |exit: crate::rings::Exit| {
        if exit.off_middle > 0.0 {
            (exit.edge + 1) % 4
        } else {
            exit.edge
        }
    };
    let [one_role, other_role] = match hidden {
        // (place, outline corner, which corner of the module square that is)
        Hidden::BottomLeft => [(near, near, leg.near.edge, 1), (far, near, leg.far.edge, 3)],
        Hidden::TopRight => [(near, near, leg.near.edge, 2), (near, far, leg.far.edge, 0)],
        Hidden::TopLeft => [
            (far, near, corner_towards(leg.near), 3),
            (near, far, corner_towards(leg.far), 1),
        ],
    };
    let of = |ring: &Ring, (x, y, first, role): (f32, f32, usize, usize)| {
        matches_of(ring, Point::new(x, y), first, role)
    };
    let mut matches = of(one, one_role);
    matches.extend(of(other, other_role));
    matches
}

/// How well the timing pattern between the two finders shows; of the near halves of both where none is between.
fn timing(grid: &Grid, hidden: Hidden, luma: Luma<'_>) -> Timing {
    let (half, last) = (grid.modules / 2, grid.modules - 8);
    let row = |from| grid.timing_along(luma, from..last, |along| (along, 6.5));
    let column = |from| grid.timing_along(luma, from..last, |along| (6.5, along));
    match hidden {
        Hidden::BottomLeft => row(8),
        Hidden::TopRight => column(8),
        Hidden::TopLeft => {
            let (row, column) = (row(half), column(half));
            Timing {
                contrast: (row.contrast + column.contrast) / 2.0,
                agreement: (row.agreement + column.agreement) / 2.0,
            }
        }
    }
}

fn seen_modules(modules: usize, hidden: Hidden) -> Vec<Fixed> {
    let last = modules - 8;
    let mut fixed = fixed_modules(modules);
    fixed.retain(|one| {
        let (x, y) = (usize::from(one.x), usize::from(one.y));
        match hidden {
            Hidden::TopLeft => x >= 8 || y >= 8,
            Hidden::TopRight => x < last || y >= 8,
            Hidden::BottomLeft => x >= 8 || y < last,
        }
    });
    fixed
}
