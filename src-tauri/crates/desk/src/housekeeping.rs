//! What the program does by itself, without making anybody wait: it erases what is due, audits the ledger in idle
//! time, and watches the room on the disk.

use std::ops::ControlFlow;
use std::sync::{MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_ledger::audit::{Fault, Trust};
use gatepost_store::{AuditOptions, Audited, IncrementalAudit, ReserveState, Step, StoreError, audit_folder};
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::gate::TICK;
use crate::office::READERS;
use crate::view::{AlarmsView, AuditView, StoreFault, WarningView};

/// Nobody pressed a key and no code was seen for so long: nobody is at the door.
const IDLE_AFTER: Duration = Duration::from_secs(5);
/// One slice of the audit: less than a tenth of the time between two of them.
const AUDIT_SLICE: Duration = Duration::from_millis(20);
/// A ledger that was whole is audited again after so long.
const BETWEEN_AUDITS: Duration = Duration::from_secs(6 * 60 * 60);
/// One that was not, after so long: whoever mended it should not see the alarm for hours.
const AFTER_A_BROKEN_LEDGER: Duration = Duration::from_secs(10 * 60);
const BETWEEN_ERASURES: Duration = Duration::from_secs(60 * 60);
/// A door where somebody is all the time waits with an erasure for no longer than this.
const ERASES_ANYWAY_AFTER: Duration = Duration::from_secs(10 * 60);
/// What failed is tried again after so long.
const AFTER_A_FAULT: Duration = Duration::from_secs(60);
/// The setting that keeps the fault of a ledger that is not whole.
const FAULT_SETTING: &str = "audit_fault";
const BETWEEN_LOOKS_AT_THE_DISK: Duration = Duration::from_secs(30);
/// Screens hear of an audit at most this often.
const BETWEEN_WORDS: Duration = Duration::from_millis(250);

/// When what is due again, on the monotonic clock, and the audit in idle time.
#[derive(Default)]
pub(crate) struct Keeping {
    stopped: bool,
    audit: Option<IncrementalAudit>,
    next_audit: Duration,
    next_erasure: Duration,
    next_look_at_the_disk: Duration,
    told: Option<Instant>,
}

/// What somebody has to see to.
pub(crate) fn alarms(state: &State) -> AlarmsView {
    AlarmsView {
        disk: state.disk.is_some_and(|disk| disk.is_alarming()),
        reserve_used: state.disk.is_some_and(|disk| disk.reserve == ReserveState::Used),
        ledger_broken: state.broken,
        clock_unconfirmed: state.clock_unconfirmed,
    }
}

impl Desk {
    pub(crate) fn start_housekeeping(&self) {
        let desk = self.me.clone();
        let thread = thread::Builder::new()
            .name("housekeeping".to_owned())
            .spawn(move || keep_house(&desk));
        if let Err(error) = thread {
            // The door works without it; erasure is made up for at the next start.
            tracing::error!(%error, "no thread for the housekeeping");
        }
    }

    pub(crate) fn stop_housekeeping(&self) {
        let mut keeping = self.keeping();
        keeping.stopped = true;
        keeping.audit = None;
    }

    /// Begins to audit the whole ledger now; [`crate::Presenter::audit_changed`] tells how it goes on.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager or an inspector, or a store fault.
    pub fn audit_now(&self) -> Result<AuditView, DeskError> {
        let (folder, view) = {
            let mut state = self.lock();
            state.require_one_of(&READERS)?;
            if state.auditing {
                return Ok(state.audit.clone());
            }
            let folder = state.data()?.store.folder().to_owned();
            let of = state.data()?.reader.records()?;
            state.auditing = true;
            state.audit = AuditView::Running {
                checked: 0,
                of: shown(of),
            };
            (folder, state.audit.clone())
        };
        self.keeping().audit = None;
        self.presenter.audit_changed(&view);
        let (desk, begun) = (self.me.clone(), view.clone());
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || {
            let ended = audit_folder(
                &folder,
                AuditOptions {
                    // The door keeps the other processors.
                    threads: 1,
                    go_on: Some(&mut teller(desk.clone(), begun)),
                    ..AuditOptions::default()
                },
            );
            if let Some(desk) = desk.upgrade() {
                desk.audit_ended(ended);
            }
        });
        if let Err(error) = thread {
            tracing::error!(%error, "no thread for the audit");
            self.audit_ended(Err(StoreError::Locked));
        }
        Ok(view)
    }

    fn audit_ended(&self, ended: Result<Audited, StoreError>) {
        let now = self.clock.since_start();
        self.keeping().next_audit = now + until_next(ended.as_ref());
        let mut state = self.lock();
        state.auditing = false;
        let view = match ended {
            Ok(audited) => self.audit_view(audited),
            Err(error) => AuditView::Unreadable {
                fault: StoreFault::of(&error),
            },
        };
        self.show_audit(&mut state, view);
    }

    fn audit_view(&self, audited: Audited) -> AuditView {
        match audited {
            Audited::Sound(report) => AuditView::Whole {
                size: shown(report.ledger.size),
                at: self.clock.now().to_rfc3339(),
                warnings: WarningView::of_report(&report.ledger),
            },
            Audited::Faulty(fault) => broken(&fault),
            Audited::Cancelled => AuditView::NotYet,
        }
    }

    fn show_audit(&self, state: &mut State, view: AuditView) {
        if let AuditView::Broken { position, rule, .. } = &view {
            tracing::error!(position, rule, "the ledger is not whole");
        }
        let before = alarms(state);
        match &view {
            AuditView::Broken { .. } | AuditView::Whole { .. } => {
                state.broken = matches!(view, AuditView::Broken { .. });
                keep_fault(state, &view);
            }
            // A gate is not compared with anybody's memory.
            AuditView::Older { .. } => {}
            AuditView::NotYet | AuditView::Running { .. } | AuditView::Unreadable { .. } => {}
        }
        state.audit = view;
        self.presenter.audit_changed(&state.audit);
        if alarms(state) != before {
            self.show_app(state);
        }
    }

    /// A ledger that was not whole when the program ended is not whole until an audit says so.
    pub(crate) fn recall_the_fault(state: &mut State) {
        let text = state
            .data()
            .and_then(|data| Ok(data.store.setting(FAULT_SETTING)?));
        let Some(text) = text.ok().flatten() else {
            return;
        };
        if let Ok(Some(fault)) = serde_json::from_str::<Option<KeptFault>>(&text) {
            state.broken = true;
            state.audit = fault.into();
        }
    }

    pub(crate) fn keeping(&self) -> MutexGuard<'_, Keeping> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One round; false at the end of the program.
    fn keep_house(&self) -> bool {
        let mut keeping = self.keeping();
        if keeping.stopped {
            return false;
        }
        let now = self.clock.since_start();
        let (idle, nobody_at_the_door) = {
            let state = self.lock();
            if !state.data.as_ref().is_ok_and(|data| data.venue.is_some()) {
                return true;
            }
            let idle = now.saturating_sub(state.touched) >= IDLE_AFTER;
            (idle, idle || state.require_shift().is_err())
        };
        if now >= keeping.next_look_at_the_disk {
            keeping.next_look_at_the_disk = now + BETWEEN_LOOKS_AT_THE_DISK;
            self.look_at_the_disk();
        }
        let quiet_enough = nobody_at_the_door || now >= keeping.next_erasure + ERASES_ANYWAY_AFTER;
        if now >= keeping.next_erasure && quiet_enough {
            keeping.next_erasure = match self.erase_a_day() {
                // The next day at the next round.
                Ok(true) => keeping.next_erasure,
                Ok(false) => now + BETWEEN_ERASURES,
                Err(error) => {
                    tracing::warn!(%error, "what is due could not be erased");
                    now + AFTER_A_FAULT
                }
            };
        } else if idle && (keeping.audit.is_some() || now >= keeping.next_audit) {
            self.audit_a_little(&mut keeping, now);
        }
        true
    }

    /// Reads again how much room there is; tells of a new alarm.
    pub(crate) fn look_at_the_disk(&self) {
        let mut state = self.lock();
        let before = alarms(&state);
        if let Ok(data) = &mut state.data {
            match data.store.disk_space() {
                Ok(space) => state.disk = Some(space),
                Err(error) => tracing::warn!(%error, "nobody says how much room there is"),
            }
        }
        if alarms(&state) != before {
            self.show_app(&state);
        }
    }

    /// Erases one day that is due; false where none is any more.
    fn erase_a_day(&self) -> Result<bool, DeskError> {
        let mut state = self.lock();
        let before = alarms(&state);
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        let erased = data.store.erase_one_due_day(at, &gate)?;
        if let Some(erased) = &erased {
            tracing::info!(position = erased.position, count = erased.count, "erased");
            return Ok(true);
        }
        let waits = data.store.due_erasures(at)?.waits_for_confirmation;
        state.clock_unconfirmed = !waits.is_empty();
        let asked = self.asked_date(&state);
        self.look_at_the_date(&mut state)?;
        if alarms(&state) != before || self.asked_date(&state) != asked {
            self.show_app(&state);
        }
        Ok(false)
    }

    /// What is due is erased at the next round: the policy, a hold or the clock has changed.
    pub(crate) fn erase_soon(&self) {
        let now = self.clock.since_start();
        self.keeping().next_erasure = now;
    }

    fn audit_a_little(&self, keeping: &mut Keeping, now: Duration) {
        let folder = {
            let state = self.lock();
            match &state.data {
                Ok(data) if !state.auditing => data.store.folder().to_owned(),
                Ok(_) | Err(_) => return,
            }
        };
        let audit = match keeping.audit.take() {
            Some(audit) => Ok(audit),
            None => IncrementalAudit::begin(&folder, Trust::default()),
        };
        let stepped = audit.and_then(|mut audit| Ok((audit.step(AUDIT_SLICE)?, audit)));
        match stepped {
            Ok((Step::Going { done, of }, audit)) => {
                keeping.audit = Some(audit);
                let mut state = self.lock();
                // What is known of a broken ledger stays on the page; the next answer takes its place.
                let is_heard =
                    !state.broken && keeping.told.is_none_or(|told| told.elapsed() >= BETWEEN_WORDS);
                if is_heard {
                    keeping.told = Some(Instant::now());
                    let view = AuditView::Running {
                        checked: shown(done),
                        of: shown(of),
                    };
                    self.show_audit(&mut state, view);
                }
            }
            Ok((Step::Done(audited), _)) => {
                keeping.next_audit = now + until_next(Ok(&audited));
                let view = self.audit_view(audited);
                self.show_audit(&mut self.lock(), view);
            }
            Err(error) => {
                keeping.next_audit = now + AFTER_A_FAULT;
                let fault = StoreFault::of(&error);
                self.show_audit(&mut self.lock(), AuditView::Unreadable { fault });
            }
        }
    }
}

