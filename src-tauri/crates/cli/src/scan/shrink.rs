//! A frame in a smaller size, each pixel the mean of what it covers.

use gatepost_camera::{Frame, PixelFormat};

/// One kind of sample of a frame: luma, or one of two or three colours.
struct Channel<'a> {
    bytes: &'a [u8],
    /// Bytes from one row to the next, and from one sample to the next.
    stride: usize,
    step: usize,
    width: usize,
    height: usize,
}

/// The frame with its longer side at `longest` pixels, and how much smaller that is; `None` where it is no longer
/// than that already.
pub(super) fn shrunk(frame: &Frame, longest: u32) -> Option<(Frame, f32)> {
    let longer = frame.width.max(frame.height);
    if longer <= longest || !frame.is_whole() {
        return None;
    }
    // Two colours of two pixels belong together, so both sides stay even where they are shared.
    let least = match frame.format {
        PixelFormat::Grey | PixelFormat::Rgb => 1,
        PixelFormat::Yuyv | PixelFormat::Nv12 => 2,
    };
    let side = |side: u32| {
        let exact = (u64::from(side) * u64::from(longest) / u64::from(longer)) as u32;
        exact.max(least) / least * least
    };
    let (width, height) = (side(frame.width), side(frame.height));
    let small = Frame {
        width,
        height,
        stride: width as usize * pixel_bytes(frame.format),
        bytes: bytes_of(frame, width as usize, height as usize),
        format: frame.format,
        jpeg: None,
        sequence: frame.sequence,
        captured_at: frame.captured_at,
    };
    Some((small, longest as f32 / longer as f32))
}

/// Bytes of luma, or of all colours where they stand together, of a pixel.
fn pixel_bytes(format: PixelFormat) -> usize {
    match format {
        PixelFormat::Yuyv => 2,
        PixelFormat::Nv12 | PixelFormat::Grey => 1,
        PixelFormat::Rgb => 3,
    }
}

fn bytes_of(frame: &Frame, width: usize, height: usize) -> Vec<u8> {
    let (wide, high) = (frame.width as usize, frame.height as usize);
    let channel = |offset: usize, step: usize, width: usize, height: usize| Channel {
        bytes: &frame.bytes[offset..],
        stride: frame.stride,
        step,
        width,
        height,
    };
    match frame.format {
        PixelFormat::Grey => channel(0, 1, wide, high).means(width, height),
        PixelFormat::Rgb => {
            let [r, g, b] = [0, 1, 2].map(|offset| channel(offset, 3, wide, high).means(width, height));
            interleaved(&[&r, &g, &b])
        }
        PixelFormat::Nv12 => {
            let [u, v] = [0, 1].map(|offset| {
                let chroma = channel(
                    high * frame.stride + offset,
                    2,
                    wide.div_ceil(2),
                    high.div_ceil(2),
                );
                chroma.means(width / 2, height / 2)
            });
            let mut bytes = channel(0, 1, wide, high).means(width, height);
            bytes.extend(interleaved(&[&u, &v]));
            bytes
        }
        PixelFormat::Yuyv => {
            let y = channel(0, 2, wide, high).means(width, height);
            let [u, v] = [1, 3].map(|offset| {
                let chroma = channel(offset, 4, wide.div_ceil(2), high);
                chroma.means(width / 2, height)
            });
            let (even, odd): (Vec<u8>, Vec<u8>) = y.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
            interleaved(&[&even, &u, &odd, &v])
        }
    }
}

fn interleaved(channels: &[&[u8]]) -> Vec<u8> {
    (0..channels[0].len())
        .flat_map(|at| channels.iter().map(move |channel| channel[at]))
        .collect()
}

impl Channel<'_> {
    /// The samples at another size: first across, then down, in 8 bits and 8 more behind the point.
    fn means(&self, width: usize, height: usize) -> Vec<u8> {
        let columns = covered(self.width, width);
        let rows = covered(self.height, height);
        let across: Vec<f32> = (0..self.height)
            .flat_map(|y| {
                columns.iter().map(move |weights| {
                    weights
                        .iter()
                        .map(|(x, share)| f32::from(self.bytes[y * self.stride + x * self.step]) * share)
                        .sum()
                })
            })
            .collect();
        rows.iter()
            .flat_map(|weights| {
                let across = &across;
                (0..width).map(move |x| {
                    let mean: f32 = weights
                        .iter()
                        .map(|(y, share)| across[y * width + x] * share)
                        .sum();
                    (mean + 0.5) as u8
                })
            })
            .collect()
    }
}

/// For each of `to` samples, which of `from` samples it covers and with which share; the shares of one sum up to 1.
fn covered(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let size = from as f64 / to as f64;
    (0..to)
        .map(|at| {
            let (start, end) = (at as f64 * size, (at + 1) as f64 * size);
            (start as usize..(end.ceil() as usize).min(from))
                .map(|one| {
                    let inside = end.min(one as f64 + 1.0) - start.max(one as f64);
                    (one, (inside.max(0.0) / size) as f32)
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn frame(format: PixelFormat, width: u32, height: u32, stride: usize, bytes: Vec<u8>) -> Frame {
        Frame {
            width,
            height,
            stride,
            format,
            bytes,
            jpeg: None,
            sequence: 0,
            captured_at: Instant::now(),
        }
    }

    #[test]
    fn a_frame_that_is_small_enough_stays_as_it_is() {
        let small = frame(PixelFormat::Grey, 3, 2, 3, vec![0; 6]);
        assert!(shrunk(&small, 3).is_none());
    }

    #[test]
    fn each_pixel_is_the_mean_of_what_it_covers() {
        let grey = frame(PixelFormat::Grey, 3, 1, 4, vec![0, 90, 180, 7]);
        let (small, factor) = shrunk(&grey, 2).unwrap();
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.bytes, [30, 150]);
        assert!((factor - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn every_format_keeps_its_colour_and_is_whole() {
        for (format, stride, bytes) in [
            (PixelFormat::Rgb, 24, [10, 20, 30].repeat(64)),
            (PixelFormat::Yuyv, 16, [10, 20, 10, 30].repeat(32)),
            (PixelFormat::Nv12, 8, [vec![10; 64], [20, 30].repeat(16)].concat()),
            (PixelFormat::Grey, 8, vec![10; 64]),
        ] {
            let (small, _) = shrunk(&frame(format, 8, 8, stride, bytes.clone()), 5).unwrap();
            assert!(small.is_whole(), "{format:?}");
            assert_eq!(small.bytes[..4], bytes[..4], "{format:?}");
            assert_eq!(small.bytes.last(), bytes.last(), "{format:?}");
        }
    }
}
