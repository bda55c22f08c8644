//! From three finder patterns to the modules of a code.

use crate::binarise::Binary;
use crate::finder::Finder;
use crate::geometry::{Perspective, Point, fit_line, intersection};
use crate::plane::Plane;

/// Triples that are tried in a frame, the most square ones first.
const MOST_TRIPLES: usize = 24;
/// Distance of a finder's centre, and of the last alignment pattern's, from the edge of the code in modules.
const FINDER_INSET: f32 = 3.5;
const ALIGNMENT_INSET: f32 = 6.5;

/// Three finders in their roles.
#[derive(Clone, Copy)]
pub(crate) struct Triple {
    pub(crate) top_left: Finder,
    pub(crate) top_right: Finder,
    pub(crate) bottom_left: Finder,
}

/// Where the modules of a code lie in the plane.
#[derive(Clone, Copy)]
pub(crate) struct Grid {
    /// Modules along a side, 21 to 177.
    pub(crate) modules: usize,
    /// From modules, (0, 0) at the outer corner of the top left one, to pixels.
    pub(crate) map: Perspective,
}

/// Triples that could be one code, best first.
pub(crate) fn triples(finders: &[Finder]) -> Vec<Triple> {
    let mut ranked = Vec::new();
    for i in 0..finders.len() {
        for j in i + 1..finders.len() {
            for k in j + 1..finders.len() {
                for [corner, one, other] in [[i, j, k], [j, i, k], [k, i, j]] {
                    ranked.extend(ranked_triple(finders[corner], finders[one], finders[other]));
                }
            }
        }
    }
    ranked.sort_by(|a: &(f32, Triple), b| a.0.total_cmp(&b.0));
    ranked.truncate(MOST_TRIPLES);
    ranked.into_iter().map(|(_, triple)| triple).collect()
}

/// A triple with how far it is from a square seen from the front; `None` if it cannot be a code.
fn ranked_triple(corner: Finder, one: Finder, other: Finder) -> Option<(f32, Triple)> {
    let sides = [corner.side, one.side, other.side];
    let smallest = sides.iter().copied().fold(f32::MAX, f32::min);
    let size_ratio = sides.iter().copied().fold(0.0, f32::max) / smallest;
    let (a, b) = (one.centre - corner.centre, other.centre - corner.centre);
    let leg_ratio = a.length().max(b.length()) / a.length().min(b.length());
    let cosine = (a.dot(b) / (a.length() * b.length())).abs();
    // Legs are 14 to 170 modules between centres.
    let fits = |leg: Point| leg.length() > smallest * 1.4 && leg.length() < smallest * 30.0;
    if size_ratio > 2.2 || leg_ratio > 2.5 || cosine > 0.75 || !fits(a) || !fits(b) {
        return None;
    }
    let (top_right, bottom_left) = if a.cross(b) > 0.0 {
        (one, other)
    } else {
        (other, one)
    };
    let compactness = a.length().max(b.length()) / (smallest * 20.0);
    let badness = size_ratio.ln() + leg_ratio.ln() + cosine + 0.3 * compactness;
    Some((
        badness,
        Triple {
            top_left: corner,
            top_right,
            bottom_left,
        },
    ))
}

/// The grids a triple may stand for, most likely first.
pub(crate) fn grids(triple: &Triple, plane: &Plane, binary: &Binary) -> Vec<Grid> {
    let [a, b, c] = [triple.top_left, triple.top_right, triple.bottom_left].map(|finder| finder.centre);
    let Some(across) = Leg::measure(binary, a, b) else {
        return Vec::new();
    };
    let Some(down) = Leg::measure(binary, a, c) else {
        return Vec::new();
    };
    let estimate = (across.modules + down.modules) / 2.0;
    let far_corner = far_corner(binary, [a, b, c], &across, &down);
    let nearest = ((estimate - 17.0) / 4.0).round() as i32;
    let mut ranked: Vec<(f32, Grid)> = (nearest - 1..=nearest + 1)
        .filter(|version| (1..=40).contains(version))
        .filter_map(|version| {
            let modules = 17 + 4 * usize::try_from(version).ok()?;
            let map = map_of(modules, [a, b, c], far_corner)?;
            let grid = Grid { modules, map };
            Some((grid.timing_contrast(plane), grid))
        })
        .filter(|(contrast, _)| *contrast > 4.0)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.truncate(2);
    ranked
        .into_iter()
        .flat_map(|(contrast, grid)| [grid.aligned(plane, [a, b, c], contrast), Some(grid)])
        .flatten()
        .collect()
}

