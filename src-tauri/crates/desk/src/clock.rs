//! The two clocks of the program, as a port.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveTime};

/// Wall clock and monotonic clock. Tests bring their own.
pub trait Clock: Send + Sync {
    /// Local time with its offset from UTC.
    fn now(&self) -> DateTime<FixedOffset>;
    /// Time since the program was started; never goes back. It counts the time for which the machine slept, where
    /// the system tells: the wall clock is measured against it.
    fn since_start(&self) -> Duration;
}

/// The clocks of the operating system.
pub struct SystemClock {
    started: Duration,
}

impl SystemClock {
    /// Starts counting now.
    #[must_use]
    pub fn start() -> SystemClock {
        SystemClock { started: monotonic() }
    }
}

/// Since the machine was started, with the time for which it slept.
#[cfg(target_os = "linux")]
fn monotonic() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Since the first call. macOS leaves out the time for which it slept, Windows counts it.
#[cfg(not(target_os = "linux"))]
fn monotonic() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;

    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the program reads the wall clock"
    )]
    fn now(&self) -> DateTime<FixedOffset> {
        Local::now().fixed_offset()
    }

    fn since_start(&self) -> Duration {
        monotonic().saturating_sub(self.started)
    }
}

/// When a local day begins at this offset from UTC, in milliseconds since 1970 UTC; `None` for a day at the very end
/// of the calendar, whose beginning is none of its moments.
#[must_use]
pub fn local_midnight_ms(day: NaiveDate, offset: FixedOffset) -> Option<i64> {
    let midnight = day.and_time(NaiveTime::MIN).and_local_timezone(offset);
    midnight.single().map(|time| time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_day_begins_by_the_offset_and_the_first_of_the_calendar_not_at_all() {
        let east = FixedOffset::east_opt(8 * 3600).expect("China");
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
        // 2026-11-22 16:00 UTC.
        assert_eq!(local_midnight_ms(day, east), Some(1_795_363_200_000));
        assert_eq!(local_midnight_ms(NaiveDate::MIN, east), None);
        assert!(local_midnight_ms(NaiveDate::MAX, east).is_some());
    }
}
