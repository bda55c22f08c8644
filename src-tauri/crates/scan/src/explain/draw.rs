//! The pictures of the stages.

use super::canvas::{Canvas, Colour, pale};
use super::{Zoom, square};
use crate::binarise::Binary;
use crate::colour::LOGO_HALF;
use crate::deconvolve::Blur;
use crate::finder::Place;
use crate::frame::FrameView;
use crate::geometry::{Perspective, Point};
use crate::grid::{Fixed, Grid, fixed_modules};
use crate::plane::Luma;
use crate::rings::Ring;
use crate::sample::{MARGIN, Samples, against_surround};
use crate::scan::Detection;
use crate::triples::Triple;

const GREEN: Colour = [0x00, 0xa0, 0x40];
const RED: Colour = [0xe0, 0x20, 0x20];
const BLUE: Colour = [0x20, 0x60, 0xe0];
const WHITE: Colour = [0xff; 3];
const GREY: Colour = [0x90; 3];

/// Side of a drawn code in pixels, about.
const CODE_PX: usize = 240;
/// Modules around the code that are drawn with it.
const AROUND: f32 = 3.0;
/// Modules from a code's edge at which the white beside it is looked at.
const WHITE_OUTSIDE: f32 = 1.2;
pub(super) fn draw_dark_and_light(luma: Luma<'_>, binary: &Binary) -> Canvas {
    Canvas::of(binary.width, binary.height, |x, y| {
        if binary.is_dark(luma, x as i32, y as i32) {
            [0; 3]
        } else {
            WHITE
        }
    })
}

pub(super) fn draw_finders(luma: Luma<'_>, rings: &[Ring], refused: &[Place]) -> Canvas {
    let mut canvas = Canvas::pale(luma);
    for place in refused {
        canvas.cross(place.centre, (place.across + place.down) / 4.0, RED);
    }
    for ring in rings {
        canvas.outline(&ring.outline, GREEN);
        canvas.cross(ring.centre, 2.0, GREEN);
    }
    canvas
}

pub(super) fn draw_triples(
    luma: Luma<'_>,
    rings: &[Ring],
    triples: &[Triple],
    codes: &[Detection],
    zoom: &Zoom,
) -> Canvas {
    let mut canvas = Canvas::pale(luma);
    for triple in triples {
        let [corner, right, below] = triple.members.map(|member| rings[member].centre);
        canvas.line(corner, right, BLUE);
        canvas.line(corner, below, BLUE);
    }
    for code in codes {
        canvas.outline(&code.corners.map(|corner| zoom.to_pass(corner)), GREEN);
    }
    canvas
}

/// The part of a picture around a grid, enlarged, with the lines between the modules.
pub(super) fn draw_grid(luma: Luma<'_>, grid: &Grid) -> Canvas {
    let n = grid.modules as f32;
    let around = [
        (-AROUND, -AROUND),
        (n + AROUND, -AROUND),
        (n + AROUND, n + AROUND),
        (-AROUND, n + AROUND),
    ]
    .map(|(x, y)| grid.place(x, y));
    let least = |of: fn(&Point) -> f32| around.iter().map(of).fold(f32::MAX, f32::min);
    let most = |of: fn(&Point) -> f32| around.iter().map(of).fold(f32::MIN, f32::max);
    let low = Point::new(least(|at| at.x).max(0.0), least(|at| at.y).max(0.0));
    let width = (most(|at| at.x).min(luma.width as f32) - low.x).max(1.0);
    let height = (most(|at| at.y).min(luma.height as f32) - low.y).max(1.0);
    let scale = 2.0 * CODE_PX as f32 / width.max(height);
    let mut canvas = Canvas::of(
        ((width * scale) as usize).max(1),
        ((height * scale) as usize).max(1),
        |x, y| pale(luma.sample(low + Point::new(x as f32 + 0.5, y as f32 + 0.5) * (1.0 / scale))),
    );
    let place = |x: f32, y: f32| (grid.place(x, y) - low) * scale;
    for line in 0..=grid.modules {
        let at = line as f32;
        canvas.line(place(at, 0.0), place(at, n), BLUE);
        canvas.line(place(0.0, at), place(n, at), BLUE);
    }
    let finder = [(0.0, 0.0), (n - 7.0, 0.0), (0.0, n - 7.0)];
    for (left, top) in finder {
        let corners = square(7.0).map(|corner| place(left + corner.x, top + corner.y));
        canvas.outline(&corners, GREEN);
    }
    canvas
}

