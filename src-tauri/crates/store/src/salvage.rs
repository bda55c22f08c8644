//! Getting out of a damaged database what can be proven to have stood in it.
//!
//! The damaged file is only read: all work is done on a copy. A record counts as recovered when its bytes are a
//! leaf in canonical form, name the position they were found at, and have the hash that stands beside them.
//! Records are looked for page by page, because whatever led to a page may be gone. What stood beside a recovered
//! record is looked up for that record alone, so that damage elsewhere does not matter. SQLite's own recovery is
//! never used: it also brings back rows that were deleted, which an erasure promised not to happen.

mod mend;
mod pages;
mod rebuild;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gatepost_ledger::Leaf;
use gatepost_ledger::tree::{HASH_BYTES, Hash};
use rusqlite::{Connection, named_params};

use crate::schema::{self, sync_folder_of};
use crate::{DATABASE_NAME, StoreError};

/// The file with every recovered leaf, one a line.
pub const SALVAGED_RECORDS_NAME: &str = "records.jsonl";

/// Records in a row that are lost: from the first to the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostRange {
    /// Position of the first.
    pub from: u64,
    /// Position of the last.
    pub to: u64,
}

/// What came out of a damaged database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalvageReport {
    /// Records that were recovered.
    pub recovered: u64,
    /// The rest up to the last recovered one. What stood behind that one is unknown.
    pub lost: Vec<LostRange>,
    /// Rows that were read and turned out not to be what was hashed.
    pub refused: u64,
    /// Records from position 0 on without a gap, up to the last signature that verifies: so many are in the new
    /// database. 0 where there is none.
    pub sealed: u64,
    /// Entries in the new database whose row beside the record was lost and was made again from the record; the
    /// local day is counted with the offset of the entry before.
    pub remade_entries: u64,
    /// People whose rows were lost and were made again from the records: their names and PINs are lost, and a
    /// manager has to give them new PINs.
    pub remade_people: u64,
    /// Whether a manager can sign in on the new database. Where none can, an account for one has to be made on the
    /// machine itself, which is recorded ([`crate::Store::add_person_where_no_manager_is_left`]).
    pub manager_is_left: bool,
    /// Whether the venue was lost and made again from the records: its name is lost, and that of the gate stands in
    /// its place.
    pub remade_venue: bool,
    /// Disclosures in the new database.
    pub disclosures: u64,
    /// Disclosures that leaves commit to and that were not found. An empty row stands in the place of each until
    /// it is erased with its day.
    pub lost_disclosures: u64,
    /// Rows that did not fit into the new database, because another row that they refer to is lost.
    pub refused_rows: u64,
    /// The recovered leaves, one a line, in the bytes that were hashed: a line tells its own position.
    pub records: PathBuf,
    /// The new database, where there is one.
    pub database: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// A row of the table of records.
struct Recovered {
    position: u64,
    leaf: Vec<u8>,
    nodes: Vec<u8>,
    head: Option<Vec<u8>>,
}

impl Recovered {
    /// What it says, where it is what was hashed.
    fn genuine(&self) -> Option<Leaf> {
        let hash = Hash::of_leaf(&self.leaf);
        if self.nodes.get(..HASH_BYTES) != Some(hash.0.as_slice()) {
            return None;
        }
        Leaf::parse(&self.leaf)
            .ok()
            .filter(|leaf| leaf.position == self.position)
    }
}

