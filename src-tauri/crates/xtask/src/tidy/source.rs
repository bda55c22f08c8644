//! The length of source files and the words that stay out of them.

use crate::tidy::{Finding, Written};

/// Lines of code a Rust or TypeScript file may have. The guide is 400; this is where it ends.
const LONGEST_FILE: usize = 500;
/// Lines of markup and script a Svelte component may have. The guide is 200; this is where it ends.
const LONGEST_COMPONENT: usize = 250;
/// Written by a test of the shell, as long as it has to be.
const GENERATED: [&str; 1] = ["ui/src/ipc/bindings.ts"];

/// Words that promise work instead of doing it. Split, so that this file does not find itself.
const PROMISES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
/// Calls that only tests may make.
const TEST_CALLS: [&str; 2] = [concat!(".unwrap", "()"), concat!("dbg", "!(")];

/// What is wrong with one file. Tests may be as long as they have to be and stop at the first surprise.
pub fn findings(file: &Written) -> Vec<Finding> {
    let is_rust = file.path.ends_with(".rs");
    let is_script = file.path.ends_with(".ts") || file.path.ends_with(".svelte");
    if !(is_rust || is_script) || GENERATED.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let mut findings = promises(file);
    if is_test(&file.path) {
        return findings;
    }
    let lines = if is_rust {
        without_tests(&file.text)
    } else {
        without_style(&file.text)
    };
    let code: Vec<&(usize, &str)> = lines.iter().filter(|(_, line)| is_code(line)).collect();
    let longest = if file.path.ends_with(".svelte") {
        LONGEST_COMPONENT
    } else {
        LONGEST_FILE
    };
    if code.len() > longest {
        let sentence = format!(
            "{} lines of code, {longest} at most: find the part that stands alone",
            code.len()
        );
        findings.push(Finding::new(&file.path, sentence));
    }
    if is_rust {
        findings.extend(test_calls(&file.path, &code));
    }
    findings
}

fn promises(file: &Written) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for word in PROMISES.iter().filter(|word| has_word(line, word)) {
            findings.push(Finding::new(
                &file.path,
                format!("line {}: {word}; do it or leave it", index + 1),
            ));
        }
    }
    findings
}

fn test_calls(path: &str, code: &[&(usize, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in code {
        for call in TEST_CALLS.iter().filter(|call| line.contains(*call)) {
            findings.push(Finding::new(
                path,
                format!("line {number}: `{call}` outside tests"),
            ));
        }
    }
    findings
}

/// Whether a file only runs in tests, by its name or one of its folders.
pub fn is_test(path: &str) -> bool {
    let mut names = path.split('/').rev();
    let file = names.next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    let by_name = stem == "tests"
        || stem.ends_with("_tests")
        || file.ends_with(".test.ts")
        || file.ends_with(".spec.ts")
        || file.ends_with(".d.ts");
    by_name || names.any(|folder| matches!(folder, "tests" | "test" | "benches" | "examples"))
}

/// Lines of a Rust file, numbered from 1, without the items that `#[cfg(test)]` stands before.
///
/// Relies on rustfmt: an item ends with the first `}` at the indentation of its attribute, or on a line with `;`.
fn without_tests(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((number, line)) = lines.next() {
        if !is_test_attribute(line) {
            kept.push((number, line));
            continue;
        }
        let indentation = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indentation}}}");
        for (_, line) in lines.by_ref() {
            let is_outer =
                line.starts_with(indentation) && !line[indentation.len()..].starts_with([' ', '#']);
            if line == end || (is_outer && line.ends_with(';')) {
                break;
            }
        }
    }
    kept
}

fn is_test_attribute(line: &str) -> bool {
    let line = line.trim();
    line == "#[cfg(test)]" || line.starts_with("#[cfg(all(test,")
}

