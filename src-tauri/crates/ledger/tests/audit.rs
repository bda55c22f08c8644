//! The walk over leaves: each rule on both sides of its edge.

use gatepost_codes::EvidenceLevel;
use gatepost_ledger::audit::{
    Audit, Batch, COSIGNATURE_SKEW_MS, Fault, MOST_RECORDS_OF_A_BATCH, MOST_WARNINGS, Report, Rule, Source,
    Statement, Trust, WarningKind, walk,
};
use gatepost_ledger::cosignature::cosign;
use gatepost_ledger::note::{KeyKind, KeyName, SignedNote, SignerKey};
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{
    Body, Disclosed, Disclosure, Entry, Field, KeyChangeReason, Leaf, LedgerDay, Moment, RetentionClass,
    RetentionPolicy, Seal, VenueKind,
};
use gatepost_rules::{Mask, Reason, ShownKind, TemperatureBand, VerdictKind};
use std::convert::Infallible;
use std::ops::ControlFlow;
use zeroize::Zeroizing;

const ORIGIN: &str = "gatepost.example/market/A1";
const START_MS: i64 = 1_795_132_800_000;
const DAY_MS: i64 = 86_400_000;
const START_DAY: i32 = (START_MS / DAY_MS) as i32;

fn signer(seed: u8, kind: KeyKind, name: &str) -> SignerKey {
    SignerKey::of_seed(
        KeyName::new(name).expect("a name"),
        kind,
        &Zeroizing::new([seed; 32]),
    )
}

fn gate() -> SignerKey {
    signer(1, KeyKind::Note, ORIGIN)
}

fn inspector() -> SignerKey {
    signer(9, KeyKind::Cosignature, "inspector.example/7")
}

fn entry() -> Body {
    Body::Entry(Entry {
        shown: ShownKind::Nothing,
        document: None,
        issuer: None,
        age_seconds: None,
        colour: None,
        colour_source: None,
        evidence: EvidenceLevel::None,
        band: TemperatureBand::Normal,
        mask: Mask::Worn,
        verdict: VerdictKind::Hold,
        reasons: vec![Reason::NothingShown],
        fault: None,
        follows: None,
    })
}

/// A ledger in memory, written as a gate would.
#[derive(Clone, Default)]
struct Ledger {
    leaves: Vec<Vec<u8>>,
    nodes: Vec<Vec<u8>>,
    tree: Frontier,
    now_ms: i64,
}

impl Ledger {
    fn new() -> Ledger {
        let mut ledger = Ledger {
            now_ms: 0,
            ..Ledger::default()
        };
        ledger.add(Body::Genesis {
            venue: VenueKind::Hotel,
            demo: false,
            key: Some(gate().verifier().to_string()),
        });
        ledger
    }

    /// A record a second after the last one.
    fn add(&mut self, body: Body) -> &mut Ledger {
        self.add_with(body, 0)
    }

    fn entry(&mut self) -> &mut Ledger {
        self.add_with(entry(), 2)
    }

    fn add_with(&mut self, body: Body, digests: u8) -> &mut Ledger {
        self.now_ms += 1000;
        let position = self.leaves.len() as u64;
        let salt = |of: u8| {
            let mut salt = [of; 16];
            salt[..8].copy_from_slice(&position.to_be_bytes());
            salt
        };
        let mut digests: Vec<_> = (0..digests)
            .map(|of| Disclosure::new(Field::Temperature, Disclosed::Number(365), &salt(of)).digest())
            .collect();
        digests.sort();
        let leaf = Leaf {
            position,
            at: Moment {
                wall_ms: START_MS + self.now_ms,
                boot: 1,
                monotonic_ms: self.now_ms as u64,
            },
            gate: "A1".into(),
            by: None,
            body,
            digests,
        };
        self.push(leaf.to_bytes().expect("a leaf"));
        self
    }

    fn push(&mut self, leaf: Vec<u8>) {
        let mut nodes = Vec::new();
        self.tree.append(Hash::of_leaf(&leaf), &mut nodes);
        self.leaves.push(leaf);
        self.nodes.push(nodes);
    }

