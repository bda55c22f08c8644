//! What a witness keeps: its key, and what it has seen of each ledger.
//!
//! A witness that forgets may sign two histories of one ledger. So its memory is on the disk before a cosignature
//! is given out, two programs on one folder take turns, and a memory that is missing is a fault and never an empty
//! one. Whoever puts an older copy of the folder back makes it forget: nothing in the folder can tell.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use gatepost_ledger::note::{KeyKind, KeyName, SignerKey, VerifierKey};
use gatepost_ledger::witness::{
    Cosigned, LONGEST_MEMORY_BYTES, WitnessMemory, WitnessRefusal, WitnessRequest,
};
use gatepost_ledger::witness_exchange::Hello;
use zeroize::Zeroizing;

use crate::files::{finish, write_unfinished};
use crate::keys::random;
use crate::schema::make_folder;
use crate::{KeyItem, KeyVault, StoreError, turn};

/// The memory: the text of [`WitnessMemory`].
const MEMORY_NAME: &str = "gatepost.witness";
/// The witness's verifier key, one line; written last, so that a folder which has it is complete.
const KEY_NAME: &str = "gatepost.witness.pub";
/// Held while the memory is read, changed and written.
const LOCK_NAME: &str = "gatepost.witness.lock";
/// Longer than any verifier key.
const LONGEST_KEY_BYTES: usize = 1024;

/// The folder of a witness. Its seed is the vault's [`KeyItem::Signing`] of generation 0.
pub struct WitnessFolder {
    folder: PathBuf,
    signer: SignerKey,
}

