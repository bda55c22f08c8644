//! Records and the entries beside them, in the order of the ledger, for one thread of the walk.

use chrono::DateTime;
use gatepost_ledger::audit::{Batch, Rule, Scanned, Source};
use gatepost_ledger::{Body, EntryLine, Leaf, LedgerClock, LedgerDay, Moment};
use rusqlite::{Connection, Row, Rows};

use crate::StoreError;
use crate::append::day_number;
use crate::day_keys::class_number;
use crate::entries::{band_word, verdict_word};

/// How far the wall clock was off, from which record on.
#[derive(Clone, Debug, Default)]
pub(super) struct Days(Vec<(u64, i64)>);

impl Days {
    pub(super) fn read(connection: &Connection) -> Result<Days, StoreError> {
        let mut statement =
            connection.prepare("SELECT i, leaf FROM records WHERE kind = 'clock' ORDER BY i")?;
        let mut rows = statement.query([])?;
        let mut days = Days::default();
        let mut shift_ms = 0_i64;
        while let Some(row) = rows.next()? {
            // A record that is no clock record is found by the walk.
            if let Ok(Leaf {
                body: Body::Clock { step },
                ..
            }) = Leaf::parse(blob(row, 1))
            {
                shift_ms = shift_ms.saturating_add(step);
            }
            days.0.push((row.get(0)?, shift_ms));
        }
        Ok(days)
    }

    /// The day of ledger time of a record.
    pub(super) fn day(&self, position: u64, wall_ms: i64) -> LedgerDay {
        let at = self.0.partition_point(|(from, _)| *from <= position);
        let shift_ms = at.checked_sub(1).map_or(0, |at| self.0[at].1);
        let at = Moment {
            wall_ms,
            boot: 0,
            monotonic_ms: 0,
        };
        LedgerClock::resume(at, at, shift_ms).day(wall_ms)
    }
}

/// Reads through a connection of its own.
pub(super) struct RecordSource {
    connection: Connection,
    days: Days,
    with_entries: bool,
}

impl RecordSource {
    pub(super) fn new(connection: Connection, days: Days, with_entries: bool) -> RecordSource {
        RecordSource {
            connection,
            days,
            with_entries,
        }
    }

    /// Goes on with another state of the ledger.
    pub(super) fn follow(&mut self, days: Days) {
        self.days = days;
    }
}

const RECORDS: &str = "SELECT i, kind, leaf, nodes FROM records WHERE i >= ?1 AND i < ?2 ORDER BY i";
const ENTRIES: &str =
    "SELECT i, t, day, offset_s, gate, guard, verdict, follows, band, class, ledger_day FROM entries
    WHERE i >= ?1 AND i < ?2 ORDER BY i";

impl Source for RecordSource {
    type Error = StoreError;

    fn fill(&mut self, batch: &mut Batch, count: u64) -> Result<(), StoreError> {
        let range = (batch.next(), batch.next() + count);
        let mut records = self.connection.prepare_cached(RECORDS)?;
        let mut records = records.query(range)?;
        let mut entries = self.connection.prepare_cached(ENTRIES)?;
        let mut entries = match self.with_entries {
            true => Some(entries.query(range)?),
            false => None,
        };
        while let Some(row) = records.next()? {
            let position: u64 = row.get(0)?;
            let expected = batch.next();
            if position != expected {
                batch.refuse(expected, Rule::Missing, expected, position);
                return Ok(());
            }
            let nodes = row.get_ref(3)?.as_blob().unwrap_or_default();
            let Some(scanned) = batch.push(blob(row, 2), Some(nodes)) else {
                return Ok(());
            };
            let (kind, entry) = match &scanned {
                Scanned::Entry(entry) => ("entry", Some(*entry)),
                Scanned::Other(leaf) => (leaf.body.kind(), entry_of(leaf)),
            };
            let stored = row.get_ref(1)?.as_str().unwrap_or("no text");
            let refused = match (&mut entries, entry) {
                _ if stored != kind => Some((position, Rule::Kind, kind.to_owned(), stored.to_owned())),
                (Some(entries), Some(entry)) => differing(entries, &entry, &self.days)?
                    .map(|(at, expected, found)| (at, Rule::Entries, expected, found)),
                _ => None,
            };
            if let Some((at, rule, expected, found)) = refused {
                batch.refuse(at, rule, expected, found);
                return Ok(());
            }
        }
        let next = batch.next();
        if next < range.1 {
            batch.refuse(next, Rule::Missing, next, "none");
        } else if let Some(entries) = &mut entries
            && let Some(left) = entries.next()?
        {
            batch.refuse(left.get(0)?, Rule::Entries, "no entry", "one");
        }
        Ok(())
    }
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> &'r [u8] {
    // What is no blob is no leaf either, and the walk says so.
    row.get_ref(column)
        .ok()
        .and_then(|value| value.as_blob().ok())
        .unwrap_or_default()
}

