//! Ways through the program that many tests take: the people of a made-up venue, and how they get to their place.

use std::path::PathBuf;

use serde_json::json;

use crate::camera_file::Visitor;
use crate::door::DoorSeen;
use crate::stage::Stage;
use crate::window::Window;

/// The venue of every test.
pub const VENUE: &str = "惠民超市";
/// Its one gate.
pub const GATE: &str = "东门";
/// The manager: number 1.
pub const MANAGER: &str = "王敏";
/// The manager's PIN.
pub const MANAGER_PIN: &str = "260451";
/// The guard: number 2.
pub const GUARD: &str = "李强";
/// The guard's PIN.
pub const GUARD_PIN: &str = "739182";

/// A guard at the gate of a new stage, and a live camera that shows nobody; none where no window can be opened.
///
/// # Panics
/// When the program does not get there.
#[must_use]
pub fn at_the_door() -> Option<(Stage, Window)> {
    let stage = Stage::set()?;
    stage.camera().show_nobody();
    let window = stage.open();
    window.reach_the_door();
    window.wait_for_door("a live camera", |door| door.camera == "live");
    Some((stage, window))
}

/// Somebody steps before the camera, and their code is read with this colour.
///
/// # Panics
/// When it is not.
pub fn meet(stage: &Stage, window: &Window, visitor: &Visitor, colour: &str) -> DoorSeen {
    stage.camera().show(visitor);
    window.wait_for_code(colour)
}

impl Window {
    /// The first start, through the command that the form calls.
    ///
    /// # Panics
    /// When it is refused.
    pub fn set_up(&self) {
        let form = json!({
            "venue": VENUE, "kind": "supermarket", "gate": GATE, "opens": "08:00", "closes": "22:00",
            "manager_name": MANAGER, "manager_pin": MANAGER_PIN, "guard_name": GUARD, "guard_pin": GUARD_PIN,
        });
        self.invoke("set_up", json!({ "form": form }))
            .expect("the form is right");
        self.wait_for("[data-testid=screen-sign_in]");
    }

    /// The guard signs in by keyboard, from the list of people.
    ///
    /// # Panics
    /// When the list is not there or the PIN is refused.
    pub fn sign_in_guard(&self) {
        self.sign_in("2", GUARD_PIN);
        self.wait_for("[data-testid=screen-shift], [data-testid=screen-door]");
    }

    /// The manager signs in by keyboard.
    ///
    /// # Panics
    /// When the list is not there or the PIN is refused.
    pub fn sign_in_manager(&self) {
        self.sign_in("1", MANAGER_PIN);
        self.wait_for("[data-testid=screen-office]");
    }

    /// Chooses a line of the list and types a PIN, by keyboard.
    ///
    /// # Panics
    /// When the list is not there.
    pub fn sign_in(&self, line: &str, pin: &str) {
        self.wait_for("[data-testid=screen-sign_in]");
        self.press(line);
        self.wait_until("the field for the PIN", || self.has_focus("#field-pin"));
        self.press(pin);
        self.press("⏎");
    }

    /// The guard opens the shift by keyboard.
    ///
    /// # Panics
    /// When the guard is not signed in.
    pub fn open_shift(&self) {
        self.wait_until("the button that opens the shift", || {
            self.has_focus("[data-testid=open-shift]")
        });
        self.press("⏎");
        self.wait_for("[data-testid=screen-door]");
    }

    /// Set up, signed in, shift open.
    ///
    /// # Panics
    /// When any of it is refused.
    pub fn reach_the_door(&self) {
        self.set_up();
        self.sign_in_guard();
        self.open_shift();
    }

    /// Whoever is signed in leaves, through the command that the button calls.
    ///
    /// # Panics
    /// When nobody is signed in.
    pub fn sign_out(&self) {
        self.invoke("sign_out", json!({})).expect("somebody is signed in");
        self.wait_for("[data-testid=screen-sign_in]");
    }

    /// The manager exports what the log shows, by keyboard; this is the file.
    ///
    /// # Panics
    /// When the log is not on the screen, or nothing is exported.
    #[must_use]
    pub fn export_log(&self) -> PathBuf {
        self.tab_to("[data-testid=export]");
        self.press("⏎");
        self.wait_for("[data-testid=export-path]");
        PathBuf::from(self.text("[data-testid=export-path]"))
    }
}
