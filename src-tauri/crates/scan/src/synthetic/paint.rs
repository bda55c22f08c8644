use qrcode::{Color, QrCode};

use super::maths::{exponential, linear, power};
use super::random::Random;
use crate::geometry::{Perspective, Point};

/// Linear light, 1 for the white of the screen.
type Light = [f32; 3];

const SKIN: Light = [0.46, 0.25, 0.17];
const SLEEVE: Light = [0.035, 0.045, 0.075];
const BODY: Light = [0.012, 0.013, 0.016];
const PAGE: Light = [0.86, 0.88, 0.90];
const WHITE: Light = [0.97, 0.97, 0.97];
const LINE: Light = [0.55, 0.57, 0.60];

/// A picture in linear light.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Light>,
    /// Columns and rows that are not smooth, `left, top, right, bottom`: all that blur has to visit.
    drawn: [usize; 4],
}

/// A straight stroke with round ends, in units of the phone.
struct Stroke {
    from: Point,
    to: Point,
    radius: f32,
}

/// A rectangle with round corners, in units of the phone.
struct Plate {
    middle: Point,
    half: Point,
    radius: f32,
}

impl Canvas {
    /// A room out of focus: dark floor, lighter wall, a few soft lamps.
    pub(crate) fn room(width: usize, height: usize, random: &mut Random) -> Canvas {
        const CELL: usize = 16;
        let lamps: Vec<(Point, f32, Light)> = (0..7)
            .map(|_| {
                let centre = Point::new(random.between(0.0, 1.0), random.between(0.05, 0.6));
                let warmth = random.between(0.0, 1.0);
                let strength = random.between(0.06, 0.22);
                let light = [0.6 + 0.4 * warmth, 0.75, 1.0 - 0.45 * warmth].map(|channel| channel * strength);
                (centre, random.between(0.05, 0.2), light)
            })
            .collect();
        let ratio = width as f32 / height.max(1) as f32;
        let light_at = |x: f32, y: f32| -> Light {
            let wall = 1.0 / (1.0 + exponential((y - 0.68) * 16.0));
            let mut light = [0.030 + 0.055 * wall, 0.032 + 0.066 * wall, 0.038 + 0.082 * wall];
            for (centre, radius, lamp) in &lamps {
                let away = Point::new((x - centre.x) * ratio, y - centre.y);
                let share = exponential(-away.dot(away) / (radius * radius));
                light = add(light, *lamp, share);
            }
            light
        };
        // Smooth enough to be worked out on a coarse lattice and joined by straight lines.
        let columns = width / CELL + 2;
        let lattice: Vec<Light> = (0..columns * (height / CELL + 2))
            .map(|cell| {
                let (x, y) = (cell % columns * CELL, cell / columns * CELL);
                light_at(x as f32 / width as f32, y as f32 / height as f32)
            })
            .collect();
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let (row, down) = (y / CELL * columns, (y % CELL) as f32 / CELL as f32);
            for x in 0..width {
                let (column, across) = (x / CELL, (x % CELL) as f32 / CELL as f32);
                let above = mix(lattice[row + column], lattice[row + column + 1], across);
                let below = mix(
                    lattice[row + columns + column],
                    lattice[row + columns + column + 1],
                    across,
                );
                pixels.push(mix(above, below, down));
            }
        }
        Canvas {
            width,
            height,
            pixels,
            drawn: [0; 4],
        }
    }

    /// A hand with a phone that shows a code on a card under a bar of the same colour.
    pub(crate) fn phone(&mut self, map: &Perspective, shade: [u8; 3], code: Option<&QrCode>) {
        let Some(back) = map.inverse() else { return };
        let reach = [(-1.2, -1.95), (2.0, -1.95), (2.0, 4.6), (-1.2, 4.6)].map(|(x, y)| map.map(x, y));
        let shade = linear(shade);
        let bound = |of: fn(&Point) -> f32, limit: usize| {
            let low = reach.iter().map(of).fold(f32::MAX, f32::min);
            let high = reach.iter().map(of).fold(f32::MIN, f32::max);
            ((low as usize).min(limit), (high as usize + 1).min(limit))
        };
        let (left, right) = bound(|point| point.x, self.width);
        let (top, bottom) = bound(|point| point.y, self.height);
        self.drawn = [left, top, right, bottom];
        let scene = PhoneScene::new(shade, code);
        for y in top..bottom {
            let y_px = y as f32 + 0.5;
            let mut at = back.map(left as f32 + 0.5, y_px);
            for (x, light) in (left..right).zip(&mut self.pixels[y * self.width + left..]) {
                let next = back.map(x as f32 + 1.5, y_px);
                *light = scene.light(at, next - at, *light);
                at = next;
            }
        }
    }

    /// Gaussian blur of what is drawn; the room is out of focus anyway.
    pub(crate) fn blur(&mut self, deviation_px: f32) {
        if deviation_px < 0.2 {
            return;
        }
        let reach = (deviation_px * 3.0).ceil() as i32;
        let weights: Vec<f32> = (-reach..=reach)
            .map(|at| {
                let deviations = at as f32 / deviation_px;
                exponential(-0.5 * deviations * deviations)
            })
            .collect();
        let total: f32 = weights.iter().sum();
        let [left, top, right, bottom] = self.drawn;
        let line_blurred = |line: &[Light], out: &mut Vec<Light>| {
            out.clear();
            let last = line.len() as i32 - 1;
            out.extend((0..=last).map(|at| {
                let mut sum = [0.0; 3];
                for (offset, weight) in (-reach..=reach).zip(&weights) {
                    sum = add(sum, line[(at + offset).clamp(0, last) as usize], weight / total);
                }
                sum
            }));
        };
        let mut out = Vec::new();
        for y in top..bottom {
            let row = &mut self.pixels[y * self.width..][left..right];
            line_blurred(row, &mut out);
            row.copy_from_slice(&out);
        }
        let mut column = Vec::new();
        for x in left..right {
            column.clear();
            column.extend((top..bottom).map(|y| self.pixels[y * self.width + x]));
            line_blurred(&column, &mut out);
            for (y, light) in (top..bottom).zip(&out) {
                self.pixels[y * self.width + x] = *light;
            }
        }
    }

    /// The sensor: exposure and white balance, the sRGB curve, noise.
    pub(crate) fn develop(self, gains: Light, noise: f32, random: &mut Random) -> Vec<u8> {
        const CURVE_STEPS: usize = 4096;
        const NOISES: usize = 8192;
        let curve: Vec<f32> = (0..CURVE_STEPS)
            .map(|step| 255.0 * power(step as f32 / (CURVE_STEPS - 1) as f32, 1.0 / 2.2))
            .collect();
        let noises: Vec<f32> = (0..NOISES).map(|_| random.normal() * noise + 0.5).collect();
        let mut rgb = Vec::with_capacity(3 * self.pixels.len());
        for row in self.pixels.chunks(self.width.max(1)) {
            // Each row reads the table from another place, so that no pattern shows.
            let mut at = random.below(NOISES);
            for light in row {
                for (channel, gain) in light.iter().zip(gains) {
                    let step = (channel * gain * (CURVE_STEPS - 1) as f32) as usize;
                    at = (at + 1) % NOISES;
                    rgb.push((curve[step.min(CURVE_STEPS - 1)] + noises[at]) as u8);
                }
            }
        }
        rgb
    }
}

