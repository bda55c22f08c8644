//! A walk through every screen, in both languages and all three themes: pictures under `target/test-output/screens`,
//! and axe-core's findings.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::fs;

use gatepost_scan::synthetic::CodeColour;
use gatepost_tests::camera_file::now_ms;
use gatepost_tests::rooms::meet;
use gatepost_tests::tour::Tour;
use gatepost_tests::witness::{Gate, Inspector};
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
fn every_screen_of_the_ledger_and_of_an_inspector_can_be_used_by_everybody() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let window = stage.open();
    let mut tour = Tour::of(&window);
    window.wait_for("[data-testid=screen-set_up]");
    the_inspectors_device(&stage, &window, &mut tour);
    window.set_up();
    window.sign_in_manager();
    the_staff(&window, &mut tour);
    the_ledger(&stage, &window, &mut tour);
    tour.end();
}

fn the_staff(window: &Window, tour: &mut Tour<'_>) {
    click(window, "room-staff");
    window.wait_for("[data-testid=staff-row]");
    tour.visit("staff", nothing);
    click(window, "staff-begin-add");
    window.wait_until("a cursor in the first field", || window.has_focus("#field-name"));
    window.press("⏎");
    window.wait_for("[data-testid=refusal-name]");
    tour.visit("staff-add-refused", nothing);
    window.press("⎋");
    click(window, "staff-begin-close");
    window.wait_for("[data-testid=staff-close]");
    tour.visit("staff-close", nothing);
    window.press("⎋");
    click(window, "change-my-pin");
    window.wait_for("[data-testid=change-pin]");
    tour.visit("change-pin", nothing);
    window.press("⎋");
}

fn the_ledger(stage: &Stage, window: &Window, tour: &mut Tour<'_>) {
    let mut inspector = Inspector::default();
    click(window, "room-ledger");
    window.wait_for("[data-testid=audit]");
    tour.visit("ledger-first", nothing);
    click(window, "begin-witnessing");
    window.wait_for("[data-testid=screen-witnessing] [data-testid=preview][data-seen=true]");
    tour.visit("witnessing-hello", nothing);
    stage.camera().show_bytes(&inspector.hello());
    window.wait_for("[data-testid=request-qr]");
    tour.visit("witnessing-request", nothing);
    // In the small window, too, a module of the code is wide enough to be read from a hand's breadth.
    window.resize(1024, 700);
    tour.picture_of("witnessing-request-1024");
    let module = window.execute(
        "return Number(document.querySelector('[data-testid=request-qr]').dataset.module)",
        &[],
    );
    assert!(module.as_u64().unwrap() >= 4, "{module} pixels a module");
    let answer = inspector.answer(&window.read_code());
    window.resize(1366, 768);
    stage.camera().show_bytes(&answer);
    window.wait_for("[data-testid=witnessed]");
    tour.visit("witnessing-done", nothing);
    stage.camera().show_nobody();
    click(window, "end-witnessing");

    click(window, "audit-now");
    window.wait_for("[data-testid=audit][data-state=whole]");
    tour.visit("ledger", nothing);
    window.resize(1024, 700);
    tour.picture_of("ledger-1024");
    window.resize(1366, 768);
    for (button, notice) in [
        ("print-seal", "seal-printed"),
        ("make-bundle", "bundle-made"),
        ("make-backup", "backup-made"),
    ] {
        click(window, button);
        window.wait_for(&format!("[data-testid={notice}]"));
    }
    scroll_to(window, "bundle-form");
    tour.visit("ledger-files", nothing);
    click(window, "bundle-disclose");
    click(window, "make-bundle");
    window.wait_for("[data-testid=refusal-positions]");
    tour.visit("ledger-disclose-refused", nothing);
    click(window, "key-begin");
    scroll_to(window, "key-form");
    tour.visit("ledger-keys", nothing);
}

fn the_inspectors_device(stage: &Stage, window: &Window, tour: &mut Tour<'_>) {
    click(window, "use-as-inspector");
    window.wait_for("[data-testid=screen-inspector][data-step=idle]");
    tour.visit("inspector", nothing);
    for (history, records, step) in [
        ("one", 700, "first-words"),
        ("one", 1000, "cosigned"),
        ("another", 1200, "refused"),
    ] {
        click(window, if records == 700 { "visit-new" } else { "visit" });
        window.wait_for("[data-testid=inspector-qr]");
        if records == 700 {
            window.wait_for("[data-testid=preview][data-seen=true]");
            tour.visit("inspector-hello", nothing);
        }
        let answer = Gate::with(history, records).answer(&window.read_code());
        stage.camera().show_bytes(&answer);
        window.wait_for(&format!("[data-testid={step}]"));
        tour.visit(&format!("inspector-{step}"), nothing);
        if records == 700 {
            click(window, "trust");
            window.wait_for("[data-testid=cosigned]");
        }
        stage.camera().show_nobody();
        click(window, "end-visit");
        window.wait_for("[data-testid=screen-inspector][data-step=idle]");
    }
    window.execute(
        "const field = document.querySelector('#field-path'); field.value = arguments[0]; \
         field.dispatchEvent(new Event('input', { bubbles: true }));",
        &[stage.export_folder().display().to_string().into()],
    );
    click(window, "check-start");
    window.wait_for("[data-testid=check]:not([data-state=running])");
    tour.visit("inspector-check", nothing);
    click(window, "leave-inspector");
    window.wait_for("[data-testid=screen-set_up]");
}

/// Presses a button at once: what keys do is tested elsewhere.
fn click(window: &Window, button: &str) {
    window.wait_for(&format!("[data-testid={button}]:not(:disabled)"));
    window.execute(
        "document.querySelector(`[data-testid=${arguments[0]}]`).click()",
        &[button.into()],
    );
}

fn scroll_to(window: &Window, place: &str) {
    window.execute(
        "document.querySelector(`[data-testid=${arguments[0]}]`).scrollIntoView({ block: 'center' })",
        &[place.into()],
    );
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
