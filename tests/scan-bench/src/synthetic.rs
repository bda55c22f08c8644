//! Frames that are drawn here.

use gatepost_scan::synthetic::{Category, door_frame, door_frame_sized};

use crate::arguments::Arguments;
use crate::frame::Frame;

/// What a camera with more pixels sees: 1920×1080.
const LARGE: [(Category, u32); 3] = [
    (Category::Nominal, 60),
    (Category::Hard, 40),
    (Category::Empty, 40),
];

/// Every frame of every category, one at a time.
pub(crate) fn frames(arguments: &Arguments) -> impl Iterator<Item = Frame> {
    let (seed, percent) = (arguments.seed, arguments.percent);
    let share = move |frames: u32| (frames * percent).div_ceil(100);
    let usual = Category::MEASURED
        .iter()
        .map(move |(category, frames)| (*category, share(*frames), false));
    let large = LARGE
        .iter()
        .map(move |(category, frames)| (*category, share(*frames), true));
    usual
        .chain(large)
        .flat_map(|(category, frames, is_large)| (0..frames).map(move |number| (category, number, is_large)))
        .map(|(category, number, is_large)| (name(category, is_large), category, number, is_large))
        .filter(|(name, ..)| arguments.wants(name))
        .map(move |(name, category, number, is_large)| {
            let frame = if is_large {
                door_frame_sized(category, seed, number, 1920, 1080)
            } else {
                door_frame(category, seed, number)
            };
            Frame::drawn(name, number, frame)
        })
}

fn name(category: Category, is_large: bool) -> String {
    if is_large {
        format!("{category} 1080p")
    } else {
        category.to_string()
    }
}
