//! Light and dark by local contrast.
//!
//! Each block of 8×8 pixels has a darkest and a lightest value. Where they differ by more than the noise of
//! the frame, their middle is a fair threshold; the threshold of a block is the mean of the fair ones around
//! it. Unlike a running average this keeps a yellow code on white, whose contrast is a fifth of the range.

use crate::plane::Luma;

const BLOCK: usize = 8;
/// Columns whose extremes are found at once, in registers.
const TILE: usize = 32;
/// Contrast that a block needs at least, and at most however noisy the frame is.
const LEAST_RANGE: u8 = 12;
const MOST_LEAST_RANGE: u8 = 24;
const NOISE_PERCENTILE: usize = 15;
/// Grey of a block that is too light, and one block of how many has to be for it to matter.
const BLOWN: u8 = 228;
const BLOWN_SHARE: usize = 66;
/// Blocks on each side whose thresholds are averaged; and how far the nine such squares around are apart that
/// are asked when the own one is flat.
const REACH: usize = 2;
const FAR: usize = 4;
const MARGIN: usize = REACH + FAR;

/// Where a picture is dark and where it is light: the thresholds of its blocks. Bits are made for the rows that are
/// searched, and single pixels compared where they are asked for, which is fewer than all.
#[derive(Default)]
pub(crate) struct Binary {
    pub(crate) width: usize,
    pub(crate) height: usize,
    columns: usize,
    thresholds: Vec<u8>,
    noise: u8,
    blown: Option<[usize; 4]>,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    lows: Vec<u8>,
    highs: Vec<u8>,
    low: Vec<u8>,
    high: Vec<u8>,
    /// Rows and columns of the tallies; their margins stay empty while it does not change.
    shape: (usize, usize),
    sums: Field,
    counts: Field,
}

/// Memory for the bits of a row, used again for the next.
#[derive(Default)]
pub(crate) struct RowBits {
    thresholds: Vec<u8>,
    flags: Vec<u8>,
}

/// A number for each block with a margin of empty ones around, and its sum over the 5×5 blocks around each.
#[derive(Default)]
struct Field {
    own: Vec<u16>,
    across: Vec<u16>,
    around: Vec<u16>,
}

impl Field {
    fn reset(&mut self, length: usize) {
        for values in [&mut self.own, &mut self.across, &mut self.around] {
            values.clear();
            values.resize(length, 0);
        }
    }

    /// Sums over five columns, then over five rows; 5×5×255 fits.
    fn add_up(&mut self, stride: usize) {
        let end = self.own.len() - 2 * REACH;
        for (index, out) in self.across[REACH..REACH + end].iter_mut().enumerate() {
            let own = &self.own[index..index + 5];
            *out = own[0] + own[1] + own[2] + own[3] + own[4];
        }
        let last = self.own.len() - 2 * REACH * stride;
        let (rows, across) = (&mut self.around[REACH * stride..][..last], &self.across);
        let line = |row: usize| across[row * stride..][..last].iter();
        let lines = line(0).zip(line(1)).zip(line(2)).zip(line(3)).zip(line(4));
        for (out, ((((a, b), c), d), e)) in rows.iter_mut().zip(lines) {
            *out = a + b + c + d + e;
        }
    }
}

impl Binary {
    /// Whether a pixel of the picture that was measured is dark; outside of it all is light.
    #[inline]
    pub(crate) fn is_dark(&self, luma: Luma<'_>, x: i32, y: i32) -> bool {
        // A negative number becomes a huge one.
        let (x, y) = (x as u32 as usize, y as u32 as usize);
        x < self.width
            && y < self.height
            && luma.pixel(x, y) < self.thresholds[y / BLOCK * self.columns + x / BLOCK]
    }

    /// Whether a pixel is in the picture.
    #[inline]
    pub(crate) fn contains(&self, x: i32, y: i32) -> bool {
        (x as u32 as usize) < self.width && (y as u32 as usize) < self.height
    }

    /// Contrast that a block of nothing has, in grey levels.
    pub(crate) fn noise(&self) -> u8 {
        self.noise
    }

    /// The part of the picture that is too light for its camera, in pixels: left, top, right, bottom.
    ///
    /// `None` where that is next to nothing.
    pub(crate) fn blown(&self) -> Option<[usize; 4]> {
        self.blown
    }

    /// The bits of a row, dark ones set, the first pixel lowest; those beyond the width are light.
    pub(crate) fn bits(&self, luma: Luma<'_>, y: usize, memory: &mut RowBits, bits: &mut Vec<u64>) {
        let band = y / BLOCK;
        memory.thresholds.clear();
        for threshold in &self.thresholds[band * self.columns..][..self.columns] {
            memory.thresholds.extend_from_slice(&[*threshold; BLOCK]);
        }
        memory.flags.resize(self.width.div_ceil(64) * 64, 0);
        memory.flags[self.width..].fill(0);
        for ((flag, value), threshold) in memory.flags.iter_mut().zip(luma.row(y)).zip(&memory.thresholds) {
            *flag = u8::from(value < threshold);
        }
        bits.clear();
        bits.extend(memory.flags.chunks_exact(64).map(packed));
    }

