//! From a grid to a symbol: sampling, sharpening, error correction.

use crate::deconvolve::Blur;
use crate::grid::{Fixed, Grid};
use crate::plane::Luma;
use crate::sample::{Samples, against_surround};
use crate::symbol::{Modules, Symbol, read};

/// Share of the fixed modules that must be right before error correction is tried.
const LEAST_AGREEMENT: f32 = 0.72;
/// Share of the fixed modules on the unsharpened grid below which no sharpening helps.
const HOPELESS: f32 = 0.6;

/// How a grid fared.
pub(crate) enum Reading {
    Read(Box<Symbol>),
    /// Not read; the best share of fixed modules that were right.
    Unread(f32),
}

/// Reads a grid, with more and more sharpening. `is_over` ends it between two tries.
pub(crate) fn reading(grid: &Grid, fixed: &[Fixed], luma: Luma<'_>, is_over: &dyn Fn() -> bool) -> Reading {
    let mut samples = Samples::middles(grid, luma);
    let mut best = 0.0_f32;
    for index in 0..11 {
        if index > 0 && is_over() {
            break;
        }
        if index == 1 {
            match Samples::means(grid, luma) {
                Some(means) => samples = means,
                None => continue,
            }
        }
        let blur = match index {
            0..=2 => None,
            3 => Blur::of(&samples, fixed, 1),
            4 => Some(Blur::mixing(0.08, 0.08)),
            5 => Some(Blur::mixing(0.16, 0.16)),
            6 => Blur::of(&samples, fixed, 2),
            7 => Some(Blur::mixing(0.2, 0.0)),
            8 => Some(Blur::mixing(0.0, 0.2)),
            9 => Some(Blur::mixing(0.28, 0.08)),
            _ => Some(Blur::mixing(0.08, 0.28)),
        };
        let contrast = match blur {
            Some(blur) => against_surround(&blur.undone(&samples), samples.side),
            None if index < 2 => against_surround(&samples.values, samples.side),
            // In grey instead of light, for pictures whose shades are not a camera's.
            None if index == 2 => {
                let grey: Vec<f32> = samples
                    .values
                    .iter()
                    .map(|value| 1.0 - (1.0 - 0.95 * value.min(1.0)).max(0.0).sqrt())
                    .collect();
                against_surround(&grey, samples.side)
            }
            None => continue,
        };
        let agreement = agreement(&contrast, grid.modules, fixed);
        best = best.max(agreement);
        if index == 0 && agreement < HOPELESS {
            break;
        }
        if agreement < LEAST_AGREEMENT {
            continue;
        }
        let values = contrast
            .iter()
            .map(|value| (value * 127.0).clamp(-127.0, 127.0) as i8)
            .collect();
        if let Some(symbol) = Modules::new(grid.modules, values).and_then(|modules| read(&modules).ok()) {
            return Reading::Read(Box::new(symbol));
        }
    }
    Reading::Unread(best)
}

/// Share of the fixed modules that are right.
fn agreement(contrast: &[f32], modules: usize, fixed: &[Fixed]) -> f32 {
    let right = fixed
        .iter()
        .filter(|one| {
            let value = contrast[usize::from(one.y) * modules + usize::from(one.x)];
            (value > 0.0) == one.is_dark
        })
        .count();
    right as f32 / fixed.len() as f32
}
