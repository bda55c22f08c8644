//! Simulated days in real stores in temporary folders.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use gatepost_codes::{HealthColour, Personal};
use gatepost_desk::simulate::{DemoPins, SimulateError, Simulated, Simulation, set_up_demo, simulate};
use gatepost_ledger::Moment;
use gatepost_rules::{Mask, Reason, ShownKind, TemperatureBand, VerdictKind};
use gatepost_store::{
    AuditOptions, Audited, EntryFilter, KeyFile, Store, StoreError, StoredEntry, audit_folder,
};

const BEIJING_S: i32 = 8 * 3600;

fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).expect("a Sunday")
}

fn simulation(days: u32, per_day: u32, seed: u64) -> Simulation {
    Simulation {
        days,
        per_day,
        seed,
        last_day: last_day(),
        offset_s: BEIJING_S,
        until_ms: i64::MAX,
    }
}

fn demo(folder: &Path) -> Store {
    let mut store = Store::open(folder, KeyFile::in_folder(folder)).expect("an empty folder");
    let at = Moment {
        wall_ms: 1_794_000_000_000,
        boot: 1,
        monotonic_ms: 0,
    };
    set_up_demo(&mut store, at, &DemoPins::default()).expect("a first set-up");
    store
}

fn entries(store: &Store) -> Vec<StoredEntry> {
    let mut entries = Vec::new();
    store
        .reader()
        .expect("a reader")
        .for_each(&EntryFilter::default(), |_, entry| -> Result<(), StoreError> {
            entries.push(entry);
            Ok(())
        })
        .expect("entries");
    entries
}

/// A store, its entries and the sums, in a folder that lives as long.
fn simulated(wanted: Simulation) -> (tempfile::TempDir, Store, Vec<StoredEntry>, Simulated) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = demo(folder.path());
    let done = simulate(&mut store, &wanted, &mut |_, _| {}).expect("a demonstration");
    let entries = entries(&store);
    (folder, store, entries, done)
}

#[test]
fn the_same_seed_gives_the_same_entries_and_another_seed_others() {
    let (_one, _, first, _) = simulated(simulation(3, 60, 7));
    let (_two, _, again, _) = simulated(simulation(3, 60, 7));
    let (_three, _, other, _) = simulated(simulation(3, 60, 8));
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
    assert_ne!(format!("{first:?}"), format!("{other:?}"));
}

#[test]
fn a_week_has_what_a_week_at_a_gate_has() {
    let (_folder, store, entries, done) = simulated(simulation(7, 1_000, 1));
    assert_eq!(entries.len() as u64, done.entries);
    assert_eq!(done.entries, 7_000 + done.further_readings + done.voided);
    assert_eq!(done.shifts, 14);
    let days = store.reader().unwrap().days(400).unwrap();
    assert_eq!((days.len(), days[0]), (7, last_day()));

    let count = |wanted: &dyn Fn(&StoredEntry) -> bool| entries.iter().filter(|entry| wanted(entry)).count();
    let share = |wanted: &dyn Fn(&StoredEntry) -> bool| count(wanted) as f64 / entries.len() as f64;
    assert!((0.001..0.006).contains(&share(
        &|e| e.entry.reasons.first() == Some(&Reason::Fever) && e.voided.is_none()
    )));
    assert!((0.005..0.02).contains(&share(&|e| e.entry.band == TemperatureBand::Low)));
    assert!((0.004..0.02).contains(&share(&|e| e.entry.colour == Some(HealthColour::YellowOrange))));
    assert!((0.0005..0.005).contains(&share(&|e| e.entry.verdict == VerdictKind::Refuse)));
    assert!((0.03..0.05).contains(&share(&|e| e.entry.shown == ShownKind::Document)));
    assert!(count(&|e| e.entry.mask == Mask::PutOn) > 0 && count(&|e| e.entry.mask == Mask::NotWorn) > 0);
    assert!(share(&|e| e.entry.verdict == VerdictKind::Admit) > 0.94);
    let guards: BTreeSet<u32> = entries.iter().map(|entry| entry.guard.0).collect();
    assert_eq!(guards, BTreeSet::from([2, 3]));
    let of_a_day = EntryFilter {
        day: Some(last_day()),
        ..EntryFilter::default()
    };
    let figures = store.reader().unwrap().figures(&of_a_day).unwrap();
    assert_eq!(figures.median_temperature.map(i16::from), Some(364));
}

