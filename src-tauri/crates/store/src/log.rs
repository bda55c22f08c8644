//! The write-ahead log after a failed sync, and after a process that did not end well.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::StoreError;
use crate::files::log_of;
use crate::schema::{BUSY_TIMEOUT, check_identity};

/// How much of the log is in memory at a time, bytes.
const PART_BYTES: u64 = 1 << 20;

/// Makes everything durable that can be read in the log of a database; does nothing where the log is empty.
///
/// Where a sync failed, the system may take the pages of the log for clean that are not on the disk. They can be read,
/// and every later sync succeeds without them. SQLite, opening the database, takes such frames for committed: what was
/// confirmed behind them would be lost with them in a power cut, and a checkpoint would copy them into the database with
/// nothing on the disk to repair it from. Whether an earlier process met such a sync cannot be told. So the log is never
/// trusted: its bytes are written again to the place where they stand, which makes every page of them dirty, and a
/// sync that succeeds after that has them all. A power cut in between is harmless, because each sector holds either
/// what it held or what was to be there.
///
/// Whoever holds SQLite's lock of writers is alone with the log: others add to it or begin it anew only under that
/// lock. The connection for it is closed again without a checkpoint, so that nothing was copied before the sync, and
/// where nobody else has the database open, the next connection reads the log anew.
///
/// # Errors
/// [`StoreError::Locked`] while another program writes, a file error, or what SQLite says of the database. Nothing of
/// the log may be trusted then.
pub(crate) fn write_again(database: &Path) -> Result<(), StoreError> {
    let log = log_of(database);
    if !fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    check_identity(&connection)?;
    if connection.is_readonly("main")? {
        return Err(StoreError::ReadOnly);
    }
    let lock = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write_file_again(&log).map_err(|error| StoreError::file(&log, error))?;
    lock.rollback()?;
    Ok(())
}

/// No lock of SQLite's is on the file of a log, so that closing it takes none away.
fn write_file_again(path: &Path) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut part = Vec::new();
    let mut at = 0;
    loop {
        part.clear();
        Read::by_ref(&mut file).take(PART_BYTES).read_to_end(&mut part)?;
        if part.is_empty() {
            return file.sync_all();
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&part)?;
        at += part.len() as u64;
    }
}
