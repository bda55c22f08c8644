//! The program as a process, on real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gatepost_scan::synthetic::{CodeColour, DoorScene, SyntheticFrame, render};
use serde_json::Value;
use tempfile::TempDir;

const SHANGHAI: &str = "https://s.sh.gov.cn/0000000000000000000000000000061795000000000";

/// Runs the program in English, with nothing of this machine's settings.
fn gatepost(arguments: &[&str]) -> Output {
    gatepost_in(&[("LANG", "en_GB.UTF-8")], arguments)
}

fn gatepost_in(environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost-cli"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "GATEPOST_DATA_DIR"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    command.args(arguments).output().expect("the program was built")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    let lines = text(bytes);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect()
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path of the test")
}

fn visitor(colour: CodeColour, payload: &[u8]) -> SyntheticFrame {
    render(&DoorScene::nominal(7, colour, payload))
}

fn write_png(path: &Path, frame: &SyntheticFrame) {
    let file = fs::File::create(path).expect("a file");
    let mut encoder = png::Encoder::new(file, frame.width as u32, frame.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&frame.rgb).expect("pixels");
}

fn write_jpeg(path: &Path, frame: &SyntheticFrame) {
    let encoder = jpeg_encoder::Encoder::new_file(path, 92).expect("a file");
    let (width, height) = (frame.width as u16, frame.height as u16);
    encoder
        .encode(&frame.rgb, width, height, jpeg_encoder::ColorType::Rgb)
        .expect("pixels");
}

fn write_y4m(path: &Path, frames: &[&SyntheticFrame]) {
    let mut bytes = format!(
        "YUV4MPEG2 W{} H{} F10:1 Cmono\n",
        frames[0].width, frames[0].height
    )
    .into_bytes();
    for frame in frames {
        bytes.extend_from_slice(b"FRAME\n");
        bytes.extend_from_slice(&frame.to_luma());
    }
    fs::write(path, bytes).expect("a file");
}

fn nobody() -> SyntheticFrame {
    render(&DoorScene {
        seed: 3,
        ..DoorScene::default()
    })
}

/// A demonstration of three days that are over.
fn demo(seed: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let made = simulate(folder.path(), seed, &[]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    folder
}

fn simulate(folder: &Path, seed: &str, more: &[&str]) -> Output {
    let mut arguments = vec![
        "simulate",
        "--data-dir",
        shown(folder),
        "--days",
        "3",
        "--per-day",
        "80",
    ];
    arguments.extend(["--last-day", "2026-11-20", "--seed", seed, "--json"]);
    arguments.extend(more);
    gatepost(&arguments)
}

fn export(folder: &Path, file: &Path, more: &[&str]) -> Output {
    let mut arguments = vec![
        "entries",
        "export",
        "--data-dir",
        shown(folder),
        "-o",
        shown(file),
    ];
    arguments.extend(more);
    gatepost(&arguments)
}

#[test]
fn a_picture_gives_its_code_with_colour_issuer_and_corners() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let frame = visitor(CodeColour::Green, SHANGHAI.as_bytes());
    write_png(&path("a.png"), &frame);
    write_jpeg(&path("b.jpg"), &visitor(CodeColour::Red, SHANGHAI.as_bytes()));
    let done = gatepost(&["scan", shown(&path("a.png")), shown(&path("b.jpg")), "--json"]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    let lines = json_lines(&done.stdout);
    assert_eq!(lines.len(), 2);
    for (line, colour) in lines.iter().zip(["green", "red"]) {
        let found = &line["codes"][0];
        assert_eq!(found["payload"], SHANGHAI);
        assert_eq!(
            (&found["colour"], &found["issuer"]),
            (&colour.into(), &"shanghai".into())
        );
        assert!(line["milliseconds"].as_f64().unwrap() > 0.0);
        assert_eq!(found["corners"].as_array().unwrap().len(), 4);
    }
    let seen = lines[0]["codes"][0]["corners"][0][0].as_f64().unwrap();
    let drawn = f64::from(frame.corners.unwrap()[0].x);
    assert!((seen - drawn).abs() < 8.0, "{seen} and {drawn}");
}

#[test]
fn every_frame_of_a_video_is_a_line_and_one_code_in_it_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("door.y4m");
    write_y4m(
        &file,
        &[&nobody(), &visitor(CodeColour::Green, b"\xff\xfe not text")],
    );
    let done = gatepost(&["scan", "--json", shown(&file)]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    let lines = json_lines(&done.stdout);
    assert_eq!((&lines[0]["frame"], &lines[1]["frame"]), (&0.into(), &1.into()));
    assert_eq!(lines[0]["codes"], Value::Array(vec![]));
    let found = &lines[1]["codes"][0];
    assert_eq!(
        (&found["payload"], &found["payload_base64"]),
        (&Value::Null, &"//4gbm90IHRleHQ=".into())
    );
    assert_eq!(
        (&found["colour"], &found["issuer"]),
        (&"not_seen".into(), &Value::Null)
    );
}

#[test]
fn a_file_without_a_code_ends_with_1_and_one_that_cannot_be_read_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, text_file) = (folder.path().join("empty.png"), folder.path().join("text.png"));
    write_png(&empty, &nobody());
    fs::write(&text_file, "no picture").unwrap();
    let absent = folder.path().join("absent.png");
    assert_eq!(code(&gatepost(&["scan", shown(&empty)])), 1);
    for file in [&text_file, &absent] {
        let done = gatepost(&["scan", shown(file), shown(&empty)]);
        assert_eq!(code(&done), 3);
        assert!(text(&done.stderr).contains("check that it is a PNG, JPEG or Y4M file"));
        assert!(text(&done.stdout).contains("no code found"));
    }
    let done = gatepost(&["scan", "--json", shown(&absent)]);
    assert_eq!(json_lines(&done.stdout)[0]["error"], "unreadable");
}

