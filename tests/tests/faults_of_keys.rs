//! Every single call that the store makes on its files fails once, while days begin and end: the database, its log, the
//! keys of the days, the vault and the reserve. Each fault is told in plain words, the same thing done again succeeds,
//! the next start is in order, nothing confirmed is lost, no key whose data are kept, and no erased key is left.
//!
//! The faults come from strace, which counts the calls on each file and answers the one in question itself.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "how many calls failed is part of the result")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatepost_store::{
    AuditOptions, Audited, DATABASE_NAME, DAY_KEYS_NAME, MADE_ABOVE_BYTES, RESERVE_NAME, audit_folder,
};
use gatepost_tests::made_up::{GATE, START_MS, entry, moment, open, set_up};
use gatepost_tests::skip::skip;
use rustix::fs::statvfs;
use tempfile::TempDir;

/// What makes, fills, renames and removes a file. Reading is left out: what cannot be read at a start is a fault that
/// the screen has a sentence for (`faults`).
const CALLS: [&str; 9] = [
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fallocate",
    "rename",
    "unlink",
];
/// The disk says no.
const INPUT_OUTPUT: &str = "EIO";
/// And it is full.
const NO_SPACE: &str = "ENOSPC";
/// When the script begins: some hours after the set-up, on the same day.
const FIRST_S: u64 = 3600;

/// A data folder with a visitor of the first day, as a proper end leaves it.
struct Template {
    folder: TempDir,
    old: u64,
}

impl Template {
    fn new() -> Template {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = open(folder.path()).expect("a new store");
        store.set_up(moment(0, 0), &set_up()).expect("a set-up");
        let boot = store.boot(START_MS, 0, GATE, "0.1.0").expect("a start");
        let old = store.append_entry(&entry(boot, 1)).expect("an entry");
        let reader = store.reader().expect("a reader");
        assert!(reader.entry(old).expect("the entry").temperature.is_some());
        drop((reader, store));
        Template { folder, old }
    }

    /// Another folder with the same files, and without the reserve: it is made anew.
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        for file in fs::read_dir(self.folder.path()).expect("the folder") {
            let name = file.expect("a file").file_name();
            if name != RESERVE_NAME {
                fs::copy(self.folder.path().join(&name), copy.path().join(&name)).expect("a copy");
            }
        }
        copy
    }
}

/// Every file that the store writes, under all its names, and the folder whose entries it syncs.
fn files(folder: &Path) -> Vec<PathBuf> {
    let database = format!("{DATABASE_NAME}-wal");
    let mut files = vec![
        folder.to_owned(),
        folder.join(DATABASE_NAME),
        folder.join(database),
    ];
    for name in [DAY_KEYS_NAME, "gatepost.days.key", RESERVE_NAME] {
        files.push(folder.join(name));
        files.push(folder.join(format!("{name}.new")));
    }
    files
}

/// What the script said.
#[derive(Default)]
struct Run {
    confirmed: BTreeMap<u64, i16>,
    faults: Vec<String>,
    has_erased: bool,
    log: String,
}

/// Runs the script under strace, which watches `calls` on `files` and lets the `nth` of them fail with `errno`.
fn run(folder: &Path, files: &[PathBuf], call: &str, inject: Option<(usize, &str)>) -> Run {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "signal=none", "-e", &format!("trace={call}")]);
    if let Some((nth, errno)) = inject {
        strace.args(["-e", &format!("inject={call}:error={errno}:when={nth}")]);
    }
    for file in files {
        strace.arg("-P").arg(file);
    }
    let output = strace
        .arg("-o")
        .arg(log.path())
        .arg(env!("CARGO_BIN_EXE_day_script"))
        .arg(folder)
        .arg(FIRST_S.to_string())
        .stdin(Stdio::null())
        .output()
        .expect("strace is there");
    let said = String::from_utf8(output.stdout).expect("text");
    let mut run = Run {
        log: fs::read_to_string(log.path()).expect("what strace saw"),
        ..Run::default()
    };
    let what = format!(
        "{call} {inject:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in said.lines() {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["entry", position, tenths] => {
                let position = position.parse().expect("a position");
                let earlier = run.confirmed.insert(position, tenths.parse().expect("tenths"));
                assert_eq!(earlier, None, "{what}");
            }
            ["erased", _] => run.has_erased = true,
            ["fault", ..] => run.faults.push(line.to_owned()),
            _ => panic!("{what}"),
        }
    }
    assert_eq!(output.status.code(), Some(0), "done again it succeeds: {what}");
    assert_eq!((run.confirmed.len(), run.has_erased), (6, true), "{what}");
    run
}

