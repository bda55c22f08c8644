//! What the shell presents: codes and numbers, never sentences. The words live in `assets/locales`.
//!
//! Times are RFC 3339 texts in the venue's local time with their offset, so that a screen can print a part of
//! one without knowing any time zone. Positions in the ledger are `u32` here: a gate that checked one person
//! a second for a century would still fit, and JavaScript keeps them exact.

mod ledger;
mod staff;

use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
use gatepost_rules::{ColourSource, DocumentKind, Fault, Mask, Policy, Reason, VerdictKind};
use serde::{Deserialize, Serialize};
use specta::Type;

pub use gatepost_ledger::{KeyChangeReason, RetentionClass, RetentionPolicy};
pub use gatepost_rules::ShownKind;
pub use gatepost_store::{PersonNumber, Role, VenueKind, VoidReason};

pub use self::ledger::{
    AuditView, BundleForm, CertificateMade, CheckView, DiskView, ErasureView, FileMade, HoldView,
    InspectorStep, InspectorView, KeyChangeForm, KeysView, KnownLedger, LedgerView, PartView, QrView,
    RetentionView, SealView, VisitTrouble, WarningKind, WarningView, WitnessRefusalKind, WitnessView,
    WitnessingTrouble, WitnessingView,
};
pub use self::staff::{NewPersonForm, StaffRow, StaffView};

/// The language of screen, exports and command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub enum Locale {
    /// Simplified Chinese, the first language.
    #[default]
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// English.
    #[serde(rename = "en")]
    En,
}

/// The look of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// For a lit hall.
    #[default]
    Light,
    /// For the night.
    Dark,
    /// Highest contrast, for a door in the sun.
    Sunlight,
}

/// How the program looks and sounds; each person at the device may change it at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Appearance {
    /// Language.
    pub locale: Locale,
    /// Theme.
    pub theme: Theme,
    /// Whether verdicts sound.
    pub sound: bool,
}

/// The whole program: which room it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct AppView {
    /// A demonstration: made-up data, marked 演示 / DEMO on every screen and in every export.
    pub demo: bool,
    /// The program's version.
    pub version: String,
    /// Look and sound.
    pub appearance: Appearance,
    /// What somebody has to see to, whatever room it is.
    pub alarms: AlarmsView,
    /// The local date (`YYYY-MM-DD`) that whoever is signed in should be asked for: is it today?
    pub asks_date: Option<String>,
    /// The room.
    pub stage: Stage,
}

/// Whether the date that was shown is today's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Type)]
pub struct DateAnswer {
    /// [`AppView::asks_date`].
    pub day: String,
    /// It is.
    pub right: bool,
}

/// What somebody has to see to. The door goes on with any of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
pub struct AlarmsView {
    /// There is so little room on the disk that the manager has to make some.
    pub disk: bool,
    /// The reserve on the disk was given up so that the gate can go on: the last warning.
    pub reserve_used: bool,
    /// The audit found that the ledger is not whole.
    pub ledger_broken: bool,
    /// Nothing is erased until a manager confirms the clock.
    pub clock_unconfirmed: bool,
}

/// The room the program is in.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "at", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum Stage {
    /// The data cannot be used: a plain sentence says what to do. Nothing was overwritten.
    Fault {
        /// What is wrong.
        fault: StoreFault,
        /// The folder it concerns.
        folder: String,
    },
    /// First start.
    SetUp,
    /// Nobody is signed in.
    SignIn {
        /// The venue.
        venue: VenueView,
        /// Everybody who may sign in.
        people: Vec<PersonView>,
        /// The PINs of a demonstration, which protect nothing.
        demo_pins: Option<DemoPinsView>,
    },
    /// A guard is signed in and has no shift open.
    Shift {
        /// The venue.
        venue: VenueView,
        /// The guard.
        person: PersonView,
        /// The camera, to be looked at before the shift.
        camera: CameraView,
    },
    /// A guard is at the gate.
    Door {
        /// The venue.
        venue: VenueView,
        /// The guard.
        person: PersonView,
        /// When the shift was opened.
        shift_opened_at: String,
    },
    /// A manager is in the back office.
    Office {
        /// The venue.
        venue: VenueView,
        /// The manager.
        person: PersonView,
    },
    /// The inspector's own device, which keeps no ledger. Nobody signs in.
    Inspector,
}

