//! Every kind of visitor at the door, in the real window.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::time::{Duration, Instant};

use gatepost_scan::synthetic::{CodeColour, DoorScene};
use gatepost_tests::rooms::{at_the_door, meet};
use gatepost_tests::wait::{PATIENCE, until};
use gatepost_tests::{DoorSeen, Stage, Visitor, Window};

/// A code that was gone for five seconds is looked at anew.
const OUT_OF_VIEW: Duration = Duration::from_millis(5500);

fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

/// The manager signs in once: each of these entries is a row of the log and a line of one export, with the words given.
fn assert_the_manager_finds(window: &Window, written: &[(&DoorSeen, &[&str])]) {
    window.sign_out();
    window.sign_in_manager();
    window.wait_for("[data-testid=entry-row]");
    let file = std::fs::read_to_string(window.export_log()).unwrap();
    for (seen, words) in written {
        let row = format!("[data-testid=entry-row][data-position='{}']", seen.position);
        assert_says(&window.text(&row), words);
        let begins = format!("{},", seen.position);
        let lines: Vec<_> = file.lines().filter(|line| line.starts_with(&begins)).collect();
        assert_eq!(lines.len(), 1, "{begins} in {file}");
        assert_says(lines[0], words);
    }
}

#[test]
fn every_colour_leads_to_its_verdict_and_a_code_that_comes_back_is_pointed_out() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    let first = Visitor::green(1);
    meet(&stage, &window, &first, "green");
    let seen = window.check("365⏎");
    let left = Instant::now();
    assert_eq!(seen.verdict, "admit");
    assert_says(
        &seen.card,
        &[
            "放行",
            "请通行",
            "绿码 · 上海随申码",
            "仅格式相符 · 未经核验",
            "已入账",
        ],
    );

    meet(&stage, &window, &Visitor::with(2, CodeColour::Red), "red");
    let red = window.check("365⏎");
    assert_eq!(red.verdict, "refuse");
    assert_says(&red.card, &["劝返", "红码", "隔离点"]);

    meet(
        &stage,
        &window,
        &Visitor::with(3, CodeColour::Yellow),
        "yellow_orange",
    );
    let yellow = window.check("366⏎");
    assert_eq!(yellow.verdict, "hold");
    assert_says(&yellow.card, &["核查", "黄码或橙码"]);

    meet(
        &stage,
        &window,
        &Visitor::with(4, CodeColour::Orange),
        "yellow_orange",
    );
    assert_eq!(window.check("36.4⏎").verdict, "hold");

    // A black and white code has no health code's colour.
    meet(&stage, &window, &Visitor::with(5, CodeColour::Dark), "none");
    window.press("⎋");

    until("the first code was out of view for long enough", PATIENCE, || {
        (left.elapsed() > OUT_OF_VIEW).then_some(())
    });
    let seen = meet(&stage, &window, &first, "green");
    assert_says(&seen.code, &["已出示过"]);
    let seen = window.check("365⏎");
    assert_says(&seen.card, &["同一个码刚刚出示过"]);
    assert_eq!(window.door().people, "5");

    assert_the_manager_finds(
        &window,
        &[
            (&red, &["红码", "36.5", "劝返"]),
            (&yellow, &["黄码", "36.6", "核查"]),
        ],
    );
}

#[test]
fn the_colour_is_proposed_rightly_in_light_that_is_too_warm_or_too_cold() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    // No colour follows itself: what is waited for is never the last visitor's.
    let colours = [
        (CodeColour::Yellow, "yellow_orange"),
        (CodeColour::Green, "green"),
        (CodeColour::Orange, "yellow_orange"),
        (CodeColour::Red, "red"),
        (CodeColour::Dark, "none"),
    ];
    let mut number = 0;
    for (red_gain, blue_gain) in [(1.45, 0.69), (0.69, 1.45)] {
        for (colour, proposed) in colours {
            number += 1;
            stage.camera().show_scene(&DoorScene {
                seed: u64::from(number),
                payload: Some(Visitor::with(number, colour).payload.into_bytes()),
                colour,
                red_gain,
                blue_gain,
                exposure: 0.6,
                ..DoorScene::default()
            });
            window.wait_for_code(proposed);
            let view = window.invoke("door", serde_json::json!({})).unwrap();
            assert_eq!(view["visitor"]["code"]["colour_source"], "camera");
            window.press("⎋");
        }
    }
}

