//! The commands, from the words on the command line to the order of their steps.

use crate::failure::Failure;
use crate::gate;
use crate::prerequisites::{self, Purpose};
use crate::repository::Repository;
use crate::step::{npm, run};
use crate::ui;
use crate::workspace;

/// What `cargo xtask` understands.
pub const USAGE: &str = "\
usage: cargo xtask COMMAND

  run [-- ARGUMENTS]     install what is missing, build, open the window
  demo [-- ARGUMENTS]    the same on a throw-away database with a week of entries and a recorded camera
  test [FILTER…]         the same, then every test: UI, Rust, and the real window on a screen of its own
  ci [--without-tests]   the one gate: format, lints, licences, tidiness, then `test`
  bindings               write ui/src/ipc/bindings.ts anew from the shell's commands
  bench [ARGUMENTS]      measure a release build
  bench scan [OPTIONS]   measure the reader of codes beside others (needs CMake and C++)";

/// One command with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Open the window with these arguments.
    Run(Vec<String>),
    /// Run every test, or those that the runner selects by these filters.
    Test(Vec<String>),
    /// The gate, with or without the tests at its end.
    Ci {
        /// Whether the tests run after the static checks.
        with_tests: bool,
    },
    /// Write the TypeScript bindings.
    Bindings,
    /// Measure, with these arguments for the benchmark program.
    Bench(Vec<String>),
    /// Measure the reader of codes beside others, with these options.
    BenchReaders(Vec<String>),
    /// Show the usage.
    Help,
}

impl Task {
    /// Reads a command line without the program's name.
    ///
    /// # Errors
    /// [`Failure::Usage`] for anything that [`USAGE`] does not name.
    pub fn parse(words: &[String]) -> Result<Task, Failure> {
        let Some((command, rest)) = words.split_first() else {
            return Err(Failure::Usage {
                reason: "which command?".to_owned(),
            });
        };
        let arguments: Vec<String> = rest.iter().skip_while(|word| *word == "--").cloned().collect();
        match command.as_str() {
            "run" => Ok(Task::Run(arguments)),
            "demo" => Ok(Task::Run(
                std::iter::once("--demo".to_owned()).chain(arguments).collect(),
            )),
            "test" => Ok(Task::Test(arguments)),
            "bench" if arguments.first().is_some_and(|part| part == "scan") => {
                Ok(Task::BenchReaders(arguments[1..].to_vec()))
            }
            "bench" => Ok(Task::Bench(arguments)),
            "ci" if rest.is_empty() => Ok(Task::Ci { with_tests: true }),
            "ci" if rest == ["--without-tests"] => Ok(Task::Ci { with_tests: false }),
            "bindings" if rest.is_empty() => Ok(Task::Bindings),
            "help" | "--help" | "-h" => Ok(Task::Help),
            "ci" | "bindings" => Err(Failure::Usage {
                reason: format!("`{command}` does not take `{}`", rest.join(" ")),
            }),
            unknown => Err(Failure::Usage {
                reason: format!("there is no command `{unknown}`"),
            }),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// The first [`Failure`] of any step; later steps are not begun.
    pub fn perform(&self, repository: &Repository) -> Result<(), Failure> {
        match self {
            Task::Run(arguments) => {
                prepare(repository, Purpose::Window)?;
                workspace::open_window(repository, arguments)
            }
            Task::Test(filters) => test(repository, filters),
            Task::Ci { with_tests } => {
                gate::check(repository)?;
                if *with_tests {
                    test(repository, &[])
                } else {
                    Ok(())
                }
            }
            Task::Bindings => {
                prepare(repository, Purpose::Window)?;
                workspace::write_bindings(repository)
            }
            Task::Bench(arguments) => {
                prepare(repository, Purpose::Tests)?;
                workspace::bench(repository, arguments)
            }
            Task::BenchReaders(options) => workspace::bench_readers(repository, options),
            Task::Help => {
                println!("{USAGE}");
                Ok(())
            }
        }
    }
}

/// Everything that comes before Cargo: system libraries, Node packages, the built UI that the shell embeds.
fn prepare(repository: &Repository, purpose: Purpose) -> Result<(), Failure> {
    prerequisites::ensure(purpose)?;
    ui::install(repository)?;
    ui::build(repository)
}

/// Builds first and tests afterwards, so that the runners' own summaries stand together at the end of the output.
fn test(repository: &Repository, filters: &[String]) -> Result<(), Failure> {
    prepare(repository, Purpose::Tests)?;
    workspace::build_everything(repository)?;
    if filters.is_empty() {
        let ui = repository.ui();
        run(npm(&["run", "check"]).current_dir(&ui))?;
        run(npm(&["test"]).current_dir(&ui))?;
    }
    workspace::test(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, Failure> {
        Task::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_after_two_dashes_go_to_the_program() {
        let task = parsed("run -- --data-dir /tmp/x").unwrap();
        assert_eq!(
            task,
            Task::Run(vec!["--data-dir".to_owned(), "/tmp/x".to_owned()])
        );
    }

    #[test]
    fn a_demo_is_the_window_with_one_more_argument() {
        assert_eq!(parsed("demo").unwrap(), Task::Run(vec!["--demo".to_owned()]));
        let with_arguments = parsed("demo -- --version").unwrap();
        assert_eq!(
            with_arguments,
            Task::Run(["--demo", "--version"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn the_readers_are_a_part_of_the_benchmark_with_options_of_its_own() {
        assert_eq!(
            parsed("bench scan --seed 7").unwrap(),
            Task::BenchReaders(["--seed", "7"].map(str::to_owned).to_vec())
        );
        assert_eq!(
            parsed("bench commit").unwrap(),
            Task::Bench(vec!["commit".to_owned()])
        );
    }

    #[test]
    fn the_gate_includes_the_tests_unless_told_otherwise() {
        assert_eq!(parsed("ci").unwrap(), Task::Ci { with_tests: true });
        assert_eq!(
            parsed("ci --without-tests").unwrap(),
            Task::Ci { with_tests: false }
        );
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_usage_and_exit_code_2() {
        for line in ["", "publish", "ci --fast", "bindings now"] {
            let failure = parsed(line).unwrap_err();
            assert_eq!(failure.exit_code(), 2, "{line}");
            assert!(failure.to_string().contains("usage: cargo xtask"), "{line}");
        }
    }
}
