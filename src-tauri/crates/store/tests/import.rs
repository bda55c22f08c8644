//! Registers from elsewhere, appended many at once.

mod common;

use std::io::Cursor;

use common::{GATE, MANAGER, SET_UP_RECORDS, moment, new_store, open};
use gatepost_ledger::{Body, Leaf};
use gatepost_store::{BadLine, ImportOptions, LineFault, OnBadLine};
use rusqlite::Connection;

fn options(on_bad_line: OnBadLine) -> ImportOptions {
    ImportOptions {
        at: moment(10),
        gate: GATE.into(),
        by: Some(MANAGER),
        on_bad_line,
    }
}

const GOOD: &str =
    r#"{"form":"cleaning","at":"2025-01-02T08:30:00+08:00","values":{"area":"冷库","agent":"75%"}}"#;
const PERSONAL: &str =
    r#"{"form":"visitors","at":1735777800000,"personal":{"name":"赵试","phone":"00000000000"}}"#;

#[test]
fn registers_are_appended_in_their_order_and_nothing_is_dated_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let text = format!("{GOOD}\n\n{PERSONAL}\r\n{GOOD}");
    let report = store
        .import_jsonl(&mut Cursor::new(text), &options(OnBadLine::RefuseFile))
        .expect("imported");
    assert_eq!((report.lines, report.imported, report.bad_lines), (3, 3, 0));
    assert_eq!(report.first, Some(SET_UP_RECORDS));
    drop(store);
    let raw = Connection::open(common::database(folder.path())).expect("raw");
    let leaf = |position: u64| -> Leaf {
        let bytes: Vec<u8> = raw
            .query_row("SELECT leaf FROM records WHERE i = ?", [position], |row| {
                row.get(0)
            })
            .expect("a record");
        Leaf::parse(&bytes).expect("a leaf")
    };
    let first = leaf(SET_UP_RECORDS);
    assert_eq!((first.at, first.by), (moment(10), Some(MANAGER)));
    let Body::Register { form, values } = first.body else {
        panic!("{first:?}")
    };
    assert_eq!(form, "cleaning");
    assert_eq!(values["at"], "2025-01-02T08:30:00+08:00");
    assert_eq!(values["area"], "冷库");
    let second = leaf(SET_UP_RECORDS + 1);
    assert_eq!(second.digests.len(), 2);
    let disclosures: u64 = raw
        .query_row(
            "SELECT count(*) FROM disclosures WHERE i = ?",
            [SET_UP_RECORDS + 1],
            |row| row.get(0),
        )
        .expect("disclosures");
    assert_eq!(disclosures, 2);
    for (path, bytes) in common::contents(folder.path()) {
        let name = "赵试".as_bytes();
        assert!(!bytes.windows(name.len()).any(|window| window == name), "{path}");
    }
    open(folder.path()).expect("what was imported verifies");
}

#[test]
fn one_bad_line_keeps_the_whole_file_out_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let many_bytes = "好".repeat(2000);
    let long = format!(r#"{{"form":"cleaning","at":0,"values":{{"a":"{many_bytes}"}}}}"#);
    let longest = format!(r#"{{"form":"{}","at":0}}"#, "a".repeat(200_000));
    let bad = [
        ("not json", LineFault::NotARegister),
        (r#"{"form":"cleaning"}"#, LineFault::NotARegister),
        (
            r#"{"form":"cleaning","at":0,"values":{"a":1}}"#,
            LineFault::NotARegister,
        ),
        (
            r#"{"form":"cleaning","at":0,"valeus":{}}"#,
            LineFault::NotARegister,
        ),
        (r#"{"form":"","at":0}"#, LineFault::NoForm),
        (r#"{"form":"cleaning","at":"yesterday"}"#, LineFault::NoTime),
        (
            r#"{"form":"cleaning","at":0,"values":{"at":"1"}}"#,
            LineFault::TwiceNamed,
        ),
        (
            r#"{"form":"cleaning","at":0,"values":{"a":"1","a":"2"}}"#,
            LineFault::TwiceNamed,
        ),
        (
            r#"{"form":"cleaning","at":0,"personal":{"shoe":"42"}}"#,
            LineFault::NotAField,
        ),
        (
            r#"{"form":"cleaning","at":0,"personal":{"temperature":"36.5"}}"#,
            LineFault::NotAField,
        ),
        (long.as_str(), LineFault::TooLong),
        (longest.as_str(), LineFault::TooLong),
    ];
    for (line, fault) in bad {
        let text = format!("{GOOD}\n{line}\n{GOOD}\n");
        let report = store
            .import_jsonl(&mut Cursor::new(&text), &options(OnBadLine::RefuseFile))
            .expect("a report");
        let shown: String = line.chars().take(60).collect();
        assert_eq!((report.lines, report.imported), (3, 0), "{shown}");
        assert_eq!(report.bad, [BadLine { line: 2, fault }], "{shown}");
        let report = store
            .import_jsonl(&mut Cursor::new(&text), &options(OnBadLine::LeaveOut))
            .expect("a report");
        assert_eq!((report.imported, report.bad_lines), (2, 1), "{shown}");
    }
}

#[test]
fn more_lines_than_one_transaction_holds_are_all_there_and_signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let text = format!("{GOOD}\n").repeat(25_000);
    let report = store
        .import_jsonl(&mut Cursor::new(text), &options(OnBadLine::RefuseFile))
        .expect("imported");
    assert_eq!(report.imported, 25_000);
    let records = store.reader().expect("a reader").records().expect("records");
    assert_eq!(records, SET_UP_RECORDS + 25_000);
    drop(store);
    open(folder.path()).expect("what was imported verifies");
}
