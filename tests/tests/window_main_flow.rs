//! The main job, whole: from the first start to a line in the manager's spreadsheet, by keyboard alone.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use gatepost_tests::rooms::{GATE, GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, VENUE};
use gatepost_tests::{Stage, Visitor, Window};

#[test]
fn a_newcomer_sets_up_a_guard_checks_a_visitor_and_the_manager_exports_the_entry() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let window = stage.open();

    fill_in_the_form(&window);
    window.sign_in_guard();
    window.open_shift();
    window.wait_for_door("a live camera", |door| door.camera == "live");

    stage.camera().show(&Visitor::green(1));
    let seen = window.wait_for_code("green");
    assert_eq!(seen.evidence, "structure_only");
    for words in ["绿码", "上海随申码", "仅格式相符 · 未经核验", "秒前生成"] {
        assert!(seen.code.contains(words), "{words} is not in {}", seen.code);
    }
    window.press("365⏎");
    let seen = window.wait_for_verdict("admit");
    assert!(seen.card.contains("放行"), "{}", seen.card);
    assert!(seen.card.contains("36.5"), "{}", seen.card);
    let position = seen.position;

    stage.camera().show_nobody();
    window.press("⑩");
    window.wait_for("[data-testid=close-shift]");
    window.press("⑩");
    window.wait_for("[data-testid=screen-shift]");
    window.tab_to("[data-testid=sign-out]");
    window.press("⏎");
    window.sign_in_manager();

    window.wait_for(&format!("[data-testid=entry-row][data-position='{position}']"));
    let row = window.text("[data-testid=entry-row]");
    for words in ["绿码 · 上海随申码", "36.5 ℃", "放行", "李*", "仅格式"] {
        assert!(row.contains(words), "{words} is not in {row}");
    }

    let path = window.export_log();
    assert!(path.starts_with(stage.export_folder()));
    let file = std::fs::read_to_string(path).unwrap();
    assert!(file.starts_with('\u{feff}'), "Excel needs the byte order mark");
    let line = file.lines().nth(1).unwrap();
    for words in [GATE, "李*", "上海随申码", "绿码", "36.5", "放行"] {
        assert!(line.contains(words), "{words} is not in {line}");
    }
    for secret in [GUARD, MANAGER, "0000000000000000"] {
        assert!(!file.contains(secret), "{secret} is in the export");
    }
}

/// Types the whole set-up; the cursor stands in the first field from the beginning.
fn fill_in_the_form(window: &Window) {
    window.wait_for("[data-testid=screen-set_up]");
    window.wait_until("a cursor in the first field", || window.has_focus("#field-venue"));
    let fields = [
        ("gate", GATE),
        ("manager_name", MANAGER),
        ("manager_pin", MANAGER_PIN),
        ("guard_name", GUARD),
        ("guard_pin", GUARD_PIN),
    ];
    window.press(VENUE);
    window.press("⇥");
    assert!(window.has_focus("[data-testid=kind-supermarket]"));
    for (field, text) in fields {
        window.tab_to(&format!("#field-{field}"));
        window.press(text);
    }
    window.press("⏎");
    window.wait_for("[data-testid=screen-sign_in]");
}
