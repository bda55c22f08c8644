#![doc = include_str!("../README.md")]

mod body;
mod canonical;
pub mod cosignature;
mod disclosure;
mod leaf;
pub mod note;
mod seal;
pub mod tiles;
mod time;
pub mod tree;

pub use body::{
    AccountChange, Body, Entry, FindingStep, IncidentStep, KeyChangeReason, PersonNumber, RetentionClass,
    RetentionPolicy, Role, VenueKind, VoidReason,
};
pub use disclosure::{Disclosed, Disclosure, DisclosureDigest, Field, NotADisclosure, SALT_BYTES};
pub use leaf::{LONGEST_LEAF_BYTES, Leaf, LeafError};
pub use seal::{LARGEST_SIZE, Seal};
pub use time::{BACKWARD_LIMIT_MS, FORWARD_LIMIT_MS, LedgerClock, LedgerDay, Moment, TimeFault};
