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
use rusqlite::Connection;

use crate::as_found::AsFound;
use crate::day_keys::DayKeyFile;
use crate::untrusted::{Differences, open_folder};
use crate::{KeyVault, StoreError};
use heads::{GateKeys, seen_by_witnesses};
pub use incremental::{IncrementalAudit, Step};
use records::{Days, RecordSource};
use tables::Tables;

/// Memory for pages of each thread that walks. Every page is read once, and what lies in the processor's own cache is
/// filled faster: 10 M records took 6.5 s of processor time so, 8.8 s with SQLite's 2 MB.
const WALK_CACHE_KIB: i32 = 128;

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
    /// Disclosures that a salvage did not find: an empty row stands for each, until it is erased with its day.
    pub lost: u64,
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

impl Audited {
    /// A fault that counts where there is no other.
    fn unless(self, fault: Option<Fault>) -> Audited {
        match (self, fault) {
            (Audited::Sound(_), Some(fault)) => Audited::Faulty(fault),
            (audited, _) => audited,
        }
    }
}

/// Audits the data in `folder` as they stand at this moment; they may be in use. The folder is left as it was found.
///
/// # Errors
/// Where the data could not be read. On a medium that cannot be written they must have been closed properly:
/// copy them elsewhere otherwise.
pub fn audit_folder(folder: &Path, mut options: AuditOptions<'_>) -> Result<Audited, StoreError> {
    let _as_found = AsFound::of(folder);
    let connection = open_folder(folder)?;
    // What is read from here on is one state of the data, whatever is written meanwhile.
    connection.execute_batch("BEGIN")?;
    let view = match View::of(&connection, options.trust)? {
        Ok(view) => view,
        Err(fault) => return Ok(Audited::Faulty(fault)),
    };
    let mut audit = Audit::new(view.trust);
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let mut sources = (0..threads)
        .map(|_| {
            let connection = open_folder(folder)?;
            connection.pragma_update(None, "cache_size", -WALK_CACHE_KIB)?;
            Ok(RecordSource::new(
                connection,
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
        let sound = Audited::Sound(AuditReport {
            ledger: report,
            opened: 0,
            unreadable: 0,
            lost: 0,
        });
        return Ok(sound.unless(view.schema));
    }
    let keys = match options.vault {
        Some(vault) => Some(DayKeyFile::in_folder(folder).peek(vault)?),
        None => None,
    };
    let mut tables = Tables::new(report, view.days, view.keys.first(), keys);
    while tables.step(&connection)?.is_continue() {
        if go_on(view.size).is_break() {
            return Ok(Audited::Cancelled);
        }
    }
    Ok(tables.finish().unless(view.schema))
}

/// What has to be known before the walk.
struct View {
    size: u64,
    trust: Trust,
    keys: GateKeys,
    days: Days,
    /// What is wrong with a cosignature that is kept, before anything else is looked at.
    fault: Option<Fault>,
    /// An index or trigger that is none of this program's.
    schema: Option<Fault>,
}

impl View {
    /// The inner fault is that of a table that is none of this program's: nothing can be read then.
    fn of(connection: &Connection, mut trust: Trust) -> Result<Result<View, Fault>, StoreError> {
        let schema = Differences::of(connection)?;
        if let Some(fault) = schema.fault().filter(|_| schema.of_tables) {
            return Ok(Err(fault));
        }
        let size: u64 = connection.query_row("SELECT coalesce(max(i) + 1, 0) FROM records", [], |row| {
            row.get(0)
        })?;
        let keys = GateKeys::read(connection)?;
        let (statements, fault) = seen_by_witnesses(connection, &keys, size)?;
        trust.statements.extend(statements);
        Ok(Ok(View {
            size,
            trust,
            days: Days::read(connection)?,
            keys,
            fault,
            schema: schema.fault(),
        }))
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
