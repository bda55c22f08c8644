//! The keys of a ledger, as its records name them.

use crate::audit::{Fault, Rule};
use crate::body::{Body, KeyChangeReason};
use crate::leaf::Leaf;
use crate::note::{KeyKind, SignedNote, VerifierKey};

/// Keys and the position of the first record whose head each signs.
#[derive(Debug, Default)]
pub(super) struct KeyHistory(Vec<(u64, VerifierKey)>);

impl KeyHistory {
    /// Takes the key that a record names, where it names one.
    pub(super) fn note(&mut self, leaf: &Leaf) -> Result<(), Fault> {
        let position = leaf.position;
        let (text, from) = match &leaf.body {
            Body::Genesis { key: Some(key), .. } => (key, position),
            Body::KeyChange { key, reason } => {
                let is_first = *reason == KeyChangeReason::First;
                if is_first != self.0.is_empty() {
                    let (expected, found) = ("the first key first, and then changes", "the other");
                    return Err(Fault::new(position, Rule::Key, expected, found));
                }
                // The change is signed by the old key; the first key has no older one.
                (key, position + u64::from(!is_first))
            }
            _ => return Ok(()),
        };
        let key = text.parse().ok();
        let key: VerifierKey = key
            .filter(|key: &VerifierKey| key.kind() == KeyKind::Note)
            .ok_or_else(|| Fault::new(position, Rule::Key, "a verifier key", "another text"))?;
        if let Some((_, first)) = self.0.first()
            && first.name() != key.name()
        {
            return Err(Fault::new(position, Rule::Origin, first.name(), key.name()));
        }
        if self.0.iter().any(|(_, known)| known.bytes() == key.bytes()) {
            return Err(Fault::new(position, Rule::Key, "a new key", "one of before"));
        }
        self.0.push((from, key));
        Ok(())
    }

    /// The key that signs the head of the record at `position`.
    pub(super) fn in_force(&self, position: u64) -> Option<&VerifierKey> {
        let in_force = self.0.iter().rev().find(|(from, _)| *from <= position);
        in_force.map(|(_, key)| key)
    }

    /// Whether the seal of the first `size` records is signed by the key that was in force then.
    pub(super) fn check_seal(&self, note: &SignedNote, size: u64) -> Result<(), Fault> {
        let last = size.saturating_sub(1);
        let is_signed = self.in_force(last).is_some_and(|key| note.verify(key).is_ok());
        if is_signed {
            return Ok(());
        }
        let expected = "a signature of the gate";
        Err(Fault::new(last, Rule::Seal, expected, "none that verifies"))
    }

    pub(super) fn first(&self) -> Option<&VerifierKey> {
        self.0.first().map(|(_, key)| key)
    }

    pub(super) fn into_keys(self) -> Vec<(u64, VerifierKey)> {
        self.0
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &VerifierKey> {
        self.0.iter().map(|(_, key)| key)
    }
}
