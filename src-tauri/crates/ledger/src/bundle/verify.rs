//! Verifies a bundle.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::audit::{Fault, Report, Rule, Statement};
use crate::bundle::files::BundleFile;
use crate::bundle::keys::KeyHistory;
use crate::bundle::manifest::{BundleManifest, ListedFile};
use crate::bundle::records::{Records, trust_of};
use crate::bundle::tree::{Regrown, compare};
use crate::bundle::verdict::{
    BundleCosignature, BundleError, BundleFault, BundleFiles, BundleReport, BundleRule, BundleTrust, Shown,
};
use crate::cosignature;
use crate::note::{NoteError, SignedNote, VerifierKey};
use crate::policy::Policy;
use crate::proof_file::{ProofFile, hashes_of};
use crate::seal::Seal;
use crate::tiles::{EntryBundle, Tile, entry_bundles_of, tiles_of};
use crate::tree::{HASH_BYTES, Hash, verify_consistency};

/// Verifies everything in a bundle. `each` is told every record of the range, in order, once its bytes were found to
/// be in the tree; what follows from later files may still be at fault then.
///
/// # Errors
/// [`BundleError::Fault`] with the first thing that does not hold, or [`BundleError::Read`].
pub fn verify_bundle<F: BundleFiles>(
    files: &mut F,
    trust: &BundleTrust,
    mut each: impl FnMut(u64, &[u8]),
) -> Result<BundleReport, BundleError<F::Error>> {
    let names = names_of(&files.names())?;
    let opened = Opened::of(files, &names, trust)?;
    opened.check_names(&names)?;
    let mut records = opened.records()?;
    let mut marks: Vec<u64> = opened.older.iter().map(|(seal, _)| seal.size).collect();
    marks.extend(opened.since.iter().map(|(seal, _)| seal.size));
    marks.extend(opened.seen.iter().map(|seal| seal.size));
    let mut tree = Regrown::new(marks);
    let mut leaves = Leaves::new();
    for (bundle, tile) in entry_bundles_of(opened.seal.size).zip(tiles_of(opened.seal.size)) {
        let hashes = tile_bytes(files, tile)?;
        if names.contains(&BundleFile::Entries(bundle)) {
            opened.entries(files, bundle, &hashes, &mut records, &mut leaves, &mut each)?;
        }
        for hash in hashes.chunks_exact(HASH_BYTES) {
            let hash = Hash::of_bytes(hash).expect("chunks of 32 bytes");
            for (above, expected) in tree.append(hash) {
                compare(above, &expected, &tile_bytes(files, above)?)?;
            }
        }
    }
    let root = tree.root();
    let (roots, rest) = tree.finish();
    for (tile, expected) in rest {
        compare(tile, &expected, &tile_bytes(files, tile)?)?;
    }
    opened.check_roots(&roots, root)?;
    let (keys, audit) = records.finish()?;
    opened.check_keys(&keys, trust)?;
    opened.check_consistency(files)?;
    for (file, listed) in BundleFile::LISTED.into_iter().zip(&opened.manifest.listed) {
        check_listed(
            &file.name(),
            listed,
            &files.digest(file).map_err(BundleError::Read)?,
        )?;
    }
    let shown = opened.proofs(files, &names, &leaves)?;
    if let Some(found) = files.before_manifest().map_err(BundleError::Read)? {
        check_listed("(zip)", &opened.manifest.before, &found)?;
    }
    Ok(opened.into_report(keys, audit, shown, names.len() as u64))
}

/// Leaves of which disclosures are shown, by position.
type Leaves = BTreeMap<u64, Vec<u8>>;

/// The small files, read and brought into order.
struct Opened {
    manifest: BundleManifest,
    manifest_note: SignedNote,
    seal: Seal,
    note: SignedNote,
    policy: Policy,
    /// Ascending.
    older: Vec<(Seal, SignedNote)>,
    since: Vec<(Seal, SignedNote)>,
    /// Of this ledger.
    seen: Vec<Seal>,
    cosigned: Vec<BundleCosignature>,
    statements: Vec<Statement>,
    proofs: BTreeSet<u64>,
}

