//! The door's commands: keys, codes, entries.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use gatepost_codes::{EvidenceLevel, Freshness, LONGEST_PAYLOAD_BYTES};
use gatepost_ledger::{Entry, Role, VoidReason};
use gatepost_rules::{Fault, Observation, Verdict, VerdictKind};
use gatepost_store::{EntryFilter, NewEntry, PersonNumber, ScanId, Seen, StoredEntry, Token};

use crate::desk::{Data, Desk, Earcon, State};
use crate::door::{Effect, Sight, Surroundings};
use crate::error::DeskError;
use crate::rows::{counts, local_time, short};
use crate::view::{
    CameraView, CardView, CodeSlot, Counts, DoorKey, DoorView, EntryRow, ScanHelp, VisitorView,
};
use crate::visitor::{SeenCode, SeenNow, Shown};

/// Lines on the door screen.
const RECENT: u16 = 5;
/// An admission calms down soon; everything else stays until the next visitor or half a minute.
const ADMISSION_STAYS_MS: u32 = 4_000;
const OTHERS_STAY_MS: u32 = 30_000;
/// A guard may strike the own last entry through for this long; later a manager does.
const OWN_VOID_WITHIN_MS: i64 = 10 * 60 * 1000;

/// What the door screen shows of the store, read again after every record and not with every key.
#[derive(Debug, Default)]
pub(crate) struct GateCache {
    pub(crate) counts: Counts,
    pub(crate) recent: Vec<EntryRow>,
    pub(crate) cases: Vec<EntryRow>,
    pub(crate) card: Option<CardView>,
    /// The newest own entry that still stands: position and wall clock.
    last_own: Option<(u64, i64)>,
}

/// A code in a frame, before anybody looked anything up.
pub(crate) struct Sighting<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) colour: Option<SeenNow>,
}

impl Desk {
    /// Everything the door screen shows.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::NoOpenShift`], or a store fault.
    pub fn door(&self) -> Result<DoorView, DeskError> {
        let mut state = self.lock();
        state.require_shift()?;
        self.door_view(&mut state)
    }

    /// One key at the door.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::NoOpenShift`], or a store fault.
    pub fn press(&self, key: DoorKey) -> Result<DoorView, DeskError> {
        let pressed = Instant::now();
        let mut state = self.lock();
        let guard = state.require_shift()?;
        let now = self.clock.since_start();
        state.touched = now;
        let policy = state.data()?.policy.clone();
        let cases: Vec<u64> = state
            .gate
            .cases
            .iter()
            .map(|row| u64::from(row.position))
            .collect();
        let wall_ms = self.clock.now().timestamp_millis();
        let last_own_entry = state
            .gate
            .last_own
            .filter(|(_, written_ms)| wall_ms - written_ms <= OWN_VOID_WITHIN_MS)
            .map(|(position, _)| position);
        let fault = matches!(state.camera, CameraView::NoPicture { .. }).then_some(Fault::CameraNoPicture);
        let around = Surroundings {
            policy: &policy,
            fault,
            now,
            last_own_entry,
            cases: &cases,
        };
        match state.door.press(key, &around) {
            Effect::Show => {}
            Effect::Attention => self.sound(&state, Earcon::Attention),
            Effect::Write { observation, verdict } => {
                self.write(&mut state, guard, &observation, &verdict, pressed)?;
            }
            Effect::Void(reason) => {
                if let Some(position) = last_own_entry {
                    self.void_own(&mut state, guard, position, reason)?;
                }
            }
            Effect::Recall(position) => {
                let stored = state.data()?.reader.entry(position)?;
                if state.door.recall(position, &stored.entry) == Effect::Attention {
                    self.sound(&state, Earcon::Attention);
                }
            }
            Effect::Repeat => {
                if let Some(card) = &state.gate.card {
                    self.sound(&state, earcon(card.entry.verdict));
                }
            }
        }
        self.show_door(&mut state)
    }

