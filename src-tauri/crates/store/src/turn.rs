//! Locks between programs. Each is held by an open file and ends with it, also where the program is killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::StoreError;
use crate::schema::BUSY_TIMEOUT;

/// Held by everybody who writes a data folder together, and by a restore alone.
const IN_USE_NAME: &str = "gatepost.lock";
/// How often a lock is tried that another program holds.
const PAUSE: Duration = Duration::from_millis(10);

/// Says that the folder is written by this program; others may write it too.
///
/// # Errors
/// [`StoreError::Locked`] while a backup is put back, or a file error.
pub(crate) fn use_folder(folder: &Path) -> Result<File, StoreError> {
    wait(&folder.join(IN_USE_NAME), File::try_lock_shared)
}

/// Keeps everybody from writing the folder.
///
/// # Errors
/// [`StoreError::Locked`] while somebody does, or a file error.
pub(crate) fn keep_folder(folder: &Path) -> Result<File, StoreError> {
    take(&folder.join(IN_USE_NAME))
}

/// Takes a lock that only one program has at a time.
///
/// # Errors
/// [`StoreError::Locked`] where another one has it for longer than [`BUSY_TIMEOUT`], or a file error.
pub(crate) fn take(path: &Path) -> Result<File, StoreError> {
    wait(path, File::try_lock)
}

fn wait(path: &Path, attempt: impl Fn(&File) -> Result<(), TryLockError>) -> Result<File, StoreError> {
    let fault = |error| StoreError::file(path, error);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(path).map_err(fault)?;
    let began = Instant::now();
    loop {
        match attempt(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < BUSY_TIMEOUT => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
            // A file system that knows no locks is used by one program at a time.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
    }
}
