//! Which keys are trusted (C2SP tlog-policy): logs, witnesses, groups of witnesses and the quorum.

use crate::cosignature;
use crate::note::{KeyKind, KeyName, NoteError, SignedNote, VerifierKey};
use crate::seal::Seal;

/// No policy is longer.
pub const LONGEST_POLICY_BYTES: usize = 64 * 1024;
/// No policy names more logs, or witnesses, or groups.
pub const MOST_OF_A_KIND: usize = 100;

/// Why bytes are no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Longer than [`LONGEST_POLICY_BYTES`] or more than [`MOST_OF_A_KIND`] of a kind.
    #[error("too long")]
    TooLong,
    /// This line, counted from 1, is none of a policy, or repeats a key or name, or names something that no line
    /// above it defines.
    #[error("line {0} is not a line of a policy")]
    Line(usize),
    /// No quorum line, or no line feed at the end.
    #[error("no quorum")]
    Incomplete,
}

/// Why a note is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// The text is no seal.
    #[error("not a seal")]
    NotASeal,
    /// No trusted key of that origin signed it.
    #[error("not signed by a trusted ledger of that origin")]
    UnknownLog,
    /// A signature in the name of a trusted key does not verify.
    #[error("the signature of {0} does not verify")]
    BadSignature(KeyName),
    /// Signed, but not cosigned by enough witnesses.
    #[error("not enough witnesses")]
    NoQuorum,
}

/// One trusted witness that cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedBy {
    /// The witness.
    pub witness: VerifierKey,
    /// When it first saw the seal on its own clock, seconds since 1970 UTC.
    pub seconds: u64,
}

/// A seal that a policy accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The statement.
    pub seal: Seal,
    /// The key of the ledger that signed it.
    pub log: VerifierKey,
    /// Every trusted witness that cosigned it, in the order of the policy.
    pub cosigned: Vec<CosignedBy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Witness {
    name: Vec<u8>,
    key: VerifierKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: Vec<u8>,
    needed: usize,
    members: Vec<Member>,
}

/// Trusted ledgers and witnesses, and how many of the witnesses must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

impl Policy {
    /// Trusts these ledgers, and asks for the cosignatures of at least `needed` of these witnesses; of none with 0.
    ///
    /// # Errors
    /// [`PolicyError`] for a key of the wrong kind, a key twice, too many, or more needed than there are.
    pub fn new(
        logs: &[VerifierKey],
        witnesses: &[VerifierKey],
        needed: usize,
    ) -> Result<Policy, PolicyError> {
        let mut lines: Vec<String> = logs.iter().map(|key| format!("log {key}\n")).collect();
        let names: Vec<String> = (1..=witnesses.len()).map(|n| format!("witness-{n}")).collect();
        let named = names.iter().zip(witnesses);
        lines.extend(named.map(|(name, key)| format!("witness {name} {key}\n")));
        if needed == 0 {
            lines.push("quorum none\n".into());
        } else {
            lines.push(format!("group witnesses {needed} {}\n", names.join(" ")));
            lines.push("quorum witnesses\n".into());
        }
        Policy::parse(lines.concat().as_bytes())
    }