#[test]
fn time_never_goes_back_and_nothing_happens_outside_opening_hours() {
    let (_folder, _, entries, _) = simulated(simulation(2, 400, 3));
    assert!(entries.windows(2).all(|pair| pair[0].wall_ms <= pair[1].wall_ms));
    for entry in &entries {
        let minute = (entry.wall_ms / 60_000 + i64::from(BEIJING_S) / 60) % (24 * 60);
        assert!((8 * 60..22 * 60 + 10).contains(&minute), "minute {minute}");
    }
}

#[test]
fn a_further_reading_follows_a_held_entry_and_a_void_is_followed_by_the_right_entry() {
    let (_folder, _, entries, _) = simulated(simulation(7, 500, 5));
    let at = |position: u64| entries.iter().find(|entry| entry.position == position);
    let mut voided = 0;
    for entry in &entries {
        if let Some(held) = entry.entry.follows {
            let held = at(held).expect("an entry");
            assert_eq!(held.entry.verdict, VerdictKind::Hold);
            assert!(held.wall_ms < entry.wall_ms && held.entry.follows.is_none());
        }
        if let Some(void) = &entry.voided {
            voided += 1;
            let right = entries.iter().find(|later| later.position > void.position);
            assert!(right.is_some(), "the right entry comes after the void");
            assert!(void.position > entry.position);
        }
    }
    assert!(voided > 0);
}

#[test]
fn nothing_happens_after_the_instant_that_ends_it() {
    let noon_ms = 1_795_320_000_000;
    let half = Simulation {
        until_ms: noon_ms,
        ..simulation(2, 300, 9)
    };
    let (_folder, mut store, entries, done) = simulated(half);
    assert!(entries.iter().all(|entry| entry.wall_ms <= noon_ms));
    assert_eq!(done.shifts, 3);
    for guard in store.people().unwrap() {
        assert!(store.shift_left_open("东门", guard.number).unwrap().is_none());
    }
}

#[test]
fn a_real_venue_an_unset_one_and_one_with_entries_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(folder.path(), KeyFile::in_folder(folder.path())).unwrap();
    let wanted = simulation(1, 10, 1);
    let refused = simulate(&mut store, &wanted, &mut |_, _| {});
    assert!(matches!(refused, Err(SimulateError::NotADemo)));

    let (_folder, mut store, _, _) = simulated(wanted);
    let refused = simulate(&mut store, &wanted, &mut |_, _| {});
    assert!(matches!(refused, Err(SimulateError::NotEmpty)));
}

#[test]
fn simple_or_equal_pins_are_refused() {
    let pin = |digits: &str| Personal::new(digits.to_owned());
    for (manager, guards) in [("123456", ["730519", "640827"]), ("730519", ["730519", "640827"])] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path(), KeyFile::in_folder(folder.path())).unwrap();
        let pins = DemoPins {
            manager: pin(manager),
            guards: guards.map(pin),
        };
        let at = Moment {
            wall_ms: 0,
            boot: 1,
            monotonic_ms: 0,
        };
        assert!(matches!(
            set_up_demo(&mut store, at, &pins),
            Err(SimulateError::Pins)
        ));
        assert!(store.venue().unwrap().is_none());
    }
}

#[test]
fn an_audit_of_simulated_days_finds_nothing_and_warns_of_nothing_but_what_nobody_erased() {
    let (folder, store, _, _) = simulated(simulation(40, 20, 3));
    drop(store);
    let audited = audit_folder(folder.path(), AuditOptions::default()).expect("readable");
    let Audited::Sound(report) = audited else {
        panic!("{audited:?}");
    };
    // What runs is the simulation and not the program, which erases each night.
    let kinds: BTreeSet<_> = report.ledger.warnings.iter().map(|one| one.kind.word()).collect();
    assert!(kinds.is_subset(&BTreeSet::from(["late_erasure"])), "{kinds:?}");
}
