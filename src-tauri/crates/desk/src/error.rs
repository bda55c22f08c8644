use gatepost_report::BundleWriteError;
use gatepost_rules::PolicyRefusal;
use gatepost_store::StoreError;
use serde::Serialize;
use specta::Type;

use crate::export::ExportError;
use crate::view::StoreFault;

/// Why a command was refused or failed, as a stable code; the screen chooses the words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Type)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum DeskError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// The person's role may not do this.
    #[error("the role may not do this")]
    Forbidden,
    /// The PIN does not match.
    #[error("wrong PIN")]
    WrongPin {
        /// Further tries before a pause.
        tries_left: u32,
    },
    /// Too many wrong PINs for this person.
    #[error("locked out")]
    LockedOut {
        /// Seconds until the next try.
        seconds: u32,
    },
    /// A PIN has 6 to 12 digits, not all the same and not in a row.
    #[error("the PIN is too simple")]
    PinTooSimple,
    /// Two people chose the same PIN.
    #[error("the PINs are equal")]
    PinsEqual,
    /// A name is empty or too long.
    #[error("a name is missing or too long")]
    NameMissing {
        /// The field of the form.
        field: String,
    },
    /// Opening hours are not `HH:MM`.
    #[error("opening hours are not HH:MM")]
    HoursWrong,
    /// The program was already set up on this data.
    #[error("already set up")]
    AlreadySetUp,
    /// No shift is open.
    #[error("no shift is open")]
    NoOpenShift,
    /// The only manager cannot leave.
    #[error("the only manager")]
    LastManager,
    /// Nobody closes the account they are signed in with.
    #[error("the own account")]
    OwnAccount,
    /// No such entry or person.
    #[error("no such entry")]
    NotFound,
    /// The entry was struck through before.
    #[error("already void")]
    AlreadyVoided,
    /// `other` needs a note of 1 to 200 characters.
    #[error("a note is missing")]
    NoteMissing,
    /// A filter names something that is no day.
    #[error("not a day")]
    NotADay,
    /// The rules make no sense.
    #[error("the policy makes no sense")]
    Policy {
        /// Why.
        refusal: PolicyRefusal,
    },
    /// Disclosures are kept for 1 to 3650 days.
    #[error("retention is 1 to 3650 days")]
    RetentionOutOfRange,
    /// A hold ends before it begins.
    #[error("the hold ends before it begins")]
    HoldReversed,
    /// No witness is being waited for.
    #[error("no witnessing is going on")]
    NotWitnessing,
    /// This is not an inspector's own device.
    #[error("not an inspector's device")]
    NotAnInspector,
    /// A check of a file is going on already.
    #[error("a check is going on")]
    CheckRunning,
    /// The keychain of this system gives nothing, so the keys stay where they are.
    #[error("no keychain")]
    NoKeychain,
    /// The export could not be written.
    #[error("the export could not be written")]
    ExportFolder,
    /// The data cannot be used.
    #[error("the data cannot be used: {fault:?}")]
    Store {
        /// What is wrong.
        fault: StoreFault,
    },
}

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> DeskError {
        match error {
            StoreError::AlreadySetUp => DeskError::AlreadySetUp,
            StoreError::NoSuchEntry | StoreError::NoSuchPerson | StoreError::NoSuchRecord => {
                DeskError::NotFound
            }
            StoreError::LastManager => DeskError::LastManager,
            StoreError::AlreadyVoided => DeskError::AlreadyVoided,
            other => {
                let fault = StoreFault::of(&other);
                tracing::error!(?fault, error = %other, "store");
                DeskError::Store { fault }
            }
        }
    }
}

impl From<ExportError> for DeskError {
    fn from(error: ExportError) -> DeskError {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Ledger(error) => {
                tracing::error!(%error, "no bundle");
                match *error {
                    BundleWriteError::Source(error) => error.into(),
                    BundleWriteError::NoSuchRecord(_) | BundleWriteError::Range => DeskError::NotFound,
                    BundleWriteError::Write(_) => DeskError::ExportFolder,
                    BundleWriteError::Seal(_) | BundleWriteError::Leaf(_) | BundleWriteError::Policy(_) => {
                        DeskError::Store {
                            fault: StoreFault::Damaged,
                        }
                    }
                }
            }
            ExportError::DiskFull => DeskError::Store {
                fault: StoreFault::DiskFull,
            },
            ExportError::Time { .. } => DeskError::Store {
                fault: StoreFault::Damaged,
            },
            ExportError::File { source, .. } => {
                tracing::warn!(kind = ?source.kind(), "an export could not be written");
                DeskError::ExportFolder
            }
        }
    }
}

impl StoreFault {
    /// What the screen and the command line say about `error`.
    #[must_use]
    pub fn of(error: &StoreError) -> StoreFault {
        match error {
            StoreError::DiskFull => StoreFault::DiskFull,
            StoreError::ReadOnly => StoreFault::ReadOnly,
            StoreError::Locked => StoreFault::Locked,
            StoreError::NewerSchema { .. } => StoreFault::NewerSchema,
            StoreError::Damaged | StoreError::OtherSchema => StoreFault::Damaged,
            StoreError::NotOurs => StoreFault::NotOurs,
            StoreError::KeyMissing => StoreFault::KeyMissing,
            StoreError::KeychainUnavailable(_) => StoreFault::KeychainUnavailable,
            StoreError::SqliteTooOld { .. }
            | StoreError::AlreadySetUp
            | StoreError::AlreadyThere { .. }
            | StoreError::NotSealed
            | StoreError::RestoreUnconfirmed
            | StoreError::NotSetUp
            | StoreError::NoSuchRecord
            | StoreError::NotAppendable { .. }
            | StoreError::NotYetErasable(_)
            | StoreError::CosignatureRefused
            | StoreError::NoSuchEntry
            | StoreError::NoSuchPerson
            | StoreError::LastManager
            | StoreError::AlreadyVoided
            | StoreError::Leaf(_)
            | StoreError::File { .. }
            | StoreError::Randomness
            | StoreError::Sqlite(_) => StoreFault::Unreadable,
        }
    }

    /// What is wrong with the data, where an error is shown as that.
    pub(crate) fn in_error(error: &DeskError) -> StoreFault {
        match error {
            DeskError::Store { fault } => *fault,
            _ => StoreFault::Unreadable,
        }
    }

    /// The word by which the catalogue of words knows the fault.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            StoreFault::DiskFull => "disk_full",
            StoreFault::ReadOnly => "read_only",
            StoreFault::Locked => "locked",
            StoreFault::NewerSchema => "newer_schema",
            StoreFault::Damaged => "damaged",
            StoreFault::NotOurs => "not_ours",
            StoreFault::KeyMissing => "key_missing",
            StoreFault::KeychainUnavailable => "keychain_unavailable",
            StoreFault::Unreadable => "unreadable",
        }
    }
}
