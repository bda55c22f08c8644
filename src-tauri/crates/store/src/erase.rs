//! Retention: how long disclosures are kept, and their destruction.

use std::collections::BTreeMap;

use gatepost_ledger::{
    Body, KeyChangeReason, Leaf, LedgerDay, Moment, PersonNumber, RetentionClass, RetentionPolicy,
};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, named_params};

use crate::append::NewRecord;
use crate::day_keys::{DayKeyFile, DayKeys, KeyOf, class_number};
use crate::head::{SignedSeal, signed};
use crate::tail::{self, Tail};
use crate::{Reader, Store, StoreError, schema};

/// A wall clock that ran ahead further than this between two starts has to be confirmed before anything older is
/// erased for it.
pub const LONGEST_UNCONFIRMED_MS: i64 = 7 * DAY_MS;

const DAY_MS: i64 = 86_400_000;

/// Why disclosures may not be erased yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptUntil {
    /// The retention policy keeps this day longer.
    #[error("day {} is kept by the retention policy", .0.0)]
    Policy(LedgerDay),
    /// The day is on hold.
    #[error("day {} is on hold", .0.0)]
    Hold(LedgerDay),
    /// The wall clock ran far ahead between two starts after the day was recorded, and nobody has said that the
    /// date is right.
    #[error("day {} waits for the date to be confirmed", .0.0)]
    Confirmation(LedgerDay),
}

/// Days of one class in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDays {
    /// Which disclosures.
    pub class: RetentionClass,
    /// First day.
    pub from: LedgerDay,
    /// Last day.
    pub to: LedgerDay,
}

/// What is to be erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueErasures {
    /// Now.
    pub due: Vec<DueDays>,
    /// Once a manager has confirmed the date ([`Store::confirm_date`]).
    pub waits_for_confirmation: Vec<DueDays>,
}

/// What was destroyed, and the record that says so: the certificate of destruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Position of the record.
    pub position: u64,
    /// Which disclosures.
    pub class: RetentionClass,
    /// First day.
    pub from: LedgerDay,
    /// Last day.
    pub to: LedgerDay,
    /// How many disclosures that leaves commit to.
    pub count: u64,
    /// The seal of the ledger with the record in it.
    pub seal: SignedSeal,
}

/// A range of days that must not be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldDays {
    /// First day.
    pub from: LedgerDay,
    /// Last day.
    pub to: LedgerDay,
}

impl HeldDays {
    fn has(&self, day: LedgerDay) -> bool {
        self.from <= day && day <= self.to
    }
}

