//! When the guard is told what would make a code readable: calmly, or not at all.

use std::time::Duration;

use crate::view::ScanHelp;

/// What is wrong for a shorter time is over before anybody could act on it.
const TOLD_AFTER: Duration = Duration::from_millis(700);
/// Frames of another kind in between do not make it another trouble.
const PAUSE: Duration = Duration::from_millis(400);
/// Long enough to be read.
const STAYS: Duration = Duration::from_millis(1500);

/// Makes one calm line of what single frames say. Times are those of the desk's monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Helping {
    trouble: Option<Trouble>,
    /// What is told, and since when.
    told: Option<(ScanHelp, Duration)>,
}

/// What frames say.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    help: ScanHelp,
    first: Duration,
    last: Duration,
}

impl Helping {
    /// What to tell after a frame that was looked at `now`: nothing once a code was read.
    pub(crate) fn told(&mut self, frame: Option<ScanHelp>, is_read: bool, now: Duration) -> Option<ScanHelp> {
        if is_read {
            *self = Helping::default();
            return None;
        }
        let going_on = self
            .trouble
            .filter(|trouble| now.saturating_sub(trouble.last) <= PAUSE);
        self.trouble = match (frame, going_on) {
            (Some(help), Some(trouble)) if trouble.help == help => Some(Trouble { last: now, ..trouble }),
            (_, Some(trouble)) => Some(trouble),
            (Some(help), None) => Some(Trouble {
                help,
                first: now,
                last: now,
            }),
            (None, None) => None,
        };
        let lasting = self
            .trouble
            .filter(|trouble| trouble.last.saturating_sub(trouble.first) >= TOLD_AFTER)
            .map(|trouble| trouble.help);
        let is_to_be_read = self
            .told
            .is_some_and(|(_, since)| now.saturating_sub(since) < STAYS);
        if !is_to_be_read && lasting != self.told.map(|(help, _)| help) {
            self.told = lasting.map(|help| (help, now));
        }
        self.told.map(|(help, _)| help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told after frames, 30 a second from `from_ms` on, that all say the same.
    fn frames(helping: &mut Helping, from_ms: u64, to_ms: u64, frame: Option<ScanHelp>) -> Option<ScanHelp> {
        (from_ms..to_ms)
            .step_by(33)
            .map(|ms| helping.told(frame, false, Duration::from_millis(ms)))
            .last()
            .flatten()
    }

    #[test]
    fn a_trouble_is_told_when_it_lasts_and_not_before() {
        let mut helping = Helping::default();
        assert_eq!(frames(&mut helping, 0, 690, Some(ScanHelp::TooFar)), None);
        assert_eq!(
            frames(&mut helping, 690, 800, Some(ScanHelp::TooFar)),
            Some(ScanHelp::TooFar)
        );
    }

    #[test]
    fn a_single_frame_of_another_kind_changes_nothing() {
        let mut helping = Helping::default();
        frames(&mut helping, 0, 400, Some(ScanHelp::TooFar));
        frames(&mut helping, 400, 430, Some(ScanHelp::Blurred));
        frames(&mut helping, 430, 500, None);
        assert_eq!(
            frames(&mut helping, 500, 800, Some(ScanHelp::TooFar)),
            Some(ScanHelp::TooFar)
        );
    }

    #[test]
    fn it_stays_long_enough_to_be_read_and_goes_when_the_trouble_is_over() {
        let mut helping = Helping::default();
        frames(&mut helping, 0, 800, Some(ScanHelp::Glare));
        assert_eq!(frames(&mut helping, 800, 2100, None), Some(ScanHelp::Glare));
        assert_eq!(frames(&mut helping, 2100, 2400, None), None);
    }

    #[test]
    fn another_trouble_follows_when_the_first_could_be_read() {
        let mut helping = Helping::default();
        frames(&mut helping, 0, 800, Some(ScanHelp::TooFar));
        assert_eq!(
            frames(&mut helping, 800, 2000, Some(ScanHelp::TooDark)),
            Some(ScanHelp::TooFar)
        );
        assert_eq!(
            frames(&mut helping, 2000, 2400, Some(ScanHelp::TooDark)),
            Some(ScanHelp::TooDark)
        );
    }

    #[test]
    fn a_code_that_is_read_ends_it_at_once() {
        let mut helping = Helping::default();
        frames(&mut helping, 0, 800, Some(ScanHelp::TooFar));
        let read = helping.told(Some(ScanHelp::TooFar), true, Duration::from_millis(800));
        assert_eq!(read, None);
        assert_eq!(frames(&mut helping, 833, 1500, Some(ScanHelp::TooFar)), None);
    }
}
