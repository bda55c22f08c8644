#![doc = include_str!("../README.md")]

mod binarise;
mod colour;
mod finder;
mod frame;
mod geometry;
mod grid;
mod plane;
mod scan;
pub mod symbol;
pub mod synthetic;
mod vote;

pub use colour::{ColourClass, ColourReading, colour_of};
pub use frame::{FrameError, FrameView, PixelLayout};
pub use geometry::Point;
pub use scan::{Detection, scan};
pub use vote::ColourVote;
