//! Two other implementations of RFC 6962, `ct-merkle` and Cloudflare's port of Go's `sumdb/tlog`, make and accept the
//! very same proofs.

use std::collections::HashMap;

use ct_merkle::RootHash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use gatepost_ledger::tiles::{TileWriter, tiles_of};
use gatepost_ledger::tree::{
    Frontier, HASH_BYTES, Hash, NodeId, Nodes, consistency_proof, inclusion_proof, root_at,
    verify_consistency, verify_inclusion,
};
use sha2::Sha256;
use tlog_tiles::{HashReader, TileHashReader, TileReader};

/// Every tree up to this size.
const LARGEST: u64 = 300;

fn leaf(position: u64) -> Vec<u8> {
    format!("leaf {position}").into_bytes()
}

/// Every node of the tree of [`LARGEST`] leaves, for us and for `tlog_tiles`.
struct Stored(HashMap<(u8, u64), Hash>);

impl Stored {
    fn new() -> Stored {
        let (mut frontier, mut nodes) = (Frontier::new(), HashMap::new());
        for position in 0..LARGEST {
            let mut completed = Vec::new();
            frontier.append(Hash::of_leaf(&leaf(position)), &mut completed);
            for (level, bytes) in (0..).zip(completed.chunks(HASH_BYTES)) {
                let hash = Hash::of_bytes(bytes).expect("32 bytes");
                nodes.insert((level, position >> level), hash);
            }
        }
        Stored(nodes)
    }
}

impl Nodes for Stored {
    type Error = NodeId;

    fn node(&self, id: NodeId) -> Result<Hash, NodeId> {
        self.0.get(&(id.level, id.index)).copied().ok_or(id)
    }
}

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let read = |index: &u64| theirs(self.0[&tlog_tiles::split_stored_hash_index(*index)]);
        Ok(indexes.iter().map(read).collect())
    }
}

fn theirs(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

fn ours(proof: &[tlog_tiles::Hash]) -> Vec<Hash> {
    proof.iter().map(|hash| Hash(hash.0)).collect()
}

fn joined(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

fn root_for_ct_merkle(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

/// The trees of 1 to [`LARGEST`] leaves, as `ct-merkle` builds them.
fn grown() -> impl Iterator<Item = (u64, MemoryBackedTree<Sha256, Vec<u8>>)> {
    let mut tree = MemoryBackedTree::new();
    (1..=LARGEST).map(move |size| {
        tree.push(leaf(size - 1));
        (size, tree.clone())
    })
}

#[test]
fn every_inclusion_proof_up_to_300_leaves_is_made_and_accepted_by_all_three() {
    let nodes = Stored::new();
    for (size, tree) in grown() {
        let root = root_at(&nodes, size).expect("nodes");
        assert_eq!(tree.root(), root_for_ct_merkle(root, size));
        assert_eq!(tlog_tiles::tree_hash(size, &nodes).unwrap(), theirs(root));
        for position in 0..size {
            let content = leaf(position);
            let hash = Hash::of_leaf(&content);
            let proof = inclusion_proof(&nodes, position, size).expect("nodes");
            let proof = proof.expect("a leaf");

            assert_eq!(
                ours(&tlog_tiles::prove_record(size, position, &nodes).unwrap()),
                proof
            );
            let by_ct_merkle = tree.prove_inclusion(position as usize);
            assert_eq!(by_ct_merkle.as_bytes(), joined(&proof));

            assert_eq!(verify_inclusion(&hash, position, size, &root, &proof), Ok(()));
            let record = proof.iter().copied().map(theirs).collect();
            tlog_tiles::check_record(&record, size, theirs(root), position, theirs(hash)).unwrap();
            let sealed = root_for_ct_merkle(root, size);
            sealed
                .verify_inclusion(&content, position, &by_ct_merkle)
                .unwrap();
        }
    }
}

#[test]
fn every_consistency_proof_up_to_300_leaves_is_made_and_accepted_by_all_three() {
    let nodes = Stored::new();
    for (size, tree) in grown() {
        let root = root_at(&nodes, size).expect("nodes");
        for old in 1..=size {
            let old_root = root_at(&nodes, old).expect("nodes");
            let proof = consistency_proof(&nodes, old, size).expect("nodes");
            let proof = proof.expect("not larger");

            assert_eq!(ours(&tlog_tiles::prove_tree(size, old, &nodes).unwrap()), proof);
            let by_ct_merkle = tree.prove_consistency((size - old) as usize);
            assert_eq!(by_ct_merkle.as_bytes(), joined(&proof));

            assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
            let between = proof.iter().copied().map(theirs).collect();
            tlog_tiles::check_tree(&between, size, theirs(root), old, theirs(old_root)).unwrap();
            let (old, new) = (root_for_ct_merkle(old_root, old), root_for_ct_merkle(root, size));
            new.verify_consistency(&old, &by_ct_merkle).unwrap();
        }
    }
}

/// Tiles by the name that they have here. Go puts the height between `tile/` and the level, C2SP leaves it out.
struct Files(HashMap<String, Vec<u8>>);

fn our_name(tile: &tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.0[&our_name(tile)].clone()).collect())
    }

    fn save_tiles(&self, _tiles: &[tlog_tiles::Tile], _data: &[Vec<u8>]) {}
}

#[test]
fn a_tree_has_the_same_tiles_for_both() {
    for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000, 1_234_567] {
        let mut ours: Vec<_> = tiles_of(size).map(|tile| tile.path()).collect();
        let mut theirs: Vec<_> = tlog_tiles::Tile::new_tiles(8, 0, size)
            .iter()
            .map(our_name)
            .collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{size}");
    }
}

/// Three perfect subtrees in three tiles. Where two of them share a tile, `tlog_tiles` 0.2.0 (and Go's reader, from
/// which it was translated) counts one tile too many as verified and believes others unseen.
const SIZE_OF_THREE_LEVELS: u64 = 65_536 + 512 + 64;

#[test]
fn tiles_of_ours_are_authenticated_by_the_other_reader_and_changed_ones_are_not() {
    let size = SIZE_OF_THREE_LEVELS;
    let mut writer = TileWriter::new();
    let mut files = HashMap::new();
    for position in 0..size {
        let full = writer.append(Hash::of_leaf(&leaf(position)));
        files.extend(full.into_iter().map(|(tile, bytes)| (tile.path(), bytes)));
    }
    let root = theirs(writer.root());
    files.extend(writer.finish().map(|(tile, bytes)| (tile.path(), bytes)));
    let mut files = Files(files);
    let index = |position| [tlog_tiles::stored_hash_index(0, position)];
    for position in (0..size).step_by(997) {
        let reader = TileHashReader::new(size, root, &files);
        let read = reader.read_hashes(&index(position)).unwrap();
        assert_eq!(ours(&read), [Hash::of_leaf(&leaf(position))]);
    }
    files.0.get_mut("tile/0/003").expect("a tile")[17] ^= 1;
    let reader = TileHashReader::new(size, root, &files);
    assert!(reader.read_hashes(&index(3 * 256 + 9)).is_err());
}
