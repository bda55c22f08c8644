use chrono::{DateTime, FixedOffset};
use gatepost_ledger::{Entry, VoidReason};
use gatepost_rules::BodyTemperature;

/// How an entry was voided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoidLine {
    /// Position of the void.
    pub position: u64,
    /// Why.
    pub reason: VoidReason,
    /// Whether the program keeps a note about it. The note itself may hold a name and is not exported.
    pub has_note: bool,
}

/// One entry, ready to be written.
#[derive(Clone, Copy, Debug)]
pub struct EntryLine<'a> {
    /// Position in the ledger.
    pub position: u64,
    /// Local time at the gate.
    pub at: DateTime<FixedOffset>,
    /// The gate.
    pub gate: &'a str,
    /// The guard, already masked by [`mask_name`](crate::mask_name).
    pub guard: &'a str,
    /// What the ledger says.
    pub entry: &'a Entry,
    /// The exact temperature; `None` once it was erased on schedule, which the cell then says in words.
    pub temperature: Option<BodyTemperature>,
    /// How it was voided.
    pub voided: Option<VoidLine>,
}
