//! How far a code is from flat: a curved sheet, a lens, a rolling shutter.

use crate::geometry::Point;

/// Offsets in pixels at the crossings of the alignment patterns' rows and columns, straight between them.
#[derive(Clone, Debug)]
pub(crate) struct Mesh {
    /// Rows and columns in modules, to the middle of the module.
    lines: Vec<f32>,
    /// One offset a crossing, row by row.
    offsets: Vec<Point>,
}

impl Mesh {
    /// A mesh from the crossings that were seen; the others take the mean of their neighbours.
    ///
    /// `None` if there are fewer than two lines or nothing was seen.
    pub(crate) fn new(centres: &[usize], seen: &[Option<Point>]) -> Option<Mesh> {
        let count = centres.len();
        if count < 2 || seen.iter().all(Option::is_none) {
            return None;
        }
        let mut offsets = seen.to_vec();
        // Each round reaches one crossing further, so `count` squared is more than enough.
        for _ in 0..2 * count {
            let before = offsets.clone();
            for (index, offset) in offsets
                .iter_mut()
                .enumerate()
                .filter(|(_, offset)| offset.is_none())
            {
                let (row, column) = (index / count, index % count);
                let neighbours = (0..before.len()).filter(|other| {
                    let (other_row, other_column) = (other / count, other % count);
                    row.abs_diff(other_row) + column.abs_diff(other_column) == 1
                });
                let known: Vec<Point> = neighbours.filter_map(|other| before[other]).collect();
                if !known.is_empty() {
                    let sum = known.iter().fold(Point::default(), |sum, one| sum + *one);
                    *offset = Some(sum * (1.0 / known.len() as f32));
                }
            }
        }
        Some(Mesh {
            lines: centres.iter().map(|centre| *centre as f32 + 0.5).collect(),
            offsets: offsets.into_iter().map(Option::unwrap_or_default).collect(),
        })
    }

    /// What to add to the pixel of a place in modules.
    pub(crate) fn offset(&self, x: f32, y: f32) -> Point {
        let (column, across) = self.between(x);
        let (row, down) = self.between(y);
        let at = |row: usize, column: usize| self.offsets[row * self.lines.len() + column];
        let above = at(row, column) * (1.0 - across) + at(row, column + 1) * across;
        let below = at(row + 1, column) * (1.0 - across) + at(row + 1, column + 1) * across;
        above * (1.0 - down) + below * down
    }

    /// The line before a place, and how far it is to the next; a little beyond 0 and 1 at the edges of the code.
    fn between(&self, place: f32) -> (usize, f32) {
        let last = self.lines.len() - 2;
        let line = (1..=last).filter(|line| self.lines[*line] <= place).count();
        let share = (place - self.lines[line]) / (self.lines[line + 1] - self.lines[line]);
        (line, share.clamp(-0.25, 1.25))
    }
}
