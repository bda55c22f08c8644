//! The bytes of one record.

use serde::{Deserialize, Serialize};

use crate::body::{Body, PersonNumber};
use crate::canonical;
use crate::disclosure::DisclosureDigest;
use crate::time::Moment;

/// No leaf is longer, so that a reader never has to guess how much to trust.
pub const LONGEST_LEAF_BYTES: usize = 4096;

const FORMAT: u8 = 1;

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Position, from 0, without gaps.
    pub position: u64,
    /// When.
    pub at: Moment,
    /// The gate.
    pub gate: String,
    /// Who did it, where somebody did.
    pub by: Option<PersonNumber>,
    /// What it says.
    pub body: Body,
    /// Digests of what it says without showing, in ascending order.
    pub digests: Vec<DisclosureDigest>,
}

/// Why bytes are no leaf, or a leaf has no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Longer than [`LONGEST_LEAF_BYTES`].
    #[error("longer than {LONGEST_LEAF_BYTES} bytes")]
    TooLong,
    /// Not JSON, or not the members of a leaf.
    #[error("not a leaf")]
    NotALeaf,
    /// A leaf of another format version.
    #[error("another format version")]
    OtherVersion,
    /// A leaf, but not in its one canonical form.
    #[error("not in canonical form")]
    NotCanonical,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u8,
    i: u64,
    g: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    op: Option<PersonNumber>,
    #[serde(rename = "_sd", skip_serializing_if = "Vec::is_empty", default)]
    digests: Vec<DisclosureDigest>,
    #[serde(flatten)]
    at: Moment,
    #[serde(flatten)]
    body: Body,
}

