#![doc = include_str!("../README.md")]

mod canonical;
mod leaf;

pub use leaf::{
    Body, Entry, LONGEST_LEAF_BYTES, Leaf, LeafError, Moment, PersonNumber, Role, VenueKind, VoidReason,
};
