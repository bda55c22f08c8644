//! What stands behind the phone: walls, tiles, blinds, leaves, notices. Drawn by chance, and full of edges, because
//! that is what takes a reader's time at a door where nobody stands.

use super::picture::{Light, Picture};
use super::random::Random;

/// How a patch of the room is filled.
#[derive(Clone, Copy)]
enum Filling {
    /// Evenly lit.
    Plain,
    /// Tiles or bricks with joints: pixels from joint to joint, across and down, and the joint's width.
    Tiles {
        across: usize,
        down: usize,
        joint: usize,
    },
    /// Blinds or railings: pixels from stripe to stripe, by how much they lean, and the width of a stripe.
    Stripes {
        period: usize,
        lean: usize,
        stripe: usize,
    },
    /// Lines of letters that no alphabet has, made of dots of so many pixels.
    Letters { dot: usize },
    /// Leaves, gravel, cloth: grains of so many pixels, and how much they differ, 0 to 1.
    Grains { grain: usize, depth: f32 },
}

/// A rectangle of the room.
struct Patch {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
    filling: Filling,
    colour: Light,
    other: Light,
    /// How much lighter it is at the right than at the left.
    slope: f32,
    noise: u64,
}

/// A room in light of 0 to 1, sharp or out of focus.
pub(super) fn room(width: usize, height: usize, random: &mut Random) -> Picture {
    let coarseness = *random.pick(&[1, 1, 2, 3]);
    let (columns, rows) = (width.div_ceil(coarseness), height.div_ceil(coarseness));
    let mut small = walls(columns, rows, random);
    for _ in 0..5 + random.below(12) {
        Patch::anywhere(columns, rows, random).paint(&mut small);
    }
    if coarseness == 1 {
        return small;
    }
    let mut picture = Picture::new(width, height);
    for (plane, small) in picture.planes.iter_mut().zip(&small.planes) {
        enlarge(small, columns, plane, width, coarseness);
    }
    picture
}

/// Adds or writes a smaller plane at its larger size, joined by straight lines.
pub(super) fn enlarge(small: &[f32], columns: usize, plane: &mut [f32], width: usize, by: usize) {
    let rows = small.len() / columns;
    let scale = 1.0 / by as f32;
    let mut joined = vec![0.0; columns + 1];
    for (y, out) in plane.chunks_mut(width).enumerate() {
        let at = ((y as f32 + 0.5) * scale - 0.5).max(0.0);
        let (above, share) = ((at as usize).min(rows - 1), at.fract());
        let below = (above + 1).min(rows - 1);
        let pair = small[above * columns..][..columns]
            .iter()
            .zip(&small[below * columns..][..columns]);
        for (value, (above, below)) in joined.iter_mut().zip(pair) {
            *value = above + (below - above) * share;
        }
        joined[columns] = joined[columns - 1];
        for (x, value) in out.iter_mut().enumerate() {
            let at = ((x as f32 + 0.5) * scale - 0.5).max(0.0);
            let (left, share) = ((at as usize).min(columns - 1), at.fract());
            *value = joined[left] + (joined[left + 1] - joined[left]) * share;
        }
    }
}

/// Wall and floor with soft shadows.
fn walls(width: usize, height: usize, random: &mut Random) -> Picture {
    let mut picture = Picture::new(width, height);
    let (wall, floor) = (any_colour(random), any_colour(random));
    let horizon = (height as f32 * random.between(0.5, 0.9)) as usize;
    let mut shade = vec![1.0_f32; width * height];
    let mut octave = vec![0.0; width * height];
    for (cell, depth) in [(160, 0.9), (40, 0.35), (8, 0.15)] {
        let columns = width.div_ceil(cell);
        let lattice: Vec<f32> = (0..columns * height.div_ceil(cell))
            .map(|_| random.between(-0.5, 0.5) * depth)
            .collect();
        enlarge(&lattice, columns, &mut octave, width, cell);
        for (value, octave) in shade.iter_mut().zip(&octave) {
            *value += octave;
        }
    }
    for (plane, (wall, floor)) in picture.planes.iter_mut().zip(wall.into_iter().zip(floor)) {
        let (above, below) = plane.split_at_mut(horizon * width);
        let (shade_above, shade_below) = shade.split_at(horizon * width);
        for (part, shade, colour) in [(above, shade_above, wall), (below, shade_below, floor)] {
            for (value, shade) in part.iter_mut().zip(shade) {
                *value = (colour * shade).max(0.0);
            }
        }
    }
    picture
}

