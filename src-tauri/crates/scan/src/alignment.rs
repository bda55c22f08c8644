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
    let coarse = best_near(grid, luma, centre, reach, 0.5)?;
    let fine = best_near(grid, luma, coarse.1, 0.375, 0.125)?;
    (fine.0 > LEAST_CONTRAST).then(|| grid.place(fine.1.x, fine.1.y))
}

/// The place around `centre` (in modules) that looks most like an alignment pattern, and its contrast.
fn best_near(grid: &Grid, luma: Luma<'_>, centre: Point, reach: f32, step: f32) -> Option<(f32, Point)> {
    let steps = (reach / step).round() as i16;
    let mut best: Option<(f32, Point)> = None;
    for down in -steps..=steps {
        for across in -steps..=steps {
            let offset = Point::new(f32::from(across), f32::from(down)) * step;
            let at = centre + offset;
            let score = contrast_at(grid, luma, at) * (1.0 - 0.02 * offset.length());
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, at));
            }
        }
    }
    best
}

/// Dark ring and core minus light ring of an alignment pattern centred at a place in modules.
fn contrast_at(grid: &Grid, luma: Luma<'_>, centre: Point) -> f32 {
    let middle = grid.place(centre.x, centre.y);
    // Over five modules perspective is as good as straight.
    let across = grid.place(centre.x + 1.0, centre.y) - middle;
    let down = grid.place(centre.x, centre.y + 1.0) - middle;
    let (mut light, mut dark, mut core) = (0.0, 0.0, 0.0);
    for y in -2_i16..=2 {
        for x in -2_i16..=2 {
            let value = luma.sample(middle + across * f32::from(x) + down * f32::from(y));
            match x.abs().max(y.abs()) {
                0 => core += value,
                1 => light += value,
                _ => dark += value,
            }
        }
    }
    let light = grid.levels.darkness(light / 8.0);
    let dark = grid.levels.darkness(dark / 16.0);
    let core = grid.levels.darkness(core);
    // A dark square without a light ring, or a lone dark module, has one of the two only.
    0.7 * dark + 0.3 * core - light
}
