//! What the disk itself can do: the same bytes as a commit writes, and the wait for them.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// As long as SQLite lets its write-ahead log grow before it begins it anew.
const FILE_BYTES: u64 = 4 << 20;

/// A file that is written over again and again, as a write-ahead log is.
pub(crate) struct BareDisk {
    file: File,
    bytes: Vec<u8>,
    at: u64,
}

impl BareDisk {
    /// Writes so many bytes at a time.
    pub(crate) fn new(path: &Path, bytes: u64) -> BareDisk {
        let file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(path)
            .expect("a new file");
        file.write_all_at(&vec![0x5A; FILE_BYTES as usize], 0)
            .expect("room on the disk");
        file.sync_all().expect("a disk that can be waited for");
        BareDisk {
            file,
            bytes: (0..bytes).map(|number| (number * 31) as u8).collect(),
            at: 0,
        }
    }

    /// One write and one `fdatasync`.
    pub(crate) fn write(&mut self) -> Duration {
        let length = self.bytes.len() as u64;
        if self.at + length > FILE_BYTES {
            self.at = 0;
        }
        let began = Instant::now();
        self.file.write_all_at(&self.bytes, self.at).expect("a write");
        self.file.sync_data().expect("a disk that can be waited for");
        let took = began.elapsed();
        self.at += length;
        took
    }
}

/// Bytes that this thread has handed to the system so far (`wchar` of `/proc/thread-self/io`).
pub(crate) fn bytes_written() -> u64 {
    let about = fs::read_to_string("/proc/thread-self/io").expect("Linux tells what a thread has written");
    about
        .lines()
        .find_map(|line| line.strip_prefix("wchar: "))
        .and_then(|bytes| bytes.parse().ok())
        .expect("a line of the kernel's own form")
}
