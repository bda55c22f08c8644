//! Who may do what, for every command of the window.

use std::collections::BTreeSet;

use gatepost_codes::Personal;
use gatepost_desk::view::{
    BundleForm, DateAnswer, DoorKey, EntryFilter, HoldView, KeyChangeForm, KeyChangeReason, NewPersonForm,
    RetentionPolicy, Role, Stage, VoidReason,
};
use gatepost_desk::{Desk, DeskError, ExportFormat, VaultKind};
use gatepost_rules::Policy;

use crate::room::{GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, Room, form};

const INSPECTOR_PIN: &str = "604182";

/// The commands that the window may call.
const COMMANDS: &str = include_str!("../../../../src/commands.rs");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    GuardWithoutShift,
    GuardWithShift,
    Manager,
    Inspector,
}

const EVERYBODY: [Who; 5] = [
    Who::Nobody,
    Who::GuardWithoutShift,
    Who::GuardWithShift,
    Who::Manager,
    Who::Inspector,
];

impl Who {
    fn of(stage: &Stage) -> Option<Who> {
        match stage {
            Stage::SignIn { .. } => Some(Who::Nobody),
            Stage::Shift { .. } => Some(Who::GuardWithoutShift),
            Stage::Door { .. } => Some(Who::GuardWithShift),
            Stage::Office { person, .. } if person.role == Role::Inspector => Some(Who::Inspector),
            Stage::Office { .. } => Some(Who::Manager),
            Stage::Fault { .. } | Stage::SetUp | Stage::Inspector => None,
        }
    }

    /// A room with this person in it and three entries in the log.
    fn room(self) -> Room {
        let room = Room::in_the_office();
        match self {
            Who::Manager => {}
            Who::Inspector => {
                let staff = room.desk.add_person(&inspector()).expect("an inspector");
                let number = staff.rows.last().expect("the newest").person.number;
                room.sign_in(number, INSPECTOR_PIN).expect("the inspector");
            }
            Who::Nobody => {
                room.desk.sign_out().expect("signed out");
            }
            Who::GuardWithShift | Who::GuardWithoutShift => {
                room.sign_in(GUARD, GUARD_PIN).expect("the guard");
            }
        }
        if self == Who::GuardWithoutShift {
            room.desk.close_shift().expect("closed");
        }
        assert_eq!(Who::of(&room.stage()), Some(self));
        room
    }
}

type Answer = Result<(), DeskError>;

/// One command: its name in the shell, the method of the desk behind it, how it is called, and the answers in
/// the order of [`EVERYBODY`].
struct Row {
    command: &'static str,
    method: &'static str,
    call: fn(&Desk) -> Answer,
    answers: [Answer; 5],
}

