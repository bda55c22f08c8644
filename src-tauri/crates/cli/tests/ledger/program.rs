//! The program, and folders for it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

/// Forty made-up days up to now: old enough that something is due for erasure.
static DEMO: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let days = ["--days", "40", "--per-day", "6", "--seed", "5"];
    let made = run(&[&["simulate", "--data-dir", shown(folder.path())], &days[..]].concat());
    assert_eq!(code(&made), 0, "{}", errors(&made));
    files_of(folder.path())
});

/// A folder of the test's own.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// Empty.
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    /// With the data of a gate in `gate`.
    pub(crate) fn with_gate() -> Folder {
        let folder = Folder::new();
        put(&folder.path("gate"), &DEMO);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path as an argument.
    pub(crate) fn at(&self, name: &str) -> String {
        shown(&self.path(name)).to_owned()
    }
}

pub(crate) fn shown(path: &Path) -> &str {
    path.to_str().expect("a path of the test")
}

/// Names and contents of the files of a folder, in order, without the reserve, which is large and empty,
/// and without what SQLite puts beside a database that is only read.
pub(crate) fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = names
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect();
    files.retain(|(name, bytes)| {
        let is_empty_log = name.ends_with("-wal") && bytes.is_empty();
        name != "gatepost.reserve" && !name.ends_with("-shm") && !is_empty_log
    });
    files.sort();
    files
}

/// Asserts that a folder has these files, byte for byte.
pub(crate) fn assert_as_before(folder: &Path, before: &[(String, Vec<u8>)]) {
    let now = files_of(folder);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&now), names(before));
    for ((name, now), (_, before)) in now.iter().zip(before) {
        assert!(now == before, "{name} changed");
    }
}

pub(crate) fn put(folder: &Path, files: &[(String, Vec<u8>)]) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("a file");
    }
}

/// The program in English, with nothing of this machine's settings.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost-cli"));
    for name in ["LC_ALL", "LC_MESSAGES", "GATEPOST_DATA_DIR"] {
        command.env_remove(name);
    }
    command.env("LANG", "en_GB.UTF-8");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    command()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program was built")
}

pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that refuses at once may have closed it.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs with `--json`; the exit code and the one line of standard output, or of standard error where that is empty.
pub(crate) fn json(arguments: &[&str]) -> (i32, Value) {
    let done = run(&[arguments, &["--json"]].concat());
    let line = match text(&done) {
        empty if empty.is_empty() => errors(&done),
        line => line,
    };
    let value = serde_json::from_str(line.lines().next().unwrap_or_default());
    (
        code(&done),
        value.unwrap_or_else(|_| panic!("a JSON line: {line}")),
    )
}

/// What must succeed.
pub(crate) fn done(arguments: &[&str]) -> Value {
    let (code, line) = json(arguments);
    assert_eq!(code, 0, "{arguments:?} {line}");
    line
}

/// Asserts that a command ends with this code and one plain sentence in each language.
pub(crate) fn refused(arguments: &[&str], exit: i32, error: &str) {
    let (code, line) = json(arguments);
    assert_eq!(
        (code, line["error"].as_str()),
        (exit, Some(error)),
        "{arguments:?} {line}"
    );
    for (language, mark) in [("zh-CN", true), ("en", false)] {
        let done = run(&[arguments, &["--language", language]].concat());
        let sentence = errors(&done);
        assert_eq!(sentence.trim_end().lines().count(), 1, "{sentence}");
        assert_eq!(sentence.contains(['，', '。', '；', '：']), mark, "{sentence}");
        assert!(!sentence.contains("panicked"), "{sentence}");
    }
}

/// Changes the first place in a file where `from` stands behind `anchor`.
pub(crate) fn change(file: &Path, anchor: &[u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(file).expect("a file");
    let find = |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).position(|window| window == wanted);
    let start = find(&bytes, anchor).expect("the anchor");
    let at = start + find(&bytes[start..], from).expect("the bytes");
    bytes[at..at + to.len()].copy_from_slice(to);
    fs::write(file, bytes).expect("written");
}
