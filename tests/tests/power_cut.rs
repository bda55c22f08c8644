//! The power fails at every single operation of the disk, and nothing confirmed is lost; and the method notices
//! where something would be.
#![cfg(target_os = "linux")]
#![allow(
    clippy::print_stdout,
    reason = "how many states were tried, and how fast, is part of the result"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use gatepost_codes::Personal;
use gatepost_ledger::VoidReason;
use gatepost_recorded_disk::{Operation, Recording};
use gatepost_store::{DATABASE_NAME, DAY_KEYS_NAME, NewEntry, Store, StoreError};
use gatepost_tests::made_up::{DAY_S, GATE, GUARD, START_MS, entry, moment, open, set_up};
use gatepost_tests::power_cut::{Cuts, Fault, Flushes, Outcome, contents_of_file};
use rusqlite::Connection;
use tempfile::TempDir;

const SEED: u64 = 0x6A7E_9057;

/// SQLite copies the log into the database once it is so long (`wal_autocheckpoint`).
const FULL_LOG_PAGES: u64 = 1000;
/// Opening and setting up.
const SET_UP_CALLS: usize = 2;
/// The least number of states that is worth the name.
const ENOUGH: u64 = 20_000;

#[test]
fn no_confirmed_entry_is_lost_and_none_is_half_written_whenever_the_power_fails() {
    let gate = Gate::new();
    gate.first_start();
    for entries in [50, 1, 25, 25] {
        gate.shift(entries);
    }
    let operations = gate.recording.operations();
    let outcome = measured("the store", &cuts(&operations, Flushes::Honoured, 12));
    assert_eq!(outcome.failures(), 0, "{outcome:?}");
    assert!(outcome.states >= ENOUGH, "{outcome:?}");
}

#[test]
fn nothing_is_lost_while_the_store_copies_a_full_log_into_its_database() {
    let gate = Gate::new();
    gate.first_start();
    let mut store = gate.open();
    let mut number = 0;
    let mut append = || {
        number += 1;
        gate.confirm(store.append_entry(&entry(1, number)));
    };
    while gate.log_pages() < FULL_LOG_PAGES - 20 {
        append();
    }
    gate.recording.settle();
    (0..30).for_each(|_| append());
    let operations = gate.recording.operations();
    let settled = operations
        .iter()
        .position(|operation| *operation == Operation::Settled);
    let written: BTreeSet<_> = operations[settled.expect("above")..]
        .iter()
        .filter_map(|operation| match operation {
            Operation::Write { file, .. } => Some(file),
            _ => None,
        })
        .collect();
    assert_eq!(written.len(), 2, "not only the log but also the database");
    let outcome = measured("a full log", &cuts(&operations, Flushes::Honoured, 4));
    assert_eq!(outcome.failures(), 0, "{outcome:?}");
}

#[test]
fn the_program_goes_on_from_what_a_power_cut_leaves() {
    let gate = Gate::new();
    gate.first_start();
    gate.shift(20);
    gate.shift(5);
    let operations = gate.recording.operations();
    let started = Instant::now();
    let states = cuts(&operations, Flushes::Honoured, 1).in_folders(2, |folder, confirmed| {
        let mut store = open(folder).expect("what the power cut left");
        if confirmed > SET_UP_CALLS {
            let before = records(folder);
            let boot = store
                .boot(START_MS, 0, GATE, "0.1.0")
                .expect("the program starts again");
            let position = store.append_entry(&entry(boot, 1)).expect("the next visitor");
            assert!(
                position > before,
                "{position} follows the start behind {before} records"
            );
            assert_eq!(records(folder), position + 1);
        }
    });
    println!(
        "{states} folders were opened by the store in {:?}",
        started.elapsed()
    );
    assert!(states > 100, "{states}");
}

