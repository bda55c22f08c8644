//! The ledger on the screen of managers and inspectors: seal, files that leave the house, retention, keys.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use gatepost_codes::Personal;
use gatepost_ledger::fingerprint::{self, Fingerprint};
use gatepost_ledger::{Body, PersonNumber, RetentionPolicy, Role};
use gatepost_report::{BundleRequest, Language, SealSheet, Words, seal_sheet};
use gatepost_store::{
    HeldDays, LedgerKey, NewRecord, ReserveState, SignedSeal, StoreError, StoredCosignature, VaultKind,
    prepare_backup, sync_folder_of,
};
use sha2::{Digest, Sha256};

use crate::bundle::{LedgerSource, prepare_bundle};
use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::export::free_path;
use crate::housekeeping::shown;
use crate::office::{LONGEST_NOTE, READERS, language};
use crate::rows::{day_of, day_text, local_range, local_time, short};
use crate::view::{
    BundleForm, DiskView, ErasureView, FileMade, HoldView, KeyChangeForm, KeysView, LedgerView, Locale,
    QrView, RetentionView, SealView, WitnessView,
};

/// Witnesses and erasures on the screen.
const MOST_LINES: usize = 20;
/// Ten years.
const LONGEST_RETENTION_DAYS: u16 = 3650;

/// What a reader of its own says of the ledger.
struct Read {
    head: SignedSeal,
    keys: Vec<LedgerKey>,
    cosignatures: Vec<StoredCosignature>,
    erasures: Vec<ErasureView>,
}

impl Desk {
    /// Everything on the screen of the ledger.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager or an inspector, or a store fault.
    pub fn ledger(&self) -> Result<LedgerView, DeskError> {
        self.lock().require_one_of(&READERS)?;
        let read = self.read(|reader| {
            Ok(Read {
                head: reader.head()?,
                keys: reader.ledger_keys()?,
                cosignatures: reader.cosignatures()?,
                erasures: reader.erasures(MOST_LINES)?.iter().filter_map(erasure).collect(),
            })
        })?;
        self.look_at_the_disk();
        let offset_s = self.clock.now().offset().local_minus_utc();
        let mut state = self.lock();
        let size = read.head.seal.size;
        let witnessed = read.cosignatures.iter().map(|one| one.size).max();
        let mut witnesses = witness_views(&read.cosignatures, offset_s)?;
        witnesses.reverse();
        witnesses.truncate(MOST_LINES);
        Ok(LedgerView {
            origin: read.head.seal.origin.as_str().to_owned(),
            seal: seal_view(&read.head, state.appearance.locale)?,
            audit: state.audit.clone(),
            witnesses,
            unwitnessed: shown(size - witnessed.unwrap_or(0).min(size)),
            retention: self.retention_view(&mut state, read.erasures)?,
            keys: KeysView {
                vault: state.data()?.store.vault_kind(),
                verifier: read
                    .keys
                    .last()
                    .map(|last| last.key.to_string())
                    .unwrap_or_default(),
                changes: shown(read.keys.len().saturating_sub(1) as u64),
            },
            disk: disk_view(&state),
        })
    }

