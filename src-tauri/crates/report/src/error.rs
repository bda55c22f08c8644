use std::io;

use rust_xlsxwriter::XlsxError;

/// Why a file could not be written to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The writer underneath failed: a full disk, a closed pipe.
    #[error("a line could not be written")]
    Write(#[source] io::Error),
}

impl ReportError {
    /// What the operating system said.
    #[must_use]
    pub fn io(&self) -> &io::Error {
        match self {
            ReportError::Write(error) => error,
        }
    }
}

impl From<csv::Error> for ReportError {
    fn from(error: csv::Error) -> ReportError {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => ReportError::Write(error),
            // Writing bytes knows one more error, lines of different lengths, and every line has the same cells.
            other => ReportError::Write(io::Error::other(format!("{other:?}"))),
        }
    }
}

impl From<XlsxError> for ReportError {
    fn from(error: XlsxError) -> ReportError {
        ReportError::Write(match error {
            XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error,
            XlsxError::ZipError(error) => error.into(),
            // What remains of a sheet without formulas and pictures is a text longer than a cell may be.
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        })
    }
}
