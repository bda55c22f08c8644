//! The store on real SQLite files in temporary folders.

mod common;

use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use common::SmallDisk;
use gatepost_codes::{EvidenceLevel, HealthColour, Personal};
use gatepost_ledger::{Body, Entry, Moment, PersonNumber, Role, VenueKind, VoidReason};
use gatepost_rules::{
    BodyTemperature, ColourSource, Mask, Policy, Reason, ShownKind, TemperatureBand, VerdictKind,
};
use gatepost_store::{
    DATABASE_NAME, EntryFilter, KeyFile, NewEntry, NewPerson, NewRecord, RESERVE_NAME, ScanId, SetUp, Store,
    StoreError, Venue,
};
use rusqlite::Connection;

const MANAGER: PersonNumber = PersonNumber(1);
const GUARD: PersonNumber = PersonNumber(2);

fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, KeyFile::in_folder(folder))
}

fn moment(second: i64) -> Moment {
    Moment {
        wall_ms: 1_795_000_000_000 + second * 1000,
        boot: 1,
        monotonic_ms: (second * 1000) as u64,
    }
}

fn person(name: &str, role: Role, pin: &str) -> NewPerson {
    NewPerson {
        name: Personal::new(name.into()),
        role,
        pin: Personal::new(pin.into()),
    }
}

fn set_up(store: &mut Store) {
    let venue = Venue {
        name: "测试超市".into(),
        kind: VenueKind::Supermarket,
        gate: "东门".into(),
        opens: "08:00".into(),
        closes: "22:00".into(),
        demo: false,
    };
    let people = vec![
        person("陈试", Role::Manager, "284613"),
        person("王试", Role::Guard, "730519"),
    ];
    let set_up = SetUp {
        venue,
        policy: Policy::default(),
        people,
    };
    store.set_up(moment(0), &set_up).expect("first set-up");
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).expect("a day of November")
}

fn entry(second: i64, verdict: VerdictKind, tenths: i16) -> NewEntry {
    NewEntry {
        scan_id: ScanId::random().expect("randomness"),
        at: moment(second),
        day: day(23),
        offset_s: 8 * 3600,
        gate: "东门".into(),
        guard: GUARD,
        entry: Entry {
            shown: ShownKind::Decoded,
            document: None,
            issuer: None,
            age_seconds: None,
            colour: Some(HealthColour::Green),
            colour_source: Some(ColourSource::Camera),
            evidence: EvidenceLevel::SeenByStaff,
            band: TemperatureBand::Normal,
            mask: Mask::Worn,
            verdict,
            reasons: if verdict == VerdictKind::Hold {
                vec![Reason::Fever]
            } else {
                vec![]
            },
            fault: None,
            follows: None,
        },
        temperature: BodyTemperature::from_tenths(tenths).expect("a temperature"),
        token: None,
    }
}

fn filled(folder: &Path) -> Store {
    let mut store = open(folder).expect("a new store");
    set_up(&mut store);
    store
}

fn count_files_with(folder: &Path, needle: &[u8]) -> usize {
    fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path())
        .filter(|path| !path.ends_with(RESERVE_NAME))
        .filter_map(|path| fs::read(path).ok())
        .filter(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
        .count()
}

#[test]
fn an_entry_is_there_after_the_store_was_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let position = filled(folder.path())
        .append_entry(&entry(1, VerdictKind::Admit, 365))
        .expect("an entry");
    let store = open(folder.path()).expect("the same store");
    let found = store
        .reader()
        .expect("a reader")
        .entry(position)
        .expect("the entry");
    assert_eq!(found.temperature.map(BodyTemperature::tenths), Some(365));
    assert_eq!(found.gate, "东门");
    assert!(found.voided.is_none());
}

#[test]
fn the_same_press_of_enter_never_makes_two_entries() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let new = entry(1, VerdictKind::Admit, 365);
    let first = store.append_entry(&new).expect("an entry");
    assert_eq!(store.append_entry(&new).expect("the same entry"), first);
    assert_eq!(
        store
            .reader()
            .expect("a reader")
            .counts(&EntryFilter::default())
            .expect("counts")
            .all(),
        1
    );
}

