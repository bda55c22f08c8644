//! One step of a command: a program that is shown, started and waited for.

use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

use crate::failure::Failure;

/// When the first step began, so that each heading can say how long the whole has taken so far.
static BEGINNING: OnceLock<Instant> = OnceLock::new();

/// Prints a heading with the minutes and seconds since the first one.
pub fn announce(step: &str) {
    let seconds = BEGINNING.get_or_init(Instant::now).elapsed().as_secs();
    eprintln!("▸ {:02}:{:02} {step}", seconds / 60, seconds % 60);
}

/// Announces a program, runs it with this terminal and waits for it.
///
/// # Errors
/// [`Failure::NotStarted`] when there is no such program, [`Failure::StepFailed`] when it ends with anything but 0.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let step = line_of(command);
    announce(&step);
    let status = command.status().map_err(|source| not_started(command, source))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::StepFailed { step, status })
    }
}

/// Runs a program without showing it and returns how it ended and what it wrote to its standard output.
///
/// # Errors
/// [`Failure::NotStarted`] when there is no such program.
pub fn ask(command: &mut Command) -> Result<(ExitStatus, String), Failure> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|source| not_started(command, source))?;
    Ok((
        output.status,
        String::from_utf8_lossy(&output.stdout).into_owned(),
    ))
}

/// Whether a program exists and ends well. Nothing is shown.
pub fn succeeds(command: &mut Command) -> bool {
    ask(command).is_ok_and(|(status, _)| status.success())
}

/// Cargo, the same one that started this tool.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// npm by the name it has on this system.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments);
    command
}

fn not_started(command: &Command, source: std::io::Error) -> Failure {
    Failure::NotStarted {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

/// The command as somebody would type it: the program's file name and its arguments.
fn line_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy()
            .into_owned(),
    ];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
