//! A disk that loses power: what is surely on it, and what may be.

use std::collections::BTreeMap;

use gatepost_recorded_disk::{FileNumber, Operation};

/// What a sync is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flushes {
    /// What was synced stays.
    Honoured,
    /// A disk, or a cable, that answers at once and keeps nothing.
    Ignored,
}

/// The same numbers on every machine (SplitMix64).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn garbage(&mut self, into: &mut [u8]) {
        for part in into.chunks_mut(8) {
            let noise = self.next().to_le_bytes();
            part.copy_from_slice(&noise[..part.len()]);
        }
    }
}

enum Change<'tape> {
    Write { at: usize, bytes: &'tape [u8] },
    Length(usize),
}

#[derive(Default)]
struct DiskFile<'tape> {
    durable: Vec<u8>,
    unsynced: Vec<Change<'tape>>,
    folder_with_next_sync: bool,
}

enum NameChange<'tape> {
    Is(&'tape str, FileNumber),
    Gone(&'tape str),
}

/// How one crash treats what was not synced.
enum Fate {
    /// The disk wrote in order and stopped in the middle of something.
    InOrder,
    /// The disk wrote in an order of its own: so many of a hundred sectors arrived, so many turned to garbage.
    AnyOrder { kept: usize, garbage: usize },
}

/// The files of one folder, at one moment of the tape.
pub(super) struct Disk<'tape> {
    flushes: Flushes,
    settled: bool,
    files: BTreeMap<FileNumber, DiskFile<'tape>>,
    names: BTreeMap<&'tape str, FileNumber>,
    unsynced_names: Vec<NameChange<'tape>>,
    /// Files that are none of SQLite's; taken as durable.
    aside: BTreeMap<&'tape str, &'tape [u8]>,
}

impl<'tape> Disk<'tape> {
    pub(super) fn empty(flushes: Flushes) -> Disk<'tape> {
        Disk {
            flushes,
            settled: false,
            files: BTreeMap::new(),
            names: BTreeMap::new(),
            unsynced_names: Vec::new(),
            aside: BTreeMap::new(),
        }
    }

    /// The disk after this operation.
    pub(super) fn take(&mut self, operation: &'tape Operation) {
        match operation {
            Operation::Create {
                name,
                file,
                folder_with_first_sync,
            } => {
                self.file(*file).folder_with_next_sync = *folder_with_first_sync;
                self.unsynced_names.push(NameChange::Is(name, *file));
            }
            Operation::Write { file, at, bytes } => {
                self.file(*file).unsynced.push(Change::Write { at: *at, bytes });
            }
            Operation::Truncate { file, length } => self.file(*file).unsynced.push(Change::Length(*length)),
            Operation::Sync { file } => {
                if self.syncs() {
                    self.sync(*file);
                }
            }
            Operation::Lost { file } => {
                let unsynced = &mut self.file(*file).unsynced;
                unsynced.retain(|change| matches!(change, Change::Length(_)));
            }
            Operation::Delete { name, folder_synced } => {
                self.unsynced_names.push(NameChange::Gone(name));
                if *folder_synced && self.syncs() {
                    self.sync_folder();
                }
            }
            Operation::Rename { from, to } => {
                self.sync_folder();
                if let Some(file) = self.names.remove(from.as_str()) {
                    self.names.insert(to, file);
                }
            }
            Operation::Aside { name, bytes } => {
                match bytes {
                    Some(bytes) => self.aside.insert(name, bytes),
                    None => self.aside.remove(name.as_str()),
                };
            }
            Operation::Confirmed { .. } => {}
            Operation::Settled => {
                let files: Vec<_> = self.files.keys().copied().collect();
                files.into_iter().for_each(|file| self.sync(file));
                self.sync_folder();
                self.settled = true;
            }
        }
    }

    fn syncs(&self) -> bool {
        self.flushes == Flushes::Honoured || !self.settled
    }

    fn file(&mut self, file: FileNumber) -> &mut DiskFile<'tape> {
        self.files.entry(file).or_default()
    }

    fn sync(&mut self, file: FileNumber) {
        let file = self.file(file);
        for change in std::mem::take(&mut file.unsynced) {
            match change {
                Change::Write { at, bytes } => put(&mut file.durable, at, bytes),
                Change::Length(length) => file.durable.resize(length, 0),
            }
        }
        if std::mem::take(&mut file.folder_with_next_sync) {
            self.sync_folder();
        }
    }

    fn sync_folder(&mut self) {
        for change in std::mem::take(&mut self.unsynced_names) {
            apply_name(&mut self.names, &change);
        }
    }

    /// Whether a crash now can leave more than one state.
    pub(super) fn is_in_doubt(&self) -> bool {
        !self.unsynced_names.is_empty()
            || self.names.values().any(|file| {
                let file = self.files.get(file);
                file.is_some_and(|file| !file.unsynced.is_empty())
            })
    }

    /// What one crash leaves, by name.
    pub(super) fn crash(&self, chance: &mut Chance) -> BTreeMap<String, Vec<u8>> {
        let sector = if chance.percent(50) { 512 } else { 4096 };
        let fate = match chance.below(4) {
            0 => Fate::InOrder,
            _ => Fate::AnyOrder {
                kept: [0, 10, 50, 90, 100][chance.below(5)],
                garbage: [0, 0, 10, 50][chance.below(4)],
            },
        };
        let mut names = self.names.clone();
        // A folder is journalled: its changes arrive in order, up to some point.
        let arrived = chance.below(self.unsynced_names.len() + 1);
        for change in &self.unsynced_names[..arrived] {
            apply_name(&mut names, change);
        }
        let files = names.into_iter().map(|(name, file)| {
            let file = self.files.get(&file).expect("a name is made with its file");
            (name.to_owned(), file.after_a_crash(sector, &fate, chance))
        });
        let aside = self.aside.iter();
        files
            .chain(aside.map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())))
            .collect()
    }
}