/// An entry in a rare form.
fn entry_of(leaf: &Leaf) -> Option<EntryLine<'_>> {
    let Body::Entry(entry) = &leaf.body else {
        return None;
    };
    Some(EntryLine {
        position: leaf.position,
        at: leaf.at,
        gate: &leaf.gate,
        by: leaf.by,
        digests: u16::try_from(leaf.digests.len()).unwrap_or(u16::MAX),
        verdict: entry.verdict,
        band: entry.band,
        follows: entry.follows,
        class: leaf.body.retention_class(),
    })
}

/// A column of an entry that does not say what the leaf says: where, what it should say and what it says.
type Difference = (u64, String, String);

/// Compares the next row of the table of entries with the leaf.
fn differing(
    rows: &mut Rows<'_>,
    entry: &EntryLine<'_>,
    days: &Days,
) -> Result<Option<Difference>, StoreError> {
    let position = entry.position;
    let Some(row) = rows.next()? else {
        return Ok(Some((position, "an entry".to_owned(), "none".to_owned())));
    };
    let found: u64 = row.get(0)?;
    if found != position {
        // A row too many stands before the entry, a missing one lets another take its place.
        let difference = match found < position {
            true => (found, "no entry".to_owned(), "one".to_owned()),
            false => (position, "an entry".to_owned(), "none".to_owned()),
        };
        return Ok(Some(difference));
    }
    let wall_ms = entry.at.wall_ms;
    let offset_s = number(row, 3).unwrap_or_default();
    let numbers = [
        (1, "t", Some(wall_ms)),
        (2, "day", Some(local_day(wall_ms, offset_s))),
        (5, "guard", entry.by.map(|by| i64::from(by.0))),
        (7, "follows", entry.follows.and_then(|of| i64::try_from(of).ok())),
        (9, "class", Some(i64::from(class_number(entry.class)))),
        (10, "ledger_day", Some(i64::from(days.day(position, wall_ms).0))),
    ];
    for (column, name, expected) in numbers {
        let found = number(row, column);
        if found != expected {
            return Ok(Some((position, shown(name, expected), shown(name, found))));
        }
    }
    let texts = [
        (4, "gate", entry.gate),
        (6, "verdict", verdict_word(entry.verdict)),
        (8, "band", band_word(entry.band)),
    ];
    for (column, name, expected) in texts {
        let found = row.get_ref(column)?.as_str().unwrap_or("no text");
        if found != expected {
            return Ok(Some((
                position,
                format!("{name} {expected}"),
                format!("{name} {found}"),
            )));
        }
    }
    Ok(None)
}

fn number(row: &Row<'_>, column: usize) -> Option<i64> {
    row.get(column).ok().flatten()
}

fn shown(name: &str, value: Option<i64>) -> String {
    match value {
        Some(value) => format!("{name} {value}"),
        None => format!("{name} none"),
    }
}

/// The local day as `yyyymmdd`.
fn local_day(wall_ms: i64, offset_s: i64) -> i64 {
    let seconds = wall_ms.div_euclid(1000).saturating_add(offset_s);
    DateTime::from_timestamp(seconds, 0).map_or(0, |local| day_number(local.date_naive()))
}
