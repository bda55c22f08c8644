//! The inspector checks a file: an audit bundle, a copied data folder, a backup.
//!
//! What this device has seen of the ledger is in its memory, as size, root and key, and every file is compared with
//! that: a ledger that was written anew since the last visit has no fault in itself.

mod scratch;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_ledger::Seal;
use gatepost_ledger::audit::{Fault, Report, Rule, Statement, Trust};
use gatepost_ledger::bundle::{BundleFault, BundleReport, BundleTrust};
use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::note::VerifierKey;
use gatepost_ledger::witness::{KnownLedger, WitnessMemory};
use gatepost_report::verify_bundle_file;
use gatepost_store::{AuditOptions, Audited, Given, Reader, StoreError, audit_folder, copy_database};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::housekeeping::{broken, shown};
use crate::ledger::{time_of_witness, words};
use crate::view::{
    AuditView, CheckView, InspectorView, Locale, PartView, StoreFault, WarningView, WitnessView,
};
use scratch::Scratch;
pub(crate) use scratch::sweep;

const BETWEEN_WORDS: Duration = Duration::from_millis(250);

/// Numbers the checks of this program: one that was given up says nothing any more.
static CHECKS: AtomicU64 = AtomicU64::new(0);

/// What the inspector's device knows and how it shows it.
struct Checking {
    desk: Weak<Desk>,
    number: u64,
    inspector_folder: PathBuf,
    witness: VerifierKey,
    /// What this device had seen when the check began.
    memory: WitnessMemory,
    offset_s: i32,
    locale: Locale,
    told: Instant,
}

impl Desk {
    /// Begins to check a bundle, a copied data folder or a backup; [`crate::Presenter::inspector_changed`] tells how
    /// it goes on. What this device has witnessed of the ledger must be in it.
    ///
    /// # Errors
    /// [`DeskError::CheckRunning`], [`DeskError::NotAnInspector`], or a store fault: without its memory this device
    /// could compare nothing.
    pub fn check_file(&self, path: &str) -> Result<InspectorView, DeskError> {
        let mut state = self.lock();
        let locale = state.appearance.locale;
        let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
        if inspecting.checking.is_some() {
            return Err(DeskError::CheckRunning);
        }
        let number = CHECKS.fetch_add(1, Ordering::Relaxed);
        let checking = Checking {
            desk: self.me.clone(),
            number,
            inspector_folder: self.options.inspector_folder.clone(),
            witness: inspecting.witness.key().verifier(),
            memory: inspecting.witness.memory()?,
            offset_s: self.clock.now().offset().local_minus_utc(),
            locale,
            told: Instant::now(),
        };
        let begun = nothing_yet(path);
        inspecting.check = Some(begun.clone());
        inspecting.checking = Some(number);
        let view = self.show_inspector(&state)?;
        drop(state);
        let thread = thread::Builder::new()
            .name("check".to_owned())
            .spawn(move || checking.run(begun));
        if let Err(error) = thread {
            tracing::error!(%error, "no thread for the check");
            let _ = self.checked(
                number,
                CheckView {
                    audit: unreadable(&StoreError::Locked),
                    ..nothing_yet(path)
                },
            );
        }
        Ok(view)
    }

    /// Shows how far a check is. `Break` where it was given up: the device was left meanwhile.
    fn checked(&self, number: u64, check: CheckView) -> ControlFlow<()> {
        let mut state = self.lock();
        let inspecting = state.inspecting.as_mut();
        let Some(inspecting) = inspecting.filter(|inspecting| inspecting.checking == Some(number)) else {
            return ControlFlow::Break(());
        };
        if !matches!(check.audit, AuditView::Running { .. }) {
            inspecting.checking = None;
        }
        inspecting.check = Some(check);
        let _ = self.show_inspector(&state);
        ControlFlow::Continue(())
    }
}

fn nothing_yet(path: &str) -> CheckView {
    CheckView {
        path: path.to_owned(),
        origin: None,
        audit: AuditView::Running { checked: 0, of: 0 },
        part: None,
        words: vec![],
        witnesses: vec![],
        continues: None,
    }
}

fn unreadable(error: &StoreError) -> AuditView {
    AuditView::Unreadable {
        fault: StoreFault::of(error),
    }
}

impl Checking {
    fn run(mut self, mut view: CheckView) {
        let path = PathBuf::from(&view.path);
        if let Err(error) = self.check(&path, &mut view) {
            tracing::info!(%error, "a file could not be checked");
            view.audit = unreadable(&error);
        }
        if let Some(desk) = self.desk.upgrade() {
            let _ = desk.checked(self.number, view);
        }
    }

