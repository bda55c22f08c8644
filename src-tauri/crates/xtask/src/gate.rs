//! The static half of the one gate: everything that can be said about the code without running it.

use crate::failure::Failure;
use crate::prerequisites::{self, Purpose};
use crate::repository::Repository;
use crate::step::{announce, cargo, npm, run, succeeds};
use crate::tidy;
use crate::ui;
use crate::workspace::locked;

/// Crates without IO, clock or randomness. Each is also checked alone: in a build of the whole workspace features of
/// shared dependencies add up, and a clock that a neighbour has switched on would go unnoticed.
pub const PURE_CRATES: [&str; 4] = ["codes", "rules", "ledger", "audit"];

/// Checks tidiness, format, lints, documentation and dependencies; the quick checks come first.
///
/// # Errors
/// The first check that fails.
pub fn check(repository: &Repository) -> Result<(), Failure> {
    announce("tidiness");
    tidy::check(repository)?;
    run(&mut cargo(&["fmt", "--all", "--", "--check"]))?;
    dependencies()?;
    prerequisites::ensure(Purpose::Tests)?;
    ui::install(repository)?;
    run(npm(&["run", "lint"]).current_dir(repository.ui()))?;
    ui::build(repository)?;
    run(&mut locked(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    for name in pure_crates_of(repository) {
        let package = format!("gatepost-{name}");
        run(&mut locked(&[
            "clippy",
            "--package",
            &package,
            "--",
            "-D",
            "warnings",
        ]))?;
    }
    run(locked(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// The pure crates that exist in this checkout.
pub fn pure_crates_of(repository: &Repository) -> impl Iterator<Item = &'static str> {
    let crates = repository.root().join("src-tauri/crates");
    PURE_CRATES
        .into_iter()
        .filter(move |name| crates.join(name).exists())
}

/// Licences, bans, sources and known vulnerabilities, by `deny.toml`.
fn dependencies() -> Result<(), Failure> {
    if !succeeds(&mut cargo(&["deny", "--version"])) {
        announce(
            "SKIPPED: licences, bans, sources, advisories; cargo-deny is not installed (`cargo install --locked cargo-deny`)",
        );
        return Ok(());
    }
    run(&mut cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    advisories()
}

/// The advisory database lies on the internet. Being offline is said and not held against the code.
fn advisories() -> Result<(), Failure> {
    let arguments = ["deny", "check", "advisories"];
    let mut command = cargo(&arguments);
    announce("cargo deny check advisories");
    let output = command.output().map_err(|source| Failure::NotStarted {
        program: "cargo deny".to_owned(),
        source,
    })?;
    let report = String::from_utf8_lossy(&output.stderr);
    eprint!("{report}");
    if output.status.success() {
        return Ok(());
    }
    if report.contains("failed to fetch advisory database") {
        announce("SKIPPED: advisories; their database cannot be reached from here");
        return Ok(());
    }
    Err(Failure::StepFailed {
        step: "cargo deny check advisories".to_owned(),
        status: output.status,
    })
}
