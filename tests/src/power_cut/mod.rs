//! A power cut at every single operation of the disk.
//!
//! SQLite's own method (its `test6.c`): a layer between SQLite and the files ([`gatepost_recorded_disk`]) writes
//! down every creation, write, truncation, sync and deletion while the real store works. Then, for a crash right after
//! each of these operations, states of the files are built in which what was not yet synced is there, is not there,
//! or is garbage, sector by sector. SQLite opens each of them again, and every row of every table is compared with
//! what the database held after the last call that had returned by then, or after the one that was under way.
//!
//! # What is modelled
//!
//! - What was synced stays. Of what was written since, every sector (512 or 4,096 bytes) arrives, does not, or turns
//!   to garbage, in order or in any order; an overwritten sector may keep any of its versions.
//! - Lengths: a truncation arrives or does not; a file may have its new length and zeros in place of the bytes.
//! - Names: a new file may be missing and a deleted one may be back until the folder is synced. SQLite syncs it with
//!   the first sync of a new journal or log, and does not when it deletes one (`synchronous=FULL`). Changes of one
//!   folder arrive in their order, whatever happens to the files.
//! - A disk that ignores flushes ([`Flushes::Ignored`]).
//! - Files that the store writes without SQLite (its secrets, the keys of the days): each state has them as they were
//!   between the same two operations of SQLite's, and the power is cut after each step of replacing them. Their steps
//!   are not recorded but known: the new file under its unfinished name, the secret, the file's own name, each durable
//!   before the next ([`gatepost_recorded_disk::Recording`]).
//!
//! # What is not
//!
//! - Garbage beside the bytes that were written. SQLite's layer for Unix takes `POWERSAFE_OVERWRITE` for granted; a
//!   disk that breaks this can break every database.
//! - Synced sectors that rot, disks that die, a system that keeps a failed write-back to itself.
//! - Files that the store writes without SQLite and without waiting for the disk: their steps are taken as durable,
//!   in their order. So is the renaming of a new database, from the next time on that SQLite opens it: the sync of its
//!   folder is not seen.
//!
//! The seed decides which sectors are lost. The bytes are others in every run, for the store draws random keys.

mod disk;
mod look;

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use gatepost_recorded_disk::Operation;

pub use disk::Flushes;
pub use look::{Fault, contents, contents_of_file};

use disk::{Chance, Disk};
use look::{Expected, NOTHING, StateFolder, look};

/// Which crashes of a recording are tried.
#[derive(Clone, Copy, Debug)]
pub struct Cuts<'tape> {
    /// What was recorded.
    pub operations: &'tape [Operation],
    /// The name of the database in its folder.
    pub database: &'tape str,
    /// What the disk makes of a sync.
    pub flushes: Flushes,
    /// States of each crash that leaves something in doubt.
    pub states_per_crash: u64,
    /// The same seed loses the same sectors.
    pub seed: u64,
}

/// How it went.
#[derive(Clone, Default, Debug)]
pub struct Outcome {
    /// Operations after which the power was cut.
    pub crashes: u64,
    /// States that were opened.
    pub states: u64,
    /// How often each fault was found.
    pub faults: BTreeMap<Fault, u64>,
    /// Where the first of each was found, as the number of the operation.
    pub first: BTreeMap<Fault, usize>,
}

impl Outcome {
    /// All faults.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.faults.values().sum()
    }

    /// Counts another one in; where the first faults were found is then only roughly so.
    pub fn add(&mut self, other: Outcome) {
        self.crashes += other.crashes;
        self.states += other.states;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        for (fault, at) in other.first {
            let first = self.first.entry(fault).or_insert(at);
            *first = at.min(*first);
        }
    }
}

/// Every so many states SQLite checks the whole file, with every index.
const THOROUGH_EVERY: u64 = 8;

impl Cuts<'_> {
    /// Cuts the power after every operation, on as many threads as there are processors.
    ///
    /// # Panics
    /// When a thread of it panics.
    #[must_use]
    pub fn all(&self) -> Outcome {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let parts: Vec<_> = (0..workers)
                .map(|worker| scope.spawn(move || self.every(workers, worker)))
                .collect();
            parts.into_iter().fold(Outcome::default(), |mut all, part| {
                all.add(part.join().expect("looking at a state never panics"));
                all
            })
        })
    }

    /// The crashes whose number leaves `remainder` when divided by `step`.
    fn every(&self, step: usize, remainder: usize) -> Outcome {
        let mut outcome = Outcome::default();
        let folder = StateFolder::new().expect("a folder");
        self.visit(|at, disk, confirmed| {
            if at % step != remainder {
                return;
            }
            outcome.crashes += 1;
            let states = if disk.is_in_doubt() {
                self.states_per_crash
            } else {
                1
            };
            for state in 0..states {
                let left = disk.crash(&mut self.chance(at, state));
                outcome.states += 1;
                let thoroughly = (at as u64 + state).is_multiple_of(THOROUGH_EVERY);
                if let Some(fault) = look(&folder, &left, self.database, confirmed, thoroughly) {
                    outcome.first.entry(fault.clone()).or_insert(at);
                    *outcome.faults.entry(fault).or_default() += 1;
                }
            }
        });
        outcome
    }

    /// Hands over the folder that one crash in `step` leaves, with the number of calls that had been confirmed.
    /// Returns how many there were.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn in_folders(&self, step: usize, mut look: impl FnMut(&Path, usize)) -> u64 {
        let folder = StateFolder::new().expect("a folder");
        let mut states = 0;
        self.visit(|at, disk, confirmed| {
            if at % step == 0 {
                let left = disk.crash(&mut self.chance(at, u64::MAX));
                folder.fill(&left).expect("room for a few files in memory");
                look(folder.path(), confirmed.older.len());
                states += 1;
            }
        });
        states
    }

    fn chance(&self, at: usize, state: u64) -> Chance {
        Chance::of(self.seed ^ (at as u64) << 20 ^ state)
    }

    /// Plays the tape and stops after each operation of the disk, once it has been settled where it ever is.
    fn visit(&self, mut stop: impl FnMut(usize, &Disk<'_>, &Expected<'_>)) {
        let mut known = vec![NOTHING];
        known.extend(self.operations.iter().filter_map(|operation| match operation {
            Operation::Confirmed { contents } => Some(*contents),
            _ => None,
        }));
        let settled = self
            .operations
            .iter()
            .position(|operation| *operation == Operation::Settled);
        let mut disk = Disk::empty(self.flushes);
        let mut confirmed = 0;
        for (at, operation) in self.operations.iter().enumerate() {
            disk.take(operation);
            if matches!(operation, Operation::Confirmed { .. }) {
                confirmed += 1;
            }
            // A confirmation is a moment of its own: nothing changed on the disk, but more must be there.
            if settled.is_none_or(|settled| at >= settled) {
                let expected = Expected {
                    newest: &known[confirmed..],
                    older: &known[..confirmed],
                };
                stop(at, &disk, &expected);
            }
        }
    }
}
