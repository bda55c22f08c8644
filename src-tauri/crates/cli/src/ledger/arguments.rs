//! The arguments of `ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gatepost_ledger::Field;
use gatepost_ledger::note::VerifierKey;

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Audit a data folder, a database or a bundle. Needs no key and writes nothing.
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArguments),
    /// Print the signed seal of a ledger: what it holds now, in three lines.
    #[command(after_help = READ_HELP)]
    Seal(SealArguments),
    /// Prove that one record stands in the sealed ledger (C2SP tlog-proof).
    #[command(after_help = PROVE_HELP)]
    Prove(ProveArguments),
}

const VERIFY_HELP: &str = "An audit does not tell whether a visitor was never scanned, whether a temperature was typed \
    as it was, or whether records behind the last seal or cosignature that you bring along were written anew by \
    whoever holds the gate's key.\n\n\
    Exit codes:\n  \
    0  no fault was found\n  \
    2  there is a fault: position, rule, expected and found are on standard output; or the command line makes no sense\n  \
    3  the ledger or a file that was brought along cannot be read";

const READ_HELP: &str = "Exit codes:\n  \
    0  done\n  \
    2  the command line makes no sense\n  \
    3  the data cannot be read or the file cannot be written";

const PROVE_HELP: &str = "Personal data is disclosed only with a reason; the disclosure becomes a record of the ledger \
    before the file gets its name.\n\n\
    Exit codes:\n  \
    0  done\n  \
    1  there is no such record, or it does not disclose that (any more)\n  \
    2  the command line makes no sense\n  \
    3  the data cannot be read or the file cannot be written";

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// A data folder or a copy of one, its database, or a bundle.
    #[arg(value_name = "LEDGER")]
    pub(crate) ledger: PathBuf,
    /// An older seal of this ledger that you kept: a file, a picture of its code, or - for standard input.
    #[arg(long, value_name = "SEAL")]
    pub(crate) since: Option<PathBuf>,
    /// Keys that you trust (C2SP tlog-policy); its quorum must have cosigned.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The verifier key of a witness that you know. May be given several times.
    #[arg(long, value_name = "KEY")]
    pub(crate) witness: Vec<VerifierKey>,
}

#[derive(Debug, Args)]
pub(crate) struct SealArguments {
    /// The data folder or a copy of one.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Where to put the seal [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also print its eight words in both languages.
    #[arg(long)]
    pub(crate) words: bool,
    /// Also put it into a picture of a code: .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub(crate) qr: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ProveArguments {
    /// The data folder or a copy of one.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Position of the record.
    #[arg(value_name = "POSITION")]
    pub(crate) position: u64,
    /// Personal data of the record to show: temperature, token, name, document, phone, plate, address or note. May be
    /// given several times.
    #[arg(long, value_name = "FIELD", value_parser = field, requires = "reason")]
    pub(crate) disclose: Vec<Field>,
    /// Why it is disclosed; kept sealed with the record of the disclosure.
    #[arg(long, value_name = "TEXT", requires = "disclose")]
    pub(crate) reason: Option<String>,
    /// Take the newest seal also where an older one is cosigned.
    #[arg(long)]
    pub(crate) newest: bool,
    /// Where to put the proof [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where to put the exact bytes of the record, which whoever checks the proof needs.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
#[error("not a field of a record")]
struct NotAField;

fn field(word: &str) -> Result<Field, NotAField> {
    Field::of_word(word).ok_or(NotAField)
}
