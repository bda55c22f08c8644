//! Looking at what a crash has left.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{fs, io};

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// What is wrong with the state that a crash left.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// There is no database, or SQLite cannot read it.
    Unreadable,
    /// SQLite's own check finds damage.
    Damaged,
    /// Readable and whole, but older than what was confirmed.
    ConfirmedIsLost,
    /// What it holds was never the outcome of a call: half a transaction, or a foreign one.
    HalfWritten,
}

/// A fingerprint of every row of every table, and of the schema.
///
/// # Errors
/// SQLite's.
pub fn contents(database: &Connection) -> rusqlite::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut tables = Vec::new();
    {
        let mut schema = database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name, type")?;
        let mut rows = schema.query([])?;
        while let Some(row) = rows.next()? {
            let kind: String = row.get(0)?;
            let name: String = row.get(1)?;
            row.get::<_, Option<String>>(2)?.hash(&mut hasher);
            if kind == "table" {
                tables.push(name);
            }
        }
    }
    for table in tables {
        table.hash(&mut hasher);
        let mut rows = database.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => hasher.write_u8(0),
                    ValueRef::Integer(number) => hasher.write_i64(number),
                    ValueRef::Real(number) => hasher.write_u64(number.to_bits()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        hasher.write_usize(bytes.len());
                        hasher.write(bytes);
                    }
                }
            }
        }
    }
    Ok(hasher.finish())
}

/// The same of the database file at `path`, through a connection of its own that only reads.
///
/// # Errors
/// SQLite's.
pub fn contents_of_file(path: &Path) -> rusqlite::Result<u64> {
    contents(&Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )?)
}

/// The fingerprint of a folder without a database.
pub(super) const NOTHING: u64 = 0;

/// Everything that may be found after a crash.
pub(super) struct Expected<'list> {
    /// Fingerprints, from the last confirmed call on; the one after it may have arrived, too.
    pub(super) newest: &'list [u64],
    /// Fingerprints of earlier calls.
    pub(super) older: &'list [u64],
}

/// The folder in memory that many systems have; another one is as good and slower.
const QUICK_FOLDER: &str = "/dev/shm";

/// A folder for what crashes leave, one after the other.
pub(super) struct StateFolder(TempDir);

impl StateFolder {
    pub(super) fn new() -> io::Result<StateFolder> {
        let folder = match tempfile::tempdir_in(QUICK_FOLDER) {
            Ok(folder) => folder,
            Err(_) => tempfile::tempdir()?,
        };
        Ok(StateFolder(folder))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// These files and no others.
    pub(super) fn fill(&self, left: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
        for file in fs::read_dir(self.path())? {
            fs::remove_file(file?.path())?;
        }
        for (name, bytes) in left {
            fs::write(self.path().join(name), bytes)?;
        }
        Ok(())
    }
}

/// Looks as thoroughly as asked; `None` when everything confirmed is there and nothing else.
pub(super) fn look(
    folder: &StateFolder,
    left: &BTreeMap<String, Vec<u8>>,
    name: &str,
    expected: &Expected<'_>,
    thoroughly: bool,
) -> Option<Fault> {
    if !left.contains_key(name) {
        let log = format!("{name}-wal");
        let may_be_missing = expected.newest.first() == Some(&NOTHING) && !left.contains_key(&log);
        return (!may_be_missing).then_some(Fault::Unreadable);
    }
    folder.fill(left).expect("room for a few files in memory");
    let Ok((found, is_whole)) = open(&folder.path().join(name)).and_then(|database| {
        let found = contents(&database)?;
        Ok((found, !thoroughly || is_whole(&database)?))
    }) else {
        return Some(Fault::Unreadable);
    };
    if !is_whole {
        Some(Fault::Damaged)
    } else if expected.newest.iter().take(2).any(|contents| *contents == found) {
        None
    } else if expected.older.contains(&found) {
        Some(Fault::ConfirmedIsLost)
    } else {
        Some(Fault::HalfWritten)
    }
}

/// Through SQLite's own layer, alone, so that the index of the log needs no file, and without tidying up in the end.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags_and_vfs(path, flags, "unix")?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    database.pragma_update(None, "locking_mode", "exclusive")?;
    // A journal that is rolled back need not wait for a disk.
    database.pragma_update(None, "synchronous", "off")?;
    Ok(database)
}

fn is_whole(database: &Connection) -> rusqlite::Result<bool> {
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}
