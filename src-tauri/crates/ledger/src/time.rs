//! What the ledger knows of time: two clocks, neither clamped, and every jump of the wall clock in a record.

use serde::{Deserialize, Serialize};

/// A wall clock that went back further than this against the monotonic clock has been set.
pub const BACKWARD_LIMIT_MS: i64 = 2_000;
/// A wall clock that ran ahead further than this against the monotonic clock has been set.
pub const FORWARD_LIMIT_MS: i64 = 60_000;
/// A pause between two starts that is longer than this is no usual closing (three days). A wall clock that went on
/// by more needs somebody to confirm it before anything is erased for it.
pub const LONGEST_PAUSE_MS: i64 = 3 * DAY_MS;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// When a record was made, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall clock, milliseconds since 1970-01-01 UTC.
    #[serde(rename = "t")]
    pub wall_ms: i64,
    /// How often the program was started on this data.
    #[serde(rename = "b")]
    pub boot: u32,
    /// Milliseconds since that start; never goes back, whatever happens to the wall clock.
    #[serde(rename = "m")]
    pub monotonic_ms: u64,
}

/// A day of ledger time: days since 1970-01-01 UTC, counted on the wall clock less every step that a clock record
/// tells of. Setting the clock forward makes no record older than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LedgerDay(pub i32);

impl LedgerDay {
    /// The day at a ledger time, milliseconds since 1970 UTC.
    #[must_use]
    pub fn at(time_ms: i64) -> LedgerDay {
        let day = time_ms.div_euclid(DAY_MS);
        LedgerDay(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
    }
}

/// A record whose moment cannot follow the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// The boot number, or the monotonic clock within one boot, went back.
    #[error("the monotonic clock went back")]
    Monotonic,
    /// The wall clock stepped by so many milliseconds without a clock record that says so.
    #[error("the wall clock stepped by {0} ms without a record of it")]
    UnrecordedStep(i64),
    /// A clock record that tells of another step than the moments do: this one in milliseconds.
    #[error("the wall clock stepped by {0} ms, which is not what the record says")]
    WrongStep(i64),
}

/// Follows the clocks from record to record: tells a writer when a clock record is due, and a reader when one is
/// missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerClock {
    last: Option<Moment>,
    /// Where the wall clock was last taken at its word: the first record of a boot, or the last clock record.
    anchor: Option<Moment>,
    shift_ms: i64,
    /// The monotonic clock at the first record of this boot.
    began_ms: u64,
    /// By how much wall clocks went back between two starts and did not come back yet: nobody measured that.
    behind_ms: i64,
    /// By how much they ran ahead between two starts, further than any closing that is usual.
    ahead_ms: i64,
    /// What was before is not known: whether a long way ahead between two starts is a return is left open.
    is_part: bool,
}

/// The first record of a start, seen from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Ledger time of the last record before, milliseconds since 1970 UTC.
    pub before_ms: i64,
    /// By how much ledger time went on in between. Nobody measured it.
    pub gained_ms: i64,
    /// How long the start before was measured, in milliseconds.
    pub ran_ms: u64,
}

impl LedgerClock {
    /// A clock in the middle of a ledger, from what is kept of the records before.
    #[must_use]
    pub fn resume(last: Moment, anchor: Moment, shift_ms: i64) -> LedgerClock {
        LedgerClock {
            last: Some(last),
            anchor: Some(anchor),
            shift_ms,
            began_ms: anchor.monotonic_ms,
            ..LedgerClock::default()
        }
    }

    /// A clock in a ledger of which only a part is there, from a record at `at` on.
    #[must_use]
    pub fn within(at: Moment) -> LedgerClock {
        LedgerClock {
            is_part: true,
            ..LedgerClock::resume(at, at, 0)
        }
    }

