//! One frame after another through the reader of codes, with the time it takes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use gatepost_scan::{ColourReading, ColourVote, FrameView, Scanner, Sight};

/// Longer than any frame takes.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// How frames are looked at.
pub(super) struct Reader {
    scanner: Scanner,
    deadline: Option<Duration>,
    is_sequence: bool,
    votes: HashMap<Vec<u8>, ColourVote>,
}

/// What was seen in a frame, and how long the reader alone took.
pub(super) struct Seen {
    pub(super) sight: Sight,
    /// CPU time of this thread; `None` where the system does not tell it finely enough.
    pub(super) cpu: Option<Duration>,
}

impl Reader {
    /// Without deadline and sequence each frame is looked at in every way, for as long as that takes. Else it is
    /// looked at as at the door: until the deadline, by default that of the door.
    pub(super) fn new(deadline: Option<Duration>, is_sequence: bool) -> Reader {
        let is_thorough = deadline.is_none() && !is_sequence;
        Reader {
            scanner: if is_thorough {
                Scanner::thorough()
            } else {
                Scanner::new()
            },
            deadline,
            is_sequence,
            votes: HashMap::new(),
        }
    }

    /// Reads the next frame.
    pub(super) fn read(&mut self, view: &FrameView<'_>) -> Seen {
        if !self.is_sequence {
            self.scanner.forget();
        }
        let began = (cpu_time(), Instant::now());
        let taken = || match (began.0, cpu_time()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => began.1.elapsed(),
        };
        // A scanner allows each frame a time of its own, counted on this clock. With another deadline the clock
        // stands still until that has passed, and then strikes at once.
        let sight = match self.deadline {
            None => self.scanner.scan(view, &taken),
            Some(deadline) => self.scanner.scan(view, &|| {
                if taken() < deadline {
                    Duration::ZERO
                } else {
                    AN_HOUR
                }
            }),
        };
        let cpu = began.0.is_some().then(taken);
        Seen { sight, cpu }
    }

    /// The colour that the frames of a sequence agree on for a payload, once there are enough.
    pub(super) fn vote(&mut self, payload: &[u8], reading: ColourReading) -> Option<ColourReading> {
        if !self.is_sequence {
            return None;
        }
        let vote = self.votes.entry(payload.to_vec()).or_default();
        vote.add(payload, reading)
    }
}

/// CPU time of this thread.
#[cfg(unix)]
fn cpu_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(
        u64::try_from(time.tv_sec).ok()?,
        u32::try_from(time.tv_nsec).ok()?,
    ))
}

/// Elsewhere it counts in steps of a timer's tick, several times what a frame takes.
#[cfg(not(unix))]
fn cpu_time() -> Option<Duration> {
    None
}