    fn check(&mut self, path: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        match Given::at(path)? {
            Given::Folder(folder) => self.check_folder(&folder, view),
            Given::Database(database) => {
                let copy = Scratch::make(&self.inspector_folder, self.number)?;
                copy_database(&database, copy.path())?;
                self.check_folder(copy.path(), view)
            }
            Given::Bundle(bundle) => self.check_bundle(&bundle, view),
        }
    }

    fn check_folder(&mut self, folder: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        let reader = match Reader::without_secrets(folder) {
            // The audit says what is wrong with it.
            Err(StoreError::OtherSchema) => None,
            opened => Some(opened?),
        };
        // A database whose first record cannot even be read is left to the audit.
        let origin = reader.as_ref().and_then(|reader| reader.origin().ok());
        let of = reader.as_ref().map_or(Ok(0), Reader::records)?;
        view.origin = origin.as_ref().map(|origin| origin.as_str().to_owned());
        let known = origin
            .as_ref()
            .and_then(|origin| self.memory.known(origin))
            .cloned();
        // An older copy holds less than was seen; all that it holds is audited for what it is.
        let is_older = known.as_ref().is_some_and(|known| known.size > of);
        let compared = known.iter().filter(|_| !is_older);
        let seen = compared.map(seal_of).map(Statement::seen).collect();
        let begun = view.clone();
        let audited = audit_folder(
            folder,
            AuditOptions {
                trust: Trust {
                    origin: origin.clone(),
                    statements: seen,
                    ..Trust::default()
                },
                go_on: Some(&mut |done| self.tell(&begun, done, of)),
                ..AuditOptions::default()
            },
        )?;
        match (audited, reader) {
            // The gate went on while it was audited, past what was seen: that can be compared now.
            (Audited::Sound(report), _)
                if is_older
                    && known
                        .as_ref()
                        .is_some_and(|known| known.size <= report.ledger.size) =>
            {
                return self.check_folder(folder, view);
            }
            // Nothing was compared with the memory where it was not known whose ledger it is.
            (Audited::Sound(report), Some(reader)) if report.ledger.origin == origin => {
                self.sound_folder(view, &reader, &report.ledger, known.as_ref())?;
            }
            (Audited::Sound(_), _) => return Err(StoreError::Damaged),
            (Audited::Faulty(fault), _) => view.audit = broken(&fault),
            (Audited::Cancelled, _) => view.audit = AuditView::NotYet,
        }
        Ok(())
    }

    fn sound_folder(
        &self,
        view: &mut CheckView,
        reader: &Reader,
        report: &Report,
        known: Option<&KnownLedger>,
    ) -> Result<(), StoreError> {
        let keys = reader.ledger_keys()?;
        if let Some(fault) = key_fault(known, report.size, keys.iter().map(|one| &one.key)) {
            view.audit = broken(&fault);
            return Ok(());
        }
        // The gate may have gone on since the audit.
        let cosignatures = reader.cosignatures()?.into_iter();
        view.witnesses = cosignatures
            .filter(|one| one.size <= report.size)
            .map(|one| self.witness_view(one.size, &one.witness, one.time))
            .collect::<Result<_, StoreError>>()?;
        if let Some(origin) = &report.origin {
            let seal = Seal {
                origin: origin.clone(),
                size: report.size,
                root: report.root,
            };
            view.words = words(Fingerprint::of_seal(&seal), self.locale);
        }
        view.audit = self.whole(report.size, WarningView::of_report(report));
        Checking::compare(view, report.size, known);
        Ok(())
    }

    fn check_bundle(&self, path: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        let fault = |error| StoreError::file(path, error);
        let trust = BundleTrust {
            witnesses: vec![self.witness.clone()],
            seen: self.memory.ledgers().map(seal_of).collect(),
            ..BundleTrust::default()
        };
        let open = || File::open(path).map(io::BufReader::new).map_err(fault);
        let mut verdict = verify_bundle_file(open()?, &trust).map_err(fault)?;
        if matches!(&verdict, Err(BundleFault::Record(fault)) if fault.rule == Rule::Truncated) {
            // It holds less than was seen, and no older seal of its own is longer: audited for what it is.
            let seen = vec![];
            verdict = verify_bundle_file(open()?, &BundleTrust { seen, ..trust }).map_err(fault)?;
        }
        match verdict {
            Ok(report) => self.sound_bundle(view, &report),
            Err(fault) => {
                view.audit = broken_bundle(&fault);
                Ok(())
            }
        }
    }