impl Opened {
    fn of<F: BundleFiles>(
        files: &mut F,
        names: &BTreeSet<BundleFile>,
        trust: &BundleTrust,
    ) -> Result<Opened, BundleError<F::Error>> {
        let manifest_note = note_in(files, BundleFile::Manifest)?;
        let manifest = BundleManifest::parse_text(&manifest_note.text)
            .map_err(|_| malformed(BundleFile::Manifest, "a manifest"))?;
        let note = note_in(files, BundleFile::Checkpoint)?;
        let seal = Seal::of_note(&note).map_err(|_| malformed(BundleFile::Checkpoint, "a seal"))?;
        if (&seal.origin, seal.size) != (&manifest.origin, manifest.size) {
            let found = format!("{} of {} records", seal.origin, seal.size);
            let expected = format!("{} of {} records", manifest.origin, manifest.size);
            return Err(fault(
                BundleFile::Checkpoint,
                BundleRule::Manifest,
                expected,
                found,
            ));
        }
        if let Some(origin) = trust.origin.as_ref().filter(|origin| **origin != seal.origin) {
            return Err(Fault::new(0, Rule::Origin, origin, &seal.origin).into());
        }
        let bytes = files.read(BundleFile::Policy).map_err(BundleError::Read)?;
        let policy = policy_of(&bytes).ok_or_else(|| malformed(BundleFile::Policy, "a policy"))?;
        let mut older = Vec::new();
        for file in names {
            if let BundleFile::OldSeal(size) = *file {
                let note = note_in(files, *file)?;
                let seal = Seal::of_note(&note).map_err(|_| malformed(*file, "a seal"))?;
                if seal.size != size || !(1..manifest.size).contains(&size) || seal.origin != manifest.origin
                {
                    let found = format!("{} of {} records", seal.origin, seal.size);
                    return Err(fault(*file, BundleRule::Form, "an older seal", found));
                }
                older.push((seal, note));
            }
        }
        older.sort_by_key(|(seal, _)| seal.size);
        let mut opened = Opened {
            since: since_of(trust)?,
            seen: trust
                .seen
                .iter()
                .filter(|seen| seen.origin == seal.origin)
                .cloned()
                .collect(),
            proofs: names
                .iter()
                .filter_map(|file| match file {
                    BundleFile::Proof(position) => Some(*position),
                    _ => None,
                })
                .collect(),
            manifest,
            manifest_note,
            seal,
            note,
            policy,
            older,
            cosigned: Vec::new(),
            statements: Vec::new(),
        };
        opened.cosigned(&trust.witnesses)?;
        Ok(opened)
    }

    /// Reads what witnesses signed: those of the policy and those that the verifier knows.
    fn cosigned(&mut self, known: &[VerifierKey]) -> Result<(), Fault> {
        let mut witnesses: Vec<&VerifierKey> = self.policy.witnesses().collect();
        witnesses.extend(
            known
                .iter()
                .filter(|key| !self.policy.witnesses().any(|one| one == *key)),
        );
        let newest = std::iter::once((&self.seal, &self.note));
        let older = self.older.iter().map(|(seal, note)| (seal, note));
        let since = self.since.iter().map(|(seal, note)| (seal, note));
        for (seal, note) in older.chain(newest).chain(since) {
            for witness in &witnesses {
                let seconds = match cosignature::time_in(note, witness) {
                    Ok(seconds) => seconds,
                    Err(NoteError::Unsigned) => continue,
                    Err(_) => {
                        let position = seal.size.saturating_sub(1);
                        let expected = format!("a cosignature of {}", witness.name());
                        let found = "one that does not verify";
                        return Err(Fault::new(position, Rule::Cosignature, expected, found));
                    }
                };
                self.statements.extend(Statement::cosigned(note, witness).ok());
                self.cosigned.push(BundleCosignature {
                    size: seal.size,
                    witness: (*witness).clone(),
                    seconds,
                    is_known: known.contains(witness),
                });
            }
        }
        self.cosigned.sort_by_key(|one| (one.size, one.seconds));
        self.cosigned.dedup();
        Ok(())
    }

