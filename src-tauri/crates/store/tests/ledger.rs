//! The ledger in the store: tree, signed heads, clocks, proofs, witnesses, on real SQLite files.

mod common;

use std::fs;

use common::{
    GATE, GUARD, MANAGER, SET_UP_RECORDS, SmallDisk, append_entries, database, entry, moment, new_store, open,
};
use gatepost_codes::Personal;
use gatepost_ledger::cosignature::cosign;
use gatepost_ledger::note::{KeyKind, KeyName, SignerKey};
use gatepost_ledger::tree::{Hash, verify_consistency, verify_inclusion};
use gatepost_ledger::{Body, Disclosed, Field, KeyChangeReason, Moment, RetentionClass, Seal, VoidReason};
use gatepost_store::{NewRecord, Reader, Store, StoreError};
use rusqlite::Connection;
use zeroize::Zeroizing;

fn record(at: Moment, body: Body) -> NewRecord {
    NewRecord {
        at,
        gate: GATE.into(),
        by: Some(GUARD),
        body,
    }
}

fn leaf_hash(folder: &std::path::Path, position: u64) -> Hash {
    let raw = Connection::open(database(folder)).expect("raw");
    let bytes: Vec<u8> = raw
        .query_row("SELECT leaf FROM records WHERE i = ?", [position], |row| {
            row.get(0)
        })
        .expect("a leaf");
    Hash::of_leaf(&bytes)
}

/// The head verifies with the key in force, and states all records there are.
fn check_head(reader: &Reader) {
    let head = reader.head().expect("a head");
    let keys = reader.ledger_keys().expect("keys");
    let key = keys
        .iter()
        .rev()
        .find(|key| key.from < head.seal.size)
        .expect("a key");
    assert_eq!(head.note.verify(&key.key), Ok(()));
    assert_eq!(Seal::of_note(&head.note), Ok(head.seal.clone()));
    assert_eq!(head.seal.size, reader.records().expect("records"));
    assert_eq!(head.seal, reader.seal_at(head.seal.size).expect("a seal"));
}

#[test]
fn every_proof_of_every_size_up_to_seventy_verifies() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    for second in 1..=66 {
        store.append_entry(&entry(second)).expect("an entry");
    }
    let reader = store.reader().expect("a reader");
    check_head(&reader);
    let leaves: Vec<Hash> = (0..70).map(|at| leaf_hash(folder.path(), at)).collect();
    let seals: Vec<Seal> = (0..=70)
        .map(|size| reader.seal_at(size).expect("a seal"))
        .collect();
    for size in 1..=70 {
        let root = &seals[size as usize].root;
        for position in 0..size {
            let proof = reader.inclusion(position, size).expect("a proof");
            let leaf = &leaves[position as usize];
            assert_eq!(verify_inclusion(leaf, position, size, root, &proof), Ok(()));
        }
        for old in 0..=size {
            let proof = reader.consistency(old, size).expect("a proof");
            let old_root = &seals[old as usize].root;
            assert_eq!(verify_consistency(old, old_root, size, root, &proof), Ok(()));
        }
    }
    assert!(matches!(reader.inclusion(70, 70), Err(StoreError::NoSuchRecord)));
    assert!(matches!(reader.seal_at(71), Err(StoreError::NoSuchRecord)));
}

#[test]
fn each_transaction_is_signed_once_and_every_size_that_was_ever_shown_keeps_its_signature() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 5);
    store.append_entry(&entry(9)).expect("an entry");
    let reader = store.reader().expect("a reader");
    let key = &reader.ledger_keys().expect("keys")[0].key;
    let signed: Vec<u64> = (1..=SET_UP_RECORDS + 6)
        .filter(|size| {
            let seal = reader.signed_seal_at(*size).expect("a query");
            seal.is_some_and(|seal| seal.note.verify(key).is_ok())
        })
        .collect();
    assert_eq!(signed, [SET_UP_RECORDS, SET_UP_RECORDS + 5, SET_UP_RECORDS + 6]);
}

#[test]
fn a_refused_record_leaves_the_tail_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    store.append_entry(&entry(1)).expect("an entry");
    let before = store.reader().expect("a reader").head().expect("a head");
    let too_long = record(
        moment(2),
        Body::Boot {
            version: "x".repeat(5000),
        },
    );
    assert!(matches!(store.append(&too_long), Err(StoreError::Leaf(_))));
    let unknown = store.append_void(moment(2), GATE, GUARD, 999, VoidReason::Typo, None);
    assert!(matches!(unknown, Err(StoreError::NoSuchEntry)));
    assert_eq!(store.reader().expect("a reader").head().expect("a head"), before);
    store.append_entry(&entry(3)).expect("an entry");
    check_head(&store.reader().expect("a reader"));
    drop(store);
    open(folder.path()).expect("what was written is whole");
}

