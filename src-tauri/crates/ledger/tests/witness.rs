//! A gate and an inspector show each other codes, and the inspector sees through every rewritten history.

use gatepost_ledger::note::{KeyKind, KeyName, NoteError, SignerKey, VerifierKey};
use gatepost_ledger::tree::{Frontier, Hash, NodeId, Nodes};
use gatepost_ledger::witness::{
    AddCheckpoint, EARLIEST_SECONDS, Handover, WitnessMemory, WitnessRefusal, WitnessRequest,
};
use gatepost_ledger::witness_exchange::{
    CosignatureRefused, FormerKey, Hello, RequestError, WitnessMessage, accept_cosignature, request_for,
};
use gatepost_ledger::{Body, KeyChangeReason, Leaf, Moment, Seal};
use zeroize::Zeroizing;

const NOW: u64 = 1_795_174_248;
const ORIGIN: &str = "gatepost.example/market/A1";

fn signer(name: &str, kind: KeyKind, seed: u8) -> SignerKey {
    SignerKey::of_seed(
        KeyName::new(name).expect("a name"),
        kind,
        &Zeroizing::new([seed; 32]),
    )
}

fn inspector() -> SignerKey {
    signer("inspector.example/zhang", KeyKind::Cosignature, 200)
}

/// A ledger in memory. Its keys are made of the seeds 1, 2, 3 and so on.
#[derive(Clone)]
struct Gate {
    origin: String,
    seed: u8,
    frontier: Frontier,
    completed: Vec<Vec<u8>>,
    former: Vec<FormerKey>,
}

impl Nodes for Gate {
    type Error = std::convert::Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Self::Error> {
        let bytes = &self.completed[id.completed_by() as usize][32 * usize::from(id.level)..][..32];
        Ok(Hash::of_bytes(bytes).expect("32 bytes"))
    }
}

impl Gate {
    fn of(origin: &str, records: u64) -> Gate {
        let mut gate = Gate {
            origin: origin.to_owned(),
            seed: 1,
            frontier: Frontier::new(),
            completed: Vec::new(),
            former: Vec::new(),
        };
        gate.append(records, "as it was");
        gate
    }

    fn new(records: u64) -> Gate {
        Gate::of(ORIGIN, records)
    }

    fn key(&self) -> SignerKey {
        signer(&self.origin, KeyKind::Note, self.seed)
    }

    fn vkey(&self) -> VerifierKey {
        self.key().verifier()
    }

    fn append_leaf(&mut self, bytes: &[u8]) {
        let mut completed = Vec::new();
        self.frontier.append(Hash::of_leaf(bytes), &mut completed);
        self.completed.push(completed);
    }

    fn append(&mut self, records: u64, what: &str) {
        for _ in 0..records {
            self.append_leaf(format!("{what} {}", self.frontier.size()).as_bytes());
        }
    }

    fn leaf(&self, body: Body) -> Vec<u8> {
        let leaf = Leaf {
            position: self.frontier.size(),
            at: Moment {
                wall_ms: 1_795_174_248_123,
                boot: 1,
                monotonic_ms: 5,
            },
            gate: "A1".into(),
            by: None,
            body,
            digests: vec![],
        };
        leaf.to_bytes().expect("a leaf")
    }

    fn change_key(&mut self) {
        let old = self.key();
        let key = signer(&self.origin, KeyKind::Note, self.seed + 1)
            .verifier()
            .to_string();
        let leaf = self.leaf(Body::KeyChange {
            key,
            reason: KeyChangeReason::Routine,
        });
        self.append_leaf(&leaf);
        self.former.push(FormerKey {
            key: old.verifier(),
            leaf,
            seal: self.seal().sign(&old),
        });
        self.seed += 1;
    }

    fn seal(&self) -> Seal {
        Seal {
            origin: KeyName::new(&self.origin).expect("a name"),
            size: self.frontier.size(),
            root: self.frontier.root(),
        }
    }

    /// What the gate shows after it has read a hello from the screen.
    fn answer(&self, hello: &Hello) -> WitnessRequest {
        let hello = WitnessMessage::Hello(hello.clone()).to_bytes();
        let Ok(WitnessMessage::Hello(hello)) = WitnessMessage::parse(&hello) else {
            panic!("a hello reads back");
        };
        let note = self.seal().sign(&self.key());
        let request = request_for(&hello, self, &note, &self.vkey(), &self.former).expect("a request");
        let bytes = WitnessMessage::Request(Box::new(request.clone())).to_bytes();
        assert_eq!(
            WitnessMessage::parse(&bytes),
            Ok(WitnessMessage::Request(Box::new(request.clone())))
        );
        request
    }
}

