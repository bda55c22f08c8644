//! One line of an import, parsed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, SecondsFormat};
use gatepost_ledger::{Field, LONGEST_LEAF_BYTES};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::LineFault;

/// The value of a record that tells when the register was filled in.
const WHEN: &str = "at";
/// No line is longer: a leaf is not either, and in JSON a character takes at most six bytes.
pub(super) const LONGEST_LINE_BYTES: usize = 6 * LONGEST_LEAF_BYTES;

/// One line.
pub(super) struct Line<'text> {
    pub(super) form: Cow<'text, str>,
    /// In canonical order, `at` among them.
    pub(super) values: Vec<(Cow<'text, str>, Cow<'text, str>)>,
    pub(super) personal: Vec<(Field, Cow<'text, str>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'text> {
    #[serde(borrow)]
    form: Text<'text>,
    #[serde(borrow)]
    at: When<'text>,
    #[serde(borrow, default)]
    values: Pairs<'text>,
    #[serde(borrow, default)]
    personal: Pairs<'text>,
}

/// Serde itself borrows a `Cow` only where it is a member of its own.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'text>(#[serde(borrow)] Cow<'text, str>);

enum When<'text> {
    Milliseconds(i64),
    Text(Cow<'text, str>),
}

impl<'de: 'text, 'text> Deserialize<'de> for When<'text> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<'text>(PhantomData<&'text ()>);

        impl<'de: 'text, 'text> Visitor<'de> for Either<'text> {
            type Value = When<'text>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or milliseconds")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<When<'text>, E> {
                Ok(When::Milliseconds(number))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<When<'text>, E> {
                i64::try_from(number)
                    .map(When::Milliseconds)
                    .map_err(|_| E::custom("not a time"))
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<When<'text>, E> {
                Ok(When::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<When<'text>, E> {
                Ok(When::Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// The members of an object in the order in which they stand.
#[derive(Default)]
struct Pairs<'text>(Vec<(Cow<'text, str>, Cow<'text, str>)>);

impl<'de: 'text, 'text> Deserialize<'de> for Pairs<'text> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<'text>(PhantomData<&'text ()>);

        impl<'de: 'text, 'text> Visitor<'de> for Members<'text> {
            type Value = Pairs<'text>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'text>, A::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    if pairs.len() == LONGEST_LEAF_BYTES {
                        return Err(A::Error::custom("too many members"));
                    }
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl<'text> Line<'text> {
    pub(super) fn parse(bytes: &'text [u8]) -> Result<Line<'text>, LineFault> {
        if bytes.len() > LONGEST_LINE_BYTES {
            return Err(LineFault::TooLong);
        }
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|_| LineFault::NotARegister)?;
        if wire.form.0.is_empty() {
            return Err(LineFault::NoForm);
        }
        let when = match wire.at {
            When::Text(text) if DateTime::parse_from_rfc3339(&text).is_ok() => text,
            When::Text(_) => return Err(LineFault::NoTime),
            When::Milliseconds(wall_ms) => {
                let time = DateTime::from_timestamp_millis(wall_ms).ok_or(LineFault::NoTime)?;
                Cow::Owned(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        };
        let mut values = wire.values.0;
        values.push((Cow::Borrowed(WHEN), when));
        values.sort_unstable_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        if values.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(LineFault::TwiceNamed);
        }
        let mut personal = Vec::with_capacity(wire.personal.0.len());
        for (name, text) in wire.personal.0 {
            let field = importable(&name).ok_or(LineFault::NotAField)?;
            if personal.iter().any(|(known, _)| *known == field) {
                return Err(LineFault::TwiceNamed);
            }
            personal.push((field, text));
        }
        Ok(Line {
            form: wire.form.0,
            values,
            personal,
        })
    }
}

/// The field of a word, unless it is one that only a gate can measure.
fn importable(word: &str) -> Option<Field> {
    Field::of_word(word).filter(|field| match field {
        Field::Temperature | Field::Token => false,
        Field::Name | Field::Document | Field::Phone | Field::Plate | Field::Address | Field::Note => true,
    })
}