#[test]
fn a_second_power_cut_during_the_recovery_loses_nothing_either() {
    let gate = Gate::new();
    gate.first_start();
    gate.shift(12);
    let operations = gate.recording.operations();
    let mut all = Outcome::default();
    cuts(&operations, Flushes::Honoured, 1).in_folders(7, |folder, confirmed| {
        if confirmed <= SET_UP_CALLS {
            return;
        }
        let recording = Recording::begin(folder);
        let path = folder.join(DATABASE_NAME);
        let mut store = open(folder).expect("what the first power cut left");
        recording.confirm(contents_of_file(&path).expect("readable"));
        store.append_entry(&entry(9, 1)).expect("the next visitor");
        recording.confirm(contents_of_file(&path).expect("readable"));
        drop(store);
        all.add(cuts(&recording.operations(), Flushes::Honoured, 4).all());
    });
    println!("second cuts: {} crashes, {} states", all.crashes, all.states);
    assert_eq!(all.failures(), 0, "{all:?}");
    assert!(all.states > 1000, "{all:?}");
}

#[test]
fn the_keys_of_the_days_outlive_what_they_seal_and_no_erasure_whenever_the_power_fails() {
    let gate = Gate::new();
    gate.first_start();
    let mut store = gate.open();
    let boot = gate.confirm(store.boot(START_MS, 0, GATE, "0.1.0"));
    gate.recording.settle();
    let append = |store: &mut Store, second| gate.confirm(store.append_entry(&entry(boot, second)));
    let old = [1, 2].map(|second| append(&mut store, second));
    let copy = fs::read(gate.folder().join(DATABASE_NAME)).expect("a copy of then");
    let log = format!("{DATABASE_NAME}-wal");
    let log_of_copy = fs::read(gate.folder().join(&log)).expect("and its log");
    append(&mut store, 40 * DAY_S);
    let erased = gate.confirm(store.erase_due(moment(boot, 41 * DAY_S), GATE, None));
    assert_eq!(erased.len(), 1);
    append(&mut store, 42 * DAY_S);
    drop(store);
    let operations = gate.recording.operations();
    let of_keys = |operation: &&Operation| matches!(operation, Operation::Aside { name, .. } if name.starts_with(DAY_KEYS_NAME));
    let steps = operations.iter().filter(of_keys).count();
    assert!(steps >= 15, "three new days and a rotation: {steps}");

    let outcome = measured("keys and erasure", &cuts(&operations, Flushes::Honoured, 4));
    assert_eq!(outcome.failures(), 0, "{outcome:?}");
    let (mut before, mut after) = (0, 0);
    cuts(&operations, Flushes::Honoured, 1).in_folders(1, |folder, _| {
        let mut store = open(folder).expect("what the power cut left");
        assert!(store.finish_erasure().expect("whatever is left"));
        let reader = store.reader().expect("a reader");
        let is_erased = !reader.erasures(1).expect("a query").is_empty();
        for entry in reader.page(&Default::default(), None, 10).expect("a page") {
            let is_gone = is_erased && old.contains(&entry.position);
            assert_eq!(entry.temperature.is_none(), is_gone, "entry {}", entry.position);
        }
        drop((reader, store));
        if !is_erased {
            before += 1;
            return;
        }
        after += 1;
        fs::write(folder.join(DATABASE_NAME), &copy).expect("the copy");
        fs::write(folder.join(&log), &log_of_copy).expect("its log");
        let store = open(folder).expect("the copy");
        let reader = store.reader().expect("a reader");
        let old = reader.entry(old[0]).expect("still there");
        assert_eq!(old.temperature, None, "no copy gives it back");
    });
    println!("{before} folders before and {after} after the erasure were opened by the store");
    assert!(before > 20 && after > 10, "{before} {after}");
}

