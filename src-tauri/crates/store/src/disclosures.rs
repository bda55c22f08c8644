//! Personal and exact values beside the ledger: sealed under the key of their day, bound to their place.

use gatepost_ledger::note::KeyName;
use gatepost_ledger::{Disclosed, Disclosure, Field};
use gatepost_rules::BodyTemperature;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::day_keys::{DayKeys, KeyOf, class_number};
use crate::keys::{open, seal};
use crate::{Secret, StoreError};

/// What binds a sealed disclosure to its ledger, record and field.
fn associated(origin: &KeyName, position: u64, field: Field) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(origin.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&position.to_be_bytes());
    bytes.extend_from_slice(field.word().as_bytes());
    bytes
}

/// Writes one disclosure of a record.
pub(crate) fn insert(
    connection: &Connection,
    origin: &KeyName,
    key: &Secret,
    of: KeyOf,
    position: u64,
    disclosure: &Disclosure,
) -> Result<(), StoreError> {
    let encoded = disclosure.encoded().expose().as_bytes();
    let sealed = seal(key, &associated(origin, position, disclosure.field), encoded)?;
    let (class, day) = of;
    connection
        .prepare_cached(
            "INSERT INTO disclosures (class, day, i, field, sealed) VALUES (:class, :day, :i, :field, :sealed)",
        )?
        .execute(named_params! {
            ":class": class_number(class),
            ":day": day.0,
            ":i": position,
            ":field": disclosure.field.word(),
            ":sealed": sealed,
        })?;
    Ok(())
}

/// Opens a sealed disclosure; `None` where its key is gone or does not fit: it counts as erased then.
pub(crate) fn opened(
    keys: &DayKeys,
    origin: &KeyName,
    of: KeyOf,
    position: u64,
    field: Field,
    sealed: &[u8],
) -> Option<Disclosure> {
    let bytes = open(keys.key(of)?, &associated(origin, position, field), sealed)?;
    Disclosure::parse(std::str::from_utf8(&bytes).ok()?).ok()
}

/// The exact temperature in a disclosure.
pub(crate) fn temperature(disclosure: &Disclosure) -> Option<BodyTemperature> {
    match disclosure.value.expose() {
        Disclosed::Number(tenths) => BodyTemperature::from_tenths(i16::try_from(*tenths).ok()?).ok(),
        Disclosed::Text(_) => None,
    }
}

/// The sealed bytes of one disclosure.
pub(crate) fn sealed(
    connection: &Connection,
    (class, day): KeyOf,
    position: u64,
    field: Field,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql =
        "SELECT sealed FROM disclosures WHERE class = :class AND day = :day AND i = :i AND field = :field";
    let which = named_params! {
        ":class": class_number(class), ":day": day.0, ":i": position, ":field": field.word()
    };
    Ok(connection
        .prepare_cached(sql)?
        .query_row(which, |row| row.get(0))
        .optional()?)
}
