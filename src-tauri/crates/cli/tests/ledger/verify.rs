//! `ledger verify`, `ledger seal`, `ledger prove` and `ledger bundle`.

use std::fs;

use gatepost_ledger::policy::Policy;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::{Body, Disclosed, Field, Leaf, RetentionClass};
use gatepost_store::{KeyFile, Reader, Store};
use serde_json::Value;

use crate::program::{
    Folder, assert_as_before, change, code, done, errors, files_of, json, put, refused, run, run_with, text,
};

const DATABASE: &str = "gate/gatepost.sqlite3";

#[test]
fn a_sound_ledger_is_told_with_its_words_and_with_what_nobody_can_prove() {
    let folder = Folder::with_gate();
    let line = done(&["ledger", "verify", &folder.at("gate")]);
    assert_eq!((&line["ok"], &line["kind"]), (&true.into(), &"folder".into()));
    assert_eq!(line["words"]["zh"].as_array().map(Vec::len), Some(8));
    assert_eq!(
        (&line["witnessed"], &line["unwitnessed"]),
        (&0.into(), &line["size"])
    );
    assert_eq!(line["not_provable"].as_array().map(Vec::len), Some(3));
    let told = run(&["ledger", "verify", &folder.at("gate")]);
    let told = text(&told);
    assert!(
        told.contains("no fault found") && told.contains("never scanned"),
        "{told}"
    );
    assert!(told.contains("rest on the gate's word alone"), "{told}");
}

#[test]
fn an_audit_needs_no_key_and_changes_no_byte() {
    let folder = Folder::with_gate();
    let mut files = files_of(&folder.path("gate"));
    files.retain(|(name, _)| name == "gatepost.sqlite3");
    put(&folder.path("copy"), &files);
    done(&["ledger", "verify", &folder.at("copy")]);
    done(&["ledger", "verify", &folder.at("copy/gatepost.sqlite3")]);
    done(&["ledger", "seal", &folder.at("copy")]);
    assert_as_before(&folder.path("copy"), &files);
    let left = fs::read_dir(folder.path("copy")).unwrap();
    assert_eq!(left.count(), 1, "nothing stands beside the database");
}

/// What a gate that goes on leaves in a copy: the last records stand in the log alone.
#[test]
fn a_copy_of_a_gate_that_goes_on_is_audited_with_its_log_and_left_as_it_was() {
    let folder = Folder::with_gate();
    let gate = folder.path("gate");
    let mut store = Store::open(&gate, KeyFile::in_folder(&gate)).expect("the data");
    store.boot(1_800_000_000_000, 0, "东门", "1").expect("a start");
    let records = store.reader().expect("a reader").records().expect("records");
    fs::create_dir(folder.path("copy")).unwrap();
    for name in ["gatepost.sqlite3", "gatepost.sqlite3-wal"] {
        fs::copy(gate.join(name), folder.path("copy").join(name)).expect("a copy");
    }
    let files = files_of(&folder.path("copy"));
    assert_eq!(files.len(), 2);
    for path in ["copy", "copy/gatepost.sqlite3"] {
        let line = done(&["ledger", "verify", &folder.at(path)]);
        assert_eq!(line["size"], records, "{line}");
    }
    assert_as_before(&folder.path("copy"), &files);
    assert_eq!(fs::read_dir(folder.path("copy")).unwrap().count(), 2);
}

#[test]
fn several_kept_seals_are_all_compared() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    let (first, second) = (folder.at("first"), folder.at("second"));
    done(&["ledger", "seal", &gate, "-o", &first]);
    let registers = registers(3);
    assert_eq!(
        code(&run_with(
            &["ledger", "append", &gate, "--jsonl", "-"],
            &registers
        )),
        0
    );
    done(&["ledger", "seal", &gate, "-o", &second]);
    let both = ["--since", &first, "--since", &second];
    let line = done(&[&["ledger", "verify", &gate][..], &both].concat());
    assert_eq!(line["unwitnessed"], 0, "{line}");
    let bundle = folder.at("bundle.zip");
    done(&["ledger", "bundle", &gate, "-o", &bundle]);
    let line = done(&[&["ledger", "verify", &bundle][..], &both].concat());
    assert_eq!(line["unwitnessed"], 0, "{line}");
    // One of them fits and the other does not: in whichever order they are given.
    let other = Folder::with_gate();
    assert_eq!(
        code(&run_with(
            &["ledger", "append", &other.at("gate"), "--jsonl", "-"],
            &registers
        )),
        0
    );
    let stranger = folder.at("stranger");
    done(&["ledger", "seal", &other.at("gate"), "-o", &stranger]);
    for seals in [[&first, &stranger], [&stranger, &first]] {
        let arguments = [
            "ledger", "verify", &gate, "--since", seals[0], "--since", seals[1],
        ];
        let (code, line) = json(&arguments);
        assert_eq!(code, 2, "{line}");
    }
}

