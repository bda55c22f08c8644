//! Who is signed in, and the patience with wrong PINs.

use std::collections::HashMap;
use std::time::Duration;

use gatepost_codes::Personal;
use gatepost_store::{OpenShift, PersonNumber, Role};

use crate::error::DeskError;

/// Wrong PINs in a row before a pause.
const TRIES: u32 = 5;
/// The pause. It concerns one person: the gate goes on with another guard.
const PAUSE: Duration = Duration::from_secs(30);

/// A signed-in person.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) number: PersonNumber,
    pub(crate) role: Role,
    pub(crate) name: Personal<String>,
    pub(crate) shift: Option<OpenShift>,
}

/// Counts wrong PINs per person, on the monotonic clock: setting the wall clock helps nobody.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    wrong: HashMap<PersonNumber, (u32, Duration)>,
}

impl Patience {
    /// Refuses while the pause lasts.
    pub(crate) fn may_try(&self, number: PersonNumber, now: Duration) -> Result<(), DeskError> {
        match self.wrong.get(&number) {
            Some((count, last)) if *count >= TRIES && now < *last + PAUSE => {
                let left = (*last + PAUSE).saturating_sub(now);
                Err(DeskError::LockedOut {
                    seconds: left.as_secs().max(1) as u32,
                })
            }
            _ => Ok(()),
        }
    }

    /// A wrong PIN; the refusal says how many tries are left.
    pub(crate) fn wrong(&mut self, number: PersonNumber, now: Duration) -> DeskError {
        let (count, last) = self.wrong.entry(number).or_insert((0, now));
        // After a pause there is one try, then the next pause.
        *count = (*count + 1).min(TRIES);
        *last = now;
        if *count >= TRIES {
            return DeskError::LockedOut {
                seconds: PAUSE.as_secs() as u32,
            };
        }
        DeskError::WrongPin {
            tries_left: TRIES - *count,
        }
    }

    /// The right PIN.
    pub(crate) fn right(&mut self, number: PersonNumber) {
        self.wrong.remove(&number);
    }
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
    fn one_wrong_pin_after_the_pause_begins_the_next() {
        let mut patience = Patience::default();
        for _ in 0..5 {
            patience.wrong(SOMEBODY, seconds(1));
        }
        assert_eq!(
            patience.wrong(SOMEBODY, seconds(40)),
            DeskError::LockedOut { seconds: 30 }
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
