//! What may change without being a record: how the device is set up.

use gatepost_ledger::{Body, Leaf, VenueKind};
use gatepost_rules::Policy;
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError};

/// The venue and this device's gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: VenueKind,
    /// This device's gate.
    pub gate: String,
    /// `HH:MM`.
    pub opens: String,
    /// `HH:MM`.
    pub closes: String,
    /// Nothing on this data happened.
    pub demo: bool,
}

impl Store {
    /// The venue, or `None` before the set-up.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn venue(&mut self) -> Result<Option<Venue>, StoreError> {
        self.transact(|transaction, _| match read(transaction, "venue")? {
            None => Ok(None),
            Some(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|_| StoreError::Damaged),
        })
    }

    /// A device setting: look, camera.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn setting(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        self.transact(|transaction, _| read(transaction, key))
    }

    /// Keeps a device setting.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn set_setting(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.transact(|transaction, _| write(transaction, key, value))
    }

    /// The rules in force: the last policy record, or the default where there is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn policy(&mut self) -> Result<Policy, StoreError> {
        let sql = "SELECT leaf FROM records WHERE kind = 'policy' ORDER BY i DESC LIMIT 1";
        let leaf: Option<Vec<u8>> = self
            .transact(|transaction, _| Ok(transaction.query_row(sql, [], |row| row.get(0)).optional()?))?;
        match leaf.map(|bytes| Leaf::parse(&bytes)) {
            None => Ok(Policy::default()),
            Some(Ok(Leaf {
                body: Body::Policy(policy),
                ..
            })) => Ok(policy),
            Some(_) => Err(StoreError::Damaged),
        }
    }
}

pub(crate) fn read(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM settings WHERE key = :key";
    Ok(connection
        .query_row(sql, named_params! { ":key": key }, |row| row.get(0))
        .optional()?)
}

pub(crate) fn write(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO settings (key, value) VALUES (:key, :value)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(sql, named_params! { ":key": key, ":value": value })?;
    Ok(())
}
