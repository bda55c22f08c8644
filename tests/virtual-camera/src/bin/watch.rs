//! Watches the first camera and prints what it sees as JSON lines, until standard input ends.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatepost_camera::{Camera, Frame, Health, PixelFormat, WatchdogSettings, Webcam, cameras};
use serde_json::{Value, json};

fn main() {
    let listed: Vec<Value> = cameras()
        .into_iter()
        .map(|camera| json!({ "id": camera.id.as_str(), "name": camera.name }))
        .collect();
    print(&json!({ "cameras": listed }));
    let camera = Camera::start(Arc::new(Webcam::first_usable()), WatchdogSettings::default());
    let changes = camera.health_changes();
    std::thread::spawn(move || changes.into_iter().for_each(|health| print(&health_line(health))));
    let latest = camera.latest();
    std::thread::spawn(move || {
        let started = Instant::now();
        let mut seen = 0;
        loop {
            if let Some(frame) = latest.wait_newer(seen, Duration::from_secs(60)) {
                seen = frame.sequence;
                print(&frame_line(&frame, started));
            }
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let damaged = camera.damaged_frames();
    camera.stop();
    print(&json!({ "stopped": { "damaged": damaged } }));
}

fn health_line(health: Health) -> Value {
    match health {
        Health::Opening => json!({ "health": "opening" }),
        Health::Live {
            width,
            height,
            frames_per_second,
        } => {
            json!({ "health": "live", "width": width, "height": height, "fps": frames_per_second })
        }
        Health::NoPicture { reason, .. } => json!({ "health": "no-picture", "reason": reason }),
    }
}

fn frame_line(frame: &Frame, started: Instant) -> Value {
    let format = match frame.format {
        PixelFormat::Yuyv => "yuyv",
        PixelFormat::Nv12 => "nv12",
        PixelFormat::Grey => "grey",
        PixelFormat::Rgb => "rgb",
    };
    json!({ "frame": frame.sequence, "format": format, "width": frame.width, "height": frame.height,
        "first": frame.bytes.first(), "milliseconds": frame.captured_at.duration_since(started).as_millis() as u64,
        "jpeg_bytes": frame.jpeg.as_ref().map(Vec::len) })
}

/// One line, written whole; a reader that has gone is no reason to fail.
fn print(line: &Value) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
