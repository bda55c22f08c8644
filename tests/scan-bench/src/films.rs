//! Films: frames that follow each other.

use gatepost_scan::synthetic::Approach;

use crate::folder::Entry;
use crate::frame::Frame;

/// The frames of one film, drawn or loaded one at a time.
pub(crate) type Film = Box<dyn Iterator<Item = Frame>>;

/// A phone that comes nearer.
pub(crate) fn drawn(seed: u64, number: u32) -> Film {
    let film = Approach::new(seed, number);
    Box::new(
        (0..Approach::FRAMES)
            .map(move |index| Frame::drawn(format!("film {number}"), index, film.frame(index))),
    )
}

/// Files in the order of their numbers.
pub(crate) fn loaded(entries: Vec<Entry>) -> Film {
    Box::new(entries.into_iter().map(|entry| entry.load()))
}
