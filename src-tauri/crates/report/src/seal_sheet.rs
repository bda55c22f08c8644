//! A seal on paper: one page that needs nothing but itself, for a printer of A4 or of receipts.

use std::fmt::Write;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use gatepost_ledger::Seal;
use gatepost_ledger::fingerprint::{self, Fingerprint};
use gatepost_ledger::note::SignedNote;

use crate::qr::QrModules;
use crate::words::{Language, Words};

/// What stands on the sheet beside the seal.
#[derive(Clone, Debug)]
pub struct SealSheet<'a> {
    /// The venue.
    pub venue: &'a str,
    /// The gate.
    pub gate: &'a str,
    /// When it was made, in local time.
    pub at: DateTime<FixedOffset>,
    /// What the seal states.
    pub seal: &'a Seal,
    /// The seal with its signature.
    pub note: &'a SignedNote,
    /// Nothing in this ledger happened.
    pub demo: bool,
}

/// 72 mm is what a receipt printer for 80 mm paper can reach; on A4 the same column stands in the middle.
const STYLE: &str = "\
body{font:11pt/1.4 'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;color:#000;background:#fff;\
margin:4mm auto;max-width:72mm}\
h1{font-size:15pt;margin:0 0 2mm}\
p{margin:0 0 2mm}\
.demo{border:.6mm solid #000;padding:1mm;text-align:center;font-weight:bold}\
svg{display:block;width:60mm;margin:2mm auto}\
dl{margin:0 0 2mm}dt{font-size:8pt}dd{margin:0 0 1mm;overflow-wrap:anywhere}\
ol{columns:2;margin:0 0 2mm;padding-left:6mm;font-weight:bold}\
pre{font:6.5pt/1.3 monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}\
@page{margin:4mm}";

/// The sheet as HTML (UTF-8): the signed seal as a code and as text, its eight words in both languages, and what
/// they are good for.
#[must_use]
pub fn seal_sheet(sheet: &SealSheet<'_>) -> String {
    let code = QrModules::of(sheet.note.to_string().as_bytes()).expect("a signed seal fits a code");
    let fingerprint = Fingerprint::of_seal(sheet.seal);
    let (zh, en) = (Words::of(Language::ZhCn), Words::of(Language::En));
    let both = |key: &str| escaped(&format!("{} · {}", zh.word(key), en.word(key)));
    let mut page = String::with_capacity(32 * 1024);
    let mut add = |text: &str| page.push_str(text);
    add("<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>");
    add(&both("seal_sheet-title"));
    add(&format!("</title><style>{STYLE}</style></head><body>\n"));
    if sheet.demo {
        add(&format!("<p class=\"demo\">{}</p>\n", both("seal_sheet-demo")));
    }
    add(&format!("<h1>{}</h1>\n<dl>\n", both("seal_sheet-title")));
    let at = sheet.at.to_rfc3339_opts(SecondsFormat::Secs, false);
    for (key, value) in [
        ("seal_sheet-venue", sheet.venue),
        ("seal_sheet-gate", sheet.gate),
        ("seal_sheet-at", &at),
        ("seal_sheet-size", &sheet.seal.size.to_string()),
        ("seal_sheet-origin", sheet.seal.origin.as_str()),
    ] {
        add(&format!("<dt>{}</dt><dd>{}</dd>\n", both(key), escaped(value)));
    }
    add(&format!("</dl>\n{}\n", code.to_svg()));
    for language in [fingerprint::Language::Chinese, fingerprint::Language::English] {
        let words = fingerprint.words(language).map(|word| format!("<li>{word}</li>"));
        add(&format!("<ol>{}</ol>\n", words.concat()));
    }
    for words in [&zh, &en] {
        add(&format!(
            "<p>{}</p>\n",
            escaped(&words.word("seal_sheet-meaning"))
        ));
    }
    add(&format!(
        "<pre>{}</pre>\n</body></html>\n",
        escaped(&sheet.note.to_string())
    ));
    page
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' => {
                write!(out, "&#{};", u32::from(character)).expect("a string takes everything");
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatepost_ledger::note::{KeyKind, KeyName, SignerKey};
    use gatepost_ledger::tree::Hash;

    fn page(venue: &str, demo: bool) -> String {
        let origin = KeyName::new("gatepost.example/market/A1").expect("a name");
        let seed = [7; 32].into();
        let seal = Seal {
            origin: origin.clone(),
            size: 1234,
            root: Hash::of_leaf(b"a leaf"),
        };
        let at = DateTime::parse_from_rfc3339("2026-11-23T22:00:00+08:00").expect("a time");
        seal_sheet(&SealSheet {
            venue,
            gate: "东门",
            at,
            seal: &seal,
            note: &seal.sign(&SignerKey::of_seed(origin, KeyKind::Note, &seed)),
            demo,
        })
    }

    #[test]
    fn the_sheet_says_which_ledger_in_words_of_both_languages_and_fetches_nothing() {
        let page = page("测试超市", false);
        for part in [
            "测试超市",
            "东门",
            "2026-11-23T22:00:00+08:00",
            "1234",
            "gatepost.example/market/A1",
            "<svg",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("<li>").count(), 16);
        assert!(!page.contains("seal_sheet-"), "every word is in the catalogue");
        let addresses = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!addresses.contains("http"), "nothing is fetched");
        assert!(!page.contains("DEMO"));
    }

    #[test]
    fn a_name_is_text_and_never_markup_and_a_demonstration_says_so() {
        let page = page("<script>alert(1)</script>", true);
        assert!(!page.contains("<script"));
        assert!(page.contains("DEMO"));
    }
}
