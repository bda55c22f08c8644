//! Prints what is read and how fast, per category: of a folder of frames with a `manifest.jsonl`, or of folders of
//! photos with the text beside each.
//!
//! `cargo run --release -p gatepost-scan --example rates -- FOLDER [--missed] [--thorough] [--sequence]
//! [CATEGORY…]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool for developers"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatepost_scan::{ColourClass, Detection, Effort, FrameView, PixelLayout, Scanner, synthetic};

#[derive(Default)]
struct Row {
    codes: usize,
    read: usize,
    false_reads: usize,
    colours_right: usize,
    colours_unsure: usize,
    milliseconds: Vec<f64>,
    passes: BTreeMap<String, usize>,
    effort: Effort,
}

/// A frame and the codes in it: text and colour.
struct Entry {
    category: String,
    path: PathBuf,
    codes: Vec<(Vec<u8>, Option<String>)>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let (options, wanted): (Vec<String>, Vec<String>) = arguments.partition(|one| one.starts_with("--"));
    let shows_missed = options.iter().any(|one| one == "--missed");
    let entries = if folder.join("manifest.jsonl").exists() {
        frames(&folder)
    } else {
        photos(&folder)
    };
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut scanner = if options.iter().any(|one| one == "--thorough") {
        Scanner::thorough()
    } else {
        Scanner::new()
    };
    let is_sequence = options.iter().any(|one| one == "--sequence");
    for entry in entries {
        if wanted.is_empty() || wanted.iter().any(|one| entry.category.starts_with(one.as_str())) {
            if !is_sequence {
                scanner.forget();
            }
            measure(
                &mut scanner,
                &entry,
                rows.entry(entry.category.clone()).or_default(),
                shows_missed,
            );
        }
    }
    println!(
        "| category | codes | read | colour right | unsure | false | ms median | p95 | max | passes | effort |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut total = Row::default();
    for (category, row) in &mut rows {
        print_row(category, row);
        total.codes += row.codes;
        total.read += row.read;
        total.false_reads += row.false_reads;
        total.colours_right += row.colours_right;
        total.colours_unsure += row.colours_unsure;
        total.milliseconds.extend(&row.milliseconds);
        add_effort(&mut total.effort, row.effort);
        for (pass, count) in &row.passes {
            *total.passes.entry(pass.clone()).or_default() += count;
        }
    }
    print_row("total", &mut total);
}

fn frames(folder: &Path) -> Vec<Entry> {
    fs::read_to_string(folder.join("manifest.jsonl"))
        .unwrap()
        .lines()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let codes = entry["codes"].as_array().unwrap();
            Entry {
                category: text(&entry["cat"]),
                path: PathBuf::from(text(&entry["path"])),
                codes: codes
                    .iter()
                    .map(|code| (text(&code["text"]).into_bytes(), Some(text(&code["color"]))))
                    .collect(),
            }
        })
        .collect()
}

fn photos(folder: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|one| one.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    for set in folders {
        let mut paths: Vec<PathBuf> = fs::read_dir(&set)
            .unwrap()
            .map(|one| one.unwrap().path())
            .collect();
        paths.retain(|path| path.extension().is_some_and(|one| one == "png"));
        paths.sort();
        for path in paths {
            let expected = ["txt", "bin"]
                .iter()
                .find_map(|extension| fs::read(path.with_extension(extension)).ok());
            entries.push(Entry {
                category: set.file_name().unwrap().to_string_lossy().into_owned(),
                codes: expected.map(|bytes| (bytes, None)).into_iter().collect(),
                path,
            });
        }
    }
    entries
}

/// Whether a detection says what the file beside the photo says, in its bytes or as text.
fn says(detection: &Detection, expected: &[u8]) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    detection.payload == expected
        || std::str::from_utf8(expected).is_ok_and(|expected| {
            detection.text.as_deref().map(plain).as_deref() == Some(&plain(expected))
                || plain(&String::from_utf8_lossy(&detection.payload)) == plain(expected)
        })
}

#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn thread_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

fn measure(scanner: &mut Scanner, entry: &Entry, row: &mut Row, shows_missed: bool) {
    let (rgb, width, height) = load(&entry.path);
    let yuyv;
    let view = if width % 2 == 0 {
        yuyv = synthetic::yuyv_from_rgb(&rgb, width, height);
        FrameView::packed(PixelLayout::Yuyv, &yuyv, width, height).unwrap()
    } else {
        FrameView::packed(PixelLayout::Rgb, &rgb, width, height).unwrap()
    };
    let start = thread_time();
    let sight = scanner.scan(&view, &thread_time);
    row.milliseconds
        .push((thread_time() - start).as_secs_f64() * 1000.0);
    add_effort(&mut row.effort, sight.effort);
    let found = sight.detections;
    row.codes += entry.codes.len();
    for one in &found {
        *row.passes.entry(format!("{:?}", one.pass)).or_default() += 1;
        if !entry.codes.iter().any(|(expected, _)| says(one, expected)) {
            row.false_reads += 1;
            println!("FALSE {} {:?} {:?}", entry.path.display(), one, one.text);
        }
    }
    for (expected, colour) in &entry.codes {
        let Some(detection) = found.iter().find(|one| says(one, expected)) else {
            if shows_missed {
                println!("missed {} {:?}", entry.path.display(), sight.effort);
            }
            continue;
        };
        row.read += 1;
        let truth = match colour.as_deref() {
            Some("green") => ColourClass::Green,
            Some("yellow") => ColourClass::YellowOrange,
            Some("red") => ColourClass::Red,
            Some(_) | None => ColourClass::Dark,
        };
        row.colours_right += usize::from(detection.colour.class == truth);
        row.colours_unsure += usize::from(detection.colour.class == ColourClass::Unsure);
    }
}

fn add_effort(sum: &mut Effort, one: Effort) {
    sum.candidates += one.candidates;
    sum.finders += one.finders;
    sum.triples += one.triples;
    sum.grids += one.grids;
}

fn load(path: &Path) -> (Vec<u8>, usize, usize) {
    let file = BufReader::new(File::open(path).unwrap());
    if path.extension().is_some_and(|extension| extension == "png") {
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let channels = info.color_type.samples();
        let grey = channels < 3;
        let rgb = bytes
            .chunks_exact(channels)
            .flat_map(|pixel| {
                [
                    pixel[0],
                    pixel[if grey { 0 } else { 1 }],
                    pixel[if grey { 0 } else { 2 }],
                ]
            })
            .collect();
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
    let frames = row.milliseconds.len();
    let Effort {
        candidates,
        finders,
        triples,
        grids,
    } = row.effort;
    println!(
        "| {category} | {} | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} | {:?} | {} {} {} {} |",
        row.codes,
        row.read,
        row.colours_right,
        row.colours_unsure,
        row.false_reads,
        at(50),
        at(95),
        at(100),
        row.passes,
        candidates / frames,
        finders / frames,
        triples / frames,
        grids / frames,
    );
}
