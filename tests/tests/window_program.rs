//! The program around its screens: one window per data folder, closed doors, and a look that changes at any time.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;

use gatepost_tests::rooms::{GUARD_PIN, at_the_door, meet};
use gatepost_tests::wait::{PATIENCE, until};
use gatepost_tests::{Stage, Visitor, Window};
use serde_json::{Value, json};

#[test]
fn a_second_start_on_the_same_data_hands_over_to_the_first_window() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    window.set_up();
    let mut second = stage
        .command()
        .arg("--data-dir")
        .arg(stage.data_folder())
        .spawn()
        .unwrap();
    let status = until("the second one ends", PATIENCE, || second.try_wait().unwrap());
    assert!(status.success(), "{status}");
    window.sign_in_guard();
    assert_eq!(window.count("[data-testid=screen-shift]"), 1);
}

#[test]
fn a_role_that_may_not_do_a_thing_is_refused_even_when_the_window_asks_for_it() {
    let Some((_stage, window)) = at_the_door() else {
        return;
    };
    let filter =
        json!({ "day": null, "gate": null, "verdict": null, "guard": null, "corrected_only": false });
    let policy = json!({
        "fever_threshold": 390, "fever_operator": "above", "low_limit": 300, "mask_required": false,
        "yellow_rule": "hold", "repeat_window_minutes": 0,
    });
    let of_a_manager = [
        (
            "entries",
            json!({ "filter": filter, "before": null, "limit": 50 }),
        ),
        ("figures", json!({ "filter": filter })),
        ("filter_choices", json!({})),
        ("export_entries", json!({ "filter": filter, "format": "csv" })),
        (
            "void_entry",
            json!({ "position": 1, "reason": "typo", "note": "" }),
        ),
        ("settings", json!({})),
        ("set_policy", json!({ "policy": policy })),
        ("choose_camera", json!({ "id": null })),
        ("show_exports", json!({})),
    ];
    for (command, arguments) in of_a_manager.clone() {
        assert_eq!(refusal(&window, command, arguments), "forbidden", "{command}");
    }

    window.sign_out();
    for (command, arguments) in of_a_manager {
        assert_eq!(refusal(&window, command, arguments), "signed_out", "{command}");
    }

    window.sign_in_manager();
    for (command, arguments) in [
        ("door", json!({})),
        ("press", json!({ "key": { "key": "enter" } })),
        ("open_shift", json!({})),
        ("close_shift", json!({})),
        ("preview_shown", json!({})),
    ] {
        assert_eq!(refusal(&window, command, arguments), "forbidden", "{command}");
    }
    let wrong = json!({ "person": 2, "pin": "000000" });
    assert_eq!(refusal(&window, "sign_in", wrong), "wrong_pin");
}

