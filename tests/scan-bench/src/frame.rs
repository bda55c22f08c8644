//! A frame on its way through the readers.

use gatepost_scan::synthetic::DoorFrame;
use gatepost_scan::{ColourClass, FrameView, PixelLayout};

/// A frame and what is true about it.
pub(crate) struct Frame {
    /// Of frames with the same name one rate is given.
    pub(crate) category: String,
    /// The file, or the number within the category.
    pub(crate) name: String,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// As our reader gets it.
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: PixelLayout,
    /// As all others get it: 0–255, one byte a pixel.
    pub(crate) luma: Vec<u8>,
    pub(crate) codes: Vec<Truth>,
    /// Whether the frame is of the kind whose times count, as a camera gives it, and not a photo of any size.
    pub(crate) is_of_a_camera: bool,
}

/// What is true about a code.
pub(crate) struct Truth {
    /// Its bytes or its text.
    pub(crate) payload: Vec<u8>,
    /// `None` where nobody has said it, or the code is inverted.
    pub(crate) colour: Option<ColourClass>,
}

/// What a reader says about one code.
pub(crate) struct Reading {
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: Option<String>,
    /// Ours only.
    pub(crate) colour: Option<ColourClass>,
}

impl Frame {
    pub(crate) fn drawn(category: String, number: u32, frame: DoorFrame) -> Frame {
        let codes = frame.codes.iter().map(|code| Truth {
            payload: code.payload.clone(),
            colour: (!code.is_inverted).then(|| code.colour.class()),
        });
        Frame {
            category,
            name: number.to_string(),
            width: frame.width,
            height: frame.height,
            luma: frame.luma(),
            codes: codes.collect(),
            bytes: frame.yuyv,
            layout: PixelLayout::Yuyv,
            is_of_a_camera: true,
        }
    }

    pub(crate) fn view(&self) -> FrameView<'_> {
        FrameView::packed(self.layout, &self.bytes, self.width, self.height)
            .expect("frames are drawn and loaded whole")
    }
}

impl Truth {
    /// Whether a reading says what the code says. Line ends and white space at the ends do not count.
    pub(crate) fn is_said_by(&self, reading: &Reading) -> bool {
        if reading.bytes == self.payload {
            return true;
        }
        let Ok(expected) = std::str::from_utf8(&self.payload) else {
            return false;
        };
        let as_text = std::str::from_utf8(&reading.bytes).ok();
        [as_text, reading.text.as_deref()]
            .into_iter()
            .flatten()
            .any(|text| text.trim() == expected.trim() || plain(text) == plain(expected))
    }
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}
