//! `scan`: what stands in pictures.

mod explained;
mod found;
mod line;
mod reader;
mod shrink;

use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset};
use gatepost_camera::{CameraFault, Frame, PixelFormat, frames_of_file};
use gatepost_codes::IssuerTable;
use gatepost_desk::{Clock, SystemClock};
use gatepost_scan::{Detection, FrameError, FrameView, PixelLayout, Point, colour_of};
use serde::Serialize;

use crate::Fault;
use crate::arguments::ScanArguments;
use crate::output::{Output, plain};
use explained::write_explanation;
use found::{Found, found_at};
use line::{CodeLine, FrameLine};
use reader::Reader;
use shrink::shrunk;

/// A file that could not be read, as a JSON line among the results.
#[derive(Serialize)]
struct UnreadableLine {
    file: String,
    error: &'static str,
}

/// What became of the files so far; the worst decides the exit code.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    with_code: bool,
    without_code: bool,
    unreadable: bool,
}

impl Sum {
    /// In a sequence a code in one frame is enough, as it is in a video.
    fn exit_code(self, is_sequence: bool) -> ExitCode {
        let is_missing = if is_sequence {
            !self.with_code
        } else {
            self.without_code
        };
        ExitCode::from(match (self.unreadable, is_missing) {
            (true, _) => 3,
            (false, true) => 1,
            (false, false) => 0,
        })
    }
}

/// What stays the same from file to file.
struct Scan<'a> {
    reader: Reader,
    longest_side: Option<u32>,
    issuers: IssuerTable,
    now: DateTime<FixedOffset>,
    output: &'a Output,
    sum: Sum,
}

pub(crate) fn run(arguments: &ScanArguments, output: &Output) -> Result<ExitCode, Fault> {
    let found: Vec<Found> = arguments.files.iter().flat_map(|path| found_at(path)).collect();
    if let Some(folder) = &arguments.explain {
        let [Found::File(file)] = found.as_slice() else {
            return Err(Fault::NotOneFile);
        };
        write_explanation(file, folder, arguments.max_dim, output)?;
    }
    let mut scan = Scan {
        reader: Reader::new(
            arguments.deadline_ms.map(Duration::from_millis),
            arguments.sequence,
        ),
        longest_side: arguments.max_dim,
        issuers: IssuerTable::built_in(),
        now: SystemClock::start().now(),
        output,
        sum: Sum::default(),
    };
    for one in &found {
        match one {
            Found::NoPictures(folder) => scan.unreadable(folder, "no_pictures")?,
            Found::File(file) => match frames_of_file(file) {
                Ok(frames) => scan.file(file, frames)?,
                Err(_) => scan.unreadable(file, "unreadable")?,
            },
        }
    }
    Ok(scan.sum.exit_code(arguments.sequence))
}

impl Scan<'_> {
    fn file(
        &mut self,
        file: &Path,
        frames: impl Iterator<Item = Result<Frame, CameraFault>>,
    ) -> Result<(), Fault> {
        let mut has_code = false;
        for (number, frame) in frames.enumerate() {
            match frame.map(|frame| self.line_of(file, number, &frame)) {
                Ok(Ok(line)) => {
                    has_code |= !line.codes.is_empty();
                    line.tell(&self.issuers, self.output)?;
                }
                Ok(Err(_)) | Err(_) => return self.unreadable(file, "unreadable"),
            }
        }
        self.sum.with_code |= has_code;
        self.sum.without_code |= !has_code;
        Ok(())
    }

    fn unreadable(&mut self, path: &Path, error: &'static str) -> Result<(), Fault> {
        self.sum.unreadable = true;
        let line = UnreadableLine {
            file: path.display().to_string(),
            error,
        };
        let arguments = [("file", plain(&line.file).into())];
        let key = format!("cli-scan-{error}");
        // A list of results that is read by people keeps what went wrong apart from what was found.
        if self.output.json {
            self.output.result(&line, &key, &arguments)
        } else {
            self.output.remark(&line, &key, &arguments)
        }
    }

    fn line_of(&mut self, file: &Path, number: usize, frame: &Frame) -> Result<FrameLine, FrameError> {
        let (looked_at, factor) = sized(frame, self.longest_side);
        let began = Instant::now();
        let seen = self.reader.read(&view_of(&looked_at)?);
        let mut codes = seen.sight.detections;
        for code in &mut codes {
            code.corners = code
                .corners
                .map(|corner| Point::new(corner.x / factor, corner.y / factor));
        }
        if frame.jpeg.is_some() && !codes.is_empty() {
            see_colours(frame, &mut codes)?;
        }
        let milliseconds = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let codes = codes
            .into_iter()
            .map(|code| {
                let over_frames = self.reader.vote(&code.payload, code.colour);
                let issuer = self.issuers.read(&code.payload, self.now.to_utc()).issuer;
                CodeLine::new(code, over_frames, issuer)
            })
            .collect();
        Ok(FrameLine {
            file: file.display().to_string(),
            frame: number,
            width: looked_at.width,
            height: looked_at.height,
            milliseconds,
            cpu_microseconds: seen.cpu.and_then(|cpu| u64::try_from(cpu.as_micros()).ok()),
            is_cut_short: seen.sight.is_cut_short,
            codes,
        })
    }
}

/// The frame in the size to look at it, and how much smaller that is.
fn sized(frame: &Frame, longest_side: Option<u32>) -> (Cow<'_, Frame>, f32) {
    match longest_side.and_then(|longest| shrunk(frame, longest)) {
        Some((small, factor)) => (Cow::Owned(small), factor),
        None => (Cow::Borrowed(frame), 1.0),
    }
}

/// A JPEG was read as luma; only where a code was found its colour is decoded.
fn see_colours(frame: &Frame, codes: &mut [Detection]) -> Result<(), FrameError> {
    // A picture whose luma decodes and whose colour does not stays a picture without colour.
    if let Ok(coloured) = frame.with_colour() {
        let view = view_of(&coloured)?;
        for code in codes {
            code.colour = colour_of(&view, &code.corners, code.version);
        }
    }
    Ok(())
}

pub(crate) fn view_of(frame: &Frame) -> Result<FrameView<'_>, FrameError> {
    let layout = match frame.format {
        PixelFormat::Yuyv => PixelLayout::Yuyv,
        PixelFormat::Nv12 => PixelLayout::Nv12,
        PixelFormat::Grey => PixelLayout::Grey,
        PixelFormat::Rgb => PixelLayout::Rgb,
    };
    let (width, height) = (frame.width as usize, frame.height as usize);
    FrameView::new(layout, &frame.bytes, width, height, frame.stride)
}
