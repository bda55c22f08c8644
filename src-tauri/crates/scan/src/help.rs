//! What the guard can do about a code that is seen and not read.

use crate::geometry::Point;
use crate::plane::Luma;
use crate::rings::Ring;

/// Why a code that is there is not read, as far as the picture tells. The screen chooses the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Help {
    /// The modules are too small.
    TooFar,
    /// The code does not fit into the picture.
    TooNear,
    /// There is too little light, and the noise that comes with that.
    TooDark,
    /// A reflection, or a screen too bright for the camera, hides modules.
    Glare,
    /// The phone moves or is out of focus.
    Blurred,
    /// A finger or the edge of the picture hides a part.
    PartlyCovered,
}

impl Help {
    /// All of them.
    pub const ALL: [Help; 6] = [
        Help::TooFar,
        Help::TooNear,
        Help::TooDark,
        Help::Glare,
        Help::Blurred,
        Help::PartlyCovered,
    ];

    /// Its code, which never changes.
    pub fn code(self) -> &'static str {
        match self {
            Help::TooFar => "too-far",
            Help::TooNear => "too-near",
            Help::TooDark => "too-dark",
            Help::Glare => "glare",
            Help::Blurred => "blurred",
            Help::PartlyCovered => "partly-covered",
        }
    }
}

/// What is measured of a code that was not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Its finders that are seen, 1 to 3.
    pub finders: u8,
    /// Share of the rays from those finders on which their rings are seen, 0 to 1.
    pub clearness: f32,
    /// Pixels of a module, as the mean of the finders.
    pub module_px: f32,
    /// Grey level of what is light in the code, 0 to 255.
    pub light: f32,
    /// Grey levels between light and dark.
    pub contrast: f32,
    /// Grey levels by which neighbouring pixels differ for no reason.
    pub noise: f32,
    /// Share of the squares of three modules between the finders that are all as light as the camera can tell.
    pub clipped: f32,
    /// Share of the contrast that half a module across the edge of a finder has, in the direction where it is least.
    pub sharpness: f32,
    /// How well the modules that are known beforehand show where a grid was found: 0 where none was.
    pub fit: f32,
    /// Modules from the finder's centre that is nearest to an edge of the picture to that edge.
    pub edge: f32,
    /// Whether the modules are so large that a code soon is larger than the picture.
    pub is_large: bool,
}

/// How well known modules show, in what contrast, or how clear the rings are, from which there is a code and not something like it.
const LEAST_FIT: f32 = 0.5;
const LEAST_CONTRAST: f32 = 20.0;
const LEAST_CLEARNESS: f32 = 0.9;
/// Clearness and contrast of a single finder that is one.
const VERY_CLEAR: f32 = 0.98;
const STRONG: f32 = 50.0;
/// Modules between a finder's centre and the edge of the picture that has cut it, or soon will.
const AT_EDGE: f32 = 12.0;
/// Pixels of a module from which the smallest codes take up a quarter of a frame's height, as a share of that height.
const LARGE: f32 = 1.0 / 110.0;
/// Share of clipped squares, and contrast as a share of the light, that a reflection has.
const MUCH_CLIPPED: f32 = 0.02;
const WASHED_OUT: f32 = 0.6;
/// Light in grey levels, and noise as a share of the contrast, of too dark a picture.
const DARK: f32 = 120.0;
const NOISY: f32 = 0.22;
/// Pixels of a module below which codes are read by luck.
const SMALL_PX: f32 = 1.7;
/// Sharpness of what moves or is out of focus; small modules are never sharper than this.
const BLURRED: f32 = 0.55;

impl Evidence {
    /// What would help most in this frame alone; `None` if this is no code, or nothing explains why it is not read.
    pub fn help(&self) -> Option<Help> {
        let is_grid = self.fit >= LEAST_FIT && self.contrast >= LEAST_CONTRAST;
        if !is_grid && self.clearness < LEAST_CLEARNESS {
            return None;
        }
        let is_at_edge = self.edge < AT_EDGE && self.finders < 3;
        if is_at_edge && self.is_large {
            return Some(Help::TooNear);
        }
        if self.clipped >= MUCH_CLIPPED && self.contrast < WASHED_OUT * self.light {
            return Some(Help::Glare);
        }
        if self.light < DARK && self.noise >= NOISY * self.contrast {
            return Some(Help::TooDark);
        }
        if self.module_px < SMALL_PX {
            return Some(Help::TooFar);
        }
        if self.sharpness < BLURRED {
            return Some(Help::Blurred);
        }
        let is_sure = self.clearness >= VERY_CLEAR && self.contrast >= STRONG;
        (is_grid || is_sure || self.finders == 2).then_some(Help::PartlyCovered)
    }
}

