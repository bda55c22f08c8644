//! Secrets in files beside the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::{KeyItem, KeyVault, SECRET_BYTES, Secret, VaultKind};
use crate::StoreError;
use crate::files::{finish, write_unfinished};
use crate::schema::sync_folder_of;

/// The name that the one key file of a folder had before there were others.
const DEVICE_NAME: &str = "gatepost.key";

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
            KeyItem::Device => DEVICE_NAME.to_owned(),
            KeyItem::Signing(_) | KeyItem::DayKeys => format!("gatepost.{item}.key"),
        })
    }

    /// The items that have a file.
    pub(super) fn items(&self) -> Result<Vec<KeyItem>, StoreError> {
        let fault = |error| StoreError::file(&self.folder, error);
        let mut items = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(fault)? {
            let name = entry.map_err(fault)?.file_name();
            items.extend(name.to_str().and_then(item_of_name));
        }
        Ok(items)
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

fn item_of_name(name: &str) -> Option<KeyItem> {
    if name == DEVICE_NAME {
        return Some(KeyItem::Device);
    }
    match name.strip_prefix("gatepost.")?.strip_suffix(".key")?.parse() {
        Ok(KeyItem::Device) | Err(()) => None,
        Ok(item) => Some(item),
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
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let unfinished = write_unfinished(path, bytes)?;
    finish(&unfinished, path)
}

/// Overwrites a key file that no longer has a name, before its blocks are given back. As good as it gets from
/// here and no proof: a solid-state disk writes elsewhere and keeps the old cells until it needs them, and so do
/// file systems that copy on write, their snapshots, and backups.
fn overwrite(mut nameless: File) -> io::Result<()> {
    let length = usize::try_from(nameless.metadata()?.len()).unwrap_or(SECRET_BYTES);
    nameless.write_all(&vec![0; length])?;
    nameless.sync_all()
}