/// The line between two finder centres, measured in modules along itself.
struct Leg {
    direction: Point,
    /// Pixels of a module at the far end.
    far_module: f32,
    /// Modules along the whole code.
    modules: f32,
}

impl Leg {
    /// The number of modules follows from the geometric mean of the two ends, which perspective leaves alone.
    fn measure(binary: &Binary, from: Point, to: Point) -> Option<Leg> {
        let length = (to - from).length();
        let direction = (to - from) * (1.0 / length);
        let near_module = module_at(binary, from, direction)?;
        let far_module = module_at(binary, to, direction)?;
        let modules = length / (near_module * far_module).sqrt() + 2.0 * FINDER_INSET;
        (18.0..190.0).contains(&modules).then_some(Leg {
            direction,
            far_module,
            modules,
        })
    }
}

fn module_at(binary: &Binary, centre: Point, direction: Point) -> Option<f32> {
    let forward = transitions(binary, centre, direction, 3)?;
    let backward = transitions(binary, centre, direction * -1.0, 3)?;
    Some((forward + backward) / 7.0)
}

/// How far one can walk from a point until the colour has changed `count` times.
fn transitions(binary: &Binary, from: Point, direction: Point, count: u32) -> Option<f32> {
    const STEP: f32 = 0.25;
    const MOST_STEPS: u16 = 1600;
    let at = |distance: f32| {
        let point = from + direction * distance;
        binary.is_dark(point.x.floor() as i32, point.y.floor() as i32)
    };
    let mut last = at(0.0);
    let mut seen = 0;
    for step in 1..MOST_STEPS {
        let distance = f32::from(step) * STEP;
        let dark = at(distance);
        if dark != last {
            seen += 1;
            last = dark;
            if seen == count {
                return Some(distance - STEP / 2.0);
            }
        }
    }
    None
}

/// The code's bottom right corner: where the outer edges of the two far finders meet.
fn far_corner(binary: &Binary, [_, b, c]: [Point; 3], across: &Leg, down: &Leg) -> Option<Point> {
    let right = outer_edge(binary, b, across, down)?;
    let bottom = outer_edge(binary, c, down, across)?;
    intersection(right, bottom)
}

/// The outer edge of a finder in the direction of its leg, as a line.
fn outer_edge(binary: &Binary, centre: Point, leg: &Leg, other: &Leg) -> Option<(Point, Point)> {
    let aside_module = module_at(binary, centre, other.direction).unwrap_or(leg.far_module);
    let edge: Vec<Point> = (-5_i16..=5)
        .filter_map(|half| {
            let aside = other.direction * (aside_module * f32::from(half) / 2.0);
            let inside = centre + aside + leg.direction * (3.0 * leg.far_module);
            let distance = transitions(binary, inside, leg.direction, 1)?;
            (distance < 2.0 * leg.far_module).then_some(inside + leg.direction * distance)
        })
        .collect();
    fit_line(&edge)
}

fn map_of(modules: usize, [a, b, c]: [Point; 3], far_corner: Option<Point>) -> Option<Perspective> {
    let n = modules as f32;
    let far = n - FINDER_INSET;
    let near = FINDER_INSET;
    let (inset, corner) = far_corner.map_or((far, b + c - a), |corner| (n, corner));
    let from = [
        Point::new(near, near),
        Point::new(far, near),
        Point::new(inset, inset),
        Point::new(near, far),
    ];
    Perspective::between(&from, &[a, b, corner, c])
}

impl Grid {
    /// The corners of the code in pixels, clockwise from its own top left.
    pub(crate) fn corners(&self) -> [Point; 4] {
        let n = self.modules as f32;
        [
            self.map.map(0.0, 0.0),
            self.map.map(n, 0.0),
            self.map.map(n, n),
            self.map.map(0.0, n),
        ]
    }

    /// Light minus dark along the two timing patterns: large only for the right number of modules.
    fn timing_contrast(&self, plane: &Plane) -> f32 {
        let mut sum = 0.0;
        for index in 8..self.modules - 8 {
            let along = index as f32 + 0.5;
            let value = plane.sample(self.map.map(along, 6.5)) + plane.sample(self.map.map(6.5, along));
            sum += if index % 2 == 0 { -value } else { value };
        }
        sum / (self.modules - 16) as f32
    }

