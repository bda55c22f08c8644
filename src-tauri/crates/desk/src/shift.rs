//! Shifts at this gate.

use gatepost_ledger::Role;

use crate::desk::Desk;
use crate::door::Door;
use crate::error::DeskError;
use crate::view::AppView;

impl Desk {
    /// Opens a shift at this gate.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a guard, or a store fault.
    pub fn open_shift(&self) -> Result<AppView, DeskError> {
        let mut state = self.lock();
        let number = state.require(Role::Guard)?.number;
        if state
            .session
            .as_ref()
            .is_some_and(|session| session.shift.is_none())
        {
            if self.asked_date(&state).is_some() {
                self.pass_over_the_date(&mut state);
            }
            let at = self.moment(state.boot());
            let data = state.data()?;
            let gate = data.gate_name();
            let shift = data.store.open_shift(at, &gate, number)?;
            if let Some(session) = &mut state.session {
                session.shift = Some(shift);
            }
        }
        self.refresh_gate(&mut state)?;
        Ok(self.show_app(&state))
    }

    /// Closes the shift.
    ///
    /// # Errors
    /// [`DeskError::NoOpenShift`], [`DeskError::Forbidden`], or a store fault.
    pub fn close_shift(&self) -> Result<AppView, DeskError> {
        let mut state = self.lock();
        let session = state.require(Role::Guard)?;
        let (number, shift) = (session.number, session.shift.ok_or(DeskError::NoOpenShift)?);
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.close_shift(at, &gate, number, shift)?;
        if let Some(session) = &mut state.session {
            session.shift = None;
        }
        state.door = Door::default();
        Ok(self.show_app(&state))
    }
}
