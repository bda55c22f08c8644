//! The part of the walk that needs to know nothing of the records before: it may run on several threads.

use crate::audit::fault::{Fault, Rule, hexadecimal};
use crate::body::{Body, RetentionClass};
use crate::leaf::Leaf;
use crate::scan_leaf::{EntryLine, scan_entry};
use crate::time::Moment;
use crate::tree::{HASH_BYTES, Hash};

/// No batch holds more records.
pub const MOST_RECORDS_OF_A_BATCH: u64 = 1 << 14;

/// The right edge of a tree that also grows by whole subtrees.
#[derive(Clone, Debug, Default)]
pub(super) struct Edge {
    size: u64,
    /// Level and root of the complete subtrees, largest first.
    peaks: Vec<(u8, Hash)>,
}

impl Edge {
    /// Appends a complete subtree; it must not be larger than the smallest one that a tree of this size ends
    /// in. Tells every node above it that became complete.
    pub(super) fn append(&mut self, level: u8, root: Hash, mut completed: impl FnMut(&Hash)) {
        let mut node = root;
        for _ in 0..(self.size >> level).trailing_ones() {
            let (_, left) = self.peaks.pop().expect("one peak for each bit of the size");
            node = Hash::of_node(&left, &node);
            completed(&node);
        }
        self.size += 1 << level;
        let grown = self.size.trailing_zeros() as u8;
        self.peaks.push((grown, node));
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn peaks(&self) -> &[(u8, Hash)] {
        &self.peaks
    }

    pub(super) fn root(&self) -> Hash {
        let roots = self.peaks.iter().rev().map(|(_, root)| *root);
        roots
            .reduce(|right, left| Hash::of_node(&left, &right))
            .unwrap_or_else(Hash::of_empty_tree)
    }
}

/// What one leaf says, for a caller that compares it with something of its own.
#[derive(Debug)]
pub enum Scanned<'b, 'l> {
    /// An entry.
    Entry(EntryLine<'l>),
    /// Any other record, or an entry in a rare form.
    Other(&'b Leaf),
}

/// What the rest of the walk needs of a record.
#[derive(Debug)]
pub(super) enum Line {
    Entry {
        at: Moment,
        digests: u16,
        class: RetentionClass,
    },
    Other(Box<Leaf>),
}

/// Some records in a row, hashed and read.
#[derive(Debug)]
pub struct Batch {
    pub(super) first: u64,
    most: u64,
    pub(super) lines: Vec<Line>,
    pub(super) edge: Edge,
    /// Sizes of the tree of which the root is asked, ascending, and the edge at each that was reached.
    marks: Vec<u64>,
    pub(super) marked: Vec<(u64, Edge)>,
    /// Of the last record of a full batch: stored nodes that only the whole tree can tell.
    pub(super) nodes_above: Option<Vec<u8>>,
    pub(super) fault: Option<Fault>,
}

impl Batch {
    /// A batch from the record at `first` on. `marks` are the sizes of the tree of which the audit asks the root
    /// ([`Audit::marks`](crate::audit::Audit::marks)).
    #[must_use]
    pub fn new(first: u64, marks: &[u64]) -> Batch {
        let most = match first {
            0 => MOST_RECORDS_OF_A_BATCH,
            _ => MOST_RECORDS_OF_A_BATCH.min(1 << first.trailing_zeros()),
        };
        let begin = marks.partition_point(|mark| *mark <= first);
        let end = marks.partition_point(|mark| *mark <= first + most);
        let mut marks = marks[begin..end].to_vec();
        marks.reverse();
        Batch {
            first,
            most,
            lines: Vec::new(),
            edge: Edge::default(),
            marks,
            marked: Vec::new(),
            nodes_above: None,
            fault: None,
        }
    }

    /// Position of the record that is pushed next.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Records that it still takes; none behind a fault.
    #[must_use]
    pub fn room(&self) -> u64 {
        match self.fault {
            Some(_) => 0,
            None => self.most - self.lines.len() as u64,
        }
    }

    /// Notes that the record at `position` is at fault, for a rule that only the caller can check. It must be one
    /// of this batch, or the next one.
    pub fn refuse(&mut self, position: u64, rule: Rule, expected: impl ToString, found: impl ToString) {
        // What is behind it does not matter any more.
        let before = position.saturating_sub(self.first).saturating_add(1);
        self.lines.truncate(usize::try_from(before).unwrap_or(usize::MAX));
        self.fault
            .get_or_insert_with(|| Fault::new(position, rule, expected, found));
    }

    /// Hashes and reads the next record. `nodes` are the stored hashes that it completes, its own first, where
    /// they are stored. `None` where the record is at fault.
    ///
    /// # Panics
    /// Where there is no [`Batch::room`].
    pub fn push<'b, 'l>(&'b mut self, leaf: &'l [u8], nodes: Option<&[u8]>) -> Option<Scanned<'b, 'l>> {
        assert!(self.room() > 0, "a batch takes no record beyond its room");
        if self.lines.is_empty() {
            self.lines.reserve_exact(self.most as usize);
        }
        let position = self.next();
        match self.check(position, leaf, nodes) {
            Ok(Read::Entry(entry)) => {
                self.lines.push(Line::Entry {
                    at: entry.at,
                    digests: entry.digests,
                    class: entry.class,
                });
                self.mark();
                Some(Scanned::Entry(entry))
            }
            Ok(Read::Other(leaf)) => {
                self.lines.push(Line::Other(leaf));
                self.mark();
                match self.lines.last() {
                    Some(Line::Other(leaf)) => Some(Scanned::Other(leaf)),
                    Some(Line::Entry { .. }) | None => None,
                }
            }
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }

    fn mark(&mut self) {
        let size = self.next();
        if self.marks.last() == Some(&size) {
            self.marks.pop();
            self.marked.push((size, self.edge.clone()));
        }
    }

    fn check<'a>(&mut self, position: u64, leaf: &'a [u8], nodes: Option<&[u8]>) -> Result<Read<'a>, Fault> {
        let read = read(position, leaf)?;
        let hash = Hash::of_leaf(leaf);
        let Some(nodes) = nodes else {
            self.edge.append(0, hash, |_| {});
            return Ok(read);
        };
        let Some((own, mut above)) = nodes.split_first_chunk::<HASH_BYTES>() else {
            return Err(Fault::new(position, Rule::Nodes, hexadecimal(&hash.0), "none"));
        };
        if *own != hash.0 {
            let found = hexadecimal(own);
            return Err(Fault::new(position, Rule::Nodes, hexadecimal(&hash.0), found));
        }
        let mut differing = None;
        self.edge.append(0, hash, |node| {
            let found = above.split_off(..above.len().min(HASH_BYTES)).unwrap_or_default();
            if found != node.0 && differing.is_none() {
                differing = Some((hexadecimal(&node.0), hexadecimal(found)));
            }
        });
        if let Some((expected, found)) = differing {
            return Err(Fault::new(position, Rule::Nodes, expected, found));
        }
        if position + 1 == self.first + self.most {
            self.nodes_above = Some(above.to_vec());
        } else if !above.is_empty() {
            return Err(Fault::new(
                position,
                Rule::Nodes,
                "no further node",
                hexadecimal(above),
            ));
        }
        Ok(read)
    }
}

enum Read<'a> {
    Entry(EntryLine<'a>),
    Other(Box<Leaf>),
}

fn read(position: u64, leaf: &[u8]) -> Result<Read<'_>, Fault> {
    let read = match scan_entry(leaf) {
        Some(entry) => Read::Entry(entry),
        None => Read::Other(Box::new(Leaf::parse(leaf).map_err(|error| {
            Fault::new(position, Rule::Leaf, "a leaf in its canonical form", error)
        })?)),
    };
    let (found, refers_to) = match &read {
        Read::Entry(entry) => (entry.position, entry.follows),
        Read::Other(leaf) => (leaf.position, last_reference(&leaf.body)),
    };
    if found != position {
        return Err(Fault::new(position, Rule::Position, position, found));
    }
    match refers_to {
        Some(to) if to >= position => Err(Fault::new(
            position,
            Rule::Reference,
            format!("a record before {position}"),
            to,
        )),
        _ => Ok(read),
    }
}

/// The last record to which this one refers.
fn last_reference(body: &Body) -> Option<u64> {
    match body {
        Body::Entry(entry) => entry.follows,
        Body::ShiftClose { shift } => Some(*shift),
        Body::Void { of, .. } | Body::Incident { of, .. } => Some(*of),
        Body::Finding { of, .. } | Body::Note { of } => *of,
        Body::Export { disclosed, .. } => disclosed.iter().max().copied(),
        // What is told of so many records stands behind them.
        Body::Inspection { size, .. } | Body::Restore { size, .. } => size.checked_sub(1),
        Body::Genesis { .. }
        | Body::Boot { .. }
        | Body::Shutdown
        | Body::Clock { .. }
        | Body::Person { .. }
        | Body::Login
        | Body::Logout
        | Body::Authfail { .. }
        | Body::Lockout { .. }
        | Body::ShiftOpen
        | Body::Policy(_)
        | Body::Register { .. }
        | Body::Retention(_)
        | Body::Hold { .. }
        | Body::Erase { .. }
        | Body::KeyChange { .. } => None,
    }
}
