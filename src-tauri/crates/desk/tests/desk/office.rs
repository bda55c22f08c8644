//! The manager's office.

use std::fs;

use gatepost_desk::view::{EntryFilter, VoidReason};
use gatepost_desk::{DeskError, ExportFormat};
use gatepost_rules::{BodyTemperature, Policy, PolicyRefusal, Reason, VerdictKind};
use sha2::{Digest, Sha256};

use crate::room::{GUARD, GUARD_PIN, Room, Told};

#[test]
fn new_rules_are_a_record_and_hold_from_the_next_entry_on() {
    let room = Room::in_the_office();
    let policy = Policy {
        fever_threshold: BodyTemperature::from_tenths(365).expect("a temperature"),
        ..room.desk.settings().expect("settings").policy
    };
    let settings = room.desk.set_policy(policy.clone()).expect("new rules");
    assert_eq!(settings.policy, policy);
    let (kind, leaf) = room.records().pop().expect("records");
    assert_eq!(kind, "policy");
    assert!(leaf.contains(r#""fever_threshold":365"#), "{leaf}");

    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(room.desk.door().expect("a door").policy, policy);
    assert_eq!(room.write("7365⏎⏎").reasons, [Reason::Fever]);
    let room = room.after_a_power_cut();
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(room.desk.door().expect("a door").policy, policy);
}

#[test]
fn rules_that_make_no_sense_are_refused_and_the_old_ones_stay() {
    let room = Room::in_the_office();
    let good = room.desk.settings().expect("settings").policy;
    let mut nonsense = good.clone();
    nonsense.low_limit = good.fever_threshold;
    let refusal = PolicyRefusal::NothingIsNormal;
    assert_eq!(room.desk.set_policy(nonsense), Err(DeskError::Policy { refusal }));
    assert_eq!(room.desk.settings().expect("settings").policy, good);
    assert_eq!(room.kinds().iter().filter(|kind| *kind == "policy").count(), 1);
}

#[test]
fn an_export_is_a_record_whose_hash_is_that_of_the_file() {
    let room = Room::in_the_office();
    let done = room
        .desk
        .export_entries(&EntryFilter::default(), ExportFormat::Csv)
        .expect("an export");
    assert_eq!(done.rows, 3);
    let progress = room.witness.all().into_iter().rev().find_map(|told| match told {
        Told::Export(progress) => Some((progress.done, progress.total)),
        _ => None,
    });
    assert_eq!(progress, Some((3, 3)));
    let file = fs::read(&done.path).expect("the file");
    assert!(
        file.starts_with(b"\xEF\xBB\xBF"),
        "spreadsheets know the encoding by its mark"
    );
    let hash: String = Sha256::digest(&file)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let records = room.records();
    let (kind, leaf) = &records[done.position as usize];
    assert_eq!(kind, "export");
    assert!(leaf.contains(&hash) && leaf.contains(r#""rows":3"#), "{leaf}");
    let text = String::from_utf8(file).expect("UTF-8");
    assert!(
        text.contains("王*") && !text.contains("王测试"),
        "names are masked"
    );
}

#[test]
fn an_export_without_a_place_to_write_leaves_no_record() {
    let room = Room::in_the_office();
    fs::write(room.exports.path().join("exports"), b"a file, not a folder").expect("in the way");
    let before = room.records().len();
    assert_eq!(
        room.desk
            .export_entries(&EntryFilter::default(), ExportFormat::Csv),
        Err(DeskError::ExportFolder)
    );
    assert_eq!(room.records().len(), before);
    assert_eq!(room.desk.exports_to_show(), Err(DeskError::ExportFolder));
}

#[test]
fn a_manager_strikes_an_entry_through_with_a_reason_once() {
    let room = Room::in_the_office();
    let all = EntryFilter::default();
    let newest = room.desk.entries(&all, None, 1).expect("a page").rows[0].position;
    let void = |reason, note: &str| room.desk.void_entry(newest, reason, note);
    assert_eq!(void(VoidReason::Other, "  "), Err(DeskError::NoteMissing));
    assert_eq!(
        void(VoidReason::Other, &"长".repeat(201)),
        Err(DeskError::NoteMissing)
    );
    let row = void(VoidReason::Other, "量了两次").expect("struck through");
    let voided = row.voided.expect("a void");
    assert_eq!(
        (voided.reason, voided.note.as_str()),
        (VoidReason::Other, "量了两次")
    );
    assert_eq!(void(VoidReason::Typo, ""), Err(DeskError::AlreadyVoided));
    let unknown = room.desk.void_entry(newest + 100, VoidReason::Typo, "");
    assert_eq!(unknown, Err(DeskError::NotFound));
    let of_a_login = room.desk.void_entry(0, VoidReason::Typo, "");
    assert_eq!(
        of_a_login,
        Err(DeskError::NotFound),
        "only entries are struck through"
    );
    let figures = room.desk.figures(&all).expect("figures");
    assert_eq!((figures.counts.admitted, figures.voided), (1, 1));
}

#[test]
fn the_log_is_paged_and_filtered() {
    let room = Room::in_the_office();
    let first = room
        .desk
        .entries(&EntryFilter::default(), None, 2)
        .expect("a page");
    assert_eq!(first.rows.len(), 2);
    let second = room
        .desk
        .entries(&EntryFilter::default(), first.older, 2)
        .expect("the next");
    assert_eq!((second.rows.len(), second.older), (1, None));
    let held = EntryFilter {
        verdict: Some(VerdictKind::Hold),
        day: Some("2026-11-23".to_owned()),
        guard: Some(GUARD),
        ..EntryFilter::default()
    };
    let page = room.desk.entries(&held, None, 50).expect("a page");
    assert_eq!(
        page.rows.iter().map(|row| row.temperature).collect::<Vec<_>>(),
        [Some(385)]
    );
    let no_day = EntryFilter {
        day: Some("23.11.2026".to_owned()),
        ..EntryFilter::default()
    };
    assert_eq!(room.desk.entries(&no_day, None, 50), Err(DeskError::NotADay));
    let choices = room.desk.filter_choices().expect("choices");
    assert_eq!(choices.days, ["2026-11-23"]);
    assert_eq!(choices.gates, ["东门"]);
}

#[test]
fn a_chosen_camera_is_kept_and_can_be_given_up() {
    let room = Room::in_the_office();
    let chosen = room.desk.choose_camera(Some("usb-9")).expect("chosen");
    assert_eq!(chosen.camera.as_deref(), Some("usb-9"));
    assert_eq!(room.desk.choose_camera(None).expect("the first").camera, None);
}
