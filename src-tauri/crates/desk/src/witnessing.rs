//! The gate's side of witnessing: three codes between its screen and camera and those of the inspector.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::office::READERS;
use crate::view::WitnessingView;

impl Desk {
    /// Opens the camera for the inspector's first code.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager or an inspector, or a store fault.
    pub fn begin_witnessing(&self) -> Result<WitnessingView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        Err(DeskError::NotFound)
    }

    /// Where it stands.
    ///
    /// # Errors
    /// As [`Desk::begin_witnessing`].
    pub fn witnessing(&self) -> Result<WitnessingView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        Ok(WitnessingView::Idle)
    }

    /// A code from a hand scanner that types like a keyboard, or its text pasted.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessing`], or as [`Desk::begin_witnessing`].
    pub fn witness_typed(&self, typed: &str) -> Result<WitnessingView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        let _ = typed;
        Err(DeskError::NotWitnessing)
    }

    /// Ends it and closes the camera.
    ///
    /// # Errors
    /// As [`Desk::begin_witnessing`].
    pub fn end_witnessing(&self) -> Result<WitnessingView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        Ok(WitnessingView::Idle)
    }
}
