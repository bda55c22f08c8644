//! The CSV of entries: golden texts, injections, and what a reader gets back.

use chrono::{DateTime, FixedOffset};
use csv::{ReaderBuilder, StringRecord};
use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId, IssuerTable};
use gatepost_ledger::{Entry, VoidReason};
use gatepost_report::{Digesting, EntryCsv, EntryLine, Language, VoidLine, Words};
use gatepost_rules::{
    BodyTemperature, ColourSource, DocumentKind, Fault, Mask, Reason, ShownKind, TemperatureBand, VerdictKind,
};
use proptest::prelude::*;

const COLUMNS: usize = 19;

fn green() -> Entry {
    Entry {
        shown: ShownKind::Decoded,
        document: None,
        issuer: Some(IssuerId::new("shanghai")),
        age_seconds: Some(12),
        colour: Some(HealthColour::Green),
        colour_source: Some(ColourSource::Camera),
        evidence: EvidenceLevel::StructureOnly,
        band: TemperatureBand::Normal,
        mask: Mask::Worn,
        verdict: VerdictKind::Admit,
        reasons: vec![],
        fault: None,
        follows: None,
    }
}

fn held() -> Entry {
    Entry {
        shown: ShownKind::SeenByStaff,
        issuer: None,
        age_seconds: None,
        colour: Some(HealthColour::YellowOrange),
        colour_source: Some(ColourSource::Guard),
        evidence: EvidenceLevel::SeenByStaff,
        band: TemperatureBand::Fever,
        mask: Mask::PutOn,
        verdict: VerdictKind::Hold,
        reasons: vec![Reason::Fever, Reason::YellowCode],
        follows: Some(41),
        ..green()
    }
}

fn by_hand() -> Entry {
    Entry {
        shown: ShownKind::Nothing,
        issuer: None,
        age_seconds: None,
        colour: None,
        colour_source: None,
        evidence: EvidenceLevel::None,
        verdict: VerdictKind::CheckByHand,
        fault: Some(Fault::CameraNoPicture),
        ..green()
    }
}

fn at() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-23T08:05:09+08:00").expect("a time")
}

fn line<'a>(position: u64, gate: &'a str, entry: &'a Entry, tenths: i16) -> EntryLine<'a> {
    EntryLine {
        position,
        at: at(),
        gate,
        guard: "王*",
        entry,
        temperature: Some(BodyTemperature::from_tenths(tenths).expect("a temperature")),
        voided: None,
    }
}

fn written(language: Language, demo: bool, lines: &[EntryLine<'_>]) -> String {
    let (words, issuers) = (Words::of(language), IssuerTable::built_in());
    let mut csv = EntryCsv::new(Vec::new(), &words, &issuers, demo).expect("memory");
    for line in lines {
        csv.write(line).expect("memory");
    }
    String::from_utf8(csv.finish().expect("memory")).expect("UTF-8")
}

fn cells(text: &str) -> Vec<StringRecord> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().expect("RFC 4180")
}

fn some_lines<'a>(entries: &'a [Entry; 3]) -> [EntryLine<'a>; 3] {
    let voided = Some(VoidLine {
        position: 44,
        reason: VoidReason::Other,
        has_note: true,
    });
    let [green, held, by_hand] = entries;
    [
        line(7, "东门", green, 365),
        EntryLine {
            voided,
            ..line(42, "东门", held, 373)
        },
        line(43, "东门", by_hand, 364),
    ]
}

#[test]
fn the_chinese_file_reads_like_this() {
    let text = written(Language::ZhCn, false, &some_lines(&[green(), held(), by_hand()]));
    let expected = "\u{feff}账页号,日期,时间,门岗,值守人员,出示,发码方,码龄（秒）,颜色,颜色由谁所见,依据,\
        体温（℃）,口罩,判定,原因,复测的账页号,作废原因,作废的账页号,备注\r\n\
        7,2026-11-23,08:05:09+08:00,东门,王*,健康码，已识读,上海随申码,12,绿码,摄像头,仅格式相符 · 未经核验,\
        36.5,口罩已佩戴,放行,,,,,\r\n\
        42,2026-11-23,08:05:09+08:00,东门,王*,健康码，目视,,,黄码,值守人员,仅目视 · 未经核验,\
        37.3,提醒后已戴口罩,复测,发热、黄码,41,其他,44,作废另有说明，未随文件导出\r\n\
        43,2026-11-23,08:05:09+08:00,东门,王*,未出示,,,,,没有依据,36.4,口罩已佩戴,未能核验,摄像头无画面,,,,\r\n";
    assert_eq!(text, expected);
}

