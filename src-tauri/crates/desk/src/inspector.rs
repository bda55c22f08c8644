//! The inspector's own device: it remembers what it saw of each ledger and signs what continues that.
//!
//! Nobody signs in: the device holds no visitor's and no guard's data, and what it may do, its owner may do.

use std::fs;

use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::note::{KeyName, NoteError};
use gatepost_ledger::witness::{Cosigned, KnownLedger as Known, WitnessRefusal, WitnessRequest};
use gatepost_ledger::witness_exchange::WitnessMessage;
use gatepost_store::{StoreError, WitnessFolder, open_vault};

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::ledger::{time_of_witness, words, write_file};
use crate::rows::short;
use crate::view::{
    AppView, CheckView, InspectorStep, InspectorView, KnownLedger, QrView, StoreFault, WitnessRefusalKind,
};

/// Where the seals are kept that this device cosigned, beside its key and its memory.
const SEALS: &str = "seals";
/// Where is kept what a gate showed that contradicts what was seen before.
const EVIDENCE: &str = "evidence";

/// An inspector's own device.
pub(crate) struct Inspecting {
    pub(crate) witness: WitnessFolder,
    step: Step,
    pub(crate) check: Option<CheckView>,
    pub(crate) checking: bool,
}

enum Step {
    Idle,
    Hello { origin: Option<KeyName>, misread: bool },
    First(Box<WitnessRequest>),
    Cosigned(Cosigned),
    Refused(InspectorStep),
}

impl Desk {
    /// Makes this device an inspector's own, which keeps no ledger. For a device that was not set up.
    ///
    /// # Errors
    /// [`DeskError::AlreadySetUp`], or a store fault.
    pub fn use_as_inspector(&self) -> Result<AppView, DeskError> {
        {
            let mut state = self.lock();
            if state.inspecting.is_none() && state.data()?.venue.is_some() {
                return Err(DeskError::AlreadySetUp);
            }
            state.as_inspector = true;
        }
        self.open_inspector();
        Ok(self.show_app(&self.lock()))
    }

    /// Goes back to the first screen; what this device has seen is kept.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`].
    pub fn leave_inspector(&self) -> Result<AppView, DeskError> {
        {
            let mut state = self.lock();
            state.inspecting.take().ok_or(DeskError::NotAnInspector)?;
            state.as_inspector = false;
        }
        self.close_eye();
        if self.lock().data.is_err() {
            self.open_data();
        }
        Ok(self.show_app(&self.lock()))
    }

    /// Everything on the inspector's screen.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`], or a store fault.
    pub fn inspector(&self) -> Result<InspectorView, DeskError> {
        self.inspector_view(&self.lock())
    }

    /// Begins a visit: shows the first code and opens the camera. `origin` is a known ledger, or none for a first
    /// visit.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for a ledger that this device does not know, [`DeskError::NotAnInspector`].
    pub fn begin_visit(&self, origin: Option<&str>) -> Result<InspectorView, DeskError> {
        {
            let mut state = self.lock();
            let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
            let origin = match origin {
                None => None,
                Some(text) => {
                    let name = KeyName::new(text).map_err(|_| DeskError::NotFound)?;
                    inspecting
                        .witness
                        .memory()?
                        .known(&name)
                        .ok_or(DeskError::NotFound)?;
                    Some(name)
                }
            };
            inspecting.step = Step::Hello {
                origin,
                misread: false,
            };
        }
        self.open_eye();
        self.show_inspector(&self.lock())
    }

    /// The inspector compared the words: this ledger is trusted from now on, and cosigned.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessing`] where nobody is asked, [`DeskError::NotAnInspector`], or a store fault.
    pub fn trust_first_contact(&self) -> Result<InspectorView, DeskError> {
        let mut state = self.lock();
        let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
        let Step::First(request) = &inspecting.step else {
            return Err(DeskError::NotWitnessing);
        };
        let request = request.clone();
        self.consider(&mut state, &request, true)?;
        self.show_inspector(&state)
    }

    /// Ends the visit and closes the camera.
    ///
    /// # Errors
    /// [`DeskError::NotAnInspector`].
    pub fn end_visit(&self) -> Result<InspectorView, DeskError> {
        {
            let mut state = self.lock();
            let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
            inspecting.step = Step::Idle;
        }
        self.close_eye();
        self.show_inspector(&self.lock())
    }

    /// A code from a hand scanner that types like a keyboard, or its text pasted.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessing`], [`DeskError::NotAnInspector`], or a store fault.
    pub fn inspector_typed(&self, typed: &str) -> Result<InspectorView, DeskError> {
        let mut state = self.lock();
        let inspecting = state.inspecting.as_ref().ok_or(DeskError::NotAnInspector)?;
        if !matches!(inspecting.step, Step::Hello { .. }) {
            return Err(DeskError::NotWitnessing);
        }
        self.gate_message(&mut state, WitnessMessage::parse_line(typed))?;
        self.show_inspector(&state)
    }

