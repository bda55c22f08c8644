//! What is written to the log of the program: never a payload, name, number, plate or temperature.

use std::io::Write;
use std::sync::{Arc, Mutex};

use gatepost_codes::HealthColour;
use gatepost_desk::ExportFormat;
use gatepost_desk::view::{CodeSlot, EntryFilter, VoidReason};
use gatepost_scan::synthetic::CodeColour;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::room::{GUARD, GUARD_NAME, GUARD_PIN, MANAGER, MANAGER_NAME, MANAGER_PIN, Room, form, payload};

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Heard {
    type Writer = Heard;

    fn make_writer(&'a self) -> Heard {
        self.clone()
    }
}

#[test]
fn nothing_personal_is_ever_logged() {
    // For the whole process, other threads and other tests included: they have nothing personal to say either.
    let heard = Heard::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(heard.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");

    let room = Room::with_a_camera();
    let code = payload(7, &room.clock);
    room.pictures().show_code(CodeColour::Green, &code);
    room.witness.wait_for("a green code", |view| {
        matches!(
            view.visitor.code,
            CodeSlot::Decoded {
                colour: Some(HealthColour::Green),
                ..
            }
        )
    });
    room.type_keys("36.7⏎");
    room.type_keys("-2");
    room.type_keys("7414⏎⏎");
    room.sign_in(MANAGER, "112233").expect_err("a wrong PIN");
    room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
    let all = EntryFilter::default();
    let newest = room.desk.entries(&all, None, 1).expect("a page").rows[0].position;
    room.desk
        .void_entry(newest, VoidReason::Other, "张某某认错")
        .expect("struck through");
    room.desk
        .export_entries(&all, ExportFormat::Csv)
        .expect("an export");
    // Faults are logged, so there must be some.
    room.desk.set_up(&form()).expect_err("already set up");
    let lock = room.raw();
    lock.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    room.sign_in(GUARD, GUARD_PIN).expect_err("locked");
    drop(lock);

    let log = String::from_utf8(heard.0.lock().unwrap().clone()).expect("text");
    assert!(log.contains("ERROR"), "the subscriber hears the program: {log}");
    let payload = String::from_utf8(code).expect("text");
    let token = &payload[payload.len() - 43..];
    for secret in [
        MANAGER_NAME,
        GUARD_NAME,
        "王*",
        "陈*",
        MANAGER_PIN,
        GUARD_PIN,
        "112233",
        token,
        "s.sh.gov.cn",
        "36.7",
        "367",
        "41.4",
        "414",
        "认错",
    ] {
        let line = log.lines().find(|line| words_of(line).contains(secret));
        assert_eq!(line, None, "{secret} was logged");
    }
}

/// A line without its time stamp, whose digits mean nothing.
fn words_of(line: &str) -> &str {
    line.split_once('Z').map_or(line, |(_, words)| words)
}
