//! Reading: pages, figures and exports of the entries.

use std::cell::OnceCell;
use std::path::Path;

use chrono::NaiveDate;
use gatepost_codes::Personal;
use gatepost_ledger::note::KeyName;
use gatepost_ledger::{
    Body, Disclosed, Disclosure, Entry, Field, Leaf, LedgerDay, PersonNumber, RetentionClass, VoidReason,
};
use gatepost_rules::{BodyTemperature, TemperatureBand, VerdictKind};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::as_found::AsFound;
use crate::day_keys::{KeyOf, SharedDayKeys, class_of};
use crate::filter::{Conditions, HELD, NOT_FOLLOWED, NOT_VOIDED};
use crate::keys::Token;
use crate::{EntryFilter, StoreError, disclosures, tail, untrusted};

/// A void as stored.
#[derive(Debug)]
pub struct Voided {
    /// Its position.
    pub position: u64,
    /// Why.
    pub reason: VoidReason,
    /// Whether there is or was a note; see [`Reader::note`].
    pub has_note: bool,
}

/// One entry as stored.
#[derive(Debug)]
pub struct StoredEntry {
    /// Position.
    pub position: u64,
    /// Wall clock, ms UTC.
    pub wall_ms: i64,
    /// Local offset when it was written, seconds east.
    pub offset_s: i32,
    /// The gate.
    pub gate: String,
    /// The guard.
    pub guard: PersonNumber,
    /// What the leaf says.
    pub entry: Entry,
    /// The exact temperature; `None` once it was erased.
    pub temperature: Option<BodyTemperature>,
    /// How it was voided.
    pub voided: Option<Voided>,
}

/// Numbers by family of verdicts; voided entries do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Let in.
    pub admitted: u32,
    /// Held.
    pub held: u32,
    /// Refused.
    pub refused: u32,
    /// Checked by hand.
    pub by_hand: u32,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u32 {
        self.admitted + self.held + self.refused + self.by_hand
    }
}

/// Figures of a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// By family.
    pub counts: Counts,
    /// Median temperature of the entries of a day that count and whose temperature was not erased. Without a day
    /// there is none: it would take opening every temperature there is.
    pub median_temperature: Option<BodyTemperature>,
    /// Voided entries.
    pub voided: u32,
}

/// An earlier entry with the same code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its position.
    pub position: u64,
    /// When, ms UTC.
    pub wall_ms: i64,
    /// Local offset then, seconds east.
    pub offset_s: i32,
}

/// A connection that only reads.
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) day_keys: SharedDayKeys,
    origin: OnceCell<KeyName>,
    /// Of a folder that is only looked at. Behind the connection, which is closed before.
    _as_found: Option<AsFound>,
}

const ROW: &str =
    "SELECT e.i, e.t, e.offset_s, e.gate, e.guard, d.sealed, r.leaf, v.i, vr.leaf, e.ledger_day, e.class
    FROM entries e JOIN records r ON r.i = e.i
    LEFT JOIN disclosures d
      ON d.class = e.class AND d.day = e.ledger_day AND d.i = e.i AND d.field = 'temperature'
    LEFT JOIN voids v ON v.entry = e.i LEFT JOIN records vr ON vr.i = v.i";

impl Reader {
    pub(crate) fn new(connection: Connection, day_keys: SharedDayKeys) -> Result<Reader, StoreError> {
        Ok(Reader {
            connection,
            day_keys,
            origin: OnceCell::new(),
            _as_found: None,
        })
    }

    /// Opens a data folder without any of its secrets, for whoever checks it: what was sealed stays sealed. The
    /// folder is left as it was found.
    ///
    /// # Errors
    /// Any [`StoreError`] of opening.
    pub fn without_secrets(folder: &Path) -> Result<Reader, StoreError> {
        let as_found = AsFound::of(folder);
        let connection = untrusted::open_folder(folder)?;
        untrusted::demand_schema(&connection)?;
        Ok(Reader {
            _as_found: Some(as_found),
            ..Reader::new(connection, SharedDayKeys::default())?
        })
    }

