//! The temperature as typed by a guard, and its one exact form.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// A body temperature in tenths of a degree Celsius, 30.0 to 45.0.
///
/// Tenths, not a float: the value is compared with a threshold and written into the ledger, so it needs one
/// exact form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(try_from = "i16", into = "i16")]
pub struct BodyTemperature(i16);

/// Why a text is no temperature. A refusal, not a fault: the guard types again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TemperatureRefusal {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// Something other than two to four digits with at most one decimal point.
    #[error("not a temperature")]
    NotANumber,
    /// A number no thermometer for people shows; almost always a slip of the finger.
    #[error("outside 30.0 to 45.0 degrees")]
    OutOfRange,
}

impl BodyTemperature {
    /// The lowest reading that is taken for a temperature at all: 30.0 °C.
    pub const MIN: BodyTemperature = BodyTemperature(300);
    /// The highest reading that is taken for a temperature at all: 45.0 °C.
    pub const MAX: BodyTemperature = BodyTemperature(450);

    /// A temperature from tenths of a degree.
    ///
    /// # Errors
    /// [`TemperatureRefusal::OutOfRange`] outside 30.0 to 45.0.
    pub const fn from_tenths(tenths: i16) -> Result<BodyTemperature, TemperatureRefusal> {
        if tenths < Self::MIN.0 || tenths > Self::MAX.0 {
            return Err(TemperatureRefusal::OutOfRange);
        }
        Ok(BodyTemperature(tenths))
    }

    /// Tenths of a degree Celsius.
    #[must_use]
    pub const fn tenths(self) -> i16 {
        self.0
    }

    /// Reads what a guard typed: `365`, `3650`, `36.5`, `36`, in ASCII or full-width digits, with `.`, `,`,
    /// `。`, `，` or `．` for the point, with or without a degree sign. Hundredths are rounded half up, which
    /// errs towards a second look.
    ///
    /// # Errors
    /// A [`TemperatureRefusal`] for every other text.
    pub fn parse(text: &str) -> Result<BodyTemperature, TemperatureRefusal> {
        let typed = normalised(text);
        if typed.is_empty() {
            return Err(TemperatureRefusal::Empty);
        }
        let (whole, fraction) = match typed.split_once('.') {
            Some((whole, fraction)) if whole.len() == 2 => (whole, fraction),
            Some(_) => return Err(TemperatureRefusal::NotANumber),
            None if (2..=4).contains(&typed.len()) && typed.is_ascii() => typed.split_at(2),
            None => return Err(TemperatureRefusal::NotANumber),
        };
        let hundredths = match fraction.len() {
            0 => digits(whole)? * 100,
            1 => digits(whole)? * 100 + digits(fraction)? * 10,
            2 => digits(whole)? * 100 + digits(fraction)?,
            _ => return Err(TemperatureRefusal::NotANumber),
        };
        Self::from_tenths((hundredths + 5) / 10)
    }

    /// Where the value lies in `policy`.
    #[must_use]
    pub fn band(self, policy: &Policy) -> TemperatureBand {
        if policy.is_fever(self) {
            TemperatureBand::Fever
        } else if self < policy.low_limit {
            TemperatureBand::Low
        } else {
            TemperatureBand::Normal
        }
    }
}

impl fmt::Display for BodyTemperature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl TryFrom<i16> for BodyTemperature {
    type Error = TemperatureRefusal;
    fn try_from(tenths: i16) -> Result<Self, Self::Error> {
        Self::from_tenths(tenths)
    }
}

impl From<BodyTemperature> for i16 {
    fn from(temperature: BodyTemperature) -> i16 {
        temperature.0
    }
}

/// Where a temperature lies; the only form in which it stands in a ledger leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TemperatureBand {
    /// Below the policy's low limit: an artefact of cold skin or a bad aim, to be measured again.
    Low,
    /// Neither low nor fever.
    Normal,
    /// At or above the policy's threshold.
    Fever,
}

/// ASCII digits and points only where the input meant them; anything else is kept so that it is refused.
fn normalised(text: &str) -> String {
    text.trim()
        .trim_end_matches(['℃', 'C', 'c', '°', ' '])
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (u32::from(c) - u32::from('０')) as u8),
            ',' | '，' | '。' | '．' | '｡' => '.',
            other => other,
        })
        .collect()
}

fn digits(text: &str) -> Result<i16, TemperatureRefusal> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TemperatureRefusal::NotANumber);
    }
    text.parse().map_err(|_| TemperatureRefusal::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tenths(text: &str) -> Result<i16, TemperatureRefusal> {
        BodyTemperature::parse(text).map(BodyTemperature::tenths)
    }

    #[test]
    fn three_digits_are_tenths_of_a_degree() {
        assert_eq!(tenths("365"), Ok(365));
        assert_eq!(tenths("405"), Ok(405));
    }

    #[test]
    fn two_digits_are_whole_degrees_and_four_are_hundredths() {
        assert_eq!(tenths("36"), Ok(360));
        assert_eq!(tenths("3650"), Ok(365));
        assert_eq!(tenths("3725"), Ok(373));
        assert_eq!(tenths("37.24"), Ok(372));
    }

    #[test]
    fn full_width_digits_and_chinese_points_are_understood() {
        for text in [
            "３６．５",
            "36。5",
            "36,5",
            "36，5",
            " 36.5 ",
            "36.5℃",
            "36.5 °C",
            "３６５",
        ] {
            assert_eq!(tenths(text), Ok(365), "{text}");
        }
    }

    #[test]
    fn slips_of_the_finger_are_refused_and_say_why() {
        assert_eq!(tenths(""), Err(TemperatureRefusal::Empty));
        assert_eq!(tenths("  "), Err(TemperatureRefusal::Empty));
        for text in [
            "3.65",
            "36.5.1",
            "3",
            "36555",
            "-36",
            "36.555",
            "abc",
            "三十六",
            "36.-5",
            "+365",
            ".",
        ] {
            assert_eq!(tenths(text), Err(TemperatureRefusal::NotANumber), "{text}");
        }
        for text in ["65", "999", "000", "299", "29.9", "451", "45.1"] {
            assert_eq!(tenths(text), Err(TemperatureRefusal::OutOfRange), "{text}");
        }
    }

    #[test]
    fn both_ends_of_the_range_are_temperatures() {
        assert_eq!(tenths("300"), Ok(300));
        assert_eq!(tenths("450"), Ok(450));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_value_in_range_or_a_refusal(text in ".*") {
            if let Ok(value) = BodyTemperature::parse(&text) {
                prop_assert!((300..=450).contains(&value.tenths()));
            }
        }

        #[test]
        fn any_text_of_digits_and_points_gives_a_value_in_range_or_a_refusal(text in "[0-9０-９.,。， ]{0,8}") {
            if let Ok(value) = BodyTemperature::parse(&text) {
                prop_assert!((300..=450).contains(&value.tenths()));
            }
        }

        #[test]
        fn what_is_printed_reads_back_as_the_same_value(value in 300i16..=450) {
            let temperature = BodyTemperature::from_tenths(value).expect("in range");
            prop_assert_eq!(BodyTemperature::parse(&temperature.to_string()), Ok(temperature));
        }
    }
}
