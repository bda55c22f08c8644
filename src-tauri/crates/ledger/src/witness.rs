//! Witnessing (C2SP tlog-witness): what a ledger asks of a witness, and what the witness remembers and refuses.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::body::Body;
use crate::cosignature;
use crate::leaf::Leaf;
use crate::note::{KeyKind, KeyName, NoteError, NoteSignature, SignedNote, SignerKey, VerifierKey};
use crate::proof_file::hashes_of;
use crate::seal::{LARGEST_SIZE, Seal};
use crate::tree::{Hash, verify_consistency, verify_inclusion};

/// No memory of a witness is longer.
pub const LONGEST_MEMORY_BYTES: usize = 8 * 1024 * 1024;
/// No add-checkpoint body is longer.
pub const LONGEST_BODY_BYTES: usize = 128 * 1024;
/// No clock of a witness shows less: 2026-01-01. A device whose battery is empty starts in 1970.
pub const EARLIEST_SECONDS: u64 = 1_767_225_600;

/// The body of an `add-checkpoint` call: a seal, and the proof that it extends the seal of `old` records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Records that the witness has cosigned before; 0 where it never has.
    pub old: u64,
    /// The consistency proof from there.
    pub consistency: Vec<Hash>,
    /// The seal with its signatures.
    pub note: SignedNote,
}

impl AddCheckpoint {
    /// Reads a body and refuses every other form of the same content: it is written again and compared.
    ///
    /// # Errors
    /// [`NoteError::TooLong`] or [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<AddCheckpoint, NoteError> {
        if bytes.len() > LONGEST_BODY_BYTES {
            return Err(NoteError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let (head, note) = text.split_once("\n\n").ok_or(NoteError::Malformed)?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old ")?.parse().ok());
        let body = AddCheckpoint {
            old: old.ok_or(NoteError::Malformed)?,
            consistency: hashes_of(lines).ok_or(NoteError::Malformed)?,
            note: SignedNote::parse(note.as_bytes())?,
        };
        if body.old <= Seal::of_note(&body.note)?.size && body.to_string() == text {
            Ok(body)
        } else {
            Err(NoteError::Malformed)
        }
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "old {}", self.old)?;
        for hash in &self.consistency {
            writeln!(formatter, "{}", STANDARD.encode(hash.0))?;
        }
        write!(formatter, "\n{}", self.note)
    }
}

/// That the ledger's next key was named by the last record of what the witness knows, and so under the seal of the
/// key it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The `key_change` record.
    pub leaf: Vec<u8>,
    /// Its audit path in the tree that ends with it.
    pub path: Vec<Hash>,
}

/// What a gate asks a witness to cosign. No signature and no proof in it has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRequest {
    /// The key that signed the seal; its name is the origin. Of use to somebody who sees the ledger for the first
    /// time.
    pub key: VerifierKey,
    /// Records that the witness has cosigned before.
    pub old: u64,
    /// The consistency proof from there.
    pub consistency: Vec<Hash>,
    /// Records.
    pub size: u64,
    /// Root of the tree of so many records.
    pub root: Hash,
    /// The key's signature over the seal.
    pub signature: [u8; 64],
    /// Where the key is another than that which signed for `old` records.
    pub handover: Option<Handover>,
}

impl WitnessRequest {
    /// The request that an `add-checkpoint` body makes in the name of `key`, without a handover.
    ///
    /// # Errors
    /// [`NoteError::OtherOrigin`], [`NoteError::Unsigned`] or [`NoteError::BadSignature`].
    pub fn of_body(body: AddCheckpoint, key: VerifierKey) -> Result<WitnessRequest, NoteError> {
        let seal = Seal::verified(&body.note, &key)?;
        let signature = body.note.signatures_of(&key).next().ok_or(NoteError::Unsigned)?;
        Ok(WitnessRequest {
            old: body.old,
            consistency: body.consistency,
            size: seal.size,
            root: seal.root,
            signature: signature.try_into().map_err(|_| NoteError::BadSignature)?,
            key,
            handover: None,
        })
    }

    /// The statement that is to be cosigned.
    #[must_use]
    pub fn seal(&self) -> Seal {
        Seal {
            origin: self.key.name().clone(),
            size: self.size,
            root: self.root,
        }
    }

    /// The seal with its signature.
    #[must_use]
    pub fn note(&self) -> SignedNote {
        SignedNote {
            text: self.seal().to_text(),
            signatures: vec![NoteSignature {
                name: self.key.name().clone(),
                id: self.key.id(),
                signature: self.signature.to_vec(),
            }],
        }
    }

    /// What any C2SP witness understands of it.
    #[must_use]
    pub fn to_body(&self) -> AddCheckpoint {
        AddCheckpoint {
            old: self.old,
            consistency: self.consistency.clone(),
            note: self.note(),
        }
    }
}

