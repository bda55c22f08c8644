//! One code over several frames: what each frame alone leaves in doubt, their sum may tell.
//!
//! A frame whose grid was found and whose symbol was not read leaves the soft values of its modules. Where the next
//! frames show a grid of the same size in the same place, values are added up, each frame weighted by how well its
//! own fixed modules show, and the symbol is read from the sum. Noise, a reflection that wanders and a blur whose
//! direction changes are other in every frame; the modules are the same.
//!
//! Two visitors' codes must never become one payload. Three things keep them apart: the place, the agreement of the
//! modules that both frames are sure of, and, after reading, a test of every frame that took part against every block
//! of the symbol that was read. A block that says
//! anything else has another parity throughout, and by the distance of its Reed–Solomon code differs in more
//! codewords than it has parity; a frame that does not clearly show the block that was read is taken out of the sum.

use std::collections::VecDeque;

use crate::deconvolve::Blur;
use crate::geometry::Point;
use crate::grid::{Fixed, Grid};
use crate::plane::Luma;
use crate::sample::{Samples, against_surround};
use crate::symbol::{Modules, SettledBlock, Symbol, read, settled};

/// Frames of a code that are kept, and frames after which a code that is not seen is forgotten.
const MOST_KEPT: usize = 8;
const MOST_UNSEEN: u32 = 3;
/// Codes that are followed at once.
const MOST_TRACKS: usize = 3;
/// How far a corner may move from one frame to the next, as a share of the code's side.
const MOST_MOVE: f32 = 0.35;
/// Sureness from which a module counts in the comparison of two frames.
const SURE: f32 = 0.45;
/// Modules that two frames have to be sure of together.
const LEAST_SURE: usize = 60;
/// Correlation of those modules, 1 at best, below which the frames show different codes.
const LEAST_CORRELATION: f32 = 0.8;
/// Mean of the fixed modules, as they should be, over its deviation: below it a frame adds nothing.
const LEAST_FIT: f32 = 0.5;
/// How a frame has to agree with the parity of each block that was read from it and others: 1 at best and 0 by chance,
/// and in standard deviations of chance.
const LEAST_PARITY_SUPPORT: f32 = 0.5;
const LEAST_PARITY_EVIDENCE: f32 = 5.5;

/// A code in one frame: found, and not read.
#[derive(Clone)]
pub(crate) struct Seen {
    /// In pixels of the frame, clockwise from the code's own top left.
    pub(crate) corners: [Point; 4],
    pub(crate) is_inverted: bool,
    modules: usize,
    /// −1 light to 1 dark, row by row.
    values: Vec<f32>,
    /// Which of them are known beforehand.
    is_fixed: Vec<bool>,
    /// How well those show: their mean, counted in their own direction, over its deviation.
    fit: f32,
}

