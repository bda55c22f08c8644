//! Retention: what is due goes by itself, and the door goes on.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use gatepost_desk::DeskError;
use gatepost_desk::view::{AuditView, HoldView, RetentionPolicy};
use gatepost_ledger::bundle::{BundleFile, BundleFiles, BundleTrust};
use gatepost_ledger::policy::Policy;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_report::{ZipFiles, verify_bundle_file};

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room, until};

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

fn erasures(room: &Room) -> usize {
    room.kinds().iter().filter(|kind| *kind == "erase").count()
}

fn temperatures(room: &Room) -> Vec<Option<i16>> {
    let page = room.desk.entries(&Default::default(), None, 50).expect("the log");
    page.rows.iter().map(|row| row.temperature).collect()
}

/// The days of ledger time that a hold of these local days is put on: in China they begin at eight in the morning.
fn hold_in_ledger_time() -> HoldView {
    HoldView {
        from: "2026-11-21".to_owned(),
        ..hold()
    }
}

fn hold() -> HoldView {
    HoldView {
        from: "2026-11-22".to_owned(),
        to: "2026-11-24".to_owned(),
    }
}

#[test]
fn after_thirty_days_the_temperatures_of_visitors_are_gone_and_the_door_goes_on() {
    let room = Room::in_the_office();
    assert_eq!(temperatures(&room), [Some(367), Some(385), Some(365)]);
    room.clock.advance(days(30));
    room.clock.advance(Duration::from_secs(10));
    room.desk.confirm_clock().expect("asks for a look");
    until("a look at the disk and at what is due", || {
        room.desk.ledger().expect("the ledger").disk.free_mb > 0
    });
    assert_eq!(erasures(&room), 0, "thirty whole days have to pass");
    room.clock.advance(days(1));
    until("the erasure", || erasures(&room) == 1);
    // A fever is kept as long as an incident.
    assert_eq!(temperatures(&room), [None, Some(385), None]);
    let erased = room.desk.ledger().expect("the ledger").retention.erasures;
    assert_eq!(
        (erased[0].from.as_str(), erased[0].to.as_str(), erased[0].count),
        ("2026-11-23", "2026-11-23", 2)
    );
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(room.write("7366⏎").temperature, Some(366));
}

#[test]
fn a_destruction_has_a_certificate_whose_proof_verifies_and_whose_sheet_is_on_record() {
    let room = Room::in_the_office();
    room.clock.advance(days(31));
    until("the erasure", || erasures(&room) == 1);
    let view = room.desk.ledger().expect("the ledger");
    let erased = &view.retention.erasures[0];
    for wrong in [0, view.seal.size] {
        assert_eq!(room.desk.make_certificate(wrong), Err(DeskError::NotFound));
    }
    let made = room
        .desk
        .make_certificate(erased.position)
        .expect("a certificate");
    let (kind, export) = room.records().pop().expect("records");
    assert_eq!(kind, "export");
    assert!(
        export.contains(&made.sheet.sha256),
        "the record names the sheet: {export}"
    );
    let page = fs::read_to_string(&made.sheet.path).expect("the sheet");
    let proof = fs::read(&made.proof.path).expect("the proof");
    let name = Path::new(&made.proof.path).file_name().expect("a name");
    let (_, record) = room.records().swap_remove(erased.position as usize);
    for part in [
        "销毁证明",
        "2026-11-23 – 2026-11-23",
        "当时的保存期限：30 天",
        &made.proof.sha256,
        &name.to_string_lossy(),
        &record.replace('"', "&#34;"),
    ] {
        assert!(page.contains(part), "{part}");
    }
    let policy = format!("log {}\nquorum none\n", view.keys.verifier);
    let policy = Policy::parse(policy.as_bytes()).expect("a policy");
    let proof = ProofFile::parse(&proof).expect("a proof");
    let proven = proof.verify(&policy, record.as_bytes()).expect("proven");
    assert_eq!(proven.leaf.position, u64::from(erased.position));
}

/// The files of a bundle that verifies.
fn bundle(room: &Room) -> ZipFiles<File> {
    let made = room.desk.make_bundle(&Default::default()).expect("a bundle");
    let zip = || File::open(&made.path).expect("the file");
    verify_bundle_file(zip(), &BundleTrust::default())
        .expect("read")
        .expect("sound");
    ZipFiles::open(zip()).expect("a bundle")
}

