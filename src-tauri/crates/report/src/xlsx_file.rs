use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use gatepost_codes::IssuerTable;
use rust_xlsxwriter::{DocProperties, Format, IgnoreError, Workbook, Worksheet, XlsxError};

use crate::columns::{Cell, Column, Spelling, columns};
use crate::{EntryLine, ReportError, Words};

/// Lines of one sheet, its heading included: where Excel and WPS stop reading.
const SHEET_LINES: u32 = 1_048_576;

/// Of 1 to 9: lines repeat themselves so much that the quickest already writes 100 bytes for 800.
const COMPRESSION: u8 = 1;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Writes entries as an Office Open XML workbook, one line after the other.
///
/// Names, words and positions are text cells: no digit is lost and nothing is calculated with. Days, times, ages
/// and temperatures are numbers, so that a spreadsheet sorts by them; a time is the local date and time, and its
/// format shows the offset. A sheet that is full is followed by another one with the same heading.
///
/// Memory does not grow with the lines. They wait in a file without a name in the scratch folder, about 0.8 kB
/// each, which the system removes even after a crash.
pub struct EntryXlsx<'a, W: Write + Send> {
    writer: W,
    workbook: Workbook,
    sheet: Worksheet,
    sheet_lines: u32,
    sheets: u32,
    next_line: u32,
    spelling: Spelling<'a>,
    columns: &'static [Column],
    formats: Formats,
}

/// How numbers look.
struct Formats {
    heading: Format,
    day: Format,
    temperature: Format,
    /// By the offset from UTC in seconds; a venue has one or two.
    times: HashMap<i32, Format>,
}

impl<'a, W: Write + Send> EntryXlsx<'a, W> {
    /// Begins a workbook with its headings; `made_at` becomes its date. With `demo` every line says in its first
    /// cell that nothing of it happened. `scratch` is a folder on a disk with room for the lines.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn new(
        writer: W,
        words: &'a Words,
        issuers: &'a IssuerTable,
        demo: bool,
        made_at: DateTime<FixedOffset>,
        scratch: &Path,
    ) -> Result<EntryXlsx<'a, W>, ReportError> {
        Self::with_sheets_of(SHEET_LINES, writer, words, issuers, demo, made_at, scratch)
    }

    fn with_sheets_of(
        sheet_lines: u32,
        writer: W,
        words: &'a Words,
        issuers: &'a IssuerTable,
        demo: bool,
        made_at: DateTime<FixedOffset>,
        scratch: &Path,
    ) -> Result<EntryXlsx<'a, W>, ReportError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(scratch)?;
        workbook.set_zip_compression_level(COMPRESSION);
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_at.with_timezone(&Utc)));
        let sheet = workbook.new_worksheet_with_constant_memory()?;
        let mut file = EntryXlsx {
            writer,
            workbook,
            sheet,
            sheet_lines,
            sheets: 0,
            next_line: 0,
            spelling: Spelling::new(words, issuers),
            columns: columns(demo),
            formats: Formats::new(),
        };
        fenced(|| file.begin_sheet())?;
        Ok(file)
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// [`ReportError::Write`]; the workbook is of no use then.
    pub fn write(&mut self, line: &EntryLine<'_>) -> Result<(), ReportError> {
        fenced(|| {
            if self.next_line == self.sheet_lines {
                self.end_sheet()?;
                self.sheet = self.workbook.new_worksheet_with_constant_memory()?;
                self.begin_sheet()?;
            }
            self.line(line)
        })
    }

    /// Ends the workbook and gives the writer back, flushed.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn finish(mut self) -> Result<W, ReportError> {
        fenced(|| {
            self.end_sheet()?;
            self.workbook.save_to_writer(&mut self.writer)
        })?;
        self.writer.flush().map_err(ReportError::Write)?;
        Ok(self.writer)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let name = self.spelling.text(Cell::Word("export-file_name"));
        match self.sheets {
            1 => self.sheet.set_name(name)?,
            number => self.sheet.set_name(format!("{name} {number}"))?,
        };
        self.sheet.set_freeze_panes(1, 0)?;
        for (index, column) in (0..).zip(self.columns) {
            let heading = self.spelling.text(Cell::Word(column.heading));
            self.sheet.set_column_width(index, column.width)?;
            self.sheet
                .write_string_with_format(0, index, heading, &self.formats.heading)?;
        }
        self.next_line = 1;
        Ok(())
    }

    fn line(&mut self, line: &EntryLine<'_>) -> Result<(), XlsxError> {
        let (sheet, formats, row) = (&mut self.sheet, &mut self.formats, self.next_line);
        for (index, column) in (0..).zip(self.columns) {
            match (column.cell)(line) {
                Cell::Empty => continue,
                Cell::Count(number) => sheet.write_number(row, index, number)?,
                Cell::Date(day) => {
                    sheet.write_number_with_format(row, index, serial(day.into()), &formats.day)?
                }
                Cell::Time(at) => {
                    let format = formats.time(*at.offset());
                    sheet.write_number_with_format(row, index, serial(at.naive_local()), format)?
                }
                Cell::Temperature(temperature) => {
                    let degrees = f64::from(temperature.tenths()) / 10.0;
                    sheet.write_number_with_format(row, index, degrees, &formats.temperature)?
                }
                cell @ (Cell::Text(_)
                | Cell::Word(_)
                | Cell::Issuer(_)
                | Cell::Reasons(_)
                | Cell::Identifier(_)) => sheet.write_string(row, index, self.spelling.text(cell))?,
            };
        }
        self.next_line += 1;
        Ok(())
    }

    /// What is known of a sheet only at its end.
    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let last_line = self.next_line - 1;
        let mut sheet = std::mem::take(&mut self.sheet);
        let mut last_column = 0;
        for (index, column) in (0..).zip(self.columns) {
            last_column = index;
            if column.is_identifier {
                sheet.ignore_error_range(0, index, last_line, index, IgnoreError::NumberStoredAsText)?;
            }
        }
        sheet.autofilter(0, 0, last_line, last_column)?;
        self.workbook.push_worksheet(sheet);
        Ok(())
    }
}

