//! Notes, keys, seals and cosignatures that other people's programs made, and forms of them that must be refused.

use gatepost_ledger::note::{
    KeyId, KeyKind, KeyName, LONGEST_NOTE_BYTES, MOST_SIGNATURES, NoteError, SignedNote, SignerKey,
    VerifierKey,
};
use gatepost_ledger::policy::Policy;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::witness::{AddCheckpoint, WitnessMemory};
use gatepost_ledger::witness_exchange::WitnessMessage;
use gatepost_ledger::{LARGEST_SIZE, Seal, cosignature};
use proptest::prelude::*;
use zeroize::Zeroizing;

/// The verifier key, text and signature of the C2SP signed-note specification.
const SPECIFICATION_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPECIFICATION_NOTE: &str = "This is an example message.\n\n— example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The example of Go's `sumdb/note`, whose secret key is published too.
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const GO_LINE: &str = "— PeterNeumann \
    x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

/// A checkpoint of a public log as it was served: signed twice in two ways, cosigned by four public witnesses.
const PUBLIC_CHECKPOINT: &str = "arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";
const PUBLIC_LOG: &str =
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
const PUBLIC_WITNESSES: [&str; 4] = [
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
];

fn key(text: &str) -> VerifierKey {
    text.parse().expect("a verifier key")
}

fn note(text: &str) -> SignedNote {
    SignedNote::parse(text.as_bytes()).expect("a note")
}

#[test]
fn the_example_of_the_specification_verifies_and_is_written_back_byte_for_byte() {
    let read = note(SPECIFICATION_NOTE);
    assert_eq!(read.verify(&key(SPECIFICATION_KEY)), Ok(()));
    assert_eq!(read.to_string(), SPECIFICATION_NOTE);
    assert_eq!(key(SPECIFICATION_KEY).id(), KeyId([0x53, 0x0d, 0x90, 0x3a]));
}

#[test]
fn what_is_signed_here_is_byte_for_byte_what_go_signs() {
    let text = format!("{GO_TEXT}\n{GO_LINE}\n");
    assert_eq!(note(&text).verify(&key(GO_KEY)), Ok(()));
    // The secret half of the published key, base64 AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz without the kind.
    let seed = [
        0x81, 0x0a, 0x14, 0x02, 0xd5, 0x14, 0x6c, 0x8d, 0x84, 0xf2, 0x44, 0x33, 0x30, 0xf5, 0x40, 0x80, 0xeb,
        0xf9, 0x8e, 0xe1, 0x7d, 0x9c, 0x74, 0xf6, 0x25, 0x2f, 0xc5, 0xd5, 0xc7, 0x28, 0x31, 0x73,
    ];
    let name = KeyName::new("PeterNeumann").expect("a name");
    let signer = SignerKey::of_seed(name, KeyKind::Note, &Zeroizing::new(seed));
    assert_eq!(signer.verifier().to_string(), GO_KEY);
    assert_eq!(SignedNote::sign(GO_TEXT.into(), &signer).to_string(), text);
}

#[test]
fn verifier_keys_of_other_programs_read_back() {
    let others = [
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
    ];
    for text in others
        .into_iter()
        .chain(PUBLIC_WITNESSES)
        .chain([GO_KEY, SPECIFICATION_KEY, PUBLIC_LOG])
    {
        assert_eq!(key(text).to_string(), text);
    }
    assert_eq!(key(PUBLIC_WITNESSES[0]).kind(), KeyKind::Cosignature);
}

#[test]
fn a_checkpoint_of_a_public_log_verifies_with_every_cosignature() {
    let read = note(PUBLIC_CHECKPOINT);
    assert_eq!(read.to_string(), PUBLIC_CHECKPOINT);
    let seal = Seal::verified(&read, &key(PUBLIC_LOG)).expect("signed by the log");
    assert_eq!(seal.size, 1_432_088_532);
    for witness in PUBLIC_WITNESSES {
        assert_eq!(
            cosignature::time_in(&read, &key(witness)),
            Ok(1_779_573_024),
            "{witness}"
        );
    }
    let other = note(&PUBLIC_CHECKPOINT.replace("\n1432088532\n", "\n1432088533\n"));
    assert_eq!(other.verify(&key(PUBLIC_LOG)), Err(NoteError::BadSignature));
    for witness in PUBLIC_WITNESSES {
        assert_eq!(
            cosignature::time_in(&other, &key(witness)),
            Err(NoteError::BadSignature)
        );
    }
}

