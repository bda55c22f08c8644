#![doc = include_str!("../README.md")]

mod alignment;
mod binarise;
mod colour;
mod cross_check;
mod deconvolve;
mod explain;
mod finder;
mod frame;
mod fusion;
mod geometry;
mod grid;
mod help;
mod homography;
mod mesh;
mod passes;
mod plane;
mod reading;
mod refine;
mod rings;
mod sample;
mod scan;
mod scanner;
pub mod symbol;
pub mod synthetic;
mod triples;
mod two_finders;
mod vote;

pub use colour::{ColourClass, ColourReading, colour_of};
pub use cross_check::CrossCheck;
pub use explain::{Explanation, Stage, StagePicture, explain};
pub use frame::{FrameError, FrameView, PixelLayout};
pub use geometry::Point;
pub use help::{Evidence, Help};
pub use scan::{Detection, Pass, scan};
pub use scanner::{Effort, Scanner, Sight};
pub use vote::ColourVote;
