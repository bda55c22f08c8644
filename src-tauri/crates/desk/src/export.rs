//! The entries as a file, for the manager's screen and for the command line.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use chrono::{DateTime, FixedOffset};
use gatepost_codes::IssuerTable;
use gatepost_ledger::Body;
use gatepost_report::{
    BundleWriteError, Digest, Digesting, EntryCsv, EntryLine, EntryXlsx, Language, ReportError, VoidLine,
    Words,
};
use gatepost_store::{EntryFilter, PersonNumber, Reader, StoreError, StoredEntry, sync_folder_of};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::rows::local;

/// The mark in the name of a file that holds nothing real.
const DEMO_MARK: &str = "-DEMO";

/// What kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated text, for any program.
    #[default]
    Csv,
    /// An Office Open XML workbook, for spreadsheets.
    Xlsx,
}

impl ExportFormat {
    /// How the name of such a file ends, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Xlsx => "xlsx",
        }
    }
}

/// What is to be exported, and as what.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Which entries.
    pub filter: EntryFilter,
    /// As what kind of file.
    pub format: ExportFormat,
    /// When the export was asked for, in local time; a workbook carries it.
    pub made_at: DateTime<FixedOffset>,
    /// The file to be. For a demonstration `-DEMO` is put before its extension.
    pub target: PathBuf,
    /// Language of headings and words.
    pub language: Language,
    /// Masked names of the staff, from [`gatepost_report::mask_name`]; a number without a name is written as `*`.
    pub guards: HashMap<PersonNumber, String>,
    /// Whether the venue is a demonstration.
    pub demo: bool,
}

/// A finished export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Where it is.
    pub path: PathBuf,
    /// Entries in it, without the heading.
    pub rows: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The entries could not be read.
    #[error("the entries could not be read")]
    Store(#[from] StoreError),
    /// A stored time is none.
    #[error("entry {position} has an impossible time")]
    Time {
        /// The entry.
        position: u64,
    },
    /// The ledger is damaged, or its keys are of no use: no bundle of it would be accepted.
    #[error("no bundle can be made of this ledger")]
    Ledger(#[source] Box<BundleWriteError<StoreError>>),
    /// No room left where the file was to be.
    #[error("the disk is full")]
    DiskFull,
    /// The file could not be written.
    #[error("{path:?} cannot be written")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl ExportError {
    pub(crate) fn file(path: &Path, source: io::Error) -> ExportError {
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ExportError::DiskFull,
            _ => ExportError::File {
                path: path.to_owned(),
                source,
            },
        }
    }
}

/// A file that is complete and on the disk, but not yet under its name. Dropping it removes it.
///
/// In between belongs the record of the export: a file that nobody recorded must not appear, while a record
/// without its file claims too much rather than too little.
#[derive(Debug)]
pub struct PreparedExport {
    unfinished: Unfinished,
    target: PathBuf,
    rows: u64,
    digest: Digest,
    disclosed: Vec<u64>,
}

impl PreparedExport {
    /// Entries in it; of a bundle, records.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Where it will be.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.digest.bytes
    }

    /// SHA-256 of the file, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.digest.sha256
    }

    /// The record of this export.
    #[must_use]
    pub fn body(&self) -> Body {
        Body::Export {
            rows: self.rows,
            sha256: self.digest.sha256.clone(),
            disclosed: self.disclosed.clone(),
        }
    }

    /// Gives the file its name, in place of an older one of the same name.
    ///
    /// # Errors
    /// [`ExportError::File`]; no file is left then.
    pub fn publish(self) -> Result<Exported, ExportError> {
        let fault = |error| ExportError::file(&self.target, error);
        fs::rename(&self.unfinished.0, &self.target).map_err(fault)?;
        sync_folder_of(&self.target).map_err(fault)?;
        Ok(Exported {
            path: self.target.clone(),
            rows: self.rows,
            sha256: self.digest.sha256.clone(),
        })
    }

    /// Copies the file to a pipe instead; no file is left.
    ///
    /// # Errors
    /// [`ExportError::File`] when either side fails.
    pub fn copy_to(self, output: &mut impl Write) -> Result<u64, ExportError> {
        let fault = |error| ExportError::file(&self.target, error);
        let mut file = File::open(&self.unfinished.0).map_err(fault)?;
        let bytes = io::copy(&mut file, output).map_err(fault)?;
        output.flush().map_err(fault)?;
        Ok(bytes)
    }
}

