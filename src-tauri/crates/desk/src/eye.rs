//! Looks at every frame of the camera and tells the door what it read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{
    Camera, Frame, Health, LatestFrame, Opener, PixelFormat, Recording, WatchdogSettings, Webcam,
};
use gatepost_codes::HealthColour;
use gatepost_scan::{
    ColourClass, ColourReading, ColourVote, Detection, FrameView, Help, PixelLayout, Scanner, Sight,
    colour_of,
};

use crate::demo::DemoCamera;
use crate::desk::{CameraSource, Desk};
use crate::gate::{Sighting, TICK};
use crate::help::Helping;
use crate::preview::Outline;
use crate::view::{CameraView, ScanHelp};
use crate::visitor::SeenNow;

/// Every frame of a camera of 30 a second is looked at, and of a faster one as many.
const BETWEEN_LOOKS: Duration = Duration::from_millis(30);
/// Frames with a longer pause between them have nothing to do with each other: the camera was opened anew.
const AWAY: Duration = Duration::from_millis(500);
/// Confidence from which the first frame alone proposes a colour; three frames decide.
const SURE_AT_ONCE: f32 = 0.5;
/// Colours are voted on for so many codes in view at once.
const MOST_VOTES: usize = 4;
/// A code that is not read for so long is voted on anew; a blink does not forget what was seen.
const VOTE_LASTS: Duration = Duration::from_secs(2);
/// Frames a second of a recording.
const RECORDING_RATE: f32 = 15.0;

