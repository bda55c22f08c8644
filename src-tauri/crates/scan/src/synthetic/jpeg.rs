//! What is left of a plane after JPEG: blocks of eight by eight, rounded as cosines (ITU-T T.81, annex A.3).
//!
//! Only the loss is made here. The code of the coefficients is lossless and is left out.

use std::f32::consts::PI;
use std::sync::LazyLock;

use super::maths::sine_cosine;

type Block = [[f32; 8]; 8];

/// The steps to which coefficients are rounded, row by row.
pub(super) type Steps = Block;

/// T.81, table K.1.
const LUMA: [[u8; 8]; 8] = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
];

/// T.81, table K.2.
const CHROMA: [[u8; 8]; 8] = [
    [17, 18, 24, 47, 99, 99, 99, 99],
    [18, 21, 26, 66, 99, 99, 99, 99],
    [24, 26, 56, 99, 99, 99, 99, 99],
    [47, 66, 99, 99, 99, 99, 99, 99],
    [99; 8],
    [99; 8],
    [99; 8],
    [99; 8],
];

/// Row k is the k-th cosine of eight samples, of length 1.
static COSINES: LazyLock<Block> = LazyLock::new(|| {
    std::array::from_fn(|k| {
        let scale: f32 = if k == 0 { 0.125 } else { 0.25 };
        std::array::from_fn(|at| scale.sqrt() * sine_cosine((2 * at + 1) as f32 * k as f32 * PI / 16.0).1)
    })
});

/// The steps for luma at a quality of 1 to 100, scaled as the Independent JPEG Group does.
pub(super) fn luma_steps(quality: u8) -> Steps {
    scaled(&LUMA, quality)
}

/// The steps for chroma at a quality of 1 to 100.
pub(super) fn chroma_steps(quality: u8) -> Steps {
    scaled(&CHROMA, quality)
}

fn scaled(table: &[[u8; 8]; 8], quality: u8) -> Steps {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    table.map(|row| row.map(|step| ((u32::from(step) * percent + 50) / 100).clamp(1, 255) as f32))
}

/// Rounds a plane as JPEG does. A block at the edge that is not whole repeats the last column and row.
pub(super) fn keep_what_it_keeps(plane: &mut [f32], width: usize, steps: &Steps) {
    let height = plane.len() / width;
    let cosines = &*COSINES;
    let transposed_cosines = transposed(cosines);
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            let mut block = block_at(plane, width, height, left, top);
            // The transform of the columns, twice, with the block on its side in between.
            block = transposed(&product(cosines, &block));
            block = product(cosines, &block);
            // The block lies on its side now, and so do its steps.
            for (across, row) in block.iter_mut().enumerate() {
                for (down, value) in row.iter_mut().enumerate() {
                    *value = rounded(*value / steps[down][across]) * steps[down][across];
                }
            }
            block = transposed(&product(&transposed_cosines, &block));
            block = product(&transposed_cosines, &block);
            for (row, out) in block.iter().zip(plane[top * width..].chunks_mut(width)) {
                let out = &mut out[left..(left + 8).min(width)];
                out.copy_from_slice(&row[..out.len()]);
            }
        }
    }
    for value in plane {
        *value = value.clamp(-128.0, 255.0);
    }
}

fn block_at(plane: &[f32], width: usize, height: usize, left: usize, top: usize) -> Block {
    std::array::from_fn(|y| {
        let row = &plane[(top + y).min(height - 1) * width..][..width];
        match row[left..].first_chunk::<8>() {
            Some(values) => *values,
            None => std::array::from_fn(|x| row[(left + x).min(width - 1)]),
        }
    })
}

fn product(a: &Block, b: &Block) -> Block {
    let mut sum = [[0.0; 8]; 8];
    for (out, factors) in sum.iter_mut().zip(a) {
        for (factor, row) in factors.iter().zip(b) {
            for (value, at) in out.iter_mut().zip(row) {
                *value += factor * at;
            }
        }
    }
    sum
}

fn transposed(block: &Block) -> Block {
    std::array::from_fn(|row| std::array::from_fn(|column| block[column][row]))
}

/// To the nearest whole number, for numbers far below four million: adding that much leaves no room for a fraction.
fn rounded(value: f32) -> f32 {
    const NO_FRACTION: f32 = 12_582_912.0;
    (value + NO_FRACTION) - NO_FRACTION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_steps_of_one_a_plane_stays_what_it_was() {
        let (width, height) = (20, 12);
        let plane: Vec<f32> = (0..width * height).map(|at| ((at * 37) % 200) as f32).collect();
        let mut kept = plane.clone();
        keep_what_it_keeps(&mut kept, width, &[[1.0; 8]; 8]);
        for (before, after) in plane.iter().zip(&kept) {
            assert!((before - after).abs() < 3.0, "{before} became {after}");
        }
    }

    #[test]
    fn a_lower_quality_loses_more() {
        let plane: Vec<f32> = (0..64 * 64)
            .map(|at| if at / 3 % 2 == 0 { 30.0 } else { 220.0 })
            .collect();
        let loss = |quality| {
            let mut kept = plane.clone();
            keep_what_it_keeps(&mut kept, 64, &luma_steps(quality));
            plane
                .iter()
                .zip(&kept)
                .map(|(before, after)| (before - after).powi(2))
                .sum::<f32>()
        };
        assert!(loss(50) > 2.0 * loss(90));
    }
}
