use gatepost_scan::symbol::{Level, Mode, Modules, Unread, read};
use qrcode::bits::Bits;

use crate::drawn::{Codewords, LEVELS, Numbers, Unmasked, capacity, ec_level, modules, size_of, version_of};

const MODES: [Mode; 4] = [Mode::Numeric, Mode::Alphanumeric, Mode::Byte, Mode::Kanji];

/// A payload of one mode that fills some part of a symbol, and its data codewords.
fn encoded(version: u8, level: Level, mode: Mode, numbers: &mut Numbers) -> (Vec<u8>, Vec<u8>) {
    let room = 8 * capacity(version, level) - 20;
    let bits_of = |characters: usize| match mode {
        Mode::Numeric => characters * 10 / 3 + 1,
        Mode::Alphanumeric => characters * 11 / 2 + 1,
        Mode::Byte => characters * 8,
        Mode::Kanji | Mode::Hanzi => characters * 13,
    };
    let most = (1..)
        .take_while(|&characters| bits_of(characters) <= room)
        .last()
        .unwrap();
    let count = 1 + numbers.below(most);
    let payload: Vec<u8> = match mode {
        Mode::Numeric => (0..count).map(|_| b'0' + numbers.below(10) as u8).collect(),
        Mode::Alphanumeric => (0..count).map(|_| b"09AZ $%*+-./:"[numbers.below(13)]).collect(),
        Mode::Byte => numbers.bytes(count),
        Mode::Kanji | Mode::Hanzi => (0..count)
            .flat_map(|_| [0x88 + numbers.below(16) as u8, 0xA0 + numbers.below(90) as u8])
            .collect(),
    };
    let mut bits = Bits::new(version_of(version));
    match mode {
        Mode::Numeric => bits.push_numeric_data(&payload),
        Mode::Alphanumeric => bits.push_alphanumeric_data(&payload),
        Mode::Byte => bits.push_byte_data(&payload),
        Mode::Kanji | Mode::Hanzi => bits.push_kanji_data(&payload),
    }
    .unwrap();
    bits.push_terminator(ec_level(level)).unwrap();
    (payload, bits.into_bytes())
}

fn assert_every_symbol_is_read(versions: std::ops::RangeInclusive<u8>) {
    let mut numbers = Numbers(0x5EED);
    for version in versions {
        for level in LEVELS {
            for mode in MODES {
                let (payload, codewords) = encoded(version, level, mode, &mut numbers);
                let unmasked = Unmasked::of(&codewords, version, level);
                for mask in 0..8 {
                    let symbol = read(&modules(&unmasked.masked(mask))).unwrap();
                    assert_eq!(
                        symbol.payload.bytes, payload,
                        "{version} {level:?} {mode:?} {mask}"
                    );
                    assert_eq!(
                        (symbol.version, symbol.level, symbol.mask),
                        (version, level, mask)
                    );
                    assert_eq!(
                        (symbol.corrected, symbol.erased, symbol.is_mirrored),
                        (0, 0, false)
                    );
                    assert_eq!(symbol.payload.segments[0].mode, mode);
                }
            }
        }
    }
}

#[test]
fn every_level_mode_and_mask_of_the_small_versions_is_read() {
    assert_every_symbol_is_read(1..=20);
}

#[test]
fn every_level_mode_and_mask_of_the_middle_versions_is_read() {
    assert_every_symbol_is_read(21..=31);
}

#[test]
fn every_level_mode_and_mask_of_the_large_versions_is_read() {
    assert_every_symbol_is_read(32..=40);
}

#[test]
fn a_full_symbol_without_room_for_a_terminator_is_read() {
    let level = Level::L;
    // 17 bytes and a header of 12 bits leave the 4 bits of a terminator; 41 digits leave none.
    let digits = "1".repeat(41);
    let mut bits = Bits::new(version_of(1));
    bits.push_numeric_data(digits.as_bytes()).unwrap();
    bits.push_terminator(ec_level(level)).unwrap();
    let symbol = read(&modules(&Unmasked::of(&bits.into_bytes(), 1, level).masked(0))).unwrap();
    assert_eq!(symbol.payload.text.as_deref(), Some(digits.as_str()));
}

#[test]
fn the_mirror_image_is_read_and_said_to_be_one() {
    for version in [1, 2, 6, 7, 14, 40] {
        for level in LEVELS {
            for mask in 0..8 {
                let codewords = Codewords::default()
                    .bytes(b"mirror")
                    .padded(capacity(version, level));
                // A byte segment of the larger versions has a longer header.
                let codewords = if version < 10 {
                    codewords
                } else {
                    Codewords::default()
                        .push(0b0100, 4)
                        .push(1, 16)
                        .push(u32::from(b'm'), 8)
                        .padded(capacity(version, level))
                };
                let dark = Unmasked::of(&codewords, version, level).masked(mask);
                let size = size_of(version);
                let transposed: Vec<bool> = (0..size * size)
                    .map(|at| dark[at % size * size + at / size])
                    .collect();
                let symbol = read(&modules(&transposed)).unwrap();
                assert!(symbol.is_mirrored);
                assert_eq!((symbol.level, symbol.mask), (level, mask));
                assert!(symbol.payload.bytes.starts_with(b"m"));
            }
        }
    }
}

#[test]
fn modules_of_another_version_say_which() {
    // Version 9 seen at the size of version 8: all that agrees is the version information, kept in its place.
    let codewords = Codewords::default().bytes(b"nine").padded(capacity(9, Level::M));
    let dark = Unmasked::of(&codewords, 9, Level::M).masked(1);
    let (small, large) = (size_of(8), size_of(9));
    let near = |at: usize| if at < small / 2 { at } else { at + large - small };
    let squeezed: Vec<bool> = (0..small * small)
        .map(|at| dark[near(at / small) * large + near(at % small)])
        .collect();
    assert_eq!(read(&modules(&squeezed)), Err(Unread::OtherVersion { shown: 9 }));
}

#[test]
fn both_readers_of_the_program_agree() {
    let mut numbers = Numbers(0xA9EE);
    for version in 1..=40 {
        for level in LEVELS {
            let (payload, codewords) = encoded(version, level, Mode::Byte, &mut numbers);
            let mut dark = Unmasked::of(&codewords, version, level).masked(version % 8);
            let size = size_of(version);
            // A little damage, away from the corners.
            for _ in 0..2 {
                let at = (9 + numbers.below(size - 18)) * size + 9 + numbers.below(size - 18);
                dark[at] = !dark[at];
            }
            let ours = read(&modules(&dark)).unwrap();
            let grid = rqrr::SimpleGrid::from_func(size, |x, y| dark[y * size + x]);
            let mut theirs = Vec::new();
            rqrr::Grid::new(grid).decode_to(&mut theirs).unwrap();
            assert_eq!(ours.payload.bytes, payload);
            assert_eq!(theirs, payload);
        }
    }
}

#[test]
fn sizes_that_no_version_has_are_not_modules() {
    for size in (0..21).chain([22, 23, 24, 26, 176, 178, 181]) {
        assert!(Modules::new(size, vec![0; size * size]).is_none(), "{size}");
    }
    assert!(Modules::new(21, vec![0; 440]).is_none());
    assert!(Modules::new(21, vec![0; 442]).is_none());
    assert_eq!(Modules::new(177, vec![0; 177 * 177]).unwrap().version(), 40);
}
