//! A demonstration: drawn visitors before the camera, without end, and a made-up week in the log.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{CameraFault, Frame, FrameSource, Opener, PixelFormat};
use gatepost_scan::synthetic::{CodeColour, DoorScene, render};

use gatepost_ledger::{Moment, PersonNumber, Role};

use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::simulate::{DemoPins, SimulateError, Simulation, set_up_demo, simulate};
use crate::view::AppView;

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

/// A week and today, so that today can be compared with the same weekday; as many visitors as a small
/// supermarket has.
const DAYS: u32 = 8;
const VISITORS_A_DAY: u32 = 420;
const SEED: u64 = 2026;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Desk {
    /// Makes a demonstration of empty data: a made-up venue, a week of entries, and a guard at the gate with
    /// a shift open.
    ///
    /// # Errors
    /// [`DeskError::AlreadySetUp`] where the data are not empty, or a store fault.
    pub fn open_demo(&self) -> Result<AppView, DeskError> {
        let pins = DemoPins::default();
        {
            let now = self.clock.now();
            let mut state = self.lock();
            let data = state.data()?;
            let until_ms = now.timestamp_millis();
            let monotonic_ms = self.moment(1).monotonic_ms;
            let at = Moment {
                wall_ms: until_ms - i64::from(DAYS) * DAY_MS,
                boot: 1,
                monotonic_ms: 0,
            };
            set_up_demo(&mut data.store, at, &pins)?;
            let simulation = Simulation {
                days: DAYS,
                per_day: VISITORS_A_DAY,
                seed: SEED,
                last_day: now.date_naive(),
                offset_s: now.offset().local_minus_utc(),
                until_ms,
            };
            simulate(&mut data.store, &simulation, &mut |_, _| {})?;
            data.boot = data
                .store
                .boot(until_ms, monotonic_ms, "东门", env!("CARGO_PKG_VERSION"))?;
            data.refresh()?;
        }
        self.sign_in(self.first_guard()?, &pins.guards[0])?;
        self.open_shift()
    }

    fn first_guard(&self) -> Result<PersonNumber, DeskError> {
        let mut state = self.lock();
        let guard = state
            .data()?
            .people
            .iter()
            .find(|person| person.role == Role::Guard);
        guard.map(|guard| guard.number).ok_or(DeskError::NotFound)
    }
}

impl From<SimulateError> for DeskError {
    fn from(error: SimulateError) -> DeskError {
        match error {
            SimulateError::Store(error) => error.into(),
            SimulateError::NotADemo | SimulateError::NotEmpty => DeskError::AlreadySetUp,
            SimulateError::Pins => DeskError::PinTooSimple,
            SimulateError::Impossible => DeskError::HoursWrong,
        }
    }
}

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
