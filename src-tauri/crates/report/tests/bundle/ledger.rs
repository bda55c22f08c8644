//! A ledger in memory, written as a gate would, with every kind of record.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::{ControlFlow, Range};

use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
use gatepost_ledger::cosignature::cosign;
use gatepost_ledger::note::{KeyKind, KeyName, SignedNote, SignerKey, VerifierKey};
use gatepost_ledger::retention::{HeldDays, Retention};
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{
    AccountChange, Body, Disclosed, Disclosure, Entry, Field, FindingStep, IncidentStep, KeyChangeReason,
    Leaf, LedgerClock, LedgerDay, Moment, PersonNumber, RetentionClass, RetentionPolicy, Role, Seal,
    VenueKind, VoidReason,
};
use gatepost_report::{BundleRequest, BundleSource, write_bundle};
use gatepost_rules::{ColourSource, Mask, Policy, Reason, ShownKind, TemperatureBand, VerdictKind};
use zeroize::Zeroizing;

pub(crate) const ORIGIN: &str = "gatepost.example/market/A1";
/// 2026-11-20, midnight UTC.
const START_MS: i64 = 1_795_132_800_000;
const DAY_MS: i64 = 86_400_000;
const START_DAY: i32 = (START_MS / DAY_MS) as i32;

fn signer(seed: u8, kind: KeyKind, name: &str) -> SignerKey {
    let name = KeyName::new(name).expect("a name");
    SignerKey::of_seed(name, kind, &Zeroizing::new([seed; 32]))
}

/// The gate's keys, in the order of their use.
pub(crate) fn gate(generation: u8) -> SignerKey {
    signer(1 + generation, KeyKind::Note, ORIGIN)
}

pub(crate) fn inspector() -> SignerKey {
    signer(90, KeyKind::Cosignature, "inspector.example/7")
}

fn entry() -> Entry {
    Entry {
        shown: ShownKind::Decoded,
        document: None,
        issuer: Some(IssuerId::new("shanghai")),
        age_seconds: Some(12),
        colour: Some(HealthColour::Green),
        colour_source: Some(ColourSource::Camera),
        evidence: EvidenceLevel::StructureOnly,
        band: TemperatureBand::Normal,
        mask: Mask::Worn,
        verdict: VerdictKind::Admit,
        reasons: vec![],
        fault: None,
        follows: None,
    }
}

fn fever(follows: u64) -> Entry {
    Entry {
        band: TemperatureBand::Fever,
        verdict: VerdictKind::Refuse,
        reasons: vec![Reason::Fever, Reason::NoMask],
        follows: Some(follows),
        ..entry()
    }
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) leaves: Vec<Vec<u8>>,
    pub(crate) tree: Frontier,
    clock: LedgerClock,
    retention: Retention,
    wall_ms: i64,
    boot: u32,
    monotonic_ms: u64,
    /// Of the entries, by position.
    pub(crate) disclosures: Vec<(u64, Disclosure)>,
    keys: Vec<SignerKey>,
    /// Seals that somebody cosigned, or that were a key's last.
    pub(crate) kept: Vec<SignedNote>,
    /// How many digests there are of each class and day: what an erasure would have to destroy.
    pub(crate) digests: BTreeMap<(RetentionClass, LedgerDay), u64>,
    pub(crate) gate: String,
}

impl Ledger {
    /// A ledger of so many records.
    pub(crate) fn of(size: u64) -> Ledger {
        let mut ledger = Ledger::begun();
        let mut course = every_kind();
        course.reverse();
        while ledger.size() < size {
            match course.pop() {
                Some(next) => next(&mut ledger),
                None => ledger.entry(entry()),
            }
        }
        ledger
    }

    pub(crate) fn begun() -> Ledger {
        let mut ledger = Ledger {
            wall_ms: START_MS,
            boot: 1,
            keys: vec![gate(0)],
            gate: "东门".into(),
            ..Ledger::default()
        };
        let key = Some(gate(0).verifier().to_string());
        ledger.add(Body::Genesis {
            venue: VenueKind::Supermarket,
            demo: false,
            key,
        });
        ledger
    }