    fn pass_days(&mut self, days: i64) -> &mut Ledger {
        self.now_ms += days * DAY_MS;
        self
    }

    /// The same ledger from changed leaves, hashed anew.
    fn rehashed(mut leaves: Vec<Vec<u8>>) -> Ledger {
        let mut ledger = Ledger::default();
        leaves.drain(..).for_each(|leaf| ledger.push(leaf));
        ledger
    }

    fn seal(&self) -> Seal {
        Seal {
            origin: KeyName::new(ORIGIN).expect("a name"),
            size: self.tree.size(),
            root: self.tree.root(),
        }
    }

    fn sealed(&self) -> Statement {
        Statement::sealed(self.seal().sign(&gate())).expect("a seal")
    }

    fn cosigned(&self, ahead_ms: i64) -> Statement {
        let seconds = (START_MS + self.now_ms + ahead_ms) / 1000;
        cosigned(&self.seal(), seconds as u64)
    }

    fn audit_with(&self, statements: Vec<Statement>) -> Result<Report, Fault> {
        let mut audit = Audit::new(Trust {
            statements,
            ..Trust::default()
        });
        for (leaf, nodes) in self.leaves.iter().zip(&self.nodes) {
            audit.push(leaf, Some(nodes))?;
        }
        audit.finish()
    }

    fn audit(&self) -> Result<Report, Fault> {
        self.audit_with(vec![])
    }

    fn fault(&self) -> (u64, Rule) {
        self.fault_with(vec![])
    }

    fn fault_with(&self, statements: Vec<Statement>) -> (u64, Rule) {
        let fault = self.audit_with(statements).expect_err("a fault");
        (fault.position, fault.rule)
    }
}

fn cosigned(seal: &Seal, seconds: u64) -> Statement {
    let text = seal.to_text();
    let line = cosign(&text, &inspector(), seconds).expect("cosigned");
    let note = SignedNote {
        text,
        signatures: vec![line],
    };
    Statement::cosigned(&note, &inspector().verifier()).expect("verified")
}

/// Ten entries behind the genesis.
fn morning() -> Ledger {
    let mut ledger = Ledger::new();
    for _ in 0..10 {
        ledger.entry();
    }
    ledger
}

fn edited(leaf: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(leaf).expect("UTF-8");
    assert!(text.contains(from), "{text}");
    text.replace(from, to).into_bytes()
}

#[test]
fn a_ledger_as_it_was_written_has_no_fault_and_its_report_says_what_it_is() {
    let ledger = morning();
    let report = ledger.audit_with(vec![ledger.sealed()]).expect("no fault");
    assert_eq!((report.size, report.root), (11, ledger.tree.root()));
    assert_eq!(report.kinds, [("entry", 10), ("genesis", 1)].into());
    assert_eq!(
        report.disclosures,
        [((RetentionClass::Visitor, LedgerDay(START_DAY)), 20)].into()
    );
    assert_eq!((report.days, report.vouched), (1, 11));
    assert_eq!(report.warnings, []);
}

#[test]
fn an_edited_a_dropped_a_swapped_and_a_doubled_record_are_found_where_they_are() {
    let mut ledger = morning();
    ledger.leaves[4] = edited(&ledger.leaves[4], "\"mask\":\"worn\"", "\"mask\":\"put_on\"");
    assert_eq!(ledger.fault(), (4, Rule::Nodes));
    let mut ledger = morning();
    ledger.leaves[4].push(b' ');
    assert_eq!(ledger.fault(), (4, Rule::Leaf));
    let mut ledger = morning();
    ledger.leaves.remove(4);
    assert_eq!(ledger.fault(), (4, Rule::Position));
    let mut ledger = morning();
    ledger.leaves.swap(4, 5);
    assert_eq!(ledger.fault(), (4, Rule::Position));
    let mut ledger = morning();
    let doubled = ledger.leaves[4].clone();
    ledger.leaves.insert(5, doubled);
    ledger.nodes.insert(5, vec![]);
    assert_eq!(ledger.fault(), (5, Rule::Position));
}

