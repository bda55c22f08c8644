//! A camera that misbehaves, and what a live one costs.

use std::time::{Duration, Instant};

use gatepost_tests::rooms::at_the_door;
use gatepost_tests::wait::until;
use gatepost_tests::{CameraFile, Visitor, Window};

/// Longer than this the screen never hangs, whatever the camera does.
const NO_HANG: Duration = Duration::from_secs(2);
/// How soon the banner is there after the plug was pulled: the watchdog's two seconds and some for the screen.
const TOLD_WITHIN: Duration = Duration::from_secs(3);
/// How soon the picture is back after the plug was put in: the longest pause between two tries, and the opening.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// Asks the window for the camera's state and remembers the slowest answer.
struct Watch<'a> {
    window: &'a Window,
    slowest: Duration,
}

impl Watch<'_> {
    fn wait_for(&mut self, status: &str, limit: Duration) -> Duration {
        let since = Instant::now();
        until(&format!("the camera is {status}"), limit, || {
            let asked = Instant::now();
            let door = self.window.door();
            self.slowest = self.slowest.max(asked.elapsed());
            (door.camera == status).then_some(())
        });
        since.elapsed()
    }
}

#[test]
fn a_camera_that_is_unplugged_twenty_times_and_sends_rubbish_comes_back_by_itself() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    stage.camera().corrupt_every(50);
    let mut watch = Watch {
        window: &window,
        slowest: Duration::ZERO,
    };
    for turn in 1..=20 {
        stage.camera().unplug();
        watch.wait_for("no_picture", TOLD_WITHIN);
        if turn % 10 == 5 {
            window.wait_for("[data-testid=camera-trouble]");
            window.press("g");
            assert_eq!(window.check("365⏎").verdict, "admit", "entries go on");
        }
        stage.camera().show_nobody();
        watch.wait_for("live", BACK_WITHIN);
    }
    window.wait_until_gone("[data-testid=camera-trouble]");

    // Some 180 frames, three of them rubbish.
    let began = Instant::now();
    let mut number = 0;
    while began.elapsed() < Duration::from_secs(6) {
        number += 1;
        read_someone(&window, stage.camera(), number);
        watch.wait_for("live", NO_HANG);
    }
    assert!(watch.slowest < NO_HANG, "the screen hung for {:?}", watch.slowest);
    assert_eq!(window.door().people, (number + 2).to_string());
}

#[test]
fn a_camera_that_stalls_is_reported_and_reopened() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    let mut watch = Watch {
        window: &window,
        slowest: Duration::ZERO,
    };
    stage.camera().stall();
    watch.wait_for("no_picture", TOLD_WITHIN);
    stage.camera().show_nobody();
    watch.wait_for("live", BACK_WITHIN);
    read_someone(&window, stage.camera(), 1);
    assert!(watch.slowest < NO_HANG, "the screen hung for {:?}", watch.slowest);
}

/// Not a speed: what an idle door may take from the machine it shares. Measured on the process's own time
/// (user and system), so other work on the machine does not count; its webview is not in it.
#[test]
fn an_idle_door_with_a_live_preview_leaves_more_than_half_a_core_alone() {
    const MEASURED_FOR: Duration = Duration::from_secs(10);
    const SHARE_OF_A_CORE: f64 = 0.40;
    let Some((_stage, window)) = at_the_door() else {
        return;
    };
    window.wait_for("[data-testid=preview][data-seen=true]");

    let (began, before) = (Instant::now(), window.processor_time());
    until("ten idle seconds", MEASURED_FOR * 2, || {
        (began.elapsed() >= MEASURED_FOR).then_some(())
    });
    let used = window.processor_time() - before;
    let share = used.as_secs_f64() / began.elapsed().as_secs_f64();
    assert!(share < SHARE_OF_A_CORE, "{:.0} % of one core", share * 100.0);
    assert_eq!(window.door().camera, "live");
}

fn read_someone(window: &Window, camera: &CameraFile, number: u32) {
    camera.show(&Visitor::green(number));
    window.wait_for_code("green");
    assert_eq!(window.check("365⏎").verdict, "admit");
}