fn hello(memory: &WitnessMemory, origin: &str) -> Hello {
    let origin = KeyName::new(origin).expect("a name");
    Hello {
        witness: inspector().verifier(),
        known: memory.known(&origin).map(|known| (origin.clone(), known.size)),
    }
}

/// One whole exchange over two screens; the number of records that the inspector had cosigned before.
fn exchange(memory: &mut WitnessMemory, gate: &Gate, now: u64) -> Result<u64, WitnessRefusal> {
    let request = gate.answer(&hello(memory, &gate.origin));
    let cosigned = memory.consider(&request, &inspector(), now)?;
    let bytes = WitnessMessage::Cosignature(cosigned.line).to_bytes();
    let Ok(WitnessMessage::Cosignature(line)) = WitnessMessage::parse(&bytes) else {
        panic!("a cosignature reads back");
    };
    let time = accept_cosignature(&line, &request.note(), &inspector().verifier(), now + 5, 120);
    assert_eq!(time, Ok(now));
    Ok(cosigned.before)
}

/// An inspector who trusted and cosigned a gate of so many records.
fn knowing(gate: &Gate) -> WitnessMemory {
    let mut memory = WitnessMemory::new();
    memory.trust(gate.vkey()).expect("trusted");
    exchange(&mut memory, gate, NOW).expect("cosigned");
    memory
}

#[test]
fn a_first_contact_needs_a_persons_trust_and_then_grows_with_the_ledger() {
    let mut gate = Gate::new(7);
    let mut memory = WitnessMemory::new();
    assert_eq!(
        exchange(&mut memory, &gate, NOW),
        Err(WitnessRefusal::UnknownLedger)
    );
    memory
        .trust(gate.answer(&hello(&memory, ORIGIN)).key)
        .expect("trusted");
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(0));
    for records in [0, 1, 2, 57, 300] {
        let before = gate.frontier.size();
        gate.append(records, "more");
        assert_eq!(exchange(&mut memory, &gate, NOW + before), Ok(before));
    }
}

#[test]
fn a_ledger_that_was_cut_off_is_seen_even_when_it_went_on() {
    let memory = knowing(&Gate::new(40));
    for (records, more) in [(39, 0), (1, 0), (20, 19), (30, 5)] {
        let mut cut = Gate::new(records);
        cut.append(more, "afterwards");
        let expected = WitnessRefusal::Truncated {
            known: 40,
            offered: records + more,
        };
        assert!(expected.is_alarm());
        assert_eq!(exchange(&mut memory.clone(), &cut, NOW), Err(expected));
    }
}

#[test]
fn an_old_disk_that_went_on_is_a_fork_at_any_later_size() {
    let memory = knowing(&Gate::new(40));
    for records in [0, 1, 20, 32, 39] {
        let mut fork = Gate::new(records);
        fork.append(40 - records, "another story");
        assert_eq!(
            exchange(&mut memory.clone(), &fork, NOW),
            Err(WitnessRefusal::OtherRoot)
        );
        for _ in 0..30 {
            fork.append(1, "another story");
            assert_eq!(
                exchange(&mut memory.clone(), &fork, NOW),
                Err(WitnessRefusal::Forked)
            );
        }
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_request_is_refused_and_the_memory_stays() {
    let mut gate = Gate::new(40);
    let memory = knowing(&gate);
    gate.append(17, "more");
    let bytes = WitnessMessage::Request(Box::new(gate.answer(&hello(&memory, ORIGIN)))).to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        if let Ok(WitnessMessage::Request(request)) = WitnessMessage::parse(&changed) {
            let mut after = memory.clone();
            assert!(after.consider(&request, &inspector(), NOW).is_err(), "byte {at}");
            assert_eq!(after, memory);
        }
    }
}

#[test]
fn a_request_from_elsewhere_than_the_witness_stands_is_asked_for_again() {
    let mut gate = Gate::new(40);
    let mut memory = knowing(&gate);
    let stale = hello(&memory, ORIGIN);
    gate.append(5, "more");
    exchange(&mut memory, &gate, NOW).expect("cosigned");
    gate.append(5, "more");
    let at_45 = WitnessRefusal::OldSize { known: 45 };
    for said in [stale, hello(&WitnessMemory::new(), ORIGIN)] {
        assert_eq!(
            memory.consider(&gate.answer(&said), &inspector(), NOW),
            Err(at_45.clone())
        );
    }
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(45));
}

