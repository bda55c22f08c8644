//! A gate that was set up, its entries, and a disk that is small.
#![allow(dead_code, reason = "no test file needs all of it")]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use gatepost_codes::{EvidenceLevel, HealthColour, Personal};
use gatepost_ledger::{Entry, Moment, PersonNumber, Role, VenueKind};
use gatepost_rules::{BodyTemperature, ColourSource, Mask, Policy, ShownKind, TemperatureBand, VerdictKind};
use gatepost_store::{
    BackupDone, BackupProgress, DATABASE_NAME, KeyFile, NewEntry, NewPerson, ScanId, SetUp, Store,
    StoreError, Venue, prepare_backup,
};

pub(crate) const GATE: &str = "东门";
pub(crate) const MANAGER: PersonNumber = PersonNumber(1);
pub(crate) const GUARD: PersonNumber = PersonNumber(2);
/// Records of a set-up.
pub(crate) const SET_UP_RECORDS: u64 = 4;

pub(crate) fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, KeyFile::in_folder(folder))
}

/// A backup that nobody records.
pub(crate) fn backup(
    folder: &Path,
    file: &Path,
    progress: impl FnMut(BackupProgress),
) -> Result<BackupDone, StoreError> {
    prepare_backup(folder, file, progress)?.publish()
}

pub(crate) fn moment(second: i64) -> Moment {
    Moment {
        wall_ms: 1_795_000_000_000 + second * 1000,
        boot: 1,
        monotonic_ms: (second * 1000) as u64,
    }
}

/// What a first set-up says.
pub(crate) fn set_up() -> SetUp {
    let person = |name: &str, role, pin: &str| NewPerson {
        name: Personal::new(name.into()),
        role,
        pin: Personal::new(pin.into()),
    };
    SetUp {
        venue: Venue {
            name: "测试超市".into(),
            kind: VenueKind::Supermarket,
            gate: GATE.into(),
            opens: "08:00".into(),
            closes: "22:00".into(),
            demo: false,
        },
        policy: Policy::default(),
        people: vec![
            person("陈试", Role::Manager, "284613"),
            person("王试", Role::Guard, "730519"),
        ],
    }
}

/// A store that was set up and has no entry.
pub(crate) fn new_store(folder: &Path) -> Store {
    let mut store = open(folder).expect("a new store");
    store.set_up(moment(0), &set_up()).expect("a first set-up");
    store
}

pub(crate) fn entry(second: i64) -> NewEntry {
    NewEntry {
        scan_id: ScanId::random().expect("randomness"),
        at: moment(second),
        day: NaiveDate::from_ymd_opt(2026, 11, 18).expect("a day"),
        offset_s: 8 * 3600,
        gate: GATE.into(),
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
            verdict: VerdictKind::Admit,
            reasons: vec![],
            fault: None,
            follows: None,
        },
        temperature: BodyTemperature::from_tenths(365).expect("a temperature"),
        token: None,
    }
}

/// A store with `count` entries, the first one at `first` seconds.
pub(crate) fn append_entries(store: &mut Store, first: i64, count: i64) {
    let entries: Vec<_> = (first..first + count).map(entry).collect();
    for some in entries.chunks(500) {
        store.append_entries(some).expect("entries");
    }
}

pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE_NAME)
}

/// Every byte of every file in a folder, by name.
pub(crate) fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.is_file() && !path.to_string_lossy().ends_with("-shm"))
        .filter(|path| !path.ends_with(gatepost_store::RESERVE_NAME))
        .map(|path| (path.display().to_string(), fs::read(&path).expect("bytes")))
        .collect();
    files.sort();
    files
}

/// A real file system of a chosen size, where this machine lets a test mount one.
pub(crate) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub(crate) fn mount(size: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: this machine does not let a test mount a small disk");
        }
        mounted.then_some(SmallDisk(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Mounts it again with other options.
    pub(crate) fn remount(&self, options: &str) {
        let remounted = std::process::Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(self.path())
            .status();
        assert!(remounted.is_ok_and(|status| status.success()), "{options}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = std::process::Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
        assert!(
            unmounted.is_ok_and(|status| status.success()),
            "the small disk stays mounted"
        );
    }
}