impl Store {
    /// How long disclosures are kept: by the last retention record, or the default.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn retention(&mut self) -> Result<RetentionPolicy, StoreError> {
        self.transact(|writing, _| Ok(policy(&retentions(writing)?)))
    }

    /// Says how long disclosures are kept from here on. What is in force already is not said again, because that
    /// would confirm the date.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn set_retention(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        wanted: RetentionPolicy,
    ) -> Result<(), StoreError> {
        self.transact(|writing, _| {
            if policy(&retentions(writing)?) != wanted {
                writing.append(&record(at, gate, by, Body::Retention(wanted)))?;
            }
            Ok(())
        })
    }

    /// A manager says that the date is right, after the wall clock ran ahead by more than
    /// [`LONGEST_UNCONFIRMED_MS`] between two starts. The record repeats the retention policy in force: from here
    /// on it counts by this date.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn confirm_date(&mut self, at: Moment, gate: &str, by: PersonNumber) -> Result<u64, StoreError> {
        self.transact(|writing, _| {
            let policy = policy(&retentions(writing)?);
            writing.append(&record(at, gate, by, Body::Retention(policy)))
        })
    }

    /// The days on hold.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn holds(&mut self) -> Result<Vec<HeldDays>, StoreError> {
        self.transact(|writing, _| holds(writing))
    }

    /// Puts days on hold while an investigation runs: nothing of them is erased.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn place_hold(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        days: HeldDays,
    ) -> Result<u64, StoreError> {
        let HeldDays { from, to } = days;
        let body = Body::Hold { from, to, on: true };
        self.append(&record(at, gate, by, body))
    }

    /// Takes a hold off that was put on with these very days. Nothing is recorded where there is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn lift_hold(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        days: HeldDays,
    ) -> Result<(), StoreError> {
        self.transact(|writing, _| {
            if holds(writing)?.contains(&days) {
                let HeldDays { from, to } = days;
                let body = Body::Hold { from, to, on: false };
                writing.append(&record(at, gate, by, body))?;
            }
            Ok(())
        })
    }

    /// The day of ledger time at `at`: what setting the clock does not change.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_day(&mut self, at: Moment) -> Result<LedgerDay, StoreError> {
        self.transact(|writing, _| Ok(writing.tail().day(&at)))
    }

    /// What is to be erased by the policy at `at`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn due_erasures(&mut self, at: Moment) -> Result<DueErasures, StoreError> {
        self.transact(|writing, _| Ok(Standing::load(writing, writing.tail(), &at)?.due_erasures()))
    }

    /// Erases everything that is due, and returns the certificates; none where nothing is due.
    ///
    /// # Errors
    /// Any [`StoreError`]. Where the rows were deleted and only a key or the log is left to destroy, that is done
    /// again at the next start.
    pub fn erase_due(
        &mut self,
        at: Moment,
        gate: &str,
        by: Option<PersonNumber>,
    ) -> Result<Vec<Erasure>, StoreError> {
        self.erase(at, gate, by, |standing| Ok(standing.due_erasures().due))
    }

    /// Erases the first day that is due, so that whoever writes in between waits for one day at most; none where
    /// nothing is due.
    ///
    /// # Errors
    /// As [`Store::erase_due`].
    pub fn erase_one_due_day(&mut self, at: Moment, gate: &str) -> Result<Option<Erasure>, StoreError> {
        let first = |standing: &Standing| {
            let first = standing.due_erasures().due.into_iter().next();
            first.map(|days| DueDays {
                to: days.from,
                ..days
            })
        };
        let erased = self.erase(at, gate, None, |standing| {
            Ok(first(standing).into_iter().collect())
        })?;
        Ok(erased.into_iter().next())
    }

    /// Erases every disclosure of a class of the days before `day`, and returns the certificates.
    ///
    /// # Errors
    /// [`StoreError::NotYetErasable`] where one of them is still to be kept: nothing is erased then. Or as
    /// [`Store::erase_due`].
    pub fn erase_before(
        &mut self,
        at: Moment,
        gate: &str,
        by: Option<PersonNumber>,
        class: RetentionClass,
        day: LedgerDay,
    ) -> Result<Vec<Erasure>, StoreError> {
        self.erase(at, gate, by, |standing| Ok(standing.all_before(class, day)?))
    }

    fn erase(
        &mut self,
        at: Moment,
        gate: &str,
        by: Option<PersonNumber>,
        choose: impl Fn(&Standing) -> Result<Vec<DueDays>, StoreError>,
    ) -> Result<Vec<Erasure>, StoreError> {
        self.finish_erasure()?;
        let erased = self.transact(|writing, _| {
            let due = choose(&Standing::load(writing, writing.tail(), &at)?)?;
            let mut erased = Vec::with_capacity(due.len());
            for days in due {
                let count = delete(writing, &days)?;
                let DueDays { class, from, to } = days;
                let body = Body::Erase {
                    class,
                    from,
                    to,
                    count,
                };
                let position = writing.append(&NewRecord {
                    at,
                    gate: gate.to_owned(),
                    by,
                    body,
                })?;
                erased.push((position, days, count));
            }
            Ok(erased)
        })?;
        if erased.is_empty() {
            return Ok(Vec::new());
        }
        let newest = erased.last().map_or(0, |(position, ..)| *position);
        self.log_to_truncate = true;
        self.finish_erasure()?;
        let seal = self.transact(|writing, _| signed(writing, newest + 1))?;
        let seal = seal.ok_or(StoreError::Damaged)?;
        Ok(erased
            .into_iter()
            .map(|(position, DueDays { class, from, to }, count)| Erasure {
                position,
                class,
                from,
                to,
                count,
                seal: seal.clone(),
            })
            .collect())
    }
}

