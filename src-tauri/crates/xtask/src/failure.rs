//! Why a command ended early, in words that say what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The command line was not understood; `reason` says which word.
    Usage {
        /// What was wrong, as one sentence.
        reason: String,
    },
    /// Something has to be installed first, and this tool may not or cannot do it.
    Prerequisites {
        /// What is missing and the exact line that installs it.
        advice: String,
    },
    /// A part of the repository that the command needs is not there.
    NotThere {
        /// What it is, as a noun phrase.
        what: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A program could not be started.
    NotStarted {
        /// Its name as called.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A step ran and did not succeed. Its own output has said why.
    StepFailed {
        /// The step as it was shown when it began.
        step: String,
        /// How the process ended.
        status: ExitStatus,
    },
    /// A file or folder could not be read or written.
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The repository breaks its own rules; each finding has been printed.
    Untidy {
        /// How many findings there are.
        findings: usize,
    },
}

impl Failure {
    /// The exit code of the process: 2 when the caller has to do something first (install, spell the command right),
    /// else the code of the failed step, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage { .. } | Failure::Prerequisites { .. } => 2,
            Failure::StepFailed { status, .. } => status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .filter(|code| *code != 0)
                .unwrap_or(1),
            Failure::NotThere { .. }
            | Failure::NotStarted { .. }
            | Failure::File { .. }
            | Failure::Untidy { .. } => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage { reason } => write!(f, "{reason}\n\n{}", crate::task::USAGE),
            Failure::Prerequisites { advice } => f.write_str(advice),
            Failure::NotThere { what, path } => {
                write!(
                    f,
                    "{what} is not there: {} does not exist, so nothing was started.",
                    path.display()
                )
            }
            Failure::NotStarted { program, source } => write!(f, "could not start `{program}`: {source}"),
            Failure::StepFailed { step, status } => write!(f, "failed: {step} ({status})"),
            Failure::File { path, source } => write!(f, "{}: {source}", path.display()),
            Failure::Untidy { findings } => {
                write!(f, "the repository breaks its own rules in {findings} place(s)")
            }
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Failure::NotStarted { source, .. } | Failure::File { source, .. } => Some(source),
            Failure::Usage { .. }
            | Failure::Prerequisites { .. }
            | Failure::NotThere { .. }
            | Failure::StepFailed { .. }
            | Failure::Untidy { .. } => None,
        }
    }
}
