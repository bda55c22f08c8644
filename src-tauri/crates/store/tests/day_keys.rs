//! The keys of the days where two programs work on one folder, and what they hide in every copy.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{GATE, GUARD, backup, contents, database, entry, moment, new_store, open};
use gatepost_ledger::audit::Rule;
use gatepost_rules::{Reason, VerdictKind};
use gatepost_store::{
    AuditOptions, Audited, DAY_KEYS_NAME, KeyFile, KeyItem, KeyVault, NewEntry, RestoreChoice, Secret, Store,
    StoreError, VaultKind, audit_folder, plan_restore, restore,
};
use rusqlite::Connection;
use tempfile::TempDir;

const DAY_S: i64 = 86_400;
const SECRET_NAME: &str = "gatepost.days.key";
/// Longer than an undisturbed start takes, shorter than a program waits for the lock.
const WHILE: Duration = Duration::from_millis(1200);

fn temperature(store: &Store, position: u64) -> Option<i16> {
    let reader = store.reader().expect("a reader");
    let entry = reader.entry(position).expect("the entry");
    entry.temperature.map(i16::from)
}

/// Key files whose owner is overtaken by another start while it reads what seals the keys of the days.
struct Overtaken {
    files: KeyFile,
    folder: PathBuf,
    is_done: AtomicBool,
}

impl KeyVault for Overtaken {
    fn kind(&self) -> VaultKind {
        VaultKind::KeyFile
    }

    fn load(&self, item: KeyItem) -> Result<Option<Secret>, StoreError> {
        let secret = self.files.load(item)?;
        if item == KeyItem::DayKeys && !self.is_done.swap(true, Ordering::SeqCst) {
            let (tell, done) = mpsc::channel();
            let folder = self.folder.clone();
            thread::spawn(move || {
                let other = open(&folder);
                let _ = tell.send(other.is_ok());
            });
            // Where the other one can finish it has finished; where it is locked out it waits for us.
            let _ = done.recv_timeout(WHILE);
        }
        Ok(secret)
    }

    fn keep(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError> {
        self.files.keep(item, secret)
    }

    fn forget(&self, item: KeyItem) -> Result<(), StoreError> {
        self.files.forget(item)
    }
}

#[test]
fn two_starts_at_once_after_an_interrupted_erasure_lose_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    store.append_entry(&entry(10)).expect("an entry");
    let young = store.append_entry(&entry(40 * DAY_S)).expect("an entry");
    let keys = key_files(folder.path());
    store
        .erase_due(moment(41 * DAY_S), GATE, None)
        .expect("an erasure");
    drop(store);
    // The power failed after the commit: whoever starts destroys the key of the first day.
    put_back(folder.path(), &keys);
    let vault = Overtaken {
        files: KeyFile::in_folder(folder.path()),
        folder: folder.path().to_owned(),
        is_done: AtomicBool::new(false),
    };
    let mut store = Store::open(folder.path(), vault).expect("a start");
    store
        .append_entry(&entry(42 * DAY_S))
        .expect("a new day and its key");
    drop(store);
    let store = open(folder.path()).expect("the next start");
    assert_eq!(temperature(&store, young), Some(365));
}

/// The files that hold the keys of the days.
fn key_files(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    [DAY_KEYS_NAME, SECRET_NAME]
        .map(|name| (name, fs::read(folder.join(name)).expect("keys")))
        .into()
}

fn put_back(folder: &Path, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("as before");
    }
}

/// The database and its log, as a copy made now has them.
fn copy_of(folder: &Path) -> [(PathBuf, Vec<u8>); 2] {
    let log = database(folder).with_extension("sqlite3-wal");
    [database(folder), log].map(|path| {
        let bytes = fs::read(&path).expect("an older copy");
        (path.file_name().expect("a name").into(), bytes)
    })
}

/// Another folder with what stands in this one, and an older copy of its database.
fn with_copy(folder: &Path, copy: &[(PathBuf, Vec<u8>)]) -> TempDir {
    let into = tempfile::tempdir().expect("a folder");
    for (file, bytes) in contents(folder) {
        let name = Path::new(&file).file_name().expect("a name").to_owned();
        fs::write(into.path().join(name), bytes).expect("a copy");
    }
    for (name, bytes) in copy {
        fs::write(into.path().join(name), bytes).expect("the older copy");
    }
    into
}

