//! The gate's side of witnessing: three codes between its screen and camera and those of the inspector.

use gatepost_ledger::audit::COSIGNATURE_SKEW_MS;
use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::note::{NoteError, NoteSignature};
use gatepost_ledger::witness::WitnessRequest;
use gatepost_ledger::witness_exchange::{
    CosignatureRefused, Hello, RequestError, WitnessMessage, accept_cosignature,
};
use gatepost_store::StoreError;

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::ledger::{time_of_witness, words};
use crate::office::READERS;
use crate::rows::short;
use crate::view::{QrView, StoreFault, WitnessingTrouble, WitnessingView};

/// Where the gate stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Witnessing {
    Idle,
    Waits {
        trouble: Option<WitnessingTrouble>,
    },
    Asks {
        hello: Box<Hello>,
        request: Box<WitnessRequest>,
        /// What the newest key signed is still to be witnessed afterwards.
        again: bool,
        trouble: Option<WitnessingTrouble>,
    },
    Done {
        witness: String,
        size: u32,
        at: String,
        again: bool,
    },
}

impl Witnessing {
    /// Whether codes before the camera are an inspector's.
    pub(crate) fn is_going_on(&self) -> bool {
        match self {
            Witnessing::Waits { .. } | Witnessing::Asks { .. } => true,
            Witnessing::Idle | Witnessing::Done { .. } => false,
        }
    }

    fn trouble(&mut self, new: WitnessingTrouble) {
        match self {
            Witnessing::Waits { trouble } | Witnessing::Asks { trouble, .. } => *trouble = Some(new),
            Witnessing::Idle | Witnessing::Done { .. } => {}
        }
    }
}

impl Desk {
    /// Opens the camera for the inspector's first code.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager or an inspector, or a store fault.
    pub fn begin_witnessing(&self) -> Result<WitnessingView, DeskError> {
        {
            let mut state = self.lock();
            state.require_one_of(&READERS)?;
            state.data()?;
            state.witnessing = Witnessing::Waits { trouble: None };
        }
        self.open_eye();
        Ok(self.show_witnessing(&self.lock()))
    }

    /// Where it stands.
    ///
    /// # Errors
    /// As [`Desk::begin_witnessing`].
    pub fn witnessing(&self) -> Result<WitnessingView, DeskError> {
        let state = self.lock();
        state.require_one_of(&READERS)?;
        Ok(witnessing_view(&state))
    }

    /// A code from a hand scanner that types like a keyboard, or its text pasted.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessing`], or as [`Desk::begin_witnessing`].
    pub fn witness_typed(&self, typed: &str) -> Result<WitnessingView, DeskError> {
        let mut state = self.lock();
        state.require_one_of(&READERS)?;
        if !state.witnessing.is_going_on() {
            return Err(DeskError::NotWitnessing);
        }
        self.witness_message(&mut state, WitnessMessage::parse_line(typed))?;
        Ok(self.show_witnessing(&state))
    }

    /// Ends it and closes the camera.
    ///
    /// # Errors
    /// As [`Desk::begin_witnessing`].
    pub fn end_witnessing(&self) -> Result<WitnessingView, DeskError> {
        {
            let mut state = self.lock();
            state.require_one_of(&READERS)?;
            state.witnessing = Witnessing::Idle;
        }
        self.close_eye();
        Ok(self.show_witnessing(&self.lock()))
    }

    /// A code before the camera of somebody who waits for another device. Nobody waits for an answer, so a fault is
    /// shown with the step.
    pub(crate) fn message_seen(&self, state: &mut State, payload: &[u8]) {
        if state.inspecting.is_some() {
            self.gate_seen(state, payload);
            return;
        }
        let before = state.witnessing.clone();
        if let Err(error) = self.witness_message(state, WitnessMessage::parse(payload)) {
            tracing::error!(%error, "a witness could not be answered");
            state.witnessing.trouble(WitnessingTrouble::NotKept {
                fault: StoreFault::in_error(&error),
            });
        }
        if state.witnessing != before {
            self.show_witnessing(state);
        }
    }

