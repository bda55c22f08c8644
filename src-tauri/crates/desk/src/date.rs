//! Whether the date is right: asked now and then, because nobody else can know after a long closing.
//!
//! The question stands on the start of a shift and on the manager's page of the ledger, each at most once a day.

use chrono::NaiveDate;
use gatepost_ledger::{PersonNumber, Role};
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::view::{AppView, DateAnswer};

/// The setting that keeps when the question was put last.
const SETTING: &str = "date_asked";

/// On which local day the question was answered with no, or passed over.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    guard: Option<NaiveDate>,
    manager: Option<NaiveDate>,
}

impl Asked {
    fn of(&mut self, role: Role) -> Option<&mut Option<NaiveDate>> {
        match role {
            Role::Guard => Some(&mut self.guard),
            Role::Manager => Some(&mut self.manager),
            Role::Inspector => None,
        }
    }
}

impl Desk {
    /// Whoever signed in says whether the date is right. What is right becomes a record, and what waited for it is
    /// erased; otherwise nobody in this role is asked again today. An answer to the question of another day counts
    /// for nothing: the view asks for today.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for an inspector, [`DeskError::SignedOut`], or a store fault.
    pub fn answer_date(&self, answer: &DateAnswer) -> Result<AppView, DeskError> {
        {
            let mut state = self.lock();
            let by = state.require_one_of(&[Role::Guard, Role::Manager])?.number;
            if self.asked_date(&state).as_ref() != Some(&answer.day) {
                return Ok(self.show_app(&state));
            }
            if !answer.right {
                self.pass_over_the_date(&mut state);
                return Ok(self.show_app(&state));
            }
            self.confirm_date(&mut state, by)?;
        }
        self.erase_soon();
        Ok(self.show_app(&self.lock()))
    }

    /// The date is right, whoever says so: a record.
    pub(crate) fn confirm_date(&self, state: &mut State, by: PersonNumber) -> Result<(), DeskError> {
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.confirm_date(at, &gate, by)?;
        state.clock_unconfirmed = false;
        state.wants_date = false;
        Ok(())
    }

    /// Looks again whether somebody should be asked for the date. A demonstration asks nobody.
    pub(crate) fn look_at_the_date(&self, state: &mut State) -> Result<(), DeskError> {
        let at = self.moment(state.boot());
        let data = state.data()?;
        let is_real = data.venue.as_ref().is_some_and(|venue| !venue.demo);
        state.wants_date = is_real && data.store.wants_date(at)?;
        Ok(())
    }

    /// The local date that whoever is signed in should be asked for, where somebody should.
    pub(crate) fn asked_date(&self, state: &State) -> Option<String> {
        let session = state.session.as_ref().filter(|_| state.wants_date)?;
        if session.shift.is_some() {
            return None;
        }
        let today = self.clock.now().date_naive();
        let mut asked = state.date_asked;
        let last = asked.of(session.role)?;
        (*last != Some(today)).then(|| today.to_string())
    }

    /// Nobody in the role of whoever is signed in is asked again today.
    pub(crate) fn pass_over_the_date(&self, state: &mut State) {
        let today = self.clock.now().date_naive();
        let Some(role) = state.session.as_ref().map(|session| session.role) else {
            return;
        };
        let Some(last) = state.date_asked.of(role) else {
            return;
        };
        *last = Some(today);
        let text = serde_json::to_string(&state.date_asked).expect("two dates serialise");
        let kept = state
            .data()
            .and_then(|data| Ok(data.store.set_setting(SETTING, &text)?));
        if let Err(error) = kept {
            // At worst the question comes once more after a start.
            tracing::warn!(%error, "that the date was asked for could not be kept");
        }
    }

    /// When the question was put last, as the data folder has it.
    pub(crate) fn recall_the_date(state: &mut State) {
        let text = state.data().and_then(|data| Ok(data.store.setting(SETTING)?));
        let asked = text.ok().flatten().map(|text| serde_json::from_str(&text));
        state.date_asked = asked.and_then(Result::ok).unwrap_or_default();
    }
}
