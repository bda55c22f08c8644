use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

/// Stable id of an issuer in the table, e.g. `shanghai`. Written into records, so it never changes meaning.
#[derive(Serialize, Deserialize, Type, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(transparent)]
pub struct IssuerId(String);

impl IssuerId {
    /// An id as text from a record, a policy or a table. Any text is an id; only the table knows which exist.
    pub fn new(id: impl Into<String>) -> IssuerId {
        IssuerId(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssuerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An administrative division by GB/T 2260: six digits, e.g. `310000` for Shanghai.
#[derive(Serialize, Deserialize, Type, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(try_from = "String", into = "String")]
#[specta(type = String)]
pub struct RegionCode([u8; 6]);

impl RegionCode {
    /// Parses exactly six ASCII digits; `None` for anything else. Whether the division exists is not checked.
    pub fn parse(text: &str) -> Option<RegionCode> {
        let digits: [u8; 6] = text.as_bytes().try_into().ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(RegionCode(digits))
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a region code holds ASCII digits only")
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text was not a region code of six digits.
#[derive(thiserror::Error, Debug, PartialEq, Eq)]
#[error("not a region code of six digits")]
pub struct NotARegion;

impl TryFrom<String> for RegionCode {
    type Error = NotARegion;

    fn try_from(text: String) -> Result<RegionCode, NotARegion> {
        RegionCode::parse(&text).ok_or(NotARegion)
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> String {
        code.as_str().to_owned()
    }
}

/// How an issuer writes the time in the capture group `time`.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Milliseconds since 1970-01-01 UTC.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    #[serde(rename = "s")]
    Seconds,
    /// Fourteen digits of Beijing time (UTC+8).
    #[serde(rename = "yyyymmddhhmmss")]
    BeijingDigits,
}

/// How long a payload of an issuer may be shown after it was made.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// This many seconds, both ends included.
    Seconds(u32),
    /// Not known: the table's default applies where a time is stated.
    Unknown,
    /// The issuer made the code to be used for ever.
    Unlimited,
}

/// One row of the table: who makes codes of this shape, and what can be read from them without a server.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Stable id.
    pub id: IssuerId,
    /// Name as people know it, Chinese.
    pub name_zh: String,
    /// Name, English.
    pub name_en: String,
    /// Regular expression of the whole payload.
    pub(crate) pattern: String,
    /// Region of the issuer itself, used where the payload names none.
    #[serde(default)]
    pub region: Option<RegionCode>,
    /// Unit of the capture group `time`, if the pattern has one.
    #[serde(default)]
    pub time_unit: Option<TimeUnit>,
    /// How long a payload may be shown.
    pub life: Life,
    /// The payload holds a phone or identity number in the clear.
    #[serde(default)]
    pub holds_personal_data: bool,
}
