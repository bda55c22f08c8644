//! x
mod convert;
pub use convert::{luma_from_rgb, nv12_from_rgb, yuyv_from_rgb};
