//! What a phone shows: a page with text, a card, the code on it.

use super::code::MadeUpCode;
use super::maths::linear;
use super::picture::Light;
use super::random::Random;

/// Texels along the side of a module.
const FINENESS: usize = 4;
/// What lies outside the phone's round corners.
const OUTSIDE: u8 = u8::MAX;

/// The front of a phone as a raster of palette entries, four to a module.
#[derive(Clone)]
pub(super) struct Screen {
    texels: Vec<u8>,
    palette: Vec<Light>,
    width: usize,
    height: usize,
    /// Where the code's own top left lies, in texels.
    origin: (usize, usize),
}

/// A rectangle of texels.
#[derive(Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

/// The colours of a card with a code.
pub(super) struct Look {
    /// sRGB of the code and of what goes with it.
    pub(super) shade: [u8; 3],
    /// Light modules on a dark page.
    pub(super) is_inverted: bool,
    /// A black-and-white code that is inverted has white modules.
    pub(super) is_grey: bool,
}

impl Screen {
    /// A phone with a code on a card under a bar, usually of the code's colour.
    pub(super) fn with_code(code: &MadeUpCode, look: &Look, random: &mut Random) -> Screen {
        let quiet = random.pick(&[2, 3, 4, 4, 4]) * FINENESS;
        let side = code.modules * FINENESS;
        let card = side + 2 * quiet;
        let width = (card as f32 * random.between(1.08, 1.45)) as usize;
        let height = (width as f32 * random.between(1.7, 2.1)) as usize;
        let page = random.pick(&[[255, 255, 255], [245, 245, 245], [255, 255, 255], [238, 242, 248]]);
        let page = if look.is_inverted { [0; 3] } else { *page };
        let mut screen = Screen::blank(width, height, page, random);
        screen.write_about(look, random);
        let card = Area {
            left: (width - card) / 2,
            top: (height as f32 * random.between(0.22, 0.36)) as usize,
            width: card,
            height: card,
        };
        let (light, dark) = match (look.is_inverted, look.is_grey) {
            (false, _) => ([255; 3], look.shade),
            (true, true) => ([8; 3], [255; 3]),
            (true, false) => ([8; 3], look.shade),
        };
        let (light, dark) = (screen.colour(light), screen.colour(dark));
        screen.fill(card, light);
        screen.origin = (card.left + quiet, card.top + quiet);
        for y in 0..side {
            let row = (screen.origin.1 + y) * width + screen.origin.0;
            for (x, texel) in screen.texels[row..row + side].iter_mut().enumerate() {
                if code.is_dark(x / FINENESS, y / FINENESS) {
                    *texel = dark;
                }
            }
        }
        if code.bears_a_logo && random.happens(0.5) {
            screen.put_logo(side, random);
        }
        screen.round_corners();
        screen
    }

    /// A phone that shows a page of pictures and text.
    pub(super) fn without_code(random: &mut Random) -> Screen {
        const WIDTH: usize = 45 * FINENESS;
        let height = (WIDTH as f32 * random.between(1.7, 2.1)) as usize;
        let mut screen = Screen::blank(
            WIDTH,
            height,
            *random.pick(&[[255; 3], [245; 3], [20; 3]]),
            random,
        );
        let look = Look {
            shade: any_shade(random),
            is_inverted: false,
            is_grey: false,
        };
        screen.write_about(&look, random);
        for _ in 0..12 {
            let size = WIDTH * 12 / 100;
            let icon = Area {
                left: random.below(WIDTH - size),
                top: height / 5 + random.below(height * 13 / 20),
                width: size,
                height: size,
            };
            let (outer, inner) = (screen.colour(any_shade(random)), screen.colour(any_shade(random)));
            screen.fill(icon, outer);
            screen.fill(icon.shrunk(size / 4), inner);
        }
        screen.origin = (WIDTH / 7, height / 4);
        screen.round_corners();
        screen
    }

    /// The card with its code alone, as a part of this screen.
    pub(super) fn card_only(&self, modules: usize) -> Screen {
        let margin = self.origin.0.min(self.origin.1);
        let bottom = (self.origin.1 + modules * FINENESS + margin).min(self.height);
        let top = self.origin.1 - margin;
        Screen {
            texels: self.texels[top * self.width..bottom * self.width].to_vec(),
            palette: self.palette.clone(),
            width: self.width,
            height: bottom - top,
            origin: (self.origin.0, margin),
        }
    }

    /// The light at a place, in modules from the code's own top left; `None` beside the phone.
    pub(super) fn light(&self, x: f32, y: f32) -> Option<Light> {
        let across = x * FINENESS as f32 + self.origin.0 as f32;
        let down = y * FINENESS as f32 + self.origin.1 as f32;
        if across < 0.0 || down < 0.0 {
            return None;
        }
        let (across, down) = (across as usize, down as usize);
        if across >= self.width || down >= self.height {
            return None;
        }
        self.palette
            .get(usize::from(self.texels[down * self.width + across]))
            .copied()
    }