impl Seen {
    /// Samples a grid, under the sharpening that shows its fixed modules best; `None` if they hardly show.
    pub(crate) fn of(grid: &Grid, fixed: &[Fixed], luma: Luma<'_>) -> Option<Seen> {
        let samples = Samples::means(grid, luma).unwrap_or_else(|| Samples::middles(grid, luma));
        let blurs = [None, Blur::of(&samples, fixed, 1), Blur::of(&samples, fixed, 2)];
        let (fit, values) = blurs
            .iter()
            .enumerate()
            .filter(|(index, blur)| *index == 0 || blur.is_some())
            .map(|(_, blur)| {
                let values = match blur {
                    Some(blur) => against_surround(&blur.undone(&samples), samples.side),
                    None => against_surround(&samples.values, samples.side),
                };
                (fit_of(&values, grid.modules, fixed), values)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        let mut is_fixed = vec![false; grid.modules * grid.modules];
        for one in fixed {
            is_fixed[usize::from(one.y) * grid.modules + usize::from(one.x)] = true;
        }
        (fit >= LEAST_FIT).then(|| Seen {
            corners: grid.corners(),
            is_inverted: grid.is_inverted,
            modules: grid.modules,
            values: values.into_iter().map(|value| value.clamp(-1.0, 1.0)).collect(),
            is_fixed,
            fit,
        })
    }

    /// The same in a frame of which the picture is a part: so many times as large, and `origin` pixels on.
    pub(crate) fn at(mut self, scale: f32, origin: Point) -> Seen {
        self.corners = self.corners.map(|corner| corner * scale + origin);
        self
    }

    /// How well the fixed modules show.
    pub(crate) fn fit(&self) -> f32 {
        self.fit
    }

    /// Whether the frame shows this block and not one of another symbol.
    ///
    /// Any other content changes the whole parity of a block, by chance half of its modules: there a frame of another
    /// symbol agrees by chance only, however little of the data differs. A frame that shows too little of the
    /// parity to tell does not agree.
    fn agrees_with(&self, block: &SettledBlock) -> bool {
        let whole = Agreement::of(&self.values, &block.modules);
        let parity = Agreement::of(&self.values, &block.modules[block.data..]);
        whole.support >= 1.0 - block.least_difference / 2.0
            && parity.support >= LEAST_PARITY_SUPPORT
            && parity.evidence >= LEAST_PARITY_EVIDENCE
    }

    /// Whether a grid of the next frames is about where this one was.
    fn is_near(&self, next: &Seen) -> bool {
        let side = (self.corners[2] - self.corners[0]).length() / std::f32::consts::SQRT_2;
        self.modules == next.modules
            && self.is_inverted == next.is_inverted
            && self
                .corners
                .iter()
                .zip(&next.corners)
                .all(|(here, there)| (*there - *here).length() <= MOST_MOVE * side)
    }
}

/// Mean of the fixed modules in their own direction over its deviation.
fn fit_of(values: &[f32], modules: usize, fixed: &[Fixed]) -> f32 {
    let right = fixed.iter().map(|one| {
        let value = values[usize::from(one.y) * modules + usize::from(one.x)].clamp(-1.0, 1.0);
        if one.is_dark { value } else { -value }
    });
    let count = fixed.len() as f32;
    let (sum, squares) = right.fold((0.0, 0.0), |(sum, squares), value| {
        (sum + value, squares + value * value)
    });
    let mean = sum / count;
    mean / (squares / count - mean * mean).max(1e-3).sqrt()
}

/// The codes that were found in the last frames and not read.
#[derive(Default)]
pub(crate) struct Fusion {
    frame: u32,
    tracks: Vec<Track>,
}

/// One code, seen in several frames.
struct Track {
    last_frame: u32,
    seen: VecDeque<Seen>,
}

impl Fusion {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.tracks.clear();
    }

    /// Begins the next frame: what was not seen for some frames is forgotten.
    pub(crate) fn next_frame(&mut self) {
        self.frame = self.frame.wrapping_add(1);
        let now = self.frame;
        self.tracks
            .retain(|track| now.wrapping_sub(track.last_frame) <= MOST_UNSEEN);
    }

    /// Adds what was found in this frame, and reads it together with the frames before it.
    pub(crate) fn add(&mut self, seen: Seen) -> Option<Symbol> {
        let now = self.frame;
        let place = self.tracks.iter().position(|track| {
            track.last_frame != now && track.seen.back().is_some_and(|last| last.is_near(&seen))
        });
        let Some(place) = place else {
            self.begin(seen);
            return None;
        };
        let track = &mut self.tracks[place];
        track.last_frame = now;
        if !shows_the_same(&track.sum(), &seen) {
            track.seen.clear();
            track.seen.push_back(seen);
            return None;
        }
        if track.seen.len() == MOST_KEPT {
            track.seen.pop_front();
        }
        track.seen.push_back(seen);
        track.read()
    }

    fn begin(&mut self, seen: Seen) {
        if self.tracks.len() == MOST_TRACKS {
            let oldest = (0..MOST_TRACKS).min_by_key(|index| self.tracks[*index].last_frame);
            self.tracks.remove(oldest.unwrap_or(0));
        }
        self.tracks.push(Track {
            last_frame: self.frame,
            seen: VecDeque::from([seen]),
        });
    }
}

impl Track {
    /// The values of all frames, each weighted by its fit, −1 to 1.
    fn sum(&self) -> Vec<f32> {
        let weight: f32 = self.seen.iter().map(|seen| seen.fit).sum();
        let mut sum = vec![0.0; self.seen.back().map_or(0, |seen| seen.values.len())];
        for seen in &self.seen {
            let share = seen.fit / weight;
            for (sum, value) in sum.iter_mut().zip(&seen.values) {
                *sum += share * value;
            }
        }
        sum
    }

