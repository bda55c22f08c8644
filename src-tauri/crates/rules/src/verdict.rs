//! From what was shown and measured to what the guard must do.

use gatepost_codes::{EvidenceLevel, Freshness, HealthColour, Reading};
use serde::{Deserialize, Serialize};

use crate::policy::{Policy, YellowRule};
use crate::temperature::{BodyTemperature, TemperatureBand};

/// Who said which colour the code has. Colour is what the screen shows, never proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ColourSource {
    /// The camera saw it and the guard let it stand.
    Camera,
    /// The guard said it.
    Guard,
}

/// The colour of a code and who saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SeenColour {
    /// The colour.
    pub colour: HealthColour,
    /// Who saw it.
    pub source: ColourSource,
}

/// What a visitor without a code on a phone showed instead; a health code may not be the only way in
/// (国办发〔2020〕45号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// An identity document.
    Identity,
    /// A paper pass or a printed code that staff read by eye.
    Paper,
    /// A companion's phone vouches.
    Companion,
}

/// What the visitor showed at the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeShown {
    /// A code was decoded.
    Decoded {
        /// What its payload says.
        reading: Reading,
        /// Its colour, when somebody saw one.
        colour: Option<SeenColour>,
        /// Whether the same code was already shown within the policy's window.
        repeated: bool,
    },
    /// Nothing was decoded; the guard looked at the screen and said the colour.
    SeenByStaff(HealthColour),
    /// No phone: a document was shown.
    Document(DocumentKind),
    /// Nothing was shown.
    Nothing,
}

/// What kind of thing was shown; the form in which it stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ShownKind {
    /// A code was decoded.
    Decoded,
    /// The guard looked.
    SeenByStaff,
    /// A document.
    Document,
    /// Nothing.
    Nothing,
}

impl CodeShown {
    /// The kind, without what was read.
    #[must_use]
    pub fn kind(&self) -> ShownKind {
        match self {
            CodeShown::Decoded { .. } => ShownKind::Decoded,
            CodeShown::SeenByStaff(_) => ShownKind::SeenByStaff,
            CodeShown::Document(_) => ShownKind::Document,
            CodeShown::Nothing => ShownKind::Nothing,
        }
    }
}

/// Whether a mask was worn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Worn from the start.
    #[default]
    Worn,
    /// Not worn.
    NotWorn,
    /// Put on after a reminder.
    PutOn,
}

/// A part that did not work while the visitor was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The camera gives no picture.
    CameraNoPicture,
}

/// Everything the decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was shown.
    pub code: CodeShown,
    /// The measured temperature.
    pub temperature: BodyTemperature,
    /// The mask.
    pub mask: Mask,
    /// A part that did not work, if any.
    pub fault: Option<Fault>,
}

/// Why a visitor is held or refused, in the order in which the guard must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The code is red.
    RedCode,
    /// The temperature reaches the threshold.
    Fever,
    /// The code is yellow or orange.
    YellowCode,
    /// The temperature is below the low limit: cold skin or a bad aim.
    LowTemperature,
    /// No mask.
    NoMask,
    /// The code was made longer ago than its issuer allows: perhaps a screenshot.
    StaleCode,
    /// The code claims to have been made in the future.
    CodeFromTheFuture,
    /// The same code was already shown within the policy's window.
    RepeatedCode,
    /// Nobody could tell the colour of the code.
    ColourNotSeen,
    /// Neither a code nor a document was shown.
    NothingShown,
}

/// One or more reasons, without repetition, most urgent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons(Vec<Reason>);

impl Reasons {
    fn new(mut reasons: Vec<Reason>) -> Option<Reasons> {
        reasons.sort_unstable();
        reasons.dedup();
        (!reasons.is_empty()).then_some(Reasons(reasons))
    }

    /// The reasons, most urgent first.
    #[must_use]
    pub fn as_slice(&self) -> &[Reason] {
        &self.0
    }
}

/// What the guard must do. A fault never looks like an admission or a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let the visitor in.
    Admit,
    /// Not yet: measure again, check, remind.
    Hold(Reasons),
    /// Not in.
    Refuse(Reasons),
    /// A part of the program did not work: look for yourself.
    CheckByHand(Fault),
}