    fn witness_message(
        &self,
        state: &mut State,
        message: Result<WitnessMessage, NoteError>,
    ) -> Result<(), DeskError> {
        match (message, &state.witnessing) {
            // It is still on the inspector's screen.
            (Ok(WitnessMessage::Hello(hello)), Witnessing::Asks { hello: known, .. }) if hello == **known => {
            }
            (Ok(WitnessMessage::Hello(hello)), _) => self.answer(state, hello)?,
            (Ok(WitnessMessage::Cosignature(line)), Witnessing::Asks { .. }) => {
                self.cosigned(state, &line)?;
            }
            // The own code in a mirror.
            (Ok(WitnessMessage::Request(_)), _) => {}
            (Ok(WitnessMessage::Cosignature(_)), _) => state.witnessing.trouble(WitnessingTrouble::OtherSeal),
            (Err(_), _) => state.witnessing.trouble(WitnessingTrouble::OtherCode),
        }
        Ok(())
    }

    fn answer(&self, state: &mut State, hello: Hello) -> Result<(), DeskError> {
        match state.data()?.reader.witness_request(&hello) {
            Ok((request, again)) => {
                state.witnessing = Witnessing::Asks {
                    hello: Box::new(hello),
                    request: Box::new(request),
                    again,
                    trouble: None,
                };
                Ok(())
            }
            Err(RequestError::OtherLedger) => {
                state.witnessing.trouble(WitnessingTrouble::OtherLedger);
                Ok(())
            }
            Err(RequestError::OwnSeal(error)) => {
                tracing::error!(%error, "the own seal");
                Err(DeskError::Store {
                    fault: StoreFault::Damaged,
                })
            }
            Err(RequestError::Nodes(error)) => Err(error.into()),
        }
    }

    fn cosigned(&self, state: &mut State, line: &NoteSignature) -> Result<(), DeskError> {
        let Witnessing::Asks {
            hello,
            request,
            again,
            ..
        } = &state.witnessing
        else {
            return Ok(());
        };
        let (witness, size, again) = (hello.witness.clone(), request.size, *again);
        let now = self.clock.now();
        let now_seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let skew_seconds = COSIGNATURE_SKEW_MS.unsigned_abs() / 1000;
        let seconds = match accept_cosignature(line, &request.note(), &witness, now_seconds, skew_seconds) {
            Ok(seconds) => seconds,
            Err(refused) => {
                state.witnessing.trouble(match refused {
                    CosignatureRefused::Signature(_) => WitnessingTrouble::OtherSeal,
                    CosignatureRefused::Clock { seconds } => WitnessingTrouble::Clock {
                        seconds: i32::try_from(seconds).unwrap_or(if seconds < 0 {
                            i32::MIN
                        } else {
                            i32::MAX
                        }),
                    },
                });
                return Ok(());
            }
        };
        let by = state.require_one_of(&READERS)?.number;
        let at = self.moment_at(now, state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        match data
            .store
            .add_cosignature(at, &gate, Some(by), size, &witness, line)
        {
            Ok(_) => {
                state.witnessing = Witnessing::Done {
                    witness: witness.name().as_str().to_owned(),
                    size: short(size)?,
                    at: time_of_witness(seconds, now.offset().local_minus_utc())?,
                    again,
                };
            }
            Err(StoreError::CosignatureRefused) => state.witnessing.trouble(WitnessingTrouble::OtherSeal),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    pub(crate) fn show_witnessing(&self, state: &State) -> WitnessingView {
        let view = witnessing_view(state);
        self.presenter.witnessing_changed(&view);
        view
    }
}

fn witnessing_view(state: &State) -> WitnessingView {
    let camera = state.camera.clone();
    match &state.witnessing {
        Witnessing::Idle => WitnessingView::Idle,
        Witnessing::Waits { trouble } => WitnessingView::WaitsForHello {
            camera,
            trouble: *trouble,
        },
        Witnessing::Asks {
            hello,
            request,
            trouble,
            ..
        } => {
            let message = WitnessMessage::Request(request.clone());
            WitnessingView::ShowsRequest {
                camera,
                witness: hello.witness.name().as_str().to_owned(),
                size: short(request.size).unwrap_or(u32::MAX),
                words: words(Fingerprint::of_key(&request.key), state.appearance.locale),
                qr: QrView::of(&message.to_bytes()),
                text: message.to_line(),
                trouble: *trouble,
            }
        }
        Witnessing::Done {
            witness,
            size,
            at,
            again,
        } => WitnessingView::Done {
            witness: witness.clone(),
            size: *size,
            at: at.clone(),
            again: *again,
        },
    }
}
