//! What was asked of the disk, in its order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

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
    /// A sync failed, and what was written to the file since the one before is taken for clean: it can be read as long
    /// as the power is on, and no later sync brings it to the disk unless it is written again.
    Lost {
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
    /// A small file beside the databases, which the program wrote without SQLite, is like this from here on,
    /// whatever happens. What the program does to one is not seen but found, so that the order of the steps in
    /// between is a model: see [`Recording`].
    Aside {
        /// Its name in the folder.
        name: String,
        /// Everything in it; `None` when it is gone.
        bytes: Option<Vec<u8>>,
    },
    /// A call returned: from here on nothing of it may be lost.
    Confirmed {
        /// The fingerprint of everything that the database held then.
        contents: u64,
    },
    /// Somebody made everything so far durable. Crashes are tried from here on.
    Settled,
}

/// What a disk may refuse to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// To take bytes: nothing of the request arrives.
    Write,
    /// To say that everything is safe: what was written may be read again, and the next sync that succeeds makes it
    /// durable.
    Sync,
    /// The same, and the writes are lost ([`Operation::Lost`]): Linux takes pages for clean that it could not write,
    /// and the next sync succeeds without them.
    LostSync,
}

#[derive(Default)]
struct Reel {
    /// What is refused so many times from now on.
    refused: Option<(Refusal, u32)>,
    operations: Vec<Operation>,
    names: HashMap<String, FileNumber>,
    files: FileNumber,
    /// Logs of which a sync was refused. Each was last changed at [`REFUSED_AT`], so that it shows when the program writes to
    /// one without SQLite.
    refused_logs: BTreeSet<FileNumber>,
    /// Small files that are none of SQLite's, as they were found last.
    aside: BTreeMap<String, Vec<u8>>,
}

/// What every name of a database, its log and its journal has in it.
const OF_SQLITE: &str = ".sqlite3";
/// No longer file is looked at beside the databases, bytes.
const LONGEST_ASIDE: u64 = 4096;
/// What a file is called until it is complete.
const UNFINISHED: &str = ".new";
/// Of files that are replaced together these come first.
const FIRST_TO_BE_NAMED: &str = ".key";

/// The end of a log's name. A database is never opened here: closing it would take SQLite's locks away.
const LOG: &str = "-wal";
/// When a log of which a sync was refused was last changed: nobody else sets this.
const REFUSED_AT: SystemTime = SystemTime::UNIX_EPOCH;

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

impl Reel {
    /// Files are replaced as everybody should: each is complete under another name first, then they get their names
    /// one by one, secrets before what they open.
    fn found(&mut self, aside: BTreeMap<String, Vec<u8>>) {
        let before = std::mem::replace(&mut self.aside, aside);
        let mut steps = Vec::new();
        let mut changed: Vec<_> = self
            .aside
            .iter()
            .filter(|(name, bytes)| before.get(*name) != Some(bytes))
            .collect();
        changed.sort_by_key(|(name, _)| !name.ends_with(FIRST_TO_BE_NAMED));
        for (name, bytes) in &changed {
            steps.push((format!("{name}{UNFINISHED}"), Some((*bytes).clone())));
        }
        for (name, bytes) in &changed {
            steps.push(((*name).clone(), Some((*bytes).clone())));
            steps.push((format!("{name}{UNFINISHED}"), None));
        }
        let gone = before.into_keys().filter(|name| !self.aside.contains_key(name));
        steps.extend(gone.map(|name| (name, None)));
        let steps = steps
            .into_iter()
            .map(|(name, bytes)| Operation::Aside { name, bytes });
        self.operations.extend(steps);
    }
}

