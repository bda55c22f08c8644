//! Retention and destruction, on real SQLite files.

mod common;

use std::fs;
use std::path::Path;

use common::{GATE, GUARD, MANAGER, backup, contents, database, entry, new_store, open};
use gatepost_codes::Personal;
use gatepost_ledger::{
    Body, Disclosure, Field, LedgerDay, Moment, RetentionClass, RetentionPolicy, VoidReason,
};
use gatepost_rules::{BodyTemperature, Reason, VerdictKind};
use gatepost_store::{DAY_KEYS_NAME, DueDays, HeldDays, KeptUntil, NewEntry, NewRecord, Store, StoreError};
use rusqlite::Connection;

const DAY_S: i64 = 86_400;
/// Noon of day 0, as the helpers' clock has it.
const NOON_S: i64 = 36_000;
/// 2026-11-18 in ledger time: the day on which the stores here are set up.
const DAY_0: i32 = 20_775;

/// A moment of a run that goes on for ever: `day` days after the set-up.
fn on(day: i64) -> Moment {
    common::moment(day * DAY_S + NOON_S)
}

fn entry_on(day: i64, second: i64) -> NewEntry {
    NewEntry {
        at: common::moment(day * DAY_S + NOON_S + second),
        ..entry(0)
    }
}

fn ledger_day(day: i32) -> LedgerDay {
    LedgerDay(DAY_0 + day)
}

fn visitors(from: i32, to: i32) -> DueDays {
    DueDays {
        class: RetentionClass::Visitor,
        from: ledger_day(from),
        to: ledger_day(to),
    }
}

fn due(store: &mut Store, day: i64) -> Vec<DueDays> {
    store.due_erasures(on(day)).expect("a query").due
}

/// Every byte of every file of a folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    common::contents(folder)
        .into_iter()
        .flat_map(|(_, bytes)| bytes)
        .collect()
}

fn has(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_day_is_due_when_so_many_whole_days_have_passed_and_not_one_earlier() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    for day in 0..3 {
        store.append_entry(&entry_on(day, 1)).expect("an entry");
    }
    assert_eq!(store.retention().expect("a policy"), RetentionPolicy::default());
    assert_eq!(due(&mut store, 30), []);
    assert_eq!(due(&mut store, 31), [visitors(0, 0)]);
    assert_eq!(due(&mut store, 33), [visitors(0, 2)]);
    let shorter = RetentionPolicy {
        visitor_days: 7,
        incident_days: 180,
    };
    store
        .set_retention(on(3), GATE, MANAGER, shorter)
        .expect("recorded");
    assert_eq!(store.retention().expect("a policy"), shorter);
    assert_eq!(due(&mut store, 8), [visitors(0, 0)]);
}

#[test]
fn an_erasure_destroys_what_is_due_leaves_the_rest_and_gives_a_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let mut fever = entry_on(0, 2);
    fever.entry.verdict = VerdictKind::Hold;
    fever.entry.reasons = vec![Reason::Fever];
    fever.temperature = BodyTemperature::from_tenths(391).expect("a fever");
    let mut seen = entry_on(0, 1);
    seen.token = Some(store.token(b"a code"));
    let old = store.append_entry(&seen).expect("an entry");
    let grave = store.append_entry(&fever).expect("an entry");
    let young = store.append_entry(&entry_on(20, 1)).expect("an entry");
    let before = store.reader().expect("a reader").head().expect("a head").seal;
    let certificates = store.erase_due(on(31), GATE, None).expect("an erasure");
    let [erasure] = certificates.as_slice() else {
        panic!("one class is due");
    };
    assert_eq!(
        (erasure.class, erasure.from, erasure.to),
        (RetentionClass::Visitor, ledger_day(0), ledger_day(0))
    );
    assert_eq!(erasure.count, 2, "temperature and token");
    assert_eq!(erasure.seal.seal.size, erasure.position + 1);
    let reader = store.reader().expect("a reader");
    assert_eq!(
        reader.leaf(erasure.position).expect("the record").body,
        Body::Erase {
            class: RetentionClass::Visitor,
            from: ledger_day(0),
            to: ledger_day(0),
            count: 2
        }
    );
    let temperature = |position| reader.entry(position).expect("still there").temperature;
    assert_eq!(temperature(old), None);
    assert_eq!(
        temperature(grave).map(i16::from),
        Some(391),
        "an incident is kept longer"
    );
    assert!(temperature(young).is_some());
    assert_eq!(reader.seen(store.token(b"a code"), 0).expect("a query"), None);
    assert_eq!(
        reader.seal_at(before.size).expect("a seal"),
        before,
        "no leaf has changed"
    );
    assert_eq!(store.erase_due(on(31), GATE, None).expect("nothing is due"), []);
}

