use std::time::Duration;

use crate::colour::colour_of;
use crate::frame::{FrameView, Part};
use crate::fusion::{Fusion, Seen};
use crate::geometry::Point;
use crate::help::{Evidence, Help, Helper};
use crate::passes::{Look, Looker, Region};
use crate::plane::{Luma, Plane};
use crate::scan::{Detection, Pass};
use crate::symbol::{Modules, Symbol};

/// Time for a frame of 1280×720; a larger one gets as much more as it has more pixels, up to four times.
const DEADLINE: Duration = Duration::from_millis(8);
const DEADLINE_PIXELS: usize = 1280 * 720;
/// Noise in grey levels from which half the size is looked at first: it has half the noise.
const NOISY: u8 = 24;
/// Side of a picture in pixels up to which a code may have one pixel a module.
const SMALL: usize = 400;
/// Side of a region in pixels below which it is not looked at.
const LEAST_SIDE: usize = 16;
/// What follows the full size where nothing was seen, in turn. Two frames in three have nothing to follow.
const TURNS: [Option<Pass>; 12] = [
    None,
    Some(Pass::Half),
    None,
    None,
    Some(Pass::Quarter),
    None,
    None,
    Some(Pass::Sharpened),
    None,
    None,
    Some(Pass::DarkestChannel),
    None,
];
/// What is tried around a near miss.
const CLOSER: [Pass; 3] = [Pass::Sharpened, Pass::DarkestChannel, Pass::Half];

/// Reads the codes of one frame after another, each within a deadline.
///
/// Every frame is looked at in full size. Where that shows parts of a code and does not read it, the other passes
/// follow around those parts, in the same frame and, until the deadline is met, in the next; where it shows nothing,
/// one other pass follows, in turn. A code that is found in several frames and read in none is read from all of them
/// together.
#[derive(Default)]
pub struct Scanner {
    is_thorough: bool,
    frames: usize,
    near_miss: Option<Region>,
    fusion: Fusion,
    helper: Helper,
    memory: Memory,
    looker: Looker,
}

/// Pictures that passes make, kept for the next frame.
#[derive(Default)]
struct Memory {
    luma: Plane,
    changed: Plane,
    changed_again: Plane,
}

/// What was seen in a frame.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// The codes that were read.
    pub detections: Vec<Detection>,
    /// What was done for them.
    pub effort: Effort,
    /// Whether the deadline ended the search.
    pub is_cut_short: bool,
    /// What is measured of a code that is there and was not read, if there is one.
    pub evidence: Option<Evidence>,
    /// What the guard can do for it, after several frames have asked for the same.
    pub help: Option<Help>,
}

/// What was done for a frame, over all passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Places with the runs of a finder.
    pub candidates: usize,
    /// Finders whose rings were seen.
    pub finders: usize,
    /// Threes of finders that might be one code.
    pub triples: usize,
    /// Grids that were sampled.
    pub grids: usize,
}

impl Scanner {
    /// A scanner for a camera: full size and little else in a frame, and never longer than the deadline.
    pub fn new() -> Scanner {
        Scanner::default()
    }

    /// A scanner for single pictures: every pass until something is read, however long it takes.
    pub fn thorough() -> Scanner {
        Scanner {
            is_thorough: true,
            ..Scanner::default()
        }
    }

    /// Tells that the next frame has nothing to do with the last one; keeps only the memory.
    pub fn forget(&mut self) {
        self.frames = 0;
        self.near_miss = None;
        self.fusion.clear();
        self.helper = Helper::default();
    }

