//! Secrets in the operating system's keychain: Secret Service, macOS Keychain, Windows Credential Manager.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::marker::{Kept, Marker};
use super::{KeyItem, KeyVault, Secret, VaultKind};
use crate::StoreError;
use crate::keys::random;

/// How long a keychain may take. It may be asking the user for a password, in a window of its own, for as long
/// as the user likes; the program must not stand still meanwhile.
const PATIENCE: Duration = Duration::from_secs(4);

/// How late something may still be written. A write that the caller has given up must not replace a secret when
/// the user unlocks the keychain an hour later; this leaves it a second to come back in time.
const LATEST_WRITE: Duration = Duration::from_secs(3);

/// The service that every entry names.
const SERVICE: &str = "gatepost";

/// Why a keychain gives or takes nothing. What it said itself is not kept: an error may carry a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainFault {
    /// There is none, or it cannot be reached.
    #[error("there is no keychain")]
    Absent,
    /// It is locked, and stays so.
    #[error("the keychain is locked")]
    Locked,
    /// It did not answer in time; it may be waiting for the user.
    #[error("the keychain does not answer")]
    Silent,
    /// It has several entries of one name, or gives back something other than it was given.
    #[error("the keychain does not give back what it was given")]
    Unfaithful,
}

/// The entries of one data folder.
pub(super) struct Keychain {
    folder: PathBuf,
    id: String,
}

impl Keychain {
    pub(super) fn of(folder: &Path, id: &str) -> Keychain {
        Keychain {
            folder: folder.to_owned(),
            id: id.to_owned(),
        }
    }

    /// The entries of a new data folder.
    pub(super) fn new(folder: &Path) -> Result<Keychain, StoreError> {
        let id = URL_SAFE_NO_PAD.encode(random::<16>()?);
        Ok(Keychain::of(folder, &id))
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Writes something of no value, reads it back and removes it.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        let throwaway = Zeroizing::new(random()?);
        let user = format!("{}/probe", self.id);
        let began = Instant::now();
        within(PATIENCE, move || {
            let entry = entry(&user)?;
            set(&entry, &throwaway, began)?;
            entry.delete_credential().map_err(fault)
        })
        .map_err(StoreError::KeychainUnavailable)
    }

    /// Writes an entry and reads it back; the marker is the caller's.
    pub(super) fn write(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError> {
        let secret = secret.clone();
        let began = Instant::now();
        self.ask(item, move |entry| set(entry, &secret, began))
    }

    /// Removes an entry; the marker is the caller's.
    pub(super) fn delete(&self, item: KeyItem) -> Result<(), StoreError> {
        self.ask(item, |entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(fault(error)),
        })
    }

    /// Lists an item as one that may have an entry, or no longer.
    fn list(&self, item: KeyItem, may_have_an_entry: bool) -> Result<(), StoreError> {
        let Some(Marker::Keychain(mut kept)) = Marker::read(&self.folder)? else {
            // The secrets were moved elsewhere since: this handle no longer speaks for the folder.
            return Err(StoreError::KeyMissing);
        };
        let is_news = if may_have_an_entry {
            kept.items.insert(item)
        } else {
            kept.items.remove(&item)
        };
        if is_news {
            Marker::Keychain(kept).write(&self.folder)?;
        }
        Ok(())
    }

    fn ask<T: Send + 'static>(
        &self,
        item: KeyItem,
        question: impl FnOnce(&Entry) -> Result<T, KeychainFault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let user = format!("{}/{item}", self.id);
        within(PATIENCE, move || question(&entry(&user)?)).map_err(StoreError::KeychainUnavailable)
    }
}

impl KeyVault for Keychain {
    fn kind(&self) -> VaultKind {
        VaultKind::Keychain
    }

    fn load(&self, item: KeyItem) -> Result<Option<Secret>, StoreError> {
        let text = self.ask(item, |entry| match entry.get_secret() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(fault(error)),
        })?;
        text.map(|text| decode(&text).ok_or(StoreError::KeyMissing))
            .transpose()
    }

    fn keep(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError> {
        self.list(item, true)?;
        self.write(item, secret)
    }

    fn forget(&self, item: KeyItem) -> Result<(), StoreError> {
        self.delete(item)?;
        self.list(item, false)
    }
}

impl Kept {
    /// Makes the keychain forget every entry of this list.
    pub(super) fn forget(&self, folder: &Path) -> Result<(), StoreError> {
        let keychain = Keychain::of(folder, &self.id);
        self.items.iter().try_for_each(|item| keychain.delete(*item))
    }
}

/// A connection of its own for every question: one that waits for the user would block those after it.
fn entry(user: &str) -> Result<Entry, KeychainFault> {
    let store = store().map_err(fault)?;
    // Not with a roaming profile: the secrets belong to this device.
    let modifiers = cfg!(windows).then(|| [("persistence", "Local")].into());
    store.build(SERVICE, user, modifiers.as_ref()).map_err(fault)
}

fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new()?;
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new()?;
    #[cfg(all(unix, not(target_os = "macos")))]
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

/// On one thread: Windows may not show another what the first has just written. As text: KDE's wallet keeps
/// nothing else.
fn set(entry: &Entry, secret: &Secret, began: Instant) -> Result<(), KeychainFault> {
    let text = Zeroizing::new(STANDARD_NO_PAD.encode(secret.as_slice()));
    // Whoever must unlock the entry is asked now, not by the write.
    match entry.get_secret().map(Zeroizing::new) {
        Ok(_) | Err(Error::NoEntry) => {}
        Err(error) => return Err(fault(error)),
    }
    if began.elapsed() > LATEST_WRITE {
        return Err(KeychainFault::Silent);
    }
    entry.set_secret(text.as_bytes()).map_err(fault)?;
    let kept = Zeroizing::new(entry.get_secret().map_err(fault)?);
    if *kept == text.as_bytes() {
        Ok(())
    } else {
        Err(KeychainFault::Unfaithful)
    }
}

fn decode(text: &[u8]) -> Option<Secret> {
    let bytes = Zeroizing::new(STANDARD_NO_PAD.decode(text).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn fault(error: Error) -> KeychainFault {
    match error {
        Error::NoStorageAccess(_) => KeychainFault::Locked,
        Error::NoEntry | Error::Ambiguous(_) | Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            KeychainFault::Unfaithful
        }
        // The enumeration is the other crate's and open.
        _ => KeychainFault::Absent,
    }
}

/// Does the work on a thread of its own and waits so long for it. The thread is left behind when it is late: it
/// ends when the user answers the keychain's window.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, KeychainFault> + Send + 'static,
) -> Result<T, KeychainFault> {
    let (done, waiting) = channel();
    thread::spawn(move || {
        // Nobody listens any more when this is late.
        let _ = done.send(work());
    });
    match waiting.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(KeychainFault::Silent),
        // The keychain's own code panicked.
        Err(RecvTimeoutError::Disconnected) => Err(KeychainFault::Absent),
    }
}
