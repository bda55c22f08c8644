//! From the sampled modules of one symbol to its bytes: ISO/IEC 18004 (QR Code, model 2), versions 1 to 40, with
//! the Hanzi mode of GB/T 18284.
//!
//! ```text
//! modules ─▶ format ─▶ codewords ─▶ blocks ─▶ Reed–Solomon ─▶ segments ─▶ bytes, text
//!   └─ transposed, where the format information reads better that way
//! ```
//!
//! Everything here is pure, total and bounded: any [`Modules`] gives a [`Symbol`] or says why not.

mod blocks;
mod format;
mod layout;
mod reed_solomon;
mod segments;
mod text;

use std::fmt;
use std::ops::Range;

use thiserror::Error;

use blocks::Sampled;
pub(crate) use blocks::SettledBlock;
use format::{Format, candidates, version_shown};
use layout::{Layout, View};
use segments::{Message, message};
use text::text;

/// Modules along a side of version 1 and of version 40.
const SMALLEST: usize = 21;
const LARGEST: usize = 177;

/// What was sampled of one symbol without its quiet zone, row by row from its own top left.
///
/// One value a module: above zero dark, below zero light, and the further from zero the surer; zero is a module
/// that was not seen. 127 stands for the middle of a perfect module, and half as far for half the contrast.
#[derive(Clone, PartialEq, Eq)]
pub struct Modules {
    size: usize,
    values: Vec<i8>,
}

impl Modules {
    /// `None` unless `size` is 17 + 4 × version and there are `size` × `size` values.
    pub fn new(size: usize, values: Vec<i8>) -> Option<Modules> {
        let is_symbol = (SMALLEST..=LARGEST).contains(&size) && size % 4 == 1;
        (is_symbol && values.len() == size * size).then_some(Modules { size, values })
    }

    /// Modules along a side.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The version that has this size, 1 to 40.
    pub fn version(&self) -> u8 {
        u8::try_from((self.size - 17) / 4).expect("`new` allows 177 modules at most")
    }

    /// All values, row by row.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// Whether a module is dark; one that was not seen counts as light.
    ///
    /// # Panics
    /// If `x` or `y` is not below [`Modules::size`].
    pub fn dark(&self, x: usize, y: usize) -> bool {
        self.at(x, y) > 0
    }

    /// How sure a module is: 0 not seen, 128 at most.
    ///
    /// # Panics
    /// If `x` or `y` is not below [`Modules::size`].
    pub fn sureness(&self, x: usize, y: usize) -> u8 {
        self.at(x, y).unsigned_abs()
    }

    fn at(&self, x: usize, y: usize) -> i8 {
        assert!(x < self.size, "modules are asked for inside the symbol");
        self.values[y * self.size + x]
    }
}

impl fmt::Debug for Modules {
    /// The modules are the payload: only their number is shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Modules")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// How much of a symbol is parity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// About 7 % of the codewords may be wrong.
    L,
    /// About 15 %.
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

/// A symbol that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// 1 to 40.
    pub version: u8,
    /// Level of error correction.
    pub level: Level,
    /// Mask pattern, 0 to 7.
    pub mask: u8,
    /// Whether the modules were the mirror image of a symbol.
    pub is_mirrored: bool,
    /// What the symbol says.
    pub payload: Payload,
    /// Codewords that were sampled wrong and put right.
    pub corrected: u16,
    /// Codewords that were given up as too unsure to count, whether they were wrong or not.
    pub erased: u16,
}

/// What a symbol says. May hold personal data in the clear: never to be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// The bytes of all segments in order, never empty: kanji as Shift_JIS, Hanzi as GB 2312, the rest as it is.
    pub bytes: Vec<u8>,
    /// The same as text, by the character set the symbol names or a guessed one; `None` if it is no text.
    pub text: Option<String>,
    /// Which bytes came from which mode.
    pub segments: Vec<Segment>,
    /// Set if the symbol is one of several that hold one message.
    pub structured_append: Option<StructuredAppend>,
    /// Set if the symbol declares itself GS1 or of another industry's format.
    pub fnc1: Option<Fnc1>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Payload")
            .field("bytes", &self.bytes.len())
            .field("is_text", &self.text.is_some())
            .field("segments", &self.segments)
            .field("structured_append", &self.structured_append)
            .field("fnc1", &self.fnc1)
            .finish()
    }
}

/// A run of characters in one mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// How the characters were packed.
    pub mode: Mode,
    /// The character set named before the segment (an ECI assignment number, below 1 000 000), if there was one.
    pub eci: Option<u32>,
    /// Its bytes in [`Payload::bytes`].
    pub range: Range<usize>,
}