fn refusal(window: &Window, command: &str, arguments: Value) -> String {
    let refused = window.invoke(command, arguments).unwrap_err();
    refused["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_window_reaches_nothing_outside_the_program() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    outside.set_nonblocking(true).unwrap();
    let address = format!("http://{}/", outside.local_addr().unwrap());

    let blocked = window.session().execute_async(
        "const [address, done] = arguments;
         const blocked = [];
         document.addEventListener('securitypolicyviolation', (event) => {
             blocked.push(event.effectiveDirective);
             if (blocked.length === 3) done(blocked.sort());
         });
         fetch(address).catch(() => {});
         new Image().src = address;
         const script = document.createElement('script');
         script.src = address;
         document.head.append(script);",
        &[address.into()],
    );
    assert_eq!(
        blocked.unwrap(),
        json!(["connect-src", "img-src", "script-src-elem"])
    );
    assert_eq!(outside.accept().unwrap_err().kind(), ErrorKind::WouldBlock);

    for (command, arguments) in [
        ("plugin:opener|open_path", json!({ "path": "/" })),
        ("plugin:opener|open_url", json!({ "url": "https://example.org/" })),
        ("plugin:window|close", json!({})),
        (
            "plugin:webview|create_webview_window",
            json!({ "options": { "label": "x" } }),
        ),
        ("plugin:event|emit", json!({ "event": "x", "payload": null })),
    ] {
        let refused = window.invoke(command, arguments).unwrap_err();
        let words = refused.as_str().unwrap_or_default();
        assert!(words.contains("not allowed"), "{command}: {refused}");
    }
}

#[test]
fn language_and_look_change_at_any_time_and_the_visitor_at_the_gate_stays() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    meet(&stage, &window, &Visitor::green(1), "green");
    window.press("m36");
    window.wait_for_door("the first digits", |door| door.typed == "36");

    window.press("②");
    window.wait_for("html[lang=en]");
    let door = window.wait_for_door("English words", |door| door.code.contains("Green code"));
    assert!(door.code.contains("Shanghai Suishen code"), "{}", door.code);
    for theme in ["dark", "sunlight", "light", "dark"] {
        window.press("③");
        window.wait_for(&format!("html[data-theme={theme}]"));
    }
    let door = window.door();
    assert_eq!((door.typed.as_str(), door.mask.as_str()), ("36", "not_worn"));
    let seen = window.check("5⏎");
    assert_eq!(seen.verdict, "hold");
    assert!(seen.card.contains("36.5"), "{}", seen.card);

    // The next start finds the look, the open shift, and the entry.
    window.kill();
    let window = stage.open();
    window.wait_for("html[lang=en][data-theme=dark]");
    window
        .invoke("sign_in", json!({ "person": 2, "pin": GUARD_PIN }))
        .unwrap();
    let door = window.wait_for_door("the entry", |door| door.people == "1");
    assert_eq!(door.cases, "1", "the visitor without a mask still waits");
}

#[test]
fn five_wrong_pins_pause_that_person_and_nobody_else() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    window.set_up();
    window.press("2");
    window.wait_until("the field for the PIN", || window.has_focus("#field-pin"));
    for _ in 0..5 {
        let before = window.text("[data-testid=refusal-pin]");
        window.press("111222⏎");
        window.wait_until("another refusal", || {
            let said = window.text("[data-testid=refusal-pin]");
            !said.is_empty() && said != before
        });
    }
    let said = window.text("[data-testid=refusal-pin]");
    assert!(said.contains('秒'), "{said}");
    window.press("⎋");
    window.sign_in_manager();
}

#[test]
fn a_demonstration_leaves_nothing_behind_when_its_window_is_closed() {
    let Some(stage) = Stage::set() else { return };
    let mut program = stage.command().arg("--demo").spawn().unwrap();
    until("the demonstration's folder", PATIENCE, || {
        names_in(&stage.temporary_folder()).pop()
    });
    close(&stage, &mut program);
    assert_eq!(names_in(&stage.temporary_folder()), Vec::<String>::new());
}

#[test]
fn a_closed_window_leaves_one_whole_database_file() {
    let Some(stage) = Stage::set() else { return };
    let window = stage.open();
    window.reach_the_door();
    window.kill();
    let mut command = stage.command();
    let mut program = command
        .arg("--data-dir")
        .arg(stage.data_folder())
        .spawn()
        .unwrap();
    close(&stage, &mut program);
    let mut left = names_in(&stage.data_folder());
    left.sort();
    let whole = [
        "gatepost.key",
        "gatepost.lock",
        "gatepost.reserve",
        "gatepost.signing-0.key",
        "gatepost.sqlite3",
        "logs",
    ];
    assert_eq!(
        left, whole,
        "neither a log nor its index is left beside the database"
    );
}

/// Closes a window by its frame. A request that comes before the event loop runs is lost, so it is made again.
fn close(stage: &Stage, program: &mut Child) {
    let status = until("the program ends", PATIENCE, || {
        let _ = stage.screen().close_window_of(program.id());
        program.try_wait().unwrap()
    });
    assert!(status.success(), "{status}");
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}
