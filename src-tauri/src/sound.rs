//! The door's four sounds, made from sines. They come from Rust because a webview's audio hangs or stays
//! silent on some systems; and a silent machine must never delay an entry.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use gatepost_desk::Earcon;
use rodio::source::{SineWave, Source};
use rodio::{OutputStream, OutputStreamBuilder};

/// Hands sounds to a thread of their own. More than a few at once are dropped: late sounds mislead.
pub(crate) struct Speaker {
    queue: Option<SyncSender<Earcon>>,
}

const QUEUE: usize = 2;

impl Speaker {
    pub(crate) fn start() -> Speaker {
        let (queue, earcons) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("sound".to_owned())
            .spawn(move || speak(&earcons));
        Speaker {
            queue: thread.is_ok().then_some(queue),
        }
    }

    pub(crate) fn play(&self, earcon: Earcon) {
        if let Some(queue) = &self.queue {
            // A full queue drops the sound on purpose.
            let _ = queue.try_send(earcon);
        }
    }
}

fn speak(earcons: &Receiver<Earcon>) {
    let mut stream: Option<OutputStream> = None;
    for earcon in earcons {
        if stream.is_none() {
            match OutputStreamBuilder::open_default_stream() {
                Ok(mut opened) => {
                    opened.log_on_drop(false);
                    stream = Some(opened);
                }
                Err(error) => tracing::info!(%error, "no sound"),
            }
        }
        if let Some(stream) = &stream {
            for note in notes(earcon) {
                let sine = SineWave::new(note.hertz)
                    .take_duration(note.lasts)
                    .fade_in(Duration::from_millis(8))
                    .amplify(0.25)
                    .delay(note.after);
                stream.mixer().add(sine);
            }
        }
    }
}

struct Note {
    hertz: f32,
    after: Duration,
    lasts: Duration,
}

/// Contour and length differ, not only pitch: two rising, two equal, one low and long, a tick.
fn notes(earcon: Earcon) -> Vec<Note> {
    let note = |hertz, after, lasts| Note {
        hertz,
        after: Duration::from_millis(after),
        lasts: Duration::from_millis(lasts),
    };
    match earcon {
        Earcon::Admit => vec![note(880.0, 0, 60), note(1320.0, 60, 60)],
        Earcon::Attention => vec![note(660.0, 0, 110), note(660.0, 190, 110)],
        Earcon::Refuse => vec![note(220.0, 0, 500)],
        Earcon::Read => vec![note(1600.0, 0, 25)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sound_is_told_from_the_others_by_length_or_number_of_notes() {
        let shapes: Vec<_> = [Earcon::Admit, Earcon::Attention, Earcon::Refuse, Earcon::Read]
            .into_iter()
            .map(|earcon| {
                let notes = notes(earcon);
                let end = notes.iter().map(|note| note.after + note.lasts).max();
                (notes.len(), end)
            })
            .collect();
        for (index, shape) in shapes.iter().enumerate() {
            assert!(!shapes[index + 1..].contains(shape), "{shapes:?}");
        }
    }
}
