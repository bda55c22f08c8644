//! Tiles (C2SP tlog-tiles): a ledger's tree and its leaves as files that never change once they are full.
//!
//! A tile is up to 256 neighbouring hashes of one tree level; tile level `L` takes the tree's level `8 * L`, and what
//! lies between two tile levels is hashed again by whoever reads them. An entry bundle holds the leaves of a tile of
//! level 0.

use std::cell::RefCell;

use crate::tree::{Frontier, HASH_BYTES, Hash, NodeId, Nodes};

/// Tree levels from one tile level to the next.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes of a full tile, and leaves of a full entry bundle.
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;

/// A level above this one would need a tree of more leaves than a `u64` counts.
const HIGHEST_LEVEL: u8 = 7;

/// Which tile: `width` hashes of tile level `level`, the first of them number `256 * index` of its level.
///
/// Every hash of a tile that exists as a value is a node of some tree with fewer than 2^64 leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile; `None` where there can be none: no hash, more than 256, or beyond any tree.
    #[must_use]
    pub fn new(level: u8, index: u64, width: u16) -> Option<Tile> {
        if level > HIGHEST_LEVEL || width == 0 || width > TILE_WIDTH {
            return None;
        }
        let end = index.checked_mul(TILE_WIDTH.into())?.checked_add(width.into())?;
        (end <= u64::MAX >> (TILE_HEIGHT * level)).then_some(Tile { level, index, width })
    }

    /// The tile in which the tree of `size` leaves keeps the lowest hashes from which a node follows; `None` where
    /// that tree has no such node.
    #[must_use]
    pub fn of_node(id: NodeId, size: u64) -> Option<Tile> {
        if id.completed_by() >= size {
            return None;
        }
        let level = id.level / TILE_HEIGHT;
        let index = id.index >> (TILE_HEIGHT - id.level % TILE_HEIGHT);
        let there = (size >> (TILE_HEIGHT * level)) - index * u64::from(TILE_WIDTH);
        let width = u16::try_from(there).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
        Tile::new(level, index, width)
    }

    /// From 0, the leaves' hashes, to 7.
    #[must_use]
    pub fn level(self) -> u8 {
        self.level
    }

    /// From 0, left to right within its level.
    #[must_use]
    pub fn index(self) -> u64 {
        self.index
    }

    /// Hashes, 1 to 256.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// Bytes of the file.
    #[must_use]
    pub fn byte_length(self) -> usize {
        usize::from(self.width) * HASH_BYTES
    }

    /// The nodes whose hashes the tile is, in order.
    pub fn nodes(self) -> impl Iterator<Item = NodeId> {
        let first = self.index * u64::from(TILE_WIDTH);
        (first..first + u64::from(self.width)).map(move |index| NodeId {
            level: TILE_HEIGHT * self.level,
            index,
        })
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// That of `nodes`.
    pub fn to_bytes<N: Nodes>(self, nodes: &N) -> Result<Vec<u8>, N::Error> {
        let mut bytes = Vec::with_capacity(self.byte_length());
        for id in self.nodes() {
            bytes.extend_from_slice(&nodes.node(id)?.0);
        }
        Ok(bytes)
    }

    /// The file's name: `tile/<level>/<index>`, and `.p/<width>` behind it where the tile is not full.
    #[must_use]
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, numbered(self.index, self.width))
    }

    /// The tile of a file's name, which has no other form than that of [`Tile::path`].
    #[must_use]
    pub fn parse_path(path: &str) -> Option<Tile> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (index, width) = parse_numbered(rest)?;
        let tile = Tile::new(level.parse().ok()?, index, width)?;
        (tile.path() == path).then_some(tile)
    }
}

/// The tiles of the tree of `size` leaves: of each level from 0 the full ones, then the one that is not full.
pub fn tiles_of(size: u64) -> impl Iterator<Item = Tile> {
    (0..=HIGHEST_LEVEL).flat_map(move |level| {
        widths(size >> (TILE_HEIGHT * level)).map(move |(index, width)| Tile { level, index, width })
    })
}

/// The entry bundles of a ledger of `size` leaves: the full ones, then the one that is not full.
pub fn entry_bundles_of(size: u64) -> impl Iterator<Item = EntryBundle> {
    widths(size).map(|(index, width)| EntryBundle { index, width })
}

