//! Seals: C2SP tlog-checkpoint v1. A seal states how long a ledger is and what all of it hashes to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::note::{KeyName, NoteError, SignedNote, SignerKey, VerifierKey};
use crate::tree::Hash;

/// No ledger is longer: 2^63 - 1, so that a proof has at most 63 hashes and the number fits every language's.
pub const LARGEST_SIZE: u64 = i64::MAX as u64;

/// The statement of a seal: an origin, a size, a root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    /// Which ledger: also the name of its key.
    pub origin: KeyName,
    /// Records.
    pub size: u64,
    /// Root of the tree of so many records.
    pub root: Hash,
}

impl Seal {
    /// The three lines that are signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let root = STANDARD.encode(self.root.0);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// Reads the three lines and refuses any other form of them. Extension lines are refused too: no ledger of
    /// this program writes any, so one that has them says something that nobody here understands.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse_text(text: &str) -> Result<Seal, NoteError> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::Malformed);
        };
        let root = STANDARD.decode(root).map_err(|_| NoteError::Malformed)?;
        let seal = Seal {
            origin: KeyName::new(origin).map_err(|_| NoteError::Malformed)?,
            size: size.parse().map_err(|_| NoteError::Malformed)?,
            root: Hash::of_bytes(&root).ok_or(NoteError::Malformed)?,
        };
        if seal.to_text() == text && seal.size <= LARGEST_SIZE {
            Ok(seal)
        } else {
            Err(NoteError::Malformed)
        }
    }

    /// The statement in a signed note, whose signatures are still to be verified.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn of_note(note: &SignedNote) -> Result<Seal, NoteError> {
        Seal::parse_text(&note.text)
    }

    /// The statement in a note, if the key of the ledger signed it: the key's name is the origin, and every
    /// signature that claims to be this key's is.
    ///
    /// # Errors
    /// [`NoteError::Malformed`]; [`NoteError::OtherOrigin`]; [`NoteError::Unsigned`];
    /// [`NoteError::BadSignature`].
    pub fn verified(note: &SignedNote, key: &VerifierKey) -> Result<Seal, NoteError> {
        let seal = Seal::of_note(note)?;
        if seal.origin != *key.name() {
            return Err(NoteError::OtherOrigin);
        }
        note.verify(key)?;
        Ok(seal)
    }

    /// Signs it with the key of its ledger.
    #[must_use]
    pub fn sign(&self, key: &SignerKey) -> SignedNote {
        SignedNote::sign(self.to_text(), key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal {
            origin: KeyName::new("gatepost.example/market/A1").expect("a name"),
            size: 1234,
            root: Hash::of_leaf(b"a leaf"),
        }
    }

    #[test]
    fn a_seal_reads_back_as_itself() {
        assert_eq!(Seal::parse_text(&seal().to_text()), Ok(seal()));
    }

    #[test]
    fn the_same_seal_in_another_form_is_refused() {
        let text = seal().to_text();
        for form in [
            text.replace("1234", "01234"),
            text.replace("1234", "+1234"),
            text.replace('\n', "\r\n"),
            format!("{text}\n"),
            format!("{text}an extension\n"),
            text.trim_end().to_owned(),
        ] {
            assert!(Seal::parse_text(&form).is_err(), "{form:?}");
        }
    }
}
