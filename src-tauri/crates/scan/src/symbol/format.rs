//! Format and version information (ISO/IEC 18004, 7.9 and 7.10): the nearest code word, from both copies.

use super::Level;
use super::layout::View;

/// Readings of the format that are tried on one symbol, each one way round.
const MOST_CANDIDATES: usize = 4;
/// Wrong bits that the 18 bits of the version information can have and still be told apart.
const MOST_VERSION_ERRORS: u32 = 3;

/// A reading of the format information.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) level: Level,
    pub(super) mask: u8,
}

/// What the format information may say, most likely first.
pub(super) struct Candidates {
    pub(super) ranked: Vec<Format>,
    /// How well the best one agrees with the modules: sureness of those that agree less that of those that do not.
    pub(super) agreement: i32,
}

/// The 32 code words: level, mask and ten bits of a BCH code, with the pattern that keeps them from being all light.
static FORMATS: [u16; 32] = {
    let mut words = [0; 32];
    let mut data = 0;
    while data < 32 {
        words[data] = ((data as u32) << 10 | remainder(data as u32, 10, 0x537)) as u16 ^ 0x5412;
        data += 1;
    }
    words
};

const fn remainder(data: u32, parity: u32, generator: u32) -> u32 {
    let mut left = data << parity;
    let mut bit = 18;
    while bit >= parity {
        if left >> bit & 1 != 0 {
            left ^= generator << (bit - parity);
        }
        bit -= 1;
    }
    left
}

fn format_of(index: usize) -> Format {
    let level = match index >> 3 {
        0 => Level::M,
        1 => Level::L,
        2 => Level::H,
        _ => Level::Q,
    };
    Format {
        level,
        mask: index as u8 & 7,
    }
}

/// The two copies, bit 14 (the level's first) first.
fn format_modules(view: View<'_>) -> [[i8; 15]; 2] {
    let far = view.size - 1;
    let around = [0, 1, 2, 3, 4, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8];
    let mut copies = [[0; 15]; 2];
    for at in 0..15 {
        let down = [8, 8, 8, 8, 8, 8, 8, 8, 7, 5, 4, 3, 2, 1, 0][at];
        copies[0][at] = view.at(around[at], down);
        // Seven bits up from the bottom, beside the dark module, then eight on to the right.
        copies[1][at] = if at < 7 {
            view.at(8, far - at)
        } else {
            view.at(far + at - 14, 8)
        };
    }
    copies
}

/// Sureness of the bits that agree with a code word less that of the others.
fn agreement(bits: &[i8; 15], word: u16) -> i32 {
    bits.iter()
        .enumerate()
        .map(|(at, &value)| {
            let is_dark = word >> (14 - at) & 1 != 0;
            if is_dark {
                i32::from(value)
            } else {
                -i32::from(value)
            }
        })
        .sum()
}

/// Ranks the readings: by both copies together, as long as they agree at least half as well as the best one, and the
/// best of each copy alone, in case that something covers the other.
pub(super) fn candidates(view: View<'_>) -> Candidates {
    let copies = format_modules(view);
    let scores: [[i32; 32]; 2] = copies.map(|copy| FORMATS.map(|word| agreement(&copy, word)));
    let both = |index: usize| scores[0][index] + scores[1][index];
    let mut ranked: [usize; 32] = std::array::from_fn(|index| index);
    ranked.sort_by_key(|&index| -both(index));
    let best = both(ranked[0]);
    let alone = scores.map(|copy| {
        let index = (0..32).max_by_key(|&index| copy[index]).unwrap_or(0);
        (index, copy[index])
    });
    let mut order: Vec<usize> = ranked
        .into_iter()
        .take_while(|&index| both(index) * 2 > best)
        .collect();
    order.truncate(MOST_CANDIDATES - 1);
    // A copy that nothing covers agrees in nearly all of its bits.
    for ((index, score), copy) in alone.into_iter().zip(&copies) {
        let all: i32 = copy.iter().map(|value| i32::from(value.unsigned_abs())).sum();
        if score * 2 > all && !order.contains(&index) {
            order.insert(order.len().min(1), index);
        }
    }
    order.truncate(MOST_CANDIDATES);
    Candidates {
        ranked: order.into_iter().map(format_of).collect(),
        agreement: best.max(alone[0].1).max(alone[1].1),
    }
}

/// The version that the version information names; `None` if the size has none or it is not to be read.
pub(super) fn version_shown(view: View<'_>) -> Option<u8> {
    if view.version() < 7 {
        return None;
    }
    let inset = view.size - 11;
    let copy = |is_below: bool| {
        (0..18).fold(0_u32, |word, bit| {
            let (along, aside) = (bit / 3, inset + bit % 3);
            let value = if is_below {
                view.at(along, aside)
            } else {
                view.at(aside, along)
            };
            word | u32::from(value > 0) << bit
        })
    };
    [copy(false), copy(true)]
        .into_iter()
        .flat_map(|seen| {
            (7..=40_u8).map(move |version| ((version_word(version) ^ seen).count_ones(), version))
        })
        .min()
        .filter(|(distance, _)| *distance <= MOST_VERSION_ERRORS)
        .map(|(_, version)| version)
}

fn version_word(version: u8) -> u32 {
    u32::from(version) << 12 | remainder(u32::from(version), 12, 0x1F25)
}