impl Patch {
    fn anywhere(width: usize, height: usize, random: &mut Random) -> Patch {
        let across = (width as f32 * random.between(0.04, 0.4)) as usize + 1;
        let down = (height as f32 * random.between(0.06, 0.55)) as usize + 1;
        let left = random.below(width.saturating_sub(across).max(1));
        let top = random.below(height.saturating_sub(down).max(1));
        let filling = match random.below(8) {
            0 => Filling::Tiles {
                across: 8 + random.below(50),
                down: 6 + random.below(40),
                joint: 1 + random.below(3),
            },
            1 => {
                let period = 4 + random.below(30);
                Filling::Stripes {
                    period,
                    lean: random.below(3),
                    stripe: 1 + random.below(period - 1),
                }
            }
            2 | 3 => Filling::Letters {
                dot: *random.pick(&[1, 1, 1, 2, 2, 3, 5]),
            },
            4 => Filling::Grains {
                grain: 1 + random.below(5),
                depth: random.between(0.05, 0.5),
            },
            _ => Filling::Plain,
        };
        Patch {
            left,
            top,
            right: (left + across).min(width),
            bottom: (top + down).min(height),
            filling,
            colour: any_colour(random),
            other: any_colour(random),
            slope: random.between(-0.5, 0.5),
            noise: random.next(),
        }
    }

    fn paint(&self, picture: &mut Picture) {
        let width = (self.right - self.left) as f32;
        for y in self.top..self.bottom {
            for x in self.left..self.right {
                let share = self.share(x - self.left, y - self.top);
                let lit = 1.0 + self.slope * ((x - self.left) as f32 / width - 0.5);
                let light =
                    [0, 1, 2].map(|at| (self.colour[at] + (self.other[at] - self.colour[at]) * share) * lit);
                picture.set(x, y, light);
            }
        }
    }

    /// How much of the other colour a place of the patch has, 0 to 1.
    fn share(&self, x: usize, y: usize) -> f32 {
        let is_other = match self.filling {
            Filling::Plain => false,
            Filling::Tiles { across, down, joint } => {
                let shift = if (y / down).is_multiple_of(2) {
                    0
                } else {
                    across / 2
                };
                y % down < joint || (x + shift) % across < joint
            }
            Filling::Stripes { period, lean, stripe } => (x * lean + y) % period < stripe,
            Filling::Letters { dot } => {
                let (column, row) = (x / dot, y / dot);
                let dots = mixed(self.noise ^ ((column / 4) as u64) << 32 ^ (row / 8) as u64);
                let is_letter = column % 4 < 3 && row % 8 < 5 && dots >> 20 & 7 != 0;
                is_letter && dots >> (row % 8 * 3 + column % 4) & 1 == 1
            }
            Filling::Grains { grain, depth } => {
                let grain = mixed(self.noise ^ ((x / grain) as u64) << 32 ^ (y / grain) as u64);
                return depth * (grain >> 40) as f32 / (1 << 24) as f32;
            }
        };
        if is_other { 1.0 } else { 0.0 }
    }
}

/// Any colour of paint: light of 0.01 to about 0.9, seldom strong in one channel only.
fn any_colour(random: &mut Random) -> Light {
    let brightness = random.between(0.08, 0.95);
    [0; 3].map(|_| {
        let value = (brightness + random.normal() * 0.1).clamp(0.05, 1.0);
        value * value
    })
}

/// One step of SplitMix64.
fn mixed(value: u64) -> u64 {
    let mixed = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
