use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use regex::bytes::{Captures, Regex, RegexBuilder};
use serde::Deserialize;

use crate::{EvidenceLevel, Freshness, HealthColour, Issuer, IssuerId, Life, Reading, RegionCode, TimeUnit};

/// Longest payload that is looked at. The largest QR code carries 2953 bytes.
pub const LONGEST_PAYLOAD_BYTES: usize = 4096;

const COMPILED_PATTERN_LIMIT_BYTES: usize = 1 << 20;
const BEIJING_OFFSET_SECONDS: i32 = 8 * 3600;

/// Why an issuer table was not accepted. A payload never causes an error.
#[derive(thiserror::Error, Debug)]
pub enum CodesError {
    /// The text is not JSON of the table's shape.
    #[error("the issuer table is not valid JSON of its shape")]
    Shape(#[source] serde_json::Error),
    /// A pattern is not a regular expression, or too large when compiled.
    #[error("the pattern of issuer {issuer} does not compile")]
    Pattern {
        /// Whose pattern.
        issuer: IssuerId,
        /// What the regex engine says.
        #[source]
        source: Box<regex::Error>,
    },
    /// Two rows share an id.
    #[error("issuer {issuer} stands twice in the table")]
    Duplicate {
        /// The id in question.
        issuer: IssuerId,
    },
    /// A pattern has a group `time` and the row has no unit for it, or the other way round.
    #[error("issuer {issuer} has a time without a unit, or a unit without a time")]
    TimeUnit {
        /// Whose row.
        issuer: IssuerId,
    },
}

/// The issuers whose payloads can be recognised, in order: the first pattern that matches decides.
///
/// ```
/// use gatepost_codes::{EvidenceLevel, IssuerTable};
///
/// let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
/// let reading = IssuerTable::built_in().read(b"a shopping list", now);
/// assert_eq!(reading.evidence, EvidenceLevel::None);
/// ```
#[derive(Clone, Debug)]
pub struct IssuerTable {
    rows: Vec<Row>,
    default_max_age_seconds: u32,
    clock_tolerance_seconds: u32,
}

#[derive(Clone, Debug)]
struct Row {
    issuer: Issuer,
    pattern: Regex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    default_max_age_seconds: u32,
    clock_tolerance_seconds: u32,
    issuers: Vec<Issuer>,
}

impl IssuerTable {
    /// Reads a table from JSON.
    ///
    /// Patterns are bounded to the whole payload by themselves (`^…$`), see bytes and not characters, and
    /// may name the groups `time`, `region` and `colour`.
    ///
    /// # Errors
    /// Every variant of [`CodesError`]; a table with any fault is refused whole.
    pub fn parse(json: &str) -> Result<IssuerTable, CodesError> {
        let file: TableFile = serde_json::from_str(json).map_err(CodesError::Shape)?;
        let mut rows: Vec<Row> = Vec::with_capacity(file.issuers.len());
        for issuer in file.issuers {
            let pattern = compile(&issuer.pattern, &issuer.id)?;
            let has_time = pattern.capture_names().flatten().any(|name| name == "time");
            if has_time != issuer.time_unit.is_some() {
                return Err(CodesError::TimeUnit { issuer: issuer.id });
            }
            if rows.iter().any(|row| row.issuer.id == issuer.id) {
                return Err(CodesError::Duplicate { issuer: issuer.id });
            }
            rows.push(Row { issuer, pattern });
        }
        Ok(IssuerTable {
            rows,
            default_max_age_seconds: file.default_max_age_seconds,
            clock_tolerance_seconds: file.clock_tolerance_seconds,
        })
    }

    /// The table that is shipped, `assets/issuers.json`.
    pub fn built_in() -> IssuerTable {
        IssuerTable::parse(include_str!("../../../../assets/issuers.json"))
            .expect("the shipped issuer table is accepted: a test parses it")
    }

    /// What a payload says, judged against the caller's clock. Total: any bytes give a reading.
    pub fn read(&self, payload: &[u8], now: DateTime<Utc>) -> Reading {
        if payload.len() > LONGEST_PAYLOAD_BYTES {
            return Reading::UNKNOWN;
        }
        self.rows
            .iter()
            .find_map(|row| Some((row, row.pattern.captures(payload)?)))
            .map_or(Reading::UNKNOWN, |(row, captures)| {
                self.reading(&row.issuer, &captures, now)
            })
    }

    /// The row of an issuer, for its names.
    pub fn issuer(&self, id: &IssuerId) -> Option<&Issuer> {
        self.issuers().find(|issuer| issuer.id == *id)
    }

    /// All issuers in the order of the table.
    pub fn issuers(&self) -> impl Iterator<Item = &Issuer> {
        self.rows.iter().map(|row| &row.issuer)
    }

    fn reading(&self, issuer: &Issuer, captures: &Captures<'_>, now: DateTime<Utc>) -> Reading {
        let issued_at = issuer
            .time_unit
            .and_then(|unit| time(group(captures, "time")?, unit));
        Reading {
            issuer: Some(issuer.id.clone()),
            region: group(captures, "region")
                .and_then(RegionCode::parse)
                .or(issuer.region),
            issued_at,
            freshness: issued_at.map_or(Freshness::NotStated, |issued_at| {
                self.freshness(issuer.life, issued_at, now)
            }),
            stated_colour: group(captures, "colour").and_then(colour),
            evidence: EvidenceLevel::StructureOnly,
        }
    }

    fn freshness(&self, life: Life, issued_at: DateTime<Utc>, now: DateTime<Utc>) -> Freshness {
        let age = (now - issued_at).num_seconds();
        if age < -i64::from(self.clock_tolerance_seconds) {
            return Freshness::FromTheFuture {
                ahead_seconds: saturating(-age),
            };
        }
        let age_seconds = saturating(age.max(0));
        let max_age_seconds = match life {
            Life::Seconds(seconds) => seconds,
            Life::Unknown => self.default_max_age_seconds,
            Life::Unlimited => u32::MAX,
        };
        if age_seconds <= max_age_seconds {
            Freshness::Fresh { age_seconds }
        } else {
            Freshness::Stale {
                age_seconds,
                max_age_seconds,
            }
        }
    }
}

fn compile(pattern: &str, issuer: &IssuerId) -> Result<Regex, CodesError> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(COMPILED_PATTERN_LIMIT_BYTES)
        .build()
        .map_err(|source| CodesError::Pattern {
            issuer: issuer.clone(),
            source: Box::new(source),
        })
}

fn group<'p>(captures: &Captures<'p>, name: &str) -> Option<&'p str> {
    std::str::from_utf8(captures.name(name)?.as_bytes()).ok()
}

fn time(digits: &str, unit: TimeUnit) -> Option<DateTime<Utc>> {
    match unit {
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(digits.parse().ok()?),
        TimeUnit::Seconds => DateTime::from_timestamp(digits.parse().ok()?, 0),
        TimeUnit::BeijingDigits => NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S")
            .ok()?
            .and_local_timezone(FixedOffset::east_opt(BEIJING_OFFSET_SECONDS)?)
            .single()
            .map(|beijing| beijing.to_utc()),
    }
}

fn colour(word: &str) -> Option<HealthColour> {
    match word {
        "green" => Some(HealthColour::Green),
        "yellow" | "orange" => Some(HealthColour::YellowOrange),
        "red" => Some(HealthColour::Red),
        _ => None,
    }
}

fn saturating(seconds: i64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}
