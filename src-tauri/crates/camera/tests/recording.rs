//! Replaying real files in a temporary folder.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatepost_camera::{
    Camera, CameraFault, Frame, FrameSource, Health, Opener, PixelFormat, Recording, WatchdogSettings,
    frames_of_file, preview_jpeg,
};

/// So fast that pacing costs these tests nothing.
const RATE: f32 = 120.0;

fn write_png(path: &Path, colour: png::ColorType, pixels: &[u8], width: u32, height: u32) {
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), width, height);
    encoder.set_color(colour);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

fn write_jpeg(path: &Path, rgb: [u8; 3], width: u16, height: u16) {
    let pixels = rgb.repeat(usize::from(width) * usize::from(height));
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 95)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    std::fs::write(path, jpeg).unwrap();
}

fn open(path: &Path) -> Box<dyn FrameSource> {
    Recording::new(path, RATE).open().unwrap()
}

#[test]
fn a_folder_is_shown_in_the_order_of_its_names_without_end() {
    let folder = tempfile::tempdir().unwrap();
    write_png(
        &folder.path().join("2.png"),
        png::ColorType::Grayscale,
        &[20; 6],
        3,
        2,
    );
    write_jpeg(&folder.path().join("3.JPG"), [200, 30, 30], 16, 8);
    write_png(
        &folder.path().join("1.png"),
        png::ColorType::Rgba,
        &[10, 11, 12, 255],
        1,
        1,
    );
    std::fs::write(folder.path().join("notes.txt"), "not a picture").unwrap();
    let mut source = open(folder.path());
    let formats: Vec<PixelFormat> = (0..4).map(|_| source.next_frame().unwrap().format).collect();
    assert_eq!(
        formats,
        [
            PixelFormat::Rgb,
            PixelFormat::Grey,
            PixelFormat::Grey,
            PixelFormat::Rgb
        ]
    );
}

#[test]
fn a_jpeg_is_luma_first_and_has_its_colour_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    write_jpeg(&folder.path().join("red.jpg"), [220, 20, 20], 32, 16);
    let frame = open(folder.path()).next_frame().unwrap();
    assert_eq!(
        (frame.width, frame.height, frame.format),
        (32, 16, PixelFormat::Grey)
    );
    let coloured = frame.with_colour().unwrap();
    assert_eq!(
        (coloured.format, coloured.captured_at),
        (PixelFormat::Rgb, frame.captured_at)
    );
    assert!(
        coloured.bytes[0] > 180 && coloured.bytes[1] < 60,
        "{:?}",
        &coloured.bytes[..3]
    );
}

#[test]
fn a_frame_that_has_its_colour_is_given_back_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write_png(
        &folder.path().join("1.png"),
        png::ColorType::Rgb,
        &[1, 2, 3],
        1,
        1,
    );
    let frame = open(folder.path()).next_frame().unwrap();
    assert_eq!(*frame.with_colour().unwrap(), frame);
}

#[test]
fn a_broken_picture_is_one_damaged_frame_and_the_next_one_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("1.png"), b"\x89PNG and then nothing").unwrap();
    std::fs::write(folder.path().join("2.jpg"), b"no picture at all").unwrap();
    write_jpeg(&folder.path().join("3.jpg"), [9, 9, 9], 8, 8);
    let mut source = open(folder.path());
    for _ in 0..2 {
        let fault = source.next_frame().unwrap_err();
        assert!(fault.spoils_one_frame_only(), "{fault}");
    }
    assert!(source.next_frame().is_ok());
}

#[test]
fn what_cannot_be_replayed_is_a_typed_fault() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable = |path: &Path| match Recording::new(path, RATE).open() {
        Ok(_) => panic!("{path:?} was opened"),
        Err(fault) => assert_eq!(fault.code(), "camera-recording-unreadable"),
    };
    unreadable(&folder.path().join("nowhere"));
    unreadable(folder.path());
    let video = folder.path().join("film.y4m");
    std::fs::write(&video, b"RIFF....").unwrap();
    unreadable(&video);
}

#[test]
fn a_video_file_is_replayed_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("film.y4m");
    std::fs::write(&video, b"YUV4MPEG2 W2 H2 F25:1 C420\nFRAME\nabcdUVFRAME\nefghUV").unwrap();
    let mut source = open(&video);
    let seen: Vec<u8> = (0..3).map(|_| source.next_frame().unwrap().bytes[0]).collect();
    assert_eq!(seen, [b'a', b'e', b'a']);
}

#[test]
fn a_recording_runs_under_the_watchdog_at_its_own_pace() {
    let folder = tempfile::tempdir().unwrap();
    write_jpeg(&folder.path().join("1.jpg"), [60, 200, 60], 64, 36);
    let camera = Camera::start(
        Arc::new(Recording::new(folder.path(), 20.0)),
        WatchdogSettings::default(),
    );
    let latest = camera.latest();
    let first = latest.wait_newer(0, Duration::from_secs(20)).unwrap();
    let later = latest
        .wait_newer(first.sequence + 3, Duration::from_secs(20))
        .unwrap();
    let frames = (later.sequence - first.sequence) as u32;
    let elapsed = later.captured_at - first.captured_at;
    assert!(
        elapsed >= Duration::from_millis(40) * frames,
        "{frames} frames in {elapsed:?}"
    );
    assert!(matches!(
        camera.health(),
        Health::Live {
            width: 64,
            height: 36,
            ..
        }
    ));
}