/// Lines of a component, numbered from 1, without its `<style>`.
fn without_style(text: &str) -> Vec<(usize, &str)> {
    let mut in_style = false;
    let mut kept = Vec::new();
    for (index, line) in text.lines().enumerate() {
        in_style |= line.starts_with("<style");
        if !in_style {
            kept.push((index + 1, line));
        }
        in_style &= !line.starts_with("</style>");
    }
    kept
}

/// Whether a line says something to the compiler: not blank, not a comment.
fn is_code(line: &str) -> bool {
    let line = line.trim();
    let is_comment = line.starts_with("//")
        || line.starts_with("/*")
        || line.starts_with("* ")
        || line.starts_with("*/")
        || line == "*"
        || line.starts_with("<!--");
    !line.is_empty() && !is_comment
}

/// Whether a word stands in a line by itself, not as part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(start, _)| {
        !line[..start].ends_with(is_letter) && !line[start + word.len()..].starts_with(is_letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings_in(path: &str, text: &str) -> Vec<String> {
        let file = Written {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        findings(&file)
            .into_iter()
            .map(|finding| finding.sentence)
            .collect()
    }

    #[test]
    fn a_file_at_the_limit_passes_and_one_line_more_does_not() {
        let at_limit = "let a = 1;\n".repeat(LONGEST_FILE);
        assert!(findings_in("a/src/lib.rs", &at_limit).is_empty());
        assert_eq!(
            findings_in("a/src/lib.rs", &format!("{at_limit}let b = 1;\n")).len(),
            1
        );
    }

    #[test]
    fn comments_blank_lines_styles_and_tests_do_not_count() {
        let documented = "/// Why.\n\nlet a = 1;\n".repeat(LONGEST_FILE);
        assert!(findings_in("a/src/lib.rs", &documented).is_empty());
        let styled = format!(
            "<p>x</p>\n<style>\n{}</style>\n",
            "p {}\n".repeat(LONGEST_COMPONENT)
        );
        assert!(findings_in("ui/src/Card.svelte", &styled).is_empty());
        let tested = format!(
            "fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "    a();\n".repeat(LONGEST_FILE)
        );
        assert!(findings_in("a/src/lib.rs", &tested).is_empty());
    }

    #[test]
    fn an_unwrap_is_found_outside_tests_only() {
        let call = TEST_CALLS[0];
        assert_eq!(findings_in("a/src/lib.rs", &format!("let a = b{call};")).len(), 1);
        assert!(findings_in("a/tests/b.rs", &format!("let a = b{call};")).is_empty());
        let in_tests = format!("#[cfg(test)]\nmod tests {{\n    fn a() {{ b{call}; }}\n}}\n");
        assert!(findings_in("a/src/lib.rs", &in_tests).is_empty());
        assert!(findings_in("a/src/lib.rs", &format!("/// b{call}\nfn a() {{}}")).is_empty());
    }

    #[test]
    fn code_after_a_test_module_in_another_file_is_looked_at_again() {
        let text = format!("#[cfg(test)]\nmod tests;\n\nfn a() {{ b{}; }}\n", TEST_CALLS[0]);
        assert_eq!(
            findings_in("a/src/lib.rs", &text),
            [format!("line 4: `{}` outside tests", TEST_CALLS[0])]
        );
    }

    #[test]
    fn a_promise_is_found_in_any_source_but_not_inside_another_word() {
        let promise = PROMISES[0];
        assert_eq!(
            findings_in("ui/src/a.ts", &format!("// {promise}: later")).len(),
            1
        );
        assert_eq!(findings_in("a/tests/b.rs", &format!("// {promise}")).len(), 1);
        assert!(findings_in("ui/src/a.ts", &format!("const {promise}S = 1")).is_empty());
    }

    #[test]
    fn generated_bindings_may_be_as_long_as_they_are() {
        let long = "export type A = 1;\n".repeat(LONGEST_FILE + 1);
        assert!(findings_in("ui/src/ipc/bindings.ts", &long).is_empty());
    }
}
