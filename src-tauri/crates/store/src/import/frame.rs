//! The leaf of a register, put together from its line.

use std::io::Write;

use gatepost_ledger::{DisclosureDigest, LONGEST_LEAF_BYTES, Moment, RetentionClass};

use super::line::Line;
use super::{ImportOptions, LineFault};

/// The largest position there can be: a line is measured as if it stood there.
const LARGEST_POSITION: u64 = (1 << 53) - 1;

/// The kind and class of the records, as `Body::Register` has them.
pub(super) const KIND: &str = "register";
pub(super) const CLASS: RetentionClass = RetentionClass::Visitor;

/// What is the same in every leaf of an import. The leaf is put together from it without a tree of JSON values in
/// between, which would take five times as long as everything else.
pub(super) struct LeafFrame {
    before_form: String,
    before_position: String,
    before_values: String,
}

impl LeafFrame {
    pub(super) fn of(options: &ImportOptions, at: Moment) -> LeafFrame {
        let gate = serde_json::to_string(&options.gate).expect("a string always serialises");
        let by = options.by.map_or(String::new(), |by| format!(",\"op\":{}", by.0));
        LeafFrame {
            before_form: format!("\"b\":{},\"form\":", at.boot),
            before_position: format!(",\"g\":{gate},\"i\":"),
            before_values: format!(
                ",\"m\":{}{by},\"t\":{},\"typ\":\"{KIND}\",\"v\":1,\"values\":{{",
                at.monotonic_ms, at.wall_ms
            ),
        }
    }

    /// Whether the leaf is short enough wherever it stands.
    pub(super) fn fits(&self, line: &Line<'_>) -> Result<(), LineFault> {
        let mut bytes = Vec::with_capacity(512);
        self.write(line, LARGEST_POSITION, &[], &mut bytes);
        let digests = match line.personal.len() {
            0 => 0,
            count => "\"_sd\":[],".len() + count * (DIGEST_BYTES + 3) - 1,
        };
        match bytes.len() + digests <= LONGEST_LEAF_BYTES {
            true => Ok(()),
            false => Err(LineFault::TooLong),
        }
    }

    /// The canonical bytes of a leaf: its members in ascending order, as `Leaf::to_bytes` writes them.
    pub(super) fn write(
        &self,
        line: &Line<'_>,
        position: u64,
        digests: &[DisclosureDigest],
        out: &mut Vec<u8>,
    ) {
        out.clear();
        out.push(b'{');
        for (number, digest) in digests.iter().enumerate() {
            out.extend_from_slice(if number == 0 { b"\"_sd\":[" } else { b"," });
            write_text(&String::from(digest.clone()), out);
        }
        if !digests.is_empty() {
            out.extend_from_slice(b"],");
        }
        out.extend_from_slice(self.before_form.as_bytes());
        write_text(&line.form, out);
        out.extend_from_slice(self.before_position.as_bytes());
        write!(out, "{position}").expect("memory takes every write");
        out.extend_from_slice(self.before_values.as_bytes());
        for (number, (name, value)) in line.values.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            write_text(name, out);
            out.push(b':');
            write_text(value, out);
        }
        out.extend_from_slice(b"}}");
    }
}

/// Base64url characters of a digest.
const DIGEST_BYTES: usize = 43;

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a string always serialises");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gatepost_ledger::{Body, Disclosed, Disclosure, Field, Leaf, PersonNumber};

    use super::*;
    use crate::OnBadLine;

    fn options() -> ImportOptions {
        ImportOptions {
            at: Moment {
                wall_ms: 1_795_174_248_123,
                boot: 3,
                monotonic_ms: 61_000,
            },
            gate: "东门 \"A\"".into(),
            by: Some(PersonNumber(2)),
            on_bad_line: OnBadLine::RefuseFile,
        }
    }

    #[test]
    fn a_leaf_that_is_put_together_has_the_very_bytes_that_a_leaf_is_written_with() {
        let text = r#"{"form":"消毒","at":1795000000000,"values":{"😀":"\u0001\t/","ﬀ":"b","a":"\"\\"}}"#;
        let disclosures: Vec<_> = [[1; 16], [2; 16], [3; 16]]
            .iter()
            .map(|salt| Disclosure::new(Field::Name, Disclosed::Text("甲".into()), salt).digest())
            .collect();
        let line = Line::parse(text.as_bytes()).expect("a register");
        for count in 0..=disclosures.len() {
            for by in [None, options().by] {
                let options = ImportOptions { by, ..options() };
                let mut digests = disclosures[..count].to_vec();
                digests.sort_unstable();
                let mut bytes = Vec::new();
                LeafFrame::of(&options, options.at).write(&line, 12_345, &digests, &mut bytes);
                let leaf = Leaf {
                    position: 12_345,
                    at: options.at,
                    gate: options.gate.clone(),
                    by,
                    body: Body::Register {
                        form: "消毒".into(),
                        values: BTreeMap::from([
                            ("😀".into(), "\u{1}\t/".into()),
                            ("ﬀ".into(), "b".into()),
                            ("a".into(), "\"\\".into()),
                            ("at".into(), "2026-11-18T11:06:40Z".into()),
                        ]),
                    },
                    digests,
                };
                assert_eq!(
                    String::from_utf8(bytes).expect("UTF-8"),
                    String::from_utf8(leaf.to_bytes().expect("a leaf")).expect("UTF-8")
                );
                assert_eq!((leaf.body.kind(), leaf.body.retention_class()), (KIND, CLASS));
            }
        }
    }
}
