//! The keychain of Linux, the Secret Service: a real one, a silent one and none.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;

use gatepost_store::{KeychainFault, move_to_key_file, move_to_keychain};

use super::*;

/// Tells the second process that it is the second one.
const INSIDE: &str = "GATEPOST_TEST_INSIDE";
/// Starts an unlocked keychain in the session of a message bus, then the test.
const UNLOCKED: &str =
    "printf x | gnome-keyring-daemon --unlock --components=secrets >&2 && exec \"$0\" \"$@\"";

/// Runs `body` in a second process, by `program` and with this message bus, in a home of its own.
fn inside(test: &str, program: &[&str], bus: Option<&str>, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let home = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let mut words = program.to_vec();
    words.push(this.to_str().unwrap());
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .args(["--exact", &format!("keychain::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .env("HOME", home.path())
        // Nobody is there who could be asked for a password.
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .envs(bus.map(|address| ("DBUS_SESSION_BUS_ADDRESS", address)));
    for name in [
        "XDG_RUNTIME_DIR",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
    ] {
        command.env(name, home.path());
    }
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn without_a_keychain(test: &str, body: impl FnOnce()) {
    inside(test, &[], Some("unix:path=/nowhere/bus"), body);
}

/// A message bus that takes every call and says nothing.
fn with_a_silent_keychain(test: &str, body: impl FnOnce()) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    // Ends with the process of the tests.
    thread::spawn(move || {
        let mut held = Vec::new();
        for caller in listener.incoming() {
            held.push(caller);
        }
    });
    let address = format!("unix:path={}", path.display());
    inside(test, &[], Some(&address), body);
}

fn with_a_keychain(test: &str, body: impl FnOnce()) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &&str| std::env::split_paths(&path).any(|folder| folder.join(program).exists());
    let needed = ["dbus-run-session", "gnome-keyring-daemon", "dbus-send"];
    if let Some(absent) = needed.iter().find(|program| !is_there(program)) {
        // Past the runner, which keeps what passing tests print to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs {absent}");
        return;
    }
    inside(
        test,
        &["dbus-run-session", "--", "sh", "-c", UNLOCKED],
        None,
        body,
    );
}

fn lock_the_keychain() {
    let done = Command::new("dbus-send")
        .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets"])
        .args(["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"])
        .arg("array:objpath:/org/freedesktop/secrets/collection/login")
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn fault_of<T>(answer: Result<T, StoreError>) -> KeychainFault {
    match answer {
        Err(StoreError::KeychainUnavailable(fault)) => fault,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("the keychain gave something"),
    }
}

/// A folder whose secrets are in a keychain, with the three of [`ITEMS`] in it.
fn in_the_keychain(folder: &Path) -> Box<dyn KeyVault> {
    let vault = open_vault(folder, VaultKind::Keychain).unwrap();
    assert_eq!(vault.kind(), VaultKind::Keychain);
    for (item, byte) in ITEMS.into_iter().zip(1..) {
        vault.keep(item, &secret(byte)).unwrap();
    }
    vault
}

fn assert_all_there(vault: &dyn KeyVault, kind: VaultKind) {
    assert_eq!(vault.kind(), kind);
    for (item, byte) in ITEMS.into_iter().zip(1..) {
        assert_eq!(vault.load(item).unwrap(), Some(secret(byte)), "{item}");
    }
}

fn marker(folder: &Path) -> String {
    fs::read_to_string(folder.join("gatepost.vault")).unwrap()
}

/// The vault that a marker of this text leads to, in a folder beside.
fn by_marker(text: &str) -> (tempfile::TempDir, Box<dyn KeyVault>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gatepost.vault"), text).unwrap();
    let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
    (folder, vault)
}

#[test]
fn without_a_keychain_a_new_folder_gets_key_files() {
    without_a_keychain("without_a_keychain_a_new_folder_gets_key_files", || {
        let folder = tempfile::tempdir().unwrap();
        let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
        assert_eq!(vault.kind(), VaultKind::KeyFile);
        drop(Store::open(folder.path(), vault).unwrap());
        assert_eq!(names_in(folder.path()), ["gatepost.key", DATABASE_NAME]);
    });
}

#[test]
fn without_its_keychain_a_folder_is_refused_and_left_as_it_is() {
    without_a_keychain(
        "without_its_keychain_a_folder_is_refused_and_left_as_it_is",
        || {
            let folder = tempfile::tempdir().unwrap();
            drop(Store::open(folder.path(), KeyFile::in_folder(folder.path())).unwrap());
            fs::remove_file(folder.path().join("gatepost.key")).unwrap();
            fs::write(folder.path().join("gatepost.vault"), "keychain 0123abcd device\n").unwrap();
            let before = files_in(folder.path());
            let vault = open_vault(folder.path(), VaultKind::KeyFile).unwrap();
            let opened = Store::open(folder.path(), vault);
            assert_eq!(fault_of(opened), KeychainFault::Absent);
            assert_eq!(fault_of(move_to_key_file(folder.path())), KeychainFault::Absent);
            assert_eq!(files_in(folder.path()), before);
        },
    );
}

#[test]
fn without_a_keychain_nothing_moves_there() {
    without_a_keychain("without_a_keychain_nothing_moves_there", || {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFile::in_folder(folder.path());
        for (item, byte) in ITEMS.into_iter().zip(1..) {
            files.keep(item, &secret(byte)).unwrap();
        }
        assert_eq!(fault_of(move_to_keychain(folder.path())), KeychainFault::Absent);
        let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
        assert_all_there(vault.as_ref(), VaultKind::KeyFile);
    });
}

#[test]
fn a_keychain_that_never_answers_does_not_hold_up_a_new_folder() {
    with_a_silent_keychain(
        "a_keychain_that_never_answers_does_not_hold_up_a_new_folder",
        || {
            let folder = tempfile::tempdir().unwrap();
            let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
            assert_eq!(vault.kind(), VaultKind::KeyFile);
        },
    );
}

#[test]
fn a_keychain_that_never_answers_is_told_after_a_while() {
    with_a_silent_keychain("a_keychain_that_never_answers_is_told_after_a_while", || {
        let (_folder, vault) = by_marker("keychain 0123abcd device\n");
        assert_eq!(fault_of(vault.load(KeyItem::Device)), KeychainFault::Silent);
    });
}

#[test]
fn a_new_folder_prefers_the_keychain_and_opens_again_with_it() {
    with_a_keychain(
        "a_new_folder_prefers_the_keychain_and_opens_again_with_it",
        || {
            let folder = tempfile::tempdir().unwrap();
            for _ in 0..2 {
                let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
                assert_eq!(vault.kind(), VaultKind::Keychain);
                drop(Store::open(folder.path(), vault).unwrap());
                assert_eq!(names_in(folder.path()), [DATABASE_NAME, "gatepost.vault"]);
            }
            let beside = tempfile::tempdir().unwrap();
            let other = open_vault(beside.path(), VaultKind::Keychain).unwrap();
            assert_eq!(other.load(KeyItem::Device).unwrap(), None);
        },
    );
}

#[test]
fn a_keychain_replaces_and_forgets() {
    with_a_keychain("a_keychain_replaces_and_forgets", || {
        let folder = tempfile::tempdir().unwrap();
        let vault = in_the_keychain(folder.path());
        assert_all_there(vault.as_ref(), VaultKind::Keychain);
        vault.keep(KeyItem::DayKeys, &secret(9)).unwrap();
        assert_eq!(vault.load(KeyItem::DayKeys).unwrap(), Some(secret(9)));
        vault.forget(KeyItem::Signing(0)).unwrap();
        vault.forget(KeyItem::Signing(0)).unwrap();
        assert_eq!(vault.load(KeyItem::Signing(0)).unwrap(), None);
        assert!(marker(folder.path()).ends_with(" device days\n"));
    });
}

#[test]
fn a_locked_keychain_is_told_and_nothing_is_made_anew() {
    with_a_keychain("a_locked_keychain_is_told_and_nothing_is_made_anew", || {
        let folder = tempfile::tempdir().unwrap();
        let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
        drop(Store::open(folder.path(), vault).unwrap());
        let before = files_in(folder.path());
        lock_the_keychain();
        let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
        let opened = Store::open(folder.path(), vault);
        // A session without a prompter either refuses at once or waits for one.
        let fault = fault_of(opened);
        assert!(
            matches!(fault, KeychainFault::Locked | KeychainFault::Silent),
            "{fault}"
        );
        assert_eq!(files_in(folder.path()), before);
    });
}

#[test]
fn secrets_move_into_the_keychain_and_back() {
    with_a_keychain("secrets_move_into_the_keychain_and_back", || {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFile::in_folder(folder.path());
        for (item, byte) in ITEMS.into_iter().zip(1..) {
            files.keep(item, &secret(byte)).unwrap();
        }
        let moved = move_to_keychain(folder.path()).unwrap();
        assert_all_there(moved.as_ref(), VaultKind::Keychain);
        assert_eq!(names_in(folder.path()), ["gatepost.vault"]);
        let in_keychain = marker(folder.path());

        let back = move_to_key_file(folder.path()).unwrap();
        assert_all_there(back.as_ref(), VaultKind::KeyFile);
        assert_eq!(marker(folder.path()), "file\n");
        let (_folder, forgotten) = by_marker(&in_keychain);
        for item in ITEMS {
            assert_eq!(forgotten.load(item).unwrap(), None, "{item}");
        }
    });
}

#[test]
fn a_power_cut_after_the_move_into_the_keychain_leaves_files_that_the_next_start_erases() {
    let test = "a_power_cut_after_the_move_into_the_keychain_leaves_files_that_the_next_start_erases";
    with_a_keychain(test, || {
        let folder = tempfile::tempdir().unwrap();
        drop(in_the_keychain(folder.path()));
        let files = KeyFile::in_folder(folder.path());
        files.keep(KeyItem::Device, &secret(1)).unwrap();
        files.keep(KeyItem::DayKeys, &secret(99)).unwrap();
        let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
        assert_all_there(vault.as_ref(), VaultKind::Keychain);
        // What the keychain does not have stays: it may be the only one.
        assert_eq!(names_in(folder.path()), ["gatepost.days.key", "gatepost.vault"]);
    });
}

#[test]
fn a_power_cut_before_the_move_is_in_force_leaves_entries_that_the_next_start_forgets() {
    let test = "a_power_cut_before_the_move_is_in_force_leaves_entries_that_the_next_start_forgets";
    with_a_keychain(test, || {
        let folder = tempfile::tempdir().unwrap();
        drop(in_the_keychain(folder.path()));
        let in_keychain = marker(folder.path());
        let files = KeyFile::in_folder(folder.path());
        for (item, byte) in ITEMS.into_iter().zip(1..) {
            files.keep(item, &secret(byte)).unwrap();
        }
        let unfinished = in_keychain.replace("keychain", "file, not keychain");
        fs::write(folder.path().join("gatepost.vault"), unfinished).unwrap();
        let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
        assert_all_there(vault.as_ref(), VaultKind::KeyFile);
        assert_eq!(marker(folder.path()), "file\n");
        let (_folder, forgotten) = by_marker(&in_keychain);
        assert_eq!(forgotten.load(KeyItem::DayKeys).unwrap(), None);
    });
}

#[test]
fn the_keychain_of_somebody_else_is_not_moved_out_of() {
    with_a_keychain("the_keychain_of_somebody_else_is_not_moved_out_of", || {
        let (folder, _vault) = by_marker("keychain 0123abcd device days\n");
        let moved = move_to_key_file(folder.path());
        assert!(matches!(moved, Err(StoreError::KeyMissing)));
        assert_eq!(marker(folder.path()), "keychain 0123abcd device days\n");
    });
}
