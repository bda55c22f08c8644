//! What has to hold for any bytes: no reader panics, and whatever it accepts is written again as the very same bytes.
//!
//! Each public function is one target of cargo-fuzz (`cargo +nightly fuzz run leaf`, from the crate's folder). The
//! crate's `tests/corpus.rs` runs the same functions over mutations of valid seeds in every test run, and
//! `cargo test --test corpus -- --ignored` writes those seeds to where cargo-fuzz begins.

use gatepost_ledger::bundle::{BundleFile, BundleManifest};
use gatepost_ledger::note::{SignedNote, VerifierKey};
use gatepost_ledger::policy::Policy;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::tiles::{EntryBundle, Tile, push_entry};
use gatepost_ledger::witness::{AddCheckpoint, WitnessMemory};
use gatepost_ledger::witness_exchange::WitnessMessage;
use gatepost_ledger::{Body, Disclosure, Leaf, Seal, scan_entry};

/// The reader of a leaf, and the quick reader of entries, which must not accept or understand more.
pub fn leaf(bytes: &[u8]) {
    let parsed = Leaf::parse(bytes);
    if let Ok(leaf) = &parsed {
        assert_eq!(leaf.to_bytes().as_deref(), Ok(bytes));
    }
    let Some(line) = scan_entry(bytes) else { return };
    let leaf = parsed.expect("what the quick reader accepts is a leaf");
    let Body::Entry(entry) = &leaf.body else {
        panic!("what the quick reader accepts is an entry");
    };
    assert_eq!(
        (line.position, line.at, line.by),
        (leaf.position, leaf.at, leaf.by)
    );
    assert_eq!(
        (line.gate, line.digests.into()),
        (leaf.gate.as_str(), leaf.digests.len())
    );
    assert_eq!(
        (line.verdict, line.band, line.follows),
        (entry.verdict, entry.band, entry.follows)
    );
    assert_eq!(line.class, leaf.body.retention_class());
}

/// The readers of a signed note, the seal in it, a verifier key and a disclosure.
pub fn note(bytes: &[u8]) {
    if let Ok(note) = SignedNote::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        if let Ok(seal) = Seal::of_note(&note) {
            assert_eq!(seal.to_text(), note.text);
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(disclosure) = Disclosure::parse(text) {
        assert_eq!(disclosure.encoded().expose(), text);
    }
}

/// The readers of a proof file and of the policy that it is judged by. A policy may have comments and URLs, so it is
/// the written form that has to stay the same.
pub fn proof(bytes: &[u8]) {
    if let Ok(proof) = ProofFile::parse(bytes) {
        assert_eq!(proof.to_text().as_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        assert_eq!(Policy::parse(&policy.to_bytes()).as_ref(), Ok(&policy));
    }
}

/// The readers of what a gate and a witness show each other, and of what the witness remembers.
pub fn witness(bytes: &[u8]) {
    if let Ok(message) = WitnessMessage::parse(bytes) {
        assert_eq!(message.to_bytes(), bytes);
    }
    if let Ok(body) = AddCheckpoint::parse(bytes) {
        assert_eq!(body.to_string().as_bytes(), bytes);
    }
    if let Ok(memory) = WitnessMemory::parse(bytes) {
        assert_eq!(memory.to_text().as_bytes(), bytes);
    }
}

/// The readers of an entry bundle and of the names of tiles: a name, a line feed, then the bytes of the bundle.
pub fn tile(bytes: &[u8]) {
    let cut = bytes.iter().position(|byte| *byte == b'\n');
    let (name, content) = bytes.split_at(cut.unwrap_or(bytes.len()));
    let Ok(name) = std::str::from_utf8(name) else {
        return;
    };
    if let Some(tile) = Tile::parse_path(name) {
        assert_eq!(tile.path(), name);
        assert!(tile.nodes().all(|id| Tile::of_node(id, u64::MAX).is_some()));
    }
    let Some(bundle) = EntryBundle::parse_path(name) else {
        return;
    };
    assert_eq!(bundle.path(), name);
    let content = content.strip_prefix(b"\n").unwrap_or(content);
    if let Ok(leaves) = bundle.leaves(content) {
        assert_eq!(leaves.len(), usize::from(bundle.width()));
        let mut written = Vec::new();
        for leaf in leaves {
            push_entry(leaf, &mut written).expect("it was not too long before");
        }
        assert_eq!(written, content);
    }
}

/// The readers of a bundle's file names and of its manifest. What is in the files has readers of its own.
pub fn bundle(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(file) = BundleFile::parse_name(text) {
        assert_eq!(file.name(), text);
        assert!(!text.split('/').any(|part| matches!(part, "" | "." | "..")));
    }
    if let Ok(manifest) = BundleManifest::parse_text(text) {
        assert_eq!(manifest.to_text(), text);
        assert!(Seal::parse_text(text).is_err());
    }
}
