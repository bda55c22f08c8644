//! First start, signing in, shifts.

use std::time::Duration;

use gatepost_desk::DeskError;
use gatepost_desk::view::{SetUpForm, Stage};

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room, Told, form};

#[test]
fn the_first_start_asks_for_the_venue_and_ends_at_the_sign_in_with_two_people() {
    let room = Room::empty();
    assert_eq!(room.stage(), Stage::SetUp);
    let Stage::SignIn { venue, people, .. } = room.desk.set_up(&form()).expect("set up").stage else {
        panic!("no sign-in")
    };
    assert_eq!((venue.name.as_str(), venue.gate.as_str()), ("测试超市", "东门"));
    let numbers: Vec<_> = people.iter().map(|person| person.number).collect();
    assert_eq!(numbers, [MANAGER, GUARD]);
    assert_eq!(room.kinds(), ["genesis", "person", "person", "policy"]);
    assert_eq!(room.desk.set_up(&form()), Err(DeskError::AlreadySetUp));
}

#[test]
fn every_field_of_the_set_up_form_is_refused_by_its_own_name_and_nothing_is_written() {
    let room = Room::empty();
    let long = |length: usize| "长".repeat(length);
    let missing = |field: &str| DeskError::NameMissing {
        field: field.to_owned(),
    };
    type Change = Box<dyn Fn(&mut SetUpForm)>;
    let cases: Vec<(Change, DeskError)> = vec![
        (Box::new(|form| form.venue = "  ".to_owned()), missing("venue")),
        (Box::new(move |form| form.venue = long(61)), missing("venue")),
        (
            Box::new(|form| form.venue = "超\n市".to_owned()),
            missing("venue"),
        ),
        (Box::new(|form| form.gate = String::new()), missing("gate")),
        (Box::new(move |form| form.gate = long(31)), missing("gate")),
        (
            Box::new(|form| form.opens = "24:00".to_owned()),
            DeskError::HoursWrong,
        ),
        (
            Box::new(|form| form.closes = "十点".to_owned()),
            DeskError::HoursWrong,
        ),
        (
            Box::new(|form| form.manager_name = String::new()),
            missing("manager_name"),
        ),
        (
            Box::new(move |form| form.manager_name = long(31)),
            missing("manager_name"),
        ),
        (
            Box::new(|form| form.guard_name = "\t".to_owned()),
            missing("guard_name"),
        ),
        (
            Box::new(move |form| form.guard_name = long(31)),
            missing("guard_name"),
        ),
        (
            Box::new(|form| form.manager_pin = "123456".to_owned()),
            DeskError::PinTooSimple,
        ),
        (
            Box::new(|form| form.guard_pin = "73051".to_owned()),
            DeskError::PinTooSimple,
        ),
        (
            Box::new(|form| form.guard_pin = form.manager_pin.clone()),
            DeskError::PinsEqual,
        ),
    ];
    for (change, refusal) in cases {
        let mut wrong = form();
        change(&mut wrong);
        assert_eq!(room.desk.set_up(&wrong), Err(refusal), "{wrong:?}");
    }
    assert_eq!(room.stage(), Stage::SetUp);
    assert_eq!(room.kinds(), Vec::<String>::new());
}

#[test]
fn the_longest_names_and_one_digit_hours_are_taken() {
    let room = Room::empty();
    let longest = SetUpForm {
        venue: "长".repeat(60),
        gate: "门".repeat(30),
        manager_name: "名".repeat(30),
        opens: "8:00".to_owned(),
        ..form()
    };
    let Stage::SignIn { venue, .. } = room.desk.set_up(&longest).expect("set up").stage else {
        panic!("no sign-in")
    };
    assert_eq!(venue.opens, "08:00");
}

#[test]
fn five_wrong_pins_pause_one_person_for_half_a_minute_and_nobody_else() {
    let room = Room::new();
    for tries_left in (1..=4).rev() {
        assert_eq!(
            room.sign_in(GUARD, "111222"),
            Err(DeskError::WrongPin { tries_left })
        );
    }
    let paused = |seconds| Err(DeskError::LockedOut { seconds });
    assert_eq!(room.sign_in(GUARD, "111222"), paused(30));
    assert_eq!(
        room.sign_in(GUARD, GUARD_PIN),
        paused(30),
        "even with the right PIN"
    );
    room.sign_in(MANAGER, MANAGER_PIN).expect("another person");
    room.desk.sign_out().expect("signed out");
    room.clock.advance(Duration::from_secs(20));
    assert_eq!(room.sign_in(GUARD, GUARD_PIN), paused(10));
    room.clock.advance(Duration::from_secs(10));
    room.sign_in(GUARD, GUARD_PIN).expect("after the pause");
    let failures = room.kinds().iter().filter(|kind| *kind == "authfail").count();
    assert_eq!(failures, 5, "each wrong PIN is a record, a refused try is none");
}