fn apply_name<'tape>(names: &mut BTreeMap<&'tape str, FileNumber>, change: &NameChange<'tape>) {
    match change {
        NameChange::Is(name, file) => {
            names.insert(name, *file);
        }
        NameChange::Gone(name) => {
            names.remove(name);
        }
    }
}

impl DiskFile<'_> {
    fn after_a_crash(&self, sector: usize, fate: &Fate, chance: &mut Chance) -> Vec<u8> {
        let mut left = self.durable.clone();
        let mut longest = left.len();
        let last = match fate {
            Fate::InOrder => chance.below(self.unsynced.len() + 1),
            Fate::AnyOrder { .. } => self.unsynced.len(),
        };
        for (number, change) in self.unsynced.iter().enumerate() {
            let (kept, garbage) = match fate {
                Fate::InOrder if number < last => (100, 0),
                Fate::InOrder if number == last => (50, 20),
                Fate::InOrder => (0, 0),
                Fate::AnyOrder { kept, garbage } => (*kept, *garbage),
            };
            match change {
                Change::Length(length) => {
                    if chance.percent(kept) {
                        left.resize(*length, 0);
                        longest = *length;
                    }
                }
                Change::Write { at, bytes } => {
                    longest = longest.max(at + bytes.len());
                    for (at, bytes) in sectors(*at, bytes, sector) {
                        if chance.percent(kept) {
                            put(&mut left, at, bytes);
                        } else if chance.percent(garbage) {
                            put(&mut left, at, bytes);
                            chance.garbage(&mut left[at..at + bytes.len()]);
                        }
                    }
                }
            }
        }
        // The new length may arrive without its bytes.
        if left.len() < longest && chance.percent(30) {
            left.resize(longest, 0);
        }
        left
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}

/// A write, cut where sectors of the disk begin.
fn sectors(at: usize, bytes: &[u8], sector: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (sector - at % sector).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    let rest = rest
        .chunks(sector)
        .enumerate()
        .map(move |(number, part)| (at + first + number * sector, part));
    std::iter::once((at, head)).chain(rest)
}
