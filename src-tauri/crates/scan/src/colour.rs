//! The colour of a code: which light its dark modules absorb.
//!
//! What is compared is not the colour that arrives but the share of each channel that is missing against the
//! quiet zone, in linear light: exposure, veil and blur scale all three alike, and white balance cancels.
//!
//! Some 28 × 28 modules are looked at, in a code of any size: the whole of it would not tell more.

use crate::frame::{FrameView, Ycc};
use crate::geometry::{Perspective, Point};

/// Absorption of red below which a code is of a warm colour, relative to the channel absorbed most.
const WARM_RED: f32 = 0.80;
/// Green against blue above which a warm code is red and not yellow.
const RED_GREEN_TO_BLUE: f32 = 0.80;
/// Absorption of green below which a code that absorbs red is green.
const GREEN_GREEN: f32 = 0.92;
/// A code that absorbs so much less blue than green is blue or purple.
const BLUE_DEFICIT: f32 = 0.15;
/// Least absorption in the strongest channel: below it, there is no dark to speak of.
const LEAST_ABSORPTION: f32 = 0.06;
/// Distance from a boundary that counts as certain.
const CERTAIN_MARGIN: f32 = 0.10;
/// Confidence below which no colour is claimed.
const LEAST_CONFIDENCE: f32 = 0.10;
/// Half the side of the middle part that is left out, as a share of the code: logos stand there.
pub(crate) const LOGO_HALF: f32 = 0.13;
/// Modules looked at along a side.
const MODULES_LOOKED_AT: usize = 28;
/// Contrast of light modules on dark ones, in steps of luma, that is certain.
const CERTAIN_INVERSION: f32 = 40.0;

/// What the dark modules of a code look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColourClass {
    /// Green of any province, 95° to 170°.
    Green,
    /// Yellow or orange: one class, their hues overlap between provinces.
    YellowOrange,
    /// Red.
    Red,
    /// Black and white, or too dark a colour to tell from black.
    Dark,
    /// A colour that no health code has: blue, purple, or any light colour on a dark ground.
    Other,
    /// A colour frame in which the colour could not be told.
    Unsure,
    /// The frame carries no colour.
    NotSeen,
}

/// A colour class and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourReading {
    /// The class.
    pub class: ColourClass,
    /// 0 for a guess to 1 for far from every boundary. Says nothing about whether the code is genuine.
    pub confidence: f32,
}

impl ColourReading {
    /// The reading of a frame without colour.
    pub const NOT_SEEN: ColourReading = ColourReading {
        class: ColourClass::NotSeen,
        confidence: 0.0,
    };
    /// The reading of a frame that does not let one tell.
    pub const UNSURE: ColourReading = ColourReading {
        class: ColourClass::Unsure,
        confidence: 0.0,
    };
}

/// The colour of a code whose place is known, in this frame or a colour decode of the same frame.
///
/// `corners` as in [`crate::Detection`]. Total: impossible corners or versions give [`ColourClass::Unsure`].
pub fn colour_of(view: &FrameView<'_>, corners: &[Point; 4], version: u8) -> ColourReading {
    if !view.has_colour() {
        return ColourReading::NOT_SEEN;
    }
    if !(1..=40).contains(&version) || corners.iter().any(|corner| !(corner.x + corner.y).is_finite()) {
        return ColourReading::UNSURE;
    }
    let modules = 17.0 + 4.0 * f32::from(version);
    let square = [
        Point::new(0.0, 0.0),
        Point::new(modules, 0.0),
        Point::new(modules, modules),
        Point::new(0.0, modules),
    ];
    Perspective::between(&square, corners)
        .and_then(|map| look(view, &map, modules))
        .map_or(ColourReading::UNSURE, |look| match look {
            Look::DarkOnLight(absorption) => classify(absorption),
            Look::LightOnDark { contrast } => other((contrast / CERTAIN_INVERSION).min(1.0)),
        })
}

/// What a code looks like against its quiet zone.
enum Look {
    /// Share of red, green and blue light that the dark modules take away from the white beside them.
    DarkOnLight([f32; 3]),
    /// The quiet zone is darker than the code, by so many steps of luma.
    LightOnDark { contrast: f32 },
}

