//! `simulate`: a demonstration in an empty folder.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime};
use gatepost_codes::Personal;
use gatepost_desk::simulate::{DemoPins, Simulation, set_up_demo, simulate};
use gatepost_desk::{Clock, SystemClock, data_folder};
use gatepost_ledger::Moment;
use gatepost_store::{DATABASE_NAME, Store, VaultKind, open_vault};
use serde::Serialize;

use crate::Fault;
use crate::arguments::SimulateArguments;
use crate::output::{Output, plain};

/// A demonstration as a JSON line.
#[derive(Serialize)]
struct SimulationLine {
    folder: String,
    days: u32,
    entries: u64,
    further_readings: u64,
    voided: u64,
    shifts: u64,
    seconds: f64,
    entries_per_second: f64,
}

pub(crate) fn run(arguments: &SimulateArguments, output: &Output) -> Result<ExitCode, Fault> {
    let folder = named_folder(arguments.data_dir.clone())?;
    let clock = SystemClock::start();
    let now = clock.now();
    let last_day = arguments.last_day.unwrap_or_else(|| now.date_naive());
    let simulation = Simulation {
        days: arguments.days,
        per_day: arguments.per_day,
        seed: arguments.seed,
        last_day,
        offset_s: now.offset().local_minus_utc(),
        until_ms: now.timestamp_millis(),
    };
    let began_ms = begin_of(last_day, arguments.days, now).ok_or(Fault::Impossible)?;
    let fault = |error| Fault::of_simulation(folder.clone(), error);

    let mut store = open(&folder)?;
    if store
        .venue()
        .map_err(|source| store_fault(&folder, source))?
        .is_none()
    {
        let at = Moment {
            wall_ms: began_ms,
            boot: 1,
            monotonic_ms: 0,
        };
        set_up_demo(&mut store, at, &pins(arguments)).map_err(fault)?;
    }
    let began = clock.since_start();
    let done = simulate(&mut store, &simulation, &mut |day, days| {
        progress(day, days, output);
    })
    .map_err(fault)?;
    let seconds = (clock.since_start() - began).as_secs_f64();
    let line = SimulationLine {
        folder: folder.display().to_string(),
        days: arguments.days,
        entries: done.entries,
        further_readings: done.further_readings,
        voided: done.voided,
        shifts: done.shifts,
        seconds: (seconds * 1e3).round() / 1e3,
        entries_per_second: (done.entries as f64 / seconds).round(),
    };
    tell(&line, output)?;
    Ok(ExitCode::SUCCESS)
}

/// The folder of the flag or of the environment; the program's own is never taken by default.
fn named_folder(flag: Option<PathBuf>) -> Result<PathBuf, Fault> {
    let is_named =
        flag.is_some() || std::env::var_os("GATEPOST_DATA_DIR").is_some_and(|value| !value.is_empty());
    if is_named {
        Ok(data_folder(flag))
    } else {
        Err(Fault::FolderMissing)
    }
}

/// Opens a demonstration, or makes the data of an empty folder. A folder with anything else in it is not
/// touched.
fn open(folder: &Path) -> Result<Store, Fault> {
    let holds_anything = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if holds_anything && !folder.join(DATABASE_NAME).exists() {
        return Err(Fault::NotADemo {
            folder: folder.to_owned(),
        });
    }
    // Made-up people have no place in anybody's keychain.
    open_vault(folder, VaultKind::KeyFile)
        .and_then(|vault| Store::open(folder, vault))
        .map_err(|source| store_fault(folder, source))
}

fn store_fault(folder: &Path, source: gatepost_store::StoreError) -> Fault {
    Fault::Store {
        folder: folder.to_owned(),
        source,
    }
}

/// Midnight before the first day, ms UTC: the venue was set up then.
fn begin_of(last_day: NaiveDate, days: u32, now: DateTime<FixedOffset>) -> Option<i64> {
    let first = last_day.checked_sub_days(Days::new(u64::from(days) - 1))?;
    let midnight = first.and_time(NaiveTime::MIN).and_local_timezone(*now.offset());
    Some(midnight.single()?.timestamp_millis())
}

fn pins(arguments: &SimulateArguments) -> DemoPins {
    let pin = |digits: &String| Personal::new(digits.clone());
    DemoPins {
        manager: pin(&arguments.manager_pin),
        guards: [pin(&arguments.guard_pin), pin(&arguments.second_guard_pin)],
    }
}

/// One line that is written over, for somebody who waits; nothing in a log or a pipe.
fn progress(day: u32, days: u32, output: &Output) {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() && !output.json {
        let arguments = [("day", day.into()), ("days", days.into())];
        let text = output.words.text("cli-simulate-progress", &arguments);
        let end = if day == days { "\n" } else { "" };
        // Progress is a courtesy: a terminal that went away does not stop the work.
        let _ = write!(stderr, "\r{text}{end}");
    }
}

fn tell(line: &SimulationLine, output: &Output) -> Result<(), Fault> {
    let arguments = [
        ("folder", plain(&line.folder).into()),
        ("days", line.days.into()),
        ("entries", line.entries.into()),
        ("seconds", format!("{:.1}", line.seconds).into()),
        ("rate", line.entries_per_second.into()),
    ];
    output.result(line, "cli-simulate-done", &arguments)
}
