//! Where a version keeps its codewords: function patterns, the zigzag between them, and the blocks
//! (ISO/IEC 18004, 6.3, 7.6, 7.7 and table 9).

use super::{Level, Modules};

/// Modules of one row that belong to a function pattern, one bit each.
type Row = [u64; 3];

/// Parity codewords of a block, by level and version.
#[rustfmt::skip]
const PARITY: [[u8; 40]; 4] = [
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
        28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
        26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
        28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
        30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];

/// Blocks, by level and version.
#[rustfmt::skip]
const BLOCKS: [[u8; 40]; 4] = [
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8,
        8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
        17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20,
        23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
        25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
];

/// The modules as they are, or their mirror image: rows for columns.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    values: &'a [i8],
    pub(super) size: usize,
    pub(super) is_mirrored: bool,
}

impl<'a> View<'a> {
    pub(super) fn of(modules: &'a Modules, is_mirrored: bool) -> View<'a> {
        View {
            values: &modules.values,
            size: modules.size,
            is_mirrored,
        }
    }

    pub(super) fn at(self, x: usize, y: usize) -> i8 {
        let (x, y) = if self.is_mirrored { (y, x) } else { (x, y) };
        self.values[y * self.size + x]
    }

    pub(super) fn version(self) -> u8 {
        ((self.size - 17) / 4) as u8
    }
}

/// The mask patterns, one bit of a byte each; all of them repeat after 12 modules either way.
static MASKS: [[[u8; 8]; 12]; 12] = {
    let mut masks = [[[0; 8]; 12]; 12];
    let mut at = 0;
    while at < 8 * 144 {
        let (mask, y, x) = (at / 144, at / 12 % 12, at % 12);
        let condition = match mask {
            0 => (x + y) % 2,
            1 => y % 2,
            2 => x % 3,
            3 => (x + y) % 3,
            4 => (x / 3 + y / 2) % 2,
            5 => x * y % 2 + x * y % 3,
            6 => (x * y % 2 + x * y % 3) % 2,
            _ => ((x + y) % 2 + x * y % 3) % 2,
        };
        masks[y][x][mask] = (condition == 0) as u8;
        at += 1;
    }
    masks
};

/// A codeword as it was sampled, with what each mask does to it: which mask it is need not be known yet.
#[derive(Clone, Copy)]
pub(super) struct Codeword {
    sampled: u8,
    masks: [u8; 8],
}

impl Codeword {
    pub(super) fn unmasked(self, mask: u8) -> u8 {
        self.masked(self.sampled, mask)
    }

    /// Another value in the place of this codeword, under a mask.
    pub(super) fn masked(self, value: u8, mask: u8) -> u8 {
        value ^ self.masks[usize::from(mask & 7)]
    }
}

/// The function patterns of one version.
pub(super) struct Layout {
    size: usize,
    rows: Vec<Row>,
}

impl Layout {
    pub(super) fn of(version: u8) -> Layout {
        let size = 17 + 4 * usize::from(version);
        let mut layout = Layout {
            size,
            rows: vec![[0; 3]; size],
        };
        // Finders with their separators and the format information beside them, which holds the dark module.
        layout.reserve(0..9, 0..9);
        layout.reserve(size - 8..size, 0..9);
        layout.reserve(0..9, size - 8..size);
        // Timing.
        layout.reserve(6..7, 0..size);
        layout.reserve(0..size, 6..7);
        let centres = alignment_centres(version);
        let last = centres.len().saturating_sub(1);
        for (down, &y) in centres.iter().enumerate() {
            for (across, &x) in centres.iter().enumerate() {
                // The three places at finders have none.
                if !matches!((across, down), (0, 0))
                    && (across, down) != (0, last)
                    && (across, down) != (last, 0)
                {
                    layout.reserve(x - 2..x + 3, y - 2..y + 3);
                }
            }
        }
        if version >= 7 {
            layout.reserve(size - 11..size - 8, 0..6);
            layout.reserve(0..6, size - 11..size - 8);
        }
        layout
    }

    fn reserve(&mut self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) {
        for row in &mut self.rows[rows] {
            for x in columns.clone() {
                row[x / 64] |= 1 << (x % 64);
            }
        }
    }

    /// Calls `visit` with the place of each data module in the order of the bits, remainder bits included.
    fn zigzag(&self, mut visit: impl FnMut(usize, usize)) {
        let mut is_upward = true;
        let mut right = self.size - 1;
        loop {
            for step in 0..self.size {
                let y = if is_upward { self.size - 1 - step } else { step };
                let row = &self.rows[y];
                for x in [right, right - 1] {
                    if row[x / 64] >> (x % 64) & 1 == 0 {
                        visit(x, y);
                    }
                }
            }
            is_upward = !is_upward;
            // The column of the vertical timing pattern is left out.
            right = match right {
                1 => return,
                8 => 5,
                _ => right - 2,
            };
        }
    }

