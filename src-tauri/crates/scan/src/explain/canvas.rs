//! Pictures to draw on.

use crate::geometry::Point;
use crate::plane::Luma;

pub(super) type Colour = [u8; 3];

/// A picture in sRGB.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

impl Canvas {
    pub(super) fn filled(width: usize, height: usize, colour: Colour) -> Canvas {
        Canvas {
            width,
            height,
            rgb: colour.repeat(width * height),
        }
    }

    /// Each pixel from its place.
    pub(super) fn of(width: usize, height: usize, colour: impl Fn(usize, usize) -> Colour) -> Canvas {
        Canvas {
            width,
            height,
            rgb: (0..width * height)
                .flat_map(|at| colour(at % width, at / width))
                .collect(),
        }
    }

    /// A picture that lines stand out from: half as strong, in a few shades.
    pub(super) fn pale(luma: Luma<'_>) -> Canvas {
        Canvas::of(luma.width, luma.height, |x, y| pale(f32::from(luma.row(y)[x])))
    }

    pub(super) fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, colour: Colour) {
        for y in top..(top + height).min(self.height) {
            for x in left..(left + width).min(self.width) {
                self.put(x, y, colour);
            }
        }
    }

    /// A line; what is outside the picture is left out.
    pub(super) fn line(&mut self, from: Point, to: Point, colour: Colour) {
        let way = to - from;
        let steps = way.x.abs().max(way.y.abs()).min(10_000.0).ceil().max(1.0);
        for step in 0..=steps as usize {
            let at = from + way * (step as f32 / steps);
            if at.x >= 0.0 && at.y >= 0.0 && at.x < self.width as f32 && at.y < self.height as f32 {
                self.put(at.x as usize, at.y as usize, colour);
            }
        }
    }

    /// A closed line through corners, two pixels wide.
    pub(super) fn outline(&mut self, corners: &[Point; 4], colour: Colour) {
        for corner in 0..4 {
            let (from, to) = (corners[corner], corners[(corner + 1) % 4]);
            self.line(from, to, colour);
            let beside = Point::new(1.0, 1.0);
            self.line(from + beside, to + beside, colour);
        }
    }

    pub(super) fn cross(&mut self, at: Point, reach: f32, colour: Colour) {
        for direction in [Point::new(1.0, 1.0), Point::new(1.0, -1.0)] {
            self.line(at + direction * reach, at - direction * reach, colour);
        }
    }

    fn put(&mut self, x: usize, y: usize, colour: Colour) {
        let at = 3 * (y * self.width + x);
        self.rgb[at..at + 3].copy_from_slice(&colour);
    }
}

/// Half as strong as a grey level, in few shades.
pub(super) fn pale(grey: f32) -> Colour {
    let shade = (grey.clamp(0.0, 255.0) as u8 >> 4 << 3) + 0x70;
    [shade; 3]
}
