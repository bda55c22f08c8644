//! What is kept of the ledger in memory so that the next record can be written: the right edge of the tree, the
//! clock, the key.

use std::sync::Arc;

use gatepost_ledger::note::{KeyKind, KeyName, SignerKey, VerifierKey};
use gatepost_ledger::tree::{Frontier, HASH_BYTES, Hash, NodeId, Nodes};
use gatepost_ledger::{Body, KeyChangeReason, Leaf, LedgerClock, LedgerDay, Moment, Seal, Start, scan_leaf};
use rusqlite::{Connection, OptionalExtension, Params, Statement, named_params};
use zeroize::Zeroizing;

use crate::day_keys::KeyOf;
use crate::history::History;
use crate::keys::random;
use crate::{KeyItem, KeyVault, StoreError};

/// Records that are checked at the start.
const CHECKED: u64 = 256;

/// A key of the ledger and from which record on its signature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerKey {
    /// Position of the first record that is signed with it.
    pub from: u64,
    /// The key.
    pub key: VerifierKey,
}

/// The end of the ledger. Cloned into each transaction and kept only after its commit.
#[derive(Clone)]
pub(crate) struct Tail {
    pub(crate) frontier: Frontier,
    pub(crate) clock: LedgerClock,
    /// `None` before the set-up.
    pub(crate) identity: Option<Identity>,
    /// A run that lost its boot number to another program on the same data, and the number it goes on under.
    pub(crate) renumbered: Option<(u32, u32)>,
}

/// Who signs.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) origin: KeyName,
    /// Key changes so far.
    pub(crate) generation: u32,
    pub(crate) signer: Arc<SignerKey>,
}

impl Identity {
    /// The first key of a ledger, of this generation. The seed is kept before anything is signed; one that was
    /// kept by an attempt that failed is used again.
    pub(crate) fn new(vault: &dyn KeyVault, generation: u32) -> Result<Identity, StoreError> {
        let name = format!("gatepost.local/{}/{}", random_id()?, random_id()?);
        let origin = KeyName::new(&name).expect("letters, digits and slashes are a name");
        Identity::of_seed(vault, origin, generation)
    }

    /// The key of a generation of a ledger, made where the vault has none yet.
    pub(crate) fn of_seed(
        vault: &dyn KeyVault,
        origin: KeyName,
        generation: u32,
    ) -> Result<Identity, StoreError> {
        let item = KeyItem::Signing(generation);
        let seed = match vault.load(item)? {
            Some(seed) => seed,
            None => {
                let seed = Zeroizing::new(random()?);
                vault.keep(item, &seed)?;
                seed
            }
        };
        let signer = Arc::new(SignerKey::of_seed(origin.clone(), KeyKind::Note, &seed));
        Ok(Identity {
            origin,
            generation,
            signer,
        })
    }
}

