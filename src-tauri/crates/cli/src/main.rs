#![doc = include_str!("../README.md")]

mod arguments;
mod backup;
mod bench;
mod entries;
mod fault;
mod files;
mod folder;
mod ledger;
mod manager;
mod output;
mod scan;
mod simulate;

use std::process::ExitCode;

use clap::Parser;
use gatepost_report::{Language, Words};

use crate::arguments::{Arguments, Command, EntriesCommand};
use crate::fault::Fault;
use crate::ledger::LedgerFault;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let words = Words::of(arguments.language.unwrap_or_else(language_of_the_environment));
    let output = Output {
        words,
        json: arguments.json,
    };
    let done = match &arguments.command {
        Command::Scan(files) => scan::run(files, &output),
        Command::Entries(EntriesCommand::Export(wanted)) => entries::run(wanted, &output),
        Command::Ledger(wanted) => ledger::run(wanted, &output),
        Command::Backup(wanted) => backup::make(wanted, &output),
        Command::Restore(wanted) => backup::put_back(wanted, &output),
        Command::Manager(wanted) => manager::run(wanted, &output),
        Command::Bench(wanted) => bench::run(wanted, &output),
        Command::Simulate(wanted) => simulate::run(wanted, &output),
    };
    match done {
        Ok(code) => code,
        Err(fault) => {
            output.fault(&fault);
            fault.exit_code()
        }
    }
}

/// The first of the three variables that is set decides, as POSIX has it.
fn language_of_the_environment() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|locale| !locale.is_empty())
        .map_or(Language::ZhCn, |locale| Language::of_locale(&locale))
}
