use crate::geometry::Point;

/// One channel of a frame, rows without padding.
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<u8>,
}

impl Plane {
    /// The value between pixel centres; a point outside takes the nearest pixel of the edge.
    pub(crate) fn sample(&self, point: Point) -> f32 {
        let x = (point.x - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (point.y - 0.5).clamp(0.0, (self.height - 1) as f32);
        // NaN survives `clamp` and saturates to 0 here.
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (across, down) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| f32::from(self.data[y * self.width + x]);
        let above = at(left, top) * (1.0 - across) + at(right, top) * across;
        let below = at(left, bottom) * (1.0 - across) + at(right, bottom) * across;
        above * (1.0 - down) + below * down
    }

    /// Half the size, each pixel the mean of four; `None` when too small to hold a code at half size.
    pub(crate) fn halved(&self) -> Option<Plane> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width < 24 || height < 24 {
            return None;
        }
        let mut data = vec![0; width * height];
        for (y, out) in data.chunks_exact_mut(width).enumerate() {
            let upper = &self.data[2 * y * self.width..][..2 * width];
            let lower = &self.data[(2 * y + 1) * self.width..][..2 * width];
            for ((value, a), b) in out
                .iter_mut()
                .zip(upper.chunks_exact(2))
                .zip(lower.chunks_exact(2))
            {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                *value = ((sum + 2) >> 2) as u8;
            }
        }
        Some(Plane { width, height, data })
    }
}
