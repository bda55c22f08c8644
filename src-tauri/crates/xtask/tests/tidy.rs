//! The repository keeps its own rules.

use xtask::repository::Repository;
use xtask::tidy;

#[test]
fn the_repository_is_tidy() {
    let findings =
        tidy::findings(&Repository::of_this_run()).expect("every file of the checkout can be read");
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.path, finding.sentence))
        .collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}
