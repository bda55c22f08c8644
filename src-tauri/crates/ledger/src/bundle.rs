//! The bundle (督查包): a ledger, or a part of it, as files that prove themselves.
//!
//! A bundle holds the newest seal, older seals with what witnesses signed, the tree as tiles, leaves as entry
//! bundles, and the same records for people to read. What follows from nothing else is listed in a manifest that the
//! gate's key signs. [`verify_bundle`] checks all of it from files that are handed in; how they are packed is the
//! caller's business.

mod files;
mod keys;
mod manifest;
mod part;
mod records;
mod tree;
mod verdict;
mod verify;

pub use files::BundleFile;
pub use manifest::{BundleManifest, ListedFile, NotAManifest};
pub use verdict::{
    BundleCosignature, BundleError, BundleFault, BundleFiles, BundleReport, BundleRule, BundleTrust, Shown,
};
pub use verify::verify_bundle;