#[test]
fn another_ledgers_seal_in_this_ones_name_is_refused() {
    let memory = knowing(&Gate::new(40));
    let mut forger = Gate::new(50);
    forger.seed = 9;
    assert_eq!(
        exchange(&mut memory.clone(), &forger, NOW),
        Err(WitnessRefusal::OtherKey)
    );
    let mut request = forger.answer(&hello(&memory, ORIGIN));
    request.key = Gate::new(0).vkey();
    assert_eq!(
        memory.clone().consider(&request, &inspector(), NOW),
        Err(WitnessRefusal::BadSignature)
    );
    let other = Gate::of("gatepost.example/market/B1", 50);
    let note = other.seal().sign(&other.key());
    let asked = request_for(&hello(&memory, ORIGIN), &other, &note, &other.vkey(), &[]);
    assert_eq!(asked, Err(RequestError::OtherLedger));
}

#[test]
fn a_clock_that_went_back_or_never_was_set_does_not_cosign() {
    let gate = Gate::new(40);
    let mut memory = knowing(&gate);
    assert_eq!(
        exchange(&mut memory, &gate, NOW - 1),
        Err(WitnessRefusal::Clock { earliest: NOW })
    );
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(40));
    let mut fresh = WitnessMemory::new();
    fresh.trust(gate.vkey()).expect("trusted");
    let earliest = EARLIEST_SECONDS;
    assert_eq!(
        exchange(&mut fresh, &gate, earliest - 1),
        Err(WitnessRefusal::Clock { earliest })
    );
    assert_eq!(exchange(&mut fresh, &gate, earliest), Ok(0));
    let plain = signer("inspector.example/zhang", KeyKind::Note, 200);
    let request = gate.answer(&hello(&fresh, ORIGIN));
    assert_eq!(
        fresh.consider(&request, &plain, NOW),
        Err(WitnessRefusal::NotAWitness)
    );
}

#[test]
fn after_changes_of_the_key_the_witness_follows_from_one_key_to_the_next() {
    let mut gate = Gate::new(40);
    let mut memory = knowing(&gate);
    gate.append(3, "more");
    gate.change_key();
    gate.append(20, "more");
    gate.change_key();
    gate.append(6, "more");
    // As far as the first change, as far as the second, and as far as the ledger goes.
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(40));
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(44));
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(65));
    assert_eq!(exchange(&mut memory, &gate, NOW), Ok(71));
    let known = memory.known(gate.vkey().name()).expect("known");
    assert_eq!(known.key, gate.vkey());
    // The old key signs no more.
    let mut thief = gate.clone();
    thief.seed = 1;
    thief.former.clear();
    assert_eq!(exchange(&mut memory, &thief, NOW), Err(WitnessRefusal::OtherKey));
    // Somebody who meets the ledger today starts with today's key.
    assert_eq!(exchange(&mut knowing(&gate), &gate, NOW), Ok(71));
}

#[test]
fn a_new_key_that_the_old_one_did_not_name_is_refused() {
    let mut gate = Gate::new(40);
    gate.change_key();
    let mut old = gate.clone();
    old.seed = 1;
    old.former.clear();
    let memory = knowing(&old);
    gate.append(5, "more");
    let good = gate.answer(&hello(&memory, ORIGIN));
    assert!(memory.clone().consider(&good, &inspector(), NOW).is_ok());
    let handover = good.handover.clone().expect("the key changed");
    let refused = |change: &dyn Fn(&mut WitnessRequest)| {
        let mut request = good.clone();
        change(&mut request);
        memory.clone().consider(&request, &inspector(), NOW)
    };
    assert_eq!(
        refused(&|request| request.handover = None),
        Err(WitnessRefusal::OtherKey)
    );
    let another = gate.leaf(Body::KeyChange {
        key: signer(ORIGIN, KeyKind::Note, 9).verifier().to_string(),
        reason: KeyChangeReason::Routine,
    });
    for at in 0..handover.leaf.len() {
        let mut changed = handover.clone();
        changed.leaf[at] ^= 1;
        let result = refused(&|request| request.handover = Some(changed.clone()));
        assert_eq!(result, Err(WitnessRefusal::Handover));
    }
    let mut changed = handover;
    changed.leaf = another;
    let result = refused(&|request| request.handover = Some(changed.clone()));
    assert_eq!(result, Err(WitnessRefusal::Handover));
    let thief = signer(ORIGIN, KeyKind::Note, 9);
    let result = refused(&|request| {
        request.key = thief.verifier();
        request.signature = thief.sign(request.seal().to_text().as_bytes());
    });
    assert_eq!(result, Err(WitnessRefusal::Handover));
}

