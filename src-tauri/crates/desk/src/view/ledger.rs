//! The ledger as managers and inspectors see it.

use gatepost_ledger::audit::{self, Report};
use gatepost_ledger::{KeyChangeReason, RetentionClass, RetentionPolicy};
use gatepost_report::QrModules;
use gatepost_store::VaultKind;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{CameraView, StoreFault};

/// A QR code to be drawn: dark modules are `1`, row by row, without a quiet zone. One of width 0 is none: what it
/// was to say does not fit, and only its text can be copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct QrView {
    /// Modules in a row.
    pub width: u16,
    /// `width * width` characters, `0` or `1`.
    pub modules: String,
}

impl QrView {
    /// The code of these bytes; one of no modules where they do not fit any.
    pub(crate) fn of(bytes: &[u8]) -> QrView {
        let code = QrModules::of(bytes);
        QrView {
            width: code
                .as_ref()
                .map_or(0, |code| u16::try_from(code.width()).unwrap_or(0)),
            modules: code.map_or_else(String::new, |code| {
                code.modules().map(|dark| if dark { '1' } else { '0' }).collect()
            }),
        }
    }
}

/// A seal: what the ledger is at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct SealView {
    /// Records.
    pub size: u32,
    /// The signed note.
    pub note: String,
    /// Eight words that stand for it, in the language of the screen.
    pub words: Vec<String>,
    /// The signed note as a code.
    pub qr: QrView,
}

/// What is known of the ledger being whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum AuditView {
    /// Not looked at since the program was started, but for the last records.
    NotYet,
    /// Going on.
    Running {
        /// Records so far.
        checked: u32,
        /// Of so many.
        of: u32,
    },
    /// No fault was found.
    Whole {
        /// Records that were audited.
        size: u32,
        /// Local time, RFC 3339.
        at: String,
        /// What somebody should ask about all the same; only where there is none was nothing found.
        warnings: Vec<WarningView>,
    },
    /// No fault was found in a file that ends before what this device witnessed, as an older backup or bundle does. So
    /// does a gate whose records were cut off: which of the two it is, whoever brought the file knows.
    Older {
        /// Records of the ledger in the file.
        size: u32,
        /// Records that this device witnessed.
        witnessed: u32,
        /// Local time, RFC 3339.
        at: String,
        /// As of a whole one.
        warnings: Vec<WarningView>,
    },
    /// Something does not fit: the first fault.
    Broken {
        /// Position of the record.
        position: u32,
        /// The rule, as a stable word.
        rule: String,
        /// What should be there.
        expected: String,
        /// What is.
        found: String,
    },
    /// It could not be read.
    Unreadable {
        /// Why.
        fault: StoreFault,
    },
}

/// What an audit warns of, by the words of [`audit::WarningKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Disclosures were destroyed, or are still there, more than a day after they were due.
    LateErasure,
    /// A shift that nobody closed.
    ShiftNeverClosed,
    /// A start that follows no proper end.
    NoShutdown,
    /// The ledger was put back from a backup.
    Restored,
    /// What stands before was recorded without signatures.
    BeforeKeys,
}

/// Something that an audit found, that proves nothing, and that somebody should ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct WarningView {
    /// What.
    pub kind: WarningKind,
    /// How often.
    pub count: u32,
    /// Position of the first record that it is about.
    pub first: u32,
}

impl WarningView {
    /// The warnings of an audit, one line for each kind, in the order in which they were found first.
    #[must_use]
    pub fn of_report(report: &Report) -> Vec<WarningView> {
        let mut views: Vec<WarningView> = Vec::new();
        for warning in &report.warnings {
            let kind = WarningKind::from(warning.kind);
            if views.iter().all(|view| view.kind != kind) {
                let count = report.warned.get(&warning.kind).copied().unwrap_or_default();
                views.push(WarningView {
                    kind,
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                    first: u32::try_from(warning.position).unwrap_or(u32::MAX),
                });
            }
        }
        views
    }
}

impl From<audit::WarningKind> for WarningKind {
    fn from(kind: audit::WarningKind) -> WarningKind {
        match kind {
            audit::WarningKind::LateErasure => WarningKind::LateErasure,
            audit::WarningKind::ShiftNeverClosed => WarningKind::ShiftNeverClosed,
            audit::WarningKind::NoShutdown => WarningKind::NoShutdown,
            audit::WarningKind::Restored => WarningKind::Restored,
            audit::WarningKind::BeforeKeys => WarningKind::BeforeKeys,
        }
    }
}