    /// Whether every file is there that must be, and none that nothing explains.
    fn check_names(&self, names: &BTreeSet<BundleFile>) -> Result<(), BundleFault> {
        let need = |file: BundleFile| match names.contains(&file) {
            true => Ok(()),
            false => Err(BundleFault::file(
                file.name(),
                BundleRule::Files,
                "the file",
                "none",
            )),
        };
        for file in BundleFile::LISTED {
            need(file)?;
        }
        let mut explained = BundleFile::LISTED.len() + 3;
        for tile in tiles_of(self.seal.size) {
            need(BundleFile::Tile(tile))?;
            explained += 1;
        }
        for bundle in entry_bundles_of(self.seal.size) {
            let file = BundleFile::Entries(bundle);
            if self.is_due(bundle) {
                need(file)?;
            }
            explained += usize::from(names.contains(&file));
        }
        for (seal, _) in &self.older {
            need(BundleFile::Consistency(seal.size, self.seal.size))?;
            explained += 2;
        }
        for position in &self.proofs {
            if *position >= self.seal.size {
                let name = BundleFile::Proof(*position).name();
                return Err(BundleFault::file(name, BundleRule::Files, "a record", "none"));
            }
            explained += 1;
        }
        if explained == names.len() {
            return Ok(());
        }
        let odd = names.iter().find(|file| !self.explains(**file));
        let name = odd.map_or_else(String::new, |file| file.name());
        Err(BundleFault::file(name, BundleRule::Files, "no such file", "one"))
    }

    /// Whether a file of this name has a place in a bundle of this ledger.
    fn explains(&self, file: BundleFile) -> bool {
        match file {
            BundleFile::Tile(tile) => tiles_of(self.seal.size).any(|one| one == tile),
            BundleFile::Entries(bundle) => entry_bundles_of(self.seal.size).any(|one| one == bundle),
            BundleFile::Consistency(old, new) => {
                new == self.seal.size && self.older.iter().any(|(seal, _)| seal.size == old)
            }
            _ => true,
        }
    }

    /// The first entry bundle is always there, for the genesis names the first key.
    fn is_due(&self, bundle: EntryBundle) -> bool {
        let end = bundle.first() + u64::from(bundle.width());
        bundle.first() == 0 || (bundle.first() < self.manifest.range.end && self.manifest.range.start < end)
    }

    fn records(&self) -> Result<Records, Fault> {
        if self.manifest.is_whole() {
            return Ok(Records::whole(trust_of(self.statements.clone())));
        }
        let seen: Vec<_> = self.cosigned.iter().map(|one| (one.size, one.seconds)).collect();
        Ok(Records::part(&seen))
    }

    fn entries<F: BundleFiles>(
        &self,
        files: &mut F,
        bundle: EntryBundle,
        hashes: &[u8],
        records: &mut Records,
        shown: &mut Leaves,
        each: &mut impl FnMut(u64, &[u8]),
    ) -> Result<(), BundleError<F::Error>> {
        let file = BundleFile::Entries(bundle);
        let bytes = files.read(file).map_err(BundleError::Read)?;
        let leaves = bundle
            .leaves(&bytes)
            .map_err(|_| malformed(file, "an entry bundle"))?;
        let mut has_reason = self.is_due(bundle);
        for (position, (leaf, stored)) in (bundle.first()..).zip(leaves.iter().zip(hashes.chunks(HASH_BYTES)))
        {
            has_reason |= records.push(position, leaf)?;
            let hash = Hash::of_leaf(leaf);
            if hash.0 != stored {
                let found = Hash::of_bytes(stored).map_or_else(String::new, |hash| format!("{hash:?}"));
                return Err(Fault::new(position, Rule::Nodes, format!("{hash:?}"), found).into());
            }
            if self.proofs.contains(&position) {
                has_reason = true;
                shown.insert(position, leaf.to_vec());
            }
            if self.manifest.range.contains(&position) {
                each(position, leaf);
            }
        }
        if has_reason {
            return Ok(());
        }
        Err(fault(file, BundleRule::Files, "a record that is shown", "none"))
    }

