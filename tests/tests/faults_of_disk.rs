//! A disk that fails in the middle of a call: what was confirmed is there, nothing is half there, and the program
//! says in words of its own what is wrong. The faults come from libfiu, which stands between the program and the
//! system's calls.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use gatepost_store::{DATABASE_NAME, KeyFile, Store};
use gatepost_tests::quiet;
use gatepost_tests::skip::skip;
use rusqlite::Connection;

/// Errno 5: the disk says no.
const INPUT_OUTPUT: i32 = 5;
/// Errno 28: no space left.
const NO_SPACE: i32 = 28;
const RUNS: u64 = 8;
/// A run that met no fault ends after so many visitors.
const VISITORS: u64 = 50;

/// A call that fails, as libfiu names it, how often and with which error.
struct Fault {
    call: &'static str,
    probability: &'static str,
    errno: i32,
    /// Whether the door is certain to meet it.
    must_show: bool,
}

/// What one run said.
#[derive(Default)]
struct Run {
    /// Tenths of a degree by position.
    confirmed: BTreeMap<u64, i16>,
    fault: Option<String>,
}

#[test]
fn whatever_call_of_the_disk_fails_no_confirmed_entry_is_lost_and_none_is_half_there() {
    let is_there = Command::new("fiu-run").arg("-h").output().is_ok();
    if !is_there {
        skip("libfiu is not installed (Debian: fiu-utils)");
        return;
    }
    for fault in [
        Fault {
            call: "posix/io/rw/pwrite",
            probability: "0.01",
            errno: INPUT_OUTPUT,
            must_show: true,
        },
        Fault {
            call: "posix/io/rw/pwrite",
            probability: "0.01",
            errno: NO_SPACE,
            must_show: true,
        },
        // SQLite as it is built here waits for the disk with fdatasync (.cargo/config.toml).
        Fault {
            call: "posix/io/sync/fdatasync",
            probability: "0.03",
            errno: INPUT_OUTPUT,
            must_show: true,
        },
        // Half a write is no fault: SQLite writes the other half.
        Fault {
            call: "posix/io/rw/pwrite/reduce",
            probability: "0.1",
            errno: 0,
            must_show: false,
        },
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        set_up(folder.path());
        let (mut confirmed, mut faults) = (BTreeMap::new(), Vec::new());
        for number in 0..RUNS {
            let run = run(folder.path(), &fault, 10_000 * number);
            for (position, tenths) in run.confirmed {
                assert_eq!(confirmed.insert(position, tenths), None, "{position} twice");
            }
            faults.extend(run.fault);
            check(folder.path(), &confirmed);
        }
        println!(
            "{} errno {}: {} confirmed entries, {faults:?}",
            fault.call,
            fault.errno,
            confirmed.len()
        );
        assert!(!confirmed.is_empty(), "{}: the door was at work", fault.call);
        if fault.must_show {
            assert!(!faults.is_empty(), "{}: the faults met the door", fault.call);
        }
    }
}

/// A clean start and an entry, without faults.
fn set_up(folder: &Path) {
    let desk = quiet::desk(folder);
    quiet::take_the_gate(&desk).expect("the door");
    quiet::press(&desk, "7365⏎").expect("an entry");
    quiet::end(desk, folder);
}

fn run(folder: &Path, fault: &Fault, seed: u64) -> Run {
    let enabled = format!(
        "enable_random name={},probability={},failinfo={}",
        fault.call, fault.probability, fault.errno
    );
    let mut script = Command::new("fiu-run")
        .args(["-x", "-c", &enabled])
        .arg(env!("CARGO_BIN_EXE_door_script"))
        .arg(folder)
        .args([seed.to_string(), VISITORS.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("fiu-run is there");
    let output = script.stdout.take().expect("the output was asked for");
    let mut run = Run::default();
    for line in BufReader::new(output).lines() {
        let line = line.expect("text");
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["entry", position, tenths] => {
                let position = position.parse().expect("a position");
                run.confirmed.insert(position, tenths.parse().expect("tenths"));
            }
            ["void", _] => {}
            ["fault", ..] => run.fault = Some(line),
            _ => panic!("the script says: {line}"),
        }
    }
    let code = script.wait().expect("it ends").code();
    let expected = if run.fault.is_some() { 1 } else { 0 };
    assert_eq!(code, Some(expected), "it ends in good order: {:?}", run.fault);
    run
}

fn check(folder: &Path, confirmed: &BTreeMap<u64, i16>) {
    let store = Store::open(folder, KeyFile::in_folder(folder)).expect("a ledger that verifies");
    let reader = store.reader().expect("a reader");
    for (position, tenths) in confirmed {
        let entry = reader.entry(*position).expect("a confirmed entry");
        assert_eq!(entry.temperature.map(|exact| exact.tenths()), Some(*tenths));
    }
    drop(reader);
    drop(store);
    let database = Connection::open(folder.join(DATABASE_NAME)).expect("the database");
    let text = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    let number = |sql: &str| -> u64 { database.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let entries = number("SELECT count(*) FROM records WHERE kind = 'entry'");
    assert_eq!(number("SELECT count(*) FROM entries"), entries);
    assert_eq!(
        number("SELECT count(*) FROM disclosures WHERE field = 'temperature'"),
        entries
    );
}
