//! A real file system of a few megabytes, where this machine lets a test mount one.

use std::fs::{self, File};
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use tempfile::TempDir;

use crate::skip::skip;

/// A disk of so much may be memory where no file can be mounted: tests fill it.
const MOST_MEMORY_MB: u64 = 64;

/// A disk of its own: ext4 in a file, with a journal and a sync that counts; where no such file can be mounted, and it
/// is small, memory.
#[derive(Debug)]
pub struct SmallDisk {
    /// Where it is mounted.
    folder: TempDir,
    /// What holds the file system, where a file does.
    image: Option<TempDir>,
}

impl SmallDisk {
    /// A disk of so many megabytes; none, with a sentence why, where nothing may be mounted. Says also where it is not
    /// ext4.
    ///
    /// # Panics
    /// When the temporary folder cannot be written.
    #[must_use]
    pub fn mount(megabytes: u64) -> Option<SmallDisk> {
        if let Some(disk) = SmallDisk::of_file(megabytes) {
            return Some(disk);
        }
        if megabytes > MOST_MEMORY_MB {
            skip("no ext4 in a file can be mounted here, and the disk would take too much memory");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={megabytes}m");
        if !done(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
                .arg(folder.path()),
        ) {
            skip("this machine does not let a test mount a small disk");
            return None;
        }
        // Past the runner, which keeps what passing tests print to itself.
        let _ = writeln!(
            stderr(),
            "the small disk is memory: no ext4 in a file can be mounted here"
        );
        Some(SmallDisk { folder, image: None })
    }

    fn of_file(megabytes: u64) -> Option<SmallDisk> {
        let image = tempfile::tempdir().expect("a folder");
        let folder = tempfile::tempdir().expect("a folder");
        let file = image.path().join("ext4");
        File::create(&file)
            .and_then(|file| file.set_len(megabytes << 20))
            .expect("a file with nothing in it");
        // All of it for everybody, and none of it written before it is needed.
        let made = Command::new("mkfs.ext4")
            .args(["-q", "-m", "0"])
            .arg(&file)
            .output();
        let mounted = made.is_ok_and(|made| made.status.success())
            && done(
                Command::new("mount")
                    .args(["-o", "loop"])
                    .arg(&file)
                    .arg(folder.path()),
            );
        let disk = mounted.then(|| SmallDisk {
            folder,
            image: Some(image),
        })?;
        fs::remove_dir(disk.path().join("lost+found")).expect("a new disk has nothing in it but this");
        Some(disk)
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Mounts it again, with other options.
    ///
    /// # Panics
    /// When that fails.
    pub fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(
            done(Command::new("mount").args(["-o", &options]).arg(self.path())),
            "{options}"
        );
    }

    /// Somebody else's file takes all the room there is but for so many bytes.
    ///
    /// # Panics
    /// When there is less room than that.
    pub fn fill_but(&self, bytes: u64) {
        let file = File::create(self.ballast()).expect("room for a name");
        let disk = statvfs(self.path()).expect("a mounted disk");
        let taken = (disk.f_bavail * disk.f_frsize).checked_sub(bytes);
        fallocate(&file, FallocateFlags::empty(), 0, taken.expect("room")).expect("room");
        file.sync_all().expect("the room is taken");
    }

    /// Somebody else's file takes all the room there is, to the last block.
    ///
    /// # Panics
    /// When the file cannot be made.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("room for a name");
        // A disk that is full may find some room once it has put everything in its place.
        loop {
            let before = file.metadata().expect("an open file").len();
            while file.write_all(&[1; 4096]).is_ok() {}
            // What it took, it keeps.
            let _ = file.sync_all();
            if file.metadata().expect("an open file").len() == before {
                return;
            }
        }
    }

    /// That file is gone.
    ///
    /// # Panics
    /// When it was not there.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("room");
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

fn done(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let is_gone = done(Command::new("umount").arg("--lazy").arg(self.path()));
        drop(self.image.take());
        assert!(
            is_gone || std::thread::panicking(),
            "the small disk stays mounted"
        );
    }
}