/// The shapes of hand and phone. The unit is the side of the code, the origin its middle.
struct PhoneScene {
    shade: Light,
    modules: usize,
    dark: Vec<bool>,
    arm: [Stroke; 2],
    fingers: [Stroke; 5],
    thumb: Stroke,
    body: Plate,
    screen: Plate,
    card: Plate,
    /// White on the coloured bar, coloured under the code, grey below the card.
    labels: [(Plate, Light); 9],
}

impl PhoneScene {
    fn new(shade: Light, code: Option<&QrCode>) -> PhoneScene {
        let label = |x: f32, y: f32, half_width: f32, half_height: f32, light: Light| {
            (plate(x, y, half_width, half_height, half_height), light)
        };
        PhoneScene {
            shade,
            modules: code.map_or(0, QrCode::width),
            dark: code.map_or_else(Vec::new, |code| {
                code.to_colors()
                    .into_iter()
                    .map(|module| module == Color::Dark)
                    .collect()
            }),
            arm: [
                stroke((0.45, 2.0), (1.05, 3.3), 0.72),
                stroke((0.95, 3.2), (1.6, 4.8), 0.80),
            ],
            fingers: [
                stroke((-0.86, -0.02), (0.0, 0.10), 0.13),
                stroke((-0.90, 0.34), (0.0, 0.44), 0.14),
                stroke((-0.90, 0.72), (0.0, 0.80), 0.14),
                stroke((-0.86, 1.08), (0.0, 1.16), 0.12),
                stroke((1.05, 0.9), (0.9, 2.4), 0.25),
            ],
            thumb: stroke((0.98, 1.05), (0.82, 0.32), 0.125),
            body: plate(0.0, 0.16, 0.865, 1.75, 0.20),
            screen: plate(0.0, 0.16, 0.81, 1.68, 0.15),
            card: plate(0.0, 0.16, 0.68, 0.80, 0.06),
            labels: [
                label(0.0, -1.12, 0.34, 0.055, WHITE),
                label(0.0, -0.93, 0.22, 0.026, mix(shade, WHITE, 0.7)),
                label(-0.60, -1.38, 0.09, 0.020, mix(shade, WHITE, 0.6)),
                label(0.62, -1.38, 0.07, 0.020, mix(shade, WHITE, 0.6)),
                label(0.0, 0.73, 0.20, 0.050, shade),
                label(0.0, 0.87, 0.34, 0.022, LINE),
                label(-0.30, 1.14, 0.36, 0.028, LINE),
                label(-0.42, 1.28, 0.24, 0.028, LINE),
                label(-0.24, 1.42, 0.42, 0.028, LINE),
            ],
        }
    }

