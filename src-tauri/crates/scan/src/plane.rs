use crate::frame::Part;
use crate::geometry::Point;

/// One channel of a frame, borrowed: rows of `width` bytes, `stride` bytes apart.
#[derive(Clone, Copy)]
pub(crate) struct Luma<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    stride: usize,
    data: &'a [u8],
}

/// One channel of a frame that we made ourselves, rows without padding. Its memory is used again for the next.
#[derive(Default)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<u8>,
}

impl Plane {
    /// Sets the size; what the pixels hold afterwards is not defined.
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        self.width = width;
        self.height = height;
        self.data.resize(width * height, 0);
    }

    pub(crate) fn view(&self) -> Luma<'_> {
        Luma {
            width: self.width,
            height: self.height,
            stride: self.width,
            data: &self.data,
        }
    }
}

impl<'a> Luma<'a> {
    /// A view of bytes; the caller has proven that `height` rows fit, the last without its padding.
    pub(crate) fn new(data: &'a [u8], width: usize, height: usize, stride: usize) -> Luma<'a> {
        debug_assert!(width > 0 && height > 0 && stride >= width);
        debug_assert!(data.len() >= (height - 1) * stride + width);
        Luma {
            width,
            height,
            stride,
            data,
        }
    }

    /// The bytes of a row.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..self.width]
    }

    /// One pixel.
    #[inline]
    pub(crate) fn pixel(&self, x: usize, y: usize) -> u8 {
        self.data[y * self.stride + x]
    }

    /// A part of the frame, which must be inside it.
    pub(crate) fn part(&self, part: Part) -> Luma<'a> {
        Luma::new(
            &self.data[part.top * self.stride + part.left..],
            part.width,
            part.height,
            self.stride,
        )
    }

    /// The value between pixel centres; a point outside takes the nearest pixel of the edge.
    #[inline]
    pub(crate) fn sample(&self, point: Point) -> f32 {
        // Unlike `clamp`, `max` does not let NaN through.
        let x = (point.x - 0.5).max(0.0).min((self.width - 1) as f32);
        let y = (point.y - 0.5).max(0.0).min((self.height - 1) as f32);
        let left = (x as usize).min(self.width.saturating_sub(2));
        let top = (y as usize).min(self.height.saturating_sub(2));
        let (across, down) = (x - left as f32, y - top as f32);
        let upper = top * self.stride + left;
        let lower = upper + self.stride;
        let (Some([a, b]), Some([c, d])) = (self.data.get(upper..upper + 2), self.data.get(lower..lower + 2))
        else {
            return f32::from(self.data[upper]);
        };
        let [a, b, c, d] = [*a, *b, *c, *d].map(f32::from);
        let above = a + (b - a) * across;
        let below = c + (d - c) * across;
        above + (below - above) * down
    }

    /// Writes the picture at half the size, each pixel the mean of four; `false` when that is too small for a code.
    pub(crate) fn halve_into(&self, out: &mut Plane) -> bool {
        let (width, height) = (self.width / 2, self.height / 2);
        if width < 24 || height < 24 {
            return false;
        }
        out.resize(width, height);
        for (y, out) in out.data.chunks_exact_mut(width).enumerate() {
            let upper = &self.row(2 * y)[..2 * width];
            let lower = &self.row(2 * y + 1)[..2 * width];
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            for (value, (a, b)) in out.iter_mut().zip(pairs) {
                // Two pixels as one number: their sum is that of its two bytes.
                let (a, b) = (u16::from_le_bytes([a[0], a[1]]), u16::from_le_bytes([b[0], b[1]]));
                let sum = (a & 0xFF) + (a >> 8) + (b & 0xFF) + (b >> 8);
                *value = ((sum + 2) >> 2) as u8;
            }
        }
        true
    }

    /// Writes the picture at three times the size, smoothly, with a light border of 16 pixels.
    pub(crate) fn enlarge_into(&self, out: &mut Plane) {
        const TIMES: usize = 3;
        const BORDER: usize = 16;
        out.resize(TIMES * self.width + 2 * BORDER, TIMES * self.height + 2 * BORDER);
        out.data.fill(u8::MAX);
        let width = out.width;
        for (y, row) in out
            .data
            .chunks_exact_mut(width)
            .skip(BORDER)
            .take(TIMES * self.height)
            .enumerate()
        {
            for (x, value) in row[BORDER..].iter_mut().take(TIMES * self.width).enumerate() {
                // Each pixel keeps its own value in its middle and is mixed with its neighbours at the edges.
                let place = Point::new((x as f32 + 0.5) / TIMES as f32, (y as f32 + 0.5) / TIMES as f32);
                *value = self.sample(place) as u8;
            }
        }
    }

    /// Writes the picture sharpened: twice itself less the mean of the 3×3 pixels around, which undoes slight blur.
    pub(crate) fn sharpen_into(&self, out: &mut Plane) {
        let (width, height) = (self.width, self.height);
        out.resize(width, height);
        let mut columns = vec![0_u16; width];
        for (y, out) in out.data.chunks_exact_mut(width).enumerate() {
            let row = self.row(y);
            let above = self.row(y.saturating_sub(1));
            let below = self.row((y + 1).min(height - 1));
            for (((sum, a), b), c) in columns.iter_mut().zip(above).zip(row).zip(below) {
                *sum = u16::from(*a) + u16::from(*b) + u16::from(*c);
            }
            out.copy_from_slice(row);
            if width < 3 {
                continue;
            }
            for ((value, own), sums) in out[1..].iter_mut().zip(&row[1..]).zip(columns.windows(3)) {
                let sum = i32::from(sums[0] + sums[1] + sums[2]);
                // (9·own − sum) / 9 × 1.5, in 64ths.
                let detail = ((9 * i32::from(*own) - sum) * 11) >> 6;
                *value = (i32::from(*own) + detail).clamp(0, 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_between_pixel_centres_and_stop_at_the_edge() {
        let plane = Plane {
            width: 2,
            height: 2,
            data: vec![0, 100, 200, 100],
        };
        let at = |x, y| plane.view().sample(Point::new(x, y));
        assert!((at(1.0, 0.5) - 50.0).abs() < 1e-3);
        assert!((at(1.0, 1.0) - 100.0).abs() < 1e-3);
        assert!((at(-7.0, 99.0) - 200.0).abs() < 1e-3);
        assert!(at(f32::NAN, f32::INFINITY).is_finite());
    }
}
