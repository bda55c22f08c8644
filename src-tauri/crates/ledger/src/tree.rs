//! The Merkle tree of RFC 6962 (section 2.1) over SHA-256: append, inclusion, consistency.

use std::fmt;

use sha2::digest::generic_array::GenericArray;
use sha2::digest::generic_array::typenum::U64;
use sha2::{Digest, Sha256, compress256};

/// A SHA-256 hash of a leaf or a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// Bytes of one [`struct@Hash`].
pub const HASH_BYTES: usize = 32;

const LEAF_PREFIX: u8 = 0;
const NODE_PREFIX: u8 = 1;

impl Hash {
    /// The root of a tree without leaves: the hash of nothing.
    #[must_use]
    pub fn of_empty_tree() -> Hash {
        Hash(Sha256::digest([]).into())
    }

    /// The hash of a leaf's bytes.
    #[must_use]
    pub fn of_leaf(leaf: &[u8]) -> Hash {
        hash_behind(LEAF_PREFIX, leaf)
    }

    /// The hash of the node above `left` and `right`.
    #[must_use]
    pub fn of_node(left: &Hash, right: &Hash) -> Hash {
        let mut both = [0; 2 * HASH_BYTES];
        both[..HASH_BYTES].copy_from_slice(&left.0);
        both[HASH_BYTES..].copy_from_slice(&right.0);
        hash_behind(NODE_PREFIX, &both)
    }

    /// The hash that stands in these bytes, where there are 32.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }
}

/// The value that SHA-256 starts from (FIPS 180-4, 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const BLOCK_BYTES: usize = 64;
/// Blocks of a leaf of at most 502 bytes, as nearly all are.
const MOST_BLOCKS: usize = 8;

/// SHA-256 of `prefix` and `content`. What fits into a few blocks is padded here (FIPS 180-4, 5.1.1) and compressed in
/// one call: the detour through the block buffer of [`Sha256`] would cost a fifth more.
fn hash_behind(prefix: u8, content: &[u8]) -> Hash {
    let length = 1 + content.len();
    let count = (length + 1 + size_of::<u64>()).div_ceil(BLOCK_BYTES);
    let mut blocks = [GenericArray::<u8, U64>::default(); MOST_BLOCKS];
    let Some(blocks) = blocks.get_mut(..count) else {
        return Hash(
            Sha256::new()
                .chain_update([prefix])
                .chain_update(content)
                .finalize()
                .into(),
        );
    };
    let (first, rest) = content.split_at(content.len().min(BLOCK_BYTES - 1));
    blocks[0][0] = prefix;
    blocks[0][1..=first.len()].copy_from_slice(first);
    for (block, bytes) in blocks[1..].iter_mut().zip(rest.chunks(BLOCK_BYTES)) {
        block[..bytes.len()].copy_from_slice(bytes);
    }
    blocks[length / BLOCK_BYTES][length % BLOCK_BYTES] = 0x80;
    let bits = 8 * length as u64;
    blocks[count - 1][BLOCK_BYTES - size_of::<u64>()..].copy_from_slice(&bits.to_be_bytes());
    let mut state = START;
    compress256(&mut state, blocks);
    let mut hash = [0; HASH_BYTES];
    for (bytes, word) in hash.chunks_exact_mut(size_of::<u32>()).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Hash(hash)
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A complete subtree of 2^level leaves, the `index`-th of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId {
    /// 0 for a leaf.
    pub level: u8,
    /// From 0, left to right.
    pub index: u64,
}

impl NodeId {
    /// Position of the leaf that completes the subtree: its last one. The node is written together with it.
    /// `u64::MAX`, where no leaf can stand, for a node that is too far out for any tree.
    #[must_use]
    pub fn completed_by(self) -> u64 {
        if self.level >= 64 {
            return u64::MAX;
        }
        let end = (u128::from(self.index) + 1) << self.level;
        u64::try_from(end - 1).unwrap_or(u64::MAX)
    }
}

/// Where complete nodes are kept.
pub trait Nodes {
    /// Why a node could not be read.
    type Error;

    /// The hash of a node that is complete in the tree that the caller asks about.
    ///
    /// # Errors
    /// Whatever keeps the nodes may fail.
    fn node(&self, id: NodeId) -> Result<Hash, Self::Error>;
}

/// The right edge of a growing tree: all that is needed to append and to know the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees that make up the tree, largest first: one for each bit of `size`.
    peaks: Vec<Hash>,
}

