//! Frames of a phone that somebody holds before the camera while one kind of trouble lasts.

use std::f32::consts::{PI, TAU};

use super::Category;
use super::clutter::room;
use super::conditions::{Conditions, Cover};
use super::door::{DoorFrame, Phone, Stage};
use super::maths::sine_cosine;
use super::optics::Glare;
use super::picture::Picture;
use super::placement::{Placement, Pose, bounds};
use super::random::Random;
use crate::geometry::Point;

/// Share of the time between two frames in which the shutter is open.
const SHUTTER: f32 = 0.6;

/// A phone that is held up: the same light, size and trouble in all frames; the hand, the noise and a reflected lamp
/// move on.
///
/// Under [`Category::Motion`] and [`Category::Hard`] every frame has its own way and direction within the bounds of
/// the category, as a hand has that shakes.
pub struct Held {
    category: Category,
    seed: u64,
    number: u32,
    conditions: Conditions,
    room: Picture,
    phone: Phone,
    place: Point,
    /// How many times as bad as the category has it.
    factor: f32,
}

impl Held {
    /// Pixels in a row.
    pub const WIDTH: usize = 1280;
    /// Rows.
    pub const HEIGHT: usize = 720;

    /// The phone with this kind of trouble, seed and number.
    pub fn new(category: Category, seed: u64, number: u32) -> Held {
        let mut random = Random::of("held", seed, number);
        let conditions = Conditions::of(category, &mut random);
        let room = room(Held::WIDTH, Held::HEIGHT, &mut random);
        let phone = Phone::new(&conditions, conditions.colour, &mut random);
        let place = Point::new(
            Held::WIDTH as f32 * random.between(0.42, 0.58),
            Held::HEIGHT as f32 * random.between(0.44, 0.56),
        );
        let mut held = Held {
            category,
            seed,
            number,
            conditions,
            room,
            phone,
            place,
            factor: 1.0,
        };
        let largest = 0.8 * Held::HEIGHT as f32 / (held.phone.modules + 4) as f32;
        held.resize(held.conditions.module_px.min(largest));
        held
    }

    /// The same phone nearer or further away; so near that the code is larger than the frame, if need be.
    pub fn at(mut self, module_px: f32) -> Held {
        self.resize(module_px);
        self
    }

    /// The same with so many times the trouble that the category names: less light, more blur, more fingers.
    pub fn worse(mut self, factor: f32) -> Held {
        let all = &mut self.conditions;
        match self.category {
            Category::Defocus => all.blur_px *= factor,
            Category::LowLight => {
                all.exposure /= factor;
                all.full_well /= factor;
            }
            Category::Bloom => all.exposure *= factor,
            _ => {}
        }
        all.glare = all.glare.map(|strength| strength * factor);
        self.factor *= factor;
        self
    }

    /// The same hand with another phone, whose code has as many modules, in it.
    pub fn with_phone_of(mut self, other: &Held) -> Held {
        self.phone = other.phone.clone();
        self
    }

    /// Modules along a side of the code.
    pub fn modules(&self) -> usize {
        self.phone.modules
    }

    /// Motion and blur go with the size: they are shares of a module.
    fn resize(&mut self, module_px: f32) {
        if matches!(self.category, Category::Motion | Category::Hard) {
            self.conditions.motion_px *= module_px / self.conditions.module_px;
        }
        self.conditions.module_px = module_px;
    }

    /// One frame, from 0.
    pub fn frame(&self, index: u32) -> DoorFrame {
        let mut place = self.place;
        for earlier in 1..=index {
            place = place + self.way(earlier) * (1.0 / SHUTTER);
        }
        let way = self.way(index);
        let conditions = Conditions {
            motion_px: way.dot(way).sqrt(),
            motion_angle: self.direction(index),
            ..self.conditions.clone()
        };
        let pose = Pose {
            roll: conditions.roll,
            yaw: conditions.yaw,
            pitch: conditions.pitch,
            module_px: conditions.module_px,
        };
        let placement = Placement::new(pose, self.phone.modules, Held::WIDTH, Held::HEIGHT).at(place);
        let corners = placement.corners();
        let (glare, cover) = (conditions.glare, conditions.cover);
        let mut stage = Stage::in_room(conditions, self.room.clone());
        stage.show(&self.phone, &placement, Point::default());
        if matches!(cover, Some(Cover::Finger | Cover::FrameEdge)) {
            for finger in 0..self.factor as u32 {
                stage.cover_with_finger(&corners, &mut self.chance("finger", finger));
            }
        }
        stage.glare = glare.map(|strength| self.lamp(strength, &corners, index as f32));
        stage.photographed(&mut self.chance("held noise", index))
    }

    /// The way of the phone while the shutter is open, in pixels.
    fn way(&self, index: u32) -> Point {
        let mut random = self.chance("held way", index);
        let length = match self.category {
            Category::Motion => random.between(0.7, 2.2) * self.factor * self.conditions.module_px,
            Category::Hard => random.between(0.0, 1.0) * self.conditions.module_px,
            _ => self.conditions.motion_px * random.between(0.5, 1.5),
        };
        let (sine, cosine) = sine_cosine(self.direction(index));
        Point::new(cosine, sine) * length
    }

    fn direction(&self, index: u32) -> f32 {
        self.chance("held direction", index).between(0.0, TAU)
    }

    /// A lamp that goes around on the glass, once in three seconds.
    fn lamp(&self, strength: f32, corners: &[Point; 4], at: f32) -> Glare {
        let mut random = self.chance("held lamp", 0);
        let [left, top, right, bottom] = bounds(corners);
        let phase = random.between(0.0, TAU) + at * TAU / 90.0;
        let (sine, cosine) = sine_cosine(phase);
        let middle = Point::new((left + right) / 2.0, (top + bottom) / 2.0);
        let reach = random.between(0.1, 0.45);
        Glare {
            centre: middle + Point::new(cosine * (right - left), sine * (bottom - top)) * reach,
            radius: (right - left) * random.between(0.12, 0.5),
            narrowness: random.between(0.35, 1.0),
            angle: random.between(0.0, PI),
            strength,
        }
    }

    fn chance(&self, part: &str, index: u32) -> Random {
        Random::of(
            part,
            self.seed,
            self.number.wrapping_mul(1009).wrapping_add(index),
        )
    }
}
