//! Real photos, where they are at hand: a folder of `none` (no codes) and `qrcode-*` (a code each, with its
//! text beside it), named by `GATEPOST_SCAN_DATA` or found beside the repository.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use gatepost_scan::{Detection, FrameView, PixelLayout, scan};

fn photos() -> Option<PathBuf> {
    let folder = std::env::var_os("GATEPOST_SCAN_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/scan/photos"),
        PathBuf::from,
    );
    let inner = folder.join("photos");
    if let Some(found) = [inner, folder.clone()]
        .into_iter()
        .find(|folder| folder.join("none").is_dir())
    {
        return Some(found);
    }
    println!(
        "SKIPPED: no photos at {}; set GATEPOST_SCAN_DATA to a folder of them",
        folder.display()
    );
    None
}

/// The text beside it lacks a letter. Error correction puts bytes right where they stand and cannot insert one.
const MISCOPIED: &str = "qrcode-2/13.png";

fn images(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "png"));
    paths.sort();
    paths
}

fn scan_png(path: &Path) -> Vec<Detection> {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let rgb: Vec<u8> = match info.color_type {
        png::ColorType::Rgb => bytes,
        png::ColorType::Rgba => bytes
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect(),
        png::ColorType::Grayscale => bytes.iter().flat_map(|value| [*value; 3]).collect(),
        png::ColorType::GrayscaleAlpha => bytes.chunks_exact(2).flat_map(|pixel| [pixel[0]; 3]).collect(),
        png::ColorType::Indexed => unreachable!("EXPAND turns a palette into RGB"),
    };
    scan(&FrameView::packed(PixelLayout::Rgb, &rgb, info.width as usize, info.height as usize).unwrap())
}

#[test]
fn nothing_is_read_from_photos_without_a_code() {
    let Some(folder) = photos() else { return };
    let paths = images(&folder.join("none"));
    for path in &paths {
        assert_eq!(scan_png(path), [], "{}", path.display());
    }
    println!("{} photos without a code, nothing read", paths.len());
}

#[test]
fn real_photos_of_codes_are_read_without_a_wrong_text() {
    let Some(folder) = photos() else { return };
    let (mut total, mut read) = (0, 0);
    for set in 1..=6 {
        let paths = images(&folder.join(format!("qrcode-{set}")));
        let mut read_of_set = 0;
        for path in &paths {
            let found = scan_png(path);
            read_of_set += usize::from(!found.is_empty());
            // Texts in other encodings than UTF-8 stand beside the photo in their decoded form.
            let Ok(mut expected) = fs::read_to_string(path.with_extension("txt")) else {
                continue;
            };
            if path.ends_with(MISCOPIED) {
                expected = expected.replace("photograph ", "photography ");
            }
            for detection in found.iter().filter(|detection| detection.payload.is_ascii()) {
                let text = String::from_utf8_lossy(&detection.payload);
                assert_eq!(
                    text.replace("\r\n", "\n").trim(),
                    expected.replace("\r\n", "\n").trim(),
                    "{}",
                    path.display()
                );
            }
        }
        println!("qrcode-{set}: {read_of_set} of {}", paths.len());
        total += paths.len();
        read += read_of_set;
    }
    println!("photos read: {read} of {total}");
    assert!(read * 10 >= total * 7, "{read} of {total}");
}
