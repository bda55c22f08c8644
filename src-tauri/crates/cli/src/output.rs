use std::io::{self, Write};

use gatepost_report::{Argument, Words};
use serde::Serialize;

use crate::Fault;

/// Where results and faults go, and in which form.
pub(crate) struct Output {
    pub(crate) words: Words,
    pub(crate) json: bool,
}

/// A fault as a JSON line.
#[derive(Serialize)]
struct FaultLine<'a> {
    error: &'a str,
    message: &'a str,
}

impl Output {
    /// One result on standard output: `value` with `--json`, else the sentence of `key`.
    pub(crate) fn result(
        &self,
        value: &impl Serialize,
        key: &str,
        arguments: &[(&str, Argument<'_>)],
    ) -> Result<(), Fault> {
        self.line(&mut io::stdout().lock(), value, key, arguments)
    }

    /// The same on standard error, where standard output carries a file.
    pub(crate) fn remark(
        &self,
        value: &impl Serialize,
        key: &str,
        arguments: &[(&str, Argument<'_>)],
    ) -> Result<(), Fault> {
        self.line(&mut io::stderr().lock(), value, key, arguments)
    }

    /// A fault on standard error.
    pub(crate) fn fault(&self, fault: &Fault) {
        let message = fault.sentence(&self.words);
        let line = FaultLine {
            error: fault.code(),
            message: &message,
        };
        let mut stderr = io::stderr().lock();
        // Nobody is left to be told when standard error is closed; the exit code still says it.
        let _ = match serde_json::to_string(&line) {
            Ok(json) if self.json => writeln!(stderr, "{json}"),
            Ok(_) | Err(_) => writeln!(stderr, "gatepost-cli: {message}"),
        };
    }

    fn line(
        &self,
        target: &mut impl Write,
        value: &impl Serialize,
        key: &str,
        arguments: &[(&str, Argument<'_>)],
    ) -> Result<(), Fault> {
        let line = if self.json {
            serde_json::to_string(value).map_err(|error| Fault::Output(error.into()))?
        } else {
            self.words.text(key, arguments)
        };
        writeln!(target, "{line}").map_err(Fault::Output)
    }
}

/// A text for a terminal. Control characters, which could move the cursor or run something, and marks that turn
/// the direction of writing, which could hide something, are replaced.
pub(crate) fn plain(text: &str) -> String {
    let is_safe = |character: char| {
        !character.is_control() && !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|character| if is_safe(character) { character } else { '\u{fffd}' })
        .collect()
}
