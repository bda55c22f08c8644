use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gatepost_desk::ExportError;
use gatepost_desk::simulate::SimulateError;
use gatepost_desk::view::StoreFault;
use gatepost_report::{Argument, Words};
use gatepost_store::StoreError;

use crate::ledger::LedgerFault;
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
    /// A PIN that nobody may have.
    #[error("the PIN is too simple")]
    PinTooSimple,
    /// No name, or none that fits a line.
    #[error("the name is missing or too long")]
    NameMissing,
    /// Days that no calendar has.
    #[error("the days cannot be simulated")]
    Impossible,
    /// A file that was named is not there or cannot be read.
    #[error("{path:?} cannot be read")]
    Unreadable { path: PathBuf },
    /// A file or pipe without content.
    #[error("{path:?} is empty")]
    Empty { path: PathBuf },
    /// A picture without a code.
    #[error("no code in {path:?}")]
    NoCode { path: PathBuf },
    /// A picture can only be read from a file.
    #[error("a picture from a pipe")]
    PictureFromPipe,
    /// A file that could be read and is something else.
    #[error("{path:?} is no {}", wanted.word())]
    NotA { path: PathBuf, wanted: Wanted },
    /// A file cannot be written.
    #[error("{path:?} cannot be written")]
    CannotWrite { path: PathBuf },
    /// There is no room for a file.
    #[error("the disk is full")]
    DiskFull,
    /// Bytes that are no text do not go to a terminal.
    #[error("bytes for a terminal")]
    BytesToTerminal,
    /// No code holds so many bytes.
    #[error("too long for a code")]
    TooLongForCode,
    /// The name of a picture says no kind that can be drawn.
    #[error("{path:?} is neither .svg nor .png")]
    UnknownPicture { path: PathBuf },
    /// Pictures of several files would replace each other.
    #[error("not one file to explain")]
    NotOneFile,
    /// What only the commands on the ledger know.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
}

/// What a file should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Ledger,
    Seal,
    Policy,
    Hello,
    Request,
    Cosignature,
}

impl Wanted {
    #[cfg(test)]
    const ALL: [Wanted; 6] = [
        Wanted::Ledger,
        Wanted::Seal,
        Wanted::Policy,
        Wanted::Hello,
        Wanted::Request,
        Wanted::Cosignature,
    ];

