//! The inspector's own device: it remembers what it saw of each ledger and signs what continues that.
//!
//! Nobody signs in: the device holds no visitor's and no guard's data, and what it may do, its owner may do.

mod kept;
mod visit;

use std::fs;

use gatepost_ledger::note::KeyName;
use gatepost_ledger::witness::WitnessMemory;
use gatepost_store::{StoreError, WitnessFolder, open_vault};

use crate::checking::sweep;
use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::ledger::time_of_witness;
use crate::rows::short;
use crate::view::{AppView, CheckView, InspectorView, KnownLedger, StoreFault};
use visit::Step;

/// An inspector's own device.
pub(crate) struct Inspecting {
    pub(crate) witness: WitnessFolder,
    /// What it has seen, as of the last look into its file: the screen is shown more often than that changes.
    memory: WitnessMemory,
    step: Step,
    pub(crate) check: Option<CheckView>,
    /// The number of the check that is going on.
    pub(crate) checking: Option<u64>,
}

impl Desk {
    /// Makes this device an inspector's own, which keeps no ledger. For a device that was not set up.
    ///
    /// # Errors
    /// [`DeskError::AlreadySetUp`], or a store fault.
    pub fn use_as_inspector(&self) -> Result<AppView, DeskError> {
        {
            let mut state = self.lock();
            if state.inspecting.is_none() && state.data()?.venue.is_some() {
                return Err(DeskError::AlreadySetUp);
            }
            state.as_inspector = true;
        }
        self.open_inspector();
        Ok(self.show_app(&self.lock()))
    }

    /// Goes back to the first screen; what this device has seen is kept.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`].
    pub fn leave_inspector(&self) -> Result<AppView, DeskError> {
        {
            let mut state = self.lock();
            state.inspecting.take().ok_or(DeskError::NotAnInspector)?;
            state.as_inspector = false;
        }
        self.close_eye();
        if self.lock().data.is_err() {
            self.open_data();
        }
        Ok(self.show_app(&self.lock()))
    }

    /// Everything on the inspector's screen.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`], or a store fault.
    pub fn inspector(&self) -> Result<InspectorView, DeskError> {
        let mut state = self.lock();
        let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
        inspecting.memory = inspecting.witness.memory()?;
        self.inspector_view(&state)
    }

    pub(crate) fn show_inspector(&self, state: &State) -> Result<InspectorView, DeskError> {
        let view = self.inspector_view(state)?;
        self.presenter.inspector_changed(&view);
        Ok(view)
    }

    fn inspector_view(&self, state: &State) -> Result<InspectorView, DeskError> {
        let inspecting = state.inspecting.as_ref().ok_or(DeskError::NotAnInspector)?;
        let offset_s = self.clock.now().offset().local_minus_utc();
        let known = inspecting.memory.ledgers().map(|known| {
            let at = (known.seconds > 0).then(|| time_of_witness(known.seconds, offset_s));
            Ok(KnownLedger {
                origin: known.key.name().as_str().to_owned(),
                size: short(known.size)?,
                at: at.transpose()?,
            })
        });
        Ok(InspectorView {
            verifier: inspecting.witness.key().verifier().to_string(),
            known: known.collect::<Result<_, StoreError>>()?,
            camera: state.camera.clone(),
            step: inspecting.step.view(state.appearance.locale)?,
            check: inspecting.check.clone(),
        })
    }

    /// Opens the folder of the witness; a fault is shown in place of the inspector's screen.
    pub(crate) fn open_inspector(&self) {
        sweep(&self.options.inspector_folder);
        let opened = self.try_open_inspector();
        drop(
            self.reader
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
        let mut state = self.lock();
        match opened {
            Ok((witness, memory)) => {
                state.data = Err(StoreFault::Unreadable);
                let kept = fs::read_to_string(self.inspectors_appearance()).ok();
                if let Some(appearance) = kept.and_then(|text| serde_json::from_str(&text).ok()) {
                    state.appearance = appearance;
                }
                state.inspecting = Some(Inspecting {
                    witness,
                    memory,
                    step: Step::Idle,
                    check: None,
                    checking: None,
                });
            }
            Err(error) => {
                let fault = StoreFault::of(&error);
                tracing::error!(?fault, %error, "the folder of the witness cannot be opened");
                state.data = Err(fault);
            }
        }
    }

    fn try_open_inspector(&self) -> Result<(WitnessFolder, WitnessMemory), StoreError> {
        let folder = &self.options.inspector_folder;
        let vault = open_vault(folder, self.options.vault)?;
        let witness = match WitnessFolder::is_in(folder) {
            true => WitnessFolder::open(folder, &*vault)?,
            false => {
                let mut random = [0; 4];
                getrandom::fill(&mut random).map_err(|_| StoreError::Randomness)?;
                let name = format!("gatepost.inspector/{:08x}", u32::from_be_bytes(random));
                let name = KeyName::new(&name).expect("letters, digits and a slash are a name");
                WitnessFolder::create(folder, &*vault, name)?
            }
        };
        let memory = witness.memory()?;
        Ok((witness, memory))
    }
}
