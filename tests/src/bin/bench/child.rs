//! A measurement in a program of its own: its time from start to end, and the most memory that it ever had.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The first argument of a run that is such a program.
pub(crate) const WORD: &str = "child";

/// What a child was and did.
pub(crate) struct Child {
    /// From its start to its end.
    pub(crate) took: Duration,
    /// What it measured itself, in seconds.
    pub(crate) seconds: f64,
    /// The most memory it had resident.
    pub(crate) peak_mb: f64,
}

/// Starts this program again for one job.
pub(crate) fn run(job: &str, folder: &Path, output: &Path) -> Child {
    let this = std::env::current_exe().expect("the operating system knows which program it has started");
    let began = Instant::now();
    let ended = Command::new(this)
        .args([WORD, job])
        .args([folder, output])
        .stderr(Stdio::inherit())
        .output()
        .expect("this program starts");
    let took = began.elapsed();
    assert!(ended.status.success(), "{job} ended badly");
    let said = String::from_utf8(ended.stdout).expect("two numbers");
    let mut numbers = said
        .split_whitespace()
        .map(|number| number.parse().expect("a number"));
    let mut next = || numbers.next().expect("two numbers");
    Child {
        took,
        seconds: next(),
        peak_mb: next(),
    }
}

/// What a child says at its end.
pub(crate) fn report(took: Duration) -> String {
    format!("{} {}", took.as_secs_f64(), peak_mb())
}

/// The most memory that this program ever had resident (`VmHWM` of `/proc/self/status`).
fn peak_mb() -> f64 {
    let about = std::fs::read_to_string("/proc/self/status").expect("Linux tells of its programs");
    let kib: f64 = about
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.parse().ok())
        .expect("a line of the kernel's own form");
    kib / 1024.0
}
