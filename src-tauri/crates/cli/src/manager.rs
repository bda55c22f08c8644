//! `manager`: an account for a manager, where nobody can sign in who makes accounts.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use gatepost_desk::view::NewPersonForm;
use gatepost_desk::{DeskError, checked_person};
use gatepost_ledger::{PersonNumber, Role};
use serde::Serialize;

use crate::folder::Writer;
use crate::output::Output;
use crate::{Fault, LedgerFault};

pub(crate) const MANAGER_HELP: &str = "After a salvage that did not find a manager's row nobody can sign in who makes \
    accounts. Who holds the folder and its keys can make a manager with this; the record of the account names nobody \
    as its maker, and stays in the ledger for whoever audits it. The PIN is the first line of standard input, so that \
    no list of processes shows it.\n\n\
    Exit codes:\n  \
    0  made and recorded\n  \
    2  the command line, the name or the PIN makes no sense\n  \
    3  the data cannot be used\n  \
    4  a manager can sign in and makes accounts in the window; nothing was made";

/// No PIN is longer, and not the rest of a file that was given by mistake.
const LONGEST_PIN_BYTES: u64 = 64;

#[derive(Debug, Args)]
pub(crate) struct ManagerArguments {
    /// The data folder.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Name of the manager.
    #[arg(long, value_name = "NAME")]
    name: String,
}

#[derive(Serialize)]
struct Line {
    /// Number of the account.
    number: PersonNumber,
}

pub(crate) fn run(arguments: &ManagerArguments, output: &Output) -> Result<ExitCode, Fault> {
    let form = NewPersonForm {
        name: arguments.name.clone(),
        role: Role::Manager,
        pin: read_pin()?,
    };
    let person = checked_person(&form).map_err(|refusal| match refusal {
        DeskError::PinTooSimple => Fault::PinTooSimple,
        _ => Fault::NameMissing,
    })?;
    let mut writer = Writer::open(&arguments.folder)?;
    let (at, gate) = (writer.now()?, writer.venue.gate.clone());
    let made = writer
        .store
        .add_person_where_no_manager_is_left(at, &gate, &person);
    let made = made.map_err(|source| writer.fault(source))?;
    let number = made.ok_or(LedgerFault::ManagerIsLeft)?;
    let line = Line { number };
    output.result(&line, "cli-manager-done", &[("number", number.0.into())])?;
    Ok(ExitCode::SUCCESS)
}

fn read_pin() -> Result<String, Fault> {
    let mut line = String::new();
    let mut input = io::stdin().lock().take(LONGEST_PIN_BYTES);
    input
        .read_line(&mut line)
        .map_err(|_| Fault::Unreadable { path: "-".into() })?;
    Ok(line.trim().to_owned())
}
