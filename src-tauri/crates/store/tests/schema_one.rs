//! A data folder as the first schema left it: opened, hashed, sealed and signed, and its leaves as they were.

mod common;

use std::fs;
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use common::{GATE, GUARD, database, entry, open};
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{
    AccountChange, Body, Disclosed, Field, KeyChangeReason, Leaf, LedgerDay, Moment, PersonNumber,
    RetentionClass, Role, VenueKind, VoidReason,
};
use gatepost_rules::Policy;
use gatepost_store::{DAY_KEYS_NAME, EntryFilter, KeyFile, KeyItem, KeyVault, StoreError, Venue};
use hkdf::Hkdf;
use rusqlite::{Connection, params};
use sha2::Sha256;
use zeroize::Zeroizing;

const NOTE: &str = "第一版里的说明";
const ENTRIES: u64 = 3;

fn at(second: i64) -> Moment {
    common::moment(second)
}

fn leaf(position: u64, second: i64, body: Body) -> Vec<u8> {
    let leaf = Leaf {
        position,
        at: at(second),
        gate: GATE.into(),
        by: Some(GUARD),
        body,
        digests: vec![],
    };
    leaf.to_bytes().expect("a leaf")
}

/// A text as the device's key sealed it then.
fn sealed_note(device: &Zeroizing<[u8; 32]>, position: u64) -> Vec<u8> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, device.as_slice())
        .expand(b"gatepost sealed field v1", &mut key)
        .expect("32 bytes");
    let place = format!("void-note/{position}");
    let payload = Payload {
        msg: NOTE.as_bytes(),
        aad: place.as_bytes(),
    };
    let nonce = [5; 24];
    let message = XChaCha20Poly1305::new(&key.into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("seals");
    [nonce.as_slice(), &message].concat()
}

/// A database of schema 1 with a venue and a guard, and no record.
fn empty(folder: &Path, device: &Zeroizing<[u8; 32]>) -> Connection {
    KeyFile::in_folder(folder)
        .keep(KeyItem::Device, device)
        .expect("the key");
    let raw = Connection::open(database(folder)).expect("a new file");
    raw.execute_batch(
        "PRAGMA application_id = 0x47505354; PRAGMA journal_mode = wal; PRAGMA foreign_keys = on;",
    )
    .expect("settings");
    raw.execute_batch(include_str!("../migrations/0001_foundation.sql"))
        .expect("schema 1");
    raw.pragma_update(None, "user_version", 1).expect("schema 1");

    let venue = Venue {
        name: "测试超市".into(),
        kind: VenueKind::Supermarket,
        gate: GATE.into(),
        opens: "08:00".into(),
        closes: "22:00".into(),
        demo: false,
    };
    let settings = "INSERT INTO settings (key, value) VALUES (?, ?)";
    raw.execute(
        settings,
        params!["venue", serde_json::to_string(&venue).expect("JSON")],
    )
    .expect("venue");
    raw.execute(settings, params!["boot", "1"]).expect("boot");
    raw.execute(
        "INSERT INTO people (number, name, role, pin) VALUES (2, x'00', 'guard', '')",
        [],
    )
    .expect("a guard");
    raw
}

/// Makes a folder with the statements of the program of then; returns its leaves.
fn make(folder: &Path) -> Vec<Vec<u8>> {
    let device = Zeroizing::new([3; 32]);
    let raw = empty(folder, &device);
    let genesis = Body::Genesis {
        venue: VenueKind::Supermarket,
        demo: false,
        key: None,
    };
    let person = Body::Person {
        number: PersonNumber(2),
        role: Role::Guard,
        change: AccountChange::Opened,
    };
    let mut leaves = Vec::new();
    let mut add = |raw: &Connection, second, body: Body| {
        let position = leaves.len() as u64;
        let bytes = leaf(position, second, body.clone());
        raw.execute(
            "INSERT INTO records (i, kind, leaf) VALUES (?, ?, ?)",
            params![position, body.kind(), bytes],
        )
        .expect("a record");
        leaves.push(bytes);
        position
    };
    add(&raw, 0, genesis);
    add(&raw, 0, person);
    add(&raw, 0, Body::Policy(Policy::default()));
    for number in 1..=ENTRIES {
        let position = add(&raw, number as i64, Body::Entry(entry(0).entry));
        raw.execute(
            "INSERT INTO entries (i, scan_id, t, day, offset_s, gate, guard, verdict, temperature, token, follows)
             VALUES (?, randomblob(16), ?, 20261118, 28800, ?, 2, 'admit', ?, ?, NULL)",
            params![position, at(number as i64).wall_ms, GATE, 360 + number, token_bytes(number)],
        )
        .expect("an entry");
    }
    let of = 3;
    let void = add(
        &raw,
        9,
        Body::Void {
            of,
            reason: VoidReason::Other,
        },
    );
    raw.execute(
        "INSERT INTO voids (i, entry, note) VALUES (?, ?, ?)",
        params![void, of, sealed_note(&device, void)],
    )
    .expect("a void");
    leaves
}