fn look(view: &FrameView<'_>, map: &Perspective, modules: f32) -> Option<Look> {
    let pixel = |x: f32, y: f32| {
        let at = map.map(x, y);
        view.pixel(at.x, at.y)
    };
    let count = modules as u16;
    let stride = usize::from(count).div_ceil(MODULES_LOOKED_AT);
    let middles = || (0..count).step_by(stride).map(|index| f32::from(index) + 0.5);
    let white = white_of(&pixel, modules, middles())?;
    let samples: Vec<Ycc> = middles()
        .flat_map(|y| middles().map(move |x| (x, y)))
        .filter(|(x, y)| {
            let from_middle = (x / modules - 0.5).abs().max((y / modules - 0.5).abs());
            from_middle > LOGO_HALF
        })
        .map(|(x, y)| pixel(x, y))
        .collect();
    let limit = luma_limit(&samples)?;
    if white.y < limit {
        return Some(Look::LightOnDark {
            contrast: limit - white.y,
        });
    }
    let dark = dark_of(&samples, white, limit)?;
    let (white, dark) = (white.rgb().map(linear), dark.rgb().map(linear));
    Some(Look::DarkOnLight(std::array::from_fn(|channel| {
        1.0 - dark[channel] / white[channel].max(1e-3)
    })))
}

/// Median of a ring in the quiet zone, 1.2 modules outside the code.
fn white_of(
    pixel: &impl Fn(f32, f32) -> Ycc,
    modules: f32,
    middles: impl Iterator<Item = f32>,
) -> Option<Ycc> {
    const OUTSIDE: f32 = 1.2;
    let far = modules + OUTSIDE;
    let mut ring: Vec<Ycc> = middles
        .flat_map(|at| [(at, -OUTSIDE), (at, far), (-OUTSIDE, at), (far, at)])
        .map(|(x, y)| pixel(x, y))
        .collect();
    Some(Ycc {
        y: ranked(&mut ring, 50, |sample| sample.y)?,
        cb: ranked(&mut ring, 50, |sample| sample.cb)?,
        cr: ranked(&mut ring, 50, |sample| sample.cr)?,
    })
}

/// The luma between dark and light modules.
fn luma_limit(samples: &[Ycc]) -> Option<f32> {
    let mut lumas = samples.to_vec();
    let darkest = ranked(&mut lumas, 10, |sample| sample.y)?;
    let lightest = ranked(&mut lumas, 90, |sample| sample.y)?;
    Some((darkest + lightest) / 2.0)
}

/// Median luma of the dark modules, with a chroma that does not suffer from 4:2:0 and 4:2:2.
///
/// Where a chroma sample covers dark and light modules at once, its mean over the whole code is still right:
/// that mean less the share of the light modules is the dark chroma.
fn dark_of(samples: &[Ycc], white: Ycc, limit: f32) -> Option<Ycc> {
    let mut dark: Vec<Ycc> = samples
        .iter()
        .copied()
        .filter(|sample| sample.y < limit)
        .collect();
    let share = dark.len() as f32 / samples.len() as f32;
    let balanced = |mean: f32, white: f32| (mean - (1.0 - share) * white) / share;
    let mean = |of: fn(&Ycc) -> f32| samples.iter().map(of).sum::<f32>() / samples.len() as f32;
    Some(Ycc {
        y: ranked(&mut dark, 50, |sample| sample.y)?,
        cb: balanced(mean(|sample| sample.cb), white.cb),
        cr: balanced(mean(|sample| sample.cr), white.cr),
    })
}

/// A colour that no health code has.
fn other(confidence: f32) -> ColourReading {
    if confidence < LEAST_CONFIDENCE {
        return ColourReading {
            class: ColourClass::Unsure,
            confidence,
        };
    }
    ColourReading {
        class: ColourClass::Other,
        confidence,
    }
}

fn classify(absorption: [f32; 3]) -> ColourReading {
    let most = absorption.iter().copied().fold(0.0, f32::max);
    if most < LEAST_ABSORPTION {
        return ColourReading::UNSURE;
    }
    let [red, green, blue] = absorption.map(|channel| (channel / most).max(0.0));
    let from_blue = blue + BLUE_DEFICIT - green;
    let warm = WARM_RED - red;
    let (class, margin) = if from_blue < 0.0 && blue < WARM_RED {
        (ColourClass::Other, -from_blue)
    } else if warm > 0.0 {
        let ratio = green / blue.max(1e-3) - RED_GREEN_TO_BLUE;
        let class = if ratio > 0.0 {
            ColourClass::Red
        } else {
            ColourClass::YellowOrange
        };
        (class, warm.min(ratio.abs()))
    } else if green < GREEN_GREEN {
        (ColourClass::Green, (GREEN_GREEN - green).min(-warm))
    } else {
        (ColourClass::Dark, (green - GREEN_GREEN).min(-warm))
    };
    // Dark lies between its boundary and 1: its margin can be no larger than that.
    let certain = if class == ColourClass::Dark {
        1.0 - GREEN_GREEN
    } else {
        CERTAIN_MARGIN
    };
    let confidence = (margin / certain).clamp(0.0, 1.0) * (most / (4.0 * LEAST_ABSORPTION)).min(1.0);
    if confidence < LEAST_CONFIDENCE {
        return ColourReading {
            class: ColourClass::Unsure,
            confidence,
        };
    }
    ColourReading { class, confidence }
}

