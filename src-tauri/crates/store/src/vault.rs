//! Where secrets are kept: each under a name of its own, replaced as a whole, and gone when it is forgotten.

mod key_file;
mod keychain;
mod marker;
mod open;

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::StoreError;
pub(crate) use crate::files::{finish, unfinished_name, write_unfinished};

pub use key_file::KeyFile;
pub use keychain::KeychainFault;
pub use open::{move_to_key_file, move_to_keychain, open_vault};

/// Length of every secret, bytes.
const SECRET_BYTES: usize = 32;

/// 32 secret random bytes.
pub type Secret = Zeroizing<[u8; SECRET_BYTES]>;

/// A secret by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyItem {
    /// The device's: tokens, sealed names and notes, the pepper of PINs.
    Device,
    /// The seed of the ledger's signatures, by its generation.
    Signing(u32),
    /// What the keys of the days are sealed with; replaced at every rotation.
    DayKeys,
}

impl Display for KeyItem {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            KeyItem::Device => formatter.write_str("device"),
            KeyItem::Signing(generation) => write!(formatter, "signing-{generation}"),
            KeyItem::DayKeys => formatter.write_str("days"),
        }
    }
}

impl FromStr for KeyItem {
    type Err = ();

    /// Takes exactly what [`Display`] writes: one item has one name.
    fn from_str(word: &str) -> Result<KeyItem, ()> {
        let item = match word {
            "device" => KeyItem::Device,
            "days" => KeyItem::DayKeys,
            _ => {
                let generation = word.strip_prefix("signing-").ok_or(())?;
                KeyItem::Signing(generation.parse().map_err(|_| ())?)
            }
        };
        if item.to_string() == word {
            Ok(item)
        } else {
            Err(())
        }
    }
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

impl VaultKind {
    /// What a new data folder is to use: the keychain, unless the environment variable `GATEPOST_VAULT` says
    /// `file`. Tests and machines whose keychain is emptied at every start say so.
    #[must_use]
    pub fn preferred() -> VaultKind {
        match std::env::var_os("GATEPOST_VAULT") {
            Some(value) if value == "file" => VaultKind::KeyFile,
            Some(_) | None => VaultKind::Keychain,
        }
    }
}

/// Where the secrets of one data folder are kept.
pub trait KeyVault: Send {
    /// Which kind of place it is.
    fn kind(&self) -> VaultKind;

    /// The secret, or `None` where none was ever kept.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] for something that is no secret, [`StoreError::KeychainUnavailable`], or a file
    /// error.
    fn load(&self, item: KeyItem) -> Result<Option<Secret>, StoreError>;

    /// Keeps a secret for good; it survives a power cut once this returns. A secret that was kept under the
    /// same name is gone afterwards.
    ///
    /// # Errors
    /// [`StoreError::KeychainUnavailable`] or a file error. Either the old secret or the new one is kept then,
    /// never half of one: ask [`KeyVault::load`] which.
    fn keep(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError>;

    /// Removes a secret for good. Nothing happens where there is none.
    ///
    /// # Errors
    /// [`StoreError::KeychainUnavailable`] or a file error; the secret may still be there then.
    fn forget(&self, item: KeyItem) -> Result<(), StoreError>;
}

impl<V: KeyVault + ?Sized> KeyVault for Box<V> {
    fn kind(&self) -> VaultKind {
        (**self).kind()
    }

    fn load(&self, item: KeyItem) -> Result<Option<Secret>, StoreError> {
        (**self).load(item)
    }

    fn keep(&self, item: KeyItem, secret: &Secret) -> Result<(), StoreError> {
        (**self).keep(item, secret)
    }

    fn forget(&self, item: KeyItem) -> Result<(), StoreError> {
        (**self).forget(item)
    }
}
