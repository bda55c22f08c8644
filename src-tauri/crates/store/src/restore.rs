//! Putting a backup back. What stands in its place is kept beside it, and what would be lost is told before it is.

use std::fs;
use std::path::{Path, PathBuf};

use gatepost_ledger::note::{KeyKind, SignedNote, SignerKey};
use gatepost_ledger::tree::root_at;
use gatepost_ledger::{Body, LedgerDay, RetentionClass};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use crate::backup::copy_file;
use crate::files::{Unfinished, log_of, with_ending};
use crate::head::SignedSeal;
use crate::schema::{self, sync_folder_of};
use crate::tail::{self, StoredNodes};
use crate::{DATABASE_NAME, KeyItem, KeyVault, StoreError, held, settings, turn, untrusted};

/// The setting of a restored file that the next start turns into a record.
const SETTING: &str = "restored";

/// What stands in the folder, compared with the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Nothing.
    NoLedger,
    /// The very same ledger.
    Same,
    /// The backup goes on where that ledger ends.
    BackupIsLonger {
        /// Records that come back.
        gained: u64,
    },
    /// That ledger goes on where the backup ends: an older state would take the place of a newer one.
    BackupIsShorter {
        /// Records that would be lost.
        lost: u64,
    },
    /// Both begin alike and go on differently.
    Forked {
        /// Records that both have.
        common: u64,
        /// Records of that ledger that would be lost.
        lost: u64,
    },
    /// The ledger of another gate.
    OtherLedger {
        /// Its records, all of which would be lost.
        lost: u64,
    },
    /// Something that cannot be read as a ledger, so nobody can tell what would be lost.
    Unreadable,
}

impl Difference {
    /// Whether records would be lost, or nobody can tell.
    #[must_use]
    pub fn loses(self) -> bool {
        match self {
            Difference::NoLedger | Difference::Same | Difference::BackupIsLonger { .. } => false,
            Difference::BackupIsShorter { .. }
            | Difference::Forked { .. }
            | Difference::OtherLedger { .. }
            | Difference::Unreadable => true,
        }
    }

    fn lost(self) -> Option<u64> {
        match self {
            Difference::NoLedger | Difference::Same | Difference::BackupIsLonger { .. } => Some(0),
            Difference::BackupIsShorter { lost }
            | Difference::Forked { lost, .. }
            | Difference::OtherLedger { lost } => Some(lost),
            Difference::Unreadable => None,
        }
    }
}

/// Disclosures that the ledger in the folder records as destroyed after the backup was made. Their rows come back
/// with the backup; the keys that open them do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedSince {
    /// Position of the record.
    pub position: u64,
    /// Which disclosures.
    pub class: RetentionClass,
    /// First day.
    pub from: LedgerDay,
    /// Last day.
    pub to: LedgerDay,
    /// How many.
    pub count: u64,
}

/// What putting a backup back would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestorePlan {
    /// The seal of the backup, verified with the key that its own records name.
    pub seal: SignedNote,
    /// Records in the backup.
    pub size: u64,
    /// What stands in the folder.
    pub difference: Difference,
    /// What was erased since; empty where what stands in the folder cannot be read.
    pub erased_since: Vec<ErasedSince>,
    /// Whether the vault has the secrets of this ledger. Without them it can be read and verified, and neither be
    /// continued nor tell names.
    pub vault_fits: bool,
}

/// What was decided about a [`RestorePlan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreChoice {
    /// Only where no record is lost.
    WithoutLoss,
    /// Somebody was shown this difference and wants the backup nevertheless.
    Confirmed(Difference),
}

/// A backup that was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreDone {
    /// What it did.
    pub plan: RestorePlan,
    /// Where the database that stood there before is kept.
    pub kept: Option<PathBuf>,
}

/// What the next start records: whoever knew the ledger longer finds out why it is shorter.
#[derive(Serialize, Deserialize)]
struct Intent {
    size: u64,
    lost: Option<u64>,
}

/// The record of a restore that nobody recorded yet. It is taken out: the same transaction appends it.
pub(crate) fn unrecorded(connection: &Connection) -> Result<Option<Body>, StoreError> {
    let Some(text) = settings::read(connection, SETTING)? else {
        return Ok(None);
    };
    connection.execute("DELETE FROM settings WHERE key = ?", [SETTING])?;
    // A setting is no record: one that says nothing does not keep the door shut.
    let intent: Option<Intent> = serde_json::from_str(&text).ok();
    Ok(intent.map(|Intent { size, lost }| Body::Restore { size, lost }))
}

