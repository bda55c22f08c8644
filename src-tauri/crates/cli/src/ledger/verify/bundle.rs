//! A packed bundle.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use gatepost_ledger::bundle::{BundleFault, BundleFile, BundleFiles, BundleTrust};
use gatepost_ledger::note::SignedNote;
use gatepost_ledger::policy::Policy;
use gatepost_report::{ZipFiles, verify_bundle_file};

use crate::Fault;

use super::super::shape::{CosignatureLine, SealLine};
use super::Brought;
use super::told::{self, FaultLine, SoundLine, WarningLine};

pub(super) fn verify(path: &Path, brought: &Brought) -> Result<Result<SoundLine, FaultLine>, Fault> {
    let open = || {
        let file = File::open(path).map_err(|_| Fault::unreadable(path))?;
        Ok::<_, Fault>(BufReader::new(file))
    };
    let trust = BundleTrust {
        origin: None,
        keys: brought
            .policy
            .as_ref()
            .map_or(vec![], |policy| policy.logs().to_vec()),
        since: brought.since.clone(),
        witnesses: brought.witnesses.clone(),
        ..BundleTrust::default()
    };
    let report = verify_bundle_file(open()?, &trust).map_err(|_| Fault::unreadable(path))?;
    let report = match report {
        Ok(report) => report,
        Err(fault) => return Ok(Err(line_of(&fault))),
    };
    if let Some(policy) = &brought.policy
        && !has_quorum(open()?, policy)
    {
        return Ok(Err(FaultLine::of_policy(report.seal.size)));
    }
    let cosigned = report.cosigned.iter();
    let audit = report.audit;
    Ok(Ok(SoundLine {
        ok: true,
        kind: "bundle",
        seal: SealLine::of(&report.seal),
        range: Some((report.range.start, report.range.end)),
        witnessed: report.vouched,
        unwitnessed: report.seal.size.saturating_sub(report.vouched),
        cosignatures: cosigned
            .map(|one| CosignatureLine::new(one.size, &one.witness, one.seconds, one.is_known))
            .collect(),
        keys: report
            .keys
            .iter()
            .map(|(from, key)| (*from, key.to_string()))
            .collect(),
        kinds: audit
            .as_ref()
            .map_or_else(Default::default, |audit| audit.kinds.clone()),
        warning_count: audit.as_ref().map_or(0, |audit| audit.warned.values().sum()),
        warned: audit
            .as_ref()
            .map_or_else(Default::default, |audit| told::warned(&audit.warned)),
        warnings: audit.map_or(vec![], |audit| {
            audit.warnings.iter().map(WarningLine::of).collect()
        }),
        disclosed: report.shown.iter().map(|shown| shown.position).collect(),
        not_provable: told::NOT_PROVABLE,
    }))
}

fn line_of(fault: &BundleFault) -> FaultLine {
    match fault {
        BundleFault::Record(fault) => FaultLine::of_record(fault),
        BundleFault::File {
            file,
            rule,
            expected,
            found,
        } => FaultLine::of_file(file, rule.word(), expected, found).at(fault.position()),
    }
}

/// Whether a seal in the bundle is one that the policy accepts. Everything in it was verified before.
fn has_quorum(zip: BufReader<File>, policy: &Policy) -> bool {
    let Ok(mut files) = ZipFiles::open(zip) else {
        return false;
    };
    let names = files.names();
    let seals = names
        .iter()
        .filter_map(|name| match BundleFile::parse_name(name) {
            Some(file @ (BundleFile::Checkpoint | BundleFile::OldSeal(_))) => Some(file),
            _ => None,
        });
    seals.into_iter().any(|file| {
        let note = files
            .read(file)
            .ok()
            .and_then(|bytes| SignedNote::parse(&bytes).ok());
        note.is_some_and(|note| policy.check(&note).is_ok())
    })
}