    /// The threshold at a pixel: darker than that is dark.
    pub(crate) fn threshold(&self, x: f32, y: f32) -> u8 {
        let column = (x as usize).min(self.width - 1) / BLOCK;
        let row = (y as usize).min(self.height - 1) / BLOCK;
        self.thresholds[row * self.columns + column]
    }

    /// Measures a picture, in the memory of the one before.
    pub(crate) fn fill(&mut self, luma: Luma<'_>) {
        self.width = luma.width;
        self.height = luma.height;
        self.columns = luma.width.div_ceil(BLOCK);
        self.measure_blocks(luma);
        self.average_thresholds();
    }

    /// The darkest and the lightest value of every block, row by row.
    fn measure_blocks(&mut self, luma: Luma<'_>) {
        let Scratch {
            lows,
            highs,
            low,
            high,
            ..
        } = &mut self.scratch;
        let padded = self.columns * BLOCK + BLOCK;
        lows.clear();
        highs.clear();
        low.clear();
        low.resize(padded, u8::MAX);
        high.clear();
        high.resize(padded, 0);
        for top in (0..luma.height).step_by(BLOCK) {
            // A band that ends early repeats its last row, which changes no minimum.
            let rows: [&[u8]; BLOCK] = std::array::from_fn(|row| luma.row((top + row).min(luma.height - 1)));
            let whole = luma.width / TILE * TILE;
            for left in (0..whole).step_by(TILE) {
                let mut least = [u8::MAX; TILE];
                let mut most = [0; TILE];
                for row in rows {
                    for ((least, most), value) in least.iter_mut().zip(&mut most).zip(&row[left..left + TILE])
                    {
                        *least = (*least).min(*value);
                        *most = (*most).max(*value);
                    }
                }
                low[left..left + TILE].copy_from_slice(&least);
                high[left..left + TILE].copy_from_slice(&most);
            }
            low[whole..].fill(u8::MAX);
            high[whole..].fill(0);
            for row in rows {
                for ((low, high), value) in low[whole..].iter_mut().zip(&mut high[whole..]).zip(&row[whole..])
                {
                    *low = (*low).min(*value);
                    *high = (*high).max(*value);
                }
            }
            for distance in [4, 2, 1] {
                for index in 0..padded - BLOCK {
                    low[index] = low[index].min(low[index + distance]);
                    high[index] = high[index].max(high[index + distance]);
                }
            }
            lows.extend(low[..padded - BLOCK].iter().step_by(BLOCK));
            highs.extend(high[..padded - BLOCK].iter().step_by(BLOCK));
        }
    }

    fn average_thresholds(&mut self) {
        let columns = self.columns;
        let rows = self.scratch.lows.len() / columns;
        self.blown = blown(&self.scratch.lows, columns);
        self.noise = noise(&self.scratch.lows, &self.scratch.highs);
        let least_range = self
            .noise
            .saturating_add(self.noise / 2)
            .clamp(LEAST_RANGE, MOST_LEAST_RANGE);
        let Scratch {
            lows,
            highs,
            shape,
            sums,
            counts,
            ..
        } = &mut self.scratch;
        let stride = columns + 2 * MARGIN;
        let padded = stride * (rows + 2 * MARGIN);
        if *shape != (rows, columns) {
            *shape = (rows, columns);
            sums.reset(padded);
            counts.reset(padded);
        }
        for row in 0..rows {
            let lows = &lows[row * columns..][..columns];
            let highs = &highs[row * columns..][..columns];
            let sums = &mut sums.own[(row + MARGIN) * stride + MARGIN..][..columns];
            let counts = &mut counts.own[(row + MARGIN) * stride + MARGIN..][..columns];
            for (((sum, count), low), high) in sums.iter_mut().zip(counts).zip(lows).zip(highs) {
                *count = u16::from(high.saturating_sub(*low) > least_range);
                *sum = *count * middle(*low, *high);
            }
        }
        sums.add_up(stride);
        counts.add_up(stride);
        self.thresholds.clear();
        for row in MARGIN..rows + MARGIN {
            let from = row * stride + MARGIN;
            let line = sums.around[from..from + columns]
                .iter()
                .zip(&counts.around[from..from + columns]);
            self.thresholds
                .extend(line.enumerate().map(|(column, (sum, count))| {
                    if *count > 0 {
                        // Whole numbers below 2¹⁶ are exact, and so is the quotient's whole part but for one step.
                        (f32::from(*sum) / f32::from(*count)) as u8
                    } else {
                        far_mean(&sums.around, &counts.around, stride, from + column)
                    }
                }));
        }
    }
}

/// 64 bytes of 0 or 1 as bits, the first lowest.
#[inline]
fn packed(flags: &[u8]) -> u64 {
    // Byte i moves its bit to bit 56 + i of the product.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    flags.chunks_exact(8).enumerate().fold(0, |word, (index, eight)| {
        let bytes: [u8; 8] = eight.try_into().expect("chunks_exact gives eight");
        word | (u64::from_le_bytes(bytes).wrapping_mul(GATHER) >> 56) << (8 * index)
    })
}

