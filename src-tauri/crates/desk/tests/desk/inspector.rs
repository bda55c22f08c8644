//! The inspector's own device: choosing it, and checking files.

use std::fs;

use gatepost_desk::DeskError;
use gatepost_desk::view::{Appearance, AuditView, BundleForm, CheckView, Locale, Stage};

use crate::room::{Room, form, until};
use crate::witnessing::first_visit;

/// What the device says of a file.
fn check(inspector: &Room, path: &str) -> CheckView {
    inspector.desk.check_file(path).expect("begun");
    let view = || {
        inspector
            .desk
            .inspector()
            .expect("a view")
            .check
            .expect("a check")
    };
    until("the end of the check", || {
        !matches!(view().audit, AuditView::Running { .. })
    });
    view()
}

#[test]
fn a_new_device_becomes_an_inspectors_and_stays_it_until_somebody_leaves() {
    let room = Room::empty();
    let view = room.desk.use_as_inspector().expect("an inspector's");
    assert_eq!(view.stage, Stage::Inspector);
    let key = room.desk.inspector().expect("a view").verifier;
    assert!(key.starts_with("gatepost.inspector/"), "{key}");
    let english = Appearance {
        locale: Locale::En,
        ..room.desk.app().appearance
    };
    room.desk.set_appearance(english).expect("kept");
    let room = room.after_a_power_cut();
    assert_eq!(room.stage(), Stage::Inspector);
    assert_eq!(room.desk.app().appearance, english);
    assert_eq!(room.desk.inspector().expect("a view").verifier, key);
    assert_eq!(room.desk.leave_inspector().expect("left").stage, Stage::SetUp);
    assert_eq!(room.desk.inspector(), Err(DeskError::NotAnInspector));
    room.desk.set_up(&form()).expect("set up");
    assert_eq!(room.desk.use_as_inspector(), Err(DeskError::AlreadySetUp));
    let room = room.after_a_power_cut();
    assert!(matches!(room.stage(), Stage::SignIn { .. }), "a gate is a gate");
}

#[test]
fn a_bundle_and_a_copied_folder_are_found_whole_and_continue_what_was_witnessed() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    first_visit(&gate, &inspector);
    let witnessed = inspector.desk.end_visit().expect("ended").known[0].size;
    let bundle = gate.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    let backup = gate.desk.make_backup().expect("a backup");
    let origin = gate.desk.ledger().expect("the ledger").origin;
    let folder = gate.data.path().display().to_string();
    for path in [&bundle.path, &backup.path, &folder] {
        let view = check(&inspector, path);
        assert!(matches!(view.audit, AuditView::Whole { .. }), "{view:?}");
        assert_eq!(view.origin.as_ref(), Some(&origin));
        assert_eq!((view.continues, view.words.len()), (Some(witnessed), 8), "{path}");
        assert_eq!(view.witnesses.len(), 1, "{path}");
    }
}

#[test]
fn a_changed_bundle_is_broken_and_what_is_neither_cannot_be_read() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let bundle = gate.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    let mut bytes = fs::read(&bundle.path).expect("the bundle");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&bundle.path, bytes).expect("changed");
    let view = check(&inspector, &bundle.path);
    assert!(matches!(view.audit, AuditView::Broken { .. }), "{view:?}");
    let letter = gate.exports.path().join("letter.txt");
    fs::write(&letter, "dear inspector").expect("a letter");
    for path in [letter.display().to_string(), "/no/such/file".to_owned()] {
        let view = check(&inspector, &path);
        assert!(matches!(view.audit, AuditView::Unreadable { .. }), "{view:?}");
    }
}

#[test]
fn nothing_of_a_gate_can_be_done_on_an_inspectors_device() {
    let inspector = Room::of_an_inspector(None);
    assert_eq!(inspector.stage(), Stage::Inspector);
    assert_eq!(inspector.desk.ledger(), Err(DeskError::SignedOut));
    assert_eq!(
        inspector.desk.begin_visit(Some("unknown")),
        Err(DeskError::NotFound)
    );
    assert_eq!(
        inspector.desk.trust_first_contact(),
        Err(DeskError::NotWitnessing)
    );
    assert_eq!(
        inspector.desk.inspector_typed("gp1r"),
        Err(DeskError::NotWitnessing)
    );
}
