//! At the gate, with a recorded camera where a code is shown and without one where it is not needed.

use std::time::Duration;

use gatepost_codes::HealthColour;
use gatepost_desk::Earcon;
use gatepost_desk::view::{CodeSlot, Counts, DoorKey, DoorView, EntryFilter, EntryRow, Prompt, VoidReason};
use gatepost_rules::{ColourSource, Fault, Mask, Reason, ShownKind, VerdictKind};
use gatepost_scan::synthetic::CodeColour;

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room, Told, payload};

fn colour_of(view: &DoorView) -> Option<HealthColour> {
    match view.visitor.code {
        CodeSlot::Decoded { colour, .. } => colour,
        _ => None,
    }
}

#[test]
fn a_green_code_before_the_camera_and_365_are_an_admission() {
    let room = Room::with_a_camera();
    room.pictures()
        .show_code(CodeColour::Green, &payload(1, &room.clock));
    let seen = room.witness.wait_for("a green code", |view| {
        colour_of(view) == Some(HealthColour::Green)
    });
    assert_eq!(seen.prompt, Prompt::TypeTemperature);
    let CodeSlot::Decoded {
        issuer, out_of_date, ..
    } = &seen.visitor.code
    else {
        panic!("no code: {seen:?}")
    };
    assert_eq!(
        issuer.as_ref().map(|issuer| issuer.zh.as_str()),
        Some("上海随申码")
    );
    assert!(!out_of_date);

    let entry = room.write("365⏎");
    assert_eq!(entry.verdict, VerdictKind::Admit);
    assert_eq!(entry.shown, ShownKind::Decoded);
    assert_eq!(entry.colour_source, Some(ColourSource::Camera));
    assert_eq!(entry.temperature, Some(365));
    assert_eq!(entry.guard, "王*");
    let stored = room.stored(entry.position);
    assert_eq!(stored.temperature.map(i16::from), Some(365));
    assert_eq!(stored.entry.colour, Some(HealthColour::Green));

    let door = room.desk.door().expect("a door");
    assert_eq!(door.recent, [entry]);
    assert_eq!(
        door.counts,
        Counts {
            admitted: 1,
            ..Counts::default()
        }
    );
    assert_eq!(room.witness.sounds(), [Earcon::Read, Earcon::Admit]);
}

#[test]
fn a_red_code_is_refused_and_the_next_visitor_can_be_scanned_at_once() {
    let room = Room::with_a_camera();
    room.pictures()
        .show_code(CodeColour::Red, &payload(2, &room.clock));
    room.witness
        .wait_for("a red code", |view| colour_of(view) == Some(HealthColour::Red));
    room.pictures()
        .show_code(CodeColour::Green, &payload(3, &room.clock));
    room.witness
        .wait_for("a second code that waits", |view| view.waiting.len() == 1);
    let entry = room.write("365⏎");
    assert_eq!(
        (entry.verdict, entry.reasons),
        (VerdictKind::Refuse, vec![Reason::RedCode])
    );
    let door = room.desk.door().expect("a door");
    assert_eq!(colour_of(&door), Some(HealthColour::Green));
    assert_eq!(
        room.witness.sounds(),
        [Earcon::Read, Earcon::Read, Earcon::Refuse]
    );
}

#[test]
fn the_same_code_again_within_ten_minutes_is_pointed_out() {
    let room = Room::with_a_camera();
    let code = payload(4, &room.clock);
    room.pictures().show_code(CodeColour::Green, &code);
    room.witness.wait_for("a green code", |view| {
        colour_of(view) == Some(HealthColour::Green)
    });
    room.write("365⏎");
    room.clock.advance(Duration::from_secs(60));
    room.witness.wait_for("the code again", |view| {
        matches!(
            view.visitor.code,
            CodeSlot::Decoded {
                first_seen_at: Some(_),
                ..
            }
        )
    });
    assert_eq!(room.write("366⏎").reasons, [Reason::RepeatedCode]);
}

#[test]
fn a_card_is_never_shown_before_its_entry_is_on_the_disk() {
    let room = Room::at_the_gate();
    for keys in ["7365⏎", "8364⏎", "9366⏎", "7m365⏎", "/1365⏎"] {
        room.write(keys);
    }
    let cards = |told: &Told| matches!(told, Told::Door(view) if view.card.is_some());
    assert!(room.witness.all().iter().filter(|told| cards(told)).count() >= 5);
    assert_eq!(room.witness.hasty_cards(), Vec::<u32>::new());
}

#[test]
fn the_sound_of_a_verdict_comes_after_its_entry_and_with_its_card() {
    let room = Room::at_the_gate();
    room.type_keys("7365");
    room.witness.forget();
    room.type_keys("⏎");
    let told = room.witness.all();
    let sound = told
        .iter()
        .position(|told| matches!(told, Told::Sound(Earcon::Admit)))
        .expect("a sound");
    assert!(matches!(&told[sound + 1], Told::Door(view) if view.card.is_some()));
}