    fn check_roots(&self, roots: &BTreeMap<u64, Hash>, newest: Hash) -> Result<(), Fault> {
        let older = self.older.iter().chain(&self.since).map(|(seal, _)| seal);
        let mut seals: Vec<&Seal> = older.chain(&self.seen).chain([&self.seal]).collect();
        seals.sort_by_key(|seal| seal.size);
        for seal in seals {
            let position = seal.size.saturating_sub(1);
            if seal.origin != self.seal.origin {
                return Err(Fault::new(0, Rule::Origin, &seal.origin, &self.seal.origin));
            }
            let root = match roots.get(&seal.size) {
                Some(root) => *root,
                None if seal.size == self.seal.size => newest,
                None => {
                    let expected = format!("{} records", seal.size);
                    return Err(Fault::new(
                        self.seal.size,
                        Rule::Truncated,
                        expected,
                        self.seal.size,
                    ));
                }
            };
            if root != seal.root {
                let (expected, found) = (format!("{:?}", seal.root), format!("{root:?}"));
                return Err(Fault::new(position, Rule::Forked, expected, found));
            }
        }
        Ok(())
    }

    /// The keys of the records, the policy and the signatures, one by the other.
    fn check_keys(&self, keys: &KeyHistory, trust: &BundleTrust) -> Result<(), BundleFault> {
        let first = keys
            .first()
            .ok_or_else(|| Fault::new(0, Rule::Key, "a key of the gate", "none"))?;
        if *first.name() != self.seal.origin {
            return Err(Fault::new(0, Rule::Origin, &self.seal.origin, first.name()).into());
        }
        if !trust.keys.is_empty() && !trust.keys.contains(first) {
            return Err(Fault::new(0, Rule::Key, "a key that is trusted", first).into());
        }
        if !self.policy.logs().iter().eq(keys.iter()) {
            let expected = "the keys that the records name";
            let policy = BundleFile::Policy.name();
            return Err(BundleFault::file(policy, BundleRule::Policy, expected, "others"));
        }
        for (seal, note) in self.older.iter().chain(&self.since) {
            // Of no records there is nothing to sign: that is the beginning of every ledger.
            if seal.size > 0 {
                keys.check_seal(note, seal.size)?;
            }
        }
        keys.check_seal(&self.note, self.seal.size)?;
        // Who changed the key with the last record signs the manifest with the new one already.
        let of_last = keys.in_force(self.seal.size - 1);
        let of_next = keys.in_force(self.seal.size);
        let mut signers = of_last.into_iter().chain(of_next);
        if signers.any(|key| self.manifest_note.verify(key).is_ok())
            && self.manifest_note.signatures.len() == 1
        {
            return Ok(());
        }
        let name = BundleFile::Manifest.name();
        let expected = "the signature of the gate's key";
        Err(BundleFault::file(
            name,
            BundleRule::Manifest,
            expected,
            "another or none",
        ))
    }

    fn check_consistency<F: BundleFiles>(&self, files: &mut F) -> Result<(), BundleError<F::Error>> {
        for (seal, _) in &self.older {
            let file = BundleFile::Consistency(seal.size, self.seal.size);
            let bytes = files.read(file).map_err(BundleError::Read)?;
            let proof = proof_of(&bytes).ok_or_else(|| malformed(file, "hashes"))?;
            let verified = verify_consistency(seal.size, &seal.root, self.seal.size, &self.seal.root, &proof);
            if verified.is_err() {
                let expected = "a proof";
                return Err(fault(file, BundleRule::Consistency, expected, "none that fits"));
            }
        }
        Ok(())
    }

    fn proofs<F: BundleFiles>(
        &self,
        files: &mut F,
        names: &BTreeSet<BundleFile>,
        leaves: &Leaves,
    ) -> Result<Vec<Shown>, BundleError<F::Error>> {
        let mut shown = Vec::new();
        for file in names {
            let BundleFile::Proof(position) = *file else {
                continue;
            };
            let refused = |found: String| fault(*file, BundleRule::Proof, "a proof of this record", found);
            let leaf = leaves.get(&position).ok_or_else(|| refused("no record".into()))?;
            let bytes = files.read(*file).map_err(BundleError::Read)?;
            let proof = ProofFile::parse(&bytes).map_err(|error| refused(error.to_string()))?;
            if proof.index != position || proof.seal != self.note {
                return Err(refused("another record or seal".into()));
            }
            let proven = proof
                .verify(&self.policy, leaf)
                .map_err(|error| refused(error.to_string()))?;
            shown.push(Shown {
                position,
                disclosures: proven.disclosures,
            });
        }
        Ok(shown)
    }

