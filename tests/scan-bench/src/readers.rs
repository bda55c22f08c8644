//! The readers, each behind the same door.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use gatepost_scan::{Detection, Scanner};
use rustix::time::{ClockId, clock_gettime};
use rxing::{BarcodeFormat, DecodeHints, RXingResultMetadataType, RXingResultMetadataValue};

use crate::frame::{Frame, Reading};

/// The readers in the order of every table. The first is the one that the program ships.
pub(crate) const NAMES: [&str; 6] = [
    "ours",
    "ours, all passes",
    "rqrr",
    "rxing",
    "zxing fast",
    "zxing full",
];
/// Readers in all.
pub(crate) const COUNT: usize = NAMES.len();
/// The reader that ships.
pub(crate) const OURS: usize = 0;
/// Ours without a deadline.
pub(crate) const OURS_UNHURRIED: usize = 1;
/// The reader that the targets are measured against.
pub(crate) const REFERENCE: usize = 5;

/// What one reader did with one frame.
#[derive(Default)]
pub(crate) struct Outcome {
    /// CPU time of this thread, in milliseconds.
    pub(crate) milliseconds: f64,
    pub(crate) readings: Vec<Reading>,
    pub(crate) has_panicked: bool,
}

/// All readers, with what they keep from frame to frame.
pub(crate) struct Readers {
    scanner: Scanner,
    fast: zxingcpp::BarcodeReader,
    full: zxingcpp::BarcodeReader,
    frames: usize,
}

impl Readers {
    pub(crate) fn new() -> Readers {
        let zxing = || zxingcpp::read().formats([zxingcpp::BarcodeFormat::QRCode]);
        Readers {
            scanner: Scanner::new(),
            fast: zxing()
                .try_harder(false)
                .try_rotate(false)
                .try_invert(false)
                .try_downscale(false),
            full: zxing()
                .try_harder(true)
                .try_rotate(true)
                .try_invert(true)
                .try_downscale(true),
            frames: 0,
        }
    }

    /// What every reader sees in a frame, in the order of [`NAMES`]. Another one is first for every frame.
    pub(crate) fn read(&mut self, frame: &Frame) -> [Outcome; COUNT] {
        self.frames += 1;
        let mut outcomes: [Outcome; COUNT] = Default::default();
        for turn in 0..COUNT {
            let reader = (self.frames + turn) % COUNT;
            outcomes[reader] = self.outcome(reader, frame);
        }
        outcomes
    }

    fn outcome(&mut self, reader: usize, frame: &Frame) -> Outcome {
        let start = thread_time();
        let readings = catch_unwind(AssertUnwindSafe(|| match reader {
            0 => ours(self.scanner.scan(&frame.view(), &thread_time).detections),
            1 => ours(gatepost_scan::scan(&frame.view())),
            2 => rqrr(frame),
            3 => rxing(frame),
            4 => zxing(&self.fast, frame),
            _ => zxing(&self.full, frame),
        }));
        Outcome {
            milliseconds: (thread_time() - start).as_secs_f64() * 1000.0,
            has_panicked: readings.is_err(),
            readings: readings.unwrap_or_default(),
        }
    }
}

fn ours(detections: Vec<Detection>) -> Vec<Reading> {
    let readings = detections.into_iter().map(|detection| Reading {
        bytes: detection.payload,
        text: detection.text,
        colour: Some(detection.colour.class),
    });
    readings.collect()
}

fn rqrr(frame: &Frame) -> Vec<Reading> {
    let luma = |x: usize, y: usize| frame.luma[y * frame.width + x];
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(frame.width, frame.height, luma);
    let readings = picture.detect_grids().into_iter().filter_map(|grid| {
        let mut bytes = Vec::new();
        grid.decode_to(&mut bytes).ok()?;
        Some(said(bytes, None))
    });
    readings.collect()
}

fn rxing(frame: &Frame) -> Vec<Reading> {
    let mut hints = DecodeHints {
        PossibleFormats: Some([BarcodeFormat::QR_CODE].into()),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let size = |length: usize| {
        u32::try_from(length).expect("pictures are smaller than four thousand million pixels")
    };
    let (width, height) = (size(frame.width), size(frame.height));
    let found =
        rxing::helpers::detect_multiple_in_luma_with_hints(frame.luma.clone(), width, height, &mut hints);
    let readings = found.unwrap_or_default().into_iter().map(|result| {
        let segments = result
            .getRXingResultMetadata()
            .get(&RXingResultMetadataType::BYTE_SEGMENTS);
        let bytes = match segments {
            Some(RXingResultMetadataValue::ByteSegments(segments)) => segments.concat(),
            _ => Vec::new(),
        };
        said(bytes, Some(result.getText().to_owned()))
    });
    readings.collect()
}

fn zxing(reader: &zxingcpp::BarcodeReader, frame: &Frame) -> Vec<Reading> {
    let picture =
        zxingcpp::ImageView::from_slice(&frame.luma, frame.width, frame.height, zxingcpp::ImageFormat::Lum);
    let found = picture
        .and_then(|picture| reader.from(&picture))
        .unwrap_or_default();
    found
        .iter()
        .map(|code| said(code.bytes(), Some(code.text())))
        .collect()
}

fn said(bytes: Vec<u8>, text: Option<String>) -> Reading {
    Reading {
        bytes,
        text,
        colour: None,
    }
}

/// CPU time that this thread has used.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("time that was used is not negative");
    let nanoseconds = u32::try_from(time.tv_nsec).expect("there are fewer nanoseconds than that in a second");
    Duration::new(seconds, nanoseconds)
}
