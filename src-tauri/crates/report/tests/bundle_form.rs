//! Files of a bundle in another form than their one, packed and signed properly by whoever has the gate's keys: both
//! verifiers refuse them, by the same rule.

#[path = "bundle/judge.rs"]
mod judge;
#[path = "bundle/ledger.rs"]
#[allow(dead_code, reason = "shared with the tests of the bundle itself")]
mod ledger;
#[path = "bundle/repack.rs"]
mod repack;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gatepost_ledger::bundle::Shown;
use gatepost_ledger::cosignature::cosign;
use gatepost_ledger::note::{KeyKind, KeyName, SignedNote, SignerKey};
use gatepost_ledger::{Body, KeyChangeReason};
use gatepost_report::BundleRequest;
use judge::{Judge, Verdict};
use ledger::{Ledger, gate, inspector};
use repack::Parts;
use zeroize::Zeroizing;

const SIZE: u64 = 45;

/// The key that is in force at the end of the ledger.
fn last() -> SignerKey {
    gate(2)
}

fn signed(text: &str) -> String {
    SignedNote::sign(text.to_owned(), &last()).to_string()
}

fn parts() -> Parts {
    Parts::of(&Ledger::of(SIZE).bundle())
}

/// Some change that somebody makes before the bundle is signed, and the rule that it breaks.
type Change = (&'static str, Box<dyn Fn(&mut Parts)>);

fn text(name: &'static str, rule: &'static str, change: impl Fn(&str) -> String + 'static) -> Change {
    let set = move |parts: &mut Parts| {
        let changed = change(&parts.text(name));
        parts.set(name, changed);
    };
    (rule, Box::new(set))
}

/// A seal whose text is changed and then signed.
fn seal(rule: &'static str, change: impl Fn(&str) -> String + 'static) -> Change {
    text("checkpoint", rule, move |note| {
        let (text, _) = note.split_once("\n\n").expect("a note");
        signed(&change(&format!("{text}\n")))
    })
}

fn all_refused(base: &dyn Fn() -> Parts, changes: &[Change]) {
    let mut judge = Judge::new();
    let unchanged = base().signed(&last());
    let verdict = judge.of_both(&unchanged, "not changed");
    assert!(matches!(verdict, Verdict::Pass(_)), "{verdict:?}");
    for (at, (rule, change)) in changes.iter().enumerate() {
        let mut parts = base();
        change(&mut parts);
        match judge.of_both(&parts.signed(&last()), &format!("change {at}")) {
            Verdict::Fail(_, found) => assert_eq!(found, *rule, "change {at}"),
            Verdict::Pass(_) => panic!("change {at} was accepted"),
        }
    }
}

#[test]
fn seals_in_another_form_are_refused_by_both() {
    let size = |to: &'static str| seal("form", move |text| text.replace("\n45\n", &format!("\n{to}\n")));
    let origin = |to: &str| {
        let to = to.to_owned();
        seal("form", move |text| text.replace(ledger::ORIGIN, &to))
    };
    let changes = [
        size("4٥"),
        size("045"),
        size("+45"),
        size("45.0"),
        size("9223372036854775808"),
        size("99999999999999999999"),
        size(""),
        origin(""),
        origin("two words"),
        origin("no\u{a0}break"),
        origin("next\u{85}line"),
        origin("a+b"),
        origin("bell\u{7}"),
        origin(&"x".repeat(256)),
        seal("manifest", |text| text.replace("A1", "A2")),
        seal("form", |text| format!("{text}extension\n")),
        seal("form", |text| text.replace('\n', "\r\n")),
        seal("form", |text| text.replace("=\n", "\n")),
        seal("form", |text| {
            let (start, _) = text.split_once("\n45\n").expect("a seal");
            format!("{start}\n45\n{}\n", STANDARD.encode([7; 31]))
        }),
        seal("forked", |text| {
            let (start, _) = text.split_once("\n45\n").expect("a seal");
            format!("{start}\n45\n{}\n", STANDARD.encode([7; 32]))
        }),
        text("checkpoint", "form", |note| note.replace("— ", "- ")),
        text("checkpoint", "form", |note| note.trim_end().to_owned()),
        text("checkpoint", "form", |note| format!("{note}— x AAAA\n")),
        text("checkpoint", "form", |note| format!("{note}— x AAAAAA==\n")),
        text("checkpoint", "form", |note| format!("{note}— x AAAAAAB=\n")),
        text("checkpoint", "form", |note| {
            format!("{note}— x\u{3000}y AAAAAAA=\n")
        }),
        text("checkpoint", "form", |note| {
            format!("{note}{}", "— x AAAAAAA=\n".repeat(100))
        }),
        text("checkpoint", "seal", |note| {
            let unsigned: Vec<&str> = note.split("— ").take(1).collect();
            format!("{}— x AAAAAAA=\n", unsigned[0])
        }),
        (
            "form",
            Box::new(|parts: &mut Parts| parts.set("checkpoint", [0xff, 10, 10, 10])),
        ),
        ("form", Box::new(|parts: &mut Parts| parts.set("checkpoint", ""))),
        ("files", Box::new(|parts: &mut Parts| parts.remove("checkpoint"))),
    ];
    all_refused(&parts, &changes);
}

#[test]
fn older_seals_and_proofs_of_consistency_in_another_form_are_refused_by_both() {
    let name = || {
        let parts = parts();
        let old = parts
            .files
            .iter()
            .find(|(name, _)| name.starts_with("consistency/"));
        old.expect("an older seal").0.clone()
    };
    let proof: &'static str = name().leak();
    let older: &'static str = proof
        .replace("consistency", "checkpoints")
        .replace("-45", "")
        .leak();
    let empty = "checkpoints/0";
    let of_nothing = format!(
        "{}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        ledger::ORIGIN
    );
    let changes = [
        text(proof, "consistency", |_| String::new()),
        text(proof, "form", |text| text.trim_end().to_owned()),
        text(proof, "consistency", |text| {
            format!("{text}{}\n", STANDARD.encode([7; 32]))
        }),
        text(proof, "form", |text| {
            format!("{text}{}\n", STANDARD.encode([7; 31]))
        }),
        text(proof, "packing", |_| {
            format!("{}\n", STANDARD.encode([7; 32])).repeat(64)
        }),
        text(proof, "form", |text| text.replace('\n', "\r\n")),
        text(proof, "form", |text| format!("{text}٣\n")),
        ("files", Box::new(move |parts: &mut Parts| parts.remove(proof))),
        ("files", Box::new(move |parts: &mut Parts| parts.remove(older))),
        text(older, "form", |note| note.replace("A1\n", "A2\n")),
        text(older, "forked", |note| {
            let (text, _) = note.split_once("\n\n").expect("a note");
            let (start, _) = text.rsplit_once('\n').expect("a root");
            signed(&format!("{start}\n{}\n", STANDARD.encode([7; 32])))
        }),
        text(older, "seal", |note| {
            let (text, _) = note.split_once("\n\n").expect("a note");
            SignedNote::sign(format!("{text}\n"), &gate(7)).to_string()
        }),
        (
            "form",
            Box::new(move |parts: &mut Parts| {
                parts.set("checkpoints/7", parts.text(older));
                parts.set("consistency/7-45", "");
            }),
        ),
        (
            "form",
            Box::new(move |parts: &mut Parts| {
                parts.set(empty, signed(&of_nothing));
                parts.set("consistency/0-45", "");
            }),
        ),
        (
            "files",
            Box::new(|parts: &mut Parts| parts.set("consistency/7-45", "")),
        ),
    ];
    all_refused(&parts, &changes);
}

#[test]
fn cosignatures_that_are_none_are_refused_by_both() {
    let note_of = |parts: &Parts| {
        let cosigned =
            |(_, content): &&(String, Vec<u8>)| String::from_utf8_lossy(content).contains("— inspector");
        let mut older = parts
            .files
            .iter()
            .filter(|(name, _)| name.starts_with("checkpoints/"));
        older.find(cosigned).expect("a cosigned seal").0.clone()
    };
    let name: &'static str = note_of(&parts()).leak();
    let with = |bytes: Vec<u8>| {
        let line = format!("— {} {}\n", inspector().verifier().name(), {
            STANDARD.encode([inspector().verifier().id().0.to_vec(), bytes].concat())
        });
        text(name, "cosignature", move |note| format!("{note}{line}"))
    };
    let changes = [
        with(vec![1]),
        with(vec![0; 71]),
        with(vec![0; 72]),
        with(vec![0xff; 72]),
        with(vec![0; 80]),
    ];
    all_refused(&parts, &changes);
}

#[test]
fn policies_in_another_form_are_refused_by_both() {
    let line = |kind: KeyKind, seed: u8, name: &str| {
        let name = KeyName::new(name).expect("a name");
        let key = SignerKey::of_seed(name, kind, &Zeroizing::new([seed; 32]));
        key.verifier().to_string()
    };
    let witness = line(KeyKind::Cosignature, 91, "other.example/8");
    let log = line(KeyKind::Note, 92, ledger::ORIGIN);
    let hundred: String = (2..=101_u8)
        .map(|at| {
            format!(
                "witness witness-{at} {}\n",
                line(KeyKind::Cosignature, 100 + at, "w")
            )
        })
        .collect();
    let before_quorum = |line: String| {
        text("policy", "form", move |policy| {
            policy.replace("quorum", &format!("{line}\nquorum"))
        })
    };
    let changes = [
        before_quorum(format!("witness someone {witness}")),
        before_quorum(format!("witness witness-3 {witness}")),
        before_quorum("group all 1 witness-1".to_owned()),
        before_quorum("# a comment".to_owned()),
        before_quorum(String::new()),
        before_quorum(format!("log {log}")),
        before_quorum(format!("witness witness-2 {}", inspector().verifier())),
        before_quorum(format!(
            "witness witness-2 {}",
            witness.replace("example", "e+ample")
        )),
        before_quorum(format!("witness witness-2 {log}")),
        before_quorum(hundred.trim_end().to_owned()),
        text("policy", "form", |policy| policy.replace("none", "witness-1")),
        text("policy", "form", |policy| policy.trim_end().to_owned()),
        text("policy", "form", |policy| policy.replace("log ", "log  ")),
        text("policy", "form", |policy| policy.replace('\n', "\r\n")),
        text("policy", "form", |_| String::new()),
        text("policy", "policy", move |policy| {
            policy.replacen("log ", &format!("log {log}\nlog "), 1)
        }),
        text("policy", "policy", |policy| {
            let (_, rest) = policy.split_once('\n').expect("lines");
            rest.to_owned()
        }),
        (
            "form",
            Box::new(|parts: &mut Parts| parts.set("policy", [0xff, 10])),
        ),
        ("files", Box::new(|parts: &mut Parts| parts.remove("policy"))),
    ];
    all_refused(&parts, &changes);
}

#[test]
fn manifests_in_another_form_are_refused_by_both() {
    let head = |from: &'static str, to: &'static str| -> Change {
        (
            "form",
            Box::new(move |parts: &mut Parts| parts.head = parts.head.replace(from, to)),
        )
    };
    let changes = [
        head("size 45", "size 4٥"),
        head("size 45", "size 045"),
        head("size 45", "size 9223372036854775808"),
        head("from 0", "from 45"),
        head("to 45", "to 46"),
        head("to 45", "to 0"),
        head("v1", "v2"),
        head("origin gate", "origin  gate"),
        head("A1", "A\u{2028}1"),
        head("to 45\n", "to 45\n\n"),
    ];
    all_refused(&parts, &changes);
    let mut judge = Judge::new();
    let mut says = |manifest: String, expected: &str| {
        let verdict = judge.of_both(&parts().with_manifest(manifest.clone()), &manifest);
        let place = format!(
            "file {}",
            if expected == "content" {
                "(zip)"
            } else {
                "manifest"
            }
        );
        assert_eq!(verdict, Verdict::Fail(place, expected.to_owned()), "{manifest}");
    };
    let text = parts().manifest();
    let note = SignedNote::sign(text.clone(), &last());
    says(SignedNote::sign(text.clone(), &gate(1)).to_string(), "manifest");
    says(
        SignedNote::sign(text.clone(), &inspector()).to_string(),
        "manifest",
    );
    let mut twice = note.clone();
    twice.signatures.push(note.signatures[0].clone());
    says(twice.to_string(), "manifest");
    let (start, end) = text.split_at(text.len() - 8);
    says(
        signed(&format!("{start}{}", end.replace("(zip)", "(rar)"))),
        "form",
    );
    says(signed(&format!("{text}more\n")), "form");
    let (before, line) = text.trim_end().rsplit_once('\n').expect("lines");
    says(
        signed(&format!(
            "{before}\n{}\n",
            line.to_uppercase().replace("(ZIP)", "(zip)")
        )),
        "form",
    );
    let (sha256, rest) = line.split_once(' ').expect("a hash");
    says(signed(&format!("{before}\n{sha256} 0{rest}\n")), "form");
    says(
        signed(&format!("{before}\n{} {rest}\n", "0".repeat(64))),
        "content",
    );
    says(signed(&text).replace("\n\n", "\n"), "form");
}

#[test]
fn a_seal_and_manifest_of_more_records_than_there_can_be_are_refused_at_once() {
    let mut parts = parts();
    for (from, to) in [
        ("size 45", "size 4611686018427387904"),
        ("to 45", "to 4611686018427387904"),
    ] {
        parts.head = parts.head.replace(from, to);
    }
    let note = parts.text("checkpoint");
    let (text, _) = note.split_once("\n\n").expect("a note");
    parts.set(
        "checkpoint",
        signed(&format!(
            "{}\n",
            text.replace("\n45\n", "\n4611686018427387904\n")
        )),
    );
    let verdict = Judge::new().of_both(&parts.signed(&last()), "too many records");
    assert!(matches!(verdict, Verdict::Fail(_, rule) if rule == "files"));
}

#[test]
fn tiles_leaves_and_lines_that_do_not_fit_are_refused_by_both() {
    const LEAVES: &str = "tile/entries/000.p/45";
    const HASHES: &str = "tile/0/000.p/45";
    fn bytes(name: &'static str, rule: &'static str, change: fn(&mut Vec<u8>)) -> Change {
        let set = move |parts: &mut Parts| {
            let there = parts.files.iter_mut().find(|(known, _)| known == name);
            change(&mut there.expect("the file").1);
        };
        (rule, Box::new(set))
    }
    fn named(name: &'static str, rule: &'static str) -> Change {
        (
            rule,
            Box::new(move |parts: &mut Parts| parts.files.insert(0, (name.to_owned(), vec![]))),
        )
    }
    let changes = [
        bytes(LEAVES, "form", |bytes| bytes.truncate(bytes.len() - 1)),
        bytes(LEAVES, "form", |bytes| bytes.push(0)),
        bytes(LEAVES, "form", Vec::clear),
        bytes(LEAVES, "form", |bytes| bytes.insert(0, 0)),
        bytes(LEAVES, "leaf", |bytes| {
            let first = usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
            bytes.splice(..2 + first, [0, 0]).for_each(drop);
        }),
        bytes(LEAVES, "nodes", |bytes| {
            let at = bytes
                .windows(7)
                .position(|window| window == b"age\":12")
                .expect("an age");
            bytes[at + 5] = b'3';
        }),
        bytes(HASHES, "nodes", |bytes| bytes[40] ^= 1),
        bytes(HASHES, "form", |bytes| bytes.truncate(44 * 32)),
        bytes(HASHES, "packing", |bytes| bytes.push(0)),
        bytes("records.jsonl", "content", |bytes| bytes[40] ^= 1),
        bytes("entries.csv", "content", |bytes| bytes.push(b'\n')),
        bytes("VERIFY.txt", "packing", |bytes| bytes.resize(262_145, 0)),
        ("files", Box::new(|parts: &mut Parts| parts.remove(HASHES))),
        ("files", Box::new(|parts: &mut Parts| parts.remove(LEAVES))),
        ("files", Box::new(|parts: &mut Parts| parts.remove("entries.csv"))),
        named("tile/1/000.p/1", "files"),
        named("tile/entries/001.p/3", "files"),
        named("proofs/45.tlog-proof", "files"),
        named("proofs/4.tlog-proof", "proof"),
        named("proofs/04.tlog-proof", "packing"),
        named("checkpoints/01", "packing"),
        named("tile/8/000", "packing"),
        named("tile/0/0", "packing"),
        named("tile/0/x000/001", "packing"),
        named("tile/0/000.p/256", "packing"),
        named("tile/0/000.p/0", "packing"),
        named("../checkpoint", "packing"),
        named("checkpoint", "packing"),
        named("notes.txt", "packing"),
        named("", "packing"),
    ];
    all_refused(&parts, &changes);
}

#[test]
fn proofs_and_disclosures_in_another_form_are_refused_by_both() {
    const NAME: &str = "proofs/10.tlog-proof";
    fn shown() -> Parts {
        let mut ledger = Ledger::of(SIZE);
        let of_ten = ledger.disclosures.iter().filter(|(position, _)| *position == 10);
        let disclosures = of_ten.map(|(_, disclosure)| disclosure.clone()).collect();
        let shown = vec![Shown {
            position: 10,
            disclosures,
        }];
        Parts::of(&ledger.bundle_of(&BundleRequest { range: None, shown }))
    }
    fn extra(change: impl Fn(Vec<String>) -> String + 'static) -> Change {
        text(NAME, "proof", move |proof| {
            let mut lines: Vec<String> = proof.split('\n').map(str::to_owned).collect();
            let encoded = lines[1].strip_prefix("extra ").expect("disclosures");
            let encoded = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("ASCII");
            let changed = change(encoded.split('~').map(str::to_owned).collect());
            lines[1] = format!("extra {}", STANDARD.encode(changed));
            lines.join("\n")
        })
    }
    fn array(json: &'static str) -> Change {
        extra(move |_| URL_SAFE_NO_PAD.encode(json))
    }
    let changes = [
        extra(|of| of.iter().rev().cloned().collect::<Vec<_>>().join("~")),
        extra(|of| [of[0].clone(), of[0].clone()].join("~")),
        extra(|of| format!("{}~", of.join("~"))),
        extra(|of| format!("{}=", of[0])),
        extra(|_| String::new()),
        extra(|_| "门".to_owned()),
        array(r#"["CgAAAAAAAAAAAAAAAAAAAA","temperature",36.5]"#),
        array(r#"["CgAAAAAAAAAAAAAAAAAAAA","temperature",1,2]"#),
        array(r#"["CgAAAA","temperature",1]"#),
        array(r#"["CgAAAAAAAAAAAAAAAAAAAA","unheard",1]"#),
        array(r#"["CgAAAAAAAAAAAAAAAAAAAA",["x"],1]"#),
        array(r#"[[1],"note",1]"#),
        array(r#"{"a":1}"#),
        array("7"),
        array("[[[[[[[[[[[[["),
        text(NAME, "proof", |proof| proof.replace("extra ", "extra !")),
        text(NAME, "proof", |proof| proof.replace("extra ", "extra /w==")),
        text(NAME, "proof", |proof| proof.replace("index 10", "index 11")),
        text(NAME, "proof", |proof| proof.replace("index 10", "index 1٠")),
        text(NAME, "proof", |proof| proof.replace("index 10\n", "")),
        text(NAME, "proof", |proof| proof.replace("@v1", "@v2")),
        text(NAME, "proof", |proof| {
            proof.replace("index 10\n", "index 10\nAAAA\n")
        }),
        text(NAME, "proof", |proof| {
            let (head, note) = proof.split_once("\n\n").expect("a note");
            let (head, _) = head.rsplit_once('\n').expect("a path");
            format!("{head}\n\n{note}")
        }),
        text(NAME, "proof", |proof| format!("{proof}— x AAAAAAA=\n")),
        text(NAME, "proof", |_| "c2sp.org/tlog-proof@v1\n".to_owned()),
        text(NAME, "proof", |_| "c2sp.org/tlog-proof@v1".to_owned()),
        text(NAME, "proof", |_| String::new()),
        (
            "proof",
            Box::new(|parts: &mut Parts| parts.set(NAME, [0xff, 0xfe])),
        ),
    ];
    all_refused(&shown, &changes);
}

#[test]
fn ends_of_zips_that_lead_nowhere_are_refused_by_both() {
    let mut judge = Judge::new();
    let zip = parts().signed(&last());
    let wide = |size: u64, offset: u64| {
        let mut end = [0x50, 0x4b, 6, 6, 44, 0, 0, 0, 0, 0, 0, 0, 0x2d, 3, 45, 0].to_vec();
        end.extend([0; 8]);
        end.extend([20_u64, 20, size, offset].map(u64::to_le_bytes).concat());
        end.extend([0x50, 0x4b, 6, 7, 0, 0, 0, 0]);
        end.extend(offset.wrapping_add(size).to_le_bytes());
        end.extend([1, 0, 0, 0, 0x50, 0x4b, 5, 6, 0, 0, 0, 0]);
        end.extend([0xff; 12]);
        end.extend([0, 0]);
        [&zip[..zip.len() - 22], &end].concat()
    };
    let mut refused = |zip: Vec<u8>, what: &str| {
        let verdict = judge.of_both(&zip, what);
        let expected = Verdict::Fail("file (zip)".to_owned(), "packing".to_owned());
        assert_eq!(verdict, expected, "{what}");
    };
    refused(vec![], "empty");
    refused(vec![0; 21], "too short");
    refused([b"PK\x05\x06", &[0; 18][..]].concat(), "no file");
    refused(wide(100, u64::MAX), "an offset beyond everything");
    refused(wide(u64::MAX, 100), "a length beyond everything");
    refused(wide(u64::MAX, u64::MAX), "both");
    refused(wide(1 << 63, 1 << 63), "a sum of nothing");
}

#[test]
fn a_form_that_was_filled_with_the_word_of_a_change_of_key_is_none_to_either() {
    let mut ledger = Ledger::of(300);
    let values = [("typ".to_owned(), "key_change".to_owned())].into();
    ledger.add(Body::Register {
        form: "elsewhere".to_owned(),
        values,
    });
    while ledger.size() < 700 {
        ledger.visitor();
    }
    let request = BundleRequest {
        range: Some(600..700),
        shown: vec![],
    };
    let zip = ledger.bundle_of(&request);
    let parts = Parts::of(&zip);
    assert!(
        parts.files.iter().all(|(name, _)| name != "tile/entries/001"),
        "nothing there is shown"
    );
    let verdict = Judge::new().of_both(&zip, "a register");
    assert!(matches!(verdict, Verdict::Pass(_)), "{verdict:?}");
}

#[test]
fn a_second_first_key_is_refused_also_where_a_part_is_shown() {
    let ledger = Ledger::of(SIZE);
    let is_change = |leaf: &&Vec<u8>| String::from_utf8_lossy(leaf).contains("\"key_change\"");
    let at = ledger
        .leaves
        .iter()
        .position(|leaf| is_change(&leaf))
        .expect("a change of key");
    let leaf = String::from_utf8(ledger.leaves[at].clone()).expect("UTF-8");
    let mut changed = ledger.with_leaf(at as u64, leaf.replace("routine", "first").into_bytes());
    for range in [None, Some(30..45)] {
        let zip = changed.bundle_of(&BundleRequest { range, shown: vec![] });
        let verdict = Judge::new().of_both(&zip, "a second first key");
        assert_eq!(verdict, Verdict::Fail(format!("record {at}"), "key".to_owned()));
    }
}

#[test]
fn a_clock_that_drifted_is_sound_also_in_a_part_that_begins_with_a_change_of_key() {
    let mut ledger = Ledger::begun();
    while ledger.size() < 600 {
        ledger.visitor();
    }
    ledger.run(1000, 50_000);
    ledger.change_key();
    ledger.run(1000, -50_000);
    while ledger.size() < 900 {
        ledger.visitor();
    }
    for range in [None, Some(600..602), Some(600..900), Some(860..900)] {
        let zip = ledger.bundle_of(&BundleRequest {
            range: range.clone(),
            shown: vec![],
        });
        let verdict = Judge::new().of_both(&zip, &format!("{range:?}"));
        assert!(matches!(verdict, Verdict::Pass(_)), "{range:?}: {verdict:?}");
    }
}

#[test]
fn a_ledger_without_any_key_is_refused_by_both() {
    let ledger = Ledger::of(1);
    let leaf = String::from_utf8(ledger.leaves[0].clone()).expect("UTF-8");
    let (start, rest) = leaf.split_once("\"key\":\"").expect("a key");
    let (_, end) = rest.split_once("\",").expect("the end of the key");
    let mut without = ledger.with_leaf(0, format!("{start}{end}").into_bytes());
    let verdict = Judge::new().of_both(&without.bundle(), "no key");
    assert_eq!(verdict, Verdict::Fail("record 0".to_owned(), "key".to_owned()));
}

#[test]
fn whatever_a_bundle_has_in_its_names_and_keys_paints_nothing_on_the_screen() {
    let mut judge = Judge::new();
    let mut said = |zip: &[u8], status: u64| {
        let path = judge.file("bundle.zip", zip);
        let (found, text) = judge.ask(&[&path]);
        assert_eq!(found, status, "{text}");
        let paints =
            |one: char| one.is_control() || matches!(one, '\u{200e}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let painted = text.lines().any(|line| line.contains(paints));
        assert!(!painted && text.contains('\u{fffd}'), "{text:?}");
        text
    };
    let forged = "\u{1b}[2K\r\u{1b}[1APASS";
    let mut in_a_zip_name = parts();
    in_a_zip_name.set(forged, "");
    let text = said(&in_a_zip_name.signed(&last()), 2);
    assert!(text.starts_with("FAIL 不通过\n"), "{text:?}");
    let mut in_a_key = parts();
    in_a_key.set("policy", format!("log {forged}\nquorum none\n"));
    let text = said(&in_a_key.signed(&last()), 2);
    assert!(text.starts_with("FAIL 不通过\n"), "{text:?}");
    let mut in_a_witness = parts();
    let name = KeyName::new("witness\u{202e}nwonk").expect("a name");
    let witness = SignerKey::of_seed(name, KeyKind::Cosignature, &Zeroizing::new([93; 32]));
    let seconds = (Ledger::of(SIZE).wall_ms() / 1000) as u64;
    let note = in_a_witness.text("checkpoint");
    let (seal, _) = note.split_once("\n\n").expect("a note");
    let mut note = SignedNote::sign(format!("{seal}\n"), &last());
    let line = cosign(&note.text, &witness, seconds).expect("cosigned");
    note.signatures.push(line);
    in_a_witness.set("checkpoint", note.to_string());
    let policy = in_a_witness.text("policy");
    let line = format!("witness witness-2 {}\nquorum", witness.verifier());
    in_a_witness.set("policy", policy.replace("quorum", &line));
    let text = said(&in_a_witness.signed(&last()), 0);
    assert!(text.contains("nwonk"), "{text}");
}

#[test]
fn a_part_of_a_ledger_from_before_there_were_keys_has_no_warning() {
    let ledger = Ledger::of(1);
    let leaf = String::from_utf8(ledger.leaves[0].clone()).expect("UTF-8");
    let (start, rest) = leaf.split_once("\"key\":\"").expect("a key");
    let (_, end) = rest.split_once("\",").expect("the end of the key");
    let mut migrated = Ledger::begun().with_leaf(0, format!("{start}{end}").into_bytes());
    migrated.add(Body::KeyChange {
        key: gate(0).verifier().to_string(),
        reason: KeyChangeReason::First,
    });
    while migrated.size() < 40 {
        migrated.visitor();
    }
    let warned = [("before_keys".to_owned(), (1, 1))].into();
    for (range, warnings) in [
        (None, warned),
        (Some(0..20), [].into()),
        (Some(20..40), [].into()),
    ] {
        let zip = migrated.bundle_of(&BundleRequest {
            range: range.clone(),
            shown: vec![],
        });
        let verdict = Judge::new().of_both(&zip, &format!("{range:?}"));
        assert_eq!(verdict, Verdict::Pass(warnings), "{range:?}");
    }
}