#[test]
fn the_first_record_is_the_genesis_and_positions_have_no_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let before = store.reader().expect("a reader").records().expect("records");
    let record = NewRecord {
        at: moment(5),
        gate: "东门".into(),
        by: Some(GUARD),
        body: Body::Login,
    };
    assert_eq!(store.append(&record).expect("a record"), before);
    let raw = Connection::open(folder.path().join(DATABASE_NAME)).expect("raw");
    let kind: String = raw
        .query_row("SELECT kind FROM records WHERE i = 0", [], |row| row.get(0))
        .expect("leaf 0");
    assert_eq!(kind, "genesis");
}

#[test]
fn no_statement_changes_or_removes_what_was_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let position = store
        .append_entry(&entry(1, VerdictKind::Admit, 365))
        .expect("an entry");
    store
        .append_void(moment(2), "东门", GUARD, position, VoidReason::Typo, None)
        .expect("a void");
    drop(store);
    let raw = Connection::open(folder.path().join(DATABASE_NAME)).expect("raw");
    raw.pragma_update(None, "recursive_triggers", true)
        .expect("as the program has it");
    for statement in [
        "UPDATE records SET leaf = x'00'",
        "DELETE FROM records WHERE i = 0",
        "INSERT OR REPLACE INTO records (i, kind, leaf) VALUES (0, 'genesis', x'00')",
        "UPDATE records SET head = zeroblob(64) WHERE i = (SELECT max(i) FROM records)",
        "UPDATE disclosures SET sealed = x'00'",
        "INSERT INTO records (i, kind, leaf) VALUES (1000, 'login', x'00')",
        "UPDATE entries SET band = 'low'",
        "DELETE FROM entries",
        "UPDATE voids SET entry = 0",
        "DELETE FROM voids",
    ] {
        assert!(raw.execute(statement, []).is_err(), "{statement}");
    }
}

#[test]
fn a_void_strikes_an_entry_through_once_and_keeps_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let position = store
        .append_entry(&entry(1, VerdictKind::Admit, 385))
        .expect("an entry");
    let note = Personal::new("输错，应为 36.5".to_owned());
    store
        .append_void(
            moment(2),
            "东门",
            MANAGER,
            position,
            VoidReason::Other,
            Some(&note),
        )
        .expect("a void");
    let again = store.append_void(moment(3), "东门", MANAGER, position, VoidReason::Typo, None);
    assert!(matches!(again, Err(StoreError::AlreadyVoided)));
    let unknown = store.append_void(moment(3), "东门", MANAGER, 9999, VoidReason::Typo, None);
    assert!(matches!(unknown, Err(StoreError::NoSuchEntry)));
    let reader = store.reader().expect("a reader");
    let voided = reader
        .entry(position)
        .expect("still there")
        .voided
        .expect("struck through");
    assert_eq!(voided.reason, VoidReason::Other);
    let opened = reader.note(&voided).expect("the key fits").expect("a note");
    assert_eq!(opened.expose(), note.expose());
    assert_eq!(reader.counts(&EntryFilter::default()).expect("counts").all(), 0);
    assert_eq!(
        reader.figures(&EntryFilter::default()).expect("figures").voided,
        1
    );
}

#[test]
fn pages_go_from_new_to_old_without_a_gap_or_a_repetition_under_every_filter() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    for second in 1..=60 {
        let verdict = if second % 7 == 0 {
            VerdictKind::Refuse
        } else {
            VerdictKind::Admit
        };
        let mut new = entry(second, verdict, 360 + (second % 10) as i16);
        new.day = day(if second > 30 { 23 } else { 22 });
        store.append_entry(&new).expect("an entry");
    }
    let reader = store.reader().expect("a reader");
    let filters = [
        (EntryFilter::default(), 60),
        (
            EntryFilter {
                day: Some(day(22)),
                ..EntryFilter::default()
            },
            30,
        ),
        (
            EntryFilter {
                verdict: Some(VerdictKind::Refuse),
                ..EntryFilter::default()
            },
            8,
        ),
        (
            EntryFilter {
                gate: Some("东门".into()),
                guard: Some(GUARD),
                ..EntryFilter::default()
            },
            60,
        ),
        (
            EntryFilter {
                guard: Some(MANAGER),
                ..EntryFilter::default()
            },
            0,
        ),
        (
            EntryFilter {
                corrected_only: true,
                ..EntryFilter::default()
            },
            0,
        ),
    ];
    for (filter, expected) in filters {
        let mut positions = Vec::new();
        loop {
            let page = reader
                .page(&filter, positions.last().copied(), 7)
                .expect("a page");
            positions.extend(page.iter().map(|row| row.position));
            if page.len() < 7 {
                break;
            }
        }
        assert_eq!(positions.len(), expected, "{filter:?}");
        assert!(positions.is_sorted_by(|newer, older| newer > older), "{filter:?}");
    }
    assert_eq!(reader.days(10).expect("days"), [day(23), day(22)]);
}

