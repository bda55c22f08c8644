//! The tiles of a ledger: their names, their bytes, and proofs that are made from nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gatepost_ledger::tiles::{
    EntryBundle, NotAnEntryBundle, TILE_WIDTH, Tile, TileError, TileNodes, TileWriter, entry_bundles_of,
    push_entry, tiles_of,
};
use gatepost_ledger::tree::{
    Frontier, HASH_BYTES, Hash, NodeId, Nodes, consistency_proof, inclusion_proof, root_at,
    verify_consistency, verify_inclusion,
};

fn leaf(position: u64) -> Hash {
    Hash::of_leaf(&position.to_be_bytes())
}

/// What a folder of tiles would hold, by name.
fn files(size: u64) -> BTreeMap<String, Vec<u8>> {
    let mut writer = TileWriter::new();
    let mut files = BTreeMap::new();
    for position in 0..size {
        let full = writer.append(leaf(position));
        files.extend(full.into_iter().map(|(tile, bytes)| (tile.path(), bytes)));
    }
    files.extend(writer.finish().map(|(tile, bytes)| (tile.path(), bytes)));
    files
}

/// The same tree, each node kept by itself.
struct Stored(BTreeMap<(u8, u64), Hash>);

impl Nodes for Stored {
    type Error = NodeId;

    fn node(&self, id: NodeId) -> Result<Hash, NodeId> {
        self.0.get(&(id.level, id.index)).copied().ok_or(id)
    }
}

fn stored(size: u64) -> Stored {
    let (mut frontier, mut nodes) = (Frontier::new(), BTreeMap::new());
    for position in 0..size {
        let mut completed = Vec::new();
        frontier.append(leaf(position), &mut completed);
        for (level, bytes) in (0..).zip(completed.chunks(HASH_BYTES)) {
            let hash = Hash::of_bytes(bytes).expect("32 bytes");
            nodes.insert((level, position >> level), hash);
        }
    }
    Stored(nodes)
}

#[test]
fn names_are_those_of_the_specification() {
    let path = |level, index, width| Tile::new(level, index, width).expect("a tile").path();
    assert_eq!(path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(0, 273, 112), "tile/0/273.p/112");
    assert_eq!(path(1, 0, 256), "tile/1/000");
    assert_eq!(path(2, 0, 1), "tile/2/000.p/1");
    assert_eq!(path(0, 1000, 255), "tile/0/x001/000.p/255");
    let bundles: Vec<_> = entry_bundles_of(257).map(EntryBundle::path).collect();
    assert_eq!(bundles, ["tile/entries/000", "tile/entries/001.p/1"]);
}

#[test]
fn a_tree_of_70_000_leaves_has_the_tiles_that_the_specification_counts() {
    let tiles: Vec<_> = tiles_of(70_000).collect();
    let full = |level| {
        let of_level = tiles.iter().filter(|tile| tile.level() == level);
        of_level.filter(|tile| tile.width() == TILE_WIDTH).count()
    };
    assert_eq!((full(0), full(1), full(2)), (273, 1, 0));
    let partial = tiles.iter().filter(|tile| tile.width() < TILE_WIDTH);
    let partial: Vec<_> = partial.map(|tile| (tile.level(), tile.width())).collect();
    assert_eq!(partial, [(0, 112), (1, 17), (2, 1)]);
    assert_eq!(tiles_of(0).count(), 0);
    let of_256: Vec<_> = tiles_of(256).map(Tile::path).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1"]);
}

#[test]
fn a_name_reads_back_as_its_tile_or_entry_bundle() {
    for size in [1, 255, 256, 257, 70_000, 300_000] {
        for tile in tiles_of(size) {
            assert_eq!(Tile::parse_path(&tile.path()), Some(tile));
        }
        for bundle in entry_bundles_of(size) {
            assert_eq!(EntryBundle::parse_path(&bundle.path()), Some(bundle));
        }
    }
}

#[test]
fn every_other_form_of_a_name_is_refused() {
    let no_tiles = "
        tile tile/ tile/0 tile/0/ tile/0/0 tile/0/00 tile/00/000 tile/+0/000 tile/8/000 tile/64/000 tile/0/0000
        tile/0/x000/001 tile/0/001/002 tile/0/x001 tile/0/x001/x002 tile/0/000.p/0 tile/0/000.p/256
        tile/0/000.p/01 tile/0/000.p/ tile/0/000.p/1/ tile/0/000/ tile/0/000.p/1.p/1 /tile/0/000 tile/0/../0/000
        tile/0/-01 tile/0/+01 tile/entries/000 tile/7/256 tile/0/x018/x446/x744/x073/x709/x551/615
        tile/0/x999/x999/x999/x999/x999/x999/x999/999";
    for path in no_tiles.split_whitespace().chain([""]) {
        assert_eq!(Tile::parse_path(path), None, "{path}");
    }
    for path in [
        "tile/0/000",
        "tile/entries/0",
        "tile/entries/000.p/256",
        "tile/entries/x000/000",
    ] {
        assert_eq!(EntryBundle::parse_path(path), None, "{path}");
    }
}

