//! The one-pass reader of entries and the parser agree on every leaf and on every near miss of one.

use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
use gatepost_ledger::{
    Body, Disclosed, Disclosure, Entry, Field, Leaf, Moment, PersonNumber, RetentionClass, scan_entry,
    scan_leaf,
};
use gatepost_rules::{
    ColourSource, DocumentKind, Fault, Mask, Reason, ShownKind, TemperatureBand, VerdictKind,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A stream of numbers that is the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    fn perhaps<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (self.roll(2) == 0).then(|| self.one(of))
    }
}

const COLOURS: [HealthColour; 4] = [
    HealthColour::Green,
    HealthColour::YellowOrange,
    HealthColour::Red,
    HealthColour::None,
];
const EVIDENCE: [EvidenceLevel; 6] = [
    EvidenceLevel::IssuerOnline,
    EvidenceLevel::SignatureOffline,
    EvidenceLevel::StructureOnly,
    EvidenceLevel::SeenByStaff,
    EvidenceLevel::Document,
    EvidenceLevel::None,
];
const REASONS: [Reason; 10] = [
    Reason::RedCode,
    Reason::Fever,
    Reason::YellowCode,
    Reason::LowTemperature,
    Reason::NoMask,
    Reason::StaleCode,
    Reason::CodeFromTheFuture,
    Reason::RepeatedCode,
    Reason::ColourNotSeen,
    Reason::NothingShown,
];
const DOCUMENTS: [DocumentKind; 3] = [
    DocumentKind::Identity,
    DocumentKind::Paper,
    DocumentKind::Companion,
];
const VERDICTS: [VerdictKind; 4] = [
    VerdictKind::Admit,
    VerdictKind::Hold,
    VerdictKind::Refuse,
    VerdictKind::CheckByHand,
];
const SHOWN: [ShownKind; 4] = [
    ShownKind::Decoded,
    ShownKind::SeenByStaff,
    ShownKind::Document,
    ShownKind::Nothing,
];
const BANDS: [TemperatureBand; 3] = [
    TemperatureBand::Low,
    TemperatureBand::Normal,
    TemperatureBand::Fever,
];
const MASKS: [Mask; 3] = [Mask::Worn, Mask::NotWorn, Mask::PutOn];
const SOURCES: [ColourSource; 2] = [ColourSource::Camera, ColourSource::Guard];

fn entry(dice: &mut Dice) -> Entry {
    let issuers = ["shanghai", "国务院", "a/b c", ""];
    Entry {
        shown: dice.one(&SHOWN),
        document: dice.perhaps(&DOCUMENTS),
        issuer: dice.perhaps(&issuers).map(IssuerId::new),
        age_seconds: dice.perhaps(&[0, 1, 12, u32::MAX]),
        colour: dice.perhaps(&COLOURS),
        colour_source: dice.perhaps(&SOURCES),
        evidence: dice.one(&EVIDENCE),
        band: dice.one(&BANDS),
        mask: dice.one(&MASKS),
        verdict: dice.one(&VERDICTS),
        reasons: (0..dice.roll(4)).map(|_| dice.one(&REASONS)).collect(),
        fault: dice.perhaps(&[Fault::CameraNoPicture]),
        follows: dice.perhaps(&[0, 3, (1 << 53) - 1]),
    }
}

fn leaf(dice: &mut Dice) -> Leaf {
    let mut digests: Vec<_> = (0..dice.roll(4))
        .map(|_| {
            let salt = [(); 16].map(|()| dice.roll(256) as u8);
            Disclosure::new(Field::Temperature, Disclosed::Number(365), &salt).digest()
        })
        .collect();
    digests.sort();
    digests.dedup();
    let body = Body::Entry(entry(dice));
    Leaf {
        position: dice.one(&[0, 7, 123_456, (1 << 53) - 1]),
        at: Moment {
            wall_ms: dice.one(&[0, 1_795_174_248_123, (1 << 53) - 1]),
            boot: dice.one(&[0, 17, u32::MAX]),
            monotonic_ms: dice.one(&[0, 81_234_560, (1 << 53) - 1]),
        },
        gate: dice.one(&["A1", "东门", "\u{7f}", "𝄞"]).to_owned(),
        by: dice.perhaps(&[PersonNumber(0), PersonNumber(u32::MAX)]),
        body,
        digests,
    }
}

/// What the reader says is what the parser says.
fn agree(bytes: &[u8]) -> bool {
    let parsed = Leaf::parse(bytes);
    let Some(line) = scan_entry(bytes) else {
        assert_eq!(scan_leaf(bytes), None);
        return false;
    };
    let shown = || String::from_utf8_lossy(bytes).into_owned();
    let leaf = parsed.unwrap_or_else(|error| panic!("{error}, and yet it was read: {}", shown()));
    let Body::Entry(entry) = &leaf.body else {
        panic!("no entry: {}", shown());
    };
    assert_eq!(line.position, leaf.position);
    assert_eq!(line.at, leaf.at);
    assert_eq!(line.gate, leaf.gate);
    assert_eq!(line.by, leaf.by);
    assert_eq!(usize::from(line.digests), leaf.digests.len());
    assert_eq!(line.verdict, entry.verdict);
    assert_eq!(line.band, entry.band);
    assert_eq!(line.follows, entry.follows);
    assert_eq!(line.class, leaf.body.retention_class());
    assert_eq!(scan_leaf(bytes), Some(leaf));
    true
}