impl Default for Frontier {
    fn default() -> Frontier {
        Frontier::new()
    }
}

impl Frontier {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Frontier {
        Frontier {
            size: 0,
            peaks: Vec::with_capacity(64),
        }
    }

    /// The tree of `size` leaves whose nodes are kept in `nodes`.
    ///
    /// # Errors
    /// That of `nodes`.
    pub fn load<N: Nodes>(nodes: &N, size: u64) -> Result<Frontier, N::Error> {
        let peaks = peaks(0, size)
            .map(|id| nodes.node(id))
            .collect::<Result<_, _>>()?;
        Ok(Frontier { size, peaks })
    }

    /// Leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and pushes the bytes of every node that it completes: its own hash, then one for each level
    /// above that became complete. Of a node `id` they stand at `32 * id.level` of what leaf
    /// [`NodeId::completed_by`] pushed.
    pub fn append(&mut self, leaf: Hash, completed: &mut Vec<u8>) {
        completed.extend_from_slice(&leaf.0);
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("one peak for each bit of the size");
            node = Hash::of_node(&left, &node);
            completed.extend_from_slice(&node.0);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self
            .peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| Hash::of_node(&left, &right));
        joined.unwrap_or_else(Hash::of_empty_tree)
    }
}

/// The complete subtrees that cover the `count` leaves from `first`, largest first. `first` must be a multiple of
/// the smallest power of two that is not below `count`, as in every split of RFC 6962.
fn peaks(first: u64, count: u64) -> impl Iterator<Item = NodeId> {
    let mut at = first;
    (0..64u8)
        .rev()
        .filter(move |level| count >> level & 1 == 1)
        .map(move |level| {
            let index = at >> level;
            at += 1 << level;
            NodeId { level, index }
        })
}

/// The root of the `count` leaves from `first` (at least one).
fn range_root<N: Nodes>(nodes: &N, first: u64, count: u64) -> Result<Hash, N::Error> {
    let hashes = peaks(first, count)
        .map(|id| nodes.node(id))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(hashes
        .into_iter()
        .rev()
        .reduce(|right, left| Hash::of_node(&left, &right))
        .unwrap_or_else(Hash::of_empty_tree))
}

/// The root of the first `size` leaves of a tree.
///
/// # Errors
/// That of `nodes`.
pub fn root_at<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range_root(nodes, 0, size)
}

/// The largest power of two below `count` (at least 2): where RFC 6962 splits.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// The audit path of the leaf at `position` in the tree of `size` leaves (RFC 6962, 2.1.1), lowest first; `None`
/// where there is no such leaf.
///
/// # Errors
/// That of `nodes`.
pub fn inclusion_proof<N: Nodes>(nodes: &N, position: u64, size: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if position >= size {
        return Ok(None);
    }
    let (mut first, mut count) = (0, size);
    let mut proof = Vec::new();
    while count > 1 {
        let left = split(count);
        if position < first + left {
            proof.push(range_root(nodes, first + left, count - left)?);
            count = left;
        } else {
            proof.push(range_root(nodes, first, left)?);
            first += left;
            count -= left;
        }
    }
    proof.reverse();
    Ok(Some(proof))
}

