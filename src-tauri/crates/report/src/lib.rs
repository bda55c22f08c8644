#![doc = include_str!("../README.md")]

mod csv_file;
mod digest;
mod error;
mod keys;
mod names;
mod words;

pub use csv_file::{EntryCsv, EntryLine, VoidLine};
pub use digest::{Digest, Digesting};
pub use error::ReportError;
pub use names::mask_name;
pub use words::{Argument, Language, UnknownLanguage, Words};