#[test]
fn a_wrong_stored_node_is_found_at_the_record_that_completes_it() {
    for at in 0..11 {
        let good = morning();
        for byte in (0..good.nodes[at].len()).step_by(7) {
            let mut ledger = good.clone();
            ledger.nodes[at][byte] ^= 1;
            assert_eq!(ledger.fault(), (at as u64, Rule::Nodes));
        }
        let mut ledger = good.clone();
        ledger.nodes[at].extend([0; 32]);
        assert_eq!(ledger.fault(), (at as u64, Rule::Nodes));
    }
}

#[test]
fn an_edit_that_was_hashed_anew_is_found_by_an_older_seal() {
    let good = morning();
    let mut leaves = good.leaves.clone();
    leaves[4] = edited(&leaves[4], "\"mask\":\"worn\"", "\"mask\":\"put_on\"");
    let forged = Ledger::rehashed(leaves);
    assert!(forged.audit().is_ok(), "nobody outside has seen it");
    assert_eq!(forged.fault_with(vec![good.sealed()]), (10, Rule::Forked));
    assert_eq!(forged.fault_with(vec![good.cosigned(0)]), (10, Rule::Forked));
}

#[test]
fn a_ledger_shorter_than_its_seal_is_truncated_and_one_that_went_on_otherwise_is_forked() {
    let mut old = morning();
    let mut now = old.clone();
    now.entry().entry();
    assert_eq!(old.fault_with(vec![now.sealed()]), (11, Rule::Truncated));
    now.audit_with(vec![old.sealed()]).expect("it only grew");
    old.pass_days(1).entry().entry();
    assert_eq!(old.fault_with(vec![now.sealed()]), (12, Rule::Forked));
}

#[test]
fn a_seal_of_another_ledger_or_of_another_key_is_refused() {
    let ledger = morning();
    let mut other = ledger.seal();
    other.origin = KeyName::new("gatepost.example/hotel/B2").expect("a name");
    let stranger = signer(2, KeyKind::Note, "gatepost.example/hotel/B2");
    let note = Statement::sealed(other.sign(&stranger)).expect("a seal");
    assert_eq!(ledger.fault_with(vec![note]), (0, Rule::Origin));
    let forger = signer(3, KeyKind::Note, ORIGIN);
    let note = Statement::sealed(ledger.seal().sign(&forger)).expect("a seal");
    assert_eq!(ledger.fault_with(vec![note]), (10, Rule::Seal));
}

#[test]
fn what_the_verifier_itself_saw_needs_no_signature_and_must_be_in_it() {
    let mut ledger = morning();
    let seen = Statement::seen(ledger.seal());
    let longer = {
        let mut longer = morning();
        longer.entry().entry();
        Statement::seen(longer.seal())
    };
    ledger.entry();
    let vouched = ledger.audit_with(vec![seen.clone()]).map(|report| report.vouched);
    assert_eq!(vouched, Ok(11));
    assert_eq!(ledger.fault_with(vec![longer]), (12, Rule::Truncated));
    let mut leaves = morning().leaves;
    leaves[4] = edited(&leaves[4], "\"mask\":\"worn\"", "\"mask\":\"put_on\"");
    let forged = Ledger::rehashed(leaves);
    assert_eq!(forged.fault_with(vec![seen]), (10, Rule::Forked));
    let mut other = ledger.seal();
    other.origin = KeyName::new("gatepost.example/hotel/B2").expect("a name");
    assert_eq!(ledger.fault_with(vec![Statement::seen(other)]), (0, Rule::Origin));
}

#[test]
fn a_head_is_signed_with_the_key_in_force() {
    let mut ledger = morning();
    let next = signer(2, KeyKind::Note, ORIGIN);
    ledger.add(Body::KeyChange {
        key: next.verifier().to_string(),
        reason: KeyChangeReason::Routine,
    });
    let head = |ledger: &Ledger, key: &SignerKey| {
        Statement::head(ledger.tree.size(), key.sign(ledger.seal().to_text().as_bytes()))
    };
    let at_change = head(&ledger, &gate());
    assert_eq!(
        ledger.fault_with(vec![head(&ledger, &next)]),
        (11, Rule::Head),
        "a change is signed with the old key"
    );
    ledger.entry();
    let behind = head(&ledger, &next);
    assert_eq!(ledger.fault_with(vec![head(&ledger, &gate())]), (12, Rule::Head));
    ledger.audit_with(vec![at_change, behind]).expect("no fault");
}

