//! Which tables are accepted, and what is wrong with those that are not.
#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, Utc};
use gatepost_codes::{CodesError, Freshness, IssuerTable, RegionCode};

fn table(rows: &str) -> Result<IssuerTable, CodesError> {
    IssuerTable::parse(&format!(
        r#"{{"default_max_age_seconds":60,"clock_tolerance_seconds":0,"issuers":[{rows}]}}"#
    ))
}

fn row(id: &str, pattern: &str, more: &str) -> String {
    format!(r#"{{"id":"{id}","name_zh":"甲","name_en":"A","pattern":"{pattern}","life":"unknown"{more}}}"#)
}

#[test]
fn a_time_of_fourteen_digits_is_beijing_time() {
    let row = row("a", "^(?<time>[0-9]{14})$", r#","time_unit":"yyyymmddhhmmss""#);
    let now: DateTime<Utc> = "2022-03-01T00:00:30Z".parse().unwrap();
    let reading = table(&row).unwrap().read(b"20220301080000", now);
    assert_eq!(reading.freshness, Freshness::Fresh { age_seconds: 30 });
}

#[test]
fn a_time_that_does_not_exist_is_not_stated() {
    let row = row("a", "^(?<time>[0-9]{14})$", r#","time_unit":"yyyymmddhhmmss""#);
    let reading = table(&row).unwrap().read(b"20221399256199", DateTime::UNIX_EPOCH);
    assert!(reading.issuer.is_some());
    assert_eq!(
        (reading.issued_at, reading.freshness),
        (None, Freshness::NotStated)
    );
}

#[test]
fn the_first_row_that_matches_decides() {
    let rows = [row("narrow", "^ab$", ""), row("wide", "^[a-z]{2}$", "")].join(",");
    let table = table(&rows).unwrap();
    let issuer = |payload: &[u8]| table.read(payload, DateTime::UNIX_EPOCH).issuer.unwrap();
    assert_eq!(issuer(b"ab").as_str(), "narrow");
    assert_eq!(issuer(b"cd").as_str(), "wide");
    assert_eq!(table.issuer(&issuer(b"cd")).unwrap().name_zh, "甲");
}

#[test]
fn a_faulty_table_is_refused_with_the_name_of_the_fault() {
    assert!(matches!(IssuerTable::parse("["), Err(CodesError::Shape(_))));
    assert!(matches!(
        table(&row("a", "^x$", r#","colour":"green""#)),
        Err(CodesError::Shape(_))
    ));
    assert!(matches!(
        table(&row("a", "^x$", r#","region":"31000""#)),
        Err(CodesError::Shape(_))
    ));
    assert!(matches!(
        table(&row("a", "^(x$", "")),
        Err(CodesError::Pattern { .. })
    ));
    assert!(matches!(
        table(&row("a", "^(?:[a-z]{1000}){1000}$", "")),
        Err(CodesError::Pattern { .. })
    ));
    assert!(matches!(
        table(&row("a", "^(?<time>x)$", "")),
        Err(CodesError::TimeUnit { .. })
    ));
    assert!(matches!(
        table(&row("a", "^x$", r#","time_unit":"s""#)),
        Err(CodesError::TimeUnit { .. })
    ));
    let twice = [row("a", "^x$", ""), row("a", "^y$", "")].join(",");
    assert!(matches!(table(&twice), Err(CodesError::Duplicate { .. })));
}

#[test]
fn a_region_code_is_six_digits() {
    assert_eq!(RegionCode::parse("310000").unwrap().as_str(), "310000");
    for wrong in ["", "31000", "3100000", "31000a", "３１００００", "-10000"] {
        assert_eq!(RegionCode::parse(wrong), None, "{wrong}");
    }
    let read: Result<RegionCode, _> = serde_json::from_str("\"31000\"");
    assert!(read.is_err());
    assert_eq!(
        serde_json::to_string(&RegionCode::parse("310000").unwrap()).unwrap(),
        "\"310000\""
    );
}
