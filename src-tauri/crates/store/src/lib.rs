#![doc = include_str!("../README.md")]

mod append;
mod as_found;
mod audit;
mod backup;
mod convert;
mod day_keys;
mod disclosures;
mod dump;
mod entries;
mod erase;
mod error;
mod exports;
mod files;
mod filter;
mod given;
mod head;
mod held;
mod history;
mod import;
mod key_change;
mod keys;
mod leaves;
mod log;
mod people;
mod reserve;
mod restore;
mod retention;
mod salvage;
mod schema;
mod settings;
mod shifts;
mod tail;
mod transact;
mod turn;
mod untrusted;
mod vault;
mod witness_folder;
mod writing;

pub use append::{NewEntry, NewRecord, ScanId, Store};
pub use audit::{AuditOptions, AuditReport, Audited, IncrementalAudit, Step, audit_folder};
pub use backup::{BackupDone, BackupProgress, PreparedBackup, prepare_backup};
pub use day_keys::DAY_KEYS_NAME;
pub use dump::{DUMP_COLUMNS, DUMP_SQL, DumpCell};
pub use entries::{Counts, Figures, Reader, Seen, StoredEntry, Voided};
pub use erase::Erasure;
pub use error::StoreError;
pub use filter::EntryFilter;
pub use gatepost_ledger::{Moment, PersonNumber, Role, VenueKind, VoidReason};
pub use given::{Given, copy_database};
pub use head::{SignedSeal, StoredCosignature};
pub use import::{BadLine, ImportOptions, ImportReport, LineFault, OnBadLine, check_jsonl};
pub use keys::{Keys, Token};
pub use leaves::LedgerNow;
pub use people::{NewPerson, Person, SetUp, WrongPins};
pub use reserve::{
    ALARM_BELOW_BYTES, DiskSpace, MADE_ABOVE_BYTES, RESERVE_BYTES, RESERVE_NAME, ReserveState,
};
pub use restore::{Difference, ErasedSince, RestoreChoice, RestoreDone, RestorePlan, plan_restore, restore};
pub use retention::{DueDays, DueErasures, HeldDays, KeptUntil};
pub use salvage::{LostRange, SALVAGED_RECORDS_NAME, SalvageReport, salvage};
pub use schema::{BUSY_TIMEOUT, DATABASE_NAME, sync_folder_of};
pub use settings::Venue;
pub use shifts::OpenShift;
pub use tail::LedgerKey;
pub use vault::{
    KeyFile, KeyItem, KeyVault, KeychainFault, Secret, VaultKind, move_to_key_file, move_to_keychain,
    open_vault,
};
pub use witness_folder::WitnessFolder;