impl Tape {
    /// The reel, with what was done beside SQLite since it was asked for last.
    fn reel(&self) -> MutexGuard<'_, Reel> {
        let mut reel = self.reel.lock().unwrap_or_else(PoisonError::into_inner);
        let aside = self.aside();
        if aside != reel.aside {
            reel.found(aside);
        }
        self.find_what_was_written_again(&mut reel);
        reel
    }

    /// A log of which a sync was refused, and which the program wrote again without SQLite, is durable as it is.
    fn find_what_was_written_again(&self, reel: &mut Reel) {
        for file in reel.refused_logs.clone() {
            let name = reel.names.iter().find(|(_, number)| **number == file);
            let path = name.map(|(name, _)| self.folder.join(name));
            let changed = path
                .as_ref()
                .and_then(|path| fs::metadata(path).ok()?.modified().ok());
            if changed == Some(REFUSED_AT) {
                continue;
            }
            reel.refused_logs.remove(&file);
            if let Some(bytes) = path.and_then(|path| fs::read(path).ok()) {
                let written = Operation::Write { file, at: 0, bytes };
                reel.operations.extend([written, Operation::Sync { file }]);
            }
        }
    }

    /// Marks a log of which a sync was refused, then and after every change of SQLite's.
    fn mark(&self, reel: &Reel, file: FileNumber) {
        let name = reel.names.iter().find(|(_, number)| **number == file);
        let (name, _) = name.expect("SQLite removes no log that it writes to");
        let marked = File::options()
            .write(true)
            .open(self.folder.join(name))
            .and_then(|file| file.set_modified(REFUSED_AT));
        marked.expect("a file of our own can be marked");
    }

    fn aside(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(files) = fs::read_dir(&self.folder) else {
            // The folder is gone, and with it whatever could be found.
            return BTreeMap::new();
        };
        let found = files.filter_map(|file| {
            let file = file.ok()?;
            let name = file.file_name().into_string().ok()?;
            let metadata = file.metadata().ok()?;
            let is_small = metadata.is_file() && metadata.len() <= LONGEST_ASIDE;
            (is_small && !name.contains(OF_SQLITE)).then_some(())?;
            Some((name, fs::read(file.path()).ok()?))
        });
        found.collect()
    }

    fn begin_with_what_is_there(&self) -> io::Result<()> {
        let mut is_empty = true;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.is_file() && name_of(&path).contains(OF_SQLITE) {
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
    /// lost its name, then it was renamed in between. An empty one that the program made for SQLite is as good as new.
    pub(crate) fn opened(&self, path: &Path, is_new: bool, folder_with_first_sync: bool) -> FileNumber {
        let mut reel = self.reel();
        let name = name_of(path);
        if !is_new {
            if let Some(known) = reel.names.get(&name) {
                return *known;
            }
            let moved = reel.names.keys().find(|name| !self.folder.join(name).exists());
            if let Some(from) = moved.cloned() {
                let file = reel.names.remove(&from).expect("found above");
                reel.names.insert(name.clone(), file);
                reel.operations.push(Operation::Rename { from, to: name });
                return file;
            }
            let length = fs::metadata(path).map_or(0, |file| file.len());
            assert_eq!(
                length, 0,
                "{name} was neither made, nor renamed, nor left empty for SQLite"
            );
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

    /// Whether this one request is to fail.
    pub(crate) fn refuses(&self, request: Refusal) -> bool {
        let mut reel = self.reel();
        match &mut reel.refused {
            Some((refused, times)) if *refused == request && *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        }
    }

    /// Whether this sync is to fail, and where so, what becomes of the writes before it.
    pub(crate) fn refuses_sync(&self, file: FileNumber) -> bool {
        let is_lost = self.refuses(Refusal::LostSync);
        let is_refused = is_lost || self.refuses(Refusal::Sync);
        if is_refused {
            let mut reel = self.reel();
            if is_lost {
                reel.operations.push(Operation::Lost { file });
            }
            let mut names = reel.names.iter();
            if names.any(|(name, number)| *number == file && name.ends_with(LOG)) {
                reel.refused_logs.insert(file);
                self.mark(&reel, file);
            }
        }
        is_refused
    }

    pub(crate) fn asked(&self, operation: Operation) {
        if let Operation::Write { file, .. } | Operation::Truncate { file, .. } = &operation {
            let reel = self.reel.lock().unwrap_or_else(PoisonError::into_inner);
            if reel.refused_logs.contains(file) {
                self.mark(&reel, *file);
            }
        }
        self.reel().operations.push(operation);
    }
}

/// A folder whose databases are recorded as long as this lives.
///
/// Small files beside them are looked at before everything that is written down, and are written down where they have
/// changed ([`Operation::Aside`]): when they changed is known between which two requests of SQLite's. What came in
/// between is taken for granted: each new file was durable under an unfinished name before any got its own, then the
/// secrets (`.key`) got their names and the others after them, each durably before the next.
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

    /// Lets the next so many requests of this kind fail, as a disk does that says no. None of them is written down.
    /// What was refused before and has not come yet no longer is.
    pub fn refuse(&self, request: Refusal, times: u32) {
        self.tape.reel().refused = Some((request, times));
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
