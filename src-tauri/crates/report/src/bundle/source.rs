use std::ops::{ControlFlow, Range};

use gatepost_ledger::bundle::Shown;
use gatepost_ledger::note::{SignedNote, VerifierKey};

/// A ledger to be bundled. It must not grow between the calls, or must hide that it does: everything is about the
/// ledger of the newest seal.
pub trait BundleSource {
    /// Why it could not be read.
    type Error;

    /// The newest seal with the lines of witnesses that cosigned it. Its size is the size of the bundle.
    ///
    /// # Errors
    /// Where it could not be read.
    fn newest_seal(&mut self) -> Result<SignedNote, Self::Error>;

    /// Older seals in any order: the last of every former key (its size is the position of the change plus 1), and
    /// every one that a witness cosigned, with the lines of the witnesses. Two of one size are joined.
    ///
    /// # Errors
    /// Where they could not be read.
    fn older_seals(&mut self) -> Result<Vec<SignedNote>, Self::Error>;

    /// The keys of the ledger, oldest first.
    ///
    /// # Errors
    /// Where they could not be read.
    fn keys(&mut self) -> Result<Vec<VerifierKey>, Self::Error>;

    /// The keys of the witnesses, each once.
    ///
    /// # Errors
    /// Where they could not be read.
    fn witnesses(&mut self) -> Result<Vec<VerifierKey>, Self::Error>;

    /// Hands out the leaves of these positions in order, until there are no more or it is told to stop. It is asked
    /// three times.
    ///
    /// # Errors
    /// Where they could not be read.
    fn leaves(
        &mut self,
        range: Range<u64>,
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Self::Error>;

    /// Signs a text with the gate's key that is in force now.
    ///
    /// # Errors
    /// Where there is no key.
    fn sign(&mut self, text: String) -> Result<SignedNote, Self::Error>;
}

/// What of a ledger is bundled.
#[derive(Clone, Debug, Default)]
pub struct BundleRequest {
    /// Positions of the records to be shown; `None` for all. Of the others there are hashes only, but for those that
    /// share an entry bundle of 256 with one of the range, with the genesis, with a change of key or with a record in
    /// `shown`.
    pub range: Option<Range<u64>>,
    /// Disclosures that travel with it, of each record once; none in a standard bundle. It takes a manager's right, a
    /// reason and a record in the ledger, which are the caller's to ask for.
    pub shown: Vec<Shown>,
}
