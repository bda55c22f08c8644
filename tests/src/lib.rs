#![doc = include_str!("../README.md")]

pub mod camera_file;
pub mod door;
pub mod keys;
pub mod made_up;
pub mod power_cut;
pub mod quiet;
pub mod rooms;
pub mod screen;
pub mod skip;
pub mod small_disk;
pub mod stage;
pub mod tour;
pub mod wait;
pub mod webdriver;
pub mod window;
pub mod witness;

pub use camera_file::{CameraFile, Visitor};
pub use door::DoorSeen;
pub use stage::Stage;
pub use window::Window;