/// The modules of a grid as they are sampled, after undoing the blur, and as decided.
pub(super) fn draw_modules(luma: Luma<'_>, grid: &Grid) -> Canvas {
    let n = grid.modules;
    let fixed = fixed_modules(n);
    let samples = Samples::middles(grid, luma);
    let undone = match Blur::of(&samples, &fixed, 1) {
        Some(blur) => blur.undone(&samples),
        None => samples.values.clone(),
    };
    let decided = against_surround(&undone, samples.side);
    let size = (CODE_PX / n).max(2);
    let side = n * size;
    let gap = 2 * size;
    let mut canvas = Canvas::filled(3 * side + 4 * gap, side + 2 * gap, WHITE);
    let inner = |values: &[f32], x: usize, y: usize| values[(y + MARGIN) * samples.side + x + MARGIN];
    let shade = |darkness: f32| [(255.0 * (1.0 - darkness)).clamp(0.0, 255.0) as u8; 3];
    for (x, y) in (0..n * n).map(|index| (index % n, index / n)) {
        let is_dark = decided[y * n + x] > 0.0;
        let colours = [
            shade(inner(&samples.values, x, y)),
            shade(inner(&undone, x, y)),
            if is_wrong(&fixed, x, y, is_dark) {
                RED
            } else {
                shade(f32::from(u8::from(is_dark)))
            },
        ];
        for (column, colour) in colours.into_iter().enumerate() {
            let left = gap + column * (side + gap) + x * size;
            canvas.fill(left, gap + y * size, size, size, colour);
        }
    }
    canvas
}

fn is_wrong(fixed: &[Fixed], x: usize, y: usize, is_dark: bool) -> bool {
    fixed
        .iter()
        .any(|one| (usize::from(one.x), usize::from(one.y)) == (x, y) && one.is_dark != is_dark)
}

/// A code straightened, and the samples of its colour.
pub(super) fn draw_symbol(view: &FrameView<'_>, code: &Detection) -> Option<Canvas> {
    let modules = 17 + 4 * usize::from(code.version);
    let n = modules as f32;
    let map = Perspective::between(&square(n), &code.corners)?;
    let size = (CODE_PX / modules).max(2);
    let colour = |x: f32, y: f32| {
        let at = map.map(x, y);
        let rgb = if view.has_colour() {
            view.pixel(at.x, at.y).rgb()
        } else {
            [view.pixel(at.x, at.y).y; 3]
        };
        rgb.map(|value| value.clamp(0.0, 255.0) as u8)
    };
    let side = modules * size + 2 * (AROUND as usize) * size;
    let mut canvas = Canvas::filled(2 * side, side, GREY);
    for (x, y) in (0..side * side).map(|index| (index % side, index / side)) {
        let module = |at: usize| (at as f32 + 0.5) / size as f32 - AROUND;
        canvas.fill(x, y, 1, 1, colour(module(x), module(y)));
    }
    let mut sample = |x: f32, y: f32| {
        let pixel = |at: f32| ((at - 0.5 + AROUND) * size as f32) as usize;
        canvas.fill(side + pixel(x), pixel(y), size, size, colour(x, y));
    };
    let middles = || (0..modules).map(|index| index as f32 + 0.5);
    for at in middles() {
        sample(at, -WHITE_OUTSIDE);
        sample(at, n + WHITE_OUTSIDE);
        sample(-WHITE_OUTSIDE, at);
        sample(n + WHITE_OUTSIDE, at);
        for other in middles() {
            if is_looked_at(at / n, other / n) {
                sample(at, other);
            }
        }
    }
    Some(canvas)
}

/// The middle of a code is left out where its colour is told: logos stand there.
fn is_looked_at(x: f32, y: f32) -> bool {
    (x - 0.5).abs().max((y - 0.5).abs()) > LOGO_HALF
}