/// A running camera and the thread that looks.
pub(crate) struct Eye {
    closed: Arc<AtomicBool>,
    /// Stops when dropped.
    _camera: Camera,
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Desk {
    /// Opens the camera; it is open only while a guard is signed in.
    pub(crate) fn open_eye(&self) {
        let opener = self.opener();
        let camera = Camera::start(opener, WatchdogSettings::default());
        let closed = Arc::new(AtomicBool::new(false));
        let looking = Looking {
            desk: self.me.clone(),
            latest: camera.latest(),
            closed: Arc::clone(&closed),
            scanner: Scanner::new(),
            last: Duration::ZERO,
            votes: Vec::new(),
            helping: Helping::default(),
        };
        let health = camera.health_changes();
        let (desk, ended) = (self.me.clone(), Arc::clone(&closed));
        let threads = [
            thread::Builder::new()
                .name("eye".to_owned())
                .spawn(move || looking.run()),
            thread::Builder::new()
                .name("camera health".to_owned())
                .spawn(move || tell(&health, &desk, &ended)),
        ];
        for error in threads.into_iter().filter_map(Result::err) {
            tracing::error!(%error, "no thread for the camera");
        }
        let eye = Eye {
            closed,
            _camera: camera,
        };
        let old = self
            .eye
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(eye);
        drop(old);
    }

    pub(crate) fn close_eye(&self) {
        let old = self.eye.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(old);
        self.preview.forget();
        self.help_changed(None);
        self.camera_changed(CameraView::Opening);
    }

    fn opener(&self) -> Arc<dyn Opener> {
        match &self.options.camera {
            CameraSource::Recording(path) => Arc::new(Recording::new(path, RECORDING_RATE)),
            CameraSource::Demo => Arc::new(DemoCamera {
                clock: Arc::clone(&self.clock),
            }),
            CameraSource::Given(opener) => Arc::clone(opener),
            CameraSource::Webcam => match self.chosen_camera(&mut self.lock()) {
                Some(id) => Arc::new(Webcam::with_id(id)),
                None => Arc::new(Webcam::first_usable()),
            },
        }
    }
}

fn tell(changes: &Receiver<Health>, desk: &Weak<Desk>, closed: &AtomicBool) {
    while let Some(desk) = desk.upgrade() {
        let health = match changes.recv_timeout(TICK) {
            Ok(health) => health,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if closed.load(Ordering::Relaxed) {
            return;
        }
        desk.camera_changed(match health {
            Health::Opening => CameraView::Opening,
            Health::Live {
                width,
                height,
                frames_per_second,
            } => CameraView::Live {
                width,
                height,
                frames_per_second,
            },
            Health::NoPicture { reason, .. } => CameraView::NoPicture {
                reason: reason.to_owned(),
            },
        });
    }
}

struct Looking {
    desk: Weak<Desk>,
    latest: Arc<LatestFrame>,
    closed: Arc<AtomicBool>,
    scanner: Scanner,
    /// When a frame was looked at last, on the desk's monotonic clock.
    last: Duration,
    votes: Vec<Vote>,
    helping: Helping,
}

/// The colours of one code over the last frames.
struct Vote {
    payload: Vec<u8>,
    colours: ColourVote,
    /// When the code was read last, on the desk's monotonic clock.
    read: Duration,
}

impl Looking {
    fn run(mut self) {
        let mut sequence = 0;
        while !self.closed.load(Ordering::Relaxed) {
            let began = Instant::now();
            let frame = self.latest.wait_newer(sequence, TICK);
            let Some(desk) = self.desk.upgrade() else { return };
            if let Some(frame) = frame {
                sequence = frame.sequence;
                self.look(&desk, &frame);
            }
            desk.tick();
            drop(desk);
            thread::sleep(BETWEEN_LOOKS.saturating_sub(began.elapsed()));
        }
    }

    fn look(&mut self, desk: &Desk, frame: &Arc<Frame>) {
        let now = desk.clock.since_start();
        if now.saturating_sub(self.last) > AWAY {
            self.scanner.forget();
        }
        self.last = now;
        let Some(view) = view_of(frame) else { return };
        let sight = self.scanner.scan(&view, &|| desk.clock.since_start());
        let found = sight.detections.first().map(|first| outline(first, frame));
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        desk.preview.looked_at(frame, found);
        let told = self.helping.told(help_of(&sight), found.is_some(), now);
        desk.help_changed(told);
        self.votes
            .retain(|vote| now.saturating_sub(vote.read) <= VOTE_LASTS);
        if found.is_some() {
            self.show_codes(desk, frame, &view, &sight.detections);
        }
    }

    /// Hands the codes of a frame to the door, each with its colour so far.
    fn show_codes(&mut self, desk: &Desk, frame: &Frame, view: &FrameView<'_>, codes: &[Detection]) {
        let in_colour = if view.has_colour() {
            None
        } else {
            frame.with_colour().ok()
        };
        let colour_view = in_colour.as_deref().and_then(view_of);
        let colours: Vec<_> = codes
            .iter()
            .map(|code| {
                let reading = match &colour_view {
                    Some(view) => colour_of(view, &code.corners, code.version),
                    None => code.colour,
                };
                self.vote(&code.payload, reading)
            })
            .collect();
        let sightings: Vec<_> = codes
            .iter()
            .zip(colours)
            .map(|(code, colour)| Sighting {
                payload: &code.payload,
                colour,
            })
            .collect();
        desk.codes_seen(&sightings);
    }

    /// The colour of a code as far as the frames so far tell.
    fn vote(&mut self, payload: &[u8], reading: ColourReading) -> Option<SeenNow> {
        let known = self.votes.iter().position(|vote| vote.payload == payload);
        let at = known.unwrap_or_else(|| {
            self.votes.truncate(MOST_VOTES - 1);
            self.votes.insert(
                0,
                Vote {
                    payload: payload.to_vec(),
                    colours: ColourVote::new(),
                    read: self.last,
                },
            );
            0
        });
        self.votes[at].read = self.last;
        let answer = self.votes[at].colours.add(payload, reading);
        let settled = answer.is_some();
        let class = match answer {
            Some(answer) => answer.class,
            None if reading.confidence >= SURE_AT_ONCE => reading.class,
            None => return None,
        };
        health_colour(class).map(|colour| SeenNow { colour, settled })
    }
}

/// What would make the code readable, as the scanner tells.
fn help_of(sight: &Sight) -> Option<ScanHelp> {
    Some(match sight.help? {
        Help::TooFar => ScanHelp::TooFar,
        Help::TooNear => ScanHelp::TooNear,
        Help::TooDark => ScanHelp::TooDark,
        Help::Glare => ScanHelp::Glare,
        Help::Blurred => ScanHelp::Blurred,
        Help::PartlyCovered => ScanHelp::PartlyCovered,
    })
}

fn health_colour(class: ColourClass) -> Option<HealthColour> {
    match class {
        ColourClass::Green => Some(HealthColour::Green),
        ColourClass::YellowOrange => Some(HealthColour::YellowOrange),
        ColourClass::Red => Some(HealthColour::Red),
        // Black and white, or a colour that no health code has.
        ColourClass::Dark | ColourClass::Other => Some(HealthColour::None),
        ColourClass::Unsure | ColourClass::NotSeen => None,
    }
}

fn view_of(frame: &Frame) -> Option<FrameView<'_>> {
    let layout = match frame.format {
        PixelFormat::Yuyv => PixelLayout::Yuyv,
        PixelFormat::Nv12 => PixelLayout::Nv12,
        PixelFormat::Grey => PixelLayout::Grey,
        PixelFormat::Rgb => PixelLayout::Rgb,
    };
    FrameView::new(
        layout,
        &frame.bytes,
        frame.width as usize,
        frame.height as usize,
        frame.stride,
    )
    .ok()
}

fn outline(code: &Detection, frame: &Frame) -> Outline {
    let (width, height) = (frame.width.max(1) as f32, frame.height.max(1) as f32);
    code.corners.map(|corner| (corner.x / width, corner.y / height))
}
