//! What a verifier of a bundle is given, and what it says.

use std::ops::Range;

use crate::audit::{Fault, Report};
use crate::bundle::files::BundleFile;
use crate::bundle::manifest::ListedFile;
use crate::disclosure::Disclosure;
use crate::note::{KeyName, SignedNote, VerifierKey};
use crate::seal::Seal;

/// Where the files of a bundle are.
pub trait BundleFiles {
    /// Why one could not be read.
    type Error;

    /// The names, each as often as it occurs.
    fn names(&self) -> Vec<String>;

    /// All bytes of a file, which the caller has found to be one of those that have a length limit
    /// ([`BundleFile::most_bytes`]).
    ///
    /// # Errors
    /// Where it could not be read, or is longer than it may be.
    fn read(&mut self, file: BundleFile) -> Result<Vec<u8>, Self::Error>;

    /// Length and SHA-256 of a file of any length.
    ///
    /// # Errors
    /// Where it could not be read.
    fn digest(&mut self, file: BundleFile) -> Result<ListedFile, Self::Error>;

    /// Length and SHA-256 of the packed bytes before the manifest; `None` for files that are not packed.
    ///
    /// # Errors
    /// Where they could not be read.
    fn before_manifest(&mut self) -> Result<Option<ListedFile>, Self::Error>;
}

/// What the verifier brings along.
#[derive(Clone, Debug, Default)]
pub struct BundleTrust {
    /// The ledger that is meant; `None` takes whatever it says it is.
    pub origin: Option<KeyName>,
    /// Keys of which one must be the ledger's first; none takes whatever it says.
    pub keys: Vec<VerifierKey>,
    /// Older seals that the verifier kept.
    pub since: Vec<SignedNote>,
    /// What the verifier itself saw and remembers, of whichever ledgers; what is of another than this is not looked
    /// at. No signature is asked for.
    pub seen: Vec<Seal>,
    /// Witnesses that the verifier knows. Those of whom only the bundle tells are reported and prove nothing.
    pub witnesses: Vec<VerifierKey>,
}

/// A rule of a bundle, beside those of its records, by a word that never changes meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BundleRule {
    /// The packing has its one form.
    Packing,
    /// Every file is there once, and no other.
    Files,
    /// The gate's key signed what the manifest says.
    Manifest,
    /// A file has one form and says what it is there to say.
    Form,
    /// The policy names the keys of the ledger.
    Policy,
    /// A file is that of the manifest.
    Content,
    /// An older seal is about the beginning of the same ledger.
    Consistency,
    /// A disclosure is that of its record.
    Proof,
}

impl BundleRule {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BundleRule::Packing => "packing",
            BundleRule::Files => "files",
            BundleRule::Manifest => "manifest",
            BundleRule::Form => "form",
            BundleRule::Policy => "policy",
            BundleRule::Content => "content",
            BundleRule::Consistency => "consistency",
            BundleRule::Proof => "proof",
        }
    }
}

/// The first thing that does not hold. What was expected and found holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// A file.
    #[error("{file}: {}: expected {expected}, found {found}", .rule.word())]
    File {
        /// Its name, or what stands for it.
        file: String,
        /// Which rule.
        rule: BundleRule,
        /// What should be there.
        expected: String,
        /// What is.
        found: String,
    },
    /// A record.
    #[error(transparent)]
    Record(#[from] Fault),
}

impl BundleFault {
    /// A fault of a file.
    #[must_use]
    pub fn file(
        file: impl ToString,
        rule: BundleRule,
        expected: impl ToString,
        found: impl ToString,
    ) -> BundleFault {
        BundleFault::File {
            file: file.to_string(),
            rule,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Position of the record, where it is about one.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        match self {
            BundleFault::Record(fault) => Some(fault.position),
            BundleFault::File { file, .. } => match BundleFile::parse_name(file) {
                Some(BundleFile::Entries(bundle)) => Some(bundle.first()),
                Some(BundleFile::Proof(position)) => Some(position),
                _ => None,
            },
        }
    }

    /// The word of the rule.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            BundleFault::File { rule, .. } => rule.word(),
            BundleFault::Record(fault) => fault.rule.word(),
        }
    }

    /// What should be there.
    #[must_use]
    pub fn expected(&self) -> &str {
        match self {
            BundleFault::File { expected, .. } => expected,
            BundleFault::Record(fault) => &fault.expected,
        }
    }

    /// What is.
    #[must_use]
    pub fn found(&self) -> &str {
        match self {
            BundleFault::File { found, .. } => found,
            BundleFault::Record(fault) => &fault.found,
        }
    }
}

/// Why a bundle was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BundleError<E> {
    /// It is at fault.
    #[error(transparent)]
    Fault(#[from] BundleFault),
    /// It could not be read.
    #[error("the bundle could not be read")]
    Read(#[source] E),
}

impl<E> From<Fault> for BundleError<E> {
    fn from(fault: Fault) -> BundleError<E> {
        BundleError::Fault(BundleFault::Record(fault))
    }
}

/// What a witness signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleCosignature {
    /// Records that it saw.
    pub size: u64,
    /// The witness.
    pub witness: VerifierKey,
    /// When, on its own clock, seconds since 1970 UTC.
    pub seconds: u64,
    /// Whether the verifier knows the witness. One that is not known may be the gate itself.
    pub is_known: bool,
}

/// Disclosures of one record that travel with a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Position of the record.
    pub position: u64,
    /// What is shown of it.
    pub disclosures: Vec<Disclosure>,
}

/// What a bundle without a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleReport {
    /// The newest seal.
    pub seal: Seal,
    /// Positions of the records that are shown.
    pub range: Range<u64>,
    /// The ledger's keys and the position of the first record whose head each signs.
    pub keys: Vec<(u64, VerifierKey)>,
    /// What witnesses signed, in ascending order of the sizes.
    pub cosigned: Vec<BundleCosignature>,
    /// Records that somebody saw whom the verifier knows: the largest size of an older seal that was brought along
    /// or is remembered, or of a cosignature of a known witness. Of what is behind nothing shows that it was not written anew.
    pub vouched: u64,
    /// What the audit says; `None` for a part of a ledger, of which erasures, references and the course of the clock
    /// cannot be told.
    pub audit: Option<Report>,
    /// The disclosures that travel with it.
    pub shown: Vec<Shown>,
    /// What the manifest lists: the files of [`BundleFile::LISTED`]. That they are these was checked; what they say
    /// was not.
    pub listed: [ListedFile; 4],
    /// Files.
    pub files: u64,
}