/// Somebody outside who signed what they saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct WitnessView {
    /// Records that were witnessed.
    pub size: u32,
    /// Name of the witness's key.
    pub witness: String,
    /// Local time by the witness's clock, RFC 3339.
    pub at: String,
    /// Whether whoever shows this knows the witness: a gate those who came to it, an inspector's device itself. Of
    /// any other key nobody can tell whose it is: it may be the gate's own, under whatever name.
    pub known: bool,
}

/// Days whose disclosures are kept while an investigation runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoldView {
    /// First day, `YYYY-MM-DD` (UTC).
    pub from: String,
    /// Last day.
    pub to: String,
}

/// What was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct ErasureView {
    /// Position of its record.
    pub position: u32,
    /// Which disclosures.
    pub class: RetentionClass,
    /// First day, `YYYY-MM-DD` (UTC).
    pub from: String,
    /// Last day.
    pub to: String,
    /// How many.
    pub count: u32,
}

/// How long disclosures are kept, and what became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct RetentionView {
    /// In force.
    pub policy: RetentionPolicy,
    /// In force.
    pub holds: Vec<HoldView>,
    /// Newest first, at most 20.
    pub erasures: Vec<ErasureView>,
    /// The clock ran ahead while the program was off, so nothing is erased until a manager says that it is right.
    pub waits_for_the_clock: bool,
}

/// Where the keys are and what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct KeysView {
    /// The system's keychain, or the weaker file.
    pub vault: VaultKind,
    /// The verifier key of the ledger.
    pub verifier: String,
    /// How often it was changed.
    pub changes: u32,
}

/// Room on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct DiskView {
    /// Free, in MB.
    pub free_mb: u32,
    /// There is so little that the manager has to make room.
    pub alarm: bool,
    /// The reserve was given up so that the gate can go on.
    pub reserve_used: bool,
}

/// Everything on the screen of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct LedgerView {
    /// Name of the ledger.
    pub origin: String,
    /// The newest seal.
    pub seal: SealView,
    /// Whether it is whole.
    pub audit: AuditView,
    /// Newest first, at most 20.
    pub witnesses: Vec<WitnessView>,
    /// Records after the last one that was witnessed: nobody outside has seen these yet.
    pub unwitnessed: u32,
    /// Retention.
    pub retention: RetentionView,
    /// Keys.
    pub keys: KeysView,
    /// Disk.
    pub disk: DiskView,
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct FileMade {
    /// Where it is.
    pub path: String,
    /// Its size in kB, rounded up.
    pub kilobytes: u32,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// A certificate of destruction that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct CertificateMade {
    /// The page to be printed.
    pub sheet: FileMade,
    /// The proof that belongs to it.
    pub proof: FileMade,
}

/// What is to go into an audit bundle beside the ledger.
#[derive(Clone, Debug, Default, Deserialize, Type)]
pub struct BundleForm {
    /// Positions of records whose disclosures go with it; usually none.
    pub disclose: Vec<u32>,
    /// Why, where any do: 1 to 200 characters.
    pub reason: String,
}

/// Why the last code that the gate saw while it waited for a witness did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum WitnessingTrouble {
    /// It was something else.
    OtherCode,
    /// The witness asks for another gate's ledger.
    OtherLedger,
    /// A cosignature, but not of this seal.
    OtherSeal,
    /// The clocks of the two devices are too far apart.
    Clock {
        /// That of the witness is so many seconds ahead.
        seconds: i32,
    },
    /// It was read, and the data gave way: nothing came of it.
    NotKept {
        /// Why.
        fault: StoreFault,
    },
}

/// Where the gate's side of witnessing stands.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "step", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum WitnessingView {
    /// Nothing is going on.
    Idle,
    /// The camera waits for the inspector's first code.
    WaitsForHello {
        /// The camera's health.
        camera: CameraView,
        /// What was wrong with the last code.
        trouble: Option<WitnessingTrouble>,
    },
    /// The gate shows its code; the camera waits for the inspector's answer.
    ShowsRequest {
        /// The camera's health.
        camera: CameraView,
        /// Name of the witness's key.
        witness: String,
        /// Records.
        size: u32,
        /// Eight words of the ledger's key, to be compared by somebody who sees this ledger for the first time.
        words: Vec<String>,
        /// The code.
        qr: QrView,
        /// The same to be copied, where no camera is at hand.
        text: String,
        /// What was wrong with the last code.
        trouble: Option<WitnessingTrouble>,
    },
    /// Witnessed and recorded.
    Done {
        /// Name of the witness's key.
        witness: String,
        /// Records.
        size: u32,
        /// Local time by the witness's clock, RFC 3339.
        at: String,
        /// The key was changed since the last visit, and what the new key signed is still to be witnessed: once
        /// more, please.
        again: bool,
    },
}