    /// The same grid with its fourth point taken from the alignment pattern, if that is seen.
    fn aligned(&self, plane: &Plane, [a, b, c]: [Point; 3], contrast: f32) -> Option<Grid> {
        if self.modules < 25 {
            return None;
        }
        let n = self.modules as f32;
        let expected = n - ALIGNMENT_INSET;
        let reach = (n * 0.06).clamp(2.5, 6.0);
        let coarse = self.best_alignment(plane, Point::new(expected, expected), reach, 0.5)?;
        let fine = self.best_alignment(plane, coarse.1, 0.5, 0.125)?;
        if fine.0 < 0.4 * contrast {
            return None;
        }
        let (near, far) = (FINDER_INSET, n - FINDER_INSET);
        let from = [
            Point::new(near, near),
            Point::new(far, near),
            Point::new(expected, expected),
            Point::new(near, far),
        ];
        let map = Perspective::between(&from, &[a, b, self.map.map(fine.1.x, fine.1.y), c])?;
        Some(Grid {
            modules: self.modules,
            map,
        })
    }

    /// The place around `centre` (in modules) that looks most like an alignment pattern, and its contrast.
    fn best_alignment(&self, plane: &Plane, centre: Point, reach: f32, step: f32) -> Option<(f32, Point)> {
        let steps = (reach / step).round() as i16;
        let mut best: Option<(f32, Point)> = None;
        for down in -steps..=steps {
            for across in -steps..=steps {
                let offset = Point::new(f32::from(across), f32::from(down)) * step;
                let at = centre + offset;
                let score = self.alignment_contrast(plane, at) * (1.0 - 0.02 * offset.length());
                if best.is_none_or(|(highest, _)| score > highest) {
                    best = Some((score, at));
                }
            }
        }
        best
    }

    /// Light ring minus dark ring and core of an alignment pattern centred at a place in modules.
    fn alignment_contrast(&self, plane: &Plane, centre: Point) -> f32 {
        let (mut light, mut dark) = (0.0, 0.0);
        for y in -2_i16..=2 {
            for x in -2_i16..=2 {
                let value = plane.sample(self.map.map(centre.x + f32::from(x), centre.y + f32::from(y)));
                if x.abs().max(y.abs()) == 1 {
                    light += value;
                } else {
                    dark += value;
                }
            }
        }
        light / 8.0 - dark / 17.0
    }

    /// The modules as read from the plane, row by row, `true` for dark.
    ///
    /// `sharpening` undoes blur in module space: each value is moved away from the mean of its neighbours.
    pub(crate) fn modules_read(&self, plane: &Plane, sharpening: f32) -> Vec<bool> {
        let n = self.modules;
        let raw: Vec<f32> = (0..n * n)
            .map(|index| plane.sample(self.map.map((index % n) as f32 + 0.5, (index / n) as f32 + 0.5)))
            .collect();
        let values = if sharpening > 0.0 {
            sharpened(&raw, n, sharpening)
        } else {
            raw
        };
        let middles = local_middles(&values, n);
        values
            .iter()
            .zip(&middles)
            .map(|(value, middle)| value < middle)
            .collect()
    }
}

fn sharpened(values: &[f32], n: usize, amount: f32) -> Vec<f32> {
    (0..n * n)
        .map(|index| {
            let (x, y) = (index % n, index / n);
            let neighbours = values[y * n + x.saturating_sub(1)]
                + values[y * n + (x + 1).min(n - 1)]
                + values[y.saturating_sub(1) * n + x]
                + values[(y + 1).min(n - 1) * n + x];
            values[index] + amount * (values[index] - neighbours / 4.0)
        })
        .collect()
}

/// The middle between the darkest and the lightest module around each module.
fn local_middles(values: &[f32], n: usize) -> Vec<f32> {
    const REACH: usize = 4;
    let along = |source: &[(f32, f32)], stride: usize, other: usize| -> Vec<(f32, f32)> {
        let mut out = vec![(0.0, 0.0); n * n];
        for line in 0..n {
            for at in 0..n {
                let (from, to) = (at.saturating_sub(REACH), (at + REACH).min(n - 1));
                out[line * other + at * stride] = (from..=to)
                    .map(|position| source[line * other + position * stride])
                    .fold((f32::MAX, f32::MIN), |low_high, value| {
                        (low_high.0.min(value.0), low_high.1.max(value.1))
                    });
            }
        }
        out
    };
    let points: Vec<(f32, f32)> = values.iter().map(|value| (*value, *value)).collect();
    let rows = along(&points, 1, n);
    along(&rows, n, 1)
        .into_iter()
        .map(|(low, high)| (low + high) / 2.0)
        .collect()
}
