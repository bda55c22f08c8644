//! `ledger bundle`.

use std::ops::{Bound, ControlFlow, Range, RangeBounds};
use std::process::ExitCode;

use chrono::NaiveDate;
use gatepost_desk::{LedgerSource, prepare_bundle};
use gatepost_ledger::Leaf;
use gatepost_report::BundleRequest;
use gatepost_store::{Reader, StoreError};
use serde::Serialize;

use crate::Fault;
use crate::fault::shown;
use crate::folder::Writer;
use crate::output::Output;

use super::arguments::BundleArguments;
use super::fault::LedgerFault;

#[derive(Serialize)]
struct Line {
    path: String,
    /// Position of the first record that is shown, and behind the last.
    from: u64,
    to: u64,
    /// Records of the seal.
    size: u64,
    disclosed: Vec<u64>,
    sha256: String,
    /// Position of the record of this bundle.
    record: u64,
}

pub(super) fn run(arguments: &BundleArguments, output: &Output) -> Result<ExitCode, Fault> {
    let folder = &arguments.folder;
    let fault = |source| Fault::of_store(folder, source);
    let mut writer = Writer::open(folder)?;
    let mut source = LedgerSource::of(&mut writer.store).map_err(fault)?;
    let size = source.size();
    let days = Period::of(arguments, &writer)?;
    let range = match &days {
        None => None,
        Some(days) => {
            let reader = writer.store.reader().map_err(fault)?;
            let range = days.range(&reader, size).map_err(fault)?;
            Some(range.ok_or(LedgerFault::NoRecords)?)
        }
    };
    let mut request = BundleRequest {
        range: range.clone(),
        ..BundleRequest::default()
    };
    for position in &arguments.disclose {
        let position = *position;
        let shown = source.shown(position).map_err(|source| match source {
            StoreError::NoSuchRecord => LedgerFault::NoSuchRecord { position, size }.into(),
            source => fault(source),
        })?;
        request
            .shown
            .push(shown.ok_or(LedgerFault::NothingDisclosed { position })?);
    }
    let export_fault = |error| Fault::of_export(folder.clone(), error);
    let prepared = prepare_bundle(&mut source, &request, &arguments.output).map_err(export_fault)?;
    drop(source);
    let record = writer.record_export(prepared.body(), arguments.reason.as_deref())?;
    let exported = prepared.publish().map_err(export_fault)?;
    let Range { start, end } = range.unwrap_or(0..size);
    let line = Line {
        path: exported.path.display().to_string(),
        from: start,
        to: end,
        size,
        disclosed: arguments.disclose.clone(),
        sha256: exported.sha256,
        record,
    };
    let values = [
        ("path", shown(&exported.path)),
        ("n", (end - start).into()),
        ("size", size.into()),
        ("position", record.into()),
    ];
    output.result(&line, "cli-bundle-done", &values)?;
    Ok(ExitCode::SUCCESS)
}

/// Wall clock from and before, ms UTC.
struct Period(Bound<i64>, Bound<i64>);

impl Period {
    /// Local days, at the offset of today; `None` where none is named.
    fn of(arguments: &BundleArguments, writer: &Writer) -> Result<Option<Period>, Fault> {
        let midnight = |day| writer.local_midnight_ms(day);
        let next = |day: NaiveDate| {
            let next = day.succ_opt().ok_or(LedgerFault::NotADay { day })?;
            midnight(next)
        };
        let from = arguments.from.map(midnight).transpose()?;
        let before = arguments.to.map(next).transpose()?;
        if from.is_none() && before.is_none() {
            return Ok(None);
        }
        let from = from.map_or(Bound::Unbounded, Bound::Included);
        let before = before.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(Some(Period(from, before)))
    }

    /// From the first record in these days to behind the last, with whatever a clock that was set has put between.
    fn range(&self, reader: &Reader, size: u64) -> Result<Option<Range<u64>>, StoreError> {
        let mut found: Option<Range<u64>> = None;
        let mut position = 0;
        reader.each_leaf(0..size, &mut |bytes| {
            let is_inside = Leaf::parse(bytes).is_ok_and(|leaf| (self.0, self.1).contains(&leaf.at.wall_ms));
            if is_inside {
                let start = found.as_ref().map_or(position, |range| range.start);
                found = Some(start..position + 1);
            }
            position += 1;
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}
