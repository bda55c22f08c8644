//! Door frames made here, with their exact truth: what the demonstration shows and what the tests read.
//!
//! A phone in a hand before a softly lit room, drawn in linear light with a real perspective, then blurred,
//! exposed, white balanced and given noise as a camera would. The same [`DoorScene`] gives the same bytes on
//! every machine.
//!
//! [`door_frame`] draws what a reader is measured with: frames of every [`Category`] of trouble, behind a harder
//! camera (defocus, motion, bloom, JPEG), and [`Approach`] whole films.

mod approach;
mod camera;
mod category;
mod clutter;
mod code;
mod conditions;
mod convert;
mod door;
mod held;
mod jpeg;
mod maths;
mod optics;
mod paint;
mod picture;
mod placement;
mod random;
mod screen;
mod stage;

use qrcode::{EcLevel, QrCode};

pub use approach::Approach;
pub use category::Category;
pub use convert::{luma_from_rgb, nv12_from_rgb, yuyv_from_rgb};
pub use door::{DoorFrame, ShownCode, door_frame, door_frame_sized};
pub use held::Held;

use crate::colour::ColourClass;
use crate::geometry::{Perspective, Point};
use maths::{exponential, sine_cosine};
use paint::Canvas;
pub(crate) use random::Random;

/// The colour of the code on the phone. Shades are those of real issuers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeColour {
    /// One of several provinces' greens.
    Green,
    /// Yellow, hue about 45°: the least contrast in luma.
    Yellow,
    /// Orange, hue about 30°.
    Orange,
    /// Red.
    Red,
    /// Black on white.
    Dark,
}

impl CodeColour {
    /// All of them.
    pub const ALL: [CodeColour; 5] = [
        CodeColour::Green,
        CodeColour::Yellow,
        CodeColour::Orange,
        CodeColour::Red,
        CodeColour::Dark,
    ];

    /// The class that a correct reading gives.
    pub fn class(self) -> ColourClass {
        match self {
            CodeColour::Green => ColourClass::Green,
            CodeColour::Yellow | CodeColour::Orange => ColourClass::YellowOrange,
            CodeColour::Red => ColourClass::Red,
            CodeColour::Dark => ColourClass::Dark,
        }
    }

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            CodeColour::Green => "green",
            CodeColour::Yellow => "yellow",
            CodeColour::Orange => "orange",
            CodeColour::Red => "red",
            CodeColour::Dark => "dark",
        }
    }

    fn shades(self) -> &'static [[u8; 3]] {
        match self {
            CodeColour::Green => &[
                [0x57, 0xac, 0x6c],
                [0x08, 0xbc, 0x64],
                [0x00, 0x9d, 0x3e],
                [0x28, 0xa4, 0x64],
            ],
            CodeColour::Yellow => &[[0xff, 0xc0, 0x0a], [0xf9, 0xba, 0x05]],
            CodeColour::Orange => &[[0xff, 0x8f, 0x1f]],
            CodeColour::Red => &[[0xff, 0x00, 0x00], [0xfe, 0x37, 0x37], [0xd9, 0x30, 0x25]],
            CodeColour::Dark => &[[0x10, 0x10, 0x10], [0x22, 0x22, 0x28]],
        }
    }
}

/// Everything that decides a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct DoorScene {
    /// Chooses the room, the shade of the colour and the noise.
    pub seed: u64,
    /// What the code says; `None` for a door with nobody before it.
    pub payload: Option<Vec<u8>>,
    /// Colour of the code and of the bar above it.
    pub colour: CodeColour,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pixels per module at the middle of the code.
    pub module_px: f32,
    /// Where the middle of the code stands, as shares of width and height.
    pub centre: Point,
    /// Turn in the picture, clockwise.
    pub roll_degrees: f32,
    /// Turn about the vertical.
    pub yaw_degrees: f32,
    /// Turn about the horizontal.
    pub pitch_degrees: f32,
    /// Light on the sensor; at 1 the white of the screen is just not clipped.
    pub exposure: f32,
    /// White balance error of red, as a factor.
    pub red_gain: f32,
    /// White balance error of blue, as a factor.
    pub blue_gain: f32,
    /// Standard deviation of the noise in steps of 255.
    pub noise: f32,
    /// Standard deviation of the blur in pixels.
    pub blur_px: f32,
}

impl Default for DoorScene {
    fn default() -> DoorScene {
        DoorScene {
            seed: 1,
            payload: None,
            colour: CodeColour::Green,
            width: 1280,
            height: 720,
            module_px: 6.0,
            centre: Point::new(0.5, 0.5),
            roll_degrees: 0.0,
            yaw_degrees: 0.0,
            pitch_degrees: 0.0,
            exposure: 0.9,
            red_gain: 1.0,
            blue_gain: 1.0,
            noise: 2.0,
            blur_px: 0.6,
        }
    }
}