fn keep_house(desk: &Weak<Desk>) {
    while desk.upgrade().is_some_and(|desk| desk.keep_house()) {
        thread::sleep(TICK);
    }
}

/// Tells the screen now and then how far an audit is; ends the audit with the program.
fn teller(desk: Weak<Desk>, begun: AuditView) -> impl FnMut(u64) -> ControlFlow<()> {
    let mut told = Instant::now();
    let of = match begun {
        AuditView::Running { of, .. } => of,
        _ => 0,
    };
    move |done| {
        let Some(desk) = desk.upgrade() else {
            return ControlFlow::Break(());
        };
        if desk.keeping().stopped {
            return ControlFlow::Break(());
        }
        if told.elapsed() >= BETWEEN_WORDS {
            told = Instant::now();
            let checked = shown(done);
            desk.show_audit(&mut desk.lock(), AuditView::Running { checked, of });
        }
        ControlFlow::Continue(())
    }
}

/// When the ledger is audited again by itself after this end.
fn until_next(ended: Result<&Audited, &StoreError>) -> Duration {
    match ended {
        Ok(Audited::Faulty(_)) => AFTER_A_BROKEN_LEDGER,
        Ok(Audited::Sound(_) | Audited::Cancelled) | Err(_) => BETWEEN_AUDITS,
    }
}

