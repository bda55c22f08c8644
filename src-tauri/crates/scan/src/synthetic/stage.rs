//! Puts phones and fingers into the room.

use super::maths::linear;
use super::picture::{Light, Picture, Region};
use super::placement::{PlaneMap, bounds};
use super::screen::Screen;
use crate::geometry::Point;

const SKIN: [u8; 3] = [224, 172, 140];

/// Draws a phone whose places go to pixels by `map`; white has this much light. Returns where something changed.
pub(super) fn draw_screen(
    picture: &mut Picture,
    screen: &Screen,
    map: PlaneMap,
    light: f32,
    module_px: f32,
) -> Region {
    let outline = screen.outline().map(|(x, y)| map.to_pixel(x, y));
    let region = Region::around(bounds(&outline), 2.0, picture.width, picture.height);
    let back = map.back();
    // Places per pixel and direction: small modules need more of them for the same share of a module.
    let fineness = if module_px < 3.0 { 4 } else { 3 };
    for y in region.top..region.bottom {
        for x in region.left..region.right {
            let (sum, hits) = covered(screen, &back, x as f64, y as f64, fineness);
            if hits == 0 {
                continue;
            }
            let share = 1.0 / (fineness * fineness) as f32;
            let rest = 1.0 - hits as f32 * share;
            let behind = picture.light(x, y);
            let mixed = [0, 1, 2].map(|at| sum[at] * share * light + behind[at] * rest);
            picture.set(x, y, mixed);
        }
    }
    region
}

/// The light from evenly spread places of one pixel, and how many of them lie on the phone.
fn covered(screen: &Screen, back: &[[f64; 3]; 3], x: f64, y: f64, fineness: usize) -> (Light, usize) {
    // The map is exact in the middle of the pixel and straight within it.
    let (cx, cy) = (x + 0.5, y + 0.5);
    let [u, v, w] = back.map(|row| row[0] * cx + row[1] * cy + row[2]);
    let (u, v, w) = (u / w, v / w, 1.0 / w);
    let slope = |row: usize, value: f64, axis: usize| ((back[row][axis] - value * back[2][axis]) * w) as f32;
    let across = (slope(0, u, 0), slope(1, v, 0));
    let down = (slope(0, u, 1), slope(1, v, 1));
    let (u, v) = (u as f32, v as f32);
    let (mut sum, mut hits) = ([0.0; 3], 0);
    let step = 1.0 / fineness as f32;
    for row in 0..fineness {
        let dy = (row as f32 + 0.5) * step - 0.5;
        for column in 0..fineness {
            let dx = (column as f32 + 0.5) * step - 0.5;
            let place = (u + across.0 * dx + down.0 * dy, v + across.1 * dx + down.1 * dy);
            if let Some(light) = screen.light(place.0, place.1) {
                hits += 1;
                for (sum, light) in sum.iter_mut().zip(light) {
                    *sum += light;
                }
            }
        }
    }
    (sum, hits)
}

/// A finger from its tip to beyond the phone, lit by the room.
pub(super) fn draw_finger(picture: &mut Picture, tip: Point, root: Point, radius: f32, room_light: f32) {
    let skin = linear(SKIN).map(|channel| channel * room_light);
    let region = Region::around(bounds(&[tip, root]), radius + 1.0, picture.width, picture.height);
    let along = root - tip;
    let squared = along.dot(along).max(1e-3);
    for y in region.top..region.bottom {
        for x in region.left..region.right {
            let place = Point::new(x as f32 + 0.5, y as f32 + 0.5);
            let share = ((place - tip).dot(along) / squared).clamp(0.0, 1.0);
            let away = place - tip - along * share;
            let distance = away.dot(away).sqrt();
            let cover = (radius - distance + 0.5).clamp(0.0, 1.0);
            if cover == 0.0 {
                continue;
            }
            // Rounder towards its sides.
            let depth = (1.0 - distance / radius).clamp(0.0, 1.0);
            let roundness = 0.5 + 0.5 * (depth * (2.0 - depth)).sqrt();
            let behind = picture.light(x, y);
            let mixed = [0, 1, 2].map(|at| behind[at] + (skin[at] * roundness - behind[at]) * cover);
            picture.set(x, y, mixed);
        }
    }
}
