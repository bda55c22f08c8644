//! The dump of a register against the program that everybody has.

use std::fs;
use std::process::Command;

use gatepost_report::{RawCell, RawCsv};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

type Row = [Option<String>; 2];

/// Texts that have gone wrong in some CSV.
const ODD: [&str; 22] = [
    "",
    " ",
    " leading",
    "trailing ",
    "\"",
    "\"\"",
    "it's",
    "a,b",
    "a;b",
    "line\nbreak",
    "line\r\nbreak",
    "\t",
    "东门",
    "😷",
    "\u{7f}",
    "\u{80}",
    "\u{feff}x",
    "=1+1",
    "{\"i\":12,\"typ\":\"entry\"}",
    "a\0b",
    "\0",
    "-7",
];

fn ours(names: [&str; 3], rows: &[(i64, Row)]) -> Vec<u8> {
    let mut file = RawCsv::new(Vec::new(), &names);
    for (number, [first, second]) in rows {
        file.cell(first.as_deref());
        file.cell(*number);
        file.cell(second.as_deref());
        file.end_line().expect("memory");
    }
    file.finish().expect("memory")
}

/// What `sqlite3 -csv -header` prints for the same rows; `None`, said aloud, where the program is absent.
#[expect(
    clippy::print_stderr,
    reason = "a comparison that did not happen is said aloud"
)]
fn theirs(names: [&str; 3], rows: &[(i64, Row)]) -> Option<Vec<u8>> {
    let columns = names.map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    let mut script = format!("CREATE TABLE register ({});\nBEGIN;\n", columns.join(", "));
    for (number, [first, second]) in rows {
        let [first, second] = [first, second].map(|cell| match cell {
            None => "NULL".to_owned(),
            Some(text) => format!("CAST(x'{}' AS TEXT)", hexadecimal(text)),
        });
        script += &format!("INSERT INTO register VALUES ({first}, {number}, {second});\n");
    }
    script += "COMMIT;\nSELECT * FROM register;\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.sql");
    fs::write(&path, script).expect("written");
    let ran = Command::new("sqlite3")
        .args(["-csv", "-header", "-batch", "-init", "/dev/null", ":memory:"])
        .arg(format!(".read '{}'", path.display()))
        .output();
    match ran {
        Ok(output) => {
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some(output.stdout)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: there is no sqlite3 program here, so nothing was compared with it");
            None
        }
        Err(error) => panic!("sqlite3 does not start: {error}"),
    }
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn row(first: &str, second: Option<&str>) -> Row {
    [Some(first.to_owned()), second.map(str::to_owned)]
}

#[test]
fn odd_texts_are_written_as_sqlite3_writes_them() {
    let mut rows = Vec::new();
    for (number, text) in (-3..).zip(ODD) {
        rows.push((number, row(text, None)));
        rows.push((number, [None, Some(text.to_owned())]));
    }
    rows.push((i64::MIN, [None, None]));
    rows.push((i64::MAX, row("last", Some("of all"))));
    for names in [["a", "b", "c"], ["账页号", "with space", "quo\"te"]] {
        if let Some(theirs) = theirs(names, &rows) {
            let ours = ours(names, &rows);
            assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn any_rows_are_written_as_sqlite3_writes_them() {
    let cell = || proptest::option::of("[ -~]{0,9}|\\PC{0,5}|[,\"'\n\r\t 0a]{0,6}");
    let rows = proptest::collection::vec((any::<i64>(), [cell(), cell()]), 1..200);
    let mut runner = TestRunner::new(Config::with_cases(24));
    let compared = runner.run(&rows, |rows| {
        if let Some(theirs) = theirs(["a", "b", "c"], &rows) {
            prop_assert_eq!(ours(["a", "b", "c"], &rows), theirs);
        }
        Ok(())
    });
    compared.expect("the same bytes");
}

#[test]
fn no_rows_are_no_bytes_as_with_sqlite3() {
    assert_eq!(ours(["a", "b", "c"], &[]), b"");
    if let Some(theirs) = theirs(["a", "b", "c"], &[]) {
        assert_eq!(theirs, b"");
    }
}

#[test]
fn a_dump_reads_like_this() {
    let rows = [
        (1, row("plain", Some(""))),
        (-2, row("东门", None)),
        (3, row("two words", Some("a \"b\""))),
    ];
    let expected = "a,b,c\nplain,1,\"\"\n\"东门\",-2,\n\"two words\",3,\"a \"\"b\"\"\"\n";
    assert_eq!(
        String::from_utf8(ours(["a", "b", "c"], &rows)).expect("UTF-8"),
        expected
    );
}

#[test]
fn lines_longer_than_a_piece_arrive_whole_and_a_line_that_was_not_ended_not_at_all() {
    let long = "x".repeat(200_000);
    let mut file = RawCsv::new(Vec::new(), &["text"]);
    for _ in 0..3 {
        file.cell(long.as_str());
        file.end_line().expect("memory");
    }
    file.cell(RawCell::Null);
    file.cell("begun");
    let expected = format!("text\n{long}\n{long}\n{long}\n");
    assert!(file.finish().expect("memory") == expected.as_bytes());
}
