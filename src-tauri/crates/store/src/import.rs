//! Registers from elsewhere, many at once.
//!
//! One JSON object a line:
//!
//! ```json
//! {"form":"cleaning","at":"2026-11-01T08:30:00+08:00","values":{"area":"冷库"},"personal":{"name":"…"}}
//! ```
//!
//! `at` is when the register was filled in, in RFC 3339 or in milliseconds since 1970 UTC, and becomes a value of
//! the record: the time of the record itself is the time of the import, so that nothing can be dated back. Personal
//! texts become disclosures under a key of the day of the import.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use gatepost_ledger::{
    Disclosed, Disclosure, DisclosureDigest, Field, LONGEST_LEAF_BYTES, Moment, PersonNumber, RetentionClass,
};
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::keys::random;
use crate::writing::Writing;
use crate::{Store, StoreError};

/// The value of a record that tells when the register was filled in.
const WHEN: &str = "at";
/// No line is longer: a leaf is not either, and in JSON a character takes at most six bytes.
const LONGEST_LINE_BYTES: usize = 6 * LONGEST_LEAF_BYTES;
/// The largest position there can be: a line is measured as if it stood there.
const LARGEST_POSITION: u64 = (1 << 53) - 1;
/// Records of one transaction: each has one signature and one wait for the disk.
const LINES_PER_TRANSACTION: usize = 10_000;
/// Bytes of one transaction's lines.
const BYTES_PER_TRANSACTION: usize = 8 << 20;
/// Bad lines that are named; the others are counted.
const MOST_BAD_LINES: usize = 100;

/// What to do about a line that is no register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadLine {
    /// Write nothing of the whole file.
    #[default]
    RefuseFile,
    /// Leave the line out and write the others.
    LeaveOut,
}

/// How to import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The moment of every record: now.
    pub at: Moment,
    /// The gate that imports.
    pub gate: String,
    /// Who does it.
    pub by: Option<PersonNumber>,
    /// What to do about a line that is no register.
    pub on_bad_line: OnBadLine,
}

/// Why a line is no register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LineFault {
    /// Not one JSON object with the members `form`, `at` and perhaps `values` and `personal`, whose values are
    /// texts.
    #[error("not a register")]
    NotARegister,
    /// No form is named.
    #[error("no form")]
    NoForm,
    /// `at` is no time.
    #[error("not a time")]
    NoTime,
    /// A value occurs twice, or is called `at`.
    #[error("a value occurs twice")]
    TwiceNamed,
    /// A personal field that there is none of, or one that is measured here and not imported.
    #[error("not a personal field")]
    NotAField,
    /// Longer than a record can be.
    #[error("too long")]
    TooLong,
}

/// A line that is no register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// From 1.
    pub line: u64,
    /// Why.
    pub fault: LineFault,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Lines that were read, without empty ones.
    pub lines: u64,
    /// Records that were written.
    pub imported: u64,
    /// Position of the first one.
    pub first: Option<u64>,
    /// The first hundred lines that are no register.
    pub bad: Vec<BadLine>,
    /// All lines that are no register.
    pub bad_lines: u64,
}

impl ImportReport {
    fn refuse(&mut self, line: u64, fault: LineFault) {
        self.bad_lines += 1;
        if self.bad.len() < MOST_BAD_LINES {
            self.bad.push(BadLine { line, fault });
        }
    }
}

impl Store {
    /// Appends every register of `input`, in its order. With [`OnBadLine::RefuseFile`] the whole input is read
    /// once before anything is written, and nothing is where a line is bad. Each ten thousand lines are one
    /// transaction: after a fault in the middle the records up to there stay, and the next position tells how many.
    ///
    /// # Errors
    /// A file error of the input; any [`StoreError`] of writing.
    pub fn import_jsonl(
        &mut self,
        input: &mut (impl BufRead + Seek),
        options: &ImportOptions,
    ) -> Result<ImportReport, StoreError> {
        let fault = |error| StoreError::file(Path::new(""), error);
        if options.on_bad_line == OnBadLine::RefuseFile {
            let start = input.stream_position().map_err(fault)?;
            let report = check(input, options).map_err(fault)?;
            if report.bad_lines > 0 {
                return Ok(report);
            }
            input.seek(SeekFrom::Start(start)).map_err(fault)?;
        }
        let mut report = ImportReport::default();
        let mut batch = Batch::default();
        while batch.fill(input).map_err(fault)? {
            let written = self.transact(|writing, _| write(writing, &batch, options))?;
            report.lines += written.lines;
            report.imported += written.imported;
            report.first = report.first.or(written.first);
            for bad in written.bad {
                report.refuse(bad.line, bad.fault);
            }
            if report.bad_lines > 0 && options.on_bad_line == OnBadLine::RefuseFile {
                // The input is no longer the one that was checked.
                break;
            }
        }
        Ok(report)
    }
}

