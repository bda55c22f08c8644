//! Writing: the only place where records come into being.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{Datelike, NaiveDate};
use gatepost_codes::Personal;
use gatepost_ledger::{Body, Disclosed, Entry, Field, LedgerDay, Moment, PersonNumber, VoidReason};
use gatepost_rules::BodyTemperature;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, named_params};
use zeroize::Zeroizing;

use crate::convert::convert;
use crate::day_keys::{DayKeyFile, SharedDayKeys, class_number};
use crate::entries::{Reader, band_word, verdict_word};
use crate::keys::{Keys, Token, random};
use crate::reserve::Reserve;
use crate::tail::{self, Tail};
use crate::writing::{Writing, Written};
use crate::{DiskSpace, KeyItem, KeyVault, StoreError, schema, settings};

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
pub struct ScanId(pub(crate) [u8; 16]);

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
    pub(crate) vault: Box<dyn KeyVault>,
    pub(crate) keys: Keys,
    pub(crate) day_keys: SharedDayKeys,
    pub(crate) tail: Tail,
    /// `None` after a fault whose outcome is unknown, until the next use opens it again.
    connection: Option<Connection>,
    /// Erased bytes may still stand in the write-ahead log, because a reader needed it.
    pub(crate) log_to_truncate: bool,
    reserve: Reserve,
}

impl Store {
    /// Opens the data of `folder`; makes them where there are none.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing is overwritten in any case.
    pub fn open(folder: &Path, vault: impl KeyVault + 'static) -> Result<Store, StoreError> {
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
        let keys = Keys::of_device(&device);
        schema::make_where_missing(folder)?;
        let connection = open_writer(folder, &vault, &keys)?;
        let tail = Tail::load(&connection, &vault)?;
        let day_keys = SharedDayKeys::default();
        *day_keys.write() = DayKeyFile::in_folder(folder).load(&vault)?;
        let mut store = Store {
            folder: folder.to_owned(),
            vault: Box::new(vault),
            keys,
            day_keys,
            tail,
            connection: Some(connection),
            log_to_truncate: false,
            reserve: Reserve::of_folder(folder),
        };
        // What a power cut has left of an erasure: keys, and erased bytes in the log.
        store.finish_erasure()?;
        let (connection, ..) = store.parts()?;
        schema::truncate_log_at_once(connection);
        Ok(store)
    }

    /// The connection, opened where a fault has closed it, and what erasure needs beside it.
    pub(crate) fn parts(&mut self) -> Result<(&mut Connection, &dyn KeyVault, &SharedDayKeys), StoreError> {
        if self.connection.is_none() {
            self.connection = Some(open_writer(&self.folder, &self.vault, &self.keys)?);
        }
        let connection = self.connection.as_mut().expect("opened above");
        Ok((connection, &*self.vault, &self.day_keys))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How much room there is on the disk. The reserve comes back with this call once there is room for it.
    ///
    /// # Errors
    /// A file error when the system does not say how much is free.
    pub fn disk_space(&mut self) -> Result<DiskSpace, StoreError> {
        self.reserve.space()
    }

    /// A connection of its own that only reads.
    ///
    /// # Errors
    /// Any [`StoreError`] of opening.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::new(schema::open_reader(&self.folder)?, self.day_keys.clone())
    }

    /// The token of a payload.
    #[must_use]
    pub fn token(&self, payload: &[u8]) -> Token {
        self.keys.token(payload)
    }

