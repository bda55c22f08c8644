//! A certificate of destruction on paper: what was destroyed by which rule, and the seal that keeps the record of it.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat};
use gatepost_ledger::note::{NoteSignature, SignedNote};
use gatepost_ledger::tree::Hash;
use gatepost_ledger::{LedgerDay, RetentionClass, RetentionPolicy, Seal};

use crate::sheet::Sheet;

/// What stands on the certificate.
#[derive(Clone, Debug)]
pub struct DestructionSheet<'a> {
    /// The venue.
    pub venue: &'a str,
    /// The gate.
    pub gate: &'a str,
    /// When it was made, in local time.
    pub at: DateTime<FixedOffset>,
    /// Position of the record of the destruction.
    pub position: u64,
    /// The bytes of that record, which are text (RFC 8785).
    pub record: &'a str,
    /// When it was written, by the gate's clock, in local time.
    pub destroyed_at: DateTime<FixedOffset>,
    /// What was destroyed.
    pub class: RetentionClass,
    /// First day, of ledger time.
    pub from: LedgerDay,
    /// Last day.
    pub to: LedgerDay,
    /// How many disclosures.
    pub count: u64,
    /// The retention policy by which it was due.
    pub policy: RetentionPolicy,
    /// A seal with the record in it.
    pub seal: &'a Seal,
    /// The same with its signature and those of its witnesses.
    pub note: &'a SignedNote,
    /// The proof that the record stands in the sealed ledger.
    pub proof: ProofOnSheet<'a>,
    /// Nothing in this ledger happened.
    pub demo: bool,
}

/// The file with the proof that belongs to a certificate.
#[derive(Clone, Copy, Debug)]
pub struct ProofOnSheet<'a> {
    /// Its name.
    pub file: &'a str,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: &'a str,
}

/// The certificate as HTML (UTF-8): what was destroyed, when and by which rule, the record that says so with its hash,
/// the seal that covers it as a code, as words and as text, and how to check both.
#[must_use]
pub fn destruction_sheet(sheet: &DestructionSheet<'_>) -> String {
    let mut page = Sheet::begin("destruction_sheet-title", sheet.demo);
    let (class, days) = match sheet.class {
        RetentionClass::Visitor => ("class-visitor", sheet.policy.visitor_days),
        RetentionClass::Incident => ("class-incident", sheet.policy.incident_days),
    };
    let class = page.both(class, &[]);
    let rule = page.both("destruction_sheet-rule", &[("days", days.into())]);
    let time = |at: DateTime<FixedOffset>| at.to_rfc3339_opts(SecondsFormat::Secs, false);
    let span = format!("{} – {}", date(sheet.from), date(sheet.to));
    let witnesses = match witnesses(sheet.note) {
        named if named.is_empty() => page.both("destruction_sheet-witnesses-none", &[]),
        named => named,
    };
    let leaf_hash = format!("{:?}", Hash::of_leaf(sheet.record.as_bytes()));
    page.fields(&[
        ("seal_sheet-venue", sheet.venue),
        ("seal_sheet-gate", sheet.gate),
        ("destruction_sheet-class", &class),
        ("destruction_sheet-days", &span),
        ("destruction_sheet-count", &sheet.count.to_string()),
        ("destruction_sheet-when", &time(sheet.destroyed_at)),
        ("destruction_sheet-by", &rule),
        ("destruction_sheet-position", &sheet.position.to_string()),
        ("destruction_sheet-hash", &leaf_hash),
    ]);
    page.paragraph("destruction_sheet-meaning", &[]);
    page.fields(&[
        ("seal_sheet-origin", sheet.seal.origin.as_str()),
        ("destruction_sheet-size", &sheet.seal.size.to_string()),
        ("destruction_sheet-witnesses", &witnesses),
        ("seal_sheet-at", &time(sheet.at)),
    ]);
    page.code(sheet.note);
    page.words(sheet.seal);
    page.fields(&[
        ("destruction_sheet-proof", sheet.proof.file),
        ("destruction_sheet-sha256", sheet.proof.sha256),
    ]);
    let command = format!("gatepost-cli ledger prove FOLDER {}", sheet.position);
    page.paragraph("destruction_sheet-check", &[("command", command.into())]);
    page.verbatim(sheet.record);
    page.verbatim(&sheet.note.to_string());
    page.end()
}

