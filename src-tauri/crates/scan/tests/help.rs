//! What the guard is told about a code that is held up and cannot be read.
#![allow(clippy::print_stdout, reason = "tests")]

use std::cell::Cell;
use std::time::Duration;

use gatepost_scan::synthetic::{Category, DoorFrame, Held, door_frame};
use gatepost_scan::{Help, Scanner};

/// Nothing was tuned on frames of this seed.
const SEED: u64 = 0x4e1f;
const FRAMES: u32 = 6;
/// Time that passes whenever the time is asked: the deadline of a quick and of a slow machine, the same in every run.
/// On the slow one there is no time for more than a look.
const NO_HURRY: Duration = Duration::ZERO;
const QUICK: Duration = Duration::from_micros(400);
const SLOW: Duration = Duration::from_micros(1200);
const SEQUENCES: u32 = 8;

/// What came of a sequence: whether a frame was read, and the helps that were shown.
struct Outcome {
    is_read: bool,
    is_seen: bool,
    helps: Vec<Help>,
}

fn outcome(tick: Duration, frames: impl Iterator<Item = DoorFrame>) -> Outcome {
    let mut scanner = Scanner::new();
    let mut outcome = Outcome {
        is_read: false,
        is_seen: false,
        helps: Vec::new(),
    };
    let time = Cell::new(Duration::ZERO);
    let mut finders = 0;
    for frame in frames {
        let sight = scanner.scan(&frame.view(), &|| {
            time.set(time.get() + tick);
            time.get()
        });
        outcome.is_read |= !sight.detections.is_empty();
        finders += u32::from(sight.evidence.is_some());
        if let Some(help) = sight.help
            && outcome.helps.last() != Some(&help)
        {
            outcome.helps.push(help);
        }
    }
    outcome.is_seen = 3 * finders >= 2 * FRAMES;
    outcome
}

fn sequence(tick: Duration, held: &Held) -> Outcome {
    outcome(tick, (0..FRAMES).map(|index| held.frame(index)))
}

/// In four fifths of the sequences of which nothing is read and parts of the code are seen, the right help is shown.
fn assert_helps(what: &str, expected: Help, (sequences, tick): (u32, Duration), held: impl Fn(u32) -> Held) {
    let (mut unread, mut seen, mut right) = (0, 0, 0);
    for number in 0..sequences {
        let Outcome {
            is_read,
            is_seen,
            helps,
        } = sequence(tick, &held(number));
        assert!(helps.len() <= 1 || is_read, "{what} {number}: {helps:?} flicker");
        unread += u32::from(!is_read);
        if !is_read && is_seen {
            seen += 1;
            right += u32::from(helps == [expected]);
            if helps != [expected] {
                println!("{what} {number}: {helps:?}");
            }
        }
    }
    println!("{what}: {unread} of {sequences} unread, {seen} seen, {right} right");
    assert!(seen >= 2, "{what}: too few to tell");
    assert!(10 * right >= 8 * seen, "{what}: {right} of {seen}");
}

#[test]
fn a_code_too_far_away_asks_to_come_nearer() {
    assert_helps("far", Help::TooFar, (14, SLOW), |number| {
        Held::new(Category::Nominal, SEED, number).at(1.25)
    });
}

#[test]
fn a_code_larger_than_the_picture_asks_to_step_back() {
    assert_helps("near", Help::TooNear, (10, QUICK), |number| {
        let held = Held::new(Category::Nominal, SEED, number);
        let module_px = 1.12 * Held::HEIGHT as f32 / held.modules() as f32;
        held.at(module_px)
    });
}

#[test]
fn a_code_in_the_dark_asks_for_light() {
    assert_helps("dark", Help::TooDark, (10, SLOW), |number| {
        Held::new(Category::LowLight, SEED, number).worse(2.2)
    });
}

#[test]
fn a_code_under_a_reflection_asks_to_be_turned() {
    assert_helps("glare", Help::Glare, (10, QUICK), |number| {
        Held::new(Category::Glare, SEED, number).worse(4.0)
    });
}

#[test]
fn a_code_out_of_focus_asks_to_be_held_still() {
    assert_helps("defocus", Help::Blurred, (10, SLOW), |number| {
        Held::new(Category::Defocus, SEED, number).worse(2.2)
    });
}

#[test]
fn a_code_behind_fingers_asks_to_be_uncovered() {
    assert_helps("covered", Help::PartlyCovered, (10, SLOW), |number| {
        Held::new(Category::Partial, SEED, number).worse(8.0)
    });
}

#[test]
fn nothing_is_asked_where_codes_are_read() {
    for number in 0..SEQUENCES {
        let Outcome { is_read, helps, .. } = sequence(NO_HURRY, &Held::new(Category::Nominal, SEED, number));
        assert!(is_read, "{number}");
        assert_eq!(helps, [], "{number}");
    }
}

#[test]
fn nothing_is_asked_where_nobody_is() {
    for category in [Category::Empty, Category::Screen] {
        for number in 0..3 * SEQUENCES {
            let frame = door_frame(category, SEED, number);
            let tick = if number % 2 == 0 { QUICK } else { SLOW };
            let Outcome { helps, .. } = outcome(tick, (0..FRAMES).map(|_| frame.clone()));
            assert_eq!(helps, [], "{category} {number}");
        }
    }
}
