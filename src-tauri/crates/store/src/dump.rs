//! The table of entries as it stands, for a dump that anybody can make again with the `sqlite3` program.

use rusqlite::types::ValueRef;

use crate::{Reader, StoreError};

/// The columns of a dump, in their order. Nothing personal is among them.
pub const DUMP_COLUMNS: [&str; 9] = [
    "i", "t", "day", "offset_s", "gate", "guard", "verdict", "follows", "band",
];

/// The very statement of a dump: `sqlite3 -csv -header` with it prints the same rows.
pub const DUMP_SQL: &str =
    "SELECT i, t, day, offset_s, gate, guard, verdict, follows, band FROM entries ORDER BY i";

/// One column of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpCell<'a> {
    /// SQL NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A text.
    Text(&'a str),
}

impl Reader {
    /// Hands every row of the table of entries to `each`, in the order of [`DUMP_COLUMNS`], oldest first. One read
    /// transaction: what is written meanwhile does not show.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a value of another kind, any other [`StoreError`], or the error of `each`.
    pub fn dump<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(&[DumpCell<'_>; DUMP_COLUMNS.len()]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare(DUMP_SQL).map_err(StoreError::from)?;
        let mut rows = statement.query([]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let mut cells = [DumpCell::Null; DUMP_COLUMNS.len()];
            for (column, cell) in cells.iter_mut().enumerate() {
                *cell = cell_of(row.get_ref(column).map_err(StoreError::from)?)?;
            }
            each(&cells)?;
        }
        Ok(())
    }
}

fn cell_of(value: ValueRef<'_>) -> Result<DumpCell<'_>, StoreError> {
    match value {
        ValueRef::Null => Ok(DumpCell::Null),
        ValueRef::Integer(integer) => Ok(DumpCell::Integer(integer)),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(DumpCell::Text)
            .map_err(|_| StoreError::Damaged),
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(StoreError::Damaged),
    }
}
