//! The real program in a real window, before a virtual camera: starting, idling, memory.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{Frame, PixelFormat, preview_jpeg};
use gatepost_scan::synthetic::{DoorScene, render};
use gatepost_tests::camera_file::now_ms;
use gatepost_tests::rooms::GUARD_PIN;
use gatepost_tests::stage::program;
use gatepost_tests::{Stage, Visitor, Window};
use serde_json::{Value, json};

use crate::samples::Samples;
use crate::table::{Aim, Row};

const STARTS: usize = 7;
const ENTRIES: u32 = 1_000;
const ENTRIES_OF_ONE_CALL: u32 = 50;
/// Before an idle door is measured, and for how long.
const SETTLING: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(10);
/// Of one core, in per cent: capture, decoding and preview while nobody is there, and while somebody shows a code.
const IDLE_SHARE: f64 = 25.0;
const SCANNING_SHARE: f64 = 60.0;
/// The names of WebKitGTK's processes as `/proc` cuts them off.
const WEBVIEW: &str = "WebKitWebProces";
const PSS: &str = "Pss:";

/// Clicks the button that opens the shift and answers with the milliseconds until a picture was drawn.
const OPEN_SHIFT: &str = "
    const done = arguments[0];
    const began = performance.now();
    document.querySelector('[data-testid=open-shift]').click();
    const look = () => {
        if (document.querySelector('[data-testid=preview][data-seen=true]')) done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    look();
";

/// Signs the guard in and answers with the milliseconds until the next screen was there.
const SIGN_IN: &str = "
    const [pin, done] = arguments;
    const began = performance.now();
    const look = () => {
        if (document.querySelector('[data-testid=open-shift]')) done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    window.__TAURI_INTERNALS__.invoke('sign_in', { person: 2, pin }).then(look);
";

/// When the first text or picture was painted, in milliseconds since 1970.
const FIRST_PAINT: &str = "
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return paint ? performance.timeOrigin + paint.startTime : null;
";

/// Checks so many visitors, one key after the other as the screen would send them.
const CHECK_VISITORS: &str = "
    const [count, done] = arguments;
    const keys = [7, 3, 6, 5].map((digit) => ({ key: 'digit', digit })).concat({ key: 'enter' });
    (async () => {
        for (let number = 0; number < count; number += 1)
            for (const key of keys) await window.__TAURI_INTERNALS__.invoke('press', { key });
        done(count);
    })();
";

pub(crate) fn measure(_: &Path) -> Vec<Row> {
    let Some(stage) = Stage::set() else {
        return Vec::new();
    };
    stage.camera().show_nobody();
    stage.open().set_up();
    let mut rows = starts(&stage);
    let window = stage.open();
    window.wait_for("[data-testid=screen-sign_in]");
    thread::sleep(SETTLING);
    let at_rest = busy(&window);
    timed(&window, SIGN_IN, &[GUARD_PIN.into()]);
    timed(&window, OPEN_SHIFT, &[]);
    thread::sleep(SETTLING);
    let with_preview = busy(&window);
    let idle = |what: &str, share: f64, at_rest: f64| {
        Row::one(what, "% of a core", share).beside("at the sign-in, without a camera", at_rest)
    };
    rows.push(
        idle(
            "the program at an idle door: 1280×720 YUYV, 30 a second, looked at, with a live preview (12 a second)",
            with_preview.program,
            at_rest.program,
        )
        .aims(Aim::AtMost(IDLE_SHARE)),
    );
    rows.push(idle(
        "its webview meanwhile",
        with_preview.webview,
        at_rest.webview,
    ));
    rows.extend(scanning(&stage, &window, &with_preview));
    rows.extend(memory(&window));
    rows
}

/// What codes before the camera cost, and the same with compressed pictures.
fn scanning(stage: &Stage, window: &Window, nobody: &Busy) -> Vec<Row> {
    let row = |what: &str, busy: &Busy, beside: &str, reference: &Busy, aim: f64| {
        Row::one(format!("the program {what}"), "% of a core", busy.program)
            .beside(beside, reference.program)
            .aims(Aim::AtMost(aim))
    };
    let held = frame_of(&DoorScene {
        payload: Some(Visitor::green(1).payload.into_bytes()),
        module_px: 5.0,
        ..DoorScene::default()
    });
    stage.camera().show_picture(&held.bytes);
    window.wait_for_code("green");
    let read = settled(window);
    window.press("⎋");
    stage.camera().show_picture(&covered(&held).bytes);
    let unread = settled(window);
    stage
        .camera()
        .show_jpeg(&as_jpeg(&frame_of(&DoorScene::default())));
    window.wait_until("another camera", || {
        window.door().camera == "live" && window.count("[data-testid=camera-trouble]") == 0
    });
    let nobody_compressed = settled(window);
    stage.camera().show_jpeg(&as_jpeg(&frame_of(&DoorScene {
        payload: Some(Visitor::green(2).payload.into_bytes()),
        module_px: 5.0,
        ..DoorScene::default()
    })));
    window.wait_for_code("green");
    let read_compressed = settled(window);
    window.press("⎋");
    stage.camera().show_nobody();
    thread::sleep(SETTLING);
    let idle = "with nobody there";
    vec![
        row("while a code is held up", &read, idle, nobody, SCANNING_SHARE),
        row(
            "while a code is held up that a finger makes unreadable",
            &unread,
            idle,
            nobody,
            SCANNING_SHARE,
        ),
        row(
            "at an idle door with a camera of compressed pictures (MJPEG)",
            &nobody_compressed,
            "uncompressed",
            nobody,
            IDLE_SHARE,
        ),
        row(
            "while a code is held up before that camera",
            &read_compressed,
            "uncompressed",
            &read,
            SCANNING_SHARE,
        ),
    ]
}

/// As it is after a while.
fn settled(window: &Window) -> Busy {
    thread::sleep(SETTLING);
    busy(window)
}

fn frame_of(scene: &DoorScene) -> Frame {
    let picture = render(scene);
    Frame {
        width: picture.width as u32,
        height: picture.height as u32,
        stride: picture.width * 2,
        format: PixelFormat::Yuyv,
        bytes: picture.to_yuyv(),
        jpeg: None,
        sequence: 0,
        captured_at: Instant::now(),
    }
}

/// A grey band over the middle of the picture, narrower than the code: its finders stay in view.
fn covered(frame: &Frame) -> Frame {
    let (height, band) = (frame.height as usize, 50);
    let mut covered = frame.clone();
    for row in covered
        .bytes
        .chunks_exact_mut(frame.stride)
        .skip(height / 2 - band / 2)
        .take(band)
    {
        row.fill(128);
    }
    covered
}

fn as_jpeg(frame: &Frame) -> Vec<u8> {
    preview_jpeg(frame, frame.width, 90)
}

fn starts(stage: &Stage) -> Vec<Row> {
    let mut first_screen = Samples::default();
    let mut painted = Samples::default();
    let mut preview = Samples::default();
    let mut to_preview = Samples::default();
    let mut bare = Samples::default();
    for _ in 0..STARTS {
        bare.add(start_without_a_window());
        let window = stage.open();
        let age = age_of(window.pid());
        first_screen.add(age);
        let started_ms = now_ms() as f64 - age.as_secs_f64() * 1000.0;
        if let Some(paint_ms) = window.execute(FIRST_PAINT, &[]).as_f64() {
            painted.add(Duration::from_secs_f64((paint_ms - started_ms).max(0.0) / 1000.0));
        }
        let signed_in = timed(&window, SIGN_IN, &[GUARD_PIN.into()]);
        let drawn = timed(&window, OPEN_SHIFT, &[]);
        preview.add(drawn);
        to_preview.add(age + signed_in + drawn);
        window
            .invoke("close_shift", json!({}))
            .expect("the shift is open");
    }
    let without = "starting and ending without a window (`--version`)";
    vec![
        Row::median("start of the program until something is painted", &painted)
            .beside_samples(without, &bare),
        Row::median(
            "start of the program until the first screen is there",
            &first_screen,
        )
        .beside_samples(without, &bare)
        .aims(Aim::AtMost(1500.0)),
        Row::median(
            "the same until the camera's first picture, without the guard's own time",
            &to_preview,
        )
        .beside_samples("of which after the shift was opened", &preview)
        .aims(Aim::AtMost(1500.0)),
    ]
}

fn start_without_a_window() -> Duration {
    let began = Instant::now();
    let status = Command::new(program("gatepost"))
        .arg("--version")
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()), "the program starts");
    began.elapsed()
}