#[test]
fn a_sound_that_is_switched_off_is_not_made() {
    let room = Room::at_the_gate();
    let mut appearance = room.desk.app().appearance;
    appearance.sound = false;
    room.desk.set_appearance(appearance).expect("quiet");
    room.write("7365⏎");
    assert_eq!(room.witness.sounds(), []);
}

#[test]
fn a_fever_is_shown_first_and_written_with_the_second_enter() {
    let room = Room::at_the_gate();
    let view = room.type_keys("7385⏎");
    assert_eq!(view.prompt, Prompt::ConfirmFever);
    assert!(view.fever_preview);
    assert_eq!(view.card, None);
    assert_eq!(view.recent, []);
    let entry = room.write("⏎");
    assert_eq!(
        (entry.verdict, entry.reasons),
        (VerdictKind::Hold, vec![Reason::Fever])
    );
    assert_eq!(room.witness.sounds(), [Earcon::Attention, Earcon::Attention]);
}

#[test]
fn both_sides_of_the_fever_threshold_and_of_the_low_limit() {
    let room = Room::at_the_gate();
    assert_eq!(room.write("7372⏎").verdict, VerdictKind::Admit);
    assert_eq!(room.write("7373⏎⏎").reasons, [Reason::Fever]);
    assert_eq!(room.write("7350⏎").verdict, VerdictKind::Admit);
    assert_eq!(room.write("7349⏎").reasons, [Reason::LowTemperature]);
}

#[test]
fn after_a_low_reading_the_next_one_follows_it_and_settles_the_case() {
    let room = Room::at_the_gate();
    let low = room.write("7348⏎");
    assert_eq!(low.reasons, [Reason::LowTemperature]);
    let door = room.desk.door().expect("a door");
    assert_eq!(door.visitor.follows, Some(low.position));
    assert_eq!(door.cases, std::slice::from_ref(&low));
    let second = room.write("364⏎");
    assert_eq!(
        (second.verdict, second.follows),
        (VerdictKind::Admit, Some(low.position))
    );
    assert_eq!(room.desk.door().expect("a door").cases, []);
    assert_eq!(
        room.stored(second.position).entry.follows,
        Some(u64::from(low.position))
    );
}

#[test]
fn a_held_case_is_called_up_and_its_further_reading_follows_it() {
    let room = Room::at_the_gate();
    let no_mask = room.write("7m365⏎");
    assert_eq!(no_mask.mask, Mask::NotWorn);
    let fever = room.write("7385⏎⏎");
    let door = room.desk.door().expect("a door");
    assert_eq!(door.cases, [fever.clone(), no_mask.clone()], "newest first");
    assert_eq!(room.type_keys("*").prompt, Prompt::ChooseCase);
    let door = room.type_keys("1");
    assert_eq!(door.visitor.follows, Some(fever.position));
    let second = room.write("368⏎");
    assert_eq!(
        (second.verdict, second.follows),
        (VerdictKind::Admit, Some(fever.position))
    );
    assert_eq!(room.desk.door().expect("a door").cases, [no_mask]);
}

#[test]
fn the_last_own_entry_is_struck_through_and_no_longer_counts() {
    let room = Room::at_the_gate();
    let first = room.write("7365⏎");
    let second = room.write("7366⏎");
    assert_eq!(room.type_keys("-").prompt, Prompt::ChooseVoidReason);
    let door = room.type_keys("2");
    let card = door.card.expect("the card of the second").entry;
    assert_eq!(card.position, second.position);
    assert_eq!(
        card.voided.as_ref().map(|void| void.reason),
        Some(VoidReason::Typo)
    );
    assert_eq!(door.counts.admitted, 1);
    assert_eq!(
        door.recent
            .iter()
            .map(|row| row.voided.is_some())
            .collect::<Vec<_>>(),
        [true, false]
    );
    room.type_keys("-4");
    assert!(room.stored(first.position).voided.is_some());
    assert_eq!(room.type_keys("-").prompt, Prompt::NothingToVoid);
}

#[test]
fn a_guard_strikes_the_own_last_entry_through_for_ten_minutes_and_no_longer() {
    let room = Room::at_the_gate();
    room.write("7365⏎");
    room.clock.advance(Duration::from_secs(600));
    assert_eq!(room.type_keys("-").prompt, Prompt::ChooseVoidReason);
    room.type_keys("⎋");
    room.clock.advance(Duration::from_millis(1));
    assert_eq!(room.type_keys("-").prompt, Prompt::NothingToVoid);
}

#[test]
fn without_a_picture_a_temperature_alone_is_a_check_by_hand() {
    let room = Room::at_the_gate();
    room.witness.wait_for("no picture", |view| {
        matches!(view.camera, gatepost_desk::view::CameraView::NoPicture { .. })
    });
    let entry = room.write("365⏎");
    assert_eq!(
        (entry.verdict, entry.fault),
        (VerdictKind::CheckByHand, Some(Fault::CameraNoPicture))
    );
    assert_eq!(room.desk.door().expect("a door").counts.by_hand, 1);
}

