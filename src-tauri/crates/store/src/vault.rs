//! Where secrets are kept: each under a name of its own, replaced as a whole, and gone when it is forgotten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::StoreError;
use crate::schema::sync_folder_of;

/// Length of every secret, bytes.
const SECRET_BYTES: usize = 32;

/// 32 secret random bytes.
pub type Secret = Zeroizing<[u8; SECRET_BYTES]>;

/// A secret by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyItem {
    /// The device's: tokens, sealed names and notes, the pepper of PINs.
    Device,
    /// The seed of the ledger's signatures, by its generation.
    Signing(u32),
    /// What the keys of the days are sealed with; replaced at every rotation.
    DayKeys,
}

/// Which kind of place keeps the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum VaultKind {
    /// The operating system's: a copy of the data folder is worth nothing without the user's session.
    Keychain,
    /// Files beside the database, the weaker choice: somebody with the whole folder has the secrets, too.
    KeyFile,
}

/// Where the secrets of one data folder are kept.
pub trait KeyVault: Send {
    /// Which kind of place it is.
    fn kind(&self) -> VaultKind;

    /// The secret, or `None` where none was ever kept.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] for something that is no secret; a file error otherwise.
    fn load(&self, item: KeyItem) -> Result<Option<Secret>, StoreError>;

    /// Keeps a secret for good; it survives a power cut once this returns. A secret that was kept under the
    /// same name is gone afterwards.
    ///
    /// # Errors
    /// A file error; what was kept before is still kept then.
    fn keep(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError>;

    /// Removes a secret for good. Nothing happens where there is none.
    ///
    /// # Errors
    /// A file error; the secret may still be there then.
    fn forget(&self, item: KeyItem) -> Result<(), StoreError>;
}

/// Key files beside the database, readable by their owner only. Disk encryption is the operating system's job.
pub struct KeyFile {
    folder: PathBuf,
}

impl KeyFile {
    /// The key files of a data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> KeyFile {
        KeyFile {
            folder: folder.to_owned(),
        }
    }

    fn path(&self, item: KeyItem) -> PathBuf {
        self.folder.join(match item {
            KeyItem::Device => "gatepost.key".to_owned(),
            KeyItem::Signing(generation) => format!("gatepost.signing-{generation}.key"),
            KeyItem::DayKeys => "gatepost.days.key".to_owned(),
        })
    }
}

impl KeyVault for KeyFile {
    fn kind(&self) -> VaultKind {
        VaultKind::KeyFile
    }

    fn load(&self, item: KeyItem) -> Result<Option<Secret>, StoreError> {
        let path = self.path(item);
        let Some(mut file) = open_if_present(OpenOptions::new().read(true), &path)? else {
            return Ok(None);
        };
        let mut secret = Secret::default();
        let complete = file.read_exact(secret.as_mut_slice()).and_then(|()| {
            // One byte more tells a longer file.
            Ok(file.read(&mut [0])? == 0)
        });
        match complete {
            Ok(true) => Ok(Some(secret)),
            Ok(false) => Err(StoreError::KeyMissing),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(StoreError::KeyMissing),
            Err(error) => Err(StoreError::file(path, error)),
        }
    }

    fn keep(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError> {
        let path = self.path(item);
        let old = open_if_present(OpenOptions::new().write(true), &path)?;
        // Under its name only when complete: half a key would lock the folder for ever.
        write_durably(&path, secret.as_slice())?;
        old.map_or(Ok(()), overwrite)
            .map_err(|error| StoreError::file(path, error))
    }

    fn forget(&self, item: KeyItem) -> Result<(), StoreError> {
        let path = self.path(item);
        let Some(old) = open_if_present(OpenOptions::new().write(true), &path)? else {
            return Ok(());
        };
        // The name goes first: a key of zeros must never be found under it.
        fs::remove_file(&path)
            .and_then(|()| sync_folder_of(&path))
            .and_then(|()| overwrite(old))
            .map_err(|error| StoreError::file(path, error))
    }
}

fn open_if_present(how: &OpenOptions, path: &Path) -> Result<Option<File>, StoreError> {
    match how.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::file(path, error)),
    }
}

/// Writes a whole file for its owner only, in place of the one that has the name.
fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let write = || -> io::Result<()> {
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&unfinished, path)?;
        sync_folder_of(path)
    };
    write().map_err(|error| StoreError::file(&unfinished, error))
}

/// Overwrites a key file that no longer has a name, before its blocks are given back. As good as it gets from
/// here and no proof: a solid-state disk writes elsewhere and keeps the old cells until it needs them, and so do
/// file systems that copy on write, their snapshots, and backups.
fn overwrite(mut nameless: File) -> io::Result<()> {
    let length = usize::try_from(nameless.metadata()?.len()).unwrap_or(SECRET_BYTES);
    nameless.write_all(&vec![0; length])?;
    nameless.sync_all()
}
