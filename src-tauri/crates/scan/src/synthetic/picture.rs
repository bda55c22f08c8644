//! A picture in linear light, one plane for each of red, green and blue.

/// Linear light of one place, 1 for what just fills the sensor at exposure 1.
pub(super) type Light = [f32; 3];

/// Columns and rows from `left` and `top` up to, but without, `right` and `bottom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
}

/// A picture in linear light.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) planes: [Vec<f32>; 3],
}

impl Region {
    /// The pixels that a box with these sides touches, `margin` further out, inside a picture.
    pub(super) fn around(
        [left, top, right, bottom]: [f32; 4],
        margin: f32,
        width: usize,
        height: usize,
    ) -> Region {
        // A negative number becomes 0.
        Region {
            left: ((left - margin) as usize).min(width),
            top: ((top - margin) as usize).min(height),
            right: ((right + margin) as usize + 1).min(width),
            bottom: ((bottom + margin) as usize + 1).min(height),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// The smallest region that holds both.
    pub(super) fn joined(self, other: Region) -> Region {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Region {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// This many pixels further out on every side, inside a picture.
    pub(super) fn grown(self, by: usize, width: usize, height: usize) -> Region {
        Region {
            left: self.left.saturating_sub(by),
            top: self.top.saturating_sub(by),
            right: (self.right + by).min(width),
            bottom: (self.bottom + by).min(height),
        }
    }
}

impl Picture {
    pub(super) fn new(width: usize, height: usize) -> Picture {
        Picture {
            width,
            height,
            planes: [0; 3].map(|_| vec![0.0; width * height]),
        }
    }

    pub(super) fn light(&self, x: usize, y: usize) -> Light {
        let at = y * self.width + x;
        [0, 1, 2].map(|channel| self.planes[channel][at])
    }

    pub(super) fn set(&mut self, x: usize, y: usize, light: Light) {
        let at = y * self.width + x;
        for (plane, value) in self.planes.iter_mut().zip(light) {
            plane[at] = value;
        }
    }
}
