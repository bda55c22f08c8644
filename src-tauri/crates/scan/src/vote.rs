use std::fmt;

use crate::colour::{ColourClass, ColourReading};

/// Frames that are needed before a colour is answered.
const LEAST_FRAMES: usize = 3;
/// Share of the confidence that one class needs.
const LEAST_SHARE: f32 = 0.6;

/// One colour from several frames of the same payload.
///
/// A single frame can catch a reflection or the phone's own animation. Readings without a colour do not
/// count; a new payload starts a new vote.
#[derive(Clone, Default)]
pub struct ColourVote {
    payload: Vec<u8>,
    readings: Vec<ColourReading>,
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
            self.readings.push(reading);
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
