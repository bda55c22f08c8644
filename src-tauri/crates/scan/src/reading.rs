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

/// A way to tell dark modules from light ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// By the light in their middles.
    Plain,
    /// By the mean of several points in each, where there is room: against noise.
    Averaged,
    /// After undoing the blur that the known modules show, up to so many modules far.
    Measured(usize),
    /// By grey levels instead of light, for pictures whose shades are not a camera's.
    InGrey,
    /// With so many tenths of the half range between counted as dark: too much light swallows lone dark modules first.
    Lighter(u8),
    /// After undoing a strong blur, whatever the known modules show.
    Strong,
}

/// In the order of what they read: the first nineteen in twenty grids, the measured blur most of the rest.
const ATTEMPTS: [Attempt; 8] = [
    Attempt::Plain,
    Attempt::Averaged,
    Attempt::Measured(1),
    Attempt::Lighter(3),
    Attempt::Lighter(6),
    Attempt::InGrey,
    Attempt::Measured(2),
    Attempt::Strong,
];

/// How a grid fared.
pub(crate) enum Reading {
    Read(Box<Symbol>, Modules),
    /// Not read; the best share of fixed modules that were right.
    Unread(f32),
}

/// Reads a grid, with more and more sharpening. `is_over` ends it between two tries.
pub(crate) fn reading(grid: &Grid, fixed: &[Fixed], luma: Luma<'_>, is_over: &dyn Fn() -> bool) -> Reading {
    let mut samples = Samples::middles(grid, luma);
    let mut best = 0.0_f32;
    for attempt in ATTEMPTS {
        let is_first = attempt == Attempt::Plain;
        if !is_first && is_over() {
            break;
        }
        let blur = match attempt {
            Attempt::Plain | Attempt::Averaged | Attempt::InGrey | Attempt::Lighter(_) => None,
            Attempt::Measured(reach) => Blur::of(&samples, fixed, reach),
            Attempt::Strong => Some(Blur::mixing(0.16, 0.16)),
        };
        let contrast = match (attempt, blur) {
            (Attempt::Plain | Attempt::Lighter(_), _) => against_surround(&samples.values, samples.side),
            (Attempt::Averaged, _) => match Samples::means(grid, luma) {
                Some(means) => {
                    samples = means;
                    against_surround(&samples.values, samples.side)
                }
                None => continue,
            },
            (Attempt::InGrey, _) => against_surround(&in_grey(&samples.values), samples.side),
            (Attempt::Measured(_) | Attempt::Strong, Some(blur)) => {
                against_surround(&blur.undone(&samples), samples.side)
            }
            (Attempt::Measured(_) | Attempt::Strong, None) => continue,
        };
        let contrast = match attempt {
            Attempt::Lighter(tenths) => contrast
                .iter()
                .map(|value| value + 0.1 * f32::from(tenths))
                .collect(),
            _ => contrast,
        };
        let agreement = agreement(&contrast, grid.modules, fixed);
        best = best.max(agreement);
        if is_first && agreement < HOPELESS {
            break;
        }
        if agreement < LEAST_AGREEMENT {
            continue;
        }
        let values = contrast
            .iter()
            .map(|value| (value * 127.0).clamp(-127.0, 127.0) as i8)
            .collect();
        let modules = Modules::new(grid.modules, values).expect("a grid has the size of a symbol");
        if let Ok(symbol) = read(&modules) {
            return Reading::Read(Box::new(symbol), modules);
        }
    }
    Reading::Unread(best)
}

/// Darkness by grey levels from darkness by light.
fn in_grey(values: &[f32]) -> Vec<f32> {
    // A dark module keeps a twentieth of the light, so that the root stays finite in its slope.
    values
        .iter()
        .map(|value| 1.0 - (1.0 - 0.95 * value.min(1.0)).max(0.0).sqrt())
        .collect()
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
