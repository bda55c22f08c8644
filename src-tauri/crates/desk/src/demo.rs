//! A demonstration's camera: drawn visitors, one after the other, without end.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{CameraFault, Frame, FrameSource, Opener, PixelFormat};
use gatepost_scan::synthetic::{CodeColour, DoorScene, render};

use crate::clock::Clock;

/// Frames a second.
const FRAMES_PER_SECOND: u64 = 12;
/// A visitor stands there for this long, and then nobody does.
const STANDS: Duration = Duration::from_secs(12);
const NOBODY: Duration = Duration::from_secs(4);
/// Drawing a frame costs tens of milliseconds, so each visitor is drawn in a few poses that are shown to and
/// fro.
const POSES: u64 = 6;
/// The colours of the visitors, again and again.
const COLOURS: [CodeColour; 8] = [
    CodeColour::Green,
    CodeColour::Green,
    CodeColour::Yellow,
    CodeColour::Green,
    CodeColour::Green,
    CodeColour::Red,
    CodeColour::Green,
    CodeColour::Orange,
];

/// Opens the drawn camera.
pub(crate) struct DemoCamera {
    pub(crate) clock: Arc<dyn Clock>,
}

impl Opener for DemoCamera {
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
        Ok(Box::new(DrawnVisitors {
            clock: Arc::clone(&self.clock),
            began: self.clock.since_start(),
            sent: 0,
            visitor: None,
            empty: None,
        }))
    }
}

struct DrawnVisitors {
    clock: Arc<dyn Clock>,
    began: Duration,
    sent: u64,
    /// The present visitor's number, payload and poses drawn so far.
    visitor: Option<Visitor>,
    /// The door with nobody before it.
    empty: Option<Picture>,
}

struct Visitor {
    number: u64,
    payload: Vec<u8>,
    poses: [Option<Picture>; POSES as usize],
}

#[derive(Clone)]
struct Picture {
    width: usize,
    height: usize,
    yuyv: Vec<u8>,
}

impl FrameSource for DrawnVisitors {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let due = self.began + Duration::from_millis(self.sent * 1000 / FRAMES_PER_SECOND);
        thread::sleep(due.saturating_sub(self.clock.since_start()));
        self.sent += 1;
        let picture = self.picture();
        Ok(Frame {
            width: picture.width as u32,
            height: picture.height as u32,
            stride: picture.width * 2,
            format: PixelFormat::Yuyv,
            bytes: picture.yuyv,
            jpeg: None,
            sequence: 0,
            captured_at: Instant::now(),
        })
    }
}

impl DrawnVisitors {
    fn picture(&mut self) -> Picture {
        let turn = FRAMES_PER_SECOND * (STANDS + NOBODY).as_secs();
        let (number, within) = (self.sent / turn, self.sent % turn);
        if within < FRAMES_PER_SECOND * NOBODY.as_secs() {
            return self
                .empty
                .get_or_insert_with(|| draw(&DoorScene::default()))
                .clone();
        }
        let visitor = match self.visitor.take() {
            Some(present) if present.number == number => present,
            _ => Visitor {
                number,
                payload: made_up_payload(number, self.clock.now().timestamp_millis()),
                poses: Default::default(),
            },
        };
        let visitor = self.visitor.insert(visitor);
        // To and fro: 0 1 2 3 4 5 4 3 2 1, each pose for two frames.
        let step = within / 2 % (2 * POSES - 2);
        let pose = step.min(2 * POSES - 2 - step);
        let scene = || {
            let sway = pose as f32 / (POSES - 1) as f32 - 0.5;
            let colour = COLOURS[number as usize % COLOURS.len()];
            let mut scene = DoorScene::nominal(number, colour, &visitor.payload);
            scene.roll_degrees += sway * 2.0;
            scene.centre.x += sway * 0.01;
            scene
        };
        visitor.poses[pose as usize]
            .get_or_insert_with(|| draw(&scene()))
            .clone()
    }
}

fn draw(scene: &DoorScene) -> Picture {
    let frame = render(scene);
    Picture {
        width: frame.width,
        height: frame.height,
        yuyv: frame.to_yuyv(),
    }
}

/// Has the shape of a Shanghai code of this moment and an impossible token of zeros.
fn made_up_payload(number: u64, wall_ms: i64) -> Vec<u8> {
    format!("https://s.sh.gov.cn/{number:028x}06{wall_ms:013}").into_bytes()
}
