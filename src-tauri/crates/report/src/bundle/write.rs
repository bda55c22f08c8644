//! Writes a bundle.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatepost_ledger::bundle::{BundleFile, BundleManifest, ListedFile};
use gatepost_ledger::note::SignedNote;
use gatepost_ledger::policy::Policy;
use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::tiles::{EntryBundle, TILE_WIDTH, TileWriter, entry_bundles_of, push_entry};
use gatepost_ledger::tree::{Frontier, HASH_BYTES, Hash, NodeId, Nodes, consistency_proof, inclusion_proof};
use gatepost_ledger::{Body, LONGEST_LEAF_BYTES, Leaf, Seal};
use sha2::{Digest as _, Sha256};

use crate::bundle::error::BundleWriteError;
use crate::bundle::pack::Packer;
use crate::bundle::source::{BundleRequest, BundleSource};
use crate::bundle::{GUIDE, SCRIPT, table};

/// Writes a bundle and gives the writer back, flushed. The same ledger, seals and request give the same bytes.
///
/// Memory grows by three bytes for eight records, and by 32 for each hash of a proof.
///
/// # Errors
/// A [`BundleWriteError`]; what was written until then is of no use.
pub fn write_bundle<S: BundleSource, W: Write>(
    source: &mut S,
    request: &BundleRequest,
    writer: W,
) -> Result<W, BundleWriteError<S::Error>> {
    let plan = Plan::of(source, request)?;
    let mut zip = Packer::new(writer);
    zip.add(BundleFile::Guide, GUIDE.as_bytes())
        .map_err(BundleWriteError::Write)?;
    zip.add(BundleFile::Script, SCRIPT.as_bytes())
        .map_err(BundleWriteError::Write)?;
    let keys = source.keys().map_err(BundleWriteError::Source)?;
    let witnesses = source.witnesses().map_err(BundleWriteError::Source)?;
    let policy = Policy::new(&keys, &witnesses, 0)?;
    zip.add(BundleFile::Policy, &policy.to_bytes())
        .map_err(BundleWriteError::Write)?;
    let nodes = write_tiles(source, &plan, &mut zip)?;
    write_seals(&plan, &nodes, &mut zip)?;
    let whole: Line = |leaf, out| out.write_all(leaf).and_then(|()| out.write_all(b"\n"));
    let records = write_lines(source, &plan, &mut zip, BundleFile::RecordLines, whole)?;
    let entries = write_lines(source, &plan, &mut zip, BundleFile::EntryLines, table::line)?;
    let manifest = BundleManifest {
        origin: plan.seal.origin.clone(),
        size: plan.seal.size,
        range: plan.range.clone(),
        listed: [listed(GUIDE), listed(SCRIPT), records, entries],
        before: zip.so_far(),
    };
    let manifest = source
        .sign(manifest.to_text())
        .map_err(BundleWriteError::Source)?;
    zip.add(BundleFile::Manifest, manifest.to_string().as_bytes())
        .map_err(BundleWriteError::Write)?;
    zip.finish().map_err(BundleWriteError::Write)
}

fn listed(text: &str) -> ListedFile {
    ListedFile {
        sha256: Sha256::digest(text).into(),
        bytes: text.len() as u64,
    }
}

/// What goes into the bundle, before any leaf was read.
struct Plan<'a> {
    seal: Seal,
    note: SignedNote,
    older: BTreeMap<u64, (Seal, SignedNote)>,
    range: Range<u64>,
    request: &'a BundleRequest,
}

