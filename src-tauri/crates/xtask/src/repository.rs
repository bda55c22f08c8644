//! Where things are in this checkout.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Names of folders that hold what was built or downloaded, or an editor's own notes, never what was written.
const NOT_OURS: [&str; 9] = [
    ".git",
    ".idea",
    ".svelte-kit",
    ".vscode",
    "dist",
    "gen",
    "node_modules",
    "target",
    "test-output",
];
/// What Cargo puts into a target folder, whatever that is called (<https://bford.info/cachedir/>).
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// One checkout of Gatepost.
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The checkout that `cargo xtask` was called in.
    ///
    /// Cargo tells the path at run time; the path of the build is the fallback for a binary started by hand.
    pub fn of_this_run() -> Repository {
        let manifest_folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_folder
            .ancestors()
            .nth(3)
            .expect("this crate lies three folders below the root: src-tauri/crates/xtask")
            .to_path_buf();
        Repository { root }
    }

    /// A checkout at a known place.
    pub fn at(root: &Path) -> Repository {
        Repository {
            root: root.to_path_buf(),
        }
    }

    /// The top level.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The UI's npm package.
    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// Every file that somebody wrote, as paths relative to the root with `/` between names, sorted.
    ///
    /// Build output, downloads and Git's own folder are left out by name, so the answer needs no Git.
    ///
    /// # Errors
    /// [`Failure::File`] when a folder cannot be read.
    pub fn written_files(&self) -> Result<Vec<String>, Failure> {
        let mut files = Vec::new();
        let mut open_folders = vec![String::new()];
        while let Some(folder) = open_folders.pop() {
            for (name, is_folder) in entries_of(&self.root.join(&folder))? {
                if NOT_OURS.contains(&name.as_str()) {
                    continue;
                }
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if !is_folder {
                    files.push(path);
                } else if !self.root.join(&path).join(CACHE_TAG).exists() {
                    open_folders.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// The text of a file, given relative to the root.
    ///
    /// # Errors
    /// [`Failure::File`] when it cannot be read as UTF-8.
    pub fn text(&self, path: &str) -> Result<String, Failure> {
        let path = self.root.join(path);
        fs::read_to_string(&path).map_err(|source| Failure::File { path, source })
    }
}

/// Names in a folder and whether each is a folder itself. A symbolic link counts as a file.
fn entries_of(folder: &Path) -> Result<Vec<(String, bool)>, Failure> {
    let unreadable = |source| Failure::File {
        path: folder.to_path_buf(),
        source,
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
        entries.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    Ok(entries)
}