    /// A page of entries, newest first, older than `before` where one is given. Keyset pagination: page ten
    /// thousand costs what page one costs.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn page(
        &self,
        filter: &EntryFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let mut conditions = Conditions::of(filter);
        if let Some(before) = before {
            conditions.add("e.i < ?", before);
        }
        let sql = format!(
            "{ROW} {} ORDER BY e.i DESC LIMIT {limit}",
            conditions.where_clause()
        );
        let mut entries = Vec::new();
        self.visit(&sql, &conditions, |entry| -> Result<(), StoreError> {
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }

    /// One entry.
    ///
    /// # Errors
    /// [`StoreError::NoSuchEntry`], or any other.
    pub fn entry(&self, position: u64) -> Result<StoredEntry, StoreError> {
        let mut conditions = Conditions::of(&EntryFilter::default());
        conditions.add("e.i = ?", position);
        let sql = format!("{ROW} {}", conditions.where_clause());
        let mut found = None;
        self.visit(&sql, &conditions, |entry| -> Result<(), StoreError> {
            found = Some(entry);
            Ok(())
        })?;
        found.ok_or(StoreError::NoSuchEntry)
    }

    /// Hands every entry of the filter to `each`, oldest first, and how many there are in all. One read
    /// transaction: what is written meanwhile does not show.
    ///
    /// # Errors
    /// Any [`StoreError`], or the error of `each`.
    pub fn for_each<E: From<StoreError>>(
        &self,
        filter: &EntryFilter,
        mut each: impl FnMut(u64, StoredEntry) -> Result<(), E>,
    ) -> Result<u64, E> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(StoreError::from)?;
        let conditions = Conditions::of(filter);
        let clause = conditions.where_clause();
        let total: u64 = transaction
            .query_row(
                &format!("SELECT count(*) FROM entries e {clause}"),
                &*conditions.values(),
                |row| row.get(0),
            )
            .map_err(StoreError::from)?;
        self.visit(&format!("{ROW} {clause} ORDER BY e.i"), &conditions, |entry| {
            each(total, entry)
        })?;
        transaction.finish().map_err(StoreError::from)?;
        Ok(total)
    }

