//! The top level holds what the house plan names and nothing else; pure crates carry their own bans.

use crate::gate::pure_crates_of;
use crate::repository::Repository;
use crate::tidy::Finding;

/// Everything that may lie at the top level. A new name is a decision: it changes this list.
const TOP_LEVEL: [&str; 23] = [
    ".cargo",
    ".ci",
    ".config",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "README.zh-CN.md",
    "SECURITY.md",
    "assets",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src-tauri",
    "tests",
    "ui",
];

/// What a pure crate's own clippy.toml has to ban: time, files and the network.
const BANS_OF_PURE_CRATES: [&str; 4] = [
    "chrono::Utc::now",
    "std::time::SystemTime::now",
    "std::fs",
    "std::net",
];

/// Names at the top level that the house plan does not know.
pub fn strangers(paths: &[String]) -> Vec<Finding> {
    let mut names: Vec<&str> = paths.iter().filter_map(|path| path.split('/').next()).collect();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !TOP_LEVEL.contains(name))
        .map(|name| Finding::new(name, "the top level has no such name; put it where it belongs"))
        .collect()
}

/// Pure crates whose clippy.toml is missing or does not ban what it has to.
pub fn unguarded_pure_crates(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in pure_crates_of(repository) {
        let path = format!("src-tauri/crates/{name}/clippy.toml");
        let text = repository.text(&path).unwrap_or_default();
        for ban in BANS_OF_PURE_CRATES.iter().filter(|ban| !text.contains(*ban)) {
            findings.push(Finding::new(&path, format!("a pure crate bans {ban}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_the_plan_does_not_name_is_found_once() {
        let paths = ["README.md", "scripts/a.sh", "scripts/b.sh", "ui/package.json"].map(str::to_owned);
        let findings = strangers(&paths);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "scripts");
    }
}
