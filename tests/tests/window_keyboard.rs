//! Every screen without a mouse.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use gatepost_tests::rooms::{GUARD_PIN, MANAGER_PIN};
use gatepost_tests::{Stage, Visitor, Window};
use serde_json::json;

/// Counts presses of a mouse or finger; a press by key is a click without one.
const COUNT_POINTERS: &str = "window.pointers = 0;
    for (const kind of ['pointerdown', 'mousedown', 'touchstart'])
        addEventListener(kind, () => (window.pointers += 1), { capture: true });";

fn pointers(window: &Window) -> u64 {
    window.execute("return window.pointers", &[]).as_u64().unwrap()
}

#[test]
fn a_guard_works_a_whole_shift_by_keyboard_alone() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let window = stage.open();
    window.execute(COUNT_POINTERS, &[]);
    window.set_up();

    // Arrows choose a person as digits do.
    window.wait_until("the focus on the list", || {
        window.has_focus("[data-testid=person-1]")
    });
    window.press("↓⏎");
    window.wait_until("the field for the PIN", || window.has_focus("#field-pin"));
    window.press(GUARD_PIN);
    window.press("⏎");
    window.open_shift();

    for (keys, testid) in [("①", "help"), ("⑫", "screen-curtain")] {
        window.press(keys);
        window.wait_for(&format!("[data-testid={testid}]"));
        window.press(keys);
        window.wait_until_gone(&format!("[data-testid={testid}]"));
    }

    stage.camera().show(&Visitor::green(1));
    window.wait_for_code("green");
    assert_eq!(window.check("365⏎").verdict, "admit");

    // Tab and Enter press a button of the footer; the Enter of a hand scanner never does.
    window.tab_to("[data-testid=key-void_last]");
    window.press("⏎");
    window.wait_for("[data-testid=choice]");
    window.press("⎋");
    window.wait_until_gone("[data-testid=choice]");
    window.press("-3");
    window.wait_for_door("an entry struck through", |door| door.struck.len() == 1);

    window.press("⑩");
    window.wait_for("[data-testid=close-shift]");
    window.press("⎋");
    window.wait_until_gone("[data-testid=close-shift]");
    window.press("⑩⑩");
    window.wait_for("[data-testid=screen-shift]");
    window.tab_to("[data-testid=sign-out]");
    window.press("⏎");
    window.wait_for("[data-testid=screen-sign_in]");
    assert_eq!(pointers(&window), 0);
}

#[test]
fn a_manager_filters_exports_voids_and_changes_the_rules_by_keyboard_alone() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    window.execute(COUNT_POINTERS, &[]);
    window.reach_the_door();
    window.wait_for("[data-testid=camera-trouble]");
    for keys in ["g365⏎", "r366⏎", "y367⏎"] {
        window.check(keys);
    }
    window.sign_out();
    window.press("↓↑⏎");
    window.wait_until("the field for the PIN", || window.has_focus("#field-pin"));
    window.press(MANAGER_PIN);
    window.press("⏎");
    window.wait_until("three entries", || window.count("[data-testid=entry-row]") == 3);

    filter(&window);
    void_a_row(&window);
    window.tab_to("[data-testid=export]");
    window.press("⏎");
    window.wait_for("[data-testid=export-done]");
    assert_eq!(std::fs::read_dir(stage.export_folder()).unwrap().count(), 1);

    change_the_rules(&window);
    let settings = window.invoke("settings", json!({})).unwrap();
    assert_eq!(settings["policy"]["fever_threshold"], 375);
    assert_eq!(settings["policy"]["fever_operator"], "above");
    assert_eq!(pointers(&window), 0);
}

fn filter(window: &Window) {
    window.tab_to("[data-testid=filter-verdict]");
    window.press("⏎");
    window.wait_for("[data-testid=filter-verdict-option]");
    window.press("↓↓↓⏎");
    window.wait_until("the refused one", || window.count("[data-testid=entry-row]") == 1);
    assert_eq!(window.count("[data-verdict=refuse][data-testid=entry-row]"), 1);
    assert!(
        window.has_focus("[data-testid=filter-verdict]"),
        "the focus comes back"
    );
    window.press("⏎⇱⏎");
    window.wait_until("all again", || window.count("[data-testid=entry-row]") == 3);
    window.tab_to("[data-testid=filter-corrected]");
    window.press("␣");
    window.wait_for("[data-testid=log-empty]");
    window.press("␣");
    window.wait_until("all again", || window.count("[data-testid=entry-row]") == 3);
}

fn void_a_row(window: &Window) {
    window.tab_to("[data-testid=entry-row]");
    window.press("↓v");
    window.wait_for("[data-testid=void-panel]");
    window.press("⎋");
    window.wait_until_gone("[data-testid=void-panel]");
    window.wait_until("the focus on the row", || {
        window.has_focus("[data-testid=entry-row]")
    });
    window.press("v");
    window.wait_for("[data-testid=void-panel]");
    window.press("5");
    window.wait_until("the field for the note", || window.has_focus("#field-void-note"));
    window.press("⏎");
    window.wait_for("[data-testid=refusal-void-note]");
    window.press("试用");
    window.press("⏎");
    window.wait_for("[data-testid=void-done]");
    assert_eq!(window.count("[data-testid=entry-row][data-voided=true]"), 1);
    assert!(window.text("[data-voided=true]").contains("试用"));
}

fn change_the_rules(window: &Window) {
    window.tab_to("[data-testid=room-settings]");
    window.press("⏎");
    window.wait_for("[data-testid=policy-form]");
    window.tab_to("#field-threshold");
    window.press("37.5");
    window.press("⇥↓");
    window.wait_until("another operator", || {
        window.has_focus("[data-testid=operator-above]")
    });
    window.tab_to("[data-testid=policy-save]");
    window.press("⏎");
    window.wait_for("[data-testid=policy-saved]");
}