#[test]
fn after_a_full_disk_the_tail_is_what_the_disk_has() {
    let Some(disk) = SmallDisk::mount("2m") else {
        return;
    };
    let mut store = new_store(disk.path());
    fs::write(disk.path().join("ballast"), vec![0; 500 * 1024]).expect("somebody else's file");
    let (refused, written) = (1..)
        .map(entry)
        .scan(0, |written, new| {
            let ended = store.append_entry(&new);
            *written += u64::from(ended.is_ok());
            Some((ended.is_err().then_some(new), *written))
        })
        .find_map(|(refused, written)| Some((refused?, written)))
        .expect("a full disk");
    fs::remove_file(disk.path().join("ballast")).expect("room");
    store
        .append_entry(&refused)
        .expect("the same press of Enter again");
    let reader = store.reader().expect("a reader");
    assert_eq!(reader.records().expect("records"), SET_UP_RECORDS + written + 1);
    check_head(&reader);
    drop((reader, store));
    open(disk.path()).expect("what was written is whole");
}

#[test]
fn two_programs_on_one_folder_write_one_ledger() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = new_store(folder.path());
    let mut second = open(folder.path()).expect("the same data");
    for round in 0..10 {
        first.append_entry(&entry(2 * round + 1)).expect("an entry");
        second.append_entry(&entry(2 * round + 2)).expect("an entry");
    }
    let reader = first.reader().expect("a reader");
    assert_eq!(reader.records().expect("records"), SET_UP_RECORDS + 20);
    check_head(&reader);
    for position in SET_UP_RECORDS..SET_UP_RECORDS + 20 {
        let temperature = reader.entry(position).expect("an entry").temperature;
        assert_eq!(
            temperature.map(i16::from),
            Some(365),
            "the day's key is one and the same"
        );
    }
    drop((reader, first, second));
    let reader = open(folder.path()).expect("whole").reader().expect("a reader");
    let temperature = reader.entry(SET_UP_RECORDS).expect("an entry").temperature;
    assert_eq!(
        temperature.map(i16::from),
        Some(365),
        "also after both have ended"
    );
}

#[test]
fn a_run_that_another_program_overtook_goes_on_under_a_boot_number_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut door = new_store(folder.path());
    door.append_entry(&entry(100)).expect("an entry");
    let mut other = open(folder.path()).expect("the same data");
    let boot = other
        .boot(moment(101).wall_ms, 0, GATE, "0.1.0")
        .expect("a start");
    assert_eq!(boot, 2);
    let position = door.append_entry(&entry(102)).expect("the door is not refused");
    let reader = door.reader().expect("a reader");
    assert_eq!(reader.leaf(position).expect("the entry").at.boot, 3);
    assert_eq!(reader.leaf(position - 1).expect("a start").body.kind(), "boot");
    let next = door.append_entry(&entry(103)).expect("an entry");
    assert_eq!(next, position + 1, "once is enough");
}

#[test]
fn a_clock_that_was_set_is_in_a_record_and_nothing_is_reordered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let mut append = |second: i64, wall_step_s: i64| {
        let mut new = entry(second);
        new.at.wall_ms += wall_step_s * 1000;
        store.append_entry(&new).expect("an entry")
    };
    let hour = 3600;
    let before = append(10, 0);
    let set_back = append(20, -hour);
    let still = append(30, -hour);
    let ahead = append(40, 48 * hour);
    assert_eq!([set_back, still, ahead], [before + 2, before + 3, before + 5]);
    let reader = store.reader().expect("a reader");
    let step = |position| match reader.leaf(position).expect("a record").body {
        Body::Clock { step } => Some(step),
        _ => None,
    };
    assert_eq!(step(set_back - 1), Some(-hour * 1000));
    assert_eq!(step(ahead - 1), Some(49 * hour * 1000));
    let page = reader.page(&Default::default(), None, 10).expect("a page");
    let positions: Vec<u64> = page.iter().map(|row| row.position).collect();
    assert_eq!(positions, [ahead, still, set_back, before]);
    assert!(page.iter().all(|row| row.temperature.is_some()));
    drop((reader, store));
    let mut store = open(folder.path()).expect("the clock is known again");
    let mut new = entry(50);
    new.at.wall_ms += 48 * hour * 1000;
    assert_eq!(store.append_entry(&new).expect("an entry"), ahead + 1);
}

