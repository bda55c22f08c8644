use std::time::Duration;

use crate::colour::colour_of;
use crate::frame::FrameView;
use crate::passes::{Look, Looker};
use crate::plane::{Luma, Plane};
use crate::scan::{Detection, Pass};

/// Reads the codes of one frame after another.
#[derive(Default)]
pub struct Scanner {
    luma: Plane,
    other: Plane,
    quarter: Plane,
    looker: Looker,
}

/// What was seen in a frame.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// The codes that were read.
    pub detections: Vec<Detection>,
    /// What was done for them.
    pub effort: Effort,
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
    /// A scanner that has seen nothing yet.
    pub fn new() -> Scanner {
        Scanner::default()
    }

    /// Reads the codes of a frame.
    pub fn scan(&mut self, view: &FrameView<'_>, clock: &dyn Fn() -> Duration) -> Sight {
        let deadline = clock() + Duration::from_secs(3600);
        let is_over = || clock() > deadline;
        let mut sight = Sight::default();
        let luma = view.luma(&mut self.luma);
        for pass in [
            Pass::Full,
            Pass::Half,
            Pass::Quarter,
            Pass::Sharpened,
            Pass::DarkestChannel,
        ] {
            if is_over() || !sight.detections.is_empty() {
                break;
            }
            let Some((picture, scale)) = picture(view, luma, pass, &mut self.other, &mut self.quarter) else {
                continue;
            };
            let look = self.looker.look(picture, &is_over);
            sight.add(look, view, pass, scale);
        }
        sight
    }
}

/// What a pass looks at, and pixels of the frame per pixel of it.
fn picture<'a>(
    view: &FrameView<'a>,
    luma: Luma<'a>,
    pass: Pass,
    memory: &'a mut Plane,
    more_memory: &'a mut Plane,
) -> Option<(Luma<'a>, f32)> {
    match pass {
        Pass::Full => Some((luma, 1.0)),
        Pass::Half => luma.halve_into(memory).then(|| (memory.view(), 2.0)),
        Pass::Quarter => (luma.halve_into(memory) && memory.view().halve_into(more_memory))
            .then(|| (more_memory.view(), 4.0)),
        Pass::Sharpened => {
            luma.sharpen_into(memory);
            Some((memory.view(), 1.0))
        }
        Pass::DarkestChannel => view.darkest_channel(memory).map(|luma| (luma, 1.0)),
    }
}

impl Sight {
    fn add(&mut self, look: Look, view: &FrameView<'_>, pass: Pass, scale: f32) {
        self.effort.candidates += look.candidates;
        self.effort.finders += look.finders;
        self.effort.triples += look.triples;
        self.effort.grids += look.grids;
        for code in look.codes {
            let corners = code.corners.map(|corner| corner * scale);
            let version = code.symbol.version;
            self.detections.push(Detection {
                payload: code.symbol.payload.bytes,
                text: code.symbol.payload.text,
                colour: colour_of(view, &corners, version),
                corners,
                version,
                is_inverted: code.is_inverted,
                pass,
            });
        }
    }
}
