//! Opening a database without ever harming one.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::StoreError;
use crate::files::{Unfinished, log_of};
use crate::log;

/// The database in a data folder.
pub const DATABASE_NAME: &str = "gatepost.sqlite3";
/// How long a statement waits for another program to let go.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The index of codes is random, so a new entry touches a page from anywhere in it. SQLite's own 2 MB hold
/// that of some ten thousand entries, this holds a year's.
const WRITER_CACHE_KIB: i32 = 16 * 1024;

/// No connection is used by two threads at once, which the type of a connection sees to, so SQLite need not lock it
/// for every column.
const UNSHARED: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// "GPST": tells a Gatepost database from any other SQLite file.
const APPLICATION_ID: i32 = 0x4750_5354;
/// Before 3.51.3 the WAL-reset bug can corrupt a database in WAL mode.
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;
/// Schema `n` is reached by migration `n - 1`; each runs in one transaction.
const MIGRATIONS: [Migration; 2] = [
    Migration {
        begin: include_str!("../migrations/0001_foundation.sql"),
        end: None,
    },
    Migration {
        begin: include_str!("../migrations/0002_ledger.sql"),
        end: Some(include_str!("../migrations/0002_ledger_end.sql")),
    },
];
/// The newest schema this program knows.
const NEWEST_SCHEMA: i32 = MIGRATIONS.len() as i32;

/// One step to the next schema. Where there is an `end`, what was recorded under the schema before is converted
/// between the two.
struct Migration {
    begin: &'static str,
    end: Option<&'static str>,
}

/// Converts the records of schema 1 in the middle of its migration.
pub(crate) type Convert<'a> = &'a mut dyn FnMut(&Transaction<'_>) -> Result<(), StoreError>;

/// Makes the folder where there is none, for its owner only.
pub(crate) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut maker = fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker
        .create(folder)
        .map_err(|error| StoreError::file(folder, error))
}

/// Makes a database in `folder` where there is none. It appears under its name only when it is complete, so an
/// empty file of that name is always damage; and so is a write-ahead log without its database: a new database
/// beside it would swallow the log.
pub(crate) fn make_where_missing(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(DATABASE_NAME);
    if path.exists() {
        return Ok(());
    }
    if log_of(&path).exists() {
        return Err(StoreError::Damaged);
    }
    create(&path)
}

/// Opens the database of `folder` for writing, brings an older schema up to date and refuses a newer one.
/// Never makes one: a disk that dropped out in the middle of a shift must not get a second, empty ledger. What the
/// log holds is on the disk before anything of it is read ([`log::write_again`]).
pub(crate) fn open_writer(folder: &Path, convert: Convert<'_>) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < OLDEST_SAFE_SQLITE {
        return Err(StoreError::SqliteTooOld {
            found: rusqlite::version(),
        });
    }
    let path = folder.join(DATABASE_NAME);
    if length_of(&path)? == 0 {
        return Err(StoreError::Damaged);
    }
    log::write_again(&path)?;
    let mut connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | UNSHARED)?;
    check_identity(&connection)?;
    check_length(&connection, &path)?;
    configure(&connection)?;
    if connection.is_readonly("main")? {
        return Err(StoreError::ReadOnly);
    }
    if migrate(&mut connection, convert)? {
        // What the old schema had in the clear must not stay in the log.
        truncate_log(&connection)?;
    }
    Ok(connection)
}

/// Opens a second connection that can only read: screens and exports.
pub(crate) fn open_reader(folder: &Path) -> Result<Connection, StoreError> {
    let path = folder.join(DATABASE_NAME);
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | UNSHARED)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    check_identity(&connection)?;
    Ok(connection)
}

fn create(path: &Path) -> Result<(), StoreError> {
    let unfinished = Unfinished::create(path)?;
    let mut connection = Connection::open(&unfinished.path)?;
    connection.pragma_update(None, "synchronous", "full")?;
    fill(&mut connection)?;
    connection.close().map_err(|(_, error)| error)?;
    unfinished.finish(path)
}

/// A new database that is nowhere, to compare others with.
pub(crate) fn in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    fill(&mut connection)?;
    Ok(connection)
}

fn fill(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(connection, &mut |_| Ok(()))?;
    Ok(())
}