#[test]
fn one_changed_byte_of_a_record_ends_with_2_and_names_record_and_rule() {
    let folder = Folder::with_gate();
    change(&folder.path(DATABASE), b"\"i\":100,", b"\"t\":17", b"\"t\":16");
    let (code, line) = json(&["ledger", "verify", &folder.at("gate")]);
    assert_eq!(code, 2, "{line}");
    assert_eq!(
        (&line["ok"], &line["position"]),
        (&false.into(), &100.into()),
        "{line}"
    );
    assert!(
        ["nodes", "clock", "monotonic"].contains(&line["rule"].as_str().unwrap()),
        "{line}"
    );
    assert!(line["expected"].is_string() && line["found"].is_string());
    for (language, word) in [
        ("en", "fault at record no. 100"),
        ("zh-CN", "第 100 号账页有问题"),
    ] {
        let told = run(&["ledger", "verify", &folder.at("gate"), "--language", language]);
        assert!(text(&told).contains(word), "{}", text(&told));
    }
}

#[test]
fn what_cannot_be_read_ends_with_3_in_one_plain_sentence() {
    let folder = Folder::with_gate();
    fs::write(folder.path("letter.txt"), "mine").unwrap();
    fs::write(folder.path("empty"), "").unwrap();
    fs::create_dir(folder.path("folder")).unwrap();
    let gate = folder.at("gate");
    for (arguments, error) in [
        (vec![folder.at("absent")], "unreadable"),
        (vec![folder.at("folder")], "no_data"),
        (vec![folder.at("letter.txt")], "not_a_ledger"),
        (
            vec![gate.clone(), "--since".into(), folder.at("absent")],
            "unreadable",
        ),
        (
            vec![gate.clone(), "--since".into(), folder.at("folder")],
            "unreadable",
        ),
        (vec![gate.clone(), "--since".into(), folder.at("empty")], "empty"),
        (vec![gate.clone(), "--since".into(), "-".into()], "empty"),
        (
            vec![gate.clone(), "--since".into(), folder.at("letter.txt")],
            "not_a_seal",
        ),
        (
            vec![gate, "--policy".into(), folder.at("letter.txt")],
            "not_a_policy",
        ),
    ] {
        let mut all = vec!["ledger", "verify"];
        all.extend(arguments.iter().map(String::as_str));
        refused(&all, 3, error);
    }
    fs::write(folder.path(DATABASE), "something else entirely").unwrap();
    refused(&["ledger", "verify", &folder.at("gate")], 3, "not_ours");
    fs::write(folder.path("broken.zip"), "PK and nothing else").unwrap();
    assert_eq!(json(&["ledger", "verify", &folder.at("broken.zip")]).0, 2);
}

#[test]
fn a_seal_that_was_kept_finds_a_ledger_that_was_put_back_and_one_that_went_another_way() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    let older = files_of(&folder.path("gate"));
    let entry = entry_with_temperature(&gate, &folder).to_string();
    done(&[
        "ledger",
        "prove",
        &gate,
        &entry,
        "--disclose",
        "temperature",
        "--reason",
        "x",
        "-o",
        &folder.at("p"),
    ]);
    let (seal, code_of_seal) = (folder.at("seal"), folder.at("seal.png"));
    done(&["ledger", "seal", &gate, "-o", &seal, "--qr", &code_of_seal]);
    for kept in [&seal, &code_of_seal] {
        let line = done(&["ledger", "verify", &gate, "--since", kept]);
        assert_eq!(line["unwitnessed"], 0);
    }
    put(&folder.path("gate"), &older);
    let (code, line) = json(&["ledger", "verify", &gate, "--since", &seal]);
    assert_eq!((code, &line["rule"]), (2, &"truncated".into()), "{line}");
    let line = run_with(
        &["ledger", "append", &gate, "--jsonl", "-", "--json"],
        &registers(9),
    );
    assert_eq!(crate::program::code(&line), 0, "{}", errors(&line));
    let (code, line) = json(&["ledger", "verify", &gate, "--since", &seal]);
    assert_eq!((code, &line["rule"]), (2, &"forked".into()), "{line}");
}

/// So many registers, one a line.
pub(crate) fn registers(count: u64) -> Vec<u8> {
    let line = |number| {
        format!(
            "{{\"form\":\"cleaning\",\"at\":\"2026-11-01T08:30:00+08:00\",\"values\":{{\"n\":\"{number}\"}},\
             \"personal\":{{\"name\":\"陈试\"}}}}\n"
        )
    };
    (0..count).map(line).collect::<String>().into_bytes()
}

