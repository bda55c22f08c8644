//! The clock of the whole machine is set while the program runs, and again before it is started: the ledger says
//! so, keeps its order, and nothing is erased earlier or later for it.
//!
//! The program itself is the real one, without its window; libfaketime gives it another time than the machine's
//! (Debian package `faketime`). It does what it is told and answers, so that a test is in step with it.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gatepost_ledger::audit::Report;
use gatepost_ledger::{Body, Leaf, LedgerDay, RetentionClass, RetentionPolicy};
use gatepost_store::{AuditOptions, Audited, DATABASE_NAME, KeyFile, Store, audit_folder};
use gatepost_tests::camera_file::now_ms;
use gatepost_tests::quiet::NIGHT_HOURS;
use gatepost_tests::skip::skip;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

const HOUR_MS: i64 = 3_600_000;
const DAY_HOURS: i64 = 24;
/// Reading the time file and the clock takes a moment, on a busy machine also a longer one.
const TOLERANCE_MS: i64 = 60_000;
/// 2026-11-23 at 12:00 UTC, milliseconds since 1970: when the first start is, whenever the test is. No midnight
/// comes in between by chance.
const NOON_MS: i64 = 1_795_435_200_000;

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
    /// From the clock of the machine that tests to noon of the first day.
    to_noon_s: i64,
    /// What passed besides, for whatever ran.
    passed_hours: i64,
    /// What passed in the run that goes on: the program counts that itself.
    in_this_run_hours: i64,
}