    /// Counts this start and writes it down; returns the boot number for [`Moment::boot`]. `monotonic_ms` is that
    /// clock now, as in every [`Moment`] of this run.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn boot(
        &mut self,
        wall_ms: i64,
        monotonic_ms: u64,
        gate: &str,
        version: &str,
    ) -> Result<u32, StoreError> {
        self.transact(|writing, _| {
            let counted: u32 = settings::read(writing, "boot")?
                .map_or(Ok(0), |text| text.parse())
                .map_err(|_| StoreError::Damaged)?;
            let boot = counted.max(writing.last_boot()) + 1;
            settings::write(writing, "boot", &boot.to_string())?;
            let at = Moment {
                wall_ms,
                boot,
                monotonic_ms,
            };
            let record = NewRecord {
                at,
                gate: gate.to_owned(),
                by: None,
                body: Body::Boot {
                    version: version.to_owned(),
                },
            };
            writing.append(&record)?;
            Ok(boot)
        })
    }

    /// Appends one record and returns its position once it is on the disk.
    ///
    /// # Errors
    /// Any [`StoreError`]; the record is not there then.
    pub fn append(&mut self, record: &NewRecord) -> Result<u64, StoreError> {
        self.append_with(record, Vec::new())
    }

    /// Appends one record with what it discloses, and returns its position once it is on the disk. The leaf
    /// carries the digests; the values are sealed beside it until they are erased.
    ///
    /// # Errors
    /// Any [`StoreError`]; the record is not there then.
    pub fn append_with(
        &mut self,
        record: &NewRecord,
        disclosed: Vec<(Field, Disclosed)>,
    ) -> Result<u64, StoreError> {
        self.transact(|writing, _| Ok(writing.append_with(record, disclosed.clone())?.position))
    }

    /// Appends one entry and returns its position once it is on the disk. Called again with the same
    /// [`ScanId`] it returns the position of the entry that is already there.
    ///
    /// # Errors
    /// Any [`StoreError`]; the same entry may be tried again.
    pub fn append_entry(&mut self, new: &NewEntry) -> Result<u64, StoreError> {
        match self.transact(|writing, _| insert_entry(writing, new)) {
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
        self.transact(|writing, _| new.iter().map(|new| insert_entry(writing, new)).collect())
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
        let note = note.map(|note| (Field::Note, Disclosed::Text(note.expose().clone())));
        self.transact(|writing, _| {
            let known = "SELECT EXISTS (SELECT 1 FROM voids WHERE entry = :of) FROM entries WHERE i = :of";
            let voided: Option<bool> = writing
                .query_row(known, named_params! { ":of": of }, |row| row.get(0))
                .optional()?;
            match voided {
                None => return Err(StoreError::NoSuchEntry),
                Some(true) => return Err(StoreError::AlreadyVoided),
                Some(false) => {}
            }
            let position = writing
                .append_with(&record, note.clone().into_iter().collect())?
                .position;
            writing.execute(
                "INSERT INTO voids (i, entry) VALUES (:i, :entry)",
                named_params! { ":i": position, ":entry": of },
            )?;
            Ok(position)
        })
    }

    fn position_of(&mut self, scan_id: ScanId) -> Result<Option<u64>, StoreError> {
        self.transact(|writing, _| position_of(writing, scan_id))
    }

    /// One transaction that takes the write lock at once. Where nothing was begun or everything was rolled back
    /// the connection is kept; after any other error it is dropped: what happened to the commit is then asked of
    /// a new one.
    ///
    /// Where the disk is full the reserve is given up and the work done once more: SQLite says so only of a
    /// transaction that it did not commit.
    pub(crate) fn transact<T>(
        &mut self,
        mut work: impl FnMut(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.transact_once(&mut work) {
            Err(StoreError::DiskFull) if self.reserve.give_up() => self.transact_once(&mut work),
            ended => ended,
        }
    }

    fn transact_once<T>(
        &mut self,
        work: impl FnOnce(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.connection.is_none() {
            self.connection = Some(open_writer(&self.folder, &self.vault, &self.keys)?);
        }
        let connection = self.connection.as_mut().expect("opened above");
        let around = Around {
            folder: &self.folder,
            vault: &*self.vault,
            keys: &self.keys,
            day_keys: &self.day_keys,
        };
        let done = attempt(connection, &around, &mut self.tail, work);
        if self.log_to_truncate && done.is_ok() {
            self.log_to_truncate = !schema::truncate_log_at_once(connection);
        }
        done.map_err(|ended| match ended {
            Ended::NothingWritten(fault) => fault,
            Ended::InDoubt(fault) => {
                self.connection = None;
                fault
            }
        })
    }
}

fn open_writer(folder: &Path, vault: &dyn KeyVault, keys: &Keys) -> Result<Connection, StoreError> {
    schema::open_writer(folder, &mut |transaction| {
        convert(transaction, folder, vault, keys)
    })
}

/// What a transaction needs of the store besides its connection.
struct Around<'a> {
    folder: &'a Path,
    vault: &'a dyn KeyVault,
    keys: &'a Keys,
    day_keys: &'a SharedDayKeys,
}

/// How a transaction ended that did not end well.
enum Ended {
    NothingWritten(StoreError),
    InDoubt(StoreError),
}

fn attempt<T>(
    connection: &mut Connection,
    around: &Around<'_>,
    tail: &mut Tail,
    work: impl FnOnce(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
) -> Result<T, Ended> {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(|error| match StoreError::from(error) {
        StoreError::Locked => Ended::NothingWritten(StoreError::Locked),
        fault => Ended::InDoubt(fault),
    })?;
    match write(&transaction, around, tail, work) {
        Ok((done, written)) => {
            transaction
                .commit()
                .map_err(|error| Ended::InDoubt(error.into()))?;
            if let Some((end, keys)) = written {
                *tail = end;
                keys.into_iter()
                    .for_each(|(of, key)| around.day_keys.write().insert(of, key));
            }
            Ok(done)
        }
        // A full disk makes SQLite roll back by itself; then this fails, and the refusal is still the reason.
        Err(refusal) => Err(match transaction.rollback() {
            Ok(()) => Ended::NothingWritten(refusal),
            Err(_) => Ended::InDoubt(refusal),
        }),
    }
}

/// Does the work on a copy of the tail, and signs what it appended.
fn write<T>(
    transaction: &Transaction<'_>,
    around: &Around<'_>,
    tail: &mut Tail,
    work: impl FnOnce(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
) -> Result<(T, Option<Written>), StoreError> {
    let file = DayKeyFile::in_folder(around.folder);
    if tail::size(transaction)? != tail.frontier.size() {
        // Another program wrote, or a commit whose outcome was unknown did happen.
        let renumbered = tail.renumbered;
        *tail = Tail::load(transaction, around.vault)?;
        tail.renumbered = renumbered;
        *around.day_keys.write() = file.load(around.vault)?;
    }
    let mut writing = Writing::begin(transaction, tail.clone(), around.day_keys);
    let done = work(&mut writing, around.keys)?;
    Ok((done, writing.finish(&file, around.vault)?))
}

fn insert_entry(writing: &mut Writing<'_>, new: &NewEntry) -> Result<u64, StoreError> {
    if let Some(position) = position_of(writing, new.scan_id)? {
        return Ok(position);
    }
    let record = NewRecord {
        at: new.at,
        gate: new.gate.clone(),
        by: Some(new.guard),
        body: Body::Entry(new.entry.clone()),
    };
    let mut disclosed = vec![(
        Field::Temperature,
        Disclosed::Number(i64::from(new.temperature.tenths())),
    )];
    if let Some(token) = new.token {
        disclosed.push((Field::Token, Disclosed::Text(token.to_hexadecimal())));
    }
    let placed = writing.append_with(&record, disclosed)?;
    let (class, ledger_day) = placed.key;
    writing
        .prepare_cached(
            "INSERT INTO entries
             (i, scan_id, t, day, offset_s, gate, guard, verdict, follows, band, class, ledger_day) VALUES
             (:i, :scan_id, :t, :day, :offset_s, :gate, :guard, :verdict, :follows, :band, :class, :ledger_day)",
        )?
        .execute(named_params! {
            ":i": placed.position,
            ":scan_id": new.scan_id.0,
            ":t": new.at.wall_ms,
            ":day": day_number(new.day),
            ":offset_s": new.offset_s,
            ":gate": new.gate,
            ":guard": new.guard.0,
            ":verdict": verdict_word(new.entry.verdict),
            ":follows": new.entry.follows,
            ":band": band_word(new.entry.band),
            ":class": class_number(class),
            ":ledger_day": ledger_day.0,
        })?;
    if let Some(token) = new.token {
        insert_sighting(writing, ledger_day, token, placed.position)?;
    }
    Ok(placed.position)
}

/// Writes down that a code was seen.
pub(crate) fn insert_sighting(
    connection: &Connection,
    day: LedgerDay,
    token: Token,
    position: u64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO sightings (day, token, i) VALUES (:day, :token, :i)")?
        .execute(named_params! { ":day": day.0, ":token": token.0, ":i": position })?;
    Ok(())
}

fn position_of(connection: &Connection, scan_id: ScanId) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT i FROM entries WHERE scan_id = :scan_id";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row(named_params! { ":scan_id": scan_id.0 }, |row| row.get(0))
        .optional()?)
}

/// A local day as `yyyymmdd`.
pub(crate) fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}
