//! Files of a million entries: time beside the `sqlite3` program, memory of a program of its own.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use gatepost_codes::IssuerTable;
use gatepost_desk::{ExportFormat, ExportRequest, prepare_export};
use gatepost_report::{EntryLine, EntryXlsx, Language, RawCell, RawCsv, Words};
use gatepost_store::{DATABASE_NAME, DUMP_COLUMNS, DUMP_SQL, DumpCell, EntryFilter, Reader, StoreError};

use crate::child::{self, Child};
use crate::data;
use crate::made_up::{self, GATE, GUARD};
use crate::samples::Samples;
use crate::table::{Aim, Row};

const ENTRIES: u64 = data::LARGEST / 10;
const ROUNDS: usize = 5;

const DUMP: &str = "dump";
const CSV: &str = "csv";
const XLSX: &str = "xlsx";
const READ: &str = "read";
const SHEET: &str = "sheet";

pub(crate) fn measure(folder: &Path) -> Vec<Row> {
    let data = data::of_entries(ENTRIES);
    let mut rows = dump(&data, folder);
    rows.extend(files(&data, folder));
    rows
}

/// The raw dump and the same by the `sqlite3` program, each from its start to its end.
fn dump(data: &Path, folder: &Path) -> Vec<Row> {
    let (own, other) = (folder.join("dump.csv"), folder.join("sqlite3.csv"));
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    let mut peak_mb = 0_f64;
    for _ in 0..ROUNDS {
        theirs.add(sqlite(data, &other));
        let child = child::run(DUMP, data, &own);
        ours.add(child.took);
        peak_mb = peak_mb.max(child.peak_mb);
    }
    let is_same = fs::read(&own).expect("a dump") == fs::read(&other).expect("a dump");
    assert!(is_same, "the dump has the very bytes of the sqlite3 program's");
    vec![
        Row::median(format!("raw CSV of {ENTRIES} entries, byte for byte"), &ours)
            .beside_samples("sqlite3 -csv -header", &theirs)
            .aims(Aim::TimesReferenceAtMost(0.5)),
        Row::one("memory of that", "MB", peak_mb).aims(Aim::AtMost(16.0)),
    ]
}

fn sqlite(data: &Path, output: &Path) -> Duration {
    let began = Instant::now();
    let ended = Command::new("sqlite3")
        .args(["-readonly", "-batch", "-csv", "-header", "-init", "/dev/null"])
        .arg(data.join(DATABASE_NAME))
        .arg(DUMP_SQL)
        .stdout(File::create(output).expect("room on the disk"))
        .stderr(Stdio::inherit())
        .status()
        .expect("the Debian package sqlite3 is installed");
    let took = began.elapsed();
    assert!(ended.success(), "sqlite3 reads the database");
    took
}

/// The files for people, beside the reading of their lines alone.
fn files(data: &Path, folder: &Path) -> Vec<Row> {
    let one = |job: &str| child::run(job, data, &folder.join(job));
    let rate = |child: &Child| ENTRIES as f64 / child.seconds;
    let (read, csv, xlsx, sheet) = (one(READ), one(CSV), one(XLSX), one(SHEET));
    let beside = "their lines read and opened, and nothing written";
    let row = |what: &str, child: &Child| {
        Row::one(format!("{what} of {ENTRIES} entries"), "lines/s", rate(child)).beside(beside, rate(&read))
    };
    vec![
        row("XLSX", &xlsx).aims(Aim::AtLeast(150_000.0)),
        row("XLSX from lines in memory", &sheet).aims(Aim::AtLeast(150_000.0)),
        Row::one("memory of that", "MB", xlsx.peak_mb).aims(Aim::AtMost(32.0)),
        row("CSV for people", &csv),
        Row::one("memory of that", "MB", csv.peak_mb).aims(Aim::AtMost(16.0)),
    ]
}

/// What a child does; returns how long it took without its start.
pub(crate) fn in_child(job: &str, data: &Path, output: &Path) -> Duration {
    if job == SHEET {
        let began = Instant::now();
        write_sheet(output);
        return began.elapsed();
    }
    let reader = match job {
        DUMP => Reader::without_secrets(data).expect("a data folder"),
        _ => made_up::open(data).reader().expect("a data folder"),
    };
    let began = Instant::now();
    match job {
        DUMP => write_dump(&reader, output),
        CSV => export(reader, ExportFormat::Csv, output),
        XLSX => export(reader, ExportFormat::Xlsx, output),
        READ => {
            let read = reader.for_each(&EntryFilter::default(), |_, _| Ok::<(), StoreError>(()));
            read.expect("entries");
        }
        _ => panic!("there is no job `{job}`"),
    }
    began.elapsed()
}

fn write_dump(reader: &Reader, output: &Path) {
    let mut file = RawCsv::new(File::create(output).expect("room on the disk"), &DUMP_COLUMNS);
    let written = reader.dump(|cells| -> Result<(), StoreError> {
        for cell in cells {
            file.cell(match *cell {
                DumpCell::Null => RawCell::Null,
                DumpCell::Integer(integer) => RawCell::Integer(integer),
                DumpCell::Text(text) => RawCell::Text(text),
            });
        }
        file.end_line().expect("room on the disk");
        Ok(())
    });
    written.expect("entries");
    file.finish().expect("room on the disk");
}

/// A workbook of as many lines as there are entries, without a database.
fn write_sheet(output: &Path) {
    let (words, issuers) = (Words::of(Language::ZhCn), IssuerTable::built_in());
    let made_at = DateTime::parse_from_rfc3339("2026-11-23T10:15:00+08:00").expect("a time");
    let scratch = output.parent().expect("a file in a folder");
    let file = File::create(output).expect("room on the disk");
    let mut sheet =
        EntryXlsx::new(file, &words, &issuers, false, made_at, scratch).expect("room on the disk");
    for position in 0..ENTRIES {
        let (entry, temperature) = made_up::said(position);
        let line = EntryLine {
            position,
            at: made_at + TimeDelta::milliseconds(17_280 * position.cast_signed()),
            gate: GATE,
            guard: "测*",
            entry: &entry,
            temperature: Some(temperature),
            voided: None,
        };
        sheet.write(&line).expect("room on the disk");
    }
    sheet.finish().expect("room on the disk");
}

fn export(mut reader: Reader, format: ExportFormat, output: &Path) {
    let request = ExportRequest {
        filter: EntryFilter::default(),
        format,
        made_at: DateTime::parse_from_rfc3339("2026-11-23T10:15:00+08:00").expect("a time"),
        target: PathBuf::from(output),
        language: Language::ZhCn,
        guards: HashMap::from([(GUARD, "测*".to_owned())]),
        demo: false,
    };
    let prepared = prepare_export(&mut reader, &request, &mut |_, _| {}).expect("an export");
    prepared.publish().expect("its name");
}
