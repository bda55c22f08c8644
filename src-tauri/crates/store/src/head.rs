//! What the ledger is, for whoever checks it: seals, proofs, keys, and what witnesses signed.

use gatepost_ledger::note::{KeyName, NoteSignature, SignedNote, VerifierKey};
use gatepost_ledger::tree::{Hash, Nodes, consistency_proof, inclusion_proof, root_at};
use gatepost_ledger::witness::WitnessRequest;
use gatepost_ledger::witness_exchange::{FormerKey, Hello, RequestError, request_for};
use gatepost_ledger::{Body, Leaf, Moment, PersonNumber, Seal, cosignature};
use rusqlite::{Connection, named_params};

use crate::append::NewRecord;
use crate::tail::{self, LedgerKey, StoredNodes};
use crate::{Reader, Store, StoreError};

/// A seal with the gate's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSeal {
    /// What it states.
    pub seal: Seal,
    /// The same as a signed note.
    pub note: SignedNote,
}

/// A witness's signature over the seal of so many records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCosignature {
    /// Records that were witnessed.
    pub size: u64,
    /// The key of the witness.
    pub witness: VerifierKey,
    /// The witness's own clock, seconds since 1970 UTC.
    pub time: u64,
    /// The signature line.
    pub line: NoteSignature,
    /// Position of the record that tells of it.
    pub position: u64,
}

impl Reader {
    /// The ledger's name.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`], or any other.
    pub fn origin(&self) -> Result<KeyName, StoreError> {
        if self.records()? == 0 {
            return Err(StoreError::NotSetUp);
        }
        Ok(self.known_origin()?.clone())
    }

    /// Every key of the ledger, in order; the last one is in force.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`], or any other.
    pub fn ledger_keys(&self) -> Result<Vec<LedgerKey>, StoreError> {
        if self.records()? == 0 {
            return Err(StoreError::NotSetUp);
        }
        tail::keys(&self.connection)
    }

    /// One record.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`], or any other.
    pub fn leaf(&self, position: u64) -> Result<Leaf, StoreError> {
        tail::leaf(&self.connection, position)
    }

    /// The seal of the whole ledger.
    ///
    /// # Errors
    /// [`StoreError::NotSetUp`], or any other.
    pub fn head(&self) -> Result<SignedSeal, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let head = head(&transaction)?;
        transaction.finish()?;
        Ok(head)
    }

    /// What a seal of the first `size` records states.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`] for more records than there are, or any other.
    pub fn seal_at(&self, size: u64) -> Result<Seal, StoreError> {
        let origin = self.origin()?;
        let root = self.of_tree(size, |nodes| root_at(nodes, size))?;
        Ok(Seal { origin, size, root })
    }

    /// The seal of the first `size` records as it was signed when they were all there were; `None` where so many
    /// never were: they were written together with more.
    ///
    /// # Errors
    /// As [`Reader::seal_at`].
    pub fn signed_seal_at(&self, size: u64) -> Result<Option<SignedSeal>, StoreError> {
        self.of_tree(size, |nodes| signed(nodes.0, size))
    }

    /// The seal that says most of the record at `position`: the newest that a witness cosigned after it was written,
    /// with the lines of its witnesses, because that is worth more than the gate's word; where there is none, the
    /// newest.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`] where there is no such record, or any other.
    pub fn best_seal_over(&self, position: u64) -> Result<SignedSeal, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let head = head(&transaction)?;
        if position >= head.seal.size {
            return Err(StoreError::NoSuchRecord);
        }
        let mut cosignatures = cosignatures(&transaction)?;
        let sizes = cosignatures.iter().map(|one| one.size);
        let newest = sizes.filter(|size| *size > position).max();
        let sealed = match newest {
            Some(size) => signed(&transaction, size)?,
            None => None,
        };
        transaction.finish()?;
        let mut best = sealed.unwrap_or(head);
        cosignatures.retain(|one| one.size == best.seal.size);
        let lines = cosignatures.into_iter().map(|one| one.line);
        best.note.signatures.extend(lines);
        Ok(best)
    }

    /// The audit path of a record in the tree of the first `size` records.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`] where there is none, or any other.
    pub fn inclusion(&self, position: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
        self.of_tree(size, |nodes| inclusion_proof(nodes, position, size))?
            .ok_or(StoreError::NoSuchRecord)
    }

    /// The proof that the first `old` records begin the first `new` ones.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecord`] where `old` is larger or `new` more than there are, or any other.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        self.of_tree(new, |nodes| consistency_proof(nodes, old, new))?
            .ok_or(StoreError::NoSuchRecord)
    }

    /// The tree's nodes, for tiles and bundles.
    pub fn nodes(&self) -> impl Nodes<Error = StoreError> + '_ {
        StoredNodes(&self.connection)
    }

    /// What witnesses signed, oldest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn cosignatures(&self) -> Result<Vec<StoredCosignature>, StoreError> {
        cosignatures(&self.connection)
    }

    /// Asks the tree of the first `size` records, all in one read transaction: beginning one costs more than
    /// reading a node.
    fn of_tree<T>(
        &self,
        size: u64,
        ask: impl FnOnce(&StoredNodes<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        if size > tail::size(&transaction)? {
            return Err(StoreError::NoSuchRecord);
        }
        let answer = ask(&StoredNodes(&transaction))?;
        transaction.finish()?;
        Ok(answer)
    }

    /// What the gate shows to a witness that said hello, and whether there is more to be witnessed afterwards: a
    /// witness that knows an older key is led over each change of key in a request of its own.
    ///
    /// # Errors
    /// [`RequestError`]: the hello does not fit this ledger, or the store fails.
    pub fn witness_request(&self, hello: &Hello) -> Result<(WitnessRequest, bool), RequestError<StoreError>> {
        let nodes = RequestError::Nodes;
        let head = self.head().map_err(nodes)?;
        let keys = self.ledger_keys().map_err(nodes)?;
        let (newest, _) = keys.split_last().ok_or(nodes(StoreError::Damaged))?;
        let mut former = Vec::new();
        for pair in keys.windows(2) {
            // Its last seal is that with the record in it that names the next key.
            let size = pair[1].from;
            let leaf = self.leaf(size - 1).map_err(nodes)?;
            let seal = self.signed_seal_at(size).map_err(nodes)?;
            former.push(FormerKey {
                key: pair[0].key.clone(),
                leaf: leaf.to_bytes().map_err(|error| nodes(error.into()))?,
                seal: seal.ok_or(nodes(StoreError::Damaged))?.note,
            });
        }
        let request = request_for(hello, &self.nodes(), &head.note, &newest.key, &former)?;
        let again = request.size < head.seal.size;
        Ok((request, again))
    }
}

