//! The question whether the date is right.

use std::time::Duration;

use gatepost_desk::DeskError;
use gatepost_desk::view::{DateAnswer, NewPersonForm, Role, Stage};

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const INSPECTOR_PIN: &str = "604182";

fn asked(room: &Room) -> Option<String> {
    room.desk.app().asks_date
}

fn answer(room: &Room, day: &str, right: bool) -> Option<String> {
    let day = day.to_owned();
    let view = room.desk.answer_date(&DateAnswer { day, right });
    view.expect("an answer").asks_date
}

fn confirmations(room: &Room) -> usize {
    room.kinds().iter().filter(|kind| *kind == "retention").count()
}

/// Set up on 23 November, switched off for sixty days.
fn after_a_long_closing() -> Room {
    Room::new().later(60 * DAY, false)
}

#[test]
fn nobody_is_asked_in_the_days_after_the_set_up() {
    let room = Room::in_the_office();
    assert_eq!(asked(&room), None);
    let room = room.later(2 * DAY, false);
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert_eq!(asked(&room), None);
}

#[test]
fn after_a_long_closing_the_guard_is_asked_before_the_shift_and_yes_is_a_record() {
    let room = after_a_long_closing();
    assert_eq!(asked(&room), None, "nobody is there");
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(asked(&room).as_deref(), Some("2027-01-22"));
    assert_eq!(confirmations(&room), 0);
    assert_eq!(answer(&room, "2027-01-22", true), None);
    assert_eq!(confirmations(&room), 1);
    assert!(!room.desk.app().alarms.clock_unconfirmed);
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert_eq!(asked(&room), None, "it is settled for everybody");
}

#[test]
fn no_is_no_record_and_ends_the_question_for_the_day_and_the_role() {
    let room = after_a_long_closing();
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(answer(&room, "2027-01-22", false), None);
    assert_eq!(confirmations(&room), 0);
    let room = room.later(60 * DAY, false);
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(asked(&room), None, "a new start asks no second time");
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert_eq!(asked(&room).as_deref(), Some("2027-01-22"));
    room.clock.advance(DAY);
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    assert_eq!(asked(&room).as_deref(), Some("2027-01-23"), "the next day");
}

#[test]
fn a_shift_that_is_opened_without_an_answer_passes_the_question_over_for_the_day() {
    let room = after_a_long_closing();
    room.take_the_gate();
    assert!(matches!(room.stage(), Stage::Door { .. }));
    assert_eq!(asked(&room), None, "never at the door");
    room.desk.close_shift().expect("closed");
    assert_eq!(asked(&room), None);
    assert_eq!(confirmations(&room), 0);
}

#[test]
fn an_answer_to_the_question_of_another_day_counts_for_nothing() {
    let room = after_a_long_closing();
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    for right in [true, false] {
        assert_eq!(answer(&room, "2027-01-21", right).as_deref(), Some("2027-01-22"));
    }
    assert_eq!(confirmations(&room), 0);
}

#[test]
fn an_inspector_is_not_asked_and_cannot_answer() {
    let room = Room::in_the_office();
    let form = NewPersonForm {
        name: "周督查".into(),
        role: Role::Inspector,
        pin: INSPECTOR_PIN.into(),
    };
    let staff = room.desk.add_person(&form).expect("an account");
    let inspector = staff.rows.last().expect("the newest").person.number;
    let room = room.later(60 * DAY, false);
    room.sign_in(inspector, INSPECTOR_PIN).expect("the inspector");
    assert_eq!(asked(&room), None);
    let day = "2027-01-22".to_owned();
    let refused = room.desk.answer_date(&DateAnswer { day, right: true });
    assert_eq!(refused, Err(DeskError::Forbidden));
}
