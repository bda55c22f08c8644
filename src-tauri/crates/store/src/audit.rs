//! The audit of a data folder: the walk over the ledger, and whether everything beside it says the same.
//!
//! Reads and never writes, needs no key, and works on a copy. With the vault it also opens every disclosure.

mod heads;
mod incremental;
mod records;
mod tables;

use std::ops::ControlFlow;
use std::path::Path;

use gatepost_ledger::audit::{Audit, Fault, Report, Trust, walk};
use rusqlite::{Connection, OpenFlags};

use crate::day_keys::DayKeyFile;
use crate::schema::{self, BUSY_TIMEOUT, DATABASE_NAME};
use crate::{KeyVault, StoreError};
use heads::{GateKeys, seen_by_witnesses};
pub use incremental::{IncrementalAudit, Step};
use records::{Days, RecordSource};
use tables::Tables;

/// How a folder is audited.
#[derive(Default)]
pub struct AuditOptions<'a> {
    /// What the verifier brings along.
    pub trust: Trust,
    /// Threads that read records; 0 for as many as there are processors.
    pub threads: usize,
    /// Leaves out the tables beside the ledger: what the log shows and counts, and the disclosures.
    pub ledger_only: bool,
    /// Opens every disclosure too.
    pub vault: Option<&'a dyn KeyVault>,
    /// Asked now and then and told how many records were read; `Break` ends the audit.
    pub go_on: Option<&'a mut dyn FnMut(u64) -> ControlFlow<()>>,
}

/// What a folder without a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The ledger.
    pub ledger: Report,
    /// Disclosures that were opened and are what their leaves commit to.
    pub opened: u64,
    /// Disclosures whose key is not there, for example after a restore.
    pub unreadable: u64,
}

/// How an audit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// No rule is broken.
    Sound(AuditReport),
    /// The first fault.
    Faulty(Fault),
    /// The caller ended it.
    Cancelled,
}

/// Audits the data in `folder` as they stand at this moment; they may be in use.
///
/// # Errors
/// Where the data could not be read. On a medium that cannot be written they must have been closed properly:
/// copy them elsewhere otherwise.
pub fn audit_folder(folder: &Path, mut options: AuditOptions<'_>) -> Result<Audited, StoreError> {
    let connection = open(folder)?;
    // What is read from here on is one state of the data, whatever is written meanwhile.
    connection.execute_batch("BEGIN")?;
    let view = View::of(&connection, options.trust)?;
    let mut audit = Audit::new(view.trust);
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let mut sources = (0..threads)
        .map(|_| {
            Ok(RecordSource::new(
                open(folder)?,
                view.days.clone(),
                !options.ledger_only,
            ))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let mut go_on = |done| match &mut options.go_on {
        Some(go_on) => go_on(done),
        None => ControlFlow::Continue(()),
    };
    match walk(&mut audit, view.size, &mut sources, &mut go_on)? {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(())) => return Ok(Audited::Cancelled),
        Err(fault) => return Ok(Audited::Faulty(earlier(fault, view.fault))),
    }
    let report = match finish(&connection, audit, &view.keys, view.fault)? {
        Ok(report) => report,
        Err(fault) => return Ok(Audited::Faulty(fault)),
    };
    if options.ledger_only {
        return Ok(Audited::Sound(AuditReport {
            ledger: report,
            opened: 0,
            unreadable: 0,
        }));
    }
    let keys = match options.vault {
        Some(vault) => Some(DayKeyFile::in_folder(folder).load(vault)?),
        None => None,
    };
    let mut tables = Tables::new(report, view.days, view.keys.first(), keys);
    while tables.step(&connection)?.is_continue() {
        if go_on(view.size).is_break() {
            return Ok(Audited::Cancelled);
        }
    }
    Ok(tables.finish())
}

/// What has to be known before the walk.
struct View {
    size: u64,
    trust: Trust,
    keys: GateKeys,
    days: Days,
    /// What is wrong with a cosignature that is kept, before anything else is looked at.
    fault: Option<Fault>,
}

impl View {
    fn of(connection: &Connection, mut trust: Trust) -> Result<View, StoreError> {
        let size: u64 = connection.query_row("SELECT coalesce(max(i) + 1, 0) FROM records", [], |row| {
            row.get(0)
        })?;
        let keys = GateKeys::read(connection)?;
        let (statements, fault) = seen_by_witnesses(connection, &keys, size)?;
        trust.statements.extend(statements);
        Ok(View {
            size,
            trust,
            days: Days::read(connection)?,
            keys,
            fault,
        })
    }
}

/// The end of the walk: nothing is missing, and the last record is signed. `other` was found before.
fn finish(
    connection: &Connection,
    audit: Audit,
    keys: &GateKeys,
    other: Option<Fault>,
) -> Result<Result<Report, Fault>, StoreError> {
    let size = audit.size();
    let unsigned = keys.first_bad_head(connection, size)?;
    let found = audit.finish();
    let faults = [found.as_ref().err().cloned(), unsigned, other];
    Ok(
        match faults.into_iter().flatten().min_by_key(|fault| fault.position) {
            Some(fault) => Err(fault),
            None => found,
        },
    )
}

fn earlier(fault: Fault, other: Option<Fault>) -> Fault {
    match other {
        Some(other) if other.position < fault.position => other,
        _ => fault,
    }
}

/// Opens a database that is only read: of the running program, of a copy, or on a medium that cannot be written.
fn open(folder: &Path) -> Result<Connection, StoreError> {
    let path = folder.join(DATABASE_NAME);
    match open_at(&path, "") {
        // SQLite cannot put its index of the write-ahead log there; without a log none is needed.
        Err(StoreError::ReadOnly) if !has_log(&path) => open_at(&path, "?immutable=1"),
        other => other,
    }
}

fn open_at(path: &Path, parameters: &str) -> Result<Connection, StoreError> {
    // Each connection stays with one thread, so SQLite need not lock it for every column.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{}{parameters}", escaped(path)), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    schema::check_identity(&connection)?;
    Ok(connection)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// A path in an address (RFC 3986): everything but the plainest characters is escaped.
fn escaped(path: &Path) -> String {
    path.to_string_lossy()
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