/// What a frame that asks for a help adds to its score, and what every other frame takes from it.
const GAIN: u8 = 2;
const LOSS: u8 = 1;
/// Scores between which a help stays as it is: it appears after four frames of five, and goes after a dozen without.
const APPEARS: u8 = 8;
const MOST: u8 = 12;

/// Turns what single frames ask for into one help that does not flicker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Helper {
    scores: [u8; Help::ALL.len()],
    shown: Option<Help>,
}

impl Helper {
    /// The help after one more frame. A code that is read ends all help.
    pub(crate) fn next(&mut self, is_read: bool, evidence: Option<&Evidence>) -> Option<Help> {
        if is_read {
            *self = Helper::default();
            return None;
        }
        let asked = evidence.and_then(Evidence::help);
        for (score, help) in self.scores.iter_mut().zip(Help::ALL) {
            *score = if asked == Some(help) {
                (*score + GAIN).min(MOST)
            } else {
                score.saturating_sub(LOSS)
            };
        }
        let score = |help: Help| self.scores[help as usize];
        if self.shown.is_none_or(|shown| score(shown) == 0) {
            self.shown = Help::ALL
                .into_iter()
                .filter(|help| score(*help) >= APPEARS)
                .max_by_key(|help| score(*help));
        }
        self.shown
    }
}

/// Luma from which a pixel is as light as any: cameras that count from 16 to 235 have no more.
const CLIPPED: u8 = 233;

impl Evidence {
    /// Measures the finders of one code in a picture that was looked at.
    pub(crate) fn of(rings: &[&Ring], luma: Luma<'_>, noise: u8) -> Option<Evidence> {
        let count = rings.len() as f32;
        let mean = |value: fn(&Ring) -> f32| rings.iter().map(|ring| value(ring)).sum::<f32>() / count;
        let first = rings.first()?;
        let mut evidence = Evidence {
            finders: rings.len().min(3) as u8,
            clearness: mean(|ring| ring.share),
            module_px: mean(|ring| ring.module),
            light: mean(|ring| ring.light.max(ring.dark)),
            contrast: mean(|ring| (ring.light - ring.dark).abs()),
            noise: f32::from(noise),
            clipped: 0.0,
            sharpness: rings.iter().map(|ring| sharpness(ring, luma)).sum::<f32>() / count,
            fit: 0.0,
            edge: f32::MAX,
            is_large: mean(|ring| ring.module) >= LARGE * luma.height as f32,
        };
        let (mut low, mut high) = (first.centre, first.centre);
        for ring in rings {
            let Point { x, y } = ring.centre;
            (low, high) = (
                Point::new(low.x.min(x), low.y.min(y)),
                Point::new(high.x.max(x), high.y.max(y)),
            );
            let edge = x.min(y).min(luma.width as f32 - x).min(luma.height as f32 - y);
            evidence.edge = evidence.edge.min(edge / ring.module);
        }
        // Two finders may lie on one row: the rest of the code is on either side of it.
        let more = match rings.len() {
            1 => 20.0 * evidence.module_px,
            2 => 0.8 * (high - low).length(),
            _ => 0.0,
        };
        let more = Point::new(more, more);
        evidence.clipped = clipped(luma, low - more, high + more, 3.0 * evidence.module_px);
        Some(evidence)
    }

    /// Whether the finders are clearer than others, or as clear and more.
    pub(crate) fn is_better_than(&self, other: &Evidence) -> bool {
        let rank = |one: &Evidence| (one.clearness >= LEAST_CLEARNESS, one.finders);
        rank(self) > rank(other)
    }

    /// The same in a frame that is so many times as large as the picture.
    pub(crate) fn at(mut self, scale: f32) -> Evidence {
        self.module_px *= scale;
        self
    }
}

/// Of the dark ring's outer edge, on rays in eight directions.
fn sharpness(ring: &Ring, luma: Luma<'_>) -> f32 {
    const STEPS: usize = 12;
    let steepest = |towards: Point| {
        // From the middle of the dark ring to two modules beyond the outer edge, a quarter of a module at a time.
        let grey: [f32; STEPS] = std::array::from_fn(|step| {
            let along = (2.5 + 0.25 * step as f32) / 3.0;
            luma.sample(ring.centre + towards * along)
        });
        (0..STEPS - 2)
            .map(|at| (grey[at + 2] - grey[at]) / (ring.light - ring.dark))
            .fold(0.0, f32::max)
    };
    let directions: [Point; 8] = std::array::from_fn(|index| {
        let (from, to) = (
            ring.outline[index / 2] - ring.centre,
            ring.outline[(index / 2 + 1) % 4] - ring.centre,
        );
        let share = if index % 2 == 0 { 0.5 } else { 0.75 };
        from * (1.0 - share) + to * share
    });
    (0..4)
        .map(|index| (steepest(directions[index]) + steepest(directions[index + 4])) / 2.0)
        .fold(f32::MAX, f32::min)
        .min(1.0)
}

