//! The workbook, read back by a reader that is not the writer's.

use std::io::{Cursor, Write};

use calamine::{Data, DataType, Reader, Xlsx};
use chrono::{DateTime, FixedOffset};
use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId, IssuerTable};
use gatepost_ledger::{Entry, VoidReason};
use gatepost_report::{Digesting, EntryCsv, EntryLine, EntryXlsx, Language, VoidLine, Words};
use gatepost_rules::{BodyTemperature, ColourSource, Mask, Reason, ShownKind, TemperatureBand, VerdictKind};

fn entry() -> Entry {
    Entry {
        shown: ShownKind::Decoded,
        document: None,
        issuer: Some(IssuerId::new("shanghai")),
        age_seconds: Some(12),
        colour: Some(HealthColour::YellowOrange),
        colour_source: Some(ColourSource::Camera),
        evidence: EvidenceLevel::StructureOnly,
        band: TemperatureBand::Fever,
        mask: Mask::Worn,
        verdict: VerdictKind::Hold,
        reasons: vec![Reason::Fever, Reason::YellowCode],
        fault: None,
        follows: Some(41),
    }
}

fn time(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).expect("a time")
}

fn line<'a>(position: u64, gate: &'a str, entry: &'a Entry) -> EntryLine<'a> {
    EntryLine {
        position,
        at: time("2026-11-23T08:05:09+08:00"),
        gate,
        guard: "王*",
        entry,
        temperature: Some(BodyTemperature::from_tenths(373).expect("a temperature")),
        voided: None,
    }
}

fn workbook(language: Language, demo: bool, lines: &[EntryLine<'_>]) -> Vec<u8> {
    let (words, issuers) = (Words::of(language), IssuerTable::built_in());
    let scratch = tempfile::tempdir().expect("a folder");
    let made_at = time("2026-11-23T20:00:00+08:00");
    let mut file =
        EntryXlsx::new(Vec::new(), &words, &issuers, demo, made_at, scratch.path()).expect("a start");
    for line in lines {
        file.write(line).expect("a line");
    }
    file.finish().expect("an end")
}

fn csv(language: Language, demo: bool, lines: &[EntryLine<'_>]) -> Vec<csv::StringRecord> {
    let (words, issuers) = (Words::of(language), IssuerTable::built_in());
    let mut file = EntryCsv::new(Vec::new(), &words, &issuers, demo).expect("memory");
    for line in lines {
        file.write(line).expect("memory");
    }
    let bytes = file.finish().expect("memory");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&bytes["\u{feff}".len()..]);
    reader.records().collect::<Result<_, _>>().expect("RFC 4180")
}

fn rows(bytes: Vec<u8>) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("its cells");
    sheet.rows().map(<[Data]>::to_vec).collect()
}

/// A cell as the CSV writes it, and whether it is a text there.
fn as_csv(cell: &Data, heading: &str) -> (String, bool) {
    match cell {
        Data::Empty => (String::new(), true),
        Data::String(text) => (text.clone(), true),
        Data::Float(number) if heading.contains('℃') || heading.contains('°') => {
            (format!("{number:.1}"), false)
        }
        Data::Float(number) => (number.to_string(), false),
        Data::DateTime(at) => {
            let at = at.to_ymd_hms_milli();
            (format!("{at:?}"), false)
        }
        other => panic!("no such cell was written: {other:?}"),
    }
}

#[test]
fn the_workbook_says_in_both_languages_what_the_csv_says() {
    let entry = entry();
    let voided = Some(VoidLine {
        position: 44,
        reason: VoidReason::Other,
        has_note: true,
    });
    let bare = Entry {
        issuer: None,
        age_seconds: None,
        colour: None,
        colour_source: None,
        reasons: vec![],
        follows: None,
        ..self::entry()
    };
    let lines = [
        line(7, "东门", &entry),
        line(8, " a\t\"b\"\r\n<&>_x000D_ 😷", &bare),
        EntryLine {
            voided,
            temperature: None,
            ..line(123_456_789_012_345_678, "东门", &entry)
        },
    ];
    for (language, demo) in [
        (Language::ZhCn, false),
        (Language::ZhCn, true),
        (Language::En, false),
        (Language::En, true),
    ] {
        let (xlsx, csv) = (
            rows(workbook(language, demo, &lines)),
            csv(language, demo, &lines),
        );
        assert_eq!(xlsx.len(), csv.len());
        let first = usize::from(demo);
        let (date, time) = (first + 1, first + 2);
        for (ours, theirs) in xlsx.iter().zip(&csv) {
            assert_eq!(ours.len(), theirs.len());
            for (index, (cell, text)) in ours.iter().zip(theirs).enumerate() {
                let is_moment = (index == date || index == time) && ours != &xlsx[0];
                if !is_moment {
                    assert_eq!(as_csv(cell, &csv[0][index]).0, text, "{language} {index}");
                }
            }
        }
        assert_eq!(as_csv(&xlsx[1][date], "").0, "(2026, 11, 23, 0, 0, 0, 0)");
        assert_eq!(as_csv(&xlsx[1][time], "").0, "(2026, 11, 23, 8, 5, 9, 0)");
    }
}

