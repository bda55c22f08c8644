//! Alignment patterns: the small squares that say where the far parts of a code are.

use crate::geometry::Point;
use crate::grid::{Grid, alignment_centres, alignment_places};
use crate::homography::{Match, fit};
use crate::mesh::Mesh;
use crate::plane::Luma;

/// Contrast of a pattern against that of the finders, from which it counts as seen.
const LEAST_CONTRAST: f32 = 0.3;
/// Weight of an alignment pattern beside the corners of finders.
const WEIGHT: f32 = 3.0;
/// Versions from this size on have more than one pattern.
const MANY_MODULES: usize = 45;
/// Mean distance of the patterns from where a flat code has them, in modules, from which a mesh is worth it.
const UNEVEN: f32 = 0.12;

/// The grid with its map drawn through the alignment patterns that are seen; `None` if none is.
pub(crate) fn aligned(grid: &Grid, luma: Luma<'_>, finders: &[Match]) -> Option<Grid> {
    let centres = alignment_centres(grid.modules);
    let last = *centres.last()? as f32 + 0.5;
    let reach = (grid.modules as f32 * 0.05).clamp(2.0, 6.0);
    let mut matches = finders.to_vec();
    let mut better = grid.clone();
    let corner = Point::new(last, last);
    let found = seen(grid, luma, corner, reach);
    if let Some(pixel) = found {
        matches.push(Match {
            module: corner,
            pixel,
            weight: WEIGHT,
        });
        better.map = fit(&matches)?;
    }
    if grid.modules >= MANY_MODULES {
        return many(&better, luma, finders, &centres);
    }
    found.map(|_| better)
}

/// All patterns of a large code: the flat map that fits them best, and a mesh where they do not lie flat.
fn many(grid: &Grid, luma: Luma<'_>, finders: &[Match], centres: &[usize]) -> Option<Grid> {
    let mut matches = finders.to_vec();
    let mut better = grid.clone();
    let mut pixels: Vec<((usize, usize), Point)> = Vec::new();
    let mut places = alignment_places(centres);
    // From the finders outwards, each pattern helping to find the next.
    places.sort_by_key(|(x, y)| x + y);
    for (x, y) in places {
        let centre = Point::new(x as f32 + 0.5, y as f32 + 0.5);
        if let Some(pixel) = seen(&better, luma, centre, 1.5) {
            pixels.push(((x, y), pixel));
            matches.push(Match {
                module: centre,
                pixel,
                weight: WEIGHT,
            });
            better.map = fit(&matches)?;
        }
    }
    if pixels.is_empty() {
        return None;
    }
    let module = better.module_pixels();
    let offset = |one: &Match| one.pixel - better.map.map(one.module.x, one.module.y);
    let uneven = matches.iter().map(|one| offset(one).length()).sum::<f32>() / matches.len() as f32;
    if uneven > UNEVEN * module {
        let count = centres.len();
        let mut seen = vec![None; count * count];
        // The middles of the finders stand for the three crossings inside them.
        for (index, crossing) in [(0, 0), (5, count - 1), (10, (count - 1) * count)] {
            seen[crossing] = finders.get(index).map(offset);
        }
        for one in &matches[finders.len()..] {
            let line = |place: f32| centres.iter().position(|centre| *centre == place as usize);
            if let (Some(row), Some(column)) = (line(one.module.y), line(one.module.x)) {
                seen[row * count + column] = Some(offset(one));
            }
        }
        better.mesh = Mesh::new(centres, &seen);
    }
    Some(better)
}

/// The pixel of the pattern around a place in modules, if there is one within reach.
fn seen(grid: &Grid, luma: Luma<'_>, centre: Point, reach: f32) -> Option<Point> {
    let coarse = Patch::around(grid, luma, centre, reach, 2).best();
    let fine = Patch::around(grid, luma, coarse.at, 0.5, 4).best();
    (fine.contrast > LEAST_CONTRAST).then(|| {
        let at = fine.at + fine.lean;
        grid.place(at.x, at.y)
    })
}

/// Darkness around a place, sampled once for all the places where a pattern may be.
struct Patch {
    centre: Point,
    /// Samples in a module's length, and along a side of the patch.
    density: usize,
    side: usize,
    values: Vec<f32>,
}

/// A place in modules that looks like an alignment pattern.
struct Best {
    at: Point,
    contrast: f32,
    /// From there to where the contrast is highest between the samples.
    lean: Point,
}

impl Patch {
    fn around(grid: &Grid, luma: Luma<'_>, centre: Point, reach: f32, density: usize) -> Patch {
        let middle = grid.place(centre.x, centre.y);
        // Over a few modules perspective is as good as straight.
        let across = grid.place(centre.x + 1.0, centre.y) - middle;
        let down = grid.place(centre.x, centre.y + 1.0) - middle;
        let half = (reach * density as f32).round() as usize + 2 * density;
        let side = 2 * half + 1;
        let step = 1.0 / density as f32;
        let values = (0..side * side)
            .map(|index| {
                let offset = |position: usize| (position as f32 - half as f32) * step;
                let (x, y) = (offset(index % side), offset(index / side));
                grid.levels.darkness(luma.sample(middle + across * x + down * y))
            })
            .collect();
        Patch {
            centre,
            density,
            side,
            values,
        }
    }

    /// The place that looks most like a pattern, the nearer ones preferred a little.
    fn best(&self) -> Best {
        let margin = 2 * self.density;
        let places = margin..self.side - margin;
        let (mut best, mut at) = (f32::MIN, (margin, margin));
        for y in places.clone() {
            for x in places.clone() {
                let away = self.offset(x).hypot(self.offset(y));
                let score = self.contrast(x, y) * (1.0 - 0.02 * away);
                if score > best {
                    (best, at) = (score, (x, y));
                }
            }
        }
        let (x, y) = at;
        let lean = |before: Option<f32>, after: Option<f32>| match (before, after) {
            (Some(before), Some(after)) => {
                let bend = 2.0 * best - before - after;
                if bend > 1e-6 {
                    ((after - before) / (2.0 * bend)).clamp(-0.5, 0.5)
                } else {
                    0.0
                }
            }
            _ => 0.0,
        };
        let near =
            |x: usize, y: usize| (places.contains(&x) && places.contains(&y)).then(|| self.contrast(x, y));
        let step = 1.0 / self.density as f32;
        Best {
            at: self.centre + Point::new(self.offset(x), self.offset(y)),
            contrast: best,
            lean: Point::new(
                lean(near(x - 1, y), near(x + 1, y)),
                lean(near(x, y - 1), near(x, y + 1)),
            ) * step,
        }
    }

    /// Modules from the middle.
    fn offset(&self, position: usize) -> f32 {
        (position as f32 - (self.side / 2) as f32) / self.density as f32
    }

    /// Dark ring and core minus light ring of a pattern whose middle is that sample.
    fn contrast(&self, x: usize, y: usize) -> f32 {
        let step = self.density;
        let at = |dx: usize, dy: usize| {
            self.values[(y + dy * step - 2 * step) * self.side + x + dx * step - 2 * step]
        };
        let (mut light, mut dark) = (0.0, 0.0);
        for side in 0..4 {
            dark += at(side, 0) + at(4, side) + at(4 - side, 4) + at(0, 4 - side);
        }
        for side in 1..3 {
            light += at(side, 1) + at(3, side) + at(4 - side, 3) + at(1, 4 - side);
        }
        // A dark square without a light ring, or a lone dark module, has one of the two only.
        0.7 * dark / 16.0 + 0.3 * at(2, 2) - light / 8.0
    }
}
