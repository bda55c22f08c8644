//! Which entries: a filter, and its conditions in SQL.

use chrono::NaiveDate;
use gatepost_ledger::PersonNumber;
use gatepost_rules::VerdictKind;
use rusqlite::types::ToSql;

use crate::append::day_number;
use crate::entries::verdict_word;

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// A local day.
    pub day: Option<NaiveDate>,
    /// A gate.
    pub gate: Option<String>,
    /// A family of verdicts.
    pub verdict: Option<VerdictKind>,
    /// A guard.
    pub guard: Option<PersonNumber>,
    /// Only entries that were voided or follow another one.
    pub corrected_only: bool,
}

pub(crate) const NOT_VOIDED: &str = "NOT EXISTS (SELECT 1 FROM voids nv WHERE nv.entry = e.i)";
/// Word for word the condition of the index `entries_by_verdict`, which holds no admissions.
pub(crate) const HELD: &str = "e.verdict <> 'admit'";
pub(crate) const NOT_FOLLOWED: &str = "NOT EXISTS (SELECT 1 FROM entries f WHERE f.follows = e.i
    AND NOT EXISTS (SELECT 1 FROM voids fv WHERE fv.entry = f.i))";
const CORRECTED: &str = "(e.follows IS NOT NULL OR EXISTS (SELECT 1 FROM voids cv WHERE cv.entry = e.i))";

/// The conditions of a query and the values they are bound to, in the same order.
pub(crate) struct Conditions {
    pub(crate) conditions: Vec<&'static str>,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    pub(crate) fn of(filter: &EntryFilter) -> Conditions {
        let mut conditions = Conditions {
            conditions: Vec::new(),
            values: Vec::new(),
        };
        if let Some(day) = filter.day {
            conditions.add("e.day = ?", day_number(day));
        }
        if let Some(gate) = &filter.gate {
            conditions.add("e.gate = ?", gate.clone());
        }
        if let Some(verdict) = filter.verdict {
            conditions.add("e.verdict = ?", verdict_word(verdict));
            if verdict != VerdictKind::Admit {
                conditions.conditions.push(HELD);
            }
        }
        if let Some(guard) = filter.guard {
            conditions.add("e.guard = ?", guard.0);
        }
        if filter.corrected_only {
            conditions.conditions.push(CORRECTED);
        }
        conditions
    }

    pub(crate) fn add(&mut self, condition: &'static str, value: impl ToSql + 'static) {
        self.conditions.push(condition);
        self.values.push(Box::new(value));
    }

    pub(crate) fn where_clause(&self) -> String {
        if self.conditions.is_empty() {
            return String::new();
        }
        format!("WHERE {}", self.conditions.join(" AND "))
    }

    pub(crate) fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(AsRef::as_ref).collect()
    }
}
