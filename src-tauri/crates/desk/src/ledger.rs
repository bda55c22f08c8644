//! The ledger on the screen of managers and inspectors: seal, retention, keys.

use gatepost_ledger::fingerprint::{self, Fingerprint};
use gatepost_ledger::{Body, RetentionPolicy, Role};
use gatepost_report::Language;
use gatepost_store::{
    HeldDays, LedgerKey, ReserveState, SignedSeal, StoreError, StoredCosignature, VaultKind,
};

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::housekeeping::shown;
use crate::office::{READERS, language};
use crate::rows::{day_of, day_text, local_range, local_time, short};
use crate::view::{
    DiskView, ErasureView, HoldView, KeyChangeForm, KeysView, LedgerView, Locale, QrView, RetentionView,
    SealView, WitnessView,
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