#[test]
fn people_read_a_line_in_their_language_and_no_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.png");
    write_png(&file, &visitor(CodeColour::Green, b"red \x1b[31m \n text"));
    for (environment, arguments, word) in [
        (
            vec![("LANG", "en_GB.UTF-8")],
            vec!["scan", shown(&file)],
            "Green code",
        ),
        (vec![], vec!["scan", shown(&file)], "绿码"),
        (vec![("LANG", "C.UTF-8")], vec!["scan", shown(&file)], "绿码"),
        (
            vec![("LC_ALL", "en"), ("LANG", "zh_CN")],
            vec!["scan", shown(&file)],
            "Green code",
        ),
        (
            vec![("LANG", "en")],
            vec!["--language", "zh-CN", "scan", shown(&file)],
            "绿码",
        ),
    ] {
        let done = gatepost_in(&environment, &arguments);
        let line = text(&done.stdout);
        assert!(
            line.contains(word) && line.contains("red \u{fffd}[31m \u{fffd} text"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1);
    }
}

#[test]
fn a_demonstration_is_made_once_and_the_same_seed_makes_the_same_rows() {
    let rows = |seed: &str| {
        let folder = demo(seed);
        let done = export(folder.path(), Path::new("-"), &[]);
        assert_eq!(code(&done), 0, "{}", text(&done.stderr));
        text(&done.stdout)
    };
    let first = rows("11");
    assert_eq!(first, rows("11"));
    assert_ne!(first, rows("12"));

    let folder = demo("11");
    let again = simulate(folder.path(), "11", &[]);
    assert_eq!(code(&again), 4);
    assert_eq!(json_lines(&again.stderr)[0]["error"], "not_empty");
}

