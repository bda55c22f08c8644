#![doc = include_str!("../README.md")]

mod append;
mod entries;
mod error;
mod keys;
mod people;
mod schema;
mod settings;
mod shifts;
mod vault;

pub use append::{NewEntry, NewRecord, ScanId, Store};
pub use entries::{Counts, EntryFilter, Figures, Reader, Seen, StoredEntry, Voided};
pub use error::StoreError;
pub use gatepost_ledger::{Moment, PersonNumber, Role, VenueKind, VoidReason};
pub use keys::{Keys, Token};
pub use people::{NewPerson, Person, SetUp, WrongPins};
pub use schema::{BUSY_TIMEOUT, DATABASE_NAME, sync_folder_of};
pub use settings::Venue;
pub use shifts::OpenShift;
pub use vault::{
    KeyFile, KeyItem, KeyVault, KeychainFault, Secret, VaultKind, move_to_key_file, move_to_keychain,
    open_vault,
};
