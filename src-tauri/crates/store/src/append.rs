//! Writing: the only place where records come into being.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{Datelike, NaiveDate};
use gatepost_codes::Personal;
use gatepost_ledger::{Body, Entry, Leaf, Moment, PersonNumber, VoidReason};
use gatepost_rules::BodyTemperature;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, named_params};
use zeroize::Zeroizing;

use crate::entries::Reader;
use crate::keys::{Keys, SealedField, Token, random};
use crate::schema;
use crate::{KeyItem, KeyVault, StoreError, settings};

/// A record before it has a position.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// When.
    pub at: Moment,
    /// The gate.
    pub gate: String,
    /// Who, where somebody did it.
    pub by: Option<PersonNumber>,
    /// What.
    pub body: Body,
}

/// Names one press of Enter, so that an entry whose commit ended in doubt is never written twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScanId([u8; 16]);

impl ScanId {
    /// A new one: 64 random bits of this process and a counter. Neighbours in time are neighbours in the index,
    /// so that a new entry touches a page that is at hand.
    ///
    /// # Errors
    /// [`StoreError::Randomness`].
    pub fn random() -> Result<ScanId, StoreError> {
        static PROCESS: OnceLock<[u8; 8]> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let process = match PROCESS.get() {
            Some(process) => process,
            None => {
                let fresh = random()?;
                PROCESS.get_or_init(|| fresh)
            }
        };
        let mut id = [0; 16];
        id[..8].copy_from_slice(process);
        id[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Ok(ScanId(id))
    }
}

/// An entry before it is written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The press of Enter.
    pub scan_id: ScanId,
    /// When.
    pub at: Moment,
    /// The local day.
    pub day: NaiveDate,
    /// Local offset from UTC, seconds east.
    pub offset_s: i32,
    /// The gate.
    pub gate: String,
    /// The guard.
    pub guard: PersonNumber,
    /// What the leaf says.
    pub entry: Entry,
    /// The exact temperature.
    pub temperature: BodyTemperature,
    /// The keyed hash of the payload, where a code was decoded.
    pub token: Option<Token>,
}

/// The one writer of a data folder.
pub struct Store {
    folder: PathBuf,
    pub(crate) keys: Keys,
    /// `None` after a fault whose outcome is unknown, until the next use opens it again.
    connection: Option<Connection>,
}

