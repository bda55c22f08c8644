#![doc = include_str!("../README.md")]

mod issuer;
mod personal;
mod reading;
mod table;

pub use issuer::{Issuer, IssuerId, Life, RegionCode, TimeUnit};
pub use personal::Personal;
pub use reading::{EvidenceLevel, Freshness, HealthColour, Reading};
pub use table::{CodesError, IssuerTable, LONGEST_PAYLOAD_BYTES};
