//! The Rust workspace: built once, for the window and for the tests alike.
//!
//! Cargo chooses the features of shared dependencies from the packages and kinds of target it is asked for. A build of
//! `-p gatepost` and a test run of the whole workspace would therefore compile half of the tree twice. So every command
//! here names the whole workspace *and* at least one test: then development dependencies always take part in the
//! choice, and what one command has built serves all others.

use std::path::PathBuf;
use std::process::Command;

use crate::display::Display;
use crate::failure::Failure;
use crate::repository::Repository;
use crate::step::{cargo, run, succeeds};

/// Builds every program, and one small test for the sake of the features (see the module).
const PROGRAMS: [&str; 5] = ["build", "--workspace", "--bins", "--test", "tidy"];

/// Builds every program, library and test binary in one go, so that both cores always have work.
const EVERYTHING: [&str; 3] = ["build", "--workspace", "--all-targets"];

/// Everything a measurement needs, as it would be shipped.
const RELEASE: [&str; 5] = ["build", "--release", "--workspace", "--bins", "--lib"];

/// The test of the shell that writes the bindings when [`UPDATE_BINDINGS`] is set, else compares them.
const BINDINGS_TEST: [&str; 5] = ["test", "--workspace", "--lib", "--", "bindings"];
const UPDATE_BINDINGS: &str = "GATEPOST_UPDATE_BINDINGS";

/// Opens the window, built from this checkout, with these arguments. Returns when the window is closed.
///
/// # Errors
/// When the shell is missing or does not build, or the program ends with a code other than 0.
pub fn open_window(repository: &Repository, arguments: &[String]) -> Result<(), Failure> {
    shell_exists(repository)?;
    run(&mut locked(&PROGRAMS))?;
    let program = built("debug", "gatepost");
    if !program.exists() {
        return Err(Failure::NotThere {
            what: "the program",
            path: program,
        });
    }
    run(Command::new(program).args(arguments))
}

/// Builds everything that the tests start or link.
///
/// # Errors
/// When the shell is missing or something does not build.
pub fn build_everything(repository: &Repository) -> Result<(), Failure> {
    shell_exists(repository)?;
    run(&mut locked(&EVERYTHING))
}

/// Runs every Rust test on a screen of its own; the runner's summary is the last output.
///
/// `filters` are passed to the runner as they are.
///
/// # Errors
/// When a test fails or the screen cannot be opened.
pub fn test(filters: &[String]) -> Result<(), Failure> {
    let display = Display::open()?;
    if filters.is_empty() {
        run(&mut locked(&["test", "--workspace", "--doc", "--quiet"]))?;
    }
    let mut runner = if succeeds(&mut cargo(&["nextest", "--version"])) {
        locked(&["nextest", "run", "--workspace"])
    } else {
        locked(&["test", "--workspace", "--tests", "--no-fail-fast"])
    };
    run(display.shown_to(runner.args(filters)))
}

/// Writes the TypeScript bindings anew from the shell's commands and types.
///
/// # Errors
/// When the shell is missing or does not build.
pub fn write_bindings(repository: &Repository) -> Result<(), Failure> {
    shell_exists(repository)?;
    run(cargo(&BINDINGS_TEST).env(UPDATE_BINDINGS, "1"))
}

/// Measures: builds as shipped, then runs the benchmark program with these arguments.
///
/// # Errors
/// When there is no benchmark program, it does not build, or it ends with a code other than 0.
pub fn bench(repository: &Repository, arguments: &[String]) -> Result<(), Failure> {
    shell_exists(repository)?;
    let source = repository.root().join("tests/src/bin/bench.rs");
    let folder = repository.root().join("tests/src/bin/bench/main.rs");
    if !source.exists() && !folder.exists() {
        return Err(Failure::NotThere {
            what: "the benchmark program",
            path: source,
        });
    }
    run(&mut locked(&RELEASE))?;
    let display = Display::open()?;
    run(display.shown_to(Command::new(built("release", "bench")).args(arguments)))
}

/// Cargo with these arguments; in continuous integration (`CI` is set) it refuses to change the lock file.
pub fn locked(arguments: &[&str]) -> Command {
    let mut command = cargo(&[]);
    let (before, after) = match arguments.iter().position(|argument| *argument == "--") {
        Some(separator) => arguments.split_at(separator),
        None => (arguments, &[][..]),
    };
    command.args(before);
    if std::env::var_os("CI").is_some() {
        command.arg("--locked");
    }
    command.args(after);
    command
}

/// Where Cargo has put a program: this tool lies in `debug` of the same target folder, wherever that is.
fn built(profile: &str, program: &str) -> PathBuf {
    let this_program =
        std::env::current_exe().expect("the operating system knows which program it has started");
    let target_folder = this_program
        .ancestors()
        .nth(2)
        .expect("Cargo puts programs two folders below the root of the disk or deeper");
    target_folder
        .join(profile)
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

fn shell_exists(repository: &Repository) -> Result<(), Failure> {
    let path = repository.root().join("src-tauri/src/main.rs");
    if path.exists() {
        Ok(())
    } else {
        Err(Failure::NotThere {
            what: "the shell",
            path,
        })
    }
}
