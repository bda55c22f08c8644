//! Messages between gate and inspector as text: one line, which the window also takes pasted.

use gatepost_ledger::witness_exchange::WitnessMessage;
use gatepost_report::Argument;
use serde::Serialize;

use crate::Fault;
use crate::fault::shown;
use crate::files;
use crate::output::Output;

use super::super::arguments::MessageTarget;

/// A message in any of its forms: the bytes of a code, or the line that stands for them.
pub(super) fn parse(bytes: &[u8]) -> Option<WitnessMessage> {
    let of_line = || WitnessMessage::parse_line(std::str::from_utf8(bytes).ok()?).ok();
    WitnessMessage::parse(bytes).ok().or_else(of_line)
}

/// The line of a message, with its line feed.
pub(super) fn line_of(message: &WitnessMessage) -> String {
    format!("{}\n", message.to_line())
}

/// Gives a message out: as text, as a code, or both; on standard output where neither is named.
pub(super) fn give_out(
    to: &MessageTarget,
    text: &str,
    code: &[u8],
    line: &impl Serialize,
    (key, values): (&str, &[(&str, Argument<'_>)]),
    output: &Output,
) -> Result<(), Fault> {
    if let Some(path) = &to.qr {
        files::write_code(path, code)?;
    }
    let file = to.output.as_deref().filter(|path| !files::is_pipe(path));
    if let Some(path) = file {
        files::write(Some(path), text.as_bytes())?;
    }
    let is_piped = to.output.as_deref().is_some_and(files::is_pipe);
    if output.json && !is_piped {
        return output.result(line, key, values);
    }
    match file.or(to.qr.as_deref()) {
        Some(path) if !is_piped => output.result(line, key, &[values, &[("path", shown(path))]].concat()),
        _ => {
            files::write(None, text.as_bytes())?;
            output.remark(line, key, &[values, &[("path", "-".into())]].concat())
        }
    }
}
