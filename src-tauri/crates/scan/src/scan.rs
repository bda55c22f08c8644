use std::fmt;
use std::time::Duration;

use crate::colour::ColourReading;
use crate::cross_check::{CrossCheck, cross_check};
use crate::frame::FrameView;
use crate::geometry::Point;
use crate::scanner::Scanner;
use crate::symbol::Modules;

/// One code that was read from a frame.
#[derive(Clone, PartialEq)]
pub struct Detection {
    /// The bytes of the code. May hold personal data in the clear: never to be logged.
    pub payload: Vec<u8>,
    /// The same as text, if it is text.
    pub text: Option<String>,
    /// Corners in pixels of the full frame, clockwise from the code's own top left.
    pub corners: [Point; 4],
    /// QR version, 1 to 40; the code has 17 + 4 × version modules along a side.
    pub version: u8,
    /// The colour of the dark modules.
    pub colour: ColourReading,
    /// Light modules on a dark ground.
    pub is_inverted: bool,
    /// The look that read it.
    pub pass: Pass,
    /// What the payload was read from; `None` if that was more than one frame.
    pub(crate) modules: Option<Modules>,
}

impl Detection {
    /// Asks a second decoder, rqrr, for the payload of the same modules.
    ///
    /// Takes some 0.3 to 9 milliseconds: for a new payload, once, and not while a frame waits.
    pub fn cross_check(&self) -> CrossCheck {
        self.modules
            .as_ref()
            .map_or(CrossCheck::Silent, |modules| cross_check(modules, &self.payload))
    }
}

/// The ways a frame is looked at, in the order they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// Luma of a small picture at three times the size, with a light border: one pixel a module, no quiet zone.
    Enlarged,
    /// Luma as it is.
    Full,
    /// Luma at half the size: codes held close, noise, patterns of the screen.
    Half,
    /// Luma at a quarter of the size.
    Quarter,
    /// Luma sharpened: small and blurred codes.
    Sharpened,
    /// The darkest of red, green and blue: codes nearly as light as the screen.
    DarkestChannel,
    /// The modules of several frames together, of which none alone was enough.
    Fused,
}

impl fmt::Debug for Detection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Detection")
            .field("payload_bytes", &self.payload.len())
            .field("corners", &self.corners)
            .field("version", &self.version)
            .field("colour", &self.colour)
            .field("is_inverted", &self.is_inverted)
            .field("pass", &self.pass)
            .finish()
    }
}

/// Reads every QR code of a frame. Total: any frame gives an answer, and nothing in it can cause a panic.
///
/// All passes are tried until one reads something, without a deadline: for files. A camera wants a [`Scanner`].
pub fn scan(view: &FrameView<'_>) -> Vec<Detection> {
    Scanner::thorough().scan(view, &|| Duration::ZERO).detections
}