/// 48 random bits, hexadecimal.
fn random_id() -> Result<String, StoreError> {
    Ok(random::<6>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Tail {
    /// Reads the end of the ledger and checks it: the last records stand without a gap, in canonical form and
    /// under their own hashes, and the gate's key signed all of it.
    pub(crate) fn load(connection: &Connection, vault: &dyn KeyVault) -> Result<Tail, StoreError> {
        let size = size(connection)?;
        let stored = StoredNodes(connection);
        let mut tail = Tail {
            frontier: Frontier::load(&stored, size.saturating_sub(CHECKED))?,
            clock: LedgerClock::default(),
            identity: None,
            renumbered: None,
        };
        if size == 0 {
            return Ok(tail);
        }
        tail.check_last(connection)?;
        tail.clock = History::read(connection)?.clock;
        let keys = keys(connection)?;
        tail.check_head(connection, &keys)?;
        let generation = generation(connection)?;
        let seed = vault
            .load(KeyItem::Signing(generation))?
            .ok_or(StoreError::KeyMissing)?;
        let newest = &keys.last().ok_or(StoreError::Damaged)?.key;
        let signer = SignerKey::of_seed(newest.name().clone(), KeyKind::Note, &seed);
        if signer.verifier() != *newest {
            return Err(StoreError::KeyMissing);
        }
        tail.identity = Some(Identity {
            origin: newest.name().clone(),
            generation,
            signer: Arc::new(signer),
        });
        Ok(tail)
    }

    /// The day of ledger time at `at`, a step of the wall clock before it taken off.
    pub(crate) fn day(&self, at: &Moment) -> LedgerDay {
        LedgerDay::at(self.time_ms(at).0)
    }

    /// Ledger time at `at`, a step of the wall clock before it taken off, and the start where `at` is the first
    /// moment of one.
    pub(crate) fn time_ms(&self, at: &Moment) -> (i64, Option<Start>) {
        let mut clock = self.clock;
        // A clock that cannot go on says the time it stands at.
        let start = clock.advance(at, clock.step_before(at)).ok().flatten();
        (clock.time_ms(at.wall_ms), start)
    }

    fn check_last(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "SELECT i, leaf, nodes FROM records WHERE i >= :from ORDER BY i";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(named_params! { ":from": self.frontier.size() })?;
        let mut completed = Vec::new();
        while let Some(row) = rows.next()? {
            let blob = |column| row.get_ref(column)?.as_blob().map_err(|_| StoreError::Damaged);
            let bytes = blob(1)?;
            let leaf = parsed(bytes)?;
            let position: u64 = row.get(0)?;
            if leaf.position != position || position != self.frontier.size() {
                return Err(StoreError::Damaged);
            }
            completed.clear();
            self.frontier.append(Hash::of_leaf(bytes), &mut completed);
            if blob(2)? != completed {
                return Err(StoreError::Damaged);
            }
        }
        Ok(())
    }

    fn check_head(&self, connection: &Connection, keys: &[LedgerKey]) -> Result<(), StoreError> {
        let size = self.frontier.size();
        let key = key_at(keys, size - 1).ok_or(StoreError::Damaged)?;
        let head = head(connection, size - 1)?.ok_or(StoreError::Damaged)?;
        let seal = Seal {
            origin: key.name().clone(),
            size,
            root: self.frontier.root(),
        };
        key.verify(seal.to_text().as_bytes(), &head)
            .map_err(|_| StoreError::Damaged)
    }
}

/// Records there are.
pub(crate) fn size(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(i) + 1, 0) FROM records")?
        .query_row([], |row| row.get(0))?)
}

/// One record.
pub(crate) fn leaf(connection: &Connection, position: u64) -> Result<Leaf, StoreError> {
    let sql = "SELECT leaf FROM records WHERE i = :i";
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached(sql)?
        .query_row(named_params! { ":i": position }, |row| row.get(0))
        .optional()?;
    parsed(&bytes.ok_or(StoreError::NoSuchRecord)?)
}

/// The leaf in these bytes, in its one form. Nearly all are entries, which can be read in one pass.
pub(crate) fn parsed(bytes: &[u8]) -> Result<Leaf, StoreError> {
    scan_leaf(bytes)
        .map_or_else(|| Leaf::parse(bytes), Ok)
        .map_err(|_| StoreError::Damaged)
}

/// The signature over the seal of `position + 1` records, where that record ended a transaction.
pub(crate) fn head(connection: &Connection, position: u64) -> Result<Option<[u8; 64]>, StoreError> {
    let sql = "SELECT head FROM records WHERE i = :i";
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached(sql)?
        .query_row(named_params! { ":i": position }, |row| row.get(0))
        .optional()?
        .flatten();
    bytes
        .map(|bytes| bytes.try_into().map_err(|_| StoreError::Damaged))
        .transpose()
}

