//! What others know of a ledger, and whether it still fits.

use crate::audit::fault::{Fault, Rule, hexadecimal};
use crate::cosignature;
use crate::note::{KeyName, NoteError, SignedNote, VerifierKey};
use crate::seal::Seal;
use crate::tree::Hash;

/// The clocks of a gate and a witness may differ by so much.
pub const COSIGNATURE_SKEW_MS: i64 = 5 * 60 * 1000;

/// What somebody knows of a ledger, to be compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    size: u64,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A seal that the gate is said to have signed.
    Sealed { seal: Seal, note: SignedNote },
    /// A seal that a witness signed; the signature was verified.
    Cosigned { seal: Seal, seconds: u64 },
    /// What the verifier saw before.
    Seen { seal: Seal },
    /// The gate's signature that stands beside the record before `size`.
    Head { signature: [u8; 64] },
}

impl Statement {
    /// An older seal. That a key of the ledger signed it is checked in the walk.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] for a note that is no seal.
    pub fn sealed(note: SignedNote) -> Result<Statement, NoteError> {
        let seal = Seal::of_note(&note)?;
        Ok(Statement {
            size: seal.size,
            kind: Kind::Sealed { seal, note },
        })
    }

    /// What `witness` signed on a seal: the seal and the earliest time at which it did. Whether the witness is to
    /// be believed is the caller's to know.
    ///
    /// # Errors
    /// [`NoteError::Malformed`], [`NoteError::Unsigned`] or [`NoteError::BadSignature`].
    pub fn cosigned(note: &SignedNote, witness: &VerifierKey) -> Result<Statement, NoteError> {
        let seal = Seal::of_note(note)?;
        let seconds = cosignature::time_in(note, witness)?;
        Ok(Statement {
            size: seal.size,
            kind: Kind::Cosigned { seal, seconds },
        })
    }

    /// What the verifier itself saw and remembers; no signature is asked for.
    #[must_use]
    pub fn seen(seal: Seal) -> Statement {
        Statement {
            size: seal.size,
            kind: Kind::Seen { seal },
        }
    }

    /// The signature that stands beside the last of `size` records.
    #[must_use]
    pub fn head(size: u64, signature: [u8; 64]) -> Statement {
        Statement {
            size,
            kind: Kind::Head { signature },
        }
    }

    /// Records that it covers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The position that a fault of it names: the last record that it covers.
    fn position(&self) -> u64 {
        self.size.saturating_sub(1)
    }

    /// Whether it is about this ledger and signed by whom it should be; says nothing of the records.
    fn check_form(&self, origin: Option<&KeyName>, keys: &[(u64, VerifierKey)]) -> Result<(), Fault> {
        let (Kind::Sealed { seal, .. } | Kind::Cosigned { seal, .. } | Kind::Seen { seal }) = &self.kind
        else {
            return Ok(());
        };
        if origin != Some(&seal.origin) {
            let found = origin.map_or("none", KeyName::as_str);
            return Err(Fault::new(0, Rule::Origin, &seal.origin, found));
        }
        if let Kind::Sealed { note, .. } = &self.kind {
            let is_signed = keys.iter().any(|(_, key)| note.verify(key).is_ok());
            if !is_signed {
                let expected = "a signature of the gate";
                return Err(Fault::new(
                    self.position(),
                    Rule::Seal,
                    expected,
                    "none that verifies",
                ));
            }
        }
        Ok(())
    }

    fn check(&self, root: &Hash, origin: Option<&KeyName>, keys: &[(u64, VerifierKey)]) -> Result<(), Fault> {
        self.check_form(origin, keys)?;
        let position = self.position();
        match &self.kind {
            Kind::Sealed { seal, .. } | Kind::Cosigned { seal, .. } | Kind::Seen { seal } => {
                if seal.root == *root {
                    return Ok(());
                }
                let (expected, found) = (hexadecimal(&seal.root.0), hexadecimal(&root.0));
                Err(Fault::new(position, Rule::Forked, expected, found))
            }
            Kind::Head { signature } => {
                let in_force = keys.iter().rev().find(|(from, _)| *from <= position);
                let (Some((_, key)), Some(origin)) = (in_force, origin) else {
                    return Err(Fault::new(position, Rule::Key, "a key of the gate", "none"));
                };
                let seal = Seal {
                    origin: origin.clone(),
                    size: self.size,
                    root: *root,
                };
                key.verify(seal.to_text().as_bytes(), signature).map_err(|_| {
                    let expected = "a signature of the gate";
                    Fault::new(position, Rule::Head, expected, "one that does not verify")
                })
            }
        }
    }
}

/// All statements, in the order in which the walk comes to them.
#[derive(Debug)]
pub(super) struct Statements {
    all: Vec<Statement>,
    /// How many were checked.
    checked: usize,
}

