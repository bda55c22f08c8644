//! The program without its window, where a test is about the data and not about the screen.

use std::path::Path;
use std::sync::Arc;

use gatepost_codes::Personal;
use gatepost_desk::view::{
    AppView, AuditView, DoorKey, DoorView, ExportProgress, InspectorView, PersonNumber, SetUpForm, Stage,
    VenueKind, WitnessingView,
};
use gatepost_desk::{
    CameraSource, Clock, Desk, DeskError, DeskOptions, Earcon, Presenter, SystemClock, VaultKind,
};
use gatepost_store::DATABASE_NAME;

use crate::rooms::{GATE, GUARD, GUARD_PIN, MANAGER, MANAGER_PIN, VENUE};
use crate::wait::{PATIENCE, until};

/// How long nobody comes at the end of every order `hours` of the program `door_told`.
pub const NIGHT_HOURS: u64 = 14;

/// Shows nothing and makes no sound.
struct Quiet;

impl Presenter for Quiet {
    fn app_changed(&self, _: &AppView) {}
    fn door_changed(&self, _: &DoorView) {}
    fn export_progress(&self, _: ExportProgress) {}
    fn audit_changed(&self, _: &AuditView) {}
    fn witnessing_changed(&self, _: &WitnessingView) {}
    fn inspector_changed(&self, _: &InspectorView) {}
    fn sound(&self, _: Earcon) {}
}

/// The program on the data in `folder`, with the system's clocks and a camera that gives no picture.
#[must_use]
pub fn desk(folder: &Path) -> Arc<Desk> {
    desk_with(folder, Arc::new(SystemClock::start()), Arc::new(Quiet))
}

/// The same with other clocks, and with somebody who sees the screen.
#[must_use]
pub fn desk_with(folder: &Path, clock: Arc<dyn Clock>, presenter: Arc<dyn Presenter>) -> Arc<Desk> {
    let options = DeskOptions {
        data_folder: folder.to_owned(),
        export_folder: folder.join("exports"),
        camera: CameraSource::Recording(folder.join("no-recording")),
        vault: VaultKind::KeyFile,
        inspector_folder: folder.join("inspector"),
        as_inspector: false,
    };
    Desk::start(options, clock, presenter)
}

/// Ends the program and returns when its database is closed: its threads may hold it for a moment longer.
///
/// # Panics
/// When they never let go.
pub fn end(desk: Arc<Desk>, folder: &Path) {
    drop(desk);
    // The last connection that closes properly takes the write-ahead log with it.
    let log = folder.join(format!("{DATABASE_NAME}-wal"));
    until("the program ends", PATIENCE, || (!log.exists()).then_some(()));
}

/// Sets up the venue of every test where nothing is set up yet.
///
/// # Errors
/// A fault of the data.
pub fn set_up(desk: &Desk) -> Result<(), DeskError> {
    if desk.app().stage != Stage::SetUp {
        return Ok(());
    }
    let form = SetUpForm {
        venue: VENUE.to_owned(),
        kind: VenueKind::Supermarket,
        gate: GATE.to_owned(),
        opens: "08:00".to_owned(),
        closes: "22:00".to_owned(),
        manager_name: MANAGER.to_owned(),
        manager_pin: MANAGER_PIN.to_owned(),
        guard_name: GUARD.to_owned(),
        guard_pin: GUARD_PIN.to_owned(),
    };
    desk.set_up(&form).map(drop)
}

/// Sets up where needed, signs the guard in and opens a shift, or goes on with the one that is open.
///
/// # Errors
/// A fault of the data.
pub fn take_the_gate(desk: &Desk) -> Result<(), DeskError> {
    set_up(desk)?;
    desk.sign_in(PersonNumber(2), &Personal::new(GUARD_PIN.to_owned()))?;
    desk.open_shift()?;
    Ok(())
}

/// Signs the manager in.
///
/// # Errors
/// A fault of the data.
pub fn into_the_office(desk: &Desk) -> Result<(), DeskError> {
    desk.sign_in(PersonNumber(1), &Personal::new(MANAGER_PIN.to_owned()))
        .map(drop)
}

/// Presses keys at the door: digits, `⏎` Enter, `-` void.
///
/// # Errors
/// The refusal of the first key that was refused.
///
/// # Panics
/// For any other sign.
pub fn press(desk: &Desk, keys: &str) -> Result<DoorView, DeskError> {
    let mut view = desk.door()?;
    for key in keys.chars() {
        view = desk.press(match key {
            '0'..='9' => DoorKey::Digit {
                digit: key as u8 - b'0',
            },
            '⏎' => DoorKey::Enter,
            '-' => DoorKey::VoidLast,
            other => panic!("no such key: {other}"),
        })?;
    }
    Ok(view)
}