#[test]
fn a_proof_holds_with_the_record_it_is_about_and_a_disclosure_is_recorded_first() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    let entry = entry_with_temperature(&gate, &folder);
    let (proof, record) = (folder.at("proof"), folder.at("record"));
    let line = done(&[
        "ledger",
        "prove",
        &gate,
        &entry.to_string(),
        "--disclose",
        "temperature",
        "--reason",
        "a complaint",
        "-o",
        &proof,
        "--record",
        &record,
    ]);
    let export = line["record"].as_u64().expect("a record");
    let verified = done(&["ledger", "verify", &gate]);
    let keys = verified["keys"][0][1]
        .as_str()
        .expect("a key")
        .parse()
        .expect("a verifier key");
    let policy = Policy::new(&[keys], &[], 0).expect("a policy");
    let proof = ProofFile::parse(&fs::read(&proof).unwrap()).expect("a proof file");
    let leaf = fs::read(&record).unwrap();
    let proven = proof.verify(&policy, &leaf).expect("it proves");
    assert_eq!(proven.disclosures.len(), 1);
    assert_eq!(proven.leaf.position, entry);
    assert!(proof.verify(&policy, &leaf[1..]).is_err());

    done(&[
        "ledger",
        "prove",
        &gate,
        &export.to_string(),
        "-o",
        &folder.at("p2"),
        "--record",
        &folder.at("r2"),
    ]);
    let leaf: Value = serde_json::from_slice(&fs::read(folder.path("r2")).unwrap()).unwrap();
    assert_eq!(
        (&leaf["typ"], &leaf["disclosed"]),
        (&"export".into(), &vec![entry].into())
    );
    assert_eq!(leaf["sha256"], line["sha256"]);
    assert!(
        leaf["_sd"].is_null(),
        "it would be destroyed with the visitors' data"
    );
    let note = reader_of(&folder).leaf(export + 1).expect("a record");
    assert_eq!(note.body, Body::Note { of: Some(export) });
    assert_eq!(note.body.retention_class(), RetentionClass::Incident);
    assert_eq!(note.digests.len(), 1, "the reason is sealed beside it");
}

/// The ledger of the gate with its keys, which opens disclosures.
fn reader_of(folder: &Folder) -> Reader {
    let gate = folder.path("gate");
    let store = Store::open(&gate, KeyFile::in_folder(&gate)).expect("the data");
    store.reader().expect("a reader")
}

#[test]
fn the_reason_of_a_disclosure_is_kept_as_long_as_an_incident_by_both_commands() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    let entry = entry_with_temperature(&gate, &folder).to_string();
    let reason = ["--reason", "a complaint", "-o", &folder.at("out")];
    let prove = ["ledger", "prove", &gate, &entry, "--disclose", "temperature"];
    let bundle = ["ledger", "bundle", &gate, "--disclose", &entry];
    for command in [&prove[..], &bundle[..]] {
        let record = done(&[command, &reason[..]].concat())["record"]
            .as_u64()
            .expect("a record");
        let reader = reader_of(&folder);
        let export = reader.leaf(record).expect("the record");
        assert_eq!((export.body.kind(), export.digests.len()), ("export", 0));
        let note = reader.leaf(record + 1).expect("the note");
        assert_eq!(note.body, Body::Note { of: Some(record) });
        assert_eq!(note.body.retention_class(), RetentionClass::Incident);
        let reason = reader.disclosure(record + 1, Field::Note).expect("readable");
        let reason = reason.expect("it is there");
        assert_eq!(reason.value.expose(), &Disclosed::Text("a complaint".to_owned()));
    }
}

#[test]
fn what_a_record_does_not_hold_cannot_be_proven_or_disclosed() {
    let folder = Folder::with_gate();
    let gate = folder.at("gate");
    refused(&["ledger", "prove", &gate, "999999"], 1, "no_such_record");
    refused(
        &[
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
        "not_disclosed",
    );
    let prove = ["ledger", "prove", &gate, "30", "--disclose", "name"];
    assert_eq!(code(&run(&prove)), 2);
    for no_reason in [" ".to_owned(), "x".repeat(201)] {
        let arguments = [&prove[..], &["--reason", &no_reason]].concat();
        assert_eq!(code(&run(&arguments)), 2, "{no_reason}");
    }
}

/// The newest entry, which is not erased.
fn entry_with_temperature(gate: &str, folder: &Folder) -> u64 {
    let size = done(&["ledger", "verify", gate])["size"]
        .as_u64()
        .expect("a size");
    let record = folder.at("looked_at");
    for position in (0..size).rev() {
        run(&[
            "ledger",
            "prove",
            gate,
            &position.to_string(),
            "-o",
            &folder.at("x"),
            "--record",
            &record,
        ]);
        let leaf = Leaf::parse(&fs::read(&record).expect("a file")).expect("a leaf");
        if leaf.body.kind() == "entry" {
            return position;
        }
    }
    panic!("a demonstration has entries");
}

#[test]
fn a_bundle_is_accepted_and_any_flipped_byte_of_it_refused() {
    let folder = Folder::with_gate();
    let (gate, bundle) = (folder.at("gate"), folder.at("bundle.zip"));
    let made = done(&["ledger", "bundle", &gate, "-o", &bundle]);
    let line = done(&["ledger", "verify", &bundle]);
    assert_eq!((&line["kind"], &line["size"]), (&"bundle".into(), &made["size"]));
    let bytes = fs::read(&bundle).unwrap();
    for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(folder.path("flipped.zip"), flipped).unwrap();
        let (code, line) = json(&["ledger", "verify", &folder.at("flipped.zip")]);
        assert_eq!((code, &line["ok"]), (2, &false.into()), "byte {at}: {line}");
    }
    refused(
        &[
            "ledger",
            "bundle",
            &gate,
            "--from",
            "2020-01-01",
            "--to",
            "2020-01-02",
            "-o",
            &bundle,
        ],
        1,
        "no_records",
    );
}