const ANYBODY: [Answer; 5] = [Ok(()), Ok(()), Ok(()), Ok(()), Ok(())];
const SIGNED_IN: [Answer; 5] = [Err(DeskError::SignedOut), Ok(()), Ok(()), Ok(()), Ok(())];
const GUARDS: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Ok(()),
    Ok(()),
    Err(DeskError::Forbidden),
    Err(DeskError::Forbidden),
];
const GUARDS_WITH_A_SHIFT: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::NoOpenShift),
    Ok(()),
    Err(DeskError::Forbidden),
    Err(DeskError::Forbidden),
];
const MANAGERS: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::Forbidden),
    Err(DeskError::Forbidden),
    Ok(()),
    Err(DeskError::Forbidden),
];
const READERS: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::Forbidden),
    Err(DeskError::Forbidden),
    Ok(()),
    Ok(()),
];
const READERS_OF_A_DESTRUCTION: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::Forbidden),
    Err(DeskError::Forbidden),
    Err(DeskError::NotFound),
    Err(DeskError::NotFound),
];
const WHOEVER_SEES_THE_CLOCK: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Ok(()),
    Ok(()),
    Ok(()),
    Err(DeskError::Forbidden),
];
const NOBODY_ANY_MORE: [Answer; 5] = [
    Err(DeskError::AlreadySetUp),
    Err(DeskError::AlreadySetUp),
    Err(DeskError::AlreadySetUp),
    Err(DeskError::AlreadySetUp),
    Err(DeskError::AlreadySetUp),
];
const WRONG_PIN: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::WrongPin { tries_left: 4 }),
    Err(DeskError::WrongPin { tries_left: 4 }),
    Err(DeskError::WrongPin { tries_left: 4 }),
    Err(DeskError::WrongPin { tries_left: 4 }),
];
const NOT_THE_OWN: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::Forbidden),
    Err(DeskError::Forbidden),
    Err(DeskError::OwnAccount),
    Err(DeskError::Forbidden),
];
const WHOEVER_IS_RESPONSIBLE: [Answer; 5] = [
    Err(DeskError::SignedOut),
    Err(DeskError::NoOpenShift),
    Ok(()),
    Ok(()),
    Ok(()),
];
const ON_ANOTHER_DEVICE: [Answer; 5] = [
    Err(DeskError::NotAnInspector),
    Err(DeskError::NotAnInspector),
    Err(DeskError::NotAnInspector),
    Err(DeskError::NotAnInspector),
    Err(DeskError::NotAnInspector),
];

fn hold() -> HoldView {
    HoldView {
        from: "2026-11-01".to_owned(),
        to: "2026-11-30".to_owned(),
    }
}

fn inspector() -> NewPersonForm {
    NewPersonForm {
        name: "赵示".into(),
        role: Role::Inspector,
        pin: INSPECTOR_PIN.into(),
    }
}

/// A command and the method of the same name.
fn row(command: &'static str, answers: [Answer; 5], call: fn(&Desk) -> Answer) -> Row {
    Row {
        command,
        method: command,
        call,
        answers,
    }
}

fn table() -> Vec<Row> {
    [accounts(), gate(), office(), ledger(), witnesses()]
        .into_iter()
        .flatten()
        .collect()
}

/// The program itself, and who may sign in.
fn accounts() -> Vec<Row> {
    vec![
        row("app", ANYBODY, |desk| {
            let _ = desk.app();
            Ok(())
        }),
        row("set_up", NOBODY_ANY_MORE, |desk| desk.set_up(&form()).map(drop)),
        row("sign_in", ANYBODY, |desk| {
            desk.sign_in(MANAGER, &Personal::new(MANAGER_PIN.to_owned()))
                .map(drop)
        }),
        row("sign_out", SIGNED_IN, |desk| desk.sign_out().map(drop)),
        row("staff", MANAGERS, |desk| desk.staff().map(drop)),
        row("add_person", MANAGERS, |desk| {
            desk.add_person(&inspector()).map(drop)
        }),
        row("reset_pin", MANAGERS, |desk| {
            desk.reset_pin(GUARD, GUARD_PIN).map(drop)
        }),
        row("change_pin", WRONG_PIN, |desk| {
            desk.change_pin(&Personal::new("000000".to_owned()), INSPECTOR_PIN)
        }),
        row("close_account", NOT_THE_OWN, |desk| {
            desk.close_account(MANAGER).map(drop)
        }),
    ]
}

/// At the gate.
fn gate() -> Vec<Row> {
    vec![
        row("open_shift", GUARDS, |desk| desk.open_shift().map(drop)),
        row("close_shift", GUARDS_WITH_A_SHIFT, |desk| {
            desk.close_shift().map(drop)
        }),
        row("door", GUARDS_WITH_A_SHIFT, |desk| desk.door().map(drop)),
        row("press", GUARDS_WITH_A_SHIFT, |desk| {
            desk.press(DoorKey::Mask).map(drop)
        }),
        row("hand_scan", GUARDS_WITH_A_SHIFT, |desk| {
            desk.hand_scan("a made-up code").map(drop)
        }),
        row("watch_preview", GUARDS, |desk| desk.watch_preview(|_| false)),
        row("preview_shown", GUARDS, Desk::preview_shown),
    ]
}

