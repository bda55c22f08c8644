//! The watchdog against sources that hang, fail and panic.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gatepost_camera::{
    Camera, CameraFault, Frame, FrameDamage, FrameSource, Health, Opener, PixelFormat, WatchdogSettings,
};

/// Far more than any of these tests needs; only a hang runs into it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Short, and yet so long that a busy machine delivers what a test sends in time.
fn quick() -> WatchdogSettings {
    WatchdogSettings {
        no_picture_after: Duration::from_millis(400),
        first_picture_within: Duration::from_millis(1000),
        shortest_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(40),
        abandoned_threads_at_most: 2,
        stop_within: Duration::from_millis(200),
    }
}

/// Patient enough that only what the test does can end a capture.
fn patient() -> WatchdogSettings {
    WatchdogSettings {
        no_picture_after: PATIENCE,
        first_picture_within: PATIENCE,
        ..quick()
    }
}

fn frame(value: u8) -> Frame {
    Frame {
        width: 2,
        height: 1,
        stride: 2,
        format: PixelFormat::Grey,
        bytes: vec![value; 2],
        jpeg: None,
        sequence: 0,
        captured_at: Instant::now(),
    }
}

/// What the source does next.
enum Step {
    Give(u8),
    Fail(CameraFault),
    Panic,
}

/// A source that does what the test sends, and hangs while the test sends nothing.
struct Puppet {
    steps: Receiver<Step>,
    dropped: Sender<()>,
}

impl FrameSource for Puppet {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        match self.steps.recv() {
            Ok(Step::Give(value)) => Ok(frame(value)),
            Ok(Step::Fail(fault)) => Err(fault),
            Ok(Step::Panic) => panic!("the driver panics on purpose"),
            Err(_) => Err(CameraFault::Absent),
        }
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        let _ = self.dropped.send(());
    }
}

/// The strings of one opened source.
struct Strings {
    steps: Sender<Step>,
    dropped: Receiver<()>,
}

/// Opens a new puppet each time and hands its strings to the test.
struct Theatre {
    opened: Mutex<Sender<Strings>>,
    openings: AtomicUsize,
}

impl Theatre {
    fn new() -> (Arc<Self>, Receiver<Strings>) {
        let (opened, strings) = channel();
        (
            Arc::new(Self {
                opened: Mutex::new(opened),
                openings: AtomicUsize::new(0),
            }),
            strings,
        )
    }
}

impl Opener for Theatre {
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
        self.openings.fetch_add(1, Ordering::SeqCst);
        let (steps, inbox) = channel();
        let (dropped, ended) = channel();
        let strings = Strings {
            steps,
            dropped: ended,
        };
        self.opened
            .lock()
            .unwrap()
            .send(strings)
            .map_err(|_| CameraFault::Absent)?;
        Ok(Box::new(Puppet {
            steps: inbox,
            dropped,
        }))
    }
}

/// Waits for the health that is wanted, whatever comes before it.
fn wait_for(changes: &Receiver<Health>, wanted: impl Fn(Health) -> bool) -> Health {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let health = changes
            .recv_timeout(left)
            .expect("the wanted health comes in time");
        if wanted(health) {
            return health;
        }
    }
}

fn is_live(health: Health) -> bool {
    matches!(health, Health::Live { .. })
}

fn lost_with(code: &str) -> impl Fn(Health) -> bool {
    move |health| matches!(health, Health::NoPicture { reason, .. } if reason == code)
}

#[test]
fn frames_arrive_and_health_is_live_with_their_size() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(theatre, patient());
    let changes = camera.health_changes();
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), Health::Opening);
    let puppet = strings.recv_timeout(PATIENCE).unwrap();
    puppet.steps.send(Step::Give(7)).unwrap();
    let seen = camera.latest().wait_newer(0, PATIENCE).unwrap();
    assert_eq!((seen.sequence, seen.bytes[0]), (1, 7));
    assert!(matches!(
        wait_for(&changes, is_live),
        Health::Live {
            width: 2,
            height: 1,
            ..
        }
    ));
}

