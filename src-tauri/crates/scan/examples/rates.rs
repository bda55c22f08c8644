//! Prints what is read and how fast, per category, for a folder of frames with a `manifest.jsonl`.
//!
//! `cargo run -p gatepost-scan --example rates -- FOLDER [CATEGORY…]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool for developers"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::panic::catch_unwind;
use std::time::Instant;

use gatepost_scan::{ColourClass, FrameView, PixelLayout, scan, synthetic};

#[derive(Default)]
struct Row {
    codes: usize,
    plain: usize,
    read: usize,
    false_reads: usize,
    colours_right: usize,
    colours_unsure: usize,
    milliseconds: Vec<f64>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder with manifest.jsonl");
    let wanted: Vec<String> = arguments.collect();
    std::panic::set_hook(Box::new(|_| {}));
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for line in fs::read_to_string(format!("{folder}/manifest.jsonl"))
        .unwrap()
        .lines()
    {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let category = entry["cat"].as_str().unwrap().to_owned();
        if wanted.is_empty() || wanted.iter().any(|one| category.starts_with(one.as_str())) {
            measure(&entry, rows.entry(category).or_default());
        }
    }
    println!(
        "| category | codes | plain rqrr | this crate | colour right | unsure | false | ms median | p95 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut total = Row::default();
    for (category, row) in &mut rows {
        print_row(category, row);
        total.codes += row.codes;
        total.plain += row.plain;
        total.read += row.read;
        total.false_reads += row.false_reads;
        total.colours_right += row.colours_right;
        total.colours_unsure += row.colours_unsure;
        total.milliseconds.extend(&row.milliseconds);
    }
    print_row("total", &mut total);
}

fn measure(entry: &serde_json::Value, row: &mut Row) {
    let (rgb, width, height) = load(entry["path"].as_str().unwrap());
    let luma = synthetic::luma_from_rgb(&rgb);
    let yuyv = synthetic::yuyv_from_rgb(&rgb, width, height);
    let view = FrameView::packed(PixelLayout::Yuyv, &yuyv, width, height).unwrap();
    let start = Instant::now();
    let found = scan(&view);
    row.milliseconds.push(start.elapsed().as_secs_f64() * 1000.0);
    let plain = plain_rqrr(&luma, width, height);
    let codes = entry["codes"].as_array().unwrap();
    row.codes += codes.len();
    row.false_reads += found
        .iter()
        .filter(|one| {
            !codes
                .iter()
                .any(|code| code["text"].as_str().unwrap().as_bytes() == one.payload)
        })
        .count();
    for code in codes {
        let text = code["text"].as_str().unwrap();
        row.plain += usize::from(plain.iter().any(|one| one == text));
        let Some(detection) = found.iter().find(|one| one.payload == text.as_bytes()) else {
            continue;
        };
        row.read += 1;
        let truth = match code["color"].as_str().unwrap() {
            "green" => ColourClass::Green,
            "yellow" => ColourClass::YellowOrange,
            "red" => ColourClass::Red,
            _ => ColourClass::Dark,
        };
        row.colours_right += usize::from(detection.colour.class == truth);
        row.colours_unsure += usize::from(detection.colour.class == ColourClass::Unsure);
    }
}

fn plain_rqrr(luma: &[u8], width: usize, height: usize) -> Vec<String> {
    catch_unwind(|| {
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| luma[y * width + x]);
        image
            .detect_grids()
            .iter()
            .filter_map(|grid| grid.decode().ok())
            .map(|(_, text)| text)
            .collect()
    })
    .unwrap_or_default()
}

fn load(path: &str) -> (Vec<u8>, usize, usize) {
    let file = BufReader::new(File::open(path).unwrap());
    if path.ends_with(".png") {
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rgb).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgb);
        return (rgb, info.width as usize, info.height as usize);
    }
    let mut decoder = zune_jpeg::JpegDecoder::new(file);
    let rgb = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (rgb, width, height)
}

fn print_row(category: &str, row: &mut Row) {
    row.milliseconds.sort_by(f64::total_cmp);
    let at = |percent: usize| row.milliseconds[(row.milliseconds.len() - 1) * percent / 100];
    println!(
        "| {category} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
        row.codes,
        row.plain,
        row.read,
        row.colours_right,
        row.colours_unsure,
        row.false_reads,
        at(50),
        at(95)
    );
}
