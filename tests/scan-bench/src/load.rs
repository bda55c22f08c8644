//! PNG and JPEG files as frames.

use std::fs::File;
use std::io::{BufReader, Error, Result};
use std::path::Path;

/// Three bytes a pixel.
pub(crate) struct Picture {
    pub(crate) rgb: Vec<u8>,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// A file by the end of its name.
pub(crate) fn picture(path: &Path) -> Result<Picture> {
    if path.extension().is_some_and(|ending| ending == "png") {
        png(path)
    } else {
        jpeg(path)
    }
}

fn png(path: &Path) -> Result<Picture> {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path)?));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(Error::other)?;
    let mut bytes = vec![
        0;
        reader
            .output_buffer_size()
            .ok_or_else(|| Error::other("too large"))?
    ];
    let info = reader.next_frame(&mut bytes).map_err(Error::other)?;
    let pixels = bytes.chunks_exact(info.color_type.samples());
    let rgb = match info.color_type {
        png::ColorType::Rgb | png::ColorType::Indexed => bytes,
        png::ColorType::Rgba => pixels.flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
        png::ColorType::Grayscale | png::ColorType::GrayscaleAlpha => {
            pixels.flat_map(|pixel| [pixel[0]; 3]).collect()
        }
    };
    Ok(Picture {
        rgb,
        width: info.width as usize,
        height: info.height as usize,
    })
}

fn jpeg(path: &Path) -> Result<Picture> {
    let mut decoder = zune_jpeg::JpegDecoder::new(BufReader::new(File::open(path)?));
    let rgb = decoder.decode().map_err(Error::other)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| Error::other("no size"))?;
    let rgb = if rgb.len() == width * height {
        rgb.into_iter().flat_map(|value| [value; 3]).collect()
    } else {
        rgb
    };
    Ok(Picture { rgb, width, height })
}

impl Picture {
    /// The same picture with at most so many pixels along its longer side: means of the pixels that each new one covers.
    pub(crate) fn within(self, longest: usize) -> Picture {
        let side = self.width.max(self.height);
        if side <= longest {
            return self;
        }
        let (width, height) = (
            (self.width * longest / side).max(1),
            (self.height * longest / side).max(1),
        );
        let across = shares(self.width, width);
        let down = shares(self.height, height);
        let mut rgb = Vec::with_capacity(3 * width * height);
        let mut row = vec![0.0_f32; 3 * self.width];
        for weights in &down {
            row.fill(0.0);
            for (y, weight) in weights {
                for (sum, value) in row.iter_mut().zip(&self.rgb[3 * self.width * y..]) {
                    *sum += weight * f32::from(*value);
                }
            }
            for weights in &across {
                for channel in 0..3 {
                    let sum: f32 = weights
                        .iter()
                        .map(|(x, weight)| weight * row[3 * x + channel])
                        .sum();
                    rgb.push((sum + 0.5) as u8);
                }
            }
        }
        Picture { rgb, width, height }
    }
}

/// For each of `fewer` cells, the old ones that it covers and their shares of it.
fn shares(many: usize, fewer: usize) -> Vec<Vec<(usize, f32)>> {
    let step = many as f32 / fewer as f32;
    (0..fewer)
        .map(|cell| {
            let (start, end) = (cell as f32 * step, ((cell + 1) as f32 * step).min(many as f32));
            (start as usize..many.min(end.ceil() as usize))
                .map(|old| {
                    (
                        old,
                        ((old as f32 + 1.0).min(end) - (old as f32).max(start)) / step,
                    )
                })
                .collect()
        })
        .collect()
}
