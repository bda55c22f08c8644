//! A walk through every screen, in both languages and all three themes: pictures under `target/test-output/screens`,
//! and axe-core's findings.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::fs;

use gatepost_scan::synthetic::CodeColour;
use gatepost_tests::camera_file::now_ms;
use gatepost_tests::rooms::meet;
use gatepost_tests::tour::Tour;
use gatepost_tests::{Stage, Visitor, Window};
use serde_json::json;

fn nothing(_: &Window) {}

#[test]
fn every_screen_of_a_gate_can_be_used_by_everybody() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let database = stage.data_folder().join("gatepost.sqlite3");
    fs::write(
        &database,
        "not a database, but long enough to be one: ".repeat(100),
    )
    .unwrap();
    let window = stage.open();
    let mut tour = Tour::of(&window);

    window.wait_for("[data-testid=screen-fault]");
    tour.visit("fault", nothing);
    fs::remove_file(&database).unwrap();
    window.tab_to("[data-testid=try-again]");
    window.press("⏎");
    window.wait_for("[data-testid=screen-set_up]");
    tour.visit("set_up", nothing);
    window.press("⏎");
    window.wait_for("[data-testid=refusal-venue]");
    tour.visit("set_up-refused", nothing);

    window.set_up();
    tour.visit("sign_in", nothing);
    window.press("2");
    window.wait_until("the field for the PIN", || window.has_focus("#field-pin"));
    window.press("000111⏎");
    window.wait_for("[data-testid=refusal-pin]");
    tour.visit("sign_in-refused", nothing);
    window.press("⎋");
    window.sign_in_guard();
    tour.visit("shift", nothing);
    window.open_shift();
    window.wait_for("[data-testid=preview][data-seen=true]");
    tour.visit("door-idle", nothing);

    the_door(&stage, &window, &mut tour);

    window.press("⑩⑩");
    window.wait_for("[data-testid=screen-shift]");
    window.sign_out();
    window.sign_in_manager();
    the_office(&window, &mut tour);
    tour.end();
}

fn the_door(stage: &Stage, window: &Window, tour: &mut Tour<'_>) {
    for (number, keys) in [(11, "364⏎"), (12, "366⏎")] {
        meet(
            stage,
            window,
            &made_a_moment_ago(number, CodeColour::Green),
            "green",
        );
        window.check(keys);
    }
    window.press("/1");
    window.check("363⏎");
    meet(stage, window, &made_a_moment_ago(1, CodeColour::Green), "green");
    window.press("36");
    window.wait_for_door("digits", |door| door.typed == "36");
    tour.visit("door-typing", nothing);
    window.check("5⏎");
    // A hold without a visitor after it stays; an admission fades, and Enter shows it again.
    tour.visit("door-admit", |window| {
        window.press("⏎");
        window.wait_for_verdict("admit");
    });

    meet(
        stage,
        window,
        &made_a_moment_ago(2, CodeColour::Yellow),
        "yellow_orange",
    );
    window.check("366⏎");
    tour.visit("door-hold", show_again);
    meet(stage, window, &made_a_moment_ago(3, CodeColour::Red), "red");
    window.check("364⏎");
    tour.visit("door-refuse", show_again);
    meet(stage, window, &Visitor::unknown(4, CodeColour::Dark), "none");
    window.press("m");
    window.check("363⏎");
    tour.visit("door-no-mask", show_again);

    meet(stage, window, &Visitor::green(5), "green");
    window.press("373⏎");
    window.wait_for_door("a fever that is not written", |door| door.preview);
    tour.visit("door-fever", nothing);
    window.check("⏎");
    tour.visit("door-fever-written", show_again);

    stage.camera().show_nobody();
    for (keys, screen) in [("/", "documents"), ("-", "void"), ("*", "cases")] {
        window.press(keys);
        window.wait_for("[data-testid=choice]");
        tour.visit(&format!("door-{screen}"), nothing);
        window.press("⎋");
        window.wait_until_gone("[data-testid=choice]");
    }
    window.press("65⏎");
    window.wait_for_door("a refusal", |door| door.prompt == "out_of_range");
    tour.visit("door-out-of-range", nothing);
    window.press("⎋");

    stage.camera().unplug();
    window.wait_for("[data-testid=camera-trouble]");
    window.check("365⏎");
    tour.visit("door-by-hand", show_again);
    stage.camera().show(&Visitor::green(6));
    window.wait_for_code("green");

    for (key, screen) in [("①", "help"), ("⑫", "curtain"), ("⑩", "close-shift")] {
        window.press(key);
        window.wait_for("[data-testid=help], [data-testid=screen-curtain], [data-testid=close-shift]");
        tour.visit(screen, nothing);
        window.press(if key == "⑩" { "⎋" } else { key });
        window.wait_until_gone("[data-testid=help], [data-testid=screen-curtain], [data-testid=close-shift]");
    }
    window.check("365⏎");
}

