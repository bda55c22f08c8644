//! What was asked of the disk, in its order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::{fs, io};

/// A file, whatever its name is at the moment.
pub type FileNumber = u32;

/// One request to the disk, or what the program made known between two of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// A new, empty file. SQLite syncs the folder of a journal and of a write-ahead log along with the first sync
    /// of the file; it never does so for a database.
    Create {
        /// Its name in the folder.
        name: String,
        /// The file.
        file: FileNumber,
        /// The first sync of the file makes the names in its folder durable.
        folder_with_first_sync: bool,
    },
    /// Bytes.
    Write {
        /// Where to.
        file: FileNumber,
        /// Offset in bytes.
        at: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// The length of a file, in bytes.
    Truncate {
        /// Which.
        file: FileNumber,
        /// The new length.
        length: usize,
    },
    /// Everything written to the file so far has to be on the disk before the next operation.
    Sync {
        /// Which.
        file: FileNumber,
    },
    /// A name goes.
    Delete {
        /// In the folder.
        name: String,
        /// SQLite asked for the folder to be synced, too.
        folder_synced: bool,
    },
    /// A name changes, and the folder is synced.
    Rename {
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
    /// A call returned: from here on nothing of it may be lost.
    Confirmed {
        /// The fingerprint of everything that the database held then.
        contents: u64,
    },
    /// Somebody made everything so far durable. Crashes are tried from here on.
    Settled,
}

#[derive(Default)]
struct Reel {
    operations: Vec<Operation>,
    names: HashMap<String, FileNumber>,
    files: FileNumber,
}

/// The recorder of one folder.
pub(crate) struct Tape {
    folder: PathBuf,
    reel: Mutex<Reel>,
}

static RUNNING: Mutex<Vec<Weak<Tape>>> = Mutex::new(Vec::new());

/// The tape that records the folder of this file.
pub(crate) fn tape_of(path: &Path) -> Option<Arc<Tape>> {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running
        .iter()
        .filter_map(Weak::upgrade)
        .find(|tape| Some(tape.folder.as_path()) == path.parent())
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .expect("SQLite opens files, not folders")
        .to_string_lossy()
        .into_owned()
}

impl Tape {
    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.reel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_with_what_is_there(&self) -> io::Result<()> {
        let mut is_empty = true;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.is_file() {
                let file = self.opened(&path, true, false);
                let bytes = fs::read(path)?;
                self.asked(Operation::Write { file, at: 0, bytes });
                is_empty = false;
            }
        }
        if !is_empty {
            self.asked(Operation::Settled);
        }
        Ok(())
    }

    /// A file is opened. Where it is there under a name that nobody opened before, and a file that was known has
    /// lost its name, then it was renamed in between.
    pub(crate) fn opened(&self, path: &Path, is_new: bool, folder_with_first_sync: bool) -> FileNumber {
        let mut reel = self.reel();
        let name = name_of(path);
        if !is_new {
            if let Some(known) = reel.names.get(&name) {
                return *known;
            }
            let moved = reel.names.keys().find(|name| !self.folder.join(name).exists());
            let from = moved.expect("every file of the folder was made or renamed while it was recorded");
            let from = from.clone();
            let file = reel.names.remove(&from).expect("found above");
            reel.names.insert(name.clone(), file);
            reel.operations.push(Operation::Rename { from, to: name });
            return file;
        }
        let file = reel.files;
        reel.files += 1;
        reel.names.insert(name.clone(), file);
        reel.operations.push(Operation::Create {
            name,
            file,
            folder_with_first_sync,
        });
        file
    }

    pub(crate) fn deleted(&self, path: &Path, folder_synced: bool) {
        let name = name_of(path);
        let mut reel = self.reel();
        reel.names.remove(&name);
        reel.operations.push(Operation::Delete { name, folder_synced });
    }

    pub(crate) fn asked(&self, operation: Operation) {
        self.reel().operations.push(operation);
    }
}

/// A folder whose databases are recorded as long as this lives.
pub struct Recording {
    tape: Arc<Tape>,
}

impl Recording {
    /// Begins with a folder that is there. Files that are in it already are written down first, and as settled.
    ///
    /// # Panics
    /// When the folder cannot be read, or SQLite refuses another file system.
    #[must_use]
    pub fn begin(folder: &Path) -> Recording {
        crate::layer::register();
        let tape = Arc::new(Tape {
            // As SQLite names it, without links.
            folder: folder.canonicalize().expect("the folder is there"),
            reel: Mutex::default(),
        });
        tape.begin_with_what_is_there().expect("readable files");
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|tape| tape.strong_count() > 0);
        running.push(Arc::downgrade(&tape));
        Recording { tape }
    }

    /// A call returned; `contents` is a fingerprint of what the database holds now.
    pub fn confirm(&self, contents: u64) {
        self.tape.asked(Operation::Confirmed { contents });
    }

    /// Everything so far is durable, whatever the disk does afterwards.
    pub fn settle(&self) {
        self.tape.asked(Operation::Settled);
    }

    /// What was recorded so far.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.tape.reel().operations.clone()
    }
}
