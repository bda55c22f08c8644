use std::io::Write;

use csv::{ByteRecord, Terminator, Writer, WriterBuilder};
use gatepost_codes::IssuerTable;

use crate::columns::{Cell, Column, Spelling, columns};
use crate::{EntryLine, ReportError, Words};

/// Excel takes a CSV for the system's old encoding without it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes entries as CSV, one line after the other: UTF-8 with BOM, CRLF, RFC 4180.
pub struct EntryCsv<'a, W: Write> {
    writer: Writer<W>,
    spelling: Spelling<'a>,
    columns: &'static [Column],
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
            spelling: Spelling::new(words, issuers),
            columns: columns(demo),
            record: ByteRecord::new(),
        };
        for column in file.columns {
            file.cell(Cell::Word(column.heading));
        }
        file.end_line()?;
        Ok(file)
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write(&mut self, line: &EntryLine<'_>) -> Result<(), ReportError> {
        for column in self.columns {
            self.cell((column.cell)(line));
        }
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

    fn cell(&mut self, cell: Cell<'_>) {
        let text = self.spelling.text(cell);
        // Numbers and times of our own never begin with a sign, so they stay as they are.
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
pub(crate) fn starts_like_a_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}
