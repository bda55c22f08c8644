//! Keeps a capture running: replaces a thread that hangs, panics or fails.
//!
//! One *supervisor* thread owns the decisions, one *capture* thread at a time calls the driver. A driver may
//! block for ever and a thread cannot be ended from outside, so a late capture thread is *abandoned*: it loses
//! the right to write into the slot, and ends by itself if it ever wakes. Only so many may be abandoned at
//! once; then the supervisor waits for one of them to end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::health::HealthBoard;
use crate::{CameraFault, Health, LatestFrame, Opener};

/// How long a capture thread rests after the second and every further damaged frame in a row, so that a
/// source which fails at once does not spin.
const REST_AFTER_DAMAGED_FRAMES: Duration = Duration::from_millis(10);

/// How far the measured frame rate moves before it counts as a change of health, per second.
const FRAME_RATE_STEP: f32 = 1.0;

/// The watchdog's patience. [`Default`] is what the door uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchdogSettings {
    /// No frame for this long: [`Health::NoPicture`], and a camera that was live is replaced.
    pub no_picture_after: Duration,
    /// Opening and the first frame together may take this long before the thread is abandoned. Longer than
    /// `no_picture_after`: a slow camera that is cut off each time would never show anything.
    pub first_picture_within: Duration,
    /// The pause before the first reopening; doubles with every failure.
    pub shortest_pause: Duration,
    /// The longest pause between two openings.
    pub longest_pause: Duration,
    /// How many hanging threads are left behind at most.
    pub abandoned_threads_at_most: usize,
    /// How long stopping waits for the capture thread to give the device back.
    pub stop_within: Duration,
}

impl Default for WatchdogSettings {
    fn default() -> Self {
        Self {
            no_picture_after: Duration::from_secs(2),
            first_picture_within: Duration::from_secs(6),
            shortest_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(5),
            abandoned_threads_at_most: 4,
            stop_within: Duration::from_millis(500),
        }
    }
}

/// A camera that is kept open. Stops when dropped.
#[derive(Debug)]
pub struct Camera {
    latest: Arc<LatestFrame>,
    health: Arc<HealthBoard>,
    damaged_frames: Arc<AtomicU64>,
    events: Sender<Event>,
    supervisor: Option<JoinHandle<()>>,
}

impl Camera {
    /// Starts to open the camera in the background and returns at once.
    pub fn start(opener: Arc<dyn Opener>, settings: WatchdogSettings) -> Camera {
        let (events, inbox) = channel();
        let latest = Arc::new(LatestFrame::default());
        let health = Arc::new(HealthBoard::new());
        let damaged_frames = Arc::new(AtomicU64::new(0));
        let supervisor = Supervisor {
            opener,
            settings,
            latest: Arc::clone(&latest),
            health: Arc::clone(&health),
            damaged_frames: Arc::clone(&damaged_frames),
            events: events.clone(),
            inbox,
            abandoned: Vec::new(),
            lost_since: Instant::now(),
        };
        let thread = std::thread::Builder::new().name("camera watchdog".to_owned());
        let supervisor = thread.spawn(move || supervisor.run()).map_err(|error| {
            let reason = CameraFault::NoThread(error).code();
            health.change(Health::NoPicture {
                reason,
                since: Instant::now(),
            });
        });
        Camera {
            latest,
            health,
            damaged_frames,
            events,
            supervisor: supervisor.ok(),
        }
    }

    /// The slot with the newest frame. Stays the same across reopenings.
    pub fn latest(&self) -> Arc<LatestFrame> {
        Arc::clone(&self.latest)
    }

    /// Whether there is a picture now.
    pub fn health(&self) -> Health {
        self.health.current()
    }

    /// The present health at once, then every change; ends when the camera stops.
    ///
    /// A change of the measured frame rate by less than one per second is not told.
    pub fn health_changes(&self) -> Receiver<Health> {
        self.health.listen()
    }

    /// How many damaged frames were dropped since the start.
    pub fn damaged_frames(&self) -> u64 {
        self.damaged_frames.load(Ordering::Relaxed)
    }

    /// Stops and gives the device back; waits at most [`WatchdogSettings::stop_within`] for a driver that
    /// hangs. The same happens on drop.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        // A supervisor that is gone already has nothing left to stop.
        let _ = self.events.send(Event::Stop);
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.join();
        }
        self.health.close();
    }
}