#[test]
fn a_stalled_source_is_abandoned_and_replaced_and_its_late_frame_is_not_shown() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(theatre, quick());
    let changes = camera.health_changes();
    let stalled = strings.recv_timeout(PATIENCE).unwrap();
    stalled.steps.send(Step::Give(1)).unwrap();
    wait_for(&changes, is_live);
    wait_for(&changes, lost_with("camera-stalled"));
    assert_eq!(
        camera.latest().current(),
        None,
        "an old picture is not shown as a new one"
    );

    let replacement = strings.recv_timeout(PATIENCE).unwrap();
    stalled.steps.send(Step::Give(66)).unwrap();
    stalled
        .dropped
        .recv_timeout(PATIENCE)
        .expect("the abandoned thread ends when it wakes");
    replacement.steps.send(Step::Give(2)).unwrap();
    let seen = camera.latest().wait_newer(1, PATIENCE).unwrap();
    assert_eq!((seen.sequence, seen.bytes[0]), (2, 2));
    wait_for(&changes, is_live);
}

#[test]
fn only_so_many_hanging_threads_are_left_behind_and_one_that_ends_makes_room() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(Arc::clone(&theatre) as Arc<dyn Opener>, quick());
    let changes = camera.health_changes();
    let first = strings.recv_timeout(PATIENCE).unwrap();
    let _second = strings.recv_timeout(PATIENCE).unwrap();
    wait_for(&changes, lost_with("camera-stalled"));
    assert!(
        strings.recv_timeout(Duration::from_millis(600)).is_err(),
        "no third thread while two hang"
    );
    assert_eq!(theatre.openings.load(Ordering::SeqCst), 2);

    drop(first);
    let third = strings.recv_timeout(PATIENCE).unwrap();
    third.steps.send(Step::Give(3)).unwrap();
    wait_for(&changes, is_live);
}

#[test]
fn a_panicking_driver_is_a_fault_and_is_replaced() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(theatre, patient());
    let changes = camera.health_changes();
    strings
        .recv_timeout(PATIENCE)
        .unwrap()
        .steps
        .send(Step::Panic)
        .unwrap();
    wait_for(&changes, lost_with("camera-driver-panicked"));
    strings
        .recv_timeout(PATIENCE)
        .unwrap()
        .steps
        .send(Step::Give(1))
        .unwrap();
    wait_for(&changes, is_live);
}

#[test]
fn a_damaged_frame_is_dropped_and_counted_and_the_next_one_shown() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(Arc::clone(&theatre) as Arc<dyn Opener>, patient());
    let puppet = strings.recv_timeout(PATIENCE).unwrap();
    for _ in 0..3 {
        puppet
            .steps
            .send(Step::Fail(FrameDamage::NotJpeg.into()))
            .unwrap();
    }
    puppet.steps.send(Step::Give(5)).unwrap();
    assert_eq!(camera.latest().wait_newer(0, PATIENCE).unwrap().bytes[0], 5);
    assert_eq!(camera.damaged_frames(), 3);
    assert_eq!(theatre.openings.load(Ordering::SeqCst), 1);
}

/// Opens always; every frame is damaged, at once.
struct OnlyGarbage;

impl Opener for OnlyGarbage {
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
        struct Garbage;
        impl FrameSource for Garbage {
            fn next_frame(&mut self) -> Result<Frame, CameraFault> {
                Err(FrameDamage::NotJpeg.into())
            }
        }
        Ok(Box::new(Garbage))
    }
}

#[test]
fn a_camera_that_gives_only_damaged_frames_is_told_and_does_not_spin() {
    let started = Instant::now();
    let camera = Camera::start(Arc::new(OnlyGarbage), quick());
    wait_for(&camera.health_changes(), lost_with("camera-frame-corrupt"));
    let damaged = camera.damaged_frames();
    let milliseconds = started.elapsed().as_millis() as u64;
    assert!(
        damaged <= milliseconds / 10 + 2,
        "{damaged} damaged frames in {milliseconds} ms"
    );
}