/// The token of the one sighting, and every sealed disclosure.
fn sealed_in(database: &Path) -> Vec<Vec<u8>> {
    let raw = Connection::open(database).expect("raw");
    let sql = "SELECT token FROM sightings UNION ALL SELECT sealed FROM disclosures";
    let mut sealed = raw.prepare(sql).expect("SQL");
    let rows = sealed.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("sealed")).collect()
}

/// An entry with a token and a void with a note, both of day 0.
fn with_an_entry_and_a_note(store: &mut Store) -> [(u64, Field); 3] {
    let mut new = entry_on(0, 1);
    new.token = Some(store.token(PAYLOAD));
    let position = store.append_entry(&new).expect("an entry");
    let note = Personal::new("不可能的姓名，测试".to_owned());
    let void = store
        .append_void(on(0), GATE, GUARD, position, VoidReason::Other, Some(&note))
        .expect("a void");
    [
        (position, Field::Temperature),
        (position, Field::Token),
        (void, Field::Note),
    ]
}

const PAYLOAD: &[u8] = b"https://example.invalid/health?token=424242";

fn disclosures(store: &Store, of: &[(u64, Field)]) -> Vec<Option<Disclosure>> {
    let reader = store.reader().expect("a reader");
    of.iter()
        .map(|(position, field)| reader.disclosure(*position, *field).expect("a query"))
        .collect()
}

#[test]
fn what_was_erased_is_in_no_byte_of_any_file_or_later_copy() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("another"),
    );
    let mut store = new_store(folder.path());
    let places = with_an_entry_and_a_note(&mut store);
    let sealed = sealed_in(&database(folder.path()));
    assert_eq!(sealed.len(), 4);
    let disclosed: Vec<_> = disclosures(&store, &places)
        .into_iter()
        .map(|found| found.expect("it opens before"))
        .collect();
    let key_file = fs::read(folder.path().join(DAY_KEYS_NAME)).expect("keys");
    let secret = fs::read(folder.path().join("gatepost.days.key")).expect("the vault's secret");
    let wrapped = &key_file[24..56];
    let older = away.path().join("older");
    backup(folder.path(), &older, |_| ()).expect("a backup before");
    // Positive control: all of it is there before, so that its absence says something.
    let before = all_bytes(folder.path());
    let older_bytes = fs::read(&older).expect("the backup");
    for sealed in &sealed {
        assert!(
            has(&before, sealed) && has(&older_bytes, sealed),
            "nothing was sealed"
        );
    }
    assert!(has(&before, wrapped) && has(&before, &secret));
    assert!(!has(&older_bytes, wrapped) && !has(&older_bytes, &secret));

    assert_eq!(store.erase_due(on(200), GATE, None).expect("an erasure").len(), 2);
    backup(folder.path(), &away.path().join("newer"), |_| ()).expect("a backup after");
    let newer = fs::read(away.path().join("newer")).expect("the backup");
    for bytes in [all_bytes(folder.path()), newer] {
        for sealed in &sealed {
            assert!(
                !has(&bytes, sealed) && !has(&bytes, &sealed[..16]),
                "something sealed"
            );
        }
        for disclosure in &disclosed {
            let encoded = disclosure.encoded().expose();
            assert!(!has(&bytes, encoded.as_bytes()), "an encoded disclosure");
            // The salt stands in front, after two bytes of JSON.
            assert!(!has(&bytes, &encoded.as_bytes()[4..24]), "a salt");
        }
        assert!(!has(&bytes, wrapped), "a wrapped key of the day");
        assert!(!has(&bytes, &secret), "the secret that wrapped it");
        let digest = String::from(disclosed[0].digest());
        assert!(has(&bytes, digest.as_bytes()), "the leaf still commits to it");
    }
    assert_eq!(disclosures(&store, &places), [None, None, None]);
}