/// The family of a verdict, without its reasons: what the log is filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Let in.
    Admit,
    /// Held.
    Hold,
    /// Refused.
    Refuse,
    /// To be checked by hand because of a fault.
    CheckByHand,
}

impl Verdict {
    /// The family.
    #[must_use]
    pub fn kind(&self) -> VerdictKind {
        match self {
            Verdict::Admit => VerdictKind::Admit,
            Verdict::Hold(_) => VerdictKind::Hold,
            Verdict::Refuse(_) => VerdictKind::Refuse,
            Verdict::CheckByHand(_) => VerdictKind::CheckByHand,
        }
    }

    /// The reasons; none for an admission or a fault.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Verdict::Hold(reasons) | Verdict::Refuse(reasons) => reasons.as_slice(),
            Verdict::Admit | Verdict::CheckByHand(_) => &[],
        }
    }
}

/// Decides one entry: the worst of all factors counts, and every factor is named.
///
/// Pure: the clock, the camera and the ledger are the caller's. A fault decides only where nothing else
/// does: a fever stays a fever when the camera is dead.
#[must_use]
pub fn decide(observation: &Observation, policy: &Policy) -> Verdict {
    let mut refusals = Vec::new();
    let mut doubts = Vec::new();
    match observation.temperature.band(policy) {
        TemperatureBand::Fever => doubts.push(Reason::Fever),
        TemperatureBand::Low => doubts.push(Reason::LowTemperature),
        TemperatureBand::Normal => {}
    }
    if policy.mask_required && observation.mask == Mask::NotWorn {
        doubts.push(Reason::NoMask);
    }
    match &observation.code {
        CodeShown::Decoded {
            reading,
            colour,
            repeated,
        } => {
            match reading.freshness {
                Freshness::Stale { .. } => doubts.push(Reason::StaleCode),
                Freshness::FromTheFuture { .. } => doubts.push(Reason::CodeFromTheFuture),
                Freshness::Fresh { .. } | Freshness::NotStated => {}
            }
            if *repeated {
                doubts.push(Reason::RepeatedCode);
            }
            // Of the colour on the screen and the colour in the payload the worse one counts.
            let seen = colour.map_or(HealthColour::None, |seen| seen.colour);
            weigh_colour(seen, policy, &mut refusals, &mut doubts);
            if let Some(stated) = reading.stated_colour {
                weigh_colour(stated, policy, &mut refusals, &mut doubts);
            }
        }
        CodeShown::SeenByStaff(colour) => weigh_colour(*colour, policy, &mut refusals, &mut doubts),
        CodeShown::Document(_) => {}
        CodeShown::Nothing if observation.fault.is_none() => doubts.push(Reason::NothingShown),
        CodeShown::Nothing => {}
    }
    let refused = !refusals.is_empty();
    refusals.append(&mut doubts);
    match (Reasons::new(refusals), observation.fault, &observation.code) {
        (Some(reasons), _, _) if refused => Verdict::Refuse(reasons),
        (Some(reasons), _, _) => Verdict::Hold(reasons),
        (None, Some(fault), CodeShown::Nothing) => Verdict::CheckByHand(fault),
        (None, _, _) => Verdict::Admit,
    }
}

fn weigh_colour(colour: HealthColour, policy: &Policy, refusals: &mut Vec<Reason>, doubts: &mut Vec<Reason>) {
    match (colour, policy.yellow_rule) {
        (HealthColour::Green, _) => {}
        (HealthColour::YellowOrange, YellowRule::Hold) => doubts.push(Reason::YellowCode),
        (HealthColour::YellowOrange, YellowRule::Refuse) => refusals.push(Reason::YellowCode),
        (HealthColour::Red, _) => refusals.push(Reason::RedCode),
        (HealthColour::None, _) => doubts.push(Reason::ColourNotSeen),
    }
}