#[test]
fn the_english_file_reads_like_this_and_a_demonstration_says_so_on_every_line() {
    let text = written(Language::En, true, &some_lines(&[green(), held(), by_hand()]));
    let expected = "\u{feff}Demo,Position,Date,Time,Gate,Guard,Shown,Issuer,Age of the code (s),Colour,Colour seen by,\
        Evidence,Temperature (°C),Mask,Verdict,Reasons,Further reading of,Void because,Voided by,Remark\r\n\
        DEMO 演示,7,2026-11-23,08:05:09+08:00,东门,王*,\"Health code, decoded\",Shanghai Suishen code,12,Green code,\
        Camera,\"Shape only, unverified\",36.5,Mask worn,Admit,,,,,\r\n\
        DEMO 演示,42,2026-11-23,08:05:09+08:00,东门,王*,\"Health code, looked at\",,,Yellow code,Guard,\
        \"By eye only, unverified\",37.3,Mask put on when asked,Measure again,\"Fever, Yellow code\",41,Other,44,\
        \"The void has a note, which is not exported\"\r\n\
        DEMO 演示,43,2026-11-23,08:05:09+08:00,东门,王*,Nothing shown,,,,,No evidence,36.4,Mask worn,Not verified,\
        No camera picture,,,,\r\n";
    assert_eq!(text, expected);
}

#[test]
fn every_word_of_every_column_is_in_both_catalogues() {
    for entry in every_entry() {
        for language in Language::ALL {
            let voids = [
                VoidReason::WrongPerson,
                VoidReason::Typo,
                VoidReason::Duplicate,
                VoidReason::Test,
                VoidReason::Other,
            ];
            for reason in voids {
                let voided = Some(VoidLine {
                    position: 9,
                    reason,
                    has_note: true,
                });
                let one = EntryLine {
                    voided,
                    ..line(7, "东门", &entry, 365)
                };
                let cells = cells(&written(language, true, &[one]));
                assert!(cells.iter().all(|record| record.len() == COLUMNS + 1));
                let other = match language {
                    Language::ZhCn => |cell: &str| cell.contains(|letter: char| letter.is_ascii_lowercase()),
                    Language::En => |cell: &str| cell.contains('，') || cell.contains("复测"),
                };
                for cell in cells.iter().flatten() {
                    assert!(!other(cell) && !cell.contains("export-"), "{language}: {cell}");
                }
            }
        }
    }
}

/// Entries in which every code of the ledger occurs at least once.
fn every_entry() -> Vec<Entry> {
    let mut entries = vec![green(), held(), by_hand()];
    for document in [
        DocumentKind::Identity,
        DocumentKind::Paper,
        DocumentKind::Companion,
    ] {
        entries.push(Entry {
            shown: ShownKind::Document,
            document: Some(document),
            evidence: EvidenceLevel::Document,
            mask: Mask::NotWorn,
            verdict: VerdictKind::Hold,
            reasons: vec![Reason::LowTemperature],
            ..by_hand()
        });
    }
    for evidence in [EvidenceLevel::IssuerOnline, EvidenceLevel::SignatureOffline] {
        entries.push(Entry { evidence, ..green() });
    }
    for colour in [HealthColour::Red, HealthColour::None] {
        entries.push(Entry {
            colour: Some(colour),
            verdict: VerdictKind::Refuse,
            reasons: vec![
                Reason::RedCode,
                Reason::NoMask,
                Reason::StaleCode,
                Reason::CodeFromTheFuture,
                Reason::RepeatedCode,
                Reason::ColourNotSeen,
                Reason::NothingShown,
            ],
            ..green()
        });
    }
    entries
}