/// What the supervisor is told. `writer` names the capture thread.
#[derive(Debug)]
enum Event {
    Frame { writer: u64, width: u32, height: u32 },
    Damaged { writer: u64 },
    Failed { writer: u64, fault: CameraFault },
    Ended { writer: u64 },
    Stop,
}

/// Why watching one capture thread ended.
enum Outcome {
    Stop { writer: u64 },
    Failed { fault: CameraFault, was_live: bool },
}

struct Supervisor {
    opener: Arc<dyn Opener>,
    settings: WatchdogSettings,
    latest: Arc<LatestFrame>,
    health: Arc<HealthBoard>,
    damaged_frames: Arc<AtomicU64>,
    events: Sender<Event>,
    inbox: Receiver<Event>,
    abandoned: Vec<u64>,
    lost_since: Instant,
}

impl Supervisor {
    fn run(mut self) {
        let mut pause = self.settings.shortest_pause;
        loop {
            let (fault, was_live) = match self.watch_one_capture() {
                Outcome::Stop { writer } => return self.wait_for_end_of(writer),
                Outcome::Failed { fault, was_live } => (fault, was_live),
            };
            self.latest.change_writer();
            if was_live {
                pause = self.settings.shortest_pause;
                self.lost_since = Instant::now();
            }
            self.tell_no_picture(&fault);
            if self.pause_or_stop(pause) || self.wait_for_room_or_stop() {
                return;
            }
            pause = (pause * 2).min(self.settings.longest_pause);
        }
    }

    /// Runs one capture thread until it fails, hangs or the camera is stopped.
    fn watch_one_capture(&mut self) -> Outcome {
        let writer = self.latest.change_writer();
        if let Err(fault) = self.spawn_capture(writer) {
            return Outcome::Failed {
                fault,
                was_live: false,
            };
        }
        let mut watch = Watch::new(&self.settings);
        loop {
            let event = match receive_until(&self.inbox, watch.deadline) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) if watch.may_still_open(&self.settings) => {
                    self.tell_no_picture(&watch.reason());
                    continue;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.abandoned.push(writer);
                    return Outcome::Failed {
                        fault: watch.reason(),
                        was_live: watch.live,
                    };
                }
            };
            match event {
                Event::Stop => return Outcome::Stop { writer },
                Event::Ended { writer: ended } => self.forget(ended),
                Event::Frame {
                    writer: from,
                    width,
                    height,
                } if from == writer => {
                    let frames_per_second = watch.picture(&self.settings);
                    self.health.change(Health::Live {
                        width,
                        height,
                        frames_per_second,
                    });
                }
                Event::Damaged { writer: from } if from == writer => watch.damaged = true,
                Event::Failed { writer: from, fault } if from == writer => {
                    return Outcome::Failed {
                        fault,
                        was_live: watch.live,
                    };
                }
                // An abandoned thread's last words.
                Event::Frame { .. } | Event::Damaged { .. } | Event::Failed { .. } => {}
            }
        }
    }

    fn spawn_capture(&self, writer: u64) -> Result<(), CameraFault> {
        let capture = Capture {
            writer,
            opener: Arc::clone(&self.opener),
            latest: Arc::clone(&self.latest),
            damaged_frames: Arc::clone(&self.damaged_frames),
            events: self.events.clone(),
        };
        let thread = std::thread::Builder::new().name("camera capture".to_owned());
        thread
            .spawn(move || capture.run())
            .map_err(CameraFault::NoThread)?;
        Ok(())
    }

    fn tell_no_picture(&self, fault: &CameraFault) {
        // The device is still held by our own abandoned thread: what is wrong is that it hangs.
        let held_by_us = matches!(fault, CameraFault::Busy) && !self.abandoned.is_empty();
        let reason = if held_by_us {
            CameraFault::Stalled.code()
        } else {
            fault.code()
        };
        if !matches!(self.health.current(), Health::NoPicture { reason: told, .. } if told == reason) {
            tracing::warn!(
                reason,
                error = fault as &dyn std::error::Error,
                "no picture from the camera"
            );
        }
        self.health.change(Health::NoPicture {
            reason,
            since: self.lost_since,
        });
    }

    /// Waits before the next opening; cut short when an abandoned thread has given the device back.
    fn pause_or_stop(&mut self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        loop {
            match receive_until(&self.inbox, until) {
                Ok(Event::Stop) => return true,
                Ok(Event::Ended { writer }) if self.abandoned.contains(&writer) => {
                    self.forget(writer);
                    return false;
                }
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    fn wait_for_room_or_stop(&mut self) -> bool {
        while self.abandoned.len() >= self.settings.abandoned_threads_at_most.max(1) {
            match self.inbox.recv() {
                Ok(Event::Ended { writer }) => self.forget(writer),
                Ok(Event::Stop) | Err(_) => return true,
                Ok(_) => {}
            }
        }
        false
    }

    fn wait_for_end_of(&mut self, writer: u64) {
        self.latest.change_writer();
        let until = Instant::now() + self.settings.stop_within;
        while let Ok(event) = receive_until(&self.inbox, until) {
            if matches!(event, Event::Ended { writer: ended } if ended == writer) {
                return;
            }
        }
    }

    fn forget(&mut self, ended: u64) {
        self.abandoned.retain(|&writer| writer != ended);
    }
}

/// Receives until `deadline`, also when events never cease.
fn receive_until(inbox: &Receiver<Event>, deadline: Instant) -> Result<Event, RecvTimeoutError> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(RecvTimeoutError::Timeout),
        left => inbox.recv_timeout(left),
    }
}

