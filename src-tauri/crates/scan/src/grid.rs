//! Where the modules of a code lie, and which of them are known beforehand.

use crate::geometry::{Perspective, Point};
use crate::homography::fit;
use crate::mesh::Mesh;
use crate::plane::Luma;
use crate::rings::Ring;
use crate::triples::Triple;

/// Sizes that are tried for one triple.
const MOST_SIZES: usize = 3;
/// Contrast of the timing patterns, against that of the finders, below which a size is wrong.
const LEAST_TIMING_CONTRAST: f32 = 0.08;
/// Share of the modules of the better timing pattern that have to look right.
const LEAST_TIMING_AGREEMENT: f32 = 0.7;
/// Share of the best size's timing contrast that another one needs to be tried as well.
const SHARE_OF_BEST: f32 = 0.6;

/// Grey levels of light and dark modules; the dark one is higher in a light on dark code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    pub(crate) light: f32,
    pub(crate) dark: f32,
}

impl Levels {
    pub(crate) fn of(rings: &[&Ring]) -> Levels {
        let count = rings.len() as f32;
        Levels {
            light: rings.iter().map(|ring| ring.light).sum::<f32>() / count,
            dark: rings.iter().map(|ring| ring.dark).sum::<f32>() / count,
        }
    }

    /// 0 for the light level, 1 for the dark one, in proportion to light: cameras encode light by about its root.
    #[inline]
    pub(crate) fn darkness(&self, grey: f32) -> f32 {
        let light = self.light * self.light;
        (light - grey * grey) / (light - self.dark * self.dark)
    }
}

/// Where the modules of a code lie in a picture.
#[derive(Clone)]
pub(crate) struct Grid {
    /// Modules along a side, 21 to 177.
    pub(crate) modules: usize,
    /// From modules, (0, 0) at the outer corner of the top left one, to pixels.
    pub(crate) map: Perspective,
    /// How far the code is from flat.
    pub(crate) mesh: Option<Mesh>,
    pub(crate) levels: Levels,
    pub(crate) is_inverted: bool,
}

/// The grids that a triple may stand for, most likely first, each with its timing contrast.
pub(crate) fn grids_of(triple: &Triple, rings: &[Ring], luma: Luma<'_>) -> Vec<(f32, Grid)> {
    let members = triple.members.map(|member| &rings[member]);
    let levels = Levels::of(&members);
    let estimate = (triple.modules() - 17.0) / 4.0;
    let nearest = estimate.round() as i32;
    let reach = 1 + nearest / 12;
    let mut ranked: Vec<(f32, Grid)> = (nearest - reach..=nearest + reach)
        .filter(|version| (1..=40).contains(version))
        .filter_map(|version| {
            let modules = 17 + 4 * usize::try_from(version).ok()?;
            let grid = Grid {
                modules,
                map: fit(&triple.matches(rings, modules))?,
                mesh: None,
                levels,
                is_inverted: members[0].is_inverted,
            };
            let timing = grid.timing(luma);
            (timing.contrast > LEAST_TIMING_CONTRAST && timing.agreement > LEAST_TIMING_AGREEMENT)
                .then_some((timing.contrast, grid))
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = ranked.first().map_or(0.0, |(contrast, _)| *contrast);
    ranked.retain(|(contrast, _)| *contrast >= SHARE_OF_BEST * best);
    ranked.truncate(MOST_SIZES);
    ranked
}

impl Grid {
    /// The pixel of a place in modules.
    #[inline]
    pub(crate) fn place(&self, x: f32, y: f32) -> Point {
        let flat = self.map.map(x, y);
        match &self.mesh {
            Some(mesh) => flat + mesh.offset(x, y),
            None => flat,
        }
    }

    /// Darkness at a place in modules: 0 light, 1 dark.
    #[inline]
    pub(crate) fn darkness(&self, luma: Luma<'_>, x: f32, y: f32) -> f32 {
        self.levels.darkness(luma.sample(self.place(x, y)))
    }

    /// Pixels of a module in the middle of the code.
    pub(crate) fn module_pixels(&self) -> f32 {
        let middle = self.modules as f32 / 2.0;
        let at = |x, y| self.map.map(middle + x, middle + y);
        let (across, down) = (at(0.5, 0.0) - at(-0.5, 0.0), at(0.0, 0.5) - at(0.0, -0.5));
        across.cross(down).abs().sqrt()
    }

    /// The corners of the code in pixels, clockwise from its own top left.
    pub(crate) fn corners(&self) -> [Point; 4] {
        let n = self.modules as f32;
        [
            self.place(0.0, 0.0),
            self.place(n, 0.0),
            self.place(n, n),
            self.place(0.0, n),
        ]
    }

    /// How well the timing patterns show: large only for the right number of modules.
    pub(crate) fn timing(&self, luma: Luma<'_>) -> Timing {
        let last = self.modules - 8;
        let row = self.timing_along(luma, 8..last, |along| (along, 6.5));
        let column = self.timing_along(luma, 8..last, |along| (6.5, along));
        Timing {
            contrast: (row.contrast + column.contrast) / 2.0,
            // Motion along one of the two smears it.
            agreement: row.agreement.max(column.agreement),
        }
    }

    /// How well a part of one timing pattern shows.
    pub(crate) fn timing_along(
        &self,
        luma: Luma<'_>,
        modules: std::ops::Range<usize>,
        place: impl Fn(f32) -> (f32, f32),
    ) -> Timing {
        let count = modules.len() as f32;
        let (mut sum, mut right) = (0.0, 0.0);
        let value = |module: usize| {
            let (x, y) = place(module as f32 + 0.5);
            self.darkness(luma, x, y)
        };
        // The modules beside the pattern, of the separators, are light and then dark as if it went on.
        let (mut before, mut own) = (value(modules.start - 1), value(modules.start));
        for module in modules {
            let after = value(module + 1);
            let more = own - (before + after) / 2.0;
            let sign = if module % 2 == 0 { 1.0 } else { -1.0 };
            sum += sign * own;
            right += f32::from(u8::from(sign * more > 0.0));
            (before, own) = (own, after);
        }
        Timing {
            contrast: 2.0 * sum / count,
            agreement: right / count,
        }
    }
}

/// How well timing patterns show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// Dark minus light, 1 at best.
    pub(crate) contrast: f32,
    /// Share of the modules that differ from their neighbours in the right direction.
    pub(crate) agreement: f32,
}

/// A module whose value is known beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed {
    pub(crate) x: u8,
    pub(crate) y: u8,
    pub(crate) is_dark: bool,
}