    /// A code from a hand scanner that types like a keyboard. It has no colour: the guard says it. Control
    /// characters, which such scanners add as prefix and suffix, are not part of a code.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::NoOpenShift`], or a store fault.
    pub fn hand_scan(&self, typed: &str) -> Result<DoorView, DeskError> {
        let mut state = self.lock();
        state.require_shift()?;
        let code: String = typed
            .chars()
            .filter(|character| !character.is_control())
            .collect();
        if !code.is_empty() && code.len() <= LONGEST_PAYLOAD_BYTES {
            // Whoever pulls the trigger means it: only a visitor who is here already is not scanned twice.
            let token = state.data()?.store.token(code.as_bytes());
            state.touched = self.clock.since_start();
            state.door.look_anew(token);
            let sighting = Sighting {
                payload: code.as_bytes(),
                colour: None,
            };
            let sight = self.code_seen(&mut state, &sighting)?;
            self.sound_of(&state, sight);
        }
        self.show_door(&mut state)
    }

    /// The codes in one frame.
    pub(crate) fn codes_seen(&self, sightings: &[Sighting<'_>]) {
        let mut state = self.lock();
        // What a witness shows is never a visitor's.
        if state.inspecting.is_some() || state.witnessing.is_going_on() {
            for sighting in sightings {
                self.message_seen(&mut state, sighting.payload);
            }
            return;
        }
        if state.require_shift().is_err() {
            return;
        }
        state.touched = self.clock.since_start();
        let mut changed = false;
        for sighting in sightings {
            // Only data that are not open at all give an error here, and then there is no door.
            if let Ok(sight) = self.code_seen(&mut state, sighting) {
                self.sound_of(&state, sight);
                changed |= sight != Sight::Same;
            }
        }
        if changed {
            self.show_door_if_possible(&mut state);
        }
    }

    /// Time passes at the door.
    pub(crate) fn tick(&self) {
        let mut state = self.lock();
        let now = self.clock.since_start();
        if state.require_shift().is_ok() && state.door.tick(now) {
            self.show_door_if_possible(&mut state);
        }
    }

    /// The camera's health changed.
    pub(crate) fn camera_changed(&self, camera: CameraView) {
        let mut state = self.lock();
        if state.camera == camera {
            return;
        }
        state.camera = camera;
        if state.inspecting.is_some() {
            let _ = self.show_inspector(&state);
            return;
        }
        if state.witnessing.is_going_on() {
            self.show_witnessing(&state);
            return;
        }
        match state.require_shift() {
            Ok(_) => self.show_door_if_possible(&mut state),
            // Before the shift the guard looks whether the camera works.
            Err(DeskError::NoOpenShift) => drop(self.show_app(&state)),
            Err(_) => {}
        }
    }

    /// What would make a code readable changed.
    pub(crate) fn help_changed(&self, help: Option<ScanHelp>) {
        let mut state = self.lock();
        if state.help == help {
            return;
        }
        state.help = help;
        // Once a visitor's code is known there is nothing to help with.
        if state.require_shift().is_ok() && state.door.current.shown.is_nothing() {
            self.show_door_if_possible(&mut state);
        }
    }

    fn code_seen(&self, state: &mut State, sighting: &Sighting<'_>) -> Result<Sight, DeskError> {
        let now = self.clock.since_start();
        let token = state.data()?.store.token(sighting.payload);
        if state.door.is_in_view(token, now) {
            return Ok(state.door.still_seen(token, sighting.colour));
        }
        let wall = self.clock.now();
        let data = state.data()?;
        let reading = data.words.issuers.read(sighting.payload, wall.to_utc());
        let Ok(seen) = seen_before(data, token, wall.timestamp_millis()) else {
            return Ok(state.door.cannot_look_up(token, now));
        };
        let colour = sighting.colour;
        Ok(state.door.code_seen(
            SeenCode {
                token,
                reading,
                colour,
                seen,
            },
            now,
        ))
    }

    fn write(
        &self,
        state: &mut State,
        guard: PersonNumber,
        observation: &Observation,
        verdict: &Verdict,
        pressed: Instant,
    ) -> Result<(), DeskError> {
        let wall = self.clock.now();
        let at = self.moment_at(wall, state.boot());
        let scan_id = match state.door.current.scan_id {
            Some(scan_id) => scan_id,
            None => ScanId::random()?,
        };
        state.door.current.scan_id = Some(scan_id);
        let follows = state.door.current.follows.map(|follows| follows.position());
        let entry = Entry::of(observation, verdict, &state.data()?.policy, follows);
        let token = state.door.current.shown.token();
        // The last visitor's card must not stand there when this one's cannot be shown.
        state.gate.card = None;
        let data = state.data()?;
        let new = NewEntry {
            scan_id,
            at,
            day: wall.date_naive(),
            offset_s: wall.offset().local_minus_utc(),
            gate: data.gate_name(),
            guard,
            entry,
            temperature: observation.temperature,
            token,
        };
        let position = match data.store.append_entry(&new) {
            Ok(position) => position,
            Err(fault) => {
                state.door.not_written();
                self.sound(state, Earcon::Attention);
                self.show_door_if_possible(state);
                return Err(fault.into());
            }
        };
        let took_ms = pressed.elapsed().as_secs_f32() * 1000.0;
        state.door.written(position, verdict);
        match self.card(state, position, took_ms) {
            Ok(card) => {
                self.sound(state, earcon(card.entry.verdict));
                state.gate.card = Some(card);
            }
            Err(error) => {
                tracing::error!(%error, "an entry was written and cannot be read back");
                state.door.written_unseen();
                self.sound(state, Earcon::Attention);
            }
        }
        Ok(())
    }

    /// The card of an entry, made from what was read back.
    fn card(&self, state: &mut State, position: u64, took_ms: f32) -> Result<CardView, DeskError> {
        let entry = state.data()?.row(position)?;
        self.refresh_gate(state)?;
        let stays_ms = match entry.verdict {
            VerdictKind::Admit => ADMISSION_STAYS_MS,
            VerdictKind::Hold | VerdictKind::Refuse | VerdictKind::CheckByHand => OTHERS_STAY_MS,
        };
        Ok(CardView {
            entry,
            took_ms,
            stays_ms,
        })
    }

    fn void_own(
        &self,
        state: &mut State,
        guard: PersonNumber,
        position: u64,
        reason: VoidReason,
    ) -> Result<(), DeskError> {
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store.append_void(at, &gate, guard, position, reason, None)?;
        state.door.voided();
        let row = state.data()?.row(position)?;
        if let Some(card) = &mut state.gate.card
            && card.entry.position == row.position
        {
            card.entry = row;
        }
        self.refresh_gate(state)
    }

    /// Reads again what the door shows of the store.
    pub(crate) fn refresh_gate(&self, state: &mut State) -> Result<(), DeskError> {
        let Some((guard, shift)) = state
            .session
            .as_ref()
            .and_then(|session| Some((session.number, session.shift?)))
        else {
            return Ok(());
        };
        let today = self.clock.now().date_naive();
        let data = state.data()?;
        let gate = data.gate_name();
        let rows = |stored: Vec<StoredEntry>| {
            stored
                .iter()
                .map(|one| data.row_of(one))
                .collect::<Result<_, _>>()
        };
        let mut cases: Vec<EntryRow> = rows(data.reader.open_cases(&gate, shift.opened)?)?;
        // Whoever may still come in stands first, newest first: the keys 1 to 9 always reach them.
        cases.sort_by_key(|case| (case.verdict == VerdictKind::Refuse, Reverse(case.position)));
        let last_own = data.reader.last_standing(guard, shift.opened)?;
        let at_gate = EntryFilter {
            gate: Some(gate),
            ..EntryFilter::default()
        };
        let recent = rows(data.reader.page(&at_gate, None, RECENT)?)?;
        let counts = counts(data.reader.counts(&EntryFilter {
            day: Some(today),
            ..at_gate
        })?);
        state.gate = GateCache {
            counts,
            recent,
            cases,
            card: state.gate.card.take(),
            last_own,
        };
        Ok(())
    }

    fn sound_of(&self, state: &State, sight: Sight) {
        match sight {
            Sight::Same | Sight::BetterColour => {}
            Sight::New => self.sound(state, Earcon::Read),
            Sight::NotTaken => self.sound(state, Earcon::Attention),
        }
    }

    fn sound(&self, state: &State, earcon: Earcon) {
        if state.appearance.sound {
            self.presenter.sound(earcon);
        }
    }

    fn show_door(&self, state: &mut State) -> Result<DoorView, DeskError> {
        state.revision += 1;
        let view = self.door_view(state)?;
        self.presenter.door_changed(&view);
        Ok(view)
    }

    fn show_door_if_possible(&self, state: &mut State) {
        if let Err(error) = self.show_door(state) {
            tracing::warn!(%error, "the door could not be shown");
        }
    }

    fn door_view(&self, state: &mut State) -> Result<DoorView, DeskError> {
        let data = state
            .data
            .as_ref()
            .map_err(|fault| DeskError::Store { fault: *fault })?;
        let door = &state.door;
        let follows = door
            .current
            .follows
            .map(|follows| short(follows.position()))
            .transpose()?;
        Ok(DoorView {
            revision: state.revision,
            counts: state.gate.counts,
            camera: state.camera.clone(),
            help: state.help.filter(|_| door.current.shown.is_nothing()),
            visitor: VisitorView {
                code: code_slot(data, &door.current.shown),
                typed: door.typed.clone(),
                temperature: door
                    .current
                    .temperature
                    .map(|(temperature, _)| temperature.tenths()),
                mask: door.current.mask,
                follows,
            },
            prompt: door.prompt(),
            fever_preview: door.is_confirming_fever(),
            card: state.gate.card.clone(),
            waiting: door
                .waiting
                .iter()
                .map(|visitor| code_slot(data, &visitor.shown))
                .collect(),
            cases: state.gate.cases.clone(),
            recent: state.gate.recent.clone(),
            policy: data.policy.clone(),
        })
    }
}

impl State {
    /// The guard with an open shift.
    pub(crate) fn require_shift(&self) -> Result<PersonNumber, DeskError> {
        let session = self.require(Role::Guard)?;
        session.shift.ok_or(DeskError::NoOpenShift)?;
        Ok(session.number)
    }
}

impl Data {
    pub(crate) fn row(&self, position: u64) -> Result<EntryRow, DeskError> {
        self.row_of(&self.reader.entry(position)?)
    }

