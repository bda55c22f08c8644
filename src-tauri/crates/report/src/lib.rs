#![doc = include_str!("../README.md")]

mod columns;
mod csv_file;
mod digest;
mod entry_line;
mod error;
mod keys;
mod names;
mod words;

pub use csv_file::EntryCsv;
pub use digest::{Digest, Digesting};
pub use entry_line::{EntryLine, VoidLine};
pub use error::ReportError;
pub use names::mask_name;
pub use words::{Argument, Language, UnknownLanguage, Words};
