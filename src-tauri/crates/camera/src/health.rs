//! Whether there is a picture, and telling those who want to know when that changes.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Whether the camera gives a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Health {
    /// Just started, and not yet late.
    Opening,
    /// Frames arrive.
    Live {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Measured over the last second, not what the driver claims; 0 during the first second.
        frames_per_second: f32,
    },
    /// No frame arrives. The camera is reopened without end, by itself.
    NoPicture {
        /// The stable code of a [`CameraFault`](crate::CameraFault).
        reason: &'static str,
        /// When the picture was lost, or the start when there never was one. Stays while reasons change.
        since: Instant,
    },
}

/// The present health and its listeners.
#[derive(Debug)]
pub(crate) struct HealthBoard {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    health: Health,
    listeners: Vec<Sender<Health>>,
}

impl HealthBoard {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                health: Health::Opening,
                listeners: Vec::new(),
            }),
        }
    }

    pub(crate) fn current(&self) -> Health {
        self.lock().health
    }

    /// The present health at once, then every change.
    pub(crate) fn listen(&self) -> Receiver<Health> {
        let (sender, receiver) = channel();
        let mut state = self.lock();
        sender
            .send(state.health)
            .expect("the receiver is still held here");
        state.listeners.push(sender);
        receiver
    }

    /// Tells every listener when `health` differs from the present one.
    pub(crate) fn change(&self, health: Health) {
        let mut state = self.lock();
        if state.health == health {
            return;
        }
        state.health = health;
        state.listeners.retain(|listener| listener.send(health).is_ok());
    }

    /// Ends the listeners' channels: no change will follow.
    pub(crate) fn close(&self) {
        self.lock().listeners.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Both fields are valid at every step, so a poisoned board is still a true one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