impl Formats {
    fn new() -> Formats {
        Formats {
            heading: Format::new().set_bold(),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            temperature: Format::new().set_num_format("0.0"),
            times: HashMap::new(),
        }
    }

    fn time(&mut self, offset: FixedOffset) -> &Format {
        self.times
            .entry(offset.local_minus_utc())
            .or_insert_with(|| Format::new().set_num_format(format!("yyyy-mm-dd hh:mm:ss\"{offset}\"")))
    }
}

/// A local time as spreadsheets count: days since the last one of 1899 but one, whole seconds.
fn serial(at: NaiveDateTime) -> f64 {
    let first = NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day of the calendar");
    let seconds = (at - first.and_time(chrono::NaiveTime::MIN)).num_seconds();
    seconds as f64 / SECONDS_OF_A_DAY
}

/// Does a step of the writer. When the scratch file cannot be written the writer panics; here that becomes what
/// it is, a file that could not be written.
fn fenced(step: impl FnOnce() -> Result<(), XlsxError>) -> Result<(), ReportError> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => Ok(done?),
        Err(panic) => {
            let told = panic.downcast_ref::<String>().map_or("", String::as_str);
            let kind = if told.contains("StorageFull") {
                ErrorKind::StorageFull
            } else if told.contains("QuotaExceeded") {
                ErrorKind::QuotaExceeded
            } else {
                ErrorKind::Other
            };
            Err(ReportError::Write(io::Error::new(kind, told)))
        }
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Reader, Xlsx};
    use gatepost_codes::EvidenceLevel;
    use gatepost_ledger::Entry;
    use gatepost_rules::{Mask, ShownKind, TemperatureBand, VerdictKind};

    use super::*;
    use crate::Language;

    #[test]
    fn a_full_sheet_is_followed_by_another_with_the_same_heading() {
        let (words, issuers) = (Words::of(Language::En), IssuerTable::built_in());
        let scratch = tempfile::tempdir().expect("a folder");
        let at = DateTime::parse_from_rfc3339("2026-11-23T08:05:09+08:00").expect("a time");
        let entry = Entry {
            shown: ShownKind::Nothing,
            document: None,
            issuer: None,
            age_seconds: None,
            colour: None,
            colour_source: None,
            evidence: EvidenceLevel::None,
            band: TemperatureBand::Normal,
            mask: Mask::Worn,
            verdict: VerdictKind::Admit,
            reasons: vec![],
            fault: None,
            follows: None,
        };
        let mut file = EntryXlsx::with_sheets_of(3, Vec::new(), &words, &issuers, true, at, scratch.path())
            .expect("a start");
        for position in 1..=5 {
            let line = EntryLine {
                position,
                at,
                gate: "东门",
                guard: "王*",
                entry: &entry,
                temperature: None,
                voided: None,
            };
            file.write(&line).expect("a line");
        }
        let bytes = file.finish().expect("an end");
        let mut book: Xlsx<_> = Xlsx::new(io::Cursor::new(bytes)).expect("a workbook");
        assert_eq!(book.sheet_names(), ["entries", "entries 2", "entries 3"]);
        let columns = |name: &str, book: &mut Xlsx<_>| -> Vec<(String, String)> {
            let sheet = book.worksheet_range(name).expect("a sheet");
            let rows = sheet.rows();
            rows.map(|row| (row[0].to_string(), row[1].to_string())).collect()
        };
        let heading = || ("Demo".to_owned(), "Position".to_owned());
        let line = |position: &str| ("DEMO 演示".to_owned(), position.to_owned());
        assert_eq!(columns("entries", &mut book), [heading(), line("1"), line("2")]);
        assert_eq!(columns("entries 2", &mut book), [heading(), line("3"), line("4")]);
        assert_eq!(columns("entries 3", &mut book), [heading(), line("5")]);
    }

    #[test]
    fn a_scratch_file_that_cannot_be_written_is_an_error_of_its_kind() {
        let writing = || -> Result<(), XlsxError> {
            let full = io::Error::from_raw_os_error(28);
            panic!("Couldn't write to xml file: {full:?}");
        };
        let error = fenced(writing).expect_err("a full disk");
        #[cfg(target_os = "linux")]
        assert_eq!(error.io().kind(), ErrorKind::StorageFull);
        assert!(error.io().to_string().contains("xml file"));
    }

    #[test]
    fn a_moment_counts_as_spreadsheets_count() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).expect("a day");
        assert_eq!(serial(day(1970, 1, 1).into()), 25_569.0);
        assert_eq!(
            serial(day(2026, 11, 23).and_hms_opt(12, 0, 0).expect("noon")),
            46_349.5
        );
    }
}