#[test]
fn a_temperature_without_a_code_waits_eight_seconds_and_is_gone_then() {
    let room = Room::with_a_camera();
    room.witness.wait_for("a picture", |view| {
        matches!(view.camera, gatepost_desk::view::CameraView::Live { .. })
    });
    let door = room.type_keys("365⏎");
    assert_eq!(
        (door.prompt, door.visitor.temperature),
        (Prompt::TemperatureWaits, Some(365))
    );
    room.witness.forget();
    room.clock.advance(Duration::from_millis(8_001));
    room.witness
        .wait_for("nobody", |view| view.visitor.temperature.is_none());
}

#[test]
fn the_guards_word_on_the_colour_outranks_the_cameras_and_is_marked_as_such() {
    let room = Room::with_a_camera();
    room.pictures()
        .show_code(CodeColour::Green, &payload(5, &room.clock));
    room.witness.wait_for("a green code", |view| {
        colour_of(view) == Some(HealthColour::Green)
    });
    let red = HealthColour::Red;
    room.desk
        .press(DoorKey::Colour { colour: red })
        .expect("a colour");
    let entry = room.write("365⏎");
    assert_eq!(
        (entry.verdict, entry.colour, entry.colour_source),
        (VerdictKind::Refuse, Some(red), Some(ColourSource::Guard))
    );
}

#[test]
fn every_view_of_the_door_has_a_greater_revision_than_the_one_before() {
    let room = Room::with_a_camera();
    room.pictures()
        .show_code(CodeColour::Green, &payload(6, &room.clock));
    room.witness.wait_for("a green code", |view| {
        colour_of(view) == Some(HealthColour::Green)
    });
    room.type_keys("365⏎");
    let revisions: Vec<u32> = room
        .witness
        .all()
        .iter()
        .filter_map(|told| match told {
            Told::Door(view) => Some(view.revision),
            _ => None,
        })
        .collect();
    assert!(
        revisions.is_sorted_by(|older, newer| older < newer),
        "{revisions:?}"
    );
}

#[test]
fn what_the_gate_wrote_is_what_the_managers_log_shows() {
    let room = Room::at_the_gate();
    let written: Vec<_> = ["7365⏎", "8366⏎", "9367⏎"].map(|keys| room.write(keys)).into();
    room.desk.sign_out().expect("signed out");
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    let page = room
        .desk
        .entries(&EntryFilter::default(), None, 50)
        .expect("a page");
    assert_eq!(page.rows, written.into_iter().rev().collect::<Vec<_>>());
    room.sign_in(GUARD, GUARD_PIN).expect("the guard again");
    assert_eq!(room.desk.door().expect("the same shift").recent.len(), 3);
}

#[test]
fn a_hand_scanner_gives_a_code_whose_colour_the_guard_says() {
    let room = Room::at_the_gate();
    let typed = String::from_utf8(payload(1, &room.clock)).expect("a text");
    let view = room.desk.hand_scan(&format!("\u{2}{typed}\r")).expect("read");
    assert_eq!(view.prompt, Prompt::SayColour);
    let CodeSlot::Decoded { issuer, colour, .. } = &view.visitor.code else {
        panic!("no code: {:?}", view.visitor.code)
    };
    assert_eq!(issuer.as_ref().map(|issuer| issuer.id.as_str()), Some("shanghai"));
    assert_eq!(*colour, None);
    assert_eq!(room.witness.sounds(), [Earcon::Read]);
    let row = room.write("7365⏎");
    assert_eq!(
        (row.verdict, row.colour_source),
        (VerdictKind::Admit, Some(ColourSource::Guard))
    );
}

#[test]
fn what_a_hand_scanner_types_is_no_code_when_it_is_empty_or_longer_than_any() {
    let room = Room::at_the_gate();
    for typed in ["", "\r\n", &"0".repeat(4097)] {
        let view = room.desk.hand_scan(typed).expect("read");
        assert_eq!(view.visitor.code, CodeSlot::Empty);
    }
    let view = room.desk.hand_scan(&"0".repeat(4096)).expect("read");
    assert_ne!(view.visitor.code, CodeSlot::Empty);
}

#[test]
fn whoever_may_still_come_in_stands_before_the_refused_and_the_newest_first() {
    let room = Room::at_the_gate();
    let first = room.write("8365⏎");
    let refused = room.write("9365⏎");
    let second = room.write("8366⏎");
    let positions = |rows: &[EntryRow]| rows.iter().map(|row| row.position).collect::<Vec<_>>();
    let door = room.desk.door().expect("a door");
    assert_eq!(
        positions(&door.cases),
        [second.position, first.position, refused.position]
    );
}
