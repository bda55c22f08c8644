//! Backups: a copy of the ledger at one moment, made while the gate goes on, in one file that is complete or not
//! there at all.
//!
//! A backup holds what the database holds: records, signatures, sealed names, sealed disclosures. It holds none of
//! the keys that open them: those of the days stand in a file of their own and the others in the key vault. So a
//! disclosure that is erased becomes unreadable in every backup too.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gatepost_ledger::Body;
use gatepost_ledger::note::SignedNote;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use crate::files::Unfinished;
use crate::{StoreError, held, schema, tail};

/// Pages between two reports of progress: 16 MB.
const PAGES_PER_STEP: i32 = 4096;

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupProgress {
    /// Pages that are copied.
    pub done_pages: u64,
    /// Pages in all.
    pub all_pages: u64,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupDone {
    /// The file.
    pub path: PathBuf,
    /// The seal of the ledger in it, signed by its gate. Written down elsewhere it tells later whether this very
    /// ledger was put back.
    pub seal: SignedNote,
    /// Records in it.
    pub size: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// A backup that is complete, checked and on the disk, but not yet under its name. Dropping it removes it.
///
/// In between belongs its record: a backup that nobody recorded must not appear, while a record without its file
/// claims too much rather than too little.
pub struct PreparedBackup {
    unfinished: Unfinished,
    done: BackupDone,
}

impl PreparedBackup {
    /// The record of it.
    #[must_use]
    pub fn body(&self) -> Body {
        Body::Export {
            rows: self.done.size,
            sha256: self.done.sha256.clone(),
            disclosed: vec![],
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] for a file that appeared meanwhile, or a file error; no part of a file is left
    /// then.
    pub fn publish(self) -> Result<BackupDone, StoreError> {
        refuse_existing(&self.done.path)?;
        self.unfinished.finish(&self.done.path)?;
        Ok(self.done)
    }
}

fn refuse_existing(file: &Path) -> Result<(), StoreError> {
    match file.exists() {
        true => Err(StoreError::AlreadyThere {
            path: file.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Copies the ledger of a data folder as it is at this moment to a file beside `file`, readable by its owner only;
/// the caller appends [`PreparedBackup::body`] and then calls [`PreparedBackup::publish`]. The gate goes on
/// meanwhile; what it writes is not in the copy. An erasure that falls into a backup truncates its write-ahead log
/// only after it.
///
/// # Errors
/// [`StoreError::AlreadyThere`] for a file that exists, [`StoreError::NotSetUp`] before the set-up,
/// [`StoreError::DiskFull`], [`StoreError::ReadOnly`] or any other; no part of a file is left then.
pub fn prepare_backup(
    folder: &Path,
    file: &Path,
    mut progress: impl FnMut(BackupProgress),
) -> Result<PreparedBackup, StoreError> {
    refuse_existing(file)?;
    let source = schema::open_reader(folder)?;
    let unfinished = Unfinished::create(file)?;
    copy(&source, &unfinished.path, &mut progress)?;
    drop(source);
    let (connection, held) = held::open_verified(&unfinished.path)?;
    drop(connection);
    let (bytes, sha256) = sync_and_sum(&unfinished.path).map_err(|error| StoreError::file(file, error))?;
    Ok(PreparedBackup {
        unfinished,
        done: BackupDone {
            path: file.to_owned(),
            seal: held.note,
            size: held.seal.size,
            bytes,
            sha256,
        },
    })
}

/// Makes a file durable. Returns its length and its SHA-256, hexadecimal, as read back.
fn sync_and_sum(path: &Path) -> io::Result<(u64, String)> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    file.sync_all()?;
    let mut sum = Sha256::new();
    let mut block = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        sum.update(&block[..read]);
    }
    let sha256 = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, sha256))
}

fn copy(source: &Connection, to: &Path, progress: &mut impl FnMut(BackupProgress)) -> Result<(), StoreError> {
    let mut target = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Nothing is durable or even whole before the file gets its name.
    target.pragma_update(None, "synchronous", "off")?;
    target.pragma_update(None, "journal_mode", "off")?;
    // One read transaction for all steps: a writer would make the copy begin again and again.
    let snapshot = source.unchecked_transaction()?;
    if tail::size(&snapshot)? == 0 {
        return Err(StoreError::NotSetUp);
    }
    let steps = Backup::new(&snapshot, &mut target)?;
    loop {
        let ended = steps.step(PAGES_PER_STEP)?;
        let so_far = steps.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0);
        progress(BackupProgress {
            done_pages: pages(so_far.pagecount - so_far.remaining),
            all_pages: pages(so_far.pagecount),
        });
        match ended {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(StoreError::Locked),
        }
    }
    drop(steps);
    drop(snapshot);
    // One file that any SQLite opens from any medium, without a log beside it.
    target.pragma_update(None, "journal_mode", "delete")?;
    target.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Copies a file for its owner only.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = File::open(from).map_err(|error| StoreError::file(from, error))?;
    let mut target = OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(to)
        .map_err(|error| StoreError::file(to, error))?;
    io::copy(&mut source, &mut target)
        .and_then(|_| target.sync_all())
        .map_err(|error| StoreError::file(to, error))
}
