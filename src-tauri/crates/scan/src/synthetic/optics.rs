//! What happens to the light between scene and sensor.

use std::f32::consts::TAU;

use super::clutter::enlarge;
use super::maths::{exponential, sine_cosine};
use super::picture::{Light, Picture, Region};
use crate::geometry::Point;

/// A lamp reflected by the glass: an oval bell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glare {
    pub(super) centre: Point,
    /// Pixels from the middle to 37 % of the light, along the longer axis.
    pub(super) radius: f32,
    /// The shorter axis as a share of the longer one.
    pub(super) narrowness: f32,
    /// Direction of the longer axis in radians.
    pub(super) angle: f32,
    pub(super) strength: f32,
}

/// Stripes of the beat between two grids: cycles per pixel of each, and their direction in radians.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    pub(super) depth: f32,
    pub(super) frequencies: [f32; 2],
    pub(super) angle: f32,
}

/// One tap of a kernel: columns, rows, weight.
type Tap = (i32, i32, f32);

/// Adds the light of a reflected lamp, a little warmer than white.
pub(super) fn add_glare(picture: &mut Picture, glare: Glare) {
    const WARMTH: Light = [1.0, 0.98, 0.94];
    const REACH: f32 = 3.0;
    let (sine, cosine) = sine_cosine(glare.angle);
    let centre = [glare.centre.x, glare.centre.y, glare.centre.x, glare.centre.y];
    let region = Region::around(centre, REACH * glare.radius, picture.width, picture.height);
    for y in region.top..region.bottom {
        for x in region.left..region.right {
            let (dx, dy) = (x as f32 - glare.centre.x, y as f32 - glare.centre.y);
            let along = (dx * cosine + dy * sine) / glare.radius;
            let beside = (dy * cosine - dx * sine) / (glare.radius * glare.narrowness);
            let light = glare.strength * exponential(-(along * along + beside * beside));
            let behind = picture.light(x, y);
            picture.set(x, y, [0, 1, 2].map(|at| behind[at] + light * WARMTH[at]));
        }
    }
}

/// Adds the same stray light everywhere.
pub(super) fn add_veil(picture: &mut Picture, light: f32) {
    for value in picture.planes.iter_mut().flatten() {
        *value += light;
    }
}

/// Multiplies with the beat between screen and sensor.
pub(super) fn add_beat(picture: &mut Picture, beat: Beat) {
    let (sine, cosine) = sine_cosine(beat.angle);
    let [first, second] = beat.frequencies.map(|frequency| frequency * TAU);
    let (step, other_step) = (sine_cosine(first * cosine), sine_cosine(-second * sine));
    let width = picture.width;
    let mut factors = vec![0.0; width];
    for y in 0..picture.height {
        let mut wave = sine_cosine(first * sine * y as f32);
        let mut other = sine_cosine(second * cosine * y as f32);
        for factor in &mut factors {
            *factor = 1.0 + beat.depth * wave.0 * other.0;
            wave = turned(wave, step);
            other = turned(other, other_step);
        }
        for plane in &mut picture.planes {
            for (value, factor) in plane[y * width..][..width].iter_mut().zip(&factors) {
                *value *= factor;
            }
        }
    }
}

/// Sine and cosine of a sum.
fn turned((sine, cosine): (f32, f32), (step_sine, step_cosine): (f32, f32)) -> (f32, f32) {
    (
        sine * step_cosine + cosine * step_sine,
        cosine * step_cosine - sine * step_sine,
    )
}

/// Spreads a share of the light over about a sixtieth of the frame.
pub(super) fn add_bloom(picture: &mut Picture, share: f32) {
    const SMALLER: usize = 8;
    let (width, height) = (picture.width, picture.height);
    let (columns, rows) = (width / SMALLER, height / SMALLER);
    if columns == 0 || rows == 0 {
        return;
    }
    let mut spread = vec![0.0; width * height];
    // A deviation of 12 pixels at 720 rows is 1.5 cells: four times the binomial of three, and the cells themselves.
    let passes = (4 * height).div_ceil(720);
    for plane in &mut picture.planes {
        let mut small = vec![0.0; columns * rows];
        for (y, row) in plane.chunks_exact(width).enumerate().take(rows * SMALLER) {
            for (cell, values) in small[y / SMALLER * columns..]
                .iter_mut()
                .zip(row.chunks_exact(SMALLER))
            {
                *cell += values.iter().sum::<f32>() / (SMALLER * SMALLER) as f32;
            }
        }
        for _ in 0..passes {
            smooth(&mut small, columns, &[0.5, 0.25]);
        }
        enlarge(&small, columns, &mut spread, width, SMALLER);
        for (value, spread) in plane.iter_mut().zip(&spread) {
            *value += share * spread;
        }
    }
}