    /// Reads a policy. Comments and URLs are passed over; nothing else is.
    ///
    /// # Errors
    /// A [`PolicyError`] naming the line.
    pub fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
        if bytes.len() > LONGEST_POLICY_BYTES {
            return Err(PolicyError::TooLong);
        }
        let lines = bytes.strip_suffix(b"\n").ok_or(PolicyError::Incomplete)?;
        let mut reader = Reader::default();
        for (above, line) in lines.split(|byte| *byte == b'\n').enumerate() {
            reader.line(line).ok_or(PolicyError::Line(above + 1))?;
            if reader.is_too_long() {
                return Err(PolicyError::TooLong);
            }
        }
        let quorum = reader.quorum.ok_or(PolicyError::Incomplete)?;
        Ok(Policy {
            logs: reader.logs,
            witnesses: reader.witnesses,
            groups: reader.groups,
            quorum,
        })
    }

    /// Writes it without comments and URLs; names are written as the bytes that were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for log in &self.logs {
            out.extend_from_slice(format!("log {log}\n").as_bytes());
        }
        for witness in &self.witnesses {
            let key = witness.key.to_string();
            out.extend_from_slice(
                &[b"witness ", witness.name.as_slice(), b" ", key.as_bytes(), b"\n"].concat(),
            );
        }
        for group in &self.groups {
            let needed = group.needed.to_string();
            out.extend_from_slice(&[b"group ", group.name.as_slice(), b" ", needed.as_bytes()].concat());
            for member in &group.members {
                out.extend_from_slice(&[b" ", self.name_of(*member)].concat());
            }
            out.push(b'\n');
        }
        let quorum = self.quorum.map_or(NONE, |member| self.name_of(member));
        out.extend_from_slice(&[b"quorum ", quorum, b"\n"].concat());
        out
    }

    /// The trusted ledgers' keys. One ledger has several after a change of its key.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The trusted witnesses' keys.
    pub fn witnesses(&self) -> impl Iterator<Item = &VerifierKey> {
        self.witnesses.iter().map(|witness| &witness.key)
    }

    /// Whether the note is a seal of a trusted ledger, cosigned by the quorum. Signatures of unknown keys are
    /// passed over; one that claims to be of a known key and is not makes the whole note worthless.
    ///
    /// # Errors
    /// A [`PolicyRefusal`].
    pub fn check(&self, note: &SignedNote) -> Result<Accepted, PolicyRefusal> {
        let seal = Seal::of_note(note).map_err(|_| PolicyRefusal::NotASeal)?;
        let mut log = None;
        for key in self.logs.iter().filter(|key| *key.name() == seal.origin) {
            if found(note.verify(key), key)?.is_some() {
                log = Some(key.clone());
            }
        }
        let log = log.ok_or(PolicyRefusal::UnknownLog)?;
        let times = self
            .witnesses
            .iter()
            .map(|witness| found(cosignature::time_in(note, &witness.key), &witness.key))
            .collect::<Result<Vec<_>, _>>()?;
        if !self.is_quorum(&times) {
            return Err(PolicyRefusal::NoQuorum);
        }
        let cosigned = self.witnesses.iter().zip(&times).filter_map(|(witness, time)| {
            time.map(|seconds| CosignedBy {
                witness: witness.key.clone(),
                seconds,
            })
        });
        Ok(Accepted {
            seal,
            log,
            cosigned: cosigned.collect(),
        })
    }

    fn is_quorum(&self, times: &[Option<u64>]) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let holds = |member: Member, groups: &[bool]| match member {
            Member::Witness(at) => times[at].is_some(),
            Member::Group(at) => groups[at],
        };
        // A group names only what stands above it, so one pass is enough.
        for group in &self.groups {
            let count = group
                .members
                .iter()
                .filter(|member| holds(**member, &groups))
                .count();
            groups.push(count >= group.needed);
        }
        self.quorum.is_none_or(|member| holds(member, &groups))
    }

    fn name_of(&self, member: Member) -> &[u8] {
        match member {
            Member::Witness(at) => &self.witnesses[at].name,
            Member::Group(at) => &self.groups[at].name,
        }
    }
}

/// What a key signed: something, nothing, or a lie.
fn found<T>(verified: Result<T, NoteError>, key: &VerifierKey) -> Result<Option<T>, PolicyRefusal> {
    match verified {
        Ok(what) => Ok(Some(what)),
        Err(NoteError::Unsigned) => Ok(None),
        Err(_) => Err(PolicyRefusal::BadSignature(key.name().clone())),
    }
}

const NONE: &[u8] = b"none";

#[derive(Default)]
struct Reader {
    logs: Vec<VerifierKey>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    /// Members of any group so far: each name counts in one place only.
    grouped: Vec<Member>,
    quorum: Option<Option<Member>>,
}

impl Reader {
    fn is_too_long(&self) -> bool {
        let most = [self.logs.len(), self.witnesses.len(), self.groups.len()]
            .into_iter()
            .max();
        most > Some(MOST_OF_A_KIND)
    }

