use std::io::Write;

use chrono::{DateTime, FixedOffset};
use csv::{ByteRecord, Terminator, Writer, WriterBuilder};
use gatepost_codes::{IssuerId, IssuerTable};
use gatepost_ledger::{Entry, VoidReason};
use gatepost_rules::BodyTemperature;

use crate::{Language, ReportError, Words, keys};

/// Excel takes a CSV for the system's old encoding without it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How an entry was voided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoidLine {
    /// Position of the void.
    pub position: u64,
    /// Why.
    pub reason: VoidReason,
    /// Whether the program keeps a note about it. The note itself may hold a name and is not exported.
    pub has_note: bool,
}

/// One entry, ready to be written.
#[derive(Clone, Copy, Debug)]
pub struct EntryLine<'a> {
    /// Position in the ledger.
    pub position: u64,
    /// Local time at the gate.
    pub at: DateTime<FixedOffset>,
    /// The gate.
    pub gate: &'a str,
    /// The guard, already masked by [`mask_name`](crate::mask_name).
    pub guard: &'a str,
    /// What the ledger says.
    pub entry: &'a Entry,
    /// The exact temperature.
    pub temperature: BodyTemperature,
    /// How it was voided.
    pub voided: Option<VoidLine>,
}

/// Writes entries as CSV, one line after the other: UTF-8 with BOM, CRLF, RFC 4180.
pub struct EntryCsv<'a, W: Write> {
    writer: Writer<W>,
    words: &'a Words,
    issuers: &'a IssuerTable,
    demo: bool,
    record: ByteRecord,
}

impl<'a, W: Write> EntryCsv<'a, W> {
    /// Begins a file with its headings. With `demo` every line says in its first cell that nothing of it
    /// happened.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn new(
        mut writer: W,
        words: &'a Words,
        issuers: &'a IssuerTable,
        demo: bool,
    ) -> Result<EntryCsv<'a, W>, ReportError> {
        writer.write_all(BYTE_ORDER_MARK).map_err(ReportError::Write)?;
        let mut file = EntryCsv {
            writer: WriterBuilder::new()
                .terminator(Terminator::CRLF)
                .from_writer(writer),
            words,
            issuers,
            demo,
            record: ByteRecord::new(),
        };
        if demo {
            file.cell(&words.word("export-column-demo"));
        }
        for key in keys::COLUMNS {
            file.cell(&words.word(key));
        }
        file.end_line()?;
        Ok(file)
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write(&mut self, line: &EntryLine<'_>) -> Result<(), ReportError> {
        let entry = line.entry;
        if self.demo {
            self.word(Some("demo-badge"));
        }
        self.number(Some(line.position));
        self.cell(&line.at.format("%Y-%m-%d").to_string());
        self.cell(&line.at.format("%H:%M:%S%:z").to_string());
        self.cell(line.gate);
        self.cell(line.guard);
        self.word(Some(keys::shown(entry)));
        self.issuer(entry.issuer.as_ref());
        self.number(entry.age_seconds);
        self.word(entry.colour.map(keys::colour));
        self.word(entry.colour_source.map(keys::colour_source));
        self.word(Some(keys::evidence(entry.evidence)));
        self.number(Some(line.temperature));
        self.word(Some(keys::mask(entry.mask)));
        self.word(Some(keys::verdict(entry)));
        self.reasons(entry);
        self.number(entry.follows);
        self.word(line.voided.map(|void| keys::void_reason(void.reason)));
        self.number(line.voided.map(|void| void.position));
        let has_note = line.voided.is_some_and(|void| void.has_note);
        self.word(has_note.then_some("export-remark-note_withheld"));
        self.end_line()
    }

    /// Ends the file and gives the writer back, flushed.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn finish(self) -> Result<W, ReportError> {
        let fault = |error: csv::IntoInnerError<Writer<W>>| ReportError::Write(error.into_error());
        let mut inner = self.writer.into_inner().map_err(fault)?;
        inner.flush().map_err(ReportError::Write)?;
        Ok(inner)
    }

    fn issuer(&mut self, id: Option<&IssuerId>) {
        let name = id.map(|id| match (self.issuers.issuer(id), self.words.language()) {
            (Some(issuer), Language::ZhCn) => issuer.name_zh.clone(),
            (Some(issuer), Language::En) => issuer.name_en.clone(),
            // Written under a later table: the id says more than an empty cell.
            (None, _) => id.as_str().to_owned(),
        });
        self.cell(name.as_deref().unwrap_or_default());
    }

    fn reasons(&mut self, entry: &Entry) {
        let reasons = entry.reasons.iter().copied().map(keys::reason);
        let words: Vec<String> = reasons
            .chain(entry.fault.map(keys::fault))
            .map(|key| self.words.word(key))
            .collect();
        let text = words.join(&self.words.word("list-comma"));
        self.cell(&text);
    }

    fn word(&mut self, key: Option<&str>) {
        let word = key.map(|key| self.words.word(key));
        self.cell(word.as_deref().unwrap_or_default());
    }

    /// A number of our own, which no guard may touch: it must stay a number.
    fn number(&mut self, number: Option<impl ToString>) {
        let digits = number.map(|number| number.to_string());
        self.record
            .push_field(digits.as_deref().unwrap_or_default().as_bytes());
    }

    fn cell(&mut self, text: &str) {
        if starts_like_a_formula(text) {
            self.record.push_field(format!("'{text}").as_bytes());
        } else {
            self.record.push_field(text.as_bytes());
        }
    }

    fn end_line(&mut self) -> Result<(), ReportError> {
        self.writer.write_byte_record(&self.record)?;
        self.record.clear();
        Ok(())
    }
}

/// Whether a spreadsheet might calculate with a text. The signs also occur full-width, which Chinese and
/// Japanese spreadsheets understand, and behind spaces, which some drop.
fn starts_like_a_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}