/// Runs a script that answers with milliseconds.
fn timed(window: &Window, script: &str, arguments: &[Value]) -> Duration {
    let answer = window.session().execute_async(script, arguments);
    let ms = answer.ok().and_then(|ms| ms.as_f64());
    Duration::from_secs_f64(ms.expect("the script ends with a number") / 1000.0)
}

/// Since a process was started, as the kernel knows it: to a hundredth of a second.
fn age_of(pid: u32) -> Duration {
    let uptime = fs::read_to_string("/proc/uptime").expect("Linux");
    let seconds = uptime
        .split(' ')
        .next()
        .and_then(|seconds| seconds.parse::<f64>().ok());
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the program runs");
    let (_, fields) = stat.rsplit_once(") ").expect("the name ends with a bracket");
    // proc(5): field 22 is the start in clock ticks; the name is field 2.
    let ticks: u64 = fields
        .split(' ')
        .nth(19)
        .and_then(|ticks| ticks.parse().ok())
        .expect("a number of ticks");
    let started = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
    Duration::from_secs_f64(seconds.expect("a number of seconds") - started)
}

/// Shares of one core, in per cent.
struct Busy {
    program: f64,
    webview: f64,
}

fn busy(window: &Window) -> Busy {
    let webview = webview_of(window.pid());
    let times = || (window.processor_time(), processor_time(webview));
    let (began, before) = (Instant::now(), times());
    thread::sleep(IDLE);
    let (after, took) = (times(), began.elapsed());
    let share =
        |before: Duration, after: Duration| (after - before).as_secs_f64() / took.as_secs_f64() * 100.0;
    Busy {
        program: share(before.0, after.0),
        webview: share(before.1, after.1),
    }
}