#[test]
fn tiles_hold_the_nodes_of_the_tree_whoever_writes_them() {
    for size in [1, 2, 255, 256, 257, 513, 66_000] {
        let (files, nodes) = (files(size), stored(size));
        assert_eq!(files.len(), tiles_of(size).count());
        for tile in tiles_of(size) {
            let bytes = tile.to_bytes(&nodes).expect("every node is there");
            assert_eq!(files.get(&tile.path()), Some(&bytes), "{tile:?}");
        }
    }
}

#[test]
fn the_writer_tells_the_root_of_what_was_appended() {
    let mut writer = TileWriter::new();
    for position in 0..600 {
        let _ = writer.append(leaf(position));
    }
    assert_eq!(Ok(writer.root()), root_at(&stored(600), 600));
}

#[test]
fn every_node_and_proof_of_a_tree_follows_from_its_tiles() {
    let size = 66_000;
    let (files, nodes) = (files(size), stored(size));
    let tiles = TileNodes::new(size, |path: &str| files.get(path).cloned().ok_or(()));
    for (&(level, index), hash) in &nodes.0 {
        assert_eq!(tiles.node(NodeId { level, index }), Ok(*hash));
    }
    let root = root_at(&tiles, size).expect("tiles");
    for position in [0, 1, 255, 256, 65_535, 65_536, 65_999] {
        let proof = inclusion_proof(&tiles, position, size).expect("tiles");
        let proof = proof.expect("a leaf");
        assert_eq!(
            verify_inclusion(&leaf(position), position, size, &root, &proof),
            Ok(())
        );
    }
    for old in [1, 255, 256, 257, 65_536, 65_537, 65_999] {
        let old_root = root_at(&nodes, old).expect("nodes");
        let proof = consistency_proof(&tiles, old, size).expect("tiles");
        let proof = proof.expect("not larger");
        assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
    }
}

#[test]
fn a_proof_reads_no_tile_twice() {
    let size = 66_000;
    let (files, read) = (files(size), RefCell::new(Vec::new()));
    let tiles = TileNodes::new(size, |path: &str| {
        read.borrow_mut().push(path.to_owned());
        files.get(path).cloned().ok_or(())
    });
    assert!(inclusion_proof(&tiles, 40_000, size).is_ok());
    let mut read = read.take();
    read.sort();
    assert_eq!(
        read,
        ["tile/0/156", "tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1"]
    );
}

#[test]
fn a_node_beyond_the_tree_a_short_file_and_a_missing_one_are_told_apart() {
    let files = files(300);
    let tiles = TileNodes::new(300, |path: &str| match path {
        "tile/0/000" => Err("gone"),
        path => Ok(files[path][1..].to_vec()),
    });
    let node = |level, index| tiles.node(NodeId { level, index });
    let short = Tile::new(0, 1, 44).expect("a tile");
    assert_eq!(node(0, 0), Err(TileError::Read("gone")));
    assert_eq!(node(0, 256), Err(TileError::Length(short)));
    for level in [0, 1, 7, 8, 9, 63, 64, 255] {
        for index in [300 >> level.min(63), u64::MAX] {
            assert_eq!(node(level, index), Err(TileError::NoSuchNode), "{level} {index}");
        }
    }
}

#[test]
fn a_tile_exists_up_to_the_largest_tree_and_not_beyond() {
    let last = u64::MAX / 256;
    assert!(Tile::new(0, last, 255).is_some());
    assert!(Tile::new(0, last, 256).is_none());
    assert!(Tile::new(7, 0, 255).is_some());
    assert!(Tile::new(7, 0, 256).is_none());
    assert!(Tile::new(8, 0, 1).is_none());
    assert!(Tile::new(0, u64::MAX, 1).is_none());
    assert!(Tile::new(0, 0, 0).is_none());
    assert!(Tile::new(0, 0, 257).is_none());
    let node = NodeId { level: 63, index: 0 };
    assert_eq!(Tile::of_node(node, u64::MAX), Tile::new(7, 0, 255));
}

#[test]
fn an_entry_bundle_gives_back_its_leaves_and_nothing_else_fits() {
    let leaves: [&[u8]; 3] = [b"{}", b"", &[7; 65_535]];
    let mut bytes = Vec::new();
    for leaf in leaves {
        push_entry(leaf, &mut bytes).expect("not too long");
    }
    assert_eq!(bytes[..6], [0, 2, b'{', b'}', 0, 0]);
    let bundle = |size| entry_bundles_of(size).last().expect("a bundle");
    assert_eq!(bundle(256 + 3).first(), 256);
    assert_eq!(bundle(3).leaves(&bytes), Ok(leaves.to_vec()));
    for width in [1, 2, 4, 256] {
        assert_eq!(bundle(width).leaves(&bytes), Err(NotAnEntryBundle));
    }
    let (cut, longer) = (&bytes[..bytes.len() - 1], [&bytes[..], &[0]].concat());
    assert_eq!(bundle(3).leaves(cut), Err(NotAnEntryBundle));
    assert_eq!(bundle(3).leaves(&longer), Err(NotAnEntryBundle));
    assert_eq!(push_entry(&[0; 65_536], &mut bytes), Err(NotAnEntryBundle));
}