/// [`AuditView::Broken`] as it outlives the program.
#[derive(Serialize, Deserialize)]
struct KeptFault {
    position: u32,
    rule: String,
    expected: String,
    found: String,
}

impl From<KeptFault> for AuditView {
    fn from(fault: KeptFault) -> AuditView {
        let KeptFault {
            position,
            rule,
            expected,
            found,
        } = fault;
        AuditView::Broken {
            position,
            rule,
            expected,
            found,
        }
    }
}

/// Keeps the fault of an audit that came to its end, or that there is none.
fn keep_fault(state: &mut State, view: &AuditView) {
    let fault = match view.clone() {
        AuditView::Broken {
            position,
            rule,
            expected,
            found,
        } => Some(KeptFault {
            position,
            rule,
            expected,
            found,
        }),
        _ => None,
    };
    let text = serde_json::to_string(&fault).expect("numbers and words serialise");
    let kept = state.data().and_then(|data| {
        // Nothing is written where nothing changes: a whole ledger is audited over and over.
        let before = data.store.setting(FAULT_SETTING)?;
        if before.as_deref().unwrap_or("null") != text {
            data.store.set_setting(FAULT_SETTING, &text)?;
        }
        Ok(())
    });
    if let Err(error) = kept {
        tracing::warn!(%error, "the fault of the ledger could not be kept");
    }
}

