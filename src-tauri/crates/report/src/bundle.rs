//! The bundle (督查包) as one zip file: written from a ledger's leaves, and read back strictly.
//!
//! The zip has one form. Whoever reads it computes headers and directory again and compares, and the manifest, the
//! last file, signs the SHA-256 of all bytes before it: no byte can change unseen.

mod directory;
mod error;
mod open;
mod pack;
mod source;
mod table;
mod unpack;
mod write;

pub use error::{BundleWriteError, OpenError};
pub use open::verify_bundle_file;
pub use source::{BundleRequest, BundleSource};
pub use unpack::ZipFiles;
pub use write::write_bundle;

/// `VERIFY.txt` of every bundle: what is proven, what is not, and how to check.
pub const GUIDE: &str = include_str!("bundle/VERIFY.txt");
/// `verify.py` of every bundle: a verifier for Python 3.8 and the `openssl` command, without this program.
pub const SCRIPT: &str = include_str!("bundle/verify.py");
