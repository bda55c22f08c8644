//! Room that is kept back on the disk, so that a full one does not close the gate.
//!
//! A file of [`RESERVE_BYTES`] lies in the data folder. When a write finds no room, the file is given up and the
//! write is done again: some hundred thousand entries go on being recorded while the manager is alarmed. The file
//! is made again once there is room, and never takes the last gigabyte.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use fs4::FileExt;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::schema::sync_folder_of;
use crate::vault::unfinished_name;

/// The name of the reserve in a data folder.
pub const RESERVE_NAME: &str = "gatepost.reserve";
/// What is kept back, bytes.
pub const RESERVE_BYTES: u64 = 64 << 20;
/// Less free room than this is alarming, bytes.
pub const ALARM_BELOW_BYTES: u64 = 500_000_000;
/// The reserve is made only where more than this is free, bytes.
pub const MADE_ABOVE_BYTES: u64 = 1_000_000_000;

/// What became of the room that is kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ReserveState {
    /// It is there.
    Present,
    /// The disk ran full and it was given up, so that the gate could go on.
    Used,
    /// There was never room enough to make it.
    Absent,
}

/// How much room there is for further records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// Free for this user, bytes, not counting the reserve.
    pub free_bytes: u64,
    /// The room that is kept back.
    pub reserve: ReserveState,
}

impl DiskSpace {
    /// Whether the manager must make room: less than [`ALARM_BELOW_BYTES`] is free, or nothing is kept back.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        self.free_bytes < ALARM_BELOW_BYTES || self.reserve != ReserveState::Present
    }
}

/// The reserve of one data folder.
pub(crate) struct Reserve {
    path: PathBuf,
    state: ReserveState,
}

impl Reserve {
    /// Finds the reserve of a folder. One that was given up has left an empty file, so that the next start knows.
    pub(crate) fn of_folder(folder: &Path) -> Reserve {
        let path = folder.join(RESERVE_NAME);
        let state = match fs::metadata(&path).map(|file| file.len()) {
            Ok(RESERVE_BYTES) => ReserveState::Present,
            Ok(0) => ReserveState::Used,
            Ok(_) | Err(_) => ReserveState::Absent,
        };
        Reserve { path, state }
    }

    /// Makes the reserve where there is none and room for it. Never an error: a gate without a reserve still
    /// records.
    pub(crate) fn renew(&mut self) {
        if self.state == ReserveState::Present {
            return;
        }
        if free_bytes(&self.path).is_ok_and(|free| free > MADE_ABOVE_BYTES) {
            match make(&self.path) {
                Ok(()) => self.state = ReserveState::Present,
                // Half a reserve takes room and gives none.
                Err(_) => drop(fs::remove_file(unfinished_name(&self.path))),
            }
        }
    }

    /// Gives the reserve up. Tells whether that made room.
    pub(crate) fn give_up(&mut self) -> bool {
        if self.state != ReserveState::Present {
            return false;
        }
        let emptied = OpenOptions::new().write(true).open(&self.path).and_then(|file| {
            file.set_len(0)?;
            // On some file systems the room comes back only with this.
            file.sync_all()
        });
        match emptied {
            Ok(()) => {
                self.state = ReserveState::Used;
                true
            }
            // Somebody else took it away, and with it the room.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.state = ReserveState::Used;
                false
            }
            Err(_) => false,
        }
    }

    /// How much room there is now. The reserve comes back here once there is room for it.
    ///
    /// # Errors
    /// A file error when the system does not say how much is free.
    pub(crate) fn space(&mut self) -> Result<DiskSpace, StoreError> {
        self.renew();
        Ok(DiskSpace {
            free_bytes: free_bytes(&self.path).map_err(|error| StoreError::file(&self.path, error))?,
            reserve: self.state,
        })
    }
}

fn free_bytes(path: &Path) -> io::Result<u64> {
    fs4::available_space(path.parent().unwrap_or(path))
}

/// Makes a file whose every block is taken; it gets its name when it is complete. Where the file system cannot promise that it is written in full, with
/// bytes that no file system can pack.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unfinished = unfinished_name(path);
    let mut file = options.open(&unfinished)?;
    match file.allocate(RESERVE_BYTES) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::StorageFull => return Err(error),
        Err(_) => fill(&mut file)?,
    }
    file.set_len(RESERVE_BYTES)?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    sync_folder_of(path)
}

fn fill(file: &mut File) -> io::Result<()> {
    let mut block = vec![0; 1 << 20];
    getrandom::fill(&mut block).map_err(|_| ErrorKind::Other)?;
    for _ in 0..RESERVE_BYTES / block.len() as u64 {
        file.write_all(&block)?;
    }
    Ok(())
}
