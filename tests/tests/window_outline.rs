//! What is drawn around a code that moves, in the real window.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::collections::BTreeSet;
use std::time::Instant;

use gatepost_scan::Point;
use gatepost_scan::synthetic::{CodeColour, DoorScene, render};
use gatepost_tests::Window;
use gatepost_tests::camera_file::now_ms;
use gatepost_tests::rooms::at_the_door;
use gatepost_tests::wait::PATIENCE;
use serde::Deserialize;
use serde_json::json;

/// Pictures of the recording: to one side and back.
const PICTURES: usize = 24;
/// The number of a picture stands in it: so many bits as light or dark squares along its upper edge, each of this
/// side in pixels.
const BITS: usize = 5;
const SQUARE: usize = 40;
/// How far from its corner an outline may be, in pixels of the preview, which has half the size.
const NEAR: f64 = 5.0;
/// Different pictures whose outline is looked at.
const LOOKED_AT: usize = 10;

/// What the canvas shows.
#[derive(Debug, Deserialize)]
struct Shown {
    /// The picture's number.
    number: usize,
    /// Pixels in the colour of the outline.
    lit: usize,
    /// From the corner that is furthest from its outline to it, in pixels.
    away: f64,
    /// Pixels by which the outline reaches beyond the code.
    beyond: f64,
}

const READ: &str = "
    const [films, bits, square] = arguments;
    const canvas = document.querySelector('[data-testid=preview] canvas');
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const scale = width / 1280;
    let number = 0;
    for (let bit = 0; bit < bits; bit += 1) {
        const [x, y] = [(bit + 0.5) * square * scale, square / 2 * scale].map(Math.round);
        if (data[4 * (y * width + x)] > 128) number += 1 << bit;
    }
    const corners = (films[number] ?? []).map(([x, y]) => [x * scale, y * scale]);
    const colour = getComputedStyle(canvas).getPropertyValue('--outline').trim();
    const light = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    const nearest = corners.map(() => 1e6);
    let [lit, beyond] = [0, 0];
    for (let y = 0; y < height; y += 1)
        for (let x = 0; x < width; x += 1) {
            const at = 4 * (y * width + x);
            if (light.some((value, channel) => Math.abs(value - data[at + channel]) > 24)) continue;
            lit += 1;
            corners.forEach(([left, top], index) => {
                nearest[index] = Math.min(nearest[index], Math.hypot(left - x, top - y));
            });
            beyond = Math.max(beyond, Math.min(...xs) - x, x - Math.max(...xs),
                Math.min(...ys) - y, y - Math.max(...ys));
        }
    return { number, lit, away: Math.max(0, ...nearest), beyond };
";

/// One picture of the recording and the true corners of its code.
struct Picture {
    yuyv: Vec<u8>,
    corners: [Point; 4],
}

/// A code on its way through the picture, turning.
fn picture(number: usize) -> Picture {
    let half = PICTURES / 2;
    let to_and_fro = number.min(PICTURES - number) as f32 / half as f32;
    let frame = render(&DoorScene {
        payload: Some(format!("https://s.sh.gov.cn/{:028x}06{:013}", 1, now_ms()).into_bytes()),
        colour: CodeColour::Dark,
        module_px: 6.0,
        // On the way back a little lower, so that no two pictures have the same corners.
        centre: Point::new(0.32 + 0.36 * to_and_fro, if number > half { 0.6 } else { 0.5 }),
        roll_degrees: 24.0 * to_and_fro - 12.0,
        noise: 1.0,
        ..DoorScene::default()
    });
    let mut yuyv = frame.to_yuyv();
    for row in yuyv.chunks_exact_mut(frame.width * 2).take(SQUARE) {
        for (bit, square) in row.chunks_exact_mut(SQUARE * 2).take(BITS).enumerate() {
            let luma = if (number >> bit) & 1 == 1 { 235 } else { 16 };
            square.copy_from_slice(&[luma, 128].repeat(SQUARE));
        }
    }
    let corners = frame.corners.unwrap();
    Picture { yuyv, corners }
}

fn shown(window: &Window, truth: &serde_json::Value) -> Shown {
    let seen = window.execute(READ, &[truth.clone(), json!(BITS), json!(SQUARE)]);
    serde_json::from_value(seen).unwrap()
}

#[test]
fn the_outline_follows_a_code_that_moves_through_the_picture() {
    let Some((stage, window)) = at_the_door() else {
        return;
    };
    let recording: Vec<_> = (0..PICTURES).map(picture).collect();
    let truth = json!(
        recording
            .iter()
            .map(|picture| picture.corners.map(|corner| [corner.x, corner.y]))
            .collect::<Vec<_>>()
    );
    let (mut fitting, mut others) = (BTreeSet::new(), Vec::new());
    let began = Instant::now();
    for picture in recording.iter().cycle() {
        stage.camera().show_picture(&picture.yuyv);
        let shown = shown(&window, &truth);
        if shown.lit == 0 {
            continue;
        }
        if shown.away <= NEAR && shown.beyond <= NEAR {
            fitting.insert(shown.number);
        } else {
            others.push(shown);
        }
        if fitting.len() >= LOOKED_AT {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{fitting:?} fit, and not {others:?}");
    }
    // A picture in which nothing was read keeps the outline of the last one for a moment.
    assert!(
        others.len() <= fitting.len() / 4,
        "{fitting:?} fit, and not {others:?}"
    );
}
