//! Every npm package that `ui/package.json` names is used: imported, named in a configuration, or called by a script.

use crate::tidy::{Finding, Written};

const MANIFEST: &str = "ui/package.json";

/// Packages that do their work without being named: what stands behind each is a file that only it explains.
const WORK_UNNAMED: [(&str, &str); 3] = [
    ("axe-core", "tests/src/tour.rs"),
    ("typescript", "ui/tsconfig.json"),
    ("@types/node", "ui/vite.config.ts"),
];

/// npm packages that nothing in the UI uses.
pub fn unused_packages(files: &[Written]) -> Vec<Finding> {
    let Some(manifest) = files.iter().find(|file| file.path == MANIFEST) else {
        return Vec::new();
    };
    let scripts = entries(&manifest.text, "scripts");
    let sources: Vec<&str> = files
        .iter()
        .filter(|file| file.path.starts_with("ui/") && !file.path.contains("/package"))
        .map(|file| file.text.as_str())
        .collect();
    let packages = ["dependencies", "devDependencies"]
        .into_iter()
        .flat_map(|section| entries(&manifest.text, section));
    packages
        .map(|(name, _)| name)
        .filter(|name| {
            let is_called = scripts
                .iter()
                .any(|(_, line)| line.split(' ').any(|word| word == *name));
            let works_unnamed = WORK_UNNAMED.iter().any(|(package, evidence)| {
                package == name && files.iter().any(|file| file.path == *evidence)
            });
            !(is_called || works_unnamed || sources.iter().any(|text| names_package(text, name)))
        })
        .map(|name| Finding::new(MANIFEST, format!("`{name}` is not used; npm uninstall it")))
        .collect()
}

/// Whether a source names a package in quotes, alone or as the beginning of a path.
fn names_package(text: &str, package: &str) -> bool {
    ['"', '\''].iter().any(|quote| {
        text.match_indices(&format!("{quote}{package}"))
            .any(|(start, found)| text[start + found.len()..].starts_with([*quote, '/']))
    })
}

/// Keys and values of one section, as npm writes the file: a section is indented by two spaces, an entry by four.
fn entries<'a>(manifest: &'a str, section: &str) -> Vec<(&'a str, &'a str)> {
    let heading = format!("  \"{section}\": {{");
    manifest
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with("  }"))
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(key, value)| {
            (
                key.trim_matches('"'),
                value.trim_end_matches(',').trim_matches('"'),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE_JSON: &str = r#"{
  "name": "ui",
  "scripts": {
    "build": "vite build",
    "lint": "eslint . && prettier --check ."
  },
  "dependencies": {
    "@fluent/bundle": "^0.19.0"
  },
  "devDependencies": {
    "left-pad": "^1.0.0",
    "prettier": "^3.0.0",
    "vite": "^7.0.0"
  }
}
"#;

    fn findings_with(source: &str) -> Vec<Finding> {
        unused_packages(&[
            Written {
                path: MANIFEST.to_owned(),
                text: PACKAGE_JSON.to_owned(),
            },
            Written {
                path: "ui/src/words.ts".to_owned(),
                text: source.to_owned(),
            },
        ])
    }

    #[test]
    fn a_package_that_is_neither_imported_nor_called_is_found() {
        let findings = findings_with("import { FluentBundle } from '@fluent/bundle';");
        assert_eq!(
            findings,
            [Finding::new(MANIFEST, "`left-pad` is not used; npm uninstall it")]
        );
    }

    #[test]
    fn a_path_inside_a_package_is_a_use_and_a_longer_name_is_not() {
        assert!(names_package("import x from 'vite/client'", "vite"));
        assert!(!names_package("import x from 'vitest'", "vite"));
    }
}
