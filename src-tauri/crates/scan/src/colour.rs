//! The colour of a code: which light its dark modules absorb.
//!
//! What is compared is not the colour that arrives but the share of each channel that is missing against the
//! quiet zone, in linear light: exposure, veil and blur scale all three alike, and white balance cancels.

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
const LOGO_HALF: f32 = 0.13;

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
    /// A colour that no health code has: blue, purple.
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
        .and_then(|map| absorption(view, &map, modules))
        .map_or(ColourReading::UNSURE, classify)
}

/// Share of red, green and blue light that the dark modules take away from the white beside them.
fn absorption(view: &FrameView<'_>, map: &Perspective, modules: f32) -> Option<[f32; 3]> {
    let pixel = |x: f32, y: f32| {
        let at = map.map(x, y);
        view.pixel(at.x, at.y)
    };
    let white = white_of(&pixel, modules)?;
    let count = modules as u16;
    let samples: Vec<Ycc> = (0..count)
        .flat_map(|y| (0..count).map(move |x| (f32::from(x) + 0.5, f32::from(y) + 0.5)))
        .filter(|(x, y)| {
            let from_middle = (x / modules - 0.5).abs().max((y / modules - 0.5).abs());
            from_middle > LOGO_HALF
        })
        .map(|(x, y)| pixel(x, y))
        .collect();
    let dark = dark_of(&samples, white)?;
    let (white, dark) = (white.rgb().map(linear), dark.rgb().map(linear));
    Some(std::array::from_fn(|channel| {
        1.0 - dark[channel] / white[channel].max(1e-3)
    }))
}

/// Median of a ring in the quiet zone, 1.2 modules outside the code.
fn white_of(pixel: &impl Fn(f32, f32) -> Ycc, modules: f32) -> Option<Ycc> {
    const OUTSIDE: f32 = 1.2;
    let mut ring = Vec::new();
    for step in 0..modules as u16 {
        let along = f32::from(step) + 0.5;
        ring.push(pixel(along, -OUTSIDE));
        ring.push(pixel(along, modules + OUTSIDE));
        ring.push(pixel(-OUTSIDE, along));
        ring.push(pixel(modules + OUTSIDE, along));
    }
    Some(Ycc {
        y: median(ring.iter().map(|sample| sample.y))?,
        cb: median(ring.iter().map(|sample| sample.cb))?,
        cr: median(ring.iter().map(|sample| sample.cr))?,
    })
}

/// Median luma of the dark modules, with a chroma that does not suffer from 4:2:0 and 4:2:2.
///
/// Where a chroma sample covers dark and light modules at once, its mean over the whole code is still right:
/// that mean less the share of the light modules is the dark chroma.
fn dark_of(samples: &[Ycc], white: Ycc) -> Option<Ycc> {
    let mut lumas: Vec<f32> = samples.iter().map(|sample| sample.y).collect();
    lumas.sort_by(f32::total_cmp);
    let darkest = *lumas.get(lumas.len() / 10)?;
    let lightest = *lumas.get(lumas.len() * 9 / 10)?;
    let limit = (darkest + lightest) / 2.0;
    let dark_luma = median(lumas.iter().copied().filter(|luma| *luma < limit))?;
    let share = lumas.iter().filter(|luma| **luma < limit).count() as f32 / lumas.len() as f32;
    let balanced = |mean: f32, white: f32| (mean - (1.0 - share) * white) / share;
    let mean = |of: fn(&Ycc) -> f32| samples.iter().map(of).sum::<f32>() / samples.len() as f32;
    Some(Ycc {
        y: dark_luma,
        cb: balanced(mean(|sample| sample.cb), white.cb),
        cr: balanced(mean(|sample| sample.cr), white.cr),
    })
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

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}
