//! Nothing that the card confirmed is lost, whenever the program is killed.
//!
//! A kill leaves everything that the system already has, synced or not, so this would pass without a single sync:
//! `power_cut` is the test that notices one that is missing.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use gatepost_store::{DATABASE_NAME, KeyFile, Store};
use gatepost_tests::quiet;
use gatepost_tests::wait::PATIENCE;
use rusqlite::Connection;

/// On two gates at once, because the machine that tests has two cores.
const GATES: u64 = 2;
const KILLS_PER_GATE: u64 = 100;
/// A kill comes at most so long after the first confirmation.
const LONGEST_RUN: Duration = Duration::from_millis(120);
/// Every tenth kill comes at most so long after the start: while data are opened and the guard signs in.
const LONGEST_START: Duration = Duration::from_millis(250);

/// What cards confirmed so far.
#[derive(Default)]
struct Confirmed {
    /// Tenths of a degree by position.
    entries: BTreeMap<u64, i64>,
    voids: BTreeSet<u64>,
}

impl Confirmed {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse().expect("a number");
        match words.as_slice() {
            ["entry", position, tenths] => {
                let earlier = self.entries.insert(number(position) as u64, number(tenths));
                assert_eq!(earlier, None, "position {position} was confirmed twice");
            }
            ["void", position] => {
                self.voids.insert(number(position) as u64);
            }
            _ => panic!("the script says: {line}"),
        }
    }
}

/// The same numbers on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let share = (self.0 >> 40) as f64 / (1_u64 << 24) as f64;
        most.mul_f64(share)
    }
}

#[test]
fn every_confirmed_entry_survives_kill_9_at_two_hundred_random_moments() {
    let gates: Vec<_> = (1..=GATES)
        .map(|gate| thread::spawn(move || cut_the_power_again_and_again(gate)))
        .collect();
    let (mut entries, mut voids) = (0, 0);
    for gate in gates {
        let confirmed = gate.join().expect("see the message above");
        entries += confirmed.entries.len();
        voids += confirmed.voids.len();
    }
    let kills = GATES * KILLS_PER_GATE;
    println!("{kills} kills, {entries} confirmed entries, {voids} confirmed voids");
    // Nine in ten came after a confirmation; how many more there were is the machine's affair.
    assert!(
        entries as u64 >= kills * 9 / 10 && voids > 0,
        "the kills met a door at work"
    );
}

fn cut_the_power_again_and_again(gate: u64) -> Confirmed {
    let folder = tempfile::tempdir().expect("a folder");
    let mut confirmed = Confirmed::default();
    let mut chance = Chance(gate);
    for kill in 0..KILLS_PER_GATE {
        let (mut script, lines) = start(folder.path(), gate * 10_000 + kill * 100);
        if kill % 10 == 9 {
            thread::sleep(chance.below(LONGEST_START));
        } else {
            let first = lines.recv_timeout(PATIENCE).expect("a first confirmation");
            confirmed.hear(&first);
            thread::sleep(chance.below(LONGEST_RUN));
        }
        script.kill().expect("it runs until it is killed");
        script.wait().expect("it was killed");
        lines.iter().for_each(|line| confirmed.hear(&line));
        check(folder.path(), &confirmed, kill + 1);
    }
    check_as_the_program_sees_it(folder.path(), &confirmed);
    confirmed
}

fn start(folder: &Path, seed: u64) -> (Child, Receiver<String>) {
    let mut script = Command::new(env!("CARGO_BIN_EXE_door_script"))
        .arg(folder)
        .arg(seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the script is built with the tests");
    let output = script.stdout.take().expect("the output was asked for");
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens after a failed check.
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    (script, lines)
}

/// Looks at a copy, so that the next start finds the files as the kill has left them.
fn check(folder: &Path, confirmed: &Confirmed, kills: u64) {
    let copy = tempfile::tempdir().expect("a folder");
    for name in [DATABASE_NAME.to_owned(), format!("{DATABASE_NAME}-wal")] {
        let file = folder.join(&name);
        if file.exists() {
            fs::copy(file, copy.path().join(name)).expect("a copy");
        }
    }
    let database = Connection::open(copy.path().join(DATABASE_NAME)).expect("a database");
    let text = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    let number = |sql: &str| -> u64 { database.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(
        number("SELECT count(*) FROM records"),
        number("SELECT max(i) + 1 FROM records"),
        "positions have no gap"
    );
    let mut statement = database.prepare("SELECT i FROM entries").expect("entries");
    let stored: BTreeSet<u64> = statement
        .query_map([], |row| row.get(0))
        .expect("entries")
        .map(|row| row.expect("an entry"))
        .collect();
    for position in confirmed.entries.keys() {
        assert!(stored.contains(position), "entry {position} after {kills} kills");
    }
    let unconfirmed = (stored.len() - confirmed.entries.len()) as u64;
    assert!(
        unconfirmed <= kills,
        "{unconfirmed} entries that nobody saw: at most the one that was being written at each kill"
    );
    let mut statement = database.prepare("SELECT entry FROM voids").expect("voids");
    let voided: BTreeSet<u64> = statement
        .query_map([], |row| row.get(0))
        .expect("voids")
        .map(|row| row.expect("a void"))
        .collect();
    assert!(confirmed.voids.is_subset(&voided), "a confirmed void is lost");
}

fn check_as_the_program_sees_it(folder: &Path, confirmed: &Confirmed) {
    let desk = quiet::desk(folder);
    quiet::take_the_gate(&desk).expect("the door opens as always");
    let next = quiet::press(&desk, "7365⏎")
        .expect("the next visitor")
        .card
        .expect("a card");
    let newest = confirmed.entries.last_key_value().map(|(position, _)| *position);
    assert!(Some(u64::from(next.entry.position)) > newest);
    quiet::end(desk, folder);
    let store = Store::open(folder, KeyFile::in_folder(folder)).expect("the data");
    let reader = store.reader().expect("a reader");
    for (position, tenths) in &confirmed.entries {
        let entry = reader.entry(*position).expect("a confirmed entry");
        assert_eq!(
            entry.temperature.map(|one| i64::from(one.tenths())),
            Some(*tenths)
        );
        assert_eq!(
            entry.voided.is_some(),
            confirmed.voids.contains(position) || entry.voided.is_some()
        );
    }
}