#[test]
fn a_bundle_from_before_an_erasure_and_one_from_after_it_verify_and_say_the_same_of_the_old_records() {
    let room = Room::in_the_office();
    let mut before = bundle(&room);
    let size = room.records().len() as u64 - 1;
    room.clock.advance(days(31));
    until("the erasure", || erasures(&room) == 1);
    assert_eq!(temperatures(&room), [None, Some(385), None]);
    let mut after = bundle(&room);
    let mut compared = 0;
    for name in before.names() {
        let of_tree = name.starts_with("tile/0/") || name.starts_with("tile/entries/");
        if !of_tree && name != "records.jsonl" {
            continue;
        }
        // The last tile of each kind is partial, and its name says how wide it is.
        let (stem, _) = name.split_once(".p/").unwrap_or((&name, ""));
        let newer = after
            .names()
            .into_iter()
            .find(|one| one.split(".p/").next() == Some(stem));
        let newer = newer.expect("it is still there");
        let file = |name: &str| BundleFile::parse_name(name).expect("a file of a bundle");
        let old = before.read(file(&name)).expect("its bytes");
        let new = after.read(file(&newer)).expect("its bytes");
        assert!(new.len() > old.len() && new.starts_with(&old), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 3, "hashes, leaves and lines of {size} records");
}

#[test]
fn days_on_hold_are_kept_until_the_hold_is_lifted() {
    let room = Room::in_the_office();
    let view = room.desk.place_hold(&hold()).expect("a hold");
    assert_eq!(view.retention.holds, [hold_in_ledger_time()]);
    let reversed = HoldView {
        from: "2026-11-25".to_owned(),
        ..hold()
    };
    assert_eq!(room.desk.place_hold(&reversed), Err(DeskError::HoldReversed));
    assert_eq!(room.desk.lift_hold(&reversed), Err(DeskError::NotFound));
    room.clock.advance(days(40));
    room.desk.audit_now().expect("begun");
    until("the end of an audit", || {
        matches!(
            room.desk.ledger().expect("the ledger").audit,
            AuditView::Whole { .. }
        )
    });
    assert_eq!(erasures(&room), 0);
    let view = room.desk.lift_hold(&hold_in_ledger_time()).expect("lifted");
    assert_eq!(view.retention.holds, []);
    until("the erasure", || erasures(&room) == 1);
}

#[test]
fn retention_of_no_day_or_of_more_than_ten_years_is_refused() {
    let room = Room::in_the_office();
    let policy = |visitor_days, incident_days| RetentionPolicy {
        visitor_days,
        incident_days,
    };
    for wrong in [policy(0, 180), policy(30, 0), policy(3651, 180), policy(30, 3651)] {
        assert_eq!(
            room.desk.set_retention(wrong),
            Err(DeskError::RetentionOutOfRange)
        );
    }
    for right in [policy(1, 1), policy(3650, 3650)] {
        let view = room.desk.set_retention(right).expect("taken");
        assert_eq!(view.retention.policy, right);
    }
}

#[test]
fn what_fell_due_while_the_program_was_off_is_erased_at_the_start() {
    let room = Room::in_the_office();
    let policy = RetentionPolicy {
        visitor_days: 1,
        incident_days: 1,
    };
    room.desk.set_retention(policy).expect("a policy");
    let room = room.later(days(2), false);
    until("the erasure", || erasures(&room) == 2);
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert_eq!(temperatures(&room), [None, None, None]);
}

#[test]
fn a_clock_that_ran_far_ahead_while_the_program_was_off_erases_nothing_before_it_is_confirmed() {
    let room = Room::in_the_office();
    let room = room.later(days(60), false);
    until("the question", || room.desk.app().alarms.clock_unconfirmed);
    assert_eq!(erasures(&room), 0);
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert!(
        room.desk
            .ledger()
            .expect("the ledger")
            .retention
            .waits_for_the_clock
    );
    let confirmations = |room: &Room| room.kinds().iter().filter(|kind| *kind == "retention").count();
    let before = confirmations(&room);
    // For which days that counts is the ledger's rule and tested there.
    room.desk.confirm_clock().expect("confirmed");
    assert_eq!(confirmations(&room), before + 1);
}

#[test]
fn in_idle_time_the_ledger_is_audited_by_itself() {
    let room = Room::in_the_office();
    assert_eq!(room.desk.ledger().expect("the ledger").audit, AuditView::NotYet);
    room.clock.advance(Duration::from_secs(60));
    until("the audit", || {
        matches!(
            room.desk.ledger().expect("the ledger").audit,
            AuditView::Whole { .. }
        )
    });
}
