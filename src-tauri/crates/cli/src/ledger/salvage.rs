//! `ledger salvage`.

use std::process::ExitCode;

use gatepost_store::{DATABASE_NAME, salvage};
use serde::Serialize;

use crate::Fault;
use crate::fault::shown;
use crate::output::Output;

use super::arguments::SalvageArguments;

#[derive(Serialize)]
struct Line {
    recovered: u64,
    /// First and last position of each gap.
    lost: Vec<(u64, u64)>,
    /// Rows that are not what was hashed.
    refused: u64,
    /// Records from position 0 to the last signature that verifies: so many are in the new database.
    sealed: u64,
    remade_entries: u64,
    disclosures: u64,
    records: String,
    database: Option<String>,
    seconds: f64,
}

pub(super) fn run(arguments: &SalvageArguments, output: &Output) -> Result<ExitCode, Fault> {
    let damaged = match arguments.damaged.is_dir() {
        true => arguments.damaged.join(DATABASE_NAME),
        false => arguments.damaged.clone(),
    };
    if !damaged.is_file() {
        return Err(Fault::unreadable(&damaged));
    }
    let report =
        salvage(&damaged, &arguments.output).map_err(|source| Fault::of_store(&arguments.output, source))?;
    let line = Line {
        recovered: report.recovered,
        lost: report.lost.iter().map(|range| (range.from, range.to)).collect(),
        refused: report.refused,
        sealed: report.sealed,
        remade_entries: report.remade_entries,
        disclosures: report.disclosures,
        records: report.records.display().to_string(),
        database: report.database.as_ref().map(|path| path.display().to_string()),
        seconds: (report.took.as_secs_f64() * 1e3).round() / 1e3,
    };
    let lost: u64 = report.lost.iter().map(|range| range.to - range.from + 1).sum();
    let values = [
        ("recovered", line.recovered.into()),
        ("lost", lost.into()),
        ("sealed", line.sealed.into()),
        ("path", shown(&arguments.output)),
    ];
    let key = match line.recovered {
        0 => "cli-salvage-none",
        _ => "cli-salvage-done",
    };
    output.result(&line, key, &values)?;
    Ok(ExitCode::from(u8::from(line.recovered == 0)))
}