/// Somebody who opened their code while they stood in the line.
fn made_a_moment_ago(number: u32, colour: CodeColour) -> Visitor {
    Visitor::made_at(number, colour, now_ms() - 40_000)
}

/// Enter with nobody there shows the last card again.
fn show_again(window: &Window) {
    window.press("⏎");
    window.wait_for_door("the card", |door| door.verdict != "idle");
}

fn the_office(window: &Window, tour: &mut Tour<'_>) {
    window.wait_for("[data-testid=entry-row]");
    window.tab_to("[data-testid=filter-corrected]");
    window.press("⏎");
    window.wait_for("[data-testid=log-empty]");
    tour.visit("log-empty", nothing);
    window.press("⏎");
    window.wait_for("[data-testid=entry-row]");
    window.tab_to("[data-testid=filter-verdict]");
    window.press("⏎");
    window.wait_for("[data-testid=filter-verdict-option]");
    tour.visit("log-menu", nothing);
    window.press("⎋");
    window.tab_to("[data-testid=entry-row]");
    window.press("v5");
    window.wait_for("#field-void-note");
    tour.visit("log-void", nothing);
    window.press("⎋v1⏎");
    window.wait_for("[data-testid=void-done]");
    window.tab_to("[data-testid=export]");
    window.press("⏎");
    window.wait_for("[data-testid=export-done]");
    tour.visit("log-exported", nothing);
    window.tab_to("[data-testid=room-settings]");
    window.press("⏎");
    window.wait_for("[data-testid=policy-form]");
    tour.visit("settings", nothing);
    window.tab_to("#field-threshold");
    window.press("99⏎");
    window.wait_for("[data-testid=refusal-threshold]");
    tour.visit("settings-refused", nothing);
}

#[test]
fn every_screen_of_a_demonstration_is_marked_and_can_be_used_by_everybody() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open_with(&["--demo"]);
    let mut tour = Tour::of(&window);
    window.wait_for("[data-testid=screen-door]");
    window.wait_for("[data-testid=preview][data-seen=true]");
    assert!(window.text("[data-testid=demo-badge]").contains("演示 DEMO"));
    tour.visit("demo-door", nothing);

    window.wait_for_code("green");
    window.resize(1920, 1080);
    window.check("365⏎");
    tour.picture_of("door-1920");
    window.sign_out();
    assert_eq!(window.count("[data-testid=demo-badge]"), 1);
    tour.visit("demo-sign_in", nothing);

    let app = window.invoke("app", json!({})).unwrap();
    let pin = app["stage"]["demo_pins"]["manager"].as_str().unwrap();
    window.sign_in("1", pin);
    window.wait_for("[data-testid=screen-office]");
    window.wait_for("[data-testid=entry-row]");
    tour.picture_of("log-1920");
    window.resize(1366, 768);
    tour.visit("log", nothing);
    assert_eq!(window.count("[data-testid=demo-badge]"), 1);
    tour.end();
}
