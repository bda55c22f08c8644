//! The ledger in the office: seal, audit, files that leave the house, keys.

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use gatepost_desk::view::{AuditView, BundleForm, KeyChangeForm, KeyChangeReason, LedgerView, WarningKind};
use gatepost_desk::{DeskError, LedgerSource};
use gatepost_ledger::bundle::BundleTrust;
use gatepost_report::{BundleSource, verify_bundle_file};
use gatepost_store::{KeyFile, Store};
use sha2::{Digest, Sha256};

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room, until};

fn ledger(room: &Room) -> LedgerView {
    room.desk.ledger().expect("the ledger")
}

/// The answer of a whole audit that is begun now.
fn audit(room: &Room) -> AuditView {
    room.desk.audit_now().expect("begun");
    let running = |view: &AuditView| matches!(view, AuditView::Running { .. });
    until("the end of the audit", || !running(&ledger(room).audit));
    ledger(room).audit
}

fn sha256(path: &str) -> String {
    let bytes = fs::read(path).expect("the file");
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn the_screen_shows_the_seal_of_everything_that_was_recorded() {
    let room = Room::in_the_office();
    let view = ledger(&room);
    assert_eq!(view.seal.size as usize, room.records().len());
    assert_eq!(
        view.unwitnessed, view.seal.size,
        "nobody outside has seen anything"
    );
    assert!(
        view.seal
            .note
            .starts_with(&format!("{}\n{}\n", view.origin, view.seal.size))
    );
    assert!(view.keys.verifier.starts_with(&view.origin));
    assert_eq!((view.seal.words.len(), view.keys.changes), (8, 0));
    assert_eq!(view.seal.qr.modules.len(), usize::from(view.seal.qr.width).pow(2));
}

#[test]
fn a_whole_ledger_is_found_whole_and_a_changed_row_is_found_and_alarms_every_room() {
    let room = Room::in_the_office();
    let size = ledger(&room).seal.size;
    assert!(matches!(audit(&room), AuditView::Whole { size: whole, .. } if whole == size));
    assert!(!room.desk.app().alarms.ledger_broken);

    let raw = room.raw();
    let triggers: Vec<String> = raw
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'records'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("triggers");
    for trigger in triggers {
        raw.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .expect("dropped");
    }
    let position = room
        .kinds()
        .iter()
        .position(|kind| kind == "entry")
        .expect("an entry");
    let changed = raw
        .execute(
            "UPDATE records SET leaf = CAST(replace(CAST(leaf AS TEXT), 'normal', 'low') AS BLOB) WHERE i = ?1",
            [position],
        )
        .expect("changed");
    assert_eq!(changed, 1);
    let AuditView::Broken { position: found, .. } = audit(&room) else {
        panic!("not found")
    };
    assert_eq!(found as usize, position);
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert!(room.desk.app().alarms.ledger_broken, "the guard sees it too");
}

#[test]
fn a_start_after_a_power_cut_is_no_fault_and_nobody_says_that_nothing_was_found() {
    let room = Room::in_the_office().after_a_power_cut();
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    let AuditView::Whole { warnings, .. } = audit(&room) else {
        panic!("not whole")
    };
    let [warning] = warnings.as_slice() else {
        panic!("one warning: {warnings:?}")
    };
    assert_eq!((warning.kind, warning.count), (WarningKind::NoShutdown, 1));
    let last_start = room.kinds().iter().rposition(|kind| kind == "boot");
    assert_eq!(Some(warning.first as usize), last_start);
}

#[test]
fn a_broken_ledger_is_broken_after_a_start_too_until_an_audit_finds_it_whole() {
    let change = |room: &Room, sql: &str| room.raw().execute_batch(sql).expect("changed");
    let is_broken = |room: &Room| room.desk.app().alarms.ledger_broken;
    let room = Room::in_the_office();
    change(&room, "CREATE TABLE left_behind (anything)");
    let broken = audit(&room);
    assert!(matches!(broken, AuditView::Broken { .. }), "{broken:?}");

    let room = room.after_a_power_cut();
    assert!(is_broken(&room), "before anybody signs in");
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert_eq!(ledger(&room).audit, broken);

    change(&room, "DROP TABLE left_behind");
    room.clock.advance(Duration::from_secs(6));
    until("the audit in idle time", || !is_broken(&room));
    let room = room.after_a_power_cut();
    assert!(!is_broken(&room));
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert_eq!(ledger(&room).audit, AuditView::NotYet);
}

#[test]
fn a_broken_ledger_is_audited_again_after_ten_minutes_of_quiet() {
    let room = Room::in_the_office();
    room.raw()
        .execute_batch("CREATE TABLE left_behind (anything)")
        .expect("changed");
    audit(&room);
    room.raw()
        .execute_batch("DROP TABLE left_behind")
        .expect("changed");
    room.clock.advance(Duration::from_secs(10 * 60));
    until("the alarm is off", || !room.desk.app().alarms.ledger_broken);
}

#[test]
fn after_a_change_of_key_entries_go_on_and_the_whole_ledger_is_whole() {
    let room = Room::in_the_office();
    let before = ledger(&room);
    for reason in [KeyChangeReason::Routine, KeyChangeReason::Suspected] {
        room.desk.change_key(KeyChangeForm { reason }).expect("changed");
    }
    let first = KeyChangeForm {
        reason: KeyChangeReason::First,
    };
    assert_eq!(room.desk.change_key(first), Err(DeskError::AlreadySetUp));
    let room = room.after_a_power_cut();
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    room.write("7366⏎");
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    let after = ledger(&room);
    assert_eq!((after.keys.changes, &after.origin), (2, &before.origin));
    assert_ne!(after.keys.verifier, before.keys.verifier);
    assert!(matches!(audit(&room), AuditView::Whole { .. }));
    let seed = |generation: u32| {
        room.data
            .path()
            .join(format!("gatepost.signing-{generation}.key"))
    };
    assert!(seed(0).exists() && !seed(1).exists() && seed(2).exists());
}

#[test]
fn a_bundle_proves_itself_and_is_a_record_whose_hash_is_that_of_the_file() {
    let room = Room::in_the_office();
    room.desk
        .change_key(KeyChangeForm {
            reason: KeyChangeReason::Routine,
        })
        .expect("changed");
    let size = room.records().len() as u64;
    let made = room.desk.make_bundle(&BundleForm::default()).expect("a bundle");
    assert_eq!(made.sha256, sha256(&made.path));
    let zip = File::open(&made.path).expect("the file");
    let report = verify_bundle_file(zip, &BundleTrust::default())
        .expect("read")
        .expect("sound");
    assert_eq!((report.seal.size, report.shown.len()), (size, 0));
    let (kind, leaf) = room.records().pop().expect("records");
    assert_eq!(kind, "export");
    assert!(
        leaf.contains(&made.sha256) && !leaf.contains("disclosed"),
        "{leaf}"
    );
}

/// Whoever reads seal and keys one after the other names a key that no record shows, now and then.
#[test]
fn a_bundle_names_the_keys_of_its_own_records_however_often_another_program_changes_the_key() {
    let room = Room::in_the_office();
    let folder = room.data.path();
    let mut store = Store::open(folder, KeyFile::in_folder(folder)).expect("the same data");
    let form = KeyChangeForm {
        reason: KeyChangeReason::Routine,
    };
    for _ in 0..40 {
        thread::scope(|scope| {
            // One change to one look: who looks without a pause keeps the other waiting for its lock.
            let changing = scope.spawn(|| room.desk.change_key(form).map(drop));
            let mut source = LedgerSource::of(&mut store).expect("the ledger");
            let mut named = 1;
            let size = source.size();
            let mut count = |leaf: &[u8]| {
                let is_change = leaf.windows(12).any(|bytes| bytes == br#""key_change""#);
                named += usize::from(is_change);
                ControlFlow::Continue(())
            };
            source.leaves(0..size, &mut count).expect("the leaves");
            let keys = source.keys().expect("the keys");
            assert_eq!(keys.len(), named, "of {size} records");
            let signed = source.sign("a manifest\n".to_owned()).expect("signed");
            let newest = keys.last().expect("a key");
            assert_eq!(signed.signatures[0].id, newest.id());
            changing.join().expect("no panic").expect("changed");
        });
    }
}

#[test]
fn disclosures_leave_the_house_only_with_a_reason_and_the_ledger_says_which() {
    let room = Room::in_the_office();
    let position = room
        .kinds()
        .iter()
        .position(|kind| kind == "entry")
        .expect("an entry");
    let form = |disclose: Vec<u32>, reason: &str| BundleForm {
        disclose,
        reason: reason.to_owned(),
    };
    let entry = vec![position as u32];
    let before = room.records().len();
    let refused = [
        (form(entry.clone(), "  "), DeskError::NoteMissing),
        (form(entry.clone(), &"长".repeat(201)), DeskError::NoteMissing),
        (form(vec![0], "查"), DeskError::NotFound),
        (form(vec![999], "查"), DeskError::NotFound),
    ];
    for (form, why) in refused {
        assert_eq!(room.desk.make_bundle(&form), Err(why));
    }
    assert_eq!(room.records().len(), before);
    let made = room
        .desk
        .make_bundle(&form(entry, "流行病学调查"))
        .expect("a bundle");
    let zip = File::open(&made.path).expect("the file");
    let report = verify_bundle_file(zip, &BundleTrust::default())
        .expect("read")
        .expect("sound");
    assert_eq!(report.shown.len(), 1);
    assert_eq!(report.shown[0].position as usize, position);
    let records = room.records();
    let [(export, leaf), (note, of)] = &records[before..] else {
        panic!("an export and its reason")
    };
    assert_eq!((export.as_str(), note.as_str()), ("export", "note"));
    assert!(leaf.contains(&format!(r#""disclosed":[{position}]"#)), "{leaf}");
    assert!(!of.contains("调查"), "the reason stands beside the ledger: {of}");
}

#[test]
fn a_backup_is_a_record_too_and_holds_no_key() {
    let room = Room::in_the_office();
    let made = room.desk.make_backup().expect("a backup");
    assert_eq!(made.sha256, sha256(&made.path));
    let (kind, leaf) = room.records().pop().expect("records");
    assert_eq!(kind, "export");
    assert!(leaf.contains(&made.sha256), "{leaf}");
    let seed = fs::read(room.data.path().join("gatepost.signing-0.key")).expect("the seed");
    let backup = fs::read(&made.path).expect("the backup");
    assert!(!backup.windows(seed.len()).any(|bytes| bytes == seed));
}

#[test]
fn the_guard_prints_the_seal_at_the_end_of_the_shift() {
    let room = Room::at_the_gate();
    room.write("7365⏎");
    let sheet = room.desk.seal_to_print().expect("a sheet");
    let page = fs::read_to_string(&sheet.path).expect("the sheet");
    assert!(page.contains("测试超市") && page.contains("<svg"));
    assert_eq!(sheet.sha256, sha256(&sheet.path));
    room.desk.close_shift().expect("closed");
    assert_eq!(room.desk.seal_to_print(), Err(DeskError::NoOpenShift));
}

#[test]
fn the_end_of_the_program_is_a_record() {
    let room = Room::at_the_gate();
    room.desk.close();
    assert!(room.kinds().ends_with(&["shift_open".into(), "shutdown".into()]));
}
