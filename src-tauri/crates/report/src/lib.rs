#![doc = include_str!("../README.md")]

mod bundle;
mod columns;
mod csv_file;
mod destruction_sheet;
mod digest;
mod entry_line;
mod error;
mod keys;
mod names;
mod qr;
mod raw_csv;
mod seal_sheet;
mod sheet;
mod words;
mod xlsx_file;

pub use bundle::{
    BundleRequest, BundleSource, BundleWriteError, GUIDE, OpenError, SCRIPT, ZipFiles, verify_bundle_file,
    write_bundle,
};
pub use csv_file::EntryCsv;
pub use destruction_sheet::{DestructionSheet, ProofOnSheet, destruction_sheet};
pub use digest::{Digest, Digesting};
pub use entry_line::{EntryLine, VoidLine};
pub use error::ReportError;
pub use names::mask_name;
pub use qr::QrModules;
pub use raw_csv::{RawCell, RawCsv};
pub use seal_sheet::{SealSheet, seal_sheet};
pub use words::{Argument, Language, UnknownLanguage, Words};
pub use xlsx_file::EntryXlsx;
