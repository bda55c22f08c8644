//! The text of a payload: by the character sets that the symbol names (AIM's ECI assignments) or a guessed one.
//!
//! Many encoders name none and write what their country uses. A guess is strict UTF-8, else whichever of GB 18030,
//! Shift_JIS and Latin-1 makes the most ordinary text of the bytes; GB 18030 wins where they are alike.

use encoding_rs::Encoding;

use super::{Mode, Segment};

/// Ordinariness, mostly 0 to 10 for a byte, below which bytes are not taken for text.
const LEAST_ORDINARY: u32 = 3;
/// The same for bytes with control characters among them.
const LEAST_ORDINARY_WITH_CONTROLS: u32 = 6;

/// The upper half of code page 437.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

#[derive(Clone, Copy, PartialEq)]
enum Charset {
    Ascii,
    Latin1,
    CodePage437,
    Utf32 { is_big_endian: bool },
    Other(&'static Encoding),
}

/// What a segment's bytes are.
#[derive(Clone, Copy, PartialEq)]
enum Label {
    Named(Charset),
    Unnamed,
    /// No text, or a character set that is not known here.
    NoText,
}

/// The text of all segments; `None` if one of them is no text.
pub(super) fn text(bytes: &[u8], segments: &[Segment]) -> Option<String> {
    let runs = runs(segments);
    let unnamed: Vec<u8> = runs
        .iter()
        .filter(|(label, _)| *label == Label::Unnamed)
        .flat_map(|(_, range)| &bytes[range.clone()])
        .copied()
        .collect();
    let is_japanese = segments.iter().any(|segment| segment.mode == Mode::Kanji);
    let guess = |bytes: &[u8]| guess(bytes, is_japanese);
    let guessed = guess(&unnamed);
    let mut text = String::with_capacity(bytes.len());
    for (label, range) in runs {
        let bytes = &bytes[range];
        let run = match label {
            Label::NoText => None,
            Label::Unnamed => decode(guessed?, bytes),
            // Encoders that name the wrong set are common.
            Label::Named(charset) => decode(charset, bytes).or_else(|| decode(guess(bytes)?, bytes)),
        };
        text.push_str(&run?);
    }
    Some(text)
}

/// Neighbouring segments of one label, joined: encoders may part a character's bytes.
fn runs(segments: &[Segment]) -> Vec<(Label, std::ops::Range<usize>)> {
    let mut runs: Vec<(Label, std::ops::Range<usize>)> = Vec::new();
    for segment in segments {
        let label = label(segment);
        match runs.last_mut() {
            Some((last, range)) if *last == label => range.end = segment.range.end,
            _ => runs.push((label, segment.range.clone())),
        }
    }
    runs
}

fn label(segment: &Segment) -> Label {
    match (segment.mode, segment.eci) {
        (Mode::Numeric | Mode::Alphanumeric, _) => Label::Named(Charset::Ascii),
        (Mode::Kanji, _) => Label::Named(Charset::Other(encoding_rs::SHIFT_JIS)),
        (Mode::Hanzi, _) => Label::Named(Charset::Other(encoding_rs::GB18030)),
        (Mode::Byte, None) => Label::Unnamed,
        (Mode::Byte, Some(number)) => charset(number).map_or(Label::NoText, Label::Named),
    }
}

/// The character set of an ECI assignment number. ISO-8859-9 and -11 are read as their supersets of Windows.
fn charset(number: u32) -> Option<Charset> {
    let encoding = match number {
        0 | 2 => return Some(Charset::CodePage437),
        1 | 3 => return Some(Charset::Latin1),
        4 => encoding_rs::ISO_8859_2,
        5 => encoding_rs::ISO_8859_3,
        6 => encoding_rs::ISO_8859_4,
        7 => encoding_rs::ISO_8859_5,
        8 => encoding_rs::ISO_8859_6,
        9 => encoding_rs::ISO_8859_7,
        10 => encoding_rs::ISO_8859_8,
        11 => encoding_rs::WINDOWS_1254,
        12 => encoding_rs::ISO_8859_10,
        13 => encoding_rs::WINDOWS_874,
        15 => encoding_rs::ISO_8859_13,
        16 => encoding_rs::ISO_8859_14,
        17 => encoding_rs::ISO_8859_15,
        18 => encoding_rs::ISO_8859_16,
        20 => encoding_rs::SHIFT_JIS,
        21 => encoding_rs::WINDOWS_1250,
        22 => encoding_rs::WINDOWS_1251,
        23 => encoding_rs::WINDOWS_1252,
        24 => encoding_rs::WINDOWS_1256,
        25 => encoding_rs::UTF_16BE,
        26 => encoding_rs::UTF_8,
        27 | 170 => return Some(Charset::Ascii),
        28 => encoding_rs::BIG5,
        29 | 31 | 32 => encoding_rs::GB18030,
        30 => encoding_rs::EUC_KR,
        33 => encoding_rs::UTF_16LE,
        34 => return Some(Charset::Utf32 { is_big_endian: true }),
        35 => return Some(Charset::Utf32 { is_big_endian: false }),
        // 899 is eight-bit binary.
        _ => return None,
    };
    Some(Charset::Other(encoding))
}

/// `None` if the bytes are not all characters of the set. A byte order mark is left out.
fn decode(charset: Charset, bytes: &[u8]) -> Option<String> {
    let text = match charset {
        Charset::Ascii => str::from_utf8(bytes)
            .ok()
            .filter(|text| text.is_ascii())?
            .to_owned(),
        Charset::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Charset::CodePage437 => bytes
            .iter()
            .map(|&byte| match byte {
                0..128 => Some(char::from(byte)),
                128.. => CODE_PAGE_437.chars().nth(usize::from(byte) - 128),
            })
            .collect::<Option<String>>()?,
        Charset::Utf32 { is_big_endian } => {
            let (quads, []) = bytes.as_chunks::<4>() else {
                return None;
            };
            quads
                .iter()
                .map(|quad| {
                    char::from_u32(if is_big_endian {
                        u32::from_be_bytes(*quad)
                    } else {
                        u32::from_le_bytes(*quad)
                    })
                })
                .collect::<Option<String>>()?
        }
        Charset::Other(encoding) => encoding
            .decode_without_bom_handling_and_without_replacement(bytes)?
            .into_owned(),
    };
    Some(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The likeliest character set of bytes that name none; `None` if they are hardly text.
fn guess(bytes: &[u8], is_japanese: bool) -> Option<Charset> {
    match bytes {
        [0xFE, 0xFF, ..] => return Some(Charset::Other(encoding_rs::UTF_16BE)),
        [0xFF, 0xFE, ..] => return Some(Charset::Other(encoding_rs::UTF_16LE)),
        _ => {}
    }
    let controls = bytes.iter().filter(|byte| is_control(**byte)).count();
    if bytes.contains(&0) || 3 * controls > bytes.len() {
        return None;
    }
    if str::from_utf8(bytes).is_ok() {
        return Some(Charset::Other(encoding_rs::UTF_8));
    }
    let [chinese, japanese] = [encoding_rs::GB18030, encoding_rs::SHIFT_JIS].map(Charset::Other);
    if is_japanese && decode(japanese, bytes).is_some() {
        return Some(japanese);
    }
    let least = if controls > 0 {
        LEAST_ORDINARY_WITH_CONTROLS
    } else {
        LEAST_ORDINARY
    };
    [
        (chinese, ordinariness(bytes, chinese_character)),
        (japanese, japanese_ordinariness(bytes)),
        (
            Charset::Other(encoding_rs::WINDOWS_1252),
            western_ordinariness(bytes),
        ),
    ]
    .into_iter()
    .filter(|(charset, score)| *score >= least && decode(*charset, bytes).is_some())
    // The first of equals.
    .reduce(|best, next| if next.1 > best.1 { next } else { best })
    .map(|(charset, _)| charset)
}

/// Control characters that no text has; those that separate lines and fields of data are left out.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=3 | 5..=8 | 11 | 12 | 14..=27 | 127)
}

/// How ordinary a two-byte character is, 0 to 10, and how many bytes it has.
type Character = (u32, usize);

/// The mean of `character` over all bytes that are not ASCII.
fn ordinariness(bytes: &[u8], character: fn(&[u8]) -> Character) -> u32 {
    let (mut sum, mut weighed) = (0, 0);
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let length = if first.is_ascii() {
            1
        } else {
            let (score, length) = character(rest);
            let length = length.min(rest.len());
            sum += score * length as u32;
            weighed += length as u32;
            length
        };
        rest = &rest[length..];
    }
    sum / weighed.max(1)
}

fn chinese_character(bytes: &[u8]) -> Character {
    match *bytes {
        // Level 1, by frequency; level 2; punctuation and full-width forms.
        [0xB0..=0xD7, 0xA1..=0xFE, ..] => (10, 2),
        [0xD8..=0xF7, 0xA1..=0xFE, ..] => (5, 2),
        [0xA1..=0xA3, 0xA1..=0xFE, ..] => (8, 2),
        [_, 0x30..=0x39, _, 0x30..=0x39, ..] => (1, 4),
        _ => (1, 2),
    }
}

/// Half-width kana can all be Chinese, byte for byte; but hardly ever do two Chinese characters look like kana with
/// voice marks (ﾞ, ﾟ), which kana have in plenty.
fn japanese_ordinariness(bytes: &[u8]) -> u32 {
    let voiced = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [0xB6..=0xC4 | 0xCA..=0xCE, 0xDE | 0xDF]))
        .count();
    let others = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let voice = if voiced >= 2 { 40 * voiced / others } else { 0 };
    ordinariness(bytes, japanese_character) + voice as u32
}

