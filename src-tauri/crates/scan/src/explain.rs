//! Pictures of how a frame is read, one of each stage: for people who want to know why a code was read, or was not.

mod canvas;
mod draw;

use crate::binarise::{Binary, RowBits};
use crate::finder::{FinderSearch, Place, ROW_STEP, crossed, edges_of, has_finder_ratio};
use crate::frame::FrameView;
use crate::geometry::{Perspective, Point};
use crate::grid::{Grid, Levels, grids_of};
use crate::plane::{Luma, Plane};
use crate::rings::{Ring, ring_around};
use crate::scan::{Detection, Pass, scan};
use crate::triples::{legs, triples};
use canvas::Canvas;
use draw::{draw_dark_and_light, draw_finders, draw_grid, draw_modules, draw_symbol, draw_triples};

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
        picture(Stage::DarkAndLight, draw_dark_and_light(luma, &binary)),
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
        // What several frames gave together lies where the last of them shows it.
        Pass::Full | Pass::Fused => (luma, zoom(1.0, 0.0)),
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
fn candidates(luma: Luma<'_>, binary: &Binary) -> Vec<Place> {
    let mut found = Vec::new();
    let (mut memory, mut bits, mut edges) = (RowBits::default(), Vec::new(), Vec::new());
    for y in (1..binary.height).step_by(ROW_STEP) {
        binary.bits(luma, y, &mut memory, &mut bits);
        edges_of(&bits, binary.width, &mut edges);
        for (index, edges) in edges.windows(6).enumerate() {
            let runs = std::array::from_fn(|run| edges[run + 1] - edges[run]);
            if has_finder_ratio(&runs) {
                let rough = Point::new((edges[2] + edges[3]) / 2.0, y as f32 + 0.5);
                found.extend(crossed(
                    luma,
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
    for place in candidates(luma, binary) {
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