fn token_bytes(number: u64) -> [u8; 16] {
    [0xA0 + number as u8; 16]
}

fn leaves(folder: &Path) -> Vec<Vec<u8>> {
    let raw = Connection::open(database(folder)).expect("raw");
    let mut statement = raw
        .prepare("SELECT leaf FROM records ORDER BY i")
        .expect("records");
    let rows = statement.query_map([], |row| row.get(0)).expect("records");
    rows.map(|row| row.expect("a leaf")).collect()
}

#[test]
fn the_leaves_stay_byte_for_byte_and_the_ledger_gets_its_tree_and_first_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = make(folder.path());
    let store = open(folder.path()).expect("the migration");
    let now = leaves(folder.path());
    assert_eq!(now[..old.len()], old);
    assert_eq!(now.len(), old.len() + 1);
    let reader = store.reader().expect("a reader");
    let first = reader.leaf(old.len() as u64).expect("the last record");
    assert!(matches!(
        first.body,
        Body::KeyChange {
            reason: KeyChangeReason::First,
            ..
        }
    ));
    assert_eq!(first.at, at(9), "not before what was there");
    let keys = reader.ledger_keys().expect("keys");
    assert_eq!((keys.len(), keys[0].from), (1, first.position));
    let head = reader.head().expect("a head");
    assert_eq!(head.note.verify(&keys[0].key), Ok(()));
    let mut frontier = Frontier::new();
    for leaf in &now {
        frontier.append(Hash::of_leaf(leaf), &mut Vec::new());
    }
    assert_eq!(head.seal.root, frontier.root());
}

#[test]
fn what_stood_in_clear_columns_is_disclosed_and_nowhere_else_any_more() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path());
    let store = open(folder.path()).expect("the migration");
    let reader = store.reader().expect("a reader");
    let page = reader.page(&EntryFilter::default(), None, 10).expect("a page");
    let tenths: Vec<_> = page.iter().map(|row| row.temperature.map(i16::from)).collect();
    assert_eq!(tenths, [Some(363), Some(362), Some(361)]);
    let voided = page[2].voided.as_ref().expect("struck through");
    assert!(voided.has_note);
    let note = reader.note(voided).expect("a query").expect("a note");
    assert_eq!(note.expose(), NOTE);
    let token = reader
        .disclosure(4, Field::Token)
        .expect("a query")
        .expect("a token");
    assert_eq!(token.value.expose(), &Disclosed::Text("a2".repeat(16)));
    let sightings: u64 = Connection::open(database(folder.path()))
        .expect("raw")
        .query_row("SELECT count(*) FROM sightings", [], |row| row.get(0))
        .expect("sightings");
    assert_eq!(sightings, ENTRIES);
    let bytes = common::contents(folder.path())
        .into_iter()
        .flat_map(|(_, bytes)| bytes);
    let bytes: Vec<u8> = bytes.collect();
    for number in 1..=ENTRIES {
        let token = token_bytes(number);
        assert!(!bytes.windows(16).any(|window| window == token), "token {number}");
    }
    let raw = Connection::open(database(folder.path())).expect("raw");
    let columns: String = raw
        .query_row(
            "SELECT group_concat(name) FROM pragma_table_info('entries')",
            [],
            |row| row.get(0),
        )
        .expect("columns");
    assert!(
        !columns.contains("temperature") && !columns.contains("token"),
        "{columns}"
    );
    assert_eq!(
        fs::metadata(database(folder.path()).with_extension("sqlite3-wal")).map_or(0, |log| log.len()),
        0
    );
}

