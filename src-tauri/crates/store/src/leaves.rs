//! What a bundle is made of: the bytes of the leaves, and the gate's key to sign its manifest with.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use gatepost_ledger::note::SignerKey;
use rusqlite::named_params;

use crate::{Reader, Store, StoreError};

/// Leaves that are read at once: between two of these the reader holds no transaction, so that a slow reader never
/// keeps the write-ahead log from being truncated.
const AT_ONCE: u64 = 4096;

impl Reader {
    /// Hands out the leaves of these positions in order, until there are no more or it is told to stop.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn each_leaf(
        &self,
        range: Range<u64>,
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT leaf FROM records WHERE i >= :from AND i < :end ORDER BY i";
        let mut from = range.start;
        while from < range.end {
            let end = range.end.min(from + AT_ONCE);
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(named_params! { ":from": from, ":end": end })?;
            while let Some(row) = rows.next()? {
                let leaf = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?;
                if each(leaf).is_break() {
                    return Ok(());
                }
            }
            from = end;
        }
        Ok(())
    }
}

impl Store {
    /// The key that is in force, to sign what is no seal: the manifest of a bundle.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`], or any other.
    pub fn signer(&mut self) -> Result<Arc<SignerKey>, StoreError> {
        self.transact(|writing, _| {
            let identity = writing.tail().identity.as_ref();
            Ok(Arc::clone(&identity.ok_or(StoreError::NotSetUp)?.signer))
        })
    }
}
