//! The slot that always holds the newest frame.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Frame;

/// The newest frame of a camera. The writer overwrites, a slow reader misses frames and never holds one up.
#[derive(Debug, Default)]
pub struct LatestFrame {
    slot: Mutex<Slot>,
    newer: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    /// Which capture thread may write. An abandoned one holds an older number.
    writer: u64,
    sequence: u64,
    frame: Option<Arc<Frame>>,
}

impl LatestFrame {
    /// The newest frame, or none while there is no picture.
    pub fn current(&self) -> Option<Arc<Frame>> {
        self.lock().frame.clone()
    }

    /// Waits for a frame with a greater sequence than `sequence` (0 takes any), at most `timeout`.
    ///
    /// A frame that is there already is returned at once. While there is no picture this waits out the
    /// whole time, so a reader in a loop never spins.
    pub fn wait_newer(&self, sequence: u64, timeout: Duration) -> Option<Arc<Frame>> {
        let deadline = Instant::now() + timeout;
        let mut slot = self.lock();
        loop {
            if let Some(frame) = slot.frame.as_ref().filter(|frame| frame.sequence > sequence) {
                return Some(Arc::clone(frame));
            }
            let left = deadline
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())?;
            slot = self
                .newer
                .wait_timeout(slot, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Puts a frame into the slot and gives it its sequence. False when `writer` is no longer the writer.
    pub(crate) fn publish(&self, writer: u64, mut frame: Frame) -> bool {
        let mut slot = self.lock();
        if slot.writer != writer {
            return false;
        }
        slot.sequence += 1;
        frame.sequence = slot.sequence;
        // The old frame is freed after the lock is given back.
        let _old = slot.frame.replace(Arc::new(frame));
        drop(slot);
        self.newer.notify_all();
        true
    }

    /// Whether `writer` may still write.
    pub(crate) fn is_writer(&self, writer: u64) -> bool {
        self.lock().writer == writer
    }

    /// Takes the picture away and lets nobody but the returned writer put one there.
    ///
    /// A picture that is no longer true is not shown: a guard would take it for the visitor at the door.
    pub(crate) fn change_writer(&self) -> u64 {
        let mut slot = self.lock();
        slot.writer += 1;
        slot.frame = None;
        slot.writer
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Every change under the lock is complete at each step, so a poisoned slot is still a valid one.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PixelFormat;

    fn grey(value: u8) -> Frame {
        Frame::of_rows(1, 1, PixelFormat::Grey, vec![value])
    }

    #[test]
    fn a_reader_gets_the_newest_frame_and_misses_the_older() {
        let latest = LatestFrame::default();
        let writer = latest.change_writer();
        for value in 1..=3 {
            assert!(latest.publish(writer, grey(value)));
        }
        let frame = latest.wait_newer(0, Duration::ZERO).unwrap();
        assert_eq!((frame.sequence, frame.bytes[0]), (3, 3));
        assert_eq!(latest.wait_newer(3, Duration::ZERO), None);
    }

    #[test]
    fn a_waiting_reader_is_woken_by_the_next_frame() {
        let latest = Arc::new(LatestFrame::default());
        let writer = latest.change_writer();
        let reader = {
            let latest = Arc::clone(&latest);
            std::thread::spawn(move || latest.wait_newer(0, Duration::from_secs(20)))
        };
        assert!(latest.publish(writer, grey(9)));
        assert_eq!(reader.join().unwrap().unwrap().bytes, [9]);
    }

    #[test]
    fn a_replaced_writer_cannot_publish() {
        let latest = LatestFrame::default();
        let abandoned = latest.change_writer();
        assert!(latest.publish(abandoned, grey(1)));
        let writer = latest.change_writer();
        assert_eq!(latest.current(), None);
        assert!(!latest.publish(abandoned, grey(2)));
        assert!(latest.publish(writer, grey(3)));
        assert_eq!(latest.current().unwrap().sequence, 2);
    }
}
