//! Which files are meant by the paths of a command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Endings of files that are looked at in a folder; a file that is named itself may have any.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "y4m"];

/// What a path led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    File(PathBuf),
    /// A folder that cannot be listed, or one without a single picture.
    NoPictures(PathBuf),
}

/// The file itself, or what is in the folder and the folders in it, in the order of their names.
///
/// Hidden files and links to folders are left out: a link could lead back.
pub(super) fn found_at(path: &Path) -> Vec<Found> {
    if !path.is_dir() {
        return vec![Found::File(path.to_owned())];
    }
    let mut found = Vec::new();
    walk(path, &mut found);
    if found.is_empty() {
        found.push(Found::NoPictures(path.to_owned()));
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<Found>) {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<fs::DirEntry>>>);
    let Ok(mut entries) = listed else {
        found.push(Found::NoPictures(folder.to_owned()));
        return;
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, found),
            _ if is_picture(&path) && !path.is_dir() => found.push(Found::File(path)),
            _ => {}
        }
    }
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_pictures_and_those_below_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        fs::create_dir(at("d")).unwrap();
        for name in ["c.Y4M", "a.png", "b/z.JPG", "b/y.jpeg", "note.txt", ".hidden.png"] {
            fs::write(at(name), "").unwrap();
        }
        let files = ["a.png", "b/y.jpeg", "b/z.JPG", "c.Y4M"].map(|name| Found::File(at(name)));
        assert_eq!(found_at(folder.path()), files);
        assert_eq!(found_at(&at("d")), [Found::NoPictures(at("d"))]);
        assert_eq!(found_at(&at("note.txt")), [Found::File(at("note.txt"))]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("a.png");
        fs::write(&picture, "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("b")).unwrap();
        assert_eq!(found_at(folder.path()), [Found::File(picture)]);
    }
}
