//! One owner of state, and what everything else asks it for.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use gatepost_camera::Opener;
use gatepost_ledger::{Body, Moment, PersonNumber, Role};
use gatepost_rules::Policy;
use gatepost_store::{DiskSpace, NewRecord, Person, Reader, Store, StoreError, VaultKind, Venue};

use crate::accounts::person_view;
use crate::clock::Clock;
use crate::date::Asked;
use crate::door::Door;
use crate::error::DeskError;
use crate::eye::Eye;
use crate::gate::GateCache;
use crate::housekeeping::Keeping;
use crate::inspector::Inspecting;
use crate::preview::PreviewTap;
use crate::rows::Words;
use crate::session::{Patience, Session};
use crate::view::{
    AppView, Appearance, AuditView, CameraView, DoorView, ExportProgress, InspectorView, PersonView,
    ScanHelp, StoreFault, WitnessingView,
};
use crate::witnessing::Witnessing;

/// A sound of the door. Four contours and lengths, so that a guard knows the verdict without looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earcon {
    /// Let in: two rising notes.
    Admit,
    /// Look: two equal notes.
    Attention,
    /// Refused: one low, long note.
    Refuse,
    /// A code was read: a soft tick.
    Read,
}

/// Shows what changed. The desk never waits for it.
pub trait Presenter: Send + Sync {
    /// The room changed.
    fn app_changed(&self, view: &AppView);
    /// The door changed.
    fn door_changed(&self, view: &DoorView);
    /// An export went on.
    fn export_progress(&self, progress: ExportProgress);
    /// The audit of the own ledger went on or ended.
    fn audit_changed(&self, view: &AuditView);
    /// Witnessing at the gate went on.
    fn witnessing_changed(&self, view: &WitnessingView);
    /// The inspector's own device has something new to show.
    fn inspector_changed(&self, view: &InspectorView);
    /// A sound.
    fn sound(&self, earcon: Earcon);
}

/// Where frames come from.
#[derive(Clone)]
pub enum CameraSource {
    /// A webcam: the one the manager chose, or the first that works.
    Webcam,
    /// A recording that is played again and again.
    Recording(PathBuf),
    /// Drawn visitors, for demonstrations.
    Demo,
    /// A source of the caller's own, for measurements that must know when a frame was there.
    Given(Arc<dyn Opener>),
}

/// How the program was started.
#[derive(Clone)]
pub struct DeskOptions {
    /// The data folder.
    pub data_folder: PathBuf,
    /// The export folder.
    pub export_folder: PathBuf,
    /// Frames.
    pub camera: CameraSource,
    /// Where a new data folder keeps its secrets; an existing one remembers.
    pub vault: VaultKind,
    /// The folder of a witness, where this device is or becomes an inspector's own.
    pub inspector_folder: PathBuf,
    /// Starts as an inspector's own device and never opens the data folder.
    pub as_inspector: bool,
}

/// The program without a window.
pub struct Desk {
    pub(crate) options: DeskOptions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) presenter: Arc<dyn Presenter>,
    /// Reads beside the door, so that a manager's long query never delays a verdict. Before `state`: whoever
    /// only reads goes first, so that the writer is the last to close the database and leaves one whole file.
    pub(crate) reader: Mutex<Option<Reader>>,
    /// What is done in idle time. Locked before `state` and never while it is.
    pub(crate) keeping: Mutex<Keeping>,
    pub(crate) state: Mutex<State>,
    /// Never locked while `state` is: the eye's own thread takes `state`.
    pub(crate) eye: Mutex<Option<Eye>>,
    pub(crate) preview: PreviewTap,
    /// Held while an export is written: two in one second would share a file name.
    pub(crate) exporting: Mutex<()>,
    /// For the threads that this desk starts; they must not keep it alive.
    pub(crate) me: Weak<Desk>,
}

/// What the lock guards.
pub(crate) struct State {
    pub(crate) data: Result<Data, StoreFault>,
    pub(crate) appearance: Appearance,
    pub(crate) session: Option<Session>,
    pub(crate) patience: Patience,
    pub(crate) door: Door,
    pub(crate) gate: GateCache,
    pub(crate) camera: CameraView,
    /// What would make the code before the camera readable.
    pub(crate) help: Option<ScanHelp>,
    pub(crate) revision: u32,
    /// When a key was pressed or a code seen last, on the monotonic clock.
    pub(crate) touched: Duration,
    /// As it was looked at last.
    pub(crate) disk: Option<DiskSpace>,
    /// Erasures wait until a manager confirms the clock.
    pub(crate) clock_unconfirmed: bool,
    /// Somebody should be asked if the date is right.
    pub(crate) wants_date: bool,
    /// When the question was put last.
    pub(crate) date_asked: Asked,
    pub(crate) audit: AuditView,
    /// The last audit that came to its end found a fault.
    pub(crate) broken: bool,
    /// A whole audit is running on a thread of its own.
    pub(crate) auditing: bool,
    pub(crate) witnessing: Witnessing,
    /// Whether this is an inspector's own device.
    pub(crate) as_inspector: bool,
    /// Open, where it is.
    pub(crate) inspecting: Option<Inspecting>,
}

/// Open data.
pub(crate) struct Data {
    /// The door's own reader; closed before the writer.
    pub(crate) reader: Reader,
    pub(crate) store: Store,
    pub(crate) venue: Option<Venue>,
    pub(crate) policy: Policy,
    /// Everybody who may sign in.
    pub(crate) people: Vec<PersonView>,
    pub(crate) words: Words,
    pub(crate) boot: u32,
}

