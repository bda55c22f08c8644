//! `ledger salvage`.

use std::path::Path;
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
    /// Entries whose rows were made again from the records.
    remade_entries: u64,
    /// People whose rows were: without name and PIN.
    remade_people: u64,
    /// Whether a manager can sign in on the new database; `None` where there is none.
    manager_is_left: Option<bool>,
    /// Whether the venue was made again, without its name.
    remade_venue: bool,
    disclosures: u64,
    /// Disclosures that records commit to and that were not found.
    lost_disclosures: u64,
    /// Rows that refer to others that are lost.
    refused_rows: u64,
    records: String,
    database: Option<String>,
    seconds: f64,
}

impl Line {
    /// What else came out, one sentence each, where there is anything to say.
    fn tell_rest(&self, folder: &Path, output: &Output) -> Result<(), Fault> {
        let counts = [
            ("cli-salvage-refused", self.refused),
            ("cli-salvage-entries", self.remade_entries),
            ("cli-salvage-people", self.remade_people),
            ("cli-salvage-disclosures", self.lost_disclosures),
            ("cli-salvage-rows", self.refused_rows),
        ];
        for (key, n) in counts.into_iter().filter(|(_, n)| *n > 0) {
            output.result(self, key, &[("n", n.into())])?;
        }
        if self.remade_venue {
            output.result(self, "cli-salvage-venue", &[])?;
        }
        if self.manager_is_left == Some(false) {
            output.result(self, "cli-salvage-no_manager", &[("folder", shown(folder))])?;
        }
        Ok(())
    }
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
        remade_people: report.remade_people,
        manager_is_left: report.database.is_some().then_some(report.manager_is_left),
        remade_venue: report.remade_venue,
        disclosures: report.disclosures,
        lost_disclosures: report.lost_disclosures,
        refused_rows: report.refused_rows,
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
    if !output.json {
        line.tell_rest(&arguments.output, output)?;
    }
    Ok(ExitCode::from(u8::from(line.recovered == 0)))
}
