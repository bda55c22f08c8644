//! The arguments of `ledger`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use gatepost_ledger::note::{KeyName, NoteError, VerifierKey};
use gatepost_ledger::{Field, RetentionClass};

/// Characters of a reason at most.
const LONGEST_REASON: usize = 200;

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
    /// Pack the ledger, or some days of it, into one file that proves itself.
    #[command(after_help = BUNDLE_HELP)]
    Bundle(BundleArguments),
    /// Append registers from elsewhere.
    #[command(after_help = APPEND_HELP)]
    Append(AppendArguments),
    /// Show how long personal data is kept, what is on hold and what is due.
    #[command(after_help = READ_HELP)]
    Retention(FolderArguments),
    /// Destroy personal data of past days; the records stay.
    #[command(after_help = ERASE_HELP)]
    Erase(EraseArguments),
    /// Recover from a damaged database what is proven to have stood in it.
    #[command(after_help = SALVAGE_HELP)]
    Salvage(SalvageArguments),
    /// Witness a ledger, and have one witnessed, without a window.
    #[command(subcommand)]
    Witness(WitnessCommand),
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
    /// An older seal of this ledger that you kept: a file, a picture of its code, or - for standard input. May be
    /// given several times.
    #[arg(long, value_name = "SEAL")]
    pub(crate) since: Vec<PathBuf>,
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
    /// Why it is disclosed, in up to 200 characters; kept sealed in a note on the record of the disclosure.
    #[arg(long, value_name = "TEXT", requires = "disclose", value_parser = reason)]
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

#[derive(Debug, thiserror::Error)]
#[error("a reason has 1 to {LONGEST_REASON} characters")]
struct NotAReason;