    pub(crate) fn row_of(&self, stored: &StoredEntry) -> Result<EntryRow, DeskError> {
        let note = match &stored.voided {
            Some(voided) => self.reader.note(voided)?,
            None => None,
        };
        Ok(self.words.row(stored, note)?)
    }
}

fn seen_before(data: &Data, token: Token, wall_ms: i64) -> Result<Option<Seen>, DeskError> {
    let minutes = i64::from(data.policy.repeat_window_minutes);
    if minutes == 0 {
        return Ok(None);
    }
    Ok(data.reader.seen(token, wall_ms - minutes * 60_000)?)
}

fn code_slot(data: &Data, shown: &Shown) -> CodeSlot {
    match shown {
        Shown::Nothing => CodeSlot::Empty,
        Shown::SeenByStaff(colour) => CodeSlot::SeenByStaff { colour: *colour },
        Shown::Document(kind) => CodeSlot::Document { kind: *kind },
        Shown::Decoded {
            reading,
            colour,
            seen,
            ..
        } => CodeSlot::Decoded {
            issuer: reading.issuer.as_ref().and_then(|id| data.words.issuer(id)),
            age_seconds: shown
                .age_seconds()
                .map(|age| i32::try_from(age).unwrap_or(i32::MAX)),
            out_of_date: matches!(
                reading.freshness,
                Freshness::Stale { .. } | Freshness::FromTheFuture { .. }
            ),
            colour: colour.map(|seen| seen.colour),
            colour_source: colour.map(|seen| seen.source),
            evidence: match reading.evidence {
                EvidenceLevel::None => EvidenceLevel::SeenByStaff,
                proven => proven,
            },
            first_seen_at: seen.and_then(|seen| local_time(seen.wall_ms, seen.offset_s).ok()),
        },
    }
}

fn earcon(verdict: VerdictKind) -> Earcon {
    match verdict {
        VerdictKind::Admit => Earcon::Admit,
        VerdictKind::Hold | VerdictKind::CheckByHand => Earcon::Attention,
        VerdictKind::Refuse => Earcon::Refuse,
    }
}

/// How long a thread of the door sleeps at most before it looks at the time again.
pub(crate) const TICK: Duration = Duration::from_millis(250);