impl Store {
    /// Keeps what a witness signed over the seal of `size` records, and a record that says so. Returns its
    /// position.
    ///
    /// # Errors
    /// [`StoreError::CosignatureRefused`] where the line is not that witness's over what this ledger was; the
    /// same line a second time; or any other.
    pub fn add_cosignature(
        &mut self,
        at: Moment,
        gate: &str,
        by: Option<PersonNumber>,
        size: u64,
        witness: &VerifierKey,
        line: &NoteSignature,
    ) -> Result<u64, StoreError> {
        self.transact(|writing, _| {
            let identity = writing.tail().identity.as_ref().ok_or(StoreError::NotSetUp)?;
            if size == 0 || size > writing.tail().frontier.size() {
                return Err(StoreError::CosignatureRefused);
            }
            let seal = Seal {
                origin: identity.origin.clone(),
                size,
                root: root_at(&StoredNodes(writing), size)?,
            };
            let time = cosignature::verify(&seal.to_text(), line, witness)
                .map_err(|_| StoreError::CosignatureRefused)?;
            let (witness, line) = (witness.to_string(), line.to_string());
            let which = named_params! { ":size": size, ":witness": witness, ":time": time };
            let sql = "SELECT EXISTS (SELECT 1 FROM cosignatures
                       WHERE size = :size AND witness = :witness AND time = :time)";
            if writing.query_row(sql, which, |row| row.get(0))? {
                return Err(StoreError::CosignatureRefused);
            }
            let position = writing.append(&NewRecord {
                at,
                gate: gate.to_owned(),
                by,
                body: Body::Inspection {
                    witness: witness.clone(),
                    size,
                    time,
                },
            })?;
            writing.execute(
                "INSERT INTO cosignatures (size, witness, time, line, i)
                 VALUES (:size, :witness, :time, :line, :i)",
                named_params! {
                    ":size": size, ":witness": witness, ":time": time, ":line": line, ":i": position
                },
            )?;
            Ok(position)
        })
    }
}

/// What witnesses signed, oldest first.
pub(crate) fn cosignatures(connection: &Connection) -> Result<Vec<StoredCosignature>, StoreError> {
    let sql = "SELECT size, witness, time, line, i FROM cosignatures ORDER BY i, witness";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(|_| StoreError::Damaged);
        found.push(StoredCosignature {
            size: row.get(0)?,
            witness: text(1)?.parse().map_err(|_| StoreError::Damaged)?,
            time: row.get(2)?,
            line: text(3)?.parse().map_err(|_| StoreError::Damaged)?,
            position: row.get(4)?,
        });
    }
    Ok(found)
}

/// The seal of all records.
pub(crate) fn head(connection: &Connection) -> Result<SignedSeal, StoreError> {
    let size = tail::size(connection)?;
    if size == 0 {
        return Err(StoreError::NotSetUp);
    }
    signed(connection, size)?.ok_or(StoreError::Damaged)
}

/// The seal of the first `size` records, where it was signed by the key that was in force.
///
/// # Errors
/// [`StoreError::Damaged`] where the signature or what it signs does not fit.
pub(crate) fn signed(connection: &Connection, size: u64) -> Result<Option<SignedSeal>, StoreError> {
    let Some(last) = size.checked_sub(1) else {
        return Ok(None);
    };
    let Some(signature) = tail::head(connection, last)? else {
        return Ok(None);
    };
    let keys = tail::keys(connection)?;
    let key = tail::key_at(&keys, last).ok_or(StoreError::Damaged)?;
    let seal = Seal {
        origin: key.name().clone(),
        size,
        root: root_at(&StoredNodes(connection), size)?,
    };
    let text = seal.to_text();
    key.verify(text.as_bytes(), &signature)
        .map_err(|_| StoreError::Damaged)?;
    let signature = NoteSignature {
        name: key.name().clone(),
        id: key.id(),
        signature: signature.to_vec(),
    };
    let note = SignedNote {
        text,
        signatures: vec![signature],
    };
    Ok(Some(SignedSeal { seal, note }))
}
