//! A visit on the inspector's side: its code, the gate's answer, and what this device says to that.

use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::note::{KeyName, NoteError};
use gatepost_ledger::witness::{Cosigned, KnownLedger, WitnessRefusal, WitnessRequest};
use gatepost_ledger::witness_exchange::{Hello, WitnessMessage};

use super::Inspecting;
use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::ledger::words;
use crate::rows::short;
use crate::view::{
    InspectorStep, InspectorView, Locale, QrView, StoreFault, VisitTrouble, WitnessRefusalKind,
};

/// Where a visit stands.
#[derive(Clone, PartialEq)]
pub(super) enum Step {
    Idle,
    Hello {
        hello: Hello,
        /// What was wrong with the last code.
        trouble: Option<VisitTrouble>,
    },
    First(Box<WitnessRequest>),
    Cosigned(Cosigned),
    Refused(InspectorStep),
}

impl Desk {
    /// Begins a visit: shows the first code and opens the camera. `origin` is a known ledger, or none for a first
    /// visit.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for a ledger that this device does not know, [`DeskError::NotAnInspector`].
    pub fn begin_visit(&self, origin: Option<&str>) -> Result<InspectorView, DeskError> {
        {
            let mut state = self.lock();
            let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
            let origin = origin.map(KeyName::new).transpose();
            let origin = origin.map_err(|_| DeskError::NotFound)?;
            let hello = inspecting.witness.hello(origin.as_ref())?;
            if origin.is_some() && hello.known.is_none() {
                return Err(DeskError::NotFound);
            }
            inspecting.step = Step::Hello { hello, trouble: None };
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

    /// A code before the inspector's camera. Nobody waits for an answer, so a fault is shown with the step.
    pub(crate) fn gate_seen(&self, state: &mut State, payload: &[u8]) {
        let before = state
            .inspecting
            .as_ref()
            .map(|inspecting| inspecting.step.clone());
        if let Err(error) = self.gate_message(state, WitnessMessage::parse(payload)) {
            tracing::error!(%error, "a gate's code could not be answered");
            if let Some(inspecting) = &mut state.inspecting {
                inspecting.step.trouble(VisitTrouble::NotKept {
                    fault: StoreFault::in_error(&error),
                });
            }
        }
        let after = state.inspecting.as_ref().map(|inspecting| &inspecting.step);
        if after != before.as_ref() {
            let _ = self.show_inspector(state);
        }
    }

    fn gate_message(
        &self,
        state: &mut State,
        message: Result<WitnessMessage, NoteError>,
    ) -> Result<(), DeskError> {
        let Some(Inspecting {
            step: step @ Step::Hello { .. },
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
                step.trouble(VisitTrouble::OtherCode);
                Ok(())
            }
        }
    }

    fn consider(&self, state: &mut State, request: &WitnessRequest, trust: bool) -> Result<(), DeskError> {
        let now = u64::try_from(self.clock.now().timestamp()).unwrap_or(0);
        let inspecting = state.inspecting.as_mut().ok_or(DeskError::NotAnInspector)?;
        let origin = request.key.name();
        let considered = inspecting.witness.consider(request, now, trust)?;
        // What was signed is remembered and shown, whether or not the memory can be read once more.
        match inspecting.witness.memory() {
            Ok(memory) => inspecting.memory = memory,
            Err(error) => tracing::error!(%error, "the memory cannot be read"),
        }
        // A refusal changes nothing: this is what the request was compared with.
        let known = inspecting.memory.known(origin).cloned();
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
                    hello: inspecting.witness.hello(known.map(|_| origin))?,
                    trouble: Some(VisitTrouble::OtherCode),
                },
            },
        };
        Ok(())
    }

    fn refused(
        &self,
        request: &WitnessRequest,
        known: Option<&KnownLedger>,
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
}

impl Step {
    fn trouble(&mut self, new: VisitTrouble) {
        if let Step::Hello { trouble, .. } = self {
            *trouble = Some(new);
        }
    }

    pub(super) fn view(&self, locale: Locale) -> Result<InspectorStep, DeskError> {
        Ok(match self {
            Step::Idle => InspectorStep::Idle,
            Step::Hello { hello, trouble } => {
                let message = WitnessMessage::Hello(hello.clone());
                let origin = hello.known.as_ref().map(|(origin, _)| origin.as_str().to_owned());
                InspectorStep::ShowsHello {
                    origin,
                    qr: QrView::of(&message.to_bytes()),
                    text: message.to_line(),
                    trouble: *trouble,
                }
            }
            Step::First(request) => InspectorStep::AsksFirstContact {
                origin: request.key.name().as_str().to_owned(),
                size: short(request.size)?,
                words: words(Fingerprint::of_key(&request.key), locale),
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
