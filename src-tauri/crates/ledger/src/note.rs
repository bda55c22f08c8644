//! Signed notes (C2SP signed-note v1) with Ed25519 keys.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// No note is longer.
pub const LONGEST_NOTE_BYTES: usize = 64 * 1024;
/// No note has more signatures.
pub const MOST_SIGNATURES: usize = 100;

/// What a key signs: the byte in front of the public key (signed-note, "Signature types").
/// A key of one kind is never taken for one of the other: the byte is part of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The text of a note, 0x01.
    Note,
    /// A checkpoint and the time it was seen, 0x04 (tlog-cosignature v1).
    Cosignature,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            KeyKind::Note => 1,
            KeyKind::Cosignature => 4,
        }
    }

    fn of_byte(byte: u8) -> Option<KeyKind> {
        [KeyKind::Note, KeyKind::Cosignature]
            .into_iter()
            .find(|kind| kind.byte() == byte)
    }
}

/// Why a key, a note or a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A key name is empty or has white space or a plus sign.
    #[error("not a key name")]
    Name,
    /// Not of the form of a verifier key, or its id does not fit, or the key is weak.
    #[error("not a verifier key")]
    Key,
    /// Not of the form of a signed note.
    #[error("not a signed note")]
    Malformed,
    /// Longer than [`LONGEST_NOTE_BYTES`] or with more than [`MOST_SIGNATURES`] signatures.
    #[error("too long")]
    TooLong,
    /// The seal of another ledger than the key's.
    #[error("the seal of another ledger")]
    OtherOrigin,
    /// No signature of that key.
    #[error("not signed by that key")]
    Unsigned,
    /// A signature of that key that does not verify.
    #[error("the signature does not verify")]
    BadSignature,
}

/// The name of a key: not empty, no white space, no plus sign. That of a gate is the origin of its ledger.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KeyName(String);

impl KeyName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str) -> Result<KeyName, NoteError> {
        let refused = |symbol: char| symbol.is_whitespace() || symbol.is_control() || symbol == '+';
        if name.is_empty() || name.len() > 255 || name.contains(refused) {
            return Err(NoteError::Name);
        }
        Ok(KeyName(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Names a public key within a name: the first four bytes of SHA-256(name ‖ LF ‖ kind ‖ key).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyId(pub [u8; 4]);

/// A public key with its name, written `name+id+base64(kind ‖ key)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: KeyName,
    kind: KeyKind,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// A key from its 32 bytes (RFC 8032, 5.1.5).
    ///
    /// # Errors
    /// [`NoteError::Key`] for bytes that are no point, not the one encoding of it, or of a point with a component
    /// of small order: of such keys two correct programs may disagree about a signature.
    pub fn new(name: KeyName, kind: KeyKind, bytes: &[u8; 32]) -> Result<VerifierKey, NoteError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| NoteError::Key)?;
        let point = key.to_edwards();
        if key.is_weak() || !point.is_torsion_free() || point.compress().as_bytes() != bytes {
            return Err(NoteError::Key);
        }
        Ok(VerifierKey { name, kind, key })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key's 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let full = Sha256::new()
            .chain_update(self.name.0.as_bytes())
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.as_bytes())
            .finalize();
        KeyId([full[0], full[1], full[2], full[3]])
    }

    /// Whether `signature` over `message` is this key's. Strict: no small-order key, no non-canonical encoding.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), NoteError> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| NoteError::BadSignature)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind.byte()];
        bytes.extend_from_slice(self.key.as_bytes());
        let id = u32::from_be_bytes(self.id().0);
        write!(formatter, "{}+{id:08x}+{}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<VerifierKey, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (kind, bytes) = bytes.split_first().ok_or(NoteError::Key)?;
        let kind = KeyKind::of_byte(*kind).ok_or(NoteError::Key)?;
        let bytes = bytes.try_into().map_err(|_| NoteError::Key)?;
        let key = VerifierKey::new(KeyName::new(name)?, kind, bytes)?;
        // The id and every other detail of the form is compared at once.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(NoteError::Key)
        }
    }
}

/// A secret key with its name.
pub struct SignerKey {
    name: KeyName,
    kind: KeyKind,
    key: ed25519_dalek::SigningKey,
}

