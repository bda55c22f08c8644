//! Backups and what putting them back does, on real files.

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::{SmallDisk, append_entries, backup, contents, database, entry, moment, new_store, open};
use gatepost_ledger::{Body, Seal};
use gatepost_store::{
    BackupDone, DATABASE_NAME, Difference, EntryFilter, KeyFile, NewRecord, RestoreChoice, Store, StoreError,
    plan_restore, prepare_backup, restore,
};
use rusqlite::Connection;

fn back_up(folder: &Path, file: &Path) -> BackupDone {
    backup(folder, file, |_| ()).expect("a backup")
}

fn plan(file: &Path, folder: &Path) -> Difference {
    plan_restore(file, folder, &KeyFile::in_folder(folder))
        .expect("a plan")
        .difference
}

fn entries(store: &Store) -> u32 {
    let reader = store.reader().expect("a reader");
    reader.counts(&EntryFilter::default()).expect("counts").all()
}

#[test]
fn a_backup_is_made_while_the_gate_goes_on_and_holds_one_moment_of_it() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 3000);
    let file = away.path().join("backup.sqlite3");
    let is_done = AtomicBool::new(false);
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            let mut second = 10_000;
            while !is_done.load(Ordering::Relaxed) {
                store.append_entry(&entry(second)).expect("an entry");
                second += 1;
            }
        });
        let mut reports = Vec::new();
        let done = backup(folder.path(), &file, |progress| reports.push(progress));
        is_done.store(true, Ordering::Relaxed);
        let newest = *reports.last().expect("progress");
        assert_eq!(newest.done_pages, newest.all_pages);
        done.expect("a backup")
    });
    assert_eq!(done.bytes, fs::metadata(&file).expect("the file").len());
    assert_eq!(Seal::of_note(&done.seal).expect("a seal").size, done.size);
    assert!(done.size >= 3000);
    let raw = Connection::open(&file).expect("any SQLite opens it");
    let check: String = raw
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a check");
    assert_eq!(check, "ok");
    assert_eq!(
        fs::read_dir(away.path()).expect("the folder").count(),
        1,
        "one file"
    );
}

#[test]
fn a_backup_is_for_its_owner_only_and_holds_no_key() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    let bytes = fs::read(&file).expect("the backup");
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let mut secrets = 0;
    for (path, secret) in contents(folder.path()) {
        if path.contains("gatepost.") && !path.contains("sqlite3") && !path.ends_with("lock") {
            secrets += 1;
            assert!(!holds(&secret[..32.min(secret.len())]), "{path}");
        }
    }
    assert!(secrets >= 3, "the keys of the device, of signatures and of days");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_backup_writes_over_nothing_and_an_empty_ledger_has_none() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let file = away.path().join("backup.sqlite3");
    drop(open(folder.path()).expect("a store that nobody set up"));
    assert!(matches!(
        backup(folder.path(), &file, |_| ()),
        Err(StoreError::NotSetUp)
    ));
    assert_eq!(fs::read_dir(away.path()).expect("the folder").count(), 0);
    drop(new_store(folder.path()));
    fs::write(&file, b"last year's").expect("a file");
    assert!(matches!(
        backup(folder.path(), &file, |_| ()),
        Err(StoreError::AlreadyThere { .. })
    ));
    assert_eq!(fs::read(&file).expect("the file"), b"last year's");
}

#[test]
fn a_backup_has_no_name_before_it_is_recorded_and_is_gone_where_that_fails() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let file = away.path().join("backup.sqlite3");
    let mut store = new_store(folder.path());
    let prepare = || prepare_backup(folder.path(), &file, |_| ()).expect("prepared");
    let prepared = prepare();
    assert!(!file.exists(), "nobody recorded it yet");
    drop(prepared);
    assert_eq!(fs::read_dir(away.path()).expect("the folder").count(), 0);

    let prepared = prepare();
    let record = NewRecord {
        at: moment(9),
        gate: common::GATE.to_owned(),
        by: None,
        body: prepared.body(),
    };
    let position = store.append_export(&record, None).expect("a record");
    let done = prepared.publish().expect("a backup");
    let leaf = store
        .reader()
        .expect("a reader")
        .leaf(position)
        .expect("the record");
    let Body::Export {
        rows,
        sha256,
        disclosed,
    } = leaf.body
    else {
        panic!("no export: {:?}", leaf.body)
    };
    assert_eq!((rows, sha256, disclosed), (done.size, done.sha256, vec![]));
    assert_eq!(
        done.size, position,
        "what it holds is the ledger before its record"
    );

    let second = away.path().join("second");
    let prepared = prepare_backup(folder.path(), &second, |_| ()).expect("prepared");
    fs::write(&second, b"somebody else's").expect("a file");
    let refused = prepared.publish();
    assert!(
        matches!(refused, Err(StoreError::AlreadyThere { .. })),
        "{refused:?}"
    );
    assert_eq!(fs::read(&second).expect("the file"), b"somebody else's");
}