impl Statements {
    pub(super) fn new(mut all: Vec<Statement>) -> Statements {
        all.sort_by_key(|statement| statement.size);
        Statements { all, checked: 0 }
    }

    pub(super) fn marks(&self) -> Vec<u64> {
        let mut marks: Vec<u64> = self.all.iter().map(|statement| statement.size).collect();
        marks.dedup();
        marks
    }

    /// The largest size that somebody outside knows of.
    pub(super) fn vouched(&self) -> u64 {
        let outside = self
            .all
            .iter()
            .filter(|statement| !matches!(statement.kind, Kind::Head { .. }));
        outside.map(|statement| statement.size).max().unwrap_or(0)
    }

    pub(super) fn check_at(
        &mut self,
        size: u64,
        root: &Hash,
        origin: Option<&KeyName>,
        keys: &[(u64, VerifierKey)],
    ) -> Result<(), Fault> {
        let due = self.all[self.checked..].iter();
        for statement in due.take_while(|statement| statement.size <= size) {
            // The root of the empty tree is that of every ledger.
            let empty = Hash::of_empty_tree();
            let root = if statement.size == 0 { &empty } else { root };
            statement.check(root, origin, keys)?;
            self.checked += 1;
        }
        Ok(())
    }

    /// At the end nothing may be left: whatever is knows of more records than there are.
    pub(super) fn check_rest(
        &mut self,
        size: u64,
        root: &Hash,
        origin: Option<&KeyName>,
        keys: &[(u64, VerifierKey)],
    ) -> Result<(), Fault> {
        self.check_at(size, root, origin, keys)?;
        match self.all.get(self.checked) {
            Some(statement) => {
                statement.check_form(origin, keys)?;
                Err(Fault::new(
                    size,
                    Rule::Truncated,
                    format!("{} records", statement.size),
                    size,
                ))
            }
            None => Ok(()),
        }
    }

    pub(super) fn time_bounds(&self) -> TimeBounds {
        let mut seen: Vec<(u64, i64)> = Vec::new();
        for statement in &self.all {
            if let Kind::Cosigned { seconds, .. } = statement.kind {
                let time = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                seen.push((statement.size, time));
            }
        }
        // Whoever saw more records later bounds those before no tighter than whoever saw them earlier.
        let mut earliest = i64::MAX;
        for (_, time) in seen.iter_mut().rev() {
            earliest = earliest.min(*time);
            *time = earliest;
        }
        TimeBounds::new(&self.all, seen)
    }
}

/// Between which wall clocks a record may lie.
#[derive(Debug)]
pub(super) struct TimeBounds {
    /// For each cosignature: its size, the earliest time of it and of all larger ones, and its own time.
    ahead: std::collections::VecDeque<(u64, i64, i64)>,
    not_before: i64,
    not_after: i64,
    /// The first position for which the two do not hold.
    until: u64,
}

impl TimeBounds {
    fn new(all: &[Statement], earliest: Vec<(u64, i64)>) -> TimeBounds {
        let own = all.iter().filter_map(|statement| match statement.kind {
            Kind::Cosigned { seconds, .. } => {
                Some(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
            }
            Kind::Sealed { .. } | Kind::Seen { .. } | Kind::Head { .. } => None,
        });
        let ahead = earliest
            .into_iter()
            .zip(own)
            .map(|((size, earliest), own)| (size, earliest, own))
            .collect();
        TimeBounds {
            ahead,
            not_before: i64::MIN,
            not_after: i64::MAX,
            until: 0,
        }
    }

    #[inline]
    pub(super) fn check(&mut self, position: u64, wall_ms: i64) -> Result<(), Fault> {
        if position >= self.until {
            self.pass(position);
        }
        if wall_ms < self.not_before {
            let expected = format!("at or after {} ms", self.not_before);
            return Err(Fault::new(
                position,
                Rule::BackDated,
                expected,
                format!("{wall_ms} ms"),
            ));
        }
        if wall_ms > self.not_after {
            let expected = format!("at or before {} ms", self.not_after);
            return Err(Fault::new(
                position,
                Rule::BackDated,
                expected,
                format!("{wall_ms} ms"),
            ));
        }
        Ok(())
    }

    fn pass(&mut self, position: u64) {
        while let Some((_, _, own)) = self.ahead.pop_front_if(|(size, ..)| *size <= position) {
            self.not_before = self.not_before.max(own.saturating_sub(COSIGNATURE_SKEW_MS));
        }
        (self.until, self.not_after) = match self.ahead.front() {
            Some((size, earliest, _)) => (*size, earliest.saturating_add(COSIGNATURE_SKEW_MS)),
            None => (u64::MAX, i64::MAX),
        };
    }
}