impl Machine {
    fn new() -> Option<Machine> {
        let Some(library) = library() else {
            skip("the clock of a machine cannot be set: libfaketime is not installed (Debian: faketime)");
            return None;
        };
        Some(Machine {
            library,
            folder: tempfile::tempdir().expect("a folder"),
            to_noon_s: (NOON_MS - now_ms()) / 1000,
            passed_hours: 0,
            in_this_run_hours: 0,
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Sets the wall clock so many hours off what is right.
    fn set_clock(&self, hours: i64) {
        let file = self.folder.path().join("time");
        let unfinished = file.with_extension("new");
        let seconds = self.to_noon_s + (self.passed_hours + hours) * 3600;
        fs::write(&unfinished, format!("{seconds:+}\n")).expect("written");
        fs::rename(unfinished, file).expect("the program sees the one or the other");
    }

    /// So many hours pass while nothing runs.
    fn rest(&mut self, hours: i64) {
        self.passed_hours += hours;
    }

    /// Starts the program with a wall clock that is so many hours off.
    fn start(&mut self, hours: i64) -> Run {
        self.set_clock(hours);
        let mut program = Command::new(env!("CARGO_BIN_EXE_door_told"))
            .arg(self.data())
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.folder.path().join("time"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Run {
            orders: program.stdin.take().expect("piped"),
            answers: BufReader::new(program.stdout.take().expect("piped")),
            program,
        }
    }

    /// So many hours pass while `run` goes on, and a night in which it keeps house.
    fn pass(&mut self, run: &mut Run, hours: u32) {
        assert_eq!(run.told(&format!("hours {hours}")), "kept");
        self.in_this_run_hours += i64::from(hours) + NIGHT_HOURS.cast_signed();
    }

    /// The program is killed.
    fn end(&mut self, run: Run) {
        drop(run);
        self.passed_hours += std::mem::take(&mut self.in_this_run_hours);
    }

    fn leaves(&self) -> Vec<Leaf> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database =
            Connection::open_with_flags(self.data().join(DATABASE_NAME), flags).expect("the database");
        let mut statement = database
            .prepare("SELECT leaf FROM records ORDER BY i")
            .expect("SQL");
        let leaves = statement
            .query_map([], |row| row.get::<_, Vec<u8>>(0))
            .expect("SQL")
            .map(|leaf| Leaf::parse(&leaf.expect("bytes")).expect("a leaf"));
        leaves.collect()
    }

    /// What is erased so far: how many records say so, and the entries whose temperature is gone. Beside a program
    /// that runs its folder is copied first.
    fn erased(&self) -> (usize, Vec<u64>) {
        let copy = tempfile::tempdir().expect("a folder");
        for file in fs::read_dir(self.data()).expect("the data") {
            let name = file.expect("a file").file_name();
            let text = name.to_string_lossy();
            if text.starts_with("gatepost.") && !text.ends_with("-shm") && !text.ends_with("reserve") {
                fs::copy(self.data().join(&name), copy.path().join(&name)).expect("a copy");
            }
        }
        let store = Store::open(copy.path(), KeyFile::in_folder(copy.path())).expect("the data");
        let reader = store.reader().expect("a reader");
        let records = reader.erasures(1000).expect("a query").len();
        let page = reader.page(&Default::default(), None, 1000).expect("a page");
        let mut gone: Vec<u64> = page
            .iter()
            .filter(|entry| entry.temperature.is_none())
            .map(|entry| entry.position)
            .collect();
        gone.sort_unstable();
        (records, gone)
    }
}

/// The program, which ends with it.
struct Run {
    program: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Run {
    /// Gives an order and returns the answer.
    fn told(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").expect("the program listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("a line");
        assert!(
            !answer.is_empty() && !answer.starts_with("fault"),
            "{order}: the program says: {answer}"
        );
        answer.trim_end().to_owned()
    }

    /// So many visitors come; the positions of their entries.
    fn check(&mut self, visitors: u32) -> Vec<u64> {
        let answer = self.told(&format!("visitors {visitors}"));
        let positions: Vec<u64> = answer
            .split(' ')
            .skip(1)
            .map(|word| word.parse().expect("a position"))
            .collect();
        assert_eq!(positions.len(), visitors as usize);
        positions
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn sound(folder: &Path) -> Report {
    match audit_folder(folder, AuditOptions::default()).expect("readable") {
        Audited::Sound(report) => report.ledger,
        other => panic!("{other:?}"),
    }
}

fn steps(leaves: &[Leaf]) -> Vec<i64> {
    let step = |leaf: &Leaf| match leaf.body {
        Body::Clock { step } => Some(step),
        _ => None,
    };
    leaves.iter().filter_map(step).collect()
}

fn assert_steps(leaves: &[Leaf], expected: &[i64]) {
    let found = steps(leaves);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < TOLERANCE_MS, "{found} for {expected}");
    }
}

/// The ledger verifies, says as much of the clock as it should, and is in order.
fn assert_sound(machine: &Machine) {
    let report = sound(&machine.data());
    let leaves = machine.leaves();
    let in_order = leaves
        .iter()
        .zip(0..)
        .all(|(leaf, position)| leaf.position == position);
    assert!(in_order);
    let steps = steps(&leaves).len() as u64;
    assert_eq!(report.kinds.get("clock").copied().unwrap_or(0), steps);
}

/// What a rule that believes the wall clock would have erased when the last record was made: the entries whose date
/// is longer ago than they are kept.
fn would_be_erased_by_the_wall_clock(leaves: &[Leaf]) -> Vec<u64> {
    let now = LedgerDay::at(leaves.last().expect("a record").at.wall_ms);
    let last_due = RetentionPolicy::default().last_due(RetentionClass::Visitor, now);
    let entries = leaves.iter().filter(|leaf| matches!(leaf.body, Body::Entry(_)));
    let due = entries.filter(|leaf| LedgerDay::at(leaf.at.wall_ms) <= last_due);
    due.map(|leaf| leaf.position).collect()
}

const NOTHING: (usize, Vec<u64>) = (0, Vec::new());

#[test]
fn a_clock_that_is_set_while_the_program_runs_is_on_record_and_erases_nothing_early_and_nothing_late() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start(0);
    let first = run.check(5);
    let set = |machine: &mut Machine, run: &mut Run, days: i64| {
        machine.set_clock(days * DAY_HOURS);
        let entries = run.check(3);
        machine.pass(run, 0);
        entries
    };
    set(&mut machine, &mut run, -3);
    set(&mut machine, &mut run, 40);
    let by_the_wall_clock = would_be_erased_by_the_wall_clock(&machine.leaves());
    assert!(first.iter().all(|entry| by_the_wall_clock.contains(entry)));
    assert_eq!(machine.erased(), NOTHING);
    // Three nights after the first noon it is 06:00 of the third day.
    let second = set(&mut machine, &mut run, 0);
    assert_eq!(machine.erased(), NOTHING);
    let steps_ms = [-3, 43, -40].map(|days| days * DAY_HOURS * HOUR_MS);
    assert_steps(&machine.leaves(), &steps_ms);

    // And at the end of this night it is 20:00 of the day that is the thirtieth after the first.
    machine.pass(&mut run, 28 * 24);
    assert_eq!(machine.erased(), NOTHING, "thirty whole days have to pass");
    machine.pass(&mut run, 0);
    let (records, gone) = machine.erased();
    assert_eq!(records, 1);
    assert!(first.iter().all(|entry| gone.contains(entry)), "{gone:?}");
    assert!(second.iter().all(|entry| !gone.contains(entry)), "{gone:?}");
    machine.end(run);
    assert_sound(&machine);
}

#[test]
fn a_clock_that_was_set_ahead_between_two_starts_erases_nothing_until_the_days_are_over() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start(0);
    let first = run.check(5);
    machine.end(run);
    machine.rest(10);

    let mut run = machine.start(40 * DAY_HOURS);
    let ahead = run.check(3);
    machine.pass(&mut run, 0);
    let by_the_wall_clock = would_be_erased_by_the_wall_clock(&machine.leaves());
    assert!(first.iter().all(|entry| by_the_wall_clock.contains(entry)));
    assert_eq!(machine.erased(), NOTHING);
    machine.end(run);
    machine.rest(10);

    let mut run = machine.start(0);
    run.check(3);
    machine.pass(&mut run, 0);
    assert_eq!(machine.erased(), NOTHING);
    machine.end(run);
    // Nobody measures how long the program is off, so a manager has to say that the date is right.
    machine.rest(31 * DAY_HOURS);

    let mut run = machine.start(0);
    machine.pass(&mut run, 0);
    assert_eq!(machine.erased(), NOTHING, "nobody has confirmed the date");
    run.told("confirm");
    machine.pass(&mut run, 0);
    let (records, gone) = machine.erased();
    assert!(records > 0);
    assert!(first.iter().all(|entry| gone.contains(entry)), "{gone:?}");
    assert!(
        ahead.iter().all(|entry| !gone.contains(entry)),
        "nobody vouched for the date of these: {gone:?}"
    );
    machine.end(run);
    assert_sound(&machine);
}

#[test]
fn a_clock_that_was_set_back_between_two_starts_is_on_record() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start(0);
    run.check(3);
    machine.end(run);
    let mut run = machine.start(-24);
    run.check(3);
    machine.end(run);
    // What passed between the two starts nobody measured.
    assert_steps(&machine.leaves(), &[-24 * HOUR_MS]);
    assert_sound(&machine);
}

#[test]
fn a_clock_that_runs_by_itself_leaves_no_record() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let mut run = machine.start(0);
    run.check(20);
    machine.pass(&mut run, 5);
    run.check(20);
    machine.end(run);
    assert_steps(&machine.leaves(), &[]);
    assert_sound(&machine);
}
