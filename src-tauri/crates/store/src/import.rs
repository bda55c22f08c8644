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

mod frame;
mod line;

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;

use gatepost_ledger::{Disclosed, Disclosure, LONGEST_LEAF_BYTES, Moment, PersonNumber};
use serde::Serialize;

use self::frame::{CLASS, KIND, LeafFrame};
use self::line::{LONGEST_LINE_BYTES, Line};

use crate::keys::random;
use crate::writing::Writing;
use crate::{Store, StoreError};

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
        if options.on_bad_line == OnBadLine::RefuseFile {
            let start = input.stream_position().map_err(of_input)?;
            let report = check_jsonl(input, options)?;
            if report.bad_lines > 0 {
                return Ok(report);
            }
            input.seek(SeekFrom::Start(start)).map_err(of_input)?;
        }
        let mut report = ImportReport::default();
        let mut batch = Batch::default();
        while batch.fill(input).map_err(of_input)? {
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

/// Reads an input as [`Store::import_jsonl`] would, and writes nothing.
///
/// # Errors
/// A file error of the input.
pub fn check_jsonl(input: &mut impl BufRead, options: &ImportOptions) -> Result<ImportReport, StoreError> {
    check(input, options).map_err(of_input)
}

/// An error of an input whose name only the caller knows.
fn of_input(error: io::Error) -> StoreError {
    StoreError::file(Path::new(""), error)
}

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
