//! What may be erased: retention policy, holds, and how far the date can be trusted.

use std::collections::BTreeMap;

use gatepost_ledger::audit::LONGEST_UNCONFIRMED_MS;
use gatepost_ledger::{Body, Leaf, LedgerDay, Moment, RetentionClass, RetentionPolicy};
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::StoreError;
use crate::day_keys::class_number;
use crate::tail::{self, Tail};

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

/// A day that still has disclosures of a class.
#[derive(Clone, Copy)]
struct LiveDay {
    class: RetentionClass,
    day: LedgerDay,
    /// A record that disclosed something on it, the first where it has any disclosure.
    first: u64,
}

/// The wall clock ran ahead between two starts by so many days, and nobody has confirmed it.
struct Jump {
    /// Position of the record of the second start.
    position: u64,
    days: i32,
}

/// Everything that decides about erasure.
pub(crate) struct Standing {
    today: LedgerDay,
    policy: RetentionPolicy,
    holds: Vec<HeldDays>,
    jumps: Vec<Jump>,
    live: Vec<LiveDay>,
}

impl Standing {
    pub(crate) fn load(connection: &Connection, tail: &Tail, at: &Moment) -> Result<Standing, StoreError> {
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

    pub(crate) fn due_erasures(&self) -> DueErasures {
        let waits = |live: &LiveDay| matches!(self.kept(live), Some(KeptUntil::Confirmation(_)));
        DueErasures {
            due: self.ranges(|live| self.kept(live).is_none()),
            waits_for_confirmation: self.ranges(waits),
        }
    }

    pub(crate) fn all_before(
        &self,
        class: RetentionClass,
        day: LedgerDay,
    ) -> Result<Vec<DueDays>, KeptUntil> {
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
        // Any record of the day will do: no day lies on both sides of a jump.
        let sightings = "SELECT day, i FROM sightings WHERE :class = 0 AND day > :after ORDER BY day LIMIT 1";
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

pub(crate) fn retentions(connection: &Connection) -> Result<Vec<(u64, RetentionPolicy)>, StoreError> {
    let mut found = Vec::new();
    for leaf in tail::leaves_of(connection, "retention")? {
        let Body::Retention(policy) = leaf.body else {
            return Err(StoreError::Damaged);
        };
        found.push((leaf.position, policy));
    }
    Ok(found)
}

pub(crate) fn policy(retentions: &[(u64, RetentionPolicy)]) -> RetentionPolicy {
    retentions.last().map(|(_, policy)| *policy).unwrap_or_default()
}

/// The holds that are on: each is taken off by one with the very same days.
pub(crate) fn holds(connection: &Connection) -> Result<Vec<HeldDays>, StoreError> {
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
