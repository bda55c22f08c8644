//! Who may sign in: signing in and out, and the accounts that a manager keeps.

use gatepost_codes::Personal;
use gatepost_ledger::{Body, PersonNumber, Role};
use gatepost_store::NewPerson;

use crate::desk::{Desk, State};
use crate::door::Door;
use crate::error::DeskError;
use crate::gate::GateCache;
use crate::session::{Session, check_pin};
use crate::view::{AppView, NewPersonForm, PersonView, StaffRow, StaffView};
use crate::witnessing::Witnessing;

/// The longest name of a person, in characters.
const LONGEST_NAME: usize = 30;

impl Desk {
    /// Signs somebody in. Whoever was signed in is signed out, once the PIN was right.
    ///
    /// # Errors
    /// [`DeskError::WrongPin`], [`DeskError::LockedOut`], or a store fault.
    pub fn sign_in(&self, number: PersonNumber, pin: &Personal<String>) -> Result<AppView, DeskError> {
        let somebody_is_there = {
            let mut state = self.lock();
            self.check_pin_of(&mut state, number, pin)?;
            state.session.is_some()
        };
        if somebody_is_there {
            self.sign_out()?;
        }
        let mut state = self.lock();
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        let people = data.store.people()?;
        let person = people
            .into_iter()
            .find(|person| person.number == number && person.active)
            .ok_or(DeskError::NotFound)?;
        let shift = match person.role {
            Role::Guard => data.store.shift_left_open(&gate, number)?,
            Role::Manager | Role::Inspector => None,
        };
        data.store.signed_in(at, &gate, number)?;
        let role = person.role;
        state.session = Some(Session {
            number,
            role,
            name: person.name,
            shift,
        });
        state.door = Door::default();
        state.gate = GateCache::default();
        if shift.is_some() {
            self.refresh_gate(&mut state)?;
        }
        // Somebody is signed in by now, and a question must not keep them from the gate: it is asked the next time.
        if let Err(error) = self.look_at_the_date(&mut state) {
            tracing::warn!(
                ?error,
                "whether the date is to be asked for could not be looked up"
            );
        }
        let view = self.show_app(&state);
        drop(state);
        if role == Role::Guard {
            self.open_eye();
        }
        Ok(view)
    }

    /// Signs out. An open shift stays open and is found again at the next sign-in.
    ///
    /// # Errors
    /// [`DeskError::SignedOut`], or a store fault.
    pub fn sign_out(&self) -> Result<AppView, DeskError> {
        let (view, recorded) = {
            let mut state = self.lock();
            let number = state.session.as_ref().ok_or(DeskError::SignedOut)?.number;
            let recorded = self.record(&mut state, Some(number), Body::Logout);
            // A disk that takes no record must not keep anybody signed in.
            state.session = None;
            state.witnessing = Witnessing::Idle;
            (self.show_app(&state), recorded)
        };
        self.close_eye();
        recorded.map(|_| view)
    }

    /// Everybody who has or had an account.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager, or a store fault.
    pub fn staff(&self) -> Result<StaffView, DeskError> {
        let mut state = self.lock();
        let you = state.require(Role::Manager)?.number;
        let people = state.data()?.store.people()?;
        let rows = people
            .iter()
            .map(|person| StaffRow {
                person: person_view(person.number, person.role, &person.name),
                active: person.active,
                you: person.number == you,
            })
            .collect();
        Ok(StaffView { rows })
    }

    /// Gives somebody an account.
    ///
    /// # Errors
    /// What is wrong with the form, [`DeskError::Forbidden`], or a store fault.
    pub fn add_person(&self, form: &NewPersonForm) -> Result<StaffView, DeskError> {
        let mut state = self.lock();
        let by = state.require(Role::Manager)?.number;
        let person = checked_person(form)?;
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.add_person(at, &gate, by, &person)?;
        data.refresh()?;
        drop(state);
        self.staff()
    }

