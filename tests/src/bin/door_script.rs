//! A guard with fast fingers, for the crash tests: `door_script FOLDER SEED [VISITORS]` checks one visitor after the
//! other and writes down what the card confirmed, one line each, so many times or until it is killed.
//!
//! `entry POSITION TENTHS` for an entry, `void POSITION` for one that was struck through.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use gatepost_desk::{Desk, DeskError};
use gatepost_tests::quiet;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, seed, visitors) = match arguments.as_slice() {
        [folder, seed] => (folder, seed.parse(), Ok(u64::MAX)),
        [folder, seed, visitors] => (folder, seed.parse(), visitors.parse()),
        _ => return ExitCode::from(2),
    };
    let (Ok(seed), Ok(visitors)) = (seed, visitors) else {
        return ExitCode::from(2);
    };
    let desk = quiet::desk(Path::new(folder));
    match quiet::take_the_gate(&desk).and_then(|()| check_visitors(&desk, seed, visitors)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever has heard enough may be gone by now.
            say(&format!("fault {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Ends early when nobody listens any more.
fn check_visitors(desk: &Desk, seed: u64, visitors: u64) -> Result<(), DeskError> {
    let mut last = None;
    for number in seed..seed.saturating_add(visitors) {
        // 34.0 to 38.9: low, normal and fever, so that further readings and second Enters take part.
        let tenths = 340 + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 50;
        let second_enter = if tenths >= 373 { "⏎" } else { "" };
        let door = quiet::press(desk, &format!("7{tenths}⏎{second_enter}"))?;
        let card = door.card.ok_or(DeskError::NotFound)?.entry;
        if last.replace(card.position) == Some(card.position) {
            // A key was not taken as it was meant: the last card still stands there.
            return Err(DeskError::NotFound);
        }
        if !say(&format!(
            "entry {} {}",
            card.position,
            card.temperature.unwrap_or_default()
        )) {
            return Ok(());
        }
        if number % 7 == 0 {
            quiet::press(desk, "-2")?;
            say(&format!("void {}", card.position));
        }
    }
    Ok(())
}

/// One write for a whole line, so that a kill never leaves half of one.
fn say(line: &str) -> bool {
    let mut output = io::stdout().lock();
    output.write_all(format!("{line}\n").as_bytes()).is_ok() && output.flush().is_ok()
}
