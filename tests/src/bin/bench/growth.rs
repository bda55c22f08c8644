//! What becomes slower with the years, from ten thousand entries to ten million.

use std::path::Path;
use std::time::Instant;

use gatepost_ledger::tree::{Hash, verify_inclusion};
use gatepost_ledger::{LedgerDay, Moment, RetentionClass};
use gatepost_store::{EntryFilter, Reader, Store, StoredEntry};

use crate::data::{self, scaled};
use crate::disk::BareDisk;
use crate::made_up::{self, DAY_MS, ENTRIES_PER_DAY, GATE, GUARD, entry, later};
use crate::samples::Samples;
use crate::table::{Aim, Row};

const PAGE: u16 = 50;
const OPENED: u64 = 20;
const APPENDED: u64 = 500;

/// The same things measured at one size.
struct At {
    entries: u64,
    open: Samples,
    head: Samples,
    first_inclusion: Samples,
    inclusion: Samples,
    consistency: Samples,
    first_page: Samples,
    page: Samples,
    append: Samples,
    disk: Samples,
    erasure: Samples,
}

/// The figures of one kind out of all.
type Figure = fn(&At) -> &Samples;

pub(crate) fn measure(folder: &Path) -> Vec<Row> {
    let mut disk = BareDisk::new(&folder.join("disk"), 32 << 10);
    let all: Vec<At> = data::SIZES
        .map(|entries| at(entries, &data::of_entries(entries), &mut disk))
        .into();
    let kinds: [(&str, Figure, Option<Aim>); 9] = [
        ("open, with its check of the last records", |at| &at.open, None),
        ("the signed head", |at| &at.head, None),
        (
            "proof of inclusion, perhaps from the disk",
            |at| &at.first_inclusion,
            None,
        ),
        (
            "proof of inclusion",
            |at| &at.inclusion,
            Some(Aim::P99AtMost(0.2)),
        ),
        (
            "proof of consistency",
            |at| &at.consistency,
            Some(Aim::P99AtMost(0.2)),
        ),
        (
            "a page of 50 anywhere, perhaps from the disk",
            |at| &at.first_page,
            None,
        ),
        ("a page of 50 anywhere", |at| &at.page, Some(Aim::P99AtMost(1.0))),
        ("an entry until it is durable", |at| &at.append, None),
        (
            "erasing the oldest day",
            |at| &at.erasure,
            Some(Aim::AtMost(100.0)),
        ),
    ];
    let mut rows = Vec::new();
    for (what, figure, aim) in kinds {
        for at in &all {
            let row = Row::median(format!("{what}: {} entries", at.entries), figure(at))
                .beside_samples(format!("with {} entries", all[0].entries), figure(&all[0]));
            rows.push(match aim {
                Some(aim) => row.aims(aim),
                None => row,
            });
        }
    }
    for at in &all {
        rows.push(Row::median(
            format!("fdatasync of 32 KB between those entries: {} entries", at.entries),
            &at.disk,
        ));
    }
    rows
}

fn at(entries: u64, folder: &Path, disk: &mut BareDisk) -> At {
    let mut open = Samples::default();
    for _ in 0..OPENED {
        let began = Instant::now();
        let store = made_up::open(folder);
        open.add(began.elapsed());
        drop(store);
    }
    let mut store = made_up::open(folder);
    let reader = store.reader().expect("a reader");
    let mut figures = At {
        entries,
        open,
        head: timed(200, |_| drop(reader.head().expect("a head"))),
        first_inclusion: Samples::default(),
        inclusion: Samples::default(),
        consistency: Samples::default(),
        first_page: Samples::default(),
        page: Samples::default(),
        append: Samples::default(),
        disk: Samples::default(),
        erasure: Samples::default(),
    };
    read(&reader, &mut figures);
    append(&mut store, &reader, disk, &mut figures);
    erase(&mut store, &reader, &mut figures);
    figures
}

fn timed(times: u64, mut work: impl FnMut(u64)) -> Samples {
    let mut samples = Samples::default();
    for number in 0..times {
        let began = Instant::now();
        work(number);
        samples.add(began.elapsed());
    }
    samples
}

/// Proofs and pages at places that nobody looked at just before.
fn read(reader: &Reader, figures: &mut At) {
    let size = reader.records().expect("a size");
    let anywhere = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % size;
    let times = scaled(200_000).min(5_000);
    let root = reader.seal_at(size).expect("a seal").root;
    let mut last = Vec::new();
    // What is asked for a second time stands in the memory of the system; before, it may come from the disk.
    figures.first_page = timed(times, |number| drop(page(reader, anywhere(number))));
    figures.page = timed(times, |number| drop(page(reader, anywhere(number))));
    figures.first_inclusion = timed(times, |number| {
        let _ = reader.inclusion(anywhere(number), size).expect("a proof");
    });
    figures.inclusion = timed(times, |number| {
        last = reader.inclusion(anywhere(number), size).expect("a proof");
    });
    let position = anywhere(times - 1);
    let bytes = reader
        .leaf(position)
        .and_then(|leaf| Ok(leaf.to_bytes()?))
        .expect("a leaf");
    verify_inclusion(&Hash::of_leaf(&bytes), position, size, &root, &last).expect("it proves something");
    figures.consistency = timed(times, |number| {
        let _ = reader.consistency(anywhere(number) + 1, size).expect("a proof");
    });
}

fn page(reader: &Reader, before: u64) -> Vec<StoredEntry> {
    reader
        .page(&EntryFilter::default(), Some(before), PAGE)
        .expect("a page")
}

/// Further entries, and as much on the bare disk between them.
fn append(store: &mut Store, reader: &Reader, disk: &mut BareDisk, figures: &mut At) {
    let (next, last) = end(reader);
    for number in 1..=APPENDED {
        let at = later(last, number * DAY_MS / ENTRIES_PER_DAY);
        let new = entry(next + number, at, store);
        let began = Instant::now();
        store.append_entry(&new).expect("an entry");
        figures.append.add(began.elapsed());
        figures.disk.add(disk.write());
    }
}

fn erase(store: &mut Store, reader: &Reader, figures: &mut At) {
    const KEPT_DAYS: u64 = 31;
    let (_, last) = end(reader);
    let at = later(last, KEPT_DAYS * DAY_MS);
    let due = store.due_erasures(at).expect("what is due").due;
    let visitors = due.iter().find(|days| days.class == RetentionClass::Visitor);
    let Some(oldest) = visitors.map(|days| days.from) else {
        return;
    };
    // The very first day is only a part of one.
    for day in 1..=2 {
        let before = LedgerDay(oldest.0 + day);
        let began = Instant::now();
        store
            .erase_before(at, GATE, Some(GUARD), RetentionClass::Visitor, before)
            .expect("a day whose time has come");
        let took = began.elapsed();
        if day == 2 {
            figures.erasure.add(took);
        }
    }
}

/// How many records there are, and when the last one was made.
fn end(reader: &Reader) -> (u64, Moment) {
    let records = reader.records().expect("a size");
    let last = reader.leaf(records - 1).expect("the last record");
    (records, last.at)
}