    /// The codewords in the order of the zigzag.
    pub(super) fn codewords(&self, view: View<'_>) -> Vec<Codeword> {
        let mut codewords = Vec::with_capacity(total_codewords(view.version()) + 1);
        let mut bits = 1_u32;
        // A byte a mask: eight shifts fill each without touching the next.
        let mut masks = 0_u64;
        self.zigzag(|x, y| {
            bits = bits << 1 | u32::from(view.at(x, y) > 0);
            masks = masks << 1 | u64::from_le_bytes(MASKS[y % 12][x % 12]);
            if bits & 0x100 != 0 {
                codewords.push(Codeword {
                    sampled: bits as u8,
                    masks: masks.to_le_bytes(),
                });
                (bits, masks) = (1, 0);
            }
        });
        codewords
    }

    /// Where the modules of the codewords are among all modules, in the same order.
    pub(super) fn module_places(&self, view: View<'_>) -> Vec<usize> {
        let mut places = Vec::with_capacity(8 * total_codewords(view.version()) + 8);
        self.zigzag(|x, y| {
            let (x, y) = if view.is_mirrored { (y, x) } else { (x, y) };
            places.push(y * view.size + x);
        });
        places
    }

    /// How doubtful each codeword is, in the same order.
    pub(super) fn doubts(&self, view: View<'_>) -> Vec<Doubt> {
        let mut doubts = Vec::with_capacity(total_codewords(view.version()) + 1);
        let mut doubt = Doubt::default();
        let mut bits = 0;
        self.zigzag(|x, y| {
            let sureness = view.at(x, y).unsigned_abs();
            doubt.weight += DOUBTS[usize::from(sureness)];
            doubt.unseen += u8::from(sureness == 0);
            bits += 1;
            if bits == 8 {
                doubts.push(doubt);
                doubt = Doubt::default();
                bits = 0;
            }
        });
        doubts
    }
}

/// How likely a codeword is wrong, from its modules' sureness.
#[derive(Clone, Copy, Default)]
pub(super) struct Doubt {
    /// Sum of the modules' chances to be wrong, up to a factor.
    pub(super) weight: u32,
    /// Modules that were not seen.
    pub(super) unseen: u8,
}

/// Chance that a module is wrong by its sureness, up to a factor: halved every eighth of a sure module's value.
static DOUBTS: [u32; 129] = {
    let mut table = [0; 129];
    let mut sureness = 0;
    while sureness < 129 {
        // Straight lines between the halvings.
        let (halvings, rest) = (sureness / 16, sureness as u32 % 16);
        let from = 1 << (20 - halvings);
        table[sureness] = from - from / 2 * rest / 16;
        sureness += 1;
    }
    table
};

/// Centres of the alignment patterns, the same across and down (annex E); empty for version 1.
pub(super) fn alignment_centres(version: u8) -> Vec<usize> {
    if version < 2 {
        return Vec::new();
    }
    let version = usize::from(version);
    let count = version / 7 + 2;
    let last = 10 + 4 * version;
    let step = match version {
        32 => 26,
        _ => (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2,
    };
    let mut centres: Vec<usize> = (0..count - 1).map(|back| last - back * step).collect();
    centres.push(6);
    centres.reverse();
    centres
}

/// Codewords of a version, data and parity.
fn total_codewords(version: u8) -> usize {
    let version = usize::from(version);
    let mut modules = (16 * version + 128) * version + 64;
    if version >= 2 {
        let count = version / 7 + 2;
        modules -= (25 * count - 10) * count - 55;
    }
    if version >= 7 {
        modules -= 36;
    }
    modules / 8
}

/// How a version and level divides its codewords.
#[derive(Clone, Copy)]
pub(super) struct Blocks {
    pub(super) count: usize,
    /// Parity codewords of every block.
    pub(super) parity: usize,
    /// Blocks that have one data codeword less; they come first.
    short: usize,
    /// Data codewords of those.
    short_data: usize,
}

impl Blocks {
    pub(super) fn of(version: u8, level: Level) -> Blocks {
        let row = usize::from(version) - 1;
        let parity = usize::from(PARITY[level as usize][row]);
        let count = usize::from(BLOCKS[level as usize][row]);
        let total = total_codewords(version);
        Blocks {
            count,
            parity,
            short: count - total % count,
            short_data: total / count - parity,
        }
    }

    /// Data codewords of a block.
    pub(super) fn data(&self, block: usize) -> usize {
        self.short_data + usize::from(block >= self.short)
    }

    /// Data codewords of all blocks.
    pub(super) fn all_data(&self) -> usize {
        self.count * self.short_data + self.count - self.short
    }

    /// Where the codewords of a block are in the order of the zigzag, data before parity.
    pub(super) fn places(&self, block: usize) -> impl Iterator<Item = usize> {
        let Blocks {
            count,
            parity,
            short,
            short_data,
        } = *self;
        let common = (0..short_data).map(move |at| at * count + block);
        let longer = (block >= short).then(|| short_data * count + block - short);
        let after = self.all_data();
        common
            .chain(longer)
            .chain((0..parity).map(move |at| after + at * count + block))
    }
}
