//! The inspector checks a file: an audit bundle, a copied data folder, a backup.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::thread;
use std::time::{Duration, Instant};

use gatepost_ledger::Seal;
use gatepost_ledger::audit::{Statement, Trust};
use gatepost_ledger::bundle::BundleTrust;
use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::note::{KeyName, SignedNote, VerifierKey};
use gatepost_report::verify_bundle_file;
use gatepost_store::{AuditOptions, Audited, DATABASE_NAME, Reader, StoreError, audit_folder};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::housekeeping::{broken, shown};
use crate::ledger::{time_of_witness, witness_views, words};
use crate::view::{AuditView, CheckView, InspectorView, Locale, StoreFault, WarningView, WitnessView};

const BETWEEN_WORDS: Duration = Duration::from_millis(250);

/// What the inspector's device knows and how it shows it.
struct Checking {
    desk: Weak<Desk>,
    witness: VerifierKey,
    offset_s: i32,
    locale: Locale,
    told: Instant,
}

impl Desk {
    /// Begins to check a bundle, a copied data folder or a backup; [`crate::Presenter::inspector_changed`] tells how
    /// it goes on. What this device has witnessed of the ledger must be in it.
    ///
    /// # Errors
    /// [`DeskError::CheckRunning`], [`DeskError::NotAnInspector`], or a store fault.
    pub fn check_file(&self, path: &str) -> Result<InspectorView, DeskError> {
        let mut state = self.lock();
        let locale = state.appearance.locale;
        let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
        if inspecting.checking {
            return Err(DeskError::CheckRunning);
        }
        let begun = nothing_yet(path);
        inspecting.check = Some(begun.clone());
        inspecting.checking = true;
        let checking = Checking {
            desk: self.me.clone(),
            witness: inspecting.witness.key().verifier(),
            offset_s: self.clock.now().offset().local_minus_utc(),
            locale,
            told: Instant::now(),
        };
        let view = self.show_inspector(&state)?;
        drop(state);
        let thread = thread::Builder::new()
            .name("check".to_owned())
            .spawn(move || checking.run(begun));
        if let Err(error) = thread {
            tracing::error!(%error, "no thread for the check");
            self.checked(CheckView {
                audit: unreadable(&StoreError::Locked),
                ..nothing_yet(path)
            });
        }
        Ok(view)
    }

    fn checked(&self, check: CheckView) {
        let mut state = self.lock();
        if let Some(inspecting) = &mut state.inspecting {
            inspecting.checking = matches!(check.audit, AuditView::Running { .. });
            inspecting.check = Some(check);
            let _ = self.show_inspector(&state);
        }
    }

    /// The seal of a ledger that this device cosigned last, and how many records it has.
    fn seal_kept(&self, origin: &KeyName) -> Option<(SignedNote, u64)> {
        let size = {
            let state = self.lock();
            let memory = state.inspecting.as_ref()?.witness.memory().ok()?;
            memory.known(origin)?.size
        };
        let note = SignedNote::parse(&fs::read(self.seal_path(origin)).ok()?).ok()?;
        let is_last = Seal::of_note(&note).is_ok_and(|seal| seal.size == size && seal.origin == *origin);
        is_last.then_some((note, size))
    }
}

