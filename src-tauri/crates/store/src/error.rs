use std::path::PathBuf;

use rusqlite::{ErrorCode, ffi};

/// What can go wrong with the data. Each variant leads to one plain sentence on the screen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bundled SQLite is older than 3.51.3, whose WAL-reset bug can corrupt a database.
    #[error("SQLite {found} is too old: 3.51.3 or later is needed")]
    SqliteTooOld {
        /// Its version.
        found: &'static str,
    },
    /// No room left on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// The folder or a file in it may not be written.
    #[error("the data folder may not be written")]
    ReadOnly,
    /// Another program held the database for longer than [`crate::BUSY_TIMEOUT`].
    #[error("another program holds the database")]
    Locked,
    /// Written by a newer Gatepost.
    #[error("the database has schema {found}, this program knows up to {known}")]
    NewerSchema {
        /// The schema of the file.
        found: i32,
        /// The newest this program knows.
        known: i32,
    },
    /// The file is damaged.
    #[error("the database is damaged")]
    Damaged,
    /// The file is something other than a Gatepost database.
    #[error("the file is not a Gatepost database")]
    NotOurs,
    /// The database is there and its key file is not, or is not a key.
    #[error("the key file is missing or unreadable")]
    KeyMissing,
    /// The secrets are in a keychain that gives nothing. They are not lost, and no new ones are made.
    #[error("the keychain cannot be used")]
    KeychainUnavailable(#[source] crate::KeychainFault),
    /// The file is there already; nothing is written over it.
    #[error("the file is there already")]
    AlreadyThere {
        /// The file.
        path: PathBuf,
    },
    /// Tables, indexes or triggers are not those that this program makes: what is read there means nothing.
    #[error("the database has not the schema of a Gatepost database")]
    OtherSchema,
    /// Written by a program whose ledgers were not sealed yet, which proves nothing.
    #[error("the ledger in the file is not sealed")]
    NotSealed,
    /// Records would be lost, and nobody confirmed that very loss.
    #[error("records would be lost")]
    RestoreUnconfirmed,
    /// The program was already set up on this data.
    #[error("already set up")]
    AlreadySetUp,
    /// Nothing can be recorded before the set-up.
    #[error("not set up yet")]
    NotSetUp,
    /// A record of this kind means nothing without what the store writes beside it.
    #[error("records of the kind {kind} are written by the store itself")]
    NotAppendable {
        /// The kind.
        kind: &'static str,
    },
    /// No such record.
    #[error("no such record")]
    NoSuchRecord,
    /// The disclosures that were to be erased are still to be kept.
    #[error("disclosures are still to be kept")]
    NotYetErasable(#[from] crate::KeptUntil),
    /// No witness's cosignature over what this ledger was.
    #[error("not a cosignature of this ledger")]
    CosignatureRefused,
    /// Nobody has an account of that number, or it is closed.
    #[error("no such person")]
    NoSuchPerson,
    /// The only manager cannot leave: nobody could give anybody an account any more.
    #[error("the only manager")]
    LastManager,
    /// No such entry.
    #[error("no such entry")]
    NoSuchEntry,
    /// The entry was struck through before.
    #[error("the entry is already void")]
    AlreadyVoided,
    /// A record could not be brought into its canonical form: a name is absurdly long.
    #[error("a record has no canonical form")]
    Leaf(#[from] gatepost_ledger::LeafError),
    /// A file could not be created, read or written.
    #[error("a file of the data folder: {}", source.kind())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Randomness,
    /// Anything else SQLite said.
    #[error("SQLite: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        // The index of the write-ahead log finds no room, and SQLite calls that an error of the disk.
        let no_room_for_index = error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            _ if no_room_for_index => StoreError::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked,
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged,
            Some(ErrorCode::NotADatabase) => StoreError::NotOurs,
            _ => StoreError::Sqlite(error),
        }
    }
}

impl StoreError {
    /// What an error of a file is: a full disk and a file that may not be written are told apart from the rest.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>, source: std::io::Error) -> StoreError {
        use std::io::ErrorKind;
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::DiskFull,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
            _ => StoreError::File {
                path: path.into(),
                source,
            },
        }
    }
}
