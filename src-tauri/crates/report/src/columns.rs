//! What an exported entry says, column by column, whatever the file: the headings and the cells stand here once.

use std::collections::HashMap;
use std::fmt::Write;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gatepost_codes::{IssuerId, IssuerTable};
use gatepost_ledger::Entry;
use gatepost_rules::BodyTemperature;

use crate::{EntryLine, Language, Words, keys};

/// What a cell holds, before a file makes it text or number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// Nothing to say.
    Empty,
    /// What somebody typed: it may be anything.
    Text(&'a str),
    /// A key of the catalogue.
    Word(&'static str),
    /// Who issued the code.
    Issuer(&'a IssuerId),
    /// The reasons of a verdict and the fault, if any.
    Reasons(&'a Entry),
    /// A position in the ledger: looked up, never calculated with.
    Identifier(u64),
    /// A quantity.
    Count(u32),
    /// A local day.
    Date(NaiveDate),
    /// A local time with its offset.
    Time(DateTime<FixedOffset>),
    /// A temperature that still exists.
    Temperature(BodyTemperature),
}

/// One column.
pub(crate) struct Column {
    /// Key of its heading.
    pub(crate) heading: &'static str,
    /// Width in a spreadsheet, in digits of its font; a Chinese character takes two.
    pub(crate) width: u8,
    /// Whether it holds positions.
    pub(crate) is_identifier: bool,
    /// What it says about an entry.
    pub(crate) cell: for<'a> fn(&EntryLine<'a>) -> Cell<'a>,
}

const fn column(heading: &'static str, width: u8, cell: for<'a> fn(&EntryLine<'a>) -> Cell<'a>) -> Column {
    Column {
        heading,
        width,
        is_identifier: false,
        cell,
    }
}

const fn identifiers(
    heading: &'static str,
    width: u8,
    cell: for<'a> fn(&EntryLine<'a>) -> Cell<'a>,
) -> Column {
    Column {
        is_identifier: true,
        ..column(heading, width, cell)
    }
}

/// The columns from left to right; the first one only in a demonstration.
static COLUMNS: [Column; 20] = [
    column("export-column-demo", 12, |_| Cell::Word("demo-badge")),
    identifiers("export-column-position", 11, |line| {
        Cell::Identifier(line.position)
    }),
    column("export-column-date", 12, |line| Cell::Date(line.at.date_naive())),
    column("export-column-time", 27, |line| Cell::Time(line.at)),
    column("export-column-gate", 12, |line| Cell::Text(line.gate)),
    column("export-column-guard", 12, |line| Cell::Text(line.guard)),
    column("export-column-shown", 24, |line| {
        Cell::Word(keys::shown(line.entry))
    }),
    column("export-column-issuer", 22, |line| {
        line.entry.issuer.as_ref().map_or(Cell::Empty, Cell::Issuer)
    }),
    column("export-column-age", 14, |line| {
        line.entry.age_seconds.map_or(Cell::Empty, Cell::Count)
    }),
    column("export-column-colour", 12, |line| {
        word(line.entry.colour.map(keys::colour))
    }),
    column("export-column-colour_by", 16, |line| {
        word(line.entry.colour_source.map(keys::colour_source))
    }),
    column("export-column-evidence", 26, |line| {
        Cell::Word(keys::evidence(line.entry.evidence))
    }),
    column("export-column-temperature", 18, |line| match line.temperature {
        Some(temperature) => Cell::Temperature(temperature),
        None => Cell::Word("export-temperature-erased"),
    }),
    column("export-column-mask", 22, |line| {
        Cell::Word(keys::mask(line.entry.mask))
    }),
    column("export-column-verdict", 16, |line| {
        Cell::Word(keys::verdict(line.entry))
    }),
    column("export-column-reasons", 28, |line| Cell::Reasons(line.entry)),
    identifiers("export-column-follows", 18, |line| {
        line.entry.follows.map_or(Cell::Empty, Cell::Identifier)
    }),
    column("export-column-void_reason", 16, |line| {
        word(line.voided.map(|void| keys::void_reason(void.reason)))
    }),
    identifiers("export-column-void_position", 18, |line| {
        line.voided
            .map_or(Cell::Empty, |void| Cell::Identifier(void.position))
    }),
    column("export-column-remark", 38, |line| {
        let has_note = line.voided.is_some_and(|void| void.has_note);
        word(has_note.then_some("export-remark-note_withheld"))
    }),
];

/// The columns of a file. Those of a demonstration begin with its mark.
pub(crate) fn columns(demo: bool) -> &'static [Column] {
    &COLUMNS[usize::from(!demo)..]
}

fn word(key: Option<&'static str>) -> Cell<'static> {
    key.map_or(Cell::Empty, Cell::Word)
}

/// Puts cells into words. Every word is looked up once and kept, for a million rows say the same few.
pub(crate) struct Spelling<'a> {
    words: &'a Words,
    issuers: &'a IssuerTable,
    known: HashMap<&'static str, String>,
    text: String,
}

impl<'a> Spelling<'a> {
    pub(crate) fn new(words: &'a Words, issuers: &'a IssuerTable) -> Spelling<'a> {
        Spelling {
            words,
            issuers,
            known: HashMap::new(),
            text: String::new(),
        }
    }

    /// A cell as text: days and times as ISO 8601 writes them, a temperature with one decimal.
    pub(crate) fn text<'s>(&'s mut self, cell: Cell<'s>) -> &'s str {
        self.text.clear();
        match cell {
            Cell::Empty => return "",
            Cell::Text(text) => return text,
            Cell::Word(key) => return known(&mut self.known, self.words, key),
            Cell::Issuer(id) => {
                return match (self.issuers.issuer(id), self.words.language()) {
                    (Some(issuer), Language::ZhCn) => &issuer.name_zh,
                    (Some(issuer), Language::En) => &issuer.name_en,
                    // Written under a later table: the id says more than an empty cell.
                    (None, _) => id.as_str(),
                };
            }
            Cell::Reasons(entry) => self.spell_reasons(entry),
            Cell::Identifier(number) => write!(self.text, "{number}"),
            Cell::Count(number) => write!(self.text, "{number}"),
            Cell::Date(day) => write!(self.text, "{}", day.format("%Y-%m-%d")),
            Cell::Time(at) => write!(self.text, "{}", at.format("%H:%M:%S%:z")),
            Cell::Temperature(temperature) => write!(self.text, "{temperature}"),
        }
        .expect("a String takes everything");
        &self.text
    }

    fn spell_reasons(&mut self, entry: &Entry) -> std::fmt::Result {
        let reasons = entry.reasons.iter().copied().map(keys::reason);
        for key in reasons.chain(entry.fault.map(keys::fault)) {
            if !self.text.is_empty() {
                self.text
                    .push_str(known(&mut self.known, self.words, "list-comma"));
            }
            self.text.push_str(known(&mut self.known, self.words, key));
        }
        Ok(())
    }
}

fn known<'s>(known: &'s mut HashMap<&'static str, String>, words: &Words, key: &'static str) -> &'s str {
    known.entry(key).or_insert_with(|| words.word(key))
}
