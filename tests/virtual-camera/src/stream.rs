//! The buffers of the one handle that streams, and when the next frame is due.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::control::{Mode, Scene};

/// Buffer lengths are whole pages, as a driver's are.
const PAGE_BYTES: u32 = 4096;

/// A frame that was put into a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) buffer: u32,
    pub(crate) bytes_used: u32,
    pub(crate) sequence: u32,
}

/// Buffers in a file that the program maps, handed to and fro.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The handle that asked for the buffers.
    pub(crate) owner: i32,
    pub(crate) mode: Mode,
    pub(crate) running: bool,
    memory: File,
    buffers: u32,
    queued: VecDeque<u32>,
    due: Instant,
    sequence: u32,
}

impl Stream {
    pub(crate) fn new(owner: i32, mode: Mode, memory: File, buffers: u32) -> io::Result<Self> {
        let stream = Self {
            owner,
            mode,
            running: false,
            memory,
            buffers,
            queued: VecDeque::new(),
            due: Instant::now(),
            sequence: 0,
        };
        stream
            .memory
            .set_len(u64::from(buffers) * u64::from(stream.buffer_bytes()))?;
        Ok(stream)
    }

    /// Length of one buffer, in bytes.
    pub(crate) fn buffer_bytes(&self) -> u32 {
        self.mode.picture_bytes().next_multiple_of(PAGE_BYTES)
    }

    pub(crate) fn has_buffer(&self, buffer: u32) -> bool {
        buffer < self.buffers
    }

    pub(crate) fn queue(&mut self, buffer: u32) {
        self.queued.push_back(buffer);
    }

    pub(crate) fn start(&mut self) {
        self.running = true;
        self.due = Instant::now() + self.interval();
    }

    pub(crate) fn stop(&mut self) {
        self.running = false;
        self.queued.clear();
    }

    /// How long until a frame can be fetched; zero when it can be now, none while no buffer is queued.
    pub(crate) fn wait(&self) -> Option<Duration> {
        (!self.queued.is_empty()).then(|| self.due.saturating_duration_since(Instant::now()))
    }

    /// Puts the frame that is due into the oldest queued buffer; none when none is due.
    pub(crate) fn fill(&mut self, scene: &Scene) -> io::Result<Option<Filled>> {
        if self.wait() != Some(Duration::ZERO) {
            return Ok(None);
        }
        let Some(buffer) = self.queued.pop_front() else {
            return Ok(None);
        };
        let sequence = self.sequence;
        let rubbish = scene.corrupt_every.filter(|every| sequence % every == every - 1);
        let room = self.buffer_bytes() as usize;
        let at = u64::from(buffer) * room as u64;
        let spoilt = rubbish.map(|every| spoil(&scene.picture, sequence / every));
        let bytes = spoilt.as_deref().unwrap_or(&scene.picture);
        let bytes = &bytes[..bytes.len().min(room)];
        self.memory.write_all_at(bytes, at)?;
        self.sequence = sequence.wrapping_add(1);
        self.advance();
        Ok(Some(Filled {
            buffer,
            bytes_used: bytes.len() as u32,
            sequence,
        }))
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.mode.frames_per_second
    }

    /// The next frame is due one interval later; frames that a slow program missed are lost.
    fn advance(&mut self) {
        let interval = self.interval();
        self.due += interval;
        let now = Instant::now();
        while self.due + interval < now {
            self.due += interval;
            self.sequence = self.sequence.wrapping_add(1);
        }
    }
}

/// Rubbish in the place of a picture: noise, a picture that is cut off, zeros in turns.
fn spoil(picture: &[u8], turn: u32) -> Vec<u8> {
    match turn % 3 {
        0 => {
            let mut state = u64::from(turn).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let noise = std::iter::repeat_with(|| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 24) as u8
            });
            noise.take(picture.len()).collect()
        }
        1 => {
            let mut cut = picture.to_vec();
            cut[picture.len() / 2..].fill(0);
            cut
        }
        _ => vec![0; picture.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(corrupt_every: Option<u32>) -> Scene {
        let mode = Mode {
            fourcc: *b"YUYV",
            width: 2,
            height: 1,
            frames_per_second: 1000,
        };
        Scene {
            mode,
            picture: b"abcd".to_vec(),
            corrupt_every,
            busy: false,
            denied: false,
        }
    }

    fn stream(scene: &Scene) -> (Stream, File) {
        let memory = tempfile::tempfile().unwrap();
        (
            Stream::new(5, scene.mode, memory.try_clone().unwrap(), 2).unwrap(),
            memory,
        )
    }

    fn fill_when_due(stream: &mut Stream, scene: &Scene) -> Filled {
        loop {
            if let Some(filled) = stream.fill(scene).unwrap() {
                return filled;
            }
        }
    }

    #[test]
    fn buffers_are_filled_in_the_order_they_were_queued() {
        let scene = scene(None);
        let (mut stream, memory) = stream(&scene);
        stream.queue(1);
        stream.queue(0);
        stream.start();
        assert_eq!(fill_when_due(&mut stream, &scene).buffer, 1);
        assert_eq!(fill_when_due(&mut stream, &scene).buffer, 0);
        assert_eq!(stream.fill(&scene).unwrap(), None, "no buffer is left");
        let mut bytes = [0; 4];
        memory
            .read_exact_at(&mut bytes, u64::from(stream.buffer_bytes()))
            .unwrap();
        assert_eq!(&bytes, b"abcd");
    }

    #[test]
    fn every_second_frame_is_rubbish_when_asked_for() {
        let scene = scene(Some(2));
        let (mut stream, memory) = stream(&scene);
        stream.start();
        let mut seen = [false; 2];
        for _ in 0..20 {
            stream.queue(0);
            let filled = fill_when_due(&mut stream, &scene);
            let mut bytes = [0; 4];
            memory.read_exact_at(&mut bytes, 0).unwrap();
            let spoilt = &bytes != b"abcd";
            assert_eq!(spoilt, filled.sequence % 2 == 1);
            seen[usize::from(spoilt)] = true;
        }
        assert_eq!(seen, [true, true]);
    }

    #[test]
    fn a_stopped_stream_forgets_what_was_queued_and_keeps_its_buffers() {
        let scene = scene(None);
        let (mut stream, _memory) = stream(&scene);
        stream.queue(1);
        stream.start();
        stream.stop();
        assert_eq!((stream.running, stream.wait()), (false, None));
        assert_eq!(
            (stream.owner, stream.has_buffer(1), stream.has_buffer(2)),
            (5, true, false)
        );
    }
}
