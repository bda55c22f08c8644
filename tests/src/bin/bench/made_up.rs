//! A made-up gate and its entries: five thousand a day, one every seventeen seconds.

use std::ops::Range;
use std::path::Path;

use gatepost_codes::{EvidenceLevel, HealthColour};
use gatepost_ledger::{Body, Disclosed, Disclosure, Entry, Field, Leaf, Moment};
use gatepost_rules::{BodyTemperature, ColourSource, Mask, Reason, ShownKind, TemperatureBand, VerdictKind};
use gatepost_store::{NewEntry, ScanId, Store};
pub(crate) use gatepost_tests::made_up::{GATE, GUARD};
use gatepost_tests::made_up::{OFFSET_S, START_MS, local_day, set_up};

pub(crate) const ENTRIES_PER_DAY: u64 = 5_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
const ENTRIES_PER_TRANSACTION: usize = 10_000;
/// Every so many visitors one has a fever and is turned away.
const FEVERISH: u64 = 200;

/// When entry `number` is made, in a run that goes on from the set-up.
pub(crate) fn moment(number: u64) -> Moment {
    let set_up = Moment {
        wall_ms: START_MS,
        boot: 1,
        monotonic_ms: 0,
    };
    later(set_up, number * (DAY_MS / ENTRIES_PER_DAY))
}

/// Some milliseconds later in the same run.
pub(crate) fn later(at: Moment, ms: u64) -> Moment {
    Moment {
        wall_ms: at.wall_ms + ms.cast_signed(),
        monotonic_ms: at.monotonic_ms + ms,
        ..at
    }
}

/// A data folder that was just set up.
pub(crate) fn new_store(folder: &Path) -> Store {
    let mut store = open(folder);
    store.set_up(moment(0), &set_up()).expect("a first set-up");
    store
}

/// A data folder, with its secrets in a file as a gate without a keychain has them.
pub(crate) fn open(folder: &Path) -> Store {
    gatepost_tests::made_up::open(folder).expect("a data folder of this program, or none")
}

/// Appends the entries with these numbers, ten thousand in a transaction.
pub(crate) fn fill(store: &mut Store, numbers: Range<u64>) {
    let mut numbers = numbers.peekable();
    while numbers.peek().is_some() {
        let new: Vec<NewEntry> = numbers
            .by_ref()
            .take(ENTRIES_PER_TRANSACTION)
            .map(|number| entry(number, moment(number), store))
            .collect();
        store.append_entries(&new).expect("entries");
    }
}

/// What entry `number` says.
pub(crate) fn said(number: u64) -> (Entry, BodyTemperature) {
    let is_feverish = number % FEVERISH == FEVERISH - 1;
    let tenths = if is_feverish {
        378
    } else {
        360 + (number % 9) as i16
    };
    let (verdict, band) = match is_feverish {
        true => (VerdictKind::Refuse, TemperatureBand::Fever),
        false => (VerdictKind::Admit, TemperatureBand::Normal),
    };
    let entry = Entry {
        shown: ShownKind::Decoded,
        document: None,
        issuer: None,
        age_seconds: Some(12),
        colour: Some(HealthColour::Green),
        colour_source: Some(ColourSource::Camera),
        evidence: EvidenceLevel::StructureOnly,
        band,
        mask: Mask::Worn,
        verdict,
        reasons: if is_feverish {
            vec![Reason::Fever]
        } else {
            Vec::new()
        },
        fault: None,
        follows: None,
    };
    let temperature = BodyTemperature::from_tenths(tenths).expect("a temperature that people have");
    (entry, temperature)
}

/// Entry `number` at that moment, with a code that nobody else has shown.
pub(crate) fn entry(number: u64, at: Moment, store: &Store) -> NewEntry {
    let (entry, temperature) = said(number);
    NewEntry {
        scan_id: ScanId::random().expect("randomness"),
        at,
        day: local_day(at.wall_ms),
        offset_s: OFFSET_S,
        gate: GATE.to_owned(),
        guard: GUARD,
        entry,
        temperature,
        token: Some(store.token(&number.to_le_bytes())),
    }
}

/// The leaf of such an entry as the store would write it at `position`.
pub(crate) fn leaf(position: u64, new: &NewEntry) -> Vec<u8> {
    let salt = |field: u8| {
        let mut salt = [field; 16];
        salt[..8].copy_from_slice(&position.to_le_bytes());
        salt
    };
    let temperature = Disclosed::Number(i64::from(new.temperature.tenths()));
    let mut digests = vec![Disclosure::new(Field::Temperature, temperature, &salt(0)).digest()];
    // Of a token only the length counts here.
    let token = Disclosed::Text(format!("{position:032x}"));
    digests.push(Disclosure::new(Field::Token, token, &salt(1)).digest());
    digests.sort_unstable();
    let leaf = Leaf {
        position,
        at: new.at,
        gate: new.gate.clone(),
        by: Some(new.guard),
        body: Body::Entry(new.entry.clone()),
        digests,
    };
    leaf.to_bytes().expect("a leaf")
}