    fn line(&mut self, line: &[u8]) -> Option<()> {
        if line
            .iter()
            .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
        {
            return None;
        }
        let items = line.split(|byte| matches!(byte, b' ' | b'\t'));
        let items: Vec<&[u8]> = items.filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            [] => Some(()),
            [first, ..] if first.starts_with(b"#") => Some(()),
            [b"log", key] | [b"log", key, _] => self.log(key),
            [b"witness", name, key] | [b"witness", name, key, _] => self.witness(name, key),
            [b"group", name, needed, members @ ..] => self.group(name, needed, members),
            [b"quorum", name] => self.quorum_line(name),
            _ => None,
        }
    }

    fn log(&mut self, key: &[u8]) -> Option<()> {
        let key = key_of(key, KeyKind::Note)?;
        let is_new = self.logs.iter().all(|known| known.bytes() != key.bytes());
        is_new.then(|| self.logs.push(key))
    }

    fn witness(&mut self, name: &[u8], key: &[u8]) -> Option<()> {
        let key = key_of(key, KeyKind::Cosignature)?;
        let is_new = self
            .witnesses
            .iter()
            .all(|known| known.key.bytes() != key.bytes());
        let name = self.new_name(name)?;
        is_new.then(|| self.witnesses.push(Witness { name, key }))
    }

    fn group(&mut self, name: &[u8], needed: &[u8], members: &[&[u8]]) -> Option<()> {
        let name = self.new_name(name)?;
        let members = members
            .iter()
            .map(|member| self.member(member))
            .collect::<Option<Vec<_>>>()?;
        for member in &members {
            if self.grouped.contains(member) {
                return None;
            }
            self.grouped.push(*member);
        }
        let needed = match needed {
            b"any" => 1,
            b"all" => members.len(),
            decimal => {
                let decimal = std::str::from_utf8(decimal).ok()?;
                let number: usize = decimal.parse().ok()?;
                (number.to_string() == decimal).then_some(number)?
            }
        };
        (1..=members.len()).contains(&needed).then_some(())?;
        self.groups.push(Group {
            name,
            needed,
            members,
        });
        Some(())
    }

    fn quorum_line(&mut self, name: &[u8]) -> Option<()> {
        let quorum = if name == NONE {
            None
        } else {
            Some(self.member(name)?)
        };
        self.quorum.replace(quorum).is_none().then_some(())
    }

    fn new_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        (name != NONE && self.member(name).is_none()).then(|| name.to_vec())
    }

    fn member(&self, name: &[u8]) -> Option<Member> {
        let witness = self.witnesses.iter().position(|witness| witness.name == name);
        let group = || self.groups.iter().position(|group| group.name == name);
        witness
            .map(Member::Witness)
            .or_else(|| group().map(Member::Group))
    }
}

