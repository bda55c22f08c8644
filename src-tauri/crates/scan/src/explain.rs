//! Pictures of how a frame is read, one of each stage: for people who want to know why a code was read, or was not.

mod canvas;

use crate::binarise::Binary;
use crate::colour::LOGO_HALF;
use crate::deconvolve::Blur;
use crate::finder::{FinderSearch, Place, ROW_STEP, crossed, edges_of, has_finder_ratio};
use crate::frame::FrameView;
use crate::geometry::{Perspective, Point};
use crate::grid::{Fixed, Grid, Levels, fixed_modules, grids_of};
use crate::plane::{Luma, Plane};
use crate::rings::{Ring, ring_around};
use crate::sample::{MARGIN, Samples, against_surround};
use crate::scan::{Detection, Pass, scan};
use crate::triples::{Triple, legs, triples};
use canvas::{Canvas, Colour, pale};

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
/// How far a finder's centre may be from where a grid has it, in modules, to be that grid's.
const SAME_FINDER: f32 = 2.0;

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The luma of the pass that read the code, of the full size if none did.
    Luma,
    /// What counts as dark and what as light.
    DarkAndLight,
    /// Places with the runs of a finder: red crosses where the rings were refused, green outlines where they were seen.
    Finders,
    /// Threes of finders that might be one code, blue, and the corners of the codes that were read, green.
    Triples,
    /// One code with its grid of modules drawn over it.
    Grid,
    /// Its modules: as sampled, after undoing the blur, and as decided; known ones that are wrong are red.
    Modules,
    /// The code straightened, and beside it each sample from which its colour is told, in its own colour.
    Symbol,
}

/// One picture: sRGB, three bytes a pixel, row by row.
#[derive(Clone, PartialEq)]
pub struct StagePicture {
    /// What it shows.
    pub stage: Stage,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels. They show what was in front of the camera.
    pub rgb: Vec<u8>,
}

/// How a frame is read.
#[derive(Clone, PartialEq)]
pub struct Explanation {
    /// The pictures, in the order in which a frame goes through the stages; those of a grid only if there is one.
    pub pictures: Vec<StagePicture>,
    /// The codes that were read, as [`scan`] gives them.
    pub codes: Vec<Detection>,
    /// The pass that the pictures show.
    pub pass: Pass,
    /// Places with the runs of a finder whose rings were refused.
    pub refused: usize,
    /// Finders whose rings were seen.
    pub finders: usize,
    /// Threes of finders that might be one code.
    pub triples: usize,
    /// Modules along a side of the grid that is drawn, if there is one.
    pub modules: Option<usize>,
}

/// Reads a frame as [`scan`] does, and draws what happens on the way.
///
/// Takes many times as long as reading alone. Total, as [`scan`].
pub fn explain(view: &FrameView<'_>) -> Explanation {
    let codes = scan(view);
    let pass = codes.first().map_or(Pass::Full, |code| code.pass);
    let (mut memory, mut changed, mut changed_again) = Default::default();
    let luma = view.luma(&mut memory);
    let (luma, zoom) = picture_of(pass, view, luma, &mut changed, &mut changed_again);
    let mut binary = Binary::default();
    binary.fill(luma);
    let mut rings = Vec::new();
    FinderSearch::default().find(luma, &binary, &mut rings, &|| false);
    let refused = refused(luma, &binary, &rings);
    let legs = legs(&rings);
    let triples = triples(&rings, &legs);
    let grid = match codes.first() {
        Some(code) => grid_of_code(code, &zoom, &rings),
        None => triples
            .iter()
            .find_map(|triple| grids_of(triple, &rings, luma).into_iter().next())
            .map(|(_, grid)| grid),
    };
    let mut pictures = vec![
        picture(
            Stage::Luma,
            Canvas::of(luma.width, luma.height, |x, y| [luma.row(y)[x]; 3]),
        ),
        picture(Stage::DarkAndLight, draw_dark_and_light(&binary)),
        picture(Stage::Finders, draw_finders(luma, &rings, &refused)),
        picture(
            Stage::Triples,
            draw_triples(luma, &rings, &triples, &codes, &zoom),
        ),
    ];
    if let Some(grid) = &grid {
        pictures.push(picture(Stage::Grid, draw_grid(luma, grid)));
        pictures.push(picture(Stage::Modules, draw_modules(luma, grid)));
    }
    if let Some(drawn) = codes.first().and_then(|code| draw_symbol(view, code)) {
        pictures.push(picture(Stage::Symbol, drawn));
    }
    Explanation {
        pictures,
        pass,
        refused: refused.len(),
        finders: rings.len(),
        triples: triples.len(),
        modules: grid.map(|grid| grid.modules),
        codes,
    }
}

