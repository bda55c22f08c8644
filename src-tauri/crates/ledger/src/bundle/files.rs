//! Which files a bundle may have.

use crate::leaf::LONGEST_LEAF_BYTES;
use crate::note::LONGEST_NOTE_BYTES;
use crate::policy::LONGEST_POLICY_BYTES;
use crate::proof_file::{LONGEST_PROOF_BYTES, MOST_HASHES};
use crate::tiles::{EntryBundle, TILE_WIDTH, Tile};

/// The guide and the script are no longer.
const LONGEST_GUIDE_BYTES: usize = 256 * 1024;
/// 32 bytes in base64 and a line feed.
const HASH_LINE_BYTES: usize = 45;

/// A file of a bundle, told from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BundleFile {
    /// `VERIFY.txt`: what is proven, what is not, and how to check.
    Guide,
    /// `verify.py`: a verifier that shares no line with this program.
    Script,
    /// `checkpoint`: the newest seal.
    Checkpoint,
    /// `policy`: the keys of the ledger and of the witnesses (C2SP tlog-policy).
    Policy,
    /// `checkpoints/<size>`: an older seal.
    OldSeal(u64),
    /// `consistency/<old>-<new>`: the proof that an older seal is about the same ledger.
    Consistency(u64, u64),
    /// `tile/…`: hashes.
    Tile(Tile),
    /// `tile/entries/…`: leaves.
    Entries(EntryBundle),
    /// `records.jsonl`: the leaves of the range, one a line.
    RecordLines,
    /// `entries.csv`: entries and voids of the range as a table.
    EntryLines,
    /// `proofs/<position>.tlog-proof`: chosen disclosures of one record.
    Proof(u64),
    /// `manifest`: what of the others the gate's key signed.
    Manifest,
}

impl BundleFile {
    /// The files whose hash the manifest lists, in its order.
    pub const LISTED: [BundleFile; 4] = [
        BundleFile::Guide,
        BundleFile::Script,
        BundleFile::RecordLines,
        BundleFile::EntryLines,
    ];

    /// The name, with slashes on every system.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            BundleFile::Guide => "VERIFY.txt".into(),
            BundleFile::Script => "verify.py".into(),
            BundleFile::Checkpoint => "checkpoint".into(),
            BundleFile::Policy => "policy".into(),
            BundleFile::OldSeal(size) => format!("checkpoints/{size}"),
            BundleFile::Consistency(old, new) => format!("consistency/{old}-{new}"),
            BundleFile::Tile(tile) => tile.path(),
            BundleFile::Entries(bundle) => bundle.path(),
            BundleFile::RecordLines => "records.jsonl".into(),
            BundleFile::EntryLines => "entries.csv".into(),
            BundleFile::Proof(position) => format!("proofs/{position}.tlog-proof"),
            BundleFile::Manifest => "manifest".into(),
        }
    }

    /// The file of a name, which has no other form than that of [`BundleFile::name`]; `None` for every other name.
    #[must_use]
    pub fn parse_name(name: &str) -> Option<BundleFile> {
        let file = match name {
            "VERIFY.txt" => BundleFile::Guide,
            "verify.py" => BundleFile::Script,
            "checkpoint" => BundleFile::Checkpoint,
            "policy" => BundleFile::Policy,
            "records.jsonl" => BundleFile::RecordLines,
            "entries.csv" => BundleFile::EntryLines,
            "manifest" => BundleFile::Manifest,
            _ => numbered(name)?,
        };
        (file.name() == name).then_some(file)
    }

    /// No such file is longer; `None` for the two that grow with the ledger and are read piece by piece.
    #[must_use]
    pub fn most_bytes(self) -> Option<u64> {
        let bytes = match self {
            BundleFile::Guide | BundleFile::Script => LONGEST_GUIDE_BYTES,
            BundleFile::Checkpoint | BundleFile::OldSeal(_) | BundleFile::Manifest => LONGEST_NOTE_BYTES,
            BundleFile::Policy => LONGEST_POLICY_BYTES,
            BundleFile::Consistency(..) => MOST_HASHES * HASH_LINE_BYTES,
            BundleFile::Tile(tile) => tile.byte_length(),
            BundleFile::Entries(_) => usize::from(TILE_WIDTH) * (2 + LONGEST_LEAF_BYTES),
            BundleFile::Proof(_) => LONGEST_PROOF_BYTES,
            BundleFile::RecordLines | BundleFile::EntryLines => return None,
        };
        Some(bytes as u64)
    }

    /// Whether the packed file is compressed: whatever is text and long. Hashes do not become shorter.
    #[must_use]
    pub fn is_compressed(self) -> bool {
        matches!(
            self,
            BundleFile::Guide
                | BundleFile::Script
                | BundleFile::Entries(_)
                | BundleFile::RecordLines
                | BundleFile::EntryLines
        )
    }
}

fn numbered(name: &str) -> Option<BundleFile> {
    if let Some(size) = name.strip_prefix("checkpoints/") {
        return Some(BundleFile::OldSeal(size.parse().ok()?));
    }
    if let Some(sizes) = name.strip_prefix("consistency/") {
        let (old, new) = sizes.split_once('-')?;
        return Some(BundleFile::Consistency(old.parse().ok()?, new.parse().ok()?));
    }
    if let Some(proof) = name.strip_prefix("proofs/") {
        let position = proof.strip_suffix(".tlog-proof")?;
        return Some(BundleFile::Proof(position.parse().ok()?));
    }
    if name.starts_with("tile/entries/") {
        return EntryBundle::parse_path(name).map(BundleFile::Entries);
    }
    Tile::parse_path(name).map(BundleFile::Tile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_one_file_and_reads_back() {
        for name in [
            "VERIFY.txt",
            "verify.py",
            "checkpoint",
            "policy",
            "checkpoints/1234",
            "consistency/1-1234",
            "tile/0/000",
            "tile/1/x001/234.p/17",
            "tile/entries/x001/234.p/17",
            "records.jsonl",
            "entries.csv",
            "proofs/0.tlog-proof",
            "manifest",
        ] {
            let file = BundleFile::parse_name(name).expect(name);
            assert_eq!(file.name(), name);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_or_have_another_form_are_none() {
        for name in [
            "",
            "/checkpoint",
            "./checkpoint",
            "../checkpoint",
            "tile/../checkpoint",
            "checkpoints/01",
            "checkpoints/+1",
            "checkpoints\\1",
            "consistency/1",
            "consistency/1-2-3",
            "proofs/1",
            "tile/0/0",
            "tile/8/000",
            "VERIFY.TXT",
            "manifest/",
        ] {
            assert_eq!(BundleFile::parse_name(name), None, "{name}");
        }
    }
}
