use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::symbol::Modules;

/// What a second decoder says of the modules a payload was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrossCheck {
    /// The same payload.
    Agrees,
    /// Another payload: one of the two decoders is wrong, and nobody should rely on either.
    Differs,
    /// No payload: it takes less damage than ours, and no mirror image.
    Silent,
}

/// Asks rqrr for the payload of the same modules.
///
/// Some 0.3 to 9 milliseconds: for a new payload, once, and not while a frame waits. rqrr asserts on some of what real
/// photos show, so its panics end here.
pub(crate) fn cross_check(modules: &Modules, payload: &[u8]) -> CrossCheck {
    let second = catch_unwind(AssertUnwindSafe(|| {
        let matrix = rqrr::SimpleGrid::from_func(modules.size(), |x, y| modules.dark(x, y));
        let mut second = Vec::new();
        rqrr::Grid::new(matrix).decode_to(&mut second).ok()?;
        Some(second)
    }));
    match second.ok().flatten() {
        Some(second) if second == payload => CrossCheck::Agrees,
        Some(second) if !second.is_empty() => CrossCheck::Differs,
        Some(_) | None => CrossCheck::Silent,
    }
}