impl SignerKey {
    /// The key of a 32-byte seed (RFC 8032, 5.1.5).
    #[must_use]
    pub fn of_seed(name: KeyName, kind: KeyKind, seed: &Zeroizing<[u8; 32]>) -> SignerKey {
        SignerKey {
            name,
            kind,
            key: ed25519_dalek::SigningKey::from_bytes(seed),
        }
    }

    /// Its public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey {
            name: self.name.clone(),
            kind: self.kind,
            key: self.key.verifying_key(),
        }
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

/// One signature line: `— name base64(id ‖ signature)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: KeyName,
    /// Id of the key.
    pub id: KeyId,
    /// What follows the id: 64 bytes of an Ed25519 signature, 72 of a cosignature, anything of a kind that is not
    /// known here.
    pub signature: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.0.to_vec();
        bytes.extend_from_slice(&self.signature);
        write!(formatter, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<NoteSignature, NoteError> {
        let (name, encoded) = line
            .strip_prefix("— ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::Malformed)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
        if signature.is_empty() {
            return Err(NoteError::Malformed);
        }
        Ok(NoteSignature {
            name: KeyName::new(name).map_err(|_| NoteError::Malformed)?,
            id: KeyId(*id),
            signature: signature.to_vec(),
        })
    }
}

/// A text with signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedNote {
    /// The text, which ends in a line feed.
    pub text: String,
    /// Its signatures, at least one.
    pub signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Signs `text`, which must end in a line feed.
    #[must_use]
    pub fn sign(text: String, key: &SignerKey) -> SignedNote {
        let verifier = key.verifier();
        let signature = NoteSignature {
            id: verifier.id(),
            name: verifier.name,
            signature: key.sign(text.as_bytes()).to_vec(),
        };
        SignedNote {
            text,
            signatures: vec![signature],
        }
    }

    /// Reads a note. No signature has been verified then.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] or [`NoteError::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<SignedNote, NoteError> {
        if bytes.len() > LONGEST_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let is_control = |symbol: char| symbol != '\n' && symbol < ' ';
        let cut = note.rfind("\n\n").ok_or(NoteError::Malformed)? + 1;
        let (text, rest) = note.split_at(cut);
        let lines = rest[1..].strip_suffix('\n').ok_or(NoteError::Malformed)?;
        if note.contains(is_control) {
            return Err(NoteError::Malformed);
        }
        if lines.split('\n').count() > MOST_SIGNATURES {
            return Err(NoteError::TooLong);
        }
        let signatures = lines.split('\n').map(str::parse).collect::<Result<_, _>>()?;
        Ok(SignedNote {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Whether `key` signed the text. Signatures of other keys are passed over; of this key every one must verify.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], also for a key that signs no notes but cosigns, or [`NoteError::BadSignature`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        if key.kind() != KeyKind::Note {
            return Err(NoteError::Unsigned);
        }
        let mut signed = Err(NoteError::Unsigned);
        for signature in self.signatures_of(key) {
            let signature = signature.try_into().map_err(|_| NoteError::BadSignature)?;
            key.verify(self.text.as_bytes(), signature)?;
            signed = Ok(());
        }
        signed
    }

    /// The bytes of every signature that stands beside the name and id of `key`, not verified.
    pub fn signatures_of(&self, key: &VerifierKey) -> impl Iterator<Item = &[u8]> {
        let (id, name) = (key.id(), key.name().clone());
        self.signatures
            .iter()
            .filter(move |one| one.id == id && one.name == name)
            .map(|one| one.signature.as_slice())
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|one| writeln!(formatter, "{one}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> SignerKey {
        let name = KeyName::new("gatepost.example/market/A1").expect("a name");
        SignerKey::of_seed(name, KeyKind::Note, &Zeroizing::new([7; 32]))
    }

    #[test]
    fn a_note_reads_back_as_itself_and_verifies() {
        let note = SignedNote::sign("one\n\ntwo\n".into(), &signer());
        let read = SignedNote::parse(note.to_string().as_bytes()).expect("a note");
        assert_eq!(read, note);
        assert_eq!(read.verify(&signer().verifier()), Ok(()));
    }

    #[test]
    fn a_verifier_key_reads_back_and_a_changed_one_is_refused() {
        let text = signer().verifier().to_string();
        assert_eq!(text.parse(), Ok(signer().verifier()));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(text.parse::<VerifierKey>().is_err(), "{text}");
            }
        }
    }
}