    /// The corners of the phone, clockwise from its top left, in modules from the code's own top left.
    pub(super) fn outline(&self) -> [(f32, f32); 4] {
        let fineness = FINENESS as f32;
        let (left, top) = (
            -(self.origin.0 as f32) / fineness,
            -(self.origin.1 as f32) / fineness,
        );
        let (right, bottom) = (
            left + self.width as f32 / fineness,
            top + self.height as f32 / fineness,
        );
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    }

    fn blank(width: usize, height: usize, page: [u8; 3], random: &mut Random) -> Screen {
        let body = 8 + random.below(24) as u8;
        let palette = vec![linear([body; 3]), linear(page)];
        let mut screen = Screen {
            texels: vec![0; width * height],
            palette,
            width,
            height,
            origin: (0, 0),
        };
        let all = Area {
            left: 0,
            top: 0,
            width,
            height,
        };
        screen.fill(all.shrunk(width / 60 + 1), 1);
        screen
    }

    /// A bar at the top and lines of text.
    fn write_about(&mut self, look: &Look, random: &mut Random) {
        let edge = self.width / 60 + 1;
        let shade = if random.happens(0.5) {
            look.shade
        } else {
            any_shade(random)
        };
        let bar = Area {
            left: edge,
            top: edge,
            width: self.width - 2 * edge,
            height: (self.height as f32 * random.between(0.08, 0.2)) as usize,
        };
        let (bar_colour, accent) = (self.colour(shade), self.colour(look.shade));
        let ink = self.colour(if look.is_inverted { [255; 3] } else { [0; 3] });
        self.fill(bar, bar_colour);
        for _ in 0..3 + random.below(6) {
            let size = (self.width as f32 * random.between(0.012, 0.028)).max(1.0) as usize;
            let colour = if random.happens(0.6) { ink } else { accent };
            let left = (self.width as f32 * random.between(0.05, 0.3)) as usize;
            let top = (self.height as f32 * random.between(0.05, 0.95)) as usize;
            self.write(left, top, size, 6 + random.below(16), colour, random);
        }
    }

    /// Letters of three by five dots that no alphabet has.
    fn write(
        &mut self,
        left: usize,
        top: usize,
        dot: usize,
        letters: usize,
        colour: u8,
        random: &mut Random,
    ) {
        let edge = self.width / 60 + 1;
        for letter in 0..letters {
            let dots = random.next();
            for place in (0..15).filter(|place| dots >> place & 1 == 1) {
                let area = Area {
                    left: left + (4 * letter + place % 3) * dot,
                    top: top + place / 3 * dot,
                    width: dot,
                    height: dot,
                };
                if area.left + dot + edge < self.width && area.top + dot + edge < self.height {
                    self.fill(area, colour);
                }
            }
        }
    }

    fn put_logo(&mut self, side: usize, random: &mut Random) {
        let size = (side as f32 * random.between(0.14, 0.2)) as usize;
        let logo = Area {
            left: self.origin.0 + (side - size) / 2,
            top: self.origin.1 + (side - size) / 2,
            width: size,
            height: size,
        };
        let (white, colour) = (self.colour([255; 3]), self.colour(any_shade(random)));
        self.fill(logo.grown(FINENESS / 2), white);
        self.fill(logo, colour);
    }

    fn round_corners(&mut self) {
        let radius = self.width / 12;
        for y in 0..radius {
            for x in 0..radius {
                let (dx, dy) = (radius - x, radius - y);
                if dx * dx + dy * dy > radius * radius {
                    for row in [y, self.height - 1 - y] {
                        for column in [x, self.width - 1 - x] {
                            self.texels[row * self.width + column] = OUTSIDE;
                        }
                    }
                }
            }
        }
    }

    /// The palette's entry for an sRGB colour.
    fn colour(&mut self, shade: [u8; 3]) -> u8 {
        self.palette.push(linear(shade));
        u8::try_from(self.palette.len() - 1).expect("a screen is made of some forty colours")
    }

    fn fill(&mut self, area: Area, colour: u8) {
        for row in self
            .texels
            .chunks_mut(self.width)
            .skip(area.top)
            .take(area.height)
        {
            row[area.left..area.left + area.width].fill(colour);
        }
    }
}

impl Area {
    fn shrunk(self, by: usize) -> Area {
        Area {
            left: self.left + by,
            top: self.top + by,
            width: self.width - 2 * by,
            height: self.height - 2 * by,
        }
    }

    fn grown(self, by: usize) -> Area {
        Area {
            left: self.left - by,
            top: self.top - by,
            width: self.width + 2 * by,
            height: self.height + 2 * by,
        }
    }
}

fn any_shade(random: &mut Random) -> [u8; 3] {
    [0; 3].map(|_| random.below(256) as u8)
}