    /// The step of the wall clock, in milliseconds, of which a clock record must tell before a record at `next`
    /// may be written. Measured against the anchor and not against the last record, so that many small steps add
    /// up. Between two boots nobody measured: there a step back is certain, and a clock that then goes on by more
    /// than [`LONGEST_PAUSE_MS`] has come back by as much as it had gone back.
    #[must_use]
    pub fn step_before(&self, next: &Moment) -> Option<i64> {
        let (last, anchor) = (self.last?, self.anchor?);
        let step = if next.boot == anchor.boot {
            let monotonic = next.monotonic_ms.saturating_sub(anchor.monotonic_ms);
            next.wall_ms
                .saturating_sub(anchor.wall_ms)
                .saturating_sub(i64::try_from(monotonic).unwrap_or(i64::MAX))
        } else {
            match next.wall_ms.saturating_sub(last.wall_ms) {
                gap if gap > LONGEST_PAUSE_MS => gap.min(self.behind_ms),
                gap => gap.min(0),
            }
        };
        let is_within_limits = (-BACKWARD_LIMIT_MS..=FORWARD_LIMIT_MS).contains(&step);
        (!is_within_limits).then_some(step)
    }

    /// Goes on to the next record. `recorded_step` is what it says where it is a clock record. Returns the start
    /// where it is the first record of one.
    ///
    /// # Errors
    /// A [`TimeFault`]; the clock stays where it was.
    #[inline]
    pub fn advance(&mut self, at: &Moment, recorded_step: Option<i64>) -> Result<Option<Start>, TimeFault> {
        let Some(last) = self.last else {
            if recorded_step.is_some() {
                return Err(TimeFault::WrongStep(0));
            }
            *self = LedgerClock {
                is_part: self.is_part,
                ..LedgerClock::resume(*at, *at, self.shift_ms)
            };
            return Ok(None);
        };
        if (at.boot, at.monotonic_ms) < (last.boot, last.monotonic_ms) {
            return Err(TimeFault::Monotonic);
        }
        let due = self.step_before(at);
        if due != recorded_step && !self.may_be_a_return(&last, at, recorded_step) {
            return Err(match (due, recorded_step) {
                (Some(step), None) => TimeFault::UnrecordedStep(step),
                (step, _) => TimeFault::WrongStep(step.unwrap_or(0)),
            });
        }
        let start = (at.boot != last.boot).then(|| self.start(&last, at, recorded_step.unwrap_or(0)));
        if let Some(step) = recorded_step {
            // Saturates: a made-up ledger may claim any steps.
            self.shift_ms = self.shift_ms.saturating_add(step);
            self.anchor = Some(*at);
            self.take_back(step, start.is_some());
        }
        if let Some(start) = &start {
            self.anchor = Some(*at);
            self.began_ms = at.monotonic_ms;
            if start.gained_ms > LONGEST_PAUSE_MS {
                self.ahead_ms = self.ahead_ms.saturating_add(start.gained_ms);
            }
        }
        self.last = Some(*at);
        Ok(start)
    }

    /// Whether what is recorded between two boots may be right, where it hangs on records before the part of the
    /// ledger that is known: how far a clock had gone back that now returns.
    fn may_be_a_return(&self, last: &Moment, at: &Moment, recorded_step: Option<i64>) -> bool {
        let gap = at.wall_ms.saturating_sub(last.wall_ms);
        self.is_part
            && at.boot != last.boot
            && gap > LONGEST_PAUSE_MS
            && recorded_step.is_none_or(|step| step > FORWARD_LIMIT_MS && step <= gap)
    }

    fn start(&self, last: &Moment, at: &Moment, step: i64) -> Start {
        Start {
            before_ms: self.time_ms(last.wall_ms),
            gained_ms: at.wall_ms.saturating_sub(last.wall_ms).saturating_sub(step),
            ran_ms: last.monotonic_ms.saturating_sub(self.began_ms),
        }
    }