    /// Reads the codes of a frame. `clock` tells the time since any moment, always the same one; the time
    /// a frame may take is counted on it.
    pub fn scan(&mut self, view: &FrameView<'_>, clock: &dyn Fn() -> Duration) -> Sight {
        let pixels = view.width().saturating_mul(view.height());
        let share = (pixels as f64 / DEADLINE_PIXELS as f64).clamp(0.5, 4.0);
        let deadline = clock() + DEADLINE.mul_f64(share);
        let is_thorough = self.is_thorough;
        let is_over = move || !is_thorough && clock() > deadline;
        let Scanner {
            frames,
            near_miss,
            fusion,
            helper,
            memory,
            looker,
            ..
        } = self;
        let luma = view.luma(&mut memory.luma);
        let mut frame = Frame {
            view,
            luma,
            is_over: &is_over,
            changed: &mut memory.changed,
            changed_again: &mut memory.changed_again,
            looker,
            sight: Sight::default(),
            unread: None,
        };
        let turn = TURNS[*frames % TURNS.len()];
        *frames += 1;
        *near_miss = if is_thorough {
            frame.see_thoroughly();
            None
        } else {
            let near_miss = frame.see(*near_miss, turn);
            fusion.next_frame();
            frame.fuse(fusion);
            near_miss
        };
        let mut sight = frame.sight;
        let is_read = !sight.detections.is_empty();
        if is_read {
            sight.evidence = None;
        }
        sight.help = helper.next(is_read, sight.evidence.as_ref());
        sight.is_cut_short = is_over();
        sight
    }
}

/// A frame that is being looked at.
struct Frame<'a, 'b> {
    view: &'a FrameView<'b>,
    luma: Luma<'a>,
    is_over: &'a dyn Fn() -> bool,
    changed: &'a mut Plane,
    changed_again: &'a mut Plane,
    looker: &'a mut Looker,
    sight: Sight,
    /// The grid of all looks that was not read and whose fixed modules show best.
    unread: Option<Seen>,
}

/// Parts of a frame that deserve a closer look.
struct Parts {
    near_miss: Option<Region>,
    blown: Option<Region>,
}

impl Frame<'_, '_> {
    fn see_thoroughly(&mut self) {
        for pass in [
            Pass::Full,
            Pass::Half,
            Pass::Quarter,
            Pass::Sharpened,
            Pass::DarkestChannel,
            Pass::Enlarged,
        ] {
            if self.sight.detections.is_empty() {
                self.pass(pass, None);
            }
        }
    }

    /// The schedule of a camera. Gives where the next frame should be looked at more closely.
    fn see(&mut self, before: Option<Region>, turn: Option<Pass>) -> Option<Region> {
        let Parts {
            near_miss: now,
            blown,
        } = self.full_size();
        // Where luma is at its end, the darkest channel is the one that is not.
        for pass in [Pass::DarkestChannel, Pass::Sharpened] {
            if blown.is_some() && !self.is_done() {
                self.pass(pass, blown);
            }
        }
        // What the last frame left is most likely still there.
        for region in [before, now].into_iter().flatten() {
            for pass in CLOSER {
                if !self.is_done() {
                    self.pass(pass, Some(region));
                }
            }
        }
        if let Some(pass) = turn
            && now.is_none()
            && blown.is_none()
            && !self.is_done()
        {
            self.pass(pass, None);
        }
        if !self.is_done() {
            self.pass(Pass::Enlarged, None);
        }
        if self.sight.detections.is_empty() {
            now
        } else {
            None
        }
    }

    /// Full size, but half the size first where there is much noise.
    fn full_size(&mut self) -> Parts {
        let noise = self.looker.prepare(self.luma);
        let blown = self.looker.blown();
        if noise >= NOISY {
            let near_miss = self.pass(Pass::Half, None);
            if self.is_done() {
                return Parts { near_miss, blown };
            }
            self.looker.prepare(self.luma);
        }
        let look = self.looker.look(self.luma, self.is_over);
        let near_miss = look.near_miss;
        self.measure(&look, 1.0);
        self.add(look, Pass::Full, 1.0, Point::default());
        Parts { near_miss, blown }
    }

    fn is_done(&self) -> bool {
        !self.sight.detections.is_empty() || (self.is_over)()
    }

