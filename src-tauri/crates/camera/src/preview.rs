//! A small JPEG of a frame for the screen.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::jpeg::{self, Pixels};
use crate::{Frame, PixelFormat};

/// A JPEG of the frame, at most `max_width_px` wide and never enlarged, with its colour when it has any.
///
/// Every output pixel is the mean luma of up to four neighbouring pixels and the chroma of one of them:
/// good enough to see oneself, at the price of one pass over a quarter of the frame. `quality` is 1 to 100.
///
/// Empty when the frame has no pixels or fewer bytes than its size and format say. A frame from a JPEG whose
/// colour cannot be decoded becomes a grey preview.
pub fn preview_jpeg(frame: &Frame, max_width_px: u32, quality: u8) -> Vec<u8> {
    let colour = frame
        .jpeg
        .as_deref()
        .and_then(|bytes| jpeg::decode(bytes, Pixels::YCbCr).ok());
    if let Some(picture) = colour {
        let Some(plan) = Plan::new(picture.width, picture.height, max_width_px) else {
            return Vec::new();
        };
        let stride = picture.width as usize * 3;
        return encode(
            &plan,
            &plan.three_channels(&picture.bytes, stride),
            ColorType::Ycbcr,
            quality,
        );
    }
    let Some(plan) = Plan::new(frame.width, frame.height, max_width_px) else {
        return Vec::new();
    };
    if !frame.is_whole() {
        return Vec::new();
    }
    let (bytes, stride) = (&frame.bytes[..], frame.stride);
    match frame.format {
        PixelFormat::Yuyv => encode(&plan, &plan.yuyv(bytes, stride), ColorType::Ycbcr, quality),
        PixelFormat::Nv12 => encode(&plan, &plan.nv12(bytes, stride), ColorType::Ycbcr, quality),
        PixelFormat::Grey => encode(&plan, &plan.grey(bytes, stride), ColorType::Luma, quality),
        PixelFormat::Rgb => encode(
            &plan,
            &plan.three_channels(bytes, stride),
            ColorType::Rgb,
            quality,
        ),
    }
}

fn encode(plan: &Plan, pixels: &[u8], colour: ColorType, quality: u8) -> Vec<u8> {
    let mut jpeg = Vec::with_capacity(pixels.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, quality.clamp(1, 100));
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    match encoder.encode(pixels, plan.width, plan.height, colour) {
        Ok(()) => jpeg,
        Err(_) => Vec::new(),
    }
}

/// Which source rows and columns make which output pixel.
struct Plan {
    width: u16,
    height: u16,
    columns: Vec<Pair>,
    rows: Vec<Pair>,
    source_height: usize,
}

/// Two neighbouring source rows or columns; twice the same one when the picture is not halved.
#[derive(Clone, Copy)]
struct Pair {
    first: usize,
    second: usize,
}

impl Plan {
    fn new(source_width: u32, source_height: u32, max_width_px: u32) -> Option<Self> {
        let width = source_width.min(max_width_px.max(1));
        let height = (u64::from(source_height) * u64::from(width))
            .checked_div(u64::from(source_width))?
            .max(1);
        let pairs = |source: usize, target: usize| {
            let step = usize::from(source >= 2 * target);
            (0..target)
                .map(|at| at * source / target)
                .map(|first| Pair {
                    first,
                    second: (first + step).min(source - 1),
                })
                .collect::<Vec<_>>()
        };
        if source_height == 0 {
            return None;
        }
        Some(Self {
            width: u16::try_from(width).ok()?,
            height: u16::try_from(height).ok()?,
            columns: pairs(source_width as usize, width as usize),
            rows: pairs(source_height as usize, height as usize),
            source_height: source_height as usize,
        })
    }

    fn output(&self, channels: usize) -> Vec<u8> {
        Vec::with_capacity(self.columns.len() * self.rows.len() * channels)
    }

    fn yuyv(&self, bytes: &[u8], stride: usize) -> Vec<u8> {
        let mut output = self.output(3);
        for row in &self.rows {
            let (upper, lower) = (&bytes[row.first * stride..], &bytes[row.second * stride..]);
            for column in &self.columns {
                let (left, right) = (column.first * 2, column.second * 2);
                let luma = mean(upper[left], upper[right], lower[left], lower[right]);
                let group = column.first / 2 * 4;
                output.extend_from_slice(&[luma, upper[group + 1], upper[group + 3]]);
            }
        }
        output
    }

    fn nv12(&self, bytes: &[u8], stride: usize) -> Vec<u8> {
        let mut output = self.output(3);
        let chroma_plane = &bytes[stride * self.source_height..];
        for row in &self.rows {
            let (upper, lower) = (&bytes[row.first * stride..], &bytes[row.second * stride..]);
            let chroma = &chroma_plane[row.first / 2 * stride..];
            for column in &self.columns {
                let (left, right) = (column.first, column.second);
                let luma = mean(upper[left], upper[right], lower[left], lower[right]);
                let pair = column.first / 2 * 2;
                output.extend_from_slice(&[luma, chroma[pair], chroma[pair + 1]]);
            }
        }
        output
    }

    fn grey(&self, bytes: &[u8], stride: usize) -> Vec<u8> {
        let mut output = self.output(1);
        for row in &self.rows {
            let (upper, lower) = (&bytes[row.first * stride..], &bytes[row.second * stride..]);
            output.extend(self.columns.iter().map(|column| {
                let (left, right) = (column.first, column.second);
                mean(upper[left], upper[right], lower[left], lower[right])
            }));
        }
        output
    }

    fn three_channels(&self, bytes: &[u8], stride: usize) -> Vec<u8> {
        let mut output = self.output(3);
        for row in &self.rows {
            let (upper, lower) = (&bytes[row.first * stride..], &bytes[row.second * stride..]);
            for column in &self.columns {
                let (left, right) = (column.first * 3, column.second * 3);
                let channel = |at| {
                    mean(
                        upper[left + at],
                        upper[right + at],
                        lower[left + at],
                        lower[right + at],
                    )
                };
                output.extend_from_slice(&[channel(0), channel(1), channel(2)]);
            }
        }
        output
    }
}

fn mean(a: u8, b: u8, c: u8, d: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d) + 2) / 4) as u8
}
