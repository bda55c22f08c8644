//! The inspector's own device: choosing it, and checking files.

use std::fs;

use gatepost_desk::DeskError;
use gatepost_desk::view::{Appearance, AuditView, BundleForm, CheckView, Locale, Stage, StoreFault};
use gatepost_store::DATABASE_NAME;
use rusqlite::Connection;

use crate::room::{MANAGER, MANAGER_PIN, Room, form, until};
use crate::witnessing::{copy, first_visit, next_visit, put_back};

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
        assert!(view.witnesses[0].known && view.part.is_none(), "{path}");
    }
}

/// The rule that is broken.
fn broken_rule(view: &CheckView) -> &str {
    match &view.audit {
        AuditView::Broken { rule, .. } => rule,
        other => panic!("not broken: {other:?}"),
    }
}

#[test]
fn only_this_device_is_a_witness_that_it_knows() {
    let gate = Room::in_the_office();
    let (inspector, stranger) = (Room::of_an_inspector(None), Room::of_an_inspector(None));
    first_visit(&gate, &stranger);
    first_visit(&gate, &inspector);
    let bundle = gate.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    let own = inspector.desk.inspector().expect("a view").verifier;
    for path in [bundle.path, gate.data.path().display().to_string()] {
        let witnesses = check(&inspector, &path).witnesses;
        assert_eq!(witnesses.len(), 2, "{path}");
        for witness in witnesses {
            let is_own = own.starts_with(&format!("{}+", witness.witness));
            assert_eq!(witness.known, is_own, "{path}");
        }
    }
    let at_the_gate = gate.desk.ledger().expect("the ledger").witnesses;
    assert!(at_the_gate.iter().all(|witness| witness.known));
}

#[test]
fn a_ledger_that_was_written_anew_since_the_visit_is_found_out_by_the_memory_alone() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let older = tempfile::tempdir().expect("a folder");
    copy(gate.data.path(), older.path());
    for _ in 0..2 {
        gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    }
    first_visit(&gate, &inspector);
    let witnessed = inspector.desk.end_visit().expect("ended").known[0].size;
    fs::remove_dir_all(inspector.data.path().join("inspector/seals")).expect("the seals were kept");
    let folder = gate.data.path().display().to_string();
    assert_eq!(check(&inspector, &folder).continues, Some(witnessed));

    let gate = put_back(gate, older.path());
    let shorter = check(&inspector, &folder).audit;
    assert!(matches!(shorter, AuditView::Older { .. }), "{shorter:?}");
    while gate.records().len() <= witnessed as usize {
        gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    }
    let bundle = gate.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    let backup = gate.desk.make_backup().expect("a backup");
    for path in [&folder, &bundle.path, &backup.path] {
        let view = check(&inspector, path);
        assert_eq!(broken_rule(&view), "forked", "{path}");
        assert_eq!(view.continues, None, "{path}");
    }
}

#[test]
fn a_file_older_than_the_last_visit_is_told_as_that_and_compared_as_far_as_this_device_signed() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let never_signed = gate.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    first_visit(&gate, &inspector);
    let first = inspector.desk.end_visit().expect("ended").known[0].size;
    let bundle = gate.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    let backup = gate.desk.make_backup().expect("a backup");
    let copied = tempfile::tempdir().expect("a folder");
    copy(gate.data.path(), copied.path());
    gate.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    next_visit(&gate, &inspector);
    let last = inspector.desk.end_visit().expect("ended").known[0].size;
    for (path, signed) in [
        (never_signed.path, None),
        (bundle.path, Some(first)),
        (backup.path, Some(first)),
        (copied.path().display().to_string(), Some(first)),
    ] {
        let view = check(&inspector, &path);
        let AuditView::Older { size, witnessed, .. } = view.audit else {
            panic!("{path}: {view:?}");
        };
        assert!(size < last && Some(size) >= signed, "{path}: {size}");
        assert_eq!((witnessed, view.continues), (last, signed), "{path}");
    }
}

#[test]
fn a_device_that_cannot_read_its_memory_checks_nothing() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let memory = inspector.data.path().join("inspector/gatepost.witness");
    fs::write(memory, "worn").expect("written");
    let folder = gate.data.path().display().to_string();
    let fault = StoreFault::Damaged;
    assert_eq!(
        inspector.desk.check_file(&folder),
        Err(DeskError::Store { fault })
    );
}

#[test]
fn a_database_under_another_name_is_checked_with_the_log_beside_it() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let stick = tempfile::tempdir().expect("a folder");
    let copied = stick.path().join("east gate.db");
    for ending in ["", "-wal"] {
        let from = gate.data.path().join(format!("{DATABASE_NAME}{ending}"));
        let to = stick.path().join(format!("east gate.db{ending}"));
        assert!(fs::copy(from, to).expect("a copy") > 0, "{ending}");
    }
    let records = gate.records().len() as u32;
    let view = check(&inspector, &copied.display().to_string());
    assert!(
        matches!(view.audit, AuditView::Whole { size, .. } if size == records),
        "{view:?}"
    );
    let copies = fs::read_dir(inspector.data.path().join("inspector/check")).expect("the place of copies");
    assert_eq!(copies.count(), 0, "a copy is gone with its check");
}

#[test]
fn copies_that_a_crash_left_are_gone_at_the_next_start() {
    let inspector = Room::of_an_inspector(None);
    let left = inspector.data.path().join("inspector/check/1-0");
    fs::create_dir_all(&left).expect("a folder");
    fs::write(left.join(DATABASE_NAME), "somebody's").expect("a copy");
    let inspector = inspector.later(std::time::Duration::ZERO, true);
    assert_eq!(inspector.stage(), Stage::Inspector);
    assert!(!left.exists());
}

#[test]
fn a_database_with_a_schema_of_its_own_is_an_alarm_and_not_a_file_that_cannot_be_read() {
    let (gate, inspector) = (Room::in_the_office(), Room::of_an_inspector(None));
    let copied = tempfile::tempdir().expect("a folder");
    copy(gate.data.path(), copied.path());
    let connection = Connection::open(copied.path().join(DATABASE_NAME)).expect("the copy");
    let index = "CREATE INDEX more ON records(kind)";
    connection.execute_batch(index).expect("changed");
    drop(connection);
    let view = check(&inspector, &copied.path().display().to_string());
    assert_eq!(broken_rule(&view), "schema");
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
