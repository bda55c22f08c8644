//! One transaction on the ledger: leaves, nodes, disclosures, and the signature over all of it.

use std::ops::Deref;

use gatepost_ledger::tree::Hash;
use gatepost_ledger::{
    Body, Disclosed, Disclosure, Field, Leaf, LedgerDay, Moment, PersonNumber, RetentionClass, Seal,
};
use rusqlite::{Transaction, named_params};
use zeroize::Zeroizing;

use crate::append::NewRecord;
use crate::day_keys::{DayKeyFile, DayKeys, KeyOf, SharedDayKeys};
use crate::erase::unused_keys;
use crate::keys::{Token, random};
use crate::tail::{Identity, Tail};
use crate::{KeyVault, Secret, StoreError, disclosures};

/// The end of the ledger after a transaction, and the keys of the days where it read their file.
pub(crate) type Written = (Tail, Option<DayKeys>);

/// Where a record stands and under which key its disclosures are.
pub(crate) struct Placed {
    pub(crate) position: u64,
    pub(crate) key: KeyOf,
}

/// Where the keys of the days are kept.
#[derive(Clone, Copy)]
pub(crate) struct Keeper<'a> {
    /// As they were read last.
    pub(crate) day_keys: &'a SharedDayKeys,
    pub(crate) file: &'a DayKeyFile,
    pub(crate) vault: &'a dyn KeyVault,
}

impl Keeper<'_> {
    /// The keys in the file but those whose days are erased, and whether there were any of these: whoever recorded
    /// the erasure may not have come to destroying them yet, and must not be undone.
    pub(crate) fn load(&self, lock: &Transaction<'_>) -> Result<(DayKeys, bool), StoreError> {
        let mut keys = self.file.load(self.vault)?;
        let unused = unused_keys(lock, &keys)?;
        for key in &unused {
            keys.remove(*key);
        }
        Ok((keys, !unused.is_empty()))
    }
}

/// The file with the keys of the days as it was read under the lock of a transaction, and what is to become of it.
struct InFile {
    keys: DayKeys,
    /// It still holds keys of erased days.
    holds_erased: bool,
    is_to_be_saved: bool,
}

/// A transaction in the making. Reads as one of SQLite's.
pub(crate) struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    tail: Tail,
    keeper: Keeper<'a>,
    /// Read when a key is wanted that is not known yet. That is once a day.
    in_file: Option<InFile>,
    /// Who signs from the next record on.
    successor: Option<Identity>,
    appended: bool,
    /// Reused from record to record.
    completed: Vec<u8>,
}

impl<'a> Deref for Writing<'a> {
    type Target = Transaction<'a>;

    fn deref(&self) -> &Transaction<'a> {
        self.transaction
    }
}

