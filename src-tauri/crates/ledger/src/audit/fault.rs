//! What the walk finds.

use std::collections::BTreeMap;
use std::fmt;

use crate::body::RetentionClass;
use crate::note::KeyName;
use crate::time::LedgerDay;
use crate::tree::Hash;

/// A rule of the ledger, by a word that never changes meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A record is missing, or there is one too many.
    Missing,
    /// The bytes are a leaf in its one canonical form.
    Leaf,
    /// A record stands at the position that it states.
    Position,
    /// A record refers only to records before it.
    Reference,
    /// The stored hashes are those of the records.
    Nodes,
    /// The first record is the genesis, and no other is.
    Genesis,
    /// Boot and monotonic clock never go back.
    Monotonic,
    /// A step of the wall clock stands in a clock record, and as it was.
    Clock,
    /// Keys follow each other as the ledger says, from one that the verifier trusts.
    Key,
    /// The gate's signature over so many records.
    Head,
    /// A seal, a cosignature or a key is of this very ledger.
    Origin,
    /// A seal is signed by a key of the ledger.
    Seal,
    /// A cosignature verifies, with a key that is not weak.
    Cosignature,
    /// The ledger is at least as long as a seal of it.
    Truncated,
    /// The ledger begins with the very records that were sealed.
    Forked,
    /// The wall clock of a record fits the time at which a witness saw what is before or behind it.
    BackDated,
    /// Disclosures are not erased before their time.
    EraseEarly,
    /// Nothing is erased while it is on hold.
    EraseHeld,
    /// An erasure destroys as many disclosures as it says.
    EraseCount,
    /// The column `kind` is the kind of the record.
    Kind,
    /// A disclosure that was not erased is there, and opens to what the leaf commits to.
    Disclosure,
    /// A disclosure that was erased is gone, and there is none that no leaf commits to.
    DisclosureLeft,
    /// The table of entries says what the leaves say.
    Entries,
    /// The table of voids says what the leaves say.
    Voids,
    /// The tables of shifts say what the leaves say.
    Shifts,
    /// The table of codes that were seen before refers to entries that are kept.
    Sightings,
    /// The table of cosignatures says what the inspections say.
    Inspections,
    /// Tables, indexes and triggers are those that this program makes. A changed row is told before it.
    Schema,
}

impl Rule {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Rule::Missing => "missing",
            Rule::Leaf => "leaf",
            Rule::Position => "position",
            Rule::Reference => "reference",
            Rule::Nodes => "nodes",
            Rule::Genesis => "genesis",
            Rule::Monotonic => "monotonic",
            Rule::Clock => "clock",
            Rule::Key => "key",
            Rule::Head => "head",
            Rule::Origin => "origin",
            Rule::Seal => "seal",
            Rule::Cosignature => "cosignature",
            Rule::Truncated => "truncated",
            Rule::Forked => "forked",
            Rule::BackDated => "back_dated",
            Rule::EraseEarly => "erase_early",
            Rule::EraseHeld => "erase_held",
            Rule::EraseCount => "erase_count",
            Rule::Kind => "kind",
            Rule::Disclosure => "disclosure",
            Rule::DisclosureLeft => "disclosure_left",
            Rule::Entries => "entries",
            Rule::Voids => "voids",
            Rule::Shifts => "shifts",
            Rule::Sightings => "sightings",
            Rule::Inspections => "inspections",
            Rule::Schema => "schema",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// The first record that breaks a rule. What was expected and found holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {position}: {rule}: expected {expected}, found {found}")]
pub struct Fault {
    /// Where. Of a seal or cosignature that does not fit it is the last record that it covers: the change is
    /// there or before.
    pub position: u64,
    /// Which rule.
    pub rule: Rule,
    /// What should be there: a number, a word, a hash.
    pub expected: String,
    /// What is.
    pub found: String,
}

impl Fault {
    /// A fault from what can be shown.
    #[must_use]
    pub fn new(position: u64, rule: Rule, expected: impl ToString, found: impl ToString) -> Fault {
        Fault {
            position,
            rule,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

/// Something that an inspector should ask about and that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// Disclosures were destroyed, or are still there, more than a day after they were due.
    LateErasure,
    /// A shift that nobody closed.
    ShiftNeverClosed,
    /// A start that follows no proper end: a power cut, a crash, or a copy.
    NoShutdown,
    /// The ledger was put back from a backup here.
    Restored,
    /// The first key came here: what stands before was recorded without signatures and clock records.
    BeforeKeys,
}

impl WarningKind {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            WarningKind::LateErasure => "late_erasure",
            WarningKind::ShiftNeverClosed => "shift_never_closed",
            WarningKind::NoShutdown => "no_shutdown",
            WarningKind::Restored => "restored",
            WarningKind::BeforeKeys => "before_keys",
        }
    }
}

/// A warning and the record that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub position: u64,
    /// What.
    pub kind: WarningKind,
}

/// What a ledger without a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which ledger; `None` for one from before there were keys.
    pub origin: Option<KeyName>,
    /// Records.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// Records of each kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Days of ledger time that have a record.
    pub days: u32,
    /// How many digests of which class and day have a disclosure that was not erased.
    pub disclosures: BTreeMap<(RetentionClass, LedgerDay), u64>,
    /// Records that somebody outside saw: the largest size in a seal or cosignature that was told. What is behind
    /// may have been changed by whoever holds the gate's key, and no audit can tell.
    pub vouched: u64,
    /// The first of each kind, at most [`MOST_WARNINGS`]: many of one kind must not hide another.
    pub warnings: Vec<Warning>,
    /// How many of each kind there are, all of them.
    pub warned: BTreeMap<WarningKind, u64>,
}

/// So many warnings of a kind are told one by one.
pub const MOST_WARNINGS: u64 = 1000;

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "none".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