fn key_of(text: &[u8], kind: KeyKind) -> Option<VerifierKey> {
    let key: VerifierKey = std::str::from_utf8(text).ok()?.parse().ok()?;
    (key.kind() == kind).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::SignerKey;
    use crate::tree::Hash;
    use zeroize::Zeroizing;

    fn signer(name: &str, kind: KeyKind, seed: u8) -> SignerKey {
        SignerKey::of_seed(
            KeyName::new(name).expect("a name"),
            kind,
            &Zeroizing::new([seed; 32]),
        )
    }

    fn gate() -> SignerKey {
        signer("gatepost.example/market/A1", KeyKind::Note, 1)
    }

    fn witness(number: u8) -> SignerKey {
        signer(
            &format!("inspector.example/{number}"),
            KeyKind::Cosignature,
            100 + number,
        )
    }

    fn note(cosigned_by: &[u8]) -> SignedNote {
        let seal = Seal {
            origin: gate().verifier().name().clone(),
            size: 7,
            root: Hash::of_leaf(b"seven"),
        };
        let mut note = seal.sign(&gate());
        for number in cosigned_by {
            let line = cosignature::cosign(&note.text, &witness(*number), 1_795_174_248);
            note.signatures.push(line.expect("cosigned"));
        }
        note
    }

    /// Two of the inspectors 1 to 3 and one of 4 and 5, in the form of the specification's example.
    fn two_groups() -> String {
        let keys: Vec<_> = (1..=5)
            .map(|number| witness(number).verifier().to_string())
            .collect();
        format!(
            "# who may be believed\nlog {}\n\n witness X1 {}\twitness.example/1\nwitness X2 {}\nwitness X3 {}\n\
             group X-witnesses 2 X1 X2 X3\n\nwitness Y1 {}\nwitness Y2 {}\ngroup Y-witnesses any Y1 Y2\n\n\
             group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
            gate().verifier(),
            keys[0],
            keys[1],
            keys[2],
            keys[3],
            keys[4]
        )
    }

    #[test]
    fn a_quorum_of_groups_counts_each_side_of_its_thresholds() {
        let policy = Policy::parse(two_groups().as_bytes()).expect("a policy");
        for (cosigned, holds) in [
            (&[1, 2, 4][..], true),
            (&[1, 3, 4, 5], true),
            (&[1, 4, 5], false),
            (&[1, 2, 3], false),
            (&[], false),
        ] {
            let checked = policy.check(&note(cosigned));
            assert_eq!(checked.is_ok(), holds, "{cosigned:?}");
            if let Ok(accepted) = checked {
                assert_eq!(accepted.cosigned.len(), cosigned.len());
            }
        }
    }

    #[test]
    fn a_policy_reads_back_without_its_comments_and_urls() {
        let policy = Policy::parse(two_groups().as_bytes()).expect("a policy");
        assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
        let witnesses = [witness(1).verifier(), witness(2).verifier()];
        let made = Policy::new(&[gate().verifier()], &witnesses, 1).expect("a policy");
        assert_eq!(
            made.check(&note(&[2])).map(|accepted| accepted.cosigned.len()),
            Ok(1)
        );
        assert_eq!(made.check(&note(&[3])), Err(PolicyRefusal::NoQuorum));
        assert!(Policy::new(&[gate().verifier()], &witnesses, 3).is_err());
    }

    #[test]
    fn a_forged_cosignature_of_a_trusted_witness_spoils_the_note_and_that_of_a_stranger_does_not() {
        let policy = Policy::new(&[gate().verifier()], &[witness(1).verifier()], 0).expect("a policy");
        let mut forged = note(&[1, 2]);
        forged.signatures[2].signature[20] ^= 1;
        assert!(policy.check(&forged).is_ok());
        forged.signatures[1].signature[20] ^= 1;
        let name = witness(1).verifier().name().clone();
        assert_eq!(policy.check(&forged), Err(PolicyRefusal::BadSignature(name)));
    }

    #[test]
    fn a_seal_of_another_ledger_or_without_its_signature_is_refused() {
        let other = signer("gatepost.example/market/B1", KeyKind::Note, 2);
        let policy = Policy::new(&[other.verifier()], &[], 0).expect("a policy");
        assert_eq!(policy.check(&note(&[])), Err(PolicyRefusal::UnknownLog));
        // The trusted key signs in its own name what claims to be another ledger.
        let claimed = SignedNote::sign(note(&[]).text, &other);
        assert_eq!(policy.check(&claimed), Err(PolicyRefusal::UnknownLog));
    }

    #[test]
    fn what_is_no_policy_is_refused_with_its_line() {
        let log = format!("log {}", gate().verifier());
        let one = format!("witness a {}", witness(1).verifier());
        let two = format!("witness b {}", witness(2).verifier());
        for (text, line) in [
            (format!("{log}\n{log}\nquorum none\n"), 2),
            (format!("{log} url more\nquorum none\n"), 1),
            (
                format!("{one}\n{two}\nwitness c {}\nquorum a\n", witness(2).verifier()),
                3,
            ),
            (
                format!("{one}\nwitness a {}\nquorum a\n", witness(2).verifier()),
                2,
            ),
            (
                format!("witness none {}\nquorum none\n", witness(1).verifier()),
                1,
            ),
            (format!("witness a {}\nquorum none\n", gate().verifier()), 1),
            (format!("log {}\nquorum none\n", witness(1).verifier()), 1),
            (format!("{one}\ngroup g any a b\n{two}\nquorum g\n"), 2),
            (format!("{one}\n{two}\ngroup g 3 a b\nquorum g\n"), 3),
            (format!("{one}\n{two}\ngroup g 0 a b\nquorum g\n"), 3),
            (format!("{one}\n{two}\ngroup g 01 a b\nquorum g\n"), 3),
            (format!("{one}\ngroup g any a a\nquorum g\n"), 2),
            (format!("{one}\ngroup g any none\nquorum g\n"), 2),
            (format!("{one}\ngroup g all\nquorum g\n"), 2),
            (format!("{one}\ngroup g any a\ngroup h any a\nquorum h\n"), 3),
            (format!("{one}\nquorum b\n{two}\n"), 2),
            ("quorum none\nquorum none\n".into(), 2),
            ("quorum\u{b}none\n".into(), 1),
            ("quorum none\r\n".into(), 1),
            ("trust everybody\nquorum none\n".into(), 1),
        ] {
            assert_eq!(
                Policy::parse(text.as_bytes()),
                Err(PolicyError::Line(line)),
                "{text}"
            );
        }
        assert_eq!(Policy::parse(b"quorum none"), Err(PolicyError::Incomplete));
        assert_eq!(
            Policy::parse(format!("{log}\n").as_bytes()),
            Err(PolicyError::Incomplete)
        );
        assert_eq!(
            Policy::parse(&vec![b' '; LONGEST_POLICY_BYTES + 1]),
            Err(PolicyError::TooLong)
        );
    }

    #[test]
    fn names_are_bytes_and_need_not_be_utf_8() {
        let mut bytes = b"witness \xff\xfe ".to_vec();
        bytes.extend_from_slice(format!("{}\nquorum ", witness(1).verifier()).as_bytes());
        bytes.extend_from_slice(b"\xff\xfe\n");
        let policy = Policy::parse(&bytes).expect("a policy");
        assert_eq!(policy.to_bytes(), bytes);
    }
}