#[test]
fn figures_count_by_family_and_give_the_median() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    for (second, verdict, tenths) in [
        (1, VerdictKind::Admit, 364),
        (2, VerdictKind::Admit, 366),
        (3, VerdictKind::Hold, 385),
    ] {
        store
            .append_entry(&entry(second, verdict, tenths))
            .expect("an entry");
    }
    let figures = store
        .reader()
        .expect("a reader")
        .figures(&EntryFilter {
            day: Some(day(23)),
            ..EntryFilter::default()
        })
        .expect("figures");
    assert_eq!(
        (
            figures.counts.admitted,
            figures.counts.held,
            figures.counts.refused
        ),
        (2, 1, 0)
    );
    assert_eq!(figures.median_temperature.expect("a median").tenths(), 366);
}

#[test]
fn the_same_code_is_recognised_within_the_window_and_its_payload_is_nowhere_in_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let payload = b"https://example.invalid/health?token=000000000000000000";
    let token = store.token(payload);
    let mut new = entry(10, VerdictKind::Admit, 365);
    new.token = Some(token);
    let position = store.append_entry(&new).expect("an entry");
    let reader = store.reader().expect("a reader");
    let seen = |since| {
        reader
            .seen(token, since)
            .expect("a query")
            .map(|seen| seen.position)
    };
    assert_eq!(seen(new.at.wall_ms), Some(position));
    assert_eq!(seen(new.at.wall_ms + 1), None);
    let other = store.token(b"https://example.invalid/health?token=000000000000000001");
    assert_eq!(reader.seen(other, 0).expect("a query"), None);
    assert_eq!(count_files_with(folder.path(), payload), 0);
}

#[test]
fn names_pins_and_notes_are_nowhere_in_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let position = store
        .append_entry(&entry(1, VerdictKind::Admit, 365))
        .expect("an entry");
    let note = Personal::new("王试看错了".to_owned());
    store
        .append_void(moment(2), "东门", GUARD, position, VoidReason::Other, Some(&note))
        .expect("a void");
    for secret in ["王试", "陈试", "284613", "730519", "看错"] {
        assert_eq!(count_files_with(folder.path(), secret.as_bytes()), 0, "{secret}");
    }
    let names: Vec<_> = store
        .people()
        .expect("people")
        .iter()
        .map(|p| p.name.expose().clone())
        .collect();
    assert_eq!(names, ["陈试", "王试"]);
}

#[test]
fn only_the_right_pin_of_the_right_person_matches() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let mut matches = |who, pin: &str| {
        store
            .pin_matches(who, &Personal::new(pin.to_owned()))
            .expect("an answer")
    };
    assert!(matches(GUARD, "730519"));
    assert!(!matches(GUARD, "730518"));
    assert!(!matches(GUARD, "284613"));
    assert!(!matches(PersonNumber(99), "730519"));
}

#[test]
fn a_shift_that_was_not_closed_is_found_again_and_a_closed_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let shift = store.open_shift(moment(1), "东门", GUARD).expect("a shift");
    drop(store);
    let mut store = open(folder.path()).expect("after a power cut");
    assert_eq!(
        store.shift_left_open("东门", GUARD).expect("a query"),
        Some(shift)
    );
    assert_eq!(store.shift_left_open("西门", GUARD).expect("a query"), None);
    store
        .close_shift(moment(2), "东门", GUARD, shift)
        .expect("closed");
    assert_eq!(store.shift_left_open("东门", GUARD).expect("a query"), None);
}

#[test]
fn each_start_has_a_number_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    assert_eq!(store.boot(1, 0, "东门", "0.1.0").expect("a start"), 2);
    drop(store);
    let mut store = open(folder.path()).expect("again");
    assert_eq!(store.boot(2, 0, "东门", "0.1.0").expect("a start"), 3);
}

#[test]
fn a_second_set_up_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let venue = store.venue().expect("a query").expect("set up");
    let again = SetUp {
        venue,
        policy: Policy::default(),
        people: vec![],
    };
    assert!(matches!(
        store.set_up(moment(9), &again),
        Err(StoreError::AlreadySetUp)
    ));
}

