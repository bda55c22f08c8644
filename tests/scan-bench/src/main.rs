//! Our reader of codes beside others: the same frames, one after another, in one run.
//!
//! Every frame goes through every reader before the next frame is drawn or loaded, and the readers take turns at
//! being first, so that a busy machine slows all of them. Times are CPU times of this thread.

mod arguments;
mod films;
mod folder;
mod frame;
mod load;
mod readers;
mod report;
mod synthetic;
mod table;
mod tally;
mod targets;

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::films::Film;
use crate::frame::Frame;
use crate::readers::Readers;
use crate::tally::{FilmTally, Tally};

/// Everything that was measured of one collection of frames.
struct Set {
    name: String,
    frames: Tally,
    films: FilmTally,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match Arguments::parse(&words) {
        Ok(arguments) => arguments,
        Err(reason) => {
            eprintln!("{reason}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        eprintln!("this is no release build; `cargo xtask bench scan` measures one");
    }
    // Readers that panic are counted; the traces would only hide the table.
    std::panic::set_hook(Box::new(|_| {}));
    let mut sets = Vec::new();
    let lists = arguments.lists;
    if arguments.draws {
        let name = format!("synthetic, seed {}", arguments.seed);
        let frames = synthetic::frames(&arguments);
        let films = (0..arguments.films).map(|number| films::drawn(arguments.seed, number));
        sets.push(measured(name, frames, films, lists));
    }
    for folder in &arguments.folders {
        match folder::collections(folder) {
            Ok(collections) => sets.extend(collections.into_iter().map(|found| {
                let wanted = found
                    .frames
                    .into_iter()
                    .filter(|frame| arguments.wants(&frame.category));
                measured(
                    found.name,
                    wanted.map(|entry| entry.load()),
                    found.films.into_iter(),
                    lists,
                )
            })),
            Err(reason) => {
                eprintln!("{}: {reason}", folder.display());
                return ExitCode::FAILURE;
            }
        }
    }
    for set in &sets {
        table::print(set);
    }
    match report::write(&arguments.report, &sets) {
        Ok(()) => {
            println!("written to {}", arguments.report.display());
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{}: {reason}", arguments.report.display());
            ExitCode::FAILURE
        }
    }
}

fn measured(
    name: String,
    frames: impl Iterator<Item = Frame>,
    films: impl Iterator<Item = Film>,
    lists: bool,
) -> Set {
    let mut set = Set {
        name,
        frames: Tally::default(),
        films: FilmTally::default(),
    };
    let mut readers = Readers::new();
    for frame in frames {
        let readings = readers.read(&frame);
        if lists {
            list(&frame, &readings);
        }
        set.frames.add(&frame, &readings);
        eprint!("\r{}: {} frames", set.name, set.frames.frames);
    }
    for film in films {
        let mut readers = Readers::new();
        for frame in film {
            let readings = readers.read(&frame);
            set.films.add(&frame, &readings);
        }
        set.films.end_film();
        eprint!("\r{}: {} films          ", set.name, set.films.films);
    }
    eprintln!();
    set
}

/// Names a frame that our readers do not read as it is, and what the others make of it.
fn list(frame: &Frame, outcomes: &[readers::Outcome; readers::COUNT]) {
    let read = outcomes
        .each_ref()
        .map(|outcome| tally::read_in(frame, &outcome.readings));
    let wrong = outcomes
        .each_ref()
        .map(|outcome| tally::false_in(frame, &outcome.readings));
    let ours = [readers::OURS, readers::OURS_UNHURRIED];
    if ours
        .iter()
        .any(|reader| read[*reader] < frame.codes.len() || wrong[*reader] > 0)
    {
        println!(
            "{} {}: of {} codes {read:?} read, {wrong:?} false",
            frame.category,
            frame.name,
            frame.codes.len()
        );
        for reading in tally::false_readings(frame, &outcomes[readers::OURS_UNHURRIED].readings) {
            println!(
                "    read: {}",
                String::from_utf8_lossy(&reading.bytes).escape_debug()
            );
        }
    }
}
