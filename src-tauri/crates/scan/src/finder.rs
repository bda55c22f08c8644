//! Finder patterns: the three squares whose dark and light runs are 1:1:3:1:1 on every line through the centre.

use crate::binarise::Binary;
use crate::geometry::Point;

/// Every third row meets the core of a code of two pixels a module twice.
const ROW_STEP: usize = 3;
/// A cluttered frame has more candidates than that only where no code could be read anyway.
const MOST_FINDERS: usize = 48;
const DIRECTIONS: [(i32, i32); 4] = [(0, 1), (1, 0), (1, 1), (1, -1)];

/// A finder pattern in a binary frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finder {
    pub(crate) centre: Point,
    /// Side of the whole pattern in pixels, about seven modules.
    pub(crate) side: f32,
}

/// All finder patterns of a frame, in the order of rows.
pub(crate) fn finders(binary: &Binary) -> Vec<Finder> {
    let mut found: Vec<Finder> = Vec::new();
    for (y, row) in binary
        .dark
        .chunks_exact(binary.width)
        .enumerate()
        .skip(1)
        .step_by(ROW_STEP)
    {
        let mut runs = [0; 5];
        let mut start = 0;
        for x in 1..=row.len() {
            let before = row[x - 1];
            if x < row.len() && row[x] == before {
                continue;
            }
            runs.rotate_left(1);
            runs[4] = (x - start) as i32;
            start = x;
            if before == 0 || !has_finder_ratio(&runs) {
                continue;
            }
            let core_end = x as i32 - runs[4] - runs[3];
            let centre = Point::new(core_end as f32 - runs[2] as f32 / 2.0, y as f32 + 0.5);
            if found
                .iter()
                .any(|finder| (finder.centre - centre).length() < finder.side * 0.25)
            {
                continue;
            }
            found.extend(confirmed(binary, centre, runs.iter().sum()));
            if found.len() >= MOST_FINDERS {
                return found;
            }
        }
    }
    found
}

/// Checks the lines in the four directions through a candidate and takes the centre from them.
fn confirmed(binary: &Binary, rough: Point, width: i32) -> Option<Finder> {
    let mut centre = rough;
    let mut least_side = f32::MAX;
    for (dx, dy) in DIRECTIONS {
        let (runs, offset) = runs_through(binary, centre, (dx, dy), 2 * width)?;
        if !has_finder_ratio(&runs) {
            return None;
        }
        let step = f32::hypot(dx as f32, dy as f32);
        least_side = least_side.min(runs.iter().sum::<i32>() as f32 * step);
        // The diagonals only confirm: their steps are too coarse to move the centre.
        if dx == 0 || dy == 0 {
            centre = centre + Point::new(dx as f32, dy as f32) * offset;
        }
    }
    (least_side * 3.0 > width as f32).then_some(Finder {
        centre,
        side: least_side,
    })
}

/// The five runs of a line through a point in the core, and how far the core's middle is from the point.
fn runs_through(
    binary: &Binary,
    centre: Point,
    (dx, dy): (i32, i32),
    longest: i32,
) -> Option<([i32; 5], f32)> {
    let (x, y) = (centre.x.floor() as i32, centre.y.floor() as i32);
    let mut forward = [0; 3];
    let mut backward = [0; 3];
    for (runs, sign) in [(&mut forward, 1), (&mut backward, -1)] {
        let mut at = if sign > 0 { 0 } else { 1 };
        for (index, run) in runs.iter_mut().enumerate() {
            let wanted = index != 1;
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
fn has_finder_ratio(runs: &[i32; 5]) -> bool {
    let total: i32 = runs.iter().sum();
    if total < 8 || runs.contains(&0) {
        return false;
    }
    let module = total as f32 / 7.0;
    let near = |sum: i32, modules: f32, tolerance: f32| {
        (sum as f32 - modules * module).abs() <= tolerance * module + 0.8
    };
    near(runs[0] + runs[1], 2.0, 0.6)
        && near(runs[3] + runs[4], 2.0, 0.6)
        && near(runs[1] + runs[2], 4.0, 0.9)
        && near(runs[2] + runs[3], 4.0, 0.9)
        && near(runs[2], 3.0, 1.2)
}
