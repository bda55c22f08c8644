//! A disk that says no in the middle of a commit: nobody knows then whether the commit happened. The store finds out,
//! or says that it cannot; what was confirmed before is there, and what is tried again is there once.
#![cfg(target_os = "linux")]

use std::path::Path;

use gatepost_recorded_disk::{Recording, Refusal};
use gatepost_store::{
    AuditOptions, Audited, DATABASE_NAME, EntryFilter, NewEntry, Store, StoreError, audit_folder,
};
use gatepost_tests::made_up::{DAY_S, GATE, GUARD, START_MS, entry, moment, open, set_up};
use gatepost_tests::power_cut::{Cuts, Flushes, contents_of_file};
use rusqlite::ErrorCode;
use tempfile::TempDir;

/// More than one call of the store ever asks for.
const FOR_EVER: u32 = 1000;

/// A gate at work, on a disk that can be told to refuse.
struct Gate {
    folder: TempDir,
    disk: Recording,
    store: Store,
    boot: u32,
    confirmed: Vec<(u64, i16)>,
}

impl Gate {
    fn new() -> Gate {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Recording::begin(folder.path());
        let mut store = open(folder.path()).expect("a new store");
        store.set_up(moment(0, 0), &set_up()).expect("a set-up");
        let boot = store.boot(START_MS, 0, GATE, "0.1.0").expect("a start");
        disk.settle();
        let mut gate = Gate {
            folder,
            disk,
            store,
            boot,
            confirmed: Vec::new(),
        };
        for second in 1..=3 {
            gate.append(&entry(boot, second)).expect("an entry");
        }
        gate
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn append(&mut self, new: &NewEntry) -> Result<u64, StoreError> {
        let position = self.store.append_entry(new)?;
        self.confirmed.push((position, new.temperature.tenths()));
        let contents = contents_of_file(&self.path().join(DATABASE_NAME));
        self.disk.confirm(contents.expect("readable"));
        Ok(position)
    }

    fn records(&self) -> u64 {
        self.store
            .reader()
            .expect("a reader")
            .records()
            .expect("a number")
    }

    /// Whenever the power fails, everything that was confirmed by then is there, nothing is half there, and what
    /// cannot be read any more was erased on record.
    fn cut_the_power(&self, step: usize) {
        let cuts = Cuts {
            operations: &self.disk.operations(),
            database: DATABASE_NAME,
            flushes: Flushes::Honoured,
            states_per_crash: 1,
            seed: 5,
        };
        let states = cuts.in_folders(step, |folder, confirmed| {
            let store = open(folder).expect("what the power cut left");
            let reader = store.reader().expect("a reader");
            let erased = !reader.erasures(1).expect("a query").is_empty();
            for (position, tenths) in &self.confirmed[..confirmed] {
                let entry = reader.entry(*position).expect("a confirmed entry");
                let temperature = entry.temperature.map(i16::from);
                assert!(temperature == Some(*tenths) || erased && temperature.is_none());
            }
            let audited = audit_folder(folder, AuditOptions::default()).expect("readable");
            assert!(matches!(audited, Audited::Sound(_)), "{audited:?}");
        });
        assert!(states > 5, "{states}");
    }

    /// Everything confirmed is there once, and nothing else but `unconfirmed` entries; here and after another start.
    fn check(self, unconfirmed: usize) {
        let Gate {
            folder,
            disk,
            store,
            confirmed,
            ..
        } = self;
        let look = |store: &Store| {
            let reader = store.reader().expect("a reader");
            for (position, tenths) in &confirmed {
                let entry = reader.entry(*position).expect("a confirmed entry");
                assert_eq!(entry.temperature.map(i16::from), Some(*tenths));
            }
            let all = reader.counts(&EntryFilter::default()).expect("counts").all();
            assert_eq!(all as usize, confirmed.len() + unconfirmed);
        };
        look(&store);
        drop(store);
        look(&open(folder.path()).expect("the next start"));
        let audited = audit_folder(folder.path(), AuditOptions::default()).expect("readable");
        assert!(matches!(audited, Audited::Sound(_)), "{audited:?}");
        drop(disk);
    }
}

/// What SQLite says of a disk that refuses.
fn says_the_disk_failed<T: std::fmt::Debug>(done: &Result<T, StoreError>) -> bool {
    matches!(done, Err(StoreError::Sqlite(error))
        if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure))
}

#[test]
fn a_commit_whose_sync_failed_is_found_or_refused_and_is_there_once_when_it_is_tried_again() {
    let (mut found, mut refused) = (0, 0);
    let requests = [Refusal::Sync, Refusal::LostSync];
    // The sync of the commit, those of whoever looks what became of it, and all of them.
    let every = requests.into_iter().flat_map(|request| {
        let times = [1, 2, 3, FOR_EVER].into_iter();
        times.flat_map(move |times| [(request, times, false), (request, times, true)])
    });
    for (request, times, is_seen) in every {
        let mut gate = Gate::new();
        // A screen that reads keeps the index of the log in memory.
        let screen = is_seen.then(|| gate.store.reader().expect("a reader"));
        let fourth = entry(gate.boot, 4);
        gate.disk.refuse(request, times);
        let first = gate.append(&fourth);
        gate.disk.refuse(request, 0);
        match &first {
            Ok(position) => {
                found += 1;
                let again = gate.store.append_entry(&fourth);
                assert_eq!(again.expect("the same press of Enter"), *position);
            }
            Err(_) => {
                refused += 1;
                assert!(says_the_disk_failed(&first), "{times}: {first:?}");
                gate.append(&fourth).expect("the same press of Enter");
            }
        }
        gate.append(&entry(gate.boot, 5)).expect("the door goes on");
        gate.cut_the_power(2);
        drop(screen);
        gate.check(0);
    }
    assert!(found > 0 && refused > 0, "{found} {refused}");
}