impl<'a> Plan<'a> {
    fn of<S: BundleSource>(
        source: &mut S,
        request: &'a BundleRequest,
    ) -> Result<Plan<'a>, BundleWriteError<S::Error>> {
        let mut note = source.newest_seal().map_err(BundleWriteError::Source)?;
        let seal = Seal::of_note(&note).map_err(|_| BundleWriteError::Seal(0))?;
        let mut older: BTreeMap<u64, (Seal, SignedNote)> = BTreeMap::new();
        for one in source.older_seals().map_err(BundleWriteError::Source)? {
            let older_seal = Seal::of_note(&one).map_err(|_| BundleWriteError::Seal(0))?;
            let size = older_seal.size;
            if size > seal.size || size == 0 {
                return Err(BundleWriteError::Seal(size));
            }
            let known = match size == seal.size {
                true => &mut note,
                false => &mut older.entry(size).or_insert((older_seal, one.clone())).1,
            };
            join(known, &one).ok_or(BundleWriteError::Seal(size))?;
        }
        let range = request.range.clone().unwrap_or(0..seal.size);
        if range.start >= range.end || range.end > seal.size {
            return Err(BundleWriteError::Range);
        }
        if let Some(shown) = request.shown.iter().find(|shown| shown.position >= seal.size) {
            return Err(BundleWriteError::NoSuchRecord(shown.position));
        }
        Ok(Plan {
            seal,
            note,
            older,
            range,
            request,
        })
    }

    /// The root of the leaves so far, where a seal of so many is there.
    fn check_root(&self, size: u64, root: impl FnOnce() -> Hash) -> Result<(), u64> {
        let seal = match self.older.get(&size) {
            Some((seal, _)) => seal,
            None if size == self.seal.size => &self.seal,
            None => return Ok(()),
        };
        if seal.root == root() && seal.origin == self.seal.origin {
            Ok(())
        } else {
            Err(size)
        }
    }

    /// Whether an entry bundle is there for the range, for the genesis or for a disclosure.
    fn needs(&self, bundle: EntryBundle) -> bool {
        let (first, end) = (bundle.first(), bundle.first() + u64::from(bundle.width()));
        let is_shown = |position: u64| (first..end).contains(&position);
        first == 0
            || (first < self.range.end && self.range.start < end)
            || self.request.shown.iter().any(|shown| is_shown(shown.position))
    }

    /// The nodes that the proofs are made of.
    fn nodes(&self) -> Wanted {
        let wanted = Wanted::default();
        for size in self.older.keys() {
            let Ok(_) = consistency_proof(&wanted, *size, self.seal.size);
        }
        for shown in &self.request.shown {
            let Ok(_) = inclusion_proof(&wanted, shown.position, self.seal.size);
        }
        wanted
    }
}

/// Adds the signatures of another copy of the same seal.
fn join(known: &mut SignedNote, other: &SignedNote) -> Option<()> {
    if known.text != other.text {
        return None;
    }
    for signature in &other.signatures {
        if !known.signatures.contains(signature) {
            known.signatures.push(signature.clone());
        }
    }
    Some(())
}

/// Remembers which nodes were asked for, and what they are once the leaves went by.
#[derive(Default)]
struct Wanted(RefCell<HashMap<NodeId, Hash>>);

impl Nodes for Wanted {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        let mut nodes = self.0.borrow_mut();
        Ok(*nodes.entry(id).or_insert_with(Hash::of_empty_tree))
    }
}

