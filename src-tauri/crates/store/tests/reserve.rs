//! The room that is kept back, on a real disk that runs full.

mod common;

use std::fs;

use common::{SmallDisk, append_entries, database, entry, new_store, open};
use gatepost_store::{EntryFilter, RESERVE_BYTES, RESERVE_NAME, ReserveState, StoreError};

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
    while reserve.exists() {
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
