//! What a real SQLite asks of the disk is written down, in one folder and in order.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use gatepost_recorded_disk::{Operation, Recording, Refusal};
use rusqlite::Connection;
use tempfile::TempDir;

fn new_folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn with_log(folder: &Path) -> Connection {
    let database = Connection::open(folder.join("a.sqlite3")).expect("a database");
    let settings = "PRAGMA journal_mode = wal; PRAGMA synchronous = full; CREATE TABLE t (x)";
    database.execute_batch(settings).expect("a log");
    database
}

/// The files as they are when everything that was written down is done again.
fn replayed(operations: &[Operation]) -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = Vec::new();
    for operation in operations {
        match operation {
            Operation::Create { file, .. } => {
                assert_eq!(*file as usize, files.len(), "numbers follow each other");
                files.push(Vec::new());
            }
            Operation::Write { file, at, bytes } => {
                let file = &mut files[*file as usize];
                file.resize(file.len().max(at + bytes.len()), 0);
                file[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Operation::Truncate { file, length } => files[*file as usize].resize(*length, 0),
            _ => {}
        }
    }
    files
}

#[test]
fn what_was_recorded_makes_the_same_bytes_again() {
    let folder = new_folder();
    let recording = Recording::begin(folder.path());
    let database = with_log(folder.path());
    for number in 0..50 {
        database
            .execute("INSERT INTO t VALUES (?)", [number])
            .expect("a row");
    }
    let replayed = replayed(&recording.operations());
    for name in ["a.sqlite3", "a.sqlite3-wal"] {
        let real = fs::read(folder.path().join(name)).expect("bytes");
        assert!(real.len() > 4096 || name == "a.sqlite3", "{name} was used");
        assert!(replayed.contains(&real), "{name}");
    }
}

#[test]
fn a_commit_ends_with_a_sync_of_the_log_and_a_log_brings_its_folder_along() {
    let folder = new_folder();
    let recording = Recording::begin(folder.path());
    let database = with_log(folder.path());
    let before = recording.operations().len();
    database.execute("INSERT INTO t VALUES (1)", []).expect("a row");
    let operations = recording.operations();
    let log = operations.iter().find_map(|operation| match operation {
        Operation::Create {
            name,
            file,
            folder_with_first_sync: true,
        } if name == "a.sqlite3-wal" => Some(*file),
        _ => None,
    });
    let log = log.expect("the log is new and syncs its folder");
    let (last, writes) = operations[before..].split_last().expect("the commit");
    assert_eq!(*last, Operation::Sync { file: log });
    assert!(!writes.is_empty());
    for write in writes {
        assert!(
            matches!(write, Operation::Write { file, .. } if *file == log),
            "{write:?}"
        );
    }
}

#[test]
fn a_database_that_was_renamed_is_the_same_file() {
    let folder = new_folder();
    let recording = Recording::begin(folder.path());
    drop(with_log(folder.path()));
    fs::rename(folder.path().join("a.sqlite3"), folder.path().join("b.sqlite3")).expect("renamed");
    let database = Connection::open(folder.path().join("b.sqlite3")).expect("a database");
    database.execute("INSERT INTO t VALUES (1)", []).expect("a row");
    let operations = recording.operations();
    let renamed = Operation::Rename {
        from: "a.sqlite3".into(),
        to: "b.sqlite3".into(),
    };
    assert!(operations.contains(&renamed));
    let deleted = Operation::Delete {
        name: "a.sqlite3-wal".into(),
        folder_synced: false,
    };
    assert!(
        operations.contains(&deleted),
        "closing takes the log away, without a sync"
    );
}

#[test]
fn what_was_there_before_is_settled() {
    let folder = new_folder();
    let path = folder.path().join("a.sqlite3");
    let database = Connection::open(&path).expect("a database");
    database.execute_batch("CREATE TABLE t (x)").expect("a table");
    drop(database);
    let before = fs::read(&path).expect("bytes");
    let recording = Recording::begin(folder.path());
    let operations = recording.operations();
    assert_eq!(operations.last(), Some(&Operation::Settled));
    assert_eq!(replayed(&operations), [before]);
    let database = Connection::open(&path).expect("a database");
    database.execute("INSERT INTO t VALUES (1)", []).expect("a row");
    assert!(replayed(&recording.operations()).contains(&fs::read(&path).expect("bytes")));
}

#[test]
fn other_folders_are_not_recorded() {
    let (folder, other) = (new_folder(), new_folder());
    let recording = Recording::begin(folder.path());
    let database = with_log(other.path());
    database.execute("INSERT INTO t VALUES (1)", []).expect("a row");
    assert_eq!(recording.operations(), []);
}

#[test]
fn a_log_that_is_written_again_after_a_refused_sync_is_found_and_sqlite_s_own_writes_are_not_taken_for_that()
{
    for request in [Refusal::Sync, Refusal::LostSync] {
        let folder = new_folder();
        let recording = Recording::begin(folder.path());
        let database = with_log(folder.path());
        recording.refuse(request, 1);
        database
            .execute("INSERT INTO t VALUES (1)", [])
            .expect_err("a refused sync");
        database.execute("INSERT INTO t VALUES (2)", []).expect("a row");
        let operations = recording.operations();
        let lost = operations
            .iter()
            .filter(|operation| matches!(operation, Operation::Lost { .. }));
        assert_eq!(lost.count(), usize::from(request == Refusal::LostSync));
        let log = folder.path().join("a.sqlite3-wal");
        let bytes = fs::read(&log).expect("bytes");
        fs::write(&log, &bytes).expect("written again");
        let found = recording.operations().split_off(operations.len());
        assert!(
            matches!(&found[..], [Operation::Write { at: 0, bytes: written, .. }, Operation::Sync { .. }]
                if *written == bytes),
            "{request:?}: {} operations",
            found.len()
        );
    }
}