/// Writes down in a file that is not in service yet what the first start on it is to record.
fn intend(file: &Path, plan: &RestorePlan) -> Result<(), StoreError> {
    let intent = Intent {
        size: plan.size,
        lost: plan.difference.lost(),
    };
    let text = serde_json::to_string(&intent).expect("numbers always serialise");
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "synchronous", "full")?;
    settings::write(&connection, SETTING, &text)?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Tells what putting `file` back into `folder` would do. Changes nothing.
///
/// # Errors
/// [`StoreError::Damaged`], [`StoreError::NotOurs`], [`StoreError::NewerSchema`] or another for a file that is not
/// a whole backup.
pub fn plan_restore(file: &Path, folder: &Path, vault: &dyn KeyVault) -> Result<RestorePlan, StoreError> {
    let (backup, held) = held::open_verified(file)?;
    let present = Present::of(folder)?;
    let difference = match &present {
        Present::Nothing => Difference::NoLedger,
        Present::Unreadable => Difference::Unreadable,
        Present::Ledger(connection, present) => compare(&backup, &held, connection, present)?,
    };
    let erased_since = match &present {
        Present::Ledger(connection, _) => erased_since(connection, &held, difference)?,
        Present::Nothing | Present::Unreadable => vec![],
    };
    Ok(RestorePlan {
        vault_fits: vault_fits(&backup, &held, vault)?,
        seal: held.note,
        size: held.seal.size,
        difference,
        erased_since,
    })
}

/// Puts a backup back. The database that stands in the folder is kept as `gatepost.sqlite3.before-restore-N`; the
/// name of the database is never without one in between, whenever the power fails. Nobody may have the folder open
/// for writing, and nobody can open it meanwhile. The next start appends a record of the restore.
///
/// # Errors
/// [`StoreError::RestoreUnconfirmed`] where records would be lost and `choice` does not name that very difference;
/// [`StoreError::Locked`] while the folder is in use; those of [`plan_restore`]; or any other. What stood there
/// stands there then.
pub fn restore(
    file: &Path,
    folder: &Path,
    vault: &dyn KeyVault,
    choice: RestoreChoice,
) -> Result<RestoreDone, StoreError> {
    schema::make_folder(folder)?;
    let database = folder.join(DATABASE_NAME);
    let _alone = turn::keep_folder(folder)?;
    let incoming = Unfinished::create(&folder.join("gatepost.sqlite3.restored"))?;
    copy_file(file, &incoming.path)?;
    // The copy is what is examined: it is what goes into service.
    let plan = plan_restore(&incoming.path, folder, vault)?;
    if plan.difference.loses() && choice != RestoreChoice::Confirmed(plan.difference) {
        return Err(StoreError::RestoreUnconfirmed);
    }
    intend(&incoming.path, &plan)?;
    let kept = set_aside(&database, plan.difference)?;
    incoming.finish(&database)?;
    Ok(RestoreDone { plan, kept })
}

enum Present {
    Nothing,
    Unreadable,
    Ledger(Connection, Box<SignedSeal>),
}

impl Present {
    /// # Errors
    /// Where the ledger may well be whole: it is held by somebody, may not be read, is of a newer program or of one
    /// before there were seals.
    fn of(folder: &Path) -> Result<Present, StoreError> {
        let database = folder.join(DATABASE_NAME);
        if !database.exists() {
            // A log without its database holds records that belong to some ledger.
            return Ok(match log_of(&database).exists() {
                true => Present::Unreadable,
                false => Present::Nothing,
            });
        }
        let opened = untrusted::open_folder(folder).and_then(|connection| {
            untrusted::demand_schema(&connection)?;
            let held = held::verified(&connection)?;
            Ok(Present::Ledger(connection, Box::new(held)))
        });
        match opened {
            // A database in which nobody was set up yet: there is nothing to lose.
            Err(StoreError::NotSetUp) => Ok(Present::Nothing),
            Err(
                StoreError::Damaged
                | StoreError::NotOurs
                | StoreError::OtherSchema
                | StoreError::NoSuchRecord
                | StoreError::Leaf(_)
                | StoreError::Sqlite(_),
            ) => Ok(Present::Unreadable),
            other => other,
        }
    }
}