/// Brings what can be proven of the database `damaged` (and of the write-ahead log beside it) into the folder
/// `into`, which must be new or empty: every recovered leaf as a line of [`SALVAGED_RECORDS_NAME`], and a database
/// with the records from position 0 to the first gap. Its keys are the old ones: the files of the key vault and
/// `gatepost.days` are to be put beside it.
///
/// # Errors
/// [`StoreError::AlreadyThere`] for a folder with files in it; a file error or another [`StoreError`] of the
/// folder `into`. Damage is no error.
pub fn salvage(damaged: &Path, into: &Path) -> Result<SalvageReport, StoreError> {
    let started = Instant::now();
    schema::make_folder(into)?;
    let mut files = fs::read_dir(into).map_err(|error| StoreError::file(into, error))?;
    if files.next().is_some() {
        return Err(StoreError::AlreadyThere {
            path: into.to_owned(),
        });
    }
    let copy = mend::Copy::of(damaged, into)?;
    let mut yard = Yard::create(into)?;
    yard.take_records(&copy)?;
    let records = into.join(SALVAGED_RECORDS_NAME);
    let (recovered, lost) = yard.write_lines(&records)?;
    let rebuilt = rebuild::rebuild(&yard, &copy, into)?;
    Ok(SalvageReport {
        recovered,
        lost,
        refused: yard.refused,
        sealed: rebuilt.sealed,
        remade_entries: rebuilt.remade_entries,
        remade_people: rebuilt.remade_people,
        manager_is_left: rebuilt.manager_is_left,
        remade_venue: rebuilt.remade_venue,
        disclosures: rebuilt.disclosures,
        lost_disclosures: rebuilt.lost_disclosures,
        refused_rows: rebuilt.refused_rows,
        records,
        database: (rebuilt.sealed > 0).then(|| into.join(DATABASE_NAME)),
        took: started.elapsed(),
    })
}

/// Where recovered records are collected: a database of its own, because they may be more than the memory holds.
struct Yard {
    connection: Connection,
    path: PathBuf,
    refused: u64,
}

impl Yard {
    fn create(into: &Path) -> Result<Yard, StoreError> {
        let path = into.join("salvaged.sqlite3");
        let connection = Connection::open(&path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA locking_mode = exclusive;
             CREATE TABLE records (
                 i INTEGER PRIMARY KEY, kind TEXT NOT NULL, leaf BLOB NOT NULL, nodes BLOB NOT NULL, head BLOB) STRICT;
             CREATE INDEX keys ON records (i) WHERE kind IN ('genesis', 'key_change');
             BEGIN",
        )?;
        Ok(Yard {
            connection,
            path,
            refused: 0,
        })
    }

    fn take(&mut self, row: &Recovered) -> Result<(), StoreError> {
        let Some(leaf) = row.genuine() else {
            self.refused += 1;
            return Ok(());
        };
        self.connection
            .prepare_cached(
                "INSERT OR IGNORE INTO records (i, kind, leaf, nodes, head)
                 VALUES (:i, :kind, :leaf, :nodes, :head)",
            )?
            .execute(named_params! {
                ":i": row.position, ":kind": leaf.body.kind(), ":leaf": row.leaf, ":nodes": row.nodes, ":head": row.head,
            })?;
        Ok(())
    }

    fn take_records(&mut self, copy: &mend::Copy) -> Result<(), StoreError> {
        let mut file = File::open(&copy.path).map_err(|error| StoreError::file(&copy.path, error))?;
        pages::walk(&mut file, copy.page_bytes, |row| self.take(&row))
    }

    /// Writes the lines, and tells how many there are and what is missing between them.
    fn write_lines(&self, path: &Path) -> Result<(u64, Vec<LostRange>), StoreError> {
        let fault = |error| StoreError::file(path, error);
        let mut out = BufWriter::new(File::create_new(path).map_err(fault)?);
        let mut statement = self
            .connection
            .prepare("SELECT i, leaf FROM records ORDER BY i")?;
        let mut rows = statement.query([])?;
        let (mut recovered, mut lost, mut next) = (0, Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let position: u64 = row.get(0)?;
            if position > next {
                lost.push(LostRange {
                    from: next,
                    to: position - 1,
                });
            }
            next = position + 1;
            recovered += 1;
            let leaf = row.get_ref(1)?.as_blob().map_err(|_| StoreError::Damaged)?;
            out.write_all(leaf)
                .and_then(|()| out.write_all(b"\n"))
                .map_err(fault)?;
        }
        out.into_inner()
            .map_err(|error| fault(error.into_error()))?
            .sync_all()
            .and_then(|()| sync_folder_of(path))
            .map_err(fault)?;
        Ok((recovered, lost))
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        // Removed while it is open where the system allows it; an empty shell stays otherwise.
        let _ = fs::remove_file(&self.path);
    }
}
