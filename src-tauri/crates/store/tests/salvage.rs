//! What comes out of damaged databases: real files with garbage in them.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{append_entries, contents, database, entry, new_store, open};
use gatepost_codes::Personal;
use gatepost_ledger::{Leaf, PersonNumber, Role};
use gatepost_store::{
    AuditOptions, AuditReport, Audited, DATABASE_NAME, EntryFilter, KeyFile, NewPerson, SalvageReport,
    StoreError, audit_folder, salvage,
};
use rusqlite::Connection;

const PAGE: usize = 4096;

/// The database of a gate with so many entries, in one file, and all its leaves.
fn ledger(folder: &Path, entries: i64) -> Vec<Vec<u8>> {
    let mut store = new_store(folder);
    append_entries(&mut store, 1, entries);
    drop(store);
    let raw = Connection::open(database(folder)).expect("raw");
    let mut statement = raw
        .prepare("SELECT leaf FROM records ORDER BY i")
        .expect("records");
    let leaves = statement.query_map([], |row| row.get(0)).expect("leaves");
    leaves.map(|leaf| leaf.expect("a leaf")).collect()
}

/// Every recovered line is one of the leaves, at its own position, and what is not there is said to be lost.
fn check(report: &SalvageReport, leaves: &[Vec<u8>]) {
    let lines = fs::read(&report.records).expect("the lines");
    let mut positions = BTreeSet::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let leaf = Leaf::parse(line).expect("a leaf");
        assert_eq!(line, leaves[leaf.position as usize]);
        assert!(positions.insert(leaf.position), "twice");
    }
    assert_eq!(report.recovered, positions.len() as u64);
    let newest = positions.last().copied().unwrap_or(0);
    let lost: BTreeSet<u64> = report
        .lost
        .iter()
        .flat_map(|range| range.from..=range.to)
        .collect();
    let missing: BTreeSet<u64> = (0..newest).filter(|at| !positions.contains(at)).collect();
    assert_eq!(lost, missing);
}

/// The new database opens with the old keys, verifies, and goes on.
fn check_database(report: &SalvageReport, old: &Path, leaves: &[Vec<u8>]) -> u32 {
    let path = report.database.as_ref().expect("a database");
    let folder = path.parent().expect("a folder");
    for (file, bytes) in contents(old) {
        let name = Path::new(&file).file_name().expect("a name").to_owned();
        if !name.to_string_lossy().contains("sqlite3") {
            fs::write(folder.join(name), bytes).expect("the keys");
        }
    }
    let mut store = open(folder).expect("a ledger that verifies");
    let reader = store.reader().expect("a reader");
    let counts = reader.counts(&EntryFilter::default()).expect("counts").all();
    let raw = Connection::open(path).expect("raw");
    let all: u64 = raw
        .query_row("SELECT count(*) FROM records", [], |row| row.get(0))
        .expect("records");
    assert_eq!(all, report.sealed);
    let last: Vec<u8> = raw
        .query_row("SELECT leaf FROM records ORDER BY i DESC LIMIT 1", [], |row| {
            row.get(0)
        })
        .expect("the last");
    assert_eq!(last, leaves[report.sealed as usize - 1]);
    let faults: u64 = raw
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .expect("a check");
    assert_eq!(faults, 0);
    let mut next = entry(90_000);
    next.day = next.day.succ_opt().expect("a day");
    store.append_entry(&next).expect("the next entry");
    counts
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % most
    }
}

#[test]
fn an_undamaged_database_comes_out_whole() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 300);
    let before = contents(folder.path());
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert!(contents(folder.path()) == before, "the damaged file is only read");
    check(&report, &leaves);
    assert_eq!(
        (report.recovered, report.sealed),
        (leaves.len() as u64, leaves.len() as u64)
    );
    assert_eq!(
        (report.refused, report.remade_entries, report.disclosures),
        (0, 0, 300)
    );
    assert_eq!(check_database(&report, folder.path(), &leaves), 300);
    let store = open(into.path()).expect("the new one");
    let found = store.reader().expect("a reader").entry(10).expect("an entry");
    assert_eq!(found.temperature.map(|exact| exact.tenths()), Some(365));
}