#[test]
fn a_full_or_read_only_target_is_named_and_keeps_no_half_file() {
    let Some(disk) = SmallDisk::mount("256k") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 2000);
    let file = disk.path().join("backup.sqlite3");
    let full = backup(folder.path(), &file, |_| ());
    assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
    assert_eq!(fs::read_dir(disk.path()).expect("the disk").count(), 0);
    disk.remount("ro");
    let refused = backup(folder.path(), &file, |_| ());
    assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
}

#[test]
fn a_backup_whose_record_was_changed_is_no_backup() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    let raw = Connection::open(&file).expect("raw");
    raw.execute_batch(
        "PRAGMA foreign_keys = off; DROP TRIGGER records_are_not_deleted;
         DELETE FROM records WHERE i = (SELECT max(i) FROM records);
         CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
         BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;",
    )
    .expect("somebody cuts it off");
    drop(raw);
    let refused = plan_restore(&file, folder.path(), &KeyFile::in_folder(folder.path()));
    assert!(matches!(refused, Err(StoreError::Damaged)), "{refused:?}");
}

#[test]
fn a_lost_database_comes_back_and_goes_on_with_a_record_of_it() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    let done = back_up(folder.path(), &file);
    drop(store);
    fs::remove_file(database(folder.path())).expect("lost");
    let vault = KeyFile::in_folder(folder.path());
    let restored = restore(&file, folder.path(), &vault, RestoreChoice::WithoutLoss).expect("restored");
    assert_eq!(restored.plan.difference, Difference::NoLedger);
    assert!(restored.plan.vault_fits);
    assert_eq!(restored.kept, None);
    let mut store = open(folder.path()).expect("the ledger");
    assert_eq!(entries(&store), 20);
    let boot = store
        .boot(moment(100).wall_ms, 0, common::GATE, "0")
        .expect("the first start");
    let reader = store.reader().expect("a reader");
    let leaf = reader.leaf(done.size + 1).expect("a record behind the start's");
    let expected = Body::Restore {
        size: done.size,
        lost: Some(0),
    };
    assert_eq!((leaf.body, leaf.at.boot), (expected, boot));
    let records = reader.records().expect("records");
    store
        .boot(moment(200).wall_ms, 0, common::GATE, "0")
        .expect("the second start");
    assert_eq!(reader.records().expect("records"), records + 1, "it is told once");
}

#[test]
fn an_older_backup_takes_the_place_of_a_longer_ledger_only_when_that_very_loss_is_confirmed() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    let done = back_up(folder.path(), &file);
    append_entries(&mut store, 50, 5);
    let vault = KeyFile::in_folder(folder.path());
    let lost = Difference::BackupIsShorter { lost: 5 };
    assert_eq!(plan(&file, folder.path()), lost);
    let in_use = restore(&file, folder.path(), &vault, RestoreChoice::Confirmed(lost));
    assert!(matches!(in_use, Err(StoreError::Locked)), "{in_use:?}");
    drop(store);
    for choice in [
        RestoreChoice::WithoutLoss,
        RestoreChoice::Confirmed(Difference::BackupIsShorter { lost: 4 }),
    ] {
        let refused = restore(&file, folder.path(), &vault, choice);
        assert!(matches!(refused, Err(StoreError::RestoreUnconfirmed)));
    }
    let restored = restore(&file, folder.path(), &vault, RestoreChoice::Confirmed(lost)).expect("restored");
    assert_eq!(restored.plan.difference, lost);
    let kept = restored.kept.expect("the longer ledger is kept");
    assert!(kept.ends_with(format!("{DATABASE_NAME}.before-restore-1")));
    let mut store = open(folder.path()).expect("the ledger");
    assert_eq!(entries(&store), 20);
    assert_eq!(
        plan(&kept, folder.path()),
        Difference::BackupIsLonger { gained: 5 }
    );
    assert_eq!(restores(&mut store), [(done.size, Some(5))]);
}