/// How `count` things fill files of 256: the index and width of each.
fn widths(count: u64) -> impl Iterator<Item = (u64, u16)> {
    let (full, rest) = (
        count / u64::from(TILE_WIDTH),
        (count % u64::from(TILE_WIDTH)) as u16,
    );
    (0..full)
        .map(|index| (index, TILE_WIDTH))
        .chain((rest > 0).then_some((full, rest)))
}

/// An index in groups of three digits, an `x` in front of all but the last, and the width where it is partial.
fn numbered(index: u64, width: u16) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH {
        text.push_str(&format!(".p/{width}"));
    }
    text
}

/// Reads what [`numbered`] wrote, and some other forms, which the caller refuses by writing it again.
fn parse_numbered(text: &str) -> Option<(u64, u16)> {
    let (number, width) = match text.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok()?),
        None => (text, TILE_WIDTH),
    };
    let mut index = 0u64;
    for group in number.split('/') {
        let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(group)?;
    }
    Some((index, width))
}

/// Why a tile or an entry bundle could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The tree has no such node.
    #[error("the tree has no such node")]
    NoSuchNode,
    /// A tile's file is not as long as its width says.
    #[error("the tile {0:?} has another length")]
    Length(Tile),
    /// The file could not be read.
    #[error("the tile could not be read")]
    Read(#[source] E),
}

/// The tree of `size` leaves as its tiles tell it. `read` returns the bytes of the file of a name.
///
/// Nothing is believed about what `read` returns but its length, and no byte of it is verified: a hash that was
/// changed gives another root than the sealed one. The tiles read last are kept, one for each level and side of a
/// proof, so that a proof reads no tile twice.
pub struct TileNodes<R> {
    size: u64,
    read: R,
    kept: RefCell<Vec<(Tile, Vec<u8>)>>,
}

/// Two for each level: that of the leaf and that of the right edge.
const MOST_KEPT: usize = 2 * (HIGHEST_LEVEL as usize + 1);

impl<R, E> TileNodes<R>
where
    R: Fn(&str) -> Result<Vec<u8>, E>,
{
    /// The tree of `size` leaves, read with `read`.
    pub fn new(size: u64, read: R) -> TileNodes<R> {
        TileNodes {
            size,
            read,
            kept: RefCell::new(Vec::new()),
        }
    }

    /// Makes sure that `tile` is the last of the kept ones.
    fn keep(&self, tile: Tile) -> Result<(), TileError<E>> {
        let mut kept = self.kept.borrow_mut();
        if let Some(at) = kept.iter().position(|(one, _)| *one == tile) {
            kept[at..].rotate_left(1);
            return Ok(());
        }
        let bytes = (self.read)(&tile.path()).map_err(TileError::Read)?;
        if bytes.len() != tile.byte_length() {
            return Err(TileError::Length(tile));
        }
        if kept.len() == MOST_KEPT {
            kept.remove(0);
        }
        kept.push((tile, bytes));
        Ok(())
    }
}

impl<R, E> Nodes for TileNodes<R>
where
    R: Fn(&str) -> Result<Vec<u8>, E>,
{
    type Error = TileError<E>;

    fn node(&self, id: NodeId) -> Result<Hash, TileError<E>> {
        let tile = Tile::of_node(id, self.size).ok_or(TileError::NoSuchNode)?;
        self.keep(tile)?;
        let kept = self.kept.borrow();
        let (_, bytes) = kept.last().expect("just kept");
        let count = 1usize << (id.level % TILE_HEIGHT);
        let within = id.index % (u64::from(TILE_WIDTH) / count as u64);
        let first = HASH_BYTES * count * within as usize;
        Ok(subtree_root(&bytes[first..first + HASH_BYTES * count]))
    }
}

/// The root above a power of two of hashes.
fn subtree_root(hashes: &[u8]) -> Hash {
    if let Some(hash) = Hash::of_bytes(hashes) {
        return hash;
    }
    let (left, right) = hashes.split_at(hashes.len() / 2);
    Hash::of_node(&subtree_root(left), &subtree_root(right))
}

/// Makes the tiles of a ledger from its leaves in order. Of each level it keeps one tile, so it needs the same 64 KB
/// for any number of leaves; and as it computes every hash itself, it also tells whether given tiles are right.
#[derive(Debug, Default)]
pub struct TileWriter {
    frontier: Frontier,
    completed: Vec<u8>,
    growing: [Vec<u8>; HIGHEST_LEVEL as usize + 1],
}