impl Reader {
    /// Every erasure so far, newest first, at most `limit`: position and moment of its record, class, first and
    /// last day, and how many disclosures.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn erasures(&self, limit: usize) -> Result<Vec<Leaf>, StoreError> {
        let mut leaves = tail::leaves_of(&self.connection, "erase")?;
        leaves.reverse();
        leaves.truncate(limit);
        Ok(leaves)
    }
}

impl Store {
    /// Destroys what an erasure has left, because of a power cut, a fault or a reader: keys of days whose
    /// erasure is recorded, and erased bytes in the write-ahead log. Returns whether nothing is left now; false
    /// means that a reader still needs the log.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn finish_erasure(&mut self) -> Result<bool, StoreError> {
        let file = DayKeyFile::in_folder(self.folder());
        let (connection, vault, day_keys) = self.parts()?;
        let unused = unused_keys(connection, &day_keys.read())?;
        if !unused.is_empty() {
            // Nobody else may add a key between reading and writing the file.
            let lock = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut keys = file.load(vault)?;
            for key in unused_keys(&lock, &keys)? {
                keys.remove(key);
            }
            file.save_under_new_secret(vault, &keys)?;
            *day_keys.write() = keys;
            lock.rollback()?;
        }
        if self.log_to_truncate {
            let (connection, ..) = self.parts()?;
            self.log_to_truncate = !schema::truncate_log(connection)?;
        }
        Ok(!self.log_to_truncate)
    }
}

/// Keys of days whose erasure is recorded and under which nothing is left. A key that another program has just
/// made for a record that is not committed yet is none of them.
fn unused_keys(connection: &Connection, keys: &DayKeys) -> Result<Vec<KeyOf>, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM disclosures WHERE class = :class AND day = :day)";
    let mut unused = Vec::new();
    for (class, day) in keys.days() {
        let which = named_params! { ":class": class_number(class), ":day": day.0 };
        if !connection
            .prepare_cached(sql)?
            .query_row(which, |row| row.get(0))?
        {
            unused.push((class, day));
        }
    }
    if unused.is_empty() {
        return Ok(unused);
    }
    let erased = tail::leaves_of(connection, "erase")?;
    unused.retain(|(class, day)| {
        erased.iter().any(|leaf| {
            matches!(&leaf.body, Body::Erase { class: of, from, to, .. }
                if of == class && from <= day && day <= to)
        })
    });
    Ok(unused)
}

/// Deletes the rows of some days; returns how many of them leaves commit to. What schema 1 recorded has leaves
/// without digests: it is deleted and not counted.
fn delete(connection: &Connection, days: &DueDays) -> Result<u64, StoreError> {
    let first_key = tail::leaves_of(connection, "key_change")?
        .into_iter()
        .find(|leaf| {
            matches!(
                leaf.body,
                Body::KeyChange {
                    reason: KeyChangeReason::First,
                    ..
                }
            )
        })
        .map_or(0, |leaf| leaf.position);
    let (class, from, to) = (class_number(days.class), days.from.0, days.to.0);
    let range = named_params! { ":class": class, ":from": from, ":to": to };
    let count: u64 = connection.query_row(
        "SELECT count(*) FROM disclosures
         WHERE class = :class AND day BETWEEN :from AND :to AND i >= :first_key",
        named_params! { ":class": class, ":from": from, ":to": to, ":first_key": first_key },
        |row| row.get(0),
    )?;
    connection.execute(
        "DELETE FROM disclosures WHERE class = :class AND day BETWEEN :from AND :to",
        range,
    )?;
    if days.class == RetentionClass::Visitor {
        connection.execute(
            "DELETE FROM sightings WHERE day BETWEEN :from AND :to",
            named_params! { ":from": from, ":to": to },
        )?;
    }
    Ok(count)
}

/// A day that still has disclosures of a class.
#[derive(Clone, Copy)]
struct LiveDay {
    class: RetentionClass,
    day: LedgerDay,
    /// The first record that disclosed something on it.
    first: u64,
}

