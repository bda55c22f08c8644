//! What a database file holds of a ledger, taken at its signatures' word and nobody else's.

use std::path::Path;

use gatepost_ledger::Seal;
use gatepost_ledger::note::{NoteSignature, SignedNote};
use gatepost_ledger::tree::root_at;
use rusqlite::{Connection, OpenFlags};

use crate::tail::{self, StoredNodes};
use crate::{StoreError, schema};

/// The first schema whose records carry signed heads.
const FIRST_SEALED_SCHEMA: i32 = 2;

/// The seal of a ledger and the signature of its gate, which was verified.
pub(crate) struct Held {
    pub(crate) seal: Seal,
    pub(crate) note: SignedNote,
}

/// Opens a database that nobody writes: no lock, no file beside it, not a byte changed.
pub(crate) fn open_still(file: &Path) -> Result<Connection, StoreError> {
    let absolute = std::path::absolute(file).map_err(|error| StoreError::file(file, error))?;
    let mut escaped = String::new();
    for symbol in absolute.to_str().ok_or(StoreError::NotOurs)?.chars() {
        match symbol {
            '%' => escaped.push_str("%25"),
            '?' => escaped.push_str("%3f"),
            '#' => escaped.push_str("%23"),
            '\\' if cfg!(windows) => escaped.push('/'),
            other => escaped.push(other),
        }
    }
    // A path of Windows begins with a letter.
    let root = if escaped.starts_with('/') { "" } else { "/" };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{root}{escaped}?immutable=1"), flags)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

/// Opens a backup or another ledger that nobody writes, refuses what is none, and verifies its head.
pub(crate) fn open_verified(file: &Path) -> Result<(Connection, Held), StoreError> {
    let connection = open_still(file)?;
    schema::check_identity(&connection)?;
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer != "ok" {
        return Err(StoreError::Damaged);
    }
    let held = verified(&connection)?;
    Ok((connection, held))
}

/// The seal of the whole ledger, signed by the key that was in force.
///
/// # Errors
/// [`StoreError::NotSealed`] for an older schema; [`StoreError::NotSetUp`] before the set-up;
/// [`StoreError::Damaged`] where the signature or what it signs does not fit.
pub(crate) fn verified(connection: &Connection) -> Result<Held, StoreError> {
    if schema::schema_of(connection)? < FIRST_SEALED_SCHEMA {
        return Err(StoreError::NotSealed);
    }
    verified_at(connection, tail::size(connection)?)
}

/// The seal of the first `size` records, signed by the key that was in force.
///
/// # Errors
/// [`StoreError::NotSetUp`] for none; [`StoreError::Damaged`] where the signature or what it signs does not fit,
/// also where no transaction ended there.
pub(crate) fn verified_at(connection: &Connection, size: u64) -> Result<Held, StoreError> {
    let last = size.checked_sub(1).ok_or(StoreError::NotSetUp)?;
    let keys = tail::keys(connection)?;
    let key = tail::key_at(&keys, last).ok_or(StoreError::Damaged)?;
    let head = tail::head(connection, last)?.ok_or(StoreError::Damaged)?;
    let seal = Seal {
        origin: key.name().clone(),
        size,
        root: root_at(&StoredNodes(connection), size)?,
    };
    let text = seal.to_text();
    key.verify(text.as_bytes(), &head)
        .map_err(|_| StoreError::Damaged)?;
    let signature = NoteSignature {
        name: key.name().clone(),
        id: key.id(),
        signature: head.to_vec(),
    };
    let note = SignedNote {
        text,
        signatures: vec![signature],
    };
    Ok(Held { seal, note })
}
