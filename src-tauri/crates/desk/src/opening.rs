//! Opening the data, or what an inspector's own device keeps.

use std::sync::PoisonError;

use gatepost_codes::IssuerTable;
use gatepost_rules::Policy;
use gatepost_store::{Reader, Store, StoreError, WitnessFolder, open_vault};

use crate::desk::{Data, Desk};
use crate::rows::Words;
use crate::session::Patience;
use crate::view::StoreFault;

impl Desk {
    /// Opens what this device is for. One that was never set up and has a witness is an inspector's.
    pub(crate) fn open(&self) {
        if !self.lock().as_inspector {
            self.open_data();
            let mut state = self.lock();
            let never_set_up = state.data.as_ref().is_ok_and(|data| data.venue.is_none());
            state.as_inspector = never_set_up && WitnessFolder::is_in(&self.options.inspector_folder);
        }
        if self.lock().as_inspector {
            self.open_inspector();
        }
    }

    pub(crate) fn open_data(&self) {
        let opened = self.try_open();
        let mut state = self.lock();
        match opened {
            Ok((mut data, reader)) => {
                if let Ok(Some(text)) = data.store.setting("appearance")
                    && let Ok(appearance) = serde_json::from_str(&text)
                {
                    state.appearance = appearance;
                }
                if let Ok(wrong) = data.store.wrong_pins() {
                    state.patience = Patience::resume(&wrong, data.boot);
                }
                *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
                state.data = Ok(data);
                Desk::recall_the_date(&mut state);
                Desk::recall_the_fault(&mut state);
            }
            Err(error) => {
                let fault = StoreFault::of(&error);
                tracing::error!(?fault, %error, "the data cannot be opened");
                state.data = Err(fault);
            }
        }
    }

    fn try_open(&self) -> Result<(Data, Reader), StoreError> {
        let folder = &self.options.data_folder;
        let vault = open_vault(folder, self.options.vault)?;
        let mut store = Store::open(folder, vault)?;
        let boot = match store.venue()? {
            None => 1,
            Some(venue) => store.boot(
                self.clock.now().timestamp_millis(),
                u64::try_from(self.clock.since_start().as_millis()).unwrap_or(u64::MAX),
                &venue.gate,
                env!("CARGO_PKG_VERSION"),
            )?,
        };
        let words = Words {
            issuers: IssuerTable::built_in(),
            masked: Default::default(),
        };
        let reader = store.reader()?;
        let policy = Policy::default();
        let mut data = Data {
            reader: store.reader()?,
            store,
            venue: None,
            policy,
            people: Vec::new(),
            words,
            boot,
        };
        data.refresh()?;
        Ok((data, reader))
    }
}
