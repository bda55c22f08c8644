//! Grey values of the modules of a code.

use crate::grid::Grid;
use crate::plane::Luma;

/// Modules around the code that are sampled with it: the quiet zone, which blur mixes into the first rows.
pub(crate) const MARGIN: usize = 2;
/// Pixels a module from which several points of a module are averaged, against noise.
const AVERAGED_PIXELS: f32 = 3.0;
const POINTS: [(f32, f32); 5] = [(0.0, 0.0), (-0.2, -0.2), (0.2, -0.2), (-0.2, 0.2), (0.2, 0.2)];

/// Darkness of every module, 0 light and 1 dark, with [`MARGIN`] modules of quiet zone on all sides.
pub(crate) struct Samples {
    /// Modules along a side with the margins.
    pub(crate) side: usize,
    pub(crate) values: Vec<f32>,
}

impl Samples {
    /// Samples the middle of every module.
    pub(crate) fn middles(grid: &Grid, luma: Luma<'_>) -> Samples {
        Samples::at(grid, luma, &POINTS[..1])
    }

    /// Samples several points of every module if it has room for them.
    pub(crate) fn means(grid: &Grid, luma: Luma<'_>) -> Option<Samples> {
        (grid.module_pixels() >= AVERAGED_PIXELS).then(|| Samples::at(grid, luma, &POINTS))
    }

    fn at(grid: &Grid, luma: Luma<'_>, points: &[(f32, f32)]) -> Samples {
        let side = grid.modules + 2 * MARGIN;
        let values = (0..side * side)
            .map(|index| {
                let x = (index % side) as f32 + 0.5 - MARGIN as f32;
                let y = (index / side) as f32 + 0.5 - MARGIN as f32;
                let sum: f32 = points
                    .iter()
                    .map(|(dx, dy)| grid.darkness(luma, x + dx, y + dy))
                    .sum();
                sum / points.len() as f32
            })
            .collect();
        Samples { side, values }
    }
}

/// What is dark and what is light against the modules around: above 0 dark, 1 as dark as any near.
///
/// The middle is that between the darkest and the lightest value within four modules, so that a shadow or a
/// reflection over a part of the code does no harm.
pub(crate) fn against_surround(values: &[f32], side: usize) -> Vec<f32> {
    const REACH: usize = 4;
    let n = side - 2 * MARGIN;
    let inner: Vec<f32> = (0..n)
        .flat_map(|y| values[(y + MARGIN) * side + MARGIN..][..n].iter().copied())
        .collect();
    let (lowest, highest) = inner.iter().fold((f32::MAX, f32::MIN), |range, value| {
        (range.0.min(*value), range.1.max(*value))
    });
    let least_range = 0.12 * (highest - lowest).max(1e-3);
    let mut rows = Vec::with_capacity(n * n);
    for line in inner.chunks_exact(n) {
        for at in 0..n {
            let window = &line[at.saturating_sub(REACH)..(at + REACH + 1).min(n)];
            rows.push(window.iter().fold((f32::MAX, f32::MIN), |range, value| {
                (range.0.min(*value), range.1.max(*value))
            }));
        }
    }
    let mut out = Vec::with_capacity(n * n);
    for y in 0..n {
        let (top, bottom) = (y.saturating_sub(REACH), (y + REACH + 1).min(n));
        for x in 0..n {
            let (low, high) = (top..bottom).fold((f32::MAX, f32::MIN), |range, row| {
                let (low, high) = rows[row * n + x];
                (range.0.min(low), range.1.max(high))
            });
            let half = (high - low).max(least_range) / 2.0;
            out.push((inner[y * n + x] - (low + high) / 2.0) / half);
        }
    }
    out
}