#[test]
fn keys_that_are_written_only_after_the_commit_are_found_out() {
    let mut operations = twelve_entries();
    let is_of_keys = |operation: &Operation| matches!(operation, Operation::Aside { name, .. } if name.starts_with(DAY_KEYS_NAME));
    let (late, mut others): (Vec<_>, Vec<_>) = operations.drain(..).partition(is_of_keys);
    assert!(!late.is_empty());
    let commit = others
        .iter()
        .rposition(|operation| matches!(operation, Operation::Confirmed { .. }));
    others.splice(commit.expect("the last call").., late);
    let mut lost = 0;
    cuts(&others, Flushes::Honoured, 1).in_folders(5, |folder, _| {
        let store = open(folder).expect("what the power cut left");
        let reader = store.reader().expect("a reader");
        let page = reader.page(&Default::default(), None, 1).expect("a page");
        lost += u32::from(page.iter().any(|entry| entry.temperature.is_none()));
    });
    assert!(lost > 0);
}

#[test]
fn a_disk_that_ignores_flushes_is_found_out() {
    let operations = twelve_entries();
    let honest = measured("an honest disk", &cuts(&operations, Flushes::Honoured, 4));
    assert_eq!(honest.failures(), 0, "{honest:?}");
    let outcome = measured(
        "a disk that ignores flushes",
        &cuts(&operations, Flushes::Ignored, 4),
    );
    assert!(
        outcome.faults.contains_key(&Fault::ConfirmedIsLost),
        "{outcome:?}"
    );
}

#[test]
fn a_store_that_does_not_sync_its_commits_is_found_out() {
    let mut operations = twelve_entries();
    let before = operations.len();
    // What `synchronous=NORMAL` leaves out: the sync that every commit ends with, and no other.
    for at in (0..before - 1).rev() {
        let ends_a_commit = matches!(operations[at + 1], Operation::Confirmed { .. });
        if ends_a_commit && matches!(operations[at], Operation::Sync { .. }) {
            operations.remove(at);
        }
    }
    assert!(before - operations.len() >= 12, "every entry is synced");
    let outcome = measured(
        "a store without the syncs of commits",
        &cuts(&operations, Flushes::Honoured, 4),
    );
    let kinds: Vec<_> = outcome.faults.keys().collect();
    assert_eq!(kinds, [&Fault::ConfirmedIsLost], "{outcome:?}");
}

#[test]
fn a_log_whose_name_is_not_durable_is_found_out() {
    let mut operations = twelve_entries();
    for operation in &mut operations {
        if let Operation::Create {
            folder_with_first_sync,
            ..
        } = operation
        {
            *folder_with_first_sync = false;
        }
    }
    let outcome = measured(
        "a folder that is never synced",
        &cuts(&operations, Flushes::Honoured, 4),
    );
    assert!(
        outcome.faults.contains_key(&Fault::ConfirmedIsLost),
        "{outcome:?}"
    );
}

#[test]
fn a_database_that_syncs_less_than_the_store_is_found_out() {
    for (synchronous, is_safe) in [("full", true), ("normal", false), ("off", false)] {
        let operations = bare_ledger(synchronous);
        let outcome = measured(
            &format!("a bare ledger with synchronous={synchronous}"),
            &cuts(&operations, Flushes::Honoured, 4),
        );
        let lost = outcome.faults.contains_key(&Fault::ConfirmedIsLost);
        assert_eq!(
            (outcome.failures() == 0, lost),
            (is_safe, !is_safe),
            "{outcome:?}"
        );
    }
}

fn cuts(operations: &[Operation], flushes: Flushes, states_per_crash: u64) -> Cuts<'_> {
    Cuts {
        operations,
        database: DATABASE_NAME,
        flushes,
        states_per_crash,
        seed: SEED,
    }
}

fn measured(what: &str, cuts: &Cuts<'_>) -> Outcome {
    let started = Instant::now();
    let outcome = cuts.all();
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{what}: {} crashes, {} states, {:.0} a second, faults {:?}",
        outcome.crashes,
        outcome.states,
        outcome.states as f64 / seconds,
        outcome.faults
    );
    outcome
}

/// A gate on a disk that is recorded. Each call that it confirms is one transaction.
struct Gate {
    folder: TempDir,
    recording: Recording,
}

