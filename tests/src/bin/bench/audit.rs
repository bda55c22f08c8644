//! The audit of a whole ledger, beside the hashing alone.

use std::hint::black_box;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use gatepost_ledger::tree::{Frontier, HASH_BYTES, Hash};
use gatepost_store::{AuditOptions, Audited, DATABASE_NAME, audit_folder};
use rusqlite::{Connection, OpenFlags};

use crate::data;
use crate::samples::Samples;
use crate::table::{Aim, Row};

const ROUNDS: usize = 3;
/// As many leaves are hashed at once in memory, and all of them in proportion.
const HASHED: u64 = data::LARGEST / 10;

pub(crate) fn measure(_folder: &Path) -> Vec<Row> {
    let folder = data::of_entries(data::LARGEST);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let leaves = leaves(&folder);
    let (mut walks, mut whole) = (Samples::default(), Samples::default());
    let (mut one, mut hashing) = (Samples::default(), Samples::default());
    let mut records = 0;
    // The first time the system reads the file from the disk.
    audit(&folder, threads, true);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        records = audit(&folder, threads, true);
        walks.add(began.elapsed());
        for (threads, samples) in [(1, &mut one), (threads, &mut hashing)] {
            let took = hash(&leaves, threads);
            samples.add(took.mul_f64(records as f64 / leaves.len() as f64));
        }
    }
    let began = Instant::now();
    audit(&folder, threads, false);
    whole.add(began.elapsed());
    let bytes = leaves.iter().map(Vec::len).sum::<usize>() / leaves.len();
    let beside_one = format!("leaves of {bytes} bytes put into a tree in memory by one thread");
    let beside = format!("the same by {threads} threads");
    let rate = |samples: &Samples| records as f64 / samples.median_ms() * 1000.0;
    let mb = data::megabytes(&folder);
    vec![
        Row::one(
            format!("audit of the ledger, {records} records of {mb} MB, {threads} threads"),
            "records/s",
            rate(&walks),
        )
        .beside(&beside_one, rate(&one))
        .aims(Aim::TimesReferenceAtLeast(0.6)),
        Row::median("the same", &walks)
            .beside_samples(&beside, &hashing)
            .aims(Aim::AtMost(4000.0)),
        Row::median("audit of the ledger and of every table beside it", &whole)
            .beside_samples(&beside, &hashing),
    ]
}

fn audit(folder: &Path, threads: usize, ledger_only: bool) -> u64 {
    let options = AuditOptions {
        threads,
        ledger_only,
        ..AuditOptions::default()
    };
    match audit_folder(folder, options).expect("a folder that can be read") {
        Audited::Sound(report) => report.ledger.size,
        faulty => panic!("the ledger is sound: {faulty:?}"),
    }
}

fn leaves(folder: &Path) -> Vec<Vec<u8>> {
    let path = folder.join(DATABASE_NAME);
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database");
    let mut statement = connection
        .prepare("SELECT leaf FROM records WHERE i < ?1 ORDER BY i")
        .expect("a statement");
    let leaves = statement.query_map([HASHED], |row| row.get(0)).expect("rows");
    leaves.collect::<Result<_, _>>().expect("leaves")
}

/// Each thread a tree of its own share.
fn hash(leaves: &[Vec<u8>], threads: usize) -> Duration {
    let began = Instant::now();
    thread::scope(|scope| {
        for share in leaves.chunks(leaves.len().div_ceil(threads)) {
            scope.spawn(move || {
                let mut frontier = Frontier::new();
                let mut completed = Vec::with_capacity(64 * HASH_BYTES);
                for leaf in share {
                    completed.clear();
                    frontier.append(Hash::of_leaf(leaf), &mut completed);
                }
                black_box(frontier.root());
            });
        }
    });
    began.elapsed()
}