#[test]
fn a_backup_from_before_an_erasure_opens_nothing_with_the_vault_of_afterwards() {
    let (folder, away) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("another"),
    );
    let mut store = new_store(folder.path());
    let places = with_an_entry_and_a_note(&mut store);
    let mut again = entry_on(0, 2);
    again.token = Some(store.token(PAYLOAD));
    store.append_entry(&again).expect("an entry that is not void");
    let older = away.path().join("older");
    backup(folder.path(), &older, |_| ()).expect("a backup");
    let restored = |name: &str| {
        let elsewhere = away.path().join(name);
        fs::create_dir(&elsewhere).expect("a folder");
        for (path, bytes) in contents(folder.path()) {
            let file = Path::new(&path).file_name().expect("a name").to_owned();
            if !file.to_string_lossy().contains("sqlite3") {
                fs::write(elsewhere.join(file), bytes).expect("copied");
            }
        }
        fs::copy(&older, database(&elsewhere)).expect("put back by hand");
        open(&elsewhere).expect("it opens")
    };
    let before = restored("with the vault of before");
    assert!(disclosures(&before, &places).iter().all(Option::is_some));
    let seen = |store: &Store| {
        let reader = store.reader().expect("a reader");
        reader.seen(store.token(PAYLOAD), on(0).wall_ms).expect("a query")
    };
    assert!(seen(&before).is_some());
    store.erase_due(on(200), GATE, None).expect("an erasure");
    let after = restored("with the vault of after");
    assert_eq!(disclosures(&after, &places), [None, None, None]);
    assert_eq!(seen(&after), None);
}

#[test]
fn days_on_hold_are_kept_until_it_is_lifted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    for day in 0..5 {
        store.append_entry(&entry_on(day, 1)).expect("an entry");
    }
    let hold = HeldDays {
        from: ledger_day(1),
        to: ledger_day(2),
    };
    store.place_hold(on(5), GATE, MANAGER, hold).expect("a hold");
    assert_eq!(store.holds().expect("a query"), [hold]);
    assert_eq!(due(&mut store, 40), [visitors(0, 0), visitors(3, 4)]);
    let all = store.erase_before(
        on(40),
        GATE,
        Some(MANAGER),
        RetentionClass::Visitor,
        ledger_day(5),
    );
    assert!(matches!(
        all,
        Err(StoreError::NotYetErasable(KeptUntil::Hold(day))) if day == ledger_day(1)
    ));
    assert_eq!(store.erase_due(on(40), GATE, None).expect("an erasure").len(), 2);
    store.lift_hold(on(41), GATE, MANAGER, hold).expect("lifted");
    assert_eq!(due(&mut store, 41), [visitors(1, 2)]);
}