impl Store {
    /// Opens the data of `folder`; makes them where there are none.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing is overwritten in any case.
    pub fn open(folder: &Path, vault: &dyn KeyVault) -> Result<Store, StoreError> {
        let database_is_there = folder.join(schema::DATABASE_NAME).exists();
        schema::make_folder(folder)?;
        let device = match vault.load(KeyItem::Device)? {
            Some(device) => device,
            None if database_is_there => return Err(StoreError::KeyMissing),
            None => {
                let device = Zeroizing::new(random()?);
                vault.keep(KeyItem::Device, &device)?;
                device
            }
        };
        schema::make_where_missing(folder)?;
        let connection = schema::open_writer(folder)?;
        check_tail(&connection)?;
        Ok(Store {
            folder: folder.to_owned(),
            keys: Keys::of_device(&device),
            connection: Some(connection),
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A connection of its own that only reads.
    ///
    /// # Errors
    /// Any [`StoreError`] of opening.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(schema::open_reader(&self.folder)?))
    }

    /// The token of a payload.
    #[must_use]
    pub fn token(&self, payload: &[u8]) -> Token {
        self.keys.token(payload)
    }

    /// Counts this start and writes it down; returns the boot number for [`Moment::boot`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn boot(&mut self, wall_ms: i64, gate: &str, version: &str) -> Result<u32, StoreError> {
        let gate = gate.to_owned();
        let version = version.to_owned();
        self.transact(|transaction, _| {
            let boot = settings::read(transaction, "boot")?
                .map_or(Ok(0), |text| text.parse())
                .map_err(|_| StoreError::Damaged)?
                + 1_u32;
            settings::write(transaction, "boot", &boot.to_string())?;
            let at = Moment {
                wall_ms,
                boot,
                monotonic_ms: 0,
            };
            insert(
                transaction,
                &NewRecord {
                    at,
                    gate,
                    by: None,
                    body: Body::Boot { version },
                },
            )?;
            Ok(boot)
        })
    }

    /// Appends one record and returns its position once it is on the disk.
    ///
    /// # Errors
    /// Any [`StoreError`]; the record is not there then.
    pub fn append(&mut self, record: &NewRecord) -> Result<u64, StoreError> {
        self.transact(|transaction, _| insert(transaction, record))
    }

    /// Appends one entry and returns its position once it is on the disk. Called again with the same
    /// [`ScanId`] it returns the position of the entry that is already there.
    ///
    /// # Errors
    /// Any [`StoreError`]; the same entry may be tried again.
    pub fn append_entry(&mut self, new: &NewEntry) -> Result<u64, StoreError> {
        match self.transact(|transaction, _| insert_entry(transaction, new)) {
            Ok(position) => Ok(position),
            // A connection that was kept knows that nothing was written.
            Err(fault) if self.connection.is_some() => Err(fault),
            // After a failed commit nobody knows whether it happened: ask a new connection.
            Err(fault) => match self.position_of(new.scan_id) {
                Ok(Some(position)) => Ok(position),
                Ok(None) | Err(_) => Err(fault),
            },
        }
    }

    /// Appends many entries in one transaction, for imports and demonstrations; the door never does.
    ///
    /// # Errors
    /// Any [`StoreError`]; none of them is there then.
    pub fn append_entries(&mut self, new: &[NewEntry]) -> Result<Vec<u64>, StoreError> {
        self.transact(|transaction, _| new.iter().map(|new| insert_entry(transaction, new)).collect())
    }

    /// Strikes an entry through.
    ///
    /// # Errors
    /// [`StoreError::NoSuchEntry`], [`StoreError::AlreadyVoided`], or any other.
    pub fn append_void(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        of: u64,
        reason: VoidReason,
        note: Option<&Personal<String>>,
    ) -> Result<u64, StoreError> {
        let record = NewRecord {
            at,
            gate: gate.to_owned(),
            by: Some(by),
            body: Body::Void { of, reason },
        };
        self.transact(|transaction, keys| {
            let known = "SELECT EXISTS (SELECT 1 FROM voids WHERE entry = :of) FROM entries WHERE i = :of";
            let voided: Option<bool> = transaction
                .query_row(known, named_params! { ":of": of }, |row| row.get(0))
                .optional()?;
            match voided {
                None => return Err(StoreError::NoSuchEntry),
                Some(true) => return Err(StoreError::AlreadyVoided),
                Some(false) => {}
            }
            let position = insert(transaction, &record)?;
            let sealed = note
                .map(|note| keys.seal(SealedField::VoidNote(position), note))
                .transpose()?;
            transaction.execute(
                "INSERT INTO voids (i, entry, note) VALUES (:i, :entry, :note)",
                named_params! { ":i": position, ":entry": of, ":note": sealed },
            )?;
            Ok(position)
        })
    }

    fn position_of(&mut self, scan_id: ScanId) -> Result<Option<u64>, StoreError> {
        self.transact(|transaction, _| position_of(transaction, scan_id))
    }

    /// One transaction that takes the write lock at once. Where nothing was begun or everything was rolled back
    /// the connection is kept; after any other error it is dropped: what happened to the commit is then asked of
    /// a new one.
    pub(crate) fn transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &Keys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.connection.is_none() {
            self.connection = Some(schema::open_writer(&self.folder)?);
        }
        let connection = self.connection.as_mut().expect("opened above");
        attempt(connection, &self.keys, work).map_err(|ended| match ended {
            Ended::NothingWritten(fault) => fault,
            Ended::InDoubt(fault) => {
                self.connection = None;
                fault
            }
        })
    }
}

/// How a transaction ended that did not end well.
enum Ended {
    NothingWritten(StoreError),
    InDoubt(StoreError),
}

