//! A visit of an inspector, over files, pipes and pictures of codes.

use std::fs;

use crate::program::{Folder, code, done, errors, files_of, json, put, refused, run, run_with, text};

const NAME: &str = "inspection.example/zhang-7";

/// A gate, and a witness that has seen nothing.
fn visit() -> Folder {
    let folder = Folder::with_gate();
    done(&["ledger", "witness", "init", &folder.at("witness"), "--name", NAME]);
    folder
}

/// One visit over three pictures; the line of the last step.
fn witnessed(folder: &Folder, origin: Option<&str>) -> serde_json::Value {
    let (gate, witness) = (folder.at("gate"), folder.at("witness"));
    let pictures = ["hello.png", "request.png", "answer.png"].map(|name| folder.at(name));
    let mut hello = vec!["ledger", "witness", "hello", &witness, "--qr", &pictures[0]];
    hello.extend(origin.iter().flat_map(|origin| ["--origin", origin]));
    done(&hello);
    done(&[
        "ledger",
        "witness",
        "request",
        &gate,
        &pictures[0],
        "--qr",
        &pictures[1],
    ]);
    let trust = ["--trust-first-contact"];
    let consider = [
        "ledger",
        "witness",
        "consider",
        &witness,
        &pictures[1],
        "--qr",
        &pictures[2],
    ];
    done(&[&consider[..], &trust[..usize::from(origin.is_none())]].concat());
    done(&[
        "ledger",
        "witness",
        "accept",
        &gate,
        &pictures[2],
        "--hello",
        &pictures[0],
    ])
}

#[test]
fn a_ledger_is_witnessed_over_three_pictures_and_the_audit_counts_only_witnesses_that_it_was_told() {
    let folder = visit();
    let gate = folder.at("gate");
    let accepted = witnessed(&folder, None);
    let key = accepted["witness"].as_str().unwrap();
    let line = done(&["ledger", "verify", &gate]);
    assert_eq!(
        (&line["witnessed"], &line["cosignatures"][0]["known"]),
        (&0.into(), &false.into())
    );
    let line = done(&["ledger", "verify", &gate, "--witness", key]);
    assert_eq!(line["witnessed"], accepted["size"]);
    // Cosignature, boot and shutdown came behind it.
    assert_eq!(line["unwitnessed"], 3);

    let origin = line["origin"].as_str().unwrap();
    let again = witnessed(&folder, Some(origin));
    assert!(again["size"].as_u64() > accepted["size"].as_u64());
    let known = done(&["ledger", "witness", "show", &folder.at("witness")]);
    assert_eq!(known["known"][0]["size"], again["size"]);
    assert_eq!(
        done(&["ledger", "prove", &gate, "7", "-o", &folder.at("p")])["cosignatures"],
        1
    );
}

#[test]
fn a_policy_asks_for_its_witnesses() {
    let folder = visit();
    let gate = folder.at("gate");
    let accepted = witnessed(&folder, None);
    let line = done(&["ledger", "verify", &gate]);
    let log = line["keys"][0][1].as_str().unwrap();
    let witness = accepted["witness"].as_str().unwrap();
    let other = done(&[
        "ledger",
        "witness",
        "init",
        &folder.at("other"),
        "--name",
        "b.example/1",
    ]);
    let other = other["witness"].as_str().unwrap();
    let policy = folder.at("policy");
    let verify = |witness: &str| {
        fs::write(&policy, format!("log {log}\nwitness w {witness}\nquorum w\n")).unwrap();
        json(&["ledger", "verify", &gate, "--policy", &policy])
    };
    let (code, line) = verify(witness);
    assert_eq!((code, &line["witnessed"]), (0, &accepted["size"]), "{line}");
    let (code, line) = verify(other);
    assert_eq!((code, &line["rule"]), (2, &"quorum".into()), "{line}");
    let bundle = folder.at("bundle.zip");
    done(&["ledger", "bundle", &gate, "-o", &bundle]);
    let (code, line) = json(&["ledger", "verify", &bundle, "--policy", &policy]);
    assert_eq!((code, &line["rule"]), (2, &"quorum".into()), "{line}");
    let line = done(&["ledger", "verify", &bundle, "--witness", witness]);
    assert_eq!(line["witnessed"], accepted["size"]);
}

#[test]
fn a_whole_visit_goes_through_pipes_as_lines_of_text() {
    let folder = visit();
    let (gate, witness) = (folder.at("gate"), folder.at("witness"));
    let hello = run(&["ledger", "witness", "hello", &witness]);
    fs::write(folder.path("hello"), &hello.stdout).unwrap();
    let request = run_with(&["ledger", "witness", "request", &gate, "-"], &hello.stdout);
    assert!(text(&request).starts_with("gp1b "), "{}", text(&request));
    let consider = [
        "ledger",
        "witness",
        "consider",
        &witness,
        "-",
        "--trust-first-contact",
    ];
    let answer = run_with(&consider, &request.stdout);
    assert_eq!(code(&answer), 0, "{}", errors(&answer));
    let accept = [
        "ledger",
        "witness",
        "accept",
        &gate,
        "-",
        "--hello",
        &folder.at("hello"),
    ];
    let accepted = run_with(&accept, &answer.stdout);
    assert_eq!(code(&accepted), 0, "{}", errors(&accepted));
    // The same answer a second time is kept already.
    let again = run_with(&accept, &answer.stdout);
    assert_eq!(code(&again), 4);
}

