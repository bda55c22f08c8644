//! The clock of the whole machine is set while the program runs, and again before it is started: the ledger says
//! so, keeps its order, and nothing grows older or younger by it.
//!
//! The program itself is the real one, without its window; libfaketime gives it another time than the machine's
//! (Debian package `faketime`).
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use gatepost_ledger::audit::Report;
use gatepost_ledger::{Body, Leaf, LedgerClock, LedgerDay};
use gatepost_store::{AuditOptions, Audited, DATABASE_NAME, audit_folder};
use gatepost_tests::skip::skip;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

const HOUR_MS: i64 = 3_600_000;
/// Reading a line, the time file and the clock takes a moment, on a busy machine also a longer one.
const TOLERANCE_MS: i64 = 60_000;

/// The library, wherever Debian keeps it for this kind of machine.
fn library() -> Option<PathBuf> {
    fs::read_dir("/usr/lib")
        .ok()?
        .flatten()
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists())
}

/// A machine whose clock can be set.
struct Machine {
    library: PathBuf,
    folder: TempDir,
    runs: u32,
}

impl Machine {
    fn new() -> Option<Machine> {
        let Some(library) = library() else {
            skip("the clock of a machine cannot be set: libfaketime is not installed (Debian: faketime)");
            return None;
        };
        let machine = Machine {
            library,
            folder: tempfile::tempdir().expect("a folder"),
            runs: 0,
        };
        machine.set_clock(0);
        Some(machine)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Sets the wall clock so many hours off.
    fn set_clock(&self, hours: i64) {
        let file = self.folder.path().join("time");
        let unfinished = file.with_extension("new");
        fs::write(&unfinished, format!("{hours:+}h\n")).expect("written");
        fs::rename(unfinished, file).expect("the program sees the one or the other");
    }

    /// Starts the program: a guard who checks one visitor after the other.
    fn start(&mut self) -> Run {
        self.runs += 1;
        let mut program = Command::new(env!("CARGO_BIN_EXE_door_script"))
            .arg(self.data())
            .arg((self.runs * 1000).to_string())
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.folder.path().join("time"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let confirmed = BufReader::new(program.stdout.take().expect("piped"));
        Run { program, confirmed }
    }

    /// The database, beside the program that has it.
    fn database(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        Connection::open_with_flags(self.data().join(DATABASE_NAME), flags).expect("the database")
    }

    /// Waits until `run` has checked so many visitors from now on. Where the last records are is asked and not
    /// counted: the program is ahead of whoever reads its lines.
    fn check(&self, run: &mut Run, visitors: u64) {
        let last: u64 = self
            .database()
            .query_row("SELECT coalesce(max(i), 0) FROM records", [], |row| row.get(0))
            .expect("the records");
        // The clock may be read for one visitor and the record written after the last one was asked for.
        run.check_up_to(last + 1 + visitors);
    }

    fn leaves(&self) -> Vec<Leaf> {
        let database = self.database();
        let mut statement = database
            .prepare("SELECT leaf FROM records ORDER BY i")
            .expect("SQL");
        let leaves = statement
            .query_map([], |row| row.get::<_, Vec<u8>>(0))
            .expect("SQL")
            .map(|leaf| Leaf::parse(&leaf.expect("bytes")).expect("a leaf"));
        leaves.collect()
    }
}

struct Run {
    program: Child,
    confirmed: BufReader<ChildStdout>,
}

impl Run {
    /// Waits for the confirmation of a record at `position` or behind it.
    fn check_up_to(&mut self, position: u64) {
        let mut confirmed = 0;
        while confirmed < position {
            let mut line = String::new();
            self.confirmed.read_line(&mut line).expect("a line");
            confirmed = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["entry", position, _] | ["void", position] => position.parse().expect("a position"),
                _ => panic!("the program says: {line}"),
            };
        }
    }

    fn end(mut self) {
        self.program.kill().expect("it runs");
        self.program.wait().expect("it ends");
    }
}

fn sound(folder: &Path) -> Report {
    match audit_folder(folder, AuditOptions::default()).expect("readable") {
        Audited::Sound(report) => report.ledger,
        other => panic!("{other:?}"),
    }
}

/// The days of ledger time on which there are records.
fn days(leaves: &[Leaf]) -> BTreeSet<LedgerDay> {
    let mut clock = LedgerClock::default();
    leaves
        .iter()
        .map(|leaf| {
            let step = match leaf.body {
                Body::Clock { step } => Some(step),
                _ => None,
            };
            clock
                .advance(&leaf.at, step)
                .expect("the clock is as the records say");
            clock.day(leaf.at.wall_ms)
        })
        .collect()
}

fn steps(leaves: &[Leaf]) -> Vec<i64> {
    let step = |leaf: &Leaf| match leaf.body {
        Body::Clock { step } => Some(step),
        _ => None,
    };
    leaves.iter().filter_map(step).collect()
}

#[test]
fn a_clock_that_is_set_while_the_program_runs_is_on_record_and_moves_nothing() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start();
    run.check_up_to(10);
    let days_of = |days: i64| 24 * days;
    for hours in [-days_of(3), days_of(40), 0] {
        machine.set_clock(hours);
        machine.check(&mut run, 5);
    }
    run.end();
    let leaves = machine.leaves();
    let expected = [-days_of(3), days_of(43), -days_of(40)].map(|hours| hours * HOUR_MS);
    let found = steps(&leaves);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < TOLERANCE_MS, "{found} for {expected}");
    }
    let report = sound(&machine.data());
    assert_eq!(report.kinds.get("clock"), Some(&3));
    let in_order = leaves
        .iter()
        .zip(0..)
        .all(|(leaf, position)| leaf.position == position);
    assert!(in_order);
    // Midnight may pass during the test; forty days may not.
    assert!(days(&leaves).len() <= 2, "{:?}", days(&leaves));
}

#[test]
fn a_clock_that_was_set_back_between_two_starts_is_on_record() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start();
    run.check_up_to(10);
    run.end();
    machine.set_clock(-24);
    let mut run = machine.start();
    machine.check(&mut run, 3);
    run.end();
    let leaves = machine.leaves();
    let found = steps(&leaves);
    assert_eq!(found.len(), 1, "{found:?}");
    // What passed between the two starts nobody measured.
    assert!((found[0] + 24 * HOUR_MS).abs() < TOLERANCE_MS, "{found:?}");
    sound(&machine.data());
    assert!(days(&leaves).len() <= 2);
}

#[test]
fn a_clock_that_runs_by_itself_leaves_no_record() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start();
    run.check_up_to(30);
    run.end();
    assert_eq!(steps(&machine.leaves()), Vec::<i64>::new());
    sound(&machine.data());
}
