//! The data folder, to be read without its secrets or to be written.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDate};
use gatepost_codes::Personal;
use gatepost_desk::{Clock, SystemClock, local_midnight_ms};
use gatepost_ledger::{Body, Moment};
use gatepost_store::{DATABASE_NAME, NewRecord, Reader, Store, StoreError, VaultKind, Venue, open_vault};

use crate::{Fault, LedgerFault};

/// Opens a folder without any of its secrets, whoever else has it open.
pub(crate) fn read(folder: &Path) -> Result<Reader, Fault> {
    must_hold_data(folder)?;
    Reader::without_secrets(folder).map_err(|source| Fault::of_store(folder, source))
}

fn must_hold_data(folder: &Path) -> Result<(), Fault> {
    match folder.join(DATABASE_NAME).exists() {
        true => Ok(()),
        false => Err(Fault::NoData {
            folder: folder.to_owned(),
        }),
    }
}

/// A folder that is written beside the window: each command that writes is a run of its own, with a boot number of
/// its own. It writes its start before the first record and its end when it is dropped, however the command ends; a
/// command that is refused before its first record leaves nothing in the ledger.
pub(crate) struct Writer {
    pub(crate) store: Store,
    pub(crate) venue: Venue,
    folder: PathBuf,
    clock: SystemClock,
    boot: Option<u32>,
}

impl Writer {
    /// Opens the data of a gate that was set up; makes none.
    pub(crate) fn open(folder: &Path) -> Result<Writer, Fault> {
        must_hold_data(folder)?;
        let clock = SystemClock::start();
        let fault = |source| Fault::of_store(folder, source);
        let vault = open_vault(folder, VaultKind::KeyFile).map_err(fault)?;
        let mut store = Store::open(folder, vault).map_err(fault)?;
        let venue = store.venue().map_err(fault)?.ok_or_else(|| Fault::NoData {
            folder: folder.to_owned(),
        })?;
        Ok(Writer {
            store,
            venue,
            folder: folder.to_owned(),
            clock,
            boot: None,
        })
    }

    /// A fault of the store, with the folder it is about.
    pub(crate) fn fault(&self, source: StoreError) -> Fault {
        Fault::of_store(&self.folder, source)
    }

    /// Now. The first call writes down that the program was started: only what writes is counted.
    pub(crate) fn now(&mut self) -> Result<Moment, Fault> {
        let (wall_ms, monotonic_ms) = self.clocks();
        let boot = match self.boot {
            Some(boot) => boot,
            None => {
                let gate = self.venue.gate.clone();
                let counted = self
                    .store
                    .boot(wall_ms, monotonic_ms, &gate, env!("CARGO_PKG_VERSION"));
                let boot = counted.map_err(|source| self.fault(source))?;
                self.boot = Some(boot);
                boot
            }
        };
        let (wall_ms, monotonic_ms) = self.clocks();
        Ok(Moment {
            wall_ms,
            boot,
            monotonic_ms,
        })
    }

    /// Now, for what only looks: as if the program were to be started.
    pub(crate) fn moment_to_look(&self) -> Moment {
        let (wall_ms, monotonic_ms) = self.clocks();
        Moment {
            wall_ms,
            boot: u32::MAX,
            monotonic_ms,
        }
    }

    /// The wall clock, in local time.
    pub(crate) fn local_now(&self) -> DateTime<FixedOffset> {
        self.clock.now()
    }

    fn clocks(&self) -> (i64, u64) {
        let since = u64::try_from(self.clock.since_start().as_millis()).unwrap_or(u64::MAX);
        (self.clock.now().timestamp_millis(), since)
    }

    /// When a local day begins, in milliseconds since 1970 UTC, by today's offset.
    pub(crate) fn local_midnight_ms(&self, day: NaiveDate) -> Result<i64, Fault> {
        let offset = *self.clock.now().offset();
        local_midnight_ms(day, offset).ok_or_else(|| LedgerFault::NotADay { day }.into())
    }

    /// Seconds since 1970 UTC.
    pub(crate) fn now_seconds(&self) -> u64 {
        u64::try_from(self.clock.now().timestamp()).unwrap_or(0)
    }

    /// Appends the record of a file that leaves the house, with the reason where somebody gave one. It is of nobody
    /// in particular: the command line asks for no PIN.
    pub(crate) fn record_export(&mut self, body: Body, reason: Option<&str>) -> Result<u64, Fault> {
        let record = self.record(body)?;
        let reason = reason.map(|reason| Personal::new(reason.to_owned()));
        let appended = self.store.append_export(&record, reason.as_ref());
        appended.map_err(|source| self.fault(source))
    }

    fn record(&mut self, body: Body) -> Result<NewRecord, Fault> {
        Ok(NewRecord {
            at: self.now()?,
            gate: self.venue.gate.clone(),
            by: None,
            body,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.boot.is_none() {
            return;
        }
        // What was done is done: a fault here leaves the trace of a run that was cut off, which is what it was.
        if let Ok(end) = self.record(Body::Shutdown) {
            let _ = self.store.append(&end);
        }
    }
}
