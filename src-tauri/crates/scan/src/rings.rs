//! The rings of a finder, seen in grey on rays from its centre.
//!
//! A line that happens to be 1:1:3:1:1 is common in a cluttered frame; a dark core, a light ring and a dark ring
//! on rays in all directions are not. The same rays give the outline: halfway between the two edges of the dark
//! ring, three modules from the centre, where bloom and blur move one edge out as far as they move the other in.

use std::f32::consts::TAU;

use crate::binarise::Binary;
use crate::finder::Place;
use crate::geometry::{Point, fit_line, intersection};
use crate::plane::Luma;

/// Rays of the test, and how many of them have to show the rings: some may be covered.
const RAYS: usize = 16;
const LEAST_RAYS: usize = 11;
/// One ray in so many may end outside the frame, and then does not count.
const MOST_CUT: usize = 3;
/// Rays of the outline.
const OUTLINE_RAYS: usize = 48;
/// Points of a side, of about nine, from which its line is drawn.
const LEAST_SIDE_POINTS: usize = 5;
/// Steps of a ray, at most.
const MOST_STEPS: u16 = 96;
/// Contrast between the light ring and the dark parts, in grey levels.
const LEAST_CONTRAST: f32 = 8.0;
/// The same as a share of the noise.
const NOISE_SHARE: f32 = 0.6;
/// Modules from the centre to the outline.
pub(crate) const OUTLINE: f32 = 3.0;

/// A finder pattern whose rings were seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    pub(crate) centre: Point,
    /// Corners of the square of six modules around the centre, clockwise.
    pub(crate) outline: [Point; 4],
    /// Pixels of a module, as the mean over the directions.
    pub(crate) module: f32,
    /// Share of the rays that show the rings.
    pub(crate) share: f32,
    /// Grey levels of what counts as light and as dark: for a light on dark pattern the dark one is higher.
    pub(crate) light: f32,
    pub(crate) dark: f32,
    pub(crate) is_inverted: bool,
}

impl Ring {
    /// Whether a point is in the core, where no second finder can be.
    pub(crate) fn covers(&self, point: Point) -> bool {
        (self.centre - point).length() < 2.0 * self.module
    }

    /// Pixels of a module along a direction through the centre, and how far from the middle of an edge the line
    /// leaves: (module, index of the edge, −1…1 from its first to its second corner).
    pub(crate) fn along(&self, direction: Point) -> Option<Exit> {
        let forward = self.exit(direction)?;
        let backward = self.exit(direction * -1.0)?;
        Some(Exit {
            module: (forward.module + backward.module) / 2.0,
            ..forward
        })
    }

    fn exit(&self, direction: Point) -> Option<Exit> {
        let length = direction.length();
        (0..4).find_map(|edge| {
            let (first, second) = (
                self.outline[edge] - self.centre,
                self.outline[(edge + 1) % 4] - self.centre,
            );
            let side = second - first;
            let cross = direction.cross(side);
            // Clockwise corners: a ray outwards crosses each edge from the same side.
            if cross <= 1e-6 {
                return None;
            }
            let share = first.cross(direction) / cross;
            let distance = first.cross(side) / cross * length;
            ((-0.02..=1.02).contains(&share) && distance > 0.0).then_some(Exit {
                module: distance / OUTLINE,
                edge,
                off_middle: 2.0 * share - 1.0,
            })
        })
    }
}

/// Where a line from the centre of a finder leaves its outline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    /// Pixels of a module in that direction.
    pub(crate) module: f32,
    /// The edge from corner `edge` to the next.
    pub(crate) edge: usize,
    /// −1 at the first corner of the edge, 0 in its middle, 1 at the second.
    pub(crate) off_middle: f32,
}