/// As the window takes it.
fn reason(text: &str) -> Result<String, NotAReason> {
    let text = text.trim();
    match text.chars().count() {
        1..=LONGEST_REASON => Ok(text.to_owned()),
        _ => Err(NotAReason),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Inspector: make a key and an empty memory in a folder of your own.
    Init(WitnessInit),
    /// Inspector: print the verifier key and every known ledger.
    Show(WitnessShow),
    /// Inspector: the first message, for the gate.
    Hello(WitnessHello),
    /// Inspector: check what the gate shows, remember it, and cosign.
    #[command(after_help = CONSIDER_HELP)]
    Consider(WitnessConsider),
    /// Gate: answer the inspector's first message.
    #[command(after_help = READ_HELP)]
    Request(WitnessRequestArguments),
    /// Gate: take the inspector's cosignature into the ledger.
    #[command(after_help = ACCEPT_HELP)]
    Accept(WitnessAccept),
}

const CONSIDER_HELP: &str = "The memory is on the disk before the cosignature is given out. A folder that was put back \
    from an older copy has forgotten: make a new witness instead.\n\n\
    Exit codes:\n  \
    0  cosigned\n  \
    2  the command line makes no sense\n  \
    3  a file cannot be read or written\n  \
    4  not cosigned; the message says why";

const ACCEPT_HELP: &str = "Exit codes:\n  \
    0  kept and recorded\n  \
    2  the command line makes no sense\n  \
    3  a file or the data cannot be read or written\n  \
    4  not a cosignature of this ledger by that witness, or the clocks differ by more than five minutes";

#[derive(Debug, Args)]
pub(crate) struct WitnessInit {
    /// A new folder, or one without a witness and without the data of a gate.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Name of the witness, for example inspection.example/zhang-7: no spaces and no +.
    #[arg(long, value_name = "NAME", value_parser = key_name)]
    pub(crate) name: KeyName,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessShow {
    /// The folder of the witness.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessHello {
    /// The folder of the witness.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The ledger to be seen, where it is known already.
    #[arg(long, value_name = "ORIGIN", value_parser = key_name)]
    pub(crate) origin: Option<KeyName>,
    #[command(flatten)]
    pub(crate) to: MessageTarget,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessConsider {
    /// The folder of the witness.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// What the gate shows: a file, a picture of its code, or - for standard input; also an add-checkpoint body
    /// (C2SP tlog-witness).
    #[arg(value_name = "REQUEST")]
    pub(crate) request: PathBuf,
    /// Trust a ledger that is seen for the first time. Compare the eight words with those at the gate before.
    #[arg(long)]
    pub(crate) trust_first_contact: bool,
    /// The ledger's verifier key, for an add-checkpoint body of a ledger that is seen for the first time.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<VerifierKey>,
    #[command(flatten)]
    pub(crate) to: MessageTarget,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessRequestArguments {
    /// The data folder of the gate.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The inspector's first message: a file, a picture of its code, or - for standard input.
    #[arg(value_name = "HELLO")]
    pub(crate) hello: PathBuf,
    /// Write an add-checkpoint body (C2SP tlog-witness) for the witness of another program.
    #[arg(long)]
    pub(crate) body: bool,
    #[command(flatten)]
    pub(crate) to: MessageTarget,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessAccept {
    /// The data folder of the gate.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The inspector's answer: a file, a picture of its code, or - for standard input.
    #[arg(value_name = "COSIGNATURE")]
    pub(crate) cosignature: PathBuf,
    /// The inspector's first message, which has the key; not needed for a witness who cosigned before.
    #[arg(long, value_name = "HELLO")]
    pub(crate) hello: Option<PathBuf>,
    /// The verifier key itself.
    #[arg(long, value_name = "KEY", conflicts_with = "hello")]
    pub(crate) witness: Option<VerifierKey>,
}

/// Where a message goes.
#[derive(Debug, Args)]
pub(crate) struct MessageTarget {
    /// Where to put the message as text [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where to put a picture of its code: .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub(crate) qr: Option<PathBuf>,
}

fn key_name(text: &str) -> Result<KeyName, NoteError> {
    KeyName::new(text)
}

#[derive(Debug, Args)]
pub(crate) struct BundleArguments {
    /// The data folder.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// First local day, YYYY-MM-DD [default: that of the first record].
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<NaiveDate>,
    /// Last local day, YYYY-MM-DD [default: that of the last record].
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<NaiveDate>,
    /// Add the personal data of this record. May be given several times.
    #[arg(long, value_name = "POSITION", requires = "reason")]
    pub(crate) disclose: Vec<u64>,
    /// Why it is disclosed, in up to 200 characters; kept sealed in a note on the record of the bundle.
    #[arg(long, value_name = "TEXT", requires = "disclose", value_parser = reason)]
    pub(crate) reason: Option<String>,
    /// The file. An older one of the name is replaced.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

pub(crate) const BUNDLE_HELP: &str = "The bundle is recorded in the ledger before its file gets its name.\n\n\
    Exit codes:\n  \
    0  written and recorded\n  \
    1  no record lies in these days, or a record discloses nothing (any more)\n  \
    2  the command line makes no sense\n  \
    3  the data cannot be used or the file cannot be written";

#[derive(Debug, Args)]
pub(crate) struct EraseArguments {
    /// The data folder.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Personal data of the local days before this one, YYYY-MM-DD. Days of the ledger are in UTC: one that reaches
    /// into this local day stays whole.
    #[arg(long, value_name = "DAY")]
    pub(crate) before: NaiveDate,
    /// Whose.
    #[arg(long, value_enum, default_value = "visitor")]
    pub(crate) class: ClassName,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ClassName {
    /// What every visitor leaves.
    Visitor,
    /// What belongs to a fever, a red code, a refusal or a correction.
    Incident,
}

impl From<ClassName> for RetentionClass {
    fn from(name: ClassName) -> RetentionClass {
        match name {
            ClassName::Visitor => RetentionClass::Visitor,
            ClassName::Incident => RetentionClass::Incident,
        }
    }
}

pub(crate) const ERASE_HELP: &str = "Only what the retention policy no longer keeps, what is not on hold, and what does \
    not wait for somebody to confirm the date. Prints the certificate of destruction.\n\n\
    Exit codes:\n  \
    0  destroyed and recorded\n  \
    1  there was nothing to destroy\n  \
    2  the command line makes no sense\n  \
    3  the data cannot be used\n  \
    4  something of it is still to be kept; nothing was destroyed";

#[derive(Debug, Args)]
pub(crate) struct FolderArguments {
    /// The data folder.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SalvageArguments {
    /// The damaged database, or the folder it is in. It is only read.
    #[arg(value_name = "DAMAGED")]
    pub(crate) damaged: PathBuf,
    /// A new or empty folder for what is recovered.
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

pub(crate) const SALVAGE_HELP: &str = "Copy gatepost.vault, gatepost.days and the files that end in .key into the new \
    folder afterwards, as far as there are any. Where no manager can sign in, “gatepost-cli manager” makes one.\n\n\
    Exit codes:\n  \
    0  something was recovered\n  \
    1  nothing was\n  \
    2  the command line makes no sense\n  \
    3  the file cannot be read or the folder cannot be written\n  \
    4  the folder has files in it";

#[derive(Debug, Args)]
pub(crate) struct AppendArguments {
    /// The data folder.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Registers as JSON Lines; - is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) jsonl: PathBuf,
    /// Leave out lines that are no registers, instead of writing nothing.
    #[arg(long)]
    pub(crate) leave_out_bad_lines: bool,
    /// Write as the lines come, in groups of so many, and print each group once it is on the disk. A line that is no
    /// register then ends the import, and what was printed stays.
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) stream: Option<u32>,
}

pub(crate) const APPEND_HELP: &str = "A line is a JSON object with \"form\", \"at\" (RFC 3339) and, where there are any, \
    \"values\" and \"personal\" (name, document, phone, plate, address, note): texts. The time of the records is now; \
    \"at\" becomes a value.\n\n\
    Exit codes:\n  \
    0  every line was written, or left out as asked\n  \
    1  there was no line\n  \
    2  the command line makes no sense\n  \
    3  a line is no register, the input cannot be read, or the data cannot be used";