#[test]
fn a_new_key_is_vouched_for_by_the_old_one_and_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let change = store
        .change_key(moment(1), GATE, MANAGER, KeyChangeReason::Routine)
        .expect("a new key");
    let reader = store.reader().expect("a reader");
    let keys = reader.ledger_keys().expect("keys");
    assert_eq!(
        keys.iter().map(|key| key.from).collect::<Vec<_>>(),
        [0, change + 1]
    );
    let of_change = reader
        .signed_seal_at(change + 1)
        .expect("a query")
        .expect("signed");
    assert_eq!(of_change.note.verify(&keys[0].key), Ok(()));
    store.append_entry(&entry(2)).expect("an entry");
    let head = reader.head().expect("a head");
    assert_eq!(head.note.verify(&keys[1].key), Ok(()));
    drop(store);
    let mut store = open(folder.path()).expect("with the new key");
    store.append_entry(&entry(3)).expect("an entry");
    check_head(&store.reader().expect("a reader"));
    drop(store);
    fs::remove_file(folder.path().join("gatepost.signing-1.key")).expect("lost");
    assert!(matches!(open(folder.path()).err(), Some(StoreError::KeyMissing)));
}

#[test]
fn a_witness_is_kept_with_a_record_of_it_and_only_for_what_this_ledger_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    append_entries(&mut store, 1, 3);
    let name = KeyName::new("witness.example/inspector").expect("a name");
    let key = SignerKey::of_seed(name, KeyKind::Cosignature, &Zeroizing::new([9; 32]));
    let witness = key.verifier();
    let seal = store.reader().expect("a reader").head().expect("a head").seal;
    let line = cosign(&seal.to_text(), &key, 1_795_000_100).expect("a cosignature");
    let mut add = |size| store.add_cosignature(moment(9), GATE, Some(MANAGER), size, &witness, &line);
    assert!(matches!(add(seal.size - 1), Err(StoreError::CosignatureRefused)));
    assert!(matches!(add(seal.size + 1), Err(StoreError::CosignatureRefused)));
    let position = add(seal.size).expect("kept");
    assert!(matches!(add(seal.size), Err(StoreError::CosignatureRefused)));
    let reader = store.reader().expect("a reader");
    let kept = reader.cosignatures().expect("cosignatures");
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].size, kept[0].position, kept[0].time),
        (seal.size, position, 1_795_000_100)
    );
    assert_eq!((&kept[0].witness, &kept[0].line), (&witness, &line));
    let Body::Inspection { size, time, .. } = reader.leaf(position).expect("a record").body else {
        panic!("an inspection");
    };
    assert_eq!((size, time), (seal.size, 1_795_000_100));
    let best = |position| {
        let best = reader.best_seal_over(position)?;
        Ok((best.seal.size, best.note.signatures.len()))
    };
    let cosigned = best(seal.size - 1).expect("a seal");
    assert_eq!(
        cosigned,
        (seal.size, 2),
        "a witness is worth more than the gate's word"
    );
    assert_eq!(best(position).expect("a seal"), (position + 1, 1));
    assert!(matches!(best(position + 1), Err(StoreError::NoSuchRecord)));
}

#[test]
fn a_record_discloses_what_its_leaf_commits_to_and_shows_it_to_nobody_without_the_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let words = Disclosed::Text("来自测试市的说明".into());
    let position = store
        .append_with(
            &record(moment(1), Body::Note { of: None }),
            vec![(Field::Note, words.clone())],
        )
        .expect("a note");
    let reader = store.reader().expect("a reader");
    let disclosure = reader
        .disclosure(position, Field::Note)
        .expect("a query")
        .expect("a disclosure");
    assert_eq!(disclosure.value.expose(), &words);
    assert_eq!(
        reader.leaf(position).expect("a leaf").digests,
        [disclosure.digest()]
    );
    assert!(
        reader
            .disclosure(position, Field::Name)
            .expect("a query")
            .is_none()
    );
    let stranger = Reader::without_secrets(folder.path()).expect("a reader");
    assert!(
        stranger
            .disclosure(position, Field::Note)
            .expect("a query")
            .is_none()
    );
    assert_eq!(stranger.head().expect("a head"), reader.head().expect("a head"));
}