/// Every key of the ledger, in order.
pub(crate) fn keys(connection: &Connection) -> Result<Vec<LedgerKey>, StoreError> {
    let parse = |text: &str| text.parse::<VerifierKey>().map_err(|_| StoreError::Damaged);
    let Body::Genesis { key, .. } = leaf(connection, 0)?.body else {
        return Err(StoreError::Damaged);
    };
    let mut keys = Vec::new();
    if let Some(key) = key {
        keys.push(LedgerKey {
            from: 0,
            key: parse(&key)?,
        });
    }
    for leaf in leaves_of(connection, "key_change")? {
        let Body::KeyChange { key, reason } = leaf.body else {
            return Err(StoreError::Damaged);
        };
        // The first key of a ledger signs the very record that names it; each further one is vouched for by the
        // one before.
        let from = match reason {
            KeyChangeReason::First => leaf.position,
            KeyChangeReason::Routine | KeyChangeReason::Suspected => leaf.position + 1,
        };
        let key = parse(&key)?;
        keys.push(LedgerKey { from, key });
    }
    Ok(keys)
}

/// The key that signs the head of the record at `position`.
pub(crate) fn key_at(keys: &[LedgerKey], position: u64) -> Option<&VerifierKey> {
    let known = keys.iter().rev().find(|key| key.from <= position);
    known.map(|key| &key.key)
}

/// All records of a kind that is rare enough to have an index of its own, oldest first.
pub(crate) fn leaves_of(connection: &Connection, kind: &'static str) -> Result<Vec<Leaf>, StoreError> {
    // Word for word the condition of the index, which a bound value would not be.
    let sql = format!("SELECT leaf FROM records WHERE kind = '{kind}' ORDER BY i");
    leaves(&mut *connection.prepare_cached(&sql)?, [])
}

/// The leaves that a statement selects.
pub(crate) fn leaves(statement: &mut Statement<'_>, values: impl Params) -> Result<Vec<Leaf>, StoreError> {
    let mut rows = statement.query(values)?;
    let mut leaves = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?;
        leaves.push(Leaf::parse(bytes).map_err(|_| StoreError::Damaged)?);
    }
    Ok(leaves)
}

pub(crate) fn generation(connection: &Connection) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM records WHERE kind = 'key_change'";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// The day of ledger time of a wall clock just after the record at `until`, or now.
pub(crate) fn day_at(
    connection: &Connection,
    wall_ms: i64,
    until: Option<u64>,
) -> Result<LedgerDay, StoreError> {
    let mut shift_ms = 0_i64;
    for clock in leaves_of(connection, "clock")? {
        let Body::Clock { step } = clock.body else {
            return Err(StoreError::Damaged);
        };
        if until.is_none_or(|until| clock.position <= until) {
            shift_ms = i64::saturating_add(shift_ms, step);
        }
    }
    let any = Moment {
        wall_ms,
        boot: 0,
        monotonic_ms: 0,
    };
    Ok(LedgerClock::resume(any, any, shift_ms).day(wall_ms))
}

/// The key under which the disclosures of a record are: its class is told by its leaf, its day by the clock
/// records before it.
pub(crate) fn key_of(connection: &Connection, leaf: &Leaf) -> Result<KeyOf, StoreError> {
    let day = day_at(connection, leaf.at.wall_ms, Some(leaf.position))?;
    Ok((leaf.body.retention_class(), day))
}

/// The tree's nodes as they stand beside the records that complete them.
pub(crate) struct StoredNodes<'c>(pub(crate) &'c Connection);

impl Nodes for StoredNodes<'_> {
    type Error = StoreError;

    fn node(&self, id: NodeId) -> Result<Hash, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT nodes FROM records WHERE i = :i")?;
        let mut rows = statement.query(named_params! { ":i": id.completed_by() })?;
        let row = rows.next()?.ok_or(StoreError::NoSuchRecord)?;
        let nodes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?;
        let at = usize::from(id.level) * HASH_BYTES;
        nodes
            .get(at..at + HASH_BYTES)
            .and_then(Hash::of_bytes)
            .ok_or(StoreError::Damaged)
    }
}
