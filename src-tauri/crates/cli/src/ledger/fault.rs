//! Why a command on the ledger did not do its work.

use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::witness::WitnessRefusal;
use gatepost_ledger::{Field, LedgerDay};
use gatepost_report::{Argument, Words};
use gatepost_store::{Difference, KeptUntil, LineFault};

use crate::backup::loss_of;
use crate::fault::shown;
use crate::output::plain;

use super::shape::WordsLine;

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
    /// Nothing of these days is left to be destroyed.
    #[error("nothing to erase")]
    NothingToErase,
    /// A day at the very end of the calendar.
    #[error("{day} is no day of the calendar")]
    NotADay { day: NaiveDate },
    /// A manager can sign in, who makes accounts.
    #[error("a manager can sign in")]
    ManagerIsLeft,
    /// No record lies in these days.
    #[error("no record in these days")]
    NoRecords,
    /// The record discloses nothing, or nothing any more.
    #[error("record {position} discloses nothing")]
    NothingDisclosed { position: u64 },
    /// A line is no register.
    #[error("line {line} is no register")]
    BadLine {
        line: u64,
        #[source]
        fault: LineFault,
    },
    /// Records would be lost, and nobody said that this is meant.
    #[error("records would be lost")]
    RestoreLoses { difference: Difference },
    /// There is no witness in the folder.
    #[error("no witness in {folder:?}")]
    NoWitness { folder: PathBuf },
    /// The witness does not know this ledger, and nobody gave its key.
    #[error("{origin} is not known")]
    UnknownOrigin { origin: String },
    /// The witness does not cosign.
    #[error("not cosigned")]
    Refused {
        /// Of the key in the request.
        key: Fingerprint,
        origin: String,
        #[source]
        refusal: WitnessRefusal,
    },
    /// The witness asks for another gate.
    #[error("the witness asks for another ledger")]
    OtherLedger,
    /// Not a cosignature of this ledger, or one that is kept already.
    #[error("not a cosignature of this ledger")]
    CosignatureRefused,
    /// The clocks of gate and witness are too far apart.
    #[error("the clocks differ by {seconds} s")]
    Clocks { seconds: i64 },
    /// Nobody said which key the witness has.
    #[error("the key of the witness is not known")]
    UnknownWitness,
}

impl LedgerFault {
    pub(crate) fn exit(&self) -> u8 {
        match self {
            LedgerFault::NoSuchRecord { .. }
            | LedgerFault::NotDisclosed { .. }
            | LedgerFault::NothingToErase
            | LedgerFault::NoRecords
            | LedgerFault::NothingDisclosed { .. } => 1,
            LedgerFault::NotADay { .. } => 2,
            LedgerFault::NoWitness { .. } | LedgerFault::BadLine { .. } => 3,
            LedgerFault::Kept(_)
            | LedgerFault::ManagerIsLeft
            | LedgerFault::RestoreLoses { .. }
            | LedgerFault::AlreadyThere { .. }
            | LedgerFault::UnknownOrigin { .. }
            | LedgerFault::Refused { .. }
            | LedgerFault::OtherLedger
            | LedgerFault::CosignatureRefused
            | LedgerFault::Clocks { .. }
            | LedgerFault::UnknownWitness => 4,
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
            LedgerFault::NothingToErase => "nothing_to_erase",
            LedgerFault::NotADay { .. } => "not_a_day",
            LedgerFault::ManagerIsLeft => "manager_is_left",
            LedgerFault::NoRecords => "no_records",
            LedgerFault::NothingDisclosed { .. } => "nothing_disclosed",
            LedgerFault::BadLine { .. } => "bad_line",
            LedgerFault::RestoreLoses { .. } => "restore_loses",
            LedgerFault::NoWitness { .. } => "no_witness",
            LedgerFault::UnknownOrigin { .. } => "unknown_origin",
            LedgerFault::Refused { refusal, .. } => word_of(refusal),
            LedgerFault::OtherLedger => "other_ledger",
            LedgerFault::CosignatureRefused => "cosignature_refused",
            LedgerFault::Clocks { .. } => "clocks",
            LedgerFault::UnknownWitness => "unknown_witness",
        }
    }

