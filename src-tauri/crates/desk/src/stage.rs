//! Which room the program is in, as the window shows it.

use gatepost_ledger::Role;
use gatepost_store::Venue;

use crate::accounts::person_view;
use crate::desk::{Desk, State};
use crate::housekeeping::alarms;
use crate::rows::local_time;
use crate::simulate::DemoPins;
use crate::view::{AppView, DemoPinsView, Stage, VenueView};

impl Desk {
    pub(crate) fn app_view(&self, state: &State) -> AppView {
        let demo = state
            .data
            .as_ref()
            .ok()
            .and_then(|data| data.venue.as_ref())
            .is_some_and(|venue| venue.demo);
        AppView {
            demo,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            appearance: state.appearance,
            alarms: alarms(state),
            asks_date: self.asked_date(state),
            stage: self.stage(state),
        }
    }

    fn stage(&self, state: &State) -> Stage {
        if state.inspecting.is_some() {
            return Stage::Inspector;
        }
        let data = match &state.data {
            Ok(data) => data,
            Err(fault) => {
                let folder = match state.as_inspector {
                    true => &self.options.inspector_folder,
                    false => &self.options.data_folder,
                };
                let folder = folder.display().to_string();
                return Stage::Fault {
                    fault: *fault,
                    folder,
                };
            }
        };
        let Some(venue) = &data.venue else {
            return Stage::SetUp;
        };
        let demo = venue.demo;
        let venue = venue_view(venue);
        let Some(session) = &state.session else {
            return Stage::SignIn {
                venue,
                people: data.people.clone(),
                demo_pins: demo.then(demo_pins),
            };
        };
        let person = person_view(session.number, session.role, &session.name);
        match (session.role, session.shift) {
            (Role::Manager | Role::Inspector, _) => Stage::Office { venue, person },
            (Role::Guard, None) => Stage::Shift {
                venue,
                person,
                camera: state.camera.clone(),
            },
            (Role::Guard, Some(shift)) => {
                let offset_s = self.clock.now().offset().local_minus_utc();
                let shift_opened_at = local_time(shift.wall_ms, offset_s).unwrap_or_default();
                Stage::Door {
                    venue,
                    person,
                    shift_opened_at,
                }
            }
        }
    }
}

fn demo_pins() -> DemoPinsView {
    let pins = DemoPins::default();
    DemoPinsView {
        manager: pins.manager.expose().clone(),
        guard: pins.guards[0].expose().clone(),
    }
}

fn venue_view(venue: &Venue) -> VenueView {
    VenueView {
        name: venue.name.clone(),
        kind: venue.kind,
        gate: venue.gate.clone(),
        opens: venue.opens.clone(),
        closes: venue.closes.clone(),
    }
}
