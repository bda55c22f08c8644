//! `scan` as a process, on frames drawn for it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gatepost_scan::synthetic::{Category, CodeColour, DoorFrame, DoorScene, door_frame, render};
use gatepost_scan::{FrameView, PixelLayout, explain};
use serde_json::Value;

fn scan(arguments: &[&str], files: &[&Path]) -> Output {
    scan_in("en", arguments, files)
}

fn scan_in(language: &str, arguments: &[&str], files: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatepost-cli"))
        .args(["--language", language, "scan"])
        .args(arguments)
        .args(files)
        .output()
        .expect("the program was built")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn lines(output: &Output) -> Vec<Value> {
    let told = text(&output.stdout);
    told.lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect()
}

fn write_png(path: &Path, width: usize, height: usize, colour: png::ColorType, bytes: &[u8]) {
    let mut encoder = png::Encoder::new(
        fs::File::create(path).expect("a file"),
        width as u32,
        height as u32,
    );
    encoder.set_color(colour);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(bytes).expect("pixels");
}

/// A frame as a picture in colour.
fn write_scene(path: &Path, scene: &DoorScene) {
    let frame = render(scene);
    write_png(path, frame.width, frame.height, png::ColorType::Rgb, &frame.rgb);
}

/// A frame as a picture in grey.
fn write_luma(path: &Path, frame: &DoorFrame) {
    write_png(
        path,
        frame.width,
        frame.height,
        png::ColorType::Grayscale,
        &frame.luma(),
    );
}

/// A film with colour, as 4:2:0.
fn write_y4m(path: &Path, scenes: &[DoorScene]) {
    let mut bytes = format!(
        "YUV4MPEG2 W{} H{} F10:1 C420\n",
        scenes[0].width, scenes[0].height
    )
    .into_bytes();
    for scene in scenes {
        let frame = render(scene);
        let nv12 = frame.to_nv12();
        let (luma, chroma) = nv12.split_at(frame.width * frame.height);
        bytes.extend_from_slice(b"FRAME\n");
        bytes.extend_from_slice(luma);
        bytes.extend(chroma.iter().step_by(2));
        bytes.extend(chroma.iter().skip(1).step_by(2));
    }
    fs::write(path, bytes).expect("a file");
}

fn visitor(seed: u64) -> DoorScene {
    DoorScene::nominal(seed, CodeColour::Yellow, b"made up")
}

#[test]
fn the_line_of_a_frame_has_all_that_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.png");
    write_scene(&file, &visitor(7));
    let done = scan(&["--json"], &[&file]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    let line = lines(&done).remove(0);
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        keys(&line),
        [
            "codes",
            "cpu_microseconds",
            "file",
            "frame",
            "height",
            "is_cut_short",
            "milliseconds",
            "width"
        ]
    );
    assert_eq!((&line["width"], &line["height"]), (&1280.into(), &720.into()));
    assert_eq!(line["is_cut_short"], false);
    #[cfg(unix)]
    assert!(line["cpu_microseconds"].as_u64().unwrap() > 0);
    let found = &line["codes"][0];
    assert_eq!(
        keys(found),
        [
            "colour",
            "colour_over_frames",
            "confidence",
            "corners",
            "issuer",
            "pass",
            "payload",
            "payload_base64",
            "polarity",
            "text",
            "version"
        ]
    );
    for (key, value) in [
        ("payload", "made up"),
        ("text", "made up"),
        ("payload_base64", "bWFkZSB1cA=="),
        ("colour", "yellow_orange"),
        ("polarity", "dark_on_light"),
        ("pass", "full"),
    ] {
        assert_eq!(found[key], value, "{key}");
    }
    assert_eq!(found["colour_over_frames"], Value::Null);
}

#[test]
fn an_inverted_code_and_two_codes_in_one_frame_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (inverted, several) = (
        folder.path().join("inverted.png"),
        folder.path().join("several.png"),
    );
    write_luma(&inverted, &door_frame(Category::Inverted, 5, 0));
    let frame = door_frame(Category::Multi, 5, 0);
    assert!(frame.codes.len() >= 2);
    write_luma(&several, &frame);
    let done = scan(&["--json"], &[&inverted, &several]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    let lines = lines(&done);
    assert_eq!(lines[0]["codes"][0]["polarity"], "light_on_dark");
    assert_eq!(lines[1]["codes"].as_array().unwrap().len(), frame.codes.len());
}

#[test]
fn a_folder_is_read_to_its_bottom_in_order_and_a_bad_file_does_not_end_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("c")).unwrap();
    write_scene(&at("a.png"), &visitor(7));
    fs::write(at("b.png"), "no picture").unwrap();
    write_scene(&at("c/d.png"), &visitor(8));
    fs::write(at("note.txt"), "left out").unwrap();
    let done = scan(&["--json"], &[folder.path()]);
    assert_eq!(code(&done), 3);
    let lines = lines(&done);
    let files: Vec<&str> = lines.iter().map(|line| line["file"].as_str().unwrap()).collect();
    let expected = [at("a.png"), at("b.png"), at("c/d.png")].map(|path| path.display().to_string());
    assert_eq!(files, expected);
    assert_eq!(lines[1]["error"], "unreadable");
    assert_eq!(lines[2]["codes"][0]["payload"], "made up");

    for (language, sentence) in [
        ("en", "check that it is a PNG, JPEG or Y4M file"),
        ("zh-CN", "请确认它是 PNG、JPEG 或 Y4M 文件"),
    ] {
        let done = scan_in(language, &[], &[folder.path()]);
        assert!(text(&done.stderr).contains(sentence), "{}", text(&done.stderr));
        assert_eq!(text(&done.stdout).lines().count(), 2);
    }
}

