//! A seal on paper: one page that needs nothing but itself, for a printer of A4 or of receipts.

use chrono::{DateTime, FixedOffset, SecondsFormat};
use gatepost_ledger::Seal;
use gatepost_ledger::note::SignedNote;

use crate::sheet::Sheet;

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

/// The sheet as HTML (UTF-8): the signed seal as a code and as text, its eight words in both languages, and what
/// they are good for.
#[must_use]
pub fn seal_sheet(sheet: &SealSheet<'_>) -> String {
    let at = sheet.at.to_rfc3339_opts(SecondsFormat::Secs, false);
    let mut page = Sheet::begin("seal_sheet-title", sheet.demo);
    page.fields(&[
        ("seal_sheet-venue", sheet.venue),
        ("seal_sheet-gate", sheet.gate),
        ("seal_sheet-at", &at),
        ("seal_sheet-size", &sheet.seal.size.to_string()),
        ("seal_sheet-origin", sheet.seal.origin.as_str()),
    ]);
    page.code(sheet.note);
    page.words(sheet.seal);
    page.paragraph("seal_sheet-meaning", &[]);
    page.verbatim(&sheet.note.to_string());
    page.end()
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
