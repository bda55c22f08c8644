//! The two clocks of the program, as a port.

use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, Local};

/// Wall clock and monotonic clock. Tests bring their own.
pub trait Clock: Send + Sync {
    /// Local time with its offset from UTC.
    fn now(&self) -> DateTime<FixedOffset>;
    /// Time since the program was started; never goes back.
    fn since_start(&self) -> Duration;
}

/// The clocks of the operating system.
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts counting now.
    #[must_use]
    pub fn start() -> SystemClock {
        SystemClock {
            started: Instant::now(),
        }
    }
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
        self.started.elapsed()
    }
}