/// Blurs a plane with a symmetric kernel, in both directions: `half` is its middle and the weights to one side.
pub(super) fn smooth(plane: &mut [f32], width: usize, half: &[f32]) {
    let reach = half.len() - 1;
    let height = plane.len() / width;
    let mut across = vec![0.0; plane.len()];
    let mut padded = vec![0.0; width + 2 * reach];
    for (row, out) in plane.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        padded[..reach].fill(row[0]);
        padded[reach..reach + width].copy_from_slice(row);
        padded[reach + width..].fill(row[width - 1]);
        for (value, middle) in out.iter_mut().zip(row) {
            *value = middle * half[0];
        }
        for (step, weight) in half.iter().enumerate().skip(1) {
            let pair = padded[reach - step..].iter().zip(&padded[reach + step..]);
            for (value, (left, right)) in out.iter_mut().zip(pair) {
                *value += (left + right) * weight;
            }
        }
    }
    for (y, out) in plane.chunks_exact_mut(width).enumerate() {
        for (value, middle) in out.iter_mut().zip(&across[y * width..]) {
            *value = middle * half[0];
        }
        for (step, weight) in half.iter().enumerate().skip(1) {
            let above = &across[y.saturating_sub(step) * width..];
            let below = &across[(y + step).min(height - 1) * width..];
            for (value, (above, below)) in out.iter_mut().zip(above.iter().zip(below)) {
                *value += (above + below) * weight;
            }
        }
    }
}

/// Three weights with this deviation in pixels, at most 0.9: the middle and one side.
pub(super) fn narrow_bell(deviation_px: f32) -> [f32; 2] {
    let beside = deviation_px * deviation_px / 2.0;
    [1.0 - 2.0 * beside, beside]
}

/// The lens: a narrow bell over everything, or a disc over the phone, which is then nearer than the room.
pub(super) fn defocus(picture: &mut Picture, region: Region, blur_px: f32) {
    if blur_px > 0.7 {
        convolve(picture, region, &disc(blur_px));
    } else if blur_px > 0.25 {
        let width = picture.width;
        for plane in &mut picture.planes {
            smooth(plane, width, &narrow_bell(blur_px));
        }
    }
}

/// The shutter: the phone moves while it is open.
pub(super) fn move_while_open(picture: &mut Picture, region: Region, way_px: f32, angle: f32) {
    if way_px > 0.6 {
        convolve(picture, region, &line(way_px, angle));
    }
}

/// A disc whose rim is half covered at its radius.
fn disc(radius: f32) -> Vec<Tap> {
    let reach = (radius + 1.0) as i32;
    let mut taps = Vec::new();
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let cover = (radius + 0.5 - ((dx * dx + dy * dy) as f32).sqrt()).clamp(0.0, 1.0);
            taps.push((dx, dy, cover));
        }
    }
    normalised(taps)
}

/// A straight way, as the light of many places along it shared among the pixels around each.
fn line(length: f32, angle: f32) -> Vec<Tap> {
    let (sine, cosine) = sine_cosine(angle);
    let reach = (length / 2.0) as i32 + 2;
    let side = 2 * reach + 1;
    let mut weights = vec![0.0; (side * side) as usize];
    let places = (length * 8.0) as i32 + 1;
    for place in 0..places {
        let along = length * ((place as f32 + 0.5) / places as f32 - 0.5);
        let (x, y) = (along * cosine + reach as f32, along * sine + reach as f32);
        let (left, top) = (x as i32, y as i32);
        let (right_share, bottom_share) = (x - left as f32, y - top as f32);
        for (dy, down) in [(0, 1.0 - bottom_share), (1, bottom_share)] {
            for (dx, across) in [(0, 1.0 - right_share), (1, right_share)] {
                weights[((top + dy) * side + left + dx) as usize] += down * across;
            }
        }
    }
    let taps = (0..side * side)
        .zip(weights)
        .map(|(at, weight)| (at % side - reach, at / side - reach, weight));
    normalised(taps.collect())
}

/// Without taps that weigh nothing, and 1 in all.
fn normalised(mut taps: Vec<Tap>) -> Vec<Tap> {
    taps.retain(|tap| tap.2 > 1e-4);
    let sum: f32 = taps.iter().map(|tap| tap.2).sum();
    for tap in &mut taps {
        tap.2 /= sum;
    }
    taps
}

/// Replaces a region by its convolution; beyond the frame its edge goes on.
fn convolve(picture: &mut Picture, region: Region, taps: &[Tap]) {
    if region.is_empty() {
        return;
    }
    let reach = taps
        .iter()
        .map(|(dx, dy, _)| dx.unsigned_abs().max(dy.unsigned_abs()))
        .max()
        .unwrap_or(0);
    let reach = reach as usize;
    let region = region.grown(reach, picture.width, picture.height);
    let (width, rows) = (region.right - region.left, region.bottom - region.top);
    let stride = width + 2 * reach;
    let mut source = vec![0.0; stride * (rows + 2 * reach)];
    for plane in &mut picture.planes {
        for (y, out) in source.chunks_exact_mut(stride).enumerate() {
            let y = (region.top + y).saturating_sub(reach).min(picture.height - 1);
            let row = &plane[y * picture.width..][..picture.width];
            for (x, value) in out.iter_mut().enumerate() {
                *value = row[(region.left + x).saturating_sub(reach).min(picture.width - 1)];
            }
        }
        for y in 0..rows {
            let out = &mut plane[(region.top + y) * picture.width + region.left..][..width];
            out.fill(0.0);
            for (dx, dy, weight) in taps {
                let row = ((y + reach) as i32 + dy) as usize * stride;
                let from = row + (reach as i32 + dx) as usize;
                for (value, source) in out.iter_mut().zip(&source[from..from + width]) {
                    *value += source * weight;
                }
            }
        }
    }
}