impl WitnessFolder {
    /// Whether there is a witness in the folder.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(KEY_NAME).exists()
    }

    /// Makes a witness of this name that has seen nothing. A seed that is in the vault is used, an attempt before
    /// may have left it.
    ///
    /// # Errors
    /// [`StoreError::AlreadySetUp`] where there is one; a fault of the vault or a file.
    pub fn create(folder: &Path, vault: &dyn KeyVault, name: KeyName) -> Result<WitnessFolder, StoreError> {
        make_folder(folder)?;
        let _turn = turn::take(&folder.join(LOCK_NAME))?;
        if WitnessFolder::is_in(folder) {
            return Err(StoreError::AlreadySetUp);
        }
        if !folder.join(MEMORY_NAME).exists() {
            write(&folder.join(MEMORY_NAME), &WitnessMemory::new().to_text())?;
        }
        let seed = match vault.load(KeyItem::Signing(0))? {
            Some(seed) => seed,
            None => {
                let seed = Zeroizing::new(random()?);
                vault.keep(KeyItem::Signing(0), &seed)?;
                seed
            }
        };
        let signer = SignerKey::of_seed(name, KeyKind::Cosignature, &seed);
        write(&folder.join(KEY_NAME), &format!("{}\n", signer.verifier()))?;
        Ok(WitnessFolder {
            folder: folder.to_owned(),
            signer,
        })
    }

    /// Opens the witness of a folder.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`] where there is none, [`StoreError::KeyMissing`] where the vault has not its seed,
    /// [`StoreError::Damaged`] where its memory is missing or cannot be understood, or a file error.
    pub fn open(folder: &Path, vault: &dyn KeyVault) -> Result<WitnessFolder, StoreError> {
        let text = read(&folder.join(KEY_NAME), LONGEST_KEY_BYTES)?.ok_or(StoreError::NotSetUp)?;
        let text = String::from_utf8(text).map_err(|_| StoreError::Damaged)?;
        let key: VerifierKey = text.trim_end().parse().map_err(|_| StoreError::Damaged)?;
        let seed = vault.load(KeyItem::Signing(0))?.ok_or(StoreError::KeyMissing)?;
        let signer = SignerKey::of_seed(key.name().clone(), KeyKind::Cosignature, &seed);
        if signer.verifier() != key {
            return Err(StoreError::KeyMissing);
        }
        let witness = WitnessFolder {
            folder: folder.to_owned(),
            signer,
        };
        witness.memory()?;
        Ok(witness)
    }

    /// The key it cosigns with.
    #[must_use]
    pub fn key(&self) -> &SignerKey {
        &self.signer
    }

    /// What it has seen.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] or a file error.
    pub fn memory(&self) -> Result<WitnessMemory, StoreError> {
        let bytes = read(&self.folder.join(MEMORY_NAME), LONGEST_MEMORY_BYTES)?;
        WitnessMemory::parse(&bytes.ok_or(StoreError::Damaged)?).map_err(|_| StoreError::Damaged)
    }

    /// The first message of a visit: who it is, and what it knows of the ledger it is about to see.
    ///
    /// # Errors
    /// As [`WitnessFolder::memory`].
    pub fn hello(&self, origin: Option<&KeyName>) -> Result<Hello, StoreError> {
        let memory = self.memory()?;
        let known = origin.and_then(|origin| memory.known(origin));
        Ok(Hello {
            witness: self.signer.verifier(),
            known: known.map(|known| (known.key.name().clone(), known.size)),
        })
    }

    /// Changes the memory; it is on the disk once this returns.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another program does the same, [`StoreError::Damaged`], or a file error. What
    /// `work` returned is lost then, and nothing of it may be shown to anybody.
    pub fn update<T>(&self, work: impl FnOnce(&mut WitnessMemory) -> T) -> Result<T, StoreError> {
        let _turn = turn::take(&self.folder.join(LOCK_NAME))?;
        let mut memory = self.memory()?;
        let before = memory.clone();
        let done = work(&mut memory);
        if memory != before {
            write(&self.folder.join(MEMORY_NAME), &memory.to_text())?;
        }
        Ok(done)
    }

    /// Cosigns at `now` seconds since 1970 UTC what continues what it has seen, and remembers. With `trust` a
    /// ledger that it never saw is trusted first: a person has compared the fingerprint of its key.
    ///
    /// # Errors
    /// As [`WitnessFolder::update`]; the witness's own refusal is the inner result.
    pub fn consider(
        &self,
        request: &WitnessRequest,
        now: u64,
        trust: bool,
    ) -> Result<Result<Cosigned, WitnessRefusal>, StoreError> {
        self.update(|memory| {
            let mut changed = memory.clone();
            if trust && changed.known(request.key.name()).is_none() {
                changed.trust(request.key.clone())?;
            }
            let cosigned = changed.consider(request, &self.signer, now)?;
            *memory = changed;
            Ok(cosigned)
        })
    }
}

fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let unfinished = write_unfinished(path, text.as_bytes())?;
    finish(&unfinished, path)
}