#[test]
fn keys_follow_each_other_or_it_is_a_fault() {
    let change = |key: String, reason| Body::KeyChange { key, reason };
    let mut ledger = morning();
    ledger.add(change(gate().verifier().to_string(), KeyChangeReason::Routine));
    assert_eq!(ledger.fault(), (11, Rule::Key), "the same key again");
    let mut ledger = morning();
    let next = signer(2, KeyKind::Note, ORIGIN).verifier().to_string();
    ledger.add(change(next, KeyChangeReason::First));
    assert_eq!(ledger.fault(), (11, Rule::Key), "a second first key");
    let mut ledger = morning();
    let other = signer(2, KeyKind::Note, "gatepost.example/hotel/B2");
    ledger.add(change(other.verifier().to_string(), KeyChangeReason::Routine));
    assert_eq!(ledger.fault(), (11, Rule::Origin));
    let trust = Trust {
        keys: vec![other.verifier()],
        ..Trust::default()
    };
    let mut audit = Audit::new(trust);
    audit.push(&morning().leaves[0], None).expect("buffered");
    let fault = audit.finish().expect_err("not the key that is trusted");
    assert_eq!((fault.position, fault.rule), (0, Rule::Key));
}

#[test]
fn the_genesis_is_first_and_only_there() {
    let genesis = || Body::Genesis {
        venue: VenueKind::Hotel,
        demo: false,
        key: None,
    };
    let mut ledger = morning();
    ledger.add(genesis());
    assert_eq!(ledger.fault(), (11, Rule::Genesis));
    for body in [entry(), Body::Login] {
        let mut ledger = Ledger::default();
        ledger.add(body);
        assert_eq!(ledger.fault(), (0, Rule::Genesis));
    }
    assert_eq!(Ledger::default().fault(), (0, Rule::Genesis));
}

#[test]
fn a_wall_clock_beside_a_witness_is_right_within_five_minutes() {
    let seen = morning();
    let mut after = seen.clone();
    after.entry();
    // The records lie between one and eleven seconds after the start, the cosignature at the eleventh.
    for (ahead_ms, fault) in [
        (0, None),
        (-COSIGNATURE_SKEW_MS, None),
        (-COSIGNATURE_SKEW_MS - 1000, Some((10, Rule::BackDated))),
        (COSIGNATURE_SKEW_MS + 1000, None),
        (COSIGNATURE_SKEW_MS + 2000, Some((11, Rule::BackDated))),
    ] {
        let found = after.audit_with(vec![seen.cosigned(ahead_ms)]).err();
        assert_eq!(
            found.map(|fault| (fault.position, fault.rule)),
            fault,
            "{ahead_ms}"
        );
    }
}

#[test]
fn of_several_witnesses_the_tightest_binds() {
    let mut ledger = morning();
    let early = ledger.cosigned(0);
    ledger.pass_days(2).entry();
    let late = ledger.cosigned(0);
    // The later witness saw eleven records of two days before: only the earlier one can say when.
    ledger.audit_with(vec![early, late]).expect("no fault");
    let mut back_dated = morning();
    back_dated.now_ms -= 10_000;
    back_dated.entry();
    let later = cosigned(&morning().seal(), ((START_MS + DAY_MS) / 1000) as u64);
    assert_eq!(back_dated.fault_with(vec![later]).1, Rule::Monotonic);
}

