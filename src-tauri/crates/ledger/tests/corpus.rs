//! The bounded run of the fuzz targets: valid seeds of every kind, and tens of thousands of mutations of each reader's.
#![allow(clippy::disallowed_methods, reason = "one test writes the seeds to files")]

#[path = "../fuzz/src/lib.rs"]
#[allow(
    unreachable_pub,
    reason = "they are public in the package of the fuzz targets"
)]
mod checks;

use std::collections::BTreeSet;
use std::path::Path;

use gatepost_ledger::bundle::{BundleFile, BundleManifest, ListedFile};
use gatepost_ledger::note::{KeyKind, KeyName, SignedNote, SignerKey};
use gatepost_ledger::policy::Policy as WitnessPolicy;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::tiles::{EntryBundle, entry_bundles_of, push_entry, tiles_of};
use gatepost_ledger::tree::Hash;
use gatepost_ledger::witness::{AddCheckpoint, Handover, WitnessMemory, WitnessRequest};
use gatepost_ledger::witness_exchange::{Hello, WitnessMessage};
use gatepost_ledger::{
    Body, Disclosed, Disclosure, Field, Leaf, Moment, PersonNumber, Seal, cosignature, scan_entry,
};
use zeroize::Zeroizing;

/// Mutations of the seeds of each target.
const INPUTS: u32 = 25_000;

const NOW: u64 = 1_795_174_248;

/// The bodies of every kind of record, and of an entry in its longest and shortest form.
const BODIES: [&str; 27] = [
    r#"{"typ":"genesis","venue":"hospital","demo":true,"key":"a verifier key"}"#,
    r#"{"typ":"boot","version":"0.1.0"}"#,
    r#"{"typ":"shutdown"}"#,
    r#"{"typ":"clock","step":-3600000}"#,
    r#"{"typ":"person","number":1,"role":"manager","change":"pin_reset"}"#,
    r#"{"typ":"login"}"#,
    r#"{"typ":"logout"}"#,
    r#"{"typ":"authfail","number":2}"#,
    r#"{"typ":"lockout","number":2,"seconds":30}"#,
    r#"{"typ":"shift_open"}"#,
    r#"{"typ":"shift_close","shift":3}"#,
    r#"{"typ":"entry","shown":"decoded","iss":"shanghai","age":12,"code":"green","by":"camera",
        "ev":"structure_only","tb":"fever","mask":"worn","dec":"hold","why":["fever","no_mask"],"follows":3}"#,
    r#"{"typ":"entry","shown":"document","doc":"paper","ev":"document","tb":"normal","mask":"put_on",
        "dec":"check_by_hand","fault":"camera_no_picture"}"#,
    r#"{"typ":"entry","shown":"nothing","ev":"none","tb":"normal","mask":"worn","dec":"admit"}"#,
    r#"{"typ":"void","of":4,"reason":"typo"}"#,
    r#"{"typ":"export","rows":12,"sha256":"00ff","disclosed":[4,9007199254740991]}"#,
    r#"{"typ":"inspection","witness":"a verifier key","size":12,"time":1795174248}"#,
    r#"{"typ":"finding","of":3,"step":"answered","due":20780}"#,
    r#"{"typ":"register","form":"disinfection","values":{"zone":"大厅","quoted":"\"\\\n"}}"#,
    r#"{"typ":"incident","of":4,"step":"isolated"}"#,
    r#"{"typ":"retention","visitor_days":30,"incident_days":180}"#,
    r#"{"typ":"hold","from":20777,"to":20779,"on":true}"#,
    r#"{"typ":"erase","class":"visitor","from":20700,"to":20701,"count":10000}"#,
    r#"{"typ":"key_change","key":"a verifier key","reason":"routine"}"#,
    r#"{"typ":"restore","size":7,"lost":2}"#,
    r#"{"typ":"note","of":4}"#,
    r#"{"typ":"note"}"#,
];

fn disclosures() -> Vec<Disclosure> {
    let text = Disclosed::Text("王示 \"引号\"".into());
    let new = |field, value, salt| Disclosure::new(field, value, &[salt; 16]);
    vec![
        new(Field::Temperature, Disclosed::Number(385), 1),
        new(Field::Note, text, 2),
    ]
}

