//! How long an entry takes to reach the disk, beside the same bytes in a bare table.

use std::path::Path;
use std::time::Instant;

use gatepost_store::{NewEntry, Store};
use rusqlite::{Connection, params};

use crate::made_up::{entry, fill, leaf, moment, new_store};
use crate::samples::Samples;
use crate::table::{Aim, Row};

const SAMPLES: u64 = 4_000;
const YEAR: u64 = 150_000;

/// One table without an index, a trigger or a reference; the settings of the store.
struct Bare(Connection);

impl Bare {
    fn create(path: &Path) -> Bare {
        let connection = Connection::open(path).expect("a new file");
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "full"),
            ("fullfsync", "on"),
            ("checkpoint_fullfsync", "on"),
            ("secure_delete", "on"),
            ("foreign_keys", "on"),
            ("recursive_triggers", "on"),
            ("cell_size_check", "on"),
            ("trusted_schema", "off"),
            ("temp_store", "memory"),
        ] {
            connection.pragma_update(None, name, value).expect("a setting");
        }
        connection
            .execute_batch(
                "CREATE TABLE bare (i INTEGER PRIMARY KEY, kind TEXT, leaf BLOB, scan_id BLOB, t INTEGER,
                 day INTEGER, offset_s INTEGER, gate TEXT, guard INTEGER, verdict TEXT, temperature INTEGER,
                 token BLOB, follows INTEGER) STRICT",
            )
            .expect("a table");
        Bare(connection)
    }

    fn insert(&self, position: u64, leaf: &[u8], id: [u8; 16], new: &NewEntry) {
        self.0
            .prepare_cached("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .expect("a statement")
            .execute(params![
                position,
                "entry",
                leaf,
                id,
                new.at.wall_ms,
                20_261_123,
                new.offset_s,
                new.gate,
                new.guard.0,
                "admit",
                new.temperature.tenths(),
                id,
                Option::<u64>::None
            ])
            .expect("a row");
    }
}

pub(crate) fn measure(folder: &Path) -> Vec<Row> {
    let mut gates = Gates {
        ours: new_store(&folder.join("ours")),
        bare: Bare::create(&folder.join("bare.sqlite3")),
        entries: 0,
    };
    let few = gates.append("an entry until it is on the disk (fsync on)");
    gates.fill();
    vec![
        few,
        gates.append(&format!("the same after {} entries", gates.entries)),
    ]
}

/// The store and the bare table, with the same entries.
struct Gates {
    ours: Store,
    bare: Bare,
    entries: u64,
}

impl Gates {
    /// One entry here, one there, again and again.
    fn append(&mut self, what: &str) -> Row {
        let (mut ours, mut bare) = (Samples::default(), Samples::default());
        for number in self.entries..self.entries + SAMPLES {
            let new = entry(number, moment(number), &self.ours);
            let leaf = leaf(number, &new);
            let id = made_up_id(number);

            let began = Instant::now();
            self.ours.append_entry(&new).expect("an entry");
            ours.add(began.elapsed());

            let began = Instant::now();
            self.bare.insert(number, &leaf, id, &new);
            bare.add(began.elapsed());
        }
        self.entries += SAMPLES;
        let beside = "the same bytes into a bare table with the same settings, no index";
        Row::median(what, &ours)
            .beside_samples(beside, &bare)
            .aims(Aim::TimesReferenceAtMost(1.5))
    }

    /// As many entries as a busy year has.
    fn fill(&mut self) {
        let numbers = self.entries..self.entries + YEAR;
        fill(&mut self.ours, numbers.clone());
        self.bare.0.execute_batch("BEGIN").expect("a transaction");
        for number in numbers {
            let new = entry(number, moment(number), &self.ours);
            self.bare
                .insert(number, &leaf(number, &new), made_up_id(number), &new);
        }
        self.bare.0.execute_batch("COMMIT").expect("rows");
        self.entries += YEAR;
    }
}

/// As long as the random bytes of the store.
fn made_up_id(number: u64) -> [u8; 16] {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mixed.to_be_bytes());
    id
}