/// The PINs of a demonstration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct DemoPinsView {
    /// The manager's.
    pub manager: String,
    /// The first guard's.
    pub guard: String,
}

/// What is wrong with the data folder or its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StoreFault {
    /// No room left on the disk.
    DiskFull,
    /// The folder or file may not be written.
    ReadOnly,
    /// Another program holds the database.
    Locked,
    /// Written by a newer Gatepost.
    NewerSchema,
    /// The file is damaged.
    Damaged,
    /// The file is not a Gatepost database.
    NotOurs,
    /// The database is there and its key file is not.
    KeyMissing,
    /// The secrets are in a keychain that is locked, absent or silent.
    KeychainUnavailable,
    /// Anything else the operating system said.
    Unreadable,
}

/// The venue and this device's gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct VenueView {
    /// The venue's name.
    pub name: String,
    /// Its kind.
    pub kind: VenueKind,
    /// This device's gate.
    pub gate: String,
    /// Opening hours, `HH:MM`.
    pub opens: String,
    /// Closing, `HH:MM`; before `opens` when it lies after midnight, equal for round the clock.
    pub closes: String,
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct PersonView {
    /// Pseudonymous number, the one that stands in the ledger.
    pub number: PersonNumber,
    /// The name as the sign-in list shows it.
    pub name: String,
    /// The name as every other screen shows it: `王*`.
    pub masked: String,
    /// The role.
    pub role: Role,
}

/// First start.
#[derive(Clone, Debug, Deserialize, Type)]
pub struct SetUpForm {
    /// Venue name, 1 to 60 characters.
    pub venue: String,
    /// Kind.
    pub kind: VenueKind,
    /// Gate name, 1 to 30 characters.
    pub gate: String,
    /// `HH:MM`.
    pub opens: String,
    /// `HH:MM`.
    pub closes: String,
    /// First manager's name, 1 to 30 characters.
    pub manager_name: String,
    /// First manager's PIN, 6 to 12 digits.
    pub manager_pin: String,
    /// First guard's name.
    pub guard_name: String,
    /// First guard's PIN, 6 to 12 digits.
    pub guard_pin: String,
}

/// Numbers of one day or one shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
pub struct Counts {
    /// Let in.
    pub admitted: u32,
    /// Held.
    pub held: u32,
    /// Refused.
    pub refused: u32,
    /// Checked by hand because of a fault.
    pub by_hand: u32,
}

/// Health of the camera.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "status", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum CameraView {
    /// Being opened for the first time.
    Opening,
    /// Gives pictures.
    Live {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Measured, not claimed by the driver.
        frames_per_second: f32,
    },
    /// Gives none; it is being reopened again and again.
    NoPicture {
        /// Stable code of the cause, for example `camera-absent`.
        reason: String,
    },
}

/// What would make the code before the camera readable: one line for the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ScanHelp {
    /// The code is too small.
    TooFar,
    /// The code is larger than the picture.
    TooNear,
    /// There is too little light, or the phone's screen is too dark.
    TooDark,
    /// A lamp is reflected, or the screen is too bright.
    Glare,
    /// Out of focus, or moved.
    Blurred,
    /// A finger or the edge of the picture hides a part.
    PartlyCovered,
}

