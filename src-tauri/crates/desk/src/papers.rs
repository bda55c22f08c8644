//! Files that leave the house: seals and certificates on paper, bundles, backups. Each has a record but for a printed
//! seal, which holds nothing personal and says no more than the signature that the gate makes with every commit.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use gatepost_codes::Personal;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::{Body, Leaf, PersonNumber, RetentionPolicy, Role};
use gatepost_report::{
    BundleRequest, DestructionSheet, ProofOnSheet, SealSheet, Words, destruction_sheet, seal_sheet,
};
use gatepost_store::{NewRecord, SignedSeal, StoreError, Venue, prepare_backup, sync_folder_of};
use sha2::{Digest, Sha256};

use crate::bundle::{LedgerSource, prepare_bundle};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::export::{ExportError, PreparedExport, free_path, prepare};
use crate::housekeeping::shown;
use crate::office::{LONGEST_NOTE, READERS, language};
use crate::rows::local;
use crate::view::{BundleForm, CertificateMade, FileMade, Locale};

/// A record of a destruction, and what proves it.
struct Destruction {
    leaf: Leaf,
    policy: RetentionPolicy,
    best: SignedSeal,
    proof: String,
}

impl Desk {
    /// Writes the newest seal as a sheet to be printed into the export folder: for the guard at the end of a shift,
    /// and for whoever reads the log.
    ///
    /// # Errors
    /// [`DeskError::NoOpenShift`] for a guard without a shift, [`DeskError::ExportFolder`], or a store fault.
    pub fn seal_to_print(&self) -> Result<FileMade, DeskError> {
        let (venue, locale) = {
            let mut state = self.lock();
            let session = state.session.as_ref().ok_or(DeskError::SignedOut)?;
            if session.role == Role::Guard && session.shift.is_none() {
                return Err(DeskError::NoOpenShift);
            }
            let locale = state.appearance.locale;
            (state.data()?.venue.clone().ok_or(StoreError::NotSetUp)?, locale)
        };
        let head = self.read(|reader| reader.head())?;
        let page = seal_sheet(&SealSheet {
            venue: &venue.name,
            gate: &venue.gate,
            at: self.clock.now(),
            seal: &head.seal,
            note: &head.note,
            demo: venue.demo,
        });
        let _one_at_a_time = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.free_file("seal_sheet-file_name", locale, "html", venue.demo);
        write_file(&path, page.as_bytes()).map_err(|error| {
            tracing::warn!(kind = ?error.kind(), "the sheet could not be written");
            DeskError::ExportFolder
        })?;
        let sha256 = Sha256::digest(page.as_bytes());
        Ok(FileMade {
            path: path.display().to_string(),
            kilobytes: kilobytes(page.len() as u64),
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// Writes the audit bundle into the export folder; that it left the house is itself a record. Managers may
    /// have chosen disclosures travel with it; their reason is kept with the record as long as the disclosures of
    /// an incident.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::NoteMissing`] for disclosures without a reason,
    /// [`DeskError::NotFound`] for a position that discloses nothing (any more), [`DeskError::ExportFolder`], or a
    /// store fault.
    pub fn make_bundle(&self, form: &BundleForm) -> Result<FileMade, DeskError> {
        let allowed: &[Role] = if form.disclose.is_empty() {
            &READERS
        } else {
            &[Role::Manager]
        };
        self.lock().require_one_of(allowed)?;
        let reason = checked_reason(form)?;
        let _one_at_a_time = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
        let (by, mut source, target) = {
            let mut state = self.lock();
            let by = state.require_one_of(allowed)?.number;
            let locale = state.appearance.locale;
            let data = state.data()?;
            let demo = data.venue.as_ref().is_some_and(|venue| venue.demo);
            let source = LedgerSource::of(&mut data.store)?;
            (
                by,
                source,
                self.free_file("bundle-file_name", locale, "zip", demo),
            )
        };
        let mut request = BundleRequest::default();
        for position in &form.disclose {
            let disclosed = source.shown(u64::from(*position))?;
            request.shown.push(disclosed.ok_or(DeskError::NotFound)?);
        }
        let prepared = prepare_bundle(&mut source, &request, &target)?;
        self.record_export(by, prepared.body(), reason.as_ref())?;
        Ok(published(prepared)?)
    }

    /// Writes a backup of the database into the export folder, and a record of it. It has no keys in it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::ExportFolder`], or a store fault.
    pub fn make_backup(&self) -> Result<FileMade, DeskError> {
        self.lock().require(Role::Manager)?;
        // The name is chosen when it is this backup's turn: two would choose the same one.
        let _one_at_a_time = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
        let (by, folder, target) = {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let locale = state.appearance.locale;
            let data = state.data()?;
            let demo = data.venue.as_ref().is_some_and(|venue| venue.demo);
            let target = self.free_file("backup-file_name", locale, "gatepost-backup", demo);
            (by, data.store.folder().to_owned(), target)
        };
        fs::create_dir_all(&self.options.export_folder).map_err(|_| DeskError::ExportFolder)?;
        let prepared = prepare_backup(&folder, &target, |_| {}).map_err(of_backup)?;
        self.record_export(by, prepared.body(), None)?;
        let done = prepared.publish().map_err(of_backup)?;
        Ok(FileMade {
            path: done.path.display().to_string(),
            kilobytes: kilobytes(done.bytes),
            sha256: done.sha256,
        })
    }

    /// Writes the certificate of a destruction into the export folder: a sheet to be printed, and the proof that its
    /// record stands in the sealed ledger. The record of that names the sheet, which names the proof.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::NotFound`] for a position that records no destruction,
    /// [`DeskError::ExportFolder`], or a store fault.
    pub fn make_certificate(&self, position: u32) -> Result<CertificateMade, DeskError> {
        let (by, venue, locale) = {
            let mut state = self.lock();
            let by = state.require_one_of(&READERS)?.number;
            let locale = state.appearance.locale;
            let venue = state.data()?.venue.clone().ok_or(StoreError::NotSetUp)?;
            (by, venue, locale)
        };
        let destruction = self.destruction(u64::from(position))?;
        let _one_at_a_time = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.free_file("destruction_sheet-file_name", locale, "html", venue.demo);
        let proof = prepare_text(&path.with_extension("tlog-proof"), &destruction.proof)?;
        let page = self.certificate(&venue, &destruction, &proof)?;
        let sheet = prepare_text(&path, &page)?;
        self.record_export(by, sheet.body(), None)?;
        Ok(CertificateMade {
            proof: published(proof)?,
            sheet: published(sheet)?,
        })
    }

    fn destruction(&self, position: u64) -> Result<Destruction, DeskError> {
        let found = self.read(|reader| {
            let best = reader.best_seal_over(position)?;
            let leaf = reader.leaf(position)?;
            if !matches!(leaf.body, Body::Erase { .. }) {
                return Ok(None);
            }
            let path = reader.inclusion(position, best.seal.size)?;
            let proof = ProofFile::new(position, path, best.note.clone(), &[]).to_text();
            let policy = reader.retention_at(position)?;
            Ok(Some(Destruction {
                leaf,
                policy,
                best,
                proof,
            }))
        })?;
        found.ok_or(DeskError::NotFound)
    }

    fn certificate(
        &self,
        venue: &Venue,
        destruction: &Destruction,
        proof: &PreparedExport,
    ) -> Result<String, DeskError> {
        let Destruction { leaf, best, .. } = destruction;
        let Body::Erase {
            class,
            from,
            to,
            count,
        } = leaf.body
        else {
            return Err(DeskError::NotFound);
        };
        let now = self.clock.now();
        let destroyed_at = local(leaf.at.wall_ms, now.offset().local_minus_utc());
        let record = leaf.to_bytes().map_err(StoreError::from)?;
        let file = proof.target().file_name().unwrap_or_default().to_string_lossy();
        Ok(destruction_sheet(&DestructionSheet {
            venue: &venue.name,
            gate: &leaf.gate,
            at: now,
            position: leaf.position,
            record: std::str::from_utf8(&record).map_err(|_| StoreError::Damaged)?,
            destroyed_at: destroyed_at.ok_or(StoreError::Damaged)?,
            class,
            from,
            to,
            count,
            policy: destruction.policy,
            seal: &best.seal,
            note: &best.note,
            proof: ProofOnSheet {
                file: &file,
                sha256: proof.sha256(),
            },
            demo: venue.demo,
        }))
    }

    /// What leaves the house with something of a visitor's or of the ledger in it has a record before it has its name.
    fn record_export(
        &self,
        by: PersonNumber,
        body: Body,
        reason: Option<&Personal<String>>,
    ) -> Result<(), DeskError> {
        let mut state = self.lock();
        let at = self.moment(state.boot());
        let data = state.data()?;
        let export = NewRecord {
            at,
            gate: data.gate_name(),
            by: Some(by),
            body,
        };
        data.store.append_export(&export, reason)?;
        Ok(())
    }

    fn free_file(&self, name: &str, locale: Locale, extension: &str, demo: bool) -> PathBuf {
        let name = Words::of(language(locale)).word(name);
        free_path(
            &self.options.export_folder,
            &name,
            self.clock.now(),
            extension,
            demo,
        )
    }
}

/// The reason where something is disclosed.
fn checked_reason(form: &BundleForm) -> Result<Option<Personal<String>>, DeskError> {
    let reason = form.reason.trim();
    if form.disclose.is_empty() {
        return Ok(None);
    }
    if reason.is_empty() || reason.chars().count() > LONGEST_NOTE {
        return Err(DeskError::NoteMissing);
    }
    Ok(Some(Personal::new(reason.to_owned())))
}

/// A file of this text on its way.
fn prepare_text(target: &Path, text: &str) -> Result<PreparedExport, ExportError> {
    prepare(target, vec![], |mut output| {
        output
            .write_all(text.as_bytes())
            .map_err(|error| ExportError::file(target, error))?;
        Ok((1, output))
    })
}

/// Gives a file its name.
fn published(prepared: PreparedExport) -> Result<FileMade, ExportError> {
    let bytes = prepared.bytes();
    let exported = prepared.publish()?;
    Ok(FileMade {
        path: exported.path.display().to_string(),
        kilobytes: kilobytes(bytes),
        sha256: exported.sha256,
    })
}

/// A fault that belongs to the file of a backup is one of the export folder.
fn of_backup(error: StoreError) -> DeskError {
    match error {
        StoreError::ReadOnly | StoreError::File { .. } | StoreError::AlreadyThere { .. } => {
            DeskError::ExportFolder
        }
        error => error.into(),
    }
}

/// Thousands of bytes, rounded up.
fn kilobytes(bytes: u64) -> u32 {
    shown(bytes.div_ceil(1000))
}

/// Writes a file that is not there yet, in a folder that is made where there is none; it is on the disk then.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder_of(path)
}