    fn into_report(
        self,
        keys: KeyHistory,
        mut audit: Option<Report>,
        shown: Vec<Shown>,
        files: u64,
    ) -> BundleReport {
        let known = self.cosigned.iter().filter(|one| one.is_known);
        let kept = self.since.iter().map(|(seal, _)| seal.size);
        let seen = self.seen.iter().map(|seal| seal.size);
        let vouched = known
            .map(|one| one.size)
            .chain(kept)
            .chain(seen)
            .max()
            .unwrap_or(0);
        if let Some(report) = &mut audit {
            report.vouched = vouched;
        }
        BundleReport {
            seal: self.seal,
            range: self.manifest.range,
            keys: keys.into_keys(),
            cosigned: self.cosigned,
            vouched,
            audit,
            shown,
            listed: self.manifest.listed,
            files,
        }
    }
}

fn names_of<E>(names: &[String]) -> Result<BTreeSet<BundleFile>, BundleError<E>> {
    let mut files = BTreeSet::new();
    for name in names {
        let known = BundleFile::parse_name(name).filter(|file| files.insert(*file));
        if known.is_none() {
            let (expected, found) = ("each file once, and no other", "an unknown or second one");
            return Err(BundleFault::file(name, BundleRule::Files, expected, found).into());
        }
    }
    for file in [BundleFile::Manifest, BundleFile::Checkpoint, BundleFile::Policy] {
        if !files.contains(&file) {
            return Err(fault(file, BundleRule::Files, "the file", "none"));
        }
    }
    Ok(files)
}

fn since_of(trust: &BundleTrust) -> Result<Vec<(Seal, SignedNote)>, BundleFault> {
    let read = |note: &SignedNote| {
        let seal = Seal::of_note(note)
            .map_err(|_| BundleFault::file("--since", BundleRule::Form, "a seal", "another text"))?;
        Ok((seal, note.clone()))
    };
    trust.since.iter().map(read).collect()
}

/// A policy in the one form that a bundle has: keys, and no quorum.
fn policy_of(bytes: &[u8]) -> Option<Policy> {
    let policy = Policy::parse(bytes).ok()?;
    let witnesses: Vec<VerifierKey> = policy.witnesses().cloned().collect();
    let written = Policy::new(policy.logs(), &witnesses, 0).ok()?;
    (written.to_bytes() == bytes).then_some(written)
}

fn note_in<F: BundleFiles>(files: &mut F, file: BundleFile) -> Result<SignedNote, BundleError<F::Error>> {
    let bytes = files.read(file).map_err(BundleError::Read)?;
    let note = SignedNote::parse(&bytes).ok();
    // One form: base64 and line ends are as this program writes them.
    note.filter(|note| note.to_string().as_bytes() == bytes)
        .ok_or_else(|| malformed(file, "a signed note"))
}

fn tile_bytes<F: BundleFiles>(files: &mut F, tile: Tile) -> Result<Vec<u8>, BundleError<F::Error>> {
    let file = BundleFile::Tile(tile);
    let bytes = files.read(file).map_err(BundleError::Read)?;
    if bytes.len() == tile.byte_length() {
        return Ok(bytes);
    }
    let (expected, found) = (tile.byte_length(), bytes.len());
    Err(fault(file, BundleRule::Form, expected, found))
}

fn proof_of(bytes: &[u8]) -> Option<Vec<Hash>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let hashes = hashes_of(text.lines())?;
    let written: String = hashes
        .iter()
        .map(|hash| format!("{}\n", STANDARD.encode(hash.0)))
        .collect();
    (written == text).then_some(hashes)
}

fn check_listed(name: &str, listed: &ListedFile, found: &ListedFile) -> Result<(), BundleFault> {
    if listed == found {
        return Ok(());
    }
    let hexadecimal = |one: &ListedFile| format!("{:?} ({} bytes)", Hash(one.sha256), one.bytes);
    Err(BundleFault::file(
        name,
        BundleRule::Content,
        hexadecimal(listed),
        hexadecimal(found),
    ))
}

fn malformed<E>(file: BundleFile, expected: &str) -> BundleError<E> {
    fault(file, BundleRule::Form, expected, "something else")
}

fn fault<E>(
    file: BundleFile,
    rule: BundleRule,
    expected: impl ToString,
    found: impl ToString,
) -> BundleError<E> {
    BundleError::Fault(BundleFault::file(file.name(), rule, expected, found))
}
