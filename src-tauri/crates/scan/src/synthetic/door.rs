//! Single door frames of every category.

use std::f32::consts::PI;

use super::camera::develop;
use super::clutter::room;
use super::code::MadeUpCode;
use super::conditions::{Conditions, Cover};
use super::optics::{Beat, Glare, add_beat, add_bloom, add_glare, add_veil, defocus, move_while_open};
use super::picture::{Picture, Region};
use super::placement::{Placement, Pose, area, bounds};
use super::random::Random;
use super::screen::{Look, Screen};
use super::stage::{draw_finger, draw_screen};
use super::{Category, CodeColour};
use crate::frame::{FrameView, PixelLayout};
use crate::geometry::Point;

/// A frame as a camera delivers it, and what is true about it.
#[derive(Clone, Debug, PartialEq)]
pub struct DoorFrame {
    /// Pixels in a row; even.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Packed YUYV, BT.601 with black at 16 and white at 235.
    pub yuyv: Vec<u8>,
    /// Every code that is shown, even one that nobody could read.
    pub codes: Vec<ShownCode>,
}

/// What is true about one code.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownCode {
    /// Its bytes.
    pub payload: Vec<u8>,
    /// Corners in pixels, clockwise from the code's own top left.
    pub corners: [Point; 4],
    /// QR version, 1 to 40.
    pub version: u8,
    /// Its colour; of an inverted code the colour of its light modules.
    pub colour: CodeColour,
    /// Light modules on a dark ground.
    pub is_inverted: bool,
    /// Pixels per module, as the root of the code's area.
    pub module_px: f32,
}

impl DoorFrame {
    /// The frame for a reader.
    pub fn view(&self) -> FrameView<'_> {
        FrameView::packed(PixelLayout::Yuyv, &self.yuyv, self.width, self.height)
            .expect("every row was written to its end")
    }

    /// Luma stretched to 0–255, one byte a pixel.
    pub fn luma(&self) -> Vec<u8> {
        let stretched: [u8; 256] = std::array::from_fn(|value| {
            let value = (value as f32 - 16.0) * (255.0 / 219.0);
            (value + 0.5).clamp(0.0, 255.0) as u8
        });
        self.yuyv
            .chunks_exact(2)
            .map(|pair| stretched[usize::from(pair[0])])
            .collect()
    }
}

/// A frame of 1280×720 pixels: always the same one for the same category, seed and number.
pub fn door_frame(category: Category, seed: u64, number: u32) -> DoorFrame {
    door_frame_sized(category, seed, number, 1280, 720)
}

/// A frame of another size; `width` is even, and both sides are at least 240.
///
/// # Panics
/// If they are not.
pub fn door_frame_sized(
    category: Category,
    seed: u64,
    number: u32,
    width: usize,
    height: usize,
) -> DoorFrame {
    assert!(
        width.is_multiple_of(2) && width >= 240 && height >= 240,
        "YUYV has pairs of pixels"
    );
    let mut random = Random::of(&category.to_string(), seed, number);
    let conditions = Conditions::of(category, &mut random);
    let mut stage = Stage::new(conditions, width, height, &mut random);
    match (category, stage.conditions.codes) {
        (Category::Screen, _) => stage.show_another_page(&mut random),
        (_, 0) => {}
        (_, 1) => stage.show_one(&mut random),
        (_, codes) => stage.show_several(codes, &mut random),
    }
    stage.photographed(&mut random)
}

/// A scene on its way through the lens.
pub(super) struct Stage {
    pub(super) conditions: Conditions,
    pub(super) picture: Picture,
    pub(super) codes: Vec<ShownCode>,
    pub(super) glare: Option<Glare>,
    /// Where the phones are: all that a thick blur has to visit.
    phones: Region,
}

/// A phone with a code, before it is placed.
#[derive(Clone)]
pub(super) struct Phone {
    pub(super) screen: Screen,
    pub(super) modules: usize,
    truth: ShownCode,
}