    /// A code before the inspector's camera.
    pub(crate) fn gate_seen(&self, state: &mut State, payload: &[u8]) {
        let before = self.inspector_view(state).ok();
        if let Err(error) = self.gate_message(state, WitnessMessage::parse(payload)) {
            tracing::error!(%error, "a gate's code could not be answered");
        }
        if self.inspector_view(state).ok() != before {
            let _ = self.show_inspector(state);
        }
    }

    fn gate_message(
        &self,
        state: &mut State,
        message: Result<WitnessMessage, NoteError>,
    ) -> Result<(), DeskError> {
        let Some(Inspecting {
            step: Step::Hello { misread, .. },
            ..
        }) = &mut state.inspecting
        else {
            return Ok(());
        };
        match message {
            Ok(WitnessMessage::Request(request)) => self.consider(state, &request, false),
            // The own code in a mirror.
            Ok(WitnessMessage::Hello(_)) => Ok(()),
            Ok(WitnessMessage::Cosignature(_)) | Err(_) => {
                *misread = true;
                Ok(())
            }
        }
    }

    fn consider(&self, state: &mut State, request: &WitnessRequest, trust: bool) -> Result<(), DeskError> {
        let now = u64::try_from(self.clock.now().timestamp()).unwrap_or(0);
        let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
        let origin = request.key.name().clone();
        let known = inspecting.witness.memory()?.known(&origin).cloned();
        let considered = inspecting.witness.consider(request, now, trust)?;
        inspecting.step = match considered {
            Ok(cosigned) => {
                self.keep_seal(request, &cosigned);
                Step::Cosigned(cosigned)
            }
            Err(WitnessRefusal::UnknownLedger) => Step::First(Box::new(request.clone())),
            Err(refusal) => match kind_of(&refusal) {
                Some(kind) => Step::Refused(self.refused(request, known.as_ref(), (kind, &refusal), now)?),
                // The gate answered another hello: an older one of this device, or that of another.
                None => Step::Hello {
                    origin: known.map(|_| origin),
                    misread: true,
                },
            },
        };
        Ok(())
    }

    /// The seal as it was seen and signed, to check files against later. The memory is what counts; this is a copy
    /// with the gate's own signature.
    fn keep_seal(&self, request: &WitnessRequest, cosigned: &Cosigned) {
        let mut note = request.note();
        note.signatures.push(cosigned.line.clone());
        let path = self.seal_path(request.key.name());
        let _ = fs::remove_file(&path);
        if let Err(error) = write_file(&path, note.to_string().as_bytes()) {
            tracing::warn!(%error, "the seal could not be kept");
        }
    }

    pub(crate) fn seal_path(&self, origin: &KeyName) -> std::path::PathBuf {
        self.options.inspector_folder.join(SEALS).join(file_name(origin))
    }

    fn refused(
        &self,
        request: &WitnessRequest,
        known: Option<&Known>,
        (kind, refusal): (WitnessRefusalKind, &WitnessRefusal),
        now: u64,
    ) -> Result<InspectorStep, DeskError> {
        let alarm = refusal.is_alarm();
        let evidence = alarm
            .then(|| self.keep_evidence(request, known, refusal, now))
            .flatten();
        Ok(InspectorStep::Refused {
            origin: request.key.name().as_str().to_owned(),
            refusal: kind,
            alarm,
            before: known.map(|known| short(known.size)).transpose()?,
            size: short(request.size)?,
            evidence,
        })
    }

