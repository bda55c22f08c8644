//! How long an entry takes to reach the disk, beside the same bytes in a bare table.

use std::path::Path;
use std::time::Instant;

use chrono::NaiveDate;
use gatepost_codes::{EvidenceLevel, HealthColour, Personal};
use gatepost_ledger::{Body, Entry, Leaf, Moment};
use gatepost_rules::{BodyTemperature, ColourSource, Mask, Policy, ShownKind, TemperatureBand, VerdictKind};
use gatepost_store::{
    KeyFile, NewEntry, NewPerson, PersonNumber, Role, ScanId, SetUp, Store, Venue, VenueKind,
};
use rusqlite::{Connection, params};

use crate::samples::Samples;
use crate::table::{Aim, Row};

const GATE: &str = "东门";
const GUARD: PersonNumber = PersonNumber(2);
const SAMPLES: usize = 4_000;
const YEAR: usize = 150_000;

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

    fn insert(&self, position: usize, leaf: &[u8], id: [u8; 16], new: &NewEntry) {
        self.0
            .prepare_cached("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .expect("a statement")
            .execute(params![
                position as u64,
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

fn entry(number: usize, store: &Store) -> NewEntry {
    NewEntry {
        scan_id: ScanId::random().expect("randomness"),
        at: moment(number),
        day: NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day"),
        offset_s: 8 * 3600,
        gate: GATE.to_owned(),
        guard: GUARD,
        entry: Entry {
            shown: ShownKind::Decoded,
            document: None,
            issuer: None,
            age_seconds: Some(12),
            colour: Some(HealthColour::Green),
            colour_source: Some(ColourSource::Camera),
            evidence: EvidenceLevel::StructureOnly,
            band: TemperatureBand::Normal,
            mask: Mask::Worn,
            verdict: VerdictKind::Admit,
            reasons: Vec::new(),
            fault: None,
            follows: None,
        },
        temperature: BodyTemperature::from_tenths(365).expect("a temperature"),
        token: Some(store.token(&number.to_le_bytes())),
    }
}

fn moment(number: usize) -> Moment {
    let ms = number as u64 * 1000;
    Moment {
        wall_ms: 1_795_000_000_000 + ms.cast_signed(),
        boot: 1,
        monotonic_ms: ms,
    }
}

fn new_store(folder: &Path) -> Store {
    let mut store = Store::open(folder, KeyFile::in_folder(folder)).expect("an empty folder");
    let person = |role, pin: &str| NewPerson {
        name: Personal::new("测试".to_owned()),
        role,
        pin: Personal::new(pin.to_owned()),
    };
    let set_up = SetUp {
        venue: Venue {
            name: "测试超市".to_owned(),
            kind: VenueKind::Supermarket,
            gate: GATE.to_owned(),
            opens: "08:00".to_owned(),
            closes: "22:00".to_owned(),
            demo: false,
        },
        policy: Policy::default(),
        people: vec![person(Role::Manager, "284613"), person(Role::Guard, "730519")],
    };
    store.set_up(moment(0), &set_up).expect("a first set-up");
    store
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
    entries: usize,
}

impl Gates {
    /// One entry here, one there, again and again.
    fn append(&mut self, what: &str) -> Row {
        let (mut ours, mut bare) = (Samples::default(), Samples::default());
        for number in self.entries..self.entries + SAMPLES {
            let new = entry(number, &self.ours);
            let leaf = leaf_of(number, &new);
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
        let numbers: Vec<usize> = (self.entries..self.entries + YEAR).collect();
        for batch in numbers.chunks(5_000) {
            let new: Vec<NewEntry> = batch.iter().map(|number| entry(*number, &self.ours)).collect();
            self.ours.append_entries(&new).expect("entries");
            self.bare.0.execute_batch("BEGIN").expect("a transaction");
            for (number, new) in batch.iter().zip(&new) {
                self.bare
                    .insert(*number, &leaf_of(*number, new), made_up_id(*number), new);
            }
            self.bare.0.execute_batch("COMMIT").expect("rows");
        }
        self.entries += YEAR;
    }
}

fn leaf_of(number: usize, new: &NewEntry) -> Vec<u8> {
    let leaf = Leaf {
        position: number as u64,
        at: new.at,
        gate: new.gate.clone(),
        by: Some(GUARD),
        body: Body::Entry(new.entry.clone()),
        digests: vec![],
    };
    leaf.to_bytes().expect("a leaf")
}

/// As long as the random bytes of the store.
fn made_up_id(number: usize) -> [u8; 16] {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mixed.to_be_bytes());
    id
}
