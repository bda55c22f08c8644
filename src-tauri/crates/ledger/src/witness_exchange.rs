//! Witnessing without a network: three messages that travel as codes on a screen.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cosignature;
use crate::leaf::LONGEST_LEAF_BYTES;
use crate::note::{KeyKind, KeyName, NoteError, NoteSignature, SignedNote, VerifierKey};
use crate::proof_file::MOST_HASHES;
use crate::seal::{LARGEST_SIZE, Seal};
use crate::tree::{HASH_BYTES, Hash, Nodes, consistency_proof, inclusion_proof};
use crate::witness::{AddCheckpoint, Handover, WitnessRequest};

const HELLO: &[u8] = b"gp1h ";
const REQUEST: &[u8] = b"gp1r";
const COSIGNATURE: &[u8] = b"gp1c ";
/// Before the base64 of a message that is carried as text.
const AS_TEXT: &str = "gp1b ";

/// First message, shown by the witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The witness.
    pub witness: VerifierKey,
    /// Which ledger it wants to see and how many records it has cosigned of it; `None` at first contact.
    pub known: Option<(KeyName, u64)>,
}

/// One message of the exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessMessage {
    /// The witness shows who it is and what it knows: `gp1h KEY` or `gp1h KEY ORIGIN SIZE`, one line without its
    /// line feed, ASCII where the names are, so that a hand scanner that types can read it too.
    Hello(Hello),
    /// The gate shows its seal and the proof, in binary, numbers big-endian: `gp1r`, length of the origin (1 byte),
    /// origin, public key (32), old size (8), size (8), root (32), signature (64), number of hashes (1), hashes;
    /// then nothing or a handover: length of the record (2), record, number of hashes (1), hashes.
    Request(Box<WitnessRequest>),
    /// The witness shows its cosignature: `gp1c NAME BASE64`, the signature line without its dash.
    Cosignature(NoteSignature),
}

impl WitnessMessage {
    /// The bytes for a code in byte mode.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            WitnessMessage::Hello(hello) => {
                let known = hello.known.as_ref();
                let known = known.map_or(String::new(), |(origin, size)| format!(" {origin} {size}"));
                [HELLO, hello.witness.to_string().as_bytes(), known.as_bytes()].concat()
            }
            WitnessMessage::Request(request) => request_to_bytes(request),
            WitnessMessage::Cosignature(line) => {
                let line = line.to_string();
                let line = line
                    .strip_prefix("— ")
                    .expect("a signature line begins with a dash");
                [COSIGNATURE, line.as_bytes()].concat()
            }
        }
    }

    /// Reads a message and refuses every other form of it.
    ///
    /// # Errors
    /// [`NoteError::Malformed`]; [`NoteError::Key`] for a key that is none.
    pub fn parse(bytes: &[u8]) -> Result<WitnessMessage, NoteError> {
        let text = |rest| std::str::from_utf8(rest).map_err(|_| NoteError::Malformed);
        let message = if let Some(rest) = bytes.strip_prefix(HELLO) {
            WitnessMessage::Hello(hello_of(text(rest)?)?)
        } else if let Some(rest) = bytes.strip_prefix(REQUEST) {
            WitnessMessage::Request(Box::new(request_of(rest)?))
        } else if let Some(rest) = bytes.strip_prefix(COSIGNATURE) {
            WitnessMessage::Cosignature(format!("— {}", text(rest)?).parse()?)
        } else {
            return Err(NoteError::Malformed);
        };
        if message.to_bytes() == bytes {
            Ok(message)
        } else {
            Err(NoteError::Malformed)
        }
    }

    /// The message as one line of text without its line feed, to be copied, mailed or piped: `gp1b BASE64` of
    /// [`WitnessMessage::to_bytes`].
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{AS_TEXT}{}", STANDARD.encode(self.to_bytes()))
    }

    /// Reads a message that came as text: its line, or what a hand scanner types of its code. Such devices add
    /// control characters before and behind, and whatever carries text breaks lines: control characters are left
    /// out, and so are spaces in the base64.
    ///
    /// # Errors
    /// As [`WitnessMessage::parse`].
    pub fn parse_line(text: &str) -> Result<WitnessMessage, NoteError> {
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        let text = text.trim();
        match text.strip_prefix(AS_TEXT) {
            Some(encoded) => {
                let bytes = STANDARD.decode(encoded.replace(' ', ""));
                WitnessMessage::parse(&bytes.map_err(|_| NoteError::Malformed)?)
            }
            None => WitnessMessage::parse(text.as_bytes()),
        }
    }
}

