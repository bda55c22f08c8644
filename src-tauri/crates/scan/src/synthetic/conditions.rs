//! The light, the optics and the camera of one frame, drawn by chance within what its category allows.

use std::f32::consts::{FRAC_PI_2, PI};

use super::code::PayloadKind;
use super::maths::exponential;
use super::random::Random;
use super::{Category, CodeColour};

/// Everything that decides how a scene is seen.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pub(super) colour: CodeColour,
    pub(super) payload: PayloadKind,
    pub(super) codes: usize,
    pub(super) is_inverted: bool,
    /// Pixels per module, as the root of the code's area.
    pub(super) module_px: f32,
    /// Turns in radians: in the picture, about the vertical, about the horizontal.
    pub(super) roll: f32,
    pub(super) yaw: f32,
    pub(super) pitch: f32,
    /// Light of the screen's white and of a white wall, 1 for what just fills the sensor at exposure 1.
    pub(super) screen_light: f32,
    pub(super) room_light: f32,
    /// Stray light over the whole frame.
    pub(super) veil: f32,
    /// Light of the middle of a reflected lamp.
    pub(super) glare: Option<f32>,
    /// Share of the light that spreads over a sixtieth of the frame.
    pub(super) bloom: f32,
    /// Depth of the beat between screen and sensor.
    pub(super) moire: f32,
    pub(super) cover: Option<Cover>,
    /// Radius of the circle of confusion in pixels.
    pub(super) blur_px: f32,
    /// Way of the phone while the shutter was open, in pixels, and its direction in radians.
    pub(super) motion_px: f32,
    pub(super) motion_angle: f32,
    pub(super) exposure: f32,
    /// Gains of red, green and blue: the error of the white balance.
    pub(super) gains: [f32; 3],
    /// Electrons (or what stands for them) that white makes in a pixel: fewer make more noise.
    pub(super) full_well: f32,
    /// Noise of reading, as a share of white.
    pub(super) read_noise: f32,
    /// Deviation in pixels of the camera's smoothing; 0 for none.
    pub(super) denoise_px: f32,
    /// Strength of the camera's sharpening; 0 for none.
    pub(super) sharpen: f32,
    pub(super) encoding: Encoding,
}

/// What hides a part of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    Finger,
    FrameEdge,
}

/// What happens to the pixels between camera and program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// YUYV as it is.
    Raw,
    /// Motion JPEG of this quality (1–100), with a chroma sample for two or for four pixels.
    Jpeg { quality: u8, is_420: bool },
}

impl Conditions {
    /// An everyday frame.
    pub(super) fn everyday(random: &mut Random) -> Conditions {
        let turned = [0.0, 0.0, 0.0, 0.0, FRAC_PI_2, PI];
        Conditions {
            colour: *random.pick_by(&[
                (CodeColour::Dark, 34),
                (CodeColour::Green, 40),
                (CodeColour::Yellow, 8),
                (CodeColour::Orange, 6),
                (CodeColour::Red, 12),
            ]),
            payload: *random.pick_by(&[
                (PayloadKind::Link, 50),
                (PayloadKind::ShortLink, 15),
                (PayloadKind::Alphanumeric, 25),
                (PayloadKind::Digits, 10),
            ]),
            codes: 1,
            is_inverted: false,
            module_px: random.between(2.6, 5.0),
            roll: random.normal() * 0.12 + random.pick(&turned),
            yaw: random.normal() * 0.15,
            pitch: random.normal() * 0.15,
            screen_light: random.between(0.55, 1.0),
            room_light: random.between(0.15, 0.8),
            veil: random.between(0.0, 0.05),
            glare: None,
            bloom: 0.0,
            moire: 0.0,
            cover: None,
            blur_px: random.between(0.2, 0.55),
            motion_px: random.between(0.0, 0.5),
            motion_angle: random.between(0.0, PI),
            exposure: random.between(0.8, 1.15),
            gains: [1.0; 3],
            full_well: random.between(600.0, 3000.0),
            read_noise: random.between(0.002, 0.006),
            denoise_px: *random.pick(&[0.0, 0.0, 0.5, 0.7]),
            sharpen: *random.pick(&[0.0, 0.0, 0.4, 0.8]),
            encoding: encoding(random, 70, 95),
        }
    }

    /// A frame of a category.
    pub(super) fn of(category: Category, random: &mut Random) -> Conditions {
        let mut all = Conditions::everyday(random);
        match category {
            Category::Nominal => {}
            Category::Size(hundredths) => {
                all.module_px = f32::from(hundredths) / 100.0;
                all.motion_px = 0.0;
                all.blur_px = random.between(0.2, 0.4);
            }
            Category::Colour(colour) => {
                all.colour = colour;
                let (warmth, tint) = (random.between(-0.45, 0.45), random.normal() * 0.06);
                all.gains = [warmth, tint, -warmth].map(exponential);
            }
            Category::Defocus => {
                all.blur_px = random.between(0.45, 1.0) * all.module_px * 0.55 + 0.3;
                all.motion_px = 0.0;
            }
            Category::Motion => all.motion_px = random.between(0.7, 2.2) * all.module_px,
            Category::Tilt => {
                let tilt = random.between(0.5, 0.95) * random.pick(&[-1.0, 1.0]);
                *random.pick_mut([&mut all.yaw, &mut all.pitch]) = tilt;
                all.roll = random.between(-PI, PI);
                all.module_px = random.between(3.2, 5.5);
            }
            Category::Rotate => all.roll = random.between(-PI, PI),
            Category::Glare => {
                all.glare = Some(random.between(0.25, 0.9));
                all.veil = random.between(0.03, 0.25);
            }
            Category::LowLight => {
                all.exposure = random.between(0.08, 0.3);
                all.full_well = random.between(80.0, 300.0);
                all.read_noise = random.between(0.006, 0.014);
                all.room_light = random.between(0.1, 0.4);
            }
            Category::Bloom => {
                all.exposure = random.between(2.0, 5.0);
                all.room_light = random.between(0.02, 0.1);
                all.blur_px += 0.5;
                all.veil = random.between(0.01, 0.04);
                all.bloom = random.between(0.05, 0.2);
            }
            Category::Partial => all.cover = Some(*random.pick(&[Cover::Finger, Cover::FrameEdge])),
            Category::Moire => all.moire = random.between(0.1, 0.35),
            Category::Multi => {
                all.codes = 2 + random.below(3);
                all.module_px = random.between(2.4, 3.4);
                all.payload = PayloadKind::Link;
            }
            Category::Inverted => all.is_inverted = true,
            Category::Hard => all.make_hard(random),
            Category::Empty | Category::Screen => all.codes = 0,
        }
        all
    }

    fn make_hard(&mut self, random: &mut Random) {
        self.module_px = random.between(1.9, 3.6);
        self.blur_px = random.between(0.3, 0.9);
        self.motion_px = random.between(0.0, 1.0) * self.module_px;
        self.yaw = random.normal() * 0.35;
        self.pitch = random.normal() * 0.35;
        self.veil = random.between(0.0, 0.15);
        self.exposure = random.between(0.25, 2.0);
        self.full_well = random.between(150.0, 1500.0);
        self.encoding = encoding(random, 50, 85);
        if random.happens(0.4) {
            self.glare = Some(random.between(0.1, 0.6));
        }
    }
}

fn encoding(random: &mut Random, worst: u8, best: u8) -> Encoding {
    let quality = worst + random.below(usize::from(best - worst)) as u8;
    let is_420 = random.happens(0.5);
    if random.happens(0.3) {
        Encoding::Raw
    } else {
        Encoding::Jpeg { quality, is_420 }
    }
}