    /// The same ledger with another leaf, sealed anew by whoever holds the gate's keys; what was sealed before that
    /// leaf still fits.
    pub(crate) fn with_leaf(&self, position: u64, leaf: Vec<u8>) -> Ledger {
        let mut leaves = self.leaves.clone();
        leaves[position as usize] = leaf;
        let mut tree = Frontier::new();
        for leaf in &leaves {
            tree.append(Hash::of_leaf(leaf), &mut Vec::new());
        }
        let before = |note: &&SignedNote| Seal::of_note(note).is_ok_and(|seal| seal.size <= position);
        Ledger {
            leaves,
            tree,
            keys: (0..self.keys.len() as u8).map(gate).collect(),
            kept: self.kept.iter().filter(before).cloned().collect(),
            ..Ledger::default()
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The day of ledger time.
    pub(crate) fn today(&self) -> LedgerDay {
        self.clock.day(self.wall_ms)
    }

    /// Whether what was disclosed on a day of ledger time may be destroyed.
    pub(crate) fn is_due(&self, class: RetentionClass, day: LedgerDay) -> bool {
        let kept = self.retention.kept(class, day, self.clock.time_ms(self.wall_ms));
        kept.is_none()
    }

    pub(crate) fn wall_ms(&self) -> i64 {
        self.wall_ms
    }

    /// The program runs for so long, and the wall clock drifts.
    pub(crate) fn run(&mut self, ms: u64, drift_ms: i64) {
        self.monotonic_ms += ms;
        self.wall_ms += ms as i64 + drift_ms;
    }

    pub(crate) fn seal(&self) -> Seal {
        Seal {
            origin: KeyName::new(ORIGIN).expect("a name"),
            size: self.size(),
            root: self.tree.root(),
        }
    }

    pub(crate) fn sealed(&self) -> SignedNote {
        self.seal().sign(self.keys.last().expect("the first key"))
    }

    pub(crate) fn cosigned(&mut self) {
        let mut note = self.sealed();
        let seconds = (self.wall_ms / 1000) as u64;
        note.signatures
            .push(cosign(&note.text, &inspector(), seconds).expect("cosigned"));
        self.kept.push(note);
        let (witness, size) = (inspector().verifier().to_string(), self.size());
        self.add(Body::Inspection {
            witness,
            size,
            time: seconds,
        });
    }

    pub(crate) fn add(&mut self, body: Body) {
        self.add_with(body, &[]);
    }

    fn add_with(&mut self, body: Body, disclosed: &[(Field, Disclosed)]) {
        self.run(1000, 0);
        let at = Moment {
            wall_ms: self.wall_ms,
            boot: self.boot,
            monotonic_ms: self.monotonic_ms,
        };
        let step = match body {
            Body::Clock { step } => Some(step),
            _ => None,
        };
        if let (None, Some(step)) = (step, self.clock.step_before(&at)) {
            (self.wall_ms, self.monotonic_ms) = (self.wall_ms - 1000, self.monotonic_ms - 1000);
            self.add(Body::Clock { step });
            return self.add_with(body, disclosed);
        }
        let start = self.clock.advance(&at, step).expect("the clock goes on");
        start.iter().for_each(|start| self.retention.start(start));
        match &body {
            Body::Retention(policy) => self.retention.set(*policy, self.clock.shift_ms()),
            Body::Hold { from, to, on } => {
                let (from, to) = (*from, *to);
                self.retention.hold(HeldDays { from, to }, *on);
            }
            _ => {}
        }
        let position = self.size();
        let mut digests = Vec::new();
        for (field, value) in disclosed {
            let mut salt = [*field as u8; 16];
            salt[..8].copy_from_slice(&position.to_be_bytes());
            let disclosure = Disclosure::new(*field, value.clone(), &salt);
            digests.push(disclosure.digest());
            self.disclosures.push((position, disclosure));
        }
        digests.sort();
        let day = (body.retention_class(), self.today());
        *self.digests.entry(day).or_default() += digests.len() as u64;
        let by = matches!(body, Body::Entry(_)).then_some(PersonNumber(2));
        let leaf = Leaf {
            position,
            at,
            gate: self.gate.clone(),
            by,
            body,
            digests,
        };
        let bytes = leaf.to_bytes().expect("a leaf");
        self.tree.append(Hash::of_leaf(&bytes), &mut Vec::new());
        self.leaves.push(bytes);
    }

    pub(crate) fn visitor(&mut self) {
        self.entry(entry());
    }

    fn entry(&mut self, entry: Entry) {
        let token = Disclosed::Text("00ff".repeat(16));
        self.add_with(
            Body::Entry(entry),
            &[
                (Field::Temperature, Disclosed::Number(365)),
                (Field::Token, token),
            ],
        );
    }

    pub(crate) fn change_key(&mut self) {
        let next = gate(self.keys.len() as u8);
        let key = next.verifier().to_string();
        self.add(Body::KeyChange {
            key,
            reason: KeyChangeReason::Routine,
        });
        self.kept.push(self.sealed());
        self.keys.push(next);
    }

    /// The program is started again, when the wall clock shows so much more than before. A step back has a record.
    pub(crate) fn start_again(&mut self, after_ms: i64) {
        self.boot += 1;
        self.monotonic_ms = 0;
        self.wall_ms += after_ms;
        self.add(Body::Boot {
            version: "0.1.0".into(),
        });
    }

    pub(crate) fn bundle(&mut self) -> Vec<u8> {
        self.bundle_of(&BundleRequest::default())
    }

    pub(crate) fn bundle_of(&mut self, request: &BundleRequest) -> Vec<u8> {
        write_bundle(self, request, Vec::new()).expect("written into memory")
    }
}

impl BundleSource for Ledger {
    type Error = Infallible;

    fn newest_seal(&mut self) -> Result<SignedNote, Infallible> {
        // The record that names a new key is still sealed with the old one.
        let last = self.kept.last().filter(|note| note.text == self.seal().to_text());
        Ok(last.cloned().unwrap_or_else(|| self.sealed()))
    }

    fn older_seals(&mut self) -> Result<Vec<SignedNote>, Infallible> {
        Ok(self.kept.clone())
    }

    fn keys(&mut self) -> Result<Vec<VerifierKey>, Infallible> {
        Ok(self.keys.iter().map(SignerKey::verifier).collect())
    }

    fn witnesses(&mut self) -> Result<Vec<VerifierKey>, Infallible> {
        Ok(vec![inspector().verifier()])
    }

    fn leaves(
        &mut self,
        range: Range<u64>,
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Infallible> {
        for leaf in &self.leaves[range.start as usize..range.end as usize] {
            if each(leaf).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sign(&mut self, text: String) -> Result<SignedNote, Infallible> {
        Ok(SignedNote::sign(text, self.keys.last().expect("the first key")))
    }
}

type Step = Box<dyn FnOnce(&mut Ledger)>;

fn step(step: impl FnOnce(&mut Ledger) + 'static) -> Step {
    Box::new(step)
}

fn record(body: Body) -> Step {
    step(|ledger| ledger.add(body))
}

/// A course of events in which every kind of record occurs.
fn every_kind() -> Vec<Step> {
    let mut course = morning();
    course.extend(noon());
    course.extend(weeks_later());
    course
}

fn morning() -> Vec<Step> {
    let number = PersonNumber(2);
    let started = Body::Boot {
        version: "0.1.0".into(),
    };
    let void = |ledger: &mut Ledger| {
        let note = Disclosed::Text("王示，复测".into());
        let of = ledger.size() - 3;
        let reason = VoidReason::Other;
        ledger.add_with(Body::Void { of, reason }, &[(Field::Note, note)]);
    };
    vec![
        record(started),
        record(person(1, Role::Manager)),
        record(person(2, Role::Guard)),
        record(Body::Policy(Policy::default())),
        record(Body::Retention(RetentionPolicy::default())),
        record(Body::Authfail { number }),
        record(Body::Lockout { number, seconds: 30 }),
        record(Body::Login),
        record(Body::ShiftOpen),
        step(|ledger| ledger.entry(entry())),
        step(|ledger| ledger.entry(entry())),
        step(|ledger| ledger.entry(fever(ledger.size() - 1))),
        record(Body::Incident {
            of: 12,
            step: IncidentStep::Opened,
        }),
        step(void),
    ]
}

fn noon() -> Vec<Step> {
    let at_a_gate_like_a_formula = |ledger: &mut Ledger| {
        ledger.gate = "=1+1,\"门\"\n".into();
        ledger.entry(entry());
        ledger.gate = "东门".into();
    };
    vec![
        step(Ledger::cosigned),
        step(|ledger| ledger.run(0, -240_000)),
        step(|ledger| ledger.entry(entry())),
        step(|ledger| ledger.run(0, 240_000)),
        step(|ledger| ledger.entry(entry())),
        step(Ledger::change_key),
        step(at_a_gate_like_a_formula),
        record(Body::ShiftClose { shift: 9 }),
        record(Body::Logout),
        record(hold(true)),
        record(hold(false)),
        record(Body::Shutdown),
    ]
}

fn weeks_later() -> Vec<Step> {
    let erase = |ledger: &mut Ledger| {
        let (from, to) = (LedgerDay(START_DAY), LedgerDay(START_DAY));
        let class = RetentionClass::Visitor;
        let count = ledger.digests[&(class, from)];
        ledger.add(Body::Erase {
            class,
            from,
            to,
            count,
        });
    };
    let values = [
        ("zone".to_owned(), "大厅 \u{1F6AA}".to_owned()),
        ("\u{fb33}".to_owned(), "\"\\\n\u{7f}".to_owned()),
        ("\u{1F600}".to_owned(), "=1+1".to_owned()),
    ];
    let form = "disinfection".to_owned();
    let sha256 = "00".repeat(32);
    vec![
        step(|ledger| ledger.start_again(40 * DAY_MS)),
        // The date after so long a pause is confirmed by repeating the policy in force.
        record(Body::Retention(RetentionPolicy::default())),
        step(erase),
        record(Body::Export {
            rows: 3,
            sha256,
            disclosed: vec![10],
        }),
        record(Body::Finding {
            of: None,
            step: FindingStep::Raised,
            due: None,
        }),
        record(Body::Register {
            form,
            values: values.into(),
        }),
        step(|ledger| {
            let size = ledger.size();
            ledger.add(Body::Restore { size, lost: None });
        }),
        record(Body::Note { of: Some(10) }),
        step(Ledger::cosigned),
        step(Ledger::change_key),
    ]
}

fn person(number: u32, role: Role) -> Body {
    let (number, change) = (PersonNumber(number), AccountChange::Opened);
    Body::Person { number, role, change }
}

fn hold(on: bool) -> Body {
    let (from, to) = (LedgerDay(START_DAY), LedgerDay(START_DAY + 1));
    Body::Hold { from, to, on }
}