    pub(crate) fn sentence(&self, words: &Words) -> String {
        if let LedgerFault::Refused { refusal, .. } = self
            && *refusal != WitnessRefusal::UnknownLedger
        {
            let key = format!("refusal-{}", word_of(refusal));
            let values = [
                ("refusal", words.word(&key).into()),
                ("do", words.word(&format!("{key}-do")).into()),
            ];
            return words.text("cli-refused", &values);
        }
        if let LedgerFault::Refused { key, origin, .. } = self {
            let values = [
                ("words", WordsLine::of(*key).in_language(words.language()).into()),
                ("origin", origin.as_str().into()),
            ];
            return words.text("cli-unknown_ledger", &values);
        }
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
            LedgerFault::NothingDisclosed { position } => vec![("position", (*position).into())],
            LedgerFault::BadLine { line, .. } => vec![("line", (*line).into())],
            LedgerFault::RestoreLoses { difference } => vec![("choice", loss_of(*difference).into())],
            LedgerFault::NoWitness { folder } => vec![("folder", shown(folder))],
            LedgerFault::UnknownOrigin { origin } => vec![("origin", plain(origin).into())],
            LedgerFault::Clocks { seconds } => vec![("seconds", (*seconds).into())],
            LedgerFault::NotADay { day } => vec![("day", day.to_string().into())],
            LedgerFault::Refused { .. }
            | LedgerFault::ManagerIsLeft
            | LedgerFault::NothingToErase
            | LedgerFault::NoRecords
            | LedgerFault::OtherLedger
            | LedgerFault::CosignatureRefused
            | LedgerFault::UnknownWitness => vec![],
        }
    }

    #[cfg(test)]
    pub(crate) fn every() -> Vec<LedgerFault> {
        let day = LedgerDay(20_000);
        let mut faults = vec![
            LedgerFault::NoSuchRecord { position: 7, size: 3 },
            LedgerFault::NotDisclosed {
                position: 7,
                field: Field::Name,
            },
            LedgerFault::Kept(KeptUntil::Policy(day)),
            LedgerFault::Kept(KeptUntil::Hold(day)),
            LedgerFault::Kept(KeptUntil::Confirmation(day)),
            LedgerFault::AlreadyThere { path: "/file".into() },
            LedgerFault::NoWitness {
                folder: "/file".into(),
            },
            LedgerFault::UnknownOrigin { origin: "a/b".into() },
            LedgerFault::OtherLedger,
            LedgerFault::CosignatureRefused,
            LedgerFault::Clocks { seconds: -400 },
            LedgerFault::UnknownWitness,
            LedgerFault::NotADay { day: NaiveDate::MAX },
            LedgerFault::ManagerIsLeft,
        ];
        let refusals = [
            WitnessRefusal::UnknownLedger,
            WitnessRefusal::OldSize { known: 3 },
            WitnessRefusal::OtherKey,
            WitnessRefusal::Handover,
            WitnessRefusal::BadSignature,
            WitnessRefusal::Truncated { known: 3, offered: 2 },
            WitnessRefusal::OtherRoot,
            WitnessRefusal::Forked,
            WitnessRefusal::Clock { earliest: 3 },
            WitnessRefusal::NotAWitness,
        ];
        faults.extend(refusals.map(|refusal| LedgerFault::Refused {
            key: Fingerprint::of_hash(&[7; 32]),
            origin: "a/b".into(),
            refusal,
        }));
        faults
    }
}

/// The word of a refusal in the catalogue.
fn word_of(refusal: &WitnessRefusal) -> &'static str {
    match refusal {
        WitnessRefusal::UnknownLedger => "unknown_ledger",
        WitnessRefusal::OldSize { .. } => "old_size",
        WitnessRefusal::OtherKey => "other_key",
        WitnessRefusal::Handover => "handover",
        WitnessRefusal::BadSignature => "bad_signature",
        WitnessRefusal::Truncated { .. } => "truncated",
        WitnessRefusal::OtherRoot => "other_root",
        WitnessRefusal::Forked => "forked",
        // A clock so late that its seconds fit no cosignature is refused like one that is too early.
        WitnessRefusal::Clock { .. } | WitnessRefusal::NotAWitness => "clock",
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