    /// Looks in one way at the frame or at a region of it, and says where parts of a code were seen.
    fn pass(&mut self, pass: Pass, region: Option<Region>) -> Option<Region> {
        let part = match region {
            Some(region) => part(self.view, region)?,
            None => self.view.whole(),
        };
        let luma = self.luma.part(part);
        let corner = Point::new(part.left as f32, part.top as f32);
        let (picture, scale, origin) = match pass {
            Pass::Full => (luma, 1.0, corner),
            Pass::Half => {
                if !luma.halve_into(self.changed) {
                    return None;
                }
                (self.changed.view(), 2.0, corner)
            }
            Pass::Quarter => {
                if !luma.halve_into(self.changed) || !self.changed.view().halve_into(self.changed_again) {
                    return None;
                }
                (self.changed_again.view(), 4.0, corner)
            }
            Pass::Sharpened => {
                luma.sharpen_into(self.changed);
                (self.changed.view(), 1.0, corner)
            }
            Pass::DarkestChannel => (self.view.darkest_channel(part, self.changed)?, 1.0, corner),
            Pass::Fused => return None,
            Pass::Enlarged => {
                if luma.width.max(luma.height) > SMALL {
                    return None;
                }
                luma.enlarge_into(self.changed);
                (
                    self.changed.view(),
                    1.0 / 3.0,
                    Point::new(-16.0 / 3.0, -16.0 / 3.0),
                )
            }
        };
        self.looker.prepare(picture);
        let look = self.looker.look(picture, self.is_over);
        let near_miss = look.near_miss.map(|region| Region {
            low: region.low * scale + origin,
            high: region.high * scale + origin,
        });
        if region.is_none() {
            self.measure(&look, scale);
        }
        self.add(look, pass, scale, origin);
        near_miss
    }

    /// Adds what a look gave, with its places in pixels of the frame.
    fn add(&mut self, look: Look, pass: Pass, scale: f32, origin: Point) {
        let effort = &mut self.sight.effort;
        effort.candidates += look.effort.candidates;
        effort.finders += look.effort.finders;
        effort.triples += look.effort.triples;
        effort.grids += look.effort.grids;
        for code in look.codes {
            let corners = code.corners.map(|corner| corner * scale + origin);
            self.detect(code.symbol, Some(code.modules), corners, code.is_inverted, pass);
        }
        if let Some(unread) = look.unread
            && self.unread.as_ref().is_none_or(|best| unread.fit() > best.fit())
        {
            self.unread = Some(unread.at(scale, origin));
        }
    }

    /// Keeps what is measured of the finders that are seen best in the whole frame.
    fn measure(&mut self, look: &Look, scale: f32) {
        if let Some(evidence) = look.evidence
            && self
                .sight
                .evidence
                .is_none_or(|best| evidence.is_better_than(&best))
        {
            self.sight.evidence = Some(evidence.at(scale));
        }
    }

    /// Reads what no look has read together with the frames before.
    fn fuse(&mut self, fusion: &mut Fusion) {
        if !self.sight.detections.is_empty() {
            return;
        }
        let Some(unread) = self.unread.take() else {
            return;
        };
        let (corners, is_inverted) = (unread.corners, unread.is_inverted);
        if let Some(evidence) = &mut self.sight.evidence {
            evidence.fit = unread.fit();
        }
        if let Some(symbol) = fusion.add(unread) {
            self.detect(symbol, None, corners, is_inverted, Pass::Fused);
        }
    }

    fn detect(
        &mut self,
        symbol: Symbol,
        modules: Option<Modules>,
        corners: [Point; 4],
        is_inverted: bool,
        pass: Pass,
    ) {
        let version = symbol.version;
        self.sight.detections.push(Detection {
            payload: symbol.payload.bytes,
            text: symbol.payload.text,
            colour: colour_of(self.view, &corners, version),
            corners,
            version,
            is_inverted,
            pass,
            modules,
        });
    }
}

/// The part of a frame that a region covers; `None` where it covers too little for a code.
fn part(view: &FrameView<'_>, region: Region) -> Option<Part> {
    // A float becomes an integer by saturation, so that anything becomes a part of the frame or none.
    let (left, top) = (
        region.low.x.max(0.0) as usize & !1,
        region.low.y.max(0.0) as usize & !1,
    );
    let right = (region.high.x.max(0.0) as usize).min(view.width());
    let bottom = (region.high.y.max(0.0) as usize).min(view.height());
    let (width, height) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
    (width >= LEAST_SIDE && height >= LEAST_SIDE).then_some(Part {
        left,
        top,
        width,
        height,
    })
}
