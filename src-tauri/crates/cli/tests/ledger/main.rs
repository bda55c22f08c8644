//! The commands on the ledger as processes, on real folders, with real bytes changed.

mod append;
mod crossing;
mod keeping;
mod program;
mod runs;
mod verify;
mod witness;