/// The finders with their separators, the timing patterns and the alignment patterns.
pub(crate) fn fixed_modules(modules: usize) -> Vec<Fixed> {
    let last = modules - 1;
    let mut fixed = Vec::new();
    let mut push = |x: usize, y: usize, is_dark: bool| {
        fixed.push(Fixed {
            x: x as u8,
            y: y as u8,
            is_dark,
        });
    };
    for (x, y) in (0..64_usize).map(|index| (index % 8, index / 8)) {
        let ring = x.abs_diff(3).max(y.abs_diff(3));
        let is_dark = ring != 2 && ring < 4;
        push(x, y, is_dark);
        push(last - x, y, is_dark);
        push(x, last - y, is_dark);
    }
    for index in 8..modules - 8 {
        push(index, 6, index % 2 == 0);
        push(6, index, index % 2 == 0);
    }
    let centres = alignment_centres(modules);
    for (x, y) in alignment_places(&centres) {
        // On the timing patterns the two agree.
        for (dx, dy) in (0..25_usize).map(|index| (index % 5, index / 5)) {
            push(x + dx - 2, y + dy - 2, dx.abs_diff(2).max(dy.abs_diff(2)) != 1);
        }
    }
    fixed
}

/// Rows and columns of the centres of alignment patterns, counted in modules from 0.
pub(crate) fn alignment_centres(modules: usize) -> Vec<usize> {
    let version = (modules - 17) / 4;
    if version == 1 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    // Version 32 alone does not follow the rule of the others.
    let step = if version == 32 {
        26
    } else {
        (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
    };
    let mut centres: Vec<usize> = (0..count - 1).map(|index| modules - 7 - index * step).collect();
    centres.push(6);
    centres.reverse();
    centres
}

/// The centres of all alignment patterns: every crossing except the three in the finders.
pub(crate) fn alignment_places(centres: &[usize]) -> Vec<(usize, usize)> {
    let Some(last) = centres.last().copied() else {
        return Vec::new();
    };
    centres
        .iter()
        .flat_map(|y| centres.iter().map(move |x| (*x, *y)))
        .filter(|place| ![(6, 6), (6, last), (last, 6)].contains(place))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_patterns_lie_where_the_standard_puts_them() {
        let of = |version: usize| alignment_centres(17 + 4 * version);
        assert_eq!(of(1), [0; 0]);
        assert_eq!(of(2), [6, 18]);
        assert_eq!(of(7), [6, 22, 38]);
        assert_eq!(of(15), [6, 26, 48, 70]);
        assert_eq!(of(32), [6, 34, 60, 86, 112, 138]);
        assert_eq!(of(40), [6, 30, 58, 86, 114, 142, 170]);
        assert_eq!(alignment_places(&of(40)).len(), 46);
    }

    #[test]
    fn fixed_modules_do_not_contradict_each_other() {
        for version in 1..=40 {
            let modules = 17 + 4 * version;
            let mut seen = vec![None; modules * modules];
            for fixed in fixed_modules(modules) {
                let place = &mut seen[usize::from(fixed.y) * modules + usize::from(fixed.x)];
                assert!(
                    place.is_none_or(|one| one == fixed.is_dark),
                    "version {version} {fixed:?}"
                );
                *place = Some(fixed.is_dark);
            }
        }
    }
}