/// The leaves as tiles and entry bundles, and the nodes for the proofs.
fn write_tiles<S: BundleSource, W: Write>(
    source: &mut S,
    plan: &Plan<'_>,
    zip: &mut Packer<W>,
) -> Result<Wanted, BundleWriteError<S::Error>> {
    let mut growing = Growing::of(plan);
    let mut stopped = Ok(());
    let size = plan.seal.size;
    source
        .leaves(0..size, &mut |leaf| {
            stopped = growing.append(plan, leaf, zip);
            match stopped {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })
        .map_err(BundleWriteError::Source)?;
    stopped.map_err(Stop::into_error)?;
    let (tiles, position) = (growing.tiles, growing.position);
    if position != size {
        return Err(BundleWriteError::Leaf(position));
    }
    for (tile, bytes) in tiles.finish() {
        zip.add(BundleFile::Tile(tile), &bytes)
            .map_err(BundleWriteError::Write)?;
    }
    Ok(growing.wanted)
}

/// Why the leaves were not read to their end.
enum Stop {
    Write(io::Error),
    Leaf(u64),
    Seal(u64),
}

impl Stop {
    fn into_error<E>(self) -> BundleWriteError<E> {
        match self {
            Stop::Write(error) => BundleWriteError::Write(error),
            Stop::Leaf(position) => BundleWriteError::Leaf(position),
            Stop::Seal(size) => BundleWriteError::Seal(size),
        }
    }
}

/// The tree as it grows from leaf to leaf.
struct Growing {
    position: u64,
    tiles: TileWriter,
    frontier: Frontier,
    completed: Vec<u8>,
    /// Nodes of the proofs by the position that completes them.
    due: BTreeMap<u64, Vec<NodeId>>,
    wanted: Wanted,
    bundles: Box<dyn Iterator<Item = EntryBundle>>,
    bundle: Vec<u8>,
    names_a_key: bool,
}

impl Growing {
    fn of(plan: &Plan<'_>) -> Growing {
        let wanted = plan.nodes();
        let mut due: BTreeMap<u64, Vec<NodeId>> = BTreeMap::new();
        for id in wanted.0.borrow().keys() {
            due.entry(id.completed_by()).or_default().push(*id);
        }
        Growing {
            position: 0,
            tiles: TileWriter::new(),
            frontier: Frontier::new(),
            completed: Vec::new(),
            due,
            wanted,
            bundles: Box::new(entry_bundles_of(plan.seal.size)),
            bundle: Vec::new(),
            names_a_key: false,
        }
    }

    fn append<W: Write>(&mut self, plan: &Plan<'_>, leaf: &[u8], zip: &mut Packer<W>) -> Result<(), Stop> {
        let position = self.position;
        if leaf.len() > LONGEST_LEAF_BYTES || position >= plan.seal.size {
            return Err(Stop::Leaf(position));
        }
        push_entry(leaf, &mut self.bundle).map_err(|_| Stop::Leaf(position))?;
        self.names_a_key |= is_key_change(leaf);
        self.position += 1;
        if self.position.is_multiple_of(TILE_WIDTH.into()) || self.position == plan.seal.size {
            let bundle = self.bundles.next().expect("one for each 256 leaves and the rest");
            if plan.needs(bundle) || self.names_a_key {
                zip.add(BundleFile::Entries(bundle), &self.bundle)
                    .map_err(Stop::Write)?;
            }
            self.bundle.clear();
            self.names_a_key = false;
        }
        let hash = Hash::of_leaf(leaf);
        for (tile, bytes) in self.tiles.append(hash) {
            zip.add(BundleFile::Tile(tile), &bytes).map_err(Stop::Write)?;
        }
        self.completed.clear();
        self.frontier.append(hash, &mut self.completed);
        for id in self.due.remove(&position).into_iter().flatten() {
            let bytes = self.completed.chunks(HASH_BYTES).nth(id.level.into());
            let node = bytes
                .and_then(Hash::of_bytes)
                .expect("the leaf completes the node");
            self.wanted.0.borrow_mut().insert(id, node);
        }
        plan.check_root(self.position, || self.frontier.root())
            .map_err(Stop::Seal)
    }
}

/// The word alone may also stand in what a form of a register was filled with.
fn is_key_change(leaf: &[u8]) -> bool {
    let word = br#""typ":"key_change""#;
    let has_word = leaf.windows(word.len()).any(|window| window == word);
    has_word && Leaf::parse(leaf).is_ok_and(|leaf| matches!(leaf.body, Body::KeyChange { .. }))
}

fn write_seals<W: Write, E>(
    plan: &Plan<'_>,
    nodes: &Wanted,
    zip: &mut Packer<W>,
) -> Result<(), BundleWriteError<E>> {
    let mut add = |file, text: String| zip.add(file, text.as_bytes()).map_err(BundleWriteError::Write);
    let size = plan.seal.size;
    add(BundleFile::Checkpoint, plan.note.to_string())?;
    for (older, (_, note)) in &plan.older {
        add(BundleFile::OldSeal(*older), note.to_string())?;
        let Ok(proof) = consistency_proof(nodes, *older, size);
        let lines = proof
            .ok_or(BundleWriteError::Seal(*older))?
            .iter()
            .map(|hash| format!("{}\n", STANDARD.encode(hash.0)))
            .collect();
        add(BundleFile::Consistency(*older, size), lines)?;
    }
    for shown in &plan.request.shown {
        let Ok(path) = inclusion_proof(nodes, shown.position, size);
        let path = path.ok_or(BundleWriteError::NoSuchRecord(shown.position))?;
        let proof = ProofFile::new(shown.position, path, plan.note.clone(), &shown.disclosures);
        add(BundleFile::Proof(shown.position), proof.to_text())?;
    }
    Ok(())
}

/// Writes what a file for people says of a leaf.
type Line = fn(&[u8], &mut dyn Write) -> io::Result<()>;

/// One of the files for people.
fn write_lines<S: BundleSource, W: Write>(
    source: &mut S,
    plan: &Plan<'_>,
    zip: &mut Packer<W>,
    file: BundleFile,
    line: Line,
) -> Result<ListedFile, BundleWriteError<S::Error>> {
    let mut unread = Ok(());
    let written = zip.add_streamed(file, |out| {
        if file == BundleFile::EntryLines {
            table::heading(out)?;
        }
        let mut stopped = Ok(());
        unread = source.leaves(plan.range.clone(), &mut |leaf| {
            stopped = line(leaf, out);
            match stopped {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        stopped
    });
    unread.map_err(BundleWriteError::Source)?;
    written.map_err(BundleWriteError::Write)
}
