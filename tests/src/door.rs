//! What the door screen shows, read from the page.

use serde::Deserialize;
use serde_json::json;

use crate::window::Window;

/// The door screen at one moment.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct DoorSeen {
    /// Which of Rust's views is on the screen; it grows.
    pub revision: u64,
    /// Which sentence says what comes next: a code of `Prompt`.
    pub prompt: String,
    /// `live`, `opening`, `no_picture`.
    pub camera: String,
    /// Kind of the code slot: `empty`, `decoded`, `seen_by_staff`, `document`.
    pub shown: String,
    /// `green`, `yellow_orange`, `red`, `none`, `document`, or empty.
    pub colour: String,
    /// An evidence level, or empty.
    pub evidence: String,
    /// The text of the code slot.
    pub code: String,
    /// What is typed.
    pub typed: String,
    /// A code of `Mask`.
    pub mask: String,
    /// `idle`, or a code of `VerdictKind`.
    pub verdict: String,
    /// Whether the card is a fever that waits for its second Enter.
    pub preview: bool,
    /// Position of the entry on the card, or empty.
    pub position: String,
    /// The text of the card.
    pub card: String,
    /// The last entries, newest first: text of each.
    pub recent: Vec<String>,
    /// Positions of those that are struck through.
    pub struck: Vec<String>,
    /// Held visitors who wait.
    pub cases: String,
    /// People today.
    pub people: String,
}

const READ: &str = "
    const find = (id) => document.querySelector(`[data-testid='${id}']`);
    const data = (id) => find(id)?.dataset ?? {};
    const text = (id) => find(id)?.innerText ?? '';
    const entries = [...document.querySelectorAll('[data-testid=recent-entry]')];
    const struck = (entry) =>
        [...entry.querySelectorAll('span')].concat(entry)
            .some((part) => getComputedStyle(part).textDecorationLine.includes('line-through'));
    return {
        revision: Number(data('screen-door').revision || 0),
        prompt: data('prompt').prompt ?? '',
        camera: data('camera-status').status ?? '',
        shown: data('code-slot').shown ?? '',
        colour: data('code-slot').colour ?? '',
        evidence: data('code-slot').evidence ?? '',
        code: text('code-slot'),
        typed: data('temperature-slot').typed ?? '',
        mask: data('mask').mask ?? '',
        verdict: data('verdict-card').verdict ?? '',
        preview: data('verdict-card').preview === 'true',
        position: data('verdict-card').position ?? '',
        card: text('verdict-card'),
        recent: entries.map((entry) => entry.innerText),
        struck: entries.filter(struck).map((entry) => entry.dataset.position),
        cases: data('tray').cases ?? '',
        people: data('today').people ?? '',
    };
";

impl Window {
    /// What the door shows now.
    ///
    /// # Panics
    /// When the window is gone.
    #[must_use]
    pub fn door(&self) -> DoorSeen {
        serde_json::from_value(self.execute(READ, &[])).expect("the script returns these fields")
    }

    /// Waits until the door shows something, and returns all it shows then.
    ///
    /// # Panics
    /// When it does not within the usual patience.
    pub fn wait_for_door(&self, what: &str, mut is_so: impl FnMut(&DoorSeen) -> bool) -> DoorSeen {
        let mut door = DoorSeen::default();
        self.wait_until(what, || {
            door = self.door();
            is_so(&door)
        });
        door
    }

    /// Waits until the next visitor's code of this colour was read and is on the screen; an empty colour for
    /// one that is still to be said.
    ///
    /// While nobody is there the slot shows the last entry, so Rust is asked who is there, and the screen has
    /// to be as new as its answer.
    ///
    /// # Panics
    /// When none is.
    pub fn wait_for_code(&self, colour: &str) -> DoorSeen {
        self.wait_for_door(&format!("a code of colour {colour:?}"), |door| {
            let Ok(view) = self.invoke("door", json!({})) else {
                return false;
            };
            let code = &view["visitor"]["code"];
            code["shown"] == "decoded"
                && code["colour"].as_str().unwrap_or_default() == colour
                && door.revision >= view["revision"].as_u64().unwrap_or(u64::MAX)
        })
    }

    /// Types a temperature and whatever else, and waits for the card of the entry that this writes.
    ///
    /// # Panics
    /// When no new entry appears.
    pub fn check(&self, keys: &str) -> DoorSeen {
        let before = self.newest_entry();
        self.press(keys);
        self.wait_for_door(&format!("a new entry after {keys}"), |door| {
            door.verdict != "idle"
                && !door.preview
                && self.newest_entry() > before
                && door.position == self.newest_entry().to_string()
        })
    }

    fn newest_entry(&self) -> u64 {
        let position = self.execute(
            "return Number(document.querySelector('[data-testid=recent-entry]')?.dataset.position ?? 0)",
            &[],
        );
        position.as_u64().unwrap_or_default()
    }

    /// Waits until the card tells a verdict that is written: a code of `VerdictKind`.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_verdict(&self, verdict: &str) -> DoorSeen {
        self.wait_for_door(&format!("the verdict {verdict}"), |door| {
            door.verdict == verdict && !door.preview
        })
    }
}
