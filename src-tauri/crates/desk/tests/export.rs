//! Exports of simulated days into real files.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate};
use gatepost_desk::simulate::{DemoPins, Simulation, set_up_demo, simulate};
use gatepost_desk::{ExportError, ExportFormat, ExportRequest, free_export_path, prepare_export};
use gatepost_ledger::{Body, Moment};
use gatepost_report::{Language, mask_name};
use gatepost_rules::VerdictKind;
use gatepost_store::{EntryFilter, KeyFile, Store};

fn store(folder: &Path) -> Store {
    let mut store = Store::open(folder, KeyFile::in_folder(folder)).expect("an empty folder");
    let at = Moment {
        wall_ms: 1_794_000_000_000,
        boot: 1,
        monotonic_ms: 0,
    };
    set_up_demo(&mut store, at, &DemoPins::default()).expect("a first set-up");
    let simulation = Simulation {
        days: 1,
        per_day: 300,
        seed: 4,
        last_day: NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day"),
        offset_s: 8 * 3600,
        until_ms: i64::MAX,
    };
    simulate(&mut store, &simulation, &mut |_, _| {}).expect("a demonstration");
    store
}

fn request(store: &mut Store, target: PathBuf) -> ExportRequest {
    let people = store.people().expect("staff");
    let guards = people
        .iter()
        .map(|one| (one.number, mask_name(one.name.expose())))
        .collect();
    ExportRequest {
        filter: EntryFilter::default(),
        format: ExportFormat::Csv,
        made_at: DateTime::parse_from_rfc3339("2026-11-23T10:15:00+08:00").expect("a time"),
        target,
        language: Language::ZhCn,
        guards,
        demo: true,
    }
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry of the folder").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn the_file_has_its_name_only_after_it_was_published_and_is_what_its_record_says() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut store = store(data.path());
    let request = request(&mut store, out.path().join("new/entries.csv"));
    let mut told = Vec::new();
    let mut reader = store.reader().unwrap();
    let prepared =
        prepare_export(&mut reader, &request, &mut |done, total| told.push((done, total))).unwrap();
    assert_eq!(files(&out.path().join("new")), ["entries-DEMO.csv.unfinished"]);

    let (rows, body) = (prepared.rows(), prepared.body());
    let exported = prepared.publish().unwrap();
    assert_eq!(files(&out.path().join("new")), ["entries-DEMO.csv"]);
    let expected = Body::Export {
        rows,
        sha256: exported.sha256.clone(),
        disclosed: vec![],
    };
    assert_eq!(body, expected);
    assert_eq!(told.last(), Some(&(rows, rows)));
    assert_eq!(told.len() as u64, rows);

    let text = fs::read_to_string(&exported.path).unwrap();
    assert_eq!(text.lines().count() as u64, rows + 1);
    assert!(text.lines().skip(1).all(|line| line.starts_with("演示 DEMO,")));
    assert!(text.contains("王*") || text.contains("刘*"));
    assert!(!text.contains("王示") && !text.contains("刘示"));
}

#[test]
fn an_export_that_is_dropped_leaves_no_file_and_the_older_one_as_it_was() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut store = store(data.path());
    let older = out.path().join("entries-DEMO.csv");
    fs::write(&older, "older").unwrap();
    let request = request(&mut store, older.clone());
    let mut reader = store.reader().unwrap();
    drop(prepare_export(&mut reader, &request, &mut |_, _| {}).unwrap());
    assert_eq!(files(out.path()), ["entries-DEMO.csv"]);
    assert_eq!(fs::read_to_string(older).unwrap(), "older");
}

#[test]
fn a_workbook_is_written_beside_its_place_and_is_what_its_record_says() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut store = store(data.path());
    let mut request = request(&mut store, out.path().join("new/entries.xlsx"));
    request.format = ExportFormat::Xlsx;
    let mut reader = store.reader().unwrap();
    let prepared = prepare_export(&mut reader, &request, &mut |_, _| {}).unwrap();
    assert_eq!(files(&out.path().join("new")), ["entries-DEMO.xlsx.unfinished"]);
    let exported = prepared.publish().unwrap();
    assert_eq!(files(&out.path().join("new")), ["entries-DEMO.xlsx"]);
    assert!(exported.rows > 0);
    let bytes = fs::read(&exported.path).unwrap();
    assert!(bytes.starts_with(b"PK"), "a workbook is a zip");
    let mut again = Vec::new();
    let same = prepare_export(&mut reader, &request, &mut |_, _| {}).unwrap();
    assert_eq!(same.sha256(), exported.sha256);
    same.copy_to(&mut again).unwrap();
    assert!(again == bytes, "the same entries and moment are the same bytes");
}

#[test]
fn only_the_entries_of_the_filter_are_in_the_copy() {
    let data = tempfile::tempdir().unwrap();
    let mut store = store(data.path());
    let mut request = request(&mut store, data.path().join("pipe.csv"));
    request.filter.verdict = Some(VerdictKind::Hold);
    request.guards = HashMap::new();
    let mut reader = store.reader().unwrap();
    let prepared = prepare_export(&mut reader, &request, &mut |_, _| {}).unwrap();
    let rows = prepared.rows();
    let mut pipe = Vec::new();
    let bytes = prepared.copy_to(&mut pipe).unwrap();
    assert_eq!(bytes, pipe.len() as u64);
    let text = String::from_utf8(pipe).unwrap();
    assert_eq!(text.lines().count() as u64, rows + 1);
    assert!(!text.contains("放行") && text.contains(",*,"));
    assert!(files(data.path()).iter().all(|name| !name.contains("pipe")));
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut store = store(data.path());
    fs::write(out.path().join("file"), "").unwrap();
    let request = request(&mut store, out.path().join("file/entries.csv"));
    let mut reader = store.reader().unwrap();
    let refused = prepare_export(&mut reader, &request, &mut |_, _| {});
    assert!(matches!(refused, Err(ExportError::File { .. })));
}

#[test]
fn two_exports_of_one_second_get_two_names() {
    let out = tempfile::tempdir().unwrap();
    let made_at = DateTime::parse_from_rfc3339("2026-11-23T10:15:00+08:00").unwrap();
    let name = || {
        let path = free_export_path(out.path(), made_at, Language::ZhCn, ExportFormat::Csv, false);
        path.file_name().unwrap().to_string_lossy().into_owned()
    };
    assert_eq!(name(), "通行记录-20261123-101500.csv");
    fs::write(out.path().join(name()), "").unwrap();
    assert_eq!(name(), "通行记录-20261123-101500-2.csv");
    let demo = free_export_path(out.path(), made_at, Language::En, ExportFormat::Xlsx, true);
    assert_eq!(demo.file_name().unwrap(), "entries-20261123-101500-DEMO.xlsx");
}
