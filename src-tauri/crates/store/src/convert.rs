//! What was recorded under schema 1: hashed, sealed and signed in the middle of the migration. The leaves stay byte
//! for byte, so they carry no digests of what is sealed beside them.

use std::path::Path;

use gatepost_codes::Personal;
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{Body, Disclosed, Disclosure, Field, KeyChangeReason, Leaf, LedgerClock, Moment};
use rusqlite::{Transaction, named_params};

use crate::append::NewRecord;
use crate::day_keys::{DayKeyFile, KeyOf, SharedDayKeys, class_number};
use crate::entries::band_word;
use crate::keys::{Keys, SealedField, Token, random};
use crate::tail::{self, Identity, Tail};
use crate::writing::{Keeper, Writing};
use crate::{KeyVault, StoreError};

/// Records in memory at once.
const BATCH: usize = 4096;

/// Converts everything. Keys are kept before anything depends on them: a second attempt after a power cut finds
/// and uses them.
pub(crate) fn convert(
    transaction: &Transaction<'_>,
    folder: &Path,
    vault: &dyn KeyVault,
    keys: &Keys,
) -> Result<(), StoreError> {
    let frontier = hash_records(transaction)?;
    let Some(newest) = frontier.size().checked_sub(1) else {
        return Ok(());
    };
    let last = tail::leaf(transaction, newest)?;
    let identity = Identity::new(vault, 1)?;
    let key = identity.signer.verifier().to_string();
    let tail = Tail {
        frontier,
        clock: LedgerClock::resume(last.at, last.at, 0),
        identity: Some(identity),
        renumbered: None,
    };
    let file = DayKeyFile::in_folder(folder);
    let keeper = Keeper {
        day_keys: &SharedDayKeys::default(),
        file: &file,
        vault,
    };
    let mut writing = Writing::begin(transaction, tail, keeper);
    convert_entries(&mut writing)?;
    convert_notes(&mut writing, keys)?;
    writing.append(&NewRecord {
        at: last.at,
        gate: last.gate,
        by: None,
        body: Body::KeyChange {
            key,
            reason: KeyChangeReason::First,
        },
    })?;
    writing.finish()?;
    Ok(())
}

/// Gives every record its nodes.
fn hash_records(transaction: &Transaction<'_>) -> Result<Frontier, StoreError> {
    let mut frontier = Frontier::new();
    let mut completed = Vec::new();
    let mut select =
        transaction.prepare("SELECT leaf FROM records WHERE i >= :from ORDER BY i LIMIT :most")?;
    let mut update = transaction.prepare("UPDATE records SET nodes = :nodes WHERE i = :i")?;
    loop {
        let from = frontier.size();
        let leaves = select
            .query_map(named_params! { ":from": from, ":most": BATCH }, |row| row.get(0))?
            .collect::<Result<Vec<Vec<u8>>, _>>()?;
        if leaves.is_empty() {
            return Ok(frontier);
        }
        for leaf in leaves {
            let position = frontier.size();
            completed.clear();
            frontier.append(Hash::of_leaf(&leaf), &mut completed);
            update.execute(named_params! { ":nodes": completed, ":i": position })?;
        }
    }
}

/// An entry as schema 1 has it.
struct OldEntry {
    position: u64,
    leaf: Leaf,
    tenths: i64,
    token: Option<[u8; 16]>,
}

fn convert_entries(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let mut after: Option<u64> = None;
    loop {
        let entries = old_entries(writing, after)?;
        let Some(last) = entries.last() else {
            return Ok(());
        };
        after = Some(last.position);
        for entry in entries {
            convert_entry(writing, &entry)?;
        }
    }
}

fn old_entries(transaction: &Transaction<'_>, after: Option<u64>) -> Result<Vec<OldEntry>, StoreError> {
    let mut select = transaction.prepare_cached(
        "SELECT e.i, r.leaf, e.temperature, e.token FROM entries e JOIN records r ON r.i = e.i
         WHERE e.i >= :from ORDER BY e.i LIMIT :most",
    )?;
    let from = after.map_or(0, |after| after + 1);
    let mut rows = select.query(named_params! { ":from": from, ":most": BATCH })?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(1)?.as_blob().map_err(|_| StoreError::Damaged)?;
        entries.push(OldEntry {
            position: row.get(0)?,
            leaf: Leaf::parse(bytes).map_err(|_| StoreError::Damaged)?,
            tenths: row.get(2)?,
            token: row.get(3)?,
        });
    }
    Ok(entries)
}

fn convert_entry(writing: &mut Writing<'_>, entry: &OldEntry) -> Result<(), StoreError> {
    let Body::Entry(body) = &entry.leaf.body else {
        return Err(StoreError::Damaged);
    };
    let key = old_key(&entry.leaf.body, entry.leaf.at);
    let mut disclosed = vec![(Field::Temperature, Disclosed::Number(entry.tenths))];
    if let Some(token) = entry.token.map(Token) {
        disclosed.push((Field::Token, Disclosed::Text(token.to_hexadecimal())));
        writing.see(key.1, token, entry.position)?;
    }
    for (field, value) in disclosed {
        writing.disclose(key, entry.position, &Disclosure::new(field, value, &random()?))?;
    }
    writing
        .prepare_cached(
            "UPDATE entries SET band = :band, class = :class, ledger_day = :ledger_day WHERE i = :i",
        )?
        .execute(named_params! {
            ":band": band_word(body.band),
            ":class": class_number(key.0),
            ":ledger_day": key.1.0,
            ":i": entry.position,
        })?;
    Ok(())
}

fn convert_notes(writing: &mut Writing<'_>, keys: &Keys) -> Result<(), StoreError> {
    let notes: Vec<(u64, Vec<u8>)> = writing
        .prepare("SELECT i, note FROM voids WHERE note IS NOT NULL ORDER BY i")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (position, sealed) in notes {
        let note: Personal<String> = keys.open(SealedField::VoidNote(position), &sealed)?;
        let leaf = tail::leaf(writing, position)?;
        let value = Disclosed::Text(note.expose().clone());
        let disclosure = Disclosure::new(Field::Note, value, &random()?);
        writing.disclose(old_key(&leaf.body, leaf.at), position, &disclosure)?;
    }
    Ok(())
}

/// Schema 1 knew no clock records: its days are those of the wall clock.
fn old_key(body: &Body, at: Moment) -> KeyOf {
    let clock = LedgerClock::resume(at, at, 0);
    (body.retention_class(), clock.day(at.wall_ms))
}