/// sRGB to linear light, near enough by a power.
fn linear(value: f32) -> f32 {
    (value / 255.0).max(0.0).powf(2.2)
}

/// The value that so many per cent of the samples lie below; reorders the samples.
fn ranked(samples: &mut [Ycc], percent: usize, value: fn(&Ycc) -> f32) -> Option<f32> {
    let rank = samples.len() * percent / 100;
    (rank < samples.len()).then(|| {
        value(
            samples
                .select_nth_unstable_by(rank, |a, b| value(a).total_cmp(&value(b)))
                .1,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelLayout;

    const MODULE_PX: usize = 4;
    const QUIET_MODULES: usize = 4;
    const MODULES: usize = 29;

    const COLOURS: [([u8; 3], ColourClass); 10] = [
        ([0, 0, 0], ColourClass::Dark),
        ([34, 34, 40], ColourClass::Dark),
        ([0x07, 0xC1, 0x60], ColourClass::Green),
        ([0x00, 0x96, 0x3F], ColourClass::Green),
        ([0xFF, 0xC1, 0x07], ColourClass::YellowOrange),
        ([0xF5, 0xA6, 0x23], ColourClass::YellowOrange),
        ([0xE5, 0x39, 0x35], ColourClass::Red),
        ([0xC6, 0x28, 0x28], ColourClass::Red),
        ([0x1E, 0x5B, 0xD8], ColourClass::Other),
        ([0x7B, 0x2F, 0xBE], ColourClass::Other),
    ];

    /// The reading of a code in two colours under a light; its modules are as good as random.
    fn reading(dark: [u8; 3], light: [u8; 3], gains: [f32; 3]) -> ColourReading {
        let side = (MODULES + 2 * QUIET_MODULES) * MODULE_PX;
        let inside = QUIET_MODULES..QUIET_MODULES + MODULES;
        let rgb: Vec<u8> = (0..side * side)
            .flat_map(|at| {
                let (x, y) = (at % side / MODULE_PX, at / side / MODULE_PX);
                let is_dark = (x * 7919 + y * 104_729 + x * y * 31) % 13 < 6;
                let is_inside = inside.contains(&x) && inside.contains(&y);
                let colour = if is_inside && is_dark { dark } else { light };
                std::array::from_fn::<u8, 3, _>(|channel| {
                    let linear = linear(f32::from(colour[channel])) * gains[channel];
                    (linear.min(1.0).powf(1.0 / 2.2) * 255.0).round() as u8
                })
            })
            .collect();
        let view = FrameView::packed(PixelLayout::Rgb, &rgb, side, side).unwrap();
        let near = (QUIET_MODULES * MODULE_PX) as f32;
        let far = near + (MODULES * MODULE_PX) as f32;
        let corners = [(near, near), (far, near), (far, far), (near, far)].map(|(x, y)| Point::new(x, y));
        colour_of(&view, &corners, 3)
    }

    #[test]
    fn the_colour_is_the_same_under_any_white_balance_and_exposure() {
        for (colour, class) in COLOURS {
            for gains in [
                [0.9; 3],
                [0.08; 3],
                [0.9, 0.6, 0.35],
                [0.4, 0.6, 0.9],
                [0.6, 0.9, 0.6],
            ] {
                let reading = reading(colour, [255; 3], gains);
                assert_eq!(reading.class, class, "{colour:?} {gains:?}");
                assert!(reading.confidence > 0.3, "{colour:?} {gains:?} {reading:?}");
            }
        }
    }

    #[test]
    fn a_light_code_on_a_dark_ground_is_of_another_colour() {
        for (colour, _) in COLOURS.into_iter().skip(2) {
            let reading = reading(colour, [8; 3], [0.9; 3]);
            assert_eq!(reading.class, ColourClass::Other, "{colour:?}");
        }
    }

    #[test]
    fn a_code_as_light_as_its_ground_gives_no_colour() {
        let reading = reading([250; 3], [255; 3], [0.9; 3]);
        assert_eq!(reading.class, ColourClass::Unsure);
    }
}
