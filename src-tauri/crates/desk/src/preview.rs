//! The picture beside the verdict: small, in colour, never more than the screen can take.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{Frame, LatestFrame, preview_jpeg};
use gatepost_ledger::Role;

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::office::READERS;

/// Width of the picture at most.
pub const PREVIEW_WIDTH_PX: u32 = 640;
/// What stands before the JPEG in each message: a flag, three bytes of padding, eight `f32` (little endian),
/// the corners of the code clockwise, as shares of width and height.
pub const OUTLINE_BYTES: usize = 36;

const QUALITY: u8 = 70;
/// 12 pictures a second: enough to aim a phone by.
const BETWEEN_PICTURES: Duration = Duration::from_millis(83);
/// A screen that says nothing for so long gets the next picture all the same: its word may have been lost.
const PATIENCE: Duration = Duration::from_secs(1);
/// An outline is drawn for so long after the code was last read.
const OUTLINE_LASTS: Duration = Duration::from_millis(400);

/// Corners of a code as shares of width and height, clockwise.
pub(crate) type Outline = [(f32, f32); 4];

/// Between the eye, which finds outlines, and the one screen that watches.
#[derive(Default)]
pub(crate) struct PreviewTap {
    state: Mutex<TapState>,
    changed: Condvar,
}

#[derive(Default)]
struct TapState {
    outline: Option<(Outline, Instant)>,
    /// Which screen watches: an older one ends.
    watcher: u64,
    /// Whether the last picture was drawn.
    shown: bool,
}

impl PreviewTap {
    pub(crate) fn outline_found(&self, outline: Outline) {
        self.lock().outline = Some((outline, Instant::now()));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, TapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outline(&self) -> Option<Outline> {
        let (outline, found) = self.lock().outline?;
        (found.elapsed() <= OUTLINE_LASTS).then_some(outline)
    }

    /// Waits for the screen's word. `false` when another screen took over.
    fn wait_until_shown(&self, watcher: u64) -> bool {
        let state = self.lock();
        let waiting = |state: &mut TapState| !state.shown && state.watcher == watcher;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, PATIENCE, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        state.shown = false;
        state.watcher == watcher
    }
}

impl Desk {
    /// Sends pictures until `send` says that nobody takes them any more or another watcher comes. Nothing is
    /// sent while nobody is at the gate.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a guard, or whoever waits for another device's code.
    pub fn watch_preview(&self, send: impl Fn(Vec<u8>) -> bool + Send + 'static) -> Result<(), DeskError> {
        self.lock().may_look_through_the_camera()?;
        let watcher = {
            let mut state = self.preview.lock();
            state.watcher += 1;
            state.shown = true;
            state.watcher
        };
        self.preview.changed.notify_all();
        let desk = self.me.clone();
        let thread = thread::Builder::new().name("preview".to_owned()).spawn(move || {
            let mut watching = Watching::default();
            while let Some(desk) = desk.upgrade() {
                let began = Instant::now();
                if !desk.preview.wait_until_shown(watcher) {
                    return;
                }
                match watching.next_picture(&desk) {
                    Some(picture) => {
                        if !send(picture) {
                            return;
                        }
                    }
                    None => desk.preview.lock().shown = true,
                }
                drop(desk);
                thread::sleep(BETWEEN_PICTURES.saturating_sub(began.elapsed()));
            }
        });
        if let Err(error) = thread {
            // The door works without the picture.
            tracing::error!(%error, "no thread for the preview");
        }
        Ok(())
    }

    /// The screen has drawn the last picture.
    ///
    /// # Errors
    /// As [`Desk::watch_preview`].
    pub fn preview_shown(&self) -> Result<(), DeskError> {
        self.lock().may_look_through_the_camera()?;
        self.preview.lock().shown = true;
        self.preview.changed.notify_all();
        Ok(())
    }
}

impl State {
    fn may_look_through_the_camera(&self) -> Result<(), DeskError> {
        if self.inspecting.is_some() {
            return Ok(());
        }
        if self.witnessing.is_going_on() && self.require_one_of(&READERS).is_ok() {
            return Ok(());
        }
        self.require(Role::Guard).map(drop)
    }
}

/// Which camera was last looked at, and its last frame that was sent.
#[derive(Default)]
struct Watching {
    latest: Option<Arc<LatestFrame>>,
    sequence: u64,
}

impl Watching {
    fn next_picture(&mut self, desk: &Desk) -> Option<Vec<u8>> {
        let latest = desk.latest_frame()?;
        // A camera that was opened anew counts its frames anew.
        if !self
            .latest
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(last, &latest))
        {
            self.sequence = 0;
            self.latest = Some(Arc::clone(&latest));
        }
        let frame = latest.wait_newer(self.sequence, PATIENCE)?;
        self.sequence = frame.sequence;
        Some(message(&frame, desk.preview.outline()))
    }
}

fn message(frame: &Frame, outline: Option<Outline>) -> Vec<u8> {
    let mut message = Vec::with_capacity(64 * 1024);
    message.extend([u8::from(outline.is_some()), 0, 0, 0]);
    for (x, y) in outline.unwrap_or_default() {
        message.extend(x.to_le_bytes());
        message.extend(y.to_le_bytes());
    }
    message.extend(preview_jpeg(frame, PREVIEW_WIDTH_PX, QUALITY));
    message
}