    /// Reads the sum. Frames that contradict what is read are taken out, and the rest is read again; the newest one
    /// has to be among those that remain, and one other.
    fn read(&mut self) -> Option<Symbol> {
        while self.seen.len() >= 2 {
            let newest = self.seen.back()?;
            let values = self.sum().iter().map(|value| (value * 127.0) as i8).collect();
            let modules = Modules::new(newest.modules, values)?;
            let symbol = read(&modules).ok()?;
            let blocks = settled(&modules, &symbol)?;
            let agrees: Vec<bool> = self
                .seen
                .iter()
                .map(|seen| blocks.iter().all(|block| seen.agrees_with(block)))
                .collect();
            if agrees.iter().all(|agrees| *agrees) {
                return Some(symbol);
            }
            let is_newest_right = agrees.last().copied()?;
            let mut kept = agrees.into_iter();
            self.seen.retain(|_| kept.next().unwrap_or(false));
            if !is_newest_right {
                return None;
            }
        }
        None
    }
}

/// Whether a frame has the modules of a sum, as far as both are sure; a frame that is sure of too little does not.
fn shows_the_same(sum: &[f32], seen: &Seen) -> bool {
    let (mut count, mut same) = (0_usize, 0_i32);
    for ((a, b), is_fixed) in sum.iter().zip(&seen.values).zip(&seen.is_fixed) {
        if !is_fixed && a.abs() >= SURE && b.abs() >= SURE {
            count += 1;
            same += if (*a > 0.0) == (*b > 0.0) { 1 } else { -1 };
        }
    }
    count >= LEAST_SURE && same as f32 >= LEAST_CORRELATION * count as f32
}

/// How a frame agrees with modules that were read.
struct Agreement {
    /// 1 if it says the same of all, −1 if it says the opposite, each module counted by how sure the frame is of it.
    support: f32,
    /// The same in standard deviations of what chance would give.
    evidence: f32,
}

impl Agreement {
    fn of(values: &[f32], modules: &[(usize, bool)]) -> Agreement {
        let (mut agreeing, mut all, mut squares) = (0.0, 1e-6, 1e-6);
        for (place, is_dark) in modules {
            let value = values[*place];
            agreeing += if *is_dark { value } else { -value };
            all += value.abs();
            squares += value * value;
        }
        Agreement {
            support: agreeing / all,
            evidence: agreeing / f32::sqrt(squares),
        }
    }
}

#[cfg(test)]
mod tests {
    use qrcode::types::Color;
    use qrcode::{EcLevel, QrCode, Version};

    use super::*;
    use crate::grid::fixed_modules;
    use crate::synthetic::Random;

    /// The modules of a code, 1 dark and −1 light.
    fn ideal(payload: &[u8], version: i16, level: EcLevel) -> Vec<f32> {
        let code = QrCode::with_version(payload, Version::Normal(version), level).expect("the payload fits");
        let value = |color| if color == Color::Dark { 1.0 } else { -1.0 };
        code.to_colors().into_iter().map(value).collect()
    }

