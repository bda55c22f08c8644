//! The Rust workspace: built once, for the window and for the tests alike.
//!
//! Cargo chooses the features of shared dependencies from the packages and kinds of target it is asked for. A build of
//! `-p gatepost` and a test run of the whole workspace would therefore compile half of the tree twice. So every command
//! here names the whole workspace *and* at least one test: then development dependencies always take part in the
//! choice, and what one command has built serves all others.
//!
//! The whole-program tests drive a window through `WebKitWebDriver` and count on `/proc`, so on other systems than Linux
//! their package is left out of all of this.

use std::path::PathBuf;
use std::process::Command;

use crate::display::Display;
use crate::failure::Failure;
use crate::repository::Repository;
use crate::step::{announce, cargo, run, succeeds};

/// Builds every program, and one small test for the sake of the features (see the module).
const PROGRAMS: [&str; 5] = ["build", "--workspace", "--bins", "--test", "tidy"];

/// Builds every program, library and test binary in one go, so that both cores always have work.
const EVERYTHING: [&str; 3] = ["build", "--workspace", "--all-targets"];

/// Everything a measurement needs, as it would be shipped.
const RELEASE: [&str; 5] = ["build", "--release", "--workspace", "--bins", "--lib"];

/// The test of the shell that writes the bindings when [`UPDATE_BINDINGS`] is set, else compares them.
const BINDINGS_TEST: [&str; 5] = ["test", "--workspace", "--lib", "--", "bindings"];
const UPDATE_BINDINGS: &str = "GATEPOST_UPDATE_BINDINGS";

/// The package of the whole-program tests and of the benchmarks.
const WINDOW_TESTS: &str = "gatepost-tests";
/// Tells the window tests that everything they need was installed: whatever is missing is then a failure, not a skip.
const NEEDS_WINDOW_TESTS: &str = "GATEPOST_NEEDS_WINDOW_TESTS";

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
    if !cfg!(target_os = "linux") {
        announce("SKIPPED: crash tests and tests of the real window; they run on Linux only");
    } else if !succeeds(Command::new("unshare").args(["--mount", "true"])) {
        announce("SKIPPED: tests of full and read-only disks; this user cannot mount one here");
    }
    let display = Display::open()?;
    if filters.is_empty() {
        run(&mut locked(&["test", "--workspace", "--doc", "--quiet"]))?;
    }
    let mut runner = if succeeds(&mut cargo(&["nextest", "--version"])) {
        locked(&["nextest", "run", "--workspace"])
    } else {
        locked(&["test", "--workspace", "--tests", "--no-fail-fast"])
    };
    run(display.shown_to(runner.args(filters).env(NEEDS_WINDOW_TESTS, "1")))
}

/// Writes the TypeScript bindings anew from the shell's commands and types.
///
/// # Errors
/// When the shell is missing or does not build.
pub fn write_bindings(repository: &Repository) -> Result<(), Failure> {
    shell_exists(repository)?;
    let arguments = arguments_on(cfg!(target_os = "linux"), &BINDINGS_TEST);
    run(cargo(&arguments).env(UPDATE_BINDINGS, "1"))
}

/// Measures: builds as shipped, then runs the benchmark program with these arguments.
///
/// # Errors
/// When there is no benchmark program, it does not build, or it ends with a code other than 0; on other systems than
/// Linux always.
pub fn bench(repository: &Repository, arguments: &[String]) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::Prerequisites {
            advice: "The benchmarks measure the real window as its tests drive it, and run on Linux only."
                .to_owned(),
        });
    }
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

/// Measures the reader of codes beside others, with these options.
///
/// The others come with C++ and dependencies of their own, so their program is a workspace apart (`tests/scan-bench`),
/// which no other command builds.
///
/// # Errors
/// When CMake or a C++ compiler is missing, the program is not there or does not build, or it ends with a code other
/// than 0; on Windows always.
pub fn bench_readers(repository: &Repository, options: &[String]) -> Result<(), Failure> {
    if cfg!(windows) {
        return Err(Failure::Prerequisites {
            advice:
                "The readers are measured by the CPU time of a thread, which is asked for as Unix has it."
                    .to_owned(),
        });
    }
    let manifest = repository.root().join("tests/scan-bench/Cargo.toml");
    if !manifest.exists() {
        return Err(Failure::NotThere {
            what: "the benchmark of the readers",
            path: manifest,
        });
    }
    for program in ["cmake", "c++"] {
        if !succeeds(Command::new(program).arg("--version")) {
            return Err(Failure::Prerequisites {
                advice: format!("`{program}` is needed to build zxing-cpp: apt-get install cmake g++"),
            });
        }
    }
    let target = target_folder();
    let own_target = target.join("scan-bench");
    let mut build = locked(&["build", "--release"]);
    build.arg("--manifest-path").arg(&manifest);
    run(build.arg("--target-dir").arg(&own_target))?;
    let program = own_target.join(format!(
        "release/gatepost-scan-bench{}",
        std::env::consts::EXE_SUFFIX
    ));
    let report = target.join("bench/scan.json");
    run(Command::new(program).arg("--json").arg(report).args(options))
}

/// Cargo with these arguments; in continuous integration (`CI` is set) it refuses to change the lock file.
///
/// On other systems than Linux `--workspace` is the workspace without the window tests.
pub fn locked(arguments: &[&str]) -> Command {
    let arguments = arguments_on(cfg!(target_os = "linux"), arguments);
    let mut command = cargo(&[]);
    let (before, after) = match arguments.iter().position(|argument| *argument == "--") {
        Some(separator) => arguments.split_at(separator),
        None => (&arguments[..], &[][..]),
    };
    command.args(before);
    if std::env::var_os("CI").is_some() {
        command.arg("--locked");
    }
    command.args(after);
    command
}

/// Cargo's arguments on this system: unchanged on Linux, elsewhere without the package that only Linux can build.
fn arguments_on<'a>(linux: bool, arguments: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = arguments.to_vec();
    let workspace = arguments.iter().position(|argument| *argument == "--workspace");
    if let Some(place) = workspace.filter(|_| !linux) {
        arguments.splice(place + 1..place + 1, ["--exclude", WINDOW_TESTS]);
    }
    arguments
}

/// Where Cargo has put a program: this tool lies in `debug` of the same target folder, wherever that is.
fn built(profile: &str, program: &str) -> PathBuf {
    target_folder()
        .join(profile)
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

fn target_folder() -> PathBuf {
    let this_program =
        std::env::current_exe().expect("the operating system knows which program it has started");
    let target_folder = this_program.ancestors().nth(2);
    target_folder
        .expect("Cargo puts programs two folders below the root of the disk or deeper")
        .to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_builds_and_tests_the_whole_workspace() {
        for arguments in [&PROGRAMS[..], &EVERYTHING[..], &RELEASE[..], &BINDINGS_TEST[..]] {
            assert_eq!(arguments_on(true, arguments), arguments);
        }
    }

    #[test]
    fn other_systems_leave_the_window_tests_out_of_every_command_that_names_the_workspace() {
        assert_eq!(
            arguments_on(false, &PROGRAMS).join(" "),
            "build --workspace --exclude gatepost-tests --bins --test tidy"
        );
        assert_eq!(
            arguments_on(false, &BINDINGS_TEST).join(" "),
            "test --workspace --exclude gatepost-tests --lib -- bindings"
        );
        let one_crate = ["clippy", "--package", "gatepost-rules"];
        assert_eq!(arguments_on(false, &one_crate), one_crate);
    }
}