fn picture(stage: Stage, canvas: Canvas) -> StagePicture {
    StagePicture {
        stage,
        width: canvas.width,
        height: canvas.height,
        rgb: canvas.rgb,
    }
}

/// From pixels of the frame to those of a pass.
struct Zoom {
    factor: f32,
    border: f32,
}

impl Zoom {
    fn to_pass(&self, point: Point) -> Point {
        point * self.factor + Point::new(self.border, self.border)
    }
}

/// The picture that a pass looks at. One that cannot be made is not what read a code: then luma as it is.
fn picture_of<'a>(
    pass: Pass,
    view: &FrameView<'_>,
    luma: Luma<'a>,
    changed: &'a mut Plane,
    changed_again: &'a mut Plane,
) -> (Luma<'a>, Zoom) {
    let zoom = |factor: f32, border: f32| Zoom { factor, border };
    match pass {
        Pass::Full => (luma, zoom(1.0, 0.0)),
        Pass::Half if luma.halve_into(changed) => (changed.view(), zoom(0.5, 0.0)),
        Pass::Quarter if luma.halve_into(changed) && changed.view().halve_into(changed_again) => {
            (changed_again.view(), zoom(0.25, 0.0))
        }
        Pass::Half | Pass::Quarter => (luma, zoom(1.0, 0.0)),
        Pass::Sharpened => {
            luma.sharpen_into(changed);
            (changed.view(), zoom(1.0, 0.0))
        }
        Pass::DarkestChannel => (
            view.darkest_channel(view.whole(), changed).unwrap_or(luma),
            zoom(1.0, 0.0),
        ),
        Pass::Enlarged => {
            luma.enlarge_into(changed);
            (changed.view(), zoom(3.0, 16.0))
        }
    }
}

/// Every place with the runs of a finder across, down and on a diagonal, found as the search finds them.
fn candidates(binary: &Binary) -> Vec<Place> {
    let mut found = Vec::new();
    let mut edges = Vec::new();
    for y in (1..binary.height).step_by(ROW_STEP) {
        edges_of(binary.row(y), binary.width, &mut edges);
        for (index, edges) in edges.windows(6).enumerate() {
            let runs = std::array::from_fn(|run| edges[run + 1] - edges[run]);
            if has_finder_ratio(&runs) {
                let rough = Point::new((edges[2] + edges[3]) / 2.0, y as f32 + 0.5);
                found.extend(crossed(
                    binary,
                    rough,
                    (edges[5] - edges[0]) as i32,
                    index % 2 == 1,
                ));
            }
        }
    }
    found
}

/// The candidates that are no finder and not part of one.
fn refused(luma: Luma<'_>, binary: &Binary, rings: &[Ring]) -> Vec<Place> {
    let mut refused: Vec<Place> = Vec::new();
    for place in candidates(binary) {
        let is_known = rings.iter().any(|ring| ring.covers(place.centre))
            || refused
                .iter()
                .any(|other| (other.centre - place.centre).length() < place.across.min(place.down) / 4.0);
        if !is_known && ring_around(luma, binary, &place).is_none() {
            refused.push(place);
        }
    }
    refused
}

