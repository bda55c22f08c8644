use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{IssuerId, RegionCode};

/// The colour a health code shows.
///
/// Yellow and orange are one class: one province's yellow is another's orange (hue 45° and 30°), and both
/// mean "not green".
#[derive(Serialize, Deserialize, Type, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum HealthColour {
    /// Low risk, may pass where the venue's policy says so.
    Green,
    /// Restricted: home monitoring, close contact, abnormal temperature on site.
    YellowOrange,
    /// Confirmed or suspected case.
    Red,
    /// The code was seen and has no colour: it is black and white.
    None,
}

/// How far a reading is proven, strongest first. Printed beside every entry, on the screen and in exports.
#[derive(Serialize, Deserialize, Type, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLevel {
    /// The issuer's server answered for this code.
    IssuerOnline,
    /// A signature over the payload was checked against a known key, without a network.
    SignatureOffline,
    /// The payload has the shape its issuer uses. Anybody can make such a payload.
    StructureOnly,
    /// A member of staff looked at the screen.
    SeenByStaff,
    /// A document was shown instead of a code: identity card, paper certificate, travel card.
    Document,
    /// Nothing supports the reading.
    None,
}

/// The age of a payload against the life its issuer gives it. Ages are whole seconds.
#[derive(Serialize, Deserialize, Type, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Freshness {
    /// Within its life. A payload up to the table's clock tolerance ahead of the gate counts as age 0.
    Fresh {
        /// Seconds since the payload was made.
        age_seconds: u32,
    },
    /// Older than its issuer lets a payload live: a screenshot or a recording is likely.
    Stale {
        /// Seconds since the payload was made; `u32::MAX` for anything older than 136 years.
        age_seconds: u32,
        /// The life that was exceeded.
        max_age_seconds: u32,
    },
    /// Made later than now by more than the clock tolerance: a wrong clock or a made-up code.
    FromTheFuture {
        /// Seconds by which the payload is ahead of the gate's clock.
        ahead_seconds: u32,
    },
    /// The payload carries no plain time, so its age cannot be known here.
    NotStated,
}

impl Freshness {
    /// Seconds since the payload was made, where that is known and not in the future.
    #[must_use]
    pub fn age_seconds(&self) -> Option<u32> {
        match self {
            Freshness::Fresh { age_seconds } | Freshness::Stale { age_seconds, .. } => Some(*age_seconds),
            Freshness::FromTheFuture { .. } | Freshness::NotStated => None,
        }
    }
}

/// What a payload says by itself. Holds nothing about the person and no part of the token.
#[derive(Serialize, Deserialize, Type, Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Who made the code, if the table knows its shape.
    pub issuer: Option<IssuerId>,
    /// The region in the payload, or the issuer's own region if the payload names none.
    pub region: Option<RegionCode>,
    /// The plain time in the payload.
    pub issued_at: Option<DateTime<Utc>>,
    /// That time against the clock that was handed in.
    pub freshness: Freshness,
    /// The colour in the payload, for the few issuers that write it there. Not the colour on the screen.
    pub stated_colour: Option<HealthColour>,
    /// [`EvidenceLevel::StructureOnly`] for a known shape, [`EvidenceLevel::None`] otherwise.
    pub evidence: EvidenceLevel,
}

impl Reading {
    /// The reading of a payload the table does not know. Unknown is not a refusal: the guard looks.
    pub const UNKNOWN: Reading = Reading {
        issuer: None,
        region: None,
        issued_at: None,
        freshness: Freshness::NotStated,
        stated_colour: None,
        evidence: EvidenceLevel::None,
    };
}