/// How the characters of a segment were packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Digits.
    Numeric,
    /// Digits, capital letters and nine signs.
    Alphanumeric,
    /// Any bytes.
    Byte,
    /// Two-byte characters of Shift_JIS.
    Kanji,
    /// Two-byte characters of GB 2312 (GB/T 18284, subset 1).
    Hanzi,
}

/// The place of a symbol among those that hold one message together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructuredAppend {
    /// 0 for the first symbol, always below `count`.
    pub index: u8,
    /// Symbols of the message, 1 to 16.
    pub count: u8,
    /// Exclusive or of all bytes of the whole message: the same in all its symbols.
    pub parity: u8,
}

/// The declaration of a format, by function character 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fnc1 {
    /// First position: GS1 application identifiers.
    Gs1,
    /// Second position: a format that its owner agreed with AIM under an indicator.
    Industry(ApplicationIndicator),
}

/// Whose format follows function character 1 in second position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationIndicator {
    /// 0 to 99.
    Number(u8),
    /// An ASCII letter.
    Letter(char),
}

/// Why modules were not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unread {
    /// No module of the format information was seen.
    #[error("the format information is hidden")]
    FormatHidden,
    /// The error correction failed, and the version information names another size.
    #[error("the version information says version {shown}")]
    OtherVersion {
        /// The version to sample instead.
        shown: u8,
    },
    /// More codewords are wrong than can be put right.
    #[error("too many modules are wrong")]
    Damaged,
    /// The error correction is content, and what it gave is no message.
    #[error("the symbol does not hold a message")]
    Content,
}

/// Reads one symbol. Total: no modules can cause a panic, or more work than a fixed number of readings.
///
/// The likeliest readings of the format information are tried in order, and after them those of the mirror image if
/// its format information is about as legible.
pub fn read(modules: &Modules) -> Result<Symbol, Unread> {
    let layout = Layout::of(modules.version());
    let [upright, mirrored] = [false, true].map(|is_mirrored| View::of(modules, is_mirrored));
    let [formats, mirrored_formats] = [upright, mirrored].map(candidates);
    let mut unread = Unread::FormatHidden;
    let is_mirror_legible = 4 * mirrored_formats.agreement >= 3 * formats.agreement;
    let attempts = [
        (upright, formats, true),
        (mirrored, mirrored_formats, is_mirror_legible),
    ];
    for (view, formats, _) in attempts.into_iter().filter(|(_, _, is_legible)| *is_legible) {
        let sampled = Sampled::of(&layout, view);
        for (rank, format) in formats.ranked.into_iter().enumerate() {
            match read_as(&sampled, format, rank > 0 || view.is_mirrored) {
                Ok(symbol) => return Ok(symbol),
                // What error correction let through says more than what it refused.
                Err(error) if unread != Unread::Content => unread = error,
                Err(_) => {}
            }
        }
    }
    match version_shown(upright) {
        Some(shown) if shown != modules.version() => Err(Unread::OtherVersion { shown }),
        _ => Err(unread),
    }
}

/// The modules that a symbol has which was read from these, block by block: what they were sampled as, corrected.
/// `None` if the symbol was not read from them.
pub(crate) fn settled(modules: &Modules, symbol: &Symbol) -> Option<Vec<SettledBlock>> {
    let layout = Layout::of(modules.version());
    let view = View::of(modules, symbol.is_mirrored);
    let format = Format {
        level: symbol.level,
        mask: symbol.mask,
    };
    Sampled::of(&layout, view).settled(format)
}

/// Reads a symbol under one reading of its format. One that is not the likeliest, or that took erasures, must be
/// padded as encoders do it.
fn read_as(sampled: &Sampled<'_>, format: Format, is_unlikely: bool) -> Result<Symbol, Unread> {
    let View { is_mirrored, .. } = sampled.view;
    let version = sampled.view.version();
    let data = sampled.data(format).ok_or(Unread::Damaged)?;
    let Message {
        mut payload,
        is_padded,
    } = message(&data.codewords, version)?;
    if !is_padded && (is_unlikely || data.erased > 0) {
        return Err(Unread::Damaged);
    }
    payload.text = text(&payload.bytes, &payload.segments);
    Ok(Symbol {
        version,
        level: format.level,
        mask: format.mask,
        is_mirrored,
        payload,
        corrected: data.corrected,
        erased: data.erased,
    })
}
