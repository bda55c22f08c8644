//! Proof files (C2SP tlog-proof): that one record stands in a sealed ledger, and what of its disclosures was chosen
//! to be shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatepost_codes::Personal;

use crate::disclosure::Disclosure;
use crate::leaf::{Leaf, LeafError};
use crate::note::SignedNote;
use crate::policy::{Accepted, Policy, PolicyRefusal};
use crate::tree::{Hash, ProofRefused, verify_inclusion};

/// No proof file is longer.
pub const LONGEST_PROOF_BYTES: usize = 128 * 1024;
/// No inclusion or consistency proof has more hashes.
pub const MOST_HASHES: usize = 63;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Why a proof file cannot be read or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// Longer than [`LONGEST_PROOF_BYTES`].
    #[error("too long")]
    TooLong,
    /// Not of the form of a proof file.
    #[error("not a proof file")]
    Malformed,
    /// The seal is not trusted.
    #[error("the seal is not trusted")]
    Seal(#[from] PolicyRefusal),
    /// The record does not stand there in the sealed ledger.
    #[error("the record does not stand there")]
    Inclusion(#[from] ProofRefused),
    /// What stands there is no record.
    #[error("not a record")]
    Leaf(#[from] LeafError),
    /// The record states another position.
    #[error("the record states another position")]
    Position,
    /// The extra data are no disclosures in ascending order of their fields.
    #[error("not disclosures")]
    Disclosures,
    /// A disclosure of which the record knows nothing.
    #[error("a disclosure that the record does not carry")]
    ForeignDisclosure,
}

/// A record's place in a sealed ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// Position of the record.
    pub index: u64,
    /// Its audit path, lowest first.
    pub path: Vec<Hash>,
    /// The seal with all its signatures.
    pub seal: SignedNote,
    /// Bytes beside the proof, empty where there are none. Nothing authenticates them by itself.
    extra: Personal<Vec<u8>>,
}

/// What a proof file proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The record.
    pub leaf: Leaf,
    /// The seal that covers it, and who cosigned.
    pub accepted: Accepted,
    /// What was chosen to be shown; the record carries the digest of each.
    pub disclosures: Vec<Disclosure>,
}

impl ProofFile {
    /// A proof with the disclosures that are to be shown, in any order.
    ///
    /// The extra data are the encoded disclosures joined by `~`, as in SD-JWT, in ascending order of their fields.
    #[must_use]
    pub fn new(index: u64, path: Vec<Hash>, seal: SignedNote, disclosures: &[Disclosure]) -> ProofFile {
        let mut sorted: Vec<_> = disclosures.iter().collect();
        sorted.sort_by_key(|disclosure| disclosure.field);
        let encoded: Vec<_> = sorted.iter().map(|one| one.encoded().expose().as_str()).collect();
        ProofFile {
            index,
            path,
            seal,
            extra: Personal::new(encoded.join("~").into_bytes()),
        }
    }

    /// The text of the file. As personal as the disclosures in it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if !self.extra.expose().is_empty() {
            text.push_str(&format!("extra {}\n", STANDARD.encode(self.extra.expose())));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.path {
            text.push_str(&STANDARD.encode(hash.0));
            text.push('\n');
        }
        text.push_str(&format!("\n{}", self.seal));
        text
    }

    /// Reads a proof file and refuses every other form of the same content: it is written again and compared.
    ///
    /// # Errors
    /// [`ProofFileError::TooLong`] or [`ProofFileError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<ProofFile, ProofFileError> {
        if bytes.len() > LONGEST_PROOF_BYTES {
            return Err(ProofFileError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProofFileError::Malformed)?;
        let file = read(text).ok_or(ProofFileError::Malformed)?;
        if file.to_text() == text {
            Ok(file)
        } else {
            Err(ProofFileError::Malformed)
        }
    }

    /// Verifies everything: the seal by `policy`, the place of the record with these bytes in it, and that the
    /// record carries every disclosure.
    ///
    /// # Errors
    /// A [`ProofFileError`] naming the first thing that does not hold.
    pub fn verify(&self, policy: &Policy, leaf: &[u8]) -> Result<Proven, ProofFileError> {
        let accepted = policy.check(&self.seal)?;
        let seal = &accepted.seal;
        verify_inclusion(
            &Hash::of_leaf(leaf),
            self.index,
            seal.size,
            &seal.root,
            &self.path,
        )?;
        let leaf = Leaf::parse(leaf)?;
        if leaf.position != self.index {
            return Err(ProofFileError::Position);
        }
        let disclosures = self.disclosures()?;
        if disclosures
            .iter()
            .any(|one| !leaf.digests.contains(&one.digest()))
        {
            return Err(ProofFileError::ForeignDisclosure);
        }
        Ok(Proven {
            leaf,
            accepted,
            disclosures,
        })
    }

    fn disclosures(&self) -> Result<Vec<Disclosure>, ProofFileError> {
        let extra = std::str::from_utf8(self.extra.expose()).map_err(|_| ProofFileError::Disclosures)?;
        if extra.is_empty() {
            return Ok(Vec::new());
        }
        let disclosures = extra
            .split('~')
            .map(Disclosure::parse)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| ProofFileError::Disclosures)?;
        if disclosures.is_sorted_by(|a, b| a.field < b.field) {
            Ok(disclosures)
        } else {
            Err(ProofFileError::Disclosures)
        }
    }
}

