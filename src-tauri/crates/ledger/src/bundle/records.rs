//! The records of a bundle against the rules of the ledger.

use crate::audit::{Audit, Batch, Fault, Report, Scanned, Statement, Trust};
use crate::body::Body;
use crate::bundle::keys::KeyHistory;
use crate::bundle::part::Part;
use crate::leaf::Leaf;

/// Takes the records that a bundle shows, in ascending order.
pub(super) struct Records {
    rules: Rules,
    keys: KeyHistory,
}

enum Rules {
    /// Every record is there.
    Whole(Box<(Audit, Batch)>),
    Part(Part),
}

impl Records {
    /// For a bundle with every record.
    pub(super) fn whole(trust: Trust) -> Records {
        let audit = Audit::new(trust);
        let batch = Batch::new(0, &audit.marks());
        Records {
            rules: Rules::Whole(Box::new((audit, batch))),
            keys: KeyHistory::default(),
        }
    }

    /// For a bundle that leaves records out. `seen` are sizes and times of cosignatures.
    pub(super) fn part(seen: &[(u64, u64)]) -> Records {
        Records {
            rules: Rules::Part(Part::new(seen)),
            keys: KeyHistory::default(),
        }
    }

    /// Takes the next record. Returns whether it changes the key: such a record is shown in every bundle.
    pub(super) fn push(&mut self, position: u64, leaf: &[u8]) -> Result<bool, Fault> {
        let (audit, batch) = match &mut self.rules {
            Rules::Whole(walk) => &mut **walk,
            Rules::Part(part) => {
                let leaf = part.push(position, leaf, self.keys.first().is_some())?;
                self.keys.note(&leaf)?;
                return Ok(changes_key(&leaf));
            }
        };
        let changes_key = match batch.push(leaf, None) {
            Some(Scanned::Other(leaf)) => {
                self.keys.note(leaf)?;
                changes_key(leaf)
            }
            Some(Scanned::Entry(_)) | None => false,
        };
        if batch.room() == 0 {
            take(audit, batch)?;
        }
        Ok(changes_key)
    }

    /// The keys, and what the audit of a whole ledger says.
    pub(super) fn finish(self) -> Result<(KeyHistory, Option<Report>), Fault> {
        let report = match self.rules {
            Rules::Part(_) => None,
            Rules::Whole(walk) => {
                let (mut audit, mut batch) = *walk;
                take(&mut audit, &mut batch)?;
                Some(audit.finish()?)
            }
        };
        Ok((self.keys, report))
    }
}

fn changes_key(leaf: &Leaf) -> bool {
    matches!(leaf.body, Body::KeyChange { .. })
}

fn take(audit: &mut Audit, batch: &mut Batch) -> Result<(), Fault> {
    let next = Batch::new(batch.next(), &audit.marks());
    audit.take(std::mem::replace(batch, next))
}

/// What cosignatures tell the audit of a whole ledger.
pub(super) fn trust_of(statements: Vec<Statement>) -> Trust {
    Trust {
        statements,
        ..Trust::default()
    }
}