#[test]
fn every_entry_is_read_in_one_pass() {
    let mut dice = Dice(7);
    for _ in 0..10_000 {
        let leaf = leaf(&mut dice);
        let bytes = leaf.to_bytes().expect("a leaf");
        assert!(agree(&bytes), "{}", String::from_utf8_lossy(&bytes));
    }
}

/// Cuts a leaf into words, so that a change can keep what stands around it.
fn words(bytes: &[u8]) -> Vec<Vec<u8>> {
    let is_sign = |byte: &u8| b"{}[]:,\"".contains(byte);
    bytes
        .chunk_by(|a, b| !is_sign(a) && !is_sign(b))
        .map(<[u8]>::to_vec)
        .collect()
}

fn change(dice: &mut Dice, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = dice.roll(bytes.len());
    match dice.roll(8) {
        0 => changed[at] ^= 1 << dice.roll(8),
        1 => changed[at] = dice.one(b"{}[]:,\"\\ 0123456789abcdefghtwAZ-_=.\x00\x1f\x7f\xc3\xff"),
        2 => drop(changed.remove(at)),
        3 => changed.insert(at, dice.one(b"{}[]:,\" 0-19aA_\n\\")),
        4 => changed.truncate(at),
        kind => {
            let (mut ours, theirs) = (words(bytes), words(other));
            let at = dice.roll(ours.len());
            match kind {
                5 => ours[at] = dice.one(&theirs.iter().collect::<Vec<_>>()).clone(),
                6 => {
                    let with = dice.roll(ours.len());
                    ours.swap(at, with);
                }
                _ => {
                    let to = (at + 1 + dice.roll(8)).min(ours.len());
                    if dice.roll(2) == 0 {
                        let doubled = ours[at..to].to_vec();
                        ours.splice(to..to, doubled);
                    } else {
                        ours.drain(at..to);
                    }
                }
            }
            changed = ours.concat();
        }
    }
    changed
}

#[test]
fn whatever_the_parser_refuses_of_a_changed_leaf_the_reader_refuses_too() {
    let mut dice = Dice(11);
    let mut read = 0;
    for _ in 0..4_000 {
        let (one, other) = (leaf(&mut dice), leaf(&mut dice));
        let bytes = one.to_bytes().expect("a leaf");
        let other = other.to_bytes().expect("a leaf");
        for _ in 0..30 {
            let mut changed = change(&mut dice, &bytes, &other);
            if dice.roll(4) == 0 && !changed.is_empty() {
                changed = change(&mut dice, &changed, &other);
            }
            read += usize::from(agree(&changed));
        }
    }
    assert!(read > 1_000, "too few changes left an entry: {read}");
}

#[test]
fn digests_out_of_order_or_with_loose_bits_are_no_entry() {
    let mut dice = Dice(13);
    let leaf = std::iter::repeat_with(|| leaf(&mut dice))
        .find(|leaf| leaf.digests.len() == 3)
        .expect("a leaf with three digests");
    let text = String::from_utf8(leaf.to_bytes().expect("a leaf")).expect("UTF-8");
    let digests: Vec<String> = leaf.digests.iter().cloned().map(String::from).collect();
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
        [0, 0, 1],
    ];
    for (at, order) in orders.iter().enumerate() {
        let list = order.map(|of| format!("\"{}\"", digests[of])).join(",");
        let end = text.find(']').expect("the end of the list");
        let changed = format!("{{\"_sd\":[{list}{}", &text[end..]);
        assert_eq!(agree(changed.as_bytes()), at == 0, "{order:?}");
    }
    let last = digests[0].chars().last().expect("43 characters");
    let loose = char::from_u32(u32::from(last) + 1).expect("a neighbour");
    let with_loose_bits = format!("{}{loose}", &digests[0][..42]);
    assert!(!agree(text.replace(&digests[0], &with_loose_bits).as_bytes()));
}

/// Every word of an enum stands in the reader's tables: an entry with it is read in one pass.
#[test]
fn no_word_of_an_entry_is_left_to_the_slow_way() {
    fn of_word<T: DeserializeOwned + Serialize + PartialEq>(all: &[T]) {
        // An unknown word makes serde list all that it knows.
        let error = serde_json::from_str::<T>("\"?\"")
            .err()
            .expect("no such word")
            .to_string();
        let known = error.matches('`').count() / 2 - 1;
        assert_eq!(known, all.len(), "{error}");
    }
    of_word(&COLOURS);
    of_word(&EVIDENCE);
    of_word(&REASONS);
    of_word(&DOCUMENTS);
    of_word(&VERDICTS);
    of_word(&SHOWN);
    of_word(&BANDS);
    of_word(&MASKS);
    of_word(&SOURCES);
    of_word(&[Fault::CameraNoPicture]);
}

#[test]
fn a_fever_a_red_code_and_a_refusal_are_kept_as_incidents() {
    let mut dice = Dice(17);
    let mut leaf = leaf(&mut dice);
    for (verdict, reason, class) in [
        (VerdictKind::Hold, Reason::Fever, RetentionClass::Incident),
        (VerdictKind::Hold, Reason::RedCode, RetentionClass::Incident),
        (VerdictKind::Refuse, Reason::NoMask, RetentionClass::Incident),
        (VerdictKind::Hold, Reason::NoMask, RetentionClass::Visitor),
    ] {
        leaf.body = Body::Entry(Entry {
            verdict,
            reasons: vec![reason],
            ..entry(&mut dice)
        });
        let bytes = leaf.to_bytes().expect("a leaf");
        assert_eq!(scan_entry(&bytes).expect("an entry").class, class);
    }
}