    /// Entries of a gate after `since` that were not admitted, still stand and were not followed up, oldest
    /// first: whoever is still to be dealt with.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn open_cases(&self, gate: &str, since: u64) -> Result<Vec<StoredEntry>, StoreError> {
        let mut conditions = Conditions::of(&EntryFilter {
            gate: Some(gate.to_owned()),
            ..EntryFilter::default()
        });
        conditions.conditions.extend([HELD, NOT_VOIDED, NOT_FOLLOWED]);
        conditions.add("e.i > ?", since);
        let sql = format!("{ROW} {} ORDER BY e.i", conditions.where_clause());
        let mut cases = Vec::new();
        self.visit(&sql, &conditions, |entry| -> Result<(), StoreError> {
            cases.push(entry);
            Ok(())
        })?;
        Ok(cases)
    }

    /// The newest entry of a guard after `since` that still stands: its position and wall clock, ms UTC.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn last_standing(&self, guard: PersonNumber, since: u64) -> Result<Option<(u64, i64)>, StoreError> {
        let sql = "SELECT e.i, e.t FROM entries e WHERE e.guard = :guard AND e.i > :since
                   AND NOT EXISTS (SELECT 1 FROM voids v WHERE v.entry = e.i) ORDER BY e.i DESC LIMIT 1";
        let which = named_params! { ":guard": guard.0, ":since": since };
        let found = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row(which, found)
            .optional()?)
    }

    /// Figures of a filter.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn figures(&self, filter: &EntryFilter) -> Result<Figures, StoreError> {
        let all = Conditions::of(filter);
        let voided = self.connection.query_row(
            &format!(
                "SELECT count(*) FROM entries e JOIN voids v ON v.entry = e.i {}",
                all.where_clause()
            ),
            &*all.values(),
            |row| row.get(0),
        )?;
        let mut standing = all;
        standing.conditions.push(NOT_VOIDED);
        let counts = self.counts_where(&standing)?;
        let median_temperature = match filter.day {
            Some(_) => self.median(&standing)?,
            None => None,
        };
        Ok(Figures {
            counts,
            median_temperature,
            voided,
        })
    }

    /// Entries of a filter by family.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn counts(&self, filter: &EntryFilter) -> Result<Counts, StoreError> {
        let mut conditions = Conditions::of(filter);
        conditions.conditions.push(NOT_VOIDED);
        self.counts_where(&conditions)
    }

    /// Entries of a filter whose temperature was in `band`; voided ones do not count.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn in_band(&self, filter: &EntryFilter, band: TemperatureBand) -> Result<u32, StoreError> {
        let mut conditions = Conditions::of(filter);
        conditions.conditions.push(NOT_VOIDED);
        conditions.add("e.band = ?", band_word(band));
        let sql = format!("SELECT count(*) FROM entries e {}", conditions.where_clause());
        Ok(self
            .connection
            .query_row(&sql, &*conditions.values(), |row| row.get(0))?)
    }

    /// The days that have entries, newest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn days(&self, limit: u16) -> Result<Vec<NaiveDate>, StoreError> {
        // A loose index scan: one index look-up a day, however many entries each day has.
        let sql = format!(
            "WITH RECURSIVE d (day) AS (
                SELECT max(day) FROM entries
                UNION ALL SELECT (SELECT max(day) FROM entries WHERE day < d.day) FROM d WHERE d.day IS NOT NULL)
             SELECT day FROM d WHERE day IS NOT NULL LIMIT {limit}"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let days = statement
            .query_map([], |row| row.get::<_, i64>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        days.into_iter().map(day_of).collect()
    }

    /// The gates that have entries.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn gates(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT gate FROM shifts ORDER BY gate")?;
        let gates = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(gates)
    }

    /// Lines in the whole ledger.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn records(&self) -> Result<u64, StoreError> {
        tail::size(&self.connection)
    }

    /// The newest entry with this code since `since_ms` that was not voided.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn seen(&self, token: Token, since_ms: i64) -> Result<Option<Seen>, StoreError> {
        // Two days of ledger time: the window is shorter than one, and may lie across midnight.
        let sql = "SELECT e.i, e.t, e.offset_s FROM sightings s JOIN entries e ON e.i = s.i
                   WHERE (s.day, s.token) IN (VALUES (:day, :token), (:next_day, :next_token)) AND e.t >= :since
                   AND NOT EXISTS (SELECT 1 FROM voids v WHERE v.entry = e.i) ORDER BY e.i DESC LIMIT 1";
        let day = tail::day_at(&self.connection, since_ms, None)?.0;
        let seen = |row: &Row<'_>| {
            Ok(Seen {
                position: row.get(0)?,
                wall_ms: row.get(1)?,
                offset_s: row.get(2)?,
            })
        };
        let next_day = day.saturating_add(1);
        let [today, next] = {
            let keys = self.day_keys.read();
            [day, next_day].map(|day| {
                let key = keys.key((RetentionClass::Visitor, LedgerDay(day)));
                key.map(|key| token.sighting(key))
            })
        };
        let which = named_params! {
            ":day": day, ":token": today, ":next_day": next_day, ":next_token": next, ":since": since_ms
        };
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row(which, seen)
            .optional()?)
    }

    fn counts_where(&self, conditions: &Conditions) -> Result<Counts, StoreError> {
        let clause = conditions.where_clause();
        let sql = format!("SELECT e.verdict, count(*) FROM entries e {clause} GROUP BY e.verdict");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(&*conditions.values())?;
        let mut counts = Counts::default();
        while let Some(row) = rows.next()? {
            let word: String = row.get(0)?;
            let kind = VERDICTS
                .into_iter()
                .find(|kind| verdict_word(*kind) == word)
                .ok_or(StoreError::Damaged)?;
            *match kind {
                VerdictKind::Admit => &mut counts.admitted,
                VerdictKind::Hold => &mut counts.held,
                VerdictKind::Refuse => &mut counts.refused,
                VerdictKind::CheckByHand => &mut counts.by_hand,
            } = row.get(1)?;
        }
        Ok(counts)
    }

    fn median(&self, standing: &Conditions) -> Result<Option<BodyTemperature>, StoreError> {
        let mut temperatures = Vec::new();
        let sql = format!(
            "SELECT e.i, e.class, e.ledger_day, d.sealed FROM entries e JOIN disclosures d
             ON d.class = e.class AND d.day = e.ledger_day AND d.i = e.i AND d.field = 'temperature' {}",
            standing.where_clause()
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(&*standing.values())?;
        while let Some(row) = rows.next()? {
            let class = class_of(row.get(1)?).ok_or(StoreError::Damaged)?;
            let key = (class, LedgerDay(row.get(2)?));
            temperatures.extend(self.temperature(row.get(0)?, key, row.get_ref(3)?.as_blob().ok())?);
        }
        let middle = temperatures.len() / 2;
        Ok((!temperatures.is_empty()).then(|| *temperatures.select_nth_unstable(middle).1))
    }

    /// An exact temperature; `None` once it was erased.
    fn temperature(
        &self,
        position: u64,
        key: KeyOf,
        sealed: Option<&[u8]>,
    ) -> Result<Option<BodyTemperature>, StoreError> {
        let Some(sealed) = sealed else { return Ok(None) };
        let origin = self.known_origin()?;
        let keys = self.day_keys.read();
        let disclosure = disclosures::opened(&keys, origin, key, position, Field::Temperature, sealed);
        Ok(disclosure.and_then(|disclosure| disclosures::temperature(&disclosure)))
    }

    /// The origin of the ledger.
    pub(crate) fn known_origin(&self) -> Result<&KeyName, StoreError> {
        if let Some(origin) = self.origin.get() {
            return Ok(origin);
        }
        let keys = tail::keys(&self.connection)?;
        let origin = keys.first().ok_or(StoreError::Damaged)?.key.name().clone();
        Ok(self.origin.get_or_init(|| origin))
    }

    fn visit<E: From<StoreError>>(
        &self,
        sql: &str,
        conditions: &Conditions,
        mut each: impl FnMut(StoredEntry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare_cached(sql).map_err(StoreError::from)?;
        let mut rows = statement.query(&*conditions.values()).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(self.stored_entry(row)?)?;
        }
        Ok(())
    }

    fn stored_entry(&self, row: &Row<'_>) -> Result<StoredEntry, StoreError> {
        let position = row.get(0)?;
        let class = class_of(row.get(10)?).ok_or(StoreError::Damaged)?;
        let sealed = row
            .get_ref(5)?
            .as_blob_or_null()
            .map_err(|_| StoreError::Damaged)?;
        let temperature = self.temperature(position, (class, LedgerDay(row.get(9)?)), sealed)?;
        let Body::Entry(entry) = leaf(row, 6)?.body else {
            return Err(StoreError::Damaged);
        };
        let voided = match row.get::<_, Option<u64>>(7)? {
            None => None,
            Some(_) => Some(self.voided(leaf(row, 8)?)?),
        };
        Ok(StoredEntry {
            position,
            wall_ms: row.get(1)?,
            offset_s: row.get(2)?,
            gate: row.get(3)?,
            guard: PersonNumber(row.get(4)?),
            entry,
            temperature,
            voided,
        })
    }

    fn voided(&self, leaf: Leaf) -> Result<Voided, StoreError> {
        let Body::Void { reason, .. } = leaf.body else {
            return Err(StoreError::Damaged);
        };
        // The leaf of a void of schema 1 says nothing of its note.
        let has_note = !leaf.digests.is_empty() || {
            let key = tail::key_of(&self.connection, &leaf)?;
            disclosures::sealed(&self.connection, key, leaf.position, Field::Note)?.is_some()
        };
        Ok(Voided {
            position: leaf.position,
            reason,
            has_note,
        })
    }

    /// What a record disclosed; `None` where it disclosed no such thing, or it was erased.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`], or any other.
    pub fn disclosure(&self, position: u64, field: Field) -> Result<Option<Disclosure>, StoreError> {
        let leaf = tail::leaf(&self.connection, position)?;
        let key = tail::key_of(&self.connection, &leaf)?;
        let Some(sealed) = disclosures::sealed(&self.connection, key, position, field)? else {
            return Ok(None);
        };
        let origin = self.known_origin()?;
        Ok(disclosures::opened(
            &self.day_keys.read(),
            origin,
            key,
            position,
            field,
            &sealed,
        ))
    }

    /// The note of a void in its writer's words; `None` where there was none, or it was erased.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn note(&self, voided: &Voided) -> Result<Option<Personal<String>>, StoreError> {
        let disclosure = self.disclosure(voided.position, Field::Note)?;
        Ok(disclosure.and_then(|disclosure| match disclosure.value.expose() {
            Disclosed::Text(text) => Some(Personal::new(text.clone())),
            Disclosed::Number(_) => None,
        }))
    }
}

fn leaf(row: &Row<'_>, column: usize) -> Result<Leaf, StoreError> {
    let bytes = row.get_ref(column)?.as_blob().map_err(|_| StoreError::Damaged)?;
    tail::parsed(bytes)
}

fn day_of(number: i64) -> Result<NaiveDate, StoreError> {
    let year = i32::try_from(number / 10_000).map_err(|_| StoreError::Damaged)?;
    let (month, day) = ((number / 100 % 100) as u32, (number % 100) as u32);
    NaiveDate::from_ymd_opt(year, month, day).ok_or(StoreError::Damaged)
}

const VERDICTS: [VerdictKind; 4] = [
    VerdictKind::Admit,
    VerdictKind::Hold,
    VerdictKind::Refuse,
    VerdictKind::CheckByHand,
];

pub(crate) fn verdict_word(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Admit => "admit",
        VerdictKind::Hold => "hold",
        VerdictKind::Refuse => "refuse",
        VerdictKind::CheckByHand => "check_by_hand",
    }
}

pub(crate) fn band_word(band: TemperatureBand) -> &'static str {
    match band {
        TemperatureBand::Low => "low",
        TemperatureBand::Normal => "normal",
        TemperatureBand::Fever => "fever",
    }
}