#[test]
fn pages_of_garbage_cost_the_records_that_stood_on_them_and_no_others() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 30_000);
    let mut bytes = fs::read(database(folder.path())).expect("bytes");
    let pages = bytes.len() / PAGE;
    let mut chance = Chance(7);
    for _ in 0..20 {
        let at = (1 + chance.below(pages - 1)) * PAGE;
        for byte in &mut bytes[at..at + PAGE] {
            *byte = chance.below(256) as u8;
        }
    }
    fs::write(database(folder.path()), bytes).expect("damaged");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    check(&report, &leaves);
    let missing = leaves.len() as u64 - report.recovered;
    // A page holds nine or ten records of entries.
    assert!(missing <= 20 * 12, "{missing} records were lost");
    assert!(missing > 0, "no page of records was hit");
    assert!(report.sealed <= report.lost[0].from);
    check_database(&report, folder.path(), &leaves);
}

#[test]
fn a_cut_tail_costs_what_was_cut_off() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 3000);
    let bytes = fs::read(database(folder.path())).expect("bytes");
    fs::write(database(folder.path()), &bytes[..bytes.len() * 2 / 3 + 100]).expect("cut off");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    check(&report, &leaves);
    assert!(report.recovered as usize > leaves.len() / 2, "{report:?}");
    assert!(report.sealed > 1000, "{report:?}");
    check_database(&report, folder.path(), &leaves);
}

#[test]
fn a_first_page_of_zeros_costs_no_record_at_all() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 500);
    let mut bytes = fs::read(database(folder.path())).expect("bytes");
    bytes[..PAGE].fill(0);
    fs::write(database(folder.path()), bytes).expect("damaged");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    check(&report, &leaves);
    assert_eq!(report.sealed, leaves.len() as u64);
    assert_eq!(
        (report.remade_entries, report.disclosures),
        (0, 500),
        "{report:?}"
    );
    assert_eq!(check_database(&report, folder.path(), &leaves), 500);
}

#[test]
fn what_stands_only_in_the_log_is_recovered_too() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 50);
    let copy = tempfile::tempdir().expect("a folder");
    for ending in ["", "-wal"] {
        let name = format!("{DATABASE_NAME}{ending}");
        fs::copy(folder.path().join(&name), copy.path().join(&name)).expect("as a power cut leaves it");
    }
    let report = salvage(&database(copy.path()), into.path()).expect("salvaged");
    assert_eq!(
        report.recovered,
        store.reader().expect("a reader").records().expect("records")
    );
    assert_eq!(report.sealed, report.recovered);
}

#[test]
fn a_record_that_was_changed_is_refused_and_ends_the_new_database_before_it() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 600);
    let mut bytes = fs::read(database(folder.path())).expect("bytes");
    let needle = leaves[550].clone();
    let at = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .expect("the leaf");
    let verdict = needle
        .windows(7)
        .position(|window| window == b"\"admit\"")
        .expect("a verdict");
    bytes[at + verdict + 1..at + verdict + 6].copy_from_slice(b"holdx");
    fs::write(database(folder.path()), bytes).expect("changed");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    check(&report, &leaves);
    assert_eq!(report.refused, 1);
    assert_eq!(report.recovered, leaves.len() as u64 - 1);
    assert!(report.sealed <= 550, "{report:?}");
}

#[test]
fn nothing_is_written_into_a_folder_with_files_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(new_store(folder.path()));
    let before = contents(folder.path());
    let refused = salvage(&database(folder.path()), folder.path());
    assert!(matches!(refused, Err(StoreError::AlreadyThere { .. })));
    assert!(contents(folder.path()) == before);
    assert!(open(folder.path()).is_ok());
    let _ = KeyFile::in_folder(folder.path());
}

