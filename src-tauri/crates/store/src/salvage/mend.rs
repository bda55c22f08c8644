//! A copy of a damaged database that SQLite can be made to open.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::files::{BESIDE, log_of, with_ending};
use crate::{DATABASE_NAME, StoreError, schema, untrusted};

/// The header of a database (SQLite file format, section 1.3).
const HEADER_BYTES: usize = 100;
/// What every database of this program has.
const USUAL_PAGE_BYTES: usize = 4096;
/// What a header says of the length counts up to so many times the length that there is. Beyond, the number is
/// as likely to be garbage, and what was cut off is lost in either case.
const MOST_TIMES_LONGER: u64 = 2;

/// The copy; removed in the end.
pub(super) struct Copy {
    pub(super) path: PathBuf,
    pub(super) page_bytes: usize,
}

impl Copy {
    pub(super) fn of(damaged: &Path, into: &Path) -> Result<Copy, StoreError> {
        let path = into.join("damaged.sqlite3");
        let fault = |error| StoreError::file(&path, error);
        fs::copy(damaged, &path).map_err(|error| StoreError::file(damaged, error))?;
        let log = log_of(damaged);
        if log.exists() {
            fs::copy(&log, log_of(&path)).map_err(|error| StoreError::file(log, error))?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(fault)?;
        let mut header = vec![0; HEADER_BYTES];
        let is_whole = file.read_exact(&mut header).is_ok() && header.starts_with(b"SQLite format 3\0");
        let page_bytes = match (is_whole, u16::from_be_bytes([header[16], header[17]])) {
            (true, bytes @ (512..=32_768)) if bytes.is_power_of_two() => usize::from(bytes),
            (true, 1) => 65_536,
            _ => USUAL_PAGE_BYTES,
        };
        let copy = Copy {
            path: path.clone(),
            page_bytes,
        };
        if !is_whole {
            let first = first_page(into)?;
            file.seek(SeekFrom::Start(0))
                .and_then(|_| file.write_all(&first))
                .map_err(fault)?;
            file.seek(SeekFrom::Start(0))
                .and_then(|_| file.read_exact(&mut header))
                .map_err(fault)?;
        }
        make_lengths_agree(&mut file, &mut header, page_bytes, is_whole).map_err(fault)?;
        drop(file);
        copy.take_log_in();
        Ok(copy)
    }

    /// The copy for reading, where SQLite opens it at all.
    pub(super) fn open(&self) -> Option<Connection> {
        untrusted::open_damaged(&self.path).ok()
    }

    /// Brings the log into the copy. Where that fails its records are lost, and those of the database are not.
    fn take_log_in(&self) {
        if !log_of(&self.path).exists() {
            return;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        if let Ok(connection) = Connection::open_with_flags(&self.path, flags) {
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        for ending in BESIDE {
            let _ = fs::remove_file(with_ending(&self.path, ending));
        }
    }
}

/// The first page of a new database of this program. It leads to the right tables in every ledger that began with
/// this schema; in others its ways lead astray, and what is found there is refused.
fn first_page(into: &Path) -> Result<Vec<u8>, StoreError> {
    let folder = into.join("new");
    schema::make_folder(&folder)?;
    schema::make_where_missing(&folder)?;
    let database = folder.join(DATABASE_NAME);
    let mut page = vec![0; USUAL_PAGE_BYTES];
    File::open(&database)
        .and_then(|mut file| file.read_exact(&mut page))
        .and_then(|()| fs::remove_dir_all(&folder))
        .map_err(|error| StoreError::file(database, error))?;
    Ok(page)
}

/// A file that is shorter than its header says is not opened: what was cut off becomes empty pages, of which
/// SQLite says one by one that they are none.
fn make_lengths_agree(
    file: &mut File,
    header: &mut [u8],
    page_bytes: usize,
    is_whole: bool,
) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    let pages = length.div_ceil(page_bytes as u64);
    let said = u64::from(u32::from_be_bytes([
        header[28], header[29], header[30], header[31],
    ]));
    if is_whole && said > pages && said <= pages * MOST_TIMES_LONGER {
        return file.set_len(said * page_bytes as u64);
    }
    // The number of pages, and the change that it was written by (1.3.7 and 1.3.15).
    let count = u32::try_from(pages).unwrap_or(u32::MAX);
    header[28..32].copy_from_slice(&count.to_be_bytes());
    let change = header[24..28].to_vec();
    header[92..96].copy_from_slice(&change);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(header)?;
    file.set_len(pages * page_bytes as u64)
}