/// What the next start records of restores.
fn restores(store: &mut Store) -> Vec<(u64, Option<u64>)> {
    let reader = store.reader().expect("a reader");
    let from = reader.records().expect("records");
    store
        .boot(moment(100).wall_ms, 0, common::GATE, "0")
        .expect("a start");
    let leaves = (from..reader.records().expect("records")).map(|at| reader.leaf(at).expect("a record"));
    leaves
        .filter_map(|leaf| match leaf.body {
            Body::Restore { size, lost } => Some((size, lost)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_backup_of_a_ledger_that_went_on_differently_is_told_from_an_older_one() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let (early, late) = (
        away.path().join("early.sqlite3"),
        away.path().join("late.sqlite3"),
    );
    let common = back_up(folder.path(), &early).size;
    append_entries(&mut store, 50, 7);
    back_up(folder.path(), &late);
    drop(store);
    let vault = KeyFile::in_folder(folder.path());
    let choice = RestoreChoice::Confirmed(plan(&early, folder.path()));
    restore(&early, folder.path(), &vault, choice).expect("restored");
    assert_eq!(
        plan(&late, folder.path()),
        Difference::BackupIsLonger { gained: 7 }
    );
    let mut store = open(folder.path()).expect("the ledger");
    append_entries(&mut store, 200, 3);
    drop(store);
    assert_eq!(plan(&late, folder.path()), Difference::Forked { common, lost: 3 });
    let other = tempfile::tempdir().expect("a folder");
    drop(new_store(other.path()));
    let lost = common::SET_UP_RECORDS;
    let found = plan(&late, other.path());
    assert!(
        matches!(found, Difference::OtherLedger { lost: all } if all >= lost),
        "{found:?}"
    );
}

#[test]
fn what_cannot_be_read_is_kept_with_its_log_and_nobody_claims_to_know_what_is_lost() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    drop(store);
    let damaged = vec![0xA5; 40_000];
    fs::write(database(folder.path()), &damaged).expect("damaged");
    fs::write(folder.path().join(format!("{DATABASE_NAME}-wal")), b"a log").expect("a log");
    let vault = KeyFile::in_folder(folder.path());
    let choice = RestoreChoice::Confirmed(Difference::Unreadable);
    let restored = restore(&file, folder.path(), &vault, choice).expect("restored");
    let kept = restored.kept.expect("kept");
    assert_eq!(fs::read(&kept).expect("bytes"), damaged);
    let log = format!("{}-wal", kept.display());
    assert_eq!(fs::read(log).expect("bytes"), b"a log");
    let mut store = open(folder.path()).expect("the ledger");
    assert_eq!(entries(&store), 20);
    assert_eq!(restores(&mut store), [(restored.plan.size, None)]);
}

#[test]
fn a_ledger_that_may_be_whole_is_never_taken_for_one_that_cannot_be_read() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    drop(store);
    let vault = KeyFile::in_folder(folder.path());
    let raw = Connection::open(database(folder.path())).expect("raw");
    raw.execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE")
        .expect("somebody holds it");
    let held = plan_restore(&file, folder.path(), &vault);
    assert!(matches!(held, Err(StoreError::Locked)), "{held:?}");
    raw.execute_batch("ROLLBACK; PRAGMA user_version = 99")
        .expect("a newer program");
    drop(raw);
    let newer = plan_restore(&file, folder.path(), &vault);
    assert!(
        matches!(newer, Err(StoreError::NewerSchema { found: 99, .. })),
        "{newer:?}"
    );
}

#[test]
fn a_database_that_became_unreadable_under_a_gate_is_not_replaced_before_the_gate_lets_go() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    fs::write(database(folder.path()), vec![0xA5; 40_000]).expect("damaged");
    let log = folder.path().join(format!("{DATABASE_NAME}-wal"));
    assert!(log.exists());
    let vault = KeyFile::in_folder(folder.path());
    let choice = RestoreChoice::Confirmed(Difference::Unreadable);
    let refused = restore(&file, folder.path(), &vault, choice);
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    assert!(log.exists(), "its log stays where it is");
    drop(store);
    restore(&file, folder.path(), &vault, choice).expect("restored");
}