#[test]
fn what_was_refused_and_never_tried_again_is_there_or_not_and_nothing_else_is_touched() {
    for request in [Refusal::Sync, Refusal::LostSync] {
        let mut gate = Gate::new();
        let before = gate.records();
        // The index of the log stays, and does not know the commit.
        let screen = gate.store.reader().expect("a reader");
        // The first visitor of a day: the day's key is made, too.
        gate.disk.refuse(request, FOR_EVER);
        let done = gate.append(&entry(gate.boot, DAY_S));
        assert!(says_the_disk_failed(&done), "{done:?}");
        gate.disk.refuse(request, 0);
        let arrived = usize::try_from(gate.records() - before).expect("one at most");
        assert!(arrived <= 1);
        gate.append(&entry(gate.boot, DAY_S + 1))
            .expect("the door goes on");
        drop(screen);
        gate.check(arrived);
    }
}

#[test]
fn a_write_that_fails_leaves_nothing_and_the_door_goes_on() {
    for refused in [1, 2, FOR_EVER] {
        let mut gate = Gate::new();
        let before = gate.records();
        gate.disk.refuse(Refusal::Write, refused);
        let done = gate.append(&entry(gate.boot, DAY_S));
        assert!(says_the_disk_failed(&done), "{refused}: {done:?}");
        gate.disk.refuse(Refusal::Write, 0);
        assert_eq!(gate.records(), before, "{refused}");
        gate.append(&entry(gate.boot, DAY_S + 1))
            .expect("the door goes on");
        gate.check(0);
    }
}

#[test]
fn an_erasure_whose_commit_is_in_doubt_is_ended_by_the_next_call_and_takes_no_key_that_is_needed() {
    for (request, refused) in [Refusal::Sync, Refusal::Write]
        .into_iter()
        .flat_map(|request| [1, 2, 3, FOR_EVER].map(|times| (request, times)))
    {
        let mut gate = Gate::new();
        let young = entry(gate.boot, 40 * DAY_S);
        gate.append(&young).expect("a visitor of another day");
        let old = gate.confirmed[0].0;
        let at = moment(gate.boot, 41 * DAY_S);
        gate.disk.refuse(request, refused);
        let first = gate.store.erase_due(at, GATE, Some(GUARD));
        gate.disk.refuse(request, 0);
        let again = gate
            .store
            .erase_due(at, GATE, Some(GUARD))
            .expect("a disk that works again");
        assert!(gate.store.finish_erasure().expect("nothing is left to destroy"));
        let reader = gate.store.reader().expect("a reader");
        let recorded = reader.erasures(9).expect("a query").len();
        assert_eq!(recorded, 1, "{request:?} {refused}: {first:?} {again:?}");
        let temperature = |position| reader.entry(position).expect("an entry").temperature;
        assert_eq!(temperature(old), None);
        let (young, tenths) = gate.confirmed.pop().expect("the last one");
        assert_eq!(temperature(young).map(i16::from), Some(tenths));
        let audited = audit_folder(gate.path(), AuditOptions::default()).expect("readable");
        assert!(matches!(audited, Audited::Sound(_)), "{audited:?}");
    }
}

/// The first visitor can be erased; the second is of another day.
fn gate_with_an_old_visitor() -> Gate {
    let mut gate = Gate::new();
    gate.append(&entry(gate.boot, 40 * DAY_S))
        .expect("a visitor of another day");
    gate
}

#[test]
fn a_sync_that_failed_for_a_setting_takes_nothing_along_that_is_recorded_after_it() {
    for times in [1, 2, 3, FOR_EVER] {
        let mut gate = Gate::new();
        gate.disk.refuse(Refusal::LostSync, times);
        let done = gate.store.set_setting("appearance", "dark");
        assert!(says_the_disk_failed(&done), "{times}: {done:?}");
        gate.disk.refuse(Refusal::LostSync, 0);
        gate.append(&entry(gate.boot, 4)).expect("the door goes on");
        gate.append(&entry(gate.boot, 5)).expect("the door goes on");
        gate.cut_the_power(1);
        gate.check(0);
    }
}

#[test]
fn no_key_is_destroyed_on_the_word_of_an_erasure_that_a_power_cut_can_take_back() {
    for (times, starts_anew) in [2, 3, FOR_EVER]
        .into_iter()
        .flat_map(|times| [(times, false), (times, true)])
    {
        let mut gate = gate_with_an_old_visitor();
        let at = moment(gate.boot, 41 * DAY_S);
        gate.disk.refuse(Refusal::LostSync, times);
        let first = gate.store.erase_due(at, GATE, Some(GUARD));
        if starts_anew {
            let Gate {
                folder,
                disk,
                store,
                boot,
                confirmed,
            } = gate;
            drop(store);
            disk.refuse(Refusal::LostSync, 0);
            let store = open(folder.path()).expect("the next start");
            gate = Gate {
                folder,
                disk,
                store,
                boot,
                confirmed,
            };
        }
        gate.disk.refuse(Refusal::LostSync, 0);
        let again = gate.store.erase_due(at, GATE, Some(GUARD));
        assert!(again.is_ok(), "{times}: {first:?} {again:?}");
        gate.cut_the_power(1);
    }
}
