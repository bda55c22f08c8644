//! The first start: venue, gate, manager and guard.

use chrono::NaiveTime;
use gatepost_codes::Personal;
use gatepost_ledger::{Moment, Role};
use gatepost_rules::Policy;
use gatepost_store::{NewPerson, SetUp, Venue};

use crate::accounts::checked_name;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::session::check_pin;
use crate::view::{AppView, SetUpForm};

impl Desk {
    /// The first start.
    ///
    /// # Errors
    /// What is wrong with the form, [`DeskError::AlreadySetUp`], or a store fault.
    pub fn set_up(&self, form: &SetUpForm) -> Result<AppView, DeskError> {
        let set_up = checked(form)?;
        self.set_up_with(&set_up)
    }

    pub(crate) fn set_up_with(&self, set_up: &SetUp) -> Result<AppView, DeskError> {
        let mut state = self.lock();
        let at = Moment {
            boot: 1,
            ..self.moment(1)
        };
        let data = state.data()?;
        data.store.set_up(at, set_up)?;
        data.boot = 1;
        data.refresh()?;
        Ok(self.show_app(&state))
    }
}

fn checked(form: &SetUpForm) -> Result<SetUp, DeskError> {
    let hour = |text: &str| {
        NaiveTime::parse_from_str(text, "%H:%M")
            .map(|time| time.format("%H:%M").to_string())
            .map_err(|_| DeskError::HoursWrong)
    };
    let venue = Venue {
        name: checked_name(&form.venue, 60, "venue")?,
        kind: form.kind,
        gate: checked_name(&form.gate, 30, "gate")?,
        opens: hour(&form.opens)?,
        closes: hour(&form.closes)?,
        demo: false,
    };
    let manager_name = checked_name(&form.manager_name, 30, "manager_name")?;
    let guard_name = checked_name(&form.guard_name, 30, "guard_name")?;
    check_pin(&form.manager_pin)?;
    check_pin(&form.guard_pin)?;
    if form.manager_pin == form.guard_pin {
        return Err(DeskError::PinsEqual);
    }
    let person = |name, role, pin: &str| NewPerson {
        name: Personal::new(name),
        role,
        pin: Personal::new(pin.to_owned()),
    };
    let people = vec![
        person(manager_name, Role::Manager, &form.manager_pin),
        person(guard_name, Role::Guard, &form.guard_pin),
    ];
    Ok(SetUp {
        venue,
        policy: Policy::default(),
        people,
    })
}