/// The grey level halfway between two in light, not in grey: blur mixes light, so that is where a blurred edge is.
///
/// Cameras encode light by about its square root.
#[inline]
fn middle(low: u8, high: u8) -> u16 {
    let (low, high) = (f32::from(low), f32::from(high));
    ((low * low + high * high) / 2.0).sqrt() as u16
}

/// The mean threshold of the 13×13 blocks around a block, where its 5×5 are all flat; 0, which makes everything
/// light, where those are flat too.
#[cold]
fn far_mean(sums: &[u16], counts: &[u16], stride: usize, block: usize) -> u8 {
    let (mut sum, mut count) = (0, 0);
    for row in [block - FAR * stride, block, block + FAR * stride] {
        for place in [row - FAR, row, row + FAR] {
            sum += u32::from(sums[place]);
            count += u32::from(counts[place]);
        }
    }
    sum.checked_div(count).unwrap_or(0) as u8
}

/// The bounds of the blocks in which everything is nearly as light as it can be, widened by a few blocks.
fn blown(lows: &[u8], columns: usize) -> Option<[usize; 4]> {
    let rows = lows.len() / columns;
    let mut count = 0;
    let (mut left, mut top, mut right, mut bottom) = (columns, rows, 0, 0);
    for (row, line) in lows.chunks_exact(columns).enumerate() {
        // Most rows have none, which this finds without a branch a block.
        if line.iter().copied().fold(0, u8::max) < BLOWN {
            continue;
        }
        for (column, _) in line.iter().enumerate().filter(|(_, low)| **low >= BLOWN) {
            count += 1;
            (left, right) = (left.min(column), right.max(column + 1));
            (top, bottom) = (top.min(row), bottom.max(row + 1));
        }
    }
    (count * BLOWN_SHARE >= lows.len()).then(|| {
        [
            left.saturating_sub(4) * BLOCK,
            top.saturating_sub(4) * BLOCK,
            (right + 4) * BLOCK,
            (bottom + 4) * BLOCK,
        ]
    })
}

/// The contrast of the blocks that show nothing but noise.
fn noise(lows: &[u8], highs: &[u8]) -> u8 {
    let mut histogram = [0_usize; 256];
    for (low, high) in lows.iter().zip(highs) {
        histogram[usize::from(high.saturating_sub(*low))] += 1;
    }
    let mut seen = 0;
    histogram
        .iter()
        .position(|count| {
            seen += count;
            seen * 100 > lows.len() * NOISE_PERCENTILE
        })
        .and_then(|range| u8::try_from(range).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plane::Plane;

    fn plane_of(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Plane {
        let mut plane = Plane::default();
        plane.resize(width, height);
        for (index, out) in plane.data.iter_mut().enumerate() {
            *out = value(index % width, index / width);
        }
        plane
    }

    #[test]
    fn a_faint_chessboard_keeps_its_squares_at_any_width() {
        let mut binary = Binary::default();
        let (mut memory, mut bits) = (RowBits::default(), Vec::new());
        for width in [63, 130, 64, 65] {
            let is_dark = |x: usize, y: usize| (x / 5 + y / 5).is_multiple_of(2);
            let plane = plane_of(width, 70, |x, y| if is_dark(x, y) { 200 } else { 230 });
            binary.fill(plane.view());
            for y in 0..70 {
                binary.bits(plane.view(), y, &mut memory, &mut bits);
                for x in 0..width {
                    let is_set = bits[x / 64] >> (x % 64) & 1 == 1;
                    assert_eq!(is_set, is_dark(x, y), "{x} {y} of {width}");
                    assert_eq!(
                        binary.is_dark(plane.view(), x as i32, y as i32),
                        is_set,
                        "{x} {y} of {width}"
                    );
                }
                assert_eq!(
                    bits.last()
                        .unwrap()
                        .checked_shr(width as u32 % 64)
                        .filter(|_| width % 64 > 0)
                        .unwrap_or(0),
                    0
                );
            }
            assert!(!binary.is_dark(plane.view(), -1, 3));
            assert!(!binary.is_dark(plane.view(), width as i32, 3));
            assert!(!binary.is_dark(plane.view(), 3, 70));
        }
    }

    #[test]
    fn a_flat_frame_is_light() {
        let plane = plane_of(100, 40, |x, _| (x % 8) as u8);
        let mut binary = Binary::default();
        binary.fill(plane.view());
        assert!((0..40).all(|y| (0..100).all(|x| !binary.is_dark(plane.view(), x, y))));
    }

    #[test]
    fn a_picture_in_too_much_light_says_where() {
        let plane = plane_of(400, 400, |x, y| {
            if (200..260).contains(&x) && (96..160).contains(&y) {
                235
            } else {
                90
            }
        });
        let mut binary = Binary::default();
        binary.fill(plane.view());
        let [left, top, right, bottom] = binary.blown().unwrap();
        assert!(
            left < 200 && top < 96 && right > 260 && bottom > 160,
            "{left} {top} {right} {bottom}"
        );
        assert!(left > 100 && bottom < 260, "{left} {top} {right} {bottom}");
    }
}
