//! From the data codewords of a symbol to its bytes: the modes of ISO/IEC 18004, 7.4, and of GB/T 18284.

use super::{ApplicationIndicator, Fnc1, Mode, Payload, Segment, StructuredAppend, Unread};

/// The 45 characters of alphanumeric mode.
const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/// What `%` stands for in alphanumeric mode once function character 1 was seen.
const GROUP_SEPARATOR: u8 = 0x1D;

/// A message and whether what follows it is padding.
pub(super) struct Message {
    /// Still without its text.
    pub(super) payload: Payload,
    /// Whether the codewords after the terminator are those an encoder puts there: a wrong correction seldom leaves
    /// them so.
    pub(super) is_padded: bool,
}

/// Reads all segments of the data codewords.
pub(super) fn message(codewords: &[u8], version: u8) -> Result<Message, Unread> {
    let mut reading = Reading {
        bits: Bits { codewords, at: 0 },
        version,
        eci: None,
        payload: Payload {
            bytes: Vec::new(),
            text: None,
            segments: Vec::new(),
            structured_append: None,
            fnc1: None,
        },
    };
    while reading.segment().ok_or(Unread::Content)? {}
    let Reading { bits, payload, .. } = reading;
    if payload.bytes.is_empty() {
        return Err(Unread::Content);
    }
    let is_padded = is_padding(&codewords[bits.at.div_ceil(8)..]);
    Ok(Message { payload, is_padded })
}

/// 0xEC and 0x11 in turn; some encoders leave zeros.
fn is_padding(rest: &[u8]) -> bool {
    let is_standard = rest
        .iter()
        .zip([0xEC, 0x11].into_iter().cycle())
        .all(|(byte, pad)| *byte == pad);
    is_standard || rest.iter().all(|byte| *byte == 0)
}

/// Bits from the most significant one of the first codeword on.
struct Bits<'a> {
    codewords: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        8 * self.codewords.len() - self.at
    }

    /// The next bits, 16 at most; `None` if there are not so many.
    fn take(&mut self, count: usize) -> Option<u16> {
        if count > self.left() {
            return None;
        }
        let first = self.at / 8;
        let window = (0..3).fold(0_u32, |window, offset| {
            window << 8
                | self
                    .codewords
                    .get(first + offset)
                    .map_or(0, |byte| u32::from(*byte))
        });
        let shifted = window >> (24 - self.at % 8 - count);
        self.at += count;
        Some((shifted & ((1 << count) - 1)) as u16)
    }
}

struct Reading<'a> {
    bits: Bits<'a>,
    version: u8,
    eci: Option<u32>,
    payload: Payload,
}

