//! The keys of the days, in a file of their own: whoever destroys one has destroyed what it sealed, in every copy
//! of the database that there is.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use gatepost_ledger::{LedgerDay, RetentionClass};
use zeroize::Zeroizing;

use crate::keys::random;
use crate::vault::{finish, unfinished_name, write_unfinished};
use crate::{KeyItem, KeyVault, Secret, StoreError};

/// The file in a data folder. No backup may contain it.
pub const DAY_KEYS_NAME: &str = "gatepost.days";

/// What one key seals: the disclosures of a class that were recorded on a day of ledger time.
pub(crate) type KeyOf = (RetentionClass, LedgerDay);

pub(crate) const NONCE_BYTES: usize = 24;
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
    /// old disclosures stay unreadable and new ones get new keys, and the door goes on.
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

    /// Writes the keys after one was added. They survive a power cut once this returns.
    pub(crate) fn save(&self, vault: &dyn KeyVault, keys: &DayKeys) -> Result<(), StoreError> {
        match vault.load(KeyItem::DayKeys)? {
            None => self.save_under_new_secret(vault, keys),
            Some(secret) => finish(
                &write_unfinished(&self.path, &seal(&secret, ASSOCIATED, &keys.to_bytes())?)?,
                &self.path,
            ),
        }
    }

    /// Writes the keys after one was destroyed. What was written before opens with a secret that no longer
    /// exists, wherever a copy of it may be.
    pub(crate) fn save_under_new_secret(
        &self,
        vault: &dyn KeyVault,
        keys: &DayKeys,
    ) -> Result<(), StoreError> {
        let secret = Zeroizing::new(random()?);
        let unfinished = write_unfinished(&self.path, &seal(&secret, ASSOCIATED, &keys.to_bytes())?)?;
        vault.keep(KeyItem::DayKeys, &secret)?;
        finish(&unfinished, &self.path)
    }
}

fn read(path: &Path, secret: &Secret) -> Result<Option<DayKeys>, StoreError> {
    match fs::read(path) {
        Ok(sealed) => Ok(open(secret, ASSOCIATED, &sealed).and_then(|bytes| DayKeys::of_bytes(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::file(path, error)),
    }
}

/// `nonce ‖ XChaCha20-Poly1305(message)`.
pub(crate) fn seal(key: &Secret, associated: &[u8], message: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let payload = Payload {
        msg: message,
        aad: associated,
    };
    let sealed = XChaCha20Poly1305::new(key.as_slice().into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("a short message always seals");
    Ok([&nonce, sealed.as_slice()].concat())
}

/// The message, or `None` where key, place or bytes do not fit.
pub(crate) fn open(key: &Secret, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, message) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload {
        msg: message,
        aad: associated,
    };
    let opened = XChaCha20Poly1305::new(key.as_slice().into()).decrypt(XNonce::from_slice(nonce), payload);
    opened.ok().map(Zeroizing::new)
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
