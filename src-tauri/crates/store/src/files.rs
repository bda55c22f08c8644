//! Files beside the database: their names, and new ones that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::schema::sync_folder_of;

/// The files that SQLite puts beside a database.
pub(crate) const BESIDE: [&str; 3] = [LOG, "-shm", "-journal"];
const LOG: &str = "-wal";

/// A path with something behind its name.
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

/// The write-ahead log of a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    with_ending(database, LOG)
}

/// The name that a file has while it is being written.
pub(crate) fn unfinished_name(path: &Path) -> PathBuf {
    with_ending(path, ".new")
}

/// A file under another name until it is complete; removed where it never becomes so.
pub(crate) struct Unfinished {
    pub(crate) path: PathBuf,
}

impl Unfinished {
    /// An empty file for its owner only, in place of what an attempt before may have left.
    pub(crate) fn create(file: &Path) -> Result<Unfinished, StoreError> {
        let path = unfinished_name(file);
        create(&path).map_err(|error| StoreError::file(&path, error))?;
        Ok(Unfinished { path })
    }

    /// Gives the file, which is complete and durable, its name.
    pub(crate) fn finish(self, file: &Path) -> Result<(), StoreError> {
        finish(&self.path, file)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing to remove; after a fault the fault is what counts.
        let _ = fs::remove_file(&self.path);
        for ending in BESIDE {
            let _ = fs::remove_file(with_ending(&self.path, ending));
        }
    }
}

fn create(unfinished: &Path) -> io::Result<File> {
    for path in BESIDE
        .map(|ending| with_ending(unfinished, ending))
        .into_iter()
        .chain([unfinished.to_owned()])
    {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(unfinished)
}

/// Writes a whole file for its owner only under its unfinished name, which is durable once this returns.
pub(crate) fn write_unfinished(path: &Path, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let unfinished = unfinished_name(path);
    let written = create(&unfinished)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| sync_folder_of(&unfinished));
    match written {
        Ok(()) => Ok(unfinished),
        Err(error) => Err(StoreError::file(unfinished, error)),
    }
}

/// Gives a file that is complete its name.
pub(crate) fn finish(unfinished: &Path, path: &Path) -> Result<(), StoreError> {
    fs::rename(unfinished, path)
        .and_then(|()| sync_folder_of(path))
        .map_err(|error| StoreError::file(path, error))
}
