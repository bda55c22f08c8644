//! One picture, and where pictures come from.

use std::borrow::Cow;
use std::time::Instant;

use crate::CameraFault;
use crate::jpeg;

/// Longest side of a picture that is accepted, in pixels. Bounds what one damaged header can allocate.
pub const MAX_SIDE_PX: usize = 4096;

/// Pixel layout of a frame's bytes. [`Frame::stride`] says how many bytes one row of luma takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Y₀ U Y₁ V for every two pixels, 2 bytes per pixel.
    Yuyv,
    /// A plane of luma (`stride × height`), then a plane of U V pairs with the same stride at half height
    /// (rounded up).
    Nv12,
    /// One byte of luma per pixel.
    Grey,
    /// R G B, 3 bytes per pixel.
    Rgb,
}

/// One picture as the camera gave it.
///
/// A JPEG from the camera arrives already luma-decoded (format [`PixelFormat::Grey`]) with its bytes kept in
/// `jpeg`, so that colour can be had when it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from the start of one luma row to the next.
    pub stride: usize,
    /// Layout of `bytes`.
    pub format: PixelFormat,
    /// The pixels; at least `stride × height` bytes, more for [`PixelFormat::Nv12`].
    pub bytes: Vec<u8>,
    /// The JPEG this frame was decoded from, cut at its end marker.
    pub jpeg: Option<Vec<u8>>,
    /// Counts up by one for every frame of a [`LatestFrame`](crate::LatestFrame) slot, across reopened
    /// cameras. A source leaves it 0; the slot sets it, starting with 1.
    pub sequence: u64,
    /// When the frame reached this process.
    pub captured_at: Instant,
}

impl Frame {
    /// A frame of rows without gaps, captured now.
    pub(crate) fn of_rows(width: u32, height: u32, format: PixelFormat, bytes: Vec<u8>) -> Self {
        let stride = width as usize
            * match format {
                PixelFormat::Yuyv => 2,
                PixelFormat::Nv12 | PixelFormat::Grey => 1,
                PixelFormat::Rgb => 3,
            };
        Self {
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

    /// Whether `bytes` holds every pixel that the size, stride and format promise.
    pub fn is_whole(&self) -> bool {
        let (width, height) = (self.width as usize, self.height as usize);
        let (row, rows) = match self.format {
            PixelFormat::Yuyv => (width.div_ceil(2) * 4, height),
            PixelFormat::Nv12 => (width.div_ceil(2) * 2, height + height.div_ceil(2)),
            PixelFormat::Grey => (width, height),
            PixelFormat::Rgb => (width * 3, height),
        };
        let needed = self
            .stride
            .checked_mul(rows.saturating_sub(1))
            .and_then(|bytes| bytes.checked_add(row));
        self.stride >= row && needed.is_some_and(|needed| self.bytes.len() >= needed)
    }

    /// The frame with its colour: itself, or for one decoded from a JPEG its pixels as
    /// [`PixelFormat::Rgb`], with the same sequence and time.
    ///
    /// Decoding colour takes some milliseconds for 720p: call it once a code was found, not per frame.
    ///
    /// # Errors
    ///
    /// [`CameraFault::FrameCorrupt`] when the colour of the JPEG cannot be decoded.
    pub fn with_colour(&self) -> Result<Cow<'_, Frame>, CameraFault> {
        let Some(jpeg) = &self.jpeg else {
            return Ok(Cow::Borrowed(self));
        };
        let picture = jpeg::decode(jpeg, jpeg::Pixels::Rgb)?;
        let mut frame = Frame::of_rows(picture.width, picture.height, PixelFormat::Rgb, picture.bytes);
        frame.sequence = self.sequence;
        frame.captured_at = self.captured_at;
        Ok(Cow::Owned(frame))
    }
}

/// Gives one frame after the other.
///
/// Not `Send`: a source is opened, used and dropped on its capture thread, because the camera bindings of
/// some systems are tied to the thread that opened them.
pub trait FrameSource {
    /// Waits for the next frame. May block for ever: the caller is watched.
    ///
    /// # Errors
    ///
    /// [`CameraFault::FrameCorrupt`] drops one frame; every other fault ends the source.
    fn next_frame(&mut self) -> Result<Frame, CameraFault>;
}

/// Opens a source, again and again as it fails or vanishes. Called on the capture thread.
pub trait Opener: Send + Sync + 'static {
    /// Opens the source. May block for ever: the caller is watched.
    ///
    /// # Errors
    ///
    /// The fault that the screen should tell, for instance [`CameraFault::Absent`].
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault>;
}