fn read(text: &str) -> Option<ProofFile> {
    let (head, seal) = text.split_once("\n\n")?;
    let mut lines = head.split('\n').peekable();
    if lines.next()? != HEADER {
        return None;
    }
    let extra = match lines.next_if(|line| line.starts_with("extra ")) {
        Some(line) => STANDARD.decode(&line["extra ".len()..]).ok()?,
        None => Vec::new(),
    };
    let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    Some(ProofFile {
        index,
        path: hashes_of(lines)?,
        seal: SignedNote::parse(seal.as_bytes()).ok()?,
        extra: Personal::new(extra),
    })
}

/// One hash a line, at most [`MOST_HASHES`] of them.
pub(crate) fn hashes_of<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Hash>> {
    let hash_of = |line: &str| Hash::of_bytes(&STANDARD.decode(line).ok()?);
    let hashes: Vec<Hash> = lines.take(MOST_HASHES + 1).map(hash_of).collect::<Option<_>>()?;
    (hashes.len() <= MOST_HASHES).then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;
    use crate::disclosure::{Disclosed, Field};
    use crate::note::{KeyKind, KeyName, SignerKey};
    use crate::seal::Seal;
    use crate::time::Moment;
    use crate::tree::{Frontier, NodeId, Nodes, inclusion_proof};
    use zeroize::Zeroizing;

    const SIZE: u64 = 11;
    const INDEX: u64 = 6;

    /// What eleven leaves pushed when they were appended.
    struct Kept(Vec<Vec<u8>>);

    impl Nodes for Kept {
        type Error = std::convert::Infallible;

        fn node(&self, id: NodeId) -> Result<Hash, Self::Error> {
            let bytes = &self.0[id.completed_by() as usize][32 * usize::from(id.level)..][..32];
            Ok(Hash::of_bytes(bytes).expect("32 bytes"))
        }
    }

    fn gate() -> SignerKey {
        let name = KeyName::new("gatepost.example/market/A1").expect("a name");
        SignerKey::of_seed(name, KeyKind::Note, &Zeroizing::new([1; 32]))
    }

    fn disclosures() -> Vec<Disclosure> {
        let temperature = Disclosure::new(Field::Temperature, Disclosed::Number(384), &[1; 16]);
        vec![
            Disclosure::new(Field::Note, Disclosed::Text("王示".into()), &[2; 16]),
            temperature,
        ]
    }

    fn leaf(position: u64) -> Vec<u8> {
        let mut digests: Vec<_> = disclosures().iter().map(Disclosure::digest).collect();
        digests.sort();
        let leaf = Leaf {
            position,
            at: Moment {
                wall_ms: 1_795_174_248_123,
                boot: 1,
                monotonic_ms: position,
            },
            gate: "A1".into(),
            by: None,
            body: Body::Note { of: None },
            digests,
        };
        leaf.to_bytes().expect("a leaf")
    }

    /// A proof of the record at [`INDEX`] whose ledger holds `leaf` there.
    fn proof_of(leaf_there: &[u8], shown: &[Disclosure]) -> ProofFile {
        let (mut frontier, mut kept) = (Frontier::new(), Kept(Vec::new()));
        for position in 0..SIZE {
            let bytes = leaf(position);
            let bytes = if position == INDEX { leaf_there } else { &bytes };
            let mut completed = Vec::new();
            frontier.append(Hash::of_leaf(bytes), &mut completed);
            kept.0.push(completed);
        }
        let Ok(path) = inclusion_proof(&kept, INDEX, SIZE);
        let seal = Seal {
            origin: gate().verifier().name().clone(),
            size: SIZE,
            root: frontier.root(),
        };
        ProofFile::new(INDEX, path.expect("the leaf is there"), seal.sign(&gate()), shown)
    }

    fn policy() -> Policy {
        Policy::new(&[gate().verifier()], &[], 0).expect("a policy")
    }

    #[test]
    fn a_proof_shows_the_record_and_the_chosen_disclosures() {
        let proof = proof_of(&leaf(INDEX), &disclosures());
        let read = ProofFile::parse(proof.to_text().as_bytes()).expect("a proof file");
        let proven = read.verify(&policy(), &leaf(INDEX)).expect("proven");
        assert_eq!(proven.leaf.position, INDEX);
        let fields: Vec<_> = proven.disclosures.iter().map(|one| one.field).collect();
        assert_eq!(fields, [Field::Temperature, Field::Note]);
        let nothing = proof_of(&leaf(INDEX), &[]);
        assert!(!nothing.to_text().contains("extra"));
        assert_eq!(
            nothing
                .verify(&policy(), &leaf(INDEX))
                .map(|proven| proven.disclosures),
            Ok(vec![])
        );
    }

    #[test]
    fn any_flipped_bit_of_a_proof_is_refused() {
        let text = proof_of(&leaf(INDEX), &disclosures()).to_text();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let verified = ProofFile::parse(&bytes).and_then(|file| file.verify(&policy(), &leaf(INDEX)));
                assert!(verified.is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn another_record_a_strange_disclosure_or_a_record_that_was_moved_is_refused() {
        let proof = proof_of(&leaf(INDEX), &disclosures());
        let other = proof.verify(&policy(), &leaf(INDEX + 1));
        assert_eq!(other, Err(ProofFileError::Inclusion(ProofRefused)));
        let strange = Disclosure::new(Field::Temperature, Disclosed::Number(365), &[1; 16]);
        let proof = proof_of(&leaf(INDEX), &[strange]);
        assert_eq!(
            proof.verify(&policy(), &leaf(INDEX)),
            Err(ProofFileError::ForeignDisclosure)
        );
        let twice = [disclosures(), disclosures()].concat();
        let proof = proof_of(&leaf(INDEX), &twice);
        assert_eq!(
            proof.verify(&policy(), &leaf(INDEX)),
            Err(ProofFileError::Disclosures)
        );
        let moved = proof_of(&leaf(INDEX + 1), &[]);
        assert_eq!(
            moved.verify(&policy(), &leaf(INDEX + 1)),
            Err(ProofFileError::Position)
        );
        let untrusted = Policy::new(&[], &[], 0).expect("a policy");
        let refused = ProofFileError::Seal(PolicyRefusal::UnknownLog);
        assert_eq!(moved.verify(&untrusted, &leaf(INDEX)), Err(refused));
    }

    #[test]
    fn the_same_proof_in_another_form_is_refused() {
        let text = proof_of(&leaf(INDEX), &disclosures()).to_text();
        for form in [
            text.replace("index 6", "index 06"),
            text.replace("index 6", "index  6"),
            text.replace("@v1", "@v2"),
            text.replace("extra ", "extra\t"),
            text.replacen('\n', "\r\n", 1),
            text.replacen("\nindex", "\nextra YQ==\nindex", 1),
            text.replacen("\nindex", "\n\nindex", 1),
            format!("{text}\n"),
            text.trim_end().to_owned(),
        ] {
            assert_eq!(
                ProofFile::parse(form.as_bytes()),
                Err(ProofFileError::Malformed),
                "{form}"
            );
        }
        let many = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".repeat(MOST_HASHES + 1);
        let form = text.replace("index 6\n", &format!("index 6\n{many}"));
        assert_eq!(ProofFile::parse(form.as_bytes()), Err(ProofFileError::Malformed));
        assert_eq!(
            ProofFile::parse(&vec![b'a'; LONGEST_PROOF_BYTES + 1]),
            Err(ProofFileError::TooLong)
        );
    }
}