#[test]
fn nothing_is_called_verified_that_was_only_looked_at() {
    for (language, verified, not) in [
        (Language::ZhCn, "核验", "未经核验"),
        (Language::En, "verified", "unverified"),
    ] {
        for evidence in [
            EvidenceLevel::StructureOnly,
            EvidenceLevel::SeenByStaff,
            EvidenceLevel::Document,
            EvidenceLevel::None,
        ] {
            let entry = Entry { evidence, ..green() };
            let text = written(language, false, &[line(7, "东门", &entry, 365)]);
            assert!(!text.replace(not, "").contains(verified), "{text}");
        }
    }
}

#[test]
fn a_name_that_looks_like_a_formula_is_only_text() {
    for gate in [
        "=HYPERLINK(\"http://x\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "＠SUM(1)",
    ] {
        let entry = Entry {
            issuer: Some(IssuerId::new(gate)),
            ..green()
        };
        let cells = cells(&written(Language::ZhCn, false, &[line(7, gate, &entry, 365)]));
        let expected = format!("'{gate}");
        assert_eq!(
            (&cells[1][3], &cells[1][6]),
            (expected.as_str(), expected.as_str())
        );
    }
}

#[test]
fn commas_quotes_and_line_ends_in_a_name_stay_in_its_cell() {
    let gate = "东门, \"二\"\r\n侧";
    let entry = green();
    let text = written(
        Language::ZhCn,
        false,
        &[line(7, gate, &entry, 365), line(8, "东门", &entry, 365)],
    );
    assert!(text.contains("\"东门, \"\"二\"\"\r\n侧\""));
    let cells = cells(&text);
    assert_eq!((&cells[1][3], &cells[2][0]), (gate, "8"));
}

#[test]
fn an_issuer_that_the_table_no_longer_knows_is_named_by_its_id() {
    let entry = Entry {
        issuer: Some(IssuerId::new("atlantis")),
        ..green()
    };
    let cells = cells(&written(Language::En, false, &[line(7, "东门", &entry, 365)]));
    assert_eq!(&cells[1][6], "atlantis");
}

#[test]
fn a_temperature_that_was_erased_on_schedule_says_so_in_words() {
    for (language, word) in [
        (Language::ZhCn, "已按期删除"),
        (Language::En, "Erased on schedule"),
    ] {
        let entry = green();
        let erased = EntryLine {
            temperature: None,
            ..line(7, "东门", &entry, 365)
        };
        assert_eq!(&cells(&written(language, false, &[erased]))[1][11], word);
    }
}

#[test]
fn a_full_disk_is_told_and_keeps_its_kind() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (words, issuers) = (Words::of(Language::En), IssuerTable::built_in());
    let refused = EntryCsv::new(Digesting::new(Full), &words, &issuers, false).map(|_| ());
    let error = refused.expect_err("nothing can be written");
    assert_eq!(error.io().kind(), std::io::ErrorKind::StorageFull);
}

proptest! {
    #[test]
    fn no_cell_ever_starts_like_a_formula_and_every_text_comes_back(
        gate in "\\PC{0,12}|[=+@\\-\t\r\n ,\"'a]{0,8}",
        guard in "[=+@\\-\t\r\n ,\"'王]{0,8}",
        issuer in "[=+@\\-\t\r\n ,\"'x]{0,8}",
        tenths in 300_i16..=450,
        position: u64,
    ) {
        let entry = Entry { issuer: Some(IssuerId::new(issuer.as_str())), ..held() };
        let one = EntryLine { guard: &guard, ..line(position, &gate, &entry, tenths) };
        let cells = cells(&written(Language::En, true, &[one]));
        prop_assert_eq!(cells.len(), 2);
        for cell in cells.iter().flatten() {
            let first = cell.trim_start().chars().next().unwrap_or('a');
            prop_assert!(!"=+-@".contains(first) && !cell.starts_with(['\t', '\r', '\n']), "{:?}", cell);
        }
        for (cell, text) in [(&cells[1][4], &gate), (&cells[1][5], &guard), (&cells[1][7], &issuer)] {
            prop_assert!(cell == text.as_str() || cell.strip_prefix('\'') == Some(text.as_str()));
        }
        let temperature = format!("{}.{}", tenths / 10, tenths % 10);
        let position = position.to_string();
        prop_assert_eq!((&cells[1][1], &cells[1][12]), (position.as_str(), temperature.as_str()));
    }
}
