//! A gate and an inspector's device: codes over screen and camera, no network.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gatepost_desk::DeskError;
use gatepost_desk::view::{
    InspectorStep, InspectorView, KeyChangeForm, KeyChangeReason, QrView, StoreFault, VisitTrouble,
    WitnessRefusalKind, WitnessingTrouble, WitnessingView,
};
use gatepost_report::QrModules;
use gatepost_scan::{FrameView, PixelLayout, scan};

use crate::room::{MANAGER, MANAGER_PIN, Pictures, Room, Told, drawn, end, until};

/// The bytes that another device's camera reads from a code.
fn read(code: &QrView) -> Vec<u8> {
    let (grey, side) = drawn(code);
    let view = FrameView::new(PixelLayout::Grey, &grey, side, side, side).expect("a picture");
    let codes = scan(&view);
    codes.first().expect("a code").payload.clone()
}

fn hello(view: &InspectorView) -> String {
    let InspectorStep::ShowsHello { text, .. } = &view.step else {
        panic!("no hello: {:?}", view.step)
    };
    text.clone()
}

fn request(view: &WitnessingView) -> String {
    let WitnessingView::ShowsRequest { text, .. } = view else {
        panic!("no request: {view:?}")
    };
    text.clone()
}

fn cosignature(view: &InspectorView) -> String {
    let InspectorStep::ShowsCosignature { text, .. } = &view.step else {
        panic!("not cosigned: {:?}", view.step)
    };
    text.clone()
}

/// What the gate shows to the inspector who comes with what is known of it.
fn shown_by(gate: &Room, hello: &str) -> String {
    gate.desk.begin_witnessing().expect("begun");
    request(&gate.desk.witness_typed(hello).expect("read"))
}

/// The first visit: the words are compared, everything is signed.
pub(crate) fn first_visit(gate: &Room, inspector: &Room) -> WitnessingView {
    let begun = inspector.desk.begin_visit(None).expect("begun");
    let asked = inspector
        .desk
        .inspector_typed(&shown_by(gate, &hello(&begun)))
        .expect("read");
    let InspectorStep::AsksFirstContact { words, .. } = &asked.step else {
        panic!("not asked: {:?}", asked.step)
    };
    let WitnessingView::ShowsRequest {
        words: at_the_gate, ..
    } = gate.desk.witnessing().expect("a view")
    else {
        panic!("no request")
    };
    assert_eq!(*words, at_the_gate);
    let signed = inspector.desk.trust_first_contact().expect("trusted");
    gate.desk.witness_typed(&cosignature(&signed)).expect("read")
}

fn origin(gate: &Room) -> String {
    gate.desk.ledger().expect("the ledger").origin
}

/// A further visit, up to what the inspector says.
pub(crate) fn next_visit(gate: &Room, inspector: &Room) -> InspectorView {
    let begun = inspector.desk.begin_visit(Some(&origin(gate))).expect("begun");
    let request = shown_by(gate, &hello(&begun));
    inspector.desk.inspector_typed(&request).expect("read")
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).expect("the folder") {
        let file = file.expect("a file");
        if file.file_type().expect("a type").is_file() {
            fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
        }
    }
}

/// The gate as it was, put back by somebody.
pub(crate) fn put_back(gate: Room, copy_of: &Path) -> Room {
    let Room { desk, data, .. } = gate;
    end(desk);
    for file in fs::read_dir(data.path()).expect("the folder") {
        let path = file.expect("a file").path();
        if path.is_file() {
            fs::remove_file(path).expect("removed");
        }
    }
    copy(copy_of, data.path());
    let gate = Room::on(data, None);
    gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    gate
}

#[test]
fn the_largest_usual_request_is_read_byte_for_byte_from_a_code() {
    let bytes: Vec<u8> = (0..937_usize).map(|at| (at * 151 % 256) as u8).collect();
    let code = QrModules::of(&bytes).expect("fits");
    assert_eq!(code.width(), 117, "version 25");
    let view = QrView {
        width: code.width() as u16,
        modules: code.modules().map(|dark| if dark { '1' } else { '0' }).collect(),
    };
    assert_eq!(read(&view), bytes);
}

