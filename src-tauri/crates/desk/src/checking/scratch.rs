//! A folder for the copy of one database.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;

use gatepost_store::StoreError;

/// Where the copies are, beside the key and the memory of this device.
const COPIES: &str = "check";

/// Removed with everything in it when the check ends. Whoever has it holds a lock, by which it is told from what a crash
/// left.
pub(super) struct Scratch {
    folder: PathBuf,
    lock: File,
}

impl Scratch {
    /// Makes the folder of a check, for the owner of the device only.
    pub(super) fn make(inspector_folder: &Path, number: u64) -> Result<Scratch, StoreError> {
        let name = format!("{}-{number}", process::id());
        let folder = inspector_folder.join(COPIES).join(name);
        let lock = lock_of(inspector_folder, &folder).map_err(|error| StoreError::file(&folder, error))?;
        let mut maker = DirBuilder::new();
        maker.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
        maker
            .create(&folder)
            .map_err(|error| StoreError::file(&folder, error))?;
        Ok(Scratch { folder, lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            // It is swept at the next start.
            tracing::warn!(%error, "the copy of a database could not be removed");
        }
        // The name has no meaning without the folder, and some systems remove no file that is locked.
        let _ = self.lock.unlock();
        let _ = fs::remove_file(lock_path(&self.folder));
    }
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

/// Locks a copy's place before it is there.
fn lock_of(inspector_folder: &Path, folder: &Path) -> io::Result<File> {
    fs::create_dir_all(inspector_folder.join(COPIES))?;
    let lock = File::create(lock_path(folder))?;
    lock.try_lock()?;
    Ok(lock)
}

/// Removes the copies that a crash left: they are of somebody's database. Those of a check that is going on, here or in
/// another window, stay.
pub(crate) fn sweep(inspector_folder: &Path) {
    let Ok(copies) = fs::read_dir(inspector_folder.join(COPIES)) else {
        return;
    };
    for folder in copies
        .flatten()
        .map(|copy| copy.path())
        .filter(|path| path.is_dir())
    {
        let lock = File::open(lock_path(&folder));
        let is_held = lock.is_ok_and(|lock| lock.try_lock().is_err());
        if is_held {
            continue;
        }
        let _ = fs::remove_file(lock_path(&folder));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "copies of databases could not be removed");
            }
            _ => {}
        }
    }
}