fn compare(
    backup: &Connection,
    held: &SignedSeal,
    connection: &Connection,
    present: &SignedSeal,
) -> Result<Difference, StoreError> {
    let (ours, theirs) = (held.seal.size, present.seal.size);
    let alike = |size: u64| -> Result<bool, StoreError> {
        Ok(root_at(&StoredNodes(backup), size)? == root_at(&StoredNodes(connection), size)?)
    };
    if held.seal.origin != present.seal.origin {
        return Ok(Difference::OtherLedger { lost: theirs });
    }
    if alike(ours.min(theirs))? {
        return Ok(match ours.cmp(&theirs) {
            std::cmp::Ordering::Equal => Difference::Same,
            std::cmp::Ordering::Greater => Difference::BackupIsLonger {
                gained: ours - theirs,
            },
            std::cmp::Ordering::Less => Difference::BackupIsShorter { lost: theirs - ours },
        });
    }
    // Ledgers that differ at one size differ at every larger one.
    let (mut common, mut differs) = (0, ours.min(theirs));
    while differs - common > 1 {
        let middle = common + (differs - common) / 2;
        match alike(middle)? {
            true => common = middle,
            false => differs = middle,
        }
    }
    Ok(Difference::Forked {
        common,
        lost: theirs - common,
    })
}

fn erased_since(
    connection: &Connection,
    held: &SignedSeal,
    difference: Difference,
) -> Result<Vec<ErasedSince>, StoreError> {
    let common = match difference {
        Difference::BackupIsShorter { .. } => held.seal.size,
        Difference::Forked { common, .. } => common,
        Difference::NoLedger
        | Difference::Same
        | Difference::BackupIsLonger { .. }
        | Difference::OtherLedger { .. }
        | Difference::Unreadable => return Ok(vec![]),
    };
    let mut erased = Vec::new();
    for leaf in tail::leaves_of(connection, "erase")? {
        if let Body::Erase {
            class,
            from,
            to,
            count,
        } = leaf.body
            && leaf.position >= common
        {
            erased.push(ErasedSince {
                position: leaf.position,
                class,
                from,
                to,
                count,
            });
        }
    }
    Ok(erased)
}

/// Whether the seed of the signatures in the vault is that of the backup's key.
fn vault_fits(backup: &Connection, held: &SignedSeal, vault: &dyn KeyVault) -> Result<bool, StoreError> {
    let keys = tail::keys(backup)?;
    let next = tail::key_at(&keys, held.seal.size).ok_or(StoreError::Damaged)?;
    let generation = tail::generation(backup)?;
    if vault.load(KeyItem::Device)?.is_none() {
        return Ok(false);
    }
    let Some(seed) = vault.load(KeyItem::Signing(generation))? else {
        return Ok(false);
    };
    Ok(SignerKey::of_seed(next.name().clone(), KeyKind::Note, &seed).verifier() == *next)
}

/// Keeps the database that stands there under another name as well. Afterwards no log stands beside its own name:
/// SQLite would replay it into whatever comes next.
fn set_aside(database: &Path, difference: Difference) -> Result<Option<PathBuf>, StoreError> {
    let fault = |error| StoreError::file(database, error);
    let log = log_of(database);
    if !database.exists() && !log.exists() {
        return Ok(None);
    }
    let kept = first_free_name(database);
    if difference != Difference::Unreadable {
        settle(database)?;
    }
    if database.exists() {
        // A second name first, so that the first is never without a file.
        if fs::hard_link(database, &kept).is_err() {
            fs::copy(database, &kept).map_err(fault)?;
            fs::OpenOptions::new()
                .write(true)
                .open(&kept)
                .and_then(|file| file.sync_all())
                .map_err(fault)?;
        }
    }
    // The log follows a database that is known under both names, so that neither is ever without the other.
    if log.exists() {
        sync_folder_of(database)
            .and_then(|()| fs::rename(&log, log_of(&kept)))
            .map_err(fault)?;
    }
    let _ = fs::remove_file(with_ending(database, "-shm"));
    sync_folder_of(database).map_err(fault)?;
    Ok(Some(kept))
}

/// Brings the log into the database and removes it, which SQLite refuses while anybody else has it open.
fn settle(database: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(crate::BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "full")?;
    let mode: String = connection.query_row("PRAGMA journal_mode = delete", [], |row| row.get(0))?;
    match mode.as_str() {
        "delete" => Ok(()),
        _ => Err(StoreError::Locked),
    }
}

fn first_free_name(database: &Path) -> PathBuf {
    let name = |number: u32| with_ending(database, &format!(".before-restore-{number}"));
    let free = (1..)
        .map(name)
        .find(|path| !path.exists() && !log_of(path).exists());
    free.expect("some number is free")
}