#[test]
fn the_gate_takes_only_its_witness_signature_over_its_seal_at_about_its_time() {
    let gate = Gate::new(40);
    let mut memory = WitnessMemory::new();
    memory.trust(gate.vkey()).expect("trusted");
    let request = gate.answer(&hello(&memory, ORIGIN));
    let line = memory
        .consider(&request, &inspector(), NOW)
        .expect("cosigned")
        .line;
    let (note, witness) = (request.note(), inspector().verifier());
    let accept = |now| accept_cosignature(&line, &note, &witness, now, 120);
    assert_eq!(accept(NOW + 120), Ok(NOW));
    assert_eq!(accept(NOW - 120), Ok(NOW));
    assert_eq!(
        accept(NOW + 121),
        Err(CosignatureRefused::Clock { seconds: -121 })
    );
    assert_eq!(accept(NOW - 121), Err(CosignatureRefused::Clock { seconds: 121 }));
    let other = Gate::new(41);
    let other = other.seal().sign(&other.key());
    let refused = accept_cosignature(&line, &other, &witness, NOW, 120);
    assert_eq!(
        refused,
        Err(CosignatureRefused::Signature(NoteError::BadSignature))
    );
    let stranger = signer("inspector.example/li", KeyKind::Cosignature, 201).verifier();
    let refused = accept_cosignature(&line, &note, &stranger, NOW, 120);
    assert_eq!(refused, Err(CosignatureRefused::Signature(NoteError::Unsigned)));
}

#[test]
fn what_a_witness_remembers_has_one_written_form() {
    let mut memory = knowing(&Gate::new(40));
    let other = Gate::of("gatepost.example/market/B1", 3);
    memory.trust(other.vkey()).expect("trusted");
    let text = memory.to_text();
    assert_eq!(WitnessMemory::parse(text.as_bytes()), Ok(memory.clone()));
    assert_eq!(
        WitnessMemory::parse(b"gatepost witness memory 1\n"),
        Ok(WitnessMemory::new())
    );
    let lines: Vec<_> = text.lines().collect();
    for form in [
        text.trim_end().to_owned(),
        text.replace(" memory 1", " memory 2"),
        text.replace("\n40 ", "\n040 "),
        text.replace("\n40 ", "\n 40 "),
        format!("{}\n{}\n{}\n", lines[0], lines[2], lines[1]),
        format!("{text}{}\n", lines[2]),
        format!("{text}\n"),
    ] {
        assert_eq!(
            WitnessMemory::parse(form.as_bytes()),
            Err(NoteError::Malformed),
            "{form}"
        );
    }
    assert_eq!(
        memory.trust(signer(ORIGIN, KeyKind::Note, 9).verifier()),
        Err(WitnessRefusal::OtherKey)
    );
    assert_eq!(
        memory.trust(inspector().verifier()),
        Err(WitnessRefusal::OtherKey)
    );
    assert_eq!(
        memory.forget(other.vkey().name()).map(|known| known.size),
        Some(0)
    );
    assert_eq!(memory.ledgers().count(), 1);
}

#[test]
fn a_request_is_also_an_add_checkpoint_body_in_one_form() {
    let mut gate = Gate::new(40);
    let memory = knowing(&gate);
    gate.append(17, "more");
    let request = gate.answer(&hello(&memory, ORIGIN));
    let text = request.to_body().to_string();
    assert!(text.starts_with("old 40\n"));
    let body = AddCheckpoint::parse(text.as_bytes()).expect("a body");
    assert_eq!(WitnessRequest::of_body(body, gate.vkey()), Ok(request));
    let many = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".repeat(64);
    for form in [
        text.replace("old 40", "old 040"),
        text.replace("old 40", "old 58"),
        text.replace("old 40", "new 40"),
        text.replacen("old 40\n", &format!("old 40\n{many}"), 1),
        text.replacen('\n', "\r\n", 1),
        format!("{text}\n"),
    ] {
        assert!(AddCheckpoint::parse(form.as_bytes()).is_err(), "{form}");
    }
}

