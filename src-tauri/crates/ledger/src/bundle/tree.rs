//! The tiles of a bundle: every hash is computed again.

use std::collections::BTreeMap;

use crate::audit::{Fault, Rule};
use crate::tiles::{TILE_HEIGHT, Tile, TileWriter};
use crate::tree::{HASH_BYTES, Hash};

/// Grows the tree from the hashes of the lowest tiles and compares what follows from them.
pub(super) struct Regrown {
    writer: TileWriter,
    size: u64,
    /// Sizes of which the root is asked, descending.
    marks: Vec<u64>,
    roots: BTreeMap<u64, Hash>,
}

impl Regrown {
    /// `marks` are the sizes of which the root is asked, in any order.
    pub(super) fn new(mut marks: Vec<u64>) -> Regrown {
        marks.sort_unstable_by(|a, b| b.cmp(a));
        marks.dedup();
        let mut regrown = Regrown {
            writer: TileWriter::new(),
            size: 0,
            marks,
            roots: BTreeMap::new(),
        };
        regrown.mark();
        regrown
    }

    /// Appends a leaf's hash. Returns the tiles above the lowest that became full.
    pub(super) fn append(&mut self, leaf: Hash) -> impl Iterator<Item = (Tile, Vec<u8>)> + use<> {
        let full = self.writer.append(leaf);
        self.size += 1;
        self.mark();
        full.into_iter().filter(|(tile, _)| tile.level() > 0)
    }

    fn mark(&mut self) {
        if self.marks.last() == Some(&self.size) {
            self.marks.pop();
            self.roots.insert(self.size, self.writer.root());
        }
    }

    pub(super) fn root(&self) -> Hash {
        self.writer.root()
    }

    /// The roots that were asked for and reached, and the tiles above the lowest that are not full.
    pub(super) fn finish(self) -> (BTreeMap<u64, Hash>, impl Iterator<Item = (Tile, Vec<u8>)>) {
        let rest = self.writer.finish().filter(|(tile, _)| tile.level() > 0);
        (self.roots, rest)
    }
}

/// The first hash of a tile that is not what follows from the leaves. The fault names the last record below it.
pub(super) fn compare(tile: Tile, expected: &[u8], found: &[u8]) -> Result<(), Fault> {
    let both = expected.chunks(HASH_BYTES).zip(found.chunks(HASH_BYTES));
    for (id, (expected, found)) in tile.nodes().zip(both) {
        if expected != found {
            let hash =
                |bytes: &[u8]| Hash::of_bytes(bytes).map_or_else(String::new, |hash| format!("{hash:?}"));
            return Err(Fault::new(
                id.completed_by(),
                Rule::Nodes,
                hash(expected),
                hash(found),
            ));
        }
    }
    if expected.len() == found.len() {
        return Ok(());
    }
    let position = tile.index() << (TILE_HEIGHT * (tile.level() + 1).min(7));
    let expected = format!("{} bytes", expected.len());
    Err(Fault::new(
        position,
        Rule::Nodes,
        expected,
        format!("{} bytes", found.len()),
    ))
}