#[test]
fn a_key_that_another_program_is_just_destroying_does_not_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut door = new_store(folder.path());
    let old = door.append_entry(&entry(10)).expect("an entry");
    let copy = copy_of(folder.path());
    let keys = key_files(folder.path());
    // The other program has committed the erasure and not come to destroying the keys yet.
    let mut other = open(folder.path()).expect("the same data");
    other
        .erase_due(moment(41 * DAY_S), GATE, None)
        .expect("an erasure");
    put_back(folder.path(), &keys);
    // The door sees the erasure and reads the keys anew.
    door.signed_in(moment(41 * DAY_S + 1), GATE, GUARD)
        .expect("a record");
    // Now the other one destroys them, which no record tells.
    drop(other);
    drop(open(folder.path()).expect("it starts again and finishes"));
    door.append_entry(&entry(42 * DAY_S))
        .expect("a new day and its key");
    drop(door);
    // Whoever finds an older copy of the database has no key to it.
    let elsewhere = with_copy(folder.path(), &copy);
    assert_eq!(temperature(&open(elsewhere.path()).expect("it opens"), old), None);
}

#[test]
fn whoever_writes_the_keys_next_destroys_those_that_an_ended_program_has_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut door = new_store(folder.path());
    let old = door.append_entry(&entry(10)).expect("an entry");
    let copy = copy_of(folder.path());
    let keys = key_files(folder.path());
    let mut other = open(folder.path()).expect("the same data");
    other
        .erase_due(moment(41 * DAY_S), GATE, None)
        .expect("an erasure");
    drop(other);
    put_back(folder.path(), &keys);
    let new = door
        .append_entry(&entry(42 * DAY_S))
        .expect("a new day and its key");
    assert_eq!(temperature(&door, new), Some(365));
    drop(door);
    assert_ne!(
        key_files(folder.path())[1],
        keys[1],
        "a copy of the old file opens no more"
    );
    let elsewhere = with_copy(folder.path(), &copy);
    assert_eq!(temperature(&open(elsewhere.path()).expect("it opens"), old), None);
}

#[test]
fn keys_that_nothing_opens_are_set_aside_and_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let old = store.append_entry(&entry(10)).expect("an entry");
    drop(store);
    let keys = key_files(folder.path());
    // The vault was emptied; what it had is found again later.
    fs::remove_file(folder.path().join(SECRET_NAME)).expect("lost");
    let mut store = open(folder.path()).expect("opens");
    store.append_entry(&entry(DAY_S)).expect("the door goes on");
    assert_eq!(temperature(&store, old), None);
    drop(store);
    let aside = folder.path().join(format!("{DAY_KEYS_NAME}.unreadable-1"));
    assert_eq!(fs::read(aside).expect("set aside"), keys[0].1);
    put_back(folder.path(), &keys);
    assert_eq!(temperature(&open(folder.path()).expect("opens"), old), Some(365));
}

#[test]
fn an_erasure_of_another_program_that_a_reader_held_up_leaves_nothing_in_the_log_for_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut door = new_store(folder.path());
    door.append_entry(&entry(10)).expect("an entry");
    let raw = Connection::open(database(folder.path())).expect("raw");
    let sealed: Vec<u8> = raw
        .query_row("SELECT sealed FROM disclosures", [], |row| row.get(0))
        .expect("a disclosure");
    raw.execute_batch("BEGIN; SELECT count(*) FROM records")
        .expect("a long look");
    let mut other = open(folder.path()).expect("the same data");
    other
        .erase_due(moment(41 * DAY_S), GATE, None)
        .expect("an erasure");
    drop(other);
    raw.execute_batch("COMMIT").expect("the look ends");
    let is_left = || {
        contents(folder.path())
            .iter()
            .any(|(_, bytes)| has(bytes, &sealed))
    };
    assert!(is_left(), "nobody has tidied up yet");
    door.signed_in(moment(41 * DAY_S + 1), GATE, GUARD)
        .expect("the next record");
    assert!(!is_left());
}

