//! The bundle: written from ledgers made in code, accepted by two readers that share no line, refused after any
//! flipped byte.

#[path = "bundle/ledger.rs"]
#[allow(dead_code, reason = "shared with other tests of the bundle")]
mod ledger;

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use gatepost_ledger::Seal;
use gatepost_ledger::bundle::{BundleFault, BundleReport, BundleTrust, Shown};
use gatepost_ledger::note::{KeyKind, SignedNote};
use gatepost_report::{BundleRequest, BundleWriteError, SCRIPT, verify_bundle_file, write_bundle};
use ledger::{Ledger, gate, inspector};

fn verify(zip: &[u8]) -> Result<BundleReport, BundleFault> {
    verify_with(zip, &BundleTrust::default())
}

fn verify_with(zip: &[u8], trust: &BundleTrust) -> Result<BundleReport, BundleFault> {
    verify_bundle_file(Cursor::new(zip), trust).expect("bytes in memory can be read")
}

/// `verify.py` in a folder of its own.
struct Script(tempfile::TempDir);

impl Script {
    fn new() -> Script {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("verify.py"), SCRIPT).expect("written");
        Script(folder)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Exit status and what it printed.
    fn verify(&self, zip: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new("python3")
            .arg(self.0.path().join("verify.py"))
            .arg(self.file("bundle.zip", zip))
            .args(arguments)
            .env("PYTHONIOENCODING", "utf-8")
            .output()
            .expect("python3 is installed");
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).expect("UTF-8"))
    }

    fn accepts(&self, zip: &[u8], arguments: &[&str]) {
        let (status, text) = self.verify(zip, arguments);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.starts_with("PASS 通过\n"), "{text}");
    }

    fn refuses(&self, zip: &[u8], arguments: &[&str]) -> String {
        let (status, text) = self.verify(zip, arguments);
        assert_eq!(status, Some(2), "{text}");
        assert!(text.starts_with("FAIL 不通过\n"), "{text}");
        text
    }
}

#[test]
fn a_bundle_of_any_size_is_accepted_by_both_and_says_what_it_holds() {
    let script = Script::new();
    for size in [1, 2, 16, 22, 38, 255, 256, 257, 70_000] {
        let mut ledger = Ledger::of(size);
        let zip = ledger.bundle();
        let report = verify(&zip).unwrap_or_else(|fault| panic!("{size} records: {fault}"));
        assert_eq!(report.seal, ledger.seal());
        assert_eq!(report.range, 0..size);
        assert_eq!(report.audit.map(|audit| audit.size), Some(size));
        assert_eq!(report.vouched, 0, "nobody brought anything along");
        assert_eq!(zip, ledger.bundle(), "the same ledger gives the same bytes");
        script.accepts(&zip, &[]);
    }
}

#[test]
fn a_part_of_a_ledger_shows_these_records_and_hashes_of_the_others() {
    let script = Script::new();
    for range in [0..1, 0..40, 10..30, 300..520, 999..1000] {
        let mut ledger = Ledger::of(1000);
        let request = BundleRequest {
            range: Some(range.clone()),
            shown: vec![],
        };
        let zip = ledger.bundle_of(&request);
        let report = verify(&zip).unwrap_or_else(|fault| panic!("{range:?}: {fault}"));
        assert_eq!((report.range, report.audit), (range.clone(), None));
        assert_eq!(report.keys.len(), 3, "every change of key is there");
        assert!(zip.len() < Ledger::of(1000).bundle().len());
        script.accepts(&zip, &[]);
    }
    let mut ledger = Ledger::of(10);
    for range in [5..5, 0..11] {
        let request = BundleRequest {
            range: Some(range),
            shown: vec![],
        };
        let refused = write_bundle(&mut ledger, &request, Vec::new());
        assert!(matches!(refused, Err(BundleWriteError::Range)));
    }
}

