//! `entries export`: the log as a file.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use gatepost_desk::{ExportFormat, ExportRequest, data_folder, prepare_export};
use gatepost_report::mask_name;
use gatepost_store::{EntryFilter, StoreError};
use serde::Serialize;

use crate::Fault;
use crate::arguments::ExportArguments;
use crate::folder::Writer;
use crate::output::{Output, plain};

/// An export as a JSON line.
#[derive(Serialize)]
struct ExportLine {
    /// `-` for standard output.
    path: String,
    rows: u64,
    sha256: String,
    /// Position of the record of this export.
    position: u64,
}

pub(crate) fn run(arguments: &ExportArguments, output: &Output) -> Result<ExitCode, Fault> {
    let folder = data_folder(arguments.data_dir.clone());
    let store_fault = |source| Fault::of_store(&folder, source);
    let export_fault = |error| Fault::of_export(folder.clone(), error);
    // Opened for writing before anything is read: what may not be recorded is not exported.
    let mut writer = Writer::open(&folder)?;
    let to_pipe = arguments.output == Path::new("-");
    let request = request(arguments, &mut writer, output).map_err(store_fault)?;
    let mut reader = writer.store.reader().map_err(store_fault)?;
    let prepared = prepare_export(&mut reader, &request, &mut |_, _| {}).map_err(export_fault)?;
    drop(reader);
    if prepared.rows() == 0 {
        return Err(Fault::NoEntries);
    }
    let position = writer.record_export(prepared.body(), None)?;
    let (rows, sha256) = (prepared.rows(), prepared.sha256().to_owned());
    let path = if to_pipe {
        prepared
            .copy_to(&mut io::stdout().lock())
            .map_err(|_| Fault::Output(io::ErrorKind::BrokenPipe.into()))?;
        "-".to_owned()
    } else {
        let exported = prepared.publish().map_err(export_fault)?;
        exported.path.display().to_string()
    };
    tell(
        &ExportLine {
            path,
            rows,
            sha256,
            position,
        },
        to_pipe,
        output,
    )?;
    Ok(ExitCode::SUCCESS)
}

fn request(
    arguments: &ExportArguments,
    writer: &mut Writer,
    output: &Output,
) -> Result<ExportRequest, StoreError> {
    let people = writer.store.people()?;
    let format = format(arguments);
    Ok(ExportRequest {
        filter: EntryFilter {
            day: arguments.day,
            gate: arguments.gate.clone(),
            verdict: arguments.verdict.map(Into::into),
            ..EntryFilter::default()
        },
        format,
        made_at: writer.local_now(),
        // A pipe gets the file after it is recorded, so it waits in the data folder until then.
        target: if arguments.output == Path::new("-") {
            writer
                .store
                .folder()
                .join("export")
                .with_extension(format.extension())
        } else {
            arguments.output.clone()
        },
        language: output.words.language(),
        guards: people
            .iter()
            .map(|one| (one.number, mask_name(one.name.expose())))
            .collect(),
        demo: writer.venue.demo,
    })
}

fn format(arguments: &ExportArguments) -> ExportFormat {
    let workbook = ExportFormat::Xlsx;
    match (arguments.format, arguments.output.extension()) {
        (Some(name), _) => name.into(),
        (None, Some(extension)) if extension.eq_ignore_ascii_case(workbook.extension()) => workbook,
        (None, _) => ExportFormat::Csv,
    }
}

fn tell(line: &ExportLine, to_pipe: bool, output: &Output) -> Result<(), Fault> {
    let arguments = [
        ("rows", line.rows.into()),
        ("path", plain(&line.path).into()),
        ("position", line.position.into()),
        ("sha256", line.sha256.as_str().into()),
    ];
    if to_pipe {
        output.remark(line, "cli-export-done", &arguments)
    } else {
        output.result(line, "cli-export-done", &arguments)
    }
}