#[test]
fn an_erasure_is_neither_early_nor_of_another_count_nor_during_a_hold() {
    let erase = |from: i32, to: i32, count| Body::Erase {
        class: RetentionClass::Visitor,
        from: LedgerDay(START_DAY + from),
        to: LedgerDay(START_DAY + to),
        count,
    };
    let mut due = morning();
    due.pass_days(31);
    let mut ledger = due.clone();
    let report = ledger.add(erase(0, 0, 20)).audit().expect("no fault");
    assert_eq!((report.disclosures.len(), report.warned.len()), (0, 0));
    assert_eq!(due.clone().add(erase(0, 1, 20)).fault(), (11, Rule::EraseEarly));
    assert_eq!(due.clone().add(erase(0, 0, 19)).fault(), (11, Rule::EraseCount));
    assert_eq!(due.clone().add(erase(0, 0, 21)).fault(), (11, Rule::EraseCount));
    assert_eq!(
        ledger.add(erase(0, 0, 20)).fault(),
        (12, Rule::EraseCount),
        "twice"
    );
    let hold = |on| Body::Hold {
        from: LedgerDay(START_DAY),
        to: LedgerDay(START_DAY + 3),
        on,
    };
    let mut ledger = due.clone();
    ledger.add(hold(true));
    assert_eq!(ledger.clone().add(erase(0, 0, 20)).fault(), (12, Rule::EraseHeld));
    ledger.add(hold(false)).add(erase(0, 0, 20));
    assert!(ledger.audit().is_ok());
    let mut shorter = morning();
    shorter.pass_days(8).add(Body::Retention(RetentionPolicy {
        visitor_days: 7,
        ..RetentionPolicy::default()
    }));
    assert!(shorter.add(erase(0, 0, 20)).audit().is_ok());
}

#[test]
fn an_erasure_that_is_late_or_missing_is_a_warning() {
    let late = |ledger: &Ledger| {
        let report = ledger.audit().expect("no fault");
        report
            .warnings
            .iter()
            .map(|warning| warning.kind)
            .collect::<Vec<_>>()
    };
    let mut ledger = morning();
    ledger.pass_days(32).add(Body::Login);
    assert_eq!(late(&ledger), [], "due since yesterday");
    let mut ledger = morning();
    ledger.pass_days(33).add(Body::Login);
    assert_eq!(late(&ledger), [WarningKind::LateErasure]);
    ledger.add(Body::Erase {
        class: RetentionClass::Visitor,
        from: LedgerDay(START_DAY),
        to: LedgerDay(START_DAY),
        count: 20,
    });
    assert_eq!(late(&ledger), [WarningKind::LateErasure]);
}

#[test]
fn a_start_weeks_later_erases_nothing_until_somebody_has_confirmed_the_date() {
    let started = |days: i64| {
        let mut ledger = morning();
        let mut leaf = Leaf {
            position: 11,
            at: Moment {
                wall_ms: START_MS + ledger.now_ms + days * DAY_MS,
                boot: 2,
                monotonic_ms: 0,
            },
            gate: "A1".into(),
            by: None,
            body: Body::Boot {
                version: "0.1.0".into(),
            },
            digests: vec![],
        };
        ledger.push(leaf.to_bytes().expect("a leaf"));
        leaf.position = 12;
        (ledger, leaf)
    };
    let erase = Body::Erase {
        class: RetentionClass::Visitor,
        from: LedgerDay(START_DAY),
        to: LedgerDay(START_DAY),
        count: 20,
    };
    let (mut ledger, leaf) = started(40);
    let early = Leaf {
        body: erase.clone(),
        ..leaf
    };
    ledger.push(early.to_bytes().expect("a leaf"));
    assert_eq!(ledger.fault(), (12, Rule::EraseEarly));
    let (mut ledger, leaf) = started(40);
    let confirmed = Leaf {
        body: Body::Retention(RetentionPolicy::default()),
        ..leaf.clone()
    };
    let due = Leaf {
        position: 13,
        body: erase.clone(),
        ..leaf
    };
    ledger.push(confirmed.to_bytes().expect("a leaf"));
    ledger.push(due.to_bytes().expect("a leaf"));
    ledger.audit().expect("no fault");
    // Three days of holidays need no confirmation.
    let (mut ledger, leaf) = started(3);
    let mut shorter = Leaf {
        body: Body::Retention(RetentionPolicy {
            visitor_days: 2,
            ..RetentionPolicy::default()
        }),
        ..leaf
    };
    ledger.push(shorter.to_bytes().expect("a leaf"));
    shorter.position = 13;
    shorter.body = erase;
    ledger.push(shorter.to_bytes().expect("a leaf"));
    ledger.audit().expect("no fault");
}