#[test]
fn a_first_visit_is_signed_recorded_and_shown_on_both_sides() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let size = gate.records().len() as u32;
    let done = first_visit(&gate, &inspector);
    let WitnessingView::Done {
        size: witnessed,
        again: false,
        ..
    } = done
    else {
        panic!("not done: {done:?}")
    };
    assert_eq!(witnessed, size);
    assert_eq!(gate.kinds().last().map(String::as_str), Some("inspection"));
    let ledger = gate.desk.ledger().expect("the ledger");
    assert_eq!((ledger.unwitnessed, ledger.witnesses[0].size), (1, size));
    let known = inspector.desk.end_visit().expect("ended").known;
    assert_eq!(
        (known[0].origin.as_str(), known[0].size),
        (ledger.origin.as_str(), size)
    );
    assert_eq!(gate.desk.end_witnessing(), Ok(WitnessingView::Idle));

    // The device remembers when it is started again, and signs what continues.
    let inspector = inspector.later(Duration::from_secs(3600), true);
    let view = next_visit(&gate, &inspector);
    let InspectorStep::ShowsCosignature { before, .. } = view.step else {
        panic!("not cosigned: {:?}", view.step)
    };
    assert_eq!(before, Some(size));
}

#[test]
fn the_three_codes_go_from_screen_to_camera_and_never_to_the_door() {
    let gate = Room::in_the_office_with_a_camera();
    let inspector = Room::of_an_inspector(Some(Pictures::of_nobody()));
    gate.desk.begin_witnessing().expect("begun");
    let view = inspector.desk.begin_visit(None).expect("begun");
    let InspectorStep::ShowsHello { qr, .. } = &view.step else {
        panic!("no hello")
    };
    gate.pictures().show_qr(qr);
    let at_gate = || gate.desk.witnessing().expect("a view");
    until("the request", || {
        matches!(at_gate(), WitnessingView::ShowsRequest { .. })
    });
    let WitnessingView::ShowsRequest { qr, .. } = at_gate() else {
        panic!("no request")
    };
    inspector.pictures().show_qr(&qr);
    let at_inspector = || inspector.desk.inspector().expect("a view").step;
    until("the question", || {
        matches!(at_inspector(), InspectorStep::AsksFirstContact { .. })
    });
    let view = inspector.desk.trust_first_contact().expect("trusted");
    let InspectorStep::ShowsCosignature { qr, .. } = &view.step else {
        panic!("not cosigned")
    };
    gate.pictures().show_qr(qr);
    until("the end", || matches!(at_gate(), WitnessingView::Done { .. }));
    assert!(!gate.kinds().ends_with(&["entry".to_owned()]));
}

#[test]
fn other_codes_another_ledger_and_a_wrong_clock_are_told_apart_and_nothing_is_recorded() {
    let (gate, other) = (Room::in_the_office(), Room::empty());
    let inspector = Room::of_an_inspector(None);
    other.desk.set_up(&crate::room::form()).expect("set up");
    other.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    first_visit(&other, &inspector);
    assert_eq!(gate.desk.witness_typed("gp1h"), Err(DeskError::NotWitnessing));
    let before = gate.records().len();
    gate.desk.begin_witnessing().expect("begun");
    let trouble = |view: WitnessingView| match view {
        WitnessingView::WaitsForHello { trouble, .. } | WitnessingView::ShowsRequest { trouble, .. } => {
            trouble
        }
        other => panic!("{other:?}"),
    };
    let typed = |text: &str| trouble(gate.desk.witness_typed(text).expect("read"));
    assert_eq!(typed("https://example.org"), Some(WitnessingTrouble::OtherCode));
    let knows_another = inspector.desk.begin_visit(Some(&origin(&other))).expect("begun");
    assert_eq!(
        typed(&hello(&knows_another)),
        Some(WitnessingTrouble::OtherLedger)
    );
    let begun = inspector.desk.begin_visit(None).expect("begun");
    assert_eq!(typed(&hello(&begun)), None);
    let foreign = inspector.desk.inspector_typed("gp1b AAAA").expect("read");
    assert!(matches!(
        foreign.step,
        InspectorStep::ShowsHello {
            trouble: Some(VisitTrouble::OtherCode),
            ..
        }
    ));
    inspector.clock.advance(Duration::from_secs(301));
    let request = request(&gate.desk.witnessing().expect("a view"));
    inspector.desk.inspector_typed(&request).expect("read");
    let late = inspector.desk.trust_first_contact().expect("trusted");
    assert_eq!(
        typed(&cosignature(&late)),
        Some(WitnessingTrouble::Clock { seconds: 301 })
    );
    assert_eq!(gate.records().len(), before);
}

