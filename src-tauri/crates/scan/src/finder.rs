//! Finder patterns: the three squares whose dark and light runs are 1:1:3:1:1 on every line through the centre.

use crate::binarise::{Binary, RowBits};
use crate::geometry::Point;
use crate::plane::Luma;
use crate::rings::{Ring, ring_around};

/// Every fourth row meets the core of a code of one and a half pixels a module.
pub(crate) const ROW_STEP: usize = 4;
/// Rows between two looks at the clock; a multiple of the step.
const CLOCK_ROWS: usize = 16 * ROW_STEP;
/// A cluttered frame has more candidates than that only where no code could be read anyway.
const MOST_FINDERS: usize = 160;
/// Pixels of the smallest finder, at 1.2 pixels a module.
const LEAST_WIDTH: f32 = 8.0;

/// What a search saw besides finders.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Places where a row and a column have the ratio, whatever the rings say.
    pub(crate) candidates: usize,
}

/// The memory of a search, used again for the next.
#[derive(Default)]
pub(crate) struct FinderSearch {
    edges: Vec<f32>,
    fits: Vec<u8>,
    bits: Vec<u64>,
    memory: RowBits,
}

impl FinderSearch {
    /// All finder patterns of a picture, dark on light and light on dark, in the order of rows.
    pub(crate) fn find(
        &mut self,
        luma: Luma<'_>,
        binary: &Binary,
        found: &mut Vec<Ring>,
        is_over: &dyn Fn() -> bool,
    ) -> Seen {
        found.clear();
        let mut seen = Seen::default();
        for y in (1..binary.height).step_by(ROW_STEP) {
            // A clock may cost as much as a row.
            if y % CLOCK_ROWS == 1 && is_over() {
                break;
            }
            binary.bits(luma, y, &mut self.memory, &mut self.bits);
            edges_of(&self.bits, binary.width, &mut self.edges);
            self.fits.clear();
            self.fits.extend(self.edges.windows(6).map(|edges| {
                u8::from(has_finder_ratio(&std::array::from_fn(|run| {
                    edges[run + 1] - edges[run]
                })))
            }));
            self.mend_ends(binary.width);
            for (block, fits) in self.fits.chunks(16).enumerate() {
                if fits.iter().fold(0, |any, fit| any | fit) == 0 {
                    continue;
                }
                for index in (16 * block..16 * block + fits.len()).filter(|index| fits[index % 16] != 0) {
                    let edges = &self.edges[index..index + 6];
                    let rough = Point::new((edges[2] + edges[3]) / 2.0, y as f32 + 0.5);
                    let is_inverted = index % 2 == 1;
                    let is_known = |place: Point, rings: &[Ring]| {
                        rings
                            .iter()
                            .any(|ring| ring.is_inverted == is_inverted && ring.covers(place))
                    };
                    if is_known(rough, found) {
                        continue;
                    }
                    let Some(place) = crossed(luma, binary, rough, (edges[5] - edges[0]) as i32, is_inverted)
                    else {
                        continue;
                    };
                    seen.candidates += 1;
                    if let Some(ring) = ring_around(luma, binary, &place)
                        && !is_known(ring.centre, found)
                        && found.len() < MOST_FINDERS
                    {
                        found.push(ring);
                    }
                }
            }
        }
        seen
    }