fn japanese_character(bytes: &[u8]) -> Character {
    match *bytes {
        // Kana; punctuation; full-width forms; level 1; half-width kana.
        [0x82, 0x9F..=0xF1, ..] | [0x83, 0x40..=0x96, ..] => (10, 2),
        [0x81, 0x40..=0xAC, ..] | [0x82, 0x4F..=0x9A, ..] => (8, 2),
        [0x88..=0x97, 0x40..=0xFC, ..] | [0x98, 0x40..=0x72, ..] => (7, 2),
        [0xA1..=0xDF, ..] => (3, 1),
        _ => (1, 2),
    }
}

/// Accented letters stand among plain ones; signs are rarer, and two of them in a row rarer still.
fn western_ordinariness(bytes: &[u8]) -> u32 {
    let (mut sum, mut weighed) = (0, 0);
    for (at, &byte) in bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let neighbours = [before, bytes.get(at + 1).copied()];
        let is_among_letters = neighbours.iter().flatten().any(u8::is_ascii_alphabetic);
        let is_among_others = neighbours.iter().flatten().any(|byte| !byte.is_ascii());
        sum += match byte {
            0xC0..=0xFF if is_among_letters && !is_among_others => 7,
            0xC0..=0xFF if is_among_letters => 4,
            0xA0..=0xFF if !is_among_others => 4,
            0x80 | 0x85 | 0x91..=0x97 => 4,
            _ => 1,
        };
        weighed += 1;
    }
    sum / weighed.max(1)
}