/// The finder at a place, if its rings are there.
pub(crate) fn ring_around(luma: Luma<'_>, binary: &Binary, place: &Place) -> Option<Ring> {
    let mut eye = Eye {
        luma,
        threshold: f32::from(binary.threshold(place.centre.x, place.centre.y)),
        sign: if place.is_inverted { -1.0 } else { 1.0 },
        centre: place.centre,
        step: (place.across.min(place.down) / 21.0).max(0.4),
        reach: 1.15 * place.across.max(place.down),
        half: 0.45 * place.across.min(place.down),
    };
    let rays = eye.rays::<RAYS>(RAYS - LEAST_RAYS)?;
    eye.centre = eye.centre + middle_of(&rays);
    let rays = eye.rays::<OUTLINE_RAYS>(OUTLINE_RAYS * (RAYS - LEAST_RAYS) / RAYS)?;
    let points: Vec<Point> = rays
        .iter()
        .flatten()
        .map(|ray| ray.direction * ((ray.edges[1] + ray.edges[2]) / 2.0))
        .collect();
    let corners = square_through(&points)?;
    let shift = intersection(
        (corners[0], corners[2] - corners[0]),
        (corners[1], corners[3] - corners[1]),
    )?;
    let module = (0..4)
        .map(|corner| (corners[(corner + 1) % 4] - corners[corner]).length())
        .sum::<f32>()
        / (4.0 * 2.0 * OUTLINE);
    if shift.length() > 1.2 * module || !is_plausible(&corners) {
        return None;
    }
    let (light, dark) = eye.levels(&rays);
    ((light - dark) * eye.sign >= LEAST_CONTRAST.max(NOISE_SHARE * f32::from(binary.noise()))).then(|| Ring {
        centre: eye.centre + shift,
        outline: corners.map(|corner| corner + eye.centre),
        module,
        share: points.len() as f32 / OUTLINE_RAYS as f32,
        light,
        dark,
        is_inverted: place.is_inverted,
    })
}

/// A ray that shows the rings: distances at which the core, the light and the dark ring end.
#[derive(Clone, Copy)]
struct Ray {
    direction: Point,
    edges: [f32; 3],
}

struct Eye<'a> {
    luma: Luma<'a>,
    threshold: f32,
    sign: f32,
    centre: Point,
    step: f32,
    reach: f32,
    /// Least distance at which the dark ring ends.
    half: f32,
}

impl Eye<'_> {
    /// Rays in `N` directions, `None` for those without rings; `None` at all as soon as too many are without.
    fn rays<const N: usize>(&self, most_missing: usize) -> Option<[Option<Ray>; N]> {
        let mut rays = [None; N];
        let (mut missing, mut cut) = (0, 0);
        for index in 0..N {
            // Directions far apart come first, so that a false candidate is dropped after few.
            let slot = (index * 5) % N;
            let angle = TAU * slot as f32 / N as f32;
            rays[slot] = self.ray(Point::new(angle.cos(), angle.sin()));
            if rays[slot].is_none() {
                if self.is_cut(Point::new(angle.cos(), angle.sin())) {
                    cut += 1;
                } else {
                    missing += 1;
                }
            }
            // A false candidate misses half its rays: half of what may be missing tells after half of them.
            let too_many = if 2 * index < N {
                most_missing / 2 + 1
            } else {
                most_missing
            };
            if missing > too_many || cut * MOST_CUT > N {
                return None;
            }
        }
        Some(rays)
    }

    /// Whether the frame ends before the rings do in a direction.
    fn is_cut(&self, direction: Point) -> bool {
        let end = self.centre + direction * self.half;
        let inside = 0.0..self.luma.width as f32;
        !inside.contains(&end.x) || !(0.0..self.luma.height as f32).contains(&end.y)
    }

    /// Below 0 for dark.
    fn value(&self, direction: Point, distance: f32) -> f32 {
        (self.luma.sample(self.centre + direction * distance) - self.threshold) * self.sign
    }

    fn ray(&self, direction: Point) -> Option<Ray> {
        let mut edges = [0.0; 3];
        let mut found = 0;
        let mut last = self.value(direction, 0.0);
        if last >= 0.0 {
            return None;
        }
        // The core ends within less than half the way, the rings in proportion to it.
        let mut farthest = 0.45 * self.reach;
        for step in 1..MOST_STEPS {
            let distance = f32::from(step) * self.step;
            if distance > farthest {
                return None;
            }
            let value = self.value(direction, distance);
            if (value < 0.0) != (last < 0.0) {
                edges[found] = distance - self.step * value / (value - last);
                found += 1;
                match found {
                    1 => farthest = 2.6 * edges[0] + 2.0,
                    2 => farthest = 2.0 * edges[1] + 2.0,
                    _ => break,
                }
            }
            last = value;
        }
        let module = (edges[1] + edges[2]) / 6.0;
        let slack = 0.5 * module + 0.4;
        let is_ring = found == 3
            && (edges[0] - 1.5 * module).abs() < slack
            && (edges[1] - 2.5 * module).abs() < slack
            && edges[2] - edges[1] > 0.3 * module;
        is_ring.then_some(Ray { direction, edges })
    }

    /// Mean grey of the light ring, and of the core and the dark ring together.
    fn levels(&self, rays: &[Option<Ray>]) -> (f32, f32) {
        let (mut light, mut dark, mut count) = (0.0, 0.0, 0.0);
        for ray in rays.iter().flatten() {
            let at = |distance: f32| self.luma.sample(self.centre + ray.direction * distance);
            light += at((ray.edges[0] + ray.edges[1]) / 2.0);
            dark += (at((ray.edges[1] + ray.edges[2]) / 2.0) + at(ray.edges[0] / 2.0)) / 2.0;
            count += 1.0;
        }
        (light / count, dark / count)
    }
}

