//! The test's room: data, clock, presenter, camera and the keys of the door.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, TimeDelta};
use gatepost_codes::Personal;
use gatepost_desk::view::{
    AppView, AuditView, DoorKey, DoorView, EntryRow, ExportProgress, InspectorView, PersonNumber, QrView,
    SetUpForm, Stage, VenueKind, WitnessingView,
};
use gatepost_desk::{CameraSource, Clock, Desk, DeskError, DeskOptions, Earcon, Presenter};
use gatepost_scan::synthetic::{CodeColour, DoorScene, render};
use gatepost_store::{DATABASE_NAME, KeyFile, RESERVE_NAME, Reader, Store, StoredEntry, VaultKind};
use jpeg_encoder::{ColorType, Encoder};
use rusqlite::Connection;
use tempfile::TempDir;

pub(crate) const MANAGER: PersonNumber = PersonNumber(1);
pub(crate) const GUARD: PersonNumber = PersonNumber(2);
pub(crate) const MANAGER_NAME: &str = "陈测试";
pub(crate) const GUARD_NAME: &str = "王测试";
pub(crate) const MANAGER_PIN: &str = "284613";
pub(crate) const GUARD_PIN: &str = "730519";

/// Nothing here takes longer unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that moves only when it is told to.
pub(crate) struct TestClock {
    start: DateTime<FixedOffset>,
    passed: Mutex<Duration>,
}

impl TestClock {
    fn new() -> TestClock {
        let start = DateTime::parse_from_rfc3339("2026-11-23T10:15:00+08:00").expect("a time");
        TestClock {
            start,
            passed: Mutex::new(Duration::ZERO),
        }
    }

