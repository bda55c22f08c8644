//! Frames from files: a folder of pictures or one YUV4MPEG2 file, replayed without end.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::fault::{FrameDamage, RecordingProblem};
use crate::frame::MAX_SIDE_PX;
use crate::jpeg::{self, Pixels};
use crate::y4m::Y4mReader;
use crate::{CameraFault, Frame, FrameSource, Opener, PixelFormat};

/// Largest picture file that is read, in bytes.
const MAX_PICTURE_BYTES: u64 = 64 << 20;

/// A recording that is replayed without end, at its own pace: the demo's and the tests' camera.
///
/// Either a folder, whose `.png`, `.jpg` and `.jpeg` files are shown in the order of their names, or one
/// `.y4m` file (8 bits per sample; 4:2:0 with colour, 4:2:2, 4:4:4 and monochrome as luma).
#[derive(Clone, Debug)]
pub struct Recording {
    path: PathBuf,
    frame_interval: Duration,
}

impl Recording {
    /// Replays `path` at `frames_per_second`, kept between 0.1 and 120.
    ///
    /// Nothing is read before the camera is opened.
    pub fn new(path: impl Into<PathBuf>, frames_per_second: f32) -> Self {
        let rate = if frames_per_second.is_finite() {
            frames_per_second.clamp(0.1, 120.0)
        } else {
            30.0
        };
        Self {
            path: path.into(),
            frame_interval: Duration::from_secs_f32(1.0 / rate),
        }
    }
}

impl Opener for Recording {
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
        let unreadable = |source| CameraFault::RecordingUnreadable {
            path: self.path.clone(),
            source,
        };
        let reel = if self.path.is_dir() {
            Reel::Pictures {
                files: picture_files(&self.path).map_err(unreadable)?,
                next: 0,
            }
        } else {
            let file = File::open(&self.path).map_err(|error| unreadable(error.into()))?;
            Reel::Y4m(Box::new(
                Y4mReader::new(BufReader::new(file)).map_err(unreadable)?,
            ))
        };
        Ok(Box::new(Replay {
            path: self.path.clone(),
            reel,
            frame_interval: self.frame_interval,
            due: Instant::now(),
        }))
    }
}

/// The frames of one file, each once and without pace: a PNG or JPEG picture has one, a YUV4MPEG2 file all of
/// its own. Told apart by their first bytes, not by their names.
///
/// # Errors
///
/// [`CameraFault::RecordingUnreadable`] or [`CameraFault::FrameCorrupt`], for the file or for one frame of it; a
/// frame that cannot be read is the last one.
pub fn frames_of_file(
    path: &Path,
) -> Result<Box<dyn Iterator<Item = Result<Frame, CameraFault>>>, CameraFault> {
    let path = path.to_owned();
    let unreadable = |path: &Path, source| CameraFault::RecordingUnreadable {
        path: path.to_owned(),
        source,
    };
    let mut first_bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(9).read_to_end(&mut first_bytes))
        .map_err(|error| unreadable(&path, error.into()))?;
    if first_bytes != *b"YUV4MPEG2" {
        return Ok(Box::new(std::iter::once(read_picture(&path))));
    }
    let file = File::open(&path).map_err(|error| unreadable(&path, error.into()))?;
    let reader = Y4mReader::new(BufReader::new(file)).map_err(|source| unreadable(&path, source))?;
    let mut reader = Some(reader);
    let mut first = true;
    Ok(Box::new(std::iter::from_fn(move || {
        let frame = match reader.as_mut()?.read_frame() {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) if first => Err(unreadable(&path, RecordingProblem::NoWholeFrame)),
            Ok(None) => return None,
            Err(source) => Err(unreadable(&path, source)),
        };
        first = false;
        if frame.is_err() {
            reader = None;
        }
        Some(frame)
    })))
}

enum Reel {
    Pictures { files: Vec<PathBuf>, next: usize },
    Y4m(Box<Y4mReader<BufReader<File>>>),
}

struct Replay {
    path: PathBuf,
    reel: Reel,
    frame_interval: Duration,
    due: Instant,
}

impl FrameSource for Replay {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        self.wait_until_due();
        let mut frame = match &mut self.reel {
            Reel::Pictures { files, next } => {
                let file = &files[*next];
                *next = (*next + 1) % files.len();
                read_picture(file)?
            }
            Reel::Y4m(reader) => reader
                .next_frame()
                .map_err(|source| CameraFault::RecordingUnreadable {
                    path: self.path.clone(),
                    source,
                })?,
        };
        frame.captured_at = Instant::now();
        Ok(frame)
    }
}

impl Replay {
    /// Keeps the pace; one that fell behind starts anew instead of catching up in a burst.
    fn wait_until_due(&mut self) {
        let now = Instant::now();
        match self.due.checked_duration_since(now) {
            Some(wait) => {
                std::thread::sleep(wait);
                self.due += self.frame_interval;
            }
            None => self.due = now + self.frame_interval,
        }
    }
}

fn picture_files(folder: &Path) -> Result<Vec<PathBuf>, RecordingProblem> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .map(str::to_ascii_lowercase);
        if matches!(extension.as_deref(), Some("png" | "jpg" | "jpeg")) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(RecordingProblem::NoPictures);
    }
    files.sort();
    Ok(files)
}

/// One picture file as a frame. Told apart by its first bytes, not by its name.
fn read_picture(path: &Path) -> Result<Frame, CameraFault> {
    let unreadable = |error| CameraFault::RecordingUnreadable {
        path: path.to_owned(),
        source: RecordingProblem::Io(error),
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_PICTURE_BYTES {
        return Err(FrameDamage::BadPictureFile.into());
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let frame = if bytes.starts_with(b"\x89PNG") {
        png_frame(&bytes)?
    } else {
        jpeg_frame(&bytes)?
    };
    Ok(frame)
}

/// A frame of luma from a buffer that starts with a JPEG, which it keeps for its colour.
pub(crate) fn jpeg_frame(buffer: &[u8]) -> Result<Frame, FrameDamage> {
    let jpeg = jpeg::cut_at_end(buffer)?;
    let picture = jpeg::decode(&jpeg, Pixels::Luma)?;
    let mut frame = Frame::of_rows(picture.width, picture.height, PixelFormat::Grey, picture.bytes);
    frame.jpeg = Some(jpeg.into_owned());
    Ok(frame)
}

fn png_frame(bytes: &[u8]) -> Result<Frame, FrameDamage> {
    let bad = FrameDamage::BadPictureFile;
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| bad.clone())?;
    let (width, height) = reader.info().size();
    if width.max(height) as usize > MAX_SIDE_PX {
        return Err(FrameDamage::WrongSize {
            width: width as usize,
            height: height as usize,
        });
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or_else(|| bad.clone())?];
    let info = reader.next_frame(&mut pixels).map_err(|_| bad.clone())?;
    pixels.truncate(info.buffer_size());
    let (format, pixels) = match info.color_type {
        png::ColorType::Grayscale => (PixelFormat::Grey, pixels),
        png::ColorType::Rgb => (PixelFormat::Rgb, pixels),
        png::ColorType::GrayscaleAlpha => (
            PixelFormat::Grey,
            pixels.chunks_exact(2).map(|pixel| pixel[0]).collect(),
        ),
        png::ColorType::Rgba => (
            PixelFormat::Rgb,
            pixels
                .chunks_exact(4)
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect(),
        ),
        png::ColorType::Indexed => return Err(bad),
    };
    Ok(Frame::of_rows(width, height, format, pixels))
}
