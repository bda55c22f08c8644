//! What may be erased: retention policy, holds, and how much of the time that the wall clock claims has passed for
//! certain.
//!
//! Within a start time is measured. Between two starts nobody measures it: the wall clock claims it. A usual closing
//! is taken at its word, within an allowance that grows with what was measured. Whatever is claimed beyond it is
//! *unsure*: it does not count for the days before it. Somebody who confirms that the date is right settles what
//! lies between two confirmations, to the millisecond: in between ledger time ran ahead by just as much as the wall
//! clock's shift went down. That holds for the days whose own date is sure, which are those up to the end of the
//! start in which the earlier confirmation was made; for the days in between, whose date nobody vouched for, what is
//! unsure stays so.

use crate::body::{RetentionClass, RetentionPolicy};
use crate::time::{BACKWARD_LIMIT_MS, FORWARD_LIMIT_MS, LONGEST_PAUSE_MS, LedgerDay, Start};

/// So many milliseconds between two starts are taken at their word for each that was measured.
pub const ALLOWED_FOR_EACH_MEASURED: i64 = 12;

/// Somebody should say again that the date is right once the last days on which that is known are so long ago: days
/// in between, whose date nobody vouched for, are kept the longer after a long pause.
pub const DATE_VOUCHED_FOR_DAYS: i32 = 30;

/// What ledger time may go back or lag without a record.
const TOLERANCE_MS: i64 = FORWARD_LIMIT_MS + BACKWARD_LIMIT_MS;

/// Why disclosures may not be erased yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptUntil {
    /// The retention policy keeps this day longer, by the time that has passed for certain.
    #[error("day {} is kept by the retention policy", .0.0)]
    Policy(LedgerDay),
    /// The day is on hold.
    #[error("day {} is on hold", .0.0)]
    Hold(LedgerDay),
    /// The wall clock claims that enough time passed between two starts after the day, and nobody has said since that
    /// the date is right.
    #[error("day {} waits for the date to be confirmed", .0.0)]
    Confirmation(LedgerDay),
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
    /// Whether any of these days is held.
    #[must_use]
    pub fn meets(&self, from: LedgerDay, to: LedgerDay) -> bool {
        self.from <= to && from <= self.to
    }
}

/// Time that does not count for the days from `after` (without it) to `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unsure {
    after: LedgerDay,
    until: LedgerDay,
    ms: i64,
}

impl Unsure {
    fn concerns(&self, day: LedgerDay) -> bool {
        self.after < day && day <= self.until
    }
}

/// The date was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Confirmed {
    /// What the wall clock was ahead of ledger time.
    shift_ms: i64,
    /// The last day of which every record was made in the same start or before. `None` while that start goes on.
    through: Option<LedgerDay>,
}

/// Follows the records that decide about erasure.
#[derive(Clone, Debug)]
pub struct Retention {
    policy: RetentionPolicy,
    holds: Vec<HeldDays>,
    unsure: Vec<Unsure>,
    /// How many of them are older than the last confirmation.
    settled: usize,
    allowance_ms: i64,
    confirmed: Option<Confirmed>,
}

impl Default for Retention {
    /// At the genesis: whoever sets a gate up sees its date.
    fn default() -> Retention {
        Retention {
            policy: RetentionPolicy::default(),
            holds: Vec::new(),
            unsure: Vec::new(),
            settled: 0,
            allowance_ms: LONGEST_PAUSE_MS,
            confirmed: Some(Confirmed {
                shift_ms: 0,
                through: None,
            }),
        }
    }
}

impl Retention {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> RetentionPolicy {
        self.policy
    }

    /// The holds that are on.
    #[must_use]
    pub fn holds(&self) -> &[HeldDays] {
        &self.holds
    }

    /// The program was started.
    pub fn start(&mut self, start: &Start) {
        let after_ms = start.before_ms.saturating_add(start.gained_ms);
        if let Some(confirmed) = &mut self.confirmed
            && confirmed.through.is_none()
        {
            // A day on which the next start already has records is none of them.
            let before_next = LedgerDay::at(after_ms.saturating_sub(TOLERANCE_MS))
                .0
                .saturating_sub(1);
            confirmed.through = Some(LedgerDay::at(start.before_ms).min(LedgerDay(before_next)));
        }
        let measured = i64::try_from(start.ran_ms).unwrap_or(i64::MAX);
        self.allowance_ms = self
            .allowance_ms
            .saturating_add(measured.saturating_mul(ALLOWED_FOR_EACH_MEASURED))
            .min(LONGEST_PAUSE_MS);
        if start.gained_ms <= self.allowance_ms {
            self.allowance_ms -= start.gained_ms.max(0);
        } else {
            self.unsure.push(Unsure {
                after: LedgerDay(i32::MIN),
                until: LedgerDay::at(start.before_ms.saturating_add(TOLERANCE_MS)),
                ms: start.gained_ms,
            });
        }
    }

