//! The inspector's own device: it remembers what it saw of each ledger and signs what continues that.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::view::{AppView, InspectorView};

impl Desk {
    /// Makes this device an inspector's own, which keeps no ledger. For a device that was not set up.
    ///
    /// # Errors
    /// [`DeskError::AlreadySetUp`], or a store fault.
    pub fn use_as_inspector(&self) -> Result<AppView, DeskError> {
        Err(DeskError::AlreadySetUp)
    }

    /// Goes back to the first screen; what this device has seen is kept.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`].
    pub fn leave_inspector(&self) -> Result<AppView, DeskError> {
        Err(DeskError::NotAnInspector)
    }

    /// Everything on the inspector's screen.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`], or a store fault.
    pub fn inspector(&self) -> Result<InspectorView, DeskError> {
        Err(DeskError::NotAnInspector)
    }

    /// Begins a visit: shows the first code and opens the camera. `origin` is a known ledger, or none for a first
    /// visit.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for a ledger that this device does not know, [`DeskError::NotAnInspector`].
    pub fn begin_visit(&self, origin: Option<&str>) -> Result<InspectorView, DeskError> {
        let _ = origin;
        Err(DeskError::NotAnInspector)
    }

    /// The inspector compared the words: this ledger is trusted from now on, and cosigned.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessing`] where nobody is asked, [`DeskError::NotAnInspector`], or a store fault.
    pub fn trust_first_contact(&self) -> Result<InspectorView, DeskError> {
        Err(DeskError::NotAnInspector)
    }

    /// Ends the visit and closes the camera.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`].
    pub fn end_visit(&self) -> Result<InspectorView, DeskError> {
        Err(DeskError::NotAnInspector)
    }

    /// A code from a hand scanner that types like a keyboard, or its text pasted.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessing`], [`DeskError::NotAnInspector`], or a store fault.
    pub fn inspector_typed(&self, typed: &str) -> Result<InspectorView, DeskError> {
        let _ = typed;
        Err(DeskError::NotAnInspector)
    }

    /// Begins to check a bundle or a copied data folder; [`crate::Presenter::inspector_changed`] tells how it goes
    /// on.
    ///
    /// # Errors
    /// [`DeskError::CheckRunning`], [`DeskError::NotAnInspector`].
    pub fn check_file(&self, path: &str) -> Result<InspectorView, DeskError> {
        let _ = path;
        Err(DeskError::NotAnInspector)
    }
}