/// The wall clock ran ahead between two starts by so many days, and nobody has confirmed it.
struct Jump {
    /// Position of the record of the second start.
    position: u64,
    days: i32,
}

/// Everything that decides about erasure.
struct Standing {
    today: LedgerDay,
    policy: RetentionPolicy,
    holds: Vec<HeldDays>,
    jumps: Vec<Jump>,
    live: Vec<LiveDay>,
}

impl Standing {
    fn load(connection: &Connection, tail: &Tail, at: &Moment) -> Result<Standing, StoreError> {
        let retentions = retentions(connection)?;
        let mut live = Vec::new();
        for class in [RetentionClass::Visitor, RetentionClass::Incident] {
            live.extend(live_days(connection, class)?);
        }
        let oldest = live.iter().map(|day| day.first).min().unwrap_or(0);
        Ok(Standing {
            today: tail.day(at),
            policy: policy(&retentions),
            holds: holds(connection)?,
            jumps: jumps(connection, oldest, &retentions)?,
            live,
        })
    }

    /// Why a day is not erased, where it is not.
    fn kept(&self, live: &LiveDay) -> Option<KeptUntil> {
        if self.holds.iter().any(|hold| hold.has(live.day)) {
            return Some(KeptUntil::Hold(live.day));
        }
        if live.day > self.policy.last_due(live.class, self.today) {
            return Some(KeptUntil::Policy(live.day));
        }
        // Only what was recorded before a jump seems older because of it.
        let jumped: i32 = self
            .jumps
            .iter()
            .filter(|jump| jump.position > live.first)
            .map(|jump| jump.days)
            .sum();
        let certain = LedgerDay(self.today.0.saturating_sub(jumped));
        (live.day > self.policy.last_due(live.class, certain)).then_some(KeptUntil::Confirmation(live.day))
    }

    fn due_erasures(&self) -> DueErasures {
        let waits = |live: &LiveDay| matches!(self.kept(live), Some(KeptUntil::Confirmation(_)));
        DueErasures {
            due: self.ranges(|live| self.kept(live).is_none()),
            waits_for_confirmation: self.ranges(waits),
        }
    }

    fn all_before(&self, class: RetentionClass, day: LedgerDay) -> Result<Vec<DueDays>, KeptUntil> {
        let chosen = |live: &LiveDay| live.class == class && live.day < day;
        match self
            .live
            .iter()
            .filter(|live| chosen(live))
            .find_map(|live| self.kept(live))
        {
            Some(kept) => Err(kept),
            None => Ok(self.ranges(chosen)),
        }
    }

    /// The chosen days in ranges that contain no other live day and no day on hold.
    fn ranges(&self, chosen: impl Fn(&LiveDay) -> bool) -> Vec<DueDays> {
        let mut ranges: Vec<DueDays> = Vec::new();
        let mut goes_on = false;
        for live in &self.live {
            let LiveDay { class, day, .. } = *live;
            if !chosen(live) {
                goes_on = false;
                continue;
            }
            match ranges.last_mut() {
                Some(range) if goes_on && range.class == class && !self.is_held_between(range.to, day) => {
                    range.to = day;
                }
                _ => ranges.push(DueDays {
                    class,
                    from: day,
                    to: day,
                }),
            }
            goes_on = true;
        }
        ranges
    }

    fn is_held_between(&self, from: LedgerDay, to: LedgerDay) -> bool {
        self.holds.iter().any(|hold| hold.from <= to && from <= hold.to)
    }
}

/// The days that have something to erase, in order: one look-up a day, however many entries each day has. A
/// sighting goes with the visitors of its day, also where there were none.
fn live_days(connection: &Connection, class: RetentionClass) -> Result<Vec<LiveDay>, StoreError> {
    let by_class = "SELECT day, i FROM disclosures WHERE class = :class AND day > :after
                    ORDER BY day, i LIMIT 1";
    let mut days = scan_days(connection, by_class, class_number(class))?;
    if class == RetentionClass::Visitor {
        // The first entry that was seen on a day is not the first in the index; the day's earliest is close enough
        // to tell on which side of a start it was.
        let sightings = "SELECT day, (SELECT min(i) FROM sightings o WHERE o.day = s.day) FROM sightings s
                         WHERE :class = 0 AND day > :after ORDER BY day LIMIT 1";
        for (day, first) in scan_days(connection, sightings, class_number(class))? {
            days.entry(day).or_insert(first);
        }
    }
    Ok(days
        .into_iter()
        .map(|(day, first)| LiveDay { class, day, first })
        .collect())
}