    /// Lets a pattern fit whose outermost run the frame cuts.
    fn mend_ends(&mut self, width: usize) {
        let last = self.fits.len().wrapping_sub(1);
        for (index, is_cut, outer, other) in [
            (0, self.edges.first() == Some(&0.0), 0, 4),
            (last, self.edges.last() == Some(&(width as f32)), 4, 0),
        ] {
            if let (true, Some(fit), Some(edges)) =
                (is_cut, self.fits.get_mut(index), self.edges.get(index..))
            {
                let mut runs: [f32; 5] = std::array::from_fn(|run| edges[run + 1] - edges[run]);
                runs[outer] = runs[other];
                *fit |= u8::from(has_finder_ratio(&runs));
            }
        }
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
pub(crate) fn edges_of(row: &[u64], width: usize, edges: &mut Vec<f32>) {
    edges.clear();
    let mut last_bit = 0;
    for (index, word) in row.iter().enumerate() {
        let mut changes = word ^ (word << 1 | last_bit);
        last_bit = word >> 63;
        while changes != 0 {
            edges.push((64 * index) as f32 + changes.trailing_zeros() as f32);
            changes &= changes - 1;
        }
    }
    if edges.len() % 2 == 1 && last_bit == 1 {
        edges.push(width as f32);
    }
}

/// Checks the column, the row and the diagonals through a candidate, and takes the centre from the first two.
pub(crate) fn crossed(
    luma: Luma<'_>,
    binary: &Binary,
    rough: Point,
    width: i32,
    is_inverted: bool,
) -> Option<Place> {
    let (runs, offset) = runs_through(luma, binary, rough, (0, 1), width, is_inverted)?;
    if !has_finder_ratio(&runs) {
        return None;
    }
    let centre = Point::new(rough.x, rough.y + offset);
    let down: f32 = runs.iter().sum();
    let (runs, offset) = runs_through(luma, binary, centre, (1, 0), width, is_inverted)?;
    if !has_finder_ratio(&runs) {
        return None;
    }
    let across: f32 = runs.iter().sum();
    let centre = Point::new(centre.x + offset, centre.y);
    // The rings are looked at more closely after this; one diagonal may be damaged or too coarse.
    let has_diagonal = [(1, 1), (1, -1)].into_iter().any(|direction| {
        runs_through(
            luma,
            binary,
            centre,
            direction,
            across.max(down) as i32,
            is_inverted,
        )
        .is_some_and(|(runs, _)| has_finder_ratio(&runs))
    });
    (has_diagonal && 3.0 * across > down && 3.0 * down > across).then_some(Place {
        centre,
        across,
        down,
        is_inverted,
    })
}

/// The five runs of a line through a point in the core, and how far the core's middle is from the point.
///
/// The line ends where a run is longer than in a pattern three times as high as `width`: outside the frame all is
/// light, so every line ends.
#[inline]
fn runs_through(
    luma: Luma<'_>,
    binary: &Binary,
    centre: Point,
    (dx, dy): (i32, i32),
    width: i32,
    is_inverted: bool,
) -> Option<([f32; 5], f32)> {
    let (x, y) = (centre.x.floor() as i32, centre.y.floor() as i32);
    let longest = [width * 3 / 4 + 2, width * 2 / 3 + 2, width * 2 / 3 + 2];
    let (mut forward, forward_cut) = half_line(luma, binary, (x, y), (dx, dy), longest, is_inverted)?;
    let (mut backward, backward_cut) =
        half_line(luma, binary, (x - dx, y - dy), (-dx, -dy), longest, is_inverted)?;
    // What the frame cuts is as on the other side.
    match (forward_cut, backward_cut) {
        (true, true) => return None,
        (true, false) => forward[1..].copy_from_slice(&backward[1..]),
        (false, true) => backward[1..].copy_from_slice(&forward[1..]),
        (false, false) => {}
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
    Some((
        runs.map(|run| run as f32),
        (forward[0] - backward[0]) as f32 / 2.0 - pixel,
    ))
}

/// The runs from inside the core outwards, and whether the frame ends before the last does.
#[inline]
fn half_line(
    luma: Luma<'_>,
    binary: &Binary,
    (mut x, mut y): (i32, i32),
    (dx, dy): (i32, i32),
    longest: [i32; 3],
    is_inverted: bool,
) -> Option<([i32; 3], bool)> {
    let mut runs = [0; 3];
    for (index, run) in runs.iter_mut().enumerate() {
        let wanted = (index != 1) != is_inverted;
        while *run <= longest[index] && binary.is_dark(luma, x, y) == wanted && binary.contains(x, y) {
            x += dx;
            y += dy;
            *run += 1;
        }
        let is_cut = !binary.contains(x, y);
        if *run > longest[index] || (is_cut && index < 1) || (*run == 0 && index > 0) {
            return None;
        }
        if is_cut {
            return Some((runs, true));
        }
    }
    Some((runs, false))
}

/// Whether runs are 1:1:3:1:1. Sums of neighbours are compared, edge to same edge, which bloom cannot change.
///
/// Without branches, so that several windows are tested at once.
#[inline]
pub(crate) fn has_finder_ratio(runs: &[f32; 5]) -> bool {
    let total = runs[0] + runs[1] + runs[2] + runs[3] + runs[4];
    let module = total / 7.0;
    let near =
        |sum: f32, modules: f32, tolerance: f32| (sum - modules * module).abs() <= tolerance * module + 0.8;
    (total >= LEAST_WIDTH)
        & near(runs[2], 3.0, 0.8)
        & near(runs[1] + runs[2], 4.0, 0.5)
        & near(runs[2] + runs[3], 4.0, 0.5)
        & near(runs[0] + runs[1], 2.0, 0.4)
        & near(runs[3] + runs[4], 2.0, 0.4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_found_across_words_and_at_the_end() {
        let mut edges = Vec::new();
        edges_of(&[1 << 63, 0b111, 1 << 63], 192, &mut edges);
        assert_eq!(edges, [63.0, 67.0, 191.0, 192.0]);
        edges_of(&[0b1], 1, &mut edges);
        assert_eq!(edges, [0.0, 1.0]);
    }

    #[test]
    fn the_ratio_holds_for_bloomed_finders_and_not_for_even_stripes() {
        assert!(has_finder_ratio(&[2.0, 2.0, 6.0, 2.0, 2.0]));
        assert!(has_finder_ratio(&[1.0, 3.0, 5.0, 3.0, 1.0]));
        assert!(has_finder_ratio(&[1.0, 2.0, 4.0, 2.0, 1.0]));
        assert!(!has_finder_ratio(&[4.0, 4.0, 4.0, 4.0, 4.0]));
        assert!(!has_finder_ratio(&[1.0, 1.0, 3.0, 1.0, 1.0]));
    }
}
