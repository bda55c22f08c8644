//! The audit walk: every record in order, against the rules of the ledger and against what others know of it.
//!
//! Told the leaves and nothing else it finds whatever contradicts itself: a record that was edited, dropped,
//! swapped or doubled, a clock that jumped without a record, an erasure that came early. With the stored nodes it
//! names the very record. What it cannot find alone is a ledger that was written anew from some record on by
//! whoever holds the gate's key: for that it must be told a seal or a cosignature from before
//! ([`Statement`]). Records behind the last of these ([`Report::vouched`]) rest on the gate's word alone.
//!
//! Memory does not grow with the ledger, but for a few bytes for each day whose disclosures are kept.

mod batch;
mod erasure;
mod fault;
mod parallel;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

pub use batch::{Batch, MOST_RECORDS_OF_A_BATCH, Scanned};
use batch::{Edge, Line};
use erasure::Erasures;
use fault::hexadecimal;
pub use fault::{Fault, MOST_WARNINGS, Report, Rule, Warning, WarningKind};
pub use parallel::{Source, walk};
pub use statement::{COSIGNATURE_SKEW_MS, Statement};
use statement::{Statements, TimeBounds};

use crate::body::{Body, KeyChangeReason};
use crate::leaf::Leaf;
use crate::note::{KeyKind, KeyName, VerifierKey};
use crate::retention::HeldDays;
use crate::seal::Seal;
use crate::time::{LedgerClock, Moment, TimeFault};
use crate::tree::Hash;

/// What the verifier brings along.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The ledger that is meant; `None` takes whatever it says it is.
    pub origin: Option<KeyName>,
    /// Keys of which one must be the ledger's first; none takes whatever it says.
    pub keys: Vec<VerifierKey>,
    /// What others know of it.
    pub statements: Vec<Statement>,
}

/// The walk, from the first record to the last.
#[derive(Debug)]
pub struct Audit {
    trusted: Vec<VerifierKey>,
    origin: Option<KeyName>,
    statements: Statements,
    bounds: TimeBounds,
    /// What was pushed and not yet taken in.
    batch: Batch,
    edge: Edge,
    clock: LedgerClock,
    /// The gate's keys and the position of the first record whose head each signs.
    keys: Vec<(u64, VerifierKey)>,
    erasures: Erasures,
    entries: u64,
    kinds: BTreeMap<&'static str, u64>,
    open_shifts: BTreeSet<u64>,
    was_shut_down: bool,
    warnings: Vec<Warning>,
    /// How many there were of each kind.
    warned: BTreeMap<WarningKind, u64>,
}

impl Audit {
    /// A walk that has not begun.
    #[must_use]
    pub fn new(trust: Trust) -> Audit {
        let statements = Statements::new(trust.statements);
        Audit {
            trusted: trust.keys,
            origin: trust.origin,
            bounds: statements.time_bounds(),
            batch: Batch::new(0, &statements.marks()),
            statements,
            edge: Edge::default(),
            clock: LedgerClock::default(),
            keys: Vec::new(),
            erasures: Erasures::default(),
            entries: 0,
            kinds: BTreeMap::new(),
            open_shifts: BTreeSet::new(),
            was_shut_down: false,
            warnings: Vec::new(),
            warned: BTreeMap::new(),
        }
    }

    /// Records that were taken in.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The sizes of the tree of which a root is asked, for [`Batch::new`].
    #[must_use]
    pub fn marks(&self) -> Vec<u64> {
        self.statements.marks()
    }

