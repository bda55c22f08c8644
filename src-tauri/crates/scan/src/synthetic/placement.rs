//! Where in the picture a phone stands, seen through a lens with a focal length of 1.1 widths.

use super::maths::sine_cosine;
use crate::geometry::Point;

const FOCAL_LENGTH_WIDTHS: f32 = 1.1;

/// How the phone is held. Angles in radians.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    /// In the picture, clockwise.
    pub(super) roll: f32,
    /// About the vertical.
    pub(super) yaw: f32,
    /// About the horizontal.
    pub(super) pitch: f32,
    /// Pixels per module, as the root of the code's area.
    pub(super) module_px: f32,
}

/// A phone in space before the camera: places on it are in modules from the code's own top left.
pub(super) struct Placement {
    rotation: [[f32; 3]; 3],
    half: f32,
    focal: f32,
    centre: Point,
    /// Modules from the lens to the middle of the code, and how far that lies beside and below the axis.
    distance: f32,
    offset: Point,
}

impl Placement {
    /// The middle of the code on the axis of the lens, at the distance that gives the code its size.
    pub(super) fn new(pose: Pose, modules: usize, width: usize, height: usize) -> Placement {
        let focal = FOCAL_LENGTH_WIDTHS * width as f32;
        let mut placement = Placement {
            rotation: rotation(pose),
            half: modules as f32 / 2.0,
            focal,
            centre: Point::new(width as f32 / 2.0, height as f32 / 2.0),
            distance: focal / pose.module_px,
            offset: Point::default(),
        };
        // Foreshortening makes the code smaller: three steps towards the wanted area are more than enough.
        for _ in 0..3 {
            let side = area(&placement.corners()).max(1.0).sqrt();
            placement.distance *= side / (modules as f32 * pose.module_px);
        }
        placement
    }

    /// The same phone with the middle of its code at a place in the picture.
    pub(super) fn at(mut self, place: Point) -> Placement {
        self.offset = (place - self.centre) * (self.distance / self.focal);
        self
    }

    /// Corners of the code in pixels, clockwise from its own top left.
    pub(super) fn corners(&self) -> [Point; 4] {
        let side = 2.0 * self.half;
        [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(x, y)| self.project(x, y))
    }

    /// The map from modules to pixels, `shift` pixels further on.
    pub(super) fn map(&self, shift: Point) -> PlaneMap {
        let (half, focal) = (f64::from(self.half), f64::from(self.focal));
        let [across, down, away] = self.rotation.map(|row| row.map(f64::from));
        // A row of the matrix: what x, y and 1 contribute, counted from the code's top left.
        let row = |turn: [f64; 3], offset: f64| [turn[0], turn[1], offset - half * (turn[0] + turn[1])];
        let depth = row(away, f64::from(self.distance));
        let across = row(across, f64::from(self.offset.x));
        let down = row(down, f64::from(self.offset.y));
        let place = self.centre + shift;
        let (x, y) = (f64::from(place.x), f64::from(place.y));
        let pixel = |row: [f64; 3], middle: f64| [0, 1, 2].map(|at| focal * row[at] + middle * depth[at]);
        PlaneMap([pixel(across, x), pixel(down, y), depth])
    }

    fn project(&self, x: f32, y: f32) -> Point {
        let (x, y) = (x - self.half, y - self.half);
        let [across, down, away] = self.rotation.map(|row| row[0] * x + row[1] * y);
        let scale = self.focal / (self.distance + away);
        self.centre + Point::new((across + self.offset.x) * scale, (down + self.offset.y) * scale)
    }
}

/// A plane in perspective, row by row. Its own, so that truth and reader do not share an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaneMap([[f64; 3]; 3]);

impl PlaneMap {
    /// The pixel of a place.
    pub(super) fn to_pixel(self, x: f32, y: f32) -> Point {
        let (x, y) = (f64::from(x), f64::from(y));
        let [across, down, depth] = self.0.map(|row| row[0] * x + row[1] * y + row[2]);
        Point::new((across / depth) as f32, (down / depth) as f32)
    }

    /// The map back, row by row: pixels to places.
    pub(super) fn back(self) -> [[f64; 3]; 3] {
        let m = self.0;
        // Cofactors; their common factor does not matter.
        std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let (a, b) = ((column + 1) % 3, (column + 2) % 3);
                let (c, d) = ((row + 1) % 3, (row + 2) % 3);
                m[a][c] * m[b][d] - m[a][d] * m[b][c]
            })
        })
    }
}

/// First in the picture, then about the vertical, then about the horizontal.
fn rotation(pose: Pose) -> [[f32; 3]; 3] {
    let [(sr, cr), (sy, cy), (sp, cp)] = [pose.roll, pose.yaw, pose.pitch].map(sine_cosine);
    let roll = [[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]];
    let yaw = [[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]];
    let pitch = [[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]];
    product(&pitch, &product(&yaw, &roll))
}

fn product(a: &[[f32; 3]; 3], b: &[[f32; 3]; 3]) -> [[f32; 3]; 3] {
    std::array::from_fn(|row| std::array::from_fn(|column| (0..3).map(|at| a[row][at] * b[at][column]).sum()))
}

/// Area of a quadrilateral in square pixels.
pub(super) fn area(corners: &[Point; 4]) -> f32 {
    let [a, b, c, d] = *corners;
    let (one, other) = (c - a, d - b);
    (one.x * other.y - one.y * other.x).abs() / 2.0
}

/// The sides of the smallest upright box around places: left, top, right, bottom.
pub(super) fn bounds(places: &[Point]) -> [f32; 4] {
    places.iter().fold(
        [f32::MAX, f32::MAX, f32::MIN, f32::MIN],
        |[left, top, right, bottom], place| {
            [
                left.min(place.x),
                top.min(place.y),
                right.max(place.x),
                bottom.max(place.y),
            ]
        },
    )
}
