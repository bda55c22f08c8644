//! Data that cannot be used, and data that another program holds.

use std::fs;

use gatepost_desk::view::{Prompt, Stage, StoreFault};
use gatepost_desk::{DeskError, Earcon};
use gatepost_store::DATABASE_NAME;

use crate::room::{GUARD, GUARD_PIN, Room, end};

const LOCKED: DeskError = DeskError::Store {
    fault: StoreFault::Locked,
};

#[test]
fn an_entry_that_a_locked_database_refused_is_written_once_by_the_next_enter() {
    let room = Room::at_the_gate();
    let lock = room.raw();
    lock.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    room.type_keys("7365");
    room.witness.forget();
    assert_eq!(room.try_keys("⏎"), Err(LOCKED));
    assert_eq!(room.witness.sounds(), [Earcon::Attention]);
    let door = room.desk.door().expect("a door");
    assert_eq!(door.prompt, Prompt::NotWritten);
    assert_eq!((door.visitor.temperature, door.card), (Some(365), None));
    assert_eq!(room.kinds().iter().filter(|kind| *kind == "entry").count(), 0);

    lock.execute_batch("ROLLBACK").expect("let go");
    let entry = room.write("⏎");
    assert_eq!(entry.temperature, Some(365));
    let door = room.desk.door().expect("a door");
    assert_eq!((door.prompt, door.counts.admitted), (Prompt::ShowCode, 1));
    assert_eq!(room.kinds().iter().filter(|kind| *kind == "entry").count(), 1);
}

#[test]
fn a_void_that_a_locked_database_refused_can_be_tried_again() {
    let room = Room::at_the_gate();
    room.write("7365⏎");
    let lock = room.raw();
    lock.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    assert_eq!(room.try_keys("-2"), Err(LOCKED));
    lock.execute_batch("ROLLBACK").expect("let go");
    let door = room.type_keys("-2");
    assert_eq!(door.counts.admitted, 0);
}

#[test]
fn a_fault_at_the_start_is_a_room_of_its_own_and_over_when_its_cause_is() {
    let room = Room::new();
    let key = room.data.path().join("gatepost.key");
    let secret = fs::read(&key).expect("the key");
    fs::remove_file(&key).expect("lost");
    let room = room.after_a_power_cut();
    let folder = room.data.path().display().to_string();
    let fault = StoreFault::KeyMissing;
    assert_eq!(room.stage(), Stage::Fault { fault, folder });
    assert_eq!(
        room.sign_in(GUARD, GUARD_PIN),
        Err(DeskError::Store { fault }),
        "nothing works, and nothing is made anew"
    );
    assert!(!key.exists());
    fs::write(&key, secret).expect("found");
    assert!(matches!(room.stage(), Stage::SignIn { .. }));
    room.take_the_gate();
    room.write("7365⏎");
}

#[test]
fn a_damaged_database_is_shown_as_such_and_left_as_it_is() {
    let room = Room::new();
    let database = room.data.path().join(DATABASE_NAME);
    let room = {
        let Room { desk, data, .. } = room;
        end(desk);
        let mut bytes = fs::read(&database).expect("the database");
        bytes[4096..].fill(0xA5);
        fs::write(&database, &bytes).expect("damaged");
        Room::on(data, None)
    };
    let before = fs::read(&database).expect("the database");
    let stage = room.stage();
    assert!(
        matches!(
            stage,
            Stage::Fault {
                fault: StoreFault::Damaged,
                ..
            }
        ),
        "{stage:?}"
    );
    assert!(fs::read(&database).expect("the database") == before);
}
