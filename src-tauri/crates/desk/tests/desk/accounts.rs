//! Accounts: who is given one, whose PIN changes, who leaves.

use std::time::Duration;

use gatepost_codes::Personal;
use gatepost_desk::DeskError;
use gatepost_desk::view::{NewPersonForm, PersonNumber, Role, Stage};

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room};

const SECOND_PIN: &str = "604182";

fn second_guard() -> NewPersonForm {
    NewPersonForm {
        name: "赵示".into(),
        role: Role::Guard,
        pin: SECOND_PIN.into(),
    }
}

fn add(room: &Room, form: &NewPersonForm) -> PersonNumber {
    let staff = room.desk.add_person(form).expect("an account");
    staff.rows.last().expect("the newest").person.number
}

fn may_sign_in(room: &Room) -> Vec<PersonNumber> {
    let Stage::SignIn { people, .. } = room.stage() else {
        panic!("no sign-in")
    };
    people.iter().map(|person| person.number).collect()
}

#[test]
fn a_new_guard_gets_the_next_number_and_can_take_the_gate() {
    let room = Room::in_the_office();
    let number = add(&room, &second_guard());
    assert_eq!(number, PersonNumber(3));
    let view = room.sign_in(number, SECOND_PIN).expect("signed in");
    assert!(matches!(view.stage, Stage::Shift { .. }));
}

#[test]
fn an_account_is_refused_for_its_name_or_its_pin_and_nothing_is_written() {
    let room = Room::in_the_office();
    let before = room.kinds();
    let nameless = NewPersonForm {
        name: " ".into(),
        ..second_guard()
    };
    let field = "name".to_owned();
    assert_eq!(
        room.desk.add_person(&nameless),
        Err(DeskError::NameMissing { field })
    );
    let simple = NewPersonForm {
        pin: "111111".into(),
        ..second_guard()
    };
    assert_eq!(room.desk.add_person(&simple), Err(DeskError::PinTooSimple));
    assert_eq!(room.kinds(), before);
}

#[test]
fn whoever_leaves_cannot_sign_in_any_more_and_the_log_still_names_them() {
    let room = Room::in_the_office();
    let rows_before = room
        .desk
        .entries(&Default::default(), None, 50)
        .expect("the log")
        .rows;
    let staff = room.desk.close_account(GUARD).expect("closed");
    let guard = staff
        .rows
        .iter()
        .find(|row| row.person.number == GUARD)
        .expect("still listed");
    assert!(!guard.active);
    let rows_after = room
        .desk
        .entries(&Default::default(), None, 50)
        .expect("the log")
        .rows;
    assert_eq!(rows_after, rows_before);
    room.desk.sign_out().expect("signed out");
    assert_eq!(may_sign_in(&room), [MANAGER]);
    assert!(matches!(
        room.sign_in(GUARD, GUARD_PIN),
        Err(DeskError::WrongPin { .. })
    ));
}

#[test]
fn nobody_closes_their_own_account_and_an_unknown_one_is_not_found() {
    let room = Room::in_the_office();
    assert_eq!(room.desk.close_account(MANAGER), Err(DeskError::OwnAccount));
    assert_eq!(room.desk.close_account(PersonNumber(9)), Err(DeskError::NotFound));
    assert_eq!(
        room.desk.reset_pin(PersonNumber(9), SECOND_PIN),
        Err(DeskError::NotFound)
    );
}

#[test]
fn a_new_pin_from_the_manager_ends_the_pause_and_the_old_one_is_wrong() {
    let room = Room::in_the_office();
    for _ in 0..5 {
        room.sign_in(GUARD, "111222").expect_err("a wrong PIN");
    }
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    room.desk.reset_pin(GUARD, SECOND_PIN).expect("reset");
    assert!(matches!(
        room.sign_in(GUARD, GUARD_PIN),
        Err(DeskError::WrongPin { .. })
    ));
    room.sign_in(GUARD, SECOND_PIN).expect("the new PIN");
}

#[test]
fn the_own_pin_is_changed_by_whoever_knows_the_old_one() {
    let room = Room::new();
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    let old = |pin: &str| Personal::new(pin.to_owned());
    let wrong = room.desk.change_pin(&old("111222"), SECOND_PIN);
    assert_eq!(wrong, Err(DeskError::WrongPin { tries_left: 4 }));
    room.desk
        .change_pin(&old(GUARD_PIN), SECOND_PIN)
        .expect("changed");
    room.sign_in(GUARD, SECOND_PIN).expect("the new PIN");
}

#[test]
fn starting_the_program_anew_does_not_end_a_pause() {
    let room = Room::new();
    for _ in 0..5 {
        room.sign_in(GUARD, "111222").expect_err("a wrong PIN");
    }
    assert!(room.kinds().ends_with(&["authfail".into(), "lockout".into()]));
    let room = room.after_a_power_cut();
    let refused = room.sign_in(GUARD, GUARD_PIN);
    assert!(matches!(refused, Err(DeskError::LockedOut { .. })), "{refused:?}");
    room.sign_in(MANAGER, MANAGER_PIN).expect("another person");
    room.clock.advance(Duration::from_secs(31));
    room.sign_in(GUARD, GUARD_PIN).expect("after the pause");
}