/// Whether the store made its reserve: it leaves a small disk alone. Asked with room to spare, for other tests write
/// there too.
fn has_room_for_the_reserve(folder: &Path) -> bool {
    let disk = statvfs(folder).expect("the disk of the temporary folder");
    disk.f_bavail * disk.f_frsize > 2 * MADE_ABOVE_BYTES
}

/// What the next start finds.
fn check(template: &Template, folder: &Path, run: &Run, what: &str) {
    let look = |position: u64| {
        let store = open(folder).unwrap_or_else(|fault| panic!("{what}: the next start: {fault}"));
        let reader = store.reader().expect("a reader");
        assert_eq!(reader.erasures(9).expect("a query").len(), 1, "{what}");
        let page = reader.page(&Default::default(), None, 100).expect("a page");
        let temperature = |position: u64| {
            let entry = page.iter().find(|entry| entry.position == position);
            entry.map(|entry| entry.temperature.map(i16::from))
        };
        for (at, (position, tenths)) in run.confirmed.iter().enumerate() {
            // The two of the second day are erased with the first one's.
            let kept = (at >= 2).then_some(*tenths);
            assert_eq!(temperature(*position), Some(kept), "{what}: entry {position}");
        }
        assert_eq!(page.len(), run.confirmed.len() + 1, "{what}: each entry once");
        temperature(position)
    };
    assert_eq!(look(template.old), Some(None), "{what}");
    let audited = audit_folder(folder, AuditOptions::default()).expect("readable");
    assert!(matches!(audited, Audited::Sound(_)), "{what}: {audited:?}");
    if has_room_for_the_reserve(folder) {
        let reserve = fs::metadata(folder.join(RESERVE_NAME)).map(|file| file.len());
        assert!(
            reserve.is_ok_and(|length| length > 0),
            "{what}: the reserve is back"
        );
    }
    let unfinished = |name: &str| folder.join(format!("{name}.new")).exists();
    assert!(!unfinished(RESERVE_NAME), "{what}");
    // Whoever kept a copy of the database from before has no key to it any more.
    fs::copy(
        template.folder.path().join(DATABASE_NAME),
        folder.join(DATABASE_NAME),
    )
    .expect("the copy");
    let store = open(folder).expect("an old copy");
    let reader = store.reader().expect("a reader");
    let old = reader.entry(template.old).expect("it is in the copy");
    assert_eq!(old.temperature, None, "{what}: an erased key is left");
}

#[test]
fn whatever_call_on_whatever_file_fails_while_days_begin_and_end_no_key_is_lost_and_none_is_left() {
    let works = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "true"])
        .status();
    if !works.is_ok_and(|status| status.success()) {
        skip("no call can be made to fail: strace is not installed, or may not watch a program here");
        return;
    }
    let template = Template::new();
    if !has_room_for_the_reserve(template.folder.path()) {
        skip("the reserve is not looked at: there is little room in the temporary folder");
    }
    let (mut failed, mut told) = (BTreeMap::new(), 0);
    for call in CALLS {
        let folder = template.copy();
        let calm = run(folder.path(), &files(folder.path()), call, None);
        assert_eq!(calm.faults, Vec::<String>::new());
        check(&template, folder.path(), &calm, "no fault");
        let calls = calm.log.lines().count();
        assert!(calls > 0, "{call}");
        for (nth, errno) in (1..=calls).flat_map(|nth| [INPUT_OUTPUT, NO_SPACE].map(|errno| (nth, errno))) {
            if errno == NO_SPACE && matches!(call, "fdatasync" | "unlink") {
                continue;
            }
            let folder = template.copy();
            let run = run(folder.path(), &files(folder.path()), call, Some((nth, errno)));
            let hit = run.log.lines().find(|line| line.contains("(INJECTED)"));
            let what = format!("{errno} {} {:?}", hit.unwrap_or("no call"), run.faults);
            check(&template, folder.path(), &run, &what);
            *failed.entry(call).or_insert(0) += usize::from(hit.is_some());
            told += run.faults.len();
        }
    }
    println!("{failed:?} calls failed, {told} faults were told");
    assert!(CALLS.iter().all(|call| failed.contains_key(call)) && told > 20);
}
