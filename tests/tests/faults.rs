//! Data that cannot be used: the program says which fault it is and where, and leaves every byte as it is.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gatepost_desk::view::{Prompt, Stage, StoreFault};
use gatepost_desk::{Desk, DeskError};
use gatepost_store::{DATABASE_NAME, EntryFilter, KeyFile, ReserveState, Store};
use gatepost_tests::made_up::{entry, moment, open, set_up};
use gatepost_tests::quiet;
use gatepost_tests::small_disk::SmallDisk;
use rusqlite::Connection;
use tempfile::TempDir;

/// Room for a few hundred entries.
const SMALL_MB: u64 = 12;
/// Room for the reserve and the gigabyte that it leaves alone.
const LARGE_MB: u64 = 1200;

fn new_folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Data with one entry, left as a proper end leaves them.
fn used(folder: &Path) {
    let desk = quiet::desk(folder);
    quiet::take_the_gate(&desk).expect("the door");
    quiet::press(&desk, "7365⏎").expect("an entry");
    quiet::end(desk, folder);
}

/// Every file and its bytes, but for the index of the write-ahead log and a log with nothing in it: they come
/// and go with whoever opens the database.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path())
        .filter(|path| !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.display().to_string(), fs::read(&path).expect("bytes")))
        .filter(|(path, bytes)| !(path.ends_with("-wal") && bytes.is_empty()))
        .collect();
    files.sort();
    files
}

/// Starts on these data, finds the fault, looks twice, and finds nothing changed.
fn starts_with(fault: StoreFault, folder: &Path) -> Arc<Desk> {
    let before = contents(folder);
    let desk = quiet::desk(folder);
    let at = Stage::Fault {
        fault,
        folder: folder.display().to_string(),
    };
    assert_eq!(desk.app().stage, at);
    assert_eq!(desk.app().stage, at, "asking again harms nothing");
    assert_eq!(quiet::take_the_gate(&desk), Err(DeskError::Store { fault }));
    assert!(contents(folder) == before, "{fault:?}: the files were touched");
    desk
}

fn entries(folder: &Path) -> u64 {
    let store = Store::open(folder, KeyFile::in_folder(folder)).expect("the data");
    let counts = store.reader().expect("a reader").counts(&EntryFilter::default());
    u64::from(counts.expect("counts").all())
}

#[test]
fn a_newer_schema_is_named_and_left_alone() {
    let folder = new_folder();
    used(folder.path());
    let raw = Connection::open(folder.path().join(DATABASE_NAME)).expect("the database");
    raw.pragma_update(None, "user_version", 99)
        .expect("a newer program was here");
    drop(raw);
    starts_with(StoreFault::NewerSchema, folder.path());
}

#[test]
fn a_damaged_database_is_named_and_left_alone() {
    let folder = new_folder();
    used(folder.path());
    let database = folder.path().join(DATABASE_NAME);
    let good = fs::read(&database).expect("bytes");
    for (what, bytes) in [
        ("emptied", Vec::new()),
        ("cut off", good[..good.len() / 2].to_vec()),
        ("overwritten", {
            let mut bytes = good.clone();
            bytes[4096..].fill(0xA5);
            bytes
        }),
    ] {
        println!("{what}");
        fs::write(&database, bytes).expect("damaged");
        starts_with(StoreFault::Damaged, folder.path());
    }
}

#[test]
fn a_file_that_is_something_else_is_named_and_left_alone() {
    let folder = new_folder();
    used(folder.path());
    fs::write(
        folder.path().join(DATABASE_NAME),
        b"%PDF-1.7 no database".repeat(300),
    )
    .expect("another file");
    starts_with(StoreFault::NotOurs, folder.path());
}

#[test]
fn a_database_without_its_key_is_named_and_gets_no_new_key() {
    let folder = new_folder();
    used(folder.path());
    fs::remove_file(folder.path().join("gatepost.key")).expect("lost");
    starts_with(StoreFault::KeyMissing, folder.path());
}