#[test]
fn a_day_of_the_wall_clock_meets_the_days_of_ledger_time_on_which_its_records_stand() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let local_day = |day: i64| {
        let midnight_ms = i64::from(DAY_0) * DAY_S * 1000 - 8 * 3_600_000 + day * DAY_S * 1000;
        (midnight_ms, midnight_ms + DAY_S * 1000 - 1)
    };
    let mut days = |day: i64| {
        let (from_ms, until_ms) = local_day(day);
        let HeldDays { from, to } = store.days_between(from_ms, until_ms).expect("days");
        (from.0 - DAY_0, to.0 - DAY_0)
    };
    // A local day in China begins at 16:00 UTC of the day before.
    assert_eq!(days(0), (-1, 0));
    assert_eq!(days(3), (2, 3));
    let mut ahead = entry_on(1, 1);
    ahead.at.wall_ms += 40 * DAY_S * 1000;
    store.append_entry(&ahead).expect("with a clock record before it");
    let mut days = |day: i64| {
        let (from_ms, until_ms) = local_day(day);
        let HeldDays { from, to } = store.days_between(from_ms, until_ms).expect("days");
        (from.0 - DAY_0, to.0 - DAY_0)
    };
    assert_eq!(days(0), (-1, 0), "before the clock was set");
    assert_eq!(days(43), (2, 3), "after it");
}

#[test]
fn nobody_erases_earlier_than_the_policy_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    for day in [0, 10] {
        store.append_entry(&entry_on(day, 1)).expect("an entry");
    }
    let before = store.reader().expect("a reader").head().expect("a head");
    let early = store.erase_before(
        on(35),
        GATE,
        Some(MANAGER),
        RetentionClass::Visitor,
        ledger_day(11),
    );
    assert!(matches!(
        early,
        Err(StoreError::NotYetErasable(KeptUntil::Policy(day))) if day == ledger_day(10)
    ));
    assert_eq!(store.reader().expect("a reader").head().expect("a head"), before);
    let erased = store
        .erase_before(
            on(35),
            GATE,
            Some(MANAGER),
            RetentionClass::Visitor,
            ledger_day(10),
        )
        .expect("an erasure");
    assert_eq!((erased[0].from, erased[0].to), (ledger_day(0), ledger_day(0)));
}

#[test]
fn setting_the_clock_makes_retention_neither_early_nor_late() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    store.append_entry(&entry_on(0, 1)).expect("an entry");
    for days_off in [400, -400] {
        let set = |day: i64| Moment {
            wall_ms: on(day).wall_ms + days_off * DAY_S * 1000,
            ..on(day)
        };
        assert_eq!(
            store.due_erasures(set(30)).expect("a query").due,
            [],
            "{days_off}"
        );
        assert_eq!(
            store.due_erasures(set(31)).expect("a query").due,
            [visitors(0, 0)],
            "{days_off}"
        );
    }
    let mut ahead = entry_on(1, 1);
    ahead.at.wall_ms += 400 * DAY_S * 1000;
    store.append_entry(&ahead).expect("with a clock record before it");
    assert_eq!(due(&mut store, 30), [], "set back again");
    assert_eq!(due(&mut store, 31), [visitors(0, 0)]);
}

#[test]
fn a_date_that_ran_ahead_between_two_starts_erases_nothing_before_it_is_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    store.append_entry(&entry_on(0, 1)).expect("an entry");
    let start_ms = on(40).wall_ms;
    let boot = store.boot(start_ms, 0, GATE, "0.1.0").expect("a start");
    let later = |day: i64| Moment {
        wall_ms: start_ms + day * DAY_S * 1000,
        boot,
        monotonic_ms: (day * DAY_S * 1000) as u64,
    };
    let mut new = entry_on(0, 0);
    new.at = later(1);
    store.append_entry(&new).expect("an entry");
    let found = store.due_erasures(later(1)).expect("a query");
    assert_eq!(
        (found.due.as_slice(), found.waits_for_confirmation),
        ([].as_slice(), vec![visitors(0, 0)])
    );
    assert_eq!(store.erase_due(later(1), GATE, None).expect("nothing yet"), []);
    let asked = store.erase_before(later(1), GATE, None, RetentionClass::Visitor, ledger_day(1));
    assert!(matches!(
        asked,
        Err(StoreError::NotYetErasable(KeptUntil::Confirmation(_)))
    ));
    // Never confirmed, everything goes at its time by the days that were really counted.
    assert_eq!(
        store.due_erasures(later(31)).expect("a query").due,
        [visitors(0, 0)]
    );
    assert_eq!(
        store.due_erasures(later(32)).expect("a query").due,
        [visitors(0, 41)]
    );

    let same = store.retention().expect("a policy");
    store
        .set_retention(later(2), GATE, MANAGER, same)
        .expect("nothing to say");
    assert!(store.due_erasures(later(2)).expect("a query").due.is_empty());
    store
        .confirm_date(later(2), GATE, MANAGER)
        .expect("a manager looked");
    assert_eq!(
        store.due_erasures(later(2)).expect("a query").due,
        [visitors(0, 0)]
    );
}

