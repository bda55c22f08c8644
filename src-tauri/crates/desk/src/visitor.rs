//! One visitor at the gate, from the first sight of a code to the decision.

use gatepost_codes::{EvidenceLevel, Freshness, HealthColour, Reading};
use gatepost_ledger::Entry;
use gatepost_rules::{
    BodyTemperature, CodeShown, ColourSource, DocumentKind, Mask, Reason, SeenColour, ShownKind,
};
use gatepost_store::{ScanId, Seen, Token};
use std::time::Duration;

/// The colour of a code as the camera sees it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenNow {
    pub(crate) colour: HealthColour,
    /// Several frames agree; otherwise it is the guess of one.
    pub(crate) settled: bool,
}

/// A decoded code as the eye hands it to the door. The payload itself stays behind.
#[derive(Clone, Debug)]
pub(crate) struct SeenCode {
    /// Keyed hash of the payload.
    pub(crate) token: Token,
    /// What it says.
    pub(crate) reading: Reading,
    /// Its colour as far as the camera could tell.
    pub(crate) colour: Option<SeenNow>,
    /// The entry in which the same code was shown before.
    pub(crate) seen: Option<Seen>,
}

/// What the visitor showed so far.
#[derive(Clone, Debug, Default)]
pub(crate) enum Shown {
    #[default]
    Nothing,
    Decoded {
        /// `None` for a code recalled from an earlier entry.
        token: Option<Token>,
        reading: Reading,
        colour: Option<SeenColour>,
        seen: Option<Seen>,
    },
    SeenByStaff(HealthColour),
    Document(DocumentKind),
}

impl Shown {
    pub(crate) fn code(code: SeenCode) -> Shown {
        let colour = code.colour.map(|seen| SeenColour {
            colour: seen.colour,
            source: ColourSource::Camera,
        });
        Shown::Decoded {
            token: Some(code.token),
            reading: code.reading,
            colour,
            seen: code.seen,
        }
    }

    /// What an earlier entry says was shown, for a further reading of the same visitor.
    pub(crate) fn recalled(entry: &Entry) -> Shown {
        match (entry.shown, entry.colour, entry.document) {
            (ShownKind::Decoded, colour, _) => {
                let evidence = match entry.evidence {
                    EvidenceLevel::SeenByStaff => EvidenceLevel::None,
                    proven => proven,
                };
                let freshness = match entry.age_seconds {
                    Some(age_seconds) if entry.reasons.contains(&Reason::StaleCode) => Freshness::Stale {
                        age_seconds,
                        max_age_seconds: age_seconds.saturating_sub(1),
                    },
                    Some(age_seconds) => Freshness::Fresh { age_seconds },
                    None => Freshness::NotStated,
                };
                let reading = Reading {
                    issuer: entry.issuer.clone(),
                    freshness,
                    evidence,
                    ..Reading::UNKNOWN
                };
                let source = entry.colour_source.unwrap_or(ColourSource::Guard);
                let colour = colour.map(|colour| SeenColour { colour, source });
                Shown::Decoded {
                    token: None,
                    reading,
                    colour,
                    seen: None,
                }
            }
            (ShownKind::SeenByStaff, Some(colour), _) => Shown::SeenByStaff(colour),
            (ShownKind::Document, _, Some(kind)) => Shown::Document(kind),
            (ShownKind::SeenByStaff | ShownKind::Document | ShownKind::Nothing, _, _) => Shown::Nothing,
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Shown::Nothing)
    }

    pub(crate) fn token(&self) -> Option<Token> {
        match self {
            Shown::Decoded { token, .. } => *token,
            Shown::Nothing | Shown::SeenByStaff(_) | Shown::Document(_) => None,
        }
    }

    /// The colour that the guard said before the camera read the code.
    pub(crate) fn said_colour(&self) -> Option<HealthColour> {
        match self {
            Shown::SeenByStaff(colour) => Some(*colour),
            Shown::Nothing | Shown::Decoded { .. } | Shown::Document(_) => None,
        }
    }

    /// The guard's word on the colour; it outranks the camera's.
    pub(crate) fn say_colour(&mut self, colour: HealthColour) {
        match self {
            Shown::Decoded { colour: seen, .. } => {
                *seen = Some(SeenColour {
                    colour,
                    source: ColourSource::Guard,
                });
            }
            Shown::Nothing | Shown::SeenByStaff(_) | Shown::Document(_) => *self = Shown::SeenByStaff(colour),
        }
    }

    /// The camera's later word on the colour of the same code; never against the guard's. A guess from one
    /// frame fills only what is unknown. Returns whether anything changed.
    pub(crate) fn propose_colour(&mut self, better: SeenNow) -> bool {
        let Shown::Decoded { colour, .. } = self else {
            return false;
        };
        let proposed = Some(SeenColour {
            colour: better.colour,
            source: ColourSource::Camera,
        });
        let stands = match colour {
            None => false,
            Some(seen) => seen.source == ColourSource::Guard || !better.settled,
        };
        if stands || *colour == proposed {
            return false;
        }
        *colour = proposed;
        true
    }

    pub(crate) fn for_rules(&self) -> CodeShown {
        match self {
            Shown::Nothing => CodeShown::Nothing,
            Shown::Decoded {
                reading,
                colour,
                seen,
                ..
            } => CodeShown::Decoded {
                reading: reading.clone(),
                colour: *colour,
                repeated: seen.is_some(),
            },
            Shown::SeenByStaff(colour) => CodeShown::SeenByStaff(*colour),
            Shown::Document(kind) => CodeShown::Document(*kind),
        }
    }

    pub(crate) fn age_seconds(&self) -> Option<u32> {
        let Shown::Decoded { reading, .. } = self else {
            return None;
        };
        reading.freshness.age_seconds()
    }
}

/// Why a visitor is measured again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// The reading was low: the same person, at once, with the same code.
    LowReading(u64),
    /// A held case was called up. Where the code itself was in doubt the next one shown is the visitor's new
    /// one; otherwise it is somebody else's.
    Case { position: u64, wants_code: bool },
}

impl Follows {
    pub(crate) fn position(self) -> u64 {
        match self {
            Follows::LowReading(position) | Follows::Case { position, .. } => position,
        }
    }
}

/// A visitor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    pub(crate) shown: Shown,
    /// With the moment it was entered, on the monotonic clock.
    pub(crate) temperature: Option<(BodyTemperature, Duration)>,
    pub(crate) mask: Mask,
    pub(crate) follows: Option<Follows>,
    /// Chosen at the first try to write, kept for every further one of the same content.
    pub(crate) scan_id: Option<ScanId>,
}

impl Visitor {
    /// Whether nothing at all is known of the visitor yet.
    pub(crate) fn is_nobody(&self) -> bool {
        self.shown.is_nothing() && self.temperature.is_none() && self.follows.is_none()
    }
}