/// A name in both languages, from the issuer table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct IssuerView {
    /// Stable id.
    pub id: IssuerId,
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The code slot of the visitor card.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "shown", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum CodeSlot {
    /// Nobody is there yet.
    Empty,
    /// A code was decoded.
    Decoded {
        /// Who issued it, where the table knows.
        issuer: Option<IssuerView>,
        /// Seconds since it was made, where it says so.
        age_seconds: Option<i32>,
        /// Older than its issuer allows, or from the future.
        out_of_date: bool,
        /// Its colour; `null` while nobody can tell.
        colour: Option<HealthColour>,
        /// Who saw the colour.
        colour_source: Option<ColourSource>,
        /// How far it is proven.
        evidence: EvidenceLevel,
        /// When the same code was shown before, within the policy's window.
        first_seen_at: Option<String>,
    },
    /// The guard looked and said the colour.
    SeenByStaff {
        /// The colour.
        colour: HealthColour,
    },
    /// A document instead.
    Document {
        /// Which.
        kind: DocumentKind,
    },
}

/// What the door waits for: one plain sentence in the hint line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Show a code.
    ShowCode,
    /// The colour could not be told: say it with one key.
    SayColour,
    /// Type the temperature.
    TypeTemperature,
    /// Press Enter.
    PressEnter,
    /// A fever: press Enter again, or type the temperature anew.
    ConfirmFever,
    /// The temperature waits for a code.
    TemperatureWaits,
    /// What was typed is no temperature.
    NotATemperature,
    /// What was typed lies outside 30.0 to 45.0.
    OutOfRange,
    /// Two visitors already wait: finish one first.
    TooManyWaiting,
    /// Choose what was shown instead of a code: 1 identity document, 2 paper, 3 companion.
    ChooseDocument,
    /// Choose why the last entry is void: 1 wrong person, 2 typo, 3 duplicate, 4 test.
    ChooseVoidReason,
    /// Choose the case whose temperature is measured again: 1 to 3.
    ChooseCase,
    /// There is nothing to void.
    NothingToVoid,
    /// The entry could not be written; nothing is lost, press Enter to try again.
    NotWritten,
    /// The entry is written and cannot be read back: do not enter it again, tell the manager.
    WrittenUnseen,
    /// Whether the code was shown before cannot be looked up: check by hand, tell the manager.
    CannotLookUp,
}

/// The visitor who is being checked.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct VisitorView {
    /// The code slot.
    pub code: CodeSlot,
    /// What was typed so far.
    pub typed: String,
    /// A temperature that was entered and waits for its code or its confirmation, tenths of a degree.
    pub temperature: Option<i16>,
    /// The mask.
    pub mask: Mask,
    /// The entry of which this is a further reading.
    pub follows: Option<u32>,
}

/// The big card.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct CardView {
    /// The entry as it was written.
    pub entry: EntryRow,
    /// Milliseconds from the deciding key to the committed entry.
    pub took_ms: f32,
    /// How long the card stays, milliseconds.
    pub stays_ms: u32,
}

/// Everything the door screen shows, apart from the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct DoorView {
    /// Grows with every change, so that a late answer never overwrites a newer one.
    pub revision: u32,
    /// Today's numbers at this gate.
    pub counts: Counts,
    /// The camera.
    pub camera: CameraView,
    /// What would help, while a code is held up that cannot be read.
    pub help: Option<ScanHelp>,
    /// The visitor.
    pub visitor: VisitorView,
    /// What the door waits for.
    pub prompt: Prompt,
    /// A fever that waits for its second Enter: shown as a card that is not yet an entry.
    pub fever_preview: bool,
    /// The last verdict.
    pub card: Option<CardView>,
    /// Visitors whose code was read while another one waits; at most two.
    pub waiting: Vec<CodeSlot>,
    /// Cases of this shift that nobody followed up yet: held ones first, each newest first.
    pub cases: Vec<EntryRow>,
    /// The last entries, newest first.
    pub recent: Vec<EntryRow>,
    /// The policy in force: thresholds for the sentences on the card.
    pub policy: Policy,
}

