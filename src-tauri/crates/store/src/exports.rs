//! What leaves the house is a record before it has left.

use gatepost_codes::Personal;
use gatepost_ledger::{Body, Disclosed, Field};

use crate::append::NewRecord;
use crate::{Store, StoreError};

impl Store {
    /// Appends the record of a file, whose body is a [`Body::Export`], and returns its position once it is on the
    /// disk. A reason stands in a note on that record, in the same transaction: a note is kept as long as what
    /// belongs to an incident, while what an export itself disclosed would be destroyed with the visitors' data.
    ///
    /// # Errors
    /// As [`Store::append_with`]; neither record is there then.
    pub fn append_export(
        &mut self,
        export: &NewRecord,
        reason: Option<&Personal<String>>,
    ) -> Result<u64, StoreError> {
        if !matches!(export.body, Body::Export { .. }) {
            let kind = export.body.kind();
            return Err(StoreError::NotAppendable { kind });
        }
        self.transact(|writing, _| {
            let position = writing.append(export)?;
            if let Some(reason) = reason {
                let note = NewRecord {
                    body: Body::Note { of: Some(position) },
                    ..export.clone()
                };
                let reason = Disclosed::Text(reason.expose().clone());
                writing.append_with(&note, vec![(Field::Note, reason)])?;
            }
            Ok(position)
        })
    }
}