    /// What a frame shows of it: less contrast, noise, and a reflection over a part.
    fn frame_of(ideal: &[f32], noise: f32, glare: Option<(f32, f32)>, random: &mut Random) -> Seen {
        let modules = ideal.len().isqrt();
        let values: Vec<f32> = ideal
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let (x, y) = ((index % modules) as f32, (index / modules) as f32);
                let radius = 0.3 * modules as f32;
                let is_blinded = glare.is_some_and(|(left, top)| (x - left).hypot(y - top) < radius);
                let shown = if is_blinded { 0.0 } else { 0.7 * value };
                (shown + 0.7 * noise * random.normal() * if is_blinded { 0.1 } else { 1.0 }).clamp(-1.0, 1.0)
            })
            .collect();
        let fixed = fixed_modules(modules);
        let mut is_fixed = vec![false; ideal.len()];
        for one in &fixed {
            is_fixed[usize::from(one.y) * modules + usize::from(one.x)] = true;
        }
        let side = 4.0 * modules as f32;
        Seen {
            corners: [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(x, y)| Point::new(x, y)),
            is_inverted: false,
            modules,
            fit: fit_of(&values, modules, &fixed),
            values,
            is_fixed,
        }
    }

    fn read_alone(seen: &Seen) -> bool {
        let values = seen.values.iter().map(|value| (value * 127.0) as i8).collect();
        read(&Modules::new(seen.modules, values).expect("the size of a code")).is_ok()
    }

    fn add(fusion: &mut Fusion, seen: Seen) -> Option<Vec<u8>> {
        fusion.next_frame();
        fusion.add(seen).map(|symbol| symbol.payload.bytes)
    }

    #[test]
    fn frames_of_which_none_is_enough_are_read_together() {
        let mut random = Random::new(1);
        let payload = b"https://pass.example/v?t=0123456789abcdefghijklmnopqrstuvwxyz";
        let ideal = ideal(payload, 6, EcLevel::M);
        let mut fusion = Fusion::default();
        let mut first = None;
        for frame in 0..8 {
            let seen = frame_of(&ideal, 0.8, None, &mut random);
            assert!(!read_alone(&seen), "frame {frame}");
            if let Some(bytes) = add(&mut fusion, seen) {
                assert_eq!(bytes, payload);
                first.get_or_insert(frame);
            }
        }
        assert!(first.is_some_and(|frame| frame <= 3), "{first:?}");
    }

    #[test]
    fn a_reflection_that_wanders_leaves_every_part_free_in_some_frame() {
        let mut random = Random::new(2);
        let payload = b"HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2 O5 N2FBBRW1*70HS8WY04AC*WIFN0AHCD8KD97TK0F90KECTHGWJC0FDC:5AIA%G7X+AQB9746HS80";
        let ideal = ideal(payload, 8, EcLevel::L);
        let mut fusion = Fusion::default();
        let read: Vec<bool> = (0..4_u8)
            .map(|frame| {
                let at = 13.0 + 8.0 * f32::from(frame);
                let seen = frame_of(&ideal, 0.3, Some((at, 24.0)), &mut random);
                assert!(!read_alone(&seen));
                add(&mut fusion, seen).is_some_and(|bytes| bytes == payload)
            })
            .collect();
        assert_eq!(read.last(), Some(&true), "{read:?}");
    }

    /// Two payloads that differ in the first and in a late character: all else, and the mask, is the same.
    fn twins(version: i16, level: EcLevel, length: usize, random: &mut Random) -> [(Vec<u8>, Vec<f32>); 2] {
        let mut payload: Vec<u8> = (0..length).map(|_| b'a' + random.below(26) as u8).collect();
        let one = (payload.clone(), ideal(&payload, version, level));
        payload[0] = b'0' + random.below(10) as u8;
        payload[length - 2] = b'0' + random.below(10) as u8;
        let other = (payload.clone(), ideal(&payload, version, level));
        [one, other]
    }

    #[test]
    fn two_visitors_at_the_same_place_never_become_one_payload() {
        let mut random = Random::new(3);
        let (mut read, mut frames) = (0, 0);
        for (version, level, length) in [
            (4, EcLevel::M, 55),
            (6, EcLevel::L, 120),
            (10, EcLevel::L, 240),
            (12, EcLevel::M, 250),
        ] {
            for _ in 0..60 {
                let twins = twins(version, level, length, &mut random);
                let mut fusion = Fusion::default();
                let noise = random.between(0.2, 1.0);
                let turns = 1 + random.below(3);
                for frame in 0..12 {
                    let (payload, ideal) = &twins[frame / turns % 2];
                    let side = ideal.len().isqrt() as f32;
                    let place = (random.between(0.0, side), random.between(0.0, side));
                    let glare = (random.below(2) == 0).then_some(place);
                    let seen = frame_of(ideal, noise, glare, &mut random);
                    frames += 1;
                    if let Some(bytes) = add(&mut fusion, seen) {
                        assert_eq!(&bytes, payload, "version {version}, noise {noise}, every {turns}");
                        read += 1;
                    }
                }
            }
        }
        println!("{read} of {frames} frames were read");
        assert!(read > 0);
    }

    #[test]
    fn a_code_that_jumps_or_is_of_another_size_begins_anew() {
        let mut random = Random::new(4);
        let payload = b"https://pass.example/v?t=0123456789abcdefghijklmnopqrstuvwxyz";
        let small = ideal(payload, 6, EcLevel::M);
        let large = ideal(payload, 7, EcLevel::M);
        let mut fusion = Fusion::default();
        for frame in 0..6 {
            let mut seen = frame_of(
                if frame % 2 == 0 { &small } else { &large },
                0.1,
                None,
                &mut random,
            );
            // Every third frame is the same size again, and by then the place is another.
            let away = 100.0 * (frame / 2) as f32;
            seen.corners = seen.corners.map(|corner| corner + Point::new(away, 0.0));
            assert_eq!(add(&mut fusion, seen), None);
        }
    }

    #[test]
    fn a_code_that_was_not_seen_for_a_while_is_forgotten() {
        let mut random = Random::new(5);
        let ideal = ideal(b"12345", 2, EcLevel::M);
        let mut fusion = Fusion::default();
        for _ in 0..3 {
            assert_eq!(add(&mut fusion, frame_of(&ideal, 0.1, None, &mut random)), None);
            for _ in 0..MOST_UNSEEN {
                fusion.next_frame();
            }
        }
    }
}