#[test]
fn a_verifier_key_has_one_form() {
    let [name, id, rest] = [&SPECIFICATION_KEY[..15], "530d903a", &SPECIFICATION_KEY[25..]];
    assert_eq!(format!("{name}+{id}+{rest}"), SPECIFICATION_KEY);
    for text in [
        String::new(),
        name.to_owned(),
        format!("{name}+{id}"),
        format!("{name}+{id}+"),
        format!("+{id}+{rest}"),
        format!("{name}+530D903A+{rest}"),
        format!("{name}+530d903b+{rest}"),
        format!("{name}+530d903+{rest}"),
        format!("{name}+{id}+{rest}="),
        format!("{name}+{id}+{rest}\n"),
        format!("{name}+{id}+{}", rest.replacen('A', "B", 1)),
        format!("exam ple.com/foo+{id}+{rest}"),
        format!("{name}\u{3000}+{id}+{rest}"),
    ] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text:?}");
    }
}

#[test]
fn a_note_has_one_form() {
    let text = SPECIFICATION_NOTE;
    for form in [
        String::new(),
        "\n".into(),
        "\n\n".into(),
        "no signature\n\n".into(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        text.replace("\n\n", "\n"),
        text.replace('\n', "\r\n"),
        text.replace(" message", "\tmessage"),
        text.replace('—', "-"),
        text.replace("— ", "—  "),
        text.replace("/foo ", "/foo  "),
        text.replace("example.com/foo ", " "),
        text.replace("/foo ", "+foo "),
        text.replace("/foo ", "\u{a0}foo "),
        text.replace("aQM=", "aQM"),
        text.replace("aQM=", "aQN="),
        text.replace("aQM=", "aQM=="),
        text.replace("Uw2QOkn8", "Uw2Q Okn8"),
        text.replace("Uw2QOkn8", "Uw2Q-kn8"),
        format!("{text}more\n"),
        format!("{text}— example.com/foo Uw2QOg==\n"),
        format!("{text}— example.com/foo \n"),
    ] {
        assert_eq!(
            SignedNote::parse(form.as_bytes()),
            Err(NoteError::Malformed),
            "{form:?}"
        );
    }
    let not_utf_8 = [b"\xff".as_slice(), text.as_bytes()].concat();
    assert_eq!(SignedNote::parse(&not_utf_8), Err(NoteError::Malformed));
}

#[test]
fn the_longest_notes_are_read_and_longer_ones_are_not() {
    let line = &SPECIFICATION_NOTE[SPECIFICATION_NOTE.find('—').expect("a line")..];
    let many = |count: usize| format!("This is an example message.\n\n{}", line.repeat(count));
    assert_eq!(
        note(&many(MOST_SIGNATURES)).verify(&key(SPECIFICATION_KEY)),
        Ok(())
    );
    let refused = |text: String| SignedNote::parse(text.as_bytes());
    assert_eq!(refused(many(MOST_SIGNATURES + 1)), Err(NoteError::TooLong));
    let fill = "x".repeat(LONGEST_NOTE_BYTES - SPECIFICATION_NOTE.len());
    assert!(refused(format!("{fill}{SPECIFICATION_NOTE}")).is_ok());
    assert_eq!(
        refused(format!("x{fill}{SPECIFICATION_NOTE}")),
        Err(NoteError::TooLong)
    );
}

#[test]
fn signatures_of_unknown_keys_are_passed_over_even_with_a_known_name_or_id() {
    let mut read = note(SPECIFICATION_NOTE);
    let good = read.signatures[0].clone();
    let mut same_name = good.clone();
    same_name.id = KeyId([1, 2, 3, 4]);
    let mut same_id = good.clone();
    same_id.name = KeyName::new("example.com/bar").expect("a name");
    read.signatures = vec![same_name.clone(), same_id.clone(), good];
    assert_eq!(read.verify(&key(SPECIFICATION_KEY)), Ok(()));
    read.signatures = vec![same_name, same_id];
    assert_eq!(read.verify(&key(SPECIFICATION_KEY)), Err(NoteError::Unsigned));
    assert_eq!(read.verify(&key(GO_KEY)), Err(NoteError::Unsigned));
}

#[test]
fn one_false_signature_of_a_known_key_spoils_the_note_wherever_it_stands() {
    let read = note(SPECIFICATION_NOTE);
    let good = read.signatures[0].clone();
    let mut forged = good.clone();
    forged.signature[0] ^= 1;
    let mut short = good.clone();
    short.signature.pop();
    for signatures in [
        vec![good.clone(), forged.clone()],
        vec![forged, good.clone()],
        vec![good, short],
    ] {
        let spoilt = SignedNote {
            text: read.text.clone(),
            signatures,
        };
        assert_eq!(
            spoilt.verify(&key(SPECIFICATION_KEY)),
            Err(NoteError::BadSignature)
        );
    }
}

#[test]
fn a_seal_of_another_origin_than_its_key_is_refused() {
    let name = KeyName::new("gatepost.example/market/B1").expect("a name");
    let signer = SignerKey::of_seed(name, KeyKind::Note, &Zeroizing::new([5; 32]));
    let seal = Seal::of_note(&note(PUBLIC_CHECKPOINT)).expect("a seal");
    let claimed = seal.sign(&signer);
    assert_eq!(claimed.verify(&signer.verifier()), Ok(()));
    assert_eq!(
        Seal::verified(&claimed, &signer.verifier()),
        Err(NoteError::OtherOrigin)
    );
    assert_eq!(
        Seal::verified(&claimed, &key(PUBLIC_LOG)),
        Err(NoteError::Unsigned)
    );
}

#[test]
fn a_seal_has_one_form_and_a_largest_size() {
    let root = "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=";
    assert!(Seal::parse_text(&format!("a.example\n{LARGEST_SIZE}\n{root}\n")).is_ok());
    for text in [
        format!("a.example\n{}\n{root}\n", LARGEST_SIZE + 1),
        format!("a.example\n-1\n{root}\n"),
        format!("\n1\n{root}\n"),
        format!("a example\n1\n{root}\n"),
        format!("a.example\n1\n{}\n", &root[..40]),
        format!("a.example\n1\n{root}"),
        "a.example\n1\n".into(),
    ] {
        assert_eq!(Seal::parse_text(&text), Err(NoteError::Malformed), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_never_anything_else(bytes in mostly_text()) {
        let _ = SignedNote::parse(&bytes);
        let _ = AddCheckpoint::parse(&bytes);
        let _ = Policy::parse(&bytes);
        let _ = ProofFile::parse(&bytes);
        let _ = WitnessMemory::parse(&bytes);
        for prefix in ["", "gp1h ", "gp1r", "gp1c "] {
            let _ = WitnessMessage::parse(&[prefix.as_bytes(), &bytes].concat());
        }
    }
}

/// Bytes at random, and the words of our formats in any order.
fn mostly_text() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "\n",
        "\n\n",
        " ",
        "— ",
        "old 0",
        "index 0",
        "extra YQ==",
        "log ",
        "witness ",
        "group ",
        "any ",
        "quorum ",
        "none",
        "a.example",
        "7",
        SPECIFICATION_KEY,
        PUBLIC_WITNESSES[2],
        "c2sp.org/tlog-proof@v1",
        "gatepost witness memory 1",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ]);
    let text = prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes());
    prop_oneof![text, prop::collection::vec(any::<u8>(), 0..600)]
}
