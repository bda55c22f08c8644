//! What the leaves alone tell of disclosures and their erasure.

use std::collections::BTreeMap;

use crate::audit::fault::{Fault, Rule};
use crate::body::{RetentionClass, RetentionPolicy};
use crate::retention::{HeldDays, KeptUntil, Retention};
use crate::time::{DAY_MS, LedgerDay, Start};

/// A day later than that an erasure is late.
const GRACE_MS: i64 = DAY_MS;

/// Digests by day and class, less those whose disclosures were erased.
#[derive(Debug)]
pub(super) struct Erasures {
    retention: Retention,
    /// The day on which the rules last changed, or a hold last ended: nothing was late before.
    changed: LedgerDay,
    kept: BTreeMap<(RetentionClass, LedgerDay), u64>,
    /// The day that is being counted: an entry costs no look-up.
    today: LedgerDay,
    visitors: u64,
    incidents: u64,
    /// Days that had a record.
    days: u32,
}

impl Default for Erasures {
    fn default() -> Erasures {
        Erasures {
            retention: Retention::default(),
            changed: LedgerDay(i32::MIN),
            kept: BTreeMap::new(),
            today: LedgerDay(i32::MIN),
            visitors: 0,
            incidents: 0,
            days: 0,
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

    /// The program was started.
    pub(super) fn start(&mut self, start: &Start) {
        self.retention.start(start);
    }

    /// The clock is taken at its word.
    pub(super) fn lose_date(&mut self) {
        self.retention.lose_date();
    }

    /// A retention record, where the wall clock is `shift_ms` ahead of ledger time.
    pub(super) fn set(&mut self, policy: RetentionPolicy, shift_ms: i64) {
        self.retention.set(policy, shift_ms);
        self.changed = self.changed.max(self.today);
    }

    pub(super) fn hold(&mut self, days: HeldDays, on: bool) {
        if self.retention.hold(days, on) {
            self.changed = self.changed.max(self.today);
        }
    }

    /// Checks an erasure made at ledger time `now_ms` and takes it off. Returns whether it came late.
    pub(super) fn erase(
        &mut self,
        position: u64,
        class: RetentionClass,
        (from, to): (LedgerDay, LedgerDay),
        count: u64,
        now_ms: i64,
    ) -> Result<bool, Fault> {
        self.settle();
        let last_due = self.retention.last_due(class, now_ms);
        if from > to {
            let expected = "a range of days";
            return Err(Fault::new(position, Rule::EraseCount, expected, "an empty one"));
        }
        if to > last_due {
            let expected = format!("at most day {}", last_due.0);
            let found = format!("day {}", to.0);
            return Err(Fault::new(position, Rule::EraseEarly, expected, found));
        }
        if let Some(hold) = self.retention.held(from, to) {
            let found = format!("days {} to {} on hold", hold.from.0, hold.to.0);
            return Err(Fault::new(position, Rule::EraseHeld, "no hold", found));
        }
        let late = self.is_late(class, from, to, now_ms);
        let days: Vec<_> = self
            .kept
            .range((class, from)..=(class, to))
            .map(|(key, _)| *key)
            .collect();
        for (class, day) in &days {
            let expected = match self.retention.kept(*class, *day, now_ms) {
                None | Some(KeptUntil::Hold(_)) => continue,
                Some(KeptUntil::Policy(_)) => "a day whose time has passed for certain",
                Some(KeptUntil::Confirmation(_)) => "a date that somebody confirmed",
            };
            let found = format!("day {}", day.0);
            return Err(Fault::new(position, Rule::EraseEarly, expected, found));
        }
        let kept = days.iter().filter_map(|day| self.kept.remove(day));
        let kept = kept.fold(0, u64::saturating_add);
        if kept != count {
            return Err(Fault::new(position, Rule::EraseCount, kept, count));
        }
        Ok(late)
    }

    /// Whether disclosures of these days should have been erased more than a day ago.
    fn is_late(&self, class: RetentionClass, from: LedgerDay, to: LedgerDay, now_ms: i64) -> bool {
        // Due yesterday is in time; due the day before is not.
        let latest_ms = now_ms.saturating_sub(GRACE_MS);
        if LedgerDay::at(latest_ms) <= self.changed || from > to {
            return false;
        }
        let before_ms = latest_ms.saturating_sub(DAY_MS);
        let mut kept = self.kept.range((class, from)..=(class, to));
        kept.any(|((_, day), _)| self.retention.kept(class, *day, before_ms).is_none())
    }

    /// Whether anything is still there at ledger time `now_ms`, the end, that should have been erased, how many
    /// digests have a disclosure, and how many days had a record.
    pub(super) fn end(mut self, now_ms: i64) -> Remaining {
        self.settle();
        let (first, last) = (LedgerDay(i32::MIN), LedgerDay(i32::MAX));
        let classes = [RetentionClass::Visitor, RetentionClass::Incident];
        Remaining {
            late: classes
                .into_iter()
                .any(|class| self.is_late(class, first, last, now_ms)),
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