fn hello_of(text: &str) -> Result<Hello, NoteError> {
    let items: Vec<&str> = text.split(' ').collect();
    let (key, known) = match items.as_slice() {
        [key] => (key, None),
        [key, origin, size] => {
            let size = size.parse().ok().filter(|size| *size <= LARGEST_SIZE);
            let origin = KeyName::new(origin).map_err(|_| NoteError::Malformed)?;
            (key, Some((origin, size.ok_or(NoteError::Malformed)?)))
        }
        _ => return Err(NoteError::Malformed),
    };
    let witness: VerifierKey = key.parse()?;
    if witness.kind() != KeyKind::Cosignature {
        return Err(NoteError::Key);
    }
    Ok(Hello { witness, known })
}

fn request_to_bytes(request: &WitnessRequest) -> Vec<u8> {
    let mut out = REQUEST.to_vec();
    let origin = request.key.name().as_str();
    out.push(u8::try_from(origin.len()).expect("a key name has at most 255 bytes"));
    out.extend_from_slice(origin.as_bytes());
    out.extend_from_slice(request.key.bytes());
    out.extend_from_slice(&request.old.to_be_bytes());
    out.extend_from_slice(&request.size.to_be_bytes());
    out.extend_from_slice(&request.root.0);
    out.extend_from_slice(&request.signature);
    push_hashes(&mut out, &request.consistency);
    if let Some(handover) = &request.handover {
        let length = u16::try_from(handover.leaf.len()).expect("a leaf has at most 4096 bytes");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&handover.leaf);
        push_hashes(&mut out, &handover.path);
    }
    out
}

fn push_hashes(out: &mut Vec<u8>, hashes: &[Hash]) {
    out.push(u8::try_from(hashes.len()).expect("a proof has at most 63 hashes"));
    for hash in hashes {
        out.extend_from_slice(&hash.0);
    }
}

fn request_of(bytes: &[u8]) -> Result<WitnessRequest, NoteError> {
    let mut rest = Rest(bytes);
    let length = usize::from(rest.array::<1>()?[0]);
    let origin = std::str::from_utf8(rest.take(length)?).map_err(|_| NoteError::Malformed)?;
    let origin = KeyName::new(origin).map_err(|_| NoteError::Malformed)?;
    let mut request = WitnessRequest {
        key: VerifierKey::new(origin, KeyKind::Note, &rest.array()?)?,
        old: u64::from_be_bytes(rest.array()?),
        size: u64::from_be_bytes(rest.array()?),
        root: Hash(rest.array()?),
        signature: rest.array()?,
        consistency: rest.hashes()?,
        handover: None,
    };
    if request.old > request.size || request.size > LARGEST_SIZE {
        return Err(NoteError::Malformed);
    }
    if !rest.0.is_empty() {
        let length = usize::from(u16::from_be_bytes(rest.array()?));
        if length > LONGEST_LEAF_BYTES {
            return Err(NoteError::TooLong);
        }
        request.handover = Some(Handover {
            leaf: rest.take(length)?.to_vec(),
            path: rest.hashes()?,
        });
    }
    if rest.0.is_empty() {
        Ok(request)
    } else {
        Err(NoteError::Malformed)
    }
}

/// Bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], NoteError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(NoteError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NoteError> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("so many bytes were taken"))
    }

    fn hashes(&mut self) -> Result<Vec<Hash>, NoteError> {
        let count = usize::from(self.array::<1>()?[0]);
        if count > MOST_HASHES {
            return Err(NoteError::Malformed);
        }
        let bytes = self.take(count * HASH_BYTES)?;
        let hashes = bytes.chunks_exact(HASH_BYTES).filter_map(Hash::of_bytes);
        Ok(hashes.collect())
    }
}

