//! Pictures of how one file is read.

use std::fs;
use std::path::Path;

use gatepost_camera::frames_of_file;
use gatepost_report::Argument;
use gatepost_scan::{Explanation, Stage, StagePicture, explain};
use serde::Serialize;

use super::line::{colour_key, pass_code};
use super::{sized, view_of};
use crate::Fault;
use crate::fault::shown;
use crate::files::NewFile;
use crate::output::Output;

/// The text beside the pictures.
const TEXT: &str = "explained.txt";

#[derive(Serialize)]
struct ExplainedLine {
    explained: String,
    files: Vec<&'static str>,
}

/// Writes a picture of each stage of the first frame of a file, and a text that says what each shows.
pub(super) fn write_explanation(
    file: &Path,
    folder: &Path,
    longest_side: Option<u32>,
    output: &Output,
) -> Result<(), Fault> {
    let unreadable = || Fault::unreadable(file);
    let mut frames = frames_of_file(file).map_err(|_| unreadable())?;
    let frame = frames.next().and_then(Result::ok).ok_or_else(unreadable)?;
    let coloured = frame.with_colour().map_err(|_| unreadable())?;
    let (looked_at, _) = sized(&coloured, longest_side);
    let explanation = explain(&view_of(&looked_at).map_err(|_| unreadable())?);

    fs::create_dir_all(folder).map_err(|error| Fault::cannot_write(folder, &error))?;
    let mut files = Vec::new();
    for picture in &explanation.pictures {
        let name = file_name(picture.stage);
        NewFile::write(&folder.join(name), &png_of(picture))?.publish()?;
        files.push(name);
    }
    let text = text_of(&explanation, file, output);
    NewFile::write(&folder.join(TEXT), text.as_bytes())?.publish()?;
    files.push(TEXT);
    let arguments = [
        ("folder", shown(folder)),
        ("n", explanation.pictures.len().into()),
    ];
    let line = ExplainedLine {
        explained: folder.display().to_string(),
        files,
    };
    output.remark(&line, "cli-scan-explained", &arguments)
}

fn file_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Luma => "1-luma.png",
        Stage::DarkAndLight => "2-dark-and-light.png",
        Stage::Finders => "3-finders.png",
        Stage::Triples => "4-triples.png",
        Stage::Grid => "5-grid.png",
        Stage::Modules => "6-modules.png",
        Stage::Symbol => "7-symbol.png",
    }
}

fn key_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Luma => "cli-scan-explain-luma",
        Stage::DarkAndLight => "cli-scan-explain-dark_and_light",
        Stage::Finders => "cli-scan-explain-finders",
        Stage::Triples => "cli-scan-explain-triples",
        Stage::Grid => "cli-scan-explain-grid",
        Stage::Modules => "cli-scan-explain-modules",
        Stage::Symbol => "cli-scan-explain-symbol",
    }
}

/// What each picture shows, in words and figures. Not what the code says.
fn text_of(explanation: &Explanation, file: &Path, output: &Output) -> String {
    let words = &output.words;
    let code = explanation.codes.first();
    let colour = code.map_or_else(String::new, |code| words.word(colour_key(code.colour.class)));
    let confidence = code.map_or(0.0, |code| code.colour.confidence);
    let arguments: [(&str, Argument<'_>); 9] = [
        ("file", shown(file)),
        ("pass", pass_code(explanation.pass).into()),
        ("refused", explanation.refused.into()),
        ("finders", explanation.finders.into()),
        ("triples", explanation.triples.into()),
        ("codes", explanation.codes.len().into()),
        ("modules", explanation.modules.unwrap_or(0).into()),
        ("colour", colour.into()),
        ("confidence", format!("{confidence:.2}").into()),
    ];
    let mut lines = vec![
        words.text("cli-scan-explain-head", &arguments),
        words.text("cli-scan-explain-personal", &arguments),
        String::new(),
    ];
    lines.extend(explanation.pictures.iter().map(|picture| {
        let sentence = words.text(key_of(picture.stage), &arguments);
        format!("{}\n    {sentence}", file_name(picture.stage))
    }));
    lines.push(String::new());
    lines.join("\n")
}

/// Grey where every pixel is.
fn png_of(picture: &StagePicture) -> Vec<u8> {
    let is_grey = picture
        .rgb
        .chunks_exact(3)
        .all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
    let (colour, bytes) = if is_grey {
        let grey = picture.rgb.iter().copied().step_by(3).collect();
        (png::ColorType::Grayscale, grey)
    } else {
        (png::ColorType::Rgb, picture.rgb.clone())
    };
    let side =
        |side: usize| u32::try_from(side).expect("a picture is no larger than three times a small frame");
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, side(picture.width), side(picture.height));
    encoder.set_color(colour);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&bytes))
        .expect("memory takes every write, and the pixels are as many as the header says");
    png
}