#[test]
fn a_clock_that_was_set_to_make_time_pass_erases_nothing_sooner() {
    let mut ledger = morning();
    let step = 40 * DAY_MS;
    let leaf = Leaf {
        position: 11,
        at: Moment {
            wall_ms: START_MS + ledger.now_ms + step,
            boot: 1,
            monotonic_ms: ledger.now_ms as u64,
        },
        gate: "A1".into(),
        by: None,
        body: Body::Clock { step },
        digests: vec![],
    };
    let silent = Leaf {
        body: Body::Login,
        ..leaf.clone()
    };
    let mut hidden = ledger.clone();
    hidden.push(silent.to_bytes().expect("a leaf"));
    assert_eq!(hidden.fault(), (11, Rule::Clock));
    let erase = Leaf {
        position: 12,
        body: Body::Erase {
            class: RetentionClass::Visitor,
            from: LedgerDay(START_DAY),
            to: LedgerDay(START_DAY),
            count: 20,
        },
        ..leaf.clone()
    };
    ledger.push(leaf.to_bytes().expect("a leaf"));
    ledger.audit().expect("a clock record says so");
    ledger.push(erase.to_bytes().expect("a leaf"));
    assert_eq!(ledger.fault(), (12, Rule::EraseEarly));
}

#[test]
fn a_forgotten_shift_and_a_start_without_an_end_are_warnings() {
    let boot = || Body::Boot {
        version: "0.1.0".into(),
    };
    let mut ledger = Ledger::new();
    ledger
        .add(boot())
        .add(Body::ShiftOpen)
        .entry()
        .add(boot())
        .add(Body::ShiftOpen)
        .add(Body::ShiftClose { shift: 5 })
        .add(Body::Shutdown)
        .add(boot())
        .add(Body::ShiftOpen);
    let warnings = ledger.audit().expect("no fault").warnings;
    let found: Vec<_> = warnings.iter().map(|one| (one.position, one.kind)).collect();
    assert_eq!(
        found,
        [(4, WarningKind::NoShutdown), (2, WarningKind::ShiftNeverClosed)]
    );
}

#[test]
fn many_warnings_of_one_kind_hide_none_of_another() {
    let mut ledger = Ledger::new();
    for _ in 0..MOST_WARNINGS + 2 {
        ledger.add(Body::Boot {
            version: "0.1.0".into(),
        });
    }
    ledger.add(Body::ShiftOpen).add(Body::ShiftOpen);
    let report = ledger.audit().expect("no fault");
    let of = |kind| report.warnings.iter().filter(|one| one.kind == kind).count() as u64;
    assert_eq!(of(WarningKind::NoShutdown), MOST_WARNINGS);
    assert_eq!(of(WarningKind::ShiftNeverClosed), 1);
    // The first start follows the genesis.
    let counted = [
        (WarningKind::ShiftNeverClosed, 1),
        (WarningKind::NoShutdown, MOST_WARNINGS + 1),
    ];
    assert_eq!(report.warned, counted.into());
}

#[test]
fn records_from_before_there_were_keys_are_pointed_out_and_their_clock_is_taken_at_its_word() {
    let mut ledger = Ledger::default();
    let without_key = Body::Genesis {
        venue: VenueKind::Hotel,
        demo: false,
        key: None,
    };
    ledger.add(without_key).entry();
    ledger.leaves[1] = edited(&ledger.leaves[1], "\"t\":17", "\"t\":18");
    let mut ledger = Ledger {
        now_ms: ledger.now_ms,
        ..Ledger::rehashed(ledger.leaves)
    };
    let first = Body::KeyChange {
        key: gate().verifier().to_string(),
        reason: KeyChangeReason::First,
    };
    ledger.add(first).entry();
    let report = ledger.audit_with(vec![ledger.sealed()]).expect("no fault");
    let warnings: Vec<_> = report
        .warnings
        .iter()
        .map(|one| (one.position, one.kind))
        .collect();
    assert_eq!(warnings, [(2, WarningKind::BeforeKeys)]);
    let jumped = edited(&ledger.leaves[3], "\"t\":17", "\"t\":18");
    ledger.leaves[3] = jumped;
    assert_eq!(Ledger::rehashed(ledger.leaves).fault(), (3, Rule::Clock));
}

