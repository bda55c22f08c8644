//! The bytes of one record.

use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
use gatepost_rules::{
    CodeShown, ColourSource, DocumentKind, Fault, Mask, Observation, Policy, Reason, SeenColour, ShownKind,
    TemperatureBand, Verdict, VerdictKind, evidence_of,
};
use serde::{Deserialize, Serialize};

use crate::canonical;

/// No leaf is longer, so that a reader never has to guess how much to trust.
pub const LONGEST_LEAF_BYTES: usize = 4096;

const FORMAT: u8 = 1;

/// A pseudonymous number of a member of staff. Names never stand in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct PersonNumber(pub u32);

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Scans at the gate.
    Guard,
    /// Reads the log, exports it, sets the rules.
    Manager,
}

/// The kind of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum VenueKind {
    /// A supermarket or market.
    Supermarket,
    /// A hotel.
    Hotel,
    /// A hospital or clinic.
    Hospital,
    /// Anything else.
    Other,
}

/// Why an entry is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// The code of one visitor with the temperature of another.
    WrongPerson,
    /// A slip of the finger.
    Typo,
    /// The same visitor twice.
    Duplicate,
    /// Somebody tried the program out.
    Test,
    /// In the words of a note that is kept beside the ledger.
    Other,
}

/// When a record was made, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall clock, milliseconds since 1970-01-01 UTC.
    #[serde(rename = "t")]
    pub wall_ms: i64,
    /// How often the program was started on this data.
    #[serde(rename = "b")]
    pub boot: u32,
    /// Milliseconds since that start; never goes back, whatever happens to the wall clock.
    #[serde(rename = "m")]
    pub monotonic_ms: u64,
}

/// One person checked at a gate, admitted or not. Neither payload nor exact temperature stands here: both are
/// personal and must one day be erasable while the ledger stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What kind of thing was shown.
    #[serde(rename = "shown")]
    pub shown: ShownKind,
    /// Which document.
    #[serde(rename = "doc", skip_serializing_if = "Option::is_none", default)]
    pub document: Option<DocumentKind>,
    /// Who issued the code.
    #[serde(rename = "iss", skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<IssuerId>,
    /// Seconds since the code was made.
    #[serde(rename = "age", skip_serializing_if = "Option::is_none", default)]
    pub age_seconds: Option<u32>,
    /// Its colour.
    #[serde(rename = "code", skip_serializing_if = "Option::is_none", default)]
    pub colour: Option<HealthColour>,
    /// Who saw the colour.
    #[serde(rename = "by", skip_serializing_if = "Option::is_none", default)]
    pub colour_source: Option<ColourSource>,
    /// How far it is proven.
    #[serde(rename = "ev")]
    pub evidence: EvidenceLevel,
    /// Where the temperature lies.
    #[serde(rename = "tb")]
    pub band: TemperatureBand,
    /// The mask.
    #[serde(rename = "mask")]
    pub mask: Mask,
    /// The family of the verdict.
    #[serde(rename = "dec")]
    pub verdict: VerdictKind,
    /// Why, most urgent first.
    #[serde(rename = "why", skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<Reason>,
    /// The fault behind a check by hand.
    #[serde(rename = "fault", skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<Fault>,
    /// Position of the entry of which this is a further reading.
    #[serde(rename = "follows", skip_serializing_if = "Option::is_none", default)]
    pub follows: Option<u64>,
}

impl Entry {
    /// What is to be recorded of one decision.
    #[must_use]
    pub fn of(observation: &Observation, verdict: &Verdict, policy: &Policy, follows: Option<u64>) -> Entry {
        let (reading, seen, document) = match &observation.code {
            CodeShown::Decoded { reading, colour, .. } => (Some(reading), *colour, None),
            CodeShown::SeenByStaff(colour) => {
                let seen = SeenColour {
                    colour: *colour,
                    source: ColourSource::Guard,
                };
                (None, Some(seen), None)
            }
            CodeShown::Document(kind) => (None, None, Some(*kind)),
            CodeShown::Nothing => (None, None, None),
        };
        Entry {
            shown: observation.code.kind(),
            document,
            issuer: reading.and_then(|reading| reading.issuer.clone()),
            age_seconds: reading.and_then(|reading| reading.freshness.age_seconds()),
            colour: seen.map(|seen| seen.colour),
            colour_source: seen.map(|seen| seen.source),
            evidence: evidence_of(&observation.code),
            band: observation.temperature.band(policy),
            mask: observation.mask,
            verdict: verdict.kind(),
            reasons: verdict.reasons().to_vec(),
            fault: match verdict {
                Verdict::CheckByHand(fault) => Some(*fault),
                Verdict::Admit | Verdict::Hold(_) | Verdict::Refuse(_) => None,
            },
            follows,
        }
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "typ", rename_all = "snake_case")]
pub enum Body {
    /// The first record of every ledger.
    Genesis {
        /// Kind of the venue.
        venue: VenueKind,
        /// A demonstration: nothing in this ledger happened.
        demo: bool,
    },
    /// The program was started.
    Boot {
        /// Its version.
        version: String,
    },
    /// Somebody was given an account.
    Person {
        /// The pseudonymous number.
        number: PersonNumber,
        /// The role.
        role: Role,
    },
    /// Somebody signed in.
    Login,
    /// Somebody signed out.
    Logout,
    /// A wrong PIN.
    Authfail {
        /// Whose.
        number: PersonNumber,
    },
    /// A guard opened a shift.
    ShiftOpen,
    /// A guard closed a shift.
    ShiftClose {
        /// Position of the opening.
        shift: u64,
    },
    /// One person checked.
    Entry(Entry),
    /// An entry was struck through.
    Void {
        /// Position of the entry.
        of: u64,
        /// Why.
        reason: VoidReason,
    },
    /// The rules from here on.
    Policy(Policy),
    /// Entries left the program as a file.
    Export {
        /// Lines.
        rows: u64,
        /// SHA-256 of the file, hexadecimal.
        sha256: String,
    },
}

impl Body {
    /// The word in the member `typ`: the kind of the record.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Body::Genesis { .. } => "genesis",
            Body::Boot { .. } => "boot",
            Body::Person { .. } => "person",
            Body::Login => "login",
            Body::Logout => "logout",
            Body::Authfail { .. } => "authfail",
            Body::ShiftOpen => "shift_open",
            Body::ShiftClose { .. } => "shift_close",
            Body::Entry(_) => "entry",
            Body::Void { .. } => "void",
            Body::Policy(_) => "policy",
            Body::Export { .. } => "export",
        }
    }
}

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
    /// or more.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let wire = Wire {
            v: FORMAT,
            i: self.position,
            g: self.gate.clone(),
            op: self.by,
            at: self.at,
            body: self.body.clone(),
        };
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
        vec![
            Body::Genesis {
                venue: VenueKind::Hospital,
                demo: true,
            },
            Body::Boot {
                version: "0.1.0".into(),
            },
            Body::Person {
                number: PersonNumber(1),
                role: Role::Manager,
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
            Body::Policy(Policy::default()),
            Body::Export {
                rows: 12,
                sha256: "00".repeat(32),
            },
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
