#![doc = include_str!("../README.md")]

mod choice;
mod devices;
mod fault;
mod frame;
mod health;
mod jpeg;
mod latest;
#[cfg(target_os = "linux")]
mod linux;
mod preview;
mod recording;
mod watchdog;
mod webcam;
mod y4m;

pub use devices::{CameraId, CameraInfo, cameras};
pub use fault::{CameraFault, FrameDamage, RecordingProblem};
pub use frame::{Frame, FrameSource, MAX_SIDE_PX, Opener, PixelFormat};
pub use health::Health;
pub use latest::LatestFrame;
pub use preview::preview_jpeg;
pub use recording::{Recording, frames_of_file};
pub use watchdog::{Camera, WatchdogSettings};
pub use webcam::Webcam;
