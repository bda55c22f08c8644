//! What can go wrong at a door, one kind at a time.

use std::fmt;

use super::CodeColour;

/// A kind of door frame. The conditions that it does not name stay those of an everyday frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Everyday: 2.6 to 5 pixels a module, a little turned, sharp enough, light enough.
    Nominal,
    /// Without motion and in focus, at this many hundredths of a pixel per module.
    Size(u16),
    /// Of this colour, under a white balance that is off by up to 1.57 in red and blue against each other.
    Colour(CodeColour),
    /// Out of focus by 0.25 to 0.6 modules.
    Defocus,
    /// Moved while the shutter was open, by 0.7 to 2.2 modules.
    Motion,
    /// Turned out of the plane of the picture, by 29° to 54°.
    Tilt,
    /// Turned in the plane of the picture by any angle.
    Rotate,
    /// A lamp reflected by the glass, and a veil of stray light.
    Glare,
    /// A tenth to a third of the light, and the noise that comes with it.
    LowLight,
    /// The screen outshines everything: two to five times what the sensor holds.
    Bloom,
    /// A finger or the edge of the picture hides a part.
    Partial,
    /// The screen's pixels beat with the sensor's.
    Moire,
    /// Two to four codes at once.
    Multi,
    /// Light modules on a dark ground.
    Inverted,
    /// Several of the above at once.
    Hard,
    /// Nobody there.
    Empty,
    /// A phone that shows something else.
    Screen,
}

impl Category {
    /// Every kind, each with the number of frames that makes one measurement: 1150 in all.
    pub const MEASURED: [(Category, u32); 30] = [
        (Category::Nominal, 60),
        (Category::Size(600), 24),
        (Category::Size(500), 24),
        (Category::Size(400), 24),
        (Category::Size(350), 24),
        (Category::Size(300), 24),
        (Category::Size(250), 24),
        (Category::Size(225), 24),
        (Category::Size(200), 24),
        (Category::Size(175), 24),
        (Category::Size(150), 24),
        (Category::Colour(CodeColour::Dark), 40),
        (Category::Colour(CodeColour::Green), 40),
        (Category::Colour(CodeColour::Yellow), 40),
        (Category::Colour(CodeColour::Orange), 40),
        (Category::Colour(CodeColour::Red), 40),
        (Category::Defocus, 50),
        (Category::Motion, 50),
        (Category::Tilt, 50),
        (Category::Rotate, 50),
        (Category::Glare, 50),
        (Category::LowLight, 50),
        (Category::Bloom, 50),
        (Category::Partial, 50),
        (Category::Moire, 50),
        (Category::Hard, 50),
        (Category::Multi, 30),
        (Category::Inverted, 30),
        (Category::Empty, 60),
        (Category::Screen, 30),
    ];

    /// Whether frames of this kind show a code at all.
    pub fn shows_a_code(self) -> bool {
        !matches!(self, Category::Empty | Category::Screen)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Category::Size(hundredths) => write!(formatter, "size {}", f32::from(*hundredths) / 100.0),
            Category::Colour(colour) => write!(formatter, "colour {}", colour.name()),
            Category::Nominal => formatter.write_str("nominal"),
            Category::Defocus => formatter.write_str("defocus"),
            Category::Motion => formatter.write_str("motion"),
            Category::Tilt => formatter.write_str("tilt"),
            Category::Rotate => formatter.write_str("rotate"),
            Category::Glare => formatter.write_str("glare"),
            Category::LowLight => formatter.write_str("low light"),
            Category::Bloom => formatter.write_str("bloom"),
            Category::Partial => formatter.write_str("partial"),
            Category::Moire => formatter.write_str("moire"),
            Category::Multi => formatter.write_str("multi"),
            Category::Inverted => formatter.write_str("inverted"),
            Category::Hard => formatter.write_str("hard"),
            Category::Empty => formatter.write_str("empty"),
            Category::Screen => formatter.write_str("screen"),
        }
    }
}
