//! Ledgers of many entries. They take minutes to make, so the parts share them, and `--keep` leaves them for the
//! next run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use gatepost_store::DATABASE_NAME;

use crate::made_up::{fill, new_store};
use crate::table::folder_beside_the_profile;

/// What `growth` compares.
pub(crate) const SIZES: [u64; 4] = [LARGEST / 1000, LARGEST / 100, LARGEST / 10, LARGEST];
pub(crate) const LARGEST: u64 = scaled(10_000_000);

/// A debug build tries the measurements out on a hundredth.
pub(crate) const fn scaled(count: u64) -> u64 {
    if cfg!(debug_assertions) {
        count / 100
    } else {
        count
    }
}

/// The data folder of a gate with so many entries. A gate that was measured before has a few more.
pub(crate) fn of_entries(count: u64) -> PathBuf {
    let folder = all().join(format!("entries-{count}"));
    if folder.exists() {
        return folder;
    }
    let unfinished = folder.with_extension("new");
    remove(&unfinished);
    let began = Instant::now();
    let mut store = new_store(&unfinished);
    fill(&mut store, 0..count);
    drop(store);
    // Or the system would still be writing it while it is measured.
    File::open(unfinished.join(DATABASE_NAME))
        .and_then(|database| database.sync_all())
        .expect("a database that was just closed");
    eprintln!(
        "made {count} entries in {:.0} s, {} MB on the disk",
        began.elapsed().as_secs_f64(),
        megabytes(&unfinished)
    );
    fs::rename(&unfinished, &folder).expect("on the same disk");
    folder
}

pub(crate) fn remove_all() {
    remove(&all());
}

fn all() -> PathBuf {
    folder_beside_the_profile("bench-data")
}

fn remove(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("what was made here can be removed");
    }
}

pub(crate) fn megabytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).expect("a folder that was just written");
    let bytes: u64 = files
        .map(|file| {
            file.and_then(|file| file.metadata())
                .map_or(0, |about| about.len())
        })
        .sum();
    bytes >> 20
}