impl Phone {
    pub(super) fn new(conditions: &Conditions, colour: CodeColour, random: &mut Random) -> Phone {
        let code = MadeUpCode::new(conditions.payload, random);
        let look = Look {
            shade: *random.pick(colour.shades()),
            is_inverted: conditions.is_inverted,
            is_grey: colour == CodeColour::Dark,
        };
        Phone {
            screen: Screen::with_code(&code, &look, random),
            modules: code.modules,
            truth: ShownCode {
                payload: code.payload,
                corners: [Point::default(); 4],
                version: code.version,
                colour,
                is_inverted: conditions.is_inverted,
                module_px: 0.0,
            },
        }
    }
}

impl Stage {
    fn new(conditions: Conditions, width: usize, height: usize, random: &mut Random) -> Stage {
        Stage::in_room(conditions, room(width, height, random))
    }

    pub(super) fn in_room(conditions: Conditions, room: Picture) -> Stage {
        let mut picture = room;
        for value in picture.planes.iter_mut().flatten() {
            *value *= conditions.room_light;
        }
        let nothing = Region {
            left: 0,
            top: 0,
            right: 0,
            bottom: 0,
        };
        Stage {
            conditions,
            picture,
            codes: Vec::new(),
            glare: None,
            phones: nothing,
        }
    }

    fn pose(&self, module_px: f32) -> Pose {
        Pose {
            roll: self.conditions.roll,
            yaw: self.conditions.yaw,
            pitch: self.conditions.pitch,
            module_px,
        }
    }

    fn show_one(&mut self, random: &mut Random) {
        let phone = Phone::new(&self.conditions, self.conditions.colour, random);
        let (width, height) = (self.picture.width as f32, self.picture.height as f32);
        let largest = 0.95 * width.min(height) / (phone.modules + 4) as f32;
        let is_cut = self.conditions.cover == Some(Cover::FrameEdge);
        let module_px = if is_cut {
            self.conditions.module_px
        } else {
            self.conditions.module_px.min(largest)
        };
        let placement = self.placed(module_px, phone.modules, random);
        let corners = placement.corners();
        let shift = if is_cut {
            self.over_the_edge(&corners, random)
        } else {
            Point::default()
        };
        self.show(&phone, &placement, shift);
        if self.conditions.cover == Some(Cover::Finger) {
            self.cover_with_finger(&corners, random);
        }
        self.reflect_a_lamp(&corners, random);
    }

    /// Anywhere in the frame where the whole code is seen, if it fits.
    fn placed(&self, module_px: f32, modules: usize, random: &mut Random) -> Placement {
        const MARGIN_PX: f32 = 6.0;
        let (width, height) = (self.picture.width, self.picture.height);
        let placement = Placement::new(self.pose(module_px), modules, width, height);
        let [left, top, right, bottom] = bounds(&placement.corners());
        let mut within = |extent: f32, length: usize| {
            let (half, length) = (extent / 2.0 + MARGIN_PX, length as f32);
            if length > 2.0 * half {
                random.between(half, length - half)
            } else {
                length / 2.0
            }
        };
        let place = Point::new(within(right - left, width), within(bottom - top, height));
        placement.at(place)
    }

    /// The way that puts 2 to 12 % of a code's side outside the frame.
    fn over_the_edge(&self, corners: &[Point; 4], random: &mut Random) -> Point {
        let [left, top, right, bottom] = bounds(corners);
        let hidden = random.between(0.02, 0.12) * area(corners).sqrt();
        let (width, height) = (self.picture.width as f32, self.picture.height as f32);
        match random.below(4) {
            0 => Point::new(-left - hidden, 0.0),
            1 => Point::new(width - right + hidden, 0.0),
            2 => Point::new(0.0, -top - hidden),
            _ => Point::new(0.0, height - bottom + hidden),
        }
    }