/// What a witness knows of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLedger {
    /// Records when it last cosigned; 0 for a ledger that is trusted and not yet cosigned.
    pub size: u64,
    /// Root of so many records.
    pub root: Hash,
    /// When that was on the witness's clock, seconds since 1970 UTC; 0 before the first time.
    pub seconds: u64,
    /// The key that the next seal must be signed with. Its name is the origin.
    pub key: VerifierKey,
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// It never saw this ledger. A person compares the fingerprint of the request's key and may then
    /// [`trust`](WitnessMemory::trust) it.
    #[error("a ledger that this witness does not know")]
    UnknownLedger,
    /// The request is not from where this witness stands: its first message was for another ledger, or of another
    /// day. It shows the right one and asks again.
    #[error("the proof does not begin where this witness stands, at {known} records")]
    OldSize {
        /// Where it stands.
        known: u64,
    },
    /// The seal is signed with a key that this witness does not know for the ledger.
    #[error("signed with another key than is known")]
    OtherKey,
    /// The record that should name the new key does not, or does not stand where it must.
    #[error("the new key was not named by the old one")]
    Handover,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// A properly signed ledger that is shorter than it was: cut off, or put back from an older copy.
    #[error("{offered} records, where this witness has seen {known}")]
    Truncated {
        /// Records that this witness cosigned.
        known: u64,
        /// Records that it is shown now.
        offered: u64,
    },
    /// A properly signed ledger of the known length and with another content: history was rewritten.
    #[error("other records than this witness has seen")]
    OtherRoot,
    /// A properly signed ledger that is not shown to continue the known one: forked, or history was rewritten.
    #[error("not a continuation of what this witness has seen")]
    Forked,
    /// The witness's own clock is earlier than [`EARLIEST_SECONDS`] or than when it last cosigned this ledger.
    #[error("the clock of this witness is too early")]
    Clock {
        /// The earliest time that would do.
        earliest: u64,
    },
    /// The given key does not cosign, or the time is absurd.
    #[error("not a key of a witness")]
    NotAWitness,
}

impl WitnessRefusal {
    /// Whether the ledger, as it was shown, contradicts what this witness has seen; the request is worth keeping.
    ///
    /// [`OtherRoot`](WitnessRefusal::OtherRoot) convicts the holder of the key by itself: two signed seals of one
    /// size. The other two need somebody who says what the gate showed: an old code can be shown again by anybody,
    /// and a proof may not fit for want of care.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        match self {
            WitnessRefusal::Truncated { .. } | WitnessRefusal::OtherRoot | WitnessRefusal::Forked => true,
            WitnessRefusal::UnknownLedger
            | WitnessRefusal::OldSize { .. }
            | WitnessRefusal::OtherKey
            | WitnessRefusal::Handover
            | WitnessRefusal::BadSignature
            | WitnessRefusal::Clock { .. }
            | WitnessRefusal::NotAWitness => false,
        }
    }
}

/// What a witness states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The signature line for the gate.
    pub line: NoteSignature,
    /// What was cosigned.
    pub seal: Seal,
    /// When, seconds since 1970 UTC.
    pub seconds: u64,
    /// Records that this witness had cosigned before.
    pub before: u64,
}

/// What a witness has seen: the latest seal of each ledger it trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessMemory {
    known: BTreeMap<KeyName, KnownLedger>,
}

const MEMORY_HEADER: &str = "gatepost witness memory 1";

impl WitnessMemory {
    /// A witness that has seen nothing.
    #[must_use]
    pub fn new() -> WitnessMemory {
        WitnessMemory::default()
    }

    /// What is known of a ledger.
    #[must_use]
    pub fn known(&self, origin: &KeyName) -> Option<&KnownLedger> {
        self.known.get(origin)
    }

    /// Every known ledger, by origin.
    pub fn ledgers(&self) -> impl Iterator<Item = &KnownLedger> {
        self.known.values()
    }

    /// Trusts a ledger from now on, after a person has compared the fingerprint of its key with the one that the
    /// gate shows or that was written down when it was set up. A ledger that is known already stays as it is.
    ///
    /// # Errors
    /// [`WitnessRefusal::OtherKey`] for a key that signs no seals or another key of a known ledger.
    pub fn trust(&mut self, key: VerifierKey) -> Result<(), WitnessRefusal> {
        let known = self.known.get(key.name());
        if key.kind() != KeyKind::Note || known.is_some_and(|known| known.key != key) {
            return Err(WitnessRefusal::OtherKey);
        }
        let new = KnownLedger {
            size: 0,
            root: Hash::of_empty_tree(),
            seconds: 0,
            key,
        };
        self.known.entry(new.key.name().clone()).or_insert(new);
        Ok(())
    }

    /// Forgets a ledger, so that it can be trusted anew: the only way on after a gate has lost its key. What was
    /// known is returned; a careful caller keeps it.
    pub fn forget(&mut self, origin: &KeyName) -> Option<KnownLedger> {
        self.known.remove(origin)
    }

