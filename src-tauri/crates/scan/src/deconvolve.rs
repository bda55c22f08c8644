//! Undoing blur between modules.
//!
//! A blurred module is its own darkness mixed with that of its neighbours. Modules are few, so the mixing can be
//! undone on them instead of on pixels: a thousand values instead of a hundred thousand.

use crate::grid::Fixed;
use crate::sample::{MARGIN, Samples};

/// How far a blur reaches, in modules, and the weights it has in all.
const REACH: usize = 2;
const TAPS: usize = (2 * REACH + 1) * (2 * REACH + 1);
/// Rounds of correction. More bring back more contrast and more noise.
const ROUNDS: usize = 6;
/// Modules along a side from which half the rounds have to do: time grows with the square.
const LARGE: usize = 80;
/// How far darkness may leave 0…1 while it is corrected.
const SLACK: f32 = 0.15;

/// Share of each neighbour in what is seen of a module, row by row from two modules up and left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blur([f32; TAPS]);

impl Blur {
    /// Blur that mixes `across` of the modules on the left and right each, and `down` of those above and below.
    pub(crate) fn mixing(across: f32, down: f32) -> Blur {
        let mut taps = [0.0; TAPS];
        for (dx, dy) in (0..9_usize).map(|index| (index % 3, index / 3)) {
            let share = |at: usize, side: f32| if at == 1 { 1.0 - 2.0 * side } else { side };
            taps[(dy + 1) * 5 + dx + 1] = share(dx, across) * share(dy, down);
        }
        Blur(taps)
    }

    /// The blur that explains best how the known modules look.
    ///
    /// Least squares over the known modules whose neighbours are all known, which the finders have enough of, with
    /// a slight preference for no blur. `None` where that has no solution.
    pub(crate) fn of(samples: &Samples, fixed: &[Fixed], reach: usize) -> Option<Blur> {
        let side = samples.side;
        let known = known_modules(side, fixed);
        let offsets: Vec<(i32, i32)> = (-(reach as i32)..=reach as i32)
            .flat_map(|dy| (-(reach as i32)..=reach as i32).map(move |dx| (dx, dy)))
            .collect();
        let unknowns = offsets.len() + 1;
        let mut normal = vec![0.0_f64; unknowns * (unknowns + 1)];
        let mut row = vec![0.0_f64; unknowns + 1];
        let mut equations = 0.0;
        for y in reach..side - reach {
            for x in reach..side - reach {
                let at =
                    |(dx, dy): &(i32, i32)| known[(y as i32 - dy) as usize * side + (x as i32 - dx) as usize];
                if known[y * side + x].is_none() || !offsets.iter().all(|offset| at(offset).is_some()) {
                    continue;
                }
                for (value, offset) in row.iter_mut().zip(&offsets) {
                    *value = f64::from(at(offset).unwrap_or(0.0));
                }
                row[unknowns - 1] = 1.0;
                row[unknowns] = f64::from(samples.values[y * side + x]);
                for (equation, factor) in normal.chunks_exact_mut(unknowns + 1).zip(&row) {
                    if *factor != 0.0 {
                        for (sum, value) in equation.iter_mut().zip(&row) {
                            *sum += factor * value;
                        }
                    }
                }
                equations += 1.0;
            }
        }
        if equations < 40.0 {
            return None;
        }
        for index in 0..unknowns - 1 {
            let ridge = 0.01 * equations;
            normal[index * (unknowns + 1) + index] += ridge;
            if offsets[index] == (0, 0) {
                normal[index * (unknowns + 1) + unknowns] += ridge * 0.5;
            }
        }
        let weights = solve(&mut normal, unknowns)?;
        let sum: f64 = weights[..unknowns - 1].iter().sum();
        if sum.is_nan() || sum <= 0.2 {
            return None;
        }
        let mut taps = [0.0; TAPS];
        for ((dx, dy), weight) in offsets.iter().zip(&weights) {
            let index = (dy + REACH as i32) * 5 + dx + REACH as i32;
            taps[index as usize] = (weight / sum) as f32;
        }
        Some(Blur(taps))
    }