    /// The light at a place; `across` is the way to the next pixel.
    fn light(&self, at: Point, across: Point, room: Light) -> Light {
        let pixel = length(across);
        let cover = |distance: f32| (0.5 - distance / pixel).clamp(0.0, 1.0);
        let body_distance = self.body.distance(at);
        let mut light = room;
        if body_distance > -0.1 {
            let shadow = (1.0 - body_distance.max(0.0) / 0.3).clamp(0.0, 1.0);
            light = light.map(|channel| channel * (1.0 - 0.35 * shadow * shadow));
            light = over(light, SLEEVE, &self.arm[1], at, pixel);
            light = over(light, SKIN.map(|channel| channel * 0.5), &self.arm[0], at, pixel);
            for finger in &self.fingers {
                light = over(light, SKIN.map(|channel| channel * 0.75), finger, at, pixel);
            }
        }
        // A thin bright rim where the room glances off the frame of the phone.
        let rim = 0.10 * (1.0 - (body_distance + 0.012).abs() / 0.012).clamp(0.0, 1.0);
        light = mix(light, BODY.map(|channel| channel + rim), cover(body_distance));
        let on_screen = cover(self.screen.distance(at));
        if on_screen > 0.0 {
            light = mix(light, self.screen_light(at, across, &cover), on_screen);
        }
        over(light, SKIN, &self.thumb, at, pixel)
    }

    fn screen_light(&self, at: Point, across: Point, cover: &impl Fn(f32) -> f32) -> Light {
        const BAR_BOTTOM: f32 = -0.80;
        if at.x.abs() < 0.5 && at.y.abs() < 0.5 {
            return mix(WHITE, self.shade, self.dark_share(at, across));
        }
        let mut light = mix(PAGE, self.shade, cover(at.y - BAR_BOTTOM));
        light = mix(light, WHITE, cover(self.card.distance(at)));
        let margin = length(across);
        for (label, colour) in self
            .labels
            .iter()
            .filter(|(label, _)| label.is_level_with(at, margin))
        {
            light = mix(light, *colour, cover(label.distance(at)));
        }
        light
    }

