//! Render and compare: moves the corners of a grid until the modules that are known beforehand look right.

use crate::geometry::{Perspective, Point};
use crate::grid::{Fixed, Grid};
use crate::plane::Luma;

/// Steps of the search, in modules, each tried this often.
const STEPS: [f32; 4] = [0.7, 0.35, 0.18, 0.09];
const ROUNDS: usize = 2;
/// What the contrast of an unknown module counts against that of a known one, and how many are looked at.
const UNKNOWN_WEIGHT: f32 = 0.35;
const UNKNOWN_MODULES: usize = 240;

/// The grid with its corners where the known modules agree best, and how well they do: 1 at best.
///
/// `is_over` ends the search early with what it has.
pub(crate) fn refined(
    grid: &Grid,
    luma: Luma<'_>,
    fixed: &[Fixed],
    is_over: &dyn Fn() -> bool,
) -> (f32, Grid) {
    let n = grid.modules as f32;
    let square = [(0.0, 0.0), (n, 0.0), (n, n), (0.0, n)].map(|(x, y)| Point::new(x, y));
    let module = grid.module_pixels();
    let mut corners = square.map(|corner| grid.map.map(corner.x, corner.y));
    let unknown = unknown_modules(grid.modules, fixed);
    let mut best = grid.clone();
    let mut best_score = score(&best, luma, fixed, &unknown);
    for step in STEPS {
        for _ in 0..ROUNDS {
            let mut improved = false;
            // The bottom right corner first: it is the one nothing holds.
            for corner in [2, 3, 1, 0] {
                for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    if is_over() {
                        return (best_score, best);
                    }
                    let mut moved = corners;
                    moved[corner] = moved[corner] + Point::new(dx, dy) * (step * module);
                    let Some(map) = Perspective::between(&square, &moved) else {
                        continue;
                    };
                    let tried = Grid { map, ..best.clone() };
                    let tried_score = score(&tried, luma, fixed, &unknown);
                    if tried_score > best_score {
                        (best_score, best, corners) = (tried_score, tried, moved);
                        improved = true;
                    }
                }
            }
            if !improved {
                break;
            }
        }
    }
    (best_score, best)
}

/// Modules whose value is not known, evenly over the code.
fn unknown_modules(modules: usize, fixed: &[Fixed]) -> Vec<(f32, f32)> {
    let mut is_fixed = vec![false; modules * modules];
    for one in fixed {
        is_fixed[usize::from(one.y) * modules + usize::from(one.x)] = true;
    }
    let step = (modules * modules / UNKNOWN_MODULES).max(1);
    (0..modules * modules)
        .step_by(step)
        .filter(|index| !is_fixed[*index])
        .map(|index| ((index % modules) as f32 + 0.5, (index / modules) as f32 + 0.5))
        .collect()
}

/// Agreement of the known modules, with a share of the contrast of the others: both fall where the grid is off.
fn score(grid: &Grid, luma: Luma<'_>, fixed: &[Fixed], unknown: &[(f32, f32)]) -> f32 {
    let contrast = |x: f32, y: f32| (2.0 * grid.darkness(luma, x, y) - 1.0).clamp(-1.2, 1.2);
    let known: f32 = fixed
        .iter()
        .map(|one| {
            let value = contrast(f32::from(one.x) + 0.5, f32::from(one.y) + 0.5);
            if one.is_dark { value } else { -value }
        })
        .sum();
    let unknown_sum: f32 = unknown.iter().map(|(x, y)| contrast(*x, *y).abs()).sum();
    (known + UNKNOWN_WEIGHT * unknown_sum) / (fixed.len() as f32 + UNKNOWN_WEIGHT * unknown.len() as f32)
}