#[test]
fn a_backup_with_a_record_that_was_edited_or_another_schema_is_no_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 400);
    let vault = KeyFile::in_folder(folder.path());
    let guard: String = Connection::open(database(folder.path()))
        .expect("raw")
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'records_are_not_updated'",
            [],
            |row| row.get(0),
        )
        .expect("the trigger");
    let edit = "UPDATE records SET leaf = CAST(replace(CAST(leaf AS TEXT), '\"worn\"', '\"put_on\"') AS BLOB)
                WHERE i = 20;";
    let kind = "UPDATE records SET kind = 'note' WHERE i = 20;";
    let unguarded = "DROP TRIGGER records_are_not_updated;";
    let again = |change: &str| format!("{unguarded} {change} {guard}");
    let cases = [
        (again(""), None),
        (again(edit), Some("damaged")),
        (again(kind), Some("damaged")),
        (unguarded.to_owned(), Some("schema")),
        (
            "CREATE TRIGGER more AFTER INSERT ON records BEGIN SELECT 1; END".to_owned(),
            Some("schema"),
        ),
        (
            "ALTER TABLE records RENAME TO stones; CREATE VIEW records AS SELECT * FROM stones".to_owned(),
            Some("schema"),
        ),
    ];
    for (sql, refused) in cases {
        let away = tempfile::tempdir().expect("a folder");
        let file = away.path().join("backup.sqlite3");
        back_up(folder.path(), &file);
        Connection::open(&file)
            .expect("raw")
            .execute_batch(&sql)
            .expect("somebody changes it");
        let planned = plan_restore(&file, folder.path(), &vault);
        let word = match &planned {
            Ok(_) => None,
            Err(StoreError::Damaged) => Some("damaged"),
            Err(StoreError::OtherSchema) => Some("schema"),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(word, refused, "{sql}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_backup_is_verified_wherever_it_lies() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    for name in [
        &b"100% #1?.sqlite3"[..],
        "备份.sqlite3".as_bytes(),
        b"\xFF\xFE.sqlite3",
    ] {
        let away = tempfile::tempdir().expect("a folder");
        let file = away.path().join(std::ffi::OsStr::from_bytes(name));
        back_up(folder.path(), &file);
        assert_eq!(plan(&file, folder.path()), Difference::Same);
    }
}

#[test]
fn a_backup_without_its_vault_can_be_read_and_the_plan_says_that_it_cannot_go_on() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    drop(new_store(folder.path()));
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let plan = plan_restore(&file, elsewhere.path(), &KeyFile::in_folder(elsewhere.path())).expect("a plan");
    assert!(!plan.vault_fits);
}

#[test]
fn what_was_erased_since_the_backup_stays_unreadable_and_is_due_again() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 20);
    let file = away.path().join("backup.sqlite3");
    back_up(folder.path(), &file);
    let later = moment(40 * 86_400);
    let erased = store.erase_due(later, common::GATE, None).expect("an erasure");
    assert_eq!(erased.len(), 1);
    drop(store);

    let vault = KeyFile::in_folder(folder.path());
    let plan = plan_restore(&file, folder.path(), &vault).expect("a plan");
    let since = plan.erased_since.first().expect("it is told");
    assert_eq!(
        (since.position, since.count),
        (erased[0].position, erased[0].count)
    );
    let choice = RestoreChoice::Confirmed(plan.difference);
    restore(&file, folder.path(), &vault, choice).expect("restored");
    let mut store = open(folder.path()).expect("the ledger");
    let found = store
        .reader()
        .expect("a reader")
        .entry(common::SET_UP_RECORDS)
        .expect("an entry");
    assert_eq!(found.temperature, None);
    let again = store.erase_due(later, common::GATE, None).expect("an erasure");
    assert_eq!(again[0].count, erased[0].count);
}