#[test]
fn a_locked_database_is_named_and_the_program_goes_on_when_it_is_free() {
    let folder = new_folder();
    used(folder.path());
    let other = Connection::open(folder.path().join(DATABASE_NAME)).expect("another program");
    other
        .execute_batch("BEGIN EXCLUSIVE")
        .expect("it holds the database");
    let desk = starts_with(StoreFault::Locked, folder.path());
    other.execute_batch("ROLLBACK").expect("it lets go");
    assert!(matches!(desk.app().stage, Stage::SignIn { .. }));
    quiet::take_the_gate(&desk).expect("the same shift");
    quiet::press(&desk, "7366⏎").expect("an entry");
    assert_eq!(entries(folder.path()), 2);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_the_program_goes_on_when_it_can() {
    let Some(disk) = SmallDisk::mount(SMALL_MB) else {
        return;
    };
    let folder = disk.path();
    used(folder);
    disk.remount("ro");
    let desk = starts_with(StoreFault::ReadOnly, folder);
    disk.remount("rw");
    quiet::take_the_gate(&desk).expect("the same shift");
    quiet::press(&desk, "7366⏎").expect("an entry");
    assert_eq!(entries(folder), 2);
}

#[test]
fn an_empty_folder_that_cannot_be_written_is_named() {
    let Some(disk) = SmallDisk::mount(SMALL_MB) else {
        return;
    };
    disk.remount("ro");
    starts_with(StoreFault::ReadOnly, disk.path());
}

#[test]
fn a_full_disk_at_the_start_is_named_and_the_program_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(SMALL_MB) else {
        return;
    };
    let folder = disk.path();
    used(folder);
    disk.fill();
    let desk = starts_with(StoreFault::DiskFull, folder);
    disk.make_room();
    quiet::take_the_gate(&desk).expect("the same shift");
    quiet::press(&desk, "7366⏎").expect("an entry");
    assert_eq!(entries(folder), 2);
}

#[test]
fn a_disk_that_fills_up_during_a_shift_loses_no_entry_and_writes_none_twice() {
    let Some(disk) = SmallDisk::mount(SMALL_MB) else {
        return;
    };
    let folder = disk.path();
    let desk = quiet::desk(folder);
    quiet::take_the_gate(&desk).expect("the door");
    quiet::press(&desk, "7365⏎").expect("an entry");
    disk.fill();
    let mut confirmed = 1;
    let refusal = loop {
        match quiet::press(&desk, "7366⏎") {
            Ok(_) => confirmed += 1,
            Err(refusal) => break refusal,
        }
    };
    let fault = StoreFault::DiskFull;
    assert_eq!(refusal, DeskError::Store { fault });
    let door = desk.door().expect("the door stays open");
    assert_eq!(
        (door.prompt, door.visitor.temperature),
        (Prompt::NotWritten, Some(366))
    );
    assert_eq!(u64::from(door.counts.admitted), confirmed);
    assert_eq!(
        quiet::press(&desk, "⏎"),
        Err(DeskError::Store { fault }),
        "still full"
    );

    disk.make_room();
    let door = quiet::press(&desk, "⏎").expect("the same visitor");
    assert_eq!(u64::from(door.counts.admitted), confirmed + 1);
    assert_eq!(door.card.expect("a card").entry.temperature, Some(366));
    quiet::end(desk, folder);
    assert_eq!(entries(folder), confirmed + 1);
    let raw = Connection::open(folder.join(DATABASE_NAME)).expect("the database");
    let verdict: String = raw
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a check");
    assert_eq!(verdict, "ok");
}

#[test]
fn a_full_disk_takes_the_reserve_and_then_every_entry_is_there_once_and_the_next_start_goes_on() {
    let Some(disk) = SmallDisk::mount(LARGE_MB) else {
        return;
    };
    let folder = disk.path();
    let mut store = open(folder).expect("a new store");
    store.set_up(moment(1, 0), &set_up()).expect("a set-up");
    let is = |store: &mut Store, state| {
        let space = store.disk_space().expect("figures");
        assert_eq!(space.reserve, state, "{space:?}");
    };
    is(&mut store, ReserveState::Present);
    disk.fill_but(256 << 10);
    let mut written = 0;
    let mut append = |store: &mut Store| {
        written += 1;
        store.append_entry(&entry(1, written)).expect("the gate goes on");
    };
    let reserve = folder.join(gatepost_store::RESERVE_NAME);
    while fs::metadata(&reserve).expect("its name stays").len() > 0 {
        append(&mut store);
    }
    (0..100).for_each(|_| append(&mut store));
    is(&mut store, ReserveState::Used);
    drop(store);
    let mut store = open(folder).expect("the next start");
    is(&mut store, ReserveState::Used);
    drop(store);
    assert_eq!(entries(folder), written);
    disk.make_room();
    is(&mut open(folder).expect("another start"), ReserveState::Present);
}