/// A leaf for each body, with all that a leaf may have and with as little as it may.
fn leaves() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Body> = BODIES
        .iter()
        .map(|body| serde_json::from_str(body).expect("a body"))
        .collect();
    bodies.push(Body::Policy(gatepost_rules::Policy::default()));
    let mut digests: Vec<_> = disclosures().iter().map(Disclosure::digest).collect();
    digests.sort();
    let shortest = |body: &Body| Leaf {
        position: 0,
        at: Moment {
            wall_ms: 1_795_174_248_123,
            boot: 17,
            monotonic_ms: 81_234_560,
        },
        gate: "A1".into(),
        by: None,
        body: body.clone(),
        digests: Vec::new(),
    };
    let longest = |body: &Body| Leaf {
        position: 123_456,
        gate: "东门".into(),
        by: Some(PersonNumber(7)),
        digests: digests.clone(),
        ..shortest(body)
    };
    let strangest = |body: &Body| Leaf {
        gate: "\u{1}\"/\\".into(),
        at: Moment {
            wall_ms: -1,
            boot: 0,
            monotonic_ms: 0,
        },
        ..longest(body)
    };
    let all = bodies
        .iter()
        .flat_map(|body| [shortest(body), longest(body), strangest(body)]);
    all.map(|leaf| leaf.to_bytes().expect("a leaf")).collect()
}

fn signer(name: &str, kind: KeyKind) -> SignerKey {
    let name = KeyName::new(name).expect("a name");
    SignerKey::of_seed(name, kind, &Zeroizing::new([7; 32]))
}

fn gate() -> SignerKey {
    signer("gatepost.example/market/A1", KeyKind::Note)
}

fn inspector() -> SignerKey {
    signer("inspector.example/zhang", KeyKind::Cosignature)
}

fn seal() -> Seal {
    Seal {
        origin: gate().verifier().name().clone(),
        size: 1234,
        root: Hash::of_leaf(b"a root"),
    }
}

fn cosigned_note() -> SignedNote {
    let mut note = seal().sign(&gate());
    let line = cosignature::cosign(&note.text, &inspector(), NOW).expect("a seal");
    note.signatures.push(line);
    note
}

fn notes() -> Vec<Vec<u8>> {
    let verifiers = [gate().verifier(), inspector().verifier()];
    let mut seeds = vec![
        seal().sign(&gate()).to_string().into_bytes(),
        cosigned_note().to_string().into_bytes(),
        SignedNote::sign("two\n\nparagraphs 两段\n".into(), &gate())
            .to_string()
            .into_bytes(),
    ];
    seeds.extend(verifiers.map(|key| key.to_string().into_bytes()));
    seeds.extend(
        disclosures()
            .iter()
            .map(|one| one.encoded().expose().clone().into_bytes()),
    );
    seeds
}

fn hashes(count: u8) -> Vec<Hash> {
    (0..count).map(|at| Hash::of_leaf(&[at])).collect()
}

fn proofs() -> Vec<Vec<u8>> {
    let proof = |path, shown: &[_]| ProofFile::new(17, hashes(path), cosigned_note(), shown).to_text();
    let (log, witness) = ([gate().verifier()], [inspector().verifier()]);
    let policy = |needed| {
        WitnessPolicy::new(&log, &witness, needed)
            .expect("a policy")
            .to_bytes()
    };
    vec![
        proof(0, &[]).into_bytes(),
        proof(11, &disclosures()).into_bytes(),
        policy(0),
        [b"# a comment\n\n", policy(1).as_slice()].concat(),
    ]
}

fn exchanges() -> Vec<Vec<u8>> {
    let request = |handover: Option<Handover>| {
        let body = AddCheckpoint {
            old: 12,
            consistency: hashes(9),
            note: seal().sign(&gate()),
        };
        let mut request = WitnessRequest::of_body(body, gate().verifier()).expect("signed");
        request.handover = handover;
        WitnessMessage::Request(Box::new(request)).to_bytes()
    };
    let hello = |known| {
        WitnessMessage::Hello(Hello {
            witness: inspector().verifier(),
            known,
        })
        .to_bytes()
    };
    let line = cosigned_note().signatures.pop().expect("the cosignature");
    let body = AddCheckpoint {
        old: 12,
        consistency: hashes(9),
        note: cosigned_note(),
    };
    let mut memory = WitnessMemory::new();
    memory.trust(gate().verifier()).expect("a gate's key");
    vec![
        hello(None),
        hello(Some((seal().origin, 12))),
        request(None),
        request(Some(Handover {
            leaf: leaves().remove(0),
            path: hashes(3),
        })),
        WitnessMessage::Cosignature(line).to_bytes(),
        body.to_string().into_bytes(),
        memory.to_text().into_bytes(),
    ]
}

fn tiles() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = tiles_of(1_234_567_890)
        .step_by(1_000_003)
        .map(|tile| tile.path().into_bytes())
        .collect();
    seeds.extend(tiles_of(70_000).skip(270).map(|tile| tile.path().into_bytes()));
    let bundle: EntryBundle = entry_bundles_of(256 + 5).last().expect("a partial one");
    let mut bytes = format!("{}\n", bundle.path()).into_bytes();
    for leaf in leaves().iter().take(4).map(Vec::as_slice).chain([&[][..]]) {
        push_entry(leaf, &mut bytes).expect("not too long");
    }
    seeds.push(bytes);
    seeds
}

