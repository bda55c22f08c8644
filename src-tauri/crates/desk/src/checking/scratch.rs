//! A folder for the copy of one database.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process;

use gatepost_store::StoreError;

/// Where the copies are, beside the key and the memory of this device.
const COPIES: &str = "check";

/// Removed with everything in it when the check ends.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder of a check, for the owner of the device only.
    pub(super) fn make(inspector_folder: &Path, number: u64) -> Result<Scratch, StoreError> {
        let name = format!("{}-{number}", process::id());
        let folder = inspector_folder.join(COPIES).join(name);
        let mut maker = DirBuilder::new();
        maker.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
        maker
            .create(&folder)
            .map_err(|error| StoreError::file(&folder, error))?;
        Ok(Scratch(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            // It is swept at the next start.
            tracing::warn!(%error, "the copy of a database could not be removed");
        }
    }
}

/// Removes the copies that a crash left: they are of somebody's database.
pub(crate) fn sweep(inspector_folder: &Path) {
    match fs::remove_dir_all(inspector_folder.join(COPIES)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, "copies of databases could not be removed");
        }
        _ => {}
    }
}
