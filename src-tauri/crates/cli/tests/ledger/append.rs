//! Registers from elsewhere, also while the program is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::thread;

use gatepost_ledger::Body;
use gatepost_store::Reader;
use serde_json::Value;

use crate::program::{Folder, code, command, done, errors, refused, run_with, text};
use crate::verify::registers;

fn append(gate: &str, more: &[&str], input: &[u8]) -> (i32, Vec<Value>) {
    let arguments = [&["ledger", "append", gate, "--jsonl", "-", "--json"], more].concat();
    let ended = run_with(&arguments, input);
    let lines = [text(&ended), errors(&ended)].concat();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    (code(&ended), lines.collect())
}

#[test]
fn registers_are_appended_from_a_pipe_and_a_bad_line_keeps_all_of_them_out() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    let (code, lines) = append(&gate, &[], &registers(25));
    assert_eq!((code, &lines[0]["imported"]), (0, &25.into()), "{lines:?}");
    assert_eq!(done(&["ledger", "verify", &gate])["kinds"]["register"], 25);

    let bad = [registers(2), b"{\"form\":1}\n".to_vec(), registers(1)].concat();
    let (code, lines) = append(&gate, &[], &bad);
    assert_eq!((code, &lines[0]["imported"]), (3, &0.into()));
    assert_eq!(
        (&lines[0]["bad"][0]["line"], &lines[1]["error"]),
        (&3.into(), &"bad_line".into())
    );
    let (code, lines) = append(&gate, &["--leave-out-bad-lines"], &bad);
    assert_eq!(
        (code, &lines[0]["imported"], &lines[0]["bad_lines"]),
        (0, &3.into(), &1.into())
    );
    let (code, lines) = append(&gate, &["--stream", "2"], &bad);
    assert_eq!((code, lines.len()), (3, 3), "{lines:?}");
    assert_eq!(
        (&lines[0]["imported"], &lines[1]["bad"][0]["line"]),
        (&2.into(), &3.into())
    );
    assert_eq!(done(&["ledger", "verify", &gate])["kinds"]["register"], 30);
}

#[test]
fn nothing_on_the_pipe_a_folder_and_an_endless_line_are_told() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    for more in [vec![], vec!["--stream", "5"]] {
        let arguments = [vec!["ledger", "append", &gate, "--jsonl", "-"], more].concat();
        refused(&arguments, 3, "empty");
    }
    refused(&["ledger", "append", &gate, "--jsonl", &gate], 3, "unreadable");
    refused(
        &["ledger", "append", &folder.at("absent"), "--jsonl", "-"],
        3,
        "no_data",
    );
    for more in [&[][..], &["--stream", "1"]] {
        let (code, lines) = append(&gate, more, &vec![b'x'; 3 << 20]);
        assert_eq!(code, 3);
        assert_eq!(lines[0]["bad"][0]["fault"], "too_long", "{lines:?}");
    }
}

#[test]
fn every_line_that_was_reported_is_there_however_often_the_program_is_killed() {
    const ROUNDS: u64 = 12;
    let folder = Folder::with_gate();
    let gate = folder.path("gate");
    let mut reported: Vec<(u64, u64)> = Vec::new();
    for round in 0..ROUNDS {
        let mut child = command()
            .args([
                "ledger",
                "append",
                &folder.at("gate"),
                "--jsonl",
                "-",
                "--stream",
                "1",
                "--json",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut stdin = child.stdin.take().expect("a pipe");
        // It never runs out of lines, and ends with the pipe.
        let feeder = thread::spawn(move || {
            for number in round * 1_000_000.. {
                let line = format!("{{\"form\":\"f\",\"at\":0,\"values\":{{\"n\":\"{number}\"}}}}\n");
                if stdin.write_all(line.as_bytes()).is_err() {
                    return;
                }
            }
        });
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        // Killed in the middle of whatever it does after so many reports; what came out until then counts.
        let mut heard = 0;
        for line in lines {
            let line: Value = serde_json::from_str(&line.expect("a line")).expect("whole lines");
            let first = line["first"].as_u64().expect("a position");
            reported.push((first, round * 1_000_000 + heard));
            heard += 1;
            if heard == 1 + round * 7 {
                child.kill().expect("it runs");
            }
        }
        child.wait().expect("it ended");
        feeder.join().expect("it ends with the pipe");
        assert!(heard > round * 7);
    }
    let line = done(&["ledger", "verify", &folder.at("gate")]);
    assert!(line["kinds"]["register"].as_u64() >= Some(reported.len() as u64));
    let reader = Reader::without_secrets(&gate).expect("readable");
    for (position, number) in reported {
        let leaf = reader.leaf(position).expect("it was reported");
        let Body::Register { values, .. } = leaf.body else {
            panic!("no register at {position}");
        };
        assert_eq!(values["n"], number.to_string());
    }
}
