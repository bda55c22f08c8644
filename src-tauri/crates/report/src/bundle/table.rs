//! The two files for people: every record as one line, and entries and voids as a table.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::csv_file::starts_like_a_formula;

/// Headings, and the members of the leaf under them.
const COLUMNS: [(&str, &str); 20] = [
    ("序号 position", "i"),
    ("时间(北京) time(UTC+8)", "t"),
    ("门岗 gate", "g"),
    ("值守编号 guard", "op"),
    ("类别 kind", "typ"),
    ("判定 verdict", "dec"),
    ("原因 reasons", "why"),
    ("故障 fault", "fault"),
    ("码色 colour", "code"),
    ("颜色来源 colour_seen_by", "by"),
    ("证据等级 evidence", "ev"),
    ("体温 temperature", "tb"),
    ("口罩 mask", "mask"),
    ("出示 shown", "shown"),
    ("证件 document", "doc"),
    ("发码方 issuer", "iss"),
    ("码龄(秒) code_age(s)", "age"),
    ("接续 follows", "follows"),
    ("作废记录 voids", "of"),
    ("作废原因 void_reason", "reason"),
];

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The last millisecond of the year 9999 in China.
const LAST_TIME_MS: i64 = 253_402_271_999_999;
const CHINA_SECONDS: i32 = 8 * 3600;

/// Writes the heading.
pub(super) fn heading(out: &mut dyn Write) -> io::Result<()> {
    let headings = COLUMNS.map(|(heading, _)| heading);
    write!(out, "{BYTE_ORDER_MARK}{}\r\n", headings.join(","))
}

/// Writes the line of a record, where it is an entry or a void.
///
/// A cell has the very word of the leaf, so that anybody can make the table again; several words are joined by `;`.
/// The time is that of China. No cell begins like a formula: one that would gets an apostrophe.
pub(super) fn line(leaf: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let is_shown = |leaf: &Value| matches!(leaf["typ"].as_str(), Some("entry" | "void"));
    let Some(leaf) = serde_json::from_slice::<Value>(leaf).ok().filter(is_shown) else {
        return Ok(());
    };
    for (at, (_, member)) in COLUMNS.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let text = match (&leaf[member], *member) {
            (Value::Number(number), "t") => time(number.as_i64().unwrap_or(-1)),
            (Value::Number(number), _) => number.to_string(),
            (Value::String(text), _) => text.clone(),
            (Value::Array(words), _) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                words.join(";")
            }
            (Value::Null | Value::Bool(_) | Value::Object(_), _) => String::new(),
        };
        cell(&text, out)?;
    }
    out.write_all(b"\r\n")
}

fn time(ms: i64) -> String {
    let china = FixedOffset::east_opt(CHINA_SECONDS).expect("less than a day");
    match DateTime::from_timestamp_millis(ms) {
        Some(at) if (0..=LAST_TIME_MS).contains(&ms) => at
            .with_timezone(&china)
            .format("%Y-%m-%d %H:%M:%S%.3f")
            .to_string(),
        _ => ms.to_string(),
    }
}

fn cell(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let guard = if starts_like_a_formula(text) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        write!(out, "\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        write!(out, "{guard}{text}")
    }
}
