//! The store through thirty days and more, for the test of the disk's calls: `day_script FOLDER FIRST` begins a day,
//! another one forty days later, erases the first ones, and begins one more, and writes down what was confirmed, one line
//! each. What fails is told and done once more, as a guard does who presses Enter again.
//!
//! `entry POSITION TENTHS`, `erased RECORDS`, `fault WORDS`. `FIRST` is how many seconds after the set-up it begins.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use gatepost_store::{Store, StoreError};
use gatepost_tests::made_up::{DAY_S, GATE, START_MS, entry, moment, open};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, first] = arguments.as_slice() else {
        return ExitCode::from(2);
    };
    let Ok(first) = first.parse() else {
        return ExitCode::from(2);
    };
    match live(Path::new(folder), first) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn live(folder: &Path, first: u64) -> Result<(), StoreError> {
    let mut store = twice(|| open(folder))?;
    let wall_ms = START_MS + first.cast_signed() * 1000;
    let boot = twice(|| store.boot(wall_ms, first * 1000, GATE, "0.1.0"))?;
    for day in [1, 40] {
        visit(&mut store, boot, first + day * DAY_S)?;
    }
    let at = moment(boot, first + 41 * DAY_S);
    let erased = twice(|| store.erase_due(at, GATE, None))?;
    say(format_args!("erased {}", erased.len()));
    visit(&mut store, boot, first + 42 * DAY_S)
}

/// Two visitors, the second one on a day that has its key.
fn visit(store: &mut Store, boot: u32, second: u64) -> Result<(), StoreError> {
    for second in [second, second + 60] {
        let mut new = entry(boot, second);
        new.token = Some(store.token(&second.to_le_bytes()));
        let position = twice(|| store.append_entry(&new))?;
        say(format_args!("entry {position} {}", new.temperature.tenths()));
    }
    Ok(())
}

fn twice<T>(mut call: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    call().or_else(|fault| {
        say(format_args!("fault {fault}"));
        call()
    })
}

/// One write for a whole line.
fn say(line: impl Display) {
    // Whoever does not listen is not told.
    let _ = io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}
