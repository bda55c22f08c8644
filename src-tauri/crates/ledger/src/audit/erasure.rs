//! What the leaves alone tell of disclosures and their erasure.

use std::collections::BTreeMap;

use crate::audit::fault::{Fault, Rule};
use crate::body::{RetentionClass, RetentionPolicy};
use crate::time::LedgerDay;

/// A wall clock that ran ahead further than this between two starts has to be confirmed before anything older is
/// erased for it.
pub const LONGEST_UNCONFIRMED_MS: i64 = 7 * DAY_MS;

const DAY_MS: i64 = 86_400_000;
/// A day later than that an erasure is late.
const GRACE_DAYS: i32 = 1;

#[derive(Debug)]
struct Hold {
    from: LedgerDay,
    to: LedgerDay,
}

/// Digests by day and class, less those whose disclosures were erased.
#[derive(Debug)]
pub(super) struct Erasures {
    policy: RetentionPolicy,
    /// The days on which the rules last changed, or a hold last ended: nothing was late before.
    changed: LedgerDay,
    holds: Vec<Hold>,
    kept: BTreeMap<(RetentionClass, LedgerDay), u64>,
    /// The day that is being counted: an entry costs no look-up.
    today: LedgerDay,
    visitors: u64,
    incidents: u64,
    /// Days that had a record.
    days: u32,
    /// Forward jumps of the wall clock between two starts that nobody has confirmed: the last day before, and by
    /// how many days.
    jumps: Vec<(LedgerDay, i32)>,
}

impl Default for Erasures {
    fn default() -> Erasures {
        Erasures {
            policy: RetentionPolicy::default(),
            changed: LedgerDay(i32::MIN),
            holds: Vec::new(),
            kept: BTreeMap::new(),
            today: LedgerDay(i32::MIN),
            visitors: 0,
            incidents: 0,
            days: 0,
            jumps: Vec::new(),
        }
    }
}

impl Erasures {
    /// Counts the digests of a record of `day`.
    #[inline]
    pub(super) fn count(&mut self, day: LedgerDay, class: RetentionClass, digests: u16) {
        if day != self.today {
            self.settle();
            // A clock that is corrected may bring back a day: it is counted once.
            self.days += u32::from(day > self.today);
            self.today = day;
        }
        match class {
            RetentionClass::Visitor => self.visitors += u64::from(digests),
            RetentionClass::Incident => self.incidents += u64::from(digests),
        }
    }

    fn settle(&mut self) {
        let counted = [
            (RetentionClass::Visitor, std::mem::take(&mut self.visitors)),
            (RetentionClass::Incident, std::mem::take(&mut self.incidents)),
        ];
        for (class, count) in counted {
            if count > 0 {
                *self.kept.entry((class, self.today)).or_default() += count;
            }
        }
    }

    /// The wall clock ran ahead by so much between the last record and the start that is recorded now.
    pub(super) fn jump(&mut self, ahead_ms: i64) {
        if ahead_ms > LONGEST_UNCONFIRMED_MS {
            // Rounded up: rather a day late than early.
            let days = ahead_ms.saturating_add(DAY_MS - 1) / DAY_MS;
            self.jumps
                .push((self.today, i32::try_from(days).unwrap_or(i32::MAX)));
        }
    }

    pub(super) fn retention(&mut self, policy: RetentionPolicy) {
        if policy == self.policy {
            // Somebody who repeats what is in force says that the date is right.
            self.jumps.clear();
        }
        self.policy = policy;
        self.changed = self.changed.max(self.today);
    }

    pub(super) fn hold(&mut self, from: LedgerDay, to: LedgerDay, on: bool) {
        if on {
            self.holds.push(Hold { from, to });
        } else if let Some(at) = self
            .holds
            .iter()
            .position(|hold| (hold.from, hold.to) == (from, to))
        {
            self.holds.swap_remove(at);
            self.changed = self.changed.max(self.today);
        }
    }

    /// Checks an erasure made today and takes it off. Returns whether it came late.
    pub(super) fn erase(
        &mut self,
        position: u64,
        class: RetentionClass,
        range: (LedgerDay, LedgerDay),
        count: u64,
    ) -> Result<bool, Fault> {
        self.settle();
        let (from, to) = range;
        let last_due = self.policy.last_due(class, self.today);
        if from > to {
            return Err(Fault::new(
                position,
                Rule::EraseCount,
                "a range of days",
                "an empty one",
            ));
        }
        if to > last_due {
            let expected = format!("at most day {}", last_due.0);
            return Err(Fault::new(
                position,
                Rule::EraseEarly,
                expected,
                format!("day {}", to.0),
            ));
        }
        if let Some(hold) = self.holds.iter().find(|hold| hold.from <= to && from <= hold.to) {
            let found = format!("days {} to {} on hold", hold.from.0, hold.to.0);
            return Err(Fault::new(position, Rule::EraseHeld, "no hold", found));
        }
        let late = self.is_late(class, from, to);
        let days: Vec<_> = self
            .kept
            .range((class, from)..=(class, to))
            .map(|(key, _)| *key)
            .collect();
        let unconfirmed = days
            .iter()
            .find(|(_, day)| *day > self.last_certain(class, *day, self.today));
        if let Some((_, day)) = unconfirmed {
            let expected = "a date that somebody confirmed";
            return Err(Fault::new(
                position,
                Rule::EraseEarly,
                expected,
                format!("day {}", day.0),
            ));
        }
        let kept: u64 = days.iter().filter_map(|day| self.kept.remove(day)).sum();
        if kept != count {
            return Err(Fault::new(position, Rule::EraseCount, kept, count));
        }
        Ok(late)
    }

    /// Whether disclosures of these days should have been erased more than a day ago.
    fn is_late(&self, class: RetentionClass, from: LedgerDay, to: LedgerDay) -> bool {
        let latest = LedgerDay(self.today.0.saturating_sub(GRACE_DAYS));
        if latest <= self.changed || from > to {
            return false;
        }
        // Due yesterday is in time; due the day before is not.
        let mut kept = self.kept.range((class, from)..=(class, to));
        kept.any(|((_, day), _)| *day < self.last_certain(class, *day, latest) && !self.is_held(*day))
    }

    /// The last day that is due on `today` even if no jump since `day` was true.
    fn last_certain(&self, class: RetentionClass, day: LedgerDay, today: LedgerDay) -> LedgerDay {
        let since = self.jumps.iter().filter(|(before, _)| day <= *before);
        let days = since.fold(0_i32, |sum, (_, days)| sum.saturating_add(*days));
        self.policy
            .last_due(class, LedgerDay(today.0.saturating_sub(days)))
    }

    fn is_held(&self, day: LedgerDay) -> bool {
        self.holds.iter().any(|hold| hold.from <= day && day <= hold.to)
    }

    /// Whether anything is still there at the end that should have been erased, how many digests have a
    /// disclosure, and how many days had a record.
    pub(super) fn end(mut self) -> Remaining {
        self.settle();
        let (first, last) = (LedgerDay(i32::MIN), LedgerDay(i32::MAX));
        let classes = [RetentionClass::Visitor, RetentionClass::Incident];
        Remaining {
            late: classes.into_iter().any(|class| self.is_late(class, first, last)),
            kept: self.kept,
            days: self.days,
        }
    }
}

/// What is there in the end.
pub(super) struct Remaining {
    pub(super) late: bool,
    pub(super) kept: BTreeMap<(RetentionClass, LedgerDay), u64>,
    pub(super) days: u32,
}
