//! The picture beside the verdict: small, in colour, never more than the screen can take.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_camera::{Frame, preview_jpeg};
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
/// A code that is read only now and then keeps its outline for so long, so that it does not flicker.
const OUTLINE_LASTS: Duration = Duration::from_millis(250);

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
    /// The last frame that the eye has looked at: what is drawn around a code belongs to the same picture.
    frame: Option<Arc<Frame>>,
    /// Counts the looks.
    looks: u64,
    outline: Option<(Outline, Instant)>,
    /// Which screen watches: an older one ends.
    watcher: u64,
    /// Whether the last picture was drawn.
    shown: bool,
}

impl PreviewTap {
    /// The eye has looked at this frame.
    pub(crate) fn looked_at(&self, frame: &Arc<Frame>, found: Option<Outline>) {
        let mut state = self.lock();
        match (found, state.outline) {
            (Some(outline), _) => state.outline = Some((outline, Instant::now())),
            (None, Some((_, found))) if found.elapsed() > OUTLINE_LASTS => state.outline = None,
            (None, _) => {}
        }
        state.looks += 1;
        let _old = state.frame.replace(Arc::clone(frame));
        drop(state);
        self.changed.notify_all();
    }

    /// The camera is closed: nothing of what it saw is kept.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.frame = None;
        state.outline = None;
    }

    fn lock(&self) -> MutexGuard<'_, TapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a frame that the eye looked at after `looks`.
    fn wait_newer(&self, looks: u64) -> Option<(Arc<Frame>, Option<Outline>, u64)> {
        let waiting = |state: &mut TapState| state.looks <= looks || state.frame.is_none();
        let (state, timeout) = self
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return None;
        }
        let frame = state.frame.clone()?;
        Some((frame, state.outline.map(|(outline, _)| outline), state.looks))
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
        let (watcher, mut looks) = {
            let mut state = self.preview.lock();
            state.watcher += 1;
            state.shown = true;
            (state.watcher, state.looks)
        };
        self.preview.changed.notify_all();
        let desk = self.me.clone();
        let thread = thread::Builder::new().name("preview".to_owned()).spawn(move || {
            while let Some(desk) = desk.upgrade() {
                let began = Instant::now();
                if !desk.preview.wait_until_shown(watcher) {
                    return;
                }
                match desk.preview.wait_newer(looks) {
                    Some((frame, outline, look)) => {
                        looks = look;
                        if !send(message(&frame, outline)) {
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
