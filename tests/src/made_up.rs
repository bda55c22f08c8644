//! A made-up gate for tests that write into the store themselves: its people, and what they see.

use std::path::Path;

use chrono::{DateTime, NaiveDate};
use gatepost_codes::{EvidenceLevel, HealthColour, Personal};
use gatepost_ledger::{Entry, Moment, PersonNumber, Role, VenueKind};
use gatepost_rules::{BodyTemperature, ColourSource, Mask, Policy, ShownKind, TemperatureBand, VerdictKind};
use gatepost_store::{KeyFile, NewEntry, NewPerson, ScanId, SetUp, Store, StoreError, Venue};

/// The gate.
pub const GATE: &str = "东门";
/// Who stands there.
pub const GUARD: PersonNumber = PersonNumber(2);
/// When the gate is set up: 2026-11-18 at 11:06:40 UTC, milliseconds since 1970.
pub const START_MS: i64 = 1_795_000_000_000;
/// A day, in seconds.
pub const DAY_S: u64 = 86_400;

/// Local time of the gate, seconds east of UTC.
pub const OFFSET_S: i32 = 8 * 3600;

/// The local day at a wall clock, milliseconds since 1970 UTC.
///
/// # Panics
/// For a time beyond all calendars.
#[must_use]
pub fn local_day(wall_ms: i64) -> NaiveDate {
    DateTime::from_timestamp(wall_ms.div_euclid(1000) + i64::from(OFFSET_S), 0)
        .expect("a time of this century")
        .date_naive()
}

/// So many seconds after the set-up, in a run that goes on from it.
#[must_use]
pub fn moment(boot: u32, second: u64) -> Moment {
    Moment {
        wall_ms: START_MS + second.cast_signed() * 1000,
        boot,
        monotonic_ms: second * 1000,
    }
}

/// A venue with a manager and a guard.
#[must_use]
pub fn set_up() -> SetUp {
    let person = |name: &str, role, pin: &str| NewPerson {
        name: Personal::new(name.to_owned()),
        role,
        pin: Personal::new(pin.to_owned()),
    };
    SetUp {
        venue: Venue {
            name: "测试超市".to_owned(),
            kind: VenueKind::Supermarket,
            gate: GATE.to_owned(),
            opens: "08:00".to_owned(),
            closes: "22:00".to_owned(),
            demo: false,
        },
        policy: Policy::default(),
        people: vec![
            person("陈试", Role::Manager, "284613"),
            person("王试", Role::Guard, "730519"),
        ],
    }
}

/// Opens a data folder with its secrets in files.
///
/// # Errors
/// Any [`StoreError`].
pub fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, KeyFile::in_folder(folder))
}

/// Somebody with a green code and a normal temperature.
///
/// # Panics
/// Where the system gives no randomness.
#[must_use]
pub fn entry(boot: u32, second: u64) -> NewEntry {
    let tenths = 360 + (second % 10) as i16;
    NewEntry {
        scan_id: ScanId::random().expect("randomness"),
        at: moment(boot, second),
        day: local_day(moment(boot, second).wall_ms),
        offset_s: OFFSET_S,
        gate: GATE.to_owned(),
        guard: GUARD,
        entry: Entry {
            shown: ShownKind::Decoded,
            document: None,
            issuer: None,
            age_seconds: None,
            colour: Some(HealthColour::Green),
            colour_source: Some(ColourSource::Camera),
            evidence: EvidenceLevel::SeenByStaff,
            band: TemperatureBand::Normal,
            mask: Mask::Worn,
            verdict: VerdictKind::Admit,
            reasons: Vec::new(),
            fault: None,
            follows: None,
        },
        temperature: BodyTemperature::from_tenths(tenths).expect("a temperature that people have"),
        token: None,
    }
}