    pub(crate) fn advance(&self, time: Duration) {
        *self.passed.lock().unwrap() += time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<FixedOffset> {
        self.start + TimeDelta::from_std(self.since_start()).expect("hours at most")
    }

    fn since_start(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

/// What the presenter was told, in order.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    App(Box<AppView>),
    Door(Box<DoorView>),
    Sound(Earcon),
    Export(ExportProgress),
    Witnessing(Box<WitnessingView>),
    Inspector(Box<InspectorView>),
}

/// Remembers everything, and looks into the data folder whenever a card appears.
pub(crate) struct Witness {
    folder: PathBuf,
    told: Mutex<Vec<Told>>,
    more: Condvar,
    /// Cards whose entry was not on the disk when they were shown.
    hasty_cards: Mutex<Vec<u32>>,
}

impl Witness {
    fn of(folder: &Path) -> Witness {
        Witness {
            folder: folder.to_owned(),
            told: Mutex::default(),
            more: Condvar::new(),
            hasty_cards: Mutex::default(),
        }
    }

    fn hear(&self, told: Told) {
        self.told.lock().unwrap().push(told);
        self.more.notify_all();
    }

    /// Waits for a door that was shown since the last [`forget`](Witness::forget), or is shown now.
    pub(crate) fn wait_for(&self, what: &str, mut wanted: impl FnMut(&DoorView) -> bool) -> DoorView {
        let told = self.told.lock().unwrap();
        let found = |told: &[Told], wanted: &mut dyn FnMut(&DoorView) -> bool| {
            told.iter().rev().find_map(|told| match told {
                Told::Door(view) if wanted(view) => Some(DoorView::clone(view)),
                _ => None,
            })
        };
        let (told, late) = self
            .more
            .wait_timeout_while(told, PATIENCE, |told| found(told, &mut wanted).is_none())
            .unwrap();
        assert!(!late.timed_out(), "never shown: {what}");
        found(&told, &mut wanted).expect("the wait ended because it is there")
    }

    pub(crate) fn sounds(&self) -> Vec<Earcon> {
        let told = self.told.lock().unwrap();
        told.iter()
            .filter_map(|told| match told {
                Told::Sound(earcon) => Some(*earcon),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn all(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    pub(crate) fn forget(&self) {
        self.told.lock().unwrap().clear();
    }

    pub(crate) fn hasty_cards(&self) -> Vec<u32> {
        self.hasty_cards.lock().unwrap().clone()
    }
}

impl Presenter for Witness {
    fn app_changed(&self, view: &AppView) {
        self.hear(Told::App(Box::new(view.clone())));
    }

    fn door_changed(&self, view: &DoorView) {
        if let Some(card) = &view.card
            && !is_stored(&self.folder, u64::from(card.entry.position))
        {
            self.hasty_cards.lock().unwrap().push(card.entry.position);
        }
        self.hear(Told::Door(Box::new(view.clone())));
    }

    fn export_progress(&self, progress: ExportProgress) {
        self.hear(Told::Export(progress));
    }

    fn audit_changed(&self, _: &AuditView) {}

    fn witnessing_changed(&self, view: &WitnessingView) {
        self.hear(Told::Witnessing(Box::new(view.clone())));
    }

    fn inspector_changed(&self, view: &InspectorView) {
        self.hear(Told::Inspector(Box::new(view.clone())));
    }

    fn sound(&self, earcon: Earcon) {
        self.hear(Told::Sound(earcon));
    }
}

/// Whether another program finds the entry in the folder. It asks for no lock: the desk's own may be in question.
fn is_stored(folder: &Path, position: u64) -> bool {
    let reader = Reader::without_secrets(folder).expect("the same data");
    reader.entry(position).is_ok()
}

/// A recorded camera whose only picture can be exchanged while it plays.
pub(crate) struct Pictures(TempDir);

impl Pictures {
    pub(crate) fn of_nobody() -> Pictures {
        let pictures = Pictures(tempfile::tempdir().expect("a folder"));
        pictures.show(&DoorScene::default());
        pictures
    }

    pub(crate) fn show(&self, scene: &DoorScene) {
        let frame = render(scene);
        let unfinished = self.0.path().join("next.unfinished");
        let encoder = Encoder::new_file(&unfinished, 92).expect("a file");
        encoder
            .encode(
                &frame.rgb,
                frame.width as u16,
                frame.height as u16,
                ColorType::Rgb,
            )
            .expect("a picture");
        // Under its name it is always whole: the camera may read at any moment.
        fs::rename(&unfinished, self.0.path().join("picture.jpg")).expect("in place of the last");
    }

    /// A code on another device's screen.
    pub(crate) fn show_qr(&self, code: &QrView) {
        let (grey, side) = drawn(code);
        let unfinished = self.0.path().join("next.unfinished");
        let encoder = Encoder::new_file(&unfinished, 92).expect("a file");
        let side = u16::try_from(side).expect("a small picture");
        encoder
            .encode(&grey, side, side, ColorType::Luma)
            .expect("a picture");
        fs::rename(&unfinished, self.0.path().join("picture.jpg")).expect("in place of the last");
    }

    pub(crate) fn show_code(&self, colour: CodeColour, payload: &[u8]) {
        let scene = DoorScene {
            payload: Some(payload.to_vec()),
            colour,
            ..DoorScene::default()
        };
        self.show(&scene);
    }
}

/// Grey values of a code, five pixels a module, with its quiet zone; and how wide it is.
pub(crate) fn drawn(code: &QrView) -> (Vec<u8>, usize) {
    const PIXELS: usize = 5;
    const QUIET: usize = 4;
    let width = usize::from(code.width);
    let side = (width + 2 * QUIET) * PIXELS;
    let modules = code.modules.as_bytes();
    let dark = |at: usize| (at / PIXELS).checked_sub(QUIET).filter(|at| *at < width);
    let grey = (0..side * side).map(|at| match (dark(at % side), dark(at / side)) {
        (Some(x), Some(y)) if modules[y * width + x] == b'1' => 20,
        _ => 235,
    });
    (grey.collect(), side)
}

/// Waits until something is so: a thread of the program has to come round to it.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A desk and everything around it.
pub(crate) struct Room {
    pub(crate) desk: Arc<Desk>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) pictures: Option<Pictures>,
    pub(crate) data: TempDir,
    pub(crate) exports: TempDir,
}

impl Room {
    /// On data that were never set up.
    pub(crate) fn empty() -> Room {
        Room::on(tempfile::tempdir().expect("a folder"), None)
    }

    /// Set up, nobody signed in, no camera.
    pub(crate) fn new() -> Room {
        Room::on(set_up_data(), None)
    }

    /// A guard at the gate, no camera.
    pub(crate) fn at_the_gate() -> Room {
        let room = Room::new();
        room.take_the_gate();
        room
    }

    /// A guard at the gate and a recorded camera with nobody before it.
    pub(crate) fn with_a_camera() -> Room {
        let room = Room::on(set_up_data(), Some(Pictures::of_nobody()));
        room.take_the_gate();
        room
    }

    /// A manager in the office, after entries of the guard: `36.5`, `38.5`, `36.7`.
    pub(crate) fn in_the_office() -> Room {
        Room::at_the_gate().with_entries()
    }

    /// The same with a recorded camera with nobody before it.
    pub(crate) fn in_the_office_with_a_camera() -> Room {
        Room::with_a_camera().with_entries()
    }

    fn with_entries(self) -> Room {
        let room = self;
        for keys in ["7365⏎", "7385⏎⏎", "7367⏎"] {
            room.type_keys(keys);
        }
        room.desk.sign_out().expect("signed out");
        room.sign_in(MANAGER, MANAGER_PIN).expect("the manager");
        room
    }

    pub(crate) fn on(data: TempDir, pictures: Option<Pictures>) -> Room {
        Room::started(data, pictures, Duration::ZERO, false)
    }

    /// An inspector's own device that has seen nothing; its folder is the room's data.
    pub(crate) fn of_an_inspector(pictures: Option<Pictures>) -> Room {
        Room::started(
            tempfile::tempdir().expect("a folder"),
            pictures,
            Duration::ZERO,
            true,
        )
    }

    /// The power fails, and the same device is started again so much later.
    pub(crate) fn later(self, passed: Duration, as_inspector: bool) -> Room {
        let Room {
            desk, data, pictures, ..
        } = self;
        end(desk);
        Room::started(data, pictures, passed, as_inspector)
    }

    fn started(data: TempDir, pictures: Option<Pictures>, passed: Duration, as_inspector: bool) -> Room {
        let exports = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(TestClock::new());
        clock.advance(passed);
        let witness = Arc::new(Witness::of(data.path()));
        let camera = match &pictures {
            Some(pictures) => pictures.0.path().to_owned(),
            None => data.path().join("no-recording"),
        };
        let options = DeskOptions {
            data_folder: data.path().to_owned(),
            export_folder: exports.path().join("exports"),
            camera: CameraSource::Recording(camera),
            vault: VaultKind::KeyFile,
            inspector_folder: data.path().join("inspector"),
            as_inspector,
        };
        let desk = Desk::start(
            options,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&witness) as Arc<dyn Presenter>,
        );
        Room {
            desk,
            clock,
            witness,
            pictures,
            data,
            exports,
        }
    }

    /// The power fails and the machine is started again: nobody signed out, nothing was closed.
    pub(crate) fn after_a_power_cut(self) -> Room {
        let Room {
            desk, data, pictures, ..
        } = self;
        end(desk);
        Room::on(data, pictures)
    }

    pub(crate) fn sign_in(&self, who: PersonNumber, pin: &str) -> Result<AppView, DeskError> {
        self.desk.sign_in(who, &Personal::new(pin.to_owned()))
    }

    pub(crate) fn take_the_gate(&self) {
        self.sign_in(GUARD, GUARD_PIN).expect("the guard");
        self.desk.open_shift().expect("a shift");
    }

    pub(crate) fn stage(&self) -> Stage {
        self.desk.app().stage
    }

    /// Presses keys: digits, `.`, `⏎` Enter, `⎋` Escape, `m` mask, `/` no phone, `-` void, `*` cases.
    pub(crate) fn try_keys(&self, keys: &str) -> Result<DoorView, DeskError> {
        let mut view = self.desk.door();
        for key in keys.chars() {
            view = self.desk.press(match key {
                '0'..='9' => DoorKey::Digit {
                    digit: key as u8 - b'0',
                },
                '.' => DoorKey::Point,
                '⏎' => DoorKey::Enter,
                '⎋' => DoorKey::Escape,
                'm' => DoorKey::Mask,
                '/' => DoorKey::NoPhone,
                '-' => DoorKey::VoidLast,
                '*' => DoorKey::Cases,
                other => panic!("no such key: {other}"),
            });
        }
        view
    }

    pub(crate) fn type_keys(&self, keys: &str) -> DoorView {
        self.try_keys(keys).expect("the door is open")
    }

    /// Types until a card for a new entry is there.
    pub(crate) fn write(&self, keys: &str) -> EntryRow {
        let before = self.desk.door().expect("a door").card;
        let card = self.type_keys(keys).card;
        assert_ne!(card, before, "no entry was written");
        card.expect("a card").entry
    }

    pub(crate) fn pictures(&self) -> &Pictures {
        self.pictures.as_ref().expect("a room with a camera")
    }

    pub(crate) fn stored(&self, position: u32) -> StoredEntry {
        let folder = self.data.path();
        let store = Store::open(folder, KeyFile::in_folder(folder)).expect("the same data");
        let reader = store.reader().expect("a reader");
        reader.entry(u64::from(position)).expect("an entry on the disk")
    }

    /// A connection beside the program's own.
    pub(crate) fn raw(&self) -> Connection {
        Connection::open(self.data.path().join(DATABASE_NAME)).expect("the database")
    }

    /// Kind and leaf of every record so far.
    pub(crate) fn records(&self) -> Vec<(String, String)> {
        let raw = self.raw();
        let mut statement = raw
            .prepare("SELECT kind, CAST(leaf AS TEXT) FROM records ORDER BY i")
            .expect("the ledger");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.expect("records").map(|row| row.expect("a record")).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.records().into_iter().map(|(kind, _)| kind).collect()
    }
}

/// Has the shape of a Shanghai code of this moment and an impossible token of zeros.
pub(crate) fn payload(number: u64, clock: &TestClock) -> Vec<u8> {
    let made_ms = clock.now().timestamp_millis();
    format!("https://s.sh.gov.cn/{number:028x}06{made_ms:013}").into_bytes()
}

pub(crate) fn form() -> SetUpForm {
    SetUpForm {
        venue: "测试超市".to_owned(),
        kind: VenueKind::Supermarket,
        gate: "东门".to_owned(),
        opens: "08:00".to_owned(),
        closes: "22:00".to_owned(),
        manager_name: MANAGER_NAME.to_owned(),
        manager_pin: MANAGER_PIN.to_owned(),
        guard_name: GUARD_NAME.to_owned(),
        guard_pin: GUARD_PIN.to_owned(),
    }
}

/// Ends a program as a power cut would; its threads let go of the files before this returns.
pub(crate) fn end(mut desk: Arc<Desk>) {
    while let Err(still_held) = Arc::try_unwrap(desk) {
        desk = still_held;
        thread::yield_now();
    }
}

/// A copy of a folder that was set up once: hashing two PINs takes long on purpose. Its files are kept and not the
/// folder, which nobody would remove at the end of the process.
fn set_up_data() -> TempDir {
    static PREPARED: OnceLock<Vec<(OsString, Vec<u8>)>> = OnceLock::new();
    let prepared = PREPARED.get_or_init(|| {
        let Room { desk, data, .. } = Room::empty();
        desk.set_up(&form()).expect("a first set-up");
        end(desk);
        let files = fs::read_dir(data.path()).expect("the folder");
        let names = files.map(|file| file.expect("a file").file_name());
        // The reserve is large and empty, and the next start makes another.
        names
            .filter(|name| name != RESERVE_NAME)
            .map(|name| (name.clone(), fs::read(data.path().join(name)).expect("its bytes")))
            .collect()
    });
    let data = tempfile::tempdir().expect("a folder");
    for (name, bytes) in prepared {
        fs::write(data.path().join(name), bytes).expect("a copy");
    }
    data
}