impl Gate {
    fn new() -> Gate {
        let folder = tempfile::tempdir().expect("a folder");
        let recording = Recording::begin(folder.path());
        Gate { folder, recording }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self) -> Store {
        open(self.folder()).expect("the store")
    }

    fn confirm<T>(&self, done: Result<T, StoreError>) -> T {
        let done = done.expect("written");
        let contents = contents_of_file(&self.folder().join(DATABASE_NAME));
        self.recording.confirm(contents.expect("readable"));
        done
    }

    fn first_start(&self) {
        let mut store = self.open();
        self.confirm(Ok(()));
        self.confirm(store.set_up(moment(0, 0), &set_up()));
    }

    /// Starts the program, checks so many visitors, and ends it.
    fn shift(&self, entries: u64) {
        let mut store = self.open();
        let boot = self.confirm(store.boot(START_MS, 0, GATE, "0.1.0"));
        self.confirm(store.signed_in(moment(boot, 0), GATE, GUARD));
        let shift = self.confirm(store.open_shift(moment(boot, 0), GATE, GUARD));
        for number in 1..=entries {
            let at = moment(boot, number);
            let token = Some(store.token(format!("测试{number}").as_bytes()));
            let visitor = NewEntry {
                token,
                ..entry(boot, number)
            };
            let position = self.confirm(store.append_entry(&visitor));
            if number % 6 == 0 {
                let note = Personal::new("测试备注".into());
                let reason = VoidReason::Other;
                self.confirm(store.append_void(at, GATE, GUARD, position, reason, Some(&note)));
            }
            if number % 10 == 0 {
                checkpoint(self.folder());
            }
        }
        self.confirm(store.close_shift(moment(boot, entries), GATE, GUARD, shift));
    }

    /// Pages of the log that were used, since it was last empty.
    fn log_pages(&self) -> u64 {
        let log = self.folder().join(format!("{DATABASE_NAME}-wal"));
        fs::metadata(log).map_or(0, |log| log.len() / (4096 + 24))
    }
}

/// A short shift on a disk that was honest until the first visitor came.
fn twelve_entries() -> Vec<Operation> {
    let gate = Gate::new();
    gate.first_start();
    gate.recording.settle();
    gate.shift(12);
    gate.recording.operations()
}

/// Another program copies the log into the database, so that the next entry begins the log anew.
fn checkpoint(folder: &Path) {
    let other = Connection::open(folder.join(DATABASE_NAME)).expect("the database");
    let busy: i64 = other
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0))
        .expect("a checkpoint");
    assert_eq!(busy, 0);
}

fn records(folder: &Path) -> u64 {
    let database = Connection::open(folder.join(DATABASE_NAME)).expect("the database");
    database
        .query_row("SELECT count(*) FROM records", [], |row| row.get(0))
        .expect("a number")
}

/// One table under the store's settings but for the level of syncing, which the store does not let anybody choose.
fn bare_ledger(synchronous: &str) -> Vec<Operation> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(DATABASE_NAME);
    let recording = Recording::begin(folder.path());
    for session in 0..3 {
        let database = Connection::open(&path).expect("a database");
        database
            .pragma_update(None, "journal_mode", "wal")
            .expect("a log");
        database
            .pragma_update(None, "synchronous", synchronous)
            .expect("a level");
        if session == 0 {
            let table = "CREATE TABLE records (i INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
                         CREATE INDEX records_by_leaf ON records (leaf);";
            database.execute_batch(table).expect("a table");
            recording.confirm(contents_of_file(&path).expect("readable"));
            recording.settle();
        }
        for number in 0..30_u8 {
            database
                .execute("INSERT INTO records (leaf) VALUES (?)", [[number; 500]])
                .expect("a record");
            recording.confirm(contents_of_file(&path).expect("readable"));
            if number % 10 == 9 {
                checkpoint(folder.path());
            }
        }
    }
    recording.operations()
}
