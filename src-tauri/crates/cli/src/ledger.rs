//! `ledger`: what an inspector or a maintainer does with a ledger.

mod append;
pub(crate) mod arguments;
mod bundle;
mod erase;
mod fault;
mod prove;
mod salvage;
mod seal;
mod shape;
mod verify;
mod witness;

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
        LedgerCommand::Bundle(wanted) => bundle::run(wanted, output),
        LedgerCommand::Append(wanted) => append::run(wanted, output),
        LedgerCommand::Retention(wanted) => erase::show(wanted, output),
        LedgerCommand::Erase(wanted) => erase::run(wanted, output),
        LedgerCommand::Salvage(wanted) => salvage::run(wanted, output),
        LedgerCommand::Witness(wanted) => witness::run(wanted, output),
    }
}
