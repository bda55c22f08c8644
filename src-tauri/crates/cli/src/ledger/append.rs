//! `ledger append`: registers from elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, Write};
use std::process::ExitCode;

use gatepost_ledger::Moment;
use gatepost_store::{BadLine, ImportOptions, ImportReport, LineFault, OnBadLine, check_jsonl};
use serde::Serialize;

use crate::Fault;
use crate::files;
use crate::folder::Writer;
use crate::output::Output;

use super::arguments::AppendArguments;
use super::fault::LedgerFault;

/// No line is longer; the rest of one that is is not even read into memory.
const LONGEST_LINE_BYTES: u64 = 64 * 1024;

/// What is on the disk.
#[derive(Serialize)]
struct Line {
    /// Lines that were read, without empty ones.
    lines: u64,
    imported: u64,
    /// Position of the first record.
    first: Option<u64>,
    bad_lines: u64,
    bad: Vec<BadLineOfFile>,
}

#[derive(Serialize)]
struct BadLineOfFile {
    /// From 1.
    line: u64,
    fault: LineFault,
}

impl Line {
    fn of(report: &ImportReport, before: u64) -> Line {
        let bad = |bad: &BadLine| BadLineOfFile {
            line: before + bad.line,
            fault: bad.fault,
        };
        Line {
            lines: report.lines,
            imported: report.imported,
            first: report.first,
            bad_lines: report.bad_lines,
            bad: report.bad.iter().map(bad).collect(),
        }
    }
}

pub(super) fn run(arguments: &AppendArguments, output: &Output) -> Result<ExitCode, Fault> {
    let path = &arguments.jsonl;
    let source: Box<dyn Read> = match files::is_pipe(path) {
        true => Box::new(io::stdin().lock()),
        false if path.is_dir() => return Err(Fault::unreadable(path)),
        false => Box::new(File::open(path).map_err(|_| Fault::unreadable(path))?),
    };
    let mut writer = Writer::open(&arguments.folder)?;
    let done = match arguments.stream {
        Some(lines) => stream(BufReader::new(source), lines, arguments, &mut writer, output),
        None => whole(source, arguments, &mut writer, output),
    };
    match done? {
        0 => Err(Fault::Empty { path: path.clone() }),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn options(arguments: &AppendArguments, writer: &Writer, at: Moment) -> ImportOptions {
    ImportOptions {
        at,
        gate: writer.venue.gate.clone(),
        by: None,
        on_bad_line: match arguments.leave_out_bad_lines {
            true => OnBadLine::LeaveOut,
            false => OnBadLine::RefuseFile,
        },
    }
}

/// Imports what is there to be imported: an input of which nothing would be written leaves no start and end in the
/// ledger.
fn import(
    input: &mut (impl BufRead + Seek),
    arguments: &AppendArguments,
    writer: &mut Writer,
) -> Result<ImportReport, Fault> {
    let look = options(arguments, writer, writer.moment_to_look());
    let found = check_jsonl(input, &look).map_err(|source| writer.fault(source))?;
    let is_refused = found.bad_lines > 0 && look.on_bad_line == OnBadLine::RefuseFile;
    if is_refused || found.bad_lines == found.lines {
        return Ok(found);
    }
    input.rewind().map_err(|_| Fault::unreadable(&arguments.jsonl))?;
    let at = writer.now()?;
    let options = ImportOptions { at, ..look };
    let report = writer.store.import_jsonl(input, &options);
    report.map_err(|source| writer.fault(source))
}

/// Everything or nothing; returns how many lines there were. A pipe, which cannot be read twice, is kept in a file
/// without a name meanwhile.
fn whole(
    source: Box<dyn Read>,
    arguments: &AppendArguments,
    writer: &mut Writer,
    output: &Output,
) -> Result<u64, Fault> {
    let path = &arguments.jsonl;
    let file = match files::is_pipe(path) {
        true => spool(source, writer)?,
        false => File::open(path).map_err(|_| Fault::unreadable(path))?,
    };
    let mut input = BufReader::with_capacity(1 << 20, file);
    if input.fill_buf().map_err(|_| Fault::unreadable(path))?.is_empty() {
        return Ok(0);
    }
    let report = import(&mut input, arguments, writer)?;
    tell(&report, 0, output)?;
    refuse_bad(&report, 0, arguments)?;
    Ok(report.lines)
}

fn spool(mut source: Box<dyn Read>, writer: &Writer) -> Result<File, Fault> {
    let path = writer
        .store
        .folder()
        .join(format!("import.{}.unfinished", std::process::id()));
    let fault = |error: io::Error| Fault::cannot_write(&path, &error);
    let mut how = OpenOptions::new();
    how.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    let mut file = how.open(&path).map_err(fault)?;
    // Nobody finds it by a name, and it is gone with this process.
    fs::remove_file(&path).map_err(fault)?;
    io::copy(&mut source, &mut file)
        .and_then(|_| file.rewind())
        .map_err(fault)?;
    Ok(file)
}

/// Group by group as the lines come; returns how many there were.
fn stream(
    mut source: impl BufRead,
    lines: u32,
    arguments: &AppendArguments,
    writer: &mut Writer,
    output: &Output,
) -> Result<u64, Fault> {
    let (mut before, mut read) = (0, 0);
    loop {
        let mut group = Vec::new();
        let mut count = 0;
        while count < lines
            && take_line(&mut source, &mut group).map_err(|_| Fault::unreadable(&arguments.jsonl))?
        {
            count += 1;
        }
        if count == 0 {
            return Ok(read);
        }
        let report = import(&mut Cursor::new(group), arguments, writer)?;
        read += report.lines;
        if report.lines > 0 {
            tell(&report, before, output)?;
        }
        refuse_bad(&report, before, arguments)?;
        before += u64::from(count);
    }
}

/// Takes one line. Of one that is too long only the beginning is kept, which is too long as well.
fn take_line(source: &mut impl BufRead, group: &mut Vec<u8>) -> io::Result<bool> {
    let read = source
        .by_ref()
        .take(LONGEST_LINE_BYTES)
        .read_until(b'\n', group)?;
    if read > 0 && group.last() != Some(&b'\n') {
        if read as u64 == LONGEST_LINE_BYTES {
            source.skip_until(b'\n')?;
        }
        group.push(b'\n');
    }
    Ok(read > 0)
}

/// The word that something is on the disk; whoever reads it may rely on it, so it is not held back.
fn tell(report: &ImportReport, before: u64, output: &Output) -> Result<(), Fault> {
    let line = Line::of(report, before);
    let values = [
        ("n", line.imported.into()),
        ("first", line.first.unwrap_or(0).into()),
        ("bad", line.bad_lines.into()),
    ];
    let key = match (line.imported, line.bad_lines) {
        (0, _) => "cli-append-none",
        (_, 0) => "cli-append-done",
        _ => "cli-append-left_out",
    };
    output.result(&line, key, &values)?;
    io::stdout().flush().map_err(Fault::Output)
}

fn refuse_bad(report: &ImportReport, before: u64, arguments: &AppendArguments) -> Result<(), Fault> {
    match report.bad.first() {
        Some(bad) if !arguments.leave_out_bad_lines => Err(LedgerFault::BadLine {
            line: before + bad.line,
            fault: bad.fault,
        }
        .into()),
        _ => Ok(()),
    }
}
