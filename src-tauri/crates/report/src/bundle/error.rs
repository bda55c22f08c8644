use std::io;

use gatepost_ledger::bundle::{BundleFault, BundleRule};
use gatepost_ledger::policy::PolicyError;

/// Why a bundle could not be written. `E` is why the ledger could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BundleWriteError<E> {
    /// The ledger could not be read, or the manifest not signed.
    #[error("the ledger could not be read")]
    Source(#[source] E),
    /// The writer underneath failed: a full disk, a closed pipe.
    #[error("the bundle could not be written")]
    Write(#[source] io::Error),
    /// The range is empty, or goes beyond the ledger.
    #[error("no such range of records")]
    Range,
    /// A disclosure of a record that the ledger does not have.
    #[error("no record {0}")]
    NoSuchRecord(u64),
    /// The seal of so many records is none, or not that of the leaves: the ledger is damaged, and no bundle of it
    /// would be accepted.
    #[error("the seal of {0} records does not fit the records")]
    Seal(u64),
    /// The leaves ended before this one, or it is longer than a leaf may be.
    #[error("record {0} is missing or too long")]
    Leaf(u64),
    /// The keys make no policy.
    #[error("the keys of the ledger and its witnesses make no policy")]
    Policy(#[from] PolicyError),
}

/// Why a file of a packed bundle could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system could not read it.
    #[error("the bundle could not be read")]
    Read(#[from] io::Error),
    /// It is no bundle in its one form.
    #[error(transparent)]
    Fault(#[from] BundleFault),
}

impl OpenError {
    /// A fault of the packing of `file`.
    pub(super) fn packing(file: impl ToString, expected: impl ToString, found: impl ToString) -> OpenError {
        OpenError::Fault(BundleFault::file(file, BundleRule::Packing, expected, found))
    }
}
