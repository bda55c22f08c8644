//! Whether the tables beside the ledger say what the leaves say, a few rows at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use gatepost_ledger::audit::{Fault, Report, Rule};
use gatepost_ledger::note::KeyName;
use gatepost_ledger::{Body, Disclosed, Field, Leaf, LedgerDay, RetentionClass, scan_entry};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::audit::records::Days;
use crate::audit::{AuditReport, Audited};
use crate::day_keys::{DayKeys, KeyOf, class_number, class_of};
use crate::keys::Token;
use crate::{StoreError, disclosures, tail};

/// Rows of one step.
const ROWS: u32 = 128;

enum Stage {
    Voids { after: i64 },
    Shifts { after: i64 },
    Closings { after: i64 },
    Disclosures { after: (i64, i64, i64) },
    Sightings { after: (i64, Vec<u8>, i64) },
    End,
}

/// What is compared with the ledger once it has been walked.
pub(super) struct Tables {
    report: Report,
    days: Days,
    /// The keys of the days, where disclosures are to be opened.
    keys: Option<DayKeys>,
    /// From which record on disclosures have digests.
    keyed_from: u64,
    erased: Option<Vec<(RetentionClass, LedgerDay, LedgerDay)>>,
    stage: Stage,
    /// Rows of this stage so far.
    rows: u64,
    /// Digests whose disclosures are there.
    there: BTreeMap<KeyOf, u64>,
    opened: u64,
    unreadable: u64,
    /// Empty rows in the place of disclosures that a salvage did not find.
    lost: u64,
    fault: Option<Fault>,
}

impl Tables {
    pub(super) fn new(report: Report, days: Days, keyed_from: u64, keys: Option<DayKeys>) -> Tables {
        Tables {
            report,
            days,
            keys,
            keyed_from,
            erased: None,
            stage: Stage::Voids { after: -1 },
            rows: 0,
            there: BTreeMap::new(),
            opened: 0,
            unreadable: 0,
            lost: 0,
            fault: None,
        }
    }