#[test]
fn a_camera_that_is_plugged_in_later_comes_to_life_by_itself() {
    struct Late {
        attempts: AtomicUsize,
        theatre: Arc<Theatre>,
    }
    impl Opener for Late {
        fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
            match self.attempts.fetch_add(1, Ordering::SeqCst) {
                0..5 => Err(CameraFault::Absent),
                _ => self.theatre.open(),
            }
        }
    }
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(
        Arc::new(Late {
            attempts: AtomicUsize::new(0),
            theatre,
        }),
        quick(),
    );
    let changes = camera.health_changes();
    wait_for(&changes, lost_with("camera-absent"));
    strings
        .recv_timeout(PATIENCE)
        .unwrap()
        .steps
        .send(Step::Give(1))
        .unwrap();
    wait_for(&changes, is_live);
}

#[test]
fn an_unplugged_camera_keeps_the_time_of_the_loss_while_reopening_fails() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(theatre, patient());
    let changes = camera.health_changes();
    let puppet = strings.recv_timeout(PATIENCE).unwrap();
    puppet.steps.send(Step::Give(1)).unwrap();
    wait_for(&changes, is_live);
    puppet.steps.send(Step::Fail(CameraFault::Absent)).unwrap();
    let lost = wait_for(&changes, lost_with("camera-absent"));
    strings
        .recv_timeout(PATIENCE)
        .unwrap()
        .steps
        .send(Step::Fail(CameraFault::Busy))
        .unwrap();
    let busy = wait_for(&changes, lost_with("camera-busy"));
    let since = |health| match health {
        Health::NoPicture { since, .. } => since,
        Health::Opening | Health::Live { .. } => unreachable!("both were matched as lost"),
    };
    assert_eq!(since(lost), since(busy));
}

#[test]
fn the_pause_between_two_openings_grows_up_to_its_limit() {
    struct Never {
        openings: Mutex<Sender<Instant>>,
    }
    impl Opener for Never {
        fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
            let _ = self.openings.lock().unwrap().send(Instant::now());
            Err(CameraFault::Absent)
        }
    }
    let (openings, times) = channel();
    let _camera = Camera::start(
        Arc::new(Never {
            openings: Mutex::new(openings),
        }),
        quick(),
    );
    let times: Vec<Instant> = (0..7).map(|_| times.recv_timeout(PATIENCE).unwrap()).collect();
    let pauses: Vec<u128> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis())
        .collect();
    for (pause, at_least) in pauses.iter().zip([5, 10, 20, 40, 40, 40]) {
        assert!(*pause >= at_least, "pauses {pauses:?} ms");
    }
}

#[test]
fn stopping_ends_the_capture_and_the_listeners() {
    let (theatre, strings) = Theatre::new();
    let settings = WatchdogSettings {
        stop_within: PATIENCE,
        ..patient()
    };
    let camera = Camera::start(theatre, settings);
    let changes = camera.health_changes();
    let puppet = strings.recv_timeout(PATIENCE).unwrap();
    puppet.steps.send(Step::Give(1)).unwrap();
    camera.latest().wait_newer(0, PATIENCE).unwrap();
    let Strings { steps, dropped } = puppet;
    let feeder = std::thread::spawn(move || while steps.send(Step::Give(2)).is_ok() {});
    camera.stop();
    dropped.recv_timeout(PATIENCE).expect("the source was dropped");
    feeder.join().unwrap();
    while changes.recv_timeout(PATIENCE).is_ok() {}
    assert_eq!(changes.recv(), Err(std::sync::mpsc::RecvError));
}

#[test]
fn stopping_does_not_wait_for_a_driver_that_hangs() {
    let (theatre, strings) = Theatre::new();
    let camera = Camera::start(theatre, patient());
    let _hanging = strings.recv_timeout(PATIENCE).unwrap();
    let started = Instant::now();
    camera.stop();
    assert!(started.elapsed() < PATIENCE / 2);
}