#[test]
fn a_folder_without_pictures_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (language, sentence) in [
        ("en", "no PNG, JPEG or Y4M file in this folder"),
        ("zh-CN", "文件夹里没有能读的"),
    ] {
        let done = scan_in(language, &[], &[folder.path()]);
        assert_eq!(code(&done), 3);
        assert!(text(&done.stderr).contains(sentence), "{}", text(&done.stderr));
    }
    assert_eq!(
        lines(&scan(&["--json"], &[folder.path()]))[0]["error"],
        "no_pictures"
    );
}

#[test]
fn a_film_taken_as_a_sequence_agrees_on_a_colour_from_its_third_frame() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("door.y4m");
    let moved = |noise: f32| DoorScene { noise, ..visitor(7) };
    write_y4m(&film, &[1.0, 1.5, 2.0, 2.5].map(moved));
    let done = scan(&["--json", "--sequence", "--deadline-ms", "60000"], &[&film]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    let lines = lines(&done);
    let agreed: Vec<&Value> = lines
        .iter()
        .map(|line| &line["codes"][0]["colour_over_frames"]["colour"])
        .collect();
    let yellow = Value::from("yellow_orange");
    assert_eq!(agreed, [&Value::Null, &Value::Null, &yellow, &yellow]);
}

#[test]
fn in_a_sequence_of_files_one_code_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let (nobody, somebody) = (folder.path().join("1.png"), folder.path().join("2.png"));
    write_luma(&nobody, &door_frame(Category::Empty, 3, 0));
    write_scene(&somebody, &visitor(7));
    let deadline = ["--deadline-ms", "60000"];
    assert_eq!(code(&scan(&deadline, &[&nobody, &somebody])), 1);
    let sequence = ["--sequence", "--deadline-ms", "60000"];
    assert_eq!(code(&scan(&sequence, &[&nobody, &somebody])), 0);
    assert_eq!(code(&scan(&sequence, &[&nobody])), 1);
}

#[test]
fn a_smaller_size_is_looked_at_and_corners_stay_those_of_the_picture() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.png");
    let scene = DoorScene {
        module_px: 7.0,
        ..visitor(7)
    };
    write_scene(&file, &scene);
    let done = scan(&["--json", "--max-dim", "800"], &[&file]);
    assert_eq!(code(&done), 0, "{}", text(&done.stdout));
    let line = lines(&done).remove(0);
    assert_eq!((&line["width"], &line["height"]), (&800.into(), &450.into()));
    let seen = line["codes"][0]["corners"][2][0].as_f64().unwrap();
    let drawn = f64::from(render(&scene).corners.unwrap()[2].x);
    assert!((seen - drawn).abs() < 8.0, "{seen} and {drawn}");
}

#[test]
fn an_explanation_is_pictures_and_words_without_what_the_code_says() {
    let folder = tempfile::tempdir().unwrap();
    let (file, pictures) = (folder.path().join("a.png"), folder.path().join("new/pictures"));
    write_scene(&file, &visitor(7));
    for (language, warning) in [("en", "may hold personal data"), ("zh-CN", "可能有个人信息")] {
        let arguments = ["--explain", pictures.to_str().unwrap()];
        let done = scan_in(language, &arguments, &[&file]);
        assert_eq!(code(&done), 0, "{}", text(&done.stderr));
        assert!(text(&done.stderr).contains(warning));
        let words = fs::read_to_string(pictures.join("explained.txt")).unwrap();
        assert!(words.contains(warning) && !words.contains("made up"), "{words}");
        assert!(
            !words.contains("cli-") && !words.contains('{'),
            "a word is missing: {words}"
        );
        let frame = render(&visitor(7));
        let view = FrameView::packed(PixelLayout::Rgb, &frame.rgb, frame.width, frame.height).unwrap();
        let names: Vec<String> = words
            .lines()
            .filter(|line| line.ends_with(".png"))
            .map(str::to_owned)
            .collect();
        assert_eq!(names.len(), explain(&view).pictures.len());
        for name in names {
            assert!(
                fs::read(pictures.join(&name)).unwrap().starts_with(b"\x89PNG"),
                "{name}"
            );
        }
    }
}

#[test]
fn only_one_file_is_explained_and_nonsense_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.png");
    let pictures = folder.path().join("pictures");
    let arguments = ["--explain", pictures.to_str().unwrap()];
    let done = scan(&arguments, &[&file, &file]);
    assert_eq!(code(&done), 2);
    assert!(text(&done.stderr).contains("name one"));
    assert!(!pictures.exists());
    assert_eq!(code(&scan(&arguments, &[&file])), 3);
    for nonsense in [
        ["--deadline-ms", "0"],
        ["--deadline-ms", "soon"],
        ["--max-dim", "3"],
    ] {
        assert_eq!(code(&scan(&nonsense, &[&file])), 2, "{nonsense:?}");
    }
}
