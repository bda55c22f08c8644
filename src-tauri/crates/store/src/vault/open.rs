//! Which vault a data folder has, and moving between the two.

use std::collections::BTreeSet;
use std::path::Path;

use super::keychain::Keychain;
use super::marker::{Kept, Marker};
use super::{KeyFile, KeyItem, KeyVault, Secret, VaultKind};
use crate::{StoreError, schema};

/// The vault of a data folder. `preference` counts for a new folder only, one with neither database nor secrets:
/// it gets the keychain where that is preferred and works, else key files.
///
/// # Errors
/// [`StoreError::KeyMissing`] when the folder's `gatepost.vault` cannot be understood, or a file error. A
/// keychain that an existing folder needs is not asked here: that is for [`KeyVault::load`] to say.
pub fn open_vault(folder: &Path, preference: VaultKind) -> Result<Box<dyn KeyVault>, StoreError> {
    schema::make_folder(folder)?;
    let files = KeyFile::in_folder(folder);
    match Marker::read(folder)? {
        Some(Marker::Keychain(kept)) => {
            let keychain = Keychain::of(folder, &kept.id);
            erase_moved_files(&files, &keychain)?;
            Ok(Box::new(keychain))
        }
        Some(Marker::FileNotKeychain(kept)) => {
            // A keychain that cannot be reached now is asked again at the next start.
            let _ = finish_leaving(folder, &kept);
            Ok(Box::new(files))
        }
        Some(Marker::File) => Ok(Box::new(files)),
        None => {
            let is_new = !folder.join(schema::DATABASE_NAME).exists() && files.items()?.is_empty();
            match preference {
                VaultKind::Keychain if is_new => open_new(folder),
                VaultKind::Keychain | VaultKind::KeyFile => Ok(Box::new(files)),
            }
        }
    }
}

/// Moves the secrets of a data folder from its key files into the keychain. A power cut at any moment leaves one
/// of the two complete and in force; [`open_vault`] then removes what is left of the other. Nobody else may hold
/// a vault of this folder.
///
/// # Errors
/// [`StoreError::KeychainUnavailable`] or a file error; the files are still in force then, unless only their
/// removal failed.
pub fn move_to_keychain(folder: &Path) -> Result<Box<dyn KeyVault>, StoreError> {
    match Marker::read(folder)? {
        Some(Marker::Keychain(_)) => return open_vault(folder, VaultKind::Keychain),
        Some(Marker::FileNotKeychain(kept)) => finish_leaving(folder, &kept)?,
        Some(Marker::File) | None => {}
    }
    let files = KeyFile::in_folder(folder);
    let keychain = Keychain::new(folder)?;
    let kept = Kept {
        id: keychain.id().to_owned(),
        items: files.items()?.into_iter().collect(),
    };
    // Before the keychain has anything, so that nothing in it is ever without an owner.
    Marker::FileNotKeychain(kept.clone()).write(folder)?;
    if let Err(error) = copy(&files, &kept.items, |item, secret| keychain.write(item, secret)) {
        let _ = finish_leaving(folder, &kept);
        return Err(error);
    }
    Marker::Keychain(kept.clone()).write(folder)?;
    kept.items.iter().try_for_each(|item| files.forget(*item))?;
    Ok(Box::new(keychain))
}

/// Moves the secrets of a data folder from the keychain into key files, as safely as [`move_to_keychain`].
///
/// # Errors
/// [`StoreError::KeychainUnavailable`] or a file error; the keychain is still in force then. A keychain that
/// gives its secrets and then does not forget them is no error: [`open_vault`] asks it again.
pub fn move_to_key_file(folder: &Path) -> Result<Box<dyn KeyVault>, StoreError> {
    let Some(Marker::Keychain(kept)) = Marker::read(folder)? else {
        return open_vault(folder, VaultKind::KeyFile);
    };
    let files = KeyFile::in_folder(folder);
    copy(&Keychain::of(folder, &kept.id), &kept.items, |item, secret| {
        files.keep(item, secret)
    })?;
    Marker::FileNotKeychain(kept.clone()).write(folder)?;
    let _ = finish_leaving(folder, &kept);
    Ok(Box::new(files))
}

fn open_new(folder: &Path) -> Result<Box<dyn KeyVault>, StoreError> {
    let keychain = Keychain::new(folder)?;
    match keychain.probe() {
        Ok(()) => {
            let kept = Kept {
                id: keychain.id().to_owned(),
                items: BTreeSet::new(),
            };
            Marker::Keychain(kept).write(folder)?;
            Ok(Box::new(keychain))
        }
        Err(StoreError::KeychainUnavailable(_)) => Ok(Box::new(KeyFile::in_folder(folder))),
        Err(error) => Err(error),
    }
}

/// An item may be listed and absent: a power cut came in between. But not the device's, which is the first: a
/// place without it is another one than it was, say the keychain of another user.
fn copy(
    from: &dyn KeyVault,
    items: &BTreeSet<KeyItem>,
    keep: impl Fn(KeyItem, &Secret) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for item in items {
        match from.load(*item)? {
            Some(secret) => keep(*item, &secret)?,
            None if *item == KeyItem::Device => return Err(StoreError::KeyMissing),
            None => {}
        }
    }
    Ok(())
}

/// Key files that a power cut has left beside a keychain. Only what the keychain has byte for byte is erased;
/// one that does not answer is asked again at the next start.
fn erase_moved_files(files: &KeyFile, keychain: &Keychain) -> Result<(), StoreError> {
    for item in files.items()? {
        let Ok(kept) = keychain.load(item) else {
            return Ok(());
        };
        if kept.is_some() && files.load(item).is_ok_and(|left| left == kept) {
            files.forget(item)?;
        }
    }
    Ok(())
}

fn finish_leaving(folder: &Path, kept: &Kept) -> Result<(), StoreError> {
    kept.forget(folder)?;
    Marker::File.write(folder)
}