/// Share of the squares with this side in a part of the picture that are clipped throughout.
fn clipped(luma: Luma<'_>, low: Point, high: Point, side: f32) -> f32 {
    let side = (side as usize).max(4);
    let (left, top) = (low.x.max(0.0) as usize, low.y.max(0.0) as usize);
    let right = (high.x.max(0.0) as usize).min(luma.width);
    let bottom = (high.y.max(0.0) as usize).min(luma.height);
    let (mut clipped, mut all) = (0_usize, 0_usize);
    for y in (top..bottom.saturating_sub(side)).step_by(side) {
        for x in (left..right.saturating_sub(side)).step_by(side) {
            let is_clipped =
                (y..y + side).all(|y| luma.row(y)[x..x + side].iter().all(|value| *value >= CLIPPED));
            clipped += usize::from(is_clipped);
            all += 1;
        }
    }
    clipped as f32 / all.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code that is well seen.
    const CLEAR: Evidence = Evidence {
        finders: 3,
        clearness: 1.0,
        module_px: 4.0,
        light: 200.0,
        contrast: 150.0,
        noise: 3.0,
        clipped: 0.0,
        sharpness: 0.8,
        fit: 0.0,
        edge: 60.0,
        is_large: false,
    };

    fn examples() -> [(Help, Evidence); 6] {
        let of = |change: fn(&mut Evidence)| {
            let mut evidence = CLEAR;
            change(&mut evidence);
            evidence
        };
        [
            (Help::TooFar, of(|one| one.module_px = 1.3)),
            (
                Help::TooNear,
                of(|one| (one.finders, one.edge, one.is_large, one.module_px) = (1, 4.0, true, 20.0)),
            ),
            (
                Help::TooDark,
                of(|one| (one.light, one.contrast, one.noise) = (70.0, 30.0, 20.0)),
            ),
            (
                Help::Glare,
                of(|one| (one.clipped, one.light, one.contrast) = (0.3, 230.0, 80.0)),
            ),
            (Help::Blurred, of(|one| one.sharpness = 0.3)),
            (Help::PartlyCovered, of(|one| one.fit = 1.5)),
        ]
    }

    #[test]
    fn every_help_has_its_evidence_and_its_own_code() {
        for (help, evidence) in examples() {
            assert_eq!(evidence.help(), Some(help), "{}", help.code());
        }
        let codes: std::collections::BTreeSet<&str> = Help::ALL.map(Help::code).into();
        assert_eq!(codes.len(), Help::ALL.len());
        assert_eq!(Help::ALL.map(|help| help as usize), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn something_like_a_finder_is_no_code() {
        for (_, mut evidence) in examples() {
            (evidence.clearness, evidence.fit) = (0.75, 0.0);
            assert_eq!(evidence.help(), None);
        }
    }

    #[test]
    fn a_help_needs_some_frames_to_appear_and_to_go_and_does_not_flicker() {
        let [(far, small), _, _, _, (_, blurred), _] = examples();
        let mut helper = Helper::default();
        for _ in 0..3 {
            assert_eq!(helper.next(false, Some(&small)), None);
        }
        assert_eq!(helper.next(false, Some(&small)), Some(far));
        // Frames that ask for something else, or show nothing, now and then.
        for frame in 0..30 {
            let evidence = match frame % 3 {
                0 => Some(&blurred),
                1 => None,
                _ => Some(&small),
            };
            assert_eq!(helper.next(false, evidence), Some(far), "frame {frame}");
        }
        let last = (0..MOST)
            .filter(|_| helper.next(false, None) == Some(far))
            .count();
        assert!(last >= 4, "{last}");
        assert_eq!(helper.next(false, None), None);
    }

    #[test]
    fn a_code_that_is_read_ends_all_help() {
        let mut helper = Helper::default();
        for (_, evidence) in examples() {
            for _ in 0..MOST {
                helper.next(false, Some(&evidence));
            }
            assert_eq!(helper.next(true, None), None);
            assert_eq!(helper.next(false, Some(&evidence)), None);
        }
    }
}
