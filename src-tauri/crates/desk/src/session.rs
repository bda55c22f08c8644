//! Who is signed in, and the patience with wrong PINs.

use std::collections::HashMap;
use std::time::Duration;

use gatepost_codes::Personal;
use gatepost_store::{OpenShift, PersonNumber, Role, WrongPins};

use crate::error::DeskError;

/// Wrong PINs in a row before a pause.
const TRIES: u32 = 5;
/// The first pause. It concerns one person: the gate goes on with another guard.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// No pause is longer: six digits then take decades to try out.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// A signed-in person.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) number: PersonNumber,
    pub(crate) role: Role,
    pub(crate) name: Personal<String>,
    pub(crate) shift: Option<OpenShift>,
}

/// Counts wrong PINs per person, on the monotonic clock: setting the wall clock helps nobody. What is counted here is
/// also written down, so that neither does starting the program anew.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    wrong: HashMap<PersonNumber, Count>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    wrong: u32,
    /// Until when the person has to wait.
    until: Duration,
}

impl Patience {
    /// Goes on where the program left off. How much of a pause passed while it was not running nobody measured, so
    /// a pause of another boot begins again.
    pub(crate) fn resume(written: &[WrongPins], boot: u32) -> Patience {
        let counted = |one: &WrongPins| Count {
            wrong: one.wrong,
            until: if one.boot == boot {
                Duration::from_millis(one.until_ms)
            } else {
                pause_after(one.wrong).unwrap_or_default()
            },
        };
        Patience {
            wrong: written.iter().map(|one| (one.number, counted(one))).collect(),
        }
    }

    /// Refuses while the pause lasts.
    pub(crate) fn may_try(&self, number: PersonNumber, now: Duration) -> Result<(), DeskError> {
        match self.wrong.get(&number) {
            Some(count) if now < count.until => Err(DeskError::LockedOut {
                seconds: whole_seconds(count.until.saturating_sub(now)),
            }),
            _ => Ok(()),
        }
    }

    /// A wrong PIN; the refusal says how many tries are left.
    pub(crate) fn wrong(&mut self, number: PersonNumber, now: Duration) -> DeskError {
        let count = self.wrong.entry(number).or_insert(Count {
            wrong: 0,
            until: Duration::ZERO,
        });
        count.wrong = count.wrong.saturating_add(1);
        let Some(pause) = pause_after(count.wrong) else {
            return DeskError::WrongPin {
                tries_left: TRIES - count.wrong,
            };
        };
        count.until = now + pause;
        DeskError::LockedOut {
            seconds: whole_seconds(pause),
        }
    }

    /// The right PIN.
    pub(crate) fn right(&mut self, number: PersonNumber) {
        self.wrong.remove(&number);
    }

    /// What is to be written down of a person.
    pub(crate) fn written(&self, number: PersonNumber, boot: u32) -> WrongPins {
        let count = self.wrong.get(&number);
        WrongPins {
            number,
            wrong: count.map_or(0, |count| count.wrong),
            boot,
            until_ms: count.map_or(0, |count| {
                u64::try_from(count.until.as_millis()).unwrap_or(u64::MAX)
            }),
        }
    }
}

/// The pause after so many wrong PINs in a row: none below five, then after each one twice as long as before.
fn pause_after(wrong: u32) -> Option<Duration> {
    let further = wrong.checked_sub(TRIES)?;
    Some((FIRST_PAUSE * 2u32.pow(further.min(10))).min(LONGEST_PAUSE))
}

fn whole_seconds(pause: Duration) -> u32 {
    u32::try_from(pause.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// A PIN has 6 to 12 ASCII digits, not all the same and not a run like 123456 or 654321.
pub(crate) fn check_pin(pin: &str) -> Result<(), DeskError> {
    let digits = pin.as_bytes();
    let shape = (6..=12).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let steps = |step: i16| {
        digits
            .windows(2)
            .all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step)
    };
    if !shape || steps(0) || steps(1) || steps(-1) {
        return Err(DeskError::PinTooSimple);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOMEBODY: PersonNumber = PersonNumber(2);
    const ANOTHER: PersonNumber = PersonNumber(3);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_fifth_wrong_pin_begins_a_pause_that_ends() {
        let mut patience = Patience::default();
        for left in (1..=4).rev() {
            assert_eq!(
                patience.wrong(SOMEBODY, seconds(1)),
                DeskError::WrongPin { tries_left: left }
            );
            assert_eq!(patience.may_try(SOMEBODY, seconds(1)), Ok(()));
        }
        assert_eq!(
            patience.wrong(SOMEBODY, seconds(1)),
            DeskError::LockedOut { seconds: 30 }
        );
        assert_eq!(
            patience.may_try(SOMEBODY, seconds(21)),
            Err(DeskError::LockedOut { seconds: 10 })
        );
        assert_eq!(patience.may_try(SOMEBODY, seconds(31)), Ok(()));
    }

    #[test]
    fn one_wrong_pin_after_the_pause_begins_one_twice_as_long_up_to_a_quarter_of_an_hour() {
        let mut patience = Patience::default();
        for _ in 0..5 {
            patience.wrong(SOMEBODY, seconds(1));
        }
        for pause in [60, 120, 240, 480, 900, 900] {
            assert_eq!(
                patience.wrong(SOMEBODY, seconds(40)),
                DeskError::LockedOut { seconds: pause }
            );
        }
    }

    #[test]
    fn a_pause_that_was_written_down_begins_again_in_another_boot() {
        let mut before = Patience::default();
        for _ in 0..5 {
            before.wrong(SOMEBODY, seconds(100));
        }
        before.wrong(ANOTHER, seconds(100));
        let written = [before.written(SOMEBODY, 7), before.written(ANOTHER, 7)];
        let same = Patience::resume(&written, 7);
        assert_eq!(same.may_try(SOMEBODY, seconds(130)), Ok(()));
        let mut next = Patience::resume(&written, 8);
        assert_eq!(
            next.may_try(SOMEBODY, seconds(10)),
            Err(DeskError::LockedOut { seconds: 20 })
        );
        assert_eq!(next.may_try(SOMEBODY, seconds(30)), Ok(()));
        assert_eq!(
            next.wrong(ANOTHER, seconds(10)),
            DeskError::WrongPin { tries_left: 3 }
        );
    }

    #[test]
    fn the_pause_of_one_person_is_not_that_of_another_and_the_right_pin_ends_the_count() {
        let mut patience = Patience::default();
        for _ in 0..5 {
            patience.wrong(SOMEBODY, seconds(1));
        }
        assert_eq!(patience.may_try(ANOTHER, seconds(1)), Ok(()));
        patience.right(SOMEBODY);
        assert_eq!(patience.may_try(SOMEBODY, seconds(1)), Ok(()));
    }

    #[test]
    fn pins_of_six_to_twelve_mixed_digits_are_taken_and_others_are_not() {
        for pin in ["730519", "284613", "112233", "121212121212"] {
            assert_eq!(check_pin(pin), Ok(()), "{pin}");
        }
        for pin in [
            "",
            "73051",
            "1234567890123",
            "111111",
            "123456",
            "987654",
            "73051a",
            "７３０５１９",
        ] {
            assert_eq!(check_pin(pin), Err(DeskError::PinTooSimple), "{pin}");
        }
    }
}
