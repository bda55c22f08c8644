#![doc = include_str!("../README.md")]

pub mod audit;
mod body;
pub mod bundle;
mod canonical;
pub mod cosignature;
mod disclosure;
pub mod fingerprint;
mod leaf;
pub mod note;
pub mod policy;
pub mod proof_file;
pub mod retention;
mod scan_leaf;
mod seal;
pub mod tiles;
mod time;
pub mod tree;
pub mod witness;
pub mod witness_exchange;

pub use body::{
    AccountChange, Body, Entry, FindingStep, IncidentStep, KeyChangeReason, PersonNumber, RetentionClass,
    RetentionPolicy, Role, VenueKind, VoidReason,
};
pub use disclosure::{Disclosed, Disclosure, DisclosureDigest, Field, NotADisclosure, SALT_BYTES};
pub use leaf::{LONGEST_LEAF_BYTES, Leaf, LeafError};
pub use scan_leaf::{EntryLine, scan_entry, scan_leaf};
pub use seal::{LARGEST_SIZE, Seal};
pub use time::{
    BACKWARD_LIMIT_MS, DAY_MS, FORWARD_LIMIT_MS, LONGEST_PAUSE_MS, LedgerClock, LedgerDay, Moment, Start,
    TimeFault,
};
