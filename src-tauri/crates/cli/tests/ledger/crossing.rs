//! A visit between a window and the command line: either side reads what the other writes.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gatepost_codes::Personal;
use gatepost_desk::view::{
    AppView, AuditView, DoorView, ExportProgress, InspectorStep, InspectorView, PersonNumber, WitnessingView,
};
use gatepost_desk::{CameraSource, Desk, DeskError, DeskOptions, Earcon, Presenter, SystemClock, VaultKind};
use serde_json::Value;

use crate::program::{Folder, done};

/// Of the demonstration.
const MANAGER: u32 = 1;
const MANAGER_PIN: &str = "280461";

/// Nobody looks.
struct Dark;

impl Presenter for Dark {
    fn app_changed(&self, _: &AppView) {}
    fn door_changed(&self, _: &DoorView) {}
    fn export_progress(&self, _: ExportProgress) {}
    fn audit_changed(&self, _: &AuditView) {}
    fn witnessing_changed(&self, _: &WitnessingView) {}
    fn inspector_changed(&self, _: &InspectorView) {}
    fn sound(&self, _: Earcon) {}
}

/// A window without its screen, on the clock that the command line has, too.
pub(crate) fn window(folder: &Folder, name: &str, as_inspector: bool) -> Arc<Desk> {
    let options = DeskOptions {
        data_folder: folder.path(name),
        export_folder: folder.path("exports"),
        camera: CameraSource::Recording(folder.path("no-recording")),
        vault: VaultKind::KeyFile,
        inspector_folder: folder.path(name).join("inspector"),
        as_inspector,
    };
    Desk::start(options, Arc::new(SystemClock::start()), Arc::new(Dark))
}

pub(crate) fn sign_in(desk: &Desk, number: u32, pin: &str) -> Result<AppView, DeskError> {
    desk.sign_in(PersonNumber(number), &Personal::new(pin.to_owned()))
}

fn words_of(line: &Value) -> Vec<&str> {
    let words = line["key_words"]["zh"].as_array().expect("eight words");
    words.iter().map(|word| word.as_str().expect("a word")).collect()
}

fn put(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
}

/// The command line at the gate, the window in the inspector's hands.
fn visited_by_a_window(folder: &Folder, inspector: &Desk, origin: Option<&str>) -> Value {
    let gate = folder.at("gate");
    let begun = inspector.begin_visit(origin).expect("a visit");
    let InspectorStep::ShowsHello { text, .. } = begun.step else {
        panic!("no hello: {:?}", begun.step)
    };
    put(&folder.path("hello"), &text);
    let request = done(&["ledger", "witness", "request", &gate, &folder.at("hello")]);
    let mut seen = inspector
        .inspector_typed(request["message"].as_str().expect("a message"))
        .expect("read");
    if let InspectorStep::AsksFirstContact { words, .. } = &seen.step {
        assert_eq!(*words, words_of(&request), "the same words on both screens");
        seen = inspector.trust_first_contact().expect("trusted");
    }
    let InspectorStep::ShowsCosignature { text, .. } = seen.step else {
        panic!("not signed: {:?}", seen.step)
    };
    put(&folder.path("answer"), &text);
    done(&[
        "ledger",
        "witness",
        "accept",
        &gate,
        &folder.at("answer"),
        "--hello",
        &folder.at("hello"),
    ])
}

#[test]
fn a_window_witnesses_a_gate_of_the_command_line() {
    let folder = Folder::with_gate();
    let inspector = window(&folder, "inspector", true);
    let first = visited_by_a_window(&folder, &inspector, None);
    let witness = first["witness"].as_str().expect("a key");
    let line = done(&["ledger", "verify", &folder.at("gate"), "--witness", witness]);
    assert_eq!(line["witnessed"], first["size"]);
    let origin = line["origin"].as_str().expect("an origin");
    let again = visited_by_a_window(&folder, &inspector, Some(origin));
    assert!(again["size"].as_u64() > first["size"].as_u64());
    let known = inspector.end_visit().expect("ended").known;
    assert_eq!(Some(u64::from(known[0].size)), again["size"].as_u64());
}

#[test]
fn the_command_line_witnesses_a_gate_of_a_window() {
    let folder = Folder::with_gate();
    let gate = window(&folder, "gate", false);
    sign_in(&gate, MANAGER, MANAGER_PIN).expect("the manager");
    let witness = folder.at("witness");
    let made = done(&[
        "ledger",
        "witness",
        "init",
        &witness,
        "--name",
        "inspection.example/li-3",
    ]);
    let hello = done(&["ledger", "witness", "hello", &witness]);
    gate.begin_witnessing().expect("begun");
    let asked = gate.witness_typed(hello["message"].as_str().expect("a message"));
    let WitnessingView::ShowsRequest { text, size, .. } = asked.expect("read") else {
        panic!("no request")
    };
    put(&folder.path("request"), &text);
    let consider = ["ledger", "witness", "consider", &witness, &folder.at("request")];
    let signed = done(&[&consider[..], &["--trust-first-contact"]].concat());
    let answered = gate.witness_typed(signed["message"].as_str().expect("a message"));
    let WitnessingView::Done {
        size: witnessed,
        again: false,
        ..
    } = answered.expect("read")
    else {
        panic!("not taken")
    };
    assert_eq!(witnessed, size);
    let key = made["witness"].as_str().expect("a key");
    let line = done(&["ledger", "verify", &folder.at("gate"), "--witness", key]);
    assert_eq!(line["witnessed"].as_u64(), Some(u64::from(size)), "{line}");
}