/// The mean of the middles between opposite edges, relative to where the rays start.
fn middle_of(rays: &[Option<Ray>; RAYS]) -> Point {
    let mut sum = Point::default();
    let mut count = 0.0;
    let (half, opposite_half) = rays.split_at(RAYS / 2);
    for (one, other) in half.iter().zip(opposite_half) {
        if let (Some(one), Some(other)) = (one, other) {
            for edge in 0..3 {
                sum = sum + (one.direction * one.edges[edge] + other.direction * other.edges[edge]) * 0.5;
                count += 1.0;
            }
        }
    }
    if count == 0.0 { sum } else { sum * (1.0 / count) }
}

/// The corners, clockwise, of the square in perspective that points around the origin lie on.
///
/// Scaled to equal variance in all directions, a square in perspective is nearly a square again, and the
/// fourth harmonic of its radius tells how far it is turned. That uses all points, so a damaged corner does no harm.
fn square_through(points: &[Point]) -> Option<[Point; 4]> {
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for point in points {
        xx += point.x * point.x;
        xy += point.x * point.y;
        yy += point.y * point.y;
    }
    // Cholesky: the points are L·q with q of equal variance.
    let a = xx.sqrt();
    let b = xy / a;
    let c = (yy - b * b).max(0.0).sqrt();
    if !(a > 1e-3 && c > 1e-3) {
        return None;
    }
    let whitened: Vec<Point> = points
        .iter()
        .map(|point| Point::new(point.x / a, (point.y - b * point.x / a) / c))
        .collect();
    let mean = whitened.iter().map(|point| point.length()).sum::<f32>() / whitened.len() as f32;
    let (mut cosine, mut sine) = (0.0, 0.0);
    for point in &whitened {
        let (angle, more) = (4.0 * point.y.atan2(point.x), point.length() - mean);
        cosine += more * angle.cos();
        sine += more * angle.sin();
    }
    let turn = sine.atan2(cosine) / 4.0;
    let mut sides: [Vec<Point>; 4] = Default::default();
    for (point, white) in points.iter().zip(&whitened) {
        // Quarter turns from the first corner; the middle of a side is at one half.
        let quarters = (white.y.atan2(white.x) - turn).rem_euclid(TAU) * 4.0 / TAU;
        let side = (quarters as usize).min(3);
        if (quarters - side as f32 - 0.5).abs() < 0.36 {
            sides[side].push(*point);
        }
    }
    let lines: [Option<(Point, Point)>; 4] = std::array::from_fn(|side| {
        let points = &sides[side];
        (points.len() >= LEAST_SIDE_POINTS)
            .then(|| fit_line(points))
            .flatten()
    });
    let line = |side: usize| {
        // A covered side is where the opposite one is, seen from the centre.
        lines[side].or_else(|| lines[(side + 2) % 4].map(|(point, direction)| (point * -1.0, direction)))
    };
    let mut corners = [Point::default(); 4];
    for (side, corner) in corners.iter_mut().enumerate() {
        *corner = intersection(line((side + 3) % 4)?, line(side)?)?;
    }
    Some(corners)
}

/// Whether corners are a convex quadrilateral that a square can look like.
fn is_plausible(corners: &[Point; 4]) -> bool {
    let sides: [Point; 4] = std::array::from_fn(|corner| corners[(corner + 1) % 4] - corners[corner]);
    let lengths = sides.map(Point::length);
    let longest = lengths.iter().copied().fold(0.0, f32::max);
    (0..4).all(|side| {
        let (this, next) = (sides[side], sides[(side + 1) % 4]);
        let sine = this.cross(next) / (lengths[side] * lengths[(side + 1) % 4]);
        let opposite = lengths[side] / lengths[(side + 2) % 4];
        sine > 0.3 && (0.5..2.0).contains(&opposite) && lengths[side] * 4.0 > longest
    })
}