    /// Two to four cards, each in a quarter of the frame of its own.
    fn show_several(&mut self, codes: usize, random: &mut Random) {
        let (width, height) = (self.picture.width as f32, self.picture.height as f32);
        let mut quarters = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        for last in (1..quarters.len()).rev() {
            quarters.swap(last, random.below(last + 1));
        }
        for (x, y) in quarters.into_iter().take(codes) {
            let colour = *random.pick(&CodeColour::ALL);
            let mut phone = Phone::new(&self.conditions, colour, random);
            phone.screen = phone.screen.card_only(phone.modules);
            let module_px = self
                .conditions
                .module_px
                .min(0.42 * height / (phone.modules + 8) as f32);
            let pose = self.pose(module_px);
            let place = Point::new(
                width * (x + random.between(-0.016, 0.016)),
                height * (y + random.between(-0.014, 0.014)),
            );
            let placement =
                Placement::new(pose, phone.modules, self.picture.width, self.picture.height).at(place);
            self.show(&phone, &placement, Point::default());
        }
    }

    fn show_another_page(&mut self, random: &mut Random) {
        const MODULES: usize = 33;
        let screen = Screen::without_code(random);
        let placement = self.placed(self.conditions.module_px, MODULES, random);
        let (map, light) = (placement.map(Point::default()), self.conditions.screen_light);
        let drawn = draw_screen(&mut self.picture, &screen, map, light, self.conditions.module_px);
        self.phones = self.phones.joined(drawn);
    }

    /// Draws a phone and notes what is true about its code.
    pub(super) fn show(&mut self, phone: &Phone, placement: &Placement, shift: Point) {
        let map = placement.map(shift);
        let corners = placement.corners().map(|corner| corner + shift);
        let module_px = area(&corners).sqrt() / phone.modules as f32;
        let light = self.conditions.screen_light;
        let drawn = draw_screen(&mut self.picture, &phone.screen, map, light, module_px);
        self.phones = self.phones.joined(drawn);
        self.codes.push(ShownCode {
            corners,
            module_px,
            ..phone.truth.clone()
        });
    }

    /// A finger from outside over one side of the code, by up to an eighth of the way to its middle.
    pub(super) fn cover_with_finger(&mut self, corners: &[Point; 4], random: &mut Random) {
        let side = random.below(4);
        let (from, to) = (corners[side], corners[(side + 1) % 4]);
        let middle = (corners[0] + corners[1] + corners[2] + corners[3]) * 0.25;
        let on_side = (from + to) * 0.5 + (to - from) * random.between(-0.35, 0.35);
        let radius = area(corners).sqrt() * random.between(0.06, 0.13);
        let tip = on_side + (middle - on_side) * random.between(0.0, 0.12);
        let root = on_side + (on_side - middle);
        draw_finger(&mut self.picture, tip, root, radius, self.conditions.room_light);
    }

    fn reflect_a_lamp(&mut self, corners: &[Point; 4], random: &mut Random) {
        let Some(strength) = self.conditions.glare else {
            return;
        };
        let [left, top, right, bottom] = bounds(corners);
        let (x, y) = (random.between(0.0, 1.0), random.between(0.0, 1.0));
        self.glare = Some(Glare {
            centre: Point::new(left + (right - left) * x, top + (bottom - top) * y),
            radius: (right - left) * random.between(0.12, 0.5),
            narrowness: random.between(0.35, 1.0),
            angle: random.between(0.0, PI),
            strength,
        });
    }

    /// Lens, shutter, sensor.
    pub(super) fn photographed(mut self, random: &mut Random) -> DoorFrame {
        let Conditions {
            moire,
            veil,
            bloom,
            blur_px,
            motion_px,
            motion_angle,
            ..
        } = self.conditions;
        if moire > 0.0 {
            let frequency = random.between(0.15, 0.5);
            let beat = Beat {
                depth: moire,
                frequencies: [frequency, frequency * random.between(0.8, 1.25)],
                angle: random.between(0.0, PI),
            };
            add_beat(&mut self.picture, beat);
        }
        if let Some(glare) = self.glare {
            add_glare(&mut self.picture, glare);
        }
        add_veil(&mut self.picture, veil);
        if bloom > 0.0 {
            add_bloom(&mut self.picture, bloom);
        }
        defocus(&mut self.picture, self.phones, blur_px);
        move_while_open(&mut self.picture, self.phones, motion_px, motion_angle);
        DoorFrame {
            width: self.picture.width,
            height: self.picture.height,
            yuyv: develop(&self.picture, &self.conditions, random),
            codes: self.codes,
        }
    }
}
