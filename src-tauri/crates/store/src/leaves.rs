//! What a bundle is made of: the ledger at one moment, the gate's key to sign its manifest with, and the bytes of the
//! leaves.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use gatepost_ledger::note::SignerKey;
use rusqlite::named_params;

use crate::head::{cosignatures, head};
use crate::{LedgerKey, Reader, SignedSeal, Store, StoreError, StoredCosignature, tail};

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

/// A ledger at one moment, and the key to sign for it.
pub struct LedgerNow {
    /// The seal of all records.
    pub head: SignedSeal,
    /// Every key that these records name, in order; the last one is in force.
    pub keys: Vec<LedgerKey>,
    /// What witnesses signed, oldest first.
    pub cosignatures: Vec<StoredCosignature>,
    /// The last of the keys, to sign what is no seal: the manifest of a bundle.
    pub signer: Arc<SignerKey>,
}

impl Store {
    /// Seal, keys and cosignatures as they stand together, while nobody else writes.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`], or any other.
    pub fn ledger_now(&mut self) -> Result<LedgerNow, StoreError> {
        self.transact(|writing, _| {
            let identity = writing.tail().identity.as_ref();
            let signer = Arc::clone(&identity.ok_or(StoreError::NotSetUp)?.signer);
            Ok(LedgerNow {
                head: head(writing)?,
                keys: tail::keys(writing)?,
                cosignatures: cosignatures(writing)?,
                signer,
            })
        })
    }
}