    /// The taps that count: how far the neighbour's index is away, and its share.
    fn sparse(&self, side: usize) -> Vec<(isize, f32)> {
        (0..TAPS)
            .filter(|index| self.0[*index].abs() > 0.004)
            .map(|index| {
                let (dx, dy) = (index as isize % 5 - 2, index as isize / 5 - 2);
                (dy * side as isize + dx, self.0[index])
            })
            .collect()
    }

    /// The darkness before this blur: Landweber's rounds, kept between light and dark, which is what
    /// tells a module from ringing.
    pub(crate) fn undone(&self, samples: &Samples) -> Vec<f32> {
        let side = samples.side;
        let taps = self.sparse(side);
        // Two rows more on each end, so that every neighbour exists.
        let pad = REACH * side + REACH;
        let (low, high) = range_of(&samples.values);
        let mut values = vec![low; samples.values.len() + 2 * pad];
        values[pad..pad + samples.values.len()].copy_from_slice(&samples.values);
        let mut missing = vec![0.0; values.len()];
        let rounds = if side > LARGE { ROUNDS / 2 } else { ROUNDS };
        for _ in 0..rounds {
            for (index, seen) in samples.values.iter().enumerate() {
                let at = (index + pad) as isize;
                let blurred: f32 = taps
                    .iter()
                    .map(|(step, share)| share * values[(at - step) as usize])
                    .sum();
                missing[index + pad] = seen - blurred;
            }
            for index in 0..samples.values.len() {
                let at = (index + pad) as isize;
                let correction: f32 = taps
                    .iter()
                    .map(|(step, share)| share * missing[(at + step) as usize])
                    .sum();
                let value = &mut values[index + pad];
                *value = (*value + 1.6 * correction).clamp(low - SLACK, high + SLACK);
            }
        }
        values[pad..pad + samples.values.len()].to_vec()
    }
}

/// Darkest and lightest of what is seen, without the outermost twentieths.
fn range_of(values: &[f32]) -> (f32, f32) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    (
        sorted[sorted.len() / 20],
        sorted[sorted.len() - 1 - sorted.len() / 20],
    )
}

/// Darkness of the known modules in a code with its margins: the fixed ones, and light around the finders.
fn known_modules(side: usize, fixed: &[Fixed]) -> Vec<Option<f32>> {
    let mut known = vec![None; side * side];
    let n = side - 2 * MARGIN;
    for index in 0..side {
        // The quiet zone beside the finders is there even where text follows the code closely.
        let beside = index < 8 + MARGIN || index + 8 + MARGIN >= side;
        for depth in 0..MARGIN {
            if beside {
                known[depth * side + index] = Some(0.0);
                known[index * side + depth] = Some(0.0);
            }
            if index < 8 + MARGIN {
                known[(side - 1 - depth) * side + index] = Some(0.0);
                known[index * side + side - 1 - depth] = Some(0.0);
            }
        }
    }
    for one in fixed {
        let (x, y) = (usize::from(one.x), usize::from(one.y));
        debug_assert!(x < n && y < n);
        known[(y + MARGIN) * side + x + MARGIN] = Some(f32::from(u8::from(one.is_dark)));
    }
    known
}

/// Gaussian elimination with pivots over rows of `count` + 1 numbers, the last of which is the right side.
fn solve(rows: &mut [f64], count: usize) -> Option<Vec<f64>> {
    let width = count + 1;
    for column in 0..count {
        let pivot = (column..count).max_by(|a, b| {
            rows[a * width + column]
                .abs()
                .total_cmp(&rows[b * width + column].abs())
        })?;
        for index in 0..width {
            rows.swap(column * width + index, pivot * width + index);
        }
        let (upper, lower) = rows.split_at_mut((column + 1) * width);
        let lead = &upper[column * width..];
        if lead[column].is_nan() || lead[column].abs() <= 1e-9 {
            return None;
        }
        for row in lower.chunks_exact_mut(width) {
            let factor = row[column] / lead[column];
            for index in column..width {
                row[index] -= factor * lead[index];
            }
        }
    }
    let mut solution = vec![0.0; count];
    for row in (0..count).rev() {
        let known: f64 = (row + 1..count)
            .map(|column| rows[row * width + column] * solution[column])
            .sum();
        solution[row] = (rows[row * width + count] - known) / rows[row * width + row];
    }
    Some(solution)
}
