//! A data folder, or a copy of one.

use std::path::Path;

use gatepost_ledger::Seal;
use gatepost_ledger::audit::Trust;
use gatepost_ledger::policy::Policy;
use gatepost_store::{AuditOptions, Audited, Reader, StoreError, StoredCosignature, audit_folder};

use crate::{Fault, folder};

use super::super::shape::{CosignatureLine, SealLine, cosigned_seal};
use super::Brought;
use super::told::{self, FaultLine, SoundLine, WarningLine};

pub(super) fn verify(folder: &Path, brought: &Brought) -> Result<Result<SoundLine, FaultLine>, Fault> {
    let fault = |source| Fault::of_store(folder, source);
    let statements = match brought.statements() {
        Ok(statements) => statements,
        Err(line) => return Ok(Err(line)),
    };
    let options = AuditOptions {
        trust: Trust {
            statements,
            ..Trust::default()
        },
        ..AuditOptions::default()
    };
    let report = match audit_folder(folder, options).map_err(fault)? {
        Audited::Sound(report) => report.ledger,
        Audited::Faulty(found) => return Ok(Err(FaultLine::of_record(&found))),
        Audited::Cancelled => unreachable!("nobody asked to end it"),
    };
    let reader = folder::read(folder)?;
    let seal = Seal {
        origin: reader.origin().map_err(fault)?,
        size: report.size,
        root: report.root,
    };
    // The gate may have gone on since the audit.
    let mut cosigned = reader.cosignatures().map_err(fault)?;
    cosigned.retain(|one| one.size <= report.size);
    let is_known = |one: &StoredCosignature| brought.witnesses.contains(&one.witness);
    let by_known = cosigned.iter().filter(|one| is_known(one)).map(|one| one.size);
    let witnessed = by_known.max().unwrap_or(0).max(brought.since_size());
    if let Some(policy) = &brought.policy
        && !has_quorum(&reader, policy, &cosigned, report.size).map_err(fault)?
    {
        return Ok(Err(FaultLine::of_policy(report.size)));
    }
    let keys = reader.ledger_keys().map_err(fault)?;
    Ok(Ok(SoundLine {
        ok: true,
        kind: "folder",
        range: None,
        disclosed: vec![],
        unwitnessed: report.size.saturating_sub(witnessed),
        witnessed,
        keys: keys
            .into_iter()
            .map(|one| (one.from, one.key.to_string()))
            .collect(),
        seal: SealLine::of(&seal),
        kinds: report.kinds,
        cosignatures: cosigned
            .iter()
            .map(|one| CosignatureLine::new(one.size, &one.witness, one.time, is_known(one)))
            .collect(),
        warnings: report.warnings.iter().map(WarningLine::of).collect(),
        warning_count: report.warned.values().sum(),
        warned: told::warned(&report.warned),
        not_provable: told::NOT_PROVABLE,
    }))
}

/// Whether the newest seal, or one that was cosigned, is one that the policy accepts.
fn has_quorum(
    reader: &Reader,
    policy: &Policy,
    cosigned: &[StoredCosignature],
    size: u64,
) -> Result<bool, StoreError> {
    let mut sizes: Vec<u64> = cosigned.iter().map(|one| one.size).chain([size]).collect();
    sizes.dedup();
    for size in sizes.into_iter().rev() {
        let note = cosigned_seal(reader, size)?;
        if note.is_some_and(|note| policy.check(&note).is_ok()) {
            return Ok(true);
        }
    }
    Ok(false)
}
