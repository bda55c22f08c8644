//! What a command leaves in the ledger: a start, what it did and an end, or nothing at all.

use std::fs;

use gatepost_desk::{Clock, SystemClock};
use serde_json::Value;

use crate::program::{Folder, code, done, json, run, run_with};
use crate::verify::registers;

/// How many records of each of these kinds there are.
fn counted(folder: &Folder) -> [u64; 3] {
    let line = done(&["ledger", "verify", &folder.at("gate")]);
    ["boot", "export", "shutdown"].map(|kind| line["kinds"][kind].as_u64().unwrap_or(0))
}

fn root(folder: &Folder) -> Value {
    done(&["ledger", "seal", &folder.at("gate")])["root"].clone()
}

#[test]
fn what_takes_something_out_of_the_house_is_a_run_with_a_start_a_record_and_an_end() {
    let folder = Folder::with_gate();
    let (gate, out) = (folder.at("gate"), folder.at("out"));
    let commands = [
        vec!["entries", "export", "--data-dir", &gate, "-o", &out],
        vec!["ledger", "bundle", &gate, "-o", &out],
        vec!["backup", &gate, "-o", &out],
    ];
    for command in commands {
        let before = counted(&folder);
        done(&command);
        assert_eq!(counted(&folder), before.map(|count| count + 1), "{command:?}");
        for made in [&out, &folder.at("out-DEMO")] {
            let _ = fs::remove_file(made);
        }
    }
}

#[test]
fn what_is_refused_or_finds_nothing_leaves_nothing() {
    let folder = Folder::with_gate();
    let (gate, there) = (folder.at("gate"), folder.at("there"));
    fs::write(&there, "mine").unwrap();
    let before = root(&folder);
    let now = SystemClock::start().now();
    let in_years = now.date_naive() + chrono::Days::new(10 * 365);
    let in_years = in_years.to_string();
    let (early, late) = ("2020-01-01", in_years.as_str());
    let last = "+262142-12-31";
    for (arguments, exit) in [
        (vec!["ledger", "erase", &gate, "--before", late], 4),
        (vec!["ledger", "erase", &gate, "--before", early], 1),
        (vec!["ledger", "bundle", &gate, "--to", early, "-o", &there], 1),
        (vec!["ledger", "bundle", &gate, "--to", last, "-o", &there], 2),
        (
            vec![
                "ledger",
                "prove",
                &gate,
                "0",
                "--disclose",
                "name",
                "--reason",
                "x",
            ],
            1,
        ),
        (vec!["backup", &gate, "-o", &there], 4),
        (
            vec![
                "entries",
                "export",
                "--data-dir",
                &gate,
                "--day",
                early,
                "-o",
                &there,
            ],
            1,
        ),
    ] {
        let (code, line) = json(&arguments);
        assert_eq!(code, exit, "{arguments:?} {line}");
        assert_eq!(root(&folder), before, "{arguments:?}");
    }
    let bad = [registers(1), b"{\"form\":1}\n".to_vec()].concat();
    for (more, input) in [
        (vec![], &bad[..]),
        (vec![], b"\n\n"),
        (vec!["--leave-out-bad-lines"], b"{}\n"),
        (vec!["--stream", "5"], &bad[..]),
    ] {
        let arguments = [vec!["ledger", "append", &gate, "--jsonl", "-"], more].concat();
        run_with(&arguments, input);
        assert_eq!(root(&folder), before, "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(&there).unwrap(), "mine");
}

/// Fills the page of the people with garbage.
fn forget_people(folder: &Folder) {
    const PAGE: usize = 4096;
    let path = folder.path("gate/gatepost.sqlite3");
    let mut bytes = fs::read(&path).expect("the database");
    let of_a_pin = b"$argon2id$";
    let at = bytes
        .windows(of_a_pin.len())
        .position(|window| window == of_a_pin);
    let page = at.expect("PINs are hashed") / PAGE * PAGE;
    bytes[page..page + PAGE].fill(0xA5);
    fs::write(path, bytes).expect("damaged");
}

#[test]
fn where_a_salvage_found_no_manager_one_is_made_on_the_machine_and_the_ledger_says_so() {
    let folder = Folder::with_gate();
    let manager = |name: &str, pin: &str| {
        let command = ["manager", &folder.at(name), "--name", "赵复", "--language", "en"];
        run_with(&command, format!("{pin}\n").as_bytes())
    };
    assert_eq!(code(&manager("gate", "305186")), 4, "one can sign in");
    forget_people(&folder);
    let saved = folder.at("saved");
    let told = run(&["ledger", "salvage", &folder.at("gate"), "-o", &saved]);
    let told = crate::program::text(&told);
    for sentence in [
        "People of whom only records were found: 3;",
        "No manager can sign in on the new database.",
    ] {
        assert!(told.contains(sentence), "{told}");
    }
    let line = done(&["ledger", "salvage", &folder.at("gate"), "-o", &folder.at("again")]);
    assert_eq!(
        (
            &line["remade_people"],
            &line["manager_is_left"],
            &line["remade_venue"]
        ),
        (&3.into(), &false.into(), &false.into())
    );
    for file in fs::read_dir(folder.path("gate")).unwrap() {
        let name = file.unwrap().file_name();
        if !name.to_string_lossy().contains("sqlite3") {
            fs::copy(folder.path("gate").join(&name), folder.path("saved").join(&name)).unwrap();
        }
    }
    let before = done(&["ledger", "verify", &saved])["kinds"]["person"].as_u64();
    for (pin, exit) in [("111111", 2), ("", 2), ("305186", 0), ("940275", 4)] {
        assert_eq!(code(&manager("saved", pin)), exit, "{pin}");
    }
    let line = done(&["ledger", "verify", &saved]);
    assert_eq!(line["kinds"]["person"].as_u64(), before.map(|count| count + 1));
    let window = crate::crossing::window(&folder, "saved", false);
    let signed_in = crate::crossing::sign_in(&window, 4, "305186");
    assert!(signed_in.is_ok(), "{signed_in:?}");
}
