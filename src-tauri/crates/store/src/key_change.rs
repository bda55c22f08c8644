//! New keys, and the place where keys are kept.

use gatepost_ledger::{Body, KeyChangeReason, Moment, PersonNumber};
use rusqlite::Connection;

use crate::append::NewRecord;
use crate::tail::Identity;
use crate::vault::{move_to_key_file, move_to_keychain, open_vault};
use crate::{KeyItem, KeyVault, Store, StoreError, VaultKind, tail};

impl Store {
    /// Gives the ledger a new key and returns the position of the record that names it. Its own head is signed
    /// with the old key, which so vouches for the new one; everything behind it with the new key.
    ///
    /// The vault has the new seed before the record is written: after a power cut in between it is used by the
    /// next change. The old seed is forgotten where somebody else may have it; in turn it is kept, because a
    /// backup from before needs it once it is put back.
    ///
    /// # Errors
    /// [`StoreError::AlreadySetUp`] for [`KeyChangeReason::First`], which no ledger gets that has a key;
    /// [`StoreError::NotSetUp`]; [`StoreError::Locked`] where another program has just changed it; or any other.
    /// The old key is in force then, unless only its seed could not be forgotten: the next start tries again.
    pub fn change_key(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        reason: KeyChangeReason,
    ) -> Result<u64, StoreError> {
        if reason == KeyChangeReason::First {
            return Err(StoreError::AlreadySetUp);
        }
        let old = self.transact(|writing, _| writing.tail().identity.clone().ok_or(StoreError::NotSetUp))?;
        let new = Identity::of_seed(&*self.vault, old.origin.clone(), old.generation + 1)?;
        let key = new.signer.verifier().to_string();
        let record = NewRecord::of(at, gate, by, Body::KeyChange { key, reason });
        let position = self.transact(|writing, _| {
            let signs = writing
                .tail()
                .identity
                .as_ref()
                .map(|identity| identity.generation);
            if signs != Some(old.generation) {
                return Err(StoreError::Locked);
            }
            let position = writing.append(&record)?;
            writing.succeed(new.clone());
            Ok(position)
        })?;
        if reason == KeyChangeReason::Suspected {
            self.vault.forget(KeyItem::Signing(old.generation))?;
        }
        Ok(position)
    }

    /// Which kind of place keeps the secrets.
    #[must_use]
    pub fn vault_kind(&self) -> VaultKind {
        self.vault.kind()
    }

    /// Moves the secrets to the other kind of place; nothing happens where they are there.
    ///
    /// # Errors
    /// [`StoreError::KeychainUnavailable`] or a file error. The secrets are then still where [`Store::vault_kind`]
    /// says.
    pub fn keep_secrets_in(&mut self, kind: VaultKind) -> Result<(), StoreError> {
        if self.vault.kind() == kind {
            return Ok(());
        }
        let moved = match kind {
            VaultKind::Keychain => move_to_keychain(self.folder()),
            VaultKind::KeyFile => move_to_key_file(self.folder()),
        };
        match moved {
            Ok(vault) => self.vault = vault,
            Err(fault) => {
                // How far it came stands in the folder.
                self.vault = open_vault(self.folder(), self.vault.kind())?;
                return Err(fault);
            }
        }
        Ok(())
    }
}

/// Forgets the seeds that somebody else may have, where a power cut or a fault came before that. `connection` holds
/// the write lock. A vault that does not forget is asked again at the next start.
pub(crate) fn forget_suspected(connection: &Connection, vault: &dyn KeyVault) -> Result<(), StoreError> {
    let changes = tail::leaves_of(connection, "key_change")?;
    for (generation, change) in (0..).zip(changes) {
        if let Body::KeyChange { reason, .. } = change.body
            && reason == KeyChangeReason::Suspected
        {
            let _ = vault.forget(KeyItem::Signing(generation));
        }
    }
    Ok(())
}