impl DoorScene {
    /// A visitor as they usually stand there: the phone a little turned, in a light of its own.
    pub fn nominal(seed: u64, colour: CodeColour, payload: &[u8]) -> DoorScene {
        let mut random = Random::new(seed ^ 0xd002);
        let warmth = random.between(-0.25, 0.25);
        DoorScene {
            seed,
            payload: Some(payload.to_vec()),
            colour,
            module_px: random.between(3.5, 7.0),
            centre: Point::new(random.between(0.38, 0.62), random.between(0.45, 0.55)),
            roll_degrees: random.normal() * 6.0,
            yaw_degrees: random.normal() * 8.0,
            pitch_degrees: random.normal() * 8.0,
            exposure: random.between(0.6, 1.05),
            red_gain: exponential(warmth),
            blue_gain: exponential(-warmth),
            noise: random.between(1.0, 4.0),
            blur_px: random.between(0.4, 1.0),
            ..DoorScene::default()
        }
    }
}

/// A finished frame and what is true about it.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticFrame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// sRGB, three bytes a pixel.
    pub rgb: Vec<u8>,
    /// Corners of the code, clockwise from its own top left; `None` if no code is shown.
    pub corners: Option<[Point; 4]>,
}

impl SyntheticFrame {
    /// The frame as a UVC camera delivers it.
    pub fn to_yuyv(&self) -> Vec<u8> {
        yuyv_from_rgb(&self.rgb, self.width, self.height)
    }

    /// The frame as macOS cameras deliver it; needs even sides.
    pub fn to_nv12(&self) -> Vec<u8> {
        nv12_from_rgb(&self.rgb, self.width, self.height)
    }

    /// The luma that a JPEG decoder gives.
    pub fn to_luma(&self) -> Vec<u8> {
        luma_from_rgb(&self.rgb)
    }
}

/// Draws a scene. A payload that no QR code can hold leaves the card on the phone empty.
pub fn render(scene: &DoorScene) -> SyntheticFrame {
    let mut random = Random::new(scene.seed);
    let shades = scene.colour.shades();
    let shade = shades[random.below(shades.len())];
    let mut canvas = Canvas::room(scene.width, scene.height, &mut random);
    let mut corners = None;
    if let Some(payload) = &scene.payload {
        let code = QrCode::with_error_correction_level(payload, EcLevel::M).ok();
        let modules = code.as_ref().map_or(37, QrCode::width);
        if let Some(map) = phone_map(scene, scene.module_px * modules as f32) {
            canvas.phone(&map, shade, code.as_ref());
            canvas.blur(scene.blur_px);
            corners = code
                .map(|_| [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(x, y)| map.map(x, y)));
        }
    }
    let gains = [scene.red_gain, 1.0, scene.blue_gain].map(|gain| gain * scene.exposure);
    let rgb = canvas.develop(gains, scene.noise, &mut random);
    SyntheticFrame {
        width: scene.width,
        height: scene.height,
        rgb,
        corners,
    }
}

/// From the phone, whose unit is the side of the code and whose origin the code's middle, to pixels.
fn phone_map(scene: &DoorScene, side_px: f32) -> Option<Perspective> {
    const FOCAL_LENGTH_WIDTHS: f32 = 1.1;
    let focal = FOCAL_LENGTH_WIDTHS * scene.width as f32;
    let [(roll_sin, roll_cos), (yaw_sin, yaw_cos), (pitch_sin, pitch_cos)] =
        [scene.roll_degrees, scene.yaw_degrees, scene.pitch_degrees]
            .map(|degrees| sine_cosine(degrees.to_radians()));
    let middle = Point::new(
        scene.centre.x * scene.width as f32,
        scene.centre.y * scene.height as f32,
    );
    let project = |x: f32, y: f32| {
        let (x, y) = (x * roll_cos - y * roll_sin, x * roll_sin + y * roll_cos);
        let (x, z) = (x * yaw_cos, -x * yaw_sin);
        let (y, z) = (y * pitch_cos - z * pitch_sin, y * pitch_sin + z * pitch_cos);
        // The code's side is 1, so its distance is the focal length over its size in pixels.
        let scale = focal / (focal / side_px + z);
        middle + Point::new(x * scale, y * scale)
    };
    let square = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
    let from = square.map(|(x, y)| Point::new(x, y));
    Perspective::between(&from, &square.map(|(x, y)| project(x, y)))
}