/// Writes the entries of a filter beside the file to be, in one read transaction and constant memory; the
/// caller appends [`PreparedExport::body`] and then calls [`PreparedExport::publish`].
///
/// `progress` hears how many lines of how many are written, after each line. The folder is made where there is
/// none. Takes no [`gatepost_store::Store`], so that the door goes on meanwhile.
///
/// # Errors
/// Any [`ExportError`]; no file is left then, and an older file of the name is untouched.
pub fn prepare_export(
    reader: &mut Reader,
    request: &ExportRequest,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PreparedExport, ExportError> {
    let target = with_demo_mark(&request.target, request.demo);
    let words = Words::of(request.language);
    let issuers = IssuerTable::built_in();
    let report = |error| written(&target, error);
    prepare(&target, vec![], |output| {
        Ok(match request.format {
            ExportFormat::Csv => {
                let mut csv = EntryCsv::new(output, &words, &issuers, request.demo).map_err(report)?;
                let rows = each_line(reader, request, progress, |line| csv.write(line).map_err(report))?;
                (rows, csv.finish().map_err(report)?)
            }
            ExportFormat::Xlsx => {
                let (demo, made_at) = (request.demo, request.made_at);
                let mut xlsx = EntryXlsx::new(output, &words, &issuers, demo, made_at, folder_of(&target))
                    .map_err(report)?;
                let rows = each_line(reader, request, progress, |line| xlsx.write(line).map_err(report))?;
                (rows, xlsx.finish().map_err(report)?)
            }
        })
    })
}

/// What a file is written through.
pub(crate) type Output = Digesting<BufWriter<File>>;

/// Writes a file beside the one to be; `write` answers how many rows it wrote and gives the output back.
pub(crate) fn prepare(
    target: &Path,
    disclosed: Vec<u64>,
    write: impl FnOnce(Output) -> Result<(u64, Output), ExportError>,
) -> Result<PreparedExport, ExportError> {
    let fault = |error| ExportError::file(target, error);
    let unfinished = Unfinished::beside(target);
    let output = Digesting::new(BufWriter::new(unfinished.create().map_err(fault)?));
    let (rows, output) = write(output)?;
    let (output, digest) = output.finish();
    let file = output.into_inner().map_err(|error| fault(error.into_error()))?;
    file.sync_all().map_err(fault)?;
    Ok(PreparedExport {
        unfinished,
        target: target.to_owned(),
        rows,
        digest,
        disclosed,
    })
}

/// Entries that are read in one go, ahead of what is being written.
const ENTRIES_AHEAD: usize = 256;

/// Hands every entry of the request to `write`; answers how many they were. A thread of its own reads and opens
/// the next ones meanwhile: that takes as long as writing a line of a workbook.
fn each_line(
    reader: &mut Reader,
    request: &ExportRequest,
    progress: &mut dyn FnMut(u64, u64),
    mut write: impl FnMut(&EntryLine<'_>) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2);
        let reading = scope.spawn(move || read_ahead(reader, &request.filter, &sender));
        let mut rows = 0;
        for (total, entries) in receiver {
            for stored in &entries {
                write(&line(stored, &request.guards)?)?;
                rows += 1;
                progress(rows, total);
            }
        }
        match reading.join() {
            Ok(Ok(()) | Err(EndOfReading::NobodyListens)) => Ok(rows),
            Ok(Err(EndOfReading::Fault(fault))) => Err(fault.into()),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Why the reading of entries ended early.
enum EndOfReading {
    Fault(StoreError),
    /// The writing has failed.
    NobodyListens,
}

impl From<StoreError> for EndOfReading {
    fn from(fault: StoreError) -> EndOfReading {
        EndOfReading::Fault(fault)
    }
}

/// Sends entries, some at a time, and how many there are in all.
fn read_ahead(
    reader: &Reader,
    filter: &EntryFilter,
    sender: &SyncSender<(u64, Vec<StoredEntry>)>,
) -> Result<(), EndOfReading> {
    let mut entries = Vec::with_capacity(ENTRIES_AHEAD);
    let send = |total, entries| {
        let sent = sender.send((total, entries));
        sent.map_err(|_| EndOfReading::NobodyListens)
    };
    let total = reader.for_each(filter, |total, stored| {
        entries.push(stored);
        match entries.len() {
            ENTRIES_AHEAD => send(
                total,
                std::mem::replace(&mut entries, Vec::with_capacity(ENTRIES_AHEAD)),
            ),
            _ => Ok(()),
        }
    })?;
    send(total, entries)
}

/// The folder a file is in, for a bare name the working directory.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A name in `folder` that no file has yet: `通行记录-20261123-101500.csv`, for a demonstration with `-DEMO`.
#[must_use]
pub fn free_export_path(
    folder: &Path,
    made_at: DateTime<FixedOffset>,
    language: Language,
    format: ExportFormat,
    demo: bool,
) -> PathBuf {
    let name = Words::of(language).word("export-file_name");
    free_path(folder, &name, made_at, format.extension(), demo)
}

/// A path in `folder` that no file has yet: name, time, extension.
pub(crate) fn free_path(
    folder: &Path,
    name: &str,
    made_at: DateTime<FixedOffset>,
    extension: &str,
    demo: bool,
) -> PathBuf {
    let stem = format!("{name}-{}", made_at.format("%Y%m%d-%H%M%S"));
    let path = |suffix: String| with_demo_mark(&folder.join(format!("{stem}{suffix}.{extension}")), demo);
    std::iter::once(String::new())
        .chain((2_u64..).map(|number| format!("-{number}")))
        .map(path)
        .find(|path| !path.exists())
        .expect("no folder holds 2^64 files")
}

fn line<'a>(
    stored: &'a StoredEntry,
    guards: &'a HashMap<PersonNumber, String>,
) -> Result<EntryLine<'a>, ExportError> {
    let at = local(stored.wall_ms, stored.offset_s).ok_or(ExportError::Time {
        position: stored.position,
    })?;
    Ok(EntryLine {
        position: stored.position,
        at,
        gate: &stored.gate,
        guard: guards.get(&stored.guard).map_or("*", String::as_str),
        entry: &stored.entry,
        temperature: stored.temperature,
        voided: stored.voided.as_ref().map(|voided| VoidLine {
            position: voided.position,
            reason: voided.reason,
            has_note: voided.has_note,
        }),
    })
}

fn written(path: &Path, error: ReportError) -> ExportError {
    match error {
        ReportError::Write(source) => ExportError::file(path, source),
    }
}

fn with_demo_mark(path: &Path, demo: bool) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if !demo || stem.ends_with(DEMO_MARK) {
        return path.to_owned();
    }
    let name = match path.extension() {
        Some(extension) => format!("{stem}{DEMO_MARK}.{}", extension.to_string_lossy()),
        None => format!("{stem}{DEMO_MARK}"),
    };
    path.with_file_name(name)
}

/// A file on its way; removed unless it was renamed. What a power cut leaves is removed by the next export of
/// the same name.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(target: &Path) -> Unfinished {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        Unfinished(target.with_file_name(name))
    }

    /// Never writes through a link that somebody left under this name.
    fn create(&self) -> io::Result<File> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        File::create_new(&self.0)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the rename there is nothing left to remove; before it, a failure here leaves a file whose
        // name says that it is unfinished.
        let _ = fs::remove_file(&self.0);
    }
}
