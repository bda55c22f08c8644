//! Erasure, backups and salvage.

use std::fs;

use chrono::NaiveDate;
use serde_json::Value;

use crate::program::{
    Folder, assert_as_before, code, done, files_of, json, put, refused, run, run_with, text,
};

const DATABASE: &str = "gate/gatepost.sqlite3";

fn day_after(day: &Value) -> String {
    let day: NaiveDate = day.as_str().expect("a day").parse().expect("a date");
    day.succ_opt().expect("a day after").to_string()
}

#[test]
fn what_is_due_is_erased_with_a_certificate_and_the_ledger_is_as_sound_as_before() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    let before = done(&["ledger", "retention", &gate]);
    assert_eq!(
        (&before["visitor_days"], &before["incident_days"]),
        (&30.into(), &180.into())
    );
    let due = before["due"].as_array().unwrap().last().unwrap();
    let day = day_after(&due["to"]);
    refused(
        &["ledger", "erase", &gate, "--before", "2035-01-01"],
        4,
        "kept_by_policy",
    );
    refused(
        &[
            "ledger",
            "erase",
            &gate,
            "--before",
            "2020-01-01",
            "--class",
            "incident",
        ],
        1,
        "nothing_to_erase",
    );

    let certificate = done(&["ledger", "erase", &gate, "--before", &day]);
    assert!(certificate["count"].as_u64() > Some(0), "{certificate}");
    assert_eq!(certificate["class"], "visitor");
    assert_eq!(done(&["ledger", "retention", &gate])["due"], Value::Array(vec![]));
    refused(
        &["ledger", "erase", &gate, "--before", &day],
        1,
        "nothing_to_erase",
    );
    fs::write(folder.path("seal"), certificate["note"].as_str().unwrap()).unwrap();
    let line = done(&["ledger", "verify", &gate, "--since", &folder.at("seal")]);
    assert_eq!(line["kinds"]["erase"], 1);
}

#[test]
fn a_backup_comes_back_with_its_loss_named_and_verifies() {
    let folder = Folder::with_gate();
    let (gate, file) = (folder.at("gate"), folder.at("backup.sqlite3"));
    let made = done(&["backup", &gate, "-o", &file]);
    let seal = done(&["ledger", "seal", &gate]);
    refused(&["backup", &gate, "-o", &file], 4, "already_there");
    assert_eq!(
        done(&["ledger", "seal", &gate])["root"],
        seal["root"],
        "a refusal is no run of its own"
    );
    let record = made["record"].as_u64().expect("a position").to_string();
    done(&[
        "ledger",
        "prove",
        &gate,
        &record,
        "-o",
        &folder.at("p"),
        "--record",
        &folder.at("r"),
    ]);
    let leaf: Value = serde_json::from_slice(&fs::read(folder.path("r")).unwrap()).unwrap();
    assert_eq!(
        (&leaf["typ"], &leaf["sha256"]),
        (&"export".into(), &made["sha256"])
    );
    assert_eq!(done(&["ledger", "verify", &file])["size"], made["size"]);
    let registers = crate::verify::registers(5);
    assert_eq!(
        code(&run_with(
            &["ledger", "append", &gate, "--jsonl", "-"],
            &registers
        )),
        0
    );

    let before = files_of(&folder.path("gate"));
    let plan = done(&["restore", &file, &gate, "--plan"]);
    // A boot, five registers and a shutdown; before them the boot, record and shutdown of the backup itself.
    assert_eq!(plan["difference"], "shorter:10");
    refused(&["restore", &file, &gate], 4, "restore_loses");
    refused(
        &["restore", &file, &gate, "--replace", "shorter:6"],
        4,
        "restore_loses",
    );
    assert_as_before(&folder.path("gate"), &before);

    let back = done(&["restore", &file, &gate, "--replace", "shorter:10"]);
    assert_eq!(back["size"], made["size"]);
    assert!(fs::metadata(back["kept"].as_str().unwrap()).is_ok());
    // Whatever is written next, the restore stands in the ledger before it.
    let registers = crate::verify::registers(1);
    let appended = run_with(&["ledger", "append", &gate, "--jsonl", "-"], &registers);
    assert_eq!(code(&appended), 0);
    assert_eq!(done(&["ledger", "verify", &gate])["kinds"]["restore"], 1);
    // Into an empty folder it comes without keys: it can be audited and not be continued.
    let back = done(&["restore", &file, &folder.at("elsewhere")]);
    assert_eq!(
        (&back["vault_fits"], &back["record"]),
        (&false.into(), &Value::Null)
    );
    done(&["ledger", "verify", &folder.at("elsewhere")]);
}

#[test]
fn a_file_that_is_no_backup_is_not_put_back() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    fs::write(
        folder.path("letter"),
        "not a database, but long enough to be looked at".repeat(9),
    )
    .unwrap();
    let before = files_of(&folder.path("gate"));
    refused(&["restore", &folder.at("absent"), &gate], 3, "unreadable");
    refused(&["restore", &folder.at("letter"), &gate], 3, "not_ours");
    refused(
        &["backup", &folder.at("absent"), "-o", &folder.at("b")],
        3,
        "no_data",
    );
    assert_as_before(&folder.path("gate"), &before);
}

#[test]
fn what_is_left_of_a_damaged_database_is_recovered_and_the_damaged_file_is_as_it_was() {
    let folder = Folder::with_gate();
    let size = done(&["ledger", "seal", &folder.at("gate")])["size"]
        .as_u64()
        .unwrap();
    let mut bytes = fs::read(folder.path(DATABASE)).unwrap();
    let page = 4096;
    let middle = bytes.len() / 2 / page * page;
    bytes[middle..middle + page].fill(0xd5);
    fs::write(folder.path(DATABASE), &bytes).unwrap();
    let before = files_of(&folder.path("gate"));
    let (code, _) = json(&["ledger", "verify", &folder.at("gate")]);
    assert!([2, 3].contains(&code));
    let line = done(&["ledger", "salvage", &folder.at("gate"), "-o", &folder.at("saved")]);
    let lost: u64 = line["lost"]
        .as_array()
        .unwrap()
        .iter()
        .map(|range| range[1].as_u64().unwrap() - range[0].as_u64().unwrap() + 1)
        .sum();
    let recovered = line["recovered"].as_u64().unwrap();
    assert!(recovered + lost <= size && recovered > size / 2, "{line}");
    assert_as_before(&folder.path("gate"), &before);
    let records = fs::read_to_string(folder.path("saved/records.jsonl")).unwrap();
    assert_eq!(records.lines().count() as u64, recovered);
    refused(
        &["ledger", "salvage", &folder.at("gate"), "-o", &folder.at("saved")],
        4,
        "already_there",
    );
    refused(
        &["ledger", "salvage", &folder.at("absent"), "-o", &folder.at("x")],
        3,
        "unreadable",
    );
}

#[test]
fn this_machine_is_measured_beside_its_disk_and_nothing_is_left() {
    let folder = Folder::new();
    let place = folder.at("");
    let line = done(&["bench", "ledger", "--records", "20", "--in", &place]);
    assert_eq!(line["records"], 20);
    for part in ["disk", "append", "proof"] {
        assert!(line[part]["p99_us"].as_f64() > Some(0.0), "{line}");
    }
    assert_eq!(files_of(&folder.path("")), vec![]);
    let told = run(&["bench", "ledger", "--records", "20", "--in", &place]);
    assert_eq!(text(&told).lines().count(), 4);
    put(&folder.path("x"), &[]);
    refused(
        &["bench", "ledger", "--in", &folder.at("absent")],
        3,
        "cannot_write",
    );
}