/// The log and the rules.
fn office() -> Vec<Row> {
    vec![
        row("entries", READERS, |desk| {
            desk.entries(&EntryFilter::default(), None, 50).map(drop)
        }),
        row("figures", READERS, |desk| {
            desk.figures(&EntryFilter::default()).map(drop)
        }),
        row("filter_choices", READERS, |desk| desk.filter_choices().map(drop)),
        row("export_entries", MANAGERS, |desk| {
            desk.export_entries(&EntryFilter::default(), ExportFormat::Csv)
                .map(drop)
        }),
        row("void_entry", MANAGERS, |desk| {
            let newest = desk.entries(&EntryFilter::default(), None, 1);
            // Somebody who may not read the log tries with a number.
            let position = newest.map_or(8, |page| page.rows[0].position);
            desk.void_entry(position, VoidReason::Typo, "").map(drop)
        }),
        row("settings", MANAGERS, |desk| desk.settings().map(drop)),
        row("set_policy", MANAGERS, |desk| {
            desk.set_policy(Policy::default()).map(drop)
        }),
        row("choose_camera", MANAGERS, |desk| {
            desk.choose_camera(None).map(drop)
        }),
        row("set_appearance", ANYBODY, |desk| {
            desk.set_appearance(desk.app().appearance).map(drop)
        }),
        Row {
            method: "exports_to_show",
            ..row("show_exports", MANAGERS, |desk| desk.exports_to_show().map(drop))
        },
    ]
}

/// The ledger.
fn ledger() -> Vec<Row> {
    vec![
        row("ledger", READERS, |desk| desk.ledger().map(drop)),
        row("audit_now", READERS, |desk| desk.audit_now().map(drop)),
        Row {
            method: "seal_to_print",
            ..row("print_seal", WHOEVER_IS_RESPONSIBLE, |desk| {
                desk.seal_to_print().map(drop)
            })
        },
        row("answer_date", WHOEVER_SEES_THE_CLOCK, |desk| {
            let day = "2026-11-23".to_owned();
            desk.answer_date(&DateAnswer { day, right: true }).map(drop)
        }),
        row("make_certificate", READERS_OF_A_DESTRUCTION, |desk| {
            desk.make_certificate(0).map(drop)
        }),
        row("make_bundle", READERS, |desk| {
            desk.make_bundle(&BundleForm::default()).map(drop)
        }),
        row("make_backup", MANAGERS, |desk| desk.make_backup().map(drop)),
        row("set_retention", MANAGERS, |desk| {
            desk.set_retention(RetentionPolicy::default()).map(drop)
        }),
        row("place_hold", MANAGERS, |desk| desk.place_hold(&hold()).map(drop)),
        row("lift_hold", MANAGERS, |desk| {
            // Somebody who may not read the ledger tries with days of their own.
            let ledger = desk.ledger().ok();
            let placed = ledger.and_then(|view| view.retention.holds.first().cloned());
            desk.lift_hold(&placed.unwrap_or_else(hold)).map(drop)
        }),
        row("confirm_clock", MANAGERS, |desk| desk.confirm_clock().map(drop)),
        row("change_key", MANAGERS, |desk| {
            let reason = KeyChangeReason::Routine;
            desk.change_key(KeyChangeForm { reason }).map(drop)
        }),
        row("keep_keys_in", MANAGERS, |desk| {
            desk.keep_keys_in(VaultKind::KeyFile).map(drop)
        }),
    ]
}