#[test]
fn one_wrong_pin_of_another_person_does_not_count_against_this_one() {
    let room = Room::new();
    for _ in 0..4 {
        room.sign_in(GUARD, "111222").expect_err("wrong");
    }
    assert_eq!(
        room.sign_in(MANAGER, "111222"),
        Err(DeskError::WrongPin { tries_left: 4 })
    );
    room.sign_in(GUARD, GUARD_PIN).expect("the fifth try is right");
}

#[test]
fn a_shift_that_the_power_cut_short_is_found_again_with_its_entries() {
    let room = Room::at_the_gate();
    let held = room.write("7385⏎⏎");
    let Stage::Door { shift_opened_at, .. } = room.stage() else {
        panic!("not at the door")
    };
    let room = room.after_a_power_cut();
    assert!(matches!(room.stage(), Stage::SignIn { .. }));
    let Stage::Door {
        shift_opened_at: found,
        ..
    } = room.sign_in(GUARD, GUARD_PIN).expect("the guard").stage
    else {
        panic!("the shift is lost")
    };
    assert_eq!(found, shift_opened_at);
    let door = room.desk.door().expect("a door");
    assert_eq!(door.recent, std::slice::from_ref(&held));
    assert_eq!(door.cases, [held]);
    assert_eq!(door.counts.held, 1);
}

#[test]
fn a_closed_shift_stays_closed() {
    let room = Room::at_the_gate();
    room.desk.close_shift().expect("closed");
    assert_eq!(room.desk.close_shift(), Err(DeskError::NoOpenShift));
    let room = room.after_a_power_cut();
    let stage = room.sign_in(GUARD, GUARD_PIN).expect("the guard").stage;
    assert!(matches!(stage, Stage::Shift { .. }), "{stage:?}");
}

#[test]
fn signing_in_signs_out_whoever_was_there() {
    let room = Room::at_the_gate();
    let stage = room.sign_in(MANAGER, MANAGER_PIN).expect("the manager").stage;
    assert!(matches!(stage, Stage::Office { .. }), "{stage:?}");
    let kinds = room.kinds();
    assert!(
        kinds.ends_with(&["shift_open", "logout", "login"].map(str::to_owned)),
        "{kinds:?}"
    );
}

#[test]
fn every_change_of_the_room_is_presented_as_it_is_answered() {
    let room = Room::new();
    let answers = [
        room.sign_in(GUARD, GUARD_PIN).expect("the guard"),
        room.desk.open_shift().expect("a shift"),
        room.desk.close_shift().expect("closed"),
        room.desk.sign_out().expect("signed out"),
    ];
    let told = room.witness.all();
    let mut presented = told.iter().filter_map(|told| match told {
        Told::App(view) => Some(&**view),
        _ => None,
    });
    // In between the camera may have something to tell.
    for answer in &answers {
        assert!(presented.any(|view| view == answer), "not presented: {answer:?}");
    }
}

#[test]
fn look_and_sound_are_kept_over_a_restart() {
    let room = Room::new();
    let mut appearance = room.desk.app().appearance;
    appearance.sound = false;
    appearance.locale = gatepost_desk::view::Locale::En;
    appearance.theme = gatepost_desk::view::Theme::Sunlight;
    room.desk.set_appearance(appearance).expect("kept");
    assert_eq!(room.after_a_power_cut().desk.app().appearance, appearance);
}

#[test]
fn a_wrong_pin_signs_nobody_out() {
    let room = Room::at_the_gate();
    let logouts = || room.kinds().iter().filter(|kind| *kind == "logout").count();
    let wrong = room.sign_in(MANAGER, "111222");
    assert!(matches!(wrong, Err(DeskError::WrongPin { .. })), "{wrong:?}");
    assert!(matches!(room.stage(), Stage::Door { .. }), "the guard stays");
    assert_eq!(logouts(), 0);
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    assert!(matches!(room.stage(), Stage::Office { .. }));
    assert_eq!(logouts(), 1);
}
