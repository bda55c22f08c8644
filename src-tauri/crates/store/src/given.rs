//! What somebody gives to be checked: a data folder, a database under another name, or a bundle.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::files::log_of;
use crate::{DATABASE_NAME, StoreError};

/// How every SQLite database begins.
const DATABASE_BEGINS: &[u8] = b"SQLite format 3\0";
/// How every zip file begins.
const ZIP_BEGINS: &[u8] = b"PK";

/// What is at a path, as far as its name and its first bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A folder with a database in it; also where the path is that of the database.
    Folder(PathBuf),
    /// A database under another name: a backup, or a copy. [`copy_database`] puts it into a folder of its own.
    Database(PathBuf),
    /// A zip file, or what is named like one.
    Bundle(PathBuf),
}

impl Given {
    /// Looks at what is at `path`.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`] for a folder without a database, [`StoreError::NotOurs`] for any other file, or a
    /// file error.
    pub fn at(path: &Path) -> Result<Given, StoreError> {
        if path.is_dir() {
            return match path.join(DATABASE_NAME).exists() {
                true => Ok(Given::Folder(path.to_owned())),
                false => Err(StoreError::NotSetUp),
            };
        }
        let mut first_bytes = Vec::new();
        File::open(path)
            .and_then(|file| {
                file.take(DATABASE_BEGINS.len() as u64)
                    .read_to_end(&mut first_bytes)
            })
            .map_err(|error| StoreError::file(path, error))?;
        if path.file_name().is_some_and(|name| name == DATABASE_NAME) {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            return Ok(Given::Folder(folder.unwrap_or(Path::new(".")).to_owned()));
        }
        if first_bytes == DATABASE_BEGINS {
            return Ok(Given::Database(path.to_owned()));
        }
        let is_named_zip = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
        if is_named_zip || first_bytes.starts_with(ZIP_BEGINS) {
            return Ok(Given::Bundle(path.to_owned()));
        }
        Err(StoreError::NotOurs)
    }
}

/// Copies a database that nobody writes meanwhile into `folder`, under the name that it has in a data folder, for
/// its owner only. Its write-ahead log, where it has one, goes with it: the last records may stand in nothing else.
///
/// # Errors
/// [`StoreError::DiskFull`], or a file error, also where the folder has a database.
pub fn copy_database(database: &Path, folder: &Path) -> Result<(), StoreError> {
    let copy = folder.join(DATABASE_NAME);
    copy_new(open(database)?, database, &copy)?;
    match open(&log_of(database)) {
        Err(StoreError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
        log => copy_new(log?, &log_of(database), &log_of(&copy)),
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    File::open(path).map_err(|error| StoreError::file(path, error))
}

fn copy_new(mut from: File, name: &Path, to: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut copy = options.open(to).map_err(|error| StoreError::file(to, error))?;
    // Which of the two it was cannot be told; a full disk is told by its kind.
    io::copy(&mut from, &mut copy)
        .map(|_| ())
        .map_err(|error| StoreError::file(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_given_is_told_by_its_name_and_its_first_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let put = |name: &str, bytes: &[u8]| fs::write(path(name), bytes).expect("written");
        assert!(matches!(Given::at(folder.path()), Err(StoreError::NotSetUp)));
        assert!(matches!(Given::at(&path("none")), Err(StoreError::File { .. })));
        for name in [DATABASE_NAME, "backup.sqlite3"] {
            put(name, b"SQLite format 3\0 and more");
        }
        put("bundle", b"PK\x03\x04");
        put("broken.ZIP", b"KP");
        put("letter.txt", b"SQLite format 3");
        let of_folder = Given::Folder(folder.path().to_owned());
        assert_eq!(Given::at(folder.path()).expect("known"), of_folder);
        assert_eq!(Given::at(&path(DATABASE_NAME)).expect("known"), of_folder);
        assert_eq!(
            Given::at(&path("backup.sqlite3")).expect("known"),
            Given::Database(path("backup.sqlite3"))
        );
        for name in ["bundle", "broken.ZIP"] {
            assert_eq!(Given::at(&path(name)).expect("known"), Given::Bundle(path(name)));
        }
        assert!(matches!(Given::at(&path("letter.txt")), Err(StoreError::NotOurs)));
    }

    #[test]
    fn a_database_is_copied_with_its_log_and_over_nothing() {
        let (from, to) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let database = from.path().join("mine.sqlite3");
        fs::write(&database, "pages").expect("written");
        let copied = |name: &str| fs::read_to_string(to.path().join(name)).ok();
        copy_database(&database, to.path()).expect("copied");
        assert_eq!(copied(DATABASE_NAME).as_deref(), Some("pages"));
        assert_eq!(copied("gatepost.sqlite3-wal"), None);
        let again = copy_database(&database, to.path());
        assert!(matches!(again, Err(StoreError::File { .. })));
        fs::remove_file(to.path().join(DATABASE_NAME)).expect("removed");
        fs::write(from.path().join("mine.sqlite3-wal"), "last pages").expect("written");
        copy_database(&database, to.path()).expect("copied");
        assert_eq!(copied("gatepost.sqlite3-wal").as_deref(), Some("last pages"));
    }
}
