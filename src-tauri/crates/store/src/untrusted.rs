//! Opening a database that somebody else may have made: an audit, a proof, a backup, another ledger.
//!
//! The words in its schema are the file's own, and SQLite follows them: a view can stand where a table is expected,
//! a trigger or an index can compute what a query reads. So nothing of them is trusted, and the schema must be what
//! this program's migrations make of an empty database.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use gatepost_ledger::audit::{Fault, Rule};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::files::log_of;
use crate::schema::{self, BUSY_TIMEOUT};
use crate::{DATABASE_NAME, StoreError};

/// The first schema whose records carry signed heads.
const FIRST_SEALED_SCHEMA: i32 = 2;

/// A database that others may write meanwhile, or on a medium that cannot be written.
///
/// # Errors
/// [`StoreError::NotSealed`] for a schema from before there were seals; those of opening.
pub(crate) fn open_folder(folder: &Path) -> Result<Connection, StoreError> {
    let database = folder.join(DATABASE_NAME);
    let opened = match open(&database, "") {
        // SQLite cannot put its index of the write-ahead log there; without a log none is needed.
        Err(StoreError::ReadOnly) if !has_log(&database) => open(&database, "?immutable=1"),
        other => other,
    };
    identified(opened?)
}

/// A file that nobody writes: no lock, no file beside it, not a byte changed.
///
/// # Errors
/// As [`open_folder`].
pub(crate) fn open_file(file: &Path) -> Result<Connection, StoreError> {
    identified(open_damaged(file)?)
}

/// As [`open_file`], where nothing of it is known to be right.
pub(crate) fn open_damaged(file: &Path) -> Result<Connection, StoreError> {
    open(file, "?immutable=1")
}

/// Refuses every schema but that of the migrations.
///
/// # Errors
/// [`StoreError::OtherSchema`], or what SQLite says.
pub(crate) fn demand_schema(connection: &Connection) -> Result<(), StoreError> {
    match Differences::of(connection)?.first {
        None => Ok(()),
        Some(_) => Err(StoreError::OtherSchema),
    }
}

/// What an audit finds wrong with a schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Differences {
    /// The first of them: what was expected and what is there.
    first: Option<(String, &'static str)>,
    /// A table is no table or another one: what queries read means nothing.
    pub(crate) of_tables: bool,
}

impl Differences {
    pub(crate) fn of(connection: &Connection) -> Result<Differences, StoreError> {
        static EXPECTED: OnceLock<Objects> = OnceLock::new();
        let expected = match EXPECTED.get() {
            Some(expected) => expected,
            None => {
                let expected = objects(&schema::in_memory()?)?;
                EXPECTED.get_or_init(|| expected)
            }
        };
        let found = objects(connection)?;
        let mut differences = Differences::default();
        for name in expected.keys().chain(found.keys()) {
            let (is, should) = (found.get(name), expected.get(name));
            if is == should {
                continue;
            }
            let is_harmless = |object: &Object| matches!(object.kind.as_str(), "trigger" | "index");
            differences.of_tables |= !is.into_iter().chain(should).flatten().all(is_harmless);
            // Only names that this program knows are repeated: others are the file's own words.
            let first = match (is, should) {
                (_, None) => ("nothing more".to_owned(), "something more"),
                (None, Some(_)) => (name.clone(), "none"),
                (Some(_), Some(_)) => (name.clone(), "another one"),
            };
            differences.first.get_or_insert(first);
        }
        Ok(differences)
    }

    /// The fault of the database as a whole: it stands before every record.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let (expected, found) = self.first.as_ref()?;
        Some(Fault::new(0, Rule::Schema, expected, found))
    }
}

#[derive(PartialEq, Eq)]
struct Object {
    kind: String,
    table: String,
    /// Without what does not matter; `None` for the index of a key.
    sql: Option<String>,
}

/// By name, of which a schema that was tampered with can have several alike.
type Objects = BTreeMap<String, Vec<Object>>;

fn objects(connection: &Connection) -> Result<Objects, StoreError> {
    let mut statement = connection.prepare("SELECT name, type, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    let mut objects = Objects::new();
    while let Some(row) = rows.next()? {
        let sql: Option<String> = row.get(3)?;
        let object = Object {
            kind: row.get(1)?,
            table: row.get(2)?,
            sql: sql.map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")),
        };
        objects.entry(row.get(0)?).or_default().push(object);
    }
    Ok(objects)
}

fn open(path: &Path, parameters: &str) -> Result<Connection, StoreError> {
    // Each connection stays with one thread, so SQLite need not lock it for every column.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let absolute = std::path::absolute(path).map_err(|error| StoreError::file(path, error))?;
    let connection = Connection::open_with_flags(format!("{}{parameters}", address(&absolute)), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Before the first query: it is what reads the schema.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

fn identified(connection: Connection) -> Result<Connection, StoreError> {
    schema::check_identity(&connection)?;
    if schema::schema_of(&connection)? < FIRST_SEALED_SCHEMA {
        return Err(StoreError::NotSealed);
    }
    Ok(connection)
}

fn has_log(database: &Path) -> bool {
    std::fs::metadata(log_of(database)).is_ok_and(|log| log.len() > 0)
}

/// An absolute path as an address (RFC 8089): every byte but the plainest characters is escaped, so that a name
/// which is no UTF-8 is found too.
fn address(path: &Path) -> String {
    let mut address = "file://".to_owned();
    let bytes = path.as_os_str().as_encoded_bytes();
    // A path of Windows begins with a letter.
    if !matches!(bytes.first(), Some(b'/' | b'\\')) {
        address.push('/');
    }
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => {
                address.push(char::from(*byte));
            }
            b'\\' if cfg!(windows) => address.push('/'),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}
