//! Why a command on the ledger did not do its work.

use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use gatepost_ledger::{Field, LedgerDay};
use gatepost_report::{Argument, Words};
use gatepost_store::KeptUntil;

use crate::fault::shown;

#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerFault {
    /// The ledger is not so long.
    #[error("no record {position} of {size}")]
    NoSuchRecord { position: u64, size: u64 },
    /// The record never disclosed it, or it was erased.
    #[error("record {position} does not disclose its {}", field.word())]
    NotDisclosed { position: u64, field: Field },
    /// Disclosures are still to be kept.
    #[error(transparent)]
    Kept(KeptUntil),
    /// Nothing is written over a file.
    #[error("{path:?} is there already")]
    AlreadyThere { path: PathBuf },
}

impl LedgerFault {
    pub(crate) fn exit(&self) -> u8 {
        match self {
            LedgerFault::NoSuchRecord { .. } | LedgerFault::NotDisclosed { .. } => 1,
            LedgerFault::Kept(_) | LedgerFault::AlreadyThere { .. } => 4,
        }
    }

    /// A code that never changes, for scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            LedgerFault::NoSuchRecord { .. } => "no_such_record",
            LedgerFault::NotDisclosed { .. } => "not_disclosed",
            LedgerFault::Kept(KeptUntil::Policy(_)) => "kept_by_policy",
            LedgerFault::Kept(KeptUntil::Hold(_)) => "kept_by_hold",
            LedgerFault::Kept(KeptUntil::Confirmation(_)) => "date_unconfirmed",
            LedgerFault::AlreadyThere { .. } => "already_there",
        }
    }

    pub(crate) fn sentence(&self, words: &Words) -> String {
        words.text(&format!("cli-{}", self.code()), &self.values())
    }

    fn values(&self) -> Vec<(&'static str, Argument<'static>)> {
        match self {
            LedgerFault::NoSuchRecord { position, size } => {
                vec![("position", (*position).into()), ("size", (*size).into())]
            }
            LedgerFault::NotDisclosed { position, field } => {
                vec![("position", (*position).into()), ("field", field.word().into())]
            }
            LedgerFault::Kept(
                KeptUntil::Policy(day) | KeptUntil::Hold(day) | KeptUntil::Confirmation(day),
            ) => {
                vec![("day", date_of(*day).into())]
            }
            LedgerFault::AlreadyThere { path } => vec![("path", shown(path))],
        }
    }

    #[cfg(test)]
    pub(crate) fn every() -> Vec<LedgerFault> {
        let day = LedgerDay(20_000);
        vec![
            LedgerFault::NoSuchRecord { position: 7, size: 3 },
            LedgerFault::NotDisclosed {
                position: 7,
                field: Field::Name,
            },
            LedgerFault::Kept(KeptUntil::Policy(day)),
            LedgerFault::Kept(KeptUntil::Hold(day)),
            LedgerFault::Kept(KeptUntil::Confirmation(day)),
            LedgerFault::AlreadyThere { path: "/file".into() },
        ]
    }
}

/// A day of the ledger, `YYYY-MM-DD`.
pub(crate) fn date_of(day: LedgerDay) -> String {
    let days = Days::new(u64::from(day.0.unsigned_abs()));
    let date = match day.0 {
        0.. => NaiveDate::default().checked_add_days(days),
        _ => NaiveDate::default().checked_sub_days(days),
    };
    date.map_or_else(|| day.0.to_string(), |date| date.to_string())
}
