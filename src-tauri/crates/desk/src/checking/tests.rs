use super::*;
use std::sync::Arc;

use gatepost_ledger::note::{KeyKind, KeyName, SignerKey};
use gatepost_ledger::tree::Hash;

use crate::SystemClock;
use crate::desk::{CameraSource, DeskOptions, Earcon, Presenter};
use crate::view::{AppView, DoorView, ExportProgress, WitnessingView};
use gatepost_store::VaultKind;

struct Silent;

impl Presenter for Silent {
    fn app_changed(&self, _: &AppView) {}
    fn door_changed(&self, _: &DoorView) {}
    fn export_progress(&self, _: ExportProgress) {}
    fn audit_changed(&self, _: &AuditView) {}
    fn witnessing_changed(&self, _: &WitnessingView) {}
    fn inspector_changed(&self, _: &InspectorView) {}
    fn sound(&self, _: Earcon) {}
}

fn signer(seed: u8, kind: KeyKind, name: &str) -> SignerKey {
    let name = KeyName::new(name).expect("a name");
    SignerKey::of_seed(name, kind, &[seed; 32].into())
}

fn gate(seed: u8) -> VerifierKey {
    signer(seed, KeyKind::Note, "gatepost.example/market/A1").verifier()
}

/// A check by a device that knows the gate's first key.
fn checking(memory: WitnessMemory) -> Checking {
    Checking {
        desk: Weak::new(),
        number: 0,
        inspector_folder: PathBuf::new(),
        witness: signer(9, KeyKind::Cosignature, "inspector.example/7").verifier(),
        memory,
        offset_s: 0,
        locale: Locale::En,
        told: Instant::now(),
    }
}

fn report(keys: Vec<(u64, VerifierKey)>) -> BundleReport {
    BundleReport {
        seal: Seal {
            origin: gate(1).name().clone(),
            size: 20,
            root: Hash::of_leaf(b"made up"),
        },
        range: 5..10,
        keys,
        cosigned: vec![],
        vouched: 0,
        audit: None,
        shown: vec![],
        listed: std::array::from_fn(|_| gatepost_ledger::bundle::ListedFile {
            bytes: 0,
            sha256: [0; 32],
        }),
        files: 0,
    }
}

#[test]
fn a_check_that_was_given_up_says_nothing_any_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = DeskOptions {
        data_folder: folder.path().join("data"),
        export_folder: folder.path().join("exports"),
        camera: CameraSource::Demo,
        vault: VaultKind::KeyFile,
        inspector_folder: folder.path().join("inspector"),
        as_inspector: true,
    };
    let desk = Desk::start(options, Arc::new(SystemClock::start()), Arc::new(Silent));
    let begin = |number| {
        let mut state = desk.lock();
        let inspecting = state.inspecting.as_mut().expect("an inspector's");
        (inspecting.checking, inspecting.check) = (Some(number), Some(nothing_yet("new")));
    };
    let ended = |path| CheckView {
        audit: AuditView::NotYet,
        ..nothing_yet(path)
    };
    let shown = || desk.inspector().expect("a view").check.map(|check| check.path);
    begin(1);
    desk.leave_inspector().expect("left");
    desk.use_as_inspector().expect("again");
    assert!(desk.checked(1, ended("old")).is_break());
    assert_eq!(shown(), None);
    begin(2);
    assert!(desk.checked(1, nothing_yet("old")).is_break());
    assert_eq!(desk.check_file("another"), Err(DeskError::CheckRunning));
    assert!(desk.checked(2, ended("ended")).is_continue());
    assert_eq!(shown().as_deref(), Some("ended"));
}

#[test]
fn two_checks_have_two_folders_for_their_copies() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |number| Scratch::make(folder.path(), number).expect("made");
    let (first, second) = (make(1), make(2));
    drop(first);
    assert!(second.path().is_dir());
}

#[test]
fn a_copy_whose_check_goes_on_is_not_swept_and_what_a_crash_left_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let going_on = Scratch::make(folder.path(), 1).expect("made");
    let left = folder.path().join("check").join("7-7");
    std::fs::create_dir(&left).expect("left by a crash");
    std::fs::write(left.with_extension("lock"), "").expect("its lock, held by nobody");
    sweep(folder.path());
    assert!(going_on.path().is_dir() && !left.exists());
    drop(going_on);
    let copies = std::fs::read_dir(folder.path().join("check")).expect("the place of copies");
    assert_eq!(copies.count(), 0);
}

#[test]
fn a_ledger_known_by_its_key_alone_is_compared_by_that() {
    let mut memory = WitnessMemory::new();
    memory.trust(gate(1)).expect("trusted");
    let checking = checking(memory);
    let mut view = nothing_yet("bundle.zip");
    let other = report(vec![(0, gate(2))]);
    checking.sound_bundle(&mut view, &other).expect("told");
    assert!(
        matches!(&view.audit, AuditView::Broken { position: 0, rule, .. } if rule == "key"),
        "{view:?}"
    );
    assert_eq!(view.continues, None);
    let own = report(vec![(0, gate(2)), (3, gate(1))]);
    checking.sound_bundle(&mut view, &own).expect("told");
    assert_eq!(view.continues, Some(0));
}

#[test]
fn a_part_of_a_ledger_is_never_told_as_all_of_it() {
    let checking = checking(WitnessMemory::new());
    let mut view = nothing_yet("bundle.zip");
    checking
        .sound_bundle(&mut view, &report(vec![(0, gate(1))]))
        .expect("told");
    assert!(matches!(view.audit, AuditView::Whole { size: 5, .. }), "{view:?}");
    let part = PartView {
        from: 5,
        to: 9,
        of: 20,
    };
    assert_eq!((view.part, view.continues), (Some(part), None));
}
