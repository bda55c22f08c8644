//! What is counted.

use std::collections::BTreeMap;

use gatepost_scan::ColourClass;

use crate::frame::{Frame, Reading};
use crate::readers::{COUNT, OURS, Outcome};

/// Counts of one category.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) frames: usize,
    pub(crate) codes: usize,
    pub(crate) read: [usize; COUNT],
}

/// Frames whose times belong together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class {
    /// Rows of the frame.
    pub(crate) height: usize,
    pub(crate) shows_codes: bool,
}

/// What single frames gave.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) frames: usize,
    /// In the order in which they came.
    pub(crate) categories: Vec<(String, Count)>,
    pub(crate) false_reads: [usize; COUNT],
    pub(crate) panics: [usize; COUNT],
    pub(crate) milliseconds: BTreeMap<Class, [Vec<f64>; COUNT]>,
    pub(crate) colours: Colours,
}

/// What our reader says about the colours of codes that it has read and whose colour is known.
#[derive(Default)]
pub(crate) struct Colours {
    pub(crate) told: usize,
    pub(crate) right: usize,
    pub(crate) unsure: usize,
}

/// What films gave.
#[derive(Default)]
pub(crate) struct FilmTally {
    pub(crate) films: usize,
    pub(crate) frames: usize,
    pub(crate) frames_read: [usize; COUNT],
    /// For each film the number of the first frame that was read, counted from 0; all its frames if none was.
    pub(crate) first: [Vec<usize>; COUNT],
    pub(crate) false_reads: [usize; COUNT],
    pub(crate) panics: [usize; COUNT],
    frames_of_film: usize,
    first_of_film: [Option<usize>; COUNT],
}

impl Tally {
    pub(crate) fn add(&mut self, frame: &Frame, outcomes: &[Outcome; COUNT]) {
        self.frames += 1;
        let at = self
            .categories
            .iter()
            .position(|(name, _)| *name == frame.category);
        let at = at.unwrap_or_else(|| {
            self.categories.push((frame.category.clone(), Count::default()));
            self.categories.len() - 1
        });
        let count = &mut self.categories[at].1;
        count.frames += 1;
        count.codes += frame.codes.len();
        for (reader, outcome) in outcomes.iter().enumerate() {
            count.read[reader] += read_in(frame, &outcome.readings);
            self.false_reads[reader] += false_in(frame, &outcome.readings);
            self.panics[reader] += usize::from(outcome.has_panicked);
            if frame.is_of_a_camera {
                let class = Class {
                    height: frame.height,
                    shows_codes: !frame.codes.is_empty(),
                };
                self.milliseconds.entry(class).or_default()[reader].push(outcome.milliseconds);
            }
        }
        self.colours.add(frame, &outcomes[OURS].readings);
    }

    /// Codes, and codes read by each reader, over all categories whose name is wanted.
    pub(crate) fn sum(&self, is_wanted: impl Fn(&str) -> bool) -> Count {
        let mut sum = Count::default();
        for (_, count) in self.categories.iter().filter(|(name, _)| is_wanted(name)) {
            sum.frames += count.frames;
            sum.codes += count.codes;
            for (sum, read) in sum.read.iter_mut().zip(count.read) {
                *sum += read;
            }
        }
        sum
    }
}

impl Count {
    /// Codes read by a reader in percent; `None` if there were none to read.
    pub(crate) fn percent(&self, reader: usize) -> Option<f64> {
        (self.codes > 0).then(|| 100.0 * self.read[reader] as f64 / self.codes as f64)
    }
}

impl Colours {
    fn add(&mut self, frame: &Frame, readings: &[Reading]) {
        for code in &frame.codes {
            let Some(colour) = code.colour else { continue };
            let Some(reading) = readings.iter().find(|reading| code.is_said_by(reading)) else {
                continue;
            };
            self.told += 1;
            self.right += usize::from(reading.colour == Some(colour));
            self.unsure += usize::from(reading.colour == Some(ColourClass::Unsure));
        }
    }
}

impl FilmTally {
    pub(crate) fn add(&mut self, frame: &Frame, outcomes: &[Outcome; COUNT]) {
        for (reader, outcome) in outcomes.iter().enumerate() {
            if read_in(frame, &outcome.readings) > 0 {
                self.frames_read[reader] += 1;
                self.first_of_film[reader].get_or_insert(self.frames_of_film);
            }
            self.false_reads[reader] += false_in(frame, &outcome.readings);
            self.panics[reader] += usize::from(outcome.has_panicked);
        }
        self.frames += 1;
        self.frames_of_film += 1;
    }

    pub(crate) fn end_film(&mut self) {
        self.films += 1;
        for (all, first) in self.first.iter_mut().zip(&mut self.first_of_film) {
            all.push(first.take().unwrap_or(self.frames_of_film));
        }
        self.frames_of_film = 0;
    }
}

/// Codes of a frame that were read.
pub(crate) fn read_in(frame: &Frame, readings: &[Reading]) -> usize {
    frame
        .codes
        .iter()
        .filter(|code| readings.iter().any(|reading| code.is_said_by(reading)))
        .count()
}

/// Readings of a frame that no code of it says.
pub(crate) fn false_readings<'a>(
    frame: &'a Frame,
    readings: &'a [Reading],
) -> impl Iterator<Item = &'a Reading> {
    readings
        .iter()
        .filter(|reading| !frame.codes.iter().any(|code| code.is_said_by(reading)))
}

/// How many readings of a frame no code of it says.
pub(crate) fn false_in(frame: &Frame, readings: &[Reading]) -> usize {
    false_readings(frame, readings).count()
}

/// The value below which `percent` of all lie; `None` of nothing.
pub(crate) fn percentile<T: Copy + PartialOrd>(values: &[T], percent: usize) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).expect("times and counts are numbers"));
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[(last * percent + 50) / 100])
}
