//! A new database from the recovered records: those from position 0 to the first gap, as far as a signature
//! reaches, and of the other tables the rows that belong to them, looked up one by one.

use std::path::Path;

use chrono::DateTime;
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{AccountChange, Body, Entry, Leaf, LedgerClock, LedgerDay, RetentionClass};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, named_params, params_from_iter};

use super::{Yard, mend};
use crate::append::{ScanId, day_number};
use crate::day_keys::class_number;
use crate::head::signed as seal_of;
use crate::people::{manager_is_left, role_word};
use crate::{StoreError, Venue, schema, settings, tail};

/// China Standard Time, seconds east: the local time of an entry beside which no other one tells it.
const USUAL_OFFSET_S: i32 = 8 * 3600;

/// The hours of a venue whose own are lost.
const ALL_DAY: [&str; 2] = ["00:00", "23:59"];

/// What is in the new database.
#[derive(Default)]
pub(super) struct Rebuilt {
    pub(super) sealed: u64,
    pub(super) remade_entries: u64,
    pub(super) remade_people: u64,
    pub(super) manager_is_left: bool,
    pub(super) remade_venue: bool,
    pub(super) disclosures: u64,
    pub(super) lost_disclosures: u64,
    pub(super) refused_rows: u64,
}

/// Small tables, each after those that it refers to, and their order: read from the front until a fault, and from
/// the back.
const SMALL: [(&str, &str); 2] = [("settings", "key"), ("lockouts", "number")];
/// The first of them, because entries and shifts refer to people.
const PEOPLE: (&str, &str) = ("people", "number");
/// The same for tables that refer to records.
const OF_RECORDS: [(&str, &str); 2] = [
    ("cosignatures", "size, witness, time"),
    ("sightings", "day, token, i"),
];

pub(super) fn rebuild(yard: &Yard, copy: &mend::Copy, into: &Path) -> Result<Rebuilt, StoreError> {
    let sealed = sealed_size(&yard.connection)?;
    if sealed == 0 {
        return Ok(Rebuilt::default());
    }
    schema::make_where_missing(into)?;
    let mut target = schema::open_writer(into, &mut |_| Ok(()))?;
    let transaction = target.transaction()?;
    let source = match copy.open() {
        Some(source) => source,
        // Nothing is found in a database without tables.
        None => Connection::open_in_memory()?,
    };
    let keys = tail::keys(&yard.connection)?;
    let mut beside = Beside {
        source: &source,
        target: &transaction,
        keyed_from: keys.first().map_or(0, |key| key.from),
        erased: erased(&yard.connection, sealed)?,
        offset_s: USUAL_OFFSET_S,
        shift_ms: 0,
        rebuilt: Rebuilt {
            sealed,
            ..Rebuilt::default()
        },
    };
    beside.put_small_table(PEOPLE.0, PEOPLE.1)?;
    beside.remake_people(yard, sealed)?;
    for (table, order) in SMALL {
        beside.put_small_table(table, order)?;
    }
    beside.remake_venue(yard, sealed)?;
    beside.put_records(yard, sealed)?;
    for (table, order) in OF_RECORDS {
        beside.put_small_table(table, order)?;
    }
    let mut rebuilt = beside.rebuilt;
    rebuilt.manager_is_left = manager_is_left(&transaction)?;
    transaction.commit()?;
    schema::truncate_log(&target)?;
    Ok(rebuilt)
}

/// How many records from position 0 on are there, hash to what their nodes say, and are signed for.
fn sealed_size(yard: &Connection) -> Result<u64, StoreError> {
    let mut frontier = Frontier::new();
    let mut mended = Vec::new();
    let mut statement = yard.prepare("SELECT i, leaf, nodes FROM records ORDER BY i")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let position: u64 = row.get(0)?;
        if position != frontier.size() {
            break;
        }
        let mut nodes = Vec::new();
        frontier.append(Hash::of_leaf(blob(row, 1)?), &mut nodes);
        if nodes != blob(row, 2)? {
            mended.push((position, nodes));
        }
    }
    for (position, nodes) in mended {
        yard.prepare_cached("UPDATE records SET nodes = :nodes WHERE i = :i")?
            .execute(named_params! { ":nodes": nodes, ":i": position })?;
    }
    let sql = "SELECT i + 1 FROM records WHERE head IS NOT NULL AND i < :size ORDER BY i DESC";
    let mut statement = yard.prepare(sql)?;
    let mut sizes = statement.query(named_params! { ":size": frontier.size() })?;
    while let Some(row) = sizes.next()? {
        let size = row.get(0)?;
        if matches!(seal_of(yard, size), Ok(Some(_))) {
            return Ok(size);
        }
    }
    Ok(0)
}