#[test]
fn a_fever_needs_a_second_enter_and_a_low_reading_is_measured_again() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    meet(&stage, &window, &Visitor::green(1), "green");
    window.press("373⏎");
    let seen = window.wait_for_door("a fever that is not written yet", |door| door.preview);
    assert_says(&seen.card, &["复测", "37.3", "再按一次 Enter"]);
    assert!(
        seen.recent.iter().all(|entry| !entry.contains("37.3")),
        "nothing is written yet"
    );
    let fever = window.check("⏎");
    assert_eq!(fever.verdict, "hold");
    assert_says(
        &fever.card,
        &["复测", "休息 5 分钟", "达到 37.3 ℃ 阈值", "已入账"],
    );
    assert_eq!(fever.cases, "1");

    // A slip of the finger is mended before it is written.
    meet(&stage, &window, &Visitor::green(2), "green");
    window.press("385⏎");
    window.wait_for_door("a fever that is not written yet", |door| door.preview);
    assert_eq!(window.check("372⏎").verdict, "admit");

    meet(&stage, &window, &Visitor::green(3), "green");
    let low = window.check("348⏎");
    assert_eq!(low.verdict, "hold");
    assert_says(&low.card, &["复测", "再测一次", "低于 35.0 ℃"]);
    let seen = window.check("364⏎");
    assert_eq!(seen.verdict, "admit");
    let follows = format!("复测第 {} 号", low.position);
    assert_says(&window.text("[data-testid=temperature-slot]"), &[&follows]);
    assert_eq!(seen.cases, "1", "only the fever still waits");

    // The fever comes back after its rest.
    window.press("*");
    window.wait_for("[data-testid=choice-1]");
    window.press("1");
    window.wait_for_door("the case at the gate", |door| door.prompt == "type_temperature");
    let seen = window.check("368⏎");
    assert_eq!((seen.verdict.as_str(), seen.cases.as_str()), ("admit", "0"));

    assert_the_manager_finds(
        &window,
        &[
            (&fever, &["绿码", "37.3", "复测"]),
            (&low, &["绿码", "34.8", "复测"]),
            (&seen, &["绿码", "36.8", "放行"]),
        ],
    );
}

#[test]
fn a_visitor_without_a_mask_is_held_and_one_who_puts_it_on_is_let_in() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    meet(&stage, &window, &Visitor::green(1), "green");
    window.press("m");
    window.wait_for_door("no mask", |door| door.mask == "not_worn");
    let without = window.check("365⏎");
    assert_eq!(without.verdict, "hold");
    assert_says(&without.card, &["核查", "请先戴好口罩", "未戴口罩"]);

    meet(&stage, &window, &Visitor::green(2), "green");
    window.press("mm");
    window.wait_for_door("a mask that was put on", |door| door.mask == "put_on");
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "admit");
    assert_says(&seen.card, &["提醒后已戴口罩"]);

    assert_the_manager_finds(
        &window,
        &[
            (&without, &["绿码", "36.5", "未戴", "核查"]),
            (&seen, &["绿码", "36.5", "提醒后", "放行"]),
        ],
    );
}

#[test]
fn without_a_camera_an_entry_is_marked_as_not_verified_and_a_colour_that_the_guard_sees_counts() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    window.reach_the_door();
    window.wait_for("[data-testid=camera-trouble]");
    let banner = window.text("[data-testid=camera-trouble]");
    assert_says(&banner, &["摄像头无画面", "没有找到摄像头", "键盘"]);

    let unseen = window.check("365⏎");
    assert_eq!(unseen.verdict, "check_by_hand");
    assert_says(&unseen.card, &["未能核验", "请人工查看健康码", "摄像头无画面"]);

    window.press("g");
    window.wait_for_door("a green code seen by the guard", |door| {
        door.shown == "seen_by_staff" && door.colour == "green"
    });
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "admit");
    assert_says(&seen.card, &["放行", "仅目视 · 未经核验"]);

    // On a numeric pad 9 is red.
    window.press("9");
    assert_eq!(window.check("36.5⏎").verdict, "refuse");

    assert_the_manager_finds(
        &window,
        &[
            (&unseen, &["未出示", "36.5", "未能核验"]),
            (&seen, &["绿码", "36.5", "放行"]),
        ],
    );
}

