//! Writes a synthetic door frame as PNG: `cargo run -p gatepost-scan --example door_frame -- OUT.png [SEED]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::fs::File;
use std::time::Instant;

use gatepost_scan::synthetic::{CodeColour, DoorScene, render};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("a path to write");
    let seed = arguments
        .next()
        .map_or(1, |text| text.parse().expect("a whole number"));
    let colour = CodeColour::ALL[usize::try_from(seed).unwrap() % CodeColour::ALL.len()];
    let scene = DoorScene::nominal(
        seed,
        colour,
        b"https://code.example/v?t=0123456789abcdef0123456789abcdef",
    );
    let start = Instant::now();
    let frame = render(&scene);
    println!(
        "{colour:?} drawn in {:.1} ms",
        start.elapsed().as_secs_f64() * 1000.0
    );
    let (width, height) = (
        u32::try_from(frame.width).unwrap(),
        u32::try_from(frame.height).unwrap(),
    );
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&frame.rgb)
        .unwrap();
}
