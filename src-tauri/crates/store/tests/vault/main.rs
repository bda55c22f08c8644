//! Key files and the keychain, in folders of their own. A keychain of the person who runs the tests is never
//! touched: whatever could reach one runs in a second process, on a message bus of its own.

#![allow(clippy::unwrap_used)] // in the helpers as in the tests themselves

use std::fs;
use std::path::Path;

use gatepost_store::{
    DATABASE_NAME, KeyFile, KeyItem, KeyVault, Secret, Store, StoreError, VaultKind, open_vault,
};

const ITEMS: [KeyItem; 3] = [KeyItem::Device, KeyItem::Signing(0), KeyItem::DayKeys];

fn secret(byte: u8) -> Secret {
    [byte; 32].into()
}

/// The room that is kept back, and the lock.
const NOT_DATA: [&str; 2] = [gatepost_store::RESERVE_NAME, "gatepost.lock"];

/// Every file of a folder with its bytes, but for what holds none.
fn files_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            entry.path().is_file() && !NOT_DATA.contains(&entry.file_name().to_string_lossy().as_ref())
        })
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn names_in(folder: &Path) -> Vec<String> {
    files_in(folder).into_iter().map(|(name, _)| name).collect()
}

fn holds(folder: &Path, secret: &Secret) -> bool {
    files_in(folder)
        .iter()
        .any(|(_, bytes)| bytes.windows(32).any(|window| window == secret.as_slice()))
}

#[test]
fn every_secret_has_a_file_of_its_own_and_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let vault = KeyFile::in_folder(folder.path());
    for (item, byte) in ITEMS.into_iter().zip(1..) {
        assert_eq!(vault.load(item).unwrap(), None);
        vault.keep(item, &secret(byte)).unwrap();
    }
    for (item, byte) in ITEMS.into_iter().zip(1..) {
        assert_eq!(vault.load(item).unwrap(), Some(secret(byte)));
    }
    assert_eq!(
        names_in(folder.path()),
        ["gatepost.days.key", "gatepost.key", "gatepost.signing-0.key"]
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_a_key_file_also_where_a_looser_one_was_left() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("gatepost.key.new");
    fs::write(&left, [1; 10]).unwrap();
    fs::set_permissions(&left, fs::Permissions::from_mode(0o666)).unwrap();
    let vault = KeyFile::in_folder(folder.path());
    for item in ITEMS {
        vault.keep(item, &secret(1)).unwrap();
    }
    for name in names_in(folder.path()) {
        let mode = fs::metadata(folder.path().join(&name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_half_written_file_is_no_secret_and_does_not_stand_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let vault = KeyFile::in_folder(folder.path());
    fs::write(folder.path().join("gatepost.days.key.new"), [9; 10]).unwrap();
    assert_eq!(vault.load(KeyItem::DayKeys).unwrap(), None);
    vault.keep(KeyItem::DayKeys, &secret(2)).unwrap();
    assert_eq!(vault.load(KeyItem::DayKeys).unwrap(), Some(secret(2)));
    assert_eq!(names_in(folder.path()), ["gatepost.days.key"]);
}

#[test]
fn a_file_of_another_length_is_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let vault = KeyFile::in_folder(folder.path());
    for length in [0, 31, 33] {
        fs::write(folder.path().join("gatepost.signing-0.key"), vec![7; length]).unwrap();
        let loaded = vault.load(KeyItem::Signing(0));
        assert!(matches!(loaded, Err(StoreError::KeyMissing)), "{length} bytes");
    }
}

#[test]
fn a_rotated_secret_leaves_no_bytes_behind_not_even_under_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let vault = KeyFile::in_folder(folder.path());
    vault.keep(KeyItem::DayKeys, &secret(3)).unwrap();
    // A second name shows what becomes of blocks that the file system would give back.
    let blocks = folder.path().join("blocks");
    fs::hard_link(folder.path().join("gatepost.days.key"), &blocks).unwrap();
    vault.keep(KeyItem::DayKeys, &secret(4)).unwrap();
    assert!(!holds(folder.path(), &secret(3)));
    assert_eq!(fs::read(&blocks).unwrap(), [0; 32]);
    assert_eq!(vault.load(KeyItem::DayKeys).unwrap(), Some(secret(4)));
}

#[test]
fn a_forgotten_secret_is_gone_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let vault = KeyFile::in_folder(folder.path());
    vault.keep(KeyItem::Signing(0), &secret(5)).unwrap();
    vault.keep(KeyItem::Signing(1), &secret(6)).unwrap();
    fs::hard_link(
        folder.path().join("gatepost.signing-0.key"),
        folder.path().join("blocks"),
    )
    .unwrap();
    vault.forget(KeyItem::Signing(0)).unwrap();
    assert!(!holds(folder.path(), &secret(5)));
    assert_eq!(vault.load(KeyItem::Signing(0)).unwrap(), None);
    assert_eq!(vault.load(KeyItem::Signing(1)).unwrap(), Some(secret(6)));
    vault.forget(KeyItem::Signing(0)).unwrap();
}

#[test]
fn a_folder_of_before_goes_on_with_its_key_file_whatever_is_preferred() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gatepost.key"), [7; 32]).unwrap();
    let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
    assert_eq!(vault.kind(), VaultKind::KeyFile);
    assert_eq!(vault.load(KeyItem::Device).unwrap(), Some(secret(7)));
    assert_eq!(names_in(folder.path()), ["gatepost.key"]);
}

#[test]
fn a_database_that_lost_its_key_file_gets_neither_a_keychain_nor_a_new_key() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), KeyFile::in_folder(folder.path())).unwrap());
    fs::remove_file(folder.path().join("gatepost.key")).unwrap();
    let vault = open_vault(folder.path(), VaultKind::Keychain).unwrap();
    assert_eq!(vault.kind(), VaultKind::KeyFile);
    let opened = Store::open(folder.path(), vault);
    assert!(matches!(opened, Err(StoreError::KeyMissing)));
    assert_eq!(names_in(folder.path()), [DATABASE_NAME]);
}

#[test]
fn the_folder_remembers_its_vault_and_the_preference_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("gatepost.vault");
    for (line, kind) in [
        ("file\n", VaultKind::KeyFile),
        ("keychain 0123abcd\n", VaultKind::Keychain),
        ("keychain 0123abcd device signing-0 days\n", VaultKind::Keychain),
    ] {
        fs::write(&marker, line).unwrap();
        for preference in [VaultKind::Keychain, VaultKind::KeyFile] {
            let vault = open_vault(folder.path(), preference).unwrap();
            assert_eq!(vault.kind(), kind, "{line}");
        }
        assert_eq!(fs::read_to_string(&marker).unwrap(), line);
    }
}

#[test]
fn a_marker_that_says_nothing_opens_no_vault_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("gatepost.vault");
    for line in [&b""[..], b"keychain", b"vault 1", b"\xff\xfe"] {
        fs::write(&marker, line).unwrap();
        let opened = open_vault(folder.path(), VaultKind::KeyFile);
        assert!(matches!(opened, Err(StoreError::KeyMissing)), "{line:?}");
        assert_eq!(fs::read(&marker).unwrap(), line);
    }
}

#[cfg(target_os = "linux")]
mod keychain;
