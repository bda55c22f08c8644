//! `cargo xtask`: see the library for what each command does.
#![allow(clippy::print_stderr, reason = "a command-line tool speaks on the terminal")]

use std::process::ExitCode;

use xtask::repository::Repository;
use xtask::task::Task;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = Task::parse(&arguments).and_then(|task| task.perform(&Repository::of_this_run()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
