//! From modules to bytes: every kind of symbol is read, and no modules do harm.
#![allow(clippy::unwrap_used, reason = "tests")]

mod damaged;
mod drawn;
mod every_symbol;
mod hostile;
mod modes;
