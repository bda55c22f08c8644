//! From codes of the ledger to keys of the catalogue. No formatted keys: every key stands here as it is in the
//! catalogue, and a new code does not compile before it has one.

use gatepost_codes::{EvidenceLevel, HealthColour};
use gatepost_ledger::{Entry, VoidReason};
use gatepost_rules::{ColourSource, DocumentKind, Fault, Mask, Reason, ShownKind, VerdictKind};

pub(crate) fn shown(entry: &Entry) -> &'static str {
    match (entry.shown, entry.document) {
        (ShownKind::Decoded, _) => "export-shown-decoded",
        (ShownKind::SeenByStaff, _) => "export-shown-seen_by_staff",
        (ShownKind::Document, Some(DocumentKind::Identity)) => "document-identity",
        (ShownKind::Document, Some(DocumentKind::Companion)) => "document-companion",
        (ShownKind::Document, Some(DocumentKind::Paper) | None) => "document-paper",
        (ShownKind::Nothing, _) => "shown-nothing",
    }
}

pub(crate) fn colour(colour: HealthColour) -> &'static str {
    match colour {
        HealthColour::Green => "colour-green",
        HealthColour::YellowOrange => "colour-yellow_orange",
        HealthColour::Red => "colour-red",
        HealthColour::None => "colour-none",
    }
}

pub(crate) fn colour_source(source: ColourSource) -> &'static str {
    match source {
        ColourSource::Camera => "export-colour_by-camera",
        ColourSource::Guard => "export-colour_by-guard",
    }
}

pub(crate) fn evidence(level: EvidenceLevel) -> &'static str {
    match level {
        EvidenceLevel::IssuerOnline => "evidence-issuer_online",
        EvidenceLevel::SignatureOffline => "evidence-signature_offline",
        EvidenceLevel::StructureOnly => "evidence-structure_only",
        EvidenceLevel::SeenByStaff => "evidence-seen_by_staff",
        EvidenceLevel::Document => "evidence-document",
        EvidenceLevel::None => "evidence-none",
    }
}

pub(crate) fn mask(mask: Mask) -> &'static str {
    match mask {
        Mask::Worn => "mask-worn",
        Mask::NotWorn => "mask-not_worn",
        Mask::PutOn => "mask-put_on",
    }
}

/// The word on the verdict card: a hold is 复测 when its first reason is a temperature, else 核查.
pub(crate) fn verdict(entry: &Entry) -> &'static str {
    match (entry.verdict, entry.reasons.first()) {
        (VerdictKind::Admit, _) => "verdict-admit",
        (VerdictKind::Refuse, _) => "verdict-refuse",
        (VerdictKind::CheckByHand, _) => "verdict-not_verified",
        (VerdictKind::Hold, Some(Reason::Fever | Reason::LowTemperature)) => "verdict-measure_again",
        (VerdictKind::Hold, _) => "verdict-check",
    }
}

pub(crate) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::RedCode => "cause-red_code",
        Reason::Fever => "cause-fever",
        Reason::YellowCode => "cause-yellow_code",
        Reason::LowTemperature => "cause-low_temperature",
        Reason::NoMask => "cause-no_mask",
        Reason::StaleCode => "cause-stale_code",
        Reason::CodeFromTheFuture => "cause-code_from_the_future",
        Reason::RepeatedCode => "cause-repeated_code",
        Reason::ColourNotSeen => "cause-colour_not_seen",
        Reason::NothingShown => "cause-nothing_shown",
    }
}

pub(crate) fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::CameraNoPicture => "cause-camera_no_picture",
    }
}

pub(crate) fn void_reason(reason: VoidReason) -> &'static str {
    match reason {
        VoidReason::WrongPerson => "void-reason-wrong_person",
        VoidReason::Typo => "void-reason-typo",
        VoidReason::Duplicate => "void-reason-duplicate",
        VoidReason::Test => "void-reason-test",
        VoidReason::Other => "void-reason-other",
    }
}