fn bundles() -> Vec<Vec<u8>> {
    let listed = |byte: u8| ListedFile {
        sha256: [byte; 32],
        bytes: u64::from(byte),
    };
    let manifest = BundleManifest {
        origin: seal().origin,
        size: 1234,
        range: 17..1000,
        listed: [listed(0), listed(1), listed(0x7f), listed(0xff)],
        before: listed(9),
    };
    let tile = tiles_of(70_000).last().expect("the highest");
    let entries = entry_bundles_of(70_000).last().expect("the partial one");
    let mut files = BundleFile::LISTED.to_vec();
    files.extend([
        BundleFile::Checkpoint,
        BundleFile::Policy,
        BundleFile::Manifest,
        BundleFile::OldSeal(1000),
        BundleFile::Consistency(1000, 1234),
        BundleFile::Proof(17),
        BundleFile::Tile(tile),
        BundleFile::Entries(entries),
    ]);
    let mut seeds: Vec<_> = files.iter().map(|file| file.name().into_bytes()).collect();
    seeds.push(manifest.to_text().into_bytes());
    seeds
}

/// SplitMix64: the same inputs in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let (a, b) = (self.below(length + 1), self.below(length + 1));
        a.min(b)..a.max(b)
    }
}

/// Bytes and tokens that readers care about.
const TOKENS: [&[u8]; 16] = [
    b"\n",
    b"\n\n",
    b"\0",
    b" ",
    b"+",
    b"\"",
    b"\\u0041",
    b"{",
    b"}",
    b",",
    b"0",
    b"-0",
    b"18446744073709551616",
    b"\xff",
    b"=",
    b"\xe2\x80\x94 ",
];

fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(7) {
        0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
        2 if !bytes.is_empty() => bytes[at] = dice.below(256) as u8,
        3 => bytes.truncate(at),
        4 => {
            let range = dice.range(bytes.len());
            let copied = bytes[range].to_vec();
            bytes.splice(at..at, copied);
        }
        5 => {
            let (out, into) = (dice.range(bytes.len()), dice.range(other.len()));
            bytes.splice(out, other[into].iter().copied());
        }
        _ => {
            let token = TOKENS[dice.below(TOKENS.len())];
            bytes.splice(at..at, token.iter().copied());
        }
    }
}

/// Runs a target over its seeds and over mutations of them, up to four on top of each other.
fn run(seeds: &[Vec<u8>], check: fn(&[u8])) {
    seeds.iter().for_each(|seed| check(seed));
    let mut dice = Dice(20_261_123);
    for _ in 0..INPUTS {
        let (seed, other) = (dice.below(seeds.len()), dice.below(seeds.len()));
        let mut bytes = seeds[seed].clone();
        for _ in 0..=dice.below(4) {
            mutate(&mut bytes, &seeds[other], &mut dice);
        }
        check(&bytes);
    }
}

#[test]
fn every_kind_of_record_is_among_the_seeds_and_the_quick_reader_reads_entries() {
    let leaves = leaves();
    let parsed = leaves.iter().map(|bytes| Leaf::parse(bytes).expect("a leaf"));
    let kinds: BTreeSet<_> = parsed.map(|leaf| leaf.body.kind()).collect();
    assert_eq!(kinds.len(), 25);
    let quick = leaves.iter().filter(|bytes| scan_entry(bytes).is_some());
    assert_eq!(
        quick.count(),
        3 * 2,
        "the shortest and the longest leaf of each of three entries"
    );
}

#[test]
fn any_bytes_are_a_leaf_in_its_one_form_or_a_refusal() {
    run(&leaves(), checks::leaf);
}

#[test]
fn any_bytes_are_a_note_a_key_or_a_disclosure_in_its_one_form_or_a_refusal() {
    run(&notes(), checks::note);
}

#[test]
fn any_bytes_are_a_proof_file_in_its_one_form_or_a_refusal() {
    run(&proofs(), checks::proof);
}

#[test]
fn any_bytes_are_a_message_of_the_witnessing_in_its_one_form_or_a_refusal() {
    run(&exchanges(), checks::witness);
}

#[test]
fn any_bytes_are_the_name_of_a_tile_and_an_entry_bundle_in_its_one_form_or_a_refusal() {
    run(&tiles(), checks::tile);
}

#[test]
fn any_bytes_are_the_name_of_a_file_of_a_bundle_or_its_manifest_in_its_one_form_or_a_refusal() {
    run(&bundles(), checks::bundle);
}

#[test]
#[ignore = "writes the seeds for cargo-fuzz and checks nothing"]
fn the_seeds_are_written_for_cargo_fuzz() {
    let targets = [
        ("leaf", leaves()),
        ("note", notes()),
        ("proof", proofs()),
        ("witness", exchanges()),
        ("tile", tiles()),
        ("bundle", bundles()),
    ];
    for (target, seeds) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        std::fs::create_dir_all(&folder).expect("the checkout can be written");
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("the checkout can be written");
        }
    }
}
