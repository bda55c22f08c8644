//! `ledger`: what an inspector or a maintainer does with a ledger.

pub(crate) mod arguments;
mod fault;
mod prove;
mod seal;
mod shape;
mod verify;

use std::process::ExitCode;

use crate::Fault;
use crate::output::Output;
use arguments::LedgerCommand;
pub(crate) use fault::LedgerFault;

pub(crate) fn run(command: &LedgerCommand, output: &Output) -> Result<ExitCode, Fault> {
    match command {
        LedgerCommand::Verify(wanted) => verify::run(wanted, output),
        LedgerCommand::Seal(wanted) => seal::run(wanted, output),
        LedgerCommand::Prove(wanted) => prove::run(wanted, output),
    }
}
