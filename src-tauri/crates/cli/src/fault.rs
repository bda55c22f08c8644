use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use gatepost_desk::ExportError;
use gatepost_desk::simulate::SimulateError;
use gatepost_desk::view::StoreFault;
use gatepost_report::Words;
use gatepost_store::StoreError;

use crate::output::plain;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Standard output was closed.
    #[error("standard output was closed")]
    Output(#[source] io::Error),
    /// There is nothing of Gatepost in the folder, or a device that was never set up.
    #[error("no data in the folder")]
    NoData { folder: PathBuf },
    /// The data cannot be used.
    #[error("the data cannot be used")]
    Store {
        folder: PathBuf,
        #[source]
        source: StoreError,
    },
    /// No entry matches.
    #[error("no entry matches")]
    NoEntries,
    /// The export failed.
    #[error("the export failed")]
    Export(#[source] ExportError),
    /// A demonstration without a folder of its own.
    #[error("no folder was named")]
    FolderMissing,
    /// The folder holds something other than a demonstration.
    #[error("the folder is not empty")]
    NotADemo { folder: PathBuf },
    /// The demonstration has entries.
    #[error("the demonstration has entries")]
    NotEmpty { folder: PathBuf },
    /// PINs that nobody may have.
    #[error("the PINs are too simple or equal")]
    Pins,
    /// Days that no calendar has.
    #[error("the days cannot be simulated")]
    Impossible,
}

impl Fault {
    pub(crate) fn of_simulation(folder: PathBuf, error: SimulateError) -> Fault {
        match error {
            SimulateError::NotADemo => Fault::NotADemo { folder },
            SimulateError::NotEmpty => Fault::NotEmpty { folder },
            SimulateError::Pins => Fault::Pins,
            SimulateError::Impossible => Fault::Impossible,
            SimulateError::Store(source) => Fault::Store { folder, source },
        }
    }

    pub(crate) fn of_export(folder: PathBuf, error: ExportError) -> Fault {
        match error {
            ExportError::Store(source) => Fault::Store { folder, source },
            other => Fault::Export(other),
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Fault::NoEntries => 1,
            Fault::FolderMissing | Fault::Pins | Fault::Impossible => 2,
            Fault::Output(_) | Fault::NoData { .. } | Fault::Store { .. } | Fault::Export(_) => 3,
            Fault::NotADemo { .. } | Fault::NotEmpty { .. } => 4,
        })
    }

    /// A code that never changes, for scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Fault::Output(_) => "output",
            Fault::NoData { .. } => "no_data",
            Fault::Store { source, .. } => StoreFault::of(source).word(),
            Fault::NoEntries => "no_entries",
            Fault::Export(ExportError::DiskFull) => "disk_full",
            Fault::Export(ExportError::Time { .. }) => "impossible_time",
            Fault::Export(ExportError::File { .. } | ExportError::Store(_)) => "cannot_write",
            Fault::FolderMissing => "folder_missing",
            Fault::NotADemo { .. } => "not_a_demo",
            Fault::NotEmpty { .. } => "not_empty",
            Fault::Pins => "pins",
            Fault::Impossible => "impossible",
        }
    }

    /// What happened and what to do.
    pub(crate) fn sentence(&self, words: &Words) -> String {
        let folder = |folder: &PathBuf| plain(&folder.display().to_string());
        match self {
            Fault::Output(_) => words.word("cli-output"),
            Fault::NoData { folder: at } => words.text("cli-no_data", &[("folder", folder(at).into())]),
            Fault::Store { folder: at, source } => {
                let key = format!("fault-{}", StoreFault::of(source).word());
                let arguments = [
                    ("fault", words.word(&key).into()),
                    ("folder", folder(at).into()),
                    ("do", words.word(&format!("{key}-do")).into()),
                ];
                words.text("cli-fault", &arguments)
            }
            Fault::NoEntries => words.word("cli-export-none"),
            Fault::Export(ExportError::DiskFull) => words.word("cli-disk_full"),
            Fault::Export(ExportError::Time { position }) => {
                words.text("cli-impossible_time", &[("position", (*position).into())])
            }
            Fault::Export(ExportError::File { path, .. }) => {
                words.text("cli-cannot_write", &[("path", folder(path).into())])
            }
            Fault::Export(ExportError::Store(_)) => words.word("fault-unreadable"),
            Fault::FolderMissing => words.word("cli-simulate-folder"),
            Fault::NotADemo { folder: at } => {
                words.text("cli-simulate-not_a_demo", &[("folder", folder(at).into())])
            }
            Fault::NotEmpty { folder: at } => {
                words.text("cli-simulate-not_empty", &[("folder", folder(at).into())])
            }
            Fault::Pins => words.word("cli-simulate-pins"),
            Fault::Impossible => words.word("cli-simulate-impossible"),
        }
    }
}

#[cfg(test)]
mod tests {
    use gatepost_report::Language;

    use super::*;

    fn every_fault() -> Vec<Fault> {
        let folder = || PathBuf::from("/data");
        let stores = [
            StoreError::DiskFull,
            StoreError::ReadOnly,
            StoreError::Locked,
            StoreError::NewerSchema { found: 2, known: 1 },
            StoreError::Damaged,
            StoreError::NotOurs,
            StoreError::KeyMissing,
            StoreError::KeychainUnavailable(gatepost_store::KeychainFault::Locked),
            StoreError::Randomness,
        ];
        let cannot_write = ExportError::File {
            path: folder(),
            source: io::ErrorKind::PermissionDenied.into(),
        };
        let mut faults = vec![
            Fault::Output(io::ErrorKind::BrokenPipe.into()),
            Fault::NoData { folder: folder() },
            Fault::NoEntries,
            Fault::Export(ExportError::DiskFull),
            Fault::Export(ExportError::Time { position: 3 }),
            Fault::Export(cannot_write),
            Fault::FolderMissing,
            Fault::NotADemo { folder: folder() },
            Fault::NotEmpty { folder: folder() },
            Fault::Pins,
            Fault::Impossible,
        ];
        faults.extend(stores.map(|source| Fault::Store {
            folder: folder(),
            source,
        }));
        faults
    }

    #[test]
    fn every_fault_is_a_sentence_in_both_languages() {
        for language in Language::ALL {
            let words = Words::of(language);
            for fault in every_fault() {
                let sentence = fault.sentence(&words);
                assert!(
                    !sentence.contains("cli-") && !sentence.contains("fault-"),
                    "{sentence}"
                );
                assert!(!sentence.contains('{'), "a value is missing: {sentence}");
                assert_eq!(
                    sentence.contains(['，', '。', '；']),
                    language == Language::ZhCn,
                    "{sentence}"
                );
            }
        }
    }
}
