//! What no compiler checks: where things lie, how long files are, which words stay out, what belongs together.
//!
//! Every check is a function from text to findings; this module hands it the text of the whole repository.

pub mod catalogues;
pub mod manifests;
pub mod packages;
pub mod places;
pub mod source;

use crate::failure::Failure;
use crate::repository::Repository;

/// One place where the repository breaks one of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the root.
    pub path: String,
    /// What is wrong there, as a sentence that says what to do.
    pub sentence: String,
}

impl Finding {
    /// A finding in a file.
    pub fn new(path: &str, sentence: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            sentence: sentence.into(),
        }
    }
}

/// A file that somebody wrote.
#[derive(Clone, Debug)]
pub struct Written {
    /// Relative to the root, `/` between names.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Prints every finding and fails if there is one.
///
/// # Errors
/// [`Failure::Untidy`], or [`Failure::File`] when something cannot be read.
pub fn check(repository: &Repository) -> Result<(), Failure> {
    let findings = findings(repository)?;
    for Finding { path, sentence } in &findings {
        eprintln!("{path}: {sentence}");
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Failure::Untidy {
            findings: findings.len(),
        })
    }
}

/// Everything that is untidy in this checkout, in the order of the checks.
///
/// # Errors
/// [`Failure::File`] when something cannot be read.
pub fn findings(repository: &Repository) -> Result<Vec<Finding>, Failure> {
    let paths = repository.written_files()?;
    let files = texts(repository, &paths)?;
    let mut findings = places::strangers(&paths);
    findings.extend(places::unguarded_pure_crates(repository));
    findings.extend(files.iter().flat_map(source::findings));
    findings.extend(manifests::unused_dependencies(&files));
    findings.extend(packages::unused_packages(&files));
    findings.extend(catalogues::differences(&files));
    Ok(findings)
}

/// The files whose text the checks read, by the end of their names.
fn texts(repository: &Repository, paths: &[String]) -> Result<Vec<Written>, Failure> {
    const READ: [&str; 11] = [
        ".rs",
        ".toml",
        ".ts",
        ".js",
        ".svelte",
        ".css",
        ".html",
        ".json",
        ".ftl",
        ".mjs",
        ".prettierrc",
    ];
    paths
        .iter()
        .filter(|path| READ.iter().any(|ending| path.ends_with(ending)))
        .map(|path| {
            Ok(Written {
                path: path.clone(),
                text: repository.text(path)?,
            })
        })
        .collect()
}
