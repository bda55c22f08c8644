use std::io::Write;

use crate::ReportError;

/// Lines are handed on in pieces of at least this many bytes.
const PIECE: usize = 64 * 1024;

/// A cell of a raw register dump: what an SQLite column of integers and texts holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawCell<'a> {
    /// SQL NULL: an empty cell, unlike an empty text, which is `""`.
    Null,
    /// An integer in plain digits.
    Integer(i64),
    /// A text. It ends before its first NUL, if it has one, as it does for the `sqlite3` program.
    Text(&'a str),
}

impl From<i64> for RawCell<'_> {
    fn from(integer: i64) -> Self {
        RawCell::Integer(integer)
    }
}

impl<'a> From<&'a str> for RawCell<'a> {
    fn from(text: &'a str) -> Self {
        RawCell::Text(text)
    }
}

impl<'a, T: Into<RawCell<'a>>> From<Option<T>> for RawCell<'a> {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(RawCell::Null, T::into)
    }
}

/// Writes cells as `sqlite3 -csv -header` (3.40) prints the same rows, byte for byte, so that anybody can make the
/// file again from the database and compare.
///
/// Lines end with LF and there is no byte order mark. A text is quoted when it is empty or has a comma, a quote of
/// either kind, a space, a control character or anything beyond ASCII. Without a line there is no heading either.
/// It is no file for spreadsheets: nothing guards against formulas, see [`EntryCsv`](crate::EntryCsv).
///
/// Writing a line allocates nothing: cells go into one buffer that is used again.
#[derive(Debug)]
pub struct RawCsv<W: Write> {
    writer: W,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are whole lines.
    ended: usize,
    is_line_begun: bool,
    has_lines: bool,
}

impl<W: Write> RawCsv<W> {
    /// Begins a file whose columns have these names.
    #[must_use]
    pub fn new(writer: W, names: &[&str]) -> RawCsv<W> {
        let mut file = RawCsv {
            writer,
            buffer: Vec::with_capacity(2 * PIECE),
            ended: 0,
            is_line_begun: false,
            has_lines: false,
        };
        for name in names {
            file.cell(*name);
        }
        file.close_line();
        file
    }

    /// Adds a cell to the line.
    pub fn cell<'a>(&mut self, cell: impl Into<RawCell<'a>>) {
        if self.is_line_begun {
            self.buffer.push(b',');
        }
        self.is_line_begun = true;
        match cell.into() {
            RawCell::Null => {}
            RawCell::Integer(integer) => {
                let mut digits = itoa::Buffer::new();
                self.buffer.extend_from_slice(digits.format(integer).as_bytes());
            }
            RawCell::Text(text) => push_text(&mut self.buffer, text),
        }
    }

    /// Ends the line.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn end_line(&mut self) -> Result<(), ReportError> {
        self.close_line();
        self.has_lines = true;
        if self.ended < PIECE {
            return Ok(());
        }
        self.hand_on()
    }

    /// Ends the file and gives the writer back, flushed. A line that was begun and not ended is left out.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn finish(mut self) -> Result<W, ReportError> {
        if self.has_lines {
            self.hand_on()?;
        }
        self.writer.flush().map_err(ReportError::Write)?;
        Ok(self.writer)
    }

    fn close_line(&mut self) {
        self.buffer.push(b'\n');
        self.is_line_begun = false;
        self.ended = self.buffer.len();
    }

    fn hand_on(&mut self) -> Result<(), ReportError> {
        let lines = &self.buffer[..self.ended];
        self.writer.write_all(lines).map_err(ReportError::Write)?;
        self.buffer.clear();
        self.ended = 0;
        Ok(())
    }
}

fn push_text(buffer: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    // A NUL is not plain either, so one look at each byte is enough for most texts.
    if is_plain(bytes) {
        return buffer.extend_from_slice(bytes);
    }
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let bytes = &bytes[..end];
    if is_plain(bytes) {
        return buffer.extend_from_slice(bytes);
    }
    buffer.push(b'"');
    if bytes.contains(&b'"') {
        for byte in bytes {
            buffer.extend_from_slice(if *byte == b'"' {
                b"\"\""
            } else {
                std::slice::from_ref(byte)
            });
        }
    } else {
        buffer.extend_from_slice(bytes);
    }
    buffer.push(b'"');
}

fn is_plain(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| IS_PLAIN[usize::from(*byte)])
}

/// The bytes that need no quotes: all printable ones of ASCII but quotes and the comma. `needCsvQuote` in
/// `shell.c` of SQLite, with its separator.
const IS_PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = matches!(byte as u8, b'!'..=b'~') && !matches!(byte as u8, b'"' | b'\'' | b',');
        byte += 1;
    }
    plain
};
