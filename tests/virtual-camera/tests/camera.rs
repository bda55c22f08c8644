//! The real camera code against the virtual camera: `gatepost-camera-watch` under `LD_PRELOAD`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves
#![allow(clippy::print_stderr)] // measurements, for whoever wants to see them

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far more than anything here takes; only a hang runs into it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands before one virtual camera.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn control_file(&self) -> PathBuf {
        self.folder.path().join("camera")
    }

    /// Puts a header and a picture before the camera, all at once.
    fn show(&self, header: &str, picture: &[u8]) {
        let next = self.folder.path().join("next");
        std::fs::write(&next, [header.as_bytes(), b"\n", picture].concat()).unwrap();
        std::fs::rename(next, self.control_file()).unwrap();
    }

    fn show_grey_720p(&self, luma: u8) {
        self.show("GPVC1 YUYV 1280 720 30", &[luma, 128].repeat(1280 * 720));
    }

    fn unplug(&self) {
        std::fs::remove_file(self.control_file()).unwrap();
    }

    /// Starts the watcher.
    fn watch(&self) -> Watcher {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gatepost-camera-watch"))
            .env("LD_PRELOAD", library())
            .env("GATEPOST_VIRTUAL_CAMERA", self.control_file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                let Ok(line) = line else { return };
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Watcher {
            input: process.stdin.take(),
            process,
            lines,
        }
    }
}

/// The preloaded library; its place depends on how cargo was called.
fn library() -> PathBuf {
    let name = "libgatepost_virtual_camera.so";
    let dependencies = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [dependencies.join(name), dependencies.parent().unwrap().join(name)];
    let newest = places
        .into_iter()
        .filter(|place| place.exists())
        .max_by_key(|place| {
            place
                .metadata()
                .and_then(|file| file.modified())
                .expect("an existing file has a change time")
        });
    newest.expect("the library is built: `cargo build --workspace` does it, `cargo test` alone does not")
}

/// The watcher's process and what it says.
struct Watcher {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
}

impl Watcher {
    /// The first line that is wanted, whatever comes before it.
    fn wait_for(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut last = Value::Null;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => last = line,
                Err(error) => panic!("{error} while waiting; the last line was {last}"),
            }
        }
    }

    fn wait_until_live(&self) -> Value {
        self.wait_for(|line| line["health"] == "live")
    }

    fn wait_until_lost(&self, reason: &str) {
        self.wait_for(|line| line["health"] == "no-picture" && line["reason"] == reason);
    }

    fn wait_for_luma(&self, luma: u8) -> Value {
        self.wait_for(|line| line["first"] == luma)
    }

    /// Ends the watcher; how many damaged frames it dropped. A crash fails the test.
    fn stop(mut self) -> u64 {
        drop(self.input.take());
        let stopped = self.wait_for(|line| line["stopped"].is_object());
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
        stopped["stopped"]["damaged"].as_u64().unwrap()
    }

    /// Processor time of the watcher so far, in seconds.
    fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        ticks / 100.0
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A JPEG of one luma.
fn grey_jpeg(width: u16, height: u16, luma: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let pixels = vec![luma; usize::from(width) * usize::from(height) * 3];
    jpeg_encoder::Encoder::new(&mut jpeg, 90)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    jpeg
}

#[test]
fn the_camera_is_listed_and_opened_and_streams_uncompressed_720p_at_its_rate() {
    let stage = Stage::new();
    stage.show_grey_720p(90);
    let watcher = stage.watch();
    let listed = watcher.wait_for(|line| line["cameras"].is_array());
    assert_eq!(listed["cameras"][0]["name"], "Virtual camera");
    assert_eq!(
        listed["cameras"][0]["id"],
        "platform:gatepost-virtual/Virtual camera"
    );
    let live = watcher.wait_for(|line| line["health"] == "live" && line["fps"].as_f64() > Some(0.0));
    assert_eq!(
        (live["width"].as_u64(), live["height"].as_u64()),
        (Some(1280), Some(720))
    );

    let first = watcher.wait_for_luma(90);
    assert_eq!(
        (first["format"].as_str(), first["width"].as_u64()),
        (Some("yuyv"), Some(1280))
    );
    let later = watcher.wait_for(|line| line["frame"].as_u64() >= first["frame"].as_u64().map(|at| at + 60));
    let frames = later["frame"].as_f64().unwrap() - first["frame"].as_f64().unwrap();
    let seconds =
        (later["milliseconds"].as_f64().unwrap() - first["milliseconds"].as_f64().unwrap()) / 1000.0;
    let rate = frames / seconds;
    // Never faster than the camera; slower only as far as a busy machine makes it.
    assert!((5.0..32.0).contains(&rate), "{rate} frames per second");
    eprintln!(
        "{rate:.1} frames per second, {:.2} s processor time",
        watcher.processor_seconds()
    );
    assert_eq!(watcher.stop(), 0);
}

#[test]
fn a_new_picture_appears_when_the_file_is_replaced() {
    let stage = Stage::new();
    stage.show_grey_720p(50);
    let watcher = stage.watch();
    watcher.wait_for_luma(50);
    for luma in [200, 51, 90] {
        stage.show_grey_720p(luma);
        watcher.wait_for_luma(luma);
    }
}