    /// What the gate showed and what was known, as text; the path, where it could be written.
    fn keep_evidence(
        &self,
        request: &WitnessRequest,
        known: Option<&Known>,
        refusal: &WitnessRefusal,
        now: u64,
    ) -> Option<String> {
        let seen = known.map_or_else(String::new, |known| {
            let root: String = known.root.0.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("seen {} {root} {} {}\n", known.size, known.seconds, known.key)
        });
        let shown = request.to_body();
        let text = format!("gatepost evidence 1\nat {now}\nrefused {refusal}\n{seen}shown\n{shown}");
        let name = format!("{}-{now}", file_name(request.key.name()));
        let path = self.options.inspector_folder.join(EVIDENCE).join(name);
        match write_file(&path, text.as_bytes()) {
            Ok(()) => Some(path.display().to_string()),
            // The same code, seen twice in a second.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Some(path.display().to_string())
            }
            Err(error) => {
                tracing::error!(%error, "the evidence could not be kept");
                None
            }
        }
    }

    pub(crate) fn show_inspector(&self, state: &State) -> Result<InspectorView, DeskError> {
        let view = self.inspector_view(state)?;
        self.presenter.inspector_changed(&view);
        Ok(view)
    }

    fn inspector_view(&self, state: &State) -> Result<InspectorView, DeskError> {
        let inspecting = state.inspecting.as_ref().ok_or(DeskError::NotAnInspector)?;
        let offset_s = self.clock.now().offset().local_minus_utc();
        let memory = inspecting.witness.memory()?;
        let known = memory.ledgers().map(|known| {
            let at = (known.seconds > 0).then(|| time_of_witness(known.seconds, offset_s));
            Ok(KnownLedger {
                origin: known.key.name().as_str().to_owned(),
                size: short(known.size)?,
                at: at.transpose()?,
            })
        });
        Ok(InspectorView {
            verifier: inspecting.witness.key().verifier().to_string(),
            known: known.collect::<Result<_, StoreError>>()?,
            camera: state.camera.clone(),
            step: step_view(inspecting, state)?,
            check: inspecting.check.clone(),
        })
    }

    /// Opens the folder of the witness; a fault is shown in place of the inspector's screen.
    pub(crate) fn open_inspector(&self) {
        let opened = self.try_open_inspector();
        drop(
            self.reader
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take(),
        );
        let mut state = self.lock();
        match opened {
            Ok(witness) => {
                state.data = Err(StoreFault::Unreadable);
                let kept = fs::read_to_string(self.inspectors_appearance()).ok();
                if let Some(appearance) = kept.and_then(|text| serde_json::from_str(&text).ok()) {
                    state.appearance = appearance;
                }
                state.inspecting = Some(Inspecting {
                    witness,
                    step: Step::Idle,
                    check: None,
                    checking: false,
                });
            }
            Err(error) => {
                let fault = StoreFault::of(&error);
                tracing::error!(?fault, %error, "the folder of the witness cannot be opened");
                state.data = Err(fault);
            }
        }
    }

    fn try_open_inspector(&self) -> Result<WitnessFolder, StoreError> {
        let folder = &self.options.inspector_folder;
        let vault = open_vault(folder, self.options.vault)?;
        if WitnessFolder::is_in(folder) {
            return WitnessFolder::open(folder, &*vault);
        }
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|_| StoreError::Randomness)?;
        let name = format!("gatepost.inspector/{:08x}", u32::from_be_bytes(random));
        let name = KeyName::new(&name).expect("letters, digits and a slash are a name");
        WitnessFolder::create(folder, &*vault, name)
    }
}

fn step_view(inspecting: &Inspecting, state: &State) -> Result<InspectorStep, DeskError> {
    Ok(match &inspecting.step {
        Step::Idle => InspectorStep::Idle,
        Step::Hello { origin, misread } => {
            let message = WitnessMessage::Hello(inspecting.witness.hello(origin.as_ref())?);
            InspectorStep::ShowsHello {
                origin: origin.as_ref().map(|origin| origin.as_str().to_owned()),
                qr: QrView::of(&message.to_bytes()),
                text: message.to_line(),
                misread: *misread,
            }
        }
        Step::First(request) => InspectorStep::AsksFirstContact {
            origin: request.key.name().as_str().to_owned(),
            size: short(request.size)?,
            words: words(Fingerprint::of_key(&request.key), state.appearance.locale),
        },
        Step::Cosigned(cosigned) => {
            let message = WitnessMessage::Cosignature(cosigned.line.clone());
            InspectorStep::ShowsCosignature {
                origin: cosigned.seal.origin.as_str().to_owned(),
                size: short(cosigned.seal.size)?,
                before: (cosigned.before > 0)
                    .then(|| short(cosigned.before))
                    .transpose()?,
                qr: QrView::of(&message.to_bytes()),
                text: message.to_line(),
            }
        }
        Step::Refused(view) => view.clone(),
    })
}

/// `None` for what is a step of a visit and no refusal.
fn kind_of(refusal: &WitnessRefusal) -> Option<WitnessRefusalKind> {
    match refusal {
        WitnessRefusal::UnknownLedger | WitnessRefusal::OldSize { .. } => None,
        WitnessRefusal::OtherKey => Some(WitnessRefusalKind::OtherKey),
        WitnessRefusal::Handover => Some(WitnessRefusalKind::Handover),
        WitnessRefusal::BadSignature => Some(WitnessRefusalKind::BadSignature),
        WitnessRefusal::Truncated { .. } => Some(WitnessRefusalKind::Truncated),
        WitnessRefusal::OtherRoot => Some(WitnessRefusalKind::OtherRoot),
        WitnessRefusal::Forked => Some(WitnessRefusalKind::Forked),
        // A clock so late that its seconds fit no cosignature is refused like one that is too early.
        WitnessRefusal::Clock { .. } | WitnessRefusal::NotAWitness => Some(WitnessRefusalKind::Clock),
    }
}

/// The name of a ledger as a name of a file. The origin has no spaces and no `+`, and nothing else that a file
/// system could not take is left.
fn file_name(origin: &KeyName) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
    let name: String = origin
        .as_str()
        .chars()
        .map(|character| if plain(character) { character } else { '_' })
        .collect();
    format!("{name}.txt")
}