impl Reading<'_> {
    /// Reads a mode indicator and what follows: `false` after the last one, `None` if it makes no sense.
    fn segment(&mut self) -> Option<bool> {
        if self.bits.left() < 4 {
            self.bits.at += self.bits.left();
            return Some(false);
        }
        match self.bits.take(4)? {
            0b0000 => return Some(false),
            0b0001 => self.characters(Mode::Numeric)?,
            0b0010 => self.characters(Mode::Alphanumeric)?,
            0b0011 => self.structured_append()?,
            0b0100 => self.characters(Mode::Byte)?,
            0b0101 => self.payload.fnc1 = Some(Fnc1::Gs1),
            0b0111 => self.eci = Some(self.eci_designator()?),
            0b1000 => self.characters(Mode::Kanji)?,
            0b1001 => self.payload.fnc1 = Some(Fnc1::Industry(application_indicator(self.bits.take(8)?)?)),
            0b1101 => {
                // The only subset there is.
                if self.bits.take(4)? != 1 {
                    return None;
                }
                self.characters(Mode::Hanzi)?;
            }
            _ => return None,
        }
        Some(true)
    }

    fn characters(&mut self, mode: Mode) -> Option<()> {
        let count = usize::from(self.bits.take(count_bits(mode, self.version))?);
        let start = self.payload.bytes.len();
        match mode {
            Mode::Numeric => self.digits(count)?,
            Mode::Alphanumeric => self.alphanumeric(count)?,
            Mode::Byte => {
                for _ in 0..count {
                    let byte = self.bits.take(8)?;
                    self.payload.bytes.push(byte as u8);
                }
            }
            Mode::Kanji => self.two_byte_characters(count, kanji)?,
            Mode::Hanzi => self.two_byte_characters(count, hanzi)?,
        }
        let range = start..self.payload.bytes.len();
        let eci = self.eci;
        self.payload.segments.push(Segment { mode, eci, range });
        Some(())
    }

    fn digits(&mut self, count: usize) -> Option<()> {
        let mut left = count;
        while left > 0 {
            let digits = left.min(3);
            let number = self.bits.take([0, 4, 7, 10][digits])?;
            if number >= [1, 10, 100, 1000][digits] {
                return None;
            }
            for scale in &[100, 10, 1][3 - digits..] {
                self.payload.bytes.push(b'0' + (number / scale % 10) as u8);
            }
            left -= digits;
        }
        Some(())
    }

    fn alphanumeric(&mut self, count: usize) -> Option<()> {
        let start = self.payload.bytes.len();
        for _ in 0..count / 2 {
            let pair = usize::from(self.bits.take(11)?);
            self.payload.bytes.push(*ALPHANUMERIC.get(pair / 45)?);
            self.payload.bytes.push(ALPHANUMERIC[pair % 45]);
        }
        if count % 2 == 1 {
            let single = usize::from(self.bits.take(6)?);
            self.payload.bytes.push(*ALPHANUMERIC.get(single)?);
        }
        if self.payload.fnc1.is_some() {
            let characters = self.payload.bytes.split_off(start);
            self.payload.bytes.extend(with_separators(&characters));
        }
        Some(())
    }

    fn two_byte_characters(&mut self, count: usize, character: fn(u16) -> Option<u16>) -> Option<()> {
        for _ in 0..count {
            let code = character(self.bits.take(13)?)?;
            self.payload.bytes.extend(code.to_be_bytes());
        }
        Some(())
    }

    /// One to three codewords, told by the first one's leading bits.
    fn eci_designator(&mut self) -> Option<u32> {
        let first = u32::from(self.bits.take(8)?);
        let number = match first >> 5 {
            0..4 => first,
            4 | 5 => (first & 0x3F) << 8 | u32::from(self.bits.take(8)?),
            6 => (first & 0x1F) << 16 | u32::from(self.bits.take(16)?),
            _ => return None,
        };
        (number < 1_000_000).then_some(number)
    }

    /// A header that contradicts itself is passed over: the message is still what it is.
    fn structured_append(&mut self) -> Option<()> {
        let index = self.bits.take(4)? as u8;
        let count = self.bits.take(4)? as u8 + 1;
        let parity = self.bits.take(8)? as u8;
        if index < count {
            self.payload.structured_append = Some(StructuredAppend { index, count, parity });
        }
        Some(())
    }
}

/// Bits of the character count (table 3).
fn count_bits(mode: Mode, version: u8) -> usize {
    let [small, medium, large] = match mode {
        Mode::Numeric => [10, 12, 14],
        Mode::Alphanumeric => [9, 11, 13],
        Mode::Byte => [8, 16, 16],
        Mode::Kanji | Mode::Hanzi => [8, 10, 12],
    };
    match version {
        0..=9 => small,
        10..=26 => medium,
        27.. => large,
    }
}

/// In the formats of function character 1, `%` separates fields and `%%` is the sign itself.
fn with_separators(characters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(characters.len());
    let mut rest = characters;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            out.push(first);
        } else if let Some((b'%', after)) = rest.split_first() {
            out.push(b'%');
            rest = after;
        } else {
            out.push(GROUP_SEPARATOR);
        }
    }
    out
}

fn application_indicator(codeword: u16) -> Option<ApplicationIndicator> {
    let codeword = codeword as u8;
    match codeword {
        0..100 => Some(ApplicationIndicator::Number(codeword)),
        _ => {
            let letter = char::from(codeword - 100);
            letter
                .is_ascii_alphabetic()
                .then_some(ApplicationIndicator::Letter(letter))
        }
    }
}

/// Shift_JIS from its 13 bits: 0x8140 to 0x9FFC, then 0xE040 to 0xEBBF.
fn kanji(packed: u16) -> Option<u16> {
    let code = packed / 0xC0 * 0x100 + packed % 0xC0;
    let code = if code < 0x1F00 {
        code + 0x8140
    } else {
        code + 0xC140
    };
    (code <= 0xEBFC).then_some(code)
}

/// GB 2312 from its 13 bits: rows 0xA1 to 0xAA, then 0xB0 to 0xFA.
fn hanzi(packed: u16) -> Option<u16> {
    let code = packed / 0x60 * 0x100 + packed % 0x60;
    let code = if code < 0x0A00 {
        code + 0xA1A1
    } else {
        code + 0xA6A1
    };
    (code <= 0xFEFE).then_some(code)
}