/// Name and id of each key that signed beside the gate's, once. Who they are, only they can say: the gate can make keys
/// of any name.
fn witnesses(note: &SignedNote) -> String {
    let signed = note.signatures.iter().skip(1);
    let named = |one: &NoteSignature| format!("{}+{:08x}", one.name, u32::from_be_bytes(one.id.0));
    let named: BTreeSet<String> = signed.map(named).collect();
    Vec::from_iter(named).join(", ")
}

/// `YYYY-MM-DD`; the number of the day for one that no calendar has.
fn date(day: LedgerDay) -> String {
    NaiveDate::from_epoch_days(day.0).map_or_else(|| day.0.to_string(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatepost_ledger::cosignature::cosign;
    use gatepost_ledger::note::{KeyKind, KeyName, SignerKey};

    const RECORD: &str = r#"{"class":"visitor","typ":"erase"}"#;

    fn page(class: RetentionClass, venue: &str) -> String {
        cosigned_page(class, venue, &[])
    }

    fn cosigned_page(class: RetentionClass, venue: &str, witnesses: &[&SignerKey]) -> String {
        let origin = KeyName::new("gatepost.example/market/A1").expect("a name");
        let seed = [7; 32].into();
        let seal = Seal {
            origin: origin.clone(),
            size: 1234,
            root: Hash::of_leaf(b"a leaf"),
        };
        let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time");
        let mut note = seal.sign(&SignerKey::of_seed(origin, KeyKind::Note, &seed));
        for (at, witness) in witnesses.iter().enumerate() {
            let line = cosign(&note.text, witness, 1_795_132_800 + at as u64);
            note.signatures.push(line.expect("cosigned"));
        }
        destruction_sheet(&DestructionSheet {
            venue,
            gate: "东门",
            at: time("2026-11-23T22:00:00+08:00"),
            position: 1201,
            record: RECORD,
            destroyed_at: time("2026-11-23T01:15:00+08:00"),
            class,
            from: LedgerDay(20_748),
            to: LedgerDay(20_749),
            count: 2568,
            policy: RetentionPolicy {
                visitor_days: 30,
                incident_days: 180,
            },
            seal: &seal,
            note: &note,
            proof: ProofOnSheet {
                file: "销毁证明-20261123.tlog-proof",
                sha256: "c0ffee",
            },
            demo: false,
        })
    }

    #[test]
    fn the_certificate_says_what_when_by_which_rule_and_how_to_check_it() {
        let page = page(RetentionClass::Visitor, "测试超市");
        let hash = format!("{:?}", Hash::of_leaf(RECORD.as_bytes()));
        for part in [
            "测试超市",
            "东门",
            "普通来访",
            "2026-10-22 – 2026-10-23",
            "2568",
            "2026-11-23T01:15:00+08:00",
            "当时的保存期限：30 天",
            "1201",
            &hash,
            "gatepost.example/market/A1",
            "1234",
            "<svg",
            "销毁证明-20261123.tlog-proof",
            "c0ffee",
            "gatepost-cli ledger prove FOLDER 1201",
            "{&#34;class&#34;:&#34;visitor&#34;,&#34;typ&#34;:&#34;erase&#34;}",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("<li>").count(), 16);
        assert!(!page.contains("_sheet-"), "every word is in the catalogue");
        let addresses = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!addresses.contains("http"), "nothing is fetched");
    }

    #[test]
    fn whoever_signed_the_seal_is_named_once_with_the_key_and_is_called_a_signature() {
        let key = |seed: u8, name: &str| {
            let name = KeyName::new(name).expect("a name");
            SignerKey::of_seed(name, KeyKind::Cosignature, &[seed; 32].into())
        };
        let (seven, eight) = (key(7, "inspector.example/7"), key(8, "inspector.example/8"));
        let page = cosigned_page(RetentionClass::Visitor, "超市", &[&eight, &seven, &eight]);
        let named = [&seven, &eight].map(|key| {
            let verifier = key.verifier().to_string();
            Vec::from_iter(verifier.splitn(3, '+').take(2)).join("+")
        });
        assert!(page.contains(&format!("<dd>{}</dd>", named.join(", "))), "{page}");
        assert!(page.contains("请与见证人本人核对密钥"));
    }

    #[test]
    fn an_incident_is_kept_by_its_own_rule_and_a_name_is_never_markup() {
        let page = page(RetentionClass::Incident, "<script>alert(1)</script>");
        assert!(page.contains("当时的保存期限：180 天"));
        assert!(!page.contains("<script"));
    }
}