/// What is known about the present capture thread.
struct Watch {
    started: Instant,
    deadline: Instant,
    live: bool,
    damaged: bool,
    window_start: Instant,
    window_frames: u32,
    frames_per_second: f32,
}

impl Watch {
    fn new(settings: &WatchdogSettings) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            deadline: now + settings.no_picture_after.min(settings.first_picture_within),
            live: false,
            damaged: false,
            window_start: now,
            window_frames: 0,
            frames_per_second: 0.0,
        }
    }

    /// Whether a thread that is late may go on because it is still opening; sets its last deadline.
    fn may_still_open(&mut self, settings: &WatchdogSettings) -> bool {
        self.deadline = self.started + settings.first_picture_within;
        !self.live && Instant::now() < self.deadline
    }

    fn reason(&self) -> CameraFault {
        if self.damaged {
            CameraFault::FrameCorrupt(crate::FrameDamage::Undecodable)
        } else {
            CameraFault::Stalled
        }
    }

    /// Notes a good frame; the measured frame rate.
    fn picture(&mut self, settings: &WatchdogSettings) -> f32 {
        let now = Instant::now();
        if !self.live {
            self.live = true;
            self.window_start = now;
            self.window_frames = 0;
        } else {
            self.window_frames += 1;
        }
        self.damaged = false;
        self.deadline = now + settings.no_picture_after;
        let window = now - self.window_start;
        if window >= Duration::from_secs(1) {
            let measured = self.window_frames as f32 / window.as_secs_f32();
            if (measured - self.frames_per_second).abs() >= FRAME_RATE_STEP {
                self.frames_per_second = measured;
            }
            self.window_start = now;
            self.window_frames = 0;
        }
        self.frames_per_second
    }
}

/// The thread that calls the driver.
struct Capture {
    writer: u64,
    opener: Arc<dyn Opener>,
    latest: Arc<LatestFrame>,
    damaged_frames: Arc<AtomicU64>,
    events: Sender<Event>,
}

impl Capture {
    /// Sends to a supervisor that is gone are ignored: then the writer is no longer this one either.
    fn run(self) {
        let writer = self.writer;
        // The slot and the counter stay valid across a panic; the source is dropped by it.
        let result = catch_unwind(AssertUnwindSafe(|| self.capture()));
        if let Err(fault) = result.unwrap_or(Err(CameraFault::DriverPanicked)) {
            let _ = self.events.send(Event::Failed { writer, fault });
        }
        let _ = self.events.send(Event::Ended { writer });
    }

    fn capture(&self) -> Result<(), CameraFault> {
        let writer = self.writer;
        let mut source = self.opener.open()?;
        let mut damaged_in_a_row = 0_u32;
        while self.latest.is_writer(writer) {
            match source.next_frame() {
                Ok(frame) => {
                    damaged_in_a_row = 0;
                    let (width, height) = (frame.width, frame.height);
                    if !self.latest.publish(writer, frame) {
                        break;
                    }
                    let _ = self.events.send(Event::Frame {
                        writer,
                        width,
                        height,
                    });
                }
                Err(fault) if fault.spoils_one_frame_only() => {
                    damaged_in_a_row = damaged_in_a_row.saturating_add(1);
                    self.damaged_frames.fetch_add(1, Ordering::Relaxed);
                    let _ = self.events.send(Event::Damaged { writer });
                    if damaged_in_a_row > 1 {
                        std::thread::sleep(REST_AFTER_DAMAGED_FRAMES);
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }
}
