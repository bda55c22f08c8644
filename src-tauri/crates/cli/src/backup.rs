//! `backup` and `restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use gatepost_store::{
    Difference, RestoreChoice, RestorePlan, VaultKind, open_vault, plan_restore, prepare_backup, restore,
};
use serde::Serialize;

use crate::fault::shown;
use crate::folder::Writer;
use crate::output::Output;
use crate::{Fault, LedgerFault};

pub(crate) const BACKUP_HELP: &str = "The gate may go on meanwhile. The file holds none of the keys: personal data that \
    is destroyed later is unreadable in it too, and on a machine without the keys it can be read and audited but not \
    continued. The backup is recorded in the ledger before its file gets its name.\n\n\
    Exit codes:\n  \
    0  written, checked and recorded\n  \
    2  the command line makes no sense\n  \
    3  the data cannot be used or the file cannot be written\n  \
    4  the file is there already";

pub(crate) const RESTORE_HELP: &str = "The window must be closed. What stood in the folder is kept beside it.\n\n\
    Exit codes:\n  \
    0  put back\n  \
    2  the command line makes no sense\n  \
    3  the backup or the folder cannot be used\n  \
    4  records would be lost; nothing was touched, and the message says what to write to lose them";

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// The data folder.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The file; one that is there is not touched.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The data folder, which has the keys.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Only tell what it would do.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Lose exactly these records: shorter:N, forked:COMMON:N, other:N or unreadable, as a refusal told you.
    #[arg(long, value_name = "LOSS")]
    pub(crate) replace: Option<String>,
}

#[derive(Serialize)]
struct BackupLine {
    path: String,
    size: u64,
    bytes: u64,
    sha256: String,
    /// The signed seal of what is in it.
    seal: String,
    /// Position of the record of this backup, which is not in it.
    record: u64,
}

/// Copies the ledger of a folder into one file, which gets its name after it is recorded.
pub(crate) fn make(arguments: &BackupArguments, output: &Output) -> Result<ExitCode, Fault> {
    let folder = &arguments.folder;
    let fault = |source| Fault::of_store(folder, source);
    // Opened for writing before anything is copied: what may not be recorded does not leave.
    let mut writer = Writer::open(folder)?;
    let prepared = prepare_backup(folder, &arguments.output, |_| {}).map_err(fault)?;
    let record = writer.record_export(prepared.body(), None)?;
    let done = prepared.publish().map_err(fault)?;
    let line = BackupLine {
        path: done.path.display().to_string(),
        size: done.size,
        bytes: done.bytes,
        sha256: done.sha256,
        seal: done.seal.to_string(),
        record,
    };
    let values = [
        ("size", line.size.into()),
        ("path", shown(&done.path)),
        ("sha256", line.sha256.as_str().into()),
        ("position", line.record.into()),
    ];
    output.result(&line, "cli-backup-done", &values)?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct RestoreLine {
    /// Whether it was done, or only planned.
    done: bool,
    /// Records of the backup.
    size: u64,
    /// What stands in the folder, compared with the backup.
    difference: String,
    /// Erasures that the folder records and the backup does not.
    erased_since: usize,
    /// Whether the folder has the keys to go on.
    vault_fits: bool,
    /// Where what stood there is kept.
    kept: Option<String>,
}

impl RestoreLine {
    fn of(plan: &RestorePlan) -> RestoreLine {
        RestoreLine {
            done: false,
            size: plan.size,
            difference: loss_of(plan.difference),
            erased_since: plan.erased_since.len(),
            vault_fits: plan.vault_fits,
            kept: None,
        }
    }
}

/// Puts a backup back, or tells what that would do.
pub(crate) fn put_back(arguments: &RestoreArguments, output: &Output) -> Result<ExitCode, Fault> {
    let (file, folder) = (&arguments.file, &arguments.folder);
    if !file.is_file() {
        return Err(Fault::unreadable(file));
    }
    let fault_of_file = |source| Fault::of_store(file, source);
    let vault = open_vault(folder, VaultKind::KeyFile).map_err(|source| Fault::of_store(folder, source))?;
    let plan = plan_restore(file, folder, &*vault).map_err(fault_of_file)?;
    let mut line = RestoreLine::of(&plan);
    if arguments.plan {
        let values = [
            ("size", line.size.into()),
            ("difference", line.difference.as_str().into()),
        ];
        output.result(&line, "cli-restore-plan", &values)?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_named = arguments.replace.as_deref() == Some(&line.difference);
    if plan.difference.loses() && !is_named {
        return Err(LedgerFault::RestoreLoses {
            difference: plan.difference,
        }
        .into());
    }
    let choice = match plan.difference.loses() {
        true => RestoreChoice::Confirmed(plan.difference),
        false => RestoreChoice::WithoutLoss,
    };
    let done = restore(file, folder, &*vault, choice).map_err(fault_of_file)?;
    drop(vault);
    line = RestoreLine {
        done: true,
        kept: done.kept.as_ref().map(|path| path.display().to_string()),
        ..RestoreLine::of(&done.plan)
    };
    let key = match done.plan.vault_fits {
        true => "cli-restore-done",
        false => "cli-restore-no_keys",
    };
    let values = [("size", line.size.into()), ("folder", shown(folder))];
    output.result(&line, key, &values)?;
    Ok(ExitCode::SUCCESS)
}

/// What a restore would do to the records that stand in the folder, as it is written behind `--replace`.
pub(crate) fn loss_of(difference: Difference) -> String {
    match difference {
        Difference::NoLedger => "none".to_owned(),
        Difference::Same => "same".to_owned(),
        Difference::BackupIsLonger { gained } => format!("longer:{gained}"),
        Difference::BackupIsShorter { lost } => format!("shorter:{lost}"),
        Difference::Forked { common, lost } => format!("forked:{common}:{lost}"),
        Difference::OtherLedger { lost } => format!("other:{lost}"),
        Difference::Unreadable => "unreadable".to_owned(),
    }
}
