use gatepost_scan::symbol::{Level, Modules, Unread, read};

use crate::drawn::{Codewords, LEVELS, Numbers, Unmasked, capacity, modules, size_of};

const TEXT: &[u8] = b"https://gate.example/v/7Q2M";

fn dark(version: u8, level: Level) -> Vec<bool> {
    let codewords = Codewords::default().bytes(TEXT).padded(capacity(version, level));
    Unmasked::of(&codewords, version, level).masked(5)
}

/// The same modules with a square of them changed by `change`.
fn with_square(dark: &[bool], corner: (usize, usize), side: usize, change: impl Fn(bool) -> i8) -> Modules {
    let size = dark.len().isqrt();
    let values = (0..dark.len()).map(|at| {
        let (x, y) = (at % size, at / size);
        let is_inside = (corner.0..corner.0 + side).contains(&x) && (corner.1..corner.1 + side).contains(&y);
        match (is_inside, dark[at]) {
            (true, dark) => change(dark),
            (false, true) => 100,
            (false, false) => -100,
        }
    });
    Modules::new(size, values.collect()).unwrap()
}

#[test]
fn a_finger_over_part_of_the_symbol_costs_half_as_much_if_it_is_known() {
    // Version 5-H: 22 parity codewords a block. The largest square in the middle that still reads.
    let dark = dark(5, Level::H);
    let largest = |change: fn(bool) -> i8| {
        (0..24)
            .take_while(|&side| read(&with_square(&dark, (10, 10), side, change)).is_ok())
            .last()
            .unwrap()
    };
    let (unseen, wrong) = (largest(|_| 0), largest(|dark| if dark { -100 } else { 100 }));
    assert!(unseen * unseen * 10 >= wrong * wrong * 14, "{unseen} {wrong}");
    let symbol = read(&with_square(&dark, (10, 10), unseen, |_| 0)).unwrap();
    assert_eq!(symbol.payload.bytes, TEXT);
    assert!(symbol.erased > 0);
}

#[test]
fn doubtful_modules_are_given_up_before_sure_ones() {
    // Wrong and faint: too many to correct as errors, few enough as erasures.
    let dark = dark(5, Level::H);
    let faint = with_square(&dark, (10, 10), 17, |dark| if dark { -9 } else { 9 });
    let sure = with_square(&dark, (10, 10), 17, |dark| if dark { -100 } else { 100 });
    let symbol = read(&faint).unwrap();
    assert_eq!(symbol.payload.bytes, TEXT);
    assert!(symbol.erased > 0 && symbol.corrected > 0);
    assert_eq!(read(&sure), Err(Unread::Damaged));
}

#[test]
fn either_copy_of_the_format_is_enough() {
    for version in [2, 7, 14] {
        for level in LEVELS {
            let dark = if version < 10 {
                dark(version.max(4), level)
            } else {
                large(version, level)
            };
            let size = dark.len().isqrt();
            for change in [
                |_: bool| 0,
                |dark: bool| if dark { -100 } else { 100 },
                |_: bool| 100,
            ] {
                // Beside the first finder, and what lies beside the other two.
                let first = with_square(&dark, (0, 0), 9, change);
                assert!(read(&first).is_ok(), "{version} {level:?}");
                let mut values = first.values().to_vec();
                for at in 0..dark.len() {
                    let (x, y) = (at % size, at / size);
                    let is_second = (x == 8 && y >= size - 7) || (y == 8 && x >= size - 8);
                    values[at] = match (is_second, dark[at]) {
                        (true, dark) => change(dark),
                        (false, true) => 100,
                        (false, false) => -100,
                    };
                }
                assert!(
                    read(&Modules::new(size, values).unwrap()).is_ok(),
                    "{version} {level:?}"
                );
            }
        }
    }
}

fn large(version: u8, level: Level) -> Vec<bool> {
    let header = Codewords::default().push(0b0100, 4).push(1, 16).push(65, 8);
    Unmasked::of(&header.padded(capacity(version, level)), version, level).masked(5)
}

#[test]
fn wrong_version_information_does_not_matter_where_the_codewords_are_right() {
    let dark = large(14, Level::M);
    let size = size_of(14);
    let mut values: Vec<i8> = dark.iter().map(|&dark| if dark { 100 } else { -100 }).collect();
    for along in 0..6 {
        for aside in size - 11..size - 8 {
            values[along * size + aside] = 100;
            values[aside * size + along] = 100;
        }
    }
    assert!(read(&Modules::new(size, values).unwrap()).is_ok());
}

#[test]
fn modules_that_were_not_seen_at_all_have_no_format() {
    for version in [1, 7, 40] {
        let size = size_of(version);
        assert_eq!(
            read(&Modules::new(size, vec![0; size * size]).unwrap()),
            Err(Unread::FormatHidden)
        );
    }
}

#[test]
fn uniform_modules_are_no_message() {
    for version in 1..=40 {
        let size = size_of(version);
        for value in [1, 127, -1, -128] {
            assert!(
                read(&Modules::new(size, vec![value; size * size]).unwrap()).is_err(),
                "{version}"
            );
        }
    }
}

#[test]
fn damage_never_gives_another_message() {
    let mut numbers = Numbers(0xD0_0D);
    let mut read_anyway = 0;
    for round in 0..6000_u32 {
        let (version, level) = (2 + (round % 8) as u8, LEVELS[round as usize / 8 % 4]);
        let room = capacity(version, level) - 2;
        let text = &TEXT[..room.min(TEXT.len())];
        let codewords = Codewords::default().bytes(text).padded(capacity(version, level));
        let mut values = modules(&Unmasked::of(&codewords, version, level).masked(2))
            .values()
            .to_vec();
        // About as much as can be corrected, half of it faint.
        let changes = numbers.below(values.len() / 6);
        for _ in 0..changes {
            let at = numbers.below(values.len());
            let strength = if numbers.below(2) == 0 {
                1
            } else {
                numbers.below(60) as i8
            };
            values[at] = if values[at] > 0 { -strength } else { strength };
        }
        if let Ok(symbol) = read(&Modules::new(size_of(version), values).unwrap()) {
            assert_eq!(symbol.payload.bytes, text, "{version} {level:?}");
            read_anyway += 1;
        }
    }
    assert!(read_anyway > 1500, "{read_anyway}");
}