#[test]
fn the_rules_in_force_are_those_of_the_last_policy_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let policy = Policy {
        mask_required: false,
        ..Policy::default()
    };
    let body = Body::Policy(policy.clone());
    store
        .append(&NewRecord {
            at: moment(3),
            gate: "东门".into(),
            by: Some(MANAGER),
            body,
        })
        .expect("a record");
    assert_eq!(store.policy().expect("a policy"), policy);
}

/// Every byte of every file in a folder, by name: to prove that a refusal changed nothing.
fn contents(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file"))
        .filter(|file| !file.file_name().to_string_lossy().ends_with("-shm"))
        .filter(|file| file.file_name() != RESERVE_NAME)
        .map(|file| (file.file_name(), fs::read(file.path()).expect("bytes")))
        .collect();
    files.sort();
    files
}

fn refused_and_untouched(folder: &Path) -> StoreError {
    let before = contents(folder);
    let fault = open(folder).err().expect("refused");
    assert_eq!(contents(folder), before, "a refused database is not touched");
    fault
}

#[test]
fn a_newer_schema_is_refused_and_untouched() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    let raw = Connection::open(folder.path().join(DATABASE_NAME)).expect("raw");
    raw.pragma_update(None, "user_version", 999)
        .expect("a newer program was here");
    drop(raw);
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::NewerSchema { found: 999, .. }
    ));
}

#[test]
fn an_empty_a_foreign_a_cut_off_and_a_garbled_file_are_refused_and_untouched() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    let database = folder.path().join(DATABASE_NAME);
    let good = fs::read(&database).expect("bytes");

    fs::write(&database, b"").expect("emptied");
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::Damaged
    ));
    fs::write(
        &database,
        b"%PDF-1.7 this is no database at all, whatever its name says".repeat(100),
    )
    .expect("foreign");
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::NotOurs
    ));
    let mut garbled = good;
    garbled[4096..].fill(0xA5);
    fs::write(&database, garbled).expect("garbled");
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::Damaged
    ));
}

#[test]
fn a_changed_byte_in_one_of_the_last_records_is_found_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    let database = folder.path().join(DATABASE_NAME);
    let mut bytes = fs::read(&database).expect("bytes");
    let needle = b"\"typ\":\"genesis\"";
    let at = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .expect("the leaf");
    bytes[at + 7] ^= 1;
    fs::write(&database, bytes).expect("changed");
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::Damaged
    ));
}

#[test]
fn a_database_without_its_key_is_refused_and_no_new_key_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    fs::remove_file(folder.path().join("gatepost.key")).expect("lost");
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::KeyMissing
    ));
}

#[test]
fn the_wrong_key_opens_no_name() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    fs::write(folder.path().join("gatepost.key"), [7_u8; 32]).expect("another device's key");
    let mut store = open(folder.path()).expect("opens");
    assert!(matches!(store.people(), Err(StoreError::KeyMissing)));
}

#[test]
fn a_database_that_another_program_holds_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let other = Connection::open(folder.path().join(DATABASE_NAME)).expect("raw");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let new = entry(1, VerdictKind::Admit, 365);
    assert!(matches!(store.append_entry(&new), Err(StoreError::Locked)));
    other.execute_batch("ROLLBACK").expect("let go");
    store.append_entry(&new).expect("the same press of Enter again");
}

