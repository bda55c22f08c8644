//! A small bundle as files, made by hand.

use std::collections::BTreeMap;
use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatepost_ledger::bundle::{BundleFile, BundleFiles, BundleManifest, ListedFile};
use gatepost_ledger::note::{SignedNote, SignerKey};
use gatepost_ledger::policy::Policy;
use gatepost_ledger::tiles::{TileWriter, entry_bundles_of, push_entry};
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{Body, Leaf, Moment, Seal, VenueKind};
use sha2::{Digest, Sha256};

/// Files by name, as somebody may hand them in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unpacked(pub(crate) BTreeMap<String, Vec<u8>>);

impl Unpacked {
    /// A bundle of three records, with an older seal of two.
    pub(crate) fn of(gate: &SignerKey) -> Unpacked {
        let leaves = leaves(gate);
        let seal = |count: usize| {
            let mut tree = Frontier::new();
            leaves[..count]
                .iter()
                .for_each(|leaf| tree.append(Hash::of_leaf(leaf), &mut Vec::new()));
            let (origin, size) = (gate.verifier().name().clone(), count as u64);
            Seal {
                origin,
                size,
                root: tree.root(),
            }
        };
        let mut files = Unpacked::default();
        let mut tiles = TileWriter::new();
        let mut entries = Vec::new();
        for leaf in &leaves {
            let _ = tiles.append(Hash::of_leaf(leaf));
            push_entry(leaf, &mut entries).expect("not too long");
        }
        for (tile, bytes) in tiles.finish() {
            files.put(BundleFile::Tile(tile), bytes);
        }
        let bundle = entry_bundles_of(3).next().expect("one");
        files.put(BundleFile::Entries(bundle), entries);
        let policy = Policy::new(&[gate.verifier()], &[], 0).expect("a policy");
        files.put(BundleFile::Policy, policy.to_bytes());
        files.put(BundleFile::Checkpoint, seal(3).sign(gate).to_string());
        files.put(BundleFile::OldSeal(2), seal(2).sign(gate).to_string());
        let proof = format!("{}\n", STANDARD.encode(Hash::of_leaf(&leaves[2]).0));
        files.put(BundleFile::Consistency(2, 3), proof);
        for file in BundleFile::LISTED {
            files.put(file, file.name());
        }
        files.sign_manifest(gate);
        files
    }

    /// Signs a manifest of the files that are there.
    pub(crate) fn sign_manifest(&mut self, gate: &SignerKey) {
        let listed = BundleFile::LISTED.map(|file| listed(&self.0[&file.name()]));
        let manifest = BundleManifest {
            origin: gate.verifier().name().clone(),
            size: 3,
            range: 0..3,
            listed,
            before: listed[0],
        };
        let note = SignedNote::sign(manifest.to_text(), gate);
        self.put(BundleFile::Manifest, note.to_string());
    }

    pub(crate) fn put(&mut self, file: BundleFile, bytes: impl Into<Vec<u8>>) {
        self.0.insert(file.name(), bytes.into());
    }
}

fn leaves(gate: &SignerKey) -> Vec<Vec<u8>> {
    let key = Some(gate.verifier().to_string());
    let genesis = Body::Genesis {
        venue: VenueKind::Hotel,
        demo: false,
        key,
    };
    let bodies = [
        genesis,
        Body::Boot {
            version: "0.1.0".into(),
        },
        Body::Login,
    ];
    let leaf = |(position, body)| Leaf {
        position,
        at: Moment {
            wall_ms: 1_795_174_248_123 + position as i64,
            boot: 1,
            monotonic_ms: position,
        },
        gate: "A1".into(),
        by: None,
        body,
        digests: vec![],
    };
    (0..)
        .zip(bodies)
        .map(|one| leaf(one).to_bytes().expect("a leaf"))
        .collect()
}

fn listed(bytes: &[u8]) -> ListedFile {
    ListedFile {
        sha256: Sha256::digest(bytes).into(),
        bytes: bytes.len() as u64,
    }
}

impl BundleFiles for Unpacked {
    type Error = Infallible;

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn read(&mut self, file: BundleFile) -> Result<Vec<u8>, Infallible> {
        Ok(self.0.get(&file.name()).cloned().unwrap_or_default())
    }

    fn digest(&mut self, file: BundleFile) -> Result<ListedFile, Infallible> {
        self.read(file).map(|bytes| listed(&bytes))
    }

    fn before_manifest(&mut self) -> Result<Option<ListedFile>, Infallible> {
        Ok(None)
    }
}
