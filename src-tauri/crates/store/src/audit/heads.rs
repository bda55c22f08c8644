//! What others signed: the gate itself, beside the last record of every transaction, and witnesses.

use gatepost_ledger::audit::{Fault, Rule, Statement};
use gatepost_ledger::note::{NoteSignature, SignedNote, VerifierKey};
use gatepost_ledger::tree::root_at;
use gatepost_ledger::{Body, Seal, cosignature};
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::tail::{self, LedgerKey, StoredNodes, key_at};

/// The keys of the ledger as it tells them.
#[derive(Default)]
pub(super) struct GateKeys(Vec<LedgerKey>);

impl GateKeys {
    pub(super) fn read(connection: &Connection) -> Result<GateKeys, StoreError> {
        Ok(GateKeys(readable(tail::keys(connection))?.unwrap_or_default()))
    }

    /// From which record on there were keys.
    pub(super) fn first(&self) -> u64 {
        self.0.first().map_or(0, |key| key.from)
    }

    /// The first signature of the gate that does not verify, where the one beside the last record does not. The
    /// nodes were compared before.
    pub(super) fn first_bad_head(
        &self,
        connection: &Connection,
        size: u64,
    ) -> Result<Option<Fault>, StoreError> {
        let Some(last) = size.checked_sub(1) else {
            return Ok(None);
        };
        let Some(mut first_bad) = self.fault_of_head(connection, last)? else {
            return Ok(None);
        };
        // Once the records differ from what was signed, no later signature verifies.
        let mut unknown_from = 0;
        while unknown_from < first_bad.position {
            let middle = unknown_from + (first_bad.position - unknown_from) / 2;
            let signed: Option<u64> = connection
                .prepare_cached(
                    "SELECT i FROM records WHERE i >= ?1 AND i <= ?2 AND head IS NOT NULL ORDER BY i DESC LIMIT 1",
                )?
                .query_row((unknown_from, middle), |row| row.get(0))
                .optional()?;
            let bad = match signed {
                Some(signed) => self.fault_of_head(connection, signed)?,
                None => None,
            };
            match bad {
                Some(bad) => first_bad = bad,
                None => unknown_from = middle + 1,
            }
        }
        Ok(Some(first_bad))
    }

    fn fault_of_head(&self, connection: &Connection, position: u64) -> Result<Option<Fault>, StoreError> {
        let fault = |found: &str| Some(Fault::new(position, Rule::Head, "a signature of the gate", found));
        let Some(key) = key_at(&self.0, position) else {
            return Ok(Some(Fault::new(position, Rule::Key, "a key of the gate", "none")));
        };
        let Some(head) = readable(tail::head(connection, position))?.flatten() else {
            return Ok(fault("none"));
        };
        let Some(seal) = self.seal(connection, position + 1)? else {
            return Ok(fault("no tree"));
        };
        Ok(match key.verify(seal.to_text().as_bytes(), &head) {
            Ok(()) => None,
            Err(_) => fault("one that does not verify"),
        })
    }

    /// The seal of the first `size` records after the stored nodes.
    fn seal(&self, connection: &Connection, size: u64) -> Result<Option<Seal>, StoreError> {
        let Some(key) = self.0.first() else {
            return Ok(None);
        };
        let root = readable(root_at(&StoredNodes(connection), size))?;
        Ok(root.map(|root| Seal {
            origin: key.key.name().clone(),
            size,
            root,
        }))
    }
}

/// `None` for what cannot be made out: the walk comes to it and says what is wrong.
fn readable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Damaged | StoreError::NoSuchRecord | StoreError::Leaf(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

struct Cosignature {
    size: u64,
    witness: String,
    time: u64,
    line: String,
    position: u64,
}

/// The cosignatures that are kept, as far as they verify, and the first that does not.
pub(super) fn seen_by_witnesses(
    connection: &Connection,
    keys: &GateKeys,
    size: u64,
) -> Result<(Vec<Statement>, Option<Fault>), StoreError> {
    let mut statement =
        connection.prepare("SELECT size, witness, time, line, i FROM cosignatures ORDER BY size, i")?;
    let mut rows = statement.query([])?;
    let mut statements = Vec::new();
    let mut faults = Vec::new();
    while let Some(row) = rows.next()? {
        let kept = Cosignature {
            size: row.get(0)?,
            witness: row.get(1)?,
            time: row.get(2)?,
            line: row.get(3)?,
            position: row.get(4)?,
        };
        if kept.size == 0 || kept.size > size {
            let expected = format!("{} records", kept.size);
            faults.push(Fault::new(size, Rule::Truncated, expected, size));
        } else if let Some(fault) = fault_of_inspection(connection, &kept)? {
            faults.push(fault);
        } else if let Some(seal) = keys.seal(connection, kept.size)? {
            match verified(&kept, &seal) {
                Ok(statement) => statements.push(statement),
                Err(fault) => faults.push(fault),
            }
        }
    }
    let first = faults.into_iter().min_by_key(|fault| fault.position);
    Ok((statements, first))
}

/// The record that tells of a cosignature says the same.
fn fault_of_inspection(connection: &Connection, kept: &Cosignature) -> Result<Option<Fault>, StoreError> {
    let fault = |found: &str| {
        let expected = format!("an inspection of {} records", kept.size);
        Some(Fault::new(kept.position, Rule::Inspections, expected, found))
    };
    let Some(leaf) = readable(tail::leaf(connection, kept.position))? else {
        return Ok(fault("none"));
    };
    let Body::Inspection { witness, size, time } = &leaf.body else {
        return Ok(fault(leaf.body.kind()));
    };
    let is_same = (witness, *size, *time) == (&kept.witness, kept.size, kept.time);
    Ok(if is_same { None } else { fault("another one") })
}

fn verified(kept: &Cosignature, seal: &Seal) -> Result<Statement, Fault> {
    let fault = |found: &str| {
        let expected = "a cosignature that verifies";
        Fault::new(kept.size - 1, Rule::Cosignature, expected, found)
    };
    let witness: VerifierKey = kept
        .witness
        .parse()
        .map_err(|_| fault("a key that is none, or a weak one"))?;
    let line: NoteSignature = kept.line.parse().map_err(|_| fault("another text"))?;
    let text = seal.to_text();
    match cosignature::verify(&text, &line, &witness) {
        Ok(time) if time == kept.time => {}
        Ok(_) => return Err(fault("one of another time")),
        Err(_) => return Err(fault("one that does not verify")),
    }
    let note = SignedNote {
        text,
        signatures: vec![line],
    };
    Statement::cosigned(&note, &witness).map_err(|_| fault("one that does not verify"))
}