#[test]
fn what_was_recorded_before_there_were_keys_is_erased_too_and_not_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path());
    let mut store = open(folder.path()).expect("the migration");
    let mut new = entry(20);
    new.token = Some(store.token(b"a code"));
    let with_digests = store.append_entry(&new).expect("an entry");
    let later = at(40 * 86_400);
    let erased = store.erase_due(later, GATE, None).expect("an erasure");
    let counts: Vec<_> = erased
        .iter()
        .map(|erasure| (erasure.class, erasure.count))
        .collect();
    assert_eq!(
        counts,
        [(RetentionClass::Visitor, 2)],
        "only what leaves commit to"
    );
    let reader = store.reader().expect("a reader");
    for position in [3, 4, 5, with_digests] {
        assert_eq!(reader.entry(position).expect("still there").temperature, None);
    }
    let bytes: Vec<u8> = common::contents(folder.path())
        .into_iter()
        .flat_map(|(_, bytes)| bytes)
        .collect();
    for number in 1..=ENTRIES {
        assert!(!bytes.windows(16).any(|window| window == token_bytes(number)));
    }
}

#[test]
fn a_migrated_folder_opens_again_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = make(folder.path()).len() as u64;
    drop(open(folder.path()).expect("the migration"));
    let mut store = open(folder.path()).expect("again");
    let boot = store.boot(at(3600).wall_ms, 0, GATE, "0.1.0").expect("a start");
    assert_eq!(boot, 2);
    assert_eq!(store.ledger_day(at(3600)).expect("a day"), LedgerDay(20_775));
    let records = store.reader().expect("a reader").records().expect("records");
    assert_eq!(records, old + 2, "the first key and the start");
}

#[test]
fn a_migration_that_a_power_cut_interrupted_finds_its_keys_and_begins_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = make(folder.path());
    let before = fs::read(database(folder.path())).expect("bytes");
    let log = database(folder.path()).with_extension("sqlite3-wal");
    let log_before = fs::read(&log).ok();
    drop(open(folder.path()).expect("the migration"));
    let keys = fs::read(folder.path().join("gatepost.signing-1.key")).expect("the seed");
    fs::write(database(folder.path()), before).expect("nothing was committed");
    if let Some(bytes) = log_before {
        fs::write(&log, bytes).expect("nothing was committed");
    }
    let store = open(folder.path()).expect("again");
    assert_eq!(
        fs::read(folder.path().join("gatepost.signing-1.key")).expect("the seed"),
        keys
    );
    assert!(folder.path().join(DAY_KEYS_NAME).exists());
    assert_eq!(
        store.reader().expect("a reader").records().expect("records"),
        old.len() as u64 + 1
    );
    let temperature = store
        .reader()
        .expect("a reader")
        .entry(3)
        .expect("an entry")
        .temperature;
    assert_eq!(temperature.map(i16::from), Some(361));
}

#[test]
fn a_migration_without_the_devices_key_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path());
    KeyFile::in_folder(folder.path())
        .keep(KeyItem::Device, &Zeroizing::new([4; 32]))
        .expect("another key");
    let before = leaves(folder.path());
    assert!(matches!(open(folder.path()).err(), Some(StoreError::KeyMissing)));
    assert_eq!(leaves(folder.path()), before);
    let schema: i32 = Connection::open(database(folder.path()))
        .expect("raw")
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("a schema");
    assert_eq!(schema, 1);
}

#[test]
fn what_was_disclosed_then_comes_out_of_a_salvage() {
    let (folder, into) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    make(folder.path());
    drop(open(folder.path()).expect("brought up to date"));
    let disclosures = |folder: &Path| -> Vec<(u64, String, Vec<u8>)> {
        let raw = Connection::open(database(folder)).expect("raw");
        let mut statement = raw
            .prepare("SELECT i, field, sealed FROM disclosures ORDER BY class, day, i, field")
            .expect("disclosures");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    };
    let before = disclosures(folder.path());
    assert!(before.len() as u64 > ENTRIES, "temperatures, tokens and a note");
    let report = gatepost_store::salvage(&database(folder.path()), into.path()).expect("salvaged");
    assert_eq!(disclosures(into.path()), before);
    let found = (report.disclosures, report.lost_disclosures);
    assert_eq!(found, (before.len() as u64, 0));
}