/// The bytes of a file, `None` where there is none.
fn read(path: &Path, longest: usize) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::file(path, error)),
    };
    let mut bytes = Vec::new();
    file.take(longest as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| StoreError::file(path, error))?;
    if bytes.len() > longest {
        return Err(StoreError::Damaged);
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyFile;
    use gatepost_ledger::tree::{Frontier, Hash};
    use gatepost_ledger::{Seal, cosignature};
    use tempfile::TempDir;

    const NOW: u64 = 1_795_174_248;

    fn name(text: &str) -> KeyName {
        KeyName::new(text).expect("a name")
    }

    fn witness(folder: &TempDir) -> WitnessFolder {
        let vault = KeyFile::in_folder(folder.path());
        WitnessFolder::create(folder.path(), &vault, name("inspector.example/7")).expect("created")
    }

    fn gate() -> SignerKey {
        let seed = Zeroizing::new([5; 32]);
        SignerKey::of_seed(name("gatepost.example/market/A1"), KeyKind::Note, &seed)
    }

    fn request(old: u64, leaves: &[&str]) -> WitnessRequest {
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.append(Hash::of_leaf(leaf.as_bytes()), &mut Vec::new());
        }
        let seal = Seal {
            origin: gate().verifier().name().clone(),
            size: leaves.len() as u64,
            root: frontier.root(),
        };
        WitnessRequest {
            key: gate().verifier(),
            old,
            consistency: vec![],
            size: seal.size,
            root: seal.root,
            signature: gate().sign(seal.to_text().as_bytes()),
            handover: None,
        }
    }

    #[test]
    fn what_was_cosigned_is_remembered_by_the_next_program_on_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = witness(&folder);
        let refused = first.consider(&request(0, &["a"]), NOW, false).expect("kept");
        assert_eq!(refused, Err(WitnessRefusal::UnknownLedger));
        let done = first
            .consider(&request(0, &["a"]), NOW, true)
            .expect("kept")
            .expect("cosigned");
        let text = done.seal.to_text();
        assert_eq!(
            cosignature::verify(&text, &done.line, &first.key().verifier()),
            Ok(NOW)
        );

        let again = WitnessFolder::open(folder.path(), &KeyFile::in_folder(folder.path())).expect("opened");
        let origin = gate().verifier().name().clone();
        assert_eq!(again.hello(Some(&origin)).expect("read").known, Some((origin, 1)));
        let rewritten = again.consider(&request(1, &["b"]), NOW, true).expect("kept");
        assert_eq!(rewritten, Err(WitnessRefusal::OtherRoot));
    }

    #[test]
    fn a_request_that_is_refused_makes_nobody_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let witness = witness(&folder);
        let mut forged = request(0, &["a"]);
        forged.signature[0] ^= 1;
        let refused = witness.consider(&forged, NOW, true).expect("kept");
        assert_eq!(refused, Err(WitnessRefusal::BadSignature));
        assert_eq!(witness.memory().expect("read").ledgers().count(), 0);
    }

    #[test]
    fn a_memory_that_is_missing_or_damaged_is_never_an_empty_one() {
        let folder = tempfile::tempdir().expect("a folder");
        witness(&folder);
        let vault = KeyFile::in_folder(folder.path());
        let open = || WitnessFolder::open(folder.path(), &vault);
        fs::write(folder.path().join(MEMORY_NAME), "gatepost witness memory 2\n").expect("written");
        assert!(matches!(open(), Err(StoreError::Damaged)));
        fs::remove_file(folder.path().join(MEMORY_NAME)).expect("removed");
        assert!(matches!(open(), Err(StoreError::Damaged)));
        let again = WitnessFolder::create(folder.path(), &vault, name("inspector.example/8"));
        assert!(matches!(again, Err(StoreError::AlreadySetUp)));
    }

    #[test]
    fn without_its_own_seed_a_witness_signs_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = KeyFile::in_folder(folder.path());
        assert!(matches!(
            WitnessFolder::open(folder.path(), &vault),
            Err(StoreError::NotSetUp)
        ));
        witness(&folder);
        vault
            .keep(KeyItem::Signing(0), &Zeroizing::new([9; 32]))
            .expect("kept");
        assert!(matches!(
            WitnessFolder::open(folder.path(), &vault),
            Err(StoreError::KeyMissing)
        ));
        vault.forget(KeyItem::Signing(0)).expect("forgotten");
        assert!(matches!(
            WitnessFolder::open(folder.path(), &vault),
            Err(StoreError::KeyMissing)
        ));
    }

    #[test]
    fn while_another_program_changes_the_memory_nobody_else_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let witness = witness(&folder);
        let turn = turn::take(&folder.path().join(LOCK_NAME)).expect("free");
        let late = witness.consider(&request(0, &["a"]), NOW, true);
        assert!(matches!(late, Err(StoreError::Locked)));
        drop(turn);
        witness
            .consider(&request(0, &["a"]), NOW, true)
            .expect("kept")
            .expect("cosigned");
    }
}
