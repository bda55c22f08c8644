//! The ledger's writing: an entry until it is durable, the tree in memory, erasure, import.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gatepost_ledger::tree::{Frontier, HASH_BYTES, Hash};
use gatepost_ledger::{LedgerDay, RetentionClass};
use gatepost_store::{DATABASE_NAME, ImportOptions, OnBadLine, Store};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::data::scaled;
use crate::disk::{BareDisk, bytes_written};
use crate::made_up::{DAY_MS, ENTRIES_PER_DAY, GATE, GUARD, entry, fill, later, leaf, moment, new_store};
use crate::samples::Samples;
use crate::table::{Aim, Row};

pub(crate) fn measure(folder: &Path) -> Vec<Row> {
    let mut rows = in_memory();
    rows.extend(durable(folder));
    rows.extend(erasure(&folder.join("erasure")));
    rows.extend(import(&folder.join("import")));
    rows
}

/// One entry here, one bare write of as many bytes there, again and again.
fn durable(folder: &Path) -> Vec<Row> {
    let warm_up = scaled(20_000);
    let samples = scaled(300_000).min(3_000);
    let mut store = new_store(&folder.join("durable"));
    fill(&mut store, 0..warm_up);
    let before = bytes_written();
    for number in warm_up..warm_up + samples {
        let new = entry(number, moment(number), &store);
        store.append_entry(&new).expect("an entry");
    }
    let bytes = (bytes_written() - before) / samples;
    let mut disk = BareDisk::new(&folder.join("disk"), bytes);
    let (mut ours, mut bare) = (Samples::default(), Samples::default());
    for number in warm_up + samples..warm_up + 2 * samples {
        let new = entry(number, moment(number), &store);
        let began = Instant::now();
        store.append_entry(&new).expect("an entry");
        ours.add(began.elapsed());
        bare.add(disk.write());
    }
    let beside = format!("fdatasync of the {bytes} bytes that one entry takes on its way");
    vec![
        Row::rate("entries that are durable one by one", "entries/s", &ours)
            .beside_rate(&beside, &bare)
            .aims(Aim::TimesReferenceAtLeast(0.6)),
        Row::p99("the slowest hundredth of them", &ours)
            .beside_p99(&beside, &bare)
            .aims(Aim::TimesReferenceAtMost(4.0)),
    ]
}

/// Bytes that a leaf of the design has, one of the door, and how fast a tree of either grows.
fn in_memory() -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let store = new_store(folder.path());
    let leaves: Vec<Vec<u8>> = (0..200_000)
        .map(|number| leaf(number, &entry(number, moment(number), &store)))
        .collect();
    let bytes = leaves.iter().map(Vec::len).sum::<usize>() / leaves.len();
    let short: Vec<Vec<u8>> = leaves
        .iter()
        .map(|leaf| leaf[..SHORT_LEAF_BYTES].to_vec())
        .collect();
    vec![
        tree("leaves of the door into a tree in memory", bytes, &leaves).aims(Aim::AtLeast(4e6)),
        tree("leaves without disclosures into a tree", SHORT_LEAF_BYTES, &short).aims(Aim::AtLeast(4e6)),
    ]
}

/// The length of the example of the design, without digests.
const SHORT_LEAF_BYTES: usize = 143;
const BLOCK_BYTES: usize = 64;
const ROUNDS: usize = 10;

fn tree(what: &str, leaf_bytes: usize, leaves: &[Vec<u8>]) -> Row {
    // A prefix of one byte, and one bit and the length behind it; then the node above each leaf.
    let blocks =
        (1 + leaf_bytes + 1 + 8).div_ceil(BLOCK_BYTES) + (1 + 2 * HASH_BYTES + 1 + 8).div_ceil(BLOCK_BYTES);
    let one_message = vec![0xA5; blocks * BLOCK_BYTES * leaves.len()];
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut frontier = Frontier::new();
        let mut completed = Vec::with_capacity(64 * HASH_BYTES);
        for leaf in leaves {
            completed.clear();
            frontier.append(Hash::of_leaf(leaf), &mut completed);
        }
        black_box(frontier.root());
        ours = ours.min(began.elapsed());

        let began = Instant::now();
        black_box(Sha256::digest(&one_message));
        bare = bare.min(began.elapsed());
    }
    let rate = |took: Duration| leaves.len() as f64 / took.as_secs_f64();
    let beside = format!("SHA-256 of one long message with as many blocks ({blocks} a leaf)");
    Row::one(
        format!("{what} ({leaf_bytes} bytes each)"),
        "leaves/s",
        rate(ours),
    )
    .beside(beside, rate(bare))
}

/// A day whose time has come, beside the same rows in a bare table.
fn erasure(folder: &Path) -> Vec<Row> {
    const KEPT_DAYS: u64 = 31;
    const ERASED_DAYS: u64 = 7;
    let mut store = new_store(folder);
    fill(&mut store, 0..ENTRIES_PER_DAY * ERASED_DAYS);
    let bare = bare_disclosures(folder, &folder.join("bare.sqlite3"));
    let at = later(moment(ENTRIES_PER_DAY * ERASED_DAYS), KEPT_DAYS * DAY_MS);
    let days: Vec<i32> = bare
        .prepare("SELECT DISTINCT day FROM bare ORDER BY day")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("days");
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    // The first and last day are only parts of one.
    for day in &days[1..days.len() - 1] {
        let erase_before = |store: &mut Store, day: i32| {
            let class = RetentionClass::Visitor;
            store.erase_before(at, GATE, Some(GUARD), class, LedgerDay(day))
        };
        erase_before(&mut store, *day).expect("what comes before is erased");
        let began = Instant::now();
        let erased = erase_before(&mut store, day + 1).expect("a day whose time has come");
        ours.add(began.elapsed());
        assert_eq!(erased.len(), 1, "one day, one certificate");

        let began = Instant::now();
        bare.execute("DELETE FROM bare WHERE class = 0 AND day = ?1", [day])
            .expect("rows");
        bare.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .expect("a log without readers");
        theirs.add(began.elapsed());
    }
    let beside = "its disclosures deleted from a bare table, and the log cut";
    vec![
        Row::median(format!("erasing a day of {ENTRIES_PER_DAY} entries"), &ours)
            .beside_samples(beside, &theirs)
            .aims(Aim::AtMost(100.0)),
    ]
}

