//! The audit bundle of a ledger as it is at one moment, for the window and for the command line.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use gatepost_ledger::Field;
use gatepost_ledger::bundle::Shown;
use gatepost_ledger::note::{SignedNote, VerifierKey};
use gatepost_report::{BundleRequest, BundleSource, BundleWriteError, write_bundle};
use gatepost_store::{LedgerNow, Reader, Store, StoreError};

use crate::export::{ExportError, PreparedExport, prepare};

/// Writes a bundle beside the file to be. The caller appends [`PreparedExport::body`], which names the records whose
/// disclosures travel with it, and then calls [`PreparedExport::publish`].
///
/// # Errors
/// Any [`ExportError`]; no file is left then.
pub fn prepare_bundle(
    source: &mut LedgerSource,
    request: &BundleRequest,
    target: &Path,
) -> Result<PreparedExport, ExportError> {
    let range = request.range.clone().unwrap_or(0..source.size());
    let disclosed = request.shown.iter().map(|shown| shown.position).collect();
    prepare(target, disclosed, |output| {
        let output = write_bundle(source, request, output).map_err(|error| match error {
            BundleWriteError::Write(error) => ExportError::file(target, error),
            error => ExportError::Ledger(Box::new(error)),
        })?;
        Ok((range.end - range.start, output))
    })
}

/// A ledger to be bundled. It takes no [`Store`] but to begin with, so that the gate goes on meanwhile; what is
/// written later is not in the bundle.
pub struct LedgerSource {
    reader: Reader,
    now: LedgerNow,
}

impl LedgerSource {
    /// The ledger as it is now.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`], or any other.
    pub fn of(store: &mut Store) -> Result<LedgerSource, StoreError> {
        Ok(LedgerSource {
            reader: store.reader()?,
            now: store.ledger_now()?,
        })
    }

    /// Records in it.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.now.head.seal.size
    }

    /// Everything that a record still discloses; `None` where that is nothing.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`], or any other.
    pub fn shown(&self, position: u64) -> Result<Option<Shown>, StoreError> {
        let mut disclosures = Vec::new();
        for field in Field::ALL {
            disclosures.extend(self.reader.disclosure(position, field)?);
        }
        Ok((!disclosures.is_empty()).then_some(Shown {
            position,
            disclosures,
        }))
    }

    fn with_witnesses(&self, size: u64, note: &SignedNote) -> SignedNote {
        let lines = self
            .now
            .cosignatures
            .iter()
            .filter(|cosigned| cosigned.size == size);
        let mut note = note.clone();
        note.signatures
            .extend(lines.map(|cosigned| cosigned.line.clone()));
        note
    }
}

impl BundleSource for LedgerSource {
    type Error = StoreError;

    fn newest_seal(&mut self) -> Result<SignedNote, StoreError> {
        Ok(self.with_witnesses(self.size(), &self.now.head.note))
    }

    fn older_seals(&mut self) -> Result<Vec<SignedNote>, StoreError> {
        // The last seal of a former key is that with the record in it that names the next.
        let changes = self.now.keys.iter().skip(1).map(|key| key.from);
        let witnessed = self.now.cosignatures.iter().map(|cosigned| cosigned.size);
        let sizes: BTreeSet<u64> = changes
            .chain(witnessed)
            .filter(|size| *size < self.size())
            .collect();
        sizes
            .into_iter()
            .map(|size| {
                let seal = self.reader.signed_seal_at(size)?.ok_or(StoreError::Damaged)?;
                Ok(self.with_witnesses(size, &seal.note))
            })
            .collect()
    }

    fn keys(&mut self) -> Result<Vec<VerifierKey>, StoreError> {
        Ok(self.now.keys.iter().map(|key| key.key.clone()).collect())
    }

    fn witnesses(&mut self) -> Result<Vec<VerifierKey>, StoreError> {
        let mut witnesses: Vec<VerifierKey> = Vec::new();
        for cosigned in &self.now.cosignatures {
            if !witnesses.contains(&cosigned.witness) {
                witnesses.push(cosigned.witness.clone());
            }
        }
        Ok(witnesses)
    }

    fn leaves(
        &mut self,
        range: Range<u64>,
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.reader.each_leaf(range, each)
    }

    fn sign(&mut self, text: String) -> Result<SignedNote, StoreError> {
        Ok(SignedNote::sign(text, &self.now.signer))
    }
}