#[test]
fn a_ledger_that_was_put_back_is_refused_and_the_evidence_is_kept() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let older = tempfile::tempdir().expect("a folder");
    copy(gate.data.path(), older.path());
    for _ in 0..5 {
        gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    }
    first_visit(&gate, &inspector);
    let gate = put_back(gate, older.path());
    // Starting again and signing in are records too: the forger goes on until it is long enough.
    let refusal = |view: InspectorView| match view.step {
        InspectorStep::Refused {
            refusal,
            alarm: true,
            evidence: Some(evidence),
            ..
        } => {
            let text = fs::read_to_string(evidence).expect("the evidence");
            assert!(
                text.contains(&origin(&gate)) && text.contains("\nseen "),
                "{text}"
            );
            refusal
        }
        other => panic!("not refused: {other:?}"),
    };
    let known = inspector.desk.inspector().expect("a view").known[0].size as usize;
    if gate.records().len() < known {
        assert_eq!(
            refusal(next_visit(&gate, &inspector)),
            WitnessRefusalKind::Truncated
        );
    }
    while gate.records().len() <= known {
        gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    }
    inspector.clock.advance(Duration::from_secs(5));
    assert_eq!(refusal(next_visit(&gate, &inspector)), WitnessRefusalKind::Forked);
}

#[test]
fn after_a_change_of_key_one_visit_ends_with_the_old_and_the_next_begins_with_the_new() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    first_visit(&gate, &inspector);
    let reason = KeyChangeReason::Routine;
    gate.desk.change_key(KeyChangeForm { reason }).expect("changed");
    gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    for again in [true, false] {
        let signed = next_visit(&gate, &inspector);
        let done = gate.desk.witness_typed(&cosignature(&signed)).expect("read");
        assert!(
            matches!(done, WitnessingView::Done { again: more, .. } if more == again),
            "{done:?}"
        );
    }
}

/// The last view that the screen of a device was told.
fn told<T>(room: &Room, wanted: impl Fn(&Told) -> Option<T>) -> Option<T> {
    room.witness.all().iter().rev().find_map(wanted)
}

#[test]
fn what_a_gate_cannot_keep_of_an_answer_before_its_camera_is_said_and_tried_again() {
    let gate = Room::in_the_office_with_a_camera();
    let inspector = Room::of_an_inspector(None);
    let begun = inspector.desk.begin_visit(None).expect("begun");
    let request = shown_by(&gate, &hello(&begun));
    inspector.desk.inspector_typed(&request).expect("read");
    let signed = inspector.desk.trust_first_contact().expect("trusted");
    let InspectorStep::ShowsCosignature { qr, .. } = &signed.step else {
        panic!("not cosigned")
    };
    let refuse = "CREATE TRIGGER worn BEFORE INSERT ON cosignatures BEGIN SELECT RAISE(ABORT, 'worn'); END";
    gate.raw().execute_batch(refuse).expect("a worn disk");
    gate.pictures().show_qr(qr);
    let on_screen = |told: &Told| match told {
        Told::Witnessing(view) => Some(WitnessingView::clone(view)),
        _ => None,
    };
    until("the trouble", || {
        matches!(
            told(&gate, on_screen),
            Some(WitnessingView::ShowsRequest {
                trouble: Some(WitnessingTrouble::NotKept {
                    fault: StoreFault::Unreadable
                }),
                ..
            })
        )
    });
    gate.raw().execute_batch("DROP TRIGGER worn").expect("mended");
    until("the end", || {
        matches!(told(&gate, on_screen), Some(WitnessingView::Done { .. }))
    });
}

#[test]
fn what_an_inspectors_device_cannot_keep_before_its_camera_is_said_and_tried_again() {
    let gate = Room::in_the_office();
    let inspector = Room::of_an_inspector(Some(Pictures::of_nobody()));
    let begun = inspector.desk.begin_visit(None).expect("begun");
    gate.desk.begin_witnessing().expect("begun");
    let request = gate.desk.witness_typed(&hello(&begun)).expect("read");
    let WitnessingView::ShowsRequest { qr, .. } = &request else {
        panic!("no request: {request:?}")
    };
    let memory = inspector.data.path().join("inspector/gatepost.witness");
    let remembered = fs::read(&memory).expect("the memory");
    fs::write(&memory, "worn").expect("a worn disk");
    inspector.pictures().show_qr(qr);
    let on_screen = |told: &Told| match told {
        Told::Inspector(view) => Some(view.step.clone()),
        _ => None,
    };
    until("the trouble", || {
        matches!(
            told(&inspector, on_screen),
            Some(InspectorStep::ShowsHello {
                trouble: Some(VisitTrouble::NotKept {
                    fault: StoreFault::Damaged
                }),
                ..
            })
        )
    });
    fs::write(&memory, remembered).expect("mended");
    until("the question", || {
        matches!(
            told(&inspector, on_screen),
            Some(InspectorStep::AsksFirstContact { .. })
        )
    });
}
