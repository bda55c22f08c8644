//! `ledger seal`.

use std::process::ExitCode;

use serde::Serialize;

use crate::fault::shown;
use crate::output::Output;
use crate::{Fault, files, folder};

use super::arguments::SealArguments;
use super::shape::SealLine;

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    seal: SealLine,
    /// The signed note.
    note: String,
}

pub(super) fn run(arguments: &SealArguments, output: &Output) -> Result<ExitCode, Fault> {
    let reader = folder::read(&arguments.folder)?;
    let head = reader
        .head()
        .map_err(|source| Fault::of_store(&arguments.folder, source))?;
    let note = head.note.to_string();
    if let Some(path) = &arguments.qr {
        files::write_code(path, note.as_bytes())?;
    }
    let is_for_stdout = arguments.output.as_deref().is_none_or(files::is_pipe);
    if !is_for_stdout || !output.json {
        files::write(arguments.output.as_deref(), note.as_bytes())?;
    }
    let line = Line {
        seal: SealLine::of(&head.seal),
        note,
    };
    let words = &line.seal.words;
    if arguments.words && !output.json {
        for words in [words.zh, words.en] {
            output.remark(&line, "cli-words", &[("words", words.join(" ").into())])?;
        }
    }
    match &arguments.output {
        Some(path) if !is_for_stdout => {
            let values = [
                ("path", shown(path)),
                ("size", line.seal.size.into()),
                ("origin", line.seal.origin.as_str().into()),
            ];
            output.result(&line, "cli-seal-done", &values)?;
        }
        _ if output.json => output.result(&line, "", &[])?,
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}
