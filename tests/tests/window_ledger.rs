//! The ledger in the real window: what a manager does with it, and how it is witnessed by code and camera, from
//! the gate's side and from the inspector's.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::fs;
use std::path::PathBuf;

use gatepost_tests::rooms::at_the_door;
use gatepost_tests::witness::{Gate, Inspector};
use gatepost_tests::{Stage, Window};
use serde_json::json;

const INSPECTOR: &str = "吴检查";
const INSPECTOR_PIN: &str = "573914";

#[test]
fn a_manager_has_the_ledger_audited_sealed_bundled_and_backed_up_and_lets_an_inspector_in() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let window = stage.open();
    window.set_up();
    window.sign_in_manager();
    enter(&window, "ledger");

    press(&window, "audit-now");
    window.wait_for("[data-testid=audit][data-state=whole]");
    let outside = window.text("[data-testid=outside]");
    assert!(outside.contains("还没有外部见证"), "{outside}");
    assert_eq!(window.count("[data-testid=seal-words] li"), 8);
    let seal = String::from_utf8(window.read_code()).unwrap();
    let origin = window.text("[data-testid=origin]");
    assert!(seal.starts_with(&format!("{origin}\n")), "{seal}");

    press(&window, "print-seal");
    let sheet = made(&window, "seal-printed");
    assert!(sheet.starts_with(stage.export_folder()), "{}", sheet.display());
    press(&window, "make-bundle");
    let bundle = fs::read(made(&window, "bundle-made")).unwrap();
    assert!(bundle.starts_with(b"PK"), "a bundle is a zip");
    press(&window, "make-backup");
    made(&window, "backup-made");

    enter(&window, "staff");
    press(&window, "staff-begin-add");
    window.wait_until("a cursor in the first field", || window.has_focus("#field-name"));
    window.press(&format!("{INSPECTOR}⇥↓↓⇥{INSPECTOR_PIN}⇥{INSPECTOR_PIN}⏎"));
    window.wait_for("[data-testid=staff-done]");
    assert_eq!(window.count("[data-testid=staff-row]"), 3);

    window.sign_out();
    window.sign_in("3", INSPECTOR_PIN);
    window.wait_for("[data-testid=screen-office]");
    assert_eq!(window.count("[data-testid^=room-]"), 2);
    assert_eq!(window.count("[data-testid=export]"), 0);
    enter(&window, "ledger");
    window.wait_for("[data-testid=begin-witnessing]");
    let refused = window.invoke("make_backup", json!({}));
    assert_eq!(refused, Err(json!({ "code": "forbidden" })));
}

#[test]
fn a_guard_prints_the_seal_at_the_end_of_a_shift() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    window.press("⑩");
    window.wait_for("[data-testid=close-shift]");
    window.press("⑨");
    let sheet = made(&window, "seal-printed");
    assert!(sheet.starts_with(stage.export_folder()), "{}", sheet.display());
    window.press("⑩");
    window.wait_for("[data-testid=screen-shift]");
}

#[test]
fn a_gate_is_witnessed_by_code_and_camera_alone() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let window = stage.open();
    window.set_up();
    window.sign_in_manager();
    enter(&window, "ledger");
    let mut inspector = Inspector::default();

    for visit in 1..=2 {
        press(&window, "begin-witnessing");
        window.wait_for("[data-testid=screen-witnessing][data-step=waits_for_hello]");
        stage.camera().show_bytes(b"something else");
        window.wait_for("[data-testid=witnessing-trouble]");
        stage.camera().show_bytes(&inspector.hello());
        window.wait_for("[data-testid=screen-witnessing][data-step=shows_request]");
        assert_eq!(window.count("[data-testid=witnessing-words] li"), 8);
        stage.camera().show_bytes(&inspector.answer(&window.read_code()));
        window.wait_for("[data-testid=witnessed]");
        stage.camera().show_nobody();
        window.press("⎋");
        window.wait_for("[data-testid=screen-ledger]");
        window.wait_until("the new witness", || {
            window.count("[data-testid=witness]") == visit
        });
    }
    let outside = window.text("[data-testid=outside]");
    assert!(
        outside.contains("还没有外部见证"),
        "the visit's own record: {outside}"
    );
    press(&window, "audit-now");
    window.wait_for("[data-testid=audit][data-state=whole]");
}

#[test]
fn an_inspectors_device_signs_what_continues_what_it_saw_and_nothing_else() {
    let Some(stage) = Stage::set() else { return };
    stage.camera().show_nobody();
    let window = stage.open();
    window.wait_for("[data-testid=screen-set_up]");
    press(&window, "use-as-inspector");
    window.wait_for("[data-testid=screen-inspector][data-step=idle]");

    press(&window, "visit-new");
    window.wait_for("[data-testid=inspector-qr]");
    let code = Gate::with("one", 700).answer(&window.read_code());
    stage.camera().show_bytes(&code);
    window.wait_for("[data-testid=first-words]");
    assert_eq!(window.count("[data-testid=first-words] li"), 8);
    press(&window, "trust");
    window.wait_for("[data-testid=cosigned][data-size='700']");
    assert!(window.read_code().starts_with(b"gp1c "), "a cosignature");
    press(&window, "end-visit");

    press(&window, "visit");
    window.wait_for("[data-testid=inspector-qr]");
    let code = Gate::with("one", 1000).answer(&window.read_code());
    stage.camera().show_bytes(&code);
    window.wait_for("[data-testid=cosigned][data-size='1000']");
    press(&window, "end-visit");

    press(&window, "visit");
    window.wait_for("[data-testid=inspector-qr]");
    let code = Gate::with("another", 1200).answer(&window.read_code());
    stage.camera().show_bytes(&code);
    window.wait_for("[data-testid=refused][data-refusal=forked]");
    let evidence = PathBuf::from(window.text("[data-testid=evidence] code"));
    assert!(evidence.exists(), "{} is kept", evidence.display());
}

/// Goes to a room of the office by keyboard.
fn enter(window: &Window, room: &str) {
    press(window, &format!("room-{room}"));
    window.wait_for(&format!("[data-testid=screen-{room}]"));
}

/// Goes to a button by keyboard and presses it, once it may be pressed.
fn press(window: &Window, button: &str) {
    let selector = format!("[data-testid={button}]");
    window.wait_for(&format!("{selector}:not(:disabled)"));
    window.tab_to(&selector);
    window.press("⏎");
}

/// The file that a notice names; it is there.
fn made(window: &Window, notice: &str) -> PathBuf {
    let selector = format!("[data-testid={notice}-path]");
    window.wait_for(&selector);
    let path = PathBuf::from(window.text(&selector));
    assert!(path.exists(), "{} is there", path.display());
    path
}