impl TileWriter {
    /// Before the first leaf.
    #[must_use]
    pub fn new() -> TileWriter {
        TileWriter::default()
    }

    /// Appends a leaf and returns the tiles that became full with it, lowest level first, with their bytes: none
    /// 255 times of 256.
    #[must_use]
    pub fn append(&mut self, leaf: Hash) -> Vec<(Tile, Vec<u8>)> {
        self.completed.clear();
        self.frontier.append(leaf, &mut self.completed);
        let every_eighth = self
            .completed
            .chunks_exact(HASH_BYTES)
            .step_by(TILE_HEIGHT.into());
        let mut full = Vec::new();
        for (level, (hash, growing)) in every_eighth.zip(&mut self.growing).enumerate() {
            growing.extend_from_slice(hash);
            if growing.len() == usize::from(TILE_WIDTH) * HASH_BYTES {
                let level = level as u8;
                let index = ((self.frontier.size() - 1) >> (TILE_HEIGHT * level)) / u64::from(TILE_WIDTH);
                let tile = Tile {
                    level,
                    index,
                    width: TILE_WIDTH,
                };
                full.push((tile, std::mem::take(growing)));
            }
        }
        full
    }

    /// The root of what was appended.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The tiles that are not full at the end, lowest level first, with their bytes.
    pub fn finish(self) -> impl Iterator<Item = (Tile, Vec<u8>)> {
        let size = self.frontier.size();
        (0..).zip(self.growing).filter_map(move |(level, bytes)| {
            let width = (bytes.len() / HASH_BYTES) as u16;
            let tile = Tile::new(
                level,
                (size >> (TILE_HEIGHT * level)) / u64::from(TILE_WIDTH),
                width,
            )?;
            Some((tile, bytes))
        })
    }
}

/// Not the leaves that an entry bundle of this width has, or a leaf of more than 65,535 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an entry bundle")]
pub struct NotAnEntryBundle;

/// Which entry bundle: the leaves of the tile of level 0 with this index and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryBundle {
    index: u64,
    width: u16,
}

impl EntryBundle {
    /// Position of its first leaf.
    #[must_use]
    pub fn first(self) -> u64 {
        self.index * u64::from(TILE_WIDTH)
    }

    /// Leaves, 1 to 256.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// The file's name: `tile/entries/<index>`, and `.p/<width>` behind it where the bundle is not full.
    #[must_use]
    pub fn path(self) -> String {
        format!("tile/entries/{}", numbered(self.index, self.width))
    }

    /// The entry bundle of a file's name, which has no other form than that of [`EntryBundle::path`].
    #[must_use]
    pub fn parse_path(path: &str) -> Option<EntryBundle> {
        let (index, width) = parse_numbered(path.strip_prefix("tile/entries/")?)?;
        Tile::new(0, index, width)?;
        let bundle = EntryBundle { index, width };
        (bundle.path() == path).then_some(bundle)
    }

    /// The file's leaves, as many as its width says.
    ///
    /// # Errors
    /// [`NotAnEntryBundle`] for bytes that are cut, have a rest, or other leaves than so many.
    pub fn leaves(self, mut bytes: &[u8]) -> Result<Vec<&[u8]>, NotAnEntryBundle> {
        let mut leaves = Vec::with_capacity(self.width.into());
        for _ in 0..self.width {
            let (length, rest) = bytes.split_first_chunk().ok_or(NotAnEntryBundle)?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (leaf, rest) = rest.split_at_checked(length).ok_or(NotAnEntryBundle)?;
            leaves.push(leaf);
            bytes = rest;
        }
        if bytes.is_empty() {
            Ok(leaves)
        } else {
            Err(NotAnEntryBundle)
        }
    }
}

/// Writes one leaf behind those of an entry bundle: its length in two bytes, the higher first, then the leaf.
///
/// # Errors
/// [`NotAnEntryBundle`] for a leaf of more than 65,535 bytes.
pub fn push_entry(leaf: &[u8], bundle: &mut Vec<u8>) -> Result<(), NotAnEntryBundle> {
    let length = u16::try_from(leaf.len()).map_err(|_| NotAnEntryBundle)?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
    Ok(())
}
