//! The UI's npm package: installed and built only when something has changed.
//!
//! What was installed and built is remembered inside `ui/node_modules`, so that removing that folder, or installing
//! anew, forgets it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::failure::Failure;
use crate::repository::Repository;
use crate::step::{announce, npm, run};

/// A copy of the lock file that `npm ci` last installed.
const INSTALLED: &str = "node_modules/.gatepost-installed";
/// The sources that the UI was last built from.
const BUILT: &str = "node_modules/.gatepost-built";

/// Installs exactly the packages of the lock file, unless they are installed already.
///
/// # Errors
/// When there is no UI or npm fails.
pub fn install(repository: &Repository) -> Result<(), Failure> {
    let ui = repository.ui();
    let lock = ui.join("package-lock.json");
    if !lock.exists() {
        return Err(Failure::NotThere {
            what: "the UI",
            path: lock,
        });
    }
    let wanted = read(&lock)?;
    if is_up_to_date(&wanted, fs::read(ui.join(INSTALLED)).ok().as_deref()) {
        return Ok(());
    }
    run(npm(&["ci", "--no-audit", "--no-fund"]).current_dir(&ui))?;
    write(ui.join(INSTALLED), &wanted)
}

/// Builds `ui/dist`, unless it is there and neither the UI nor the assets have changed since.
///
/// # Errors
/// When npm fails or a source cannot be read.
pub fn build(repository: &Repository) -> Result<(), Failure> {
    let ui = repository.ui();
    let sources = inventory(repository)?;
    let page = ui.join("dist/index.html");
    if page.exists() && is_up_to_date(sources.as_bytes(), fs::read(ui.join(BUILT)).ok().as_deref()) {
        announce("ui/dist is up to date");
        return Ok(());
    }
    run(npm(&["run", "build"]).current_dir(&ui))?;
    if !page.exists() {
        return Err(Failure::NotThere {
            what: "the built UI",
            path: page,
        });
    }
    // Taken again: the build itself may write sources, such as generated types.
    write(ui.join(BUILT), inventory(repository)?.as_bytes())
}

/// Whether what is remembered is what is wanted. Nothing remembered is never up to date.
fn is_up_to_date(wanted: &[u8], remembered: Option<&[u8]>) -> bool {
    remembered == Some(wanted)
}

/// Whether a file, given relative to the root, can change what the UI looks like when built.
fn is_source_of_ui(path: &str) -> bool {
    path.starts_with("ui/") || (path.starts_with("assets/") && !path.starts_with("assets/screenshots/"))
}

/// One line for each source with its length in bytes and its time of change in nanoseconds.
fn inventory(repository: &Repository) -> Result<String, Failure> {
    let mut lines = String::new();
    for path in repository
        .written_files()?
        .iter()
        .filter(|path| is_source_of_ui(path))
    {
        let file = repository.root().join(path);
        let unreadable = |source| Failure::File {
            path: file.clone(),
            source,
        };
        let metadata = fs::metadata(&file).map_err(unreadable)?;
        let changed = metadata
            .modified()
            .map_err(unreadable)?
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        writeln!(lines, "{path} {} {}", metadata.len(), changed.as_nanos())
            .expect("writing to a string cannot fail");
    }
    Ok(lines)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::File {
        path: path.to_path_buf(),
        source,
    })
}

fn write(path: PathBuf, content: &[u8]) -> Result<(), Failure> {
    fs::write(&path, content).map_err(|source| Failure::File { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own under the system's temporary folder, removed at the end.
    struct Checkout(PathBuf);

    impl Checkout {
        fn with(name: &str, files: &[(&str, &str)]) -> Checkout {
            let root = std::env::temp_dir().join(format!("xtask-ui-{name}-{}", std::process::id()));
            let checkout = Checkout(root);
            for (path, text) in files {
                checkout.put(path, text);
            }
            checkout
        }

        fn put(&self, path: &str, text: &str) {
            let file = self.0.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }

        fn inventory(&self) -> String {
            inventory(&Repository::at(&self.0)).unwrap()
        }
    }

    impl Drop for Checkout {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn nothing_remembered_is_never_up_to_date() {
        assert!(!is_up_to_date(b"lock", None));
        assert!(!is_up_to_date(b"", None));
    }

    #[test]
    fn the_same_lock_file_is_not_installed_twice_and_a_changed_one_is() {
        assert!(is_up_to_date(b"lock", Some(b"lock")));
        assert!(!is_up_to_date(b"lock 2", Some(b"lock")));
    }

    #[test]
    fn a_changed_an_added_and_a_removed_source_each_ask_for_a_new_build() {
        let checkout = Checkout::with(
            "change",
            &[("ui/src/a.ts", "a"), ("assets/locales/en.ftl", "k = v")],
        );
        let first = checkout.inventory();
        checkout.put("ui/src/a.ts", "aa");
        let changed = checkout.inventory();
        checkout.put("assets/locales/zh-CN.ftl", "k = v");
        let added = checkout.inventory();
        fs::remove_file(checkout.0.join("ui/src/a.ts")).unwrap();
        let removed = checkout.inventory();
        assert_ne!(first, changed);
        assert_ne!(changed, added);
        assert_ne!(added, removed);
    }

    #[test]
    fn what_was_built_installed_or_photographed_does_not_ask_for_a_new_build() {
        let checkout = Checkout::with("built", &[("ui/src/a.ts", "a")]);
        let first = checkout.inventory();
        checkout.put("ui/dist/index.html", "<p>");
        checkout.put("ui/node_modules/x/index.js", "1");
        checkout.put("assets/screenshots/door.png", "png");
        checkout.put("src-tauri/src/main.rs", "fn main() {}");
        assert_eq!(checkout.inventory(), first);
    }

    #[test]
    fn a_checkout_without_ui_is_said_and_not_built() {
        let checkout = Checkout::with("none", &[("README.md", "x")]);
        let failure = install(&Repository::at(&checkout.0)).unwrap_err();
        assert!(
            failure.to_string().starts_with("the UI is not there"),
            "{failure}"
        );
    }
}