    fn retention_view(
        &self,
        state: &mut State,
        erasures: Vec<ErasureView>,
    ) -> Result<RetentionView, DeskError> {
        let waits_for_the_clock = state.clock_unconfirmed;
        let data = state.data()?;
        let holds = data.store.holds()?;
        Ok(RetentionView {
            policy: data.store.retention()?,
            holds: holds
                .iter()
                .map(|hold| HoldView {
                    from: day_text(hold.from),
                    to: day_text(hold.to),
                })
                .collect(),
            erasures,
            waits_for_the_clock,
        })
    }

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
        let bytes = prepared.bytes();
        let exported = prepared.publish()?;
        Ok(FileMade {
            path: exported.path.display().to_string(),
            kilobytes: kilobytes(bytes),
            sha256: exported.sha256,
        })
    }

    /// Writes a backup of the database into the export folder, and a record of it. It has no keys in it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::ExportFolder`], or a store fault.
    pub fn make_backup(&self) -> Result<FileMade, DeskError> {
        let (by, folder, target) = {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let locale = state.appearance.locale;
            let data = state.data()?;
            let demo = data.venue.as_ref().is_some_and(|venue| venue.demo);
            let target = self.free_file("backup-file_name", locale, "gatepost-backup", demo);
            (by, data.store.folder().to_owned(), target)
        };
        let _one_at_a_time = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// How long disclosures are kept from here on.
    ///
    /// # Errors
    /// [`DeskError::RetentionOutOfRange`], [`DeskError::Forbidden`], or a store fault.
    pub fn set_retention(&self, policy: RetentionPolicy) -> Result<LedgerView, DeskError> {
        {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let days = 1..=LONGEST_RETENTION_DAYS;
            if !days.contains(&policy.visitor_days) || !days.contains(&policy.incident_days) {
                return Err(DeskError::RetentionOutOfRange);
            }
            let at = self.moment(state.boot());
            let data = state.data()?;
            let gate = data.gate_name();
            data.store.set_retention(at, &gate, by, policy)?;
        }
        self.erase_soon();
        self.ledger()
    }

    /// Keeps the disclosures of these local days until the hold is lifted. It is put on days of ledger time, which
    /// begin at midnight UTC, rounded outwards: the view shows these.
    ///
    /// # Errors
    /// [`DeskError::NotADay`], [`DeskError::HoldReversed`], [`DeskError::Forbidden`], or a store fault.
    pub fn place_hold(&self, hold: &HoldView) -> Result<LedgerView, DeskError> {
        {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let offset = *self.clock.now().offset();
            let (from_ms, until_ms) = local_range(&hold.from, &hold.to, offset)?;
            if from_ms > until_ms {
                return Err(DeskError::HoldReversed);
            }
            let at = self.moment(state.boot());
            let data = state.data()?;
            let gate = data.gate_name();
            let days = data.store.days_between(from_ms, until_ms)?;
            if !data.store.holds()?.contains(&days) {
                data.store.place_hold(at, &gate, by, days)?;
            }
        }
        self.ledger()
    }

    /// Ends a hold, named by its days as the view shows them.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] where there is none of these very days, or as [`Desk::place_hold`].
    pub fn lift_hold(&self, hold: &HoldView) -> Result<LedgerView, DeskError> {
        {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let days = held(hold)?;
            let at = self.moment(state.boot());
            let data = state.data()?;
            let gate = data.gate_name();
            if !data.store.holds()?.contains(&days) {
                return Err(DeskError::NotFound);
            }
            data.store.lift_hold(at, &gate, by, days)?;
        }
        self.erase_soon();
        self.ledger()
    }

    /// The manager says that the clock is right, so that erasure goes on. Nothing is recorded where nothing waits
    /// for it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], or a store fault.
    pub fn confirm_clock(&self) -> Result<LedgerView, DeskError> {
        {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let at = self.moment(state.boot());
            let waits = state.data()?.store.due_erasures(at)?.waits_for_confirmation;
            if !waits.is_empty() {
                self.confirm_date(&mut state, by)?;
            }
            state.clock_unconfirmed = false;
            self.show_app(&state);
        }
        self.erase_soon();
        self.ledger()
    }

    /// Gives the ledger a new key, which the old one vouches for.
    ///
    /// # Errors
    /// [`DeskError::AlreadySetUp`] for the reason that only a ledger without a key has, [`DeskError::Forbidden`],
    /// or a store fault.
    pub fn change_key(&self, form: KeyChangeForm) -> Result<LedgerView, DeskError> {
        {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let at = self.moment(state.boot());
            let data = state.data()?;
            let gate = data.gate_name();
            data.store.change_key(at, &gate, by, form.reason)?;
        }
        self.ledger()
    }

    /// Moves the keys to the place of this kind.
    ///
    /// # Errors
    /// [`DeskError::NoKeychain`], [`DeskError::Forbidden`], or a store fault.
    pub fn keep_keys_in(&self, kind: VaultKind) -> Result<LedgerView, DeskError> {
        {
            let mut state = self.lock();
            state.require(Role::Manager)?;
            let moved = state.data()?.store.keep_secrets_in(kind);
            moved.map_err(|error| match error {
                StoreError::KeychainUnavailable(_) => DeskError::NoKeychain,
                error => error.into(),
            })?;
        }
        self.ledger()
    }

    /// Nothing leaves the house without a record.
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

/// Eight words in the language of the screen.
pub(crate) fn words(fingerprint: Fingerprint, locale: Locale) -> Vec<String> {
    let words = fingerprint.words(match language(locale) {
        Language::ZhCn => fingerprint::Language::Chinese,
        Language::En => fingerprint::Language::English,
    });
    words.map(str::to_owned).to_vec()
}

fn seal_view(head: &SignedSeal, locale: Locale) -> Result<SealView, DeskError> {
    let note = head.note.to_string();
    Ok(SealView {
        size: short(head.seal.size)?,
        words: words(Fingerprint::of_seal(&head.seal), locale),
        qr: QrView::of(note.as_bytes()),
        note,
    })
}

/// Who came to this gate, in the order in which they were recorded.
pub(crate) fn witness_views(
    cosignatures: &[StoredCosignature],
    offset_s: i32,
) -> Result<Vec<WitnessView>, StoreError> {
    let view = |one: &StoredCosignature| {
        Ok(WitnessView {
            size: short(one.size)?,
            witness: one.witness.name().as_str().to_owned(),
            at: time_of_witness(one.time, offset_s)?,
            // It came to this gate, which recorded it.
            known: true,
        })
    };
    cosignatures.iter().map(view).collect()
}

/// The time by a witness's clock as the screen shows it.
pub(crate) fn time_of_witness(seconds: u64, offset_s: i32) -> Result<String, StoreError> {
    let wall_ms = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| seconds.checked_mul(1000));
    local_time(wall_ms.ok_or(StoreError::Damaged)?, offset_s)
}

fn erasure(leaf: &gatepost_ledger::Leaf) -> Option<ErasureView> {
    let Body::Erase {
        class,
        from,
        to,
        count,
    } = &leaf.body
    else {
        return None;
    };
    Some(ErasureView {
        position: shown(leaf.position),
        class: *class,
        from: day_text(*from),
        to: day_text(*to),
        count: shown(*count),
    })
}

fn disk_view(state: &State) -> DiskView {
    DiskView {
        free_mb: state.disk.map_or(0, |disk| shown(disk.free_bytes / 1_000_000)),
        alarm: state.disk.is_some_and(|disk| disk.is_alarming()),
        reserve_used: state.disk.is_some_and(|disk| disk.reserve == ReserveState::Used),
    }
}

fn held(hold: &HoldView) -> Result<HeldDays, DeskError> {
    Ok(HeldDays {
        from: day_of(&hold.from)?,
        to: day_of(&hold.to)?,
    })
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