fn attempt<T>(
    connection: &mut Connection,
    keys: &Keys,
    work: impl FnOnce(&Transaction<'_>, &Keys) -> Result<T, StoreError>,
) -> Result<T, Ended> {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(|error| match StoreError::from(error) {
        StoreError::Locked => Ended::NothingWritten(StoreError::Locked),
        fault => Ended::InDoubt(fault),
    })?;
    let in_doubt = |error: rusqlite::Error| Ended::InDoubt(error.into());
    match work(&transaction, keys) {
        Ok(done) => {
            transaction.commit().map_err(in_doubt)?;
            Ok(done)
        }
        // A full disk makes SQLite roll back by itself; then this fails, and the refusal is still the reason.
        Err(refusal) => Err(match transaction.rollback() {
            Ok(()) => Ended::NothingWritten(refusal),
            Err(_) => Ended::InDoubt(refusal),
        }),
    }
}

pub(crate) fn insert(transaction: &Transaction<'_>, record: &NewRecord) -> Result<u64, StoreError> {
    let position: u64 = transaction
        .prepare_cached("SELECT coalesce(max(i) + 1, 0) FROM records")?
        .query_row([], |row| row.get(0))?;
    let leaf = Leaf {
        position,
        at: record.at,
        gate: record.gate.clone(),
        by: record.by,
        body: record.body.clone(),
        digests: vec![],
    };
    transaction
        .prepare_cached("INSERT INTO records (i, kind, leaf) VALUES (:i, :kind, :leaf)")?
        .execute(named_params! { ":i": position, ":kind": record.body.kind(), ":leaf": leaf.to_bytes()? })?;
    Ok(position)
}

fn insert_entry(transaction: &Transaction<'_>, new: &NewEntry) -> Result<u64, StoreError> {
    if let Some(position) = position_of(transaction, new.scan_id)? {
        return Ok(position);
    }
    let record = NewRecord {
        at: new.at,
        gate: new.gate.clone(),
        by: Some(new.guard),
        body: Body::Entry(new.entry.clone()),
    };
    let position = insert(transaction, &record)?;
    transaction
        .prepare_cached(
            "INSERT INTO entries (i, scan_id, t, day, offset_s, gate, guard, verdict, temperature, token, follows)
             VALUES (:i, :scan_id, :t, :day, :offset_s, :gate, :guard, :verdict, :temperature, :token, :follows)",
        )?
        .execute(named_params! {
            ":i": position,
            ":scan_id": new.scan_id.0,
            ":t": new.at.wall_ms,
            ":day": day_number(new.day),
            ":offset_s": new.offset_s,
            ":gate": new.gate,
            ":guard": new.guard.0,
            ":verdict": crate::entries::verdict_word(new.entry.verdict),
            ":temperature": new.temperature.tenths(),
            ":token": new.token.map(|token| token.0),
            ":follows": new.entry.follows,
        })?;
    Ok(position)
}

fn position_of(transaction: &Transaction<'_>, scan_id: ScanId) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT i FROM entries WHERE scan_id = :scan_id";
    let mut statement = transaction.prepare_cached(sql)?;
    Ok(statement
        .query_row(named_params! { ":scan_id": scan_id.0 }, |row| row.get(0))
        .optional()?)
}

/// A local day as `yyyymmdd`.
pub(crate) fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The last records must be there without a gap and in their canonical form; a damaged file shows here
/// rather than in the middle of a shift.
fn check_tail(connection: &Connection) -> Result<(), StoreError> {
    const TAIL: usize = 256;
    let mut statement = connection.prepare("SELECT i, leaf FROM records ORDER BY i DESC LIMIT 256")?;
    let mut rows = statement.query([])?;
    let mut newer: Option<u64> = None;
    for _ in 0..TAIL {
        let Some(row) = rows.next()? else { break };
        let position: u64 = row.get(0)?;
        let leaf = Leaf::parse(row.get_ref(1)?.as_blob().map_err(|_| StoreError::Damaged)?)
            .map_err(|_| StoreError::Damaged)?;
        if leaf.position != position || newer.is_some_and(|newer| newer != position + 1) {
            return Err(StoreError::Damaged);
        }
        newer = Some(position);
    }
    Ok(())
}