impl Leaf {
    /// The exact bytes that are stored and hashed.
    ///
    /// # Errors
    /// [`LeafError::TooLong`] when a name is absurdly long; [`LeafError::NotCanonical`] for a number of 2^53
    /// or more, or digests that are not in ascending order.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let wire = Wire {
            v: FORMAT,
            i: self.position,
            g: self.gate.clone(),
            op: self.by,
            at: self.at,
            body: self.body.clone(),
            digests: self.digests.clone(),
        };
        if !self.digests.is_sorted_by(|a, b| a < b) {
            return Err(LeafError::NotCanonical);
        }
        let value = serde_json::to_value(&wire).map_err(|_| LeafError::NotALeaf)?;
        let bytes = canonical::to_bytes(&value).ok_or(LeafError::NotCanonical)?;
        if bytes.len() > LONGEST_LEAF_BYTES {
            return Err(LeafError::TooLong);
        }
        Ok(bytes)
    }

    /// Reads a leaf and refuses every other form of the same content: it is written again and compared.
    ///
    /// # Errors
    /// A [`LeafError`] naming what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Leaf, LeafError> {
        if bytes.len() > LONGEST_LEAF_BYTES {
            return Err(LeafError::TooLong);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| LeafError::NotALeaf)?;
        if wire.v != FORMAT {
            return Err(LeafError::OtherVersion);
        }
        let leaf = Leaf {
            position: wire.i,
            at: wire.at,
            gate: wire.g,
            by: wire.op,
            body: wire.body,
            digests: wire.digests,
        };
        if leaf.to_bytes()? != bytes {
            return Err(LeafError::NotCanonical);
        }
        Ok(leaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{
        AccountChange, Entry, FindingStep, IncidentStep, KeyChangeReason, RetentionClass, RetentionPolicy,
        Role, VenueKind, VoidReason,
    };
    use crate::disclosure::{Disclosed, Disclosure, Field};
    use crate::time::LedgerDay;
    use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
    use gatepost_rules::{ColourSource, Mask, Policy, Reason, ShownKind, TemperatureBand, VerdictKind};
    use proptest::prelude::*;

    fn leaf(body: Body) -> Leaf {
        Leaf {
            position: 7,
            at: Moment {
                wall_ms: 1_795_174_248_123,
                boot: 2,
                monotonic_ms: 61_000,
            },
            gate: "东门".into(),
            by: Some(PersonNumber(2)),
            body,
            digests: vec![],
        }
    }

    fn entry() -> Entry {
        Entry {
            shown: ShownKind::Decoded,
            document: None,
            issuer: Some(IssuerId::new("shanghai")),
            age_seconds: Some(12),
            colour: Some(HealthColour::Green),
            colour_source: Some(ColourSource::Camera),
            evidence: EvidenceLevel::StructureOnly,
            band: TemperatureBand::Normal,
            mask: Mask::Worn,
            verdict: VerdictKind::Admit,
            reasons: vec![],
            fault: None,
            follows: None,
        }
    }

    fn every_kind() -> Vec<Body> {
        [of_the_gate(), of_the_office(), of_the_ledger()].concat()
    }

    fn of_the_gate() -> Vec<Body> {
        vec![
            Body::Genesis {
                venue: VenueKind::Hospital,
                demo: true,
                key: None,
            },
            Body::Boot {
                version: "0.1.0".into(),
            },
            Body::Person {
                number: PersonNumber(1),
                role: Role::Manager,
                change: AccountChange::Opened,
            },
            Body::Person {
                number: PersonNumber(2),
                role: Role::Inspector,
                change: AccountChange::Closed,
            },
            Body::Login,
            Body::Logout,
            Body::Authfail {
                number: PersonNumber(2),
            },
            Body::ShiftOpen,
            Body::ShiftClose { shift: 3 },
            Body::Entry(entry()),
            Body::Entry(Entry {
                reasons: vec![Reason::Fever],
                follows: Some(3),
                issuer: None,
                ..entry()
            }),
            Body::Void {
                of: 4,
                reason: VoidReason::Typo,
            },
        ]
    }

    fn of_the_office() -> Vec<Body> {
        vec![
            Body::Policy(Policy::default()),
            Body::Export {
                rows: 12,
                sha256: "00".repeat(32),
                disclosed: vec![4],
            },
            Body::Shutdown,
            Body::Clock { step: -3_600_000 },
            Body::Lockout {
                number: PersonNumber(2),
                seconds: 30,
            },
            Body::Inspection {
                witness: "a verifier key".into(),
                size: 12,
                time: 1_795_174_248,
            },
            Body::Finding {
                of: Some(3),
                step: FindingStep::Answered,
                due: Some(LedgerDay(20_780)),
            },
            Body::Register {
                form: "disinfection".into(),
                values: [("zone".to_owned(), "大厅".to_owned())].into(),
            },
            Body::Incident {
                of: 4,
                step: IncidentStep::Isolated,
            },
        ]
    }

    fn of_the_ledger() -> Vec<Body> {
        vec![
            Body::Retention(RetentionPolicy::default()),
            Body::Hold {
                from: LedgerDay(20_777),
                to: LedgerDay(20_779),
                on: true,
            },
            Body::Erase {
                class: RetentionClass::Visitor,
                from: LedgerDay(20_700),
                to: LedgerDay(20_701),
                count: 10_000,
            },
            Body::KeyChange {
                key: "a verifier key".into(),
                reason: KeyChangeReason::Routine,
            },
            Body::Restore {
                size: 7,
                lost: Some(2),
            },
            Body::Restore { size: 7, lost: None },
            Body::Note { of: Some(4) },
        ]
    }

    #[test]
    fn an_entry_has_these_very_bytes() {
        let bytes = leaf(Body::Entry(entry())).to_bytes().expect("a leaf");
        let expected = concat!(
            r#"{"age":12,"b":2,"by":"camera","code":"green","dec":"admit","ev":"structure_only","g":"东门","i":7,"#,
            r#""iss":"shanghai","m":61000,"mask":"worn","op":2,"shown":"decoded","t":1795174248123,"tb":"normal","#,
            r#""typ":"entry","v":1}"#
        );
        assert_eq!(String::from_utf8(bytes).expect("UTF-8"), expected);
    }

    #[test]
    fn every_kind_of_record_reads_back_as_itself() {
        for body in every_kind() {
            let leaf = leaf(body);
            let bytes = leaf.to_bytes().expect("a leaf");
            assert_eq!(Leaf::parse(&bytes), Ok(leaf.clone()));
            let typ = format!(r#""typ":"{}""#, leaf.body.kind());
            assert!(String::from_utf8(bytes).expect("UTF-8").contains(&typ), "{typ}");
        }
    }

    #[test]
    fn digests_stand_in_ascending_order_or_it_is_no_leaf() {
        let digest = |salt| Disclosure::new(Field::Temperature, Disclosed::Number(365), &[salt; 16]).digest();
        let mut digests = vec![digest(1), digest(2), digest(3)];
        digests.sort();
        let mut leaf = leaf(Body::Login);
        leaf.digests = digests;
        let bytes = leaf.to_bytes().expect("a leaf");
        assert!(bytes.starts_with(br#"{"_sd":[""#));
        assert_eq!(Leaf::parse(&bytes), Ok(leaf.clone()));
        leaf.digests.swap(0, 1);
        assert_eq!(leaf.to_bytes(), Err(LeafError::NotCanonical));
        leaf.digests[0] = leaf.digests[1].clone();
        assert_eq!(leaf.to_bytes(), Err(LeafError::NotCanonical));
    }

    #[test]
    fn the_same_content_in_another_form_is_refused() {
        let bytes = leaf(Body::Login).to_bytes().expect("a leaf");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let forms = [
            text.replace(',', ", "),
            text.replace("\"v\":1", "\"v\":1,\"x\":0"),
            text.replace("\"i\":7", "\"i\":7.0"),
            text.replace("东门", "\\u4e1c\\u95e8"),
            format!(" {text}"),
            format!("{text}\n"),
        ];
        for form in forms {
            assert!(Leaf::parse(form.as_bytes()).is_err(), "{form}");
        }
        assert_eq!(
            Leaf::parse(text.replace("\"v\":1", "\"v\":2").as_bytes()),
            Err(LeafError::OtherVersion)
        );
    }

    #[test]
    fn a_leaf_of_4096_bytes_is_the_longest() {
        let mut leaf = leaf(Body::Login);
        leaf.gate = "x".into();
        let rest = leaf.to_bytes().expect("a leaf").len() - 1;
        leaf.gate = "x".repeat(LONGEST_LEAF_BYTES - rest);
        let bytes = leaf.to_bytes().expect("just fits");
        assert_eq!(bytes.len(), LONGEST_LEAF_BYTES);
        assert_eq!(Leaf::parse(&bytes), Ok(leaf.clone()));
        leaf.gate.push('x');
        assert_eq!(leaf.to_bytes(), Err(LeafError::TooLong));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_leaf_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = Leaf::parse(&bytes);
        }

        #[test]
        fn one_changed_byte_never_reads_as_the_same_leaf(position in 0usize..200, flip in 1u8..=255) {
            let leaf = leaf(Body::Entry(entry()));
            let mut bytes = leaf.to_bytes().expect("a leaf");
            let at = position % bytes.len();
            bytes[at] ^= flip;
            prop_assert_ne!(Leaf::parse(&bytes), Ok(leaf));
        }
    }
}