    fn sound_bundle(&self, view: &mut CheckView, report: &BundleReport) -> Result<(), StoreError> {
        view.origin = Some(report.seal.origin.as_str().to_owned());
        let known = self.memory.known(&report.seal.origin);
        if let Some(fault) = key_fault(known, report.seal.size, report.keys.iter().map(|(_, key)| key)) {
            view.audit = broken(&fault);
            return Ok(());
        }
        let cosigned = report.cosigned.iter();
        view.witnesses = cosigned
            .map(|one| self.witness_view(one.size, &one.witness, one.seconds))
            .collect::<Result<_, StoreError>>()?;
        view.words = words(Fingerprint::of_seal(&report.seal), self.locale);
        let warnings = report.audit.as_ref().map(WarningView::of_report);
        let range = report.range.clone();
        let is_whole = range == (0..report.seal.size);
        view.part = (!is_whole).then(|| PartView {
            from: shown(range.start),
            to: shown(range.end.saturating_sub(1)),
            of: shown(report.seal.size),
        });
        let records = range.end.saturating_sub(range.start);
        view.audit = self.whole(records, warnings.unwrap_or_default());
        Checking::compare(view, report.seal.size, known);
        Ok(())
    }

    fn witness_view(
        &self,
        size: u64,
        witness: &VerifierKey,
        seconds: u64,
    ) -> Result<WitnessView, StoreError> {
        Ok(WitnessView {
            size: shown(size),
            witness: witness.name().as_str().to_owned(),
            at: time_of_witness(seconds, self.offset_s)?,
            // Anybody can make a key of any name, and the gate one of this device's.
            known: *witness == self.witness,
        })
    }

    fn whole(&self, size: u64, warnings: Vec<WarningView>) -> AuditView {
        let now = self.desk.upgrade().map(|desk| desk.clock.now().to_rfc3339());
        AuditView::Whole {
            size: shown(size),
            at: now.unwrap_or_default(),
            warnings,
        }
    }

    /// What this device saw of a ledger of which this file, where no fault was found, has `size` records.
    fn compare(view: &mut CheckView, size: u64, known: Option<&KnownLedger>) {
        let Some(known) = known else {
            return;
        };
        view.continues = Some(shown(known.size));
        if known.size <= size {
            return;
        }
        // The root that was seen is not in this file; the one of an earlier visit may be, under the same signature.
        let own = view.witnesses.iter().filter(|witness| witness.known);
        view.continues = own.map(|witness| witness.size).max();
        if let AuditView::Whole { at, warnings, .. } = &mut view.audit {
            view.audit = AuditView::Older {
                size: shown(size),
                witnessed: shown(known.size),
                at: std::mem::take(at),
                warnings: std::mem::take(warnings),
            };
        }
    }

    fn tell(&mut self, begun: &CheckView, done: u64, of: u64) -> ControlFlow<()> {
        let Some(desk) = self.desk.upgrade() else {
            return ControlFlow::Break(());
        };
        if self.told.elapsed() < BETWEEN_WORDS {
            return ControlFlow::Continue(());
        }
        self.told = Instant::now();
        let audit = AuditView::Running {
            checked: shown(done),
            of: shown(of),
        };
        desk.checked(
            self.number,
            CheckView {
                audit,
                ..begun.clone()
            },
        )
    }
}

fn seal_of(known: &KnownLedger) -> Seal {
    Seal {
        origin: known.key.name().clone(),
        size: known.size,
        root: known.root,
    }
}

/// A ledger that is known has the key by which it is known among its own. For one that was trusted and never
/// witnessed this is all there is to compare. A file of fewer records than were seen may be from before that key.
fn key_fault<'a>(
    known: Option<&KnownLedger>,
    size: u64,
    mut keys: impl Iterator<Item = &'a VerifierKey>,
) -> Option<Fault> {
    let known = known.filter(|known| known.size <= size)?;
    let is_named = keys.any(|key| *key == known.key);
    (!is_named).then(|| Fault::new(0, Rule::Key, &known.key, "others"))
}

fn broken_bundle(fault: &BundleFault) -> AuditView {
    AuditView::Broken {
        position: shown(fault.position().unwrap_or(0)),
        rule: fault.rule().to_owned(),
        expected: fault.expected().to_owned(),
        found: fault.found().to_owned(),
    }
}

#[cfg(test)]
mod tests;
