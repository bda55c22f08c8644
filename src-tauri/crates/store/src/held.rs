//! What a database file holds of a ledger, taken at its signatures' word and nobody else's.

use std::path::Path;

use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{Leaf, scan_entry};
use rusqlite::Connection;

use crate::head::{SignedSeal, signed};
use crate::{StoreError, tail, untrusted};

/// Opens a backup or another ledger that nobody writes, refuses what is none, and verifies all of it: every record
/// is what was hashed, and its gate signed the last hash.
///
/// # Errors
/// [`StoreError::NotSealed`] for an older schema; [`StoreError::OtherSchema`]; [`StoreError::NotSetUp`] before the
/// set-up; [`StoreError::Damaged`] where anything does not fit.
pub(crate) fn open_verified(file: &Path) -> Result<(Connection, SignedSeal), StoreError> {
    let connection = untrusted::open_file(file)?;
    untrusted::demand_schema(&connection)?;
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer != "ok" {
        return Err(StoreError::Damaged);
    }
    let held = verified(&connection)?;
    hash_all(&connection, &held)?;
    Ok((connection, held))
}

/// The seal of the whole ledger, signed by the key that was in force. The records themselves are not looked at.
///
/// # Errors
/// [`StoreError::NotSetUp`] before the set-up; [`StoreError::Damaged`] where the signature or what it signs does
/// not fit.
pub(crate) fn verified(connection: &Connection) -> Result<SignedSeal, StoreError> {
    match tail::size(connection)? {
        0 => Err(StoreError::NotSetUp),
        size => signed(connection, size)?.ok_or(StoreError::Damaged),
    }
}

/// Every record is a leaf of the tree that was signed, and its hashes and its kind are those beside it.
fn hash_all(connection: &Connection, held: &SignedSeal) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT i, kind, leaf, nodes FROM records ORDER BY i")?;
    let mut rows = statement.query([])?;
    let mut frontier = Frontier::new();
    let mut completed = Vec::new();
    while let Some(row) = rows.next()? {
        let blob = |column| row.get_ref(column)?.as_blob().map_err(|_| StoreError::Damaged);
        let bytes = blob(2)?;
        let position: u64 = row.get(0)?;
        let kind = match scan_entry(bytes) {
            Some(_) => "entry",
            None => Leaf::parse(bytes)?.body.kind(),
        };
        let is_at_its_place = position == frontier.size();
        completed.clear();
        frontier.append(Hash::of_leaf(bytes), &mut completed);
        if !is_at_its_place || row.get_ref(1)?.as_str() != Ok(kind) || blob(3)? != completed {
            return Err(StoreError::Damaged);
        }
    }
    match frontier.root() == held.seal.root && frontier.size() == held.seal.size {
        true => Ok(()),
        false => Err(StoreError::Damaged),
    }
}