pub(crate) fn broken(fault: &Fault) -> AuditView {
    AuditView::Broken {
        position: shown(fault.position),
        rule: fault.rule.word().to_owned(),
        expected: fault.expected.clone(),
        found: fault.found.clone(),
    }
}

/// A number of records as the screen counts it.
pub(crate) fn shown(records: u64) -> u32 {
    u32::try_from(records).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{CameraSource, DeskOptions, Earcon, Presenter};
    use crate::view::{DoorView, ExportProgress, InspectorView, WitnessingView};
    use crate::{SystemClock, VaultKind};
    use gatepost_store::DiskSpace;
    use std::sync::Arc;

    struct Silent;

    impl Presenter for Silent {
        fn app_changed(&self, _: &crate::view::AppView) {}
        fn door_changed(&self, _: &DoorView) {}
        fn export_progress(&self, _: ExportProgress) {}
        fn audit_changed(&self, _: &AuditView) {}
        fn witnessing_changed(&self, _: &WitnessingView) {}
        fn inspector_changed(&self, _: &InspectorView) {}
        fn sound(&self, _: Earcon) {}
    }

    #[test]
    fn a_disk_that_fills_alarms_every_room_and_more_so_once_the_reserve_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = DeskOptions {
            data_folder: folder.path().join("data"),
            export_folder: folder.path().join("exports"),
            camera: CameraSource::Demo,
            vault: VaultKind::KeyFile,
            inspector_folder: folder.path().join("inspector"),
            as_inspector: false,
        };
        let desk = Desk::start(options, Arc::new(SystemClock::start()), Arc::new(Silent));
        let alarms = |free_bytes, reserve| {
            desk.lock().disk = Some(DiskSpace { free_bytes, reserve });
            let alarms = desk.app().alarms;
            (alarms.disk, alarms.reserve_used)
        };
        assert_eq!(alarms(500_000_000, ReserveState::Present), (false, false));
        assert_eq!(alarms(499_999_999, ReserveState::Present), (true, false));
        assert_eq!(alarms(900_000_000, ReserveState::Used), (true, true));
    }
}
