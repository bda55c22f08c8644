//! A folder that was only looked at is left as it was found.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::files::{BESIDE, log_of, with_ending};
use crate::{DATABASE_NAME, StoreError};

/// Whoever reads a database with a write-ahead log needs an index of the log, which SQLite puts beside it, with an
/// empty log where there is none. A reader cannot remove them, because a gate may have come to use them. They are
/// removed when this is dropped, which has to be after the connections, unless somebody has the database open then.
pub(crate) struct AsFound {
    database: PathBuf,
    absent: Vec<PathBuf>,
}

impl AsFound {
    /// Looks at the folder before it is opened.
    pub(crate) fn of(folder: &Path) -> AsFound {
        let database = folder.join(DATABASE_NAME);
        let mut absent: Vec<_> = BESIDE.map(|ending| with_ending(&database, ending)).into();
        absent.retain(|path| !path.exists());
        AsFound { database, absent }
    }

    fn put_back(&self) -> Result<(), StoreError> {
        let log = log_of(&self.database);
        let is_used = |path: &PathBuf| *path == log && fs::metadata(path).is_ok_and(|log| log.len() > 0);
        let made: Vec<_> = self.absent.iter().filter(|path| path.exists()).collect();
        // Somebody wrote a log of records meanwhile, and it is theirs.
        if made.is_empty() || made.iter().any(|path| is_used(path)) {
            return Ok(());
        }
        let _alone = alone_with(&self.database)?;
        for path in made.into_iter().filter(|path| !is_used(path)) {
            fs::remove_file(path).map_err(|error| StoreError::file(path, error))?;
        }
        Ok(())
    }
}

impl Drop for AsFound {
    fn drop(&mut self) {
        // Two files more do no harm, and somebody else may need them.
        let _ = self.put_back();
    }
}

/// A connection that nobody else has one beside: everybody who has a database with a write-ahead log open holds a
/// shared lock on it. It keeps its own index in memory, and changes nothing when it is closed.
fn alone_with(database: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema, untrusted};

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        schema::make_where_missing(folder.path()).expect("a database");
        // The header tells that there may be a log.
        drop(schema::open_writer(folder.path(), &mut |_| Ok(())).expect("a writer"));
        folder
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let files = fs::read_dir(folder.path()).expect("the folder");
        let mut names: Vec<_> = files
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn read(folder: &tempfile::TempDir) -> Connection {
        untrusted::open_folder(folder.path()).expect("readable")
    }

    #[test]
    fn what_reading_put_there_goes_with_the_last_reader() {
        let folder = folder();
        let before = names(&folder);
        let as_found = AsFound::of(folder.path());
        let readers = [read(&folder), read(&folder)];
        assert_ne!(names(&folder), before, "SQLite needs its index");
        drop(readers);
        drop(as_found);
        assert_eq!(names(&folder), before);
    }

    #[test]
    fn what_a_gate_uses_stays() {
        let folder = folder();
        let as_found = AsFound::of(folder.path());
        let reader = read(&folder);
        let gate = schema::open_writer(folder.path(), &mut |_| Ok(())).expect("a writer");
        let open = names(&folder);
        drop(reader);
        drop(as_found);
        assert_eq!(names(&folder), open);
        gate.execute_batch("INSERT INTO settings (key, value) VALUES ('a', 'b')")
            .expect("written");
        assert!(log_of(&folder.path().join(DATABASE_NAME)).exists());
    }

    #[test]
    fn a_log_with_records_is_kept_byte_for_byte_and_only_its_index_goes() {
        let folder = folder();
        let copy = tempfile::tempdir().expect("a folder");
        let gate = schema::open_writer(folder.path(), &mut |_| Ok(())).expect("a writer");
        gate.execute_batch("INSERT INTO settings (key, value) VALUES ('a', 'b')")
            .expect("written");
        let files = [DATABASE_NAME.to_owned(), format!("{DATABASE_NAME}-wal")];
        for name in &files {
            fs::copy(folder.path().join(name), copy.path().join(name)).expect("a copy");
        }
        let bytes = || {
            files
                .clone()
                .map(|name| fs::read(copy.path().join(name)).expect("bytes"))
        };
        let before = bytes();
        assert!(!before[1].is_empty());
        let as_found = AsFound::of(copy.path());
        let value: String = read(&copy)
            .query_row("SELECT value FROM settings WHERE key = 'a'", [], |row| row.get(0))
            .expect("what only the log has");
        assert_eq!(value, "b");
        drop(as_found);
        assert_eq!(names(&copy), files);
        assert!(bytes() == before);
    }
}