/// The inspector's own device.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct InspectorView {
    /// The inspector's verifier key, to be given to venues.
    pub verifier: String,
    /// Ledgers that this device has witnessed.
    pub known: Vec<KnownLedger>,
    /// The camera's health, while a visit is going on.
    pub camera: CameraView,
    /// Where it stands.
    pub step: InspectorStep,
    /// The last file that was checked, or is being checked.
    pub check: Option<CheckView>,
}

/// A ledger that the inspector's device remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct KnownLedger {
    /// Its name.
    pub origin: String,
    /// Records at the last visit; 0 for one that is trusted and was not witnessed yet.
    pub size: u32,
    /// Local time of the last visit, RFC 3339; absent where there was none.
    pub at: Option<String>,
}

/// Where the inspector's side of witnessing stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "step", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum InspectorStep {
    /// Nothing is going on.
    Idle,
    /// This device shows its first code; the camera waits for the gate's.
    ShowsHello {
        /// The ledger that is expected, or none for a first visit.
        origin: Option<String>,
        /// The code.
        qr: QrView,
        /// The same to be copied, where no camera is at hand.
        text: String,
        /// What was wrong with the last code.
        trouble: Option<VisitTrouble>,
    },
    /// A ledger that this device has never seen: the inspector compares the words with those at the gate.
    AsksFirstContact {
        /// Its name.
        origin: String,
        /// Records.
        size: u32,
        /// Eight words of its key.
        words: Vec<String>,
    },
    /// It is as it should be: the code to be held before the gate's camera.
    ShowsCosignature {
        /// Its name.
        origin: String,
        /// Records now.
        size: u32,
        /// Records at the last visit, where there was one.
        before: Option<u32>,
        /// The code.
        qr: QrView,
        /// The same to be copied, where no camera is at hand.
        text: String,
    },
    /// It is not as it should be.
    Refused {
        /// The ledger's name.
        origin: String,
        /// Why.
        refusal: WitnessRefusalKind,
        /// What was shown contradicts what this device has seen.
        alarm: bool,
        /// Records at the last visit, where there was one.
        before: Option<u32>,
        /// Records now.
        size: u32,
        /// The file that keeps what the gate showed, after an alarm.
        evidence: Option<String>,
    },
}

/// Why the last code that the inspector's device saw did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum VisitTrouble {
    /// It was something else, or for another visit.
    OtherCode,
    /// It was read, and the memory of this device gave way: no signature is given.
    NotKept {
        /// Why.
        fault: StoreFault,
    },
}

/// Why the inspector's device did not cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WitnessRefusalKind {
    /// Another key than is known.
    OtherKey,
    /// The record that should name the new key does not.
    Handover,
    /// The signature does not verify.
    BadSignature,
    /// Shorter than at the last visit.
    Truncated,
    /// As long as at the last visit, with other records.
    OtherRoot,
    /// No continuation of what was seen at the last visit.
    Forked,
    /// This device's own clock is earlier than at the last visit.
    Clock,
}

/// What a check of a bundle or a copied data folder gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct CheckView {
    /// The file or folder.
    pub path: String,
    /// Name of the ledger, where it could be read.
    pub origin: Option<String>,
    /// The answer, or how far it is.
    pub audit: AuditView,
    /// Of a bundle that shows a part of the ledger: which. Erasures, references and the course of the clock cannot be
    /// told from a part.
    pub part: Option<PartView>,
    /// Eight words of the seal it was checked against; none before the end.
    pub words: Vec<String>,
    /// Cosignatures in it.
    pub witnesses: Vec<WitnessView>,
    /// What this device itself witnessed of the ledger: records, where it knows the ledger. The file continues that;
    /// 0 where it trusts the key of the ledger, which is that of the file, and has witnessed no record.
    /// Of an older file: what is in it under this device's own signature, where there is one.
    pub continues: Option<u32>,
}

/// Records of which a bundle shows more than hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct PartView {
    /// Position of the first.
    pub from: u32,
    /// Position of the last.
    pub to: u32,
    /// Records of the ledger.
    pub of: u32,
}

/// A new key, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
pub struct KeyChangeForm {
    /// Why.
    pub reason: KeyChangeReason,
}
