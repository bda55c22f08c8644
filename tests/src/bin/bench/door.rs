//! From a frame to the code on the door's view, and from Enter to the card.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{CameraFault, Frame, FrameSource, Opener, PixelFormat};
use gatepost_desk::view::{
    AppView, AuditView, CodeSlot, DoorView, ExportProgress, InspectorView, WitnessingView,
};
use gatepost_desk::{CameraSource, Desk, DeskOptions, Earcon, Presenter, SystemClock, VaultKind};
use gatepost_scan::synthetic::{CodeColour, DoorScene, render};
use gatepost_scan::{FrameView, PixelLayout, Scanner};
use gatepost_tests::{Visitor, quiet};

use crate::samples::Samples;
use crate::table::{Aim, Row};

/// Visitors, each with a code of their own.
const VISITORS: usize = 120;
/// Different pictures; the code in each is new at every turn.
const BETWEEN_FRAMES: Duration = Duration::from_micros(33_333);
/// Frames that show a visitor, and frames that show nobody before the next.
const SHOWN: usize = 6;
const EMPTY: usize = 4;
/// A camera is never in step with the eye: each visitor comes a little later than the last.
const DRIFT: Duration = Duration::from_millis(7);
const PATIENCE: Duration = Duration::from_secs(20);

/// A picture as the camera delivers it.
struct Picture {
    width: usize,
    height: usize,
    yuyv: Vec<u8>,
}

impl Picture {
    fn of(scene: &DoorScene) -> Picture {
        let frame = render(scene);
        Picture {
            width: frame.width,
            height: frame.height,
            yuyv: frame.to_yuyv(),
        }
    }

    fn frame(&self) -> Frame {
        Frame {
            width: self.width as u32,
            height: self.height as u32,
            stride: self.width * 2,
            format: PixelFormat::Yuyv,
            bytes: self.yuyv.clone(),
            jpeg: None,
            sequence: 0,
            captured_at: Instant::now(),
        }
    }
}

/// Says when the first frame of each visitor was there.
struct Queue {
    pictures: Arc<Vec<Picture>>,
    empty: Arc<Picture>,
    arrived: Mutex<Option<Sender<Instant>>>,
}

impl Opener for Queue {
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
        let arrived = self.arrived.lock().expect("nobody panics here").take();
        Ok(Box::new(Standing {
            pictures: Arc::clone(&self.pictures),
            empty: Arc::clone(&self.empty),
            arrived: arrived.expect("a source that never fails is opened once"),
            sent: 0,
        }))
    }
}

struct Standing {
    pictures: Arc<Vec<Picture>>,
    empty: Arc<Picture>,
    arrived: Sender<Instant>,
    sent: usize,
}

impl FrameSource for Standing {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let (visitor, within) = (self.sent / (SHOWN + EMPTY), self.sent % (SHOWN + EMPTY));
        self.sent += 1;
        thread::sleep(BETWEEN_FRAMES);
        let Some(picture) = self.pictures.get(visitor).filter(|_| within >= EMPTY) else {
            return Ok(self.empty.frame());
        };
        let is_first = within == EMPTY;
        if is_first {
            thread::sleep(DRIFT * (visitor % 9) as u32);
        }
        let frame = picture.frame();
        if is_first {
            // Nobody listens after the last visitor.
            let _ = self.arrived.send(frame.captured_at);
        }
        Ok(frame)
    }
}

/// Notes when a view with a code and its colour was shown.
struct Watching(Mutex<Sender<Instant>>);

impl Presenter for Watching {
    fn app_changed(&self, _: &AppView) {}

    fn door_changed(&self, view: &DoorView) {
        let is_read = matches!(view.visitor.code, CodeSlot::Decoded { colour: Some(_), .. });
        if is_read && view.visitor.typed.is_empty() && view.visitor.temperature.is_none() {
            // Nobody listens after the last visitor.
            let _ = self.0.lock().expect("nobody panics here").send(Instant::now());
        }
    }

    fn export_progress(&self, _: ExportProgress) {}
    fn audit_changed(&self, _: &AuditView) {}

    fn witnessing_changed(&self, _: &WitnessingView) {}

    fn inspector_changed(&self, _: &InspectorView) {}

    fn sound(&self, _: Earcon) {}
}

pub(crate) fn measure(folder: &Path) -> Vec<Row> {
    let pictures: Arc<Vec<Picture>> = Arc::new((0..VISITORS).map(picture).collect());
    let (arrived, arrivals) = channel();
    let (shown, views) = channel();
    let source = Queue {
        pictures: Arc::clone(&pictures),
        empty: Arc::new(Picture::of(&DoorScene::default())),
        arrived: Mutex::new(Some(arrived)),
    };
    let options = DeskOptions {
        data_folder: folder.join("data"),
        export_folder: folder.join("exports"),
        camera: CameraSource::Given(Arc::new(source)),
        vault: VaultKind::KeyFile,
        inspector_folder: folder.join("inspector"),
        as_inspector: false,
    };
    let presenter = Arc::new(Watching(Mutex::new(shown)));
    let desk = Desk::start(options, Arc::new(SystemClock::start()), presenter);
    quiet::take_the_gate(&desk).expect("the gate");
    let (mut read, mut decided, mut committed) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..VISITORS {
        let Some(latency) = next_reading(&arrivals, &views) else {
            break;
        };
        read.add(latency);
        quiet::press(&desk, "365").expect("a temperature");
        let began = Instant::now();
        let door = quiet::press(&desk, "⏎").expect("an entry");
        decided.add(began.elapsed());
        let card = door.card.expect("a card");
        committed.add(Duration::from_secs_f32(card.took_ms / 1000.0));
    }
    let decoded = decoding_alone(&pictures);
    vec![
        Row::median(
            "a frame with a new code (1280×720 YUYV, 30 a second) until the door shows code and colour",
            &read,
        )
        .beside_samples("decoding the same frames alone", &decoded)
        .aims(Aim::AtMost(100.0)),
        Row::median("Enter until the card of the written entry", &decided)
            .beside_samples("of which until the entry is on the disk", &committed)
            .aims(Aim::AtMost(100.0)),
    ]
}

/// From the arrival of the next visitor's first frame to the first view of the code.
fn next_reading(arrivals: &Receiver<Instant>, views: &Receiver<Instant>) -> Option<Duration> {
    let arrived = arrivals.recv_timeout(PATIENCE).ok()?;
    loop {
        let shown = views.recv_timeout(PATIENCE).ok()?;
        // What was shown of the one before is no answer.
        if let Some(latency) = shown.checked_duration_since(arrived) {
            return Some(latency);
        }
    }
}

fn picture(number: usize) -> Picture {
    let payload = Visitor::green(number as u32).payload;
    let scene = DoorScene::nominal(number as u64, CodeColour::Green, payload.as_bytes());
    Picture::of(&scene)
}

fn decoding_alone(pictures: &[Picture]) -> Samples {
    let mut samples = Samples::default();
    let mut scanner = Scanner::new();
    for picture in pictures {
        scanner.forget();
        let (width, height) = (picture.width, picture.height);
        let view = FrameView::new(PixelLayout::Yuyv, &picture.yuyv, width, height, width * 2);
        let view = view.expect("a whole frame");
        let began = Instant::now();
        let sight = scanner.scan(&view, &|| began.elapsed());
        if !sight.detections.is_empty() {
            samples.add(began.elapsed());
        }
    }
    samples
}
