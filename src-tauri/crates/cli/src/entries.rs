//! `entries export`: the log as a file.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, FixedOffset};
use gatepost_desk::{Clock, ExportFormat, ExportRequest, SystemClock, data_folder, prepare_export};
use gatepost_ledger::Moment;
use gatepost_report::mask_name;
use gatepost_store::{DATABASE_NAME, EntryFilter, NewRecord, Store, StoreError, VaultKind, open_vault};
use serde::Serialize;

use crate::Fault;
use crate::arguments::ExportArguments;
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
    let clock = SystemClock::start();
    let store_fault = |source| Fault::Store {
        folder: folder.clone(),
        source,
    };
    let export_fault = |error| Fault::of_export(folder.clone(), error);
    let no_data = || Fault::NoData {
        folder: folder.clone(),
    };
    if !folder.join(DATABASE_NAME).exists() {
        return Err(no_data());
    }
    // Opened for writing before anything is read: what may not be recorded is not exported.
    let vault = open_vault(&folder, VaultKind::KeyFile).map_err(store_fault)?;
    let mut store = Store::open(&folder, vault).map_err(store_fault)?;
    let venue = store.venue().map_err(store_fault)?.ok_or_else(no_data)?;
    let to_pipe = arguments.output == Path::new("-");
    let made_at = clock.now();
    let request = request(arguments, &mut store, made_at, venue.demo, output).map_err(store_fault)?;
    let mut reader = store.reader().map_err(store_fault)?;
    let prepared = prepare_export(&mut reader, &request, &mut |_, _| {}).map_err(export_fault)?;
    if prepared.rows() == 0 {
        return Err(Fault::NoEntries);
    }

    let body = prepared.body();
    let wall_ms = clock.now().timestamp_millis();
    let boot = store
        .boot(wall_ms, 0, &venue.gate, env!("CARGO_PKG_VERSION"))
        .map_err(store_fault)?;
    let at = Moment {
        wall_ms,
        boot,
        monotonic_ms: 0,
    };
    let (gate, by) = (venue.gate, None);
    let position = store
        .append(&NewRecord { at, gate, by, body })
        .map_err(store_fault)?;

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
    store: &mut Store,
    made_at: DateTime<FixedOffset>,
    demo: bool,
    output: &Output,
) -> Result<ExportRequest, StoreError> {
    let people = store.people()?;
    let format = format(arguments);
    Ok(ExportRequest {
        filter: EntryFilter {
            day: arguments.day,
            gate: arguments.gate.clone(),
            verdict: arguments.verdict.map(Into::into),
            ..EntryFilter::default()
        },
        format,
        made_at,
        // A pipe gets the file after it is recorded, so it waits in the data folder until then.
        target: if arguments.output == Path::new("-") {
            store.folder().join("export").with_extension(format.extension())
        } else {
            arguments.output.clone()
        },
        language: output.words.language(),
        guards: people
            .iter()
            .map(|one| (one.number, mask_name(one.name.expose())))
            .collect(),
        demo,
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
