use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::binarise::binarise;
use crate::colour::{ColourReading, colour_of};
use crate::finder::{Finder, finders};
use crate::frame::FrameView;
use crate::geometry::Point;
use crate::grid::{Grid, grids, triples};
use crate::plane::Plane;

/// Strengths of the sharpening that are tried on a grid, gentlest first.
const SHARPENINGS: [f32; 3] = [0.0, 0.5, 1.2];
/// Modules handed to error correction in one frame, some 12 ms of it: a bound on what a cluttered frame costs.
const MOST_MODULES: usize = 30_000;

/// Finder patterns that luma has to show before the darkest channel is looked at: the pass costs an empty frame
/// as much as all the others together.
const FINDERS_OF_A_HIDDEN_CODE: usize = 2;

/// One code that was read from a frame.
#[derive(Clone, PartialEq)]
pub struct Detection {
    /// The bytes of the code. May hold personal data in the clear: never to be logged.
    pub payload: Vec<u8>,
    /// Corners in pixels of the full frame, clockwise from the code's own top left.
    pub corners: [Point; 4],
    /// QR version, 1 to 40; the code has 17 + 4 × version modules along a side.
    pub version: u8,
    /// The colour of the dark modules.
    pub colour: ColourReading,
}

impl fmt::Debug for Detection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Detection")
            .field("payload_bytes", &self.payload.len())
            .field("corners", &self.corners)
            .field("version", &self.version)
            .field("colour", &self.colour)
            .finish()
    }
}

/// Reads every QR code of a frame. Total: any frame gives an answer, and nothing in it can cause a panic.
///
/// Luma is read first. Only if that gives no code, half the size is tried, for codes held too close and for
/// noise, and then, if parts of a code were seen, the darkest colour channel, for codes as light as the screen.
pub fn scan(view: &FrameView<'_>) -> Vec<Detection> {
    let luma = view.luma();
    let mut budget = MOST_MODULES;
    let full = pass(&luma, 1.0, &mut budget);
    let mut codes = full.codes;
    if codes.is_empty() {
        codes = luma
            .halved()
            .map_or_else(Vec::new, |half| pass(&half, 2.0, &mut budget).codes);
    }
    if codes.is_empty() && full.finders >= FINDERS_OF_A_HIDDEN_CODE {
        codes = view
            .darkest_channel()
            .map_or_else(Vec::new, |darkest| pass(&darkest, 1.0, &mut budget).codes);
    }
    codes
        .into_iter()
        .map(|code| Detection {
            colour: colour_of(view, &code.corners, code.version),
            payload: code.payload,
            corners: code.corners,
            version: code.version,
        })
        .collect()
}

struct Code {
    payload: Vec<u8>,
    corners: [Point; 4],
    version: u8,
}

struct Pass {
    codes: Vec<Code>,
    finders: usize,
}

/// One look at one plane; `scale` is pixels of the full frame per pixel of the plane.
fn pass(plane: &Plane, scale: f32, budget: &mut usize) -> Pass {
    let binary = binarise(plane);
    let finders = finders(&binary);
    let mut used: Vec<Finder> = Vec::new();
    let mut codes = Vec::new();
    for triple in triples(&finders) {
        let members = [triple.top_left, triple.top_right, triple.bottom_left];
        if members
            .iter()
            .any(|member| used.iter().any(|one| one.centre == member.centre))
        {
            continue;
        }
        for grid in grids(&triple, plane, &binary) {
            if let Some((payload, version)) = read(&grid, plane, budget) {
                used.extend(members);
                codes.push(Code {
                    payload,
                    version,
                    corners: grid.corners().map(|corner| corner * scale),
                });
                break;
            }
        }
    }
    Pass {
        codes,
        finders: finders.len(),
    }
}

/// The payload and version of a grid.
fn read(grid: &Grid, plane: &Plane, budget: &mut usize) -> Option<(Vec<u8>, u8)> {
    SHARPENINGS.iter().find_map(|sharpening| {
        let dark = grid.modules_read(plane, *sharpening);
        if !has_fixed_patterns(&dark, grid.modules) {
            return None;
        }
        *budget = budget.checked_sub(dark.len())?;
        decode(&dark, grid.modules)
    })
}

/// Whether finders and timing patterns are where they must be, three in four modules at least.
///
/// Error correction of a wrong grid costs milliseconds, this costs none.
fn has_fixed_patterns(dark: &[bool], modules: usize) -> bool {
    let at = |x: usize, y: usize| dark[y * modules + x];
    let mut right = 0;
    let mut seen = 0;
    for index in 8..modules - 8 {
        right +=
            usize::from(at(index, 6) == (index % 2 == 0)) + usize::from(at(6, index) == (index % 2 == 0));
        seen += 2;
    }
    for (left, top) in [(0, 0), (modules - 7, 0), (0, modules - 7)] {
        for (x, y) in (0..49_usize).map(|index| (index % 7, index / 7)) {
            let ring = x.abs_diff(3).max(y.abs_diff(3));
            right += usize::from(at(left + x, top + y) == (ring != 2));
            seen += 1;
        }
    }
    4 * right >= 3 * seen
}

/// Error correction and text of a bit matrix, by rqrr.
///
/// rqrr asserts on some of what real photos show it, so its panics end here.
fn decode(dark: &[bool], modules: usize) -> Option<(Vec<u8>, u8)> {
    catch_unwind(AssertUnwindSafe(|| {
        let matrix = rqrr::SimpleGrid::from_func(modules, |x, y| dark[y * modules + x]);
        let mut payload = Vec::new();
        let meta = rqrr::Grid::new(matrix).decode_to(&mut payload).ok()?;
        let version = u8::try_from(meta.version.0).ok()?;
        (!payload.is_empty()).then_some((payload, version))
    }))
    .ok()
    .flatten()
}
