//! The perspective map that fits many points best.

use crate::geometry::{Perspective, Point};

/// A place in modules, where it was seen in pixels, and how much it counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub(crate) module: Point,
    pub(crate) pixel: Point,
    pub(crate) weight: f32,
}

/// The map from modules to pixels with the least squared error; `None` for fewer than four points or points on
/// one line.
pub(crate) fn fit(matches: &[Match]) -> Option<Perspective> {
    fit_with(matches, 0.0)
}

/// The same, drawn towards a map without perspective: `stiffness` counts like so many points of weight one.
pub(crate) fn fit_with(matches: &[Match], stiffness: f64) -> Option<Perspective> {
    if matches.len() < 4 {
        return None;
    }
    let from = Normal::of(matches.iter().map(|one| one.module))?;
    let to = Normal::of(matches.iter().map(|one| one.pixel))?;
    let mut equations = [[0.0_f64; 9]; 8];
    for one in matches {
        let (x, y) = from.apply(one.module);
        let (u, v) = to.apply(one.pixel);
        let weight = f64::from(one.weight);
        for (row, value) in [
            ([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u),
            ([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v),
        ] {
            for (equation, factor) in equations.iter_mut().zip(row) {
                let factor = factor * weight;
                for (sum, other) in equation.iter_mut().zip(row) {
                    *sum += factor * other;
                }
                equation[8] += factor * value;
            }
        }
    }
    equations[6][6] += stiffness;
    equations[7][7] += stiffness;
    let h = solve(equations)?;
    let map = Perspective::new([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
    Some(to.undo().after(&map).after(&from.map()))
}

/// Moves points around the origin with a mean distance of about one, which keeps the equations well conditioned.
struct Normal {
    x: f64,
    y: f64,
    scale: f64,
}

impl Normal {
    fn of(points: impl Iterator<Item = Point> + Clone) -> Option<Normal> {
        let count = points.clone().count() as f64;
        let (x, y) = points.clone().fold((0.0, 0.0), |sum, one| {
            (sum.0 + f64::from(one.x) / count, sum.1 + f64::from(one.y) / count)
        });
        let spread: f64 = points
            .map(|one| (f64::from(one.x) - x).hypot(f64::from(one.y) - y) / count)
            .sum();
        (spread.is_finite() && spread > 1e-6).then(|| Normal {
            x,
            y,
            scale: 1.0 / spread,
        })
    }

    fn apply(&self, point: Point) -> (f64, f64) {
        (
            (f64::from(point.x) - self.x) * self.scale,
            (f64::from(point.y) - self.y) * self.scale,
        )
    }

    fn map(&self) -> Perspective {
        let s = self.scale;
        Perspective::new([s, 0.0, -self.x * s, 0.0, s, -self.y * s, 0.0, 0.0, 1.0])
    }

    fn undo(&self) -> Perspective {
        let s = 1.0 / self.scale;
        Perspective::new([s, 0.0, self.x, 0.0, s, self.y, 0.0, 0.0, 1.0])
    }
}

/// Gaussian elimination with pivots; the last column is the right side.
fn solve(mut equations: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot = (column..8).max_by(|a, b| {
            equations[*a][column]
                .abs()
                .total_cmp(&equations[*b][column].abs())
        })?;
        equations.swap(column, pivot);
        let lead = equations[column];
        if lead[column].is_nan() || lead[column].abs() <= 1e-12 {
            return None;
        }
        for equation in &mut equations[column + 1..] {
            let factor = equation[column] / lead[column];
            for (value, lead) in equation.iter_mut().zip(lead) {
                *value -= factor * lead;
            }
        }
    }
    let mut solution = [0.0; 8];
    for row in (0..8).rev() {
        let known: f64 = (row + 1..8)
            .map(|column| equations[row][column] * solution[column])
            .sum();
        solution[row] = (equations[row][8] - known) / equations[row][row];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_perspective_is_found_again_from_fifteen_points() {
        let square = [(0.0, 0.0), (33.0, 0.0), (33.0, 33.0), (0.0, 33.0)].map(|(x, y)| Point::new(x, y));
        let seen =
            [(400.0, 310.0), (520.0, 280.0), (540.0, 470.0), (390.0, 400.0)].map(|(x, y)| Point::new(x, y));
        let truth = Perspective::between(&square, &seen).unwrap();
        let matches: Vec<Match> = (0..15)
            .map(|index| {
                let module = Point::new((index % 4) as f32 * 9.0, (index / 4) as f32 * 8.0);
                Match {
                    module,
                    pixel: truth.map(module.x, module.y),
                    weight: 1.0,
                }
            })
            .collect();
        let map = fit(&matches).unwrap();
        for corner in square {
            let distance = (map.map(corner.x, corner.y) - truth.map(corner.x, corner.y)).length();
            assert!(distance < 0.01, "{distance}");
        }
        assert!(fit(&matches[..3]).is_none());
        assert!(fit(&[matches[0]; 9]).is_none());
    }
}
