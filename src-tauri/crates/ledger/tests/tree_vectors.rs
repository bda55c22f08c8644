//! The 195 proofs of transparency-dev/merkle, right ones and wrong ones. The crate `sigstore-merkle` carries them in
//! its package; nothing of it but these files and its two prefixes is used.
#![allow(
    clippy::disallowed_methods,
    reason = "the test reads files; the crate under test does not"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatepost_ledger::tree::{Hash, verify_consistency, verify_inclusion};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The folder of the vectors in Cargo's own copy of the package.
fn vectors() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs, since it runs this test");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages
        .iter()
        .find(|package| package["name"] == "sigstore-merkle");
    let manifest = &package.expect("a dependency of this test")["manifest_path"];
    Path::new(manifest.as_str().expect("a path")).with_file_name("test-data/merkle/testdata")
}

/// Every JSON file below `folder`.
fn read_all(folder: &Path, found: &mut Vec<(PathBuf, Value)>) {
    for entry in fs::read_dir(folder).expect("a folder of the package") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            read_all(&path, found);
        } else {
            let text = fs::read_to_string(&path).expect("readable");
            found.push((path, serde_json::from_str(&text).expect("JSON")));
        }
    }
}

/// The hash that is written there; none where there is nothing. Bytes of another length stand for "some other value"
/// in the vectors: they become a hash of them, so that the verifier has to refuse and not a decoder.
fn hash(value: &Value) -> Option<Hash> {
    let bytes = STANDARD.decode(value.as_str()?).ok()?;
    let other = || (!bytes.is_empty()).then(|| Hash::of_leaf(&bytes));
    Hash::of_bytes(&bytes).or_else(other)
}

/// Whether a vector's proof is accepted; none where it is not made of hashes.
fn accepted(vector: &Value) -> Option<bool> {
    let number = |name: &str| vector[name].as_u64().expect("a size or position");
    let hashes = vector["proof"].as_array().into_iter().flatten();
    let proof: Vec<Hash> = hashes.map(hash).collect::<Option<_>>()?;
    let result = if vector.get("leafIdx").is_some() {
        let (leaf, root) = (hash(&vector["leafHash"])?, hash(&vector["root"])?);
        verify_inclusion(&leaf, number("leafIdx"), number("treeSize"), &root, &proof)
    } else {
        let (old, new) = (hash(&vector["root1"])?, hash(&vector["root2"])?);
        verify_consistency(number("size1"), &old, number("size2"), &new, &proof)
    };
    Some(result.is_ok())
}

#[test]
fn all_195_vectors_are_accepted_or_refused_as_they_say() {
    let mut found = Vec::new();
    read_all(&vectors(), &mut found);
    assert_eq!(found.len(), 195);
    for (path, vector) in found {
        let refused = vector["wantErr"].as_bool().expect("a flag");
        let (path, meaning) = (path.display(), &vector["desc"]);
        assert_eq!(accepted(&vector).unwrap_or(false), !refused, "{path}: {meaning}");
    }
}

#[test]
fn leaves_and_nodes_are_hashed_behind_the_prefixes_that_others_use() {
    let digest = |prefix: u8, rest: &[u8]| Hash(Sha256::digest([&[prefix], rest].concat()).into());
    let (left, right) = (Hash::of_leaf(b"left"), Hash::of_leaf(b"right"));
    assert_eq!(left, digest(sigstore_merkle::LEAF_HASH_PREFIX, b"left"));
    let both = [left.0, right.0].concat();
    assert_eq!(
        Hash::of_node(&left, &right),
        digest(sigstore_merkle::NODE_HASH_PREFIX, &both)
    );
}