#[test]
fn a_guard_corrects_a_colour_sees_an_unknown_code_as_unknown_and_reads_documents() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    let seen = meet(&stage, &window, &Visitor::unknown(1, CodeColour::Green), "green");
    assert_says(&seen.code, &["发码方不明", "仅目视 · 未经核验"]);
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "admit");
    assert_says(&seen.card, &["仅目视 · 未经核验"]);

    // The camera sees green, the guard knows better.
    meet(&stage, &window, &Visitor::green(2), "green");
    window.press("r");
    window.wait_for_door("a corrected colour", |door| door.colour == "red");
    assert_eq!(window.check("365⏎").verdict, "refuse");

    stage.camera().show_nobody();
    window.press("/");
    window.wait_for("[data-testid=choice-1]");
    window.press("1");
    window.wait_for_door("an identity document", |door| door.shown == "document");
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "admit");
    assert_says(&seen.card, &["身份证件", "已看证件"]);
}

#[test]
fn a_temperature_may_come_before_its_code_and_nonsense_is_refused_in_words() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    window.press("365⏎");
    window.wait_for_door("a temperature that waits", |door| {
        door.prompt == "temperature_waits"
    });
    meet(&stage, &window, &Visitor::green(1), "green");
    assert_eq!(window.check("⏎").verdict, "admit");

    meet(&stage, &window, &Visitor::green(2), "green");
    window.press("65⏎");
    let seen = window.wait_for_door("a refusal", |door| door.prompt == "out_of_range");
    assert_says(&seen.card, &["30.0 到 45.0"]);
    window.press("3.65⏎");
    window.wait_for_door("a refusal", |door| door.prompt == "not_a_temperature");
    assert_eq!(window.check("366⏎").verdict, "admit");
}

#[test]
fn the_last_entry_is_voided_with_a_reason_and_stays_visible_struck_through() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    meet(&stage, &window, &Visitor::green(1), "green");
    let written = window.check("365⏎");
    window.press("-");
    window.wait_for("[data-testid=choice-2]");
    window.press("2");
    let seen = window.wait_for_door("an entry struck through", |door| {
        door.struck == [written.position.clone()]
    });
    assert_says(&seen.recent[0], &["36.5", "已作废"]);
    assert_eq!(seen.verdict, "idle", "a voided verdict is nobody's any more");

    window.press("-");
    window.wait_for_door("nothing is left to void", |door| door.prompt == "nothing_to_void");
}

#[test]
fn a_screenshot_of_an_old_code_is_held_and_so_is_a_code_from_the_future() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    let now = gatepost_tests::camera_file::now_ms();
    let old = Visitor::made_at(1, CodeColour::Green, now - 60 * 60 * 1000);
    let seen = meet(&stage, &window, &old, "green");
    assert_says(&seen.code, &["已过时"]);
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "hold");
    assert_says(&seen.card, &["请刷新健康码", "可能是截图"]);

    let future = Visitor::made_at(2, CodeColour::Green, now + 60 * 60 * 1000);
    meet(&stage, &window, &future, "green");
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "hold");
    assert_says(&seen.card, &["晚于本机时间"]);
}

#[test]
fn a_hand_scanner_reads_a_code_without_a_camera_and_the_guard_says_its_colour() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    window.reach_the_door();
    window.wait_for("[data-testid=camera-trouble]");

    window.scan_by_hand(&Visitor::green(1).payload);
    let seen = window.wait_for_code("");
    assert_says(&seen.code, &["上海随申码", "仅格式相符 · 未经核验"]);
    assert_eq!((seen.prompt.as_str(), seen.typed.as_str()), ("say_colour", ""));
    window.press("g");
    window.wait_for_code("green");
    let seen = window.check("365⏎");
    assert_eq!(seen.verdict, "admit");
    assert_says(&seen.card, &["绿码 · 上海随申码"]);
}