fn has(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A visitor at a second, with a code.
fn visitor(store: &Store, second: i64, code: &[u8]) -> NewEntry {
    NewEntry {
        token: Some(store.token(code)),
        ..entry(second)
    }
}

fn sightings(file: &Path) -> Vec<Vec<u8>> {
    let raw = Connection::open(file).expect("raw");
    let mut statement = raw
        .prepare("SELECT token FROM sightings ORDER BY i")
        .expect("sightings");
    let rows = statement.query_map([], |row| row.get(0)).expect("sightings");
    rows.map(|row| row.expect("a sighting")).collect()
}

#[test]
fn a_code_is_known_again_across_midnight_and_links_no_two_days_without_their_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    // Of an incident, too: sightings are always under the key of the day's visitors.
    let mut fever = visitor(&store, 10, b"a code");
    fever.entry.verdict = VerdictKind::Hold;
    fever.entry.reasons = vec![Reason::Fever];
    let first = store.append_entry(&fever).expect("an entry");
    let again = store
        .append_entry(&visitor(&store, 20, b"a code"))
        .expect("an entry");
    let next_day = store
        .append_entry(&visitor(&store, DAY_S, b"a code"))
        .expect("an entry");
    assert!(first < again && again < next_day);
    let reader = store.reader().expect("a reader");
    let seen = |since: i64, code: &[u8]| {
        let seen = reader.seen(store.token(code), moment(since).wall_ms);
        seen.expect("a query").map(|seen| seen.position)
    };
    assert_eq!(seen(0, b"a code"), Some(next_day));
    assert_eq!(seen(DAY_S, b"a code"), Some(next_day));
    assert_eq!(seen(DAY_S + 1, b"a code"), None);
    assert_eq!(seen(0, b"another code"), None);
    let sightings = sightings(&database(folder.path()));
    assert_eq!(sightings[0], sightings[1], "one day");
    assert_ne!(sightings[1], sightings[2], "two days");
}

#[test]
fn what_was_erased_cannot_be_told_from_a_backup_that_was_made_before() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    let new = visitor(&store, 10, b"a code");
    store.append_entry(&new).expect("an entry");
    let file = away.path().join("backup");
    backup(folder.path(), &file, |_| ()).expect("a backup");
    assert_eq!(sightings(&file).len(), 1);
    let known = |store: &Store| {
        let seen = store
            .reader()
            .expect("a reader")
            .seen(store.token(b"a code"), moment(0).wall_ms);
        seen.expect("a query").is_some()
    };
    assert!(known(&store));
    store
        .erase_due(moment(41 * DAY_S), GATE, None)
        .expect("an erasure");
    drop(store);
    let vault = KeyFile::in_folder(folder.path());
    let plan = plan_restore(&file, folder.path(), &vault).expect("a plan");
    restore(
        &file,
        folder.path(),
        &vault,
        RestoreChoice::Confirmed(plan.difference),
    )
    .expect("put back");
    assert_eq!(sightings(&database(folder.path())).len(), 1, "the row is back");
    assert!(!known(&open(folder.path()).expect("opens")));
}

#[test]
fn with_the_keys_an_audit_finds_a_sighting_that_is_not_of_the_entrys_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let first = store
        .append_entry(&visitor(&store, 10, b"a code"))
        .expect("an entry");
    store
        .append_entry(&visitor(&store, 20, b"another code"))
        .expect("an entry");
    drop(store);
    let vault = KeyFile::in_folder(folder.path());
    let audited = |vault| {
        let options = AuditOptions {
            vault,
            ..AuditOptions::default()
        };
        audit_folder(folder.path(), options).expect("readable")
    };
    assert!(matches!(audited(Some(&vault)), Audited::Sound(_)));
    let raw = Connection::open(database(folder.path())).expect("raw");
    raw.execute(
        "UPDATE sightings SET token = (SELECT of.token FROM sightings of WHERE of.i <> sightings.i) WHERE i = ?",
        [first],
    )
    .expect("somebody with the file");
    drop(raw);
    assert!(matches!(audited(None), Audited::Sound(_)), "nobody can tell");
    let Audited::Faulty(fault) = audited(Some(&vault)) else {
        panic!("nothing was found");
    };
    assert_eq!((fault.position, fault.rule), (first, Rule::Sightings));
}
