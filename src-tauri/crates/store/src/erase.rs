//! Retention: how long disclosures are kept, and their destruction.

use gatepost_ledger::LedgerDay;

/// Why disclosures may not be erased yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptUntil {
    /// The retention policy keeps this day longer.
    #[error("day {} is kept by the retention policy", .0.0)]
    Policy(LedgerDay),
    /// The day is on hold.
    #[error("day {} is on hold", .0.0)]
    Hold(LedgerDay),
    /// The wall clock ran far ahead between two starts before which the day was recorded, and nobody has said
    /// that its date is right.
    #[error("day {} waits for the date to be confirmed", .0.0)]
    Confirmation(LedgerDay),
}
