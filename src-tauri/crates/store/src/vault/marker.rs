//! The line in a data folder that says where its secrets are.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::KeyItem;
use super::key_file::write_durably;
use crate::StoreError;

/// What a keychain may hold for one data folder. A keychain cannot be asked what it has, and a secret that
/// nobody remembers would outlive its erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Random; tells the entries of this folder from those of every other.
    pub(super) id: String,
    /// Every item that may have an entry; listed before it gets one.
    pub(super) items: BTreeSet<KeyItem>,
}

/// Where the secrets of a data folder are; the file `gatepost.vault`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// `file`, also without the file: a folder of before has none.
    File,
    /// `file, not keychain <id> <item> …`: in files, and the keychain still has to forget its own.
    FileNotKeychain(Kept),
    /// `keychain <id> <item> …`.
    Keychain(Kept),
}

const FILE: &str = "file";
const FILE_NOT_KEYCHAIN: &str = "file, not keychain ";
const KEYCHAIN: &str = "keychain ";

impl Marker {
    fn path(folder: &Path) -> PathBuf {
        folder.join("gatepost.vault")
    }

    /// Reads the marker of a folder; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] for a line that says nothing; a file error otherwise.
    pub(super) fn read(folder: &Path) -> Result<Option<Marker>, StoreError> {
        let path = Marker::path(folder);
        match fs::read_to_string(&path) {
            Ok(text) => parse(text.trim_end()).map(Some).ok_or(StoreError::KeyMissing),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(StoreError::KeyMissing),
            Err(error) => Err(StoreError::file(path, error)),
        }
    }

    /// Puts the marker into a folder, whole and for good.
    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        write_durably(&Marker::path(folder), format!("{self}\n").as_bytes())
    }
}

impl Display for Marker {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (word, kept) = match self {
            Marker::File => return formatter.write_str(FILE),
            Marker::FileNotKeychain(kept) => (FILE_NOT_KEYCHAIN, kept),
            Marker::Keychain(kept) => (KEYCHAIN, kept),
        };
        write!(formatter, "{word}{}", kept.id)?;
        kept.items
            .iter()
            .try_for_each(|item| write!(formatter, " {item}"))
    }
}

fn parse(line: &str) -> Option<Marker> {
    if line == FILE {
        return Some(Marker::File);
    }
    if let Some(rest) = line.strip_prefix(FILE_NOT_KEYCHAIN) {
        return parse_kept(rest).map(Marker::FileNotKeychain);
    }
    parse_kept(line.strip_prefix(KEYCHAIN)?).map(Marker::Keychain)
}

fn parse_kept(text: &str) -> Option<Kept> {
    let mut words = text.split(' ');
    let id = words.next().filter(|id| !id.is_empty())?.to_owned();
    let items = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    Some(Kept { id, items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let kept = || Kept {
            id: "0123abcd".to_owned(),
            items: [KeyItem::Device, KeyItem::Signing(12), KeyItem::DayKeys].into(),
        };
        for marker in [
            Marker::File,
            Marker::Keychain(kept()),
            Marker::FileNotKeychain(kept()),
        ] {
            assert_eq!(parse(&marker.to_string()), Some(marker));
        }
        assert_eq!(
            Marker::Keychain(kept()).to_string(),
            "keychain 0123abcd device signing-12 days"
        );
    }

    #[test]
    fn a_line_that_says_anything_else_is_no_marker() {
        for line in [
            "",
            "files",
            "keychain",
            "keychain ",
            "keychain id vault",
            "keychain id signing-01",
            "keychain id device ",
        ] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }
}
