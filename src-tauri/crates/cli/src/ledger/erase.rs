//! `ledger erase` and `ledger retention`.

use std::process::ExitCode;

use gatepost_ledger::RetentionClass;
use gatepost_store::{DueDays, Erasure, HeldDays};
use serde::Serialize;

use crate::Fault;
use crate::folder::Writer;
use crate::output::Output;

use super::arguments::{EraseArguments, FolderArguments};
use super::fault::{LedgerFault, date_of};
use super::shape::SealLine;

/// A certificate of destruction.
#[derive(Serialize)]
struct CertificateLine {
    /// Position of the record.
    position: u64,
    class: RetentionClass,
    from: String,
    to: String,
    /// Disclosures that were destroyed.
    count: u64,
    /// The seal with the record in it.
    seal: SealLine,
    note: String,
}

impl CertificateLine {
    fn of(erasure: &Erasure) -> CertificateLine {
        CertificateLine {
            position: erasure.position,
            class: erasure.class,
            from: date_of(erasure.from),
            to: date_of(erasure.to),
            count: erasure.count,
            seal: SealLine::of(&erasure.seal.seal),
            note: erasure.seal.note.to_string(),
        }
    }
}

pub(super) fn run(arguments: &EraseArguments, output: &Output) -> Result<ExitCode, Fault> {
    let mut writer = Writer::open(&arguments.folder)?;
    let class = arguments.class.into();
    // A day of ledger time that reaches into the local day stays whole.
    let midnight_ms = writer.local_midnight_ms(arguments.before)?;
    let day = writer.store.days_between(midnight_ms, midnight_ms);
    let day = day.map_err(|source| writer.fault(source))?.from;
    let look = writer.moment_to_look();
    let erasable = writer.store.erasable_before(look, class, day);
    // Who is refused, or finds nothing, leaves no start and end in the ledger.
    if erasable.map_err(|source| writer.fault(source))?.is_empty() {
        return Err(LedgerFault::NothingToErase.into());
    }
    let (at, gate) = (writer.now()?, writer.venue.gate.clone());
    let erased = writer.store.erase_before(at, &gate, None, class, day);
    let erased = erased.map_err(|source| writer.fault(source))?;
    for erasure in &erased {
        let line = CertificateLine::of(erasure);
        let values = [
            ("class", class_word(erasure.class, output).into()),
            ("from", line.from.as_str().into()),
            ("to", line.to.as_str().into()),
            ("n", line.count.into()),
            ("position", line.position.into()),
            ("size", line.seal.size.into()),
        ];
        output.result(&line, "cli-erased", &values)?;
        if !output.json {
            let words = line.seal.words.in_language(output.words.language());
            output.result(&line, "cli-words", &[("words", words.into())])?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn class_word(class: RetentionClass, output: &Output) -> String {
    output.words.word(match class {
        RetentionClass::Visitor => "class-visitor",
        RetentionClass::Incident => "class-incident",
    })
}

#[derive(Serialize)]
struct RetentionLine {
    visitor_days: u16,
    incident_days: u16,
    holds: Vec<DaysLine>,
    due: Vec<DaysLine>,
    /// Once a manager has confirmed the date.
    waits_for_confirmation: Vec<DaysLine>,
}

#[derive(Serialize)]
struct DaysLine {
    /// `None` for a hold, which is on every class.
    class: Option<RetentionClass>,
    from: String,
    to: String,
}

impl DaysLine {
    fn held(held: &HeldDays) -> DaysLine {
        DaysLine {
            class: None,
            from: date_of(held.from),
            to: date_of(held.to),
        }
    }

    fn due(due: &DueDays) -> DaysLine {
        DaysLine {
            class: Some(due.class),
            from: date_of(due.from),
            to: date_of(due.to),
        }
    }
}

pub(super) fn show(arguments: &FolderArguments, output: &Output) -> Result<ExitCode, Fault> {
    let mut writer = Writer::open(&arguments.folder)?;
    let at = writer.moment_to_look();
    let store = &mut writer.store;
    let fault = |source| Fault::of_store(&arguments.folder, source);
    let policy = store.retention().map_err(fault)?;
    let holds = store.holds().map_err(fault)?;
    let due = store.due_erasures(at).map_err(fault)?;
    let line = RetentionLine {
        visitor_days: policy.visitor_days,
        incident_days: policy.incident_days,
        holds: holds.iter().map(DaysLine::held).collect(),
        due: due.due.iter().map(DaysLine::due).collect(),
        waits_for_confirmation: due.waits_for_confirmation.iter().map(DaysLine::due).collect(),
    };
    let values = [
        ("visitor", line.visitor_days.into()),
        ("incident", line.incident_days.into()),
    ];
    output.result(&line, "cli-retention", &values)?;
    if output.json {
        return Ok(ExitCode::SUCCESS);
    }
    let waiting = &line.waits_for_confirmation;
    for (key, all) in [
        ("cli-retention-hold", &line.holds),
        ("cli-retention-due", &line.due),
        ("cli-retention-waits", waiting),
    ] {
        for days in all {
            let class = days
                .class
                .map_or_else(String::new, |class| class_word(class, output));
            let values = [
                ("class", class.into()),
                ("from", days.from.as_str().into()),
                ("to", days.to.as_str().into()),
            ];
            output.result(&line, key, &values)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
