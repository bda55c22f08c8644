//! Which finders may belong to one code.

use crate::geometry::Point;
use crate::homography::Match;
use crate::rings::{Exit, OUTLINE, Ring};

/// Neighbours of a finder that are looked at, the nearest first.
const NEIGHBOURS: usize = 12;
/// Triples that are tried in a frame, the most regular ones first.
const MOST_TRIPLES: usize = 60;
/// How far from the middle of a finder's edge the line to the next finder may leave it, and all four such lines
/// of a triple together.
const MOST_OFF_MIDDLE: f32 = 0.55;
/// Modules between the centres of two finders of a code: 14 to 170, with room for a wrong measure.
const LEG_MODULES: std::ops::Range<f32> = 11.0..190.0;
/// Distance of a finder's centre from the edge of the code, in modules.
pub(crate) const FINDER_INSET: f32 = 3.5;

/// Two finders beside each other, as seen from the first.
#[derive(Clone, Copy)]
pub(crate) struct Leg {
    /// The other finder's place in the list.
    pub(crate) other: usize,
    /// Where the line leaves the first, and where it enters the other.
    pub(crate) near: Exit,
    pub(crate) far: Exit,
    /// Modules along the whole code.
    pub(crate) modules: f32,
}

/// Three finders in their roles.
#[derive(Clone, Copy)]
pub(crate) struct Triple {
    /// Places in the list of finders: top left, top right, bottom left.
    pub(crate) members: [usize; 3],
    pub(crate) across: Leg,
    pub(crate) down: Leg,
    badness: f32,
}

/// The legs that could start at each finder.
pub(crate) fn legs(rings: &[Ring]) -> Vec<Vec<Leg>> {
    (0..rings.len()).map(|index| legs_of(rings, index)).collect()
}

fn legs_of(rings: &[Ring], index: usize) -> Vec<Leg> {
    let from = &rings[index];
    let mut near: Vec<(f32, usize)> = rings
        .iter()
        .enumerate()
        .filter(|(other, ring)| *other != index && ring.is_inverted == from.is_inverted)
        .filter(|(_, ring)| ring.module < 3.0 * from.module && from.module < 3.0 * ring.module)
        .map(|(other, ring)| ((ring.centre - from.centre).length(), other))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    near.truncate(NEIGHBOURS);
    near.into_iter()
        .filter_map(|(length, other)| {
            let direction = rings[other].centre - from.centre;
            let near = from.along(direction)?;
            let far = rings[other].along(direction * -1.0)?;
            // The geometric mean of the two ends is what perspective leaves alone.
            let between = length / (near.module * far.module).sqrt();
            (LEG_MODULES.contains(&between)
                && near.off_middle.abs() < MOST_OFF_MIDDLE
                && far.off_middle.abs() < MOST_OFF_MIDDLE)
                .then_some(Leg {
                    other,
                    near,
                    far,
                    modules: between + 2.0 * FINDER_INSET,
                })
        })
        .collect()
}

/// Triples that could be one code, best first. Any finder of a triple may be its corner: tilted strongly, a
/// square does not show which one is.
pub(crate) fn triples(rings: &[Ring], legs: &[Vec<Leg>]) -> Vec<Triple> {
    let mut found = Vec::new();
    for (corner, legs) in legs.iter().enumerate() {
        for across in legs {
            for down in legs {
                // Clockwise edges: down leaves one edge after across.
                if down.near.edge == (across.near.edge + 1) % 4 {
                    found.extend(triple(rings, corner, across, down));
                }
            }
        }
    }
    found.sort_by(|a: &Triple, b| a.badness.total_cmp(&b.badness));
    found.truncate(MOST_TRIPLES);
    found
}

fn triple(rings: &[Ring], corner: usize, across: &Leg, down: &Leg) -> Option<Triple> {
    let uneven = (across.modules / down.modules).ln().abs();
    if uneven > 0.3 {
        return None;
    }
    let modules = [corner, across.other, down.other].map(|member| rings[member].module);
    let sizes =
        modules.iter().copied().fold(0.0, f32::max) / modules.iter().copied().fold(f32::MAX, f32::min);
    let off_middle = [across.near, across.far, down.near, down.far]
        .iter()
        .map(|exit| exit.off_middle.abs())
        .sum::<f32>();
    Some(Triple {
        members: [corner, across.other, down.other],
        across: *across,
        down: *down,
        badness: 3.0 * uneven + off_middle + 0.5 * sizes.ln() + 0.01 * across.modules.max(down.modules),
    })
}

impl Triple {
    /// Modules along a side, as measured.
    pub(crate) fn modules(&self) -> f32 {
        (self.across.modules + self.down.modules) / 2.0
    }

    /// The fifteen points of the three finders in a code of `modules` modules.
    pub(crate) fn matches(&self, rings: &[Ring], modules: usize) -> Vec<Match> {
        let (near, far) = (FINDER_INSET, modules as f32 - FINDER_INSET);
        let [corner, right, below] = self.members.map(|member| &rings[member]);
        // The first corner of the edge towards the next finder is: of the corner finder its top right,
        // of the right one its bottom left, of the one below its top left.
        let mut matches = matches_of(corner, Point::new(near, near), self.across.near.edge, 1);
        matches.extend(matches_of(right, Point::new(far, near), self.across.far.edge, 3));
        matches.extend(matches_of(below, Point::new(near, far), self.down.far.edge, 0));
        matches
    }
}

/// The five points of a finder whose outline corner `first` is the `role`th of its module square, clockwise from
/// the top left.
pub(crate) fn matches_of(ring: &Ring, centre: Point, first: usize, role: usize) -> Vec<Match> {
    const SQUARE: [(f32, f32); 4] = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let mut matches = vec![Match {
        module: centre,
        pixel: ring.centre,
        weight: 2.0,
    }];
    for step in 0..4 {
        let (x, y) = SQUARE[(role + step) % 4];
        matches.push(Match {
            module: centre + Point::new(x, y) * OUTLINE,
            pixel: ring.outline[(first + step) % 4],
            weight: 1.0,
        });
    }
    matches
}