    /// A retention record, where the wall clock is `shift_ms` ahead of ledger time. Repeating the policy in force
    /// says that the date is right.
    pub fn set(&mut self, policy: RetentionPolicy, shift_ms: i64) {
        if policy == self.policy {
            self.confirm(shift_ms);
        }
        self.policy = policy;
    }

    fn confirm(&mut self, shift_ms: i64) {
        if let Some(Confirmed {
            shift_ms: before_ms,
            through: Some(through),
        }) = self.confirmed
        {
            for unsure in &mut self.unsure[self.settled..] {
                unsure.after = unsure.after.max(through);
            }
            let ran_ahead_ms = before_ms.saturating_sub(shift_ms);
            if ran_ahead_ms > 0 {
                self.unsure.push(Unsure {
                    after: LedgerDay(i32::MIN),
                    until: through,
                    ms: ran_ahead_ms,
                });
            }
        }
        self.settled = self.unsure.len();
        self.confirmed = Some(Confirmed {
            shift_ms,
            through: None,
        });
    }

    /// The clock is taken at its word here, so nothing is known of the date before.
    pub fn lose_date(&mut self) {
        self.confirmed = None;
    }

    /// Whether somebody should be asked if the date is right, at ledger time `now_ms`: time that only the wall clock
    /// claims has passed since it was last confirmed, or nobody has confirmed it for
    /// [`DATE_VOUCHED_FOR_DAYS`], or ever. Not in the start in which it was confirmed.
    #[must_use]
    pub fn wants_date(&self, now_ms: i64) -> bool {
        let Some(confirmed) = &self.confirmed else {
            return true;
        };
        let vouched_until = |day: LedgerDay| day.0.saturating_add(DATE_VOUCHED_FOR_DAYS);
        let is_old = |day: LedgerDay| vouched_until(day) < LedgerDay::at(now_ms).0;
        self.unsure.len() > self.settled || confirmed.through.is_some_and(is_old)
    }

    /// A hold record. Each is taken off by one with the very same days; returns whether there was one to take off.
    pub fn hold(&mut self, days: HeldDays, on: bool) -> bool {
        if on {
            self.holds.push(days);
            return false;
        }
        let found = self.holds.iter().position(|hold| *hold == days);
        if let Some(at) = found {
            self.holds.swap_remove(at);
        }
        found.is_some()
    }

    /// A hold that is on for any of these days.
    #[must_use]
    pub fn held(&self, from: LedgerDay, to: LedgerDay) -> Option<HeldDays> {
        self.holds.iter().copied().find(|hold| hold.meets(from, to))
    }

    /// Why the disclosures of a day are not erased at ledger time `now_ms`, where they are not.
    #[must_use]
    pub fn kept(&self, class: RetentionClass, day: LedgerDay, now_ms: i64) -> Option<KeptUntil> {
        if self.held(day, day).is_some() {
            return Some(KeptUntil::Hold(day));
        }
        let sum = |unsure: &[Unsure]| {
            let of_day = unsure.iter().filter(|unsure| unsure.concerns(day));
            of_day.fold(0_i64, |sum, unsure| sum.saturating_add(unsure.ms))
        };
        let (settled, open) = self.unsure.split_at(self.settled);
        let settled_ms = now_ms.saturating_sub(sum(settled));
        if day > self.last_due(class, settled_ms) {
            return Some(KeptUntil::Policy(day));
        }
        let is_certain = day <= self.last_due(class, settled_ms.saturating_sub(sum(open)));
        (!is_certain).then_some(KeptUntil::Confirmation(day))
    }

    /// The last day that is due at ledger time `now_ms`, whatever is unsure.
    #[must_use]
    pub fn last_due(&self, class: RetentionClass, now_ms: i64) -> LedgerDay {
        self.policy.last_due(class, LedgerDay::at(now_ms))
    }
}
