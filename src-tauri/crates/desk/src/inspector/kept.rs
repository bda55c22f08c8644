//! Files that this device keeps for people beside its memory: seals that it saw, and evidence.
//!
//! The memory is what counts: nothing that this program compares rests on these files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use gatepost_ledger::note::KeyName;
use gatepost_ledger::witness::{Cosigned, KnownLedger, WitnessRefusal, WitnessRequest};
use gatepost_store::sync_folder_of;
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::papers::write_file;

/// Where the seals are kept that this device cosigned.
const SEALS: &str = "seals";
/// Where is kept what a gate showed that contradicts what was seen before.
const EVIDENCE: &str = "evidence";
/// So much of a ledger's name stands readable in the name of a file.
const READABLE_CHARACTERS: usize = 80;

impl Desk {
    /// The last seal of a ledger as it was seen and signed, with the gate's own signature, for whoever checks files
    /// elsewhere.
    pub(super) fn keep_seal(&self, request: &WitnessRequest, cosigned: &Cosigned) {
        let mut note = request.note();
        note.signatures.push(cosigned.line.clone());
        if let Err(error) = replace_file(&self.seal_path(request.key.name()), note.to_string().as_bytes()) {
            tracing::warn!(%error, "the seal could not be kept");
        }
    }

    fn seal_path(&self, origin: &KeyName) -> PathBuf {
        let name = format!("{}.txt", file_name(origin));
        self.options.inspector_folder.join(SEALS).join(name)
    }

    /// What the gate showed and what was known, as text; the path, where it could be written.
    pub(super) fn keep_evidence(
        &self,
        request: &WitnessRequest,
        known: Option<&KnownLedger>,
        refusal: &WitnessRefusal,
        now: u64,
    ) -> Option<String> {
        let seen = known.map_or_else(String::new, |known| {
            let root: String = known.root.0.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("seen {} {root} {} {}\n", known.size, known.seconds, known.key)
        });
        let shown = request.to_body();
        let text = format!("gatepost evidence 1\nat {now}\nrefused {refusal}\n{seen}shown\n{shown}");
        let name = format!("{}-{now}.txt", file_name(request.key.name()));
        let path = self.options.inspector_folder.join(EVIDENCE).join(name);
        match write_file(&path, text.as_bytes()) {
            Ok(()) => Some(path.display().to_string()),
            // The same code, seen twice in a second.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Some(path.display().to_string()),
            Err(error) => {
                tracing::error!(%error, "the evidence could not be kept");
                None
            }
        }
    }
}

/// Writes a file that takes the place of an older one only when it is complete and on the disk.
fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write_file(&unfinished, bytes)?;
    fs::rename(&unfinished, path)?;
    sync_folder_of(path)
}

/// The name of a ledger as a name of a file without its ending: what a file system can take of it, and a hash of all
/// of it, so that no two ledgers share a file, whichever letters a file system takes for the same.
fn file_name(origin: &KeyName) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let readable: String = origin
        .as_str()
        .chars()
        .map(|character| if plain(character) { character } else { '_' })
        .take(READABLE_CHARACTERS)
        .collect();
    let hash = Sha256::digest(origin.as_str().as_bytes());
    let hash: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{readable}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ledgers_share_a_file() {
        let names = ["market/a", "market_a", "market/A", "超市/东门", "超市/西门"].map(|name| {
            let name = file_name(&KeyName::new(name).expect("a name"));
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
            name.to_lowercase()
        });
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{name}");
        }
        let long = KeyName::new(&"門".repeat(85)).expect("a name");
        assert!(file_name(&long).len() < 120);
    }

    #[test]
    fn a_seal_takes_the_place_of_the_last_one_and_of_what_a_crash_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seals").join("a.txt");
        replace_file(&path, b"first").expect("written");
        fs::write(path.with_extension("new"), "hal").expect("left by a crash");
        replace_file(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"second");
        assert!(!path.with_extension("new").exists());
    }
}