fn blob<'row>(row: &'row Row<'_>, column: usize) -> Result<&'row [u8], StoreError> {
    row.get_ref(column)?.as_blob().map_err(|_| StoreError::Damaged)
}

/// The rows of the other tables, on their way from the damaged database to the new one.
struct Beside<'c> {
    source: &'c Connection,
    target: &'c Connection,
    /// From which record on leaves have digests of what is disclosed.
    keyed_from: u64,
    erased: Vec<Erased>,
    /// Local time of the newest entry whose row was found, seconds east.
    offset_s: i32,
    /// Steps of the wall clock so far.
    shift_ms: i64,
    rebuilt: Rebuilt,
}

impl Beside<'_> {
    fn put_records(&mut self, yard: &Yard, sealed: u64) -> Result<(), StoreError> {
        let sql = "SELECT i, kind, leaf, nodes, head FROM records WHERE i < :sealed ORDER BY i";
        let mut statement = yard.connection.prepare(sql)?;
        let mut rows = statement.query(named_params! { ":sealed": sealed })?;
        let mut put = self.target.prepare(
            "INSERT INTO records (i, kind, leaf, nodes, head) VALUES (:i, :kind, :leaf, :nodes, :head)",
        )?;
        while let Some(row) = rows.next()? {
            put.execute(named_params! {
                ":i": row.get::<_, u64>(0)?,
                ":kind": row.get::<_, String>(1)?,
                ":leaf": blob(row, 2)?,
                ":nodes": blob(row, 3)?,
                ":head": row.get::<_, Option<Vec<u8>>>(4)?,
            })?;
            let leaf = Leaf::parse(blob(row, 2)?).map_err(|_| StoreError::Damaged)?;
            self.put_beside(&leaf)?;
        }
        Ok(())
    }

    /// What stood beside one record.
    fn put_beside(&mut self, leaf: &Leaf) -> Result<(), StoreError> {
        if let Body::Clock { step } = leaf.body {
            self.shift_ms = self.shift_ms.saturating_add(step);
        }
        let clock = LedgerClock::resume(leaf.at, leaf.at, self.shift_ms);
        let day = clock.day(leaf.at.wall_ms);
        match &leaf.body {
            Body::Entry(entry) => self.put_entry(leaf, entry, day)?,
            Body::Void { of, .. } => self.put(
                "INSERT OR IGNORE INTO voids (i, entry) VALUES (?, ?)",
                &[Value::from(signed(leaf.position)), Value::from(signed(*of))],
            )?,
            Body::ShiftOpen => self.put(
                "INSERT OR IGNORE INTO shifts (opened, guard, gate, t) VALUES (?, ?, ?, ?)",
                &[
                    Value::from(signed(leaf.position)),
                    leaf.by
                        .map_or(Value::Null, |guard| Value::from(i64::from(guard.0))),
                    Value::from(leaf.gate.clone()),
                    Value::from(leaf.at.wall_ms),
                ],
            )?,
            Body::ShiftClose { shift } => self.put(
                "INSERT OR IGNORE INTO shift_closings (shift, closed) VALUES (?, ?)",
                &[Value::from(signed(*shift)), Value::from(signed(leaf.position))],
            )?,
            _ => {}
        }
        if !leaf.digests.is_empty() || leaf.position < self.keyed_from {
            self.put_disclosures(leaf, day)?;
        }
        Ok(())
    }

    /// People whose rows are lost, as far as records tell of them: entries refer to them. Their names and PINs are
    /// lost with the rows.
    fn remake_people(&mut self, yard: &Yard, sealed: u64) -> Result<(), StoreError> {
        let sql = "SELECT leaf FROM records WHERE kind = 'person' AND i < :sealed ORDER BY i";
        let mut statement = yard.connection.prepare(sql)?;
        let mut rows = statement.query(named_params! { ":sealed": sealed })?;
        while let Some(row) = rows.next()? {
            let leaf = Leaf::parse(blob(row, 0)?)?;
            let Body::Person { number, role, change } = leaf.body else {
                continue;
            };
            match change {
                AccountChange::Opened => {
                    let remade = self.target.execute(
                        "INSERT OR IGNORE INTO people (number, name, role, pin) VALUES (:number, x'', :role, '')",
                        named_params! { ":number": number.0, ":role": role_word(role) },
                    )?;
                    self.rebuilt.remade_people += remade as u64;
                }
                AccountChange::Closed => {
                    self.target.execute(
                        "UPDATE people SET active = 0 WHERE number = :number AND name = x''",
                        named_params! { ":number": number.0 },
                    )?;
                }
                AccountChange::PinChanged | AccountChange::PinReset => {}
            }
        }
        Ok(())
    }

    /// The venue where its setting is lost, as far as records tell of it: without one the program would take the
    /// ledger for a device that was never set up.
    fn remake_venue(&mut self, yard: &Yard, sealed: u64) -> Result<(), StoreError> {
        let setting = settings::read(self.target, "venue")?;
        if setting.is_some_and(|text| serde_json::from_str::<Venue>(&text).is_ok()) {
            return Ok(());
        }
        let leaf_at = |position: u64| {
            let sql = "SELECT leaf FROM records WHERE i = :i";
            let of = named_params! { ":i": position };
            let bytes: Vec<u8> = yard.connection.query_row(sql, of, |row| row.get(0))?;
            Ok::<_, StoreError>(Leaf::parse(&bytes)?)
        };
        let (first, last) = (leaf_at(0)?, leaf_at(sealed - 1)?);
        let Body::Genesis {
            venue: kind, demo, ..
        } = first.body
        else {
            return Ok(());
        };
        let [opens, closes] = ALL_DAY.map(str::to_owned);
        let venue = Venue {
            name: last.gate.clone(),
            kind,
            gate: last.gate,
            opens,
            closes,
            demo,
        };
        let text = serde_json::to_string(&venue).map_err(|_| StoreError::Damaged)?;
        settings::write(self.target, "venue", &text)?;
        self.rebuilt.remade_venue = true;
        Ok(())
    }

    /// Puts a row that was made from records. One that does not fit, because a row that it refers to is lost, is
    /// left out and counted.
    fn put(&mut self, sql: &str, values: &[Value]) -> Result<(), StoreError> {
        let put = self.target.prepare_cached(sql)?.execute(params_from_iter(values));
        if !matches!(put, Ok(1)) {
            self.rebuilt.refused_rows += 1;
        }
        Ok(())
    }

    /// All of an entry's row can be told from its leaf but the press of Enter and the local time.
    fn put_entry(&mut self, leaf: &Leaf, entry: &Entry, day: LedgerDay) -> Result<(), StoreError> {
        let position = signed(leaf.position);
        let found = self
            .source
            .prepare_cached("SELECT scan_id, day, offset_s FROM entries WHERE i = ? AND t = ?")
            .and_then(|mut statement| {
                statement.query_row([position, leaf.at.wall_ms], |row| {
                    let scan_id: Vec<u8> = row.get(0)?;
                    let offset_s: i32 = row.get(2)?;
                    Ok((scan_id, row.get::<_, i64>(1)?, offset_s))
                })
            });
        let (scan_id, local_day) = match found {
            Ok((scan_id, local_day, offset_s)) => {
                self.offset_s = offset_s;
                (scan_id, local_day)
            }
            Err(_) => {
                self.rebuilt.remade_entries += 1;
                let local = leaf.at.wall_ms.saturating_add(i64::from(self.offset_s) * 1000);
                // A time beyond all calendars has no day, for the audit neither.
                let day =
                    DateTime::from_timestamp_millis(local).map_or(0, |local| day_number(local.date_naive()));
                (ScanId::random()?.0.to_vec(), day)
            }
        };
        let class = leaf.body.retention_class();
        let guard = leaf
            .by
            .map_or(Value::Null, |guard| Value::from(i64::from(guard.0)));
        self.put(
            "INSERT OR IGNORE INTO entries
                 (i, scan_id, t, day, offset_s, gate, guard, verdict, follows, band, class, ledger_day)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                Value::from(position),
                Value::from(scan_id),
                Value::from(leaf.at.wall_ms),
                Value::from(local_day),
                Value::from(i64::from(self.offset_s)),
                Value::from(leaf.gate.clone()),
                guard,
                Value::from(crate::entries::verdict_word(entry.verdict).to_owned()),
                entry.follows.map_or(Value::Null, |of| Value::from(signed(of))),
                Value::from(crate::entries::band_word(entry.band).to_owned()),
                Value::from(i64::from(class_number(class))),
                Value::from(i64::from(day.0)),
            ],
        )
    }

    /// Rows that the damaged table still leads to. For each one that is lost an empty row takes its place, so that
    /// its day is erased in time and the erasure counts what leaves commit to. What was erased stays away.
    fn put_disclosures(&mut self, leaf: &Leaf, day: LedgerDay) -> Result<(), StoreError> {
        let of = leaf.body.retention_class();
        if self.erased.iter().any(|erased| erased.covers(of, day)) {
            return Ok(());
        }
        let sql = "SELECT field, sealed FROM disclosures WHERE class = ? AND day = ? AND i = ?";
        let class = i64::from(class_number(of));
        let which = [class, i64::from(day.0), signed(leaf.position)];
        let (rows, _) = read_rows(self.source, sql, 2, &which).unwrap_or_default();
        let mut put = self.target.prepare_cached(
            "INSERT OR IGNORE INTO disclosures (class, day, i, field, sealed) VALUES (?, ?, ?, ?, ?)",
        )?;
        let most = match leaf.position < self.keyed_from {
            // Leaves of the first schema commit to nothing.
            true => rows.len(),
            false => leaf.digests.len(),
        };
        let mut there = 0;
        let is_there = |row: &&Vec<Value>| row.get(1) != Some(&Value::Blob(Vec::new()));
        for row in rows.iter().filter(is_there).take(most) {
            let values = which.map(Value::from).into_iter().chain(row.iter().cloned());
            match put.execute(params_from_iter(values)) {
                Ok(rows) => there += rows,
                Err(_) => self.rebuilt.refused_rows += 1,
            }
        }
        self.rebuilt.disclosures += there as u64;
        for number in there..leaf.digests.len() {
            let lost = [Value::from(format!("lost {number}")), Value::from(Vec::new())];
            put.execute(params_from_iter(which.map(Value::from).into_iter().chain(lost)))?;
            self.rebuilt.lost_disclosures += 1;
        }
        Ok(())
    }

    fn put_small_table(&mut self, table: &str, order: &str) -> Result<(), StoreError> {
        let columns = columns(self.source, self.target, table);
        if columns.is_empty() {
            return Ok(());
        }
        let marks = vec!["?"; columns.len()].join(", ");
        let columns_list = columns.join(", ");
        let mut put = self.target.prepare(&format!(
            "INSERT OR IGNORE INTO {table} ({columns_list}) VALUES ({marks})"
        ))?;
        let backwards = order.replace(',', " DESC,") + " DESC";
        for order in [order, &backwards] {
            let sql = format!("SELECT {columns_list} FROM {table} ORDER BY {order}");
            let Some((rows, is_clean)) = read_rows(self.source, &sql, columns.len(), &[]) else {
                continue;
            };
            for row in rows {
                // One that refers to a record that is lost is left out.
                if put.execute(params_from_iter(row)).is_err() {
                    self.rebuilt.refused_rows += 1;
                }
            }
            if is_clean {
                break;
            }
        }
        Ok(())
    }
}

