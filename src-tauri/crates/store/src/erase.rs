//! Retention: how long disclosures are kept, and their destruction.

use gatepost_ledger::{
    Body, KeyChangeReason, Leaf, LedgerDay, Moment, PersonNumber, RetentionClass, RetentionPolicy,
};
use rusqlite::{Connection, TransactionBehavior, named_params};

use crate::append::NewRecord;
use crate::day_keys::{DayKeyFile, DayKeys, KeyOf, class_number};
use crate::head::{SignedSeal, signed};
use crate::history::{self, History};
use crate::retention::{DueDays, DueErasures, HeldDays, Standing};
use crate::{Reader, Store, StoreError, schema, tail};

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

impl Store {
    /// How long disclosures are kept: by the last retention record, or the default.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn retention(&mut self) -> Result<RetentionPolicy, StoreError> {
        self.transact(|writing, _| Ok(History::read(writing)?.retention.policy()))
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
            if History::read(writing)?.retention.policy() != wanted {
                writing.append(&NewRecord::of(at, gate, by, Body::Retention(wanted)))?;
            }
            Ok(())
        })
    }

    /// Somebody says that the date is right. The record repeats the retention policy in force. What the wall clock
    /// claims between this and the last confirmation (the first is the genesis) counts from here on for the days
    /// up to that one; see [`gatepost_ledger::retention`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn confirm_date(&mut self, at: Moment, gate: &str, by: PersonNumber) -> Result<u64, StoreError> {
        self.transact(|writing, _| {
            let policy = History::read(writing)?.retention.policy();
            writing.append(&NewRecord::of(at, gate, by, Body::Retention(policy)))
        })
    }

    /// The days on hold.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn holds(&mut self) -> Result<Vec<HeldDays>, StoreError> {
        self.transact(|writing, _| Ok(History::read(writing)?.retention.holds().to_vec()))
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
        self.append(&NewRecord::of(at, gate, by, body))
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
            if History::read(writing)?.retention.holds().contains(&days) {
                let HeldDays { from, to } = days;
                let body = Body::Hold { from, to, on: false };
                writing.append(&NewRecord::of(at, gate, by, body))?;
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

    /// The days of ledger time on which records may stand that were made while the wall clock said `from_ms` to
    /// `until_ms` (milliseconds since 1970 UTC, each included), rounded outwards: a day of ledger time begins at
    /// midnight UTC and moves with no step of the clock.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn days_between(&mut self, from_ms: i64, until_ms: i64) -> Result<HeldDays, StoreError> {
        self.transact(|writing, _| history::days_between(writing, from_ms, until_ms))
    }

    /// Whether somebody should be asked at `at` if the date is right: [`Retention::wants_date`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    ///
    /// [`Retention::wants_date`]: gatepost_ledger::retention::Retention::wants_date
    pub fn wants_date(&mut self, at: Moment) -> Result<bool, StoreError> {
        self.transact(|writing, _| {
            let mut retention = History::read(writing)?.retention;
            let (now_ms, start) = writing.tail().time_ms(&at);
            if let Some(start) = start {
                retention.start(&start);
            }
            Ok(retention.wants_date(now_ms))
        })
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

    /// What [`Store::erase_before`] would erase at `at`, of which nothing is written.
    ///
    /// # Errors
    /// As [`Store::erase_before`].
    pub fn erasable_before(
        &mut self,
        at: Moment,
        class: RetentionClass,
        day: LedgerDay,
    ) -> Result<Vec<DueDays>, StoreError> {
        self.transact(|writing, _| {
            let standing = Standing::load(writing, writing.tail(), &at)?;
            Ok(standing.all_before(class, day)?)
        })
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

    /// The retention policy that was in force when the record at `position` was written.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn retention_at(&self, position: u64) -> Result<RetentionPolicy, StoreError> {
        let policies = tail::leaves_of(&self.connection, "retention")?;
        let before = policies.iter().rev().find(|leaf| leaf.position < position);
        Ok(match before.map(|leaf| &leaf.body) {
            Some(Body::Retention(policy)) => *policy,
            _ => RetentionPolicy::default(),
        })
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
pub(crate) fn unused_keys(connection: &Connection, keys: &DayKeys) -> Result<Vec<KeyOf>, StoreError> {
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
