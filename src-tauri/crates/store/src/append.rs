//! Writing: the only place where records come into being.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{Datelike, NaiveDate};
use gatepost_codes::Personal;
use gatepost_ledger::{Body, Disclosed, Entry, Field, Moment, PersonNumber, VoidReason};
use gatepost_rules::BodyTemperature;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, named_params};
use zeroize::Zeroizing;

use crate::day_keys::{DayKeyFile, DayKeys, SharedDayKeys, class_number};
use crate::entries::{Reader, band_word, verdict_word};
use crate::key_change::forget_suspected;
use crate::keys::{Keys, Token, random};
use crate::reserve::Reserve;
use crate::tail::Tail;
use crate::transact::open_writer;
use crate::writing::Writing;
use crate::{DiskSpace, KeyItem, KeyVault, StoreError, restore, schema, settings, turn};

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

impl NewRecord {
    /// What somebody did.
    pub(crate) fn of(at: Moment, gate: &str, by: PersonNumber, body: Body) -> NewRecord {
        NewRecord {
            at,
            gate: gate.to_owned(),
            by: Some(by),
            body,
        }
    }
}

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
    pub(crate) folder: PathBuf,
    pub(crate) vault: Box<dyn KeyVault>,
    pub(crate) keys: Keys,
    pub(crate) day_keys: SharedDayKeys,
    pub(crate) tail: Tail,
    /// `None` after a fault whose outcome is unknown and after every failed commit, until the next use opens it
    /// again. Everything that an open one reads is on the disk.
    pub(crate) connection: Option<Connection>,
    /// Erased bytes may still stand in the write-ahead log, because a reader needed it.
    pub(crate) log_to_truncate: bool,
    pub(crate) reserve: Reserve,
    /// Keeps a restore away.
    _in_use: File,
}

/// What is read and checked of a folder before there is a [`Store`].
struct Opened {
    keys: Keys,
    connection: Connection,
    tail: Tail,
    day_keys: DayKeys,
    in_use: File,
}

impl Opened {
    fn of_folder(folder: &Path, vault: &dyn KeyVault) -> Result<Opened, StoreError> {
        let in_use = turn::use_folder(folder)?;
        let database_is_there = folder.join(schema::DATABASE_NAME).exists();
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
        let mut connection = open_writer(folder, vault, &keys)?;
        // Nobody destroys keys of days, nor changes the ledger's, between reading one of them and the next.
        let lock = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tail = Tail::load(&lock, vault)?;
        let day_keys = DayKeyFile::in_folder(folder).load(vault)?;
        forget_suspected(&lock, vault)?;
        lock.rollback()?;
        Ok(Opened {
            keys,
            connection,
            tail,
            day_keys,
            in_use,
        })
    }
}

impl Store {
    /// Opens the data of `folder`; makes them where there are none.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing is overwritten in any case.
    pub fn open(folder: &Path, vault: impl KeyVault + 'static) -> Result<Store, StoreError> {
        schema::make_folder(folder)?;
        let mut reserve = Reserve::of_folder(folder);
        let opened = match Opened::of_folder(folder, &vault) {
            Err(StoreError::DiskFull) if reserve.give_up() => Opened::of_folder(folder, &vault)?,
            opened => opened?,
        };
        let mut store = Store {
            folder: folder.to_owned(),
            vault: Box::new(vault),
            keys: opened.keys,
            day_keys: SharedDayKeys::of(opened.day_keys),
            tail: opened.tail,
            connection: Some(opened.connection),
            log_to_truncate: false,
            reserve,
            _in_use: opened.in_use,
        };
        // What a power cut has left of an erasure: keys, and erased bytes in the log.
        match store.finish_erasure_at_once() {
            Err(StoreError::DiskFull) if store.reserve.give_up() => store.finish_erasure_at_once()?,
            finished => finished?,
        }
        store.reserve.renew();
        Ok(store)
    }

    fn finish_erasure_at_once(&mut self) -> Result<(), StoreError> {
        self.finish_erasure()?;
        let (connection, ..) = self.parts()?;
        self.log_to_truncate = !schema::truncate_log_at_once(connection);
        Ok(())
    }

    /// The connection, opened where a fault has closed it, and what erasure needs beside it.
    ///
    /// # Errors
    /// Any [`StoreError`] of opening: nothing is confirmed, and no key destroyed, before that succeeds.
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
            if let Some(body) = restore::unrecorded(writing)? {
                writing.append(&NewRecord { body, ..record })?;
            }
            Ok(boot)
        })
    }

    /// Appends one record and returns its position once it is on the disk.
    ///
    /// # Errors
    /// As [`Store::append_with`].
    pub fn append(&mut self, record: &NewRecord) -> Result<u64, StoreError> {
        self.append_with(record, Vec::new())
    }

    /// Appends one record with what it discloses, and returns its position once it is on the disk. The leaf
    /// carries the digests; the values are sealed beside it until they are erased.
    ///
    /// # Errors
    /// [`StoreError::NotAppendable`] for a kind that the store writes itself, with what stands beside it. Any other:
    /// the record is not there then, unless the disk fails altogether: where a commit ended in doubt and the
    /// database cannot be read any more either, nobody knows.
    pub fn append_with(
        &mut self,
        record: &NewRecord,
        disclosed: Vec<(Field, Disclosed)>,
    ) -> Result<u64, StoreError> {
        if is_of_store(&record.body) {
            let kind = record.body.kind();
            return Err(StoreError::NotAppendable { kind });
        }
        self.append_of_any_kind(record, disclosed)
    }

    /// Appends a record that nothing stands beside, of a kind that has to: a ledger at fault, for tests of whoever
    /// has to find that.
    #[doc(hidden)]
    pub fn append_of_any_kind(
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
        self.transact(|writing, _| insert_entry(writing, new))
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
}

/// Whether records of this kind mean nothing without what the store writes beside them.
fn is_of_store(body: &Body) -> bool {
    match body {
        Body::Genesis { .. }
        | Body::Clock { .. }
        | Body::KeyChange { .. }
        | Body::Erase { .. }
        | Body::Entry(_)
        | Body::Void { .. }
        | Body::ShiftOpen
        | Body::ShiftClose { .. }
        | Body::Inspection { .. } => true,
        Body::Boot { .. }
        | Body::Shutdown
        | Body::Person { .. }
        | Body::Login
        | Body::Logout
        | Body::Authfail { .. }
        | Body::Lockout { .. }
        | Body::Policy(_)
        | Body::Export { .. }
        | Body::Finding { .. }
        | Body::Register { .. }
        | Body::Incident { .. }
        | Body::Retention(_)
        | Body::Hold { .. }
        | Body::Restore { .. }
        | Body::Note { .. } => false,
    }
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
        writing.see(ledger_day, token, placed.position)?;
    }
    Ok(placed.position)
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
