//! The ledger on the screen of managers and inspectors: seal, audit, files that leave the house, retention, keys.

use gatepost_ledger::{RetentionPolicy, Role};
use gatepost_store::VaultKind;

use crate::desk::Desk;
use crate::error::DeskError;
use crate::office::READERS;
use crate::view::{AuditView, BundleForm, FileMade, HoldView, KeyChangeForm, LedgerView};

impl Desk {
    /// Everything on the screen of the ledger.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager or an inspector, or a store fault.
    pub fn ledger(&self) -> Result<LedgerView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        Err(DeskError::NotFound)
    }

    /// Begins to audit the whole ledger now; [`crate::Presenter::audit_changed`] tells how it goes on.
    ///
    /// # Errors
    /// As [`Desk::ledger`].
    pub fn audit_now(&self) -> Result<AuditView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        Err(DeskError::NotFound)
    }

    /// Writes the newest seal as a sheet to be printed into the export folder: for the guard at the end of a shift,
    /// and for whoever reads the log.
    ///
    /// # Errors
    /// [`DeskError::NoOpenShift`] for a guard without a shift, [`DeskError::ExportFolder`], or a store fault.
    pub fn seal_to_print(&self) -> Result<FileMade, DeskError> {
        let state = self.lock();
        let session = state.session.as_ref().ok_or(DeskError::SignedOut)?;
        if session.role == Role::Guard && session.shift.is_none() {
            return Err(DeskError::NoOpenShift);
        }
        Err(DeskError::NotFound)
    }

    /// Writes the audit bundle into the export folder; that it left the house is itself a record. Managers may
    /// have chosen disclosures travel with it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::NoteMissing`] for disclosures without a reason,
    /// [`DeskError::NotFound`] for a position that discloses nothing (any more), [`DeskError::ExportFolder`], or a
    /// store fault.
    pub fn make_bundle(&self, form: &BundleForm) -> Result<FileMade, DeskError> {
        let allowed: &[Role] = if form.disclose.is_empty() {
            &READERS
        } else {
            &[Role::Manager]
        };
        self.lock().require_one_of(allowed)?;
        Err(DeskError::NotFound)
    }

    /// Writes a backup of the database into the export folder. It has no keys in it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::ExportFolder`], or a store fault.
    pub fn make_backup(&self) -> Result<FileMade, DeskError> {
        self.lock().require(Role::Manager)?;
        Err(DeskError::NotFound)
    }

    /// How long disclosures are kept from here on.
    ///
    /// # Errors
    /// [`DeskError::RetentionOutOfRange`], [`DeskError::Forbidden`], or a store fault.
    pub fn set_retention(&self, policy: RetentionPolicy) -> Result<LedgerView, DeskError> {
        self.lock().require(Role::Manager)?;
        let _ = policy;
        Err(DeskError::NotFound)
    }

    /// Keeps the disclosures of these days until the hold is lifted.
    ///
    /// # Errors
    /// [`DeskError::NotADay`], [`DeskError::HoldReversed`], [`DeskError::Forbidden`], or a store fault.
    pub fn place_hold(&self, hold: &HoldView) -> Result<LedgerView, DeskError> {
        self.lock().require(Role::Manager)?;
        let _ = hold;
        Err(DeskError::NotFound)
    }

    /// Ends a hold.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] where there is none of these very days, or as [`Desk::place_hold`].
    pub fn lift_hold(&self, hold: &HoldView) -> Result<LedgerView, DeskError> {
        self.lock().require(Role::Manager)?;
        let _ = hold;
        Err(DeskError::NotFound)
    }

    /// The manager says that the clock is right, so that erasure goes on.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], or a store fault.
    pub fn confirm_clock(&self) -> Result<LedgerView, DeskError> {
        self.lock().require(Role::Manager)?;
        Err(DeskError::NotFound)
    }

    /// Gives the ledger a new key.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], or a store fault.
    pub fn change_key(&self, form: KeyChangeForm) -> Result<LedgerView, DeskError> {
        self.lock().require(Role::Manager)?;
        let _ = form;
        Err(DeskError::NotFound)
    }

    /// Moves the keys to the place of this kind.
    ///
    /// # Errors
    /// [`DeskError::NoKeychain`], [`DeskError::Forbidden`], or a store fault.
    pub fn keep_keys_in(&self, kind: VaultKind) -> Result<LedgerView, DeskError> {
        self.lock().require(Role::Manager)?;
        let _ = kind;
        Err(DeskError::NotFound)
    }
}
