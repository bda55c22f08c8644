//! The audit in idle time: a little at a time, so that nobody at the door waits for it.

use std::path::Path;
use std::time::{Duration, Instant};

use gatepost_ledger::audit::{Audit, Batch, Fault, Source, Trust};
use rusqlite::Connection;

use crate::StoreError;
use crate::audit::heads::GateKeys;
use crate::audit::records::{Days, RecordSource};
use crate::audit::tables::Tables;
use crate::audit::{Audited, View, earlier, finish};
use crate::untrusted::open_folder;

/// Records between two looks at the clock.
const RECORDS: u64 = 64;

/// How far an audit has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    Going {
        /// Records that were read.
        done: u64,
        /// Records that there are.
        of: u64,
    },
    /// It ended.
    Done(Audited),
}

enum Phase {
    Walk(Box<Audit>),
    Tables(Box<Tables>),
    /// Nothing can be read.
    Refused(Fault),
    Ended,
}

/// An audit of a folder that is in use, in steps.
pub struct IncrementalAudit {
    connection: Connection,
    source: RecordSource,
    trust: Trust,
    size: u64,
    keys: GateKeys,
    days: Days,
    fault: Option<Fault>,
    schema: Option<Fault>,
    phase: Phase,
    marks: Vec<u64>,
}

impl IncrementalAudit {
    /// Begins an audit of what is in `folder` now.
    ///
    /// # Errors
    /// Where the data could not be read.
    pub fn begin(folder: &Path, trust: Trust) -> Result<IncrementalAudit, StoreError> {
        let connection = open_folder(folder)?;
        let mut audit = IncrementalAudit {
            source: RecordSource::new(open_folder(folder)?, Days::default(), true),
            connection,
            trust,
            size: 0,
            keys: GateKeys::default(),
            days: Days::default(),
            fault: None,
            schema: None,
            phase: Phase::Ended,
            marks: Vec::new(),
        };
        audit.start()?;
        Ok(audit)
    }

    /// Goes on for about as long as `budget` says. Nothing is held between two steps. Call it no more once it is
    /// done.
    ///
    /// # Errors
    /// Where the data could not be read.
    pub fn step(&mut self, budget: Duration) -> Result<Step, StoreError> {
        let begun = Instant::now();
        loop {
            if let Some(done) = self.little()? {
                return Ok(Step::Done(done));
            }
            if begun.elapsed() >= budget {
                let done = match &self.phase {
                    Phase::Walk(audit) => audit.size(),
                    Phase::Tables(_) | Phase::Refused(_) | Phase::Ended => self.size,
                };
                return Ok(Step::Going { done, of: self.size });
            }
        }
    }

    fn little(&mut self) -> Result<Option<Audited>, StoreError> {
        match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Walk(mut audit) if audit.size() < self.size => {
                let mut batch = Batch::new(audit.size(), &self.marks);
                let count = batch.room().min(RECORDS).min(self.size - audit.size());
                self.source.fill(&mut batch, count)?;
                if let Err(fault) = audit.take(batch) {
                    return Ok(Some(Audited::Faulty(earlier(fault, self.fault.take()))));
                }
                self.phase = Phase::Walk(audit);
                Ok(None)
            }
            Phase::Walk(audit) => match finish(&self.connection, *audit, &self.keys, self.fault.take())? {
                Ok(report) => {
                    let tables = Tables::new(report, self.days.clone(), self.keys.first(), None);
                    self.phase = Phase::Tables(Box::new(tables));
                    Ok(None)
                }
                Err(fault) => Ok(Some(Audited::Faulty(fault))),
            },
            Phase::Tables(mut tables) => {
                if tables.step(&self.connection)?.is_continue() {
                    self.phase = Phase::Tables(tables);
                    return Ok(None);
                }
                if self.was_erased_meanwhile()? {
                    self.start()?;
                    return Ok(None);
                }
                Ok(Some(tables.finish().unless(self.schema.take())))
            }
            Phase::Refused(fault) => Ok(Some(Audited::Faulty(fault))),
            Phase::Ended => Ok(Some(Audited::Cancelled)),
        }
    }

    /// An erasure behind the records of this audit took rows away that it looked for.
    fn was_erased_meanwhile(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM records WHERE kind = 'erase' AND i >= ?1)";
        Ok(self.connection.query_row(sql, [self.size], |row| row.get(0))?)
    }

    fn start(&mut self) -> Result<(), StoreError> {
        let view = match View::of(&self.connection, self.trust.clone())? {
            Ok(view) => view,
            Err(fault) => {
                self.phase = Phase::Refused(fault);
                return Ok(());
            }
        };
        let audit = Audit::new(view.trust);
        self.size = view.size;
        self.keys = view.keys;
        self.source.follow(view.days.clone());
        self.days = view.days;
        self.fault = view.fault;
        self.schema = view.schema;
        self.marks = audit.marks();
        self.phase = Phase::Walk(Box::new(audit));
        Ok(())
    }
}