/// A key of the door, already freed from keyboard layout and input method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, Type)]
#[serde(tag = "key", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum DoorKey {
    /// 0 to 9.
    Digit {
        /// 0 to 9.
        digit: u8,
    },
    /// The decimal point.
    Point,
    /// Takes the last character back.
    Backspace,
    /// Confirms.
    Enter,
    /// Lets the visitor go without an entry, or closes a choice.
    Escape,
    /// Mask worn → not worn → put on after a reminder.
    Mask,
    /// The guard says the colour.
    Colour {
        /// The colour.
        colour: HealthColour,
    },
    /// No phone: choose a document.
    NoPhone,
    /// Void the last own entry: choose a reason.
    VoidLast,
    /// Measure a held case again: choose the case.
    Cases,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct EntryRow {
    /// Position in the ledger.
    pub position: u32,
    /// When.
    pub at: String,
    /// The gate.
    pub gate: String,
    /// The guard, masked.
    pub guard: String,
    /// What was shown: the kind of the code slot.
    pub shown: ShownKind,
    /// Which document.
    pub document: Option<DocumentKind>,
    /// Who issued the code.
    pub issuer: Option<IssuerView>,
    /// Seconds since the code was made.
    pub age_seconds: Option<i32>,
    /// Its colour.
    pub colour: Option<HealthColour>,
    /// Who saw the colour.
    pub colour_source: Option<ColourSource>,
    /// How far it is proven.
    pub evidence: EvidenceLevel,
    /// Tenths of a degree; absent once it was erased.
    pub temperature: Option<i16>,
    /// The mask.
    pub mask: Mask,
    /// The family of the verdict.
    pub verdict: VerdictKind,
    /// Why, most urgent first.
    pub reasons: Vec<Reason>,
    /// The fault behind a check by hand.
    pub fault: Option<Fault>,
    /// The entry of which this is a further reading.
    pub follows: Option<u32>,
    /// How it was voided.
    pub voided: Option<VoidView>,
}

/// A void: the record that struck an entry through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct VoidView {
    /// Position of the void in the ledger.
    pub position: u32,
    /// Why.
    pub reason: VoidReason,
    /// In whose words, when the reason is `other`.
    pub note: String,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct EntryFilter {
    /// A local day, `YYYY-MM-DD`.
    pub day: Option<String>,
    /// A gate.
    pub gate: Option<String>,
    /// A family of verdicts.
    pub verdict: Option<VerdictKind>,
    /// A guard.
    pub guard: Option<PersonNumber>,
    /// Only entries that were voided or follow another one.
    pub corrected_only: bool,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct EntriesPage {
    /// Newest first.
    pub rows: Vec<EntryRow>,
    /// Position to ask for the next, older page with; `null` at the end.
    pub older: Option<u32>,
}

/// The figures above the log, for one filter.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct Figures {
    /// By family.
    pub counts: Counts,
    /// Median temperature of the entries of a day, tenths of a degree; absent where the filter names none.
    pub median_temperature: Option<i16>,
    /// Readings below the low limit.
    pub low_readings: u32,
    /// Voided entries.
    pub voided: u32,
    /// The same weekday a week before: all entries, when the filter names a day.
    pub week_before: Option<u32>,
    /// Lines in the whole ledger.
    pub records: u32,
}

/// What the filters offer.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct FilterChoices {
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// Days that have entries, newest first, at most 400.
    pub days: Vec<String>,
    /// Gates that have entries.
    pub gates: Vec<String>,
    /// Guards.
    pub guards: Vec<PersonView>,
}

/// A finished export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct ExportDone {
    /// The file.
    pub path: String,
    /// Lines without the heading.
    pub rows: u32,
    /// Position of the record that tells of the export.
    pub position: u32,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct ExportProgress {
    /// Lines written.
    pub done: u32,
    /// Lines in all.
    pub total: u32,
}

/// The venue's settings as a manager sees them.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct SettingsView {
    /// The rules.
    pub policy: Policy,
    /// Cameras of this device.
    pub cameras: Vec<CameraChoice>,
    /// The chosen camera; `null` takes the first that works.
    pub camera: Option<String>,
    /// Where everything is kept.
    pub data_folder: String,
    /// Where exports go.
    pub export_folder: String,
}

/// A camera of this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct CameraChoice {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub name: String,
}
