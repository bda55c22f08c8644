//! Symbols drawn from data codewords, and an encoder of bits for what `qrcode` does not write.

use gatepost_scan::symbol::{Level, Modules};
use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::ec::construct_codewords;
use qrcode::{Color, EcLevel, Version};

pub(crate) const LEVELS: [Level; 4] = [Level::L, Level::M, Level::Q, Level::H];

const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

pub(crate) fn ec_level(level: Level) -> EcLevel {
    match level {
        Level::L => EcLevel::L,
        Level::M => EcLevel::M,
        Level::Q => EcLevel::Q,
        Level::H => EcLevel::H,
    }
}

pub(crate) fn version_of(version: u8) -> Version {
    Version::Normal(i16::from(version))
}

/// Data codewords that fit a symbol.
pub(crate) fn capacity(version: u8, level: Level) -> usize {
    Bits::new(version_of(version)).max_len(ec_level(level)).unwrap() / 8
}

/// A symbol without its mask: drawn once and masked as often as needed.
pub(crate) struct Unmasked(Canvas);

impl Unmasked {
    pub(crate) fn of(codewords: &[u8], version: u8, level: Level) -> Unmasked {
        let (data, parity) = construct_codewords(codewords, version_of(version), ec_level(level)).unwrap();
        let mut canvas = Canvas::new(version_of(version), ec_level(level));
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &parity);
        Unmasked(canvas)
    }

    /// Dark modules, row by row.
    pub(crate) fn masked(&self, mask: u8) -> Vec<bool> {
        let mut canvas = self.0.clone();
        canvas.apply_mask(MASKS[usize::from(mask)]);
        let colours = canvas.into_colors();
        colours.into_iter().map(|colour| colour == Color::Dark).collect()
    }
}

pub(crate) fn size_of(version: u8) -> usize {
    17 + 4 * usize::from(version)
}

/// Modules as a perfect camera would sample them.
pub(crate) fn modules(dark: &[bool]) -> Modules {
    let values = dark.iter().map(|&dark| if dark { 127 } else { -127 }).collect();
    Modules::new(dark.len().isqrt(), values).unwrap()
}

/// Data codewords written bit by bit.
#[derive(Default)]
pub(crate) struct Codewords {
    bits: Vec<bool>,
}

impl Codewords {
    pub(crate) fn push(mut self, value: u32, count: u32) -> Codewords {
        self.bits
            .extend((0..count).rev().map(|bit| value >> bit & 1 != 0));
        self
    }

    /// A byte segment of a version up to 9.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Codewords {
        let header = self.push(0b0100, 4).push(bytes.len() as u32, 8);
        bytes
            .iter()
            .fold(header, |writer, &byte| writer.push(u32::from(byte), 8))
    }

    /// An alphanumeric segment of a version up to 9, of an even number of characters.
    pub(crate) fn alphanumeric(self, text: &str) -> Codewords {
        const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        let value = |byte: u8| {
            CHARACTERS
                .bytes()
                .position(|character| character == byte)
                .unwrap() as u32
        };
        let header = self.push(0b0010, 4).push(text.len() as u32, 9);
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            panic!("an even number of characters");
        };
        pairs.iter().fold(header, |writer, &[a, b]| {
            writer.push(45 * value(a) + value(b), 11)
        })
    }

    /// A kanji segment of a version up to 9.
    pub(crate) fn kanji(self, text: &str) -> Codewords {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
        let (pairs, []) = bytes.as_chunks::<2>() else {
            panic!("characters of two bytes");
        };
        let header = self.push(0b1000, 4).push(pairs.len() as u32, 8);
        pairs.iter().fold(header, |writer, pair| {
            let code = u32::from(u16::from_be_bytes(*pair));
            let offset = code - if code < 0xE040 { 0x8140 } else { 0xC140 };
            writer.push((offset >> 8) * 0xC0 + (offset & 0xFF), 13)
        })
    }

    /// A Hanzi segment of a version up to 9.
    pub(crate) fn hanzi(self, text: &str) -> Codewords {
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        let (pairs, []) = bytes.as_chunks::<2>() else {
            panic!("characters of two bytes");
        };
        let header = self.push(0b1101, 4).push(1, 4).push(pairs.len() as u32, 8);
        pairs.iter().fold(header, |writer, &[row, cell]| {
            let first = if row <= 0xAA { 0xA1 } else { 0xA6 };
            writer.push((u32::from(row) - first) * 0x60 + u32::from(cell) - 0xA1, 13)
        })
    }

    /// Terminator and pads up to the capacity.
    pub(crate) fn padded(mut self, codewords: usize) -> Vec<u8> {
        assert!(self.bits.len() <= 8 * codewords, "the segments fit");
        let end = (self.bits.len() + 4).min(8 * codewords).next_multiple_of(8);
        self.bits.resize(end, false);
        let data = self
            .bits
            .chunks(8)
            .map(|bits| bits.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit)));
        let pads = [0xEC, 0x11].into_iter().cycle();
        data.chain(pads).take(codewords).collect()
    }

    /// The symbol of these segments.
    pub(crate) fn symbol(self, version: u8, level: Level) -> Modules {
        let codewords = self.padded(capacity(version, level));
        modules(&Unmasked::of(&codewords, version, level).masked(3))
    }
}

/// A small source of numbers, the same every time.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}