/// How far what was shown is proven. Never more than what was really checked: a colour on a screen is
/// `seen_by_staff` at best.
#[must_use]
pub fn evidence_of(code: &CodeShown) -> EvidenceLevel {
    match code {
        CodeShown::Decoded { reading, .. } if reading.evidence != EvidenceLevel::None => reading.evidence,
        CodeShown::Decoded { .. } | CodeShown::SeenByStaff(_) => EvidenceLevel::SeenByStaff,
        CodeShown::Document(_) => EvidenceLevel::Document,
        CodeShown::Nothing => EvidenceLevel::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::FeverOperator;

    fn at(tenths: i16) -> BodyTemperature {
        BodyTemperature::from_tenths(tenths).expect("a temperature of the test")
    }

    fn code(colour: HealthColour) -> CodeShown {
        let seen = SeenColour {
            colour,
            source: ColourSource::Camera,
        };
        CodeShown::Decoded {
            reading: Reading::UNKNOWN,
            colour: Some(seen),
            repeated: false,
        }
    }

    fn visitor(code: CodeShown, tenths: i16) -> Observation {
        Observation {
            code,
            temperature: at(tenths),
            mask: Mask::Worn,
            fault: None,
        }
    }

    fn decided(observation: &Observation) -> (VerdictKind, Vec<Reason>) {
        let verdict = decide(observation, &Policy::default());
        (verdict.kind(), verdict.reasons().to_vec())
    }

    #[test]
    fn a_green_code_and_a_normal_temperature_are_admitted() {
        assert_eq!(
            decided(&visitor(code(HealthColour::Green), 365)),
            (VerdictKind::Admit, vec![])
        );
    }

    #[test]
    fn a_visitor_at_the_fever_threshold_is_held_and_one_tenth_below_is_not() {
        let held = (VerdictKind::Hold, vec![Reason::Fever]);
        assert_eq!(decided(&visitor(code(HealthColour::Green), 373)), held);
        assert_eq!(
            decided(&visitor(code(HealthColour::Green), 372)).0,
            VerdictKind::Admit
        );
    }

    #[test]
    fn where_only_more_than_the_threshold_is_a_fever_the_threshold_itself_is_admitted() {
        let policy = Policy {
            fever_operator: FeverOperator::Above,
            ..Policy::default()
        };
        assert_eq!(
            decide(&visitor(code(HealthColour::Green), 373), &policy),
            Verdict::Admit
        );
        assert_eq!(
            decide(&visitor(code(HealthColour::Green), 374), &policy).kind(),
            VerdictKind::Hold
        );
    }

    #[test]
    fn a_low_reading_is_measured_again_and_the_limit_itself_is_not_low() {
        let low = (VerdictKind::Hold, vec![Reason::LowTemperature]);
        assert_eq!(decided(&visitor(code(HealthColour::Green), 349)), low);
        assert_eq!(
            decided(&visitor(code(HealthColour::Green), 350)).0,
            VerdictKind::Admit
        );
    }

    #[test]
    fn a_red_code_is_refused_and_every_other_reason_is_still_named() {
        let mut observation = visitor(code(HealthColour::Red), 380);
        observation.mask = Mask::NotWorn;
        let reasons = vec![Reason::RedCode, Reason::Fever, Reason::NoMask];
        assert_eq!(decided(&observation), (VerdictKind::Refuse, reasons));
    }

    #[test]
    fn a_yellow_code_is_held_or_refused_as_the_venue_says() {
        let observation = visitor(code(HealthColour::YellowOrange), 365);
        assert_eq!(
            decided(&observation),
            (VerdictKind::Hold, vec![Reason::YellowCode])
        );
        let strict = Policy {
            yellow_rule: YellowRule::Refuse,
            ..Policy::default()
        };
        assert_eq!(decide(&observation, &strict).kind(), VerdictKind::Refuse);
    }

    #[test]
    fn a_mask_put_on_after_a_reminder_is_as_good_as_one_worn_and_none_is_held() {
        let mut observation = visitor(code(HealthColour::Green), 365);
        observation.mask = Mask::PutOn;
        assert_eq!(decided(&observation).0, VerdictKind::Admit);
        observation.mask = Mask::NotWorn;
        assert_eq!(decided(&observation), (VerdictKind::Hold, vec![Reason::NoMask]));
        let relaxed = Policy {
            mask_required: false,
            ..Policy::default()
        };
        assert_eq!(decide(&observation, &relaxed), Verdict::Admit);
    }

    #[test]
    fn the_worse_of_the_colour_on_the_screen_and_the_colour_in_the_payload_counts() {
        let reading = Reading {
            stated_colour: Some(HealthColour::Red),
            ..Reading::UNKNOWN
        };
        let seen = SeenColour {
            colour: HealthColour::Green,
            source: ColourSource::Camera,
        };
        let code = CodeShown::Decoded {
            reading,
            colour: Some(seen),
            repeated: false,
        };
        assert_eq!(
            decided(&visitor(code, 365)),
            (VerdictKind::Refuse, vec![Reason::RedCode])
        );
    }

    #[test]
    fn a_stale_or_repeated_code_is_pointed_out_but_not_refused() {
        let reading = Reading {
            freshness: Freshness::Stale {
                age_seconds: 601,
                max_age_seconds: 600,
            },
            ..Reading::UNKNOWN
        };
        let seen = Some(SeenColour {
            colour: HealthColour::Green,
            source: ColourSource::Guard,
        });
        let code = CodeShown::Decoded {
            reading,
            colour: seen,
            repeated: true,
        };
        let reasons = vec![Reason::StaleCode, Reason::RepeatedCode];
        assert_eq!(decided(&visitor(code, 365)), (VerdictKind::Hold, reasons));
    }

    #[test]
    fn a_code_without_a_colour_is_held_until_somebody_says_one() {
        let code = CodeShown::Decoded {
            reading: Reading::UNKNOWN,
            colour: None,
            repeated: false,
        };
        assert_eq!(
            decided(&visitor(code, 365)),
            (VerdictKind::Hold, vec![Reason::ColourNotSeen])
        );
    }

    #[test]
    fn a_dead_camera_is_a_check_by_hand_and_never_an_admission_or_a_refusal() {
        let mut observation = visitor(CodeShown::Nothing, 365);
        observation.fault = Some(Fault::CameraNoPicture);
        let verdict = decide(&observation, &Policy::default());
        assert_eq!(verdict, Verdict::CheckByHand(Fault::CameraNoPicture));
    }

    #[test]
    fn a_fever_stays_a_fever_when_the_camera_is_dead() {
        let mut observation = visitor(CodeShown::Nothing, 390);
        observation.fault = Some(Fault::CameraNoPicture);
        assert_eq!(decided(&observation), (VerdictKind::Hold, vec![Reason::Fever]));
    }

    #[test]
    fn a_dead_camera_does_not_stop_a_guard_who_looked_at_the_code() {
        let mut observation = visitor(CodeShown::SeenByStaff(HealthColour::Green), 365);
        observation.fault = Some(Fault::CameraNoPicture);
        assert_eq!(decide(&observation, &Policy::default()), Verdict::Admit);
    }

    #[test]
    fn nobody_is_turned_away_for_having_no_phone() {
        let verdict = decided(&visitor(CodeShown::Document(DocumentKind::Identity), 365));
        assert_eq!(verdict, (VerdictKind::Admit, vec![]));
        assert_eq!(
            decided(&visitor(CodeShown::Nothing, 365)).1,
            vec![Reason::NothingShown]
        );
    }

    #[test]
    fn what_was_only_looked_at_is_never_called_more_than_that() {
        assert_eq!(
            evidence_of(&code(HealthColour::Green)),
            EvidenceLevel::SeenByStaff
        );
        assert_eq!(
            evidence_of(&CodeShown::SeenByStaff(HealthColour::Red)),
            EvidenceLevel::SeenByStaff
        );
        assert_eq!(
            evidence_of(&CodeShown::Document(DocumentKind::Paper)),
            EvidenceLevel::Document
        );
        assert_eq!(evidence_of(&CodeShown::Nothing), EvidenceLevel::None);
        let reading = Reading {
            evidence: EvidenceLevel::StructureOnly,
            ..Reading::UNKNOWN
        };
        let known = CodeShown::Decoded {
            reading,
            colour: None,
            repeated: false,
        };
        assert_eq!(evidence_of(&known), EvidenceLevel::StructureOnly);
    }
}