#[test]
fn without_its_day_keys_the_door_goes_on_and_what_they_sealed_counts_as_erased() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let old = store.append_entry(&entry(1)).expect("an entry");
    drop(store);
    fs::remove_file(folder.path().join(gatepost_store::DAY_KEYS_NAME)).expect("lost");
    let mut store = open(folder.path()).expect("opens");
    let new = store.append_entry(&entry(2)).expect("an entry");
    let reader = store.reader().expect("a reader");
    assert_eq!(reader.entry(old).expect("the entry").temperature, None);
    assert!(reader.entry(new).expect("the entry").temperature.is_some());
}

#[test]
fn a_changed_leaf_node_or_signature_near_the_end_is_found_at_the_start() {
    for (what, change) in [
        (
            "leaf",
            "UPDATE records SET leaf = CAST(replace(leaf, 'worn', 'put_on') AS BLOB) WHERE i = 6",
        ),
        (
            "node",
            "UPDATE records SET nodes = zeroblob(length(nodes)) WHERE i = 5",
        ),
        ("signature", "UPDATE records SET head = zeroblob(64) WHERE i = 8"),
        (
            "cut",
            "DELETE FROM entries WHERE i = 8; DELETE FROM disclosures WHERE i = 8; DELETE FROM records WHERE i = 8",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = new_store(folder.path());
        append_entries(&mut store, 1, 5);
        drop(store);
        let raw = Connection::open(database(folder.path())).expect("raw");
        raw.execute_batch(
            "DROP TRIGGER records_are_not_updated; DROP TRIGGER records_are_not_deleted;
             DROP TRIGGER entries_are_not_deleted",
        )
        .expect("somebody with the file");
        raw.execute_batch(change).expect(what);
        drop(raw);
        assert!(
            matches!(open(folder.path()).err(), Some(StoreError::Damaged)),
            "{what}"
        );
    }
}

#[test]
fn nothing_is_recorded_before_the_set_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store: Store = open(folder.path()).expect("a new store");
    let fault = store.append(&record(moment(1), Body::Login));
    assert!(matches!(fault, Err(StoreError::NotSetUp)));
    assert!(matches!(
        store.reader().expect("a reader").head(),
        Err(StoreError::NotSetUp)
    ));
    let note = Personal::new("没有".to_owned());
    assert!(
        store
            .append_void(moment(1), GATE, GUARD, 0, VoidReason::Other, Some(&note))
            .is_err()
    );
}

#[test]
fn kinds_that_mean_nothing_without_what_stands_beside_them_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let before = store.reader().expect("a reader").head().expect("a head");
    let day = store.ledger_day(moment(1)).expect("a day");
    for body in [
        Body::Clock { step: 5000 },
        Body::ShiftOpen,
        Body::ShiftClose { shift: 1 },
        Body::Entry(entry(1).entry),
        Body::Void {
            of: 4,
            reason: VoidReason::Typo,
        },
        Body::Erase {
            class: RetentionClass::Visitor,
            from: day,
            to: day,
            count: 0,
        },
        Body::KeyChange {
            key: String::new(),
            reason: KeyChangeReason::Suspected,
        },
    ] {
        let kind = body.kind();
        let refused = store.append(&record(moment(1), body));
        assert!(
            matches!(refused, Err(StoreError::NotAppendable { kind: told }) if told == kind),
            "{kind}"
        );
    }
    assert_eq!(store.reader().expect("a reader").head().expect("a head"), before);
}

#[test]
fn a_seed_that_somebody_else_may_have_is_forgotten_at_the_next_start_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = new_store(folder.path());
    let (first, second) = (
        folder.path().join("gatepost.signing-0.key"),
        folder.path().join("gatepost.signing-1.key"),
    );
    store
        .change_key(moment(1), GATE, MANAGER, KeyChangeReason::Routine)
        .expect("a new key");
    let suspected = fs::read(&second).expect("the seed in force");
    store
        .change_key(moment(2), GATE, MANAGER, KeyChangeReason::Suspected)
        .expect("another new key");
    drop(store);
    assert!(!second.exists());
    // As if the power had failed after the commit.
    fs::write(&second, suspected).expect("not forgotten yet");
    drop(open(folder.path()).expect("the next start"));
    assert!(!second.exists());
    assert!(first.exists(), "one that was changed in turn is kept");
    check_head(&open(folder.path()).expect("whole").reader().expect("a reader"));
}