    /// Compares some more rows; `Break` when there are none left.
    pub(super) fn step(&mut self, connection: &Connection) -> Result<ControlFlow<()>, StoreError> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::End) {
            Stage::Voids { after } => match self.voids(connection, after)? {
                Some(after) => Stage::Voids { after },
                None => {
                    self.count(connection, "void", Rule::Voids, "SELECT i FROM voids")?;
                    Stage::Shifts { after: -1 }
                }
            },
            Stage::Shifts { after } => match self.shifts(connection, after)? {
                Some(after) => Stage::Shifts { after },
                None => {
                    self.count(
                        connection,
                        "shift_open",
                        Rule::Shifts,
                        "SELECT opened FROM shifts",
                    )?;
                    Stage::Closings { after: -1 }
                }
            },
            Stage::Closings { after } => match self.closings(connection, after)? {
                Some(after) => Stage::Closings { after },
                None => {
                    let closed = "SELECT closed FROM shift_closings";
                    self.count(connection, "shift_close", Rule::Shifts, closed)?;
                    self.inspections(connection)?;
                    Stage::Disclosures { after: (-1, 0, 0) }
                }
            },
            Stage::Disclosures { after } => match self.disclosures(connection, after)? {
                Some(after) => Stage::Disclosures { after },
                None => {
                    self.missing_disclosures(connection)?;
                    Stage::Sightings {
                        after: (i64::MIN, Vec::new(), 0),
                    }
                }
            },
            Stage::Sightings { after } => match self.sightings(connection, after)? {
                Some(after) => Stage::Sightings { after },
                None => Stage::End,
            },
            Stage::End => return Ok(ControlFlow::Break(())),
        };
        Ok(ControlFlow::Continue(()))
    }

    pub(super) fn finish(self) -> Audited {
        match self.fault {
            Some(fault) => Audited::Faulty(fault),
            None => Audited::Sound(AuditReport {
                ledger: self.report,
                opened: self.opened,
                unreadable: self.unreadable,
                lost: self.lost,
            }),
        }
    }

    fn note(&mut self, position: u64, rule: Rule, expected: impl ToString, found: impl ToString) {
        let fault = Fault::new(position, rule, expected, found);
        match &self.fault {
            Some(known) if known.position <= position => {}
            _ => self.fault = Some(fault),
        }
    }

    /// Some rows of a table with an integer key, each with the record at `position`; returns the last key.
    fn page(
        &mut self,
        connection: &Connection,
        sql: &str,
        after: i64,
        mut each: impl FnMut(&mut Tables, &Row<'_>, u64, Option<Leaf>) -> Result<(), StoreError>,
    ) -> Result<Option<i64>, StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((after, ROWS))?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            last = Some(row.get(0)?);
            let position: u64 = row.get(1)?;
            if position < self.report.size {
                self.rows += 1;
                let leaf = tail::leaf(connection, position).ok();
                each(self, row, position, leaf)?;
            }
        }
        Ok(last)
    }

    fn voids(&mut self, connection: &Connection, after: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT i, i, entry FROM voids WHERE i > ?1 ORDER BY i LIMIT ?2";
        self.page(connection, sql, after, |tables, row, position, leaf| {
            let entry: u64 = row.get(2)?;
            match leaf.map(|leaf| leaf.body) {
                Some(Body::Void { of, .. }) if of == entry => {}
                Some(Body::Void { of, .. }) => tables.note(position, Rule::Voids, of, entry),
                _ => tables.note(position, Rule::Voids, "no void", "one"),
            }
            Ok(())
        })
    }

    fn shifts(&mut self, connection: &Connection, after: i64) -> Result<Option<i64>, StoreError> {
        let sql =
            "SELECT opened, opened, guard, gate, t FROM shifts WHERE opened > ?1 ORDER BY opened LIMIT ?2";
        self.page(connection, sql, after, |tables, row, position, leaf| {
            let found: (u32, String, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
            let is_same = leaf.is_some_and(|leaf| {
                let said = (leaf.by.map(|by| by.0), leaf.gate, leaf.at.wall_ms);
                matches!(leaf.body, Body::ShiftOpen) && said == (Some(found.0), found.1, found.2)
            });
            if !is_same {
                tables.note(position, Rule::Shifts, "the shift of the record", "another one");
            }
            Ok(())
        })
    }

    fn closings(&mut self, connection: &Connection, after: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT shift, closed FROM shift_closings WHERE shift > ?1 ORDER BY shift LIMIT ?2";
        self.page(connection, sql, after, |tables, row, position, leaf| {
            let closed: u64 = row.get(0)?;
            match leaf.map(|leaf| leaf.body) {
                Some(Body::ShiftClose { shift }) if shift == closed => {}
                _ => tables.note(position, Rule::Shifts, "the shift of the record", closed),
            }
            Ok(())
        })
    }

    /// As many rows as records of the kind; otherwise the first record that has none.
    fn count(
        &mut self,
        connection: &Connection,
        kind: &'static str,
        rule: Rule,
        rows: &str,
    ) -> Result<(), StoreError> {
        let counted = std::mem::take(&mut self.rows);
        if counted >= self.report.kinds.get(kind).copied().unwrap_or(0) {
            return Ok(());
        }
        let sql = format!("SELECT i FROM records WHERE kind = ?1 AND i NOT IN ({rows}) ORDER BY i LIMIT 1");
        let without: Option<u64> = connection.query_row(&sql, [kind], |row| row.get(0)).optional()?;
        if let Some(position) = without {
            self.note(position, rule, kind, "none");
        }
        Ok(())
    }

    /// Every inspection has its cosignature; that each of these has its inspection was seen before the walk.
    fn inspections(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "SELECT count(*) FROM cosignatures WHERE i < ?1";
        self.rows = connection.query_row(sql, [self.report.size], |row| row.get(0))?;
        self.count(
            connection,
            "inspection",
            Rule::Inspections,
            "SELECT i FROM cosignatures",
        )
    }

    fn disclosures(
        &mut self,
        connection: &Connection,
        after: (i64, i64, i64),
    ) -> Result<Option<(i64, i64, i64)>, StoreError> {
        let sql = "SELECT class, day, i, count(*), sum(sealed = x'') FROM disclosures
                   WHERE (class, day, i) > (?1, ?2, ?3)
                   GROUP BY class, day, i ORDER BY class, day, i LIMIT ?4";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((after.0, after.1, after.2, ROWS))?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            last = Some((row.get(0)?, row.get(1)?, row.get(2)?));
            let position: u64 = row.get(2)?;
            if position < self.report.size {
                let day = LedgerDay(row.get(1)?);
                let class = u8::try_from(row.get::<_, i64>(0)?).ok().and_then(class_of);
                self.lost += row.get::<_, u64>(4)?;
                self.disclosures_of(connection, position, class, day, row.get(3)?)?;
            }
        }
        Ok(last)
    }

    /// What stands beside one record under one key.
    fn disclosures_of(
        &mut self,
        connection: &Connection,
        position: u64,
        class: Option<RetentionClass>,
        day: LedgerDay,
        found: u64,
    ) -> Result<(), StoreError> {
        let sql = "SELECT leaf FROM records WHERE i = ?1";
        let bytes: Vec<u8> = connection
            .prepare_cached(sql)?
            .query_row([position], |row| row.get(0))?;
        let (class_of_leaf, wall_ms, digests) = match scan_entry(&bytes) {
            Some(entry) => (entry.class, entry.at.wall_ms, u64::from(entry.digests)),
            None => {
                let leaf = tail::parsed(&bytes)?;
                (
                    leaf.body.retention_class(),
                    leaf.at.wall_ms,
                    leaf.digests.len() as u64,
                )
            }
        };
        let own = (class_of_leaf, self.days.day(position, wall_ms));
        if class != Some(own.0) || day != own.1 {
            self.note(
                position,
                Rule::DisclosureLeft,
                format!("day {}", own.1.0),
                format!("day {}", day.0),
            );
            return Ok(());
        }
        if self.is_erased(connection, own)? {
            self.note(position, Rule::DisclosureLeft, "none, they were erased", found);
            return Ok(());
        }
        let is_from_before_keys = position < self.keyed_from;
        if found < digests {
            self.note(position, Rule::Disclosure, digests, found);
        } else if found > digests && !is_from_before_keys {
            self.note(position, Rule::DisclosureLeft, digests, found);
        }
        *self.there.entry(own).or_default() += digests;
        match self.keys.take() {
            Some(keys) => {
                let done = self.open(
                    connection,
                    &keys,
                    own,
                    &tail::leaf(connection, position)?,
                    is_from_before_keys,
                );
                self.keys = Some(keys);
                done
            }
            None => Ok(()),
        }
    }

    /// Opens what stands beside a record and looks for its digests in the leaf.
    fn open(
        &mut self,
        connection: &Connection,
        keys: &DayKeys,
        of: KeyOf,
        leaf: &Leaf,
        is_from_before_keys: bool,
    ) -> Result<(), StoreError> {
        let Some(origin) = self.report.origin.clone() else {
            return Ok(());
        };
        let sql = "SELECT field, sealed FROM disclosures WHERE class = ?1 AND day = ?2 AND i = ?3 AND sealed <> x''";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((class_number(of.0), of.1.0, leaf.position))?;
        while let Some(row) = rows.next()? {
            if keys.key(of).is_none() {
                self.unreadable += 1;
                continue;
            }
            let word: String = row.get(0)?;
            let sealed: Vec<u8> = row.get(1)?;
            if is_meant(keys, &origin, of, leaf, &word, &sealed, is_from_before_keys) {
                self.opened += 1;
            } else {
                self.note(
                    leaf.position,
                    Rule::Disclosure,
                    "what the leaf commits to",
                    "something else",
                );
            }
        }
        Ok(())
    }

    fn is_erased(&mut self, connection: &Connection, of: KeyOf) -> Result<bool, StoreError> {
        if self.erased.is_none() {
            let size = self.report.size;
            let erased = tail::leaves_of(connection, "erase")?
                .into_iter()
                .filter(|leaf| leaf.position < size)
                .filter_map(|leaf| match leaf.body {
                    Body::Erase { class, from, to, .. } => Some((class, from, to)),
                    _ => None,
                })
                .collect();
            self.erased = Some(erased);
        }
        let ranges = self.erased.iter().flatten();
        Ok(ranges
            .clone()
            .any(|(class, from, to)| *class == of.0 && *from <= of.1 && of.1 <= *to))
    }

    /// Of every key as many disclosures are there as the leaves commit to and no erasure tells of.
    fn missing_disclosures(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let is_missing = |(of, digests): (&KeyOf, &u64)| self.there.get(of).unwrap_or(&0) < digests;
        if !self.report.disclosures.iter().any(is_missing) {
            return Ok(());
        }
        let sql = "SELECT leaf FROM records WHERE i < ?1 ORDER BY i";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([self.report.size])?;
        let mut beside = connection
            .prepare("SELECT EXISTS (SELECT 1 FROM disclosures WHERE class = ?1 AND day = ?2 AND i = ?3)")?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?;
            let leaf = tail::parsed(bytes)?;
            let of = (
                leaf.body.retention_class(),
                self.days.day(leaf.position, leaf.at.wall_ms),
            );
            if leaf.digests.is_empty() || self.is_erased(connection, of)? {
                continue;
            }
            let is_there: bool =
                beside.query_row((class_number(of.0), of.1.0, leaf.position), |row| row.get(0))?;
            if !is_there {
                self.note(leaf.position, Rule::Disclosure, leaf.digests.len(), 0);
                return Ok(());
            }
        }
        Ok(())
    }

    fn sightings(
        &mut self,
        connection: &Connection,
        after: (i64, Vec<u8>, i64),
    ) -> Result<Option<(i64, Vec<u8>, i64)>, StoreError> {
        let sql = "SELECT s.day, s.token, s.i, e.ledger_day, e.class FROM sightings s
                   LEFT JOIN entries e ON e.i = s.i WHERE (s.day, s.token, s.i) > (?1, ?2, ?3)
                   ORDER BY s.day, s.token, s.i LIMIT ?4";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((after.0, &after.1, after.2, ROWS))?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            last = Some((row.get(0)?, row.get(1)?, row.get(2)?));
            let position: u64 = row.get(2)?;
            if position >= self.report.size {
                continue;
            }
            let day: i32 = row.get(0)?;
            let of_entry: Option<i32> = row.get(3)?;
            if of_entry != Some(day) {
                self.note(
                    position,
                    Rule::Sightings,
                    "the day of the entry",
                    format!("day {day}"),
                );
            } else if self.is_erased(connection, (RetentionClass::Visitor, LedgerDay(day)))? {
                self.note(position, Rule::Sightings, "none, they were erased", "one");
            } else {
                let class = u8::try_from(row.get::<_, i64>(4)?).ok().and_then(class_of);
                let sighting: Vec<u8> = row.get(1)?;
                let of = class.map(|class| (class, LedgerDay(day)));
                if let Some(of) = of
                    && !self.is_sighting_of(connection, of, position, &sighting)?
                {
                    self.note(
                        position,
                        Rule::Sightings,
                        "that of the entry's code",
                        "another one",
                    );
                }
            }
        }
        Ok(last)
    }

    /// Whether a sighting is that of the code which its entry discloses. Without the keys nobody can tell, so it
    /// counts as one.
    fn is_sighting_of(
        &mut self,
        connection: &Connection,
        of: KeyOf,
        position: u64,
        sighting: &[u8],
    ) -> Result<bool, StoreError> {
        let (Some(keys), Some(origin)) = (&self.keys, &self.report.origin) else {
            return Ok(true);
        };
        let (Some(visitors), Some(_)) = (keys.key((RetentionClass::Visitor, of.1)), keys.key(of)) else {
            return Ok(true);
        };
        let Some(sealed) = disclosures::sealed(connection, of, position, Field::Token)? else {
            // Of an entry whose own class was erased before the visitors of its day there is nothing to compare.
            return self.is_erased(connection, of);
        };
        let disclosure = disclosures::opened(keys, origin, of, position, Field::Token, &sealed);
        // One that does not open has a rule of its own.
        let Some(disclosure) = disclosure else {
            return Ok(true);
        };
        let token = match disclosure.value.expose() {
            Disclosed::Text(text) => Token::of_hexadecimal(text),
            Disclosed::Number(_) => None,
        };
        Ok(token.is_some_and(|token| token.sighting(visitors) == sighting))
    }
}

/// Whether a sealed disclosure opens and the leaf commits to it.
fn is_meant(
    keys: &DayKeys,
    origin: &KeyName,
    of: KeyOf,
    leaf: &Leaf,
    word: &str,
    sealed: &[u8],
    is_from_before_keys: bool,
) -> bool {
    let opened = Field::of_word(word).and_then(|field| {
        disclosures::opened(keys, origin, of, leaf.position, field, sealed).map(|one| (field, one))
    });
    opened.is_some_and(|(field, disclosure)| {
        disclosure.field == field && (is_from_before_keys || leaf.digests.contains(&disclosure.digest()))
    })
}