fn bare_disclosures(folder: &Path, path: &Path) -> Connection {
    let bare = Connection::open(path).expect("a new file");
    bare.execute_batch(&format!(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA secure_delete = on;
         PRAGMA cache_size = -16384;
         CREATE TABLE bare (class INTEGER, day INTEGER, i INTEGER, field TEXT, sealed BLOB,
         PRIMARY KEY (class, day, i, field)) STRICT, WITHOUT ROWID;
         ATTACH '{}' AS ours;
         INSERT INTO bare SELECT class, day, i, field, sealed FROM ours.disclosures ORDER BY class, day, i;
         DETACH ours;",
        folder.join(DATABASE_NAME).display()
    ))
    .expect("the disclosures of the store");
    bare
}

/// Registers from elsewhere, beside what the `sqlite3` program needs for the same rows.
fn import(folder: &Path) -> Vec<Row> {
    let lines = scaled(1_000_000);
    let mut store = new_store(folder);
    let path = folder.join("registers.jsonl");
    write_registers(&path, lines);
    let options = ImportOptions {
        at: moment(1),
        gate: GATE.to_owned(),
        by: Some(GUARD),
        on_bad_line: OnBadLine::RefuseFile,
    };
    let mut input = BufReader::new(File::open(&path).expect("written above"));
    let began = Instant::now();
    let report = store.import_jsonl(&mut input, &options).expect("registers");
    let rate = |took: Duration| lines as f64 / took.as_secs_f64();
    let ours = rate(began.elapsed());
    assert_eq!(report.imported, lines, "every line is a register");
    drop(store);

    let what = format!("{lines} registers imported, checked first, hashed and signed");
    let inserted = rate(sqlite_insert(folder));
    let imported = rate(sqlite_import(folder));
    vec![
        Row::one(&what, "lines/s", ours)
            .beside(
                "the same rows inserted by the sqlite3 program from a table",
                inserted,
            )
            .aims(Aim::TimesReferenceAtLeast(0.25)),
        Row::one(&what, "lines/s", ours).beside("the same rows imported by it from a text file", imported),
    ]
}

fn write_registers(path: &Path, lines: u64) {
    let mut output = BufWriter::new(File::create(path).expect("a new file"));
    for number in 0..lines {
        let (hour, minute) = (8 + number % 12, number % 60);
        let area = ["冷库", "大厅", "卫生间", "电梯"][(number % 4) as usize];
        writeln!(
            output,
            "{{\"form\":\"cleaning\",\"at\":\"2026-11-01T{hour:02}:{minute:02}:00+08:00\",\
             \"values\":{{\"area\":\"{area}\",\"agent\":\"84\",\"minutes\":\"{}\",\"number\":\"{number}\"}}}}",
            number % 45
        )
        .expect("room on the disk");
    }
    output.flush().expect("room on the disk");
}

const BARE_TABLE: &str = "PRAGMA journal_mode = wal; PRAGMA synchronous = full;
    CREATE TABLE bare (i INTEGER PRIMARY KEY, kind TEXT, leaf, nodes, head);";

/// The rows that the import made, copied by `INSERT`; with a condition, so that they are really inserted and
/// no pages are taken over.
fn sqlite_insert(folder: &Path) -> Duration {
    let script = format!(
        "ATTACH 'file:{}?mode=ro' AS ours; {BARE_TABLE}
         INSERT INTO bare SELECT i, kind, leaf, nodes, head FROM ours.records WHERE i % 1 = 0;",
        folder.join(DATABASE_NAME).display()
    );
    sqlite(&folder.join("inserted.sqlite3"), &script)
}

/// The same from a text file, with separators that no row contains, so that nothing is quoted.
fn sqlite_import(folder: &Path) -> Duration {
    let rows = folder.join("rows.txt");
    let database = folder.join(DATABASE_NAME);
    sqlite(
        &database,
        &format!(
            ".mode ascii\n.once {}\nSELECT i, kind, CAST(leaf AS TEXT), hex(nodes), hex(head) FROM records;",
            rows.display()
        ),
    );
    let script = format!("{BARE_TABLE}\n.mode ascii\n.import {} bare", rows.display());
    sqlite(&folder.join("imported.sqlite3"), &script)
}

/// How long the `sqlite3` program takes for a script.
fn sqlite(database: &Path, script: &str) -> Duration {
    let file = database.with_extension("sql");
    fs::write(&file, script).expect("a script");
    let began = Instant::now();
    let ended = Command::new("sqlite3")
        .args(["-batch", "-bail", "-init", "/dev/null"])
        .arg(database)
        .arg(format!(".read {}", file.display()))
        .output()
        .expect("the Debian package sqlite3 is installed");
    let took = began.elapsed();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.is_empty(), "sqlite3: {said}");
    took
}
