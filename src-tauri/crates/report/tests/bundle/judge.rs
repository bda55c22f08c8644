//! Both verifiers in front of the same bundle.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gatepost_ledger::bundle::{BundleFault, BundleReport, BundleTrust};
use gatepost_report::{SCRIPT, verify_bundle_file};
use tempfile::TempDir;

/// `verify.py`, imported once by a Python that goes on.
pub(crate) struct Judge {
    folder: TempDir,
    python: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a verifier said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything holds, and how many warnings of which kind there are, and where the first is.
    Pass(BTreeMap<String, (u64, u64)>),
    /// Where, and which rule.
    Fail(String, String),
}

impl Judge {
    pub(crate) fn new() -> Judge {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("verify.py"), SCRIPT).expect("written");
        let driver = folder.path().join("judge.py");
        std::fs::write(&driver, include_str!("judge.py")).expect("written");
        let mut python = Command::new("python3")
            .arg(&driver)
            .arg(folder.path())
            .env("PYTHONIOENCODING", "utf-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        Judge {
            questions: python.stdin.take(),
            answers: BufReader::new(python.stdout.take().expect("piped")),
            folder,
            python,
        }
    }

    /// Exit status and what was printed.
    pub(crate) fn ask(&mut self, arguments: &[&str]) -> (u64, String) {
        let questions = self.questions.as_mut().expect("open until it is dropped");
        let question = serde_json::to_string(arguments).expect("texts");
        writeln!(questions, "{question}").expect("Python listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("Python answers");
        serde_json::from_str(&answer).expect("what judge.py prints")
    }

    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn of_script(&mut self, zip: &[u8]) -> Verdict {
        let path = self.file("bundle.zip", zip);
        let (status, text) = self.ask(&[&path]);
        let lines: Vec<&str> = text.lines().collect();
        match status {
            0 => Verdict::Pass(lines.iter().filter_map(|line| warning(line)).collect()),
            2 => {
                let place = lines[1].replace("账页 ", "").replace("文件 ", "");
                let rule = lines[2].strip_prefix("rule 规则: ").expect(&text);
                Verdict::Fail(place, rule.to_owned())
            }
            _ => panic!("exit {status}: {text}"),
        }
    }

    /// What both verifiers say of a bundle, which must be the same.
    pub(crate) fn of_both(&mut self, zip: &[u8], what: &str) -> Verdict {
        let ours = verify_bundle_file(Cursor::new(zip), &BundleTrust::default());
        let ours = verdict_of(ours.expect("bytes in memory can be read"));
        assert_eq!(
            self.of_script(zip),
            ours,
            "verify.py on the left, Rust on the right: {what}"
        );
        ours
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // At the end of its questions it ends.
        self.questions = None;
        let _ = self.python.wait();
    }
}

fn verdict_of(verdict: Result<BundleReport, BundleFault>) -> Verdict {
    match verdict {
        Ok(report) => {
            let mut warnings: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for warning in report.audit.iter().flat_map(|audit| &audit.warnings) {
                let found = warnings.entry(warning.kind.word().to_owned());
                found.or_insert((0, warning.position)).0 += 1;
            }
            Verdict::Pass(warnings)
        }
        Err(BundleFault::Record(fault)) => {
            Verdict::Fail(format!("record {}", fault.position), fault.rule.word().to_owned())
        }
        Err(BundleFault::File { file, rule, .. }) => {
            Verdict::Fail(format!("file {file}"), rule.word().to_owned())
        }
    }
}

/// Of a line `warning 提示 KIND: COUNT, first at record 首见于账页 POSITION: …`.
fn warning(line: &str) -> Option<(String, (u64, u64))> {
    let (kind, rest) = line.strip_prefix("warning 提示 ")?.split_once(": ")?;
    let (count, rest) = rest.split_once(", first at record 首见于账页 ")?;
    let (position, _) = rest.split_once(": ")?;
    Some((kind.to_owned(), (count.parse().ok()?, position.parse().ok()?)))
}