fn scan_days(connection: &Connection, sql: &str, class: u8) -> Result<BTreeMap<LedgerDay, u64>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut days = BTreeMap::new();
    let mut after = i32::MIN;
    loop {
        let which = named_params! { ":class": class, ":after": after };
        let next: Option<(i32, u64)> = statement
            .query_row(which, |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((day, first)) = next else {
            return Ok(days);
        };
        days.insert(LedgerDay(day), first);
        after = day;
    }
}

/// Forward jumps between two starts, after the record at `oldest`, that nobody has confirmed since.
fn jumps(
    connection: &Connection,
    oldest: u64,
    retentions: &[(u64, RetentionPolicy)],
) -> Result<Vec<Jump>, StoreError> {
    let confirmed = confirmed_until(retentions);
    let sql = "SELECT b.leaf, p.leaf FROM records b JOIN records p ON p.i = b.i - 1
               WHERE b.kind = 'boot' AND b.i > :oldest ORDER BY b.i";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(named_params! { ":oldest": oldest.max(confirmed) })?;
    let mut jumps = Vec::new();
    while let Some(row) = rows.next()? {
        let leaf = |column| {
            let bytes = row.get_ref(column)?.as_blob().map_err(|_| StoreError::Damaged)?;
            Leaf::parse(bytes).map_err(|_| StoreError::Damaged)
        };
        let (start, before) = (leaf(0)?, leaf(1)?);
        let ahead_ms = start.at.wall_ms - before.at.wall_ms;
        if ahead_ms > LONGEST_UNCONFIRMED_MS {
            // Rounded up: rather a day late than early.
            let days = (ahead_ms + DAY_MS - 1) / DAY_MS;
            jumps.push(Jump {
                position: start.position,
                days: i32::try_from(days).unwrap_or(i32::MAX),
            });
        }
    }
    Ok(jumps)
}

/// Position of the last record that repeated the retention policy in force: every jump before it is confirmed.
fn confirmed_until(retentions: &[(u64, RetentionPolicy)]) -> u64 {
    let mut in_force = RetentionPolicy::default();
    let mut confirmed = 0;
    for (position, policy) in retentions {
        if *policy == in_force {
            confirmed = *position;
        }
        in_force = *policy;
    }
    confirmed
}

fn retentions(connection: &Connection) -> Result<Vec<(u64, RetentionPolicy)>, StoreError> {
    let mut found = Vec::new();
    for leaf in tail::leaves_of(connection, "retention")? {
        let Body::Retention(policy) = leaf.body else {
            return Err(StoreError::Damaged);
        };
        found.push((leaf.position, policy));
    }
    Ok(found)
}

fn policy(retentions: &[(u64, RetentionPolicy)]) -> RetentionPolicy {
    retentions.last().map(|(_, policy)| *policy).unwrap_or_default()
}

/// The holds that are on: each is taken off by one with the very same days.
fn holds(connection: &Connection) -> Result<Vec<HeldDays>, StoreError> {
    let mut holds: Vec<HeldDays> = Vec::new();
    for leaf in tail::leaves_of(connection, "hold")? {
        let Body::Hold { from, to, on } = leaf.body else {
            return Err(StoreError::Damaged);
        };
        let days = HeldDays { from, to };
        if on {
            holds.push(days);
        } else if let Some(at) = holds.iter().position(|hold| *hold == days) {
            holds.swap_remove(at);
        }
    }
    Ok(holds)
}

fn record(at: Moment, gate: &str, by: PersonNumber, body: Body) -> NewRecord {
    NewRecord {
        at,
        gate: gate.to_owned(),
        by: Some(by),
        body,
    }
}