    fn word(self) -> &'static str {
        match self {
            Wanted::Ledger => "not_a_ledger",
            Wanted::Seal => "not_a_seal",
            Wanted::Policy => "not_a_policy",
            Wanted::Hello => "not_a_hello",
            Wanted::Request => "not_a_request",
            Wanted::Cosignature => "not_a_cosignature",
        }
    }
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

    /// What the store says of a folder, where no command has a better word for it.
    pub(crate) fn of_store(folder: &Path, source: StoreError) -> Fault {
        let folder = folder.to_owned();
        match source {
            StoreError::NotSetUp => Fault::NoData { folder },
            StoreError::NotYetErasable(kept) => Fault::Ledger(LedgerFault::Kept(kept)),
            StoreError::AlreadyThere { path } => Fault::Ledger(LedgerFault::AlreadyThere { path }),
            StoreError::File { path, .. } if path.as_os_str().is_empty() => {
                Fault::Unreadable { path: "-".into() }
            }
            source => Fault::Store { folder, source },
        }
    }

    pub(crate) fn unreadable(path: &Path) -> Fault {
        Fault::Unreadable {
            path: path.to_owned(),
        }
    }

    pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Fault {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::DiskFull,
            _ => Fault::CannotWrite {
                path: path.to_owned(),
            },
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Fault::NoEntries => 1,
            Fault::FolderMissing
            | Fault::Pins
            | Fault::PinTooSimple
            | Fault::NameMissing
            | Fault::Impossible
            | Fault::PictureFromPipe
            | Fault::BytesToTerminal
            | Fault::NotOneFile
            | Fault::UnknownPicture { .. } => 2,
            Fault::Output(_)
            | Fault::NoData { .. }
            | Fault::Store { .. }
            | Fault::Export(_)
            | Fault::Unreadable { .. }
            | Fault::Empty { .. }
            | Fault::NoCode { .. }
            | Fault::NotA { .. }
            | Fault::CannotWrite { .. }
            | Fault::DiskFull
            | Fault::TooLongForCode => 3,
            Fault::NotADemo { .. } | Fault::NotEmpty { .. } => 4,
            Fault::Ledger(fault) => fault.exit(),
        })
    }

    /// A code that never changes, for scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Fault::Output(_) => "output",
            Fault::NoData { .. } => "no_data",
            Fault::Store { source, .. } => StoreFault::of(source).word(),
            Fault::NoEntries => "no_entries",
            Fault::Export(ExportError::DiskFull) | Fault::DiskFull => "disk_full",
            Fault::Export(ExportError::Time { .. }) => "impossible_time",
            Fault::Export(ExportError::File { .. } | ExportError::Store(_)) | Fault::CannotWrite { .. } => {
                "cannot_write"
            }
            // The sentence of a damaged ledger needs no word of its own.
            Fault::Export(ExportError::Ledger(_)) => "damaged",
            Fault::FolderMissing => "folder_missing",
            Fault::NotADemo { .. } => "not_a_demo",
            Fault::NotEmpty { .. } => "not_empty",
            Fault::Pins => "pins",
            Fault::PinTooSimple => "pin_too_simple",
            Fault::NameMissing => "name_missing",
            Fault::Impossible => "impossible",
            Fault::Unreadable { .. } => "unreadable",
            Fault::Empty { .. } => "empty",
            Fault::NoCode { .. } => "no_code",
            Fault::PictureFromPipe => "picture_from_pipe",
            Fault::NotA { wanted, .. } => wanted.word(),
            Fault::BytesToTerminal => "bytes_to_terminal",
            Fault::TooLongForCode => "too_long_for_code",
            Fault::UnknownPicture { .. } => "unknown_picture",
            Fault::NotOneFile => "not_one_file",
            Fault::Ledger(fault) => fault.code(),
        }
    }

    /// What happened and what to do.
    pub(crate) fn sentence(&self, words: &Words) -> String {
        match self {
            Fault::Store { folder, source } => {
                let key = format!("fault-{}", StoreFault::of(source).word());
                let arguments = [
                    ("fault", words.word(&key).into()),
                    ("folder", shown(folder)),
                    ("do", words.word(&format!("{key}-do")).into()),
                ];
                words.text("cli-fault", &arguments)
            }
            Fault::Ledger(fault) => fault.sentence(words),
            other => words.text(&other.key(), &other.values()),
        }
    }

    fn key(&self) -> String {
        match self {
            Fault::NoEntries => "cli-export-none".into(),
            Fault::Export(ExportError::Store(_)) => "fault-unreadable".into(),
            Fault::Export(ExportError::Ledger(_)) => "fault-damaged".into(),
            Fault::FolderMissing => "cli-simulate-folder".into(),
            Fault::NotADemo { .. } | Fault::NotEmpty { .. } | Fault::Pins | Fault::Impossible => {
                format!("cli-simulate-{}", self.code())
            }
            other => format!("cli-{}", other.code()),
        }
    }

    fn values(&self) -> Vec<(&'static str, Argument<'static>)> {
        match self {
            Fault::NoData { folder } | Fault::NotADemo { folder } | Fault::NotEmpty { folder } => {
                vec![("folder", shown(folder))]
            }
            Fault::Export(ExportError::Time { position }) => vec![("position", (*position).into())],
            Fault::Export(ExportError::File { path, .. })
            | Fault::Unreadable { path }
            | Fault::Empty { path }
            | Fault::NoCode { path }
            | Fault::NotA { path, .. }
            | Fault::CannotWrite { path }
            | Fault::UnknownPicture { path } => vec![("path", shown(path))],
            Fault::Output(_)
            | Fault::Store { .. }
            | Fault::NoEntries
            | Fault::Export(_)
            | Fault::FolderMissing
            | Fault::Pins
            | Fault::PinTooSimple
            | Fault::NameMissing
            | Fault::Impossible
            | Fault::PictureFromPipe
            | Fault::DiskFull
            | Fault::BytesToTerminal
            | Fault::TooLongForCode
            | Fault::NotOneFile
            | Fault::Ledger(_) => vec![],
        }
    }
}

/// A path for a terminal.
pub(crate) fn shown(path: &Path) -> Argument<'static> {
    plain(&path.display().to_string()).into()
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
            Fault::PinTooSimple,
            Fault::NameMissing,
            Fault::Impossible,
            Fault::Unreadable { path: folder() },
            Fault::Empty { path: folder() },
            Fault::NoCode { path: folder() },
            Fault::PictureFromPipe,
            Fault::CannotWrite { path: folder() },
            Fault::DiskFull,
            Fault::BytesToTerminal,
            Fault::TooLongForCode,
            Fault::NotOneFile,
            Fault::UnknownPicture { path: folder() },
        ];
        faults.extend(Wanted::ALL.map(|wanted| Fault::NotA {
            path: folder(),
            wanted,
        }));
        faults.extend(LedgerFault::every().into_iter().map(Fault::Ledger));
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