#[test]
fn chosen_disclosures_travel_with_a_bundle_and_no_others_do() {
    let mut ledger = Ledger::of(600);
    let (position, disclosure) = ledger.disclosures.last().expect("entries have some").clone();
    let shown = Shown {
        position,
        disclosures: vec![disclosure.clone()],
    };
    let request = BundleRequest {
        range: Some(10..12),
        shown: vec![shown.clone()],
    };
    let zip = ledger.bundle_of(&request);
    assert_eq!(verify(&zip).map(|report| report.shown), Ok(vec![shown]));
    Script::new().accepts(&zip, &[]);
    let strange = Shown {
        position: position - 1,
        disclosures: vec![disclosure],
    };
    let request = BundleRequest {
        range: None,
        shown: vec![strange],
    };
    let zip = ledger.bundle_of(&request);
    let fault = verify(&zip).expect_err("the record does not carry it");
    assert_eq!((fault.rule(), fault.position()), ("proof", Some(position - 1)));
    assert!(Script::new().refuses(&zip, &[]).contains("rule 规则: proof"));
}

#[test]
fn a_seal_that_somebody_kept_and_a_known_witness_vouch_for_what_they_saw() {
    let script = Script::new();
    let older = Ledger::of(300).sealed();
    let zip = Ledger::of(400).bundle();
    let trust = BundleTrust {
        since: vec![older.clone()],
        keys: vec![gate(0).verifier()],
        ..BundleTrust::default()
    };
    assert_eq!(verify_with(&zip, &trust).map(|report| report.vouched), Ok(300));
    let kept = script.file("kept", older.to_string());
    let key = gate(0).verifier().to_string();
    script.accepts(&zip, &["--since", &kept, "--key", &key]);
    let trust = BundleTrust {
        witnesses: vec![inspector().verifier()],
        ..BundleTrust::default()
    };
    assert_eq!(verify_with(&zip, &trust).map(|report| report.vouched), Ok(35));
}

#[test]
fn a_ledger_that_was_cut_off_or_written_anew_does_not_fit_a_seal_that_somebody_kept() {
    let script = Script::new();
    let zip = Ledger::of(400).bundle();
    let refused = |older: SignedNote, expected: (&str, u64)| {
        let trust = BundleTrust {
            since: vec![older.clone()],
            ..BundleTrust::default()
        };
        let fault = verify_with(&zip, &trust).expect_err("it does not fit");
        assert_eq!((fault.rule(), fault.position()), (expected.0, Some(expected.1)));
        let kept = script.file("kept", older.to_string());
        let text = script.refuses(&zip, &["--since", &kept]);
        assert!(
            text.contains(&format!("账页 {}\nrule 规则: {}\n", expected.1, expected.0)),
            "{text}"
        );
    };
    refused(Ledger::of(500).sealed(), ("truncated", 400));
    let mut forked = Ledger::of(299);
    forked.add(gatepost_ledger::Body::Logout);
    refused(forked.sealed(), ("forked", 299));
    let mut seal = Ledger::of(300).seal();
    seal.origin = gatepost_ledger::note::KeyName::new("gatepost.example/elsewhere/B2").unwrap();
    refused(seal.sign(&gate(2)), ("origin", 0));
    refused(Ledger::of(300).seal().sign(&gate(7)), ("seal", 299));
    let trust = BundleTrust {
        keys: vec![gate(1).verifier()],
        ..BundleTrust::default()
    };
    let fault = verify_with(&zip, &trust).expect_err("another gate's key");
    assert_eq!((fault.rule(), fault.position()), ("key", Some(0)));
    assert_eq!(gate(1).verifier().kind(), KeyKind::Note);
}

#[test]
fn what_the_verifier_itself_saw_of_this_ledger_must_be_in_the_bundle_and_that_of_others_does_not_count() {
    let zip = Ledger::of(400).bundle();
    let seen = |seen: Vec<Seal>| {
        let trust = BundleTrust {
            seen,
            ..BundleTrust::default()
        };
        verify_with(&zip, &trust)
    };
    let mut other = Ledger::of(500).seal();
    other.origin = gatepost_ledger::note::KeyName::new("gatepost.example/elsewhere/B2").unwrap();
    let report = seen(vec![other, Ledger::of(300).seal()]).expect("no fault");
    assert_eq!(report.vouched, 300);
    let fault = seen(vec![Ledger::of(500).seal()]).expect_err("cut off");
    assert_eq!((fault.rule(), fault.position()), ("truncated", Some(400)));
    let mut forked = Ledger::of(299);
    forked.add(gatepost_ledger::Body::Logout);
    let fault = seen(vec![forked.seal()]).expect_err("written anew");
    assert_eq!((fault.rule(), fault.position()), ("forked", Some(299)));
}

