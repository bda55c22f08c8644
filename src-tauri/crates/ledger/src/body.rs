//! What a record says.

use std::collections::BTreeMap;

use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
use gatepost_rules::{
    CodeShown, ColourSource, DocumentKind, Fault, Mask, Observation, Policy, Reason, SeenColour, ShownKind,
    TemperatureBand, Verdict, VerdictKind, evidence_of,
};
use serde::{Deserialize, Serialize};

use crate::time::LedgerDay;

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
    /// Reads the log and witnesses it; changes nothing.
    Inspector,
}

/// What happened to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// It was opened.
    #[default]
    Opened,
    /// A manager gave it a new PIN.
    PinReset,
    /// Its owner chose a new PIN.
    PinChanged,
    /// It was closed.
    Closed,
}

impl AccountChange {
    fn is_opened(&self) -> bool {
        *self == AccountChange::Opened
    }
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

/// How long disclosures of a record are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RetentionClass {
    /// What every visitor leaves.
    Visitor,
    /// What belongs to a fever, a red code, a refusal, a finding or a correction.
    Incident,
}

/// Days after which disclosures are destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RetentionPolicy {
    /// Of visitors.
    pub visitor_days: u16,
    /// Of incidents.
    pub incident_days: u16,
}

impl Default for RetentionPolicy {
    /// 30 days for visitors, 180 for incidents.
    fn default() -> RetentionPolicy {
        RetentionPolicy {
            visitor_days: 30,
            incident_days: 180,
        }
    }
}

impl RetentionPolicy {
    /// Days of a class.
    #[must_use]
    pub fn days(&self, class: RetentionClass) -> u16 {
        match class {
            RetentionClass::Visitor => self.visitor_days,
            RetentionClass::Incident => self.incident_days,
        }
    }

    /// The last day whose disclosures of `class` are due for erasure on `today`: a day is due when so many whole
    /// days have passed since it ended.
    #[must_use]
    pub fn last_due(&self, class: RetentionClass, today: LedgerDay) -> LedgerDay {
        LedgerDay(today.0.saturating_sub(i32::from(self.days(class)) + 1))
    }
}

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStep {
    /// An inspector raised it.
    Raised,
    /// The venue answered.
    Answered,
    /// The venue says that it is rectified.
    Rectified,
    /// The inspector closed it.
    Closed,
}

/// What was done in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStep {
    /// It began.
    Opened,
    /// The visitor was led aside.
    Isolated,
    /// It was reported.
    Reported,
    /// It was handed over.
    HandedOver,
    /// It ended.
    Closed,
}

/// Why a gate has a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum KeyChangeReason {
    /// A ledger from before there were keys.
    First,
    /// In turn.
    Routine,
    /// Somebody else may have the old one.
    Suspected,
}

/// One person checked at a gate, admitted or not. Neither payload nor exact temperature stands here: both are
/// personal and must one day be erasable while the ledger stays. The leaf carries their digests instead.
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
        /// The verifier key of the gate; its name is the origin of the ledger. Ledgers from before there were
        /// keys have none here and a key change later.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        key: Option<String>,
    },
    /// The program was started.
    Boot {
        /// Its version.
        version: String,
    },
    /// The program was ended in good order.
    Shutdown,
    /// The wall clock was set: by so many milliseconds against the monotonic clock.
    Clock {
        /// Forward is positive.
        step: i64,
    },
    /// Somebody was given an account, or it changed.
    Person {
        /// The pseudonymous number.
        number: PersonNumber,
        /// The role.
        role: Role,
        /// What happened.
        #[serde(skip_serializing_if = "AccountChange::is_opened", default)]
        change: AccountChange,
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
    /// Too many wrong PINs: this person, and nobody else, has to wait.
    Lockout {
        /// Who.
        number: PersonNumber,
        /// How long, measured on the monotonic clock.
        seconds: u32,
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
        /// Positions of the records whose disclosures went with it, where any did.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        disclosed: Vec<u64>,
    },
    /// Somebody outside signed what the ledger was.
    Inspection {
        /// The verifier key of the witness.
        witness: String,
        /// Records that were witnessed.
        size: u64,
        /// The witness's own clock, seconds since 1970 UTC.
        time: u64,
    },
    /// What an inspector found, until it is rectified.
    Finding {
        /// Position of the record that raised it; absent in that record itself.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        of: Option<u64>,
        /// What became of it.
        step: FindingStep,
        /// Day by which it is to be rectified.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        due: Option<LedgerDay>,
    },
    /// One filled form of a register: cleaning, sampling, a drill, a register from elsewhere.
    Register {
        /// Which form.
        form: String,
        /// What was filled in and is not personal.
        values: BTreeMap<String, String>,
    },
    /// A fever or red-code case.
    Incident {
        /// Position of the entry it began with.
        of: u64,
        /// What was done.
        step: IncidentStep,
    },
    /// How long disclosures are kept from here on.
    Retention(RetentionPolicy),
    /// While a hold is on, no disclosure of these days is erased.
    Hold {
        /// First day.
        from: LedgerDay,
        /// Last day.
        to: LedgerDay,
        /// Put on, or taken off again.
        on: bool,
    },
    /// Disclosures were destroyed.
    Erase {
        /// Which.
        class: RetentionClass,
        /// First day.
        from: LedgerDay,
        /// Last day.
        to: LedgerDay,
        /// How many disclosures.
        count: u64,
    },
    /// From the next record on the ledger is signed with this key.
    KeyChange {
        /// The verifier key.
        key: String,
        /// Why.
        reason: KeyChangeReason,
    },
    /// The ledger was put back from a backup and goes on from there. Whoever saw it longer than that can tell.
    Restore {
        /// Records in the backup.
        size: u64,
        /// Records that stood in its place and are not in the backup; absent where nobody could tell.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        lost: Option<u64>,
    },
    /// Words of the staff about a record, in a disclosure.
    Note {
        /// Position of the record, where it is about one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        of: Option<u64>,
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
            Body::Shutdown => "shutdown",
            Body::Clock { .. } => "clock",
            Body::Lockout { .. } => "lockout",
            Body::Inspection { .. } => "inspection",
            Body::Finding { .. } => "finding",
            Body::Register { .. } => "register",
            Body::Incident { .. } => "incident",
            Body::Retention(_) => "retention",
            Body::Hold { .. } => "hold",
            Body::Erase { .. } => "erase",
            Body::KeyChange { .. } => "key_change",
            Body::Restore { .. } => "restore",
            Body::Note { .. } => "note",
        }
    }

    /// How long what it discloses is kept. Told from the leaf alone, so that an auditor can count what an erasure
    /// should have destroyed.
    #[must_use]
    pub fn retention_class(&self) -> RetentionClass {
        match self {
            Body::Entry(entry) => {
                let grave = [Reason::RedCode, Reason::Fever];
                let is_grave = entry.reasons.iter().any(|reason| grave.contains(reason));
                if is_grave || entry.verdict == VerdictKind::Refuse {
                    RetentionClass::Incident
                } else {
                    RetentionClass::Visitor
                }
            }
            Body::Incident { .. } | Body::Finding { .. } | Body::Void { .. } | Body::Note { .. } => {
                RetentionClass::Incident
            }
            _ => RetentionClass::Visitor,
        }
    }
}
