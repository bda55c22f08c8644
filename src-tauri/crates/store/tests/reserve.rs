//! The room that is kept back, on a real disk that runs full.

mod common;

use std::fs;

use common::{SmallDisk, append_entries, database, entry, new_store, open};
use gatepost_store::{DiskSpace, EntryFilter, RESERVE_BYTES, RESERVE_NAME, ReserveState, StoreError};

#[test]
fn a_full_disk_takes_the_reserve_and_the_gate_goes_on() {
    let Some(disk) = SmallDisk::mount("1200m") else {
        return;
    };
    let mut store = new_store(disk.path());
    let reserve = disk.path().join(RESERVE_NAME);
    let space = store.disk_space().expect("figures");
    assert_eq!(space.reserve, ReserveState::Present);
    assert!(!space.is_alarming());
    assert_eq!(fs::metadata(&reserve).expect("the file").len(), RESERVE_BYTES);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let blocks = fs::metadata(&reserve).expect("the file").blocks();
        assert!(blocks * 512 >= RESERVE_BYTES, "every block is really taken");
    }

    // Somebody else fills the disk but for a little.
    disk.remount("size=65m");
    let mut written = 0;
    let is_whole = || fs::metadata(&reserve).is_ok_and(|file| file.len() == RESERVE_BYTES);
    while is_whole() {
        store.append_entry(&entry(1 + written)).expect("the gate goes on");
        written += 1;
    }
    for _ in 0..100 {
        store.append_entry(&entry(1 + written)).expect("the gate goes on");
        written += 1;
    }
    let space = store.disk_space().expect("figures");
    assert_eq!(space.reserve, ReserveState::Used);
    assert!(space.is_alarming());
    let reader = store.reader().expect("a reader");
    let all = reader.counts(&EntryFilter::default()).expect("counts").all();
    assert_eq!(i64::from(all), written, "each entry once");
    drop(reader);
    drop(store);
    let mut store = open(disk.path()).expect("what is there verifies");
    let space = store.disk_space().expect("figures");
    assert_eq!(space.reserve, ReserveState::Used, "the next start knows");

    disk.remount("size=1200m");
    let space = store.disk_space().expect("figures");
    assert_eq!(
        space.reserve,
        ReserveState::Present,
        "it comes back with the room"
    );
}

#[test]
fn a_disk_without_a_gigabyte_has_no_reserve_and_a_full_one_is_told() {
    let Some(disk) = SmallDisk::mount("3m") else {
        return;
    };
    let mut store = new_store(disk.path());
    let space = store.disk_space().expect("figures");
    assert_eq!(space.reserve, ReserveState::Absent);
    assert!(space.is_alarming(), "less than 500 MB are free");
    let fault = (1..100_000).find_map(|second| store.append_entry(&entry(second)).err());
    assert!(matches!(fault, Some(StoreError::DiskFull)), "{fault:?}");
    assert!(database(disk.path()).exists());
}

#[test]
fn a_batch_that_fills_the_disk_is_written_once_and_whole() {
    let Some(disk) = SmallDisk::mount("1200m") else {
        return;
    };
    let mut store = new_store(disk.path());
    disk.remount("size=65m");
    append_entries(&mut store, 1, 3000);
    let space = store.disk_space().expect("figures");
    assert_eq!(space.reserve, ReserveState::Used);
    let reader = store.reader().expect("a reader");
    let all = reader.counts(&EntryFilter::default()).expect("counts").all();
    assert_eq!(all, 3000);
}

#[test]
fn a_gate_starts_on_a_full_disk_as_long_as_it_has_its_reserve() {
    let Some(disk) = SmallDisk::mount("1200m") else {
        return;
    };
    let mut store = new_store(disk.path());
    append_entries(&mut store, 1, 10);
    drop(store);
    // Somebody else fills the disk to the last byte.
    let used = std::process::Command::new("df")
        .args(["--output=used", "-B1"])
        .arg(disk.path())
        .output()
        .expect("df");
    let used = String::from_utf8(used.stdout).expect("text");
    let used: u64 = used
        .lines()
        .nth(1)
        .expect("a number")
        .trim()
        .parse()
        .expect("a number");
    disk.remount(&format!("size={used}"));
    let mut store = open(disk.path()).expect("the gate starts");
    store.append_entry(&entry(20)).expect("and goes on");
    let space = store.disk_space().expect("figures");
    assert_eq!(space.reserve, ReserveState::Used);
    assert!(space.is_alarming());
}

#[test]
fn without_anything_kept_back_a_gate_is_alarming_whatever_is_free() {
    let with = |reserve| DiskSpace {
        free_bytes: 700_000_000,
        reserve,
    };
    assert!(!with(ReserveState::Present).is_alarming());
    assert!(with(ReserveState::Absent).is_alarming());
    assert!(with(ReserveState::Used).is_alarming());
}