fn nothing_yet(path: &str) -> CheckView {
    CheckView {
        path: path.to_owned(),
        origin: None,
        audit: AuditView::Running { checked: 0, of: 0 },
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
            desk.checked(view);
        }
    }

    fn check(&mut self, path: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        if path.is_dir() {
            return self.check_folder(path, view);
        }
        let fault = |source| StoreError::File {
            path: path.to_owned(),
            source,
        };
        let mut first = [0; 16];
        let mut file = File::open(path).map_err(fault)?;
        let length = read_up_to(&mut file, &mut first).map_err(fault)?;
        if first.starts_with(b"PK\x03\x04") {
            return self.check_bundle(path, view);
        }
        if &first[..length] != b"SQLite format 3\0" {
            return Err(StoreError::NotOurs);
        }
        match path.parent() {
            Some(folder) if path.file_name().is_some_and(|name| name == DATABASE_NAME) => {
                self.check_folder(folder, view)
            }
            _ => self.check_backup(path, view),
        }
    }

    /// A backup is a database under another name: it is checked in a folder of its own beside the memory.
    fn check_backup(&mut self, path: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        let Some(desk) = self.desk.upgrade() else {
            return Ok(());
        };
        let folder = desk.options.inspector_folder.join("check");
        drop(desk);
        let fault = |source| StoreError::File {
            path: folder.clone(),
            source,
        };
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(fault)?;
        fs::copy(path, folder.join(DATABASE_NAME)).map_err(fault)?;
        let checked = self.check_folder(&folder, view);
        fs::remove_dir_all(&folder).map_err(fault)?;
        checked
    }

    fn check_folder(&mut self, folder: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        let reader = Reader::without_secrets(folder)?;
        // A database whose first record cannot even be read is left to the audit.
        let origin = reader.origin().ok();
        let of = reader.records()?;
        view.origin = origin.as_ref().map(|origin| origin.as_str().to_owned());
        let kept = origin.as_ref().and_then(|origin| self.seal_kept(origin));
        let mut trust = Trust {
            origin,
            ..Trust::default()
        };
        if let Some((note, _)) = &kept {
            trust
                .statements
                .push(Statement::sealed(note.clone()).map_err(|_| StoreError::Damaged)?);
        }
        let begun = view.clone();
        let audited = audit_folder(
            folder,
            AuditOptions {
                trust,
                go_on: Some(&mut |done| self.tell(&begun, done, of)),
                ..AuditOptions::default()
            },
        )?;
        match audited {
            Audited::Sound(report) => {
                let seal = report.ledger.origin.map(|origin| Seal {
                    origin,
                    size: report.ledger.size,
                    root: report.ledger.root,
                });
                let cosignatures = reader.cosignatures()?;
                view.witnesses = witness_views(&cosignatures, self.offset_s)?;
                view.continues = kept.map(|(_, size)| shown(size));
                let warnings = WarningView::of_report(&report.ledger);
                self.sound(view, seal.as_ref(), report.ledger.size, warnings);
            }
            Audited::Faulty(fault) => view.audit = broken(&fault),
            Audited::Cancelled => view.audit = AuditView::NotYet,
        }
        Ok(())
    }

    fn check_bundle(&mut self, path: &Path, view: &mut CheckView) -> Result<(), StoreError> {
        let fault = |source| StoreError::File {
            path: path.to_owned(),
            source,
        };
        let open = || File::open(path).map(io::BufReader::new).map_err(fault);
        let mut trust = BundleTrust {
            witnesses: vec![self.witness.clone()],
            ..BundleTrust::default()
        };
        let mut verified = verify_bundle_file(open()?, &trust).map_err(fault)?;
        if let Ok(report) = &verified {
            // Now it is known which ledger it is.
            if let Some((note, size)) = self.seal_kept(&report.seal.origin) {
                trust.since.push(note);
                verified = verify_bundle_file(open()?, &trust).map_err(fault)?;
                view.continues = Some(shown(size));
            }
        }
        match verified {
            Ok(report) => {
                view.origin = Some(report.seal.origin.as_str().to_owned());
                let offset_s = self.offset_s;
                let witness = |size, witness: &VerifierKey, seconds| {
                    Ok(WitnessView {
                        size: shown(size),
                        witness: witness.name().as_str().to_owned(),
                        at: time_of_witness(seconds, offset_s)?,
                    })
                };
                let cosigned = report.cosigned.iter();
                view.witnesses = cosigned
                    .map(|one| witness(one.size, &one.witness, one.seconds))
                    .collect::<Result<_, StoreError>>()?;
                let warnings = report.audit.as_ref().map(WarningView::of_report);
                self.sound(
                    view,
                    Some(&report.seal),
                    report.seal.size,
                    warnings.unwrap_or_default(),
                );
            }
            Err(fault) => {
                view.continues = None;
                view.audit = AuditView::Broken {
                    position: shown(fault.position().unwrap_or(0)),
                    rule: fault.rule().to_owned(),
                    expected: fault.expected().to_owned(),
                    found: fault.found().to_owned(),
                };
            }
        }
        Ok(())
    }

    fn sound(&self, view: &mut CheckView, seal: Option<&Seal>, size: u64, warnings: Vec<WarningView>) {
        if let Some(seal) = seal {
            view.words = words(Fingerprint::of_seal(seal), self.locale);
        }
        let now = self.desk.upgrade().map(|desk| desk.clock.now().to_rfc3339());
        view.audit = AuditView::Whole {
            size: shown(size),
            at: now.unwrap_or_default(),
            warnings,
        };
    }

    fn seal_kept(&self, origin: &KeyName) -> Option<(SignedNote, u64)> {
        self.desk.upgrade()?.seal_kept(origin)
    }

    fn tell(&mut self, begun: &CheckView, done: u64, of: u64) -> ControlFlow<()> {
        let Some(desk) = self.desk.upgrade() else {
            return ControlFlow::Break(());
        };
        if self.told.elapsed() >= BETWEEN_WORDS {
            self.told = Instant::now();
            desk.checked(CheckView {
                audit: AuditView::Running {
                    checked: shown(done),
                    of: shown(of),
                },
                ..begun.clone()
            });
        }
        ControlFlow::Continue(())
    }
}

/// Fills the buffer as far as the file goes; answers how far that is.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}