    /// A step that undoes an earlier one leaves nothing to come back.
    fn take_back(&mut self, step: i64, is_unmeasured: bool) {
        if step >= 0 {
            self.behind_ms = self.behind_ms.saturating_sub(step).max(0);
        } else if step.saturating_neg() <= self.ahead_ms {
            self.ahead_ms = self.ahead_ms.saturating_add(step);
        } else if is_unmeasured {
            self.behind_ms = self.behind_ms.saturating_sub(step);
        }
    }

    /// The last record's moment.
    #[must_use]
    pub fn last(&self) -> Option<Moment> {
        self.last
    }

    /// The sum of all recorded steps: what the wall clock is ahead of ledger time, in milliseconds.
    #[must_use]
    pub fn shift_ms(&self) -> i64 {
        self.shift_ms
    }

    /// Ledger time at this wall clock, milliseconds since 1970 UTC.
    #[must_use]
    pub fn time_ms(&self, wall_ms: i64) -> i64 {
        wall_ms.saturating_sub(self.shift_ms)
    }

    /// The day of ledger time at this wall clock.
    #[must_use]
    pub fn day(&self, wall_ms: i64) -> LedgerDay {
        LedgerDay::at(self.time_ms(wall_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall_ms: i64, boot: u32, monotonic_ms: u64) -> Moment {
        Moment {
            wall_ms,
            boot,
            monotonic_ms,
        }
    }

    fn started() -> LedgerClock {
        let mut clock = LedgerClock::default();
        clock
            .advance(&at(1_000_000, 1, 0), None)
            .expect("the first record");
        clock
    }

    #[test]
    fn a_step_is_due_a_record_just_beyond_either_limit() {
        let clock = started();
        assert_eq!(clock.step_before(&at(1_010_000 - 2_000, 1, 10_000)), None);
        assert_eq!(clock.step_before(&at(1_010_000 - 2_001, 1, 10_000)), Some(-2_001));
        assert_eq!(clock.step_before(&at(1_010_000 + 60_000, 1, 10_000)), None);
        assert_eq!(
            clock.step_before(&at(1_010_000 + 60_001, 1, 10_000)),
            Some(60_001)
        );
    }

    #[test]
    fn many_small_steps_add_up() {
        let mut clock = started();
        clock
            .advance(&at(1_000_000 - 1_500, 1, 10), None)
            .expect("a small step");
        assert_eq!(clock.step_before(&at(1_000_000 - 3_000, 1, 20)), Some(-3_020));
    }

    #[test]
    fn a_clock_record_must_tell_of_the_very_step() {
        let mut clock = started();
        let back = at(500_000, 1, 1_000);
        assert_eq!(
            clock.advance(&back, None),
            Err(TimeFault::UnrecordedStep(-501_000))
        );
        assert_eq!(
            clock.advance(&back, Some(-1)),
            Err(TimeFault::WrongStep(-501_000))
        );
        assert_eq!(clock.advance(&back, Some(-501_000)), Ok(None));
        assert_eq!(clock.advance(&back, None), Ok(None));
    }

    /// The first record of the next start, with a clock record where one is due.
    fn start(clock: &mut LedgerClock, wall_ms: i64) -> (Option<i64>, i64) {
        let at = at(wall_ms, clock.last().expect("a record").boot + 1, 0);
        let step = clock.step_before(&at);
        let start = clock.advance(&at, step).expect("as is due").expect("a start");
        (step, start.gained_ms)
    }

    #[test]
    fn an_empty_battery_nets_to_zero_once_the_clock_is_right_again() {
        let mut clock = started();
        let back = -9_800 * DAY_MS;
        assert_eq!(start(&mut clock, 1_000_000 + back), (Some(back), 0));
        let night = 10 * 3_600_000;
        assert_eq!(start(&mut clock, 1_000_000 + back + night), (None, night));
        let right = 1_000_000 + 2 * night;
        assert_eq!(start(&mut clock, right), (Some(-back), night));
        assert_eq!(clock.shift_ms(), 0);
        assert_eq!(clock.time_ms(right), right);
        assert_eq!(start(&mut clock, right + 40 * DAY_MS), (None, 40 * DAY_MS));
    }

    #[test]
    fn a_clock_that_comes_back_by_halves_is_recorded_by_halves() {
        let mut clock = started();
        assert_eq!(start(&mut clock, 1_000_000 - 100 * DAY_MS).0, Some(-100 * DAY_MS));
        assert_eq!(start(&mut clock, 1_000_000 - 40 * DAY_MS).0, Some(60 * DAY_MS));
        assert_eq!(
            start(&mut clock, 1_000_000 + 20 * DAY_MS),
            (Some(40 * DAY_MS), 20 * DAY_MS)
        );
    }

    #[test]
    fn a_return_that_was_measured_is_not_awaited_any_more() {
        let mut clock = started();
        start(&mut clock, 1_000_000 - 100 * DAY_MS);
        let set = at(1_000_000, 2, 0);
        clock.advance(&set, Some(100 * DAY_MS)).expect("measured");
        assert_eq!(start(&mut clock, 1_000_000 + 10 * DAY_MS), (None, 10 * DAY_MS));
    }

    #[test]
    fn a_clock_that_ran_ahead_and_was_put_right_is_not_awaited_again() {
        let mut clock = started();
        start(&mut clock, 1_000_000 + 40 * DAY_MS);
        assert_eq!(start(&mut clock, 1_000_000 + DAY_MS).0, Some(-39 * DAY_MS));
        assert_eq!(start(&mut clock, 1_000_000 + 31 * DAY_MS), (None, 30 * DAY_MS));
    }

    #[test]
    fn within_a_part_of_a_ledger_a_return_may_be_recorded_or_not() {
        let next = at(1_000_000 + 40 * DAY_MS, 2, 0);
        let mut clock = LedgerClock::within(at(1_000_000, 1, 0));
        assert!(clock.advance(&next, Some(41 * DAY_MS)).is_err());
        let mut other = clock;
        assert!(clock.advance(&next, Some(30 * DAY_MS)).is_ok());
        assert!(other.advance(&next, None).is_ok());
    }

    #[test]
    fn a_start_tells_what_nobody_measured() {
        let mut clock = started();
        clock.advance(&at(1_005_000, 1, 5_000), None).expect("later");
        let next = at(1_009_000, 2, 700);
        let start = clock.advance(&next, None).expect("sound").expect("a start");
        let expected = Start {
            before_ms: 1_005_000,
            gained_ms: 4_000,
            ran_ms: 5_000,
        };
        assert_eq!(start, expected);
    }

    #[test]
    fn between_boots_only_a_step_back_is_certain() {
        let clock = started();
        assert_eq!(clock.step_before(&at(9_000_000, 2, 0)), None);
        assert_eq!(clock.step_before(&at(900_000, 2, 0)), Some(-100_000));
    }

    #[test]
    fn the_monotonic_clock_never_goes_back() {
        let mut clock = started();
        clock.advance(&at(1_005_000, 1, 5_000), None).expect("later");
        assert_eq!(
            clock.advance(&at(1_004_000, 1, 4_000), None),
            Err(TimeFault::Monotonic)
        );
        assert_eq!(
            clock.advance(&at(1_004_000, 0, 9_000), None),
            Err(TimeFault::Monotonic)
        );
    }

    #[test]
    fn a_clock_that_was_set_makes_no_record_older_and_none_younger() {
        let mut clock = started();
        let before = clock.day(1_000_000);
        let forty_days = 40 * DAY_MS;
        clock
            .advance(&at(1_000_000 + forty_days, 1, 0), Some(forty_days))
            .expect("recorded");
        assert_eq!(clock.day(1_000_000 + forty_days), before);
        clock
            .advance(&at(1_000_000 + DAY_MS, 1, DAY_MS as u64), Some(-forty_days))
            .expect("recorded");
        assert_eq!(clock.day(1_000_000 + DAY_MS), LedgerDay(before.0 + 1));
    }
}
