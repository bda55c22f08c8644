//! `scan`: what stands in pictures.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset};
use gatepost_camera::{CameraFault, Frame, PixelFormat, frames_of_file};
use gatepost_codes::{IssuerId, IssuerTable};
use gatepost_desk::{Clock, SystemClock};
use gatepost_report::{Argument, Language};
use gatepost_scan::{ColourClass, Detection, FrameError, FrameView, PixelLayout, colour_of, scan};
use serde::Serialize;

use crate::Fault;
use crate::arguments::ScanArguments;
use crate::output::{Output, plain};

/// One frame as a JSON line.
#[derive(Serialize)]
struct FrameLine {
    file: String,
    /// From 0.
    frame: usize,
    /// From the decoded picture to the codes.
    milliseconds: f64,
    codes: Vec<CodeLine>,
}

#[derive(Serialize)]
struct CodeLine {
    /// `None` when the bytes are not UTF-8.
    payload: Option<String>,
    payload_base64: String,
    #[serde(skip)]
    payload_bytes: usize,
    /// Pixels, clockwise from the code's own top left.
    corners: [[f32; 2]; 4],
    version: u8,
    colour: &'static str,
    #[serde(skip)]
    class: ColourClass,
    confidence: f32,
    issuer: Option<IssuerId>,
}

/// A file that could not be read, as a JSON line among the results.
#[derive(Serialize)]
struct UnreadableLine {
    file: String,
    error: &'static str,
}

/// What became of the files so far; the worst decides the exit code.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    without_code: bool,
    unreadable: bool,
}

pub(crate) fn run(arguments: &ScanArguments, output: &Output) -> Result<ExitCode, Fault> {
    let issuers = IssuerTable::built_in();
    let now = SystemClock::start().now();
    let mut sum = Sum::default();
    for file in &arguments.files {
        match frames_of_file(file) {
            Ok(frames) => scan_frames(file, frames, &issuers, now, output, &mut sum)?,
            Err(_) => unreadable(file, output, &mut sum)?,
        }
    }
    Ok(ExitCode::from(match sum {
        Sum { unreadable: true, .. } => 3,
        Sum {
            without_code: true, ..
        } => 1,
        Sum { .. } => 0,
    }))
}

fn scan_frames(
    file: &Path,
    frames: impl Iterator<Item = Result<Frame, CameraFault>>,
    issuers: &IssuerTable,
    now: DateTime<FixedOffset>,
    output: &Output,
    sum: &mut Sum,
) -> Result<(), Fault> {
    let mut has_code = false;
    for (number, frame) in frames.enumerate() {
        match frame.map(|frame| line_of(file, number, &frame, issuers, now)) {
            Ok(Ok(line)) => {
                has_code |= !line.codes.is_empty();
                tell(&line, issuers, output)?;
            }
            Ok(Err(_)) | Err(_) => return unreadable(file, output, sum),
        }
    }
    sum.without_code |= !has_code;
    Ok(())
}

fn unreadable(file: &Path, output: &Output, sum: &mut Sum) -> Result<(), Fault> {
    sum.unreadable = true;
    let line = UnreadableLine {
        file: file.display().to_string(),
        error: "unreadable",
    };
    let arguments = [("file", plain(&line.file).into())];
    // A list of results that is read by people keeps what went wrong apart from what was found.
    if output.json {
        output.result(&line, "cli-scan-unreadable", &arguments)
    } else {
        output.remark(&line, "cli-scan-unreadable", &arguments)
    }
}

fn line_of(
    file: &Path,
    number: usize,
    frame: &Frame,
    issuers: &IssuerTable,
    now: DateTime<FixedOffset>,
) -> Result<FrameLine, FrameError> {
    let began = Instant::now();
    let mut codes = scan(&view_of(frame)?);
    if frame.jpeg.is_some() && !codes.is_empty() {
        see_colours(frame, &mut codes)?;
    }
    let milliseconds = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let codes = codes
        .into_iter()
        .map(|code| CodeLine {
            issuer: issuers.read(&code.payload, now.to_utc()).issuer,
            payload_bytes: code.payload.len(),
            payload_base64: STANDARD.encode(&code.payload),
            corners: code.corners.map(|corner| [corner.x, corner.y]),
            version: code.version,
            colour: colour_code(code.colour.class),
            class: code.colour.class,
            confidence: code.colour.confidence,
            payload: String::from_utf8(code.payload).ok(),
        })
        .collect();
    Ok(FrameLine {
        file: file.display().to_string(),
        frame: number,
        milliseconds,
        codes,
    })
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

fn tell(line: &FrameLine, issuers: &IssuerTable, output: &Output) -> Result<(), Fault> {
    let words = &output.words;
    let file = plain(&line.file);
    let file = match line.frame {
        0 => file,
        frame => words.text(
            "cli-scan-frame",
            &[("file", file.into()), ("frame", (frame + 1).into())],
        ),
    };
    let milliseconds = format!("{:.1}", line.milliseconds);
    let about_all = [("file", file.into()), ("milliseconds", milliseconds.into())];
    if output.json || line.codes.is_empty() {
        return output.result(line, "cli-scan-none", &about_all);
    }
    for code in &line.codes {
        let issuer = code.issuer.as_ref().and_then(|id| issuers.issuer(id));
        let issuer = match (issuer, words.language()) {
            (Some(issuer), Language::ZhCn) => issuer.name_zh.clone(),
            (Some(issuer), Language::En) => issuer.name_en.clone(),
            (None, _) => words.word("issuer-unknown"),
        };
        let payload = match &code.payload {
            Some(text) => plain(text),
            None => words.text("cli-payload-bytes", &[("n", code.payload_bytes.into())]),
        };
        let mut arguments: Vec<(&str, Argument<'_>)> = about_all.to_vec();
        arguments.extend([
            ("issuer", issuer.into()),
            ("colour", words.word(colour_key(code.class)).into()),
            ("version", code.version.into()),
            ("payload", payload.into()),
        ]);
        output.result(line, "cli-scan-code", &arguments)?;
    }
    Ok(())
}

fn colour_code(class: ColourClass) -> &'static str {
    match class {
        ColourClass::Green => "green",
        ColourClass::YellowOrange => "yellow_orange",
        ColourClass::Red => "red",
        ColourClass::Dark => "dark",
        ColourClass::Other => "other",
        ColourClass::Unsure => "unsure",
        ColourClass::NotSeen => "not_seen",
    }
}

fn colour_key(class: ColourClass) -> &'static str {
    match class {
        ColourClass::Green => "colour-green",
        ColourClass::YellowOrange => "colour-yellow_orange",
        ColourClass::Red => "colour-red",
        ColourClass::Dark => "cli-colour-dark",
        ColourClass::Other => "cli-colour-other",
        ColourClass::Unsure => "cli-colour-unsure",
        ColourClass::NotSeen => "cli-colour-not_seen",
    }
}