fn decoded(jpeg: &[u8]) -> Frame {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("1.jpg"), jpeg).unwrap();
    open(folder.path())
        .next_frame()
        .unwrap()
        .with_colour()
        .unwrap()
        .into_owned()
}

/// A plain frame of one colour; luma 120, U 60, V 200 (a strong red-violet).
fn plain(format: PixelFormat, width: u32, height: u32) -> Frame {
    let pixels = (width * height) as usize;
    let (bytes, stride) = match format {
        PixelFormat::Yuyv => ([120, 60, 120, 200].repeat(pixels / 2), width as usize * 2),
        PixelFormat::Nv12 => (
            [vec![120; pixels], [60, 200].repeat(pixels / 4)].concat(),
            width as usize,
        ),
        PixelFormat::Grey => (vec![120; pixels], width as usize),
        PixelFormat::Rgb => ([221, 92, 0].repeat(pixels), width as usize * 3),
    };
    let jpeg = None;
    let captured_at = std::time::Instant::now();
    Frame {
        width,
        height,
        stride,
        format,
        bytes,
        jpeg,
        sequence: 1,
        captured_at,
    }
}

#[test]
fn a_preview_is_narrow_enough_and_has_the_colour_of_the_frame() {
    for format in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Rgb] {
        let preview = decoded(&preview_jpeg(&plain(format, 1280, 720), 640, 80));
        assert_eq!((preview.width, preview.height), (640, 360), "{format:?}");
        let (red, green, blue) = (preview.bytes[0], preview.bytes[1], preview.bytes[2]);
        assert!(
            red.abs_diff(221) < 8 && green.abs_diff(92) < 8 && blue < 12,
            "{format:?}: {red} {green} {blue}"
        );
    }
}

#[test]
fn a_grey_preview_is_grey_and_a_small_frame_is_not_enlarged() {
    let preview = decoded(&preview_jpeg(&plain(PixelFormat::Grey, 320, 240), 640, 80));
    assert_eq!((preview.width, preview.height), (320, 240));
    assert!(preview.bytes[..3].iter().all(|value| value.abs_diff(120) < 4));
}

#[test]
fn a_preview_of_a_jpeg_frame_has_its_colour() {
    let folder = tempfile::tempdir().unwrap();
    write_jpeg(&folder.path().join("1.jpg"), [20, 180, 60], 800, 450);
    let frame = open(folder.path()).next_frame().unwrap();
    let preview = decoded(&preview_jpeg(&frame, 640, 80));
    assert_eq!((preview.width, preview.height), (640, 360));
    assert!(preview.bytes[1] > 150 && preview.bytes[0] < 60);
}

#[test]
fn a_preview_of_a_frame_that_is_not_whole_is_empty_and_odd_sizes_do_not_panic() {
    for format in [
        PixelFormat::Yuyv,
        PixelFormat::Nv12,
        PixelFormat::Grey,
        PixelFormat::Rgb,
    ] {
        let mut frame = plain(format, 64, 48);
        frame.bytes.truncate(frame.bytes.len() - 1);
        assert!(preview_jpeg(&frame, 640, 80).is_empty(), "{format:?}");
        frame.width = 0;
        assert!(preview_jpeg(&frame, 640, 80).is_empty());
        for (width, height, widest) in [(2, 2, 1), (64, 2, 33), (1000, 2, 7), (6, 500, 3)] {
            assert!(
                !preview_jpeg(&plain(format, width, height), widest, 0).is_empty(),
                "{format:?} {width}"
            );
        }
    }
}

#[test]
fn an_opened_fault_has_a_code_for_the_screen() {
    assert_eq!(CameraFault::Absent.code(), "camera-absent");
    assert_eq!(CameraFault::Stalled.code(), "camera-stalled");
}

#[test]
fn every_frame_of_a_file_comes_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_png(&path("a.png"), png::ColorType::Grayscale, &[20; 6], 3, 2);
    write_jpeg(&path("b.png"), [200, 30, 30], 16, 8);
    std::fs::write(path("c.y4m"), b"YUV4MPEG2 W1 H1 Cmono\nFRAME\n1FRAME\n2FRAME\n").unwrap();
    std::fs::write(path("none.y4m"), b"YUV4MPEG2 W1 H1 Cmono\n").unwrap();
    std::fs::write(path("broken.y4m"), b"YUV4MPEG2 W1 H1 Cmono\nFRAME\n1FLAME\n2").unwrap();
    std::fs::write(path("text.txt"), b"no picture").unwrap();
    let frames = |name: &str| -> Vec<bool> {
        frames_of_file(&path(name))
            .unwrap()
            .map(|frame| frame.is_ok())
            .collect()
    };
    assert_eq!(frames("a.png"), [true]);
    assert_eq!(frames("b.png"), [true]);
    assert_eq!(frames("c.y4m"), [true, true]);
    assert_eq!(frames("none.y4m"), [false]);
    assert_eq!(frames("broken.y4m"), [true, false]);
    assert_eq!(frames("text.txt"), [false]);
    assert!(frames_of_file(&path("absent")).is_err());
    assert!(frames_of_file(folder.path()).is_err());
}