    /// Cosigns at `now` seconds since 1970 UTC if everything holds, and remembers. The caller must have stored the
    /// memory durably before it shows the line to anybody: a witness that forgets may sign two histories.
    ///
    /// # Errors
    /// A [`WitnessRefusal`]; the memory is then as it was.
    pub fn consider(
        &mut self,
        request: &WitnessRequest,
        witness: &SignerKey,
        now: u64,
    ) -> Result<Cosigned, WitnessRefusal> {
        let seal = request.seal();
        let known = self
            .known
            .get(&seal.origin)
            .ok_or(WitnessRefusal::UnknownLedger)?;
        let earliest = known.seconds.max(EARLIEST_SECONDS);
        if now < earliest {
            return Err(WitnessRefusal::Clock { earliest });
        }
        extends(known, request)?;
        let line = cosignature::cosign(&seal.to_text(), witness, now);
        let line = line.map_err(|_| WitnessRefusal::NotAWitness)?;
        let before = known.size;
        let new = KnownLedger {
            size: seal.size,
            root: seal.root,
            seconds: now,
            key: request.key.clone(),
        };
        self.known.insert(seal.origin.clone(), new);
        Ok(Cosigned {
            line,
            seal,
            seconds: now,
            before,
        })
    }

    /// Its one written form: a header, then a line `size root seconds key` for each ledger in ascending order of
    /// the origins, the root in base64 and the key as its verifier key.
    #[must_use]
    pub fn to_text(&self) -> String {
        let lines = self.known.values().map(|one| {
            let root = STANDARD.encode(one.root.0);
            format!("{} {root} {} {}\n", one.size, one.seconds, one.key)
        });
        [format!("{MEMORY_HEADER}\n")].into_iter().chain(lines).collect()
    }

    /// Reads the written form and refuses any other.
    ///
    /// # Errors
    /// [`NoteError::TooLong`] or [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<WitnessMemory, NoteError> {
        if bytes.len() > LONGEST_MEMORY_BYTES {
            return Err(NoteError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let lines = text.strip_suffix('\n').ok_or(NoteError::Malformed)?.split('\n');
        let known = lines.skip(1).map(known_of).collect::<Option<Vec<_>>>();
        let known = known.ok_or(NoteError::Malformed)?.into_iter();
        let memory = WitnessMemory {
            known: known.map(|one| (one.key.name().clone(), one)).collect(),
        };
        if memory.to_text() == text {
            Ok(memory)
        } else {
            Err(NoteError::Malformed)
        }
    }
}

fn known_of(line: &str) -> Option<KnownLedger> {
    let mut items = line.split(' ');
    let known = KnownLedger {
        size: items.next()?.parse().ok().filter(|size| *size <= LARGEST_SIZE)?,
        root: Hash::of_bytes(&STANDARD.decode(items.next()?).ok()?)?,
        seconds: items.next()?.parse().ok()?,
        key: items.next()?.parse().ok()?,
    };
    (known.key.kind() == KeyKind::Note).then_some(known)
}

/// Whether the request shows a signed seal that continues what is known.
fn extends(known: &KnownLedger, request: &WitnessRequest) -> Result<(), WitnessRefusal> {
    if request.old == 0 && known.size > 0 {
        // The gate has not heard what this witness knows.
        return Err(WitnessRefusal::OldSize { known: known.size });
    }
    if let Some(handover) = &request.handover {
        if new_key(known, handover)? != request.key {
            return Err(WitnessRefusal::Handover);
        }
    } else if request.key != known.key {
        return Err(WitnessRefusal::OtherKey);
    }
    let seal = request.seal();
    let signed = request.key.verify(seal.to_text().as_bytes(), &request.signature);
    signed.map_err(|_| WitnessRefusal::BadSignature)?;
    if seal.size < known.size {
        return Err(WitnessRefusal::Truncated {
            known: known.size,
            offered: seal.size,
        });
    }
    if request.old != known.size {
        return Err(WitnessRefusal::OldSize { known: known.size });
    }
    if seal.size == known.size && seal.root != known.root {
        return Err(WitnessRefusal::OtherRoot);
    }
    verify_consistency(
        known.size,
        &known.root,
        seal.size,
        &seal.root,
        &request.consistency,
    )
    .map_err(|_| WitnessRefusal::Forked)
}

/// The key that the last of the known records names. That record stands under a seal of the known key, so the
/// holder of that key named it.
fn new_key(known: &KnownLedger, handover: &Handover) -> Result<VerifierKey, WitnessRefusal> {
    let last = known.size.checked_sub(1).ok_or(WitnessRefusal::Handover)?;
    let hash = Hash::of_leaf(&handover.leaf);
    verify_inclusion(&hash, last, known.size, &known.root, &handover.path)
        .map_err(|_| WitnessRefusal::Handover)?;
    let leaf = Leaf::parse(&handover.leaf).map_err(|_| WitnessRefusal::Handover)?;
    let Body::KeyChange { key, .. } = leaf.body else {
        return Err(WitnessRefusal::Handover);
    };
    let key: VerifierKey = key.parse().map_err(|_| WitnessRefusal::Handover)?;
    let is_for_this_ledger = key.kind() == KeyKind::Note && key.name() == known.key.name();
    if is_for_this_ledger && leaf.position == last {
        Ok(key)
    } else {
        Err(WitnessRefusal::Handover)
    }
}