#[test]
fn positions_and_words_are_texts_and_what_is_sorted_by_size_is_a_number() {
    let entry = entry();
    let one = line(123_456_789_012_345_678, "123456789012345678", &entry);
    let row = rows(workbook(Language::En, false, &[one])).remove(1);
    assert_eq!(row[0], Data::String("123456789012345678".to_owned()));
    assert_eq!(row[3], Data::String("123456789012345678".to_owned()));
    assert!(row[1].is_datetime() && row[2].is_datetime());
    assert_eq!((&row[7], &row[11]), (&Data::Float(12.0), &Data::Float(37.3)));
    assert_eq!(row[15], Data::String("41".to_owned()));
}

#[test]
fn an_erased_temperature_says_so_in_words() {
    let entry = entry();
    for (language, word) in [
        (Language::ZhCn, "已按期删除"),
        (Language::En, "Erased on schedule"),
    ] {
        let erased = EntryLine {
            temperature: None,
            ..line(7, "东门", &entry)
        };
        let row = rows(workbook(language, false, &[erased])).remove(1);
        assert_eq!(row[11], Data::String(word.to_owned()));
    }
}

#[test]
fn every_line_of_a_demonstration_says_that_it_is_one() {
    let entry = entry();
    let rows = rows(workbook(
        Language::En,
        true,
        &[line(7, "东门", &entry), line(8, "东门", &entry)],
    ));
    assert_eq!(rows[0][0], Data::String("Demo".to_owned()));
    for row in &rows[1..] {
        assert_eq!(row[0], Data::String("DEMO 演示".to_owned()));
    }
}

#[test]
fn a_text_that_looks_like_a_formula_or_a_link_stays_that_text() {
    for gate in [
        "=1+1",
        "=HYPERLINK(\"http://x\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1",
        "{=1}",
        "http://x",
        "TRUE",
        "1e5",
        " ",
    ] {
        let entry = entry();
        let bytes = workbook(Language::ZhCn, false, &[line(7, gate, &entry)]);
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).expect("a workbook");
        let name = book.sheet_names()[0].clone();
        assert_eq!(
            book.worksheet_formula(&name)
                .expect("a sheet")
                .used_cells()
                .count(),
            0
        );
        assert_eq!(rows(bytes)[1][3], Data::String(gate.to_owned()));
    }
}

#[test]
fn the_same_lines_and_moment_are_the_same_bytes() {
    let entry = entry();
    let write = || workbook(Language::ZhCn, false, &[line(7, "东门", &entry)]);
    assert_eq!(write(), write());
}

#[test]
fn a_text_longer_than_a_cell_is_refused_and_not_cut() {
    let (words, issuers) = (Words::of(Language::En), IssuerTable::built_in());
    let (scratch, entry) = (tempfile::tempdir().expect("a folder"), entry());
    let made_at = time("2026-11-23T20:00:00+08:00");
    let mut file =
        EntryXlsx::new(Vec::new(), &words, &issuers, false, made_at, scratch.path()).expect("a start");
    let (longest, longer) = ("x".repeat(32_767), "x".repeat(32_768));
    file.write(&line(7, &longest, &entry)).expect("as long as a cell");
    let error = file.write(&line(8, &longer, &entry)).expect_err("too long");
    assert_eq!(error.io().kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn a_full_disk_and_a_missing_scratch_folder_are_told() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (words, issuers) = (Words::of(Language::En), IssuerTable::built_in());
    let scratch = tempfile::tempdir().expect("a folder");
    let made_at = time("2026-11-23T20:00:00+08:00");
    let begin = |folder| EntryXlsx::new(Digesting::new(Full), &words, &issuers, false, made_at, folder);
    let full = begin(scratch.path()).expect("a start").finish().map(|_| ());
    assert_eq!(
        full.expect_err("full").io().kind(),
        std::io::ErrorKind::StorageFull
    );
    let missing = begin(&scratch.path().join("missing")).map(|_| ());
    assert_eq!(
        missing.expect_err("missing").io().kind(),
        std::io::ErrorKind::NotFound
    );
}