#[test]
fn a_full_disk_refuses_the_entry_and_takes_the_same_one_once_there_is_room() {
    let Some(disk) = SmallDisk::mount("2m") else {
        return;
    };
    let folder = disk.path();
    let mut store = filled(folder);
    fs::write(folder.join("ballast"), vec![0; 600 * 1024]).expect("somebody else's file");
    let mut written = 0;
    let (refused, fault) = loop {
        let new = entry(written, VerdictKind::Admit, 365);
        match store.append_entry(&new) {
            Ok(_) => written += 1,
            Err(fault) => break (new, fault),
        }
    };
    assert!(matches!(fault, StoreError::DiskFull), "{fault:?}");
    assert!(written > 0);
    let all = |store: &Store| {
        let reader = store.reader().expect("a reader");
        i64::from(reader.counts(&EntryFilter::default()).expect("counts").all())
    };
    assert_eq!(all(&store), written, "every entry that was confirmed is there");
    fs::remove_file(folder.join("ballast")).expect("room");
    store
        .append_entry(&refused)
        .expect("the same press of Enter again");
    assert_eq!(all(&store), written + 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_with_a_reason() {
    let Some(disk) = SmallDisk::mount("2m") else {
        return;
    };
    let folder = disk.path();
    drop(filled(folder));
    let remount = std::process::Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(folder)
        .status();
    assert!(remount.is_ok_and(|status| status.success()));
    assert!(matches!(refused_and_untouched(folder), StoreError::ReadOnly));
}

#[test]
fn a_case_is_open_until_it_is_followed_up_voided_or_older_than_the_shift() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let mut append = |second, verdict, follows| {
        let mut new = entry(second, verdict, 365);
        new.entry.follows = follows;
        store.append_entry(&new).expect("an entry")
    };
    let before = append(1, VerdictKind::Hold, None);
    let held = append(2, VerdictKind::Hold, None);
    let refused = append(3, VerdictKind::Refuse, None);
    let followed = append(4, VerdictKind::CheckByHand, None);
    append(5, VerdictKind::Admit, Some(followed));
    let wrongly_followed = append(6, VerdictKind::Hold, None);
    let follower = append(7, VerdictKind::Admit, Some(wrongly_followed));
    let voided = append(8, VerdictKind::Hold, None);
    for of in [follower, voided] {
        store
            .append_void(moment(9), "东门", GUARD, of, VoidReason::Typo, None)
            .expect("a void");
    }
    let reader = store.reader().expect("a reader");
    let open = reader.open_cases("东门", before).expect("a query");
    let positions: Vec<_> = open.iter().map(|case| case.position).collect();
    assert_eq!(positions, [held, refused, wrongly_followed]);
    assert!(reader.open_cases("西门", before).expect("a query").is_empty());
}

#[test]
fn the_last_standing_entry_is_the_newest_own_one_that_was_not_voided() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    let first = store
        .append_entry(&entry(1, VerdictKind::Admit, 365))
        .expect("an entry");
    let second = store
        .append_entry(&entry(2, VerdictKind::Admit, 365))
        .expect("an entry");
    let reader = store.reader().expect("a reader");
    let last = |since| {
        reader
            .last_standing(GUARD, since)
            .expect("a query")
            .map(|(position, _)| position)
    };
    assert_eq!(last(0), Some(second));
    store
        .append_void(moment(3), "东门", GUARD, second, VoidReason::Typo, None)
        .expect("a void");
    assert_eq!(last(0), Some(first));
    assert_eq!(last(first), None);
    assert_eq!(reader.last_standing(MANAGER, 0).expect("a query"), None);
}

#[test]
fn a_write_ahead_log_without_its_database_is_damage_and_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    let database = folder.path().join(DATABASE_NAME);
    fs::rename(&database, folder.path().join("elsewhere")).expect("moved away");
    fs::write(
        folder.path().join(format!("{DATABASE_NAME}-wal")),
        b"the last entries",
    )
    .expect("a log");
    assert!(matches!(
        refused_and_untouched(folder.path()),
        StoreError::Damaged
    ));
}

#[test]
fn a_database_that_vanishes_in_the_middle_of_a_shift_is_not_replaced_by_an_empty_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path());
    store
        .append_entry(&entry(1, VerdictKind::Admit, 365))
        .expect("an entry");
    let other = Connection::open(folder.path().join(DATABASE_NAME)).expect("raw");
    other
        .execute_batch("DROP TABLE voids; DROP TABLE entries")
        .expect("somebody harms it");
    drop(other);
    assert!(store.append_entry(&entry(2, VerdictKind::Admit, 365)).is_err());
    for name in [
        DATABASE_NAME.to_owned(),
        format!("{DATABASE_NAME}-wal"),
        format!("{DATABASE_NAME}-shm"),
    ] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    let _ = store.append_entry(&entry(3, VerdictKind::Admit, 365));
    drop(store);
    assert!(!folder.path().join(DATABASE_NAME).exists());
}

#[test]
fn a_first_start_on_a_full_disk_leaves_no_half_key_and_succeeds_once_there_is_room() {
    let Some(disk) = SmallDisk::mount("2m") else {
        return;
    };
    let folder = disk.path();
    fs::write(folder.join("ballast"), vec![0; 4 * 1024 * 1024]).expect_err("fills the disk");
    assert!(matches!(open(folder), Err(StoreError::DiskFull)));
    fs::remove_file(folder.join("ballast")).expect("room");
    set_up(&mut open(folder).expect("a first start"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_made_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let around = tempfile::tempdir().expect("a folder");
    let folder = around.path().join("data");
    drop(filled(&folder));
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("gatepost.key")), 0o600);
}
