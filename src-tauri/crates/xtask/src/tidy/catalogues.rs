//! The catalogues of all languages have the same messages, and each message takes the same values in all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::{Finding, Written};

/// The language that everything is written in first.
const FIRST: &str = "zh-CN";
/// The others.
const OTHERS: [&str; 1] = ["en"];

/// Messages by key, each with the values that it takes.
type Messages = BTreeMap<String, BTreeSet<String>>;

/// Where the catalogues differ from the first language's.
pub fn differences(files: &[Written]) -> Vec<Finding> {
    let catalogues = || {
        files
            .iter()
            .filter(|file| file.path.starts_with("assets/locales/"))
    };
    let mut findings = Vec::new();
    for first in catalogues().filter(|file| file.path.contains(FIRST)) {
        findings.extend(repeated_keys(first));
        for language in OTHERS {
            let path = first.path.replace(FIRST, language);
            match catalogues().find(|file| file.path == path) {
                Some(other) => {
                    findings.extend(repeated_keys(other));
                    findings.extend(compare(first, other));
                }
                None => findings.push(Finding::new(&path, format!("is missing beside {}", first.path))),
            }
        }
    }
    findings
}

fn compare(first: &Written, other: &Written) -> Vec<Finding> {
    let (in_first, in_other) = (messages(&first.text), messages(&other.text));
    let mut findings = Vec::new();
    for (key, values) in &in_first {
        match in_other.get(key) {
            None => findings.push(Finding::new(&other.path, format!("`{key}` is missing"))),
            Some(others) if others != values => {
                findings.push(Finding::new(
                    &other.path,
                    format!("`{key}` takes other values than in {}", first.path),
                ));
            }
            Some(_) => {}
        }
    }
    for key in in_other.keys().filter(|key| !in_first.contains_key(*key)) {
        findings.push(Finding::new(&first.path, format!("`{key}` is missing")));
    }
    findings
}

fn repeated_keys(file: &Written) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    file.text
        .lines()
        .filter_map(key_of)
        .filter(|key| !seen.insert(*key))
        .map(|key| Finding::new(&file.path, format!("`{key}` stands there twice")))
        .collect()
}

/// Reads a Fluent catalogue far enough to know its messages, terms, attributes and the values they take.
fn messages(text: &str) -> Messages {
    let mut messages = Messages::new();
    let (mut message, mut current) = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(key) = key_of(line) {
            key.clone_into(&mut message);
            current.clone_from(&message);
        } else if let Some(attribute) = attribute_of(line) {
            current = format!("{message}.{attribute}");
        }
        if !current.is_empty() && !line.trim().is_empty() {
            messages
                .entry(current.clone())
                .or_default()
                .extend(values_in(line));
        }
    }
    messages
}

/// `key` of a line `key = …`; a term's key begins with `-`.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim_end();
    let is_key = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-')
        && key
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'));
    is_key.then_some(key)
}

/// `name` of an indented line `.name = …`.
fn attribute_of(line: &str) -> Option<&str> {
    let (name, _) = line
        .strip_prefix(' ')?
        .trim_start()
        .strip_prefix('.')?
        .split_once('=')?;
    Some(name.trim_end())
}

/// The names after each `$` of a line, except where a value only selects a plural: not every language has one.
fn values_in(line: &str) -> impl Iterator<Item = String> {
    let is_letter = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    line.split('$').skip(1).filter_map(move |rest| {
        let (name, after) = rest.split_at(rest.find(|character| !is_letter(character)).unwrap_or(rest.len()));
        (!after.trim_start().starts_with("->")).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(first: &str, other: &str) -> Vec<String> {
        let files = [
            ("assets/locales/zh-CN.ftl", first),
            ("assets/locales/en.ftl", other),
        ]
        .map(|(path, text)| Written {
            path: path.to_owned(),
            text: text.to_owned(),
        });
        differences(&files)
            .into_iter()
            .map(|finding| format!("{}: {}", finding.path, finding.sentence))
            .collect()
    }

    #[test]
    fn equal_keys_with_equal_values_pass_whatever_they_say() {
        let chinese = "# 注释\nverdict-admit = 放行\nentries =\n    { $count } 条\n    .hint = 今日\n";
        let english = "verdict-admit = Admit\nentries = { $count ->\n    [one] one entry\n   *[other] { $count } entries\n }\n    .hint = Today\n";
        assert_eq!(sentences(chinese, english), Vec::<String>::new());
    }

    #[test]
    fn a_message_or_attribute_that_one_language_lacks_is_found_in_that_language() {
        assert_eq!(
            sentences("a = 甲\nb = 乙\n", "a = A\n"),
            ["assets/locales/en.ftl: `b` is missing"]
        );
        assert_eq!(
            sentences("a = 甲\n", "a = A\n    .hint = H\n"),
            ["assets/locales/zh-CN.ftl: `a.hint` is missing"]
        );
    }

    #[test]
    fn a_value_that_one_language_forgets_is_found() {
        let found = sentences("a = { $gate } 门岗\n", "a = Gate\n");
        assert_eq!(
            found,
            ["assets/locales/en.ftl: `a` takes other values than in assets/locales/zh-CN.ftl"]
        );
    }

    #[test]
    fn a_value_that_only_selects_a_plural_may_be_left_out_by_a_language_without_plurals() {
        let english = "people = { $n ->\n    [one] person\n   *[other] people\n }\n";
        assert_eq!(sentences("people = 人次\n", english), Vec::<String>::new());
    }

    #[test]
    fn a_key_that_stands_there_twice_is_found() {
        assert_eq!(
            sentences("a = 甲\na = 乙\n", "a = A\n"),
            ["assets/locales/zh-CN.ftl: `a` stands there twice"]
        );
    }

    #[test]
    fn a_catalogue_without_its_counterpart_is_found() {
        let only = Written {
            path: "assets/locales/zh-CN/door.ftl".to_owned(),
            text: "a = 甲\n".to_owned(),
        };
        assert_eq!(
            differences(&[only]),
            [Finding::new(
                "assets/locales/en/door.ftl",
                "is missing beside assets/locales/zh-CN/door.ftl"
            )]
        );
    }
}