#[test]
fn motion_jpeg_is_decoded_to_luma_and_cut_where_it_ends() {
    let stage = Stage::new();
    let (long, short) = (grey_jpeg(640, 480, 100), grey_jpeg(640, 480, 0));
    stage.show("GPVC1 MJPG 640 480 30", &long);
    let watcher = stage.watch();
    let frame = watcher.wait_for_luma(100);
    assert_eq!(
        (frame["format"].as_str(), frame["width"].as_u64()),
        (Some("grey"), Some(640))
    );
    assert_eq!(frame["jpeg_bytes"].as_u64(), Some(long.len() as u64));
    stage.show("GPVC1 MJPG 640 480 30", &short);
    assert_eq!(
        watcher.wait_for_luma(0)["jpeg_bytes"].as_u64(),
        Some(short.len() as u64)
    );
    assert_eq!(watcher.stop(), 0);
}

#[test]
fn a_stalled_camera_is_told_and_recovers() {
    let stage = Stage::new();
    stage.show_grey_720p(60);
    let watcher = stage.watch();
    watcher.wait_until_live();
    for luma in [61, 62] {
        stage.show("GPVC1 STALL", &[]);
        watcher.wait_until_lost("camera-stalled");
        stage.show_grey_720p(luma);
        watcher.wait_for_luma(luma);
    }
    watcher.wait_until_live();
}

#[test]
fn a_camera_that_blocks_for_ever_from_the_first_frame_is_abandoned_and_recovers_when_it_wakes() {
    let stage = Stage::new();
    stage.show("GPVC1 STALL", &[]);
    let watcher = stage.watch();
    watcher.wait_until_lost("camera-stalled");
    // Longer than the watchdog gives a camera to open, so that its thread is abandoned meanwhile.
    std::thread::sleep(Duration::from_secs(7));
    stage.show_grey_720p(70);
    watcher.wait_for_luma(70);
    assert_eq!(watcher.stop(), 0);
}

#[test]
fn an_unplugged_camera_comes_back_by_itself_twenty_times() {
    let stage = Stage::new();
    stage.show_grey_720p(80);
    let watcher = stage.watch();
    watcher.wait_until_live();
    let before = watcher.processor_seconds();
    let started = Instant::now();
    for round in 0..20 {
        stage.unplug();
        watcher.wait_until_lost("camera-absent");
        stage.show_grey_720p(100 + round);
        watcher.wait_until_live();
        watcher.wait_for_luma(100 + round);
    }
    let busy = (watcher.processor_seconds() - before) / started.elapsed().as_secs_f64();
    eprintln!(
        "20 rounds in {:.1?}, {:.0} % of a core",
        started.elapsed(),
        busy * 100.0
    );
    assert_eq!(watcher.stop(), 0);
}

#[test]
fn a_camera_in_another_format_is_taken_as_a_new_one() {
    let stage = Stage::new();
    stage.show_grey_720p(80);
    let watcher = stage.watch();
    watcher.wait_for_luma(80);
    stage.show("GPVC1 MJPG 640 480 15", &grey_jpeg(640, 480, 30));
    assert_eq!(watcher.wait_for_luma(30)["format"], "grey");
    watcher.wait_for(|line| line["health"] == "live" && line["width"] == 640);
}

#[test]
fn one_frame_in_fifty_may_be_rubbish() {
    let stage = Stage::new();
    stage.show("GPVC1 MJPG 640 480 60 corrupt=50", &grey_jpeg(640, 480, 40));
    let watcher = stage.watch();
    let first = watcher.wait_for_luma(40)["frame"].as_u64().unwrap();
    let later = watcher.wait_for(|line| line["frame"].as_u64() >= Some(first + 200));
    assert_eq!(later["first"], 40);
    let damaged = watcher.stop();
    assert!(damaged >= 2, "{damaged} damaged frames were counted");
}

#[test]
fn rubbish_in_uncompressed_frames_is_shown_as_it_is_and_does_no_harm() {
    let stage = Stage::new();
    stage.show("GPVC1 YUYV 640 480 60 corrupt=5", &[77, 128].repeat(640 * 480));
    let watcher = stage.watch();
    let first = watcher.wait_for_luma(77)["frame"].as_u64().unwrap();
    watcher.wait_for(|line| line["frame"].as_u64() >= Some(first + 60));
    watcher.stop();
}

#[test]
fn no_camera_a_busy_one_and_a_forbidden_one_are_told_apart() {
    let stage = Stage::new();
    let watcher = stage.watch();
    let listed = watcher.wait_for(|line| line["cameras"].is_array());
    assert_eq!(listed["cameras"].as_array().map(Vec::len), Some(0));
    watcher.wait_until_lost("camera-absent");
    stage.show("GPVC1 YUYV 2 2 30 busy", &[0; 8]);
    watcher.wait_until_lost("camera-busy");
    stage.show("GPVC1 YUYV 2 2 30 denied", &[0; 8]);
    watcher.wait_until_lost("camera-no-permission");
    stage.show("GPVC1 YUYV 2 2 30", &[5, 128, 5, 128, 5, 128, 5, 128]);
    watcher.wait_until_live();
}
