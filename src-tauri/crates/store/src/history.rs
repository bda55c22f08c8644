//! What the past means for the next record and for what may be erased, from the few records that decide it.

use std::collections::BTreeMap;

use gatepost_ledger::retention::Retention;
use gatepost_ledger::{Body, Leaf, LedgerClock, LedgerDay};
use rusqlite::{Connection, named_params};

use crate::tail::{leaf, leaves_of, size};
use crate::{HeldDays, StoreError, tail};

/// The clock and the rules of retention after the last record.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) clock: LedgerClock,
    pub(crate) retention: Retention,
    is_keyed: bool,
}

impl History {
    /// Follows the records that matter as an audit follows all of them: starts, steps of the clock and the records
    /// before both, keys, policies, holds, and the last record.
    pub(crate) fn read(connection: &Connection) -> Result<History, StoreError> {
        let mut history = History::default();
        let Some(last) = size(connection)?.checked_sub(1) else {
            return Ok(history);
        };
        let mut leaves: BTreeMap<u64, Leaf> = BTreeMap::new();
        let mut keep = |leaf: Leaf| drop(leaves.insert(leaf.position, leaf));
        for kind in ["boot", "clock", "key_change", "retention", "hold"] {
            leaves_of(connection, kind)?.into_iter().for_each(&mut keep);
        }
        for kind in ["boot", "clock"] {
            leaves_before(connection, kind)?.into_iter().for_each(&mut keep);
        }
        keep(leaf(connection, 0)?);
        let newest = leaves
            .values()
            .next_back()
            .map(|leaf| (leaf.position, leaf.at.boot));
        let last = leaf(connection, last)?;
        if let Some((after, boot)) = newest
            && boot != last.at.boot
            && let Some(first) = first_of_boot(connection, after, last.at.boot)?
        {
            leaves.insert(first.position, first);
        }
        leaves.insert(last.position, last);
        leaves.values().for_each(|leaf| history.follow(leaf));
        Ok(history)
    }

    fn follow(&mut self, leaf: &Leaf) {
        let step = match leaf.body {
            Body::Clock { step } => Some(step),
            _ => None,
        };
        match self.clock.advance(&leaf.at, step) {
            Ok(None) => {}
            Ok(Some(start)) => self.retention.start(&start),
            Err(_) => {
                // Before there were keys there were no clock records; behind them only an audit finds the fault,
                // and the door goes on. The clock is taken at its word and the date is not.
                let shift_ms = self.clock.shift_ms().saturating_add(step.unwrap_or(0));
                let shift_ms = if self.is_keyed { shift_ms } else { 0 };
                self.clock = LedgerClock::resume(leaf.at, leaf.at, shift_ms);
                self.retention.lose_date();
            }
        }
        match &leaf.body {
            Body::Genesis { key, .. } => self.is_keyed = key.is_some(),
            Body::KeyChange { .. } if !self.is_keyed => {
                self.is_keyed = true;
                self.clock = LedgerClock::resume(leaf.at, leaf.at, 0);
            }
            Body::Retention(policy) => self.retention.set(*policy, self.clock.shift_ms()),
            Body::Hold { from, to, on } => {
                let (from, to) = (*from, *to);
                self.retention.hold(HeldDays { from, to }, *on);
            }
            _ => {}
        }
    }
}

/// The days of ledger time on which a record may stand whose wall clock said `from_ms` to `until_ms`, each included:
/// of every stretch between two steps of the clock that meets them, the earliest and the latest.
pub(crate) fn days_between(
    connection: &Connection,
    from_ms: i64,
    until_ms: i64,
) -> Result<HeldDays, StoreError> {
    let ends = leaves_before(connection, "clock")?
        .into_iter()
        .map(|leaf| leaf.at.wall_ms)
        .chain([i64::MAX]);
    let (mut begin_ms, mut shift_ms) = (i64::MIN, 0_i64);
    let mut found: Option<HeldDays> = None;
    let mut steps = leaves_of(connection, "clock")?.into_iter();
    for end_ms in ends {
        let (from_ms, until_ms) = (from_ms.max(begin_ms), until_ms.min(end_ms));
        let day = |wall_ms: i64| LedgerDay::at(wall_ms.saturating_sub(shift_ms));
        if from_ms <= until_ms {
            let (from, to) = (day(from_ms), day(until_ms));
            found = Some(found.map_or(HeldDays { from, to }, |days| HeldDays {
                from: days.from.min(from),
                to: days.to.max(to),
            }));
        }
        if let Some(leaf) = steps.next()
            && let Body::Clock { step } = leaf.body
        {
            begin_ms = leaf.at.wall_ms;
            shift_ms = shift_ms.saturating_add(step);
        }
    }
    let day = |wall_ms: i64| LedgerDay::at(wall_ms.saturating_sub(shift_ms));
    Ok(found.unwrap_or(HeldDays {
        from: day(from_ms),
        to: day(until_ms),
    }))
}

/// The record before each of a kind.
fn leaves_before(connection: &Connection, kind: &'static str) -> Result<Vec<Leaf>, StoreError> {
    let sql = format!(
        "SELECT before.leaf FROM records found JOIN records before ON before.i = found.i - 1
         WHERE found.kind = '{kind}' ORDER BY found.i"
    );
    tail::leaves(&mut *connection.prepare_cached(&sql)?, [])
}

/// The first record of a boot, where no boot record tells it.
fn first_of_boot(connection: &Connection, after: u64, boot: u32) -> Result<Option<Leaf>, StoreError> {
    let sql = "SELECT leaf FROM records WHERE i > :after ORDER BY i";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(named_params! { ":after": after })?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?;
        let leaf = Leaf::parse(bytes).map_err(|_| StoreError::Damaged)?;
        if leaf.at.boot == boot {
            return Ok(Some(leaf));
        }
    }
    Ok(None)
}
