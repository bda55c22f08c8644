//! Two codes of one size that take turns before the camera, at the same place: every answer is the code that is shown.

use std::time::Duration;

use gatepost_scan::Scanner;
use gatepost_scan::synthetic::{Category, Held};

const SEED: u64 = 0x2f0;
const FRAMES: u32 = 8;

/// A hand, and the same hand with another phone whose code has as many modules.
fn pair(category: Category, worse: f32, first: u32) -> [Held; 2] {
    let one = Held::new(category, SEED, first).worse(worse);
    let other = (first + 1..)
        .map(|number| Held::new(category, SEED, number))
        .find(|other| other.modules() == one.modules())
        .expect("few sizes are usual");
    let other = Held::new(category, SEED, first)
        .worse(worse)
        .with_phone_of(&other);
    [one, other]
}

/// Shows each for so many frames in turn.
fn assert_true(category: Category, worse: f32, turns: u32) {
    for first in [0, 10] {
        let pair = pair(category, worse, first);
        let mut scanner = Scanner::new();
        for index in 0..FRAMES {
            let frame = pair[(index / turns % 2) as usize].frame(index);
            for detection in scanner.scan(&frame.view(), &|| Duration::ZERO).detections {
                assert_eq!(
                    detection.payload, frame.codes[0].payload,
                    "{category} {first}, frame {index}"
                );
            }
        }
    }
}

#[test]
fn codes_that_take_turns_under_a_reflection_stay_apart() {
    assert_true(Category::Glare, 4.0, 1);
    assert_true(Category::Glare, 4.0, 3);
}

#[test]
fn codes_that_take_turns_in_motion_stay_apart() {
    assert_true(Category::Motion, 1.3, 1);
    assert_true(Category::Motion, 1.3, 2);
}

#[test]
fn codes_that_take_turns_out_of_focus_stay_apart() {
    assert_true(Category::Defocus, 1.8, 1);
    assert_true(Category::Defocus, 1.8, 3);
}
