use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gatepost_desk::ExportFormat;
use gatepost_desk::simulate::DEMO_PINS;
use gatepost_report::Language;
use gatepost_rules::VerdictKind;

use crate::backup::{BACKUP_HELP, BackupArguments, RESTORE_HELP, RestoreArguments};
use crate::bench::BenchCommand;
use crate::ledger::arguments::LedgerCommand;
use crate::manager::{MANAGER_HELP, ManagerArguments};

const EXIT_CODES: &str = "Exit codes:\n  \
    0  done\n  \
    1  nothing found: a file without a code, or no entry that matches\n  \
    2  the command line makes no sense\n  \
    3  a file or the data cannot be read or written\n  \
    4  the data may not be touched by this command";

/// Gatepost without a window.
#[derive(Debug, Parser)]
#[command(name = "gatepost-cli", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// Print one JSON object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of the output: zh-CN or en [default: that of LANG, else zh-CN].
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(crate) language: Option<Language>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read the codes of picture and video files.
    #[command(after_help = SCAN_HELP)]
    Scan(ScanArguments),
    /// Work with the entries of a data folder.
    #[command(subcommand)]
    Entries(EntriesCommand),
    /// Audit, seal, prove, witness and keep the ledger of a data folder.
    #[command(subcommand)]
    Ledger(Box<LedgerCommand>),
    /// Copy the ledger into one file while the gate goes on.
    #[command(after_help = BACKUP_HELP)]
    Backup(BackupArguments),
    /// Put a backup back.
    #[command(after_help = RESTORE_HELP)]
    Restore(RestoreArguments),
    /// Make a manager where none can sign in.
    #[command(after_help = MANAGER_HELP)]
    Manager(ManagerArguments),
    /// Measure this machine.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Make a demonstration: a made-up venue with plausible days.
    #[command(after_help = SIMULATE_HELP)]
    Simulate(SimulateArguments),
}

const SCAN_HELP: &str = "Without --deadline-ms and --sequence each frame is looked at in every way until something is \
    read.\n\n\
    With --json one object for every frame: file, frame, width, height (as looked at), milliseconds, cpu_microseconds \
    (of the reader alone; null where the system does not tell), is_cut_short, codes: payload (null when it is not \
    UTF-8), text (by the code's own character set), payload_base64, corners (in pixels of the file's picture), \
    version, colour, confidence, colour_over_frames (null without --sequence and before the third frame), polarity \
    (dark_on_light, light_on_dark), pass, issuer.\n\n\
    Pictures of --explain show what was in front of the camera, and the code in them may hold personal data: delete \
    them when they are no longer needed.\n\n\
    Exit codes:\n  \
    0  every file was read and had a code; with --sequence, some file had\n  \
    1  some file had none; with --sequence, all\n  \
    2  the command line makes no sense\n  \
    3  some file could not be read, or a picture not be written";

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// PNG, JPEG or Y4M files, or folders with such, which are searched to the bottom.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Look at each frame as the door does, for at most so many milliseconds of CPU time.
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(crate) deadline_ms: Option<u64>,
    /// Make larger frames smaller first, until their longer side has so many pixels.
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub(crate) max_dim: Option<u32>,
    /// Take all frames of all files as one film before the door's own reader.
    #[arg(long)]
    pub(crate) sequence: bool,
    /// Also write a picture of each stage of reading one file's first frame into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) explain: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EntriesCommand {
    /// Write entries as CSV (UTF-8 with BOM) or as a workbook, guards masked. The export itself becomes a record.
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArguments),
}

const EXPORT_HELP: &str = "Of a demonstration every line is marked, and -DEMO is put into the file's name.\n\n\
    Exit codes:\n  \
    0  written and recorded\n  \
    1  no entry matches; nothing was written\n  \
    2  the command line makes no sense\n  \
    3  the data cannot be used or the file cannot be written";

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The data folder [default: GATEPOST_DATA_DIR, else the program's own].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Only this local day, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    pub(crate) day: Option<NaiveDate>,
    /// Only this verdict.
    #[arg(long, value_enum)]
    pub(crate) verdict: Option<VerdictName>,
    /// Only this gate.
    #[arg(long, value_name = "NAME")]
    pub(crate) gate: Option<String>,
    /// What kind of file [default: xlsx where the file's name ends so, else csv].
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatName>,
    /// The file; - is standard output. An older file of the name is replaced.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FormatName {
    Csv,
    Xlsx,
}

impl From<FormatName> for ExportFormat {
    fn from(name: FormatName) -> ExportFormat {
        match name {
            FormatName::Csv => ExportFormat::Csv,
            FormatName::Xlsx => ExportFormat::Xlsx,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum VerdictName {
    Admit,
    Hold,
    Refuse,
    CheckByHand,
}

impl From<VerdictName> for VerdictKind {
    fn from(name: VerdictName) -> VerdictKind {
        match name {
            VerdictName::Admit => VerdictKind::Admit,
            VerdictName::Hold => VerdictKind::Hold,
            VerdictName::Refuse => VerdictKind::Refuse,
            VerdictName::CheckByHand => VerdictKind::CheckByHand,
        }
    }
}

const SIMULATE_HELP: &str = "Nothing is simulated after the present moment. The same seed and days give the same \
    entries.\n\n\
    Exit codes:\n  \
    0  made\n  \
    2  the command line makes no sense\n  \
    3  the folder cannot be written\n  \
    4  the folder is not empty, or its data are not those of an empty demonstration; nothing was touched";

#[derive(Debug, Args)]
pub(crate) struct SimulateArguments {
    /// An empty folder, or a demonstration without entries [default: GATEPOST_DATA_DIR].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How many days.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(crate) days: u32,
    /// How many visitors a day on average over a week.
    #[arg(long, value_name = "VISITORS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) per_day: u32,
    /// Where chance begins.
    #[arg(long)]
    pub(crate) seed: u64,
    /// The last day, YYYY-MM-DD [default: today].
    #[arg(long, value_name = "DAY")]
    pub(crate) last_day: Option<NaiveDate>,
    /// PIN of the manager, 陈示.
    #[arg(long, value_name = "PIN", default_value = DEMO_PINS[0])]
    pub(crate) manager_pin: String,
    /// PIN of the first guard, 王示.
    #[arg(long, value_name = "PIN", default_value = DEMO_PINS[1])]
    pub(crate) guard_pin: String,
    /// PIN of the second guard, 刘示.
    #[arg(long, value_name = "PIN", default_value = DEMO_PINS[2])]
    pub(crate) second_guard_pin: String,
}
