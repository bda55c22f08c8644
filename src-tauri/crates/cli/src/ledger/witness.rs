//! `ledger witness`: both sides of a visit, over files, pipes and pictures of codes.

mod gate;
mod inspector;
mod message;

use std::process::ExitCode;

use crate::Fault;
use crate::output::Output;

use super::arguments::WitnessCommand;

pub(super) fn run(command: &WitnessCommand, output: &Output) -> Result<ExitCode, Fault> {
    match command {
        WitnessCommand::Init(wanted) => inspector::init(wanted, output)?,
        WitnessCommand::Show(wanted) => inspector::show(wanted, output)?,
        WitnessCommand::Hello(wanted) => inspector::hello(wanted, output)?,
        WitnessCommand::Consider(wanted) => inspector::consider(wanted, output)?,
        WitnessCommand::Request(wanted) => gate::request(wanted, output)?,
        WitnessCommand::Accept(wanted) => gate::accept(wanted, output)?,
    }
    Ok(ExitCode::SUCCESS)
}