    /// How much of a pixel is covered by dark modules, from nine places in it.
    fn dark_share(&self, at: Point, across: Point) -> f32 {
        const THIRDS: [f32; 3] = [-1.0 / 3.0, 0.0, 1.0 / 3.0];
        let down = Point::new(-across.y, across.x);
        let rows = THIRDS.map(|third| at + down * third);
        let dark = rows
            .iter()
            .flat_map(|row| THIRDS.map(|third| *row + across * third))
            .filter(|place| self.is_dark(*place))
            .count();
        dark as f32 / 9.0
    }

    fn is_dark(&self, at: Point) -> bool {
        let index = |value: f32| {
            let module = (value + 0.5) * self.modules as f32;
            (module >= 0.0 && module < self.modules as f32).then_some(module as usize)
        };
        match (index(at.x), index(at.y)) {
            (Some(x), Some(y)) => self.dark[y * self.modules + x],
            (None, _) | (_, None) => false,
        }
    }
}

impl Plate {
    /// Whether the plate reaches the height of a place at all: cheaper than its distance.
    fn is_level_with(&self, at: Point, margin: f32) -> bool {
        (at.y - self.middle.y).abs() < self.half.y + margin
    }

    /// Distance from the edge, negative inside.
    fn distance(&self, at: Point) -> f32 {
        let x = (at.x - self.middle.x).abs() - self.half.x + self.radius;
        let y = (at.y - self.middle.y).abs() - self.half.y + self.radius;
        length(Point::new(x.max(0.0), y.max(0.0))) + x.max(y).min(0.0) - self.radius
    }
}

impl Stroke {
    /// Whether a place lies in the box around the stroke: cheaper than its distance.
    fn is_near(&self, at: Point, margin: f32) -> bool {
        let reach = self.radius + margin;
        at.x > self.from.x.min(self.to.x) - reach
            && at.x < self.from.x.max(self.to.x) + reach
            && at.y > self.from.y.min(self.to.y) - reach
            && at.y < self.from.y.max(self.to.y) + reach
    }

    /// Distance from the edge, negative inside.
    fn distance(&self, at: Point) -> f32 {
        let along = self.to - self.from;
        let share = ((at - self.from).dot(along) / along.dot(along)).clamp(0.0, 1.0);
        length(at - self.from - along * share) - self.radius
    }
}

/// A stroke over what is there, rounded by a darker rim.
fn over(under: Light, colour: Light, stroke: &Stroke, at: Point, pixel: f32) -> Light {
    if !stroke.is_near(at, pixel) {
        return under;
    }
    let distance = stroke.distance(at);
    let cover = (0.5 - distance / pixel).clamp(0.0, 1.0);
    if cover == 0.0 {
        return under;
    }
    let depth = (-distance / stroke.radius).clamp(0.0, 1.0);
    let roundness = 0.45 + 0.55 * (depth * (2.0 - depth)).sqrt();
    mix(under, colour.map(|channel| channel * roundness), cover)
}

fn plate(x: f32, y: f32, half_width: f32, half_height: f32, radius: f32) -> Plate {
    Plate {
        middle: Point::new(x, y),
        half: Point::new(half_width, half_height),
        radius,
    }
}

fn stroke(from: (f32, f32), to: (f32, f32), radius: f32) -> Stroke {
    Stroke {
        from: Point::new(from.0, from.1),
        to: Point::new(to.0, to.1),
        radius,
    }
}

/// By the root alone, which every machine rounds alike.
fn length(way: Point) -> f32 {
    way.dot(way).sqrt()
}

fn mix(from: Light, to: Light, share: f32) -> Light {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * share)
}

fn add(light: Light, other: Light, factor: f32) -> Light {
    std::array::from_fn(|channel| light[channel] + other[channel] * factor)
}