impl Desk {
    /// Opens the data. A fault is not the end: the program shows it and tries again when asked.
    #[must_use]
    pub fn start(options: DeskOptions, clock: Arc<dyn Clock>, presenter: Arc<dyn Presenter>) -> Arc<Desk> {
        let state = State {
            as_inspector: options.as_inspector,
            data: Err(StoreFault::Unreadable),
            appearance: Appearance {
                locale: Default::default(),
                theme: Default::default(),
                sound: true,
            },
            session: None,
            patience: Patience::default(),
            door: Door::default(),
            gate: GateCache::default(),
            camera: CameraView::Opening,
            help: None,
            revision: 0,
            touched: clock.since_start(),
            disk: None,
            clock_unconfirmed: false,
            wants_date: false,
            date_asked: Asked::default(),
            audit: AuditView::NotYet,
            broken: false,
            auditing: false,
            witnessing: Witnessing::Idle,
            inspecting: None,
        };
        let desk = Arc::new_cyclic(|me| Desk {
            options,
            clock,
            presenter,
            state: Mutex::new(state),
            reader: Mutex::new(None),
            keeping: Mutex::default(),
            eye: Mutex::new(None),
            preview: PreviewTap::default(),
            exporting: Mutex::new(()),
            me: Weak::clone(me),
        });
        desk.open();
        desk.start_housekeeping();
        desk
    }

    /// The whole program; after a fault the data are tried again.
    #[must_use]
    pub fn app(&self) -> AppView {
        let closed = {
            let state = self.lock();
            state.data.is_err() && state.inspecting.is_none()
        };
        if closed {
            self.open();
        }
        self.app_view(&self.lock())
    }

    /// Look and sound. Anybody at the device may change them.
    ///
    /// # Errors
    /// A store fault.
    pub fn set_appearance(&self, appearance: Appearance) -> Result<AppView, DeskError> {
        let mut state = self.lock();
        state.appearance = appearance;
        let text = serde_json::to_string(&appearance).expect("three plain values serialise");
        if let Ok(data) = &mut state.data {
            data.store.set_setting("appearance", &text)?;
        } else if state.inspecting.is_some()
            && let Err(error) = fs::write(self.inspectors_appearance(), text)
        {
            tracing::warn!(%error, "the appearance could not be kept");
        }
        Ok(self.show_app(&state))
    }

    /// Where an inspector's own device keeps its look: it has no settings.
    pub(crate) fn inspectors_appearance(&self) -> PathBuf {
        self.options.inspector_folder.join("appearance.json")
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not end the door: the state is whole between statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn moment(&self, boot: u32) -> Moment {
        self.moment_at(self.clock.now(), boot)
    }

    /// Both clocks, the wall clock as it was read already: day and time of an entry must be those of one
    /// reading.
    pub(crate) fn moment_at(&self, wall: DateTime<FixedOffset>, boot: u32) -> Moment {
        let monotonic_ms = u64::try_from(self.clock.since_start().as_millis()).unwrap_or(u64::MAX);
        Moment {
            wall_ms: wall.timestamp_millis(),
            boot,
            monotonic_ms,
        }
    }

    pub(crate) fn record(
        &self,
        state: &mut State,
        by: Option<PersonNumber>,
        body: Body,
    ) -> Result<u64, DeskError> {
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        Ok(data.store.append(&NewRecord { at, gate, by, body })?)
    }

    pub(crate) fn show_app(&self, state: &State) -> AppView {
        let view = self.app_view(state);
        self.presenter.app_changed(&view);
        view
    }

    /// The program ends: readers close before the writer, which leaves one whole database file. Nothing is
    /// lost without it; every record was on the disk before it was shown.
    pub fn close(&self) {
        self.close_eye();
        self.stop_housekeeping();
        drop(self.reader.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut state = self.lock();
        let was_set_up = state.data.as_ref().is_ok_and(|data| data.venue.is_some());
        if was_set_up && let Err(error) = self.record(&mut state, None, Body::Shutdown) {
            tracing::warn!(%error, "the end of the program could not be recorded");
        }
        state.data = Err(StoreFault::Unreadable);
    }
}

impl State {
    pub(crate) fn data(&mut self) -> Result<&mut Data, DeskError> {
        self.data
            .as_mut()
            .map_err(|fault| DeskError::Store { fault: *fault })
    }

    pub(crate) fn boot(&self) -> u32 {
        self.data.as_ref().map_or(1, |data| data.boot)
    }

    /// The signed-in person, when the role is the right one.
    pub(crate) fn require(&self, role: Role) -> Result<&Session, DeskError> {
        self.require_one_of(&[role])
    }

    /// The signed-in person, when the role is one of these.
    pub(crate) fn require_one_of(&self, roles: &[Role]) -> Result<&Session, DeskError> {
        let session = self.session.as_ref().ok_or(DeskError::SignedOut)?;
        if !roles.contains(&session.role) {
            return Err(DeskError::Forbidden);
        }
        Ok(session)
    }
}

impl Data {
    /// Reads again what is kept in memory: venue, rules, people.
    pub(crate) fn refresh(&mut self) -> Result<(), StoreError> {
        self.venue = self.store.venue()?;
        self.policy = self.store.policy()?;
        let people = self.store.people()?;
        let named = |person: &Person| person_view(person.number, person.role, &person.name);
        self.people = people.iter().filter(|person| person.active).map(named).collect();
        self.words.masked = people
            .iter()
            .map(|person| (person.number, named(person).masked))
            .collect();
        Ok(())
    }

    pub(crate) fn gate_name(&self) -> String {
        self.venue
            .as_ref()
            .map(|venue| venue.gate.clone())
            .unwrap_or_default()
    }
}
