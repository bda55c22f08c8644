//! From light to the bytes that a program gets: sensor, picture processing, encoding.

use super::conditions::{Conditions, Encoding};
use super::jpeg;
use super::maths::power;
use super::optics::{narrow_bell, smooth};
use super::picture::Picture;
use super::random::Random;

/// Steps of the tone curve, over the root of the light so that the dark ones are fine enough.
const CURVE_STEPS: usize = 2048;
/// Normal numbers in store: each run of pixels reads them from another place.
const NOISES: usize = 8192;
const RUN: usize = 64;

/// A picture as luma (0–255) and chroma (about −128 to 128), chroma at half the width.
struct Developed {
    luma: Vec<f32>,
    blue: Vec<f32>,
    red: Vec<f32>,
}

/// Develops a picture into packed YUYV, BT.601 with black at 16.
pub(super) fn develop(picture: &Picture, conditions: &Conditions, random: &mut Random) -> Vec<u8> {
    let (width, height) = (picture.width, picture.height);
    let mut developed = expose(picture, conditions, random);
    process(&mut developed.luma, width, conditions);
    if let Encoding::Jpeg { quality, is_420 } = conditions.encoding {
        jpeg::keep_what_it_keeps(&mut developed.luma, width, &jpeg::luma_steps(quality));
        let steps = jpeg::chroma_steps(quality);
        for plane in [&mut developed.blue, &mut developed.red] {
            if is_420 {
                share_rows(plane, width / 2, |plane| {
                    jpeg::keep_what_it_keeps(plane, width / 2, &steps);
                });
            } else {
                jpeg::keep_what_it_keeps(plane, width / 2, &steps);
            }
        }
    }
    let mut bytes = Vec::with_capacity(2 * width * height);
    let chroma = developed.blue.iter().zip(&developed.red);
    for (pair, (blue, red)) in developed.luma.chunks_exact(2).zip(chroma) {
        let [left, right] = [pair[0], pair[1]].map(|luma| (16.5 + luma * (219.0 / 255.0)) as u8);
        let [blue, red] =
            [blue, red].map(|chroma| (128.5 + chroma * (224.0 / 255.0)).clamp(16.0, 240.0) as u8);
        bytes.extend([left, blue, right, red]);
    }
    bytes
}

/// The sensor: white balance, shot and read noise, clipping, tone curve.
fn expose(picture: &Picture, conditions: &Conditions, random: &mut Random) -> Developed {
    let curve: Vec<f32> = (0..=CURVE_STEPS)
        .map(|step| 255.0 * power(step as f32 / CURVE_STEPS as f32, 2.0 / 2.2))
        .collect();
    let noises: Vec<f32> = (0..NOISES + RUN).map(|_| random.normal()).collect();
    let gains = conditions.gains.map(|gain| gain * conditions.exposure);
    let (per_electron, read) = (
        1.0 / conditions.full_well,
        conditions.read_noise * conditions.read_noise,
    );
    let width = picture.width;
    let mut rows = [0; 3].map(|_| vec![0.0_f32; width]);
    let mut developed = Developed {
        luma: vec![0.0; width * picture.height],
        blue: vec![0.0; width / 2 * picture.height],
        red: vec![0.0; width / 2 * picture.height],
    };
    let mut difference = vec![0.0_f32; width + 2];
    for (y, luma) in developed.luma.chunks_exact_mut(width).enumerate() {
        for ((plane, row), gain) in picture.planes.iter().zip(&mut rows).zip(gains) {
            let lights = plane[y * width..][..width].chunks(RUN);
            for (lights, out) in lights.zip(row.chunks_mut(RUN)) {
                let noise = &noises[random.below(NOISES)..][..lights.len()];
                for ((value, light), noise) in out.iter_mut().zip(lights).zip(noise) {
                    let light = light * gain;
                    let seen = light + noise * (light.max(0.0) * per_electron + read).sqrt();
                    *value = seen.clamp(0.0, 1.0).sqrt() * CURVE_STEPS as f32 + 0.5;
                }
                for value in out {
                    *value = curve[(*value as usize).min(CURVE_STEPS)];
                }
            }
        }
        let [red, green, blue] = &rows;
        for (x, luma) in luma.iter_mut().enumerate() {
            *luma = 0.299 * red[x] + 0.587 * green[x] + 0.114 * blue[x];
        }
        let half = y * (width / 2)..(y + 1) * (width / 2);
        halve(
            blue,
            luma,
            0.564,
            &mut difference,
            &mut developed.blue[half.clone()],
        );
        halve(red, luma, 0.713, &mut difference, &mut developed.red[half]);
    }
    developed
}

/// Chroma of one row at half the width, as soft as a mosaic of colour filters leaves it: weights 1, 3, 3, 1.
fn halve(channel: &[f32], luma: &[f32], scale: f32, difference: &mut [f32], out: &mut [f32]) {
    let width = luma.len();
    for ((value, channel), luma) in difference[1..].iter_mut().zip(channel).zip(luma) {
        *value = (channel - luma) * scale;
    }
    difference[0] = difference[1];
    difference[width + 1] = difference[width];
    for (value, at) in out.iter_mut().zip(difference.windows(4).step_by(2)) {
        *value = (at[0] + at[3] + 3.0 * (at[1] + at[2])) / 8.0;
    }
}

/// The camera's own smoothing and sharpening, of luma.
fn process(luma: &mut [f32], width: usize, conditions: &Conditions) {
    /// The binomial of seven: a deviation of 1.22 pixels.
    const WIDE_BELL: [f32; 4] = [20.0 / 64.0, 15.0 / 64.0, 6.0 / 64.0, 1.0 / 64.0];
    if conditions.denoise_px > 0.0 {
        smooth(luma, width, &narrow_bell(conditions.denoise_px));
    }
    if conditions.sharpen > 0.0 {
        let mut soft = luma.to_vec();
        smooth(&mut soft, width, &WIDE_BELL);
        for (value, soft) in luma.iter_mut().zip(&soft) {
            *value += conditions.sharpen * (*value - soft);
        }
    }
    for value in luma {
        *value = value.clamp(0.0, 255.0);
    }
}

/// Gives every two rows their mean, with something done to the means in between.
fn share_rows(plane: &mut [f32], width: usize, between: impl FnOnce(&mut [f32])) {
    let mut means: Vec<f32> = Vec::with_capacity(plane.len().div_ceil(2));
    for rows in plane.chunks(2 * width) {
        let (above, below) = (&rows[..width], &rows[rows.len() - width..]);
        means.extend(
            above
                .iter()
                .zip(below)
                .map(|(above, below)| (above + below) / 2.0),
        );
    }
    between(&mut means);
    for (rows, mean) in plane.chunks_mut(2 * width).zip(means.chunks(width)) {
        for row in rows.chunks_mut(width) {
            row.copy_from_slice(mean);
        }
    }
}
