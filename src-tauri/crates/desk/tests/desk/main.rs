//! The whole program without a window: real SQLite in temporary folders, a clock that stands still unless it is
//! told otherwise, and a presenter that remembers.
#![allow(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod date;
mod door;
mod inspector;
mod ledger;
mod office;
mod retention;
mod roles;
mod room;
mod sessions;
mod silence;
mod trouble;
mod witnessing;