    /// Gives an account another PIN, because its owner forgot the old one.
    ///
    /// # Errors
    /// [`DeskError::PinTooSimple`], [`DeskError::NotFound`], [`DeskError::Forbidden`], or a store fault.
    pub fn reset_pin(&self, number: PersonNumber, pin: &str) -> Result<StaffView, DeskError> {
        let mut state = self.lock();
        let by = state.require(Role::Manager)?.number;
        let pin = checked_pin(pin)?;
        self.set_pin(&mut state, by, number, &pin)?;
        drop(state);
        self.staff()
    }

    /// Changes the PIN of whoever is signed in, who has to know the old one.
    ///
    /// # Errors
    /// [`DeskError::WrongPin`], [`DeskError::LockedOut`], [`DeskError::PinTooSimple`], [`DeskError::SignedOut`],
    /// or a store fault.
    pub fn change_pin(&self, old: &Personal<String>, new: &str) -> Result<(), DeskError> {
        let mut state = self.lock();
        let number = state.session.as_ref().ok_or(DeskError::SignedOut)?.number;
        let new = checked_pin(new)?;
        self.check_pin_of(&mut state, number, old)?;
        self.set_pin(&mut state, number, number, &new)
    }

    /// Closes an account for good. What its owner did stays in the log.
    ///
    /// # Errors
    /// [`DeskError::LastManager`], [`DeskError::OwnAccount`], [`DeskError::NotFound`], [`DeskError::Forbidden`],
    /// or a store fault.
    pub fn close_account(&self, number: PersonNumber) -> Result<StaffView, DeskError> {
        let mut state = self.lock();
        let by = state.require(Role::Manager)?.number;
        if by == number {
            return Err(DeskError::OwnAccount);
        }
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.close_account(at, &gate, by, number)?;
        data.refresh()?;
        drop(state);
        self.staff()
    }

    fn set_pin(
        &self,
        state: &mut State,
        by: PersonNumber,
        number: PersonNumber,
        pin: &Personal<String>,
    ) -> Result<(), DeskError> {
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.set_pin(at, &gate, by, number, pin)?;
        state.patience.right(number);
        Ok(())
    }

    /// Refuses a wrong PIN and counts it, in memory and on the disk.
    fn check_pin_of(
        &self,
        state: &mut State,
        number: PersonNumber,
        pin: &Personal<String>,
    ) -> Result<(), DeskError> {
        let now = self.clock.since_start();
        state.patience.may_try(number, now)?;
        if state.data()?.store.pin_matches(number, pin)? {
            state.patience.right(number);
            return Ok(());
        }
        // Counted in memory first: a disk that takes no record must not give endless tries.
        let refusal = state.patience.wrong(number, now);
        let at = self.moment(state.boot());
        let wrong = state.patience.written(number, at.boot);
        let pause = match refusal {
            DeskError::LockedOut { seconds } => Some(seconds),
            _ => None,
        };
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.wrong_pin(at, &gate, wrong, pause)?;
        Err(refusal)
    }
}

/// Somebody who is to be given an account, where name and PIN are such as everybody has.
///
/// # Errors
/// [`DeskError::NameMissing`] or [`DeskError::PinTooSimple`].
pub fn checked_person(form: &NewPersonForm) -> Result<NewPerson, DeskError> {
    Ok(NewPerson {
        name: Personal::new(checked_name(&form.name, LONGEST_NAME, "name")?),
        role: form.role,
        pin: checked_pin(&form.pin)?,
    })
}

pub(crate) fn person_view(number: PersonNumber, role: Role, name: &Personal<String>) -> PersonView {
    let name = name.expose();
    PersonView {
        number,
        role,
        name: name.clone(),
        masked: gatepost_report::mask_name(name),
    }
}

/// A name without the white space around it: not empty, not too long, on one line.
pub(crate) fn checked_name(text: &str, longest: usize, field: &str) -> Result<String, DeskError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(DeskError::NameMissing {
            field: field.to_owned(),
        });
    }
    Ok(text.to_owned())
}

fn checked_pin(pin: &str) -> Result<Personal<String>, DeskError> {
    check_pin(pin)?;
    Ok(Personal::new(pin.to_owned()))
}