/// The lines of one transaction.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    /// Lines before the first one.
    before: u64,
}

impl Batch {
    /// Reads the next lines. Returns false where there are none.
    fn fill(&mut self, input: &mut impl BufRead) -> io::Result<bool> {
        self.before += self.ends.len() as u64;
        self.bytes.clear();
        self.ends.clear();
        while self.ends.len() < LINES_PER_TRANSACTION && self.bytes.len() < BYTES_PER_TRANSACTION {
            let longest = LONGEST_LINE_BYTES as u64 + 2;
            if input.by_ref().take(longest).read_until(b'\n', &mut self.bytes)? == 0 {
                break;
            }
            if self.bytes.last() != Some(&b'\n') && self.line_bytes() as u64 == longest {
                input.skip_until(b'\n')?;
            }
            self.ends.push(self.bytes.len());
        }
        Ok(!self.ends.is_empty())
    }

    fn line_bytes(&self) -> usize {
        self.bytes.len() - self.ends.last().copied().unwrap_or(0)
    }

    /// Every line that is not empty, with its number.
    fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let lines = starts.zip(&self.ends).zip(self.before + 1..);
        lines
            .map(|((start, end), number)| (number, self.bytes[start..*end].trim_ascii()))
            .filter(|(_, line)| !line.is_empty())
    }
}

/// Reads everything and writes nothing.
fn check(input: &mut impl BufRead, options: &ImportOptions) -> io::Result<ImportReport> {
    let mut report = ImportReport::default();
    let mut batch = Batch::default();
    let frame = LeafFrame::of(options, options.at);
    while batch.fill(input)? {
        for (number, bytes) in batch.lines() {
            report.lines += 1;
            if let Err(fault) = Line::parse(bytes).and_then(|line| frame.fits(&line)) {
                report.refuse(number, fault);
            }
        }
    }
    Ok(report)
}