/// The proof that the tree of `old` leaves is a prefix of that of `new` (RFC 6962, 2.1.2); `None` where `old` is
/// larger. Empty for `old` 0 and for `old` equal to `new`.
///
/// # Errors
/// That of `nodes`.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if old > new {
        return Ok(None);
    }
    if old == 0 || old == new {
        return Ok(Some(Vec::new()));
    }
    let (mut first, mut count) = (0, new);
    let mut proof = Vec::new();
    while first + count != old {
        let left = split(count);
        if old <= first + left {
            proof.push(range_root(nodes, first + left, count - left)?);
            count = left;
        } else {
            proof.push(range_root(nodes, first, left)?);
            first += left;
            count -= left;
        }
    }
    if first > 0 {
        proof.push(range_root(nodes, first, count)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// A proof that proves nothing of what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not fit")]
pub struct ProofRefused;

/// Whether `proof` shows that `leaf` stands at `position` of the tree of `size` leaves with this `root`
/// (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`ProofRefused`] otherwise.
pub fn verify_inclusion(
    leaf: &Hash,
    position: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofRefused> {
    if position >= size {
        return Err(ProofRefused);
    }
    let (mut at, mut last) = (position, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofRefused);
        }
        if at & 1 == 1 || at == last {
            hash = Hash::of_node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(ProofRefused)
    }
}

/// Whether `proof` shows that the tree of `old` leaves with `old_root` is a prefix of the tree of `new` leaves with
/// `new_root` (RFC 9162, 2.1.4.2; `old` 0 is a prefix of everything).
///
/// # Errors
/// [`ProofRefused`] otherwise.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofRefused> {
    if old == new || old == 0 {
        let before = if old == new {
            *new_root
        } else {
            Hash::of_empty_tree()
        };
        return if *old_root == before && proof.is_empty() {
            Ok(())
        } else {
            Err(ProofRefused)
        };
    }
    if old > new {
        return Err(ProofRefused);
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let mut path = proof.iter();
    // Where `old` is a power of two its root is itself the first node and is left out of the proof.
    let start = if old.is_power_of_two() {
        old_root
    } else {
        path.next().ok_or(ProofRefused)?
    };
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return Err(ProofRefused);
        }
        if at & 1 == 1 || at == last {
            old_hash = Hash::of_node(sibling, &old_hash);
            new_hash = Hash::of_node(sibling, &new_hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = Hash::of_node(&new_hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && old_hash == *old_root && new_hash == *new_root {
        Ok(())
    } else {
        Err(ProofRefused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every node of a tree, computed from its definition and not by appending.
    struct Definition(Vec<Hash>);

    impl Nodes for Definition {
        type Error = std::convert::Infallible;

        fn node(&self, id: NodeId) -> Result<Hash, Self::Error> {
            if id.level == 0 {
                return Ok(self.0[id.index as usize]);
            }
            let child = |index| NodeId {
                level: id.level - 1,
                index,
            };
            let (Ok(left), Ok(right)) = (self.node(child(2 * id.index)), self.node(child(2 * id.index + 1)));
            Ok(Hash::of_node(&left, &right))
        }
    }

    fn leaves(count: u64) -> Definition {
        Definition((0..count).map(|at| Hash::of_leaf(&at.to_be_bytes())).collect())
    }

    #[test]
    fn a_hash_is_that_of_sha_256_for_every_length_of_a_leaf() {
        let bytes: Vec<u8> = (0..4096).map(|at| (at % 251) as u8).collect();
        for length in (0..1200).chain([4095, 4096]) {
            let leaf = &bytes[..length];
            let expected = Sha256::new().chain_update([0]).chain_update(leaf).finalize();
            assert_eq!(Hash::of_leaf(leaf), Hash(expected.into()), "{length}");
        }
    }

    #[test]
    fn appending_and_the_definition_agree_on_every_root_and_node() {
        let all = leaves(130);
        let mut frontier = Frontier::new();
        for size in 0..130 {
            assert_eq!(Ok(frontier.root()), root_at(&all, size));
            assert_eq!(Frontier::load(&all, size), Ok(frontier.clone()));
            let mut completed = Vec::new();
            frontier.append(all.0[size as usize], &mut completed);
            for (level, bytes) in completed.chunks(HASH_BYTES).enumerate() {
                let level = level as u8;
                let id = NodeId {
                    level,
                    index: size >> level,
                };
                assert_eq!(id.completed_by(), size);
                assert_eq!(Hash::of_bytes(bytes).map(Ok), Some(all.node(id)));
            }
        }
    }

    #[test]
    fn every_proof_of_a_small_tree_holds_and_no_other_position_or_size_does() {
        for size in 1..40 {
            let all = leaves(size);
            let Ok(root) = root_at(&all, size);
            for position in 0..size {
                let Ok(proof) = inclusion_proof(&all, position, size);
                let proof = proof.expect("the leaf is there");
                let leaf = all.0[position as usize];
                for claimed in 0..size {
                    let holds = verify_inclusion(&leaf, claimed, size, &root, &proof).is_ok();
                    assert_eq!(holds, claimed == position);
                }
            }
            for old in 0..=size {
                let Ok(proof) = consistency_proof(&all, old, size);
                let proof = proof.expect("not larger");
                let Ok(old_root) = root_at(&all, old);
                assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
                let wrong = Hash::of_leaf(b"another history");
                assert!(verify_consistency(old, &wrong, size, &root, &proof).is_err());
            }
        }
    }

    /// A tree of any size whose leaves are all alike, so that each level has one hash.
    struct Alike;

    impl Nodes for Alike {
        type Error = std::convert::Infallible;

        fn node(&self, id: NodeId) -> Result<Hash, Self::Error> {
            assert_ne!(id.completed_by(), u64::MAX, "a node of no tree was asked for");
            Ok((0..id.level).fold(Hash::of_leaf(b"alike"), |hash, _| Hash::of_node(&hash, &hash)))
        }
    }

    #[test]
    fn proofs_hold_up_to_the_largest_size_that_there_is() {
        let sizes = [u64::MAX, u64::MAX - 1, (1 << 63) + 1, 1 << 63, (1 << 63) - 1];
        for size in sizes {
            let Ok(root) = root_at(&Alike, size);
            for position in [0, 1, size / 2, size - 2, size - 1] {
                let Ok(Some(proof)) = inclusion_proof(&Alike, position, size) else {
                    panic!("no proof of {position} in {size}");
                };
                let leaf = Hash::of_leaf(b"alike");
                assert_eq!(verify_inclusion(&leaf, position, size, &root, &proof), Ok(()));
            }
            for old in [0, 1, size / 2, size / 2 + 1, size - 1, size] {
                let Ok(Some(proof)) = consistency_proof(&Alike, old, size) else {
                    panic!("no proof of {old} in {size}");
                };
                let Ok(old_root) = root_at(&Alike, old);
                assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
            }
        }
    }

    #[test]
    fn a_proof_of_any_length_for_any_size_is_refused_and_not_walked_for_ever() {
        let edges = [
            0,
            1,
            2,
            3,
            (1 << 63) - 1,
            1 << 63,
            (1 << 63) + 1,
            u64::MAX - 1,
            u64::MAX,
        ];
        let hash = Hash::of_leaf(b"forged");
        for length in (0..70).chain([100_000]) {
            let proof = vec![hash; length];
            for (a, b) in edges.iter().flat_map(|a| edges.map(|b| (*a, b))) {
                let wrong = Hash::of_leaf(b"another root");
                assert_eq!(verify_inclusion(&hash, a, b, &wrong, &proof), Err(ProofRefused));
                assert_eq!(verify_consistency(a, &hash, b, &wrong, &proof), Err(ProofRefused));
            }
        }
    }

    #[test]
    fn a_node_too_far_out_for_any_tree_is_completed_by_no_leaf() {
        let completed_by = |level, index| NodeId { level, index }.completed_by();
        assert_eq!(completed_by(0, 7), 7);
        assert_eq!(completed_by(3, 1), 15);
        assert_eq!(completed_by(63, 0), (1 << 63) - 1);
        for (level, index) in [(63, 1), (63, u64::MAX), (1, u64::MAX), (64, 0), (255, u64::MAX)] {
            assert_eq!(completed_by(level, index), u64::MAX);
        }
    }
}