#[test]
fn an_erasure_that_a_power_cut_interrupted_is_finished_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    store.append_entry(&entry_on(0, 1)).expect("an entry");
    store.append_entry(&entry_on(40, 1)).expect("an entry");
    let keys: Vec<Vec<u8>> = [DAY_KEYS_NAME, "gatepost.days.key"]
        .map(|name| fs::read(folder.path().join(name)).expect("keys"))
        .into();
    store.erase_due(on(41), GATE, None).expect("an erasure");
    drop(store);
    // As if the power had failed after the commit: both keys are back.
    for (name, bytes) in [DAY_KEYS_NAME, "gatepost.days.key"].iter().zip(&keys) {
        fs::write(folder.path().join(name), bytes).expect("as before");
    }
    let store = open(folder.path()).expect("the next start");
    let now = fs::read(folder.path().join("gatepost.days.key")).expect("the vault's secret");
    assert_ne!(now, keys[1]);
    assert!(!has(&all_bytes(folder.path()), &keys[0][24..56]));
    let reader = store.reader().expect("a reader");
    let page = reader.page(&Default::default(), None, 2).expect("a page");
    assert!(page[0].temperature.is_some() && page[1].temperature.is_none());
}

#[test]
fn a_power_cut_between_the_vault_and_the_file_loses_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    store.append_entry(&entry_on(0, 1)).expect("an entry");
    let position = store.append_entry(&entry_on(40, 1)).expect("an entry");
    let path = folder.path().join(DAY_KEYS_NAME);
    let before = fs::read(&path).expect("the keys");
    store.erase_due(on(41), GATE, None).expect("an erasure");
    drop(store);
    // As if the power had failed before the new file had its name.
    fs::rename(&path, folder.path().join(format!("{DAY_KEYS_NAME}.new"))).expect("unfinished");
    fs::write(&path, before).expect("as before");
    let store = open(folder.path()).expect("the next start");
    let entry = store
        .reader()
        .expect("a reader")
        .entry(position)
        .expect("the entry");
    assert!(entry.temperature.is_some());
    assert!(!folder.path().join(format!("{DAY_KEYS_NAME}.new")).exists());
}

#[test]
fn a_reader_that_holds_the_log_up_does_not_keep_erased_bytes_for_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let mut new = entry_on(0, 1);
    new.token = Some(store.token(b"a code"));
    store.append_entry(&new).expect("an entry");
    let raw = Connection::open(database(folder.path())).expect("raw");
    let token: Vec<u8> = raw
        .query_row("SELECT token FROM sightings", [], |row| row.get(0))
        .expect("a sighting");
    raw.execute_batch("BEGIN; SELECT count(*) FROM records")
        .expect("a long look");
    store.erase_due(on(31), GATE, None).expect("an erasure");
    assert!(!store.finish_erasure().expect("the reader is still there"));
    raw.execute_batch("COMMIT").expect("it ends");
    store
        .append(&NewRecord {
            at: on(32),
            gate: GATE.into(),
            by: Some(GUARD),
            body: Body::Login,
        })
        .expect("the next record");
    assert!(store.finish_erasure().expect("nothing is left"));
    assert!(!has(&all_bytes(folder.path()), &token));
}
