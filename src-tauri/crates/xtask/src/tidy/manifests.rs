//! Every dependency that a Cargo manifest names is used by the package's own code.
//!
//! The manifests are ours and plain, so lines are enough. A dependency that is needed but never named in code goes into
//! `[package.metadata.cargo-machete] ignored`, the list that the tool of that name reads as well.

use crate::tidy::{Finding, Written};

/// Dependencies in `Cargo.toml` files, the root's included, that nothing uses.
pub fn unused_dependencies(files: &[Written]) -> Vec<Finding> {
    let manifests = || files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let folders: Vec<&str> = manifests().map(|manifest| folder_of(&manifest.path)).collect();
    let mut findings = Vec::new();
    for manifest in manifests() {
        let folder = folder_of(&manifest.path);
        let code: Vec<&str> = files
            .iter()
            .filter(|file| file.path.ends_with(".rs") && owner_of(&file.path, &folders) == Some(folder))
            .map(|file| file.text.as_str())
            .collect();
        let ignored = ignored(&manifest.text);
        for name in dependencies(&manifest.text) {
            if !ignored.contains(&name) && !code.iter().any(|text| names_crate(text, &name)) {
                findings.push(Finding::new(
                    &manifest.path,
                    format!("`{name}` is not used; remove it"),
                ));
            }
        }
    }
    findings.extend(uninherited(manifests()));
    findings
}

/// Entries of `[workspace.dependencies]` that no member inherits.
fn uninherited<'a>(manifests: impl Iterator<Item = &'a Written> + Clone) -> Vec<Finding> {
    let members: Vec<String> = manifests
        .clone()
        .flat_map(|manifest| dependencies(&manifest.text))
        .collect();
    let mut findings = Vec::new();
    for manifest in manifests {
        for name in keys_under(&manifest.text, |section| section == "workspace.dependencies") {
            if !members.contains(&name) {
                findings.push(Finding::new(
                    &manifest.path,
                    format!("no member uses `{name}`; remove it"),
                ));
            }
        }
    }
    findings
}

/// Names of a package's own dependencies of every kind.
fn dependencies(manifest: &str) -> Vec<String> {
    let is_dependency_section = |section: &str| {
        section != "workspace.dependencies"
            && ["dependencies", "dev-dependencies", "build-dependencies"]
                .iter()
                .any(|kind| {
                    section == *kind
                        || (section.starts_with("target.") && section.ends_with(&format!(".{kind}")))
                })
    };
    keys_under(manifest, is_dependency_section)
}

/// Keys of the tables that `is_wanted` selects by their header. `serde.workspace = true` has the key `serde`.
fn keys_under(manifest: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut keys = Vec::new();
    let mut wanted = false;
    let mut open_brackets = 0_i32;
    for line in manifest
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim())
    {
        if open_brackets == 0 && line.starts_with('[') {
            wanted = is_wanted(line.trim_matches(['[', ']']));
            continue;
        }
        if wanted && open_brackets == 0 && !line.is_empty() && !line.starts_with('#') {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            keys.push(key.trim_matches('"').to_owned());
        }
        open_brackets += bracket_balance(line);
    }
    keys
}

fn bracket_balance(line: &str) -> i32 {
    line.chars()
        .map(|character| match character {
            '[' | '{' => 1,
            ']' | '}' => -1,
            _ => 0,
        })
        .sum()
}

/// The list under `[package.metadata.cargo-machete]`.
fn ignored(manifest: &str) -> Vec<String> {
    let list = manifest
        .split_once("[package.metadata.cargo-machete]")
        .and_then(|(_, rest)| rest.split_once('['))
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(list, _)| list);
    list.split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .collect()
}

/// Whether Rust code names a crate: as the beginning of a path, or in `use` or `extern crate`.
fn names_crate(code: &str, dependency: &str) -> bool {
    let identifier = dependency.replace('-', "_");
    let path = format!("{identifier}::");
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .any(|line| {
            let begins_path = line
                .match_indices(&path)
                .any(|(start, _)| !line[..start].ends_with(is_letter));
            let declares = ["use ", "extern crate "].iter().any(|keyword| {
                line.split_once(&format!("{keyword}{identifier}"))
                    .is_some_and(|(_, rest)| !rest.starts_with(is_letter))
            });
            begins_path || declares
        })
}

/// The folder of a manifest, without its name and the last `/`; empty at the root.
fn folder_of(manifest: &str) -> &str {
    manifest.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The innermost package folder that a file lies in.
fn owner_of<'a>(path: &str, folders: &[&'a str]) -> Option<&'a str> {
    folders
        .iter()
        .filter(|folder| {
            folder.is_empty()
                || path
                    .strip_prefix(**folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|folder| folder.len())
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
[package]
name = "a"

[dependencies]
chrono.workspace = true
tauri-build = { version = "2", features = [
    "codegen",
] }

[target.'cfg(windows)'.dependencies]
winreg = "1" # the registry

[dev-dependencies]
proptest.workspace = true
"#;

    fn written(path: &str, text: &str) -> Written {
        Written {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn dependencies_of_every_kind_are_read() {
        assert_eq!(
            dependencies(MANIFEST),
            ["chrono", "tauri-build", "winreg", "proptest"]
        );
    }

    #[test]
    fn a_dependency_counts_as_used_by_the_code_of_its_own_package_only() {
        let files = [
            written("a/Cargo.toml", MANIFEST),
            written(
                "a/src/lib.rs",
                "use chrono::NaiveDate;\nfn f() { winreg::open(); }",
            ),
            written("a/build.rs", "fn main() { tauri_build::build(); }"),
            written("a/b/Cargo.toml", "[package]\nname = \"b\"\n"),
            written("a/b/src/lib.rs", "use proptest::prelude::*;"),
        ];
        let findings = unused_dependencies(&files);
        assert_eq!(
            findings,
            [Finding::new("a/Cargo.toml", "`proptest` is not used; remove it")]
        );
    }

    #[test]
    fn a_comment_or_a_longer_name_is_no_use() {
        assert!(!names_crate("// png::Encoder", "png"));
        assert!(!names_crate("let x = apng::Encoder;", "png"));
        assert!(!names_crate("use pngme::x;", "png"));
        assert!(names_crate("use png as p;", "png"));
        assert!(names_crate("    #[derive(specta::Type)]", "specta"));
    }

    #[test]
    fn a_dependency_on_the_ignored_list_is_left_alone() {
        let manifest = "[dependencies]\na-b = \"1\"\n[package.metadata.cargo-machete]\nignored = [\"a-b\"]\n";
        assert!(unused_dependencies(&[written("x/Cargo.toml", manifest)]).is_empty());
    }

    #[test]
    fn a_workspace_dependency_that_nobody_inherits_is_found() {
        let root = written(
            "Cargo.toml",
            "[workspace.dependencies]\nserde = \"1\"\nrand = \"0.9\"\n",
        );
        let member = written("a/Cargo.toml", "[dependencies]\nserde.workspace = true\n");
        let code = written("a/src/lib.rs", "use serde::Serialize;");
        assert_eq!(
            unused_dependencies(&[root, member, code]),
            [Finding::new("Cargo.toml", "no member uses `rand`; remove it")]
        );
    }
}
