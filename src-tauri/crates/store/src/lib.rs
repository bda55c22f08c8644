#![doc = include_str!("../README.md")]

mod append;
mod convert;
mod day_keys;
mod disclosures;
mod entries;
mod erase;
mod error;
mod keys;
mod people;
mod schema;
mod settings;
mod shifts;
mod tail;
mod vault;
mod writing;

pub use append::{NewEntry, NewRecord, ScanId, Store};
pub use day_keys::DAY_KEYS_NAME;
pub use entries::{Counts, EntryFilter, Figures, Reader, Seen, StoredEntry, Voided};
pub use erase::KeptUntil;
pub use error::StoreError;
pub use gatepost_ledger::{Moment, PersonNumber, Role, VenueKind, VoidReason};
pub use keys::{Keys, Token};
pub use people::{NewPerson, Person, SetUp, WrongPins};
pub use schema::{BUSY_TIMEOUT, DATABASE_NAME, sync_folder_of};
pub use settings::Venue;
pub use shifts::OpenShift;
pub use tail::LedgerKey;
pub use vault::{
    KeyFile, KeyItem, KeyVault, KeychainFault, Secret, VaultKind, move_to_key_file, move_to_keychain,
    open_vault,
};