#[test]
fn salvage_brings_nothing_back_that_was_erased() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 200);
    let later = common::moment(40 * 86_400);
    let erased = store.erase_due(later, common::GATE, None).expect("an erasure");
    assert_eq!(erased[0].count, 200);
    drop(store);
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert_eq!(report.disclosures, 0);
    assert_eq!(report.sealed, report.recovered);
}

/// Fills a page of a table with garbage: its first one, or where that has others below it the last of these.
fn spoil(folder: &Path, table: &str) {
    let root: usize = Connection::open(database(folder))
        .expect("raw")
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?",
            [table],
            |row| row.get(0),
        )
        .expect("its page");
    let mut bytes = fs::read(database(folder)).expect("bytes");
    let at = (root - 1) * PAGE;
    let is_leaf = matches!(bytes[at], 10 | 13);
    let page = match is_leaf {
        true => root,
        false => u32::from_be_bytes(bytes[at + 8..at + 12].try_into().expect("four bytes")) as usize,
    };
    bytes[(page - 1) * PAGE..page * PAGE].fill(0xA5);
    fs::write(database(folder), bytes).expect("damaged");
}

fn sound(folder: &Path) -> AuditReport {
    let vault = KeyFile::in_folder(folder);
    let options = AuditOptions {
        vault: Some(&vault),
        ..AuditOptions::default()
    };
    match audit_folder(folder, options).expect("readable") {
        Audited::Sound(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lost_page_of_people_costs_names_and_pins_and_no_entry() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 300);
    spoil(folder.path(), "people");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert_eq!(
        (report.remade_people, report.remade_entries, report.refused_rows),
        (2, 0, 0)
    );
    assert!(!report.manager_is_left && !report.remade_venue);
    assert_eq!(check_database(&report, folder.path(), &leaves), 300);
    sound(into.path());
    let mut store = open(into.path()).expect("the ledger");
    let people = store.people().expect("people");
    let known: Vec<_> = people
        .iter()
        .map(|person| (person.number, person.role, person.name.expose().as_str()))
        .collect();
    assert_eq!(
        known,
        [
            (common::MANAGER, Role::Manager, "1"),
            (common::GUARD, Role::Guard, "2")
        ]
    );
    for pin in ["284613", ""] {
        let matches = store.pin_matches(common::MANAGER, &Personal::new(pin.to_owned()));
        assert!(!matches.expect("compared"), "a lost PIN lets nobody in");
    }
}

#[test]
fn where_no_manager_is_left_one_is_made_anew_and_the_record_says_that_nobody_did_it() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 30);
    spoil(folder.path(), "people");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    check_database(&report, folder.path(), &leaves);
    let mut store = open(into.path()).expect("the ledger");
    assert!(!store.manager_is_left().expect("asked"));
    let person = NewPerson {
        name: Personal::new("赵复".to_owned()),
        role: Role::Manager,
        pin: Personal::new("305186".to_owned()),
    };
    let at = common::moment(90_100);
    // Another program tries it, too, and has seen that there is none.
    let mut other = open(into.path()).expect("the ledger");
    assert!(!other.manager_is_left().expect("asked"));
    let number = store
        .add_person_where_no_manager_is_left(at, common::GATE, &person)
        .expect("an account");
    assert_eq!(number, Some(PersonNumber(3)));
    let second = other.add_person_where_no_manager_is_left(at, common::GATE, &person);
    assert_eq!(second.expect("asked"), None);
    let number = PersonNumber(3);
    assert!(store.manager_is_left().expect("asked"));
    assert!(store.pin_matches(number, &person.pin).expect("compared"));
    let newest = store
        .reader()
        .expect("a reader")
        .head()
        .expect("a head")
        .seal
        .size
        - 1;
    let leaf = store
        .reader()
        .expect("a reader")
        .leaf(newest)
        .expect("its record");
    assert_eq!(leaf.by, None);
    assert_eq!(leaf.body.kind(), "person");
    let forgotten = Personal::new("940275".to_owned());
    store
        .set_pin(at, common::GATE, number, common::GUARD, &forgotten)
        .expect("the guard's new PIN");
    let closed = store.close_account(at, common::GATE, common::GUARD, number);
    assert!(
        matches!(closed, Err(StoreError::LastManager)),
        "the other account has no PIN: {closed:?}"
    );
    drop(store);
    sound(into.path());
}