/// Makes the new name of a file durable: it must survive a power cut too. On Windows a folder cannot be synced
/// and NTFS journals it.
///
/// # Errors
/// What the operating system says of the folder.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => {
            let here = folder.as_os_str().is_empty();
            File::open(if here { Path::new(".") } else { folder })?.sync_all()
        }
        _ => Ok(()),
    }
}

/// A file that was cut off is damaged. SQLite itself notices only when whole pages are missing, or when it comes to the
/// one that is not whole, which may be in the middle of a shift. Pages may be absent from the file while they still
/// stand in the write-ahead log, so only a file without one is measured; the log is looked at after the number of
/// pages, and the file after the log, because a gate may write beside this. The file is not opened: closing it
/// would take from this process all the locks on it that its connections hold.
fn check_length(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |pragma| -> Result<u64, StoreError> {
        Ok(connection.pragma_query_value(None, pragma, |row| row.get(0))?)
    };
    let expected = number("page_count")? * number("page_size")?;
    let stands_in_log = fs::metadata(log_of(path)).is_ok_and(|log| log.len() > 0);
    if !stands_in_log && length_of(path)? < expected {
        return Err(StoreError::Damaged);
    }
    Ok(())
}

fn length_of(path: &Path) -> Result<u64, StoreError> {
    let file = fs::metadata(path).map_err(|error| StoreError::file(path, error))?;
    Ok(file.len())
}

pub(crate) fn check_identity(connection: &Connection) -> Result<(), StoreError> {
    let identity: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if identity != APPLICATION_ID {
        return Err(StoreError::NotOurs);
    }
    let found = schema_of(connection)?;
    if found > NEWEST_SCHEMA {
        return Err(StoreError::NewerSchema {
            found,
            known: NEWEST_SCHEMA,
        });
    }
    Ok(())
}

pub(crate) fn schema_of(connection: &Connection) -> Result<i32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL and not NORMAL: the screen's word is given only after the record is on the disk.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Without it INSERT OR REPLACE would slip past the triggers that refuse DELETE.
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    Ok(())
}

/// Brings the schema up to date; returns whether anything had to be done.
fn migrate(connection: &mut Connection, convert: Convert<'_>) -> Result<bool, StoreError> {
    let found = schema_of(connection)?;
    let mut schema = found;
    while let Some(migration) = usize::try_from(schema).ok().and_then(|at| MIGRATIONS.get(at)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration.begin)?;
        if let Some(end) = migration.end {
            convert(&transaction)?;
            transaction.execute_batch(end)?;
        }
        schema += 1;
        transaction.pragma_update(None, "user_version", schema)?;
        transaction.commit()?;
    }
    Ok(schema != found)
}

/// Moves the write-ahead log into the database and cuts it to nothing. Returns false where a reader still needs
/// it.
pub(crate) fn truncate_log(connection: &Connection) -> Result<bool, StoreError> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!busy)
}

/// The same without waiting for a reader, for the door. A fault is no reason to doubt what was committed before:
/// it is tried again.
pub(crate) fn truncate_log_at_once(connection: &Connection) -> bool {
    let truncate = || {
        connection.busy_timeout(Duration::ZERO)?;
        truncate_log(connection)
    };
    let is_done = truncate().unwrap_or(false);
    connection.busy_timeout(BUSY_TIMEOUT).is_ok() && is_done
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    /// How many locks this process holds on a file.
    fn locks_on(path: &Path) -> usize {
        let (owner, file) = (
            std::process::id().to_string(),
            fs::metadata(path).expect("a file").ino(),
        );
        let locks = fs::read_to_string("/proc/locks").expect("the system's locks");
        let is_ours = |lock: &&str| {
            let words: Vec<_> = lock.split_whitespace().collect();
            words.contains(&owner.as_str()) && lock.contains(&format!(":{file} "))
        };
        locks.lines().filter(is_ours).count()
    }

    #[test]
    fn a_writer_that_is_opened_again_takes_no_lock_away() {
        let folder = tempfile::tempdir().expect("a folder");
        make_where_missing(folder.path()).expect("a database");
        let writer = || open_writer(folder.path(), &mut |_| Ok(())).expect("a writer");
        let path = folder.path().join(DATABASE_NAME);
        let first = writer();
        let _screen = open_reader(folder.path()).expect("a reader");
        let held = locks_on(&path);
        assert!(held > 0, "whoever has the log open holds a lock on the database");
        drop(first);
        let _again = writer();
        assert_eq!(locks_on(&path), held);
    }
}
