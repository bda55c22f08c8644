//! What may be erased: retention policy, holds, and how far the date can be trusted.

use std::collections::BTreeSet;

use gatepost_ledger::retention::Retention;
pub use gatepost_ledger::retention::{HeldDays, KeptUntil};
use gatepost_ledger::{LedgerDay, Moment, RetentionClass};
use rusqlite::{Connection, named_params};

use crate::StoreError;
use crate::day_keys::class_number;
use crate::history::History;
use crate::tail::Tail;

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
    /// Once a manager has confirmed the date ([`crate::Store::confirm_date`]).
    pub waits_for_confirmation: Vec<DueDays>,
}

/// A day that still has disclosures of a class.
#[derive(Clone, Copy)]
struct LiveDay {
    class: RetentionClass,
    day: LedgerDay,
}

/// Everything that decides about erasure.
pub(crate) struct Standing {
    now_ms: i64,
    retention: Retention,
    live: Vec<LiveDay>,
}

impl Standing {
    pub(crate) fn load(connection: &Connection, tail: &Tail, at: &Moment) -> Result<Standing, StoreError> {
        let mut live = Vec::new();
        for class in [RetentionClass::Visitor, RetentionClass::Incident] {
            live.extend(live_days(connection, class)?);
        }
        let mut retention = History::read(connection)?.retention;
        let (now_ms, start) = tail.time_ms(at);
        if let Some(start) = start {
            retention.start(&start);
        }
        Ok(Standing {
            now_ms,
            retention,
            live,
        })
    }

    /// Why a day is not erased, where it is not.
    fn kept(&self, live: &LiveDay) -> Option<KeptUntil> {
        self.retention.kept(live.class, live.day, self.now_ms)
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
            let LiveDay { class, day } = *live;
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
        self.retention.held(from, to).is_some()
    }
}

/// The days that have something to erase, in order: one look-up a day, however many entries each day has. A
/// sighting goes with the visitors of its day, also where there were none.
fn live_days(connection: &Connection, class: RetentionClass) -> Result<Vec<LiveDay>, StoreError> {
    let by_class = "SELECT min(day) FROM disclosures WHERE class = :class AND day > :after";
    let mut days = scan_days(connection, by_class, class_number(class))?;
    if class == RetentionClass::Visitor {
        let sightings = "SELECT min(day) FROM sightings WHERE :class = 0 AND day > :after";
        days.extend(scan_days(connection, sightings, class_number(class))?);
    }
    Ok(days.into_iter().map(|day| LiveDay { class, day }).collect())
}

fn scan_days(connection: &Connection, sql: &str, class: u8) -> Result<BTreeSet<LedgerDay>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut days = BTreeSet::new();
    let mut after = i64::from(i32::MIN) - 1;
    loop {
        let which = named_params! { ":class": class, ":after": after };
        let next: Option<i32> = statement.query_row(which, |row| row.get(0))?;
        let Some(day) = next else {
            return Ok(days);
        };
        days.insert(LedgerDay(day));
        after = day.into();
    }
}