/// Days whose disclosures a record says are destroyed.
struct Erased {
    class: RetentionClass,
    from: LedgerDay,
    to: LedgerDay,
}

impl Erased {
    fn covers(&self, class: RetentionClass, day: LedgerDay) -> bool {
        self.class == class && self.from <= day && day <= self.to
    }
}

fn erased(yard: &Connection, sealed: u64) -> Result<Vec<Erased>, StoreError> {
    let mut erased = Vec::new();
    for leaf in tail::leaves_of(yard, "erase")? {
        if let Body::Erase { class, from, to, .. } = leaf.body
            && leaf.position < sealed
        {
            erased.push(Erased { class, from, to });
        }
    }
    Ok(erased)
}

/// A position as SQLite keeps it.
fn signed(position: u64) -> i64 {
    i64::try_from(position).expect("a position is below 2^53")
}

/// The columns that both databases have.
fn columns(source: &Connection, target: &Connection, table: &str) -> Vec<String> {
    let of = |connection: &Connection| -> rusqlite::Result<Vec<String>> {
        connection
            .prepare("SELECT name FROM pragma_table_info(?)")?
            .query_map([table], |row| row.get(0))?
            .collect()
    };
    let theirs = of(source).unwrap_or_default();
    let mut columns = of(target).unwrap_or_default();
    columns.retain(|column| theirs.contains(column));
    columns
}

/// The rows of a statement up to a fault, and whether there was none.
fn read_rows(
    source: &Connection,
    sql: &str,
    width: usize,
    values: &[i64],
) -> Option<(Vec<Vec<Value>>, bool)> {
    let mut statement = source.prepare_cached(sql).ok()?;
    let mut rows = statement.query(params_from_iter(values)).ok()?;
    let mut read = Vec::new();
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => (0..width).map(|column| row.get(column)).collect(),
            Ok(None) => return Some((read, true)),
            Err(fault) => Err(fault),
        };
        match row {
            Ok(row) => read.push(row),
            Err(_) => return Some((read, false)),
        }
    }
}
