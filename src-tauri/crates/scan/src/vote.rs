use std::collections::VecDeque;
use std::fmt;

use crate::colour::{ColourClass, ColourReading};

/// Frames that are needed before a colour is answered.
const LEAST_FRAMES: usize = 3;
/// Latest frames that are kept, about a second.
const MOST_FRAMES: usize = 15;
/// Share of the confidence that one class needs.
const LEAST_SHARE: f32 = 0.6;

/// One colour from several frames of the same payload.
///
/// A single frame can catch a reflection or the phone's own animation. Readings without a colour do not
/// count; a new payload starts a new vote.
#[derive(Clone, Default)]
pub struct ColourVote {
    payload: Vec<u8>,
    readings: VecDeque<ColourReading>,
}

impl ColourVote {
    /// A vote without frames.
    pub fn new() -> ColourVote {
        ColourVote::default()
    }

    /// Adds one frame and gives the answer so far, if three or more frames have been seen.
    ///
    /// The answer is [`ColourClass::Unsure`] while no class has three fifths of the confidence.
    pub fn add(&mut self, payload: &[u8], reading: ColourReading) -> Option<ColourReading> {
        if self.payload != payload {
            self.payload = payload.to_vec();
            self.readings.clear();
        }
        if reading.class != ColourClass::NotSeen {
            self.readings.truncate(MOST_FRAMES - 1);
            self.readings.push_front(reading);
        }
        self.answer()
    }

    /// The answer of the frames so far; `None` before the third.
    pub fn answer(&self) -> Option<ColourReading> {
        if self.readings.len() < LEAST_FRAMES {
            return None;
        }
        let weight_of = |class: ColourClass| -> f32 {
            self.readings
                .iter()
                .filter(|reading| reading.class == class)
                .map(|r| r.confidence)
                .sum()
        };
        let classes = [
            ColourClass::Green,
            ColourClass::YellowOrange,
            ColourClass::Red,
            ColourClass::Dark,
            ColourClass::Other,
        ];
        let total: f32 = classes.iter().copied().map(weight_of).sum();
        let best = classes
            .into_iter()
            .max_by(|a, b| weight_of(*a).total_cmp(&weight_of(*b)))?;
        let weight = weight_of(best);
        if total <= 0.0 || weight < LEAST_SHARE * total {
            return Some(ColourReading::UNSURE);
        }
        // Frames that could not tell lower the confidence, and so do those that saw another colour.
        let confidence = weight / self.readings.len() as f32;
        Some(ColourReading {
            class: best,
            confidence,
        })
    }
}

impl fmt::Debug for ColourVote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ColourVote")
            .field("readings", &self.readings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(class: ColourClass) -> ColourReading {
        ColourReading {
            class,
            confidence: 0.9,
        }
    }

    #[test]
    fn two_frames_are_not_an_answer_and_three_are() {
        let mut vote = ColourVote::new();
        assert_eq!(vote.add(b"one", seen(ColourClass::Green)), None);
        assert_eq!(vote.add(b"one", seen(ColourClass::Green)), None);
        let answer = vote.add(b"one", seen(ColourClass::Green)).expect("three frames");
        assert_eq!(answer.class, ColourClass::Green);
        assert!((answer.confidence - 0.9).abs() < 1e-6);
    }

    #[test]
    fn another_payload_starts_again() {
        let mut vote = ColourVote::new();
        vote.add(b"one", seen(ColourClass::Green));
        vote.add(b"one", seen(ColourClass::Green));
        assert_eq!(vote.add(b"two", seen(ColourClass::Red)), None);
        vote.add(b"two", seen(ColourClass::Red));
        let answer = vote.add(b"two", seen(ColourClass::Red)).expect("three frames");
        assert_eq!(answer.class, ColourClass::Red);
    }

    #[test]
    fn one_odd_frame_is_outvoted_and_lowers_the_confidence() {
        let mut vote = ColourVote::new();
        for class in [
            ColourClass::Red,
            ColourClass::Green,
            ColourClass::Red,
            ColourClass::Red,
        ] {
            vote.add(b"one", seen(class));
        }
        let answer = vote.answer().expect("four frames");
        assert_eq!(answer.class, ColourClass::Red);
        assert!(answer.confidence < 0.7);
    }

    #[test]
    fn frames_that_disagree_give_no_colour() {
        let mut vote = ColourVote::new();
        for class in [
            ColourClass::Red,
            ColourClass::Green,
            ColourClass::Red,
            ColourClass::Green,
        ] {
            vote.add(b"one", seen(class));
        }
        assert_eq!(vote.answer(), Some(ColourReading::UNSURE));
    }

    #[test]
    fn grey_frames_do_not_count() {
        let mut vote = ColourVote::new();
        for _ in 0..5 {
            assert_eq!(vote.add(b"one", ColourReading::NOT_SEEN), None);
        }
    }

    #[test]
    fn a_colour_that_changes_is_followed_within_a_second() {
        let mut vote = ColourVote::new();
        for _ in 0..100 {
            vote.add(b"one", seen(ColourClass::Green));
        }
        for _ in 0..MOST_FRAMES {
            vote.add(b"one", seen(ColourClass::Red));
        }
        assert_eq!(vote.answer().map(|answer| answer.class), Some(ColourClass::Red));
    }

    #[test]
    fn a_printed_vote_does_not_show_the_payload() {
        let mut vote = ColourVote::new();
        vote.add(b"secret", seen(ColourClass::Green));
        assert!(!format!("{vote:?}").contains("115"));
    }
}
