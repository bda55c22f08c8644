#![doc = include_str!("../README.md")]
#![cfg(unix)]

mod layer;
mod tape;

pub use tape::{FileNumber, Operation, Recording, Refusal};
