//! Light and dark by local contrast.
//!
//! Each block of 8×8 pixels has a darkest and a lightest value. Where they differ by more than the noise of
//! the frame, their middle is a fair threshold; the threshold of a block is the mean of the fair ones around
//! it. Unlike a running average this keeps a yellow code on white, whose contrast is a fifth of the range.

use crate::plane::Plane;

const BLOCK: usize = 8;
/// Blocks around the own one whose thresholds are averaged: 5×5, then 13×13 where those are all flat.
const REACHES: [usize; 2] = [2, 6];
/// Contrast that a block needs at least, and at most however noisy the frame is.
const LEAST_RANGE: u8 = 12;
const MOST_LEAST_RANGE: u8 = 24;
const NOISE_PERCENTILE: usize = 15;

/// A frame of dark (1) and light (0) pixels, with the thresholds that made it.
pub(crate) struct Binary {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) dark: Vec<u8>,
}

impl Binary {
    /// Whether a pixel is dark; outside the frame all is light.
    pub(crate) fn is_dark(&self, x: i32, y: i32) -> bool {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return false;
        };
        x < self.width && y < self.height && self.dark[y * self.width + x] != 0
    }
}

/// Splits a plane into dark and light.
pub(crate) fn binarise(plane: &Plane) -> Binary {
    let columns = plane.width.div_ceil(BLOCK);
    let ranges = block_ranges(plane, columns);
    let thresholds = thresholds(&ranges, columns);
    let mut dark = vec![0; plane.data.len()];
    for (y, (out, row)) in dark
        .chunks_exact_mut(plane.width)
        .zip(plane.data.chunks_exact(plane.width))
        .enumerate()
    {
        let row_thresholds = &thresholds[y / BLOCK * columns..][..columns];
        for ((out, values), threshold) in out.chunks_mut(BLOCK).zip(row.chunks(BLOCK)).zip(row_thresholds) {
            for (out, value) in out.iter_mut().zip(values) {
                *out = u8::from(value < threshold);
            }
        }
    }
    Binary {
        width: plane.width,
        height: plane.height,
        dark,
    }
}

/// The darkest and the lightest value of every block, row by row.
fn block_ranges(plane: &Plane, columns: usize) -> Vec<(u8, u8)> {
    let mut ranges = Vec::with_capacity(columns * plane.height.div_ceil(BLOCK));
    let mut low = vec![0; plane.width];
    let mut high = vec![0; plane.width];
    for band in plane.data.chunks(BLOCK * plane.width) {
        low.fill(u8::MAX);
        high.fill(0);
        for row in band.chunks_exact(plane.width) {
            for ((low, high), value) in low.iter_mut().zip(high.iter_mut()).zip(row) {
                *low = (*low).min(*value);
                *high = (*high).max(*value);
            }
        }
        ranges.extend(low.chunks(BLOCK).zip(high.chunks(BLOCK)).map(|(low, high)| {
            (
                low.iter().copied().min().unwrap_or(0),
                high.iter().copied().max().unwrap_or(0),
            )
        }));
    }
    ranges
}

fn thresholds(ranges: &[(u8, u8)], columns: usize) -> Vec<u8> {
    let least_range = least_range(ranges);
    let rows = ranges.len() / columns;
    let stride = columns + 1;
    // Summed areas of (threshold, count) over the blocks with contrast.
    let mut sums = vec![(0_u32, 0_u32); stride * (rows + 1)];
    for row in 0..rows {
        let mut line = (0, 0);
        for column in 0..columns {
            let (low, high) = ranges[row * columns + column];
            if high - low > least_range {
                line.0 += (u32::from(low) + u32::from(high)) / 2;
                line.1 += 1;
            }
            let above = sums[row * stride + column + 1];
            sums[(row + 1) * stride + column + 1] = (above.0 + line.0, above.1 + line.1);
        }
    }
    let mean_around = |row: usize, column: usize, reach: usize| {
        let (top, left) = (row.saturating_sub(reach), column.saturating_sub(reach));
        let (bottom, right) = ((row + reach + 1).min(rows), (column + reach + 1).min(columns));
        let corner = |row: usize, column: usize| sums[row * stride + column];
        let (a, b, c, d) = (
            corner(top, left),
            corner(top, right),
            corner(bottom, left),
            corner(bottom, right),
        );
        (d.0 + a.0 - b.0 - c.0).checked_div(d.1 + a.1 - b.1 - c.1)
    };
    (0..ranges.len())
        .map(|block| {
            let (row, column) = (block / columns, block % columns);
            // A flat surround has no threshold: 0 makes it light.
            let mean = REACHES
                .iter()
                .find_map(|reach| mean_around(row, column, *reach))
                .unwrap_or(0);
            u8::try_from(mean).expect("a mean of bytes is a byte")
        })
        .collect()
}

/// The contrast that counts, from the blocks that show nothing but noise.
fn least_range(ranges: &[(u8, u8)]) -> u8 {
    let mut histogram = [0_usize; 256];
    for (low, high) in ranges {
        histogram[usize::from(high - low)] += 1;
    }
    let mut seen = 0;
    let noise = histogram
        .iter()
        .position(|count| {
            seen += count;
            seen * 100 > ranges.len() * NOISE_PERCENTILE
        })
        .and_then(|range| u8::try_from(range).ok())
        .unwrap_or(0);
    noise
        .saturating_add(noise / 2)
        .clamp(LEAST_RANGE, MOST_LEAST_RANGE)
}