fn write(
    writing: &mut Writing<'_>,
    batch: &Batch,
    options: &ImportOptions,
) -> Result<ImportReport, StoreError> {
    let mut report = ImportReport::default();
    let at = writing.settle_clock(options.at, &options.gate)?;
    let frame = LeafFrame::of(options, at);
    let mut bytes = Vec::with_capacity(LONGEST_LEAF_BYTES);
    for (number, text) in batch.lines() {
        report.lines += 1;
        let line = match Line::parse(text) {
            Ok(line) => line,
            Err(fault) => {
                report.refuse(number, fault);
                continue;
            }
        };
        let disclosures = line
            .personal
            .iter()
            .map(|(field, text)| {
                let value = Disclosed::Text(text.clone().into_owned());
                Ok(Disclosure::new(*field, value, &random()?))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut digests: Vec<_> = disclosures.iter().map(Disclosure::digest).collect();
        digests.sort_unstable();
        let position = writing.tail().frontier.size();
        frame.write(&line, position, &digests, &mut bytes);
        if bytes.len() > LONGEST_LEAF_BYTES {
            report.refuse(number, LineFault::TooLong);
            continue;
        }
        writing.append_bytes(&at, KIND, &bytes)?;
        for disclosure in &disclosures {
            writing.disclose(
                (CLASS, writing.tail().clock.day(at.wall_ms)),
                position,
                disclosure,
            )?;
        }
        report.first = report.first.or(Some(position));
        report.imported += 1;
    }
    Ok(report)
}

/// The kind and class of the records, as `Body::Register` has them.
const KIND: &str = "register";
const CLASS: RetentionClass = RetentionClass::Visitor;

/// What is the same in every leaf of an import. The leaf is put together from it without a tree of JSON values in
/// between, which would take five times as long as everything else.
struct LeafFrame {
    before_form: String,
    before_position: String,
    before_values: String,
}

impl LeafFrame {
    fn of(options: &ImportOptions, at: Moment) -> LeafFrame {
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
    fn fits(&self, line: &Line<'_>) -> Result<(), LineFault> {
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
    fn write(&self, line: &Line<'_>, position: u64, digests: &[DisclosureDigest], out: &mut Vec<u8>) {
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

/// One line.
struct Line<'text> {
    form: Cow<'text, str>,
    /// In canonical order, `at` among them.
    values: Vec<(Cow<'text, str>, Cow<'text, str>)>,
    personal: Vec<(Field, Cow<'text, str>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'text> {
    #[serde(borrow)]
    form: Text<'text>,
    #[serde(borrow)]
    at: When<'text>,
    #[serde(borrow, default)]
    values: Pairs<'text>,
    #[serde(borrow, default)]
    personal: Pairs<'text>,
}

/// Serde itself borrows a `Cow` only where it is a member of its own.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'text>(#[serde(borrow)] Cow<'text, str>);

enum When<'text> {
    Milliseconds(i64),
    Text(Cow<'text, str>),
}

impl<'de: 'text, 'text> Deserialize<'de> for When<'text> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<'text>(PhantomData<&'text ()>);

        impl<'de: 'text, 'text> Visitor<'de> for Either<'text> {
            type Value = When<'text>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or milliseconds")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<When<'text>, E> {
                Ok(When::Milliseconds(number))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<When<'text>, E> {
                i64::try_from(number)
                    .map(When::Milliseconds)
                    .map_err(|_| E::custom("not a time"))
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<When<'text>, E> {
                Ok(When::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<When<'text>, E> {
                Ok(When::Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// The members of an object in the order in which they stand.
#[derive(Default)]
struct Pairs<'text>(Vec<(Cow<'text, str>, Cow<'text, str>)>);

impl<'de: 'text, 'text> Deserialize<'de> for Pairs<'text> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<'text>(PhantomData<&'text ()>);

        impl<'de: 'text, 'text> Visitor<'de> for Members<'text> {
            type Value = Pairs<'text>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'text>, A::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    if pairs.len() == LONGEST_LEAF_BYTES {
                        return Err(A::Error::custom("too many members"));
                    }
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl<'text> Line<'text> {
    fn parse(bytes: &'text [u8]) -> Result<Line<'text>, LineFault> {
        if bytes.len() > LONGEST_LINE_BYTES {
            return Err(LineFault::TooLong);
        }
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|_| LineFault::NotARegister)?;
        if wire.form.0.is_empty() {
            return Err(LineFault::NoForm);
        }
        let when = match wire.at {
            When::Text(text) if DateTime::parse_from_rfc3339(&text).is_ok() => text,
            When::Text(_) => return Err(LineFault::NoTime),
            When::Milliseconds(wall_ms) => {
                let time = DateTime::from_timestamp_millis(wall_ms).ok_or(LineFault::NoTime)?;
                Cow::Owned(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        };
        let mut values = wire.values.0;
        values.push((Cow::Borrowed(WHEN), when));
        values.sort_unstable_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        if values.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(LineFault::TwiceNamed);
        }
        let mut personal = Vec::with_capacity(wire.personal.0.len());
        for (name, text) in wire.personal.0 {
            let field = importable(&name).ok_or(LineFault::NotAField)?;
            if personal.iter().any(|(known, _)| *known == field) {
                return Err(LineFault::TwiceNamed);
            }
            personal.push((field, text));
        }
        Ok(Line {
            form: wire.form.0,
            values,
            personal,
        })
    }
}

/// The field of a word, unless it is one that only a gate can measure.
fn importable(word: &str) -> Option<Field> {
    Field::of_word(word).filter(|field| match field {
        Field::Temperature | Field::Token => false,
        Field::Name | Field::Document | Field::Phone | Field::Plate | Field::Address | Field::Note => true,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gatepost_ledger::{Body, Leaf};

    use super::*;

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