/// Witnesses, and the inspector's own device.
fn witnesses() -> Vec<Row> {
    vec![
        row("begin_witnessing", READERS, |desk| {
            desk.begin_witnessing().map(drop)
        }),
        row("witnessing", READERS, |desk| desk.witnessing().map(drop)),
        row("witness_typed", READERS, |desk| {
            desk.witness_typed("a made-up code").map(drop)
        }),
        row("end_witnessing", READERS, |desk| desk.end_witnessing().map(drop)),
        row("use_as_inspector", NOBODY_ANY_MORE, |desk| {
            desk.use_as_inspector().map(drop)
        }),
        row("leave_inspector", ON_ANOTHER_DEVICE, |desk| {
            desk.leave_inspector().map(drop)
        }),
        row("inspector", ON_ANOTHER_DEVICE, |desk| desk.inspector().map(drop)),
        row("begin_visit", ON_ANOTHER_DEVICE, |desk| {
            desk.begin_visit(None).map(drop)
        }),
        row("trust_first_contact", ON_ANOTHER_DEVICE, |desk| {
            desk.trust_first_contact().map(drop)
        }),
        row("end_visit", ON_ANOTHER_DEVICE, |desk| desk.end_visit().map(drop)),
        row("inspector_typed", ON_ANOTHER_DEVICE, |desk| {
            desk.inspector_typed("a made-up code").map(drop)
        }),
        row("check_file", ON_ANOTHER_DEVICE, |desk| {
            desk.check_file("a-bundle.zip").map(drop)
        }),
    ]
}

/// Name and body of every command in the shell.
fn commands() -> Vec<(&'static str, &'static str)> {
    COMMANDS
        .split("#[tauri::command")
        .skip(1)
        .map(|source| {
            let (_, signature) = source.split_once("fn ").expect("a command is a function");
            let (name, body) = signature.split_once('(').expect("with parameters");
            (name, body)
        })
        .collect()
}

#[test]
fn every_command_of_the_window_stands_in_the_table_with_the_method_it_calls() {
    let table = table();
    let known: BTreeSet<&str> = table.iter().map(|row| row.command).collect();
    let offered: BTreeSet<&str> = commands().iter().map(|(name, _)| *name).collect();
    assert!(!offered.is_empty());
    assert_eq!(
        known, offered,
        "a command without a row, or a row without a command"
    );
    for (name, body) in commands() {
        let row = table.iter().find(|row| row.command == name).expect("a row");
        let call = format!("desk.{}(", row.method);
        assert!(body.contains(&call), "`{name}` calls `{call}…)`");
        assert_eq!(body.matches("desk.").count(), 1, "`{name}` does one thing");
    }
}

#[test]
fn every_command_is_allowed_or_refused_as_the_table_says() {
    for (at, who) in EVERYBODY.into_iter().enumerate() {
        let mut room = who.room();
        for row in table() {
            // Not the whole stage: the camera's health stands there, and changes by itself.
            let now = || (Who::of(&room.stage()), room.records().len());
            let before = now();
            let answer = (row.call)(&room.desk);
            assert_eq!(answer, row.answers[at], "{} by {who:?}", row.command);
            let after = now();
            if matches!(answer, Err(DeskError::WrongPin { .. })) {
                // That somebody tried is a record.
                assert_eq!((before.0, before.1 + 1), after, "{} by {who:?}", row.command);
            } else if answer.is_err() {
                assert_eq!(before, after, "{} by {who:?} changed something", row.command);
            } else if after.0 != Some(who) {
                room = who.room();
            }
        }
    }
}

#[test]
fn a_guard_who_signed_out_leaves_a_closed_door_behind() {
    let room = Room::at_the_gate();
    room.type_keys("736");
    room.desk.sign_out().expect("signed out");
    assert_eq!(room.try_keys("5⏎"), Err(DeskError::SignedOut));
    room.sign_in(GUARD, GUARD_PIN).expect("the guard");
    let visitor = room.desk.door().expect("a door").visitor;
    assert_eq!(visitor.typed, "", "what was typed is not the next person's");
}