#[test]
fn a_lost_page_of_settings_costs_the_name_of_the_venue_and_nobody_sets_it_up_again() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 30);
    spoil(folder.path(), "settings");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert!(report.remade_venue && report.manager_is_left);
    check_database(&report, folder.path(), &leaves);
    let mut store = open(into.path()).expect("the ledger");
    let venue = store.venue().expect("readable").expect("a venue");
    assert_eq!(
        (venue.name.as_str(), venue.gate.as_str(), venue.demo),
        (common::GATE, common::GATE, false)
    );
    let again = common::set_up();
    let refused = store.set_up(common::moment(90_100), &again);
    assert!(matches!(refused, Err(StoreError::AlreadySetUp)), "{refused:?}");
    drop(store);
    sound(into.path());
}

#[test]
fn lost_disclosures_keep_their_place_and_are_erased_and_counted_with_their_day() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 3000);
    spoil(folder.path(), "disclosures");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert!(report.lost_disclosures > 0, "{report:?}");
    assert_eq!(report.disclosures + report.lost_disclosures, 3000);
    check_database(&report, folder.path(), &leaves);
    let audited = sound(into.path());
    assert_eq!(audited.lost, report.lost_disclosures);
    assert_eq!(
        (audited.opened, audited.unreadable),
        (report.disclosures + 1, 0),
        "with the entry that came after"
    );
    let mut store = open(into.path()).expect("the ledger");
    let reader = store.reader().expect("a reader");
    let without = reader
        .page(&EntryFilter::default(), None, 5000)
        .expect("entries")
        .into_iter()
        .filter(|entry| entry.temperature.is_none());
    assert_eq!(without.count() as u64, report.lost_disclosures);
    drop(reader);
    let later = common::moment(80 * 86_400);
    let erased = store.erase_due(later, common::GATE, None).expect("an erasure");
    assert_eq!(erased.iter().map(|erased| erased.count).sum::<u64>(), 3001);
    drop(store);
    assert_eq!(sound(into.path()).lost, 0);
}

#[test]
fn a_day_of_which_no_disclosure_is_left_is_erased_in_time() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 20);
    spoil(folder.path(), "disclosures");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert_eq!((report.disclosures, report.lost_disclosures), (0, 20));
    check_database(&report, folder.path(), &leaves);
    let mut store = open(into.path()).expect("the ledger");
    let later = common::moment(80 * 86_400);
    let erased = store.erase_due(later, common::GATE, None).expect("an erasure");
    assert_eq!(erased.iter().map(|erased| erased.count).sum::<u64>(), 21);
    drop(store);
    sound(into.path());
}

#[test]
fn a_page_count_of_garbage_makes_no_giant_of_the_copy() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let leaves = ledger(folder.path(), 300);
    let disk = common::SmallDisk::mount("16m");
    let into = disk.as_ref().map_or(into.path(), common::SmallDisk::path);
    let mut bytes = fs::read(database(folder.path())).expect("bytes");
    bytes[28..32].copy_from_slice(&u32::MAX.to_be_bytes());
    fs::write(database(folder.path()), bytes).expect("damaged");
    let report = salvage(&database(folder.path()), into).expect("salvaged");
    check(&report, &leaves);
    assert_eq!(report.sealed, leaves.len() as u64);
    assert_eq!((report.disclosures, report.lost_disclosures), (300, 0));
}

#[test]
fn an_entry_of_a_time_beyond_all_calendars_is_no_obstacle() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    let mut late = entry(1);
    late.at.wall_ms = (1 << 53) - 1000;
    store.append_entry(&late).expect("an entry");
    drop(store);
    spoil(folder.path(), "entries");
    let report = salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert_eq!(report.remade_entries, 1);
    sound(into.path());
}
