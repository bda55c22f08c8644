#![doc = include_str!("../README.md")]

mod policy;
mod temperature;
mod verdict;

pub use policy::{FeverOperator, Policy, PolicyRefusal, YellowRule};
pub use temperature::{BodyTemperature, TemperatureBand, TemperatureRefusal};
pub use verdict::{
    CodeShown, ColourSource, DocumentKind, Fault, Mask, Observation, Reason, Reasons, SeenColour, ShownKind,
    Verdict, VerdictKind, decide, evidence_of,
};