/// Twice as many entries tell whether memory goes on growing.
fn memory(window: &Window) -> Vec<Row> {
    let webview = webview_of(window.pid());
    let now = || (pss_mib(window.pid()), pss_mib(webview));
    let fresh = now();
    check_visitors(window);
    let used = now();
    check_visitors(window);
    let used_twice = now();
    let row = |what: &str, (value, reference): (f64, f64), beside: &str| {
        Row::one(format!("memory of {what} (PSS)"), "MiB", value).beside(beside, reference)
    };
    let first = format!("after {ENTRIES} entries");
    let twice = format!("after {} entries", 2 * ENTRIES);
    let before = "before the first entry";
    vec![
        row(&format!("the program {first}"), (used.0, fresh.0), before),
        row(&format!("the program {twice}"), (used_twice.0, used.0), &first),
        row(&format!("its webview {first}"), (used.1, fresh.1), before),
        row(&format!("its webview {twice}"), (used_twice.1, used.1), &first),
    ]
}

fn check_visitors(window: &Window) {
    for _ in 0..ENTRIES / ENTRIES_OF_ONE_CALL {
        let done = window
            .session()
            .execute_async(CHECK_VISITORS, &[ENTRIES_OF_ONE_CALL.into()]);
        assert_eq!(
            done.ok(),
            Some(json!(ENTRIES_OF_ONE_CALL)),
            "the visitors were checked"
        );
    }
    thread::sleep(SETTLING);
}

/// The web process of a program: a child or a child's child.
fn webview_of(program: u32) -> u32 {
    let mut family = vec![program];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        at += 1;
        family.extend(children_of(parent));
    }
    family
        .into_iter()
        .find(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == WEBVIEW))
        .expect("a window has a web process")
}

fn children_of(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|children| {
            children
                .split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the webview runs");
    let (_, fields) = stat.rsplit_once(") ").expect("the name ends with a bracket");
    // proc(5): fields 14 and 15 are utime and stime in clock ticks.
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().expect("a number of ticks"))
        .sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

/// The share of memory that belongs to a process, shared pages divided among those who share them.
fn pss_mib(pid: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("the process runs");
    let kib = rollup
        .lines()
        .find_map(|line| line.strip_prefix(PSS))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<f64>().ok());
    kib.expect("the kernel says how much") / 1024.0
}