    /// The next record, where the caller reads them one by one. A fault may be told some records later.
    ///
    /// # Errors
    /// The first [`Fault`]; the walk ends there.
    pub fn push(&mut self, leaf: &[u8], nodes: Option<&[u8]>) -> Result<(), Fault> {
        self.batch.push(leaf, nodes);
        match self.batch.room() {
            0 => self.flush(),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let next = Batch::new(self.batch.next(), &self.statements.marks());
        let batch = std::mem::replace(&mut self.batch, next);
        self.take(batch)
    }

    /// The next batch, which must begin where the last one ended.
    ///
    /// # Errors
    /// The first [`Fault`]; the walk ends there.
    ///
    /// # Panics
    /// For a batch that begins elsewhere.
    pub fn take(&mut self, batch: Batch) -> Result<(), Fault> {
        assert_eq!(batch.first, self.size(), "batches follow each other");
        let mut marked = batch.marked.into_iter();
        let mut mark = marked.next();
        for (position, line) in (batch.first..).zip(&batch.lines) {
            match line {
                Line::Entry { at, digests, class } => {
                    if position == 0 {
                        return Err(Fault::new(0, Rule::Genesis, "genesis", "entry"));
                    }
                    self.time(position, at, None)?;
                    self.erasures.count(self.clock.day(at.wall_ms), *class, *digests);
                    self.entries += 1;
                    self.was_shut_down = false;
                }
                Line::Other(leaf) => self.other(leaf)?,
            }
            if let Some((size, edge)) = mark.take_if(|(size, _)| *size == position + 1) {
                let root = self.root_with(&edge);
                self.check_statements(size, root)?;
                mark = marked.next();
            }
        }
        if let Some(fault) = batch.fault {
            return Err(fault);
        }
        self.grow(&batch.edge, batch.nodes_above.as_deref())?;
        self.batch = Batch::new(self.size(), &self.statements.marks());
        Ok(())
    }

    /// The end of the ledger.
    ///
    /// # Errors
    /// The first [`Fault`]: one that was not told yet, or that the ledger is shorter than somebody saw it.
    pub fn finish(mut self) -> Result<Report, Fault> {
        self.flush()?;
        let size = self.size();
        let root = self.edge.root();
        if size == 0 {
            return Err(Fault::new(0, Rule::Genesis, "genesis", "no record"));
        }
        self.statements
            .check_rest(size, &root, self.origin.as_ref(), &self.keys)?;
        // The last shift may well be open; whatever was opened before it was forgotten.
        self.open_shifts.pop_last();
        for shift in std::mem::take(&mut self.open_shifts) {
            self.warn(shift, WarningKind::ShiftNeverClosed);
        }
        let now_ms = self
            .clock
            .last()
            .map_or(0, |last| self.clock.time_ms(last.wall_ms));
        let erasures = std::mem::take(&mut self.erasures).end(now_ms);
        if erasures.late {
            self.warn(size - 1, WarningKind::LateErasure);
        }
        if self.entries > 0 {
            *self.kinds.entry("entry").or_default() += self.entries;
        }
        Ok(Report {
            origin: self.origin,
            size,
            root,
            kinds: self.kinds,
            days: erasures.days,
            disclosures: erasures.kept,
            vouched: self.statements.vouched(),
            warnings: self.warnings,
            warned: self.warned,
        })
    }

    #[inline]
    fn time(&mut self, position: u64, at: &Moment, step: Option<i64>) -> Result<(), Fault> {
        let last = self.clock.last();
        match self.clock.advance(at, step) {
            Ok(None) => {}
            Ok(Some(start)) => self.erasures.start(&start),
            // Before there were keys there were no clock records either: the clock is taken at its word.
            Err(_) if self.keys.is_empty() && step.is_none() => {
                self.clock = LedgerClock::resume(*at, *at, 0);
                self.erasures.lose_date();
            }
            Err(fault) => return Err(time_fault(position, at, last, step, fault)),
        }
        self.bounds.check(position, at.wall_ms)
    }

    /// Everything but an entry that was read in one pass.
    fn other(&mut self, leaf: &Leaf) -> Result<(), Fault> {
        let position = leaf.position;
        let is_genesis = matches!(leaf.body, Body::Genesis { .. });
        if is_genesis != (position == 0) {
            let expected = if is_genesis { "another kind" } else { "genesis" };
            return Err(Fault::new(position, Rule::Genesis, expected, leaf.body.kind()));
        }
        let step = match leaf.body {
            Body::Clock { step } => Some(step),
            _ => None,
        };
        self.time(position, &leaf.at, step)?;
        let digests = u16::try_from(leaf.digests.len()).expect("4,096 bytes hold fewer digests");
        let today = self.clock.day(leaf.at.wall_ms);
        self.erasures.count(today, leaf.body.retention_class(), digests);
        *self.kinds.entry(leaf.body.kind()).or_default() += 1;
        self.keys(leaf)?;
        self.course(leaf)
    }

    /// What follows from a record for those behind it.
    fn course(&mut self, leaf: &Leaf) -> Result<(), Fault> {
        let (position, body) = (leaf.position, &leaf.body);
        match body {
            Body::Boot { .. } => {
                let has_started = self.kinds.get("boot").is_some_and(|boots| *boots > 1);
                if has_started && !self.was_shut_down {
                    self.warn(position, WarningKind::NoShutdown);
                }
            }
            Body::ShiftOpen => {
                self.open_shifts.insert(position);
            }
            Body::ShiftClose { shift } => {
                self.open_shifts.remove(shift);
            }
            Body::Retention(policy) => self.erasures.set(*policy, self.clock.shift_ms()),
            Body::Hold { from, to, on } => {
                let (from, to) = (*from, *to);
                self.erasures.hold(HeldDays { from, to }, *on);
            }
            Body::Erase {
                class,
                from,
                to,
                count,
            } => {
                let now_ms = self.clock.time_ms(leaf.at.wall_ms);
                let is_late = self
                    .erasures
                    .erase(position, *class, (*from, *to), *count, now_ms)?;
                if is_late {
                    self.warn(position, WarningKind::LateErasure);
                }
            }
            Body::Restore { .. } => self.warn(position, WarningKind::Restored),
            _ => {}
        }
        self.was_shut_down = matches!(body, Body::Shutdown);
        Ok(())
    }

    fn keys(&mut self, leaf: &Leaf) -> Result<(), Fault> {
        let position = leaf.position;
        let (text, from) = match &leaf.body {
            Body::Genesis { key: Some(key), .. } => (key, position),
            Body::KeyChange { key, reason } => {
                let is_first = *reason == KeyChangeReason::First;
                if is_first != self.keys.is_empty() {
                    let expected = if is_first {
                        "a later change"
                    } else {
                        "the first key"
                    };
                    return Err(Fault::new(position, Rule::Key, expected, "the other"));
                }
                // A change is signed with the old key; the first key has no older one.
                (key, if is_first { position } else { position + 1 })
            }
            _ => return Ok(()),
        };
        let key: VerifierKey = text
            .parse()
            .ok()
            .filter(|key: &VerifierKey| key.kind() == KeyKind::Note)
            .ok_or_else(|| Fault::new(position, Rule::Key, "a verifier key", "another text"))?;
        if self.origin.as_ref().is_some_and(|origin| origin != key.name()) {
            let expected = self.origin.as_ref().map_or("", KeyName::as_str);
            return Err(Fault::new(position, Rule::Origin, expected, key.name()));
        }
        if self.keys.is_empty() && !self.trusted.is_empty() && !self.trusted.contains(&key) {
            return Err(Fault::new(position, Rule::Key, "a key that is trusted", &key));
        }
        if self.keys.iter().any(|(_, known)| known.bytes() == key.bytes()) {
            return Err(Fault::new(position, Rule::Key, "a new key", "one of before"));
        }
        if self.keys.is_empty() && position > 0 {
            self.warn(position, WarningKind::BeforeKeys);
            self.clock = LedgerClock::resume(leaf.at, leaf.at, 0);
        }
        self.origin = Some(key.name().clone());
        self.keys.push((from, key));
        Ok(())
    }

    fn check_statements(&mut self, size: u64, root: Hash) -> Result<(), Fault> {
        self.statements
            .check_at(size, &root, self.origin.as_ref(), &self.keys)
    }

    fn root_with(&self, batch: &Edge) -> Hash {
        let mut edge = self.edge.clone();
        batch
            .peaks()
            .iter()
            .for_each(|(level, root)| edge.append(*level, *root, |_| {}));
        edge.root()
    }

    /// Takes the subtrees of a batch in; of a full one the last record also completes nodes above it.
    fn grow(&mut self, batch: &Edge, stored: Option<&[u8]>) -> Result<(), Fault> {
        let mut above = Vec::new();
        for (level, root) in batch.peaks() {
            self.edge
                .append(*level, *root, |node| above.extend_from_slice(&node.0));
        }
        match stored {
            Some(found) if found != above => {
                let position = self.size() - 1;
                let (expected, found) = (hexadecimal(&above), hexadecimal(found));
                Err(Fault::new(position, Rule::Nodes, expected, found))
            }
            _ => Ok(()),
        }
    }

    fn warn(&mut self, position: u64, kind: WarningKind) {
        let warned = self.warned.entry(kind).or_default();
        *warned += 1;
        if *warned <= MOST_WARNINGS {
            self.warnings.push(Warning { position, kind });
        }
    }

    /// The seal of what was taken in so far, where the ledger has an origin.
    #[must_use]
    pub fn seal(&self) -> Option<Seal> {
        self.origin.clone().map(|origin| Seal {
            origin,
            size: self.size(),
            root: self.edge.root(),
        })
    }
}

fn time_fault(
    position: u64,
    at: &Moment,
    last: Option<Moment>,
    step: Option<i64>,
    fault: TimeFault,
) -> Fault {
    match fault {
        TimeFault::Monotonic => {
            let (boot, ms) = last.map_or((0, 0), |last| (last.boot, last.monotonic_ms));
            let expected = format!("at least boot {boot} at {ms} ms");
            let found = format!("boot {} at {} ms", at.boot, at.monotonic_ms);
            Fault::new(position, Rule::Monotonic, expected, found)
        }
        TimeFault::UnrecordedStep(step) => Fault::new(
            position,
            Rule::Clock,
            format!("a clock record of {step} ms"),
            "none",
        ),
        TimeFault::WrongStep(found) => {
            let expected = format!("{} ms", step.unwrap_or(0));
            Fault::new(position, Rule::Clock, expected, format!("{found} ms"))
        }
    }
}