impl<'a> Writing<'a> {
    pub(crate) fn begin(transaction: &'a Transaction<'a>, tail: Tail, keeper: Keeper<'a>) -> Writing<'a> {
        Writing {
            transaction,
            tail,
            keeper,
            in_file: None,
            successor: None,
            appended: false,
            completed: Vec::new(),
        }
    }

    /// Says who signs a ledger that has no key yet.
    pub(crate) fn identify(&mut self, identity: Identity) {
        self.tail.identity = Some(identity);
    }

    /// Says who signs from the next record on: the last one was the key change that names it.
    pub(crate) fn succeed(&mut self, identity: Identity) {
        self.successor = Some(identity);
    }

    /// The highest boot number so far.
    pub(crate) fn last_boot(&self) -> u32 {
        self.tail.clock.last().map_or(0, |last| last.boot)
    }

    pub(crate) fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Appends a record and returns its position.
    pub(crate) fn append(&mut self, record: &NewRecord) -> Result<u64, StoreError> {
        Ok(self.append_with(record, Vec::new())?.position)
    }

    /// Appends a record with what it discloses; before it, what has to be said about the clock.
    pub(crate) fn append_with(
        &mut self,
        record: &NewRecord,
        disclosed: Vec<(Field, Disclosed)>,
    ) -> Result<Placed, StoreError> {
        let at = self.settle_clock(record.at, &record.gate)?;
        let disclosures = disclosed
            .into_iter()
            .map(|(field, value)| Ok(Disclosure::new(field, value, &random()?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let position = self.push(at, &record.gate, record.by, &record.body, &disclosures)?;
        let key = (record.body.retention_class(), self.tail.clock.day(at.wall_ms));
        for disclosure in &disclosures {
            self.disclose(key, position, disclosure)?;
        }
        Ok(Placed { position, key })
    }

    /// Seals a disclosure of a record under the key of its day, which is made where there is none.
    pub(crate) fn disclose(
        &mut self,
        of: KeyOf,
        position: u64,
        disclosure: &Disclosure,
    ) -> Result<(), StoreError> {
        let key = self.day_key(of)?;
        let identity = self.tail.identity.as_ref().ok_or(StoreError::NotSetUp)?;
        disclosures::insert(self.transaction, &identity.origin, &key, of, position, disclosure)
    }

    /// Writes down that a code was seen: in a way that nobody can tell without the day's key.
    pub(crate) fn see(&mut self, day: LedgerDay, token: Token, position: u64) -> Result<(), StoreError> {
        let key = self.day_key((RetentionClass::Visitor, day))?;
        self.transaction
            .prepare_cached("INSERT INTO sightings (day, token, i) VALUES (:day, :token, :i)")?
            .execute(named_params! { ":day": day.0, ":token": token.sighting(&key), ":i": position })?;
        Ok(())
    }

    /// Signs what was appended and keeps the new day keys. Returns `None` where nothing was appended.
    pub(crate) fn finish(mut self) -> Result<Option<Written>, StoreError> {
        if !self.appended {
            return Ok(None);
        }
        let identity = self.tail.identity.as_ref().ok_or(StoreError::NotSetUp)?;
        let seal = Seal {
            origin: identity.origin.clone(),
            size: self.tail.frontier.size(),
            root: self.tail.frontier.root(),
        };
        let head = identity.signer.sign(seal.to_text().as_bytes());
        self.transaction
            .prepare_cached("UPDATE records SET head = :head WHERE i = :i")?
            .execute(named_params! { ":head": head, ":i": seal.size - 1 })?;
        if let Some(in_file) = &self.in_file
            && in_file.is_to_be_saved
        {
            // Before the commit: what is sealed with a key must not outlive it by a power cut.
            let Keeper { file, vault, .. } = self.keeper;
            if in_file.holds_erased {
                file.save_under_new_secret(vault, &in_file.keys)?;
            } else {
                file.save(vault, &in_file.keys)?;
            }
        }
        if let Some(successor) = self.successor.take() {
            self.tail.identity = Some(successor);
        }
        Ok(Some((self.tail, self.in_file.map(|in_file| in_file.keys))))
    }

    /// Says in records of their own what the ledger has to know of the clocks before a record at `at`, and returns
    /// the moment that the record gets.
    pub(crate) fn settle_clock(&mut self, at: Moment, gate: &str) -> Result<Moment, StoreError> {
        let given = at.boot;
        let at = match self.tail.renumbered {
            Some((before, boot)) if before == given => Moment { boot, ..at },
            _ => at,
        };
        let Some(last) = self.tail.clock.last() else {
            return Ok(at);
        };
        if (at.boot, at.monotonic_ms) >= (last.boot, last.monotonic_ms) {
            self.record_step(at, gate)?;
            return Ok(at);
        }
        // Another program has written on the same data since: this run goes on under a number of its own.
        let boot = last.boot + 1;
        let at = Moment { boot, ..at };
        self.record_step(at, gate)?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.push(at, gate, None, &Body::Boot { version }, &[])?;
        self.tail.renumbered = Some((given, boot));
        Ok(at)
    }

    fn record_step(&mut self, at: Moment, gate: &str) -> Result<(), StoreError> {
        if let Some(step) = self.tail.clock.step_before(&at) {
            self.push(at, gate, None, &Body::Clock { step }, &[])?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        at: Moment,
        gate: &str,
        by: Option<PersonNumber>,
        body: &Body,
        disclosures: &[Disclosure],
    ) -> Result<u64, StoreError> {
        if let Some(successor) = self.successor.take() {
            self.tail.identity = Some(successor);
        }
        let mut digests: Vec<_> = disclosures.iter().map(Disclosure::digest).collect();
        digests.sort_unstable();
        let leaf = Leaf {
            position: self.tail.frontier.size(),
            at,
            gate: gate.to_owned(),
            by,
            body: body.clone(),
            digests,
        };
        let step = match body {
            Body::Clock { step } => Some(*step),
            _ => None,
        };
        self.push_bytes(&at, body.kind(), step, &leaf.to_bytes()?)?;
        Ok(leaf.position)
    }

    fn push_bytes(
        &mut self,
        at: &Moment,
        kind: &'static str,
        step: Option<i64>,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let position = self.tail.frontier.size();
        self.completed.clear();
        self.tail
            .frontier
            .append(Hash::of_leaf(bytes), &mut self.completed);
        self.transaction
            .prepare_cached("INSERT INTO records (i, kind, leaf, nodes) VALUES (:i, :kind, :leaf, :nodes)")?
            .execute(named_params! {
                ":i": position, ":kind": kind, ":leaf": bytes, ":nodes": self.completed
            })?;
        self.tail
            .clock
            .advance(at, step)
            .expect("steps were recorded and the monotonic clock was compared before");
        self.appended = true;
        Ok(())
    }

    /// Appends a leaf that the caller wrote for the next position and a moment that was settled.
    pub(crate) fn append_bytes(
        &mut self,
        at: &Moment,
        kind: &'static str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.push_bytes(at, kind, None, bytes)
    }

    /// The key of a day, which is made where there is none. An erasure is never in the same transaction: until it is
    /// committed its keys are in use.
    fn day_key(&mut self, of: KeyOf) -> Result<Secret, StoreError> {
        if self.in_file.is_none() {
            if let Some(key) = self.keeper.day_keys.read().key(of) {
                return Ok(key.clone());
            }
            // What is in memory may be older than what another program made or destroyed meanwhile.
            let (keys, holds_erased) = self.keeper.load(self.transaction)?;
            self.in_file = Some(InFile {
                keys,
                holds_erased,
                is_to_be_saved: false,
            });
        }
        let in_file = self.in_file.as_mut().expect("read above");
        if let Some(key) = in_file.keys.key(of) {
            return Ok(key.clone());
        }
        let key: Secret = Zeroizing::new(random()?);
        in_file.keys.insert(of, key.clone());
        in_file.is_to_be_saved = true;
        Ok(key)
    }
}
