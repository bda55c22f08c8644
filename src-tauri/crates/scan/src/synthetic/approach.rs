//! Films of a phone that comes nearer, as a camera at 30 frames a second sees it.

use std::f32::consts::{PI, TAU};

use super::clutter::room;
use super::conditions::Conditions;
use super::door::{DoorFrame, Phone, Stage};
use super::maths::{exponential, sine_cosine};
use super::optics::Glare;
use super::picture::Picture;
use super::placement::{Placement, Pose, bounds};
use super::random::Random;
use crate::geometry::Point;

/// A visitor who walks up and holds out a phone: it slides in, slows down, the focus hunts, the exposure settles,
/// and where a lamp is reflected, it wanders over the glass.
pub struct Approach {
    seed: u64,
    number: u32,
    conditions: Conditions,
    room: Picture,
    phone: Phone,
    path: Path,
}

/// Where the phone goes. Frames are counted from 0.
struct Path {
    /// Frames in which the way that is left shrinks to 37 %.
    settling: f32,
    from: Point,
    to: Point,
    module_px: (f32, f32),
    /// Turns at the beginning beyond those that stay: in the picture, about the vertical, about the horizontal.
    turns: [f32; 3],
    /// Deviation of a hand that shakes, in pixels a frame.
    shake_px: f32,
    /// Share of the time of a frame in which the shutter is open.
    shutter: f32,
    /// Radius of the circle of confusion at the beginning, in modules.
    defocus: f32,
    /// Exposure at the beginning.
    exposure: f32,
    glare: Option<f32>,
}

impl Approach {
    /// Frames of one film.
    pub const FRAMES: u32 = 40;
    /// Pixels in a row.
    pub const WIDTH: usize = 1280;
    /// Rows.
    pub const HEIGHT: usize = 720;

    /// The film with this seed and number.
    pub fn new(seed: u64, number: u32) -> Approach {
        let mut random = Random::of("approach", seed, number);
        let conditions = Conditions::everyday(&mut random);
        let room = room(Approach::WIDTH, Approach::HEIGHT, &mut random);
        let phone = Phone::new(&conditions, conditions.colour, &mut random);
        let path = Path::new(phone.modules, &mut random);
        Approach {
            seed,
            number,
            conditions,
            room,
            phone,
            path,
        }
    }

    /// One frame, 0 to 39; later ones stand still.
    pub fn frame(&self, index: u32) -> DoorFrame {
        let path = &self.path;
        let before = self.place(index.saturating_sub(1));
        let here = self.place(index);
        let at = index as f32;
        let left = exponential(-at / path.settling);
        let module_px = path.module_px.1 + (path.module_px.0 - path.module_px.1) * left;
        let pose = Pose {
            roll: self.conditions.roll + path.turns[0] * left,
            yaw: self.conditions.yaw * 0.5 + path.turns[1] * left,
            pitch: self.conditions.pitch * 0.5 + path.turns[2] * left,
            module_px,
        };
        let way = here - before;
        let hunting = exponential(-at / 12.0) * sine_cosine(at / 4.0).1.abs();
        let conditions = Conditions {
            motion_px: way.dot(way).sqrt() * path.shutter,
            motion_angle: angle_of(way),
            blur_px: 0.3 + path.defocus * module_px * hunting,
            exposure: 1.0 + (path.exposure - 1.0) * exponential(-at / 8.0),
            ..self.conditions.clone()
        };
        let mut stage = Stage::in_room(conditions, self.room.clone());
        let placement = Placement::new(pose, self.phone.modules, Approach::WIDTH, Approach::HEIGHT).at(here);
        stage.show(&self.phone, &placement, Point::default());
        stage.glare = path
            .glare
            .map(|strength| self.lamp(strength, &placement.corners(), at));
        stage.photographed(&mut self.chance("noise", index))
    }

    /// The middle of the code.
    fn place(&self, index: u32) -> Point {
        let path = &self.path;
        let left = exponential(-(index as f32) / path.settling);
        let mut random = self.chance("hand", index);
        let shake = Point::new(random.normal(), random.normal()) * path.shake_px;
        path.to + (path.from - path.to) * left + shake
    }

    /// A lamp that goes around on the glass, once in three seconds.
    fn lamp(&self, strength: f32, corners: &[Point; 4], at: f32) -> Glare {
        let mut random = self.chance("lamp", 0);
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

impl Path {
    fn new(modules: usize, random: &mut Random) -> Path {
        let (width, height) = (Approach::WIDTH as f32, Approach::HEIGHT as f32);
        let last_px = random.between(2.2, 4.5).min(0.6 * height / modules as f32);
        let to = Point::new(
            width * random.between(0.38, 0.62),
            height * random.between(0.42, 0.58),
        );
        let (sine, cosine) = sine_cosine(random.between(0.0, TAU));
        Path {
            settling: random.between(5.0, 11.0),
            from: to + Point::new(cosine * width, sine * height) * 0.45,
            to,
            module_px: (last_px * random.between(0.45, 0.75), last_px),
            turns: [0; 3].map(|_| random.normal() * 0.5),
            shake_px: random.between(0.3, 1.2),
            shutter: random.between(0.36, 0.9),
            defocus: random.between(0.6, 1.6),
            exposure: random.between(1.5, 3.5),
            glare: random.happens(0.4).then_some(random.between(0.1, 0.5)),
        }
    }
}

/// Direction of a way in radians, to a thousandth; 0 for no way.
fn angle_of(way: Point) -> f32 {
    // Bisection: the cosine of the angle to a direction falls while the angle grows.
    let length = way.dot(way).sqrt();
    if length == 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, PI);
    for _ in 0..12 {
        let middle = (low + high) / 2.0;
        if sine_cosine(middle).1 * length > way.x {
            low = middle;
        } else {
            high = middle;
        }
    }
    if way.y < 0.0 { -low } else { low }
}
