//! Data that cannot be used: the program says which fault it is and where, and leaves every byte as it is.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use gatepost_desk::view::{Prompt, Stage, StoreFault};
use gatepost_desk::{Desk, DeskError};
use gatepost_store::{DATABASE_NAME, EntryFilter, KeyFile, Store};
use gatepost_tests::quiet;
use gatepost_tests::skip::skip;
use rusqlite::Connection;
use tempfile::TempDir;

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
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.0.path();
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
    let Some(disk) = SmallDisk::mount() else { return };
    disk.remount("ro");
    starts_with(StoreFault::ReadOnly, disk.0.path());
}

#[test]
fn a_full_disk_at_the_start_is_named_and_the_program_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.0.path();
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
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.0.path();
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

/// A real file system of four megabytes, where this machine lets a test mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let folder = new_folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            skip("this machine does not let a test mount a small disk");
        }
        mounted.then_some(SmallDisk(folder))
    }

    fn remount(&self, how: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.0.path())
            .status();
        assert!(done.is_ok_and(|status| status.success()), "remounted {how}");
    }

    /// Somebody else's file takes all the room there is.
    fn fill(&self) {
        // What was written before the disk was full stays.
        fs::write(self.0.path().join("ballast"), vec![1; 8 << 20]).expect_err("no room for all of it");
    }

    fn make_room(&self) {
        fs::remove_file(self.0.path().join("ballast")).expect("room");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
        assert!(
            unmounted.is_ok_and(|status| status.success()),
            "the small disk stays mounted"
        );
    }
}
