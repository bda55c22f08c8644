//! Finder patterns: the three squares whose dark and light runs are 1:1:3:1:1 on every line through the centre.

use crate::binarise::Binary;
use crate::geometry::Point;
use crate::plane::Luma;
use crate::rings::{Ring, ring_around};

/// Every third row meets the core of a code of one and a half pixels a module.
const ROW_STEP: usize = 3;
/// A cluttered frame has more candidates than that only where no code could be read anyway.
const MOST_FINDERS: usize = 160;
/// Pixels of the smallest finder, at 1.2 pixels a module.
const LEAST_WIDTH: i32 = 8;

/// What a search saw besides finders.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Places where a row and a column have the ratio, whatever the rings say.
    pub(crate) candidates: usize,
}

/// The memory of a search, used again for the next.
#[derive(Default)]
pub(crate) struct FinderSearch {
    edges: Vec<i32>,
}

impl FinderSearch {
    /// All finder patterns of a picture, dark on light and light on dark, in the order of rows.
    pub(crate) fn find(&mut self, luma: Luma<'_>, binary: &Binary, found: &mut Vec<Ring>) -> Seen {
        found.clear();
        let mut seen = Seen::default();
        for y in (1..binary.height).step_by(ROW_STEP) {
            edges_of(binary.row(y), binary.width, &mut self.edges);
            for (index, window) in self.edges.windows(6).enumerate() {
                let runs = std::array::from_fn(|run| window[run + 1] - window[run]);
                if !has_finder_ratio(&runs) {
                    continue;
                }
                let centre = Point::new((window[2] + window[3]) as f32 / 2.0, y as f32 + 0.5);
                let is_inverted = index % 2 == 1;
                if found
                    .iter()
                    .any(|ring| ring.is_inverted == is_inverted && ring.covers(centre))
                {
                    continue;
                }
                let Some(place) = crossed(binary, centre, window[5] - window[0], is_inverted) else {
                    continue;
                };
                seen.candidates += 1;
                if let Some(ring) = ring_around(luma, binary, &place)
                    && !found
                        .iter()
                        .any(|one| one.is_inverted == is_inverted && one.covers(ring.centre))
                {
                    found.push(ring);
                    if found.len() >= MOST_FINDERS {
                        return seen;
                    }
                }
            }
        }
        seen
    }
}

/// A place where a row and a column have the runs of a finder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) centre: Point,
    /// Pixels of the pattern along the row and along the column.
    pub(crate) across: f32,
    pub(crate) down: f32,
    /// Light on dark.
    pub(crate) is_inverted: bool,
}

/// Where the colour changes along a row, beginning with the first dark pixel.
fn edges_of(row: &[u64], width: usize, edges: &mut Vec<i32>) {
    edges.clear();
    let mut last_bit = 0;
    for (index, word) in row.iter().enumerate() {
        let mut changes = word ^ (word << 1 | last_bit);
        last_bit = word >> 63;
        while changes != 0 {
            edges.push((64 * index) as i32 + changes.trailing_zeros() as i32);
            changes &= changes - 1;
        }
    }
    if edges.len() % 2 == 1 && last_bit == 1 {
        edges.push(width as i32);
    }
}

/// Checks the column, then the row through a candidate, and takes the centre from them.
fn crossed(binary: &Binary, rough: Point, width: i32, is_inverted: bool) -> Option<Place> {
    let longest = 2 * width;
    let (runs, offset) = runs_through(binary, rough, (0, 1), longest, is_inverted)?;
    if !has_finder_ratio(&runs) {
        return None;
    }
    let centre = Point::new(rough.x, rough.y + offset);
    let down: i32 = runs.iter().sum();
    let (runs, offset) = runs_through(binary, centre, (1, 0), longest, is_inverted)?;
    if !has_finder_ratio(&runs) {
        return None;
    }
    let across: i32 = runs.iter().sum();
    (3 * across > down && 3 * down > across).then_some(Place {
        centre: Point::new(centre.x + offset, centre.y),
        across: across as f32,
        down: down as f32,
        is_inverted,
    })
}

/// The five runs of a line through a point in the core, and how far the core's middle is from the point.
fn runs_through(
    binary: &Binary,
    centre: Point,
    (dx, dy): (i32, i32),
    longest: i32,
    is_inverted: bool,
) -> Option<([i32; 5], f32)> {
    let (x, y) = (centre.x.floor() as i32, centre.y.floor() as i32);
    let mut forward = [0; 3];
    let mut backward = [0; 3];
    for (runs, sign) in [(&mut forward, 1), (&mut backward, -1)] {
        let mut at = if sign > 0 { 0 } else { 1 };
        for (index, run) in runs.iter_mut().enumerate() {
            let wanted = (index != 1) != is_inverted;
            while *run <= longest && binary.is_dark(x + sign * dx * at, y + sign * dy * at) == wanted {
                // Outside the frame is light for ever, so a light run has to end by its length.
                at += 1;
                *run += 1;
            }
            if *run > longest || (*run == 0 && index > 0) {
                return None;
            }
        }
    }
    let runs = [
        backward[2],
        backward[1],
        backward[0] + forward[0],
        forward[1],
        forward[2],
    ];
    let pixel = if dx != 0 {
        centre.x - x as f32
    } else {
        centre.y - y as f32
    };
    Some((runs, (forward[0] - backward[0]) as f32 / 2.0 - pixel))
}

/// Whether runs are 1:1:3:1:1. Sums of neighbours are compared, edge to same edge, which bloom cannot change.
#[inline]
fn has_finder_ratio(runs: &[i32; 5]) -> bool {
    let total: i32 = runs.iter().sum();
    // In 70ths of a pixel, so that a module is 10 × total.
    let module = 10 * total;
    let near = |sum: i32, modules: i32, tolerance: i32| {
        (70 * sum - modules * module).abs() <= tolerance * total + 56
    };
    total >= LEAST_WIDTH
        && near(runs[2], 3, 12)
        && near(runs[1] + runs[2], 4, 9)
        && near(runs[2] + runs[3], 4, 9)
        && near(runs[0] + runs[1], 2, 6)
        && near(runs[3] + runs[4], 2, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_found_across_words_and_at_the_end() {
        let mut edges = Vec::new();
        edges_of(&[1 << 63, 0b111, 1 << 63], 192, &mut edges);
        assert_eq!(edges, [63, 67, 191, 192]);
        edges_of(&[0b1], 1, &mut edges);
        assert_eq!(edges, [0, 1]);
    }

    #[test]
    fn the_ratio_holds_for_bloomed_finders_and_not_for_even_stripes() {
        assert!(has_finder_ratio(&[2, 2, 6, 2, 2]));
        assert!(has_finder_ratio(&[1, 3, 5, 3, 1]));
        assert!(has_finder_ratio(&[1, 2, 4, 2, 1]));
        assert!(!has_finder_ratio(&[4, 4, 4, 4, 4]));
        assert!(!has_finder_ratio(&[1, 1, 3, 1, 1]));
    }
}