#[test]
fn any_flipped_byte_of_a_small_bundle_is_refused() {
    let zip = Ledger::of(12).bundle();
    verify(&zip).expect("no fault");
    for at in 0..zip.len() {
        let mut changed = zip.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(verify(&changed).is_err(), "byte {at} of {}", zip.len());
    }
}

#[test]
fn a_bundle_that_is_cut_or_longer_is_refused() {
    let zip = Ledger::of(12).bundle();
    for cut in (0..zip.len()).step_by(97) {
        assert!(verify(&zip[..cut]).is_err(), "cut at {cut}");
        assert!(verify(&zip[cut + 1..]).is_err(), "begun at {cut}");
    }
    assert!(verify(&[zip.clone(), vec![0]].concat()).is_err());
    assert!(verify(&[vec![0], zip].concat()).is_err());
}

#[test]
fn flipped_bytes_all_over_a_bundle_are_refused_by_both() {
    let script = Script::new();
    let mut ledger = Ledger::of(300);
    let (position, disclosure) = ledger.disclosures[3].clone();
    let shown = Shown {
        position,
        disclosures: vec![disclosure],
    };
    let zip = ledger.bundle_of(&BundleRequest {
        range: None,
        shown: vec![shown],
    });
    script.accepts(&zip, &[]);
    // Headers, data, manifest and directory, and every byte of the directory's end.
    let step = zip.len() / 60;
    for at in (0..zip.len()).step_by(step).chain(zip.len() - 22..zip.len()) {
        let mut changed = zip.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(verify(&changed).is_err(), "byte {at} of {}", zip.len());
        let (status, text) = script.verify(&changed, &[]);
        assert_eq!(status, Some(2), "byte {at} of {}: {text}", zip.len());
    }
}

#[test]
fn a_script_that_is_brought_something_unusable_says_so_in_another_way_than_of_a_bundle_at_fault() {
    let script = Script::new();
    let zip = Ledger::of(40).bundle();
    let sealed = Ledger::of(30).sealed().to_string();
    let cut = script.file("cut", sealed.trim_end());
    script.accepts(&zip, &["--since", &cut]);
    let empty = script.file("empty", "");
    let arguments = [
        ["--since", &empty],
        ["--since", "/nowhere"],
        ["--key", "no key"],
        ["--witness", "x+y+z"],
    ];
    for arguments in arguments {
        let (status, text) = script.verify(&zip, &arguments);
        assert_eq!(status, Some(3), "{arguments:?}: {text}");
        assert!(text.starts_with("COULD NOT BE READ 无法读取\n"), "{text}");
    }
    let without_openssl = Command::new("/usr/bin/env")
        .args(["PATH=/nowhere", &which_python()])
        .arg(script.0.path().join("verify.py"))
        .arg(script.file("bundle.zip", &zip))
        .output()
        .expect("env is there");
    assert_eq!(without_openssl.status.code(), Some(3));
}

fn which_python() -> String {
    let program = "import sys; print(sys.executable)";
    let output = Command::new("python3")
        .args(["-c", program])
        .output()
        .expect("python3 is installed");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

#[test]
fn a_script_whose_output_knows_ascii_only_still_gives_its_verdict() {
    let script = Script::new();
    let output = Command::new("python3")
        .arg(script.0.path().join("verify.py"))
        .arg(script.file("bundle.zip", Ledger::of(40).bundle()))
        .env("PYTHONIOENCODING", "ascii")
        .output()
        .expect("python3 is installed");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.starts_with(b"PASS "));
}

#[test]
fn a_script_that_finds_no_bundle_says_so_in_another_way_than_one_at_fault() {
    let script = Script::new();
    let output = Command::new("python3")
        .arg(script.0.path().join("verify.py"))
        .arg(Path::new("/nowhere/bundle.zip"))
        .output()
        .expect("python3 is installed");
    assert_eq!(output.status.code(), Some(3));
}
