//! What the ledger knows of time: two clocks, neither clamped, and every jump of the wall clock in a record.

use serde::{Deserialize, Serialize};

/// A wall clock that went back further than this against the monotonic clock has been set.
pub const BACKWARD_LIMIT_MS: i64 = 2_000;
/// A wall clock that ran ahead further than this against the monotonic clock has been set.
pub const FORWARD_LIMIT_MS: i64 = 60_000;

const DAY_MS: i64 = 86_400_000;

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
}

impl LedgerClock {
    /// A clock in the middle of a ledger, from what is kept of the records before.
    #[must_use]
    pub fn resume(last: Moment, anchor: Moment, shift_ms: i64) -> LedgerClock {
        LedgerClock {
            last: Some(last),
            anchor: Some(anchor),
            shift_ms,
        }
    }

    /// The step of the wall clock, in milliseconds, of which a clock record must tell before a record at `next`
    /// may be written. Measured against the anchor and not against the last record, so that many small steps add
    /// up. Between two boots nobody measured, so only a step back is certain.
    #[must_use]
    pub fn step_before(&self, next: &Moment) -> Option<i64> {
        let (last, anchor) = (self.last?, self.anchor?);
        let step = if next.boot == anchor.boot {
            let monotonic = next.monotonic_ms.saturating_sub(anchor.monotonic_ms);
            next.wall_ms
                .saturating_sub(anchor.wall_ms)
                .saturating_sub(i64::try_from(monotonic).unwrap_or(i64::MAX))
        } else {
            next.wall_ms.saturating_sub(last.wall_ms).min(0)
        };
        let is_within_limits = (-BACKWARD_LIMIT_MS..=FORWARD_LIMIT_MS).contains(&step);
        (!is_within_limits).then_some(step)
    }

    /// Goes on to the next record. `recorded_step` is what it says where it is a clock record.
    ///
    /// # Errors
    /// A [`TimeFault`]; the clock stays where it was.
    pub fn advance(&mut self, at: &Moment, recorded_step: Option<i64>) -> Result<(), TimeFault> {
        if let Some(last) = self.last
            && (at.boot, at.monotonic_ms) < (last.boot, last.monotonic_ms)
        {
            return Err(TimeFault::Monotonic);
        }
        match (self.step_before(at), recorded_step) {
            (Some(step), None) => return Err(TimeFault::UnrecordedStep(step)),
            (step, Some(recorded)) if step != Some(recorded) => {
                return Err(TimeFault::WrongStep(step.unwrap_or(0)));
            }
            (_, Some(step)) => {
                // Saturates: a made-up ledger may claim any steps.
                self.shift_ms = self.shift_ms.saturating_add(step);
                self.anchor = Some(*at);
            }
            (None, None) => {
                if self.anchor.is_none_or(|anchor| anchor.boot != at.boot) {
                    self.anchor = Some(*at);
                }
            }
        }
        self.last = Some(*at);
        Ok(())
    }

    /// The last record's moment.
    #[must_use]
    pub fn last(&self) -> Option<Moment> {
        self.last
    }

    /// The day of ledger time at this wall clock.
    #[must_use]
    pub fn day(&self, wall_ms: i64) -> LedgerDay {
        let day = wall_ms.saturating_sub(self.shift_ms).div_euclid(DAY_MS);
        LedgerDay(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
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
        assert_eq!(clock.advance(&back, Some(-501_000)), Ok(()));
        assert_eq!(clock.advance(&back, None), Ok(()));
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