#[test]
fn a_record_refers_only_to_what_is_before_it() {
    let mut ledger = morning();
    ledger.add(Body::ShiftClose { shift: 11 });
    assert_eq!(ledger.fault(), (11, Rule::Reference));
}

/// A thread's view of a ledger in memory.
struct Slice<'a>(&'a Ledger);

impl Source for Slice<'_> {
    type Error = Infallible;

    fn fill(&mut self, batch: &mut Batch, count: u64) -> Result<(), Infallible> {
        for _ in 0..count {
            let at = batch.next() as usize;
            if batch.push(&self.0.leaves[at], Some(&self.0.nodes[at])).is_none() {
                break;
            }
        }
        Ok(())
    }
}

fn in_parallel(
    ledger: &Ledger,
    threads: usize,
    begin: usize,
    statements: Vec<Statement>,
) -> Result<Report, Fault> {
    let mut audit = Audit::new(Trust {
        statements,
        ..Trust::default()
    });
    let mut one = [Slice(ledger)];
    let Ok(done) = walk(&mut audit, begin as u64, &mut one, |_| ControlFlow::Continue(()));
    let _ = done?;
    let mut sources: Vec<_> = (0..threads).map(|_| Slice(ledger)).collect();
    let size = ledger.leaves.len() as u64;
    let Ok(done) = walk(&mut audit, size, &mut sources, |_| ControlFlow::Continue(()));
    let _ = done?;
    audit.finish()
}

#[test]
fn several_threads_say_what_one_says_also_at_the_seams() {
    let batch = MOST_RECORDS_OF_A_BATCH as usize;
    let mut ledger = Ledger::new();
    let mut statements = Vec::new();
    for _ in 1..2 * batch + 70 {
        ledger.entry();
        if [batch - 1, batch, batch + 1, 2 * batch + 5].contains(&ledger.leaves.len()) {
            statements.push(ledger.sealed());
            statements.push(ledger.cosigned(0));
        }
    }
    let report = in_parallel(&ledger, 1, 0, statements.clone()).expect("no fault");
    assert_eq!(report.root, ledger.tree.root());
    for (threads, begin) in [(3, 1), (2, batch + 3)] {
        assert_eq!(
            in_parallel(&ledger, threads, begin, statements.clone()),
            Ok(report.clone())
        );
    }
    for at in [batch - 1, batch, 2 * batch - 1] {
        let mut changed = ledger.clone();
        changed.leaves[at] = edited(&changed.leaves[at], "\"mask\":\"worn\"", "\"mask\":\"put_on\"");
        let fault = in_parallel(&changed, 2, 0, vec![]).expect_err("a fault");
        assert_eq!((fault.position, fault.rule), (at as u64, Rule::Nodes));
        let mut changed = ledger.clone();
        let end = changed.nodes[at].len() - 1;
        changed.nodes[at][end] ^= 1;
        let fault = in_parallel(&changed, 2, 0, vec![]).expect_err("a fault");
        assert_eq!((fault.position, fault.rule), (at as u64, Rule::Nodes));
        let mut changed = ledger.clone();
        changed.leaves[at] = edited(&changed.leaves[at], "\"t\":17", "\"t\":16");
        let changed = Ledger::rehashed(changed.leaves);
        let fault = in_parallel(&changed, 2, 0, vec![]).expect_err("a fault");
        assert_eq!((fault.position, fault.rule), (at as u64, Rule::Clock));
    }
}