/// A key that a gate used before, and how it named the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerKey {
    /// The key.
    pub key: VerifierKey,
    /// The bytes of the `key_change` record that ended its use.
    pub leaf: Vec<u8>,
    /// The seal that ends with that record: the last one that this key signed.
    pub seal: SignedNote,
}

/// Why a gate has nothing to show to a witness.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError<E> {
    /// The witness asks for another gate's ledger.
    #[error("the witness asks for another ledger")]
    OtherLedger,
    /// The given seal or former key is not this ledger's own.
    #[error("the ledger's own seal does not verify")]
    OwnSeal(#[source] NoteError),
    /// The nodes could not be read.
    #[error("nodes could not be read")]
    Nodes(E),
}

/// What a gate shows to a witness that said hello: its latest `seal`, signed by `key`, with the proof from where
/// the witness stands.
///
/// Where keys have changed since then, it is not the latest seal but that of the next change, and the witness has
/// to say hello again: every seal it sees is signed either by the key it knows or by one which the last record it
/// has cosigned names. `former` has every key that signed seals before `key` did, oldest first.
///
/// A ledger that is shorter than the witness says shows what it has; the witness will see that.
///
/// # Errors
/// A [`RequestError`].
pub fn request_for<N: Nodes>(
    hello: &Hello,
    nodes: &N,
    seal: &SignedNote,
    key: &VerifierKey,
    former: &[FormerKey],
) -> Result<WitnessRequest, RequestError<N::Error>> {
    let known = match &hello.known {
        Some((origin, _)) if origin != key.name() => return Err(RequestError::OtherLedger),
        Some((_, size)) => *size,
        None => 0,
    };
    let mut target = (seal, key);
    let mut handover = None;
    for one in former.iter().filter(|_| known > 0) {
        let end = Seal::verified(&one.seal, &one.key).map_err(RequestError::OwnSeal)?;
        if end.size > known {
            target = (&one.seal, &one.key);
            break;
        }
        handover = (end.size == known).then_some((one, end));
    }
    let (note, key) = target;
    let last = Seal::verified(note, key).map_err(RequestError::OwnSeal)?;
    let old = known.min(last.size);
    // At the very record that changes the key it is still the old key's seal that is shown.
    let handover = handover.filter(|(one, _)| one.key != *key);
    let handover = handover.map(|(one, end)| {
        let path = inclusion_proof(nodes, end.size - 1, end.size).map_err(RequestError::Nodes)?;
        Ok(Handover {
            leaf: one.leaf.clone(),
            path: path.expect("the record is the last of that tree"),
        })
    });
    let consistency = consistency_proof(nodes, old, last.size).map_err(RequestError::Nodes)?;
    let body = AddCheckpoint {
        old,
        consistency: consistency.expect("the smaller of both sizes is not larger"),
        note: note.clone(),
    };
    let mut request = WitnessRequest::of_body(body, key.clone()).map_err(RequestError::OwnSeal)?;
    request.handover = handover.transpose()?;
    Ok(request)
}

/// Why a gate does not take a cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureRefused {
    /// Not a cosignature of that witness over that seal.
    #[error("not a cosignature of that witness over that seal")]
    Signature(#[from] NoteError),
    /// The clocks of the gate and of the witness are too far apart.
    #[error("the clocks differ by {seconds} s")]
    Clock {
        /// That of the witness is so much ahead.
        seconds: i64,
    },
}

/// The time that a witness states with `line` over the gate's seal, in seconds since 1970 UTC, if it lies within
/// `skew_seconds` of the gate's own clock, which shows `now_seconds`.
///
/// # Errors
/// A [`CosignatureRefused`].
pub fn accept_cosignature(
    line: &NoteSignature,
    seal: &SignedNote,
    witness: &VerifierKey,
    now_seconds: u64,
    skew_seconds: u64,
) -> Result<u64, CosignatureRefused> {
    let seconds = cosignature::verify(&seal.text, line, witness)?;
    if seconds.abs_diff(now_seconds) > skew_seconds {
        return Err(CosignatureRefused::Clock {
            seconds: i64::try_from(i128::from(seconds) - i128::from(now_seconds)).unwrap_or(i64::MIN),
        });
    }
    Ok(seconds)
}
