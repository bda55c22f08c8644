use std::ops::{Add, Mul, Sub};

/// A place in the full frame, in pixels; (0, 0) is the outer corner of the first pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Pixels from the left.
    pub x: f32,
    /// Pixels from the top.
    pub y: f32,
}

impl Point {
    /// A point from its coordinates.
    pub const fn new(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    pub(crate) fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    pub(crate) fn cross(self, other: Point) -> f32 {
        self.x * other.y - self.y * other.x
    }

    pub(crate) fn dot(self, other: Point) -> f32 {
        self.x * other.x + self.y * other.y
    }
}

impl Add for Point {
    type Output = Point;

    fn add(self, other: Point) -> Point {
        Point::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Point;

    fn sub(self, other: Point) -> Point {
        Point::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Point;

    fn mul(self, factor: f32) -> Point {
        Point::new(self.x * factor, self.y * factor)
    }
}

/// Where two lines meet, each given by a point and a direction; `None` when nearly parallel.
pub(crate) fn intersection(a: (Point, Point), b: (Point, Point)) -> Option<Point> {
    let cross = a.1.cross(b.1);
    if cross.abs() < 1e-3 * a.1.length() * b.1.length() {
        return None;
    }
    Some(a.0 + a.1 * ((b.0 - a.0).cross(b.1) / cross))
}

/// The straight line through points that minimises squared distance: a point on it and its direction.
pub(crate) fn fit_line(points: &[Point]) -> Option<(Point, Point)> {
    if points.len() < 3 {
        return None;
    }
    let mean = points.iter().fold(Point::default(), |sum, point| sum + *point) * (1.0 / points.len() as f32);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for point in points {
        let offset = *point - mean;
        xx += offset.x * offset.x;
        xy += offset.x * offset.y;
        yy += offset.y * offset.y;
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    Some((mean, Point::new(angle.cos(), angle.sin())))
}

/// A perspective map of the plane: its coefficients row by row, and the same for mapping points, which is done
/// a thousand times for each fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Perspective(pub(crate) [f64; 9], [f32; 9]);

impl Perspective {
    /// The map with these coefficients, row by row.
    pub(crate) fn new(exact: [f64; 9]) -> Perspective {
        // The scale of a homography is free: a last coefficient of 1 keeps all in the range of `f32`.
        let scale = if exact[8].abs() > f64::MIN_POSITIVE {
            1.0 / exact[8]
        } else {
            1.0
        };
        Perspective(exact, exact.map(|value| (value * scale) as f32))
    }

    /// The map that takes four points to four others; `None` if three of either lie on a line.
    pub(crate) fn between(from: &[Point; 4], to: &[Point; 4]) -> Option<Perspective> {
        let to_square = Perspective::from_unit_square(from)?.inverse()?;
        Some(Perspective::from_unit_square(to)?.after(&to_square))
    }

    /// The unit square (0,0) (1,0) (1,1) (0,1) to a quadrilateral (Heckbert 1989, section 2.2.3).
    fn from_unit_square(corners: &[Point; 4]) -> Option<Perspective> {
        let [a, b, c, d] = corners.map(|corner| (f64::from(corner.x), f64::from(corner.y)));
        let (px, py) = (a.0 - b.0 + c.0 - d.0, a.1 - b.1 + c.1 - d.1);
        let (ux, uy) = (b.0 - c.0, b.1 - c.1);
        let (vx, vy) = (d.0 - c.0, d.1 - c.1);
        let determinant = ux * vy - uy * vx;
        if !determinant.is_finite() || determinant.abs() < 1e-9 {
            return None;
        }
        let g = (px * vy - py * vx) / determinant;
        let h = (ux * py - uy * px) / determinant;
        let map = [
            b.0 - a.0 + g * b.0,
            d.0 - a.0 + h * d.0,
            a.0,
            b.1 - a.1 + g * b.1,
            d.1 - a.1 + h * d.1,
            a.1,
            g,
            h,
            1.0,
        ];
        Some(Perspective::new(map))
    }

    /// First `first`, then this map.
    pub(crate) fn after(&self, first: &Perspective) -> Perspective {
        let (a, b) = (&self.0, &first.0);
        Perspective::new(std::array::from_fn(|i| {
            let (row, column) = (i / 3 * 3, i % 3);
            a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6]
        }))
    }

    /// The map back.
    pub(crate) fn inverse(&self) -> Option<Perspective> {
        let m = &self.0;
        let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let determinant = m[0] * minor(4, 5, 7, 8) - m[1] * minor(3, 5, 6, 8) + m[2] * minor(3, 4, 6, 7);
        if !determinant.is_finite() || determinant == 0.0 {
            return None;
        }
        let adjugate = [
            minor(4, 5, 7, 8),
            -minor(1, 2, 7, 8),
            minor(1, 2, 4, 5),
            -minor(3, 5, 6, 8),
            minor(0, 2, 6, 8),
            -minor(0, 2, 3, 5),
            minor(3, 4, 6, 7),
            -minor(0, 1, 6, 7),
            minor(0, 1, 3, 4),
        ];
        Some(Perspective::new(adjugate.map(|value| value / determinant)))
    }

    /// Where a point goes.
    #[inline]
    pub(crate) fn map(&self, x: f32, y: f32) -> Point {
        let m = &self.1;
        let scale = 1.0 / (m[6] * x + m[7] * y + m[8]);
        Point::new(
            (m[0] * x + m[1] * y + m[2]) * scale,
            (m[3] * x + m[4] * y + m[5]) * scale,
        )
    }
}
