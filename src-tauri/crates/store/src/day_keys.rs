//! The keys of the days, in a file of their own: whoever destroys one has destroyed what it sealed, in every copy
//! of the database that there is.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use gatepost_ledger::{LedgerDay, RetentionClass};
use zeroize::Zeroizing;

use crate::keys::{open, random, seal};
use crate::vault::{finish, unfinished_name, write_unfinished};
use crate::{KeyItem, KeyVault, Secret, StoreError};

/// The file in a data folder. No backup may contain it.
pub const DAY_KEYS_NAME: &str = "gatepost.days";

/// What one key seals: the disclosures of a class that were recorded on a day of ledger time.
pub(crate) type KeyOf = (RetentionClass, LedgerDay);

const KEY_BYTES: usize = 32;
/// Class, day, key.
const LINE_BYTES: usize = 1 + 4 + KEY_BYTES;
const ASSOCIATED: &[u8] = b"gatepost day keys v1";

/// Every key that was not destroyed yet.
#[derive(Clone, Default)]
pub(crate) struct DayKeys(BTreeMap<KeyOf, Secret>);

impl DayKeys {
    pub(crate) fn key(&self, of: KeyOf) -> Option<&Secret> {
        self.0.get(&of)
    }

    pub(crate) fn insert(&mut self, of: KeyOf, key: Secret) {
        self.0.insert(of, key);
    }

    pub(crate) fn remove(&mut self, of: KeyOf) -> bool {
        self.0.remove(&of).is_some()
    }

    pub(crate) fn days(&self) -> impl Iterator<Item = KeyOf> {
        self.0.keys().copied()
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len() * LINE_BYTES));
        for ((class, day), key) in &self.0 {
            bytes.push(class_number(*class));
            bytes.extend_from_slice(&day.0.to_be_bytes());
            bytes.extend_from_slice(key.as_slice());
        }
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<DayKeys> {
        let mut keys = DayKeys::default();
        for line in bytes.chunks(LINE_BYTES) {
            let (class, rest) = line.split_first()?;
            let (day, key) = rest.split_first_chunk::<4>()?;
            let of = (class_of(*class)?, LedgerDay(i32::from_be_bytes(*day)));
            keys.insert(of, Zeroizing::new(key.try_into().ok()?));
        }
        Some(keys)
    }
}

/// The keys as the writer and every reader of a folder share them.
#[derive(Clone, Default)]
pub(crate) struct SharedDayKeys(Arc<RwLock<DayKeys>>);

impl SharedDayKeys {
    pub(crate) fn of(keys: DayKeys) -> SharedDayKeys {
        SharedDayKeys(Arc::new(RwLock::new(keys)))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, DayKeys> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, DayKeys> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file with the keys.
pub(crate) struct DayKeyFile {
    path: PathBuf,
}

impl DayKeyFile {
    pub(crate) fn in_folder(folder: &Path) -> DayKeyFile {
        DayKeyFile {
            path: folder.join(DAY_KEYS_NAME),
        }
    }

    /// What the file holds. A file that is missing or that the vault's secret does not open holds nothing: then
    /// old disclosures stay unreadable and new ones get new keys, and the door goes on. The caller holds the write
    /// lock of the database: nobody rotates in between.
    ///
    /// # Errors
    /// A fault of the vault or of the folder.
    pub(crate) fn load(&self, vault: &dyn KeyVault) -> Result<DayKeys, StoreError> {
        let Some(secret) = vault.load(KeyItem::DayKeys)? else {
            return Ok(DayKeys::default());
        };
        if let Some(keys) = read(&self.path, &secret)? {
            return Ok(keys);
        }
        // A power cut came after the vault had the new secret and before the file had its name.
        let unfinished = unfinished_name(&self.path);
        let Some(keys) = read(&unfinished, &secret)? else {
            return Ok(DayKeys::default());
        };
        finish(&unfinished, &self.path)?;
        Ok(keys)
    }

    /// The same for whoever only reads and holds no lock: changes nothing. Where the vault and the file are just
    /// being replaced it looks once more.
    ///
    /// # Errors
    /// A fault of the vault or of the folder.
    pub(crate) fn peek(&self, vault: &dyn KeyVault) -> Result<DayKeys, StoreError> {
        let mut tried = None;
        loop {
            let secret = vault.load(KeyItem::DayKeys)?;
            let Some(secret) = secret.filter(|secret| tried.as_ref() != Some(secret)) else {
                return Ok(DayKeys::default());
            };
            for path in [&self.path, &unfinished_name(&self.path)] {
                if let Some(keys) = read(path, &secret)? {
                    return Ok(keys);
                }
            }
            tried = Some(secret);
        }
    }

    /// Writes the keys after one was added. They survive a power cut once this returns. The caller holds the write
    /// lock of the database and has loaded them under it.
    pub(crate) fn save(&self, vault: &dyn KeyVault, keys: &DayKeys) -> Result<(), StoreError> {
        match vault.load(KeyItem::DayKeys)? {
            None => self.save_under_new_secret(vault, keys),
            Some(secret) => {
                self.set_aside_unless_opened_by(Some(&secret))?;
                let sealed = seal(&secret, ASSOCIATED, &keys.to_bytes())?;
                finish(&write_unfinished(&self.path, &sealed)?, &self.path)
            }
        }
    }

    /// Writes the keys after one was destroyed. What was written before opens with a secret that no longer
    /// exists, wherever a copy of it may be. The caller does as for [`DayKeyFile::save`].
    pub(crate) fn save_under_new_secret(
        &self,
        vault: &dyn KeyVault,
        keys: &DayKeys,
    ) -> Result<(), StoreError> {
        self.set_aside_unless_opened_by(vault.load(KeyItem::DayKeys)?.as_ref())?;
        let secret = Zeroizing::new(random()?);
        let unfinished = write_unfinished(&self.path, &seal(&secret, ASSOCIATED, &keys.to_bytes())?)?;
        vault.keep(KeyItem::DayKeys, &secret)?;
        finish(&unfinished, &self.path)
    }

    /// A file that cannot be opened is not overwritten: the secret that opens it may be found again.
    fn set_aside_unless_opened_by(&self, secret: Option<&Secret>) -> Result<(), StoreError> {
        let opens = match secret {
            Some(secret) => read(&self.path, secret)?.is_some(),
            None => false,
        };
        if opens || !self.path.exists() {
            return Ok(());
        }
        let aside = |number: u32| self.path.with_extension(format!("days.unreadable-{number}"));
        let free = (1..).map(aside).find(|path| !path.exists());
        finish(&self.path, &free.expect("no folder has so many files"))
    }
}

fn read(path: &Path, secret: &Secret) -> Result<Option<DayKeys>, StoreError> {
    match fs::read(path) {
        Ok(sealed) => Ok(open(secret, ASSOCIATED, &sealed).and_then(|bytes| DayKeys::of_bytes(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::file(path, error)),
    }
}

/// The class as the database and the file of keys have it.
pub(crate) fn class_number(class: RetentionClass) -> u8 {
    match class {
        RetentionClass::Visitor => 0,
        RetentionClass::Incident => 1,
    }
}

pub(crate) fn class_of(number: u8) -> Option<RetentionClass> {
    [RetentionClass::Visitor, RetentionClass::Incident]
        .into_iter()
        .find(|class| class_number(*class) == number)
}