#[test]
fn what_a_demonstration_counts_is_what_its_export_holds() {
    let data = tempfile::tempdir().unwrap();
    let made = json_lines(&simulate(data.path(), "5", &[]).stdout).remove(0);
    let file = data.path().join("out/entries.csv");
    let done = export(data.path(), &file, &["--json"]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    let told = json_lines(&done.stdout).remove(0);
    assert_eq!(told["rows"], made["entries"]);

    let path = PathBuf::from(told["path"].as_str().unwrap());
    assert_eq!(path, data.path().join("out/entries-DEMO.csv"));
    let bytes = fs::read(&path).unwrap();
    let bytes = bytes
        .strip_prefix("\u{feff}".as_bytes())
        .expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(bytes);
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(Value::from(records.len()), made["entries"]);
    assert!(
        records
            .iter()
            .all(|record| record[0].contains("DEMO") && record[0].contains("演示"))
    );
    assert!(records.iter().all(|record| ["王*", "刘*"].contains(&&record[5])));

    let second = json_lines(&export(data.path(), &file, &["--json"]).stdout).remove(0);
    let positions = [&told, &second].map(|line| line["position"].as_u64().unwrap());
    assert!(positions[1] > positions[0], "every export is a record of its own");
    assert_eq!(told["sha256"], second["sha256"]);
}

#[test]
fn a_filter_that_nothing_matches_writes_nothing_and_ends_with_1() {
    let data = demo("5");
    let file = data.path().join("entries.csv");
    let done = export(data.path(), &file, &["--day", "2020-01-01"]);
    assert_eq!(code(&done), 1);
    assert!(text(&done.stderr).contains("check --day, --gate and --verdict"));
    let names = fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        names
            .into_iter()
            .all(|name| !name.to_string_lossy().contains("csv"))
    );

    let rows =
        |more: &[&str]| json_lines(&export(data.path(), Path::new("-"), more).stderr)[0]["rows"].as_u64();
    let day = rows(&["--json", "--day", "2026-11-19", "--gate", "东门"]).unwrap();
    let admitted = rows(&["--json", "--day", "2026-11-19", "--verdict", "admit"]).unwrap();
    assert!(0 < admitted && admitted <= day);
    assert_eq!(code(&export(data.path(), Path::new("-"), &["--gate", "西门"])), 1);
}

#[test]
fn data_that_are_not_there_or_not_ours_are_told_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entries.csv");
    let done = export(folder.path(), &file, &[]);
    assert_eq!(code(&done), 3);
    assert!(text(&done.stderr).contains("name the data folder"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    fs::write(folder.path().join("letter.txt"), "mine").unwrap();
    assert_eq!(code(&simulate(folder.path(), "1", &[])), 4);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let database = folder.path().join("gatepost.sqlite3");
    fs::write(&database, "something else entirely").unwrap();
    fs::write(folder.path().join("gatepost.key"), [7; 32]).unwrap();
    let done = export(folder.path(), &file, &["--json"]);
    assert_eq!(code(&done), 3);
    assert_eq!(json_lines(&done.stderr)[0]["error"], "not_ours");
    assert_eq!(fs::read_to_string(&database).unwrap(), "something else entirely");
}

#[test]
fn a_file_that_cannot_be_written_is_told_with_its_path() {
    let data = demo("5");
    fs::write(data.path().join("file"), "").unwrap();
    let file = data.path().join("file/entries.csv");
    let done = export(data.path(), &file, &[]);
    assert_eq!(code(&done), 3);
    assert!(text(&done.stderr).contains("cannot be written; choose another file or folder"));
}

#[test]
fn simple_pins_and_a_missing_folder_are_refused_as_nonsense() {
    let folder = tempfile::tempdir().unwrap();
    let refused = simulate(folder.path(), "1", &["--manager-pin", "111111"]);
    assert_eq!(code(&refused), 2);
    assert_eq!(json_lines(&refused.stderr)[0]["error"], "pins");
    let refused = gatepost(&["simulate", "--days", "1", "--per-day", "1", "--seed", "1"]);
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("--data-dir"));

    let folder = folder.path().join("new");
    let arguments = [
        "simulate",
        "--days",
        "1",
        "--per-day",
        "9",
        "--seed",
        "1",
        "--last-day",
        "2026-11-20",
    ];
    let made = gatepost_in(&[("GATEPOST_DATA_DIR", shown(&folder))], &arguments);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("虚构"));
}

#[test]
fn every_command_explains_itself_and_nonsense_ends_with_2() {
    for arguments in [
        vec!["--help"],
        vec!["scan", "--help"],
        vec!["entries", "export", "--help"],
        vec!["simulate", "--help"],
    ] {
        let done = gatepost(&arguments);
        assert_eq!(code(&done), 0);
        assert!(text(&done.stdout).contains("Exit codes:"), "{arguments:?}");
    }
    for arguments in [
        vec![],
        vec!["scan"],
        vec!["scan", "--language", "fr", "x"],
        vec!["entries", "export"],
        vec!["entries", "export", "-o", "-", "--day", "yesterday"],
        vec!["entries", "export", "-o", "-", "--verdict", "perhaps"],
        vec!["simulate", "--days", "0", "--per-day", "1", "--seed", "1"],
    ] {
        assert_eq!(code(&gatepost(&arguments)), 2, "{arguments:?}");
    }
}
