//! Measures the program, prints a table and writes it as JSON. `cargo xtask bench` builds it as shipped first;
//! `cargo xtask bench commit` measures one part only.
//!
//! Every figure stands beside a reference that was measured in the same run; where two things are compared
//! their samples alternate, so that a busy machine slows both.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on the terminal"
)]

mod audit;
mod child;
mod commit;
mod data;
mod disk;
mod door;
mod export;
mod growth;
mod ledger;
mod made_up;
mod samples;
mod table;
#[cfg(target_os = "linux")]
mod window;

use std::path::Path;
use std::process::ExitCode;

use crate::table::{Row, print, write};

/// A part of the measurements, by the name of its file.
type Part = (&'static str, fn(&Path) -> Vec<Row>);

const PARTS: &[Part] = &[
    ("commit", commit::measure),
    ("door", door::measure),
    ("ledger", ledger::measure),
    ("audit", audit::measure),
    ("export", export::measure),
    // Last: it appends to the data that the others read.
    ("growth", growth::measure),
    #[cfg(target_os = "linux")]
    ("window", window::measure),
];

/// Leaves the ledgers of many entries in `target/bench-data` for the next run.
const KEEP: &str = "--keep";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, job, folder, output] = &arguments[..]
        && word == child::WORD
    {
        let took = export::in_child(job, Path::new(folder), Path::new(output));
        println!("{}", child::report(took));
        return ExitCode::SUCCESS;
    }
    let (flags, wanted): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|argument| argument == KEEP);
    let known = |name: &String| PARTS.iter().any(|(part, _)| part == name);
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!(
            "bench: there is no part `{unknown}`; there are {}, and {KEEP}",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        eprintln!("bench: this is no release build; `cargo xtask bench` measures one");
    }
    let folder = table::folder();
    for (name, measure) in PARTS {
        if !wanted.is_empty() && !wanted.iter().any(|part| part == name) {
            continue;
        }
        // On the disk that the program itself would use, and not in memory.
        let work = tempfile::tempdir_in(&folder).expect("the target folder is writable");
        let rows = measure(work.path());
        print(name, &rows);
        if let Some(load) = table::load() {
            println!("  load of the last minute: {load}");
        }
        println!("written to {}\n", write(&folder, name, &rows).display());
    }
    if flags.is_empty() {
        data::remove_all();
    }
    ExitCode::SUCCESS
}
