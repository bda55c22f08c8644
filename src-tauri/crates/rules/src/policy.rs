//! The venue's rules, as data with an owner and a date, never as constants in code.

use serde::{Deserialize, Serialize};

use crate::temperature::BodyTemperature;

/// Whether the threshold itself is a fever. Both wordings occur in official notices (≥ 37.3 and > 37.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FeverOperator {
    /// ≥: the threshold itself is a fever. The safe side, and the default.
    AtLeast,
    /// >: only more than the threshold is a fever.
    Above,
}

/// What a yellow or orange code leads to. A supermarket refuses it; a hospital must lead the patient aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum YellowRule {
    /// Hold the visitor and check.
    Hold,
    /// Refuse entry.
    Refuse,
}

/// The venue's rules for one entry. Defaults: ≥ 37.3 °C holds, below 35.0 °C is measured again, masks are
/// required, yellow is held, the same code within ten minutes is pointed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Policy {
    /// The fever threshold, tenths of a degree.
    pub fever_threshold: BodyTemperature,
    /// Whether the threshold itself counts.
    pub fever_operator: FeverOperator,
    /// Below this a reading is measured again.
    pub low_limit: BodyTemperature,
    /// Whether a mask is required to enter.
    pub mask_required: bool,
    /// What a yellow or orange code leads to.
    pub yellow_rule: YellowRule,
    /// The same code again within this many minutes is pointed out to the guard; 0 switches it off.
    pub repeat_window_minutes: u16,
}

/// Why a policy cannot be: shown to the manager beside the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PolicyRefusal {
    /// The low limit is not below the fever threshold, so no temperature would be normal.
    #[error("the low limit is not below the fever threshold")]
    NothingIsNormal,
    /// More than a day: that would flag every regular visitor.
    #[error("the repeat window is longer than a day")]
    RepeatWindowTooLong,
}

impl Policy {
    /// Whether `temperature` is a fever here.
    #[must_use]
    pub fn is_fever(&self, temperature: BodyTemperature) -> bool {
        match self.fever_operator {
            FeverOperator::AtLeast => temperature >= self.fever_threshold,
            FeverOperator::Above => temperature > self.fever_threshold,
        }
    }

    /// The policy itself when it makes sense.
    ///
    /// # Errors
    /// A [`PolicyRefusal`] naming the first rule that does not.
    pub fn checked(self) -> Result<Policy, PolicyRefusal> {
        if self.low_limit >= self.fever_threshold {
            return Err(PolicyRefusal::NothingIsNormal);
        }
        if self.repeat_window_minutes > 24 * 60 {
            return Err(PolicyRefusal::RepeatWindowTooLong);
        }
        Ok(self)
    }
}

impl Default for Policy {
    fn default() -> Policy {
        let tenths = |value| BodyTemperature::from_tenths(value).expect("defaults lie in the range");
        Policy {
            fever_threshold: tenths(373),
            fever_operator: FeverOperator::AtLeast,
            low_limit: tenths(350),
            mask_required: true,
            yellow_rule: YellowRule::Hold,
            repeat_window_minutes: 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_at_the_threshold_is_refused_and_one_below_it_is_not() {
        let policy = Policy::default();
        let at = Policy {
            low_limit: policy.fever_threshold,
            ..policy
        };
        assert_eq!(at.checked(), Err(PolicyRefusal::NothingIsNormal));
        assert!(policy.checked().is_ok());
    }

    #[test]
    fn a_repeat_window_of_a_day_is_the_longest() {
        let day = Policy {
            repeat_window_minutes: 1440,
            ..Policy::default()
        };
        assert!(day.checked().is_ok());
        let more = Policy {
            repeat_window_minutes: 1441,
            ..Policy::default()
        };
        assert_eq!(more.checked(), Err(PolicyRefusal::RepeatWindowTooLong));
    }
}
