//! Frames and photos in a folder, with the truth beside them.
//!
//! A folder with a `manifest.jsonl` is one collection: a line for each frame with `path`, `cat`, `codes` (`text`,
//! `color`) and, for films, `seq` and `k`. Photos have a text of the same name (`.txt`, or `.bin` for bytes) beside
//! them; a photo in a folder named `none` shows no code.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use gatepost_scan::synthetic::{luma_from_rgb, yuyv_from_rgb};
use gatepost_scan::{ColourClass, PixelLayout};
use serde::Deserialize;

use crate::films::{self, Film};
use crate::frame::{Frame, Truth};
use crate::load;

/// Photos whose folder does not say that they belong to the ZXing project are looked at within this size.
const LONGEST_PHOTO: usize = 1280;

/// Frames that belong together.
pub(crate) struct Collection {
    pub(crate) name: String,
    pub(crate) frames: Vec<Entry>,
    pub(crate) films: Vec<Film>,
}

/// A frame that is still a file.
pub(crate) struct Entry {
    pub(crate) category: String,
    path: PathBuf,
    codes: Vec<(Vec<u8>, Option<ColourClass>)>,
    is_of_a_camera: bool,
    longest: Option<usize>,
}

#[derive(Deserialize)]
struct Line {
    path: PathBuf,
    cat: String,
    codes: Vec<Code>,
    #[serde(default)]
    seq: Option<u32>,
    #[serde(default)]
    k: u32,
}

#[derive(Deserialize)]
struct Code {
    text: String,
    color: Option<String>,
}

/// Every collection at or below a folder.
pub(crate) fn collections(folder: &Path) -> Result<Vec<Collection>> {
    let manifest = folder.join("manifest.jsonl");
    if manifest.exists() {
        return Ok(vec![of_manifest(folder, &fs::read_to_string(manifest)?)?]);
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort_by_key(|path| (path.to_string_lossy().len(), path.clone()));
    let mut found = Vec::new();
    let photos: Vec<Entry> = paths
        .iter()
        .filter(|path| is_picture(path))
        .filter_map(|path| photo(path))
        .collect();
    if !photos.is_empty() {
        found.push(photos_as_collection(photos));
    }
    for path in paths.iter().filter(|path| path.is_dir()) {
        found.extend(collections(path)?);
    }
    Ok(joined(found))
}

impl Entry {
    /// Reads the file.
    ///
    /// # Panics
    /// When it cannot be read: a measurement that leaves frames out would be wrong.
    pub(crate) fn load(self) -> Frame {
        let picture = load::picture(&self.path).unwrap_or_else(|reason| refuse(&self.path, &reason));
        let picture = picture.within(self.longest.unwrap_or(usize::MAX));
        let (width, height) = (picture.width, picture.height);
        let luma = luma_from_rgb(&picture.rgb);
        let is_even = width.is_multiple_of(2);
        Frame {
            category: self.category,
            name: self.path.display().to_string(),
            width,
            height,
            luma,
            layout: if is_even {
                PixelLayout::Yuyv
            } else {
                PixelLayout::Rgb
            },
            bytes: if is_even {
                yuyv_from_rgb(&picture.rgb, width, height)
            } else {
                picture.rgb
            },
            codes: self
                .codes
                .into_iter()
                .map(|(payload, colour)| Truth { payload, colour })
                .collect(),
            is_of_a_camera: self.is_of_a_camera,
        }
    }
}

fn refuse(path: &Path, reason: &Error) -> ! {
    eprintln!("{}: {reason}", path.display());
    std::process::exit(1)
}

fn of_manifest(folder: &Path, text: &str) -> Result<Collection> {
    let mut frames = Vec::new();
    let mut films: BTreeMap<u32, Vec<(u32, Entry)>> = BTreeMap::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).map_err(Error::other)?;
        // The folder may have been moved since it was written.
        let beside = folder.join(line.path.file_name().unwrap_or_default());
        let category = words(&line.cat);
        let is_inverted = category == "inverted";
        let codes = line.codes.into_iter().map(|code| {
            let colour = code.color.as_deref().filter(|_| !is_inverted).and_then(class);
            (code.text.into_bytes(), colour)
        });
        let entry = Entry {
            category,
            path: if beside.exists() { beside } else { line.path },
            codes: codes.collect(),
            is_of_a_camera: true,
            longest: None,
        };
        match line.seq {
            Some(film) => films.entry(film).or_default().push((line.k, entry)),
            None => frames.push(entry),
        }
    }
    let films = films.into_values().map(|mut film| {
        film.sort_by_key(|(number, _)| *number);
        films::loaded(film.into_iter().map(|(_, entry)| entry).collect())
    });
    Ok(Collection {
        name: folder.display().to_string(),
        frames,
        films: films.collect(),
    })
}

/// The names of the drawn categories: `color=red` is `colour red`.
fn words(category: &str) -> String {
    let category = if category == "lowlight" {
        "low light"
    } else {
        category
    };
    category
        .replace("color=", "colour ")
        .replace("wb=", "white balance ")
        .replace('=', " ")
}

fn class(colour: &str) -> Option<ColourClass> {
    match colour {
        "green" => Some(ColourClass::Green),
        "yellow" | "orange" => Some(ColourClass::YellowOrange),
        "red" => Some(ColourClass::Red),
        "dark" => Some(ColourClass::Dark),
        _ => None,
    }
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["png", "jpg", "jpeg"].iter().any(|known| ending == *known))
}

/// A photo with the truth beside it, or of a folder without codes; without truth it is left out.
fn photo(path: &Path) -> Option<Entry> {
    let folder = path.parent()?.file_name()?.to_string_lossy().into_owned();
    let truth = fs::read(path.with_extension("txt"))
        .or_else(|_| fs::read(path.with_extension("bin")))
        .ok();
    let codes = match truth {
        Some(payload) => vec![(payload, None)],
        None if folder == "none" => Vec::new(),
        None => return None,
    };
    let is_of_zxing = folder.starts_with("qrcode-") || folder == "none";
    Some(Entry {
        category: format!("photos {folder}"),
        path: path.to_owned(),
        codes,
        is_of_a_camera: false,
        longest: (!is_of_zxing).then_some(LONGEST_PHOTO),
    })
}

fn photos_as_collection(frames: Vec<Entry>) -> Collection {
    Collection {
        name: "photos".to_owned(),
        frames,
        films: Vec::new(),
    }
}

/// Photos of several folders as one collection.
fn joined(found: Vec<Collection>) -> Vec<Collection> {
    let (photos, mut others): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.name == "photos");
    if !photos.is_empty() {
        others.push(photos_as_collection(
            photos.into_iter().flat_map(|one| one.frames).collect(),
        ));
    }
    others
}