#[test]
fn the_messages_fit_the_codes_they_are_made_for() {
    let origin = "gatepost.local/0123456789abcdef01234567/0123456789abcdef01234";
    assert_eq!(&origin[..60].len(), &60);
    let mut gate = Gate::of(&origin[..60], 3);
    let mut request = gate.answer(&hello(&WitnessMemory::new(), &gate.origin));
    request.consistency = vec![Hash::of_empty_tree(); 24];
    let bytes = WitnessMessage::Request(Box::new(request)).to_bytes();
    assert_eq!(bytes.len(), 978);
    assert!(bytes.len() <= 997, "version 25-M");
    let mut memory = WitnessMemory::new();
    memory.trust(gate.vkey()).expect("trusted");
    exchange(&mut memory, &gate, NOW).expect("cosigned");
    let said = hello(&memory, &gate.origin);
    assert!(WitnessMessage::Hello(said).to_bytes().len() <= 180, "version 9-M");
    let request = gate.answer(&hello(&memory, &gate.origin));
    let line = memory
        .consider(&request, &inspector(), NOW)
        .expect("cosigned")
        .line;
    assert_eq!(line.to_string().len(), 132);
    assert_eq!(WitnessMessage::Cosignature(line).to_bytes().len(), 133);
    let mut request = request;
    request.consistency = vec![Hash::of_empty_tree(); 24];
    gate.change_key();
    request.handover = Some(Handover {
        leaf: gate.former[0].leaf.clone(),
        path: vec![Hash::of_empty_tree(); 24],
    });
    assert!(
        WitnessMessage::Request(Box::new(request)).to_bytes().len() <= 2331,
        "version 40-M"
    );
}

#[test]
fn a_message_as_a_line_of_text_survives_scanners_and_broken_lines() {
    let gate = Gate::new(5);
    let mut memory = WitnessMemory::new();
    memory.trust(gate.vkey()).expect("trusted");
    let said = hello(&memory, ORIGIN);
    let request = gate.answer(&said);
    let cosigned = memory.consider(&request, &inspector(), NOW).expect("cosigned");
    for message in [
        WitnessMessage::Hello(said),
        WitnessMessage::Request(Box::new(request)),
        WitnessMessage::Cosignature(cosigned.line),
    ] {
        let line = message.to_line();
        assert!(line.starts_with("gp1b ") && !line.contains('\n'));
        let (head, rest) = line.split_at(40);
        for text in [
            line.clone(),
            format!("{line}\r\n"),
            format!("\u{2}{line}\u{3} "),
            format!("{head}\n{rest}"),
            format!("{head} {rest}"),
        ] {
            assert_eq!(
                WitnessMessage::parse_line(&text).as_ref(),
                Ok(&message),
                "{text:?}"
            );
        }
        if let Ok(typed) = String::from_utf8(message.to_bytes()) {
            assert_eq!(WitnessMessage::parse_line(&format!("{typed}\r")), Ok(message));
        }
    }
    for text in ["", "gp1b", "gp1b !", "gp1b AAAA", "gp1b gp1h"] {
        assert!(WitnessMessage::parse_line(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let key = inspector().verifier();
    let gate = Gate::new(0).vkey();
    for text in [
        String::new(),
        "gp2h x".into(),
        format!("gp1h {gate}"),
        format!("gp1h {key} {ORIGIN}"),
        format!("gp1h {key} {ORIGIN} 07"),
        format!("gp1h {key} {ORIGIN} 9223372036854775808"),
        format!("gp1h {key} {ORIGIN} 7 8"),
        format!("gp1h  {key}"),
        format!("gp1h {key}\n"),
        "gp1c inspector.example/zhang AAAA".into(),
        "gp1r".into(),
    ] {
        assert!(WitnessMessage::parse(text.as_bytes()).is_err(), "{text}");
    }
    let request = Gate::new(3).answer(&hello(&WitnessMemory::new(), ORIGIN));
    let bytes = WitnessMessage::Request(Box::new(request)).to_bytes();
    for length in 0..bytes.len() {
        assert!(WitnessMessage::parse(&bytes[..length]).is_err(), "{length}");
    }
    assert!(WitnessMessage::parse(&[bytes.as_slice(), &[0]].concat()).is_err());
}
