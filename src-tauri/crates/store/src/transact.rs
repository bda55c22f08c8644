//! One transaction of the store: its lock, its commit, and what becomes of a commit whose outcome is in doubt.

use std::path::Path;

use gatepost_ledger::tree::root_at;
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};

use crate::convert::convert;
use crate::day_keys::{DayKeyFile, DayKeys, SharedDayKeys};
use crate::keys::Keys;
use crate::tail::{self, StoredNodes, Tail};
use crate::writing::{Keeper, Writing, Written};
use crate::{KeyVault, Store, StoreError, schema};

pub(crate) fn open_writer(
    folder: &Path,
    vault: &dyn KeyVault,
    keys: &Keys,
) -> Result<Connection, StoreError> {
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
    tail: &'a mut Tail,
    log_to_truncate: &'a mut bool,
}

/// Why a transaction was not done.
enum Undone {
    Surely(StoreError),
    /// Nobody could tell.
    Perhaps(StoreError),
}

/// How a transaction ended that did not end well.
enum Ended<T> {
    NothingWritten(StoreError),
    /// No record was committed, and the connection is of no more use.
    Broken(StoreError),
    /// Nobody knows whether this was committed.
    InDoubt(StoreError, T, Box<Written>),
}

impl Store {
    /// One transaction that takes the write lock at once. Where nothing was begun or everything was rolled back
    /// the connection is kept; after any other error it is dropped, and what happened to a commit is asked of a new
    /// one. An error then means that nothing was written, or that the new one cannot tell.
    ///
    /// Where the disk is full and surely nothing was committed, the reserve is given up and the work done once more.
    /// SQLite says so also of a commit that stands in the log, whose index found no room: whoever could not tell does
    /// not do it again.
    pub(crate) fn transact<T>(
        &mut self,
        mut work: impl FnMut(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let ended = match self.transact_once(&mut work) {
            Err(Undone::Surely(StoreError::DiskFull)) if self.reserve.give_up() => {
                self.transact_once(&mut work)
            }
            ended => ended,
        };
        ended.map_err(|(Undone::Surely(fault) | Undone::Perhaps(fault))| fault)
    }

    fn transact_once<T>(
        &mut self,
        work: impl FnOnce(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
    ) -> Result<T, Undone> {
        self.parts().map_err(Undone::Surely)?;
        let connection = self.connection.as_mut().expect("opened above");
        let mut around = Around {
            folder: &self.folder,
            vault: &*self.vault,
            keys: &self.keys,
            day_keys: &self.day_keys,
            tail: &mut self.tail,
            log_to_truncate: &mut self.log_to_truncate,
        };
        let done = match attempt(connection, &mut around, work) {
            Ok(done) => done,
            Err(Ended::NothingWritten(fault)) => return Err(Undone::Surely(fault)),
            Err(Ended::Broken(fault)) => {
                self.connection = None;
                return Err(Undone::Surely(fault));
            }
            Err(Ended::InDoubt(fault, done, written)) => {
                self.connection = None;
                let happened = match self.has_happened(&written.0) {
                    Err(StoreError::DiskFull) if self.reserve.give_up() => self.has_happened(&written.0),
                    asked => asked,
                };
                match happened {
                    Ok(true) => {}
                    Ok(false) => return Err(Undone::Surely(fault)),
                    Err(_) => return Err(Undone::Perhaps(fault)),
                }
                keep(*written, &mut self.tail, &self.day_keys);
                done
            }
        };
        if self.log_to_truncate
            && let Some(connection) = &self.connection
        {
            self.log_to_truncate = !schema::truncate_log_at_once(connection);
        }
        Ok(done)
    }

    /// Whether the ledger begins with everything up to `end`. What the new connection can read is on the disk
    /// ([`schema::open_writer`]); what it cannot read is written over by the next transaction.
    fn has_happened(&mut self, end: &Tail) -> Result<bool, StoreError> {
        let (connection, ..) = self.parts()?;
        let size = end.frontier.size();
        Ok(
            tail::size(connection)? >= size
                && root_at(&StoredNodes(connection), size)? == end.frontier.root(),
        )
    }
}

fn attempt<T>(
    connection: &mut Connection,
    around: &mut Around<'_>,
    work: impl FnOnce(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
) -> Result<T, Ended<T>> {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(|error| match StoreError::from(error) {
        StoreError::Locked => Ended::NothingWritten(StoreError::Locked),
        fault => Ended::Broken(fault),
    })?;
    match write(&transaction, around, work) {
        Ok((done, written)) => match (transaction.commit(), written) {
            (Ok(()), Some(written)) => {
                keep(written, around.tail, around.day_keys);
                Ok(done)
            }
            (Ok(()), None) => Ok(done),
            (Err(error), Some(written)) => Err(Ended::InDoubt(error.into(), done, Box::new(written))),
            // It appended no record. Whoever does it again says the same once more.
            (Err(error), None) => Err(Ended::Broken(error.into())),
        },
        // A full disk makes SQLite roll back by itself; then this fails, and the refusal is still the reason.
        Err(refusal) => Err(match transaction.rollback() {
            Ok(()) => Ended::NothingWritten(refusal),
            Err(_) => Ended::Broken(refusal),
        }),
    }
}

/// Goes on from what was committed.
fn keep((end, keys): Written, tail: &mut Tail, day_keys: &SharedDayKeys) {
    *tail = end;
    if let Some(keys) = keys {
        *day_keys.write() = keys;
    }
}

/// Does the work on a copy of the tail, and signs what it appended.
fn write<T>(
    transaction: &Transaction<'_>,
    around: &mut Around<'_>,
    work: impl FnOnce(&mut Writing<'_>, &Keys) -> Result<T, StoreError>,
) -> Result<(T, Option<Written>), StoreError> {
    let keeper = Keeper {
        day_keys: around.day_keys,
        file: &DayKeyFile::in_folder(around.folder),
        vault: around.vault,
    };
    let tail = &mut *around.tail;
    if tail::size(transaction)? != tail.frontier.size() {
        // Another program wrote, or a commit whose outcome was unknown did happen.
        let known = tail.frontier.size();
        let renumbered = tail.renumbered;
        *tail = Tail::load(transaction, around.vault)?;
        tail.renumbered = renumbered;
        let (keys, _): (DayKeys, _) = keeper.load(transaction)?;
        *around.day_keys.write() = keys;
        // What another program erased still stands in the log where that program could not truncate it.
        *around.log_to_truncate |= is_erased_since(transaction, known)?;
    }
    let mut writing = Writing::begin(transaction, tail.clone(), keeper);
    let done = work(&mut writing, around.keys)?;
    Ok((done, writing.finish()?))
}

fn is_erased_since(connection: &Connection, position: u64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM records WHERE kind = 'erase' AND i >= :position)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(named_params! { ":position": position }, |row| row.get(0))?)
}