/// The grid of a code that was read, in pixels of the pass. What bends it is not drawn.
fn grid_of_code(code: &Detection, zoom: &Zoom, rings: &[Ring]) -> Option<Grid> {
    let modules = 17 + 4 * usize::from(code.version);
    let map = Perspective::between(
        &square(modules as f32),
        &code.corners.map(|corner| zoom.to_pass(corner)),
    )?;
    let (near, far) = (3.5, modules as f32 - 3.5);
    let centres = [(near, near), (far, near), (near, far)].map(|(x, y)| map.map(x, y));
    let own: Vec<&Ring> = rings
        .iter()
        .filter(|ring| {
            ring.is_inverted == code.is_inverted
                && centres
                    .iter()
                    .any(|centre| (ring.centre - *centre).length() < SAME_FINDER * ring.module)
        })
        .collect();
    (!own.is_empty()).then(|| Grid {
        modules,
        map,
        mesh: None,
        levels: Levels::of(&own),
        is_inverted: code.is_inverted,
    })
}

fn square(side: f32) -> [Point; 4] {
    [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(x, y)| Point::new(x, y))
}

fn draw_dark_and_light(binary: &Binary) -> Canvas {
    Canvas::of(binary.width, binary.height, |x, y| {
        if binary.is_dark(x as i32, y as i32) {
            [0; 3]
        } else {
            WHITE
        }
    })
}

fn draw_finders(luma: Luma<'_>, rings: &[Ring], refused: &[Place]) -> Canvas {
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

fn draw_triples(
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
fn draw_grid(luma: Luma<'_>, grid: &Grid) -> Canvas {
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
fn draw_modules(luma: Luma<'_>, grid: &Grid) -> Canvas {
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
fn draw_symbol(view: &FrameView<'_>, code: &Detection) -> Option<Canvas> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelLayout;
    use crate::synthetic::{Category, CodeColour, DoorScene, door_frame, render};

    fn stages(explanation: &Explanation) -> Vec<Stage> {
        explanation.pictures.iter().map(|picture| picture.stage).collect()
    }

    #[test]
    fn a_code_that_is_read_has_a_picture_of_every_stage() {
        let frame = render(&DoorScene::nominal(7, CodeColour::Yellow, b"made up"));
        let view = FrameView::packed(PixelLayout::Rgb, &frame.rgb, frame.width, frame.height).unwrap();
        let seen = explain(&view);
        assert_eq!(seen.codes[0].payload, b"made up");
        assert_eq!(
            stages(&seen),
            [
                Stage::Luma,
                Stage::DarkAndLight,
                Stage::Finders,
                Stage::Triples,
                Stage::Grid,
                Stage::Modules,
                Stage::Symbol
            ]
        );
        assert_eq!(seen.modules, Some(17 + 4 * usize::from(seen.codes[0].version)));
        assert!(seen.finders >= 3 && seen.triples >= 1);
        for picture in &seen.pictures {
            assert_eq!(picture.rgb.len(), 3 * picture.width * picture.height);
        }
    }

    #[test]
    fn where_nobody_is_there_are_pictures_up_to_the_finders() {
        let frame = door_frame(Category::Empty, 3, 0);
        let seen = explain(&frame.view());
        assert!(seen.codes.is_empty());
        assert_eq!(
            stages(&seen)[..3],
            [Stage::Luma, Stage::DarkAndLight, Stage::Finders]
        );
    }

    #[test]
    fn the_smallest_frames_are_explained_as_well() {
        for (width, height) in [(1, 1), (1, 90), (64, 1)] {
            let bytes = vec![0x80; width * height];
            let view = FrameView::packed(PixelLayout::Grey, &bytes, width, height).unwrap();
            assert!(explain(&view).codes.is_empty());
        }
    }
}