#[test]
fn an_add_checkpoint_body_is_answered_with_a_signature_line() {
    let folder = visit();
    let (gate, witness) = (folder.at("gate"), folder.at("witness"));
    let (hello, body) = (folder.at("hello"), folder.at("body"));
    done(&["ledger", "witness", "hello", &witness, "-o", &hello]);
    done(&[
        "ledger", "witness", "request", &gate, &hello, "--body", "-o", &body,
    ]);
    assert!(fs::read_to_string(&body).unwrap().starts_with("old 0\n\n"));
    refused(
        &["ledger", "witness", "consider", &witness, &body],
        4,
        "unknown_origin",
    );
    let line = done(&["ledger", "verify", &gate]);
    let key = line["keys"][0][1].as_str().unwrap();
    let answer = folder.at("answer");
    let consider = [
        "ledger", "witness", "consider", &witness, &body, "--key", key, "-o", &answer,
    ];
    refused(&consider, 4, "unknown_ledger");
    done(&[&consider[..], &["--trust-first-contact"]].concat());
    assert!(
        fs::read_to_string(&answer)
            .unwrap()
            .starts_with(&format!("— {NAME} "))
    );
    done(&["ledger", "witness", "accept", &gate, &answer, "--hello", &hello]);
}

#[test]
fn a_ledger_that_was_put_back_or_written_anew_is_not_cosigned_again() {
    let folder = visit();
    let (gate, witness) = (folder.at("gate"), folder.at("witness"));
    let older = files_of(&folder.path("gate"));
    let accepted = witnessed(&folder, None);
    let accepted_again = witnessed(&folder, Some(&origin_of(&gate)));
    assert!(accepted_again["size"].as_u64() > accepted["size"].as_u64());
    put(&folder.path("gate"), &older);
    let (hello, request) = (folder.at("hello"), folder.at("request"));
    let ask = |origin: &str| {
        done(&[
            "ledger", "witness", "hello", &witness, "--origin", origin, "-o", &hello,
        ]);
        done(&["ledger", "witness", "request", &gate, &hello, "-o", &request]);
    };
    ask(&origin_of(&gate));
    refused(
        &["ledger", "witness", "consider", &witness, &request],
        4,
        "truncated",
    );
    let many = crate::verify::registers(20);
    assert_eq!(
        code(&run_with(&["ledger", "append", &gate, "--jsonl", "-"], &many)),
        0
    );
    ask(&origin_of(&gate));
    refused(
        &["ledger", "witness", "consider", &witness, &request],
        4,
        "forked",
    );
}

fn origin_of(gate: &str) -> String {
    done(&["ledger", "seal", gate])["origin"]
        .as_str()
        .expect("an origin")
        .to_owned()
}

#[test]
fn odd_input_is_told_in_one_sentence_and_nothing_is_signed_or_recorded() {
    let folder = visit();
    let (gate, witness) = (folder.at("gate"), folder.at("witness"));
    let hello = folder.at("hello");
    done(&["ledger", "witness", "hello", &witness, "-o", &hello]);
    let size = done(&["ledger", "seal", &gate])["size"].clone();
    refused(
        &["ledger", "witness", "init", &gate, "--name", NAME],
        4,
        "already_there",
    );
    refused(
        &["ledger", "witness", "init", &witness, "--name", NAME],
        4,
        "already_there",
    );
    refused(&["ledger", "witness", "show", &gate], 3, "no_witness");
    refused(
        &["ledger", "witness", "request", &gate, &folder.at("absent")],
        3,
        "unreadable",
    );
    refused(&["ledger", "witness", "request", &gate, "-"], 3, "empty");
    refused(
        &["ledger", "witness", "consider", &witness, &hello],
        3,
        "not_a_request",
    );
    refused(
        &["ledger", "witness", "accept", &gate, &hello],
        3,
        "not_a_cosignature",
    );
    refused(
        &["ledger", "witness", "hello", &witness, "--origin", "a/b"],
        4,
        "unknown_origin",
    );
    let blank = gatepost_scan::synthetic::render(&gatepost_scan::synthetic::DoorScene::default());
    let picture = folder.path("blank.png");
    let file = fs::File::create(&picture).unwrap();
    let mut encoder = png::Encoder::new(file, blank.width as u32, blank.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&blank.rgb)
        .unwrap();
    refused(
        &["ledger", "witness", "request", &gate, &folder.at("blank.png")],
        3,
        "no_code",
    );
    assert_eq!(done(&["ledger", "seal", &gate])["size"], size);
}
