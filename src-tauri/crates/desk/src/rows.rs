//! From stored entries to what the screen shows.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat};
use gatepost_codes::{IssuerId, IssuerTable, Personal};
use gatepost_ledger::{DAY_MS, LedgerDay};
use gatepost_rules::BodyTemperature;
use gatepost_store::{Counts, PersonNumber, StoreError, StoredEntry};

use crate::clock::local_midnight_ms;
use crate::error::DeskError;
use crate::view;

/// What a row needs besides the entry itself.
pub(crate) struct Words {
    pub(crate) issuers: IssuerTable,
    /// Names as every screen but the sign-in list shows them.
    pub(crate) masked: HashMap<PersonNumber, String>,
}

impl Words {
    pub(crate) fn masked(&self, number: PersonNumber) -> String {
        self.masked
            .get(&number)
            .cloned()
            .unwrap_or_else(|| "*".to_owned())
    }

    pub(crate) fn issuer(&self, id: &IssuerId) -> Option<view::IssuerView> {
        let issuer = self.issuers.issuer(id)?;
        Some(view::IssuerView {
            id: id.clone(),
            zh: issuer.name_zh.clone(),
            en: issuer.name_en.clone(),
        })
    }

    /// `note` opens the sealed note of a void.
    pub(crate) fn row(
        &self,
        stored: &StoredEntry,
        note: Option<Personal<String>>,
    ) -> Result<view::EntryRow, StoreError> {
        let entry = &stored.entry;
        let voided = match &stored.voided {
            None => None,
            Some(voided) => Some(view::VoidView {
                position: short(voided.position)?,
                reason: voided.reason,
                note: note.map(|note| note.expose().clone()).unwrap_or_default(),
            }),
        };
        Ok(view::EntryRow {
            position: short(stored.position)?,
            at: local_time(stored.wall_ms, stored.offset_s)?,
            gate: stored.gate.clone(),
            guard: self.masked(stored.guard),
            shown: entry.shown,
            document: entry.document,
            issuer: entry.issuer.as_ref().and_then(|id| self.issuer(id)),
            age_seconds: entry
                .age_seconds
                .map(|age| i32::try_from(age).unwrap_or(i32::MAX)),
            colour: entry.colour,
            colour_source: entry.colour_source,
            evidence: entry.evidence,
            temperature: stored.temperature.map(BodyTemperature::tenths),
            mask: entry.mask,
            verdict: entry.verdict,
            reasons: entry.reasons.clone(),
            fault: entry.fault,
            follows: entry.follows.map(short).transpose()?,
            voided,
        })
    }
}

/// A position as the screen counts it.
pub(crate) fn short(position: u64) -> Result<u32, StoreError> {
    u32::try_from(position).map_err(|_| StoreError::Damaged)
}

/// A stored time at the place where it was stored; `None` for one that no calendar has.
pub(crate) fn local(wall_ms: i64, offset_s: i32) -> Option<DateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(offset_s)?;
    Some(DateTime::from_timestamp_millis(wall_ms)?.with_timezone(&offset))
}

/// RFC 3339 with the offset of the place and time.
pub(crate) fn local_time(wall_ms: i64, offset_s: i32) -> Result<String, StoreError> {
    let time = local(wall_ms, offset_s).ok_or(StoreError::Damaged)?;
    Ok(time.to_rfc3339_opts(SecondsFormat::Millis, false))
}

/// A day of ledger time as `YYYY-MM-DD`.
pub(crate) fn day_text(day: LedgerDay) -> String {
    NaiveDate::from_epoch_days(day.0)
        .map(|day| day.to_string())
        .unwrap_or_default()
}

/// The day of ledger time that `YYYY-MM-DD` names.
pub(crate) fn day_of(text: &str) -> Result<LedgerDay, DeskError> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DeskError::NotADay)?;
    Ok(LedgerDay(day.to_epoch_days()))
}

/// The first and the last millisecond, since 1970 UTC, of the local days from `from` to `until` (`YYYY-MM-DD`).
pub(crate) fn local_range(from: &str, until: &str, offset: FixedOffset) -> Result<(i64, i64), DeskError> {
    let midnight = |text: &str| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DeskError::NotADay)?;
        local_midnight_ms(day, offset).ok_or(DeskError::NotADay)
    };
    Ok((midnight(from)?, midnight(until)? + DAY_MS - 1))
}

pub(crate) fn counts(counts: Counts) -> view::Counts {
    view::Counts {
        admitted: counts.admitted,
        held: counts.held,
        refused: counts.refused,
        by_hand: counts.by_hand,
    }
}

pub(crate) fn filter(filter: &view::EntryFilter) -> Result<gatepost_store::EntryFilter, DeskError> {
    let day = match &filter.day {
        None => None,
        Some(text) => Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DeskError::NotADay)?),
    };
    Ok(gatepost_store::EntryFilter {
        day,
        gate: filter.gate.clone(),
        verdict: filter.verdict,
        guard: filter.guard,
        corrected_only: filter.corrected_only,
    })
}
