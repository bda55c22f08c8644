//! `verify.py` and Rust in front of the same bundles: badly formed and properly signed ones, ledgers whose clock was
//! wrong, and every single flipped byte. They share no line and must say the same.

#[path = "bundle/history.rs"]
mod history;
#[path = "bundle/judge.rs"]
mod judge;
#[path = "bundle/ledger.rs"]
#[allow(dead_code, reason = "shared with the tests of the bundle itself")]
mod ledger;
#[path = "bundle/mutate.rs"]
mod mutate;

use std::collections::BTreeMap;

use gatepost_report::BundleRequest;
use history::history;
use judge::{Judge, Verdict};
use ledger::Ledger;
use mutate::{Seeded, mutated};

/// How often each rule was the one that was broken; what holds is counted as `pass`.
#[derive(Default)]
struct Tally(BTreeMap<String, u32>);

impl Tally {
    fn count(&mut self, verdict: &Verdict) {
        let rule = match verdict {
            Verdict::Pass(_) => "pass",
            Verdict::Fail(_, rule) => rule,
        };
        *self.0.entry(rule.to_owned()).or_default() += 1;
    }

    fn of(&self, rule: &str) -> u32 {
        self.0.get(rule).copied().unwrap_or(0)
    }
}

fn part(from: u64, to: u64) -> BundleRequest {
    BundleRequest {
        range: Some(from..to),
        shown: vec![],
    }
}

#[test]
fn both_say_the_same_of_hundreds_of_changed_leaves_that_are_properly_sealed() {
    let (mut judge, mut seeded, mut tally) = (Judge::new(), Seeded::new(1), Tally::default());
    let ledger = Ledger::of(45);
    for round in 0..500 {
        let (position, other) = (round % ledger.size(), seeded.below(ledger.size()));
        let text = |at: u64| std::str::from_utf8(&ledger.leaves[at as usize]).expect("UTF-8");
        let leaf = mutated(text(position), text(other), &mut seeded);
        let shown = String::from_utf8_lossy(&leaf).into_owned();
        let mut changed = ledger.with_leaf(position, leaf);
        let zip = match round % 4 {
            0 => changed.bundle_of(&part(position / 2, 45)),
            _ => changed.bundle(),
        };
        let verdict = judge.of_both(&zip, &format!("round {round}, record {position}: {shown}"));
        tally.count(&verdict);
    }
    println!("{:?}", tally.0);
    assert!(tally.of("leaf") > 250, "{:?}", tally.0);
}

#[test]
fn both_say_the_same_of_ledgers_whose_clock_was_wrong_and_of_what_was_destroyed_then() {
    let (mut judge, mut tally) = (Judge::new(), Tally::default());
    let mut warned: BTreeMap<String, u64> = BTreeMap::new();
    let mut steps = 0;
    for seed in 1..=80 {
        let mut ledger = history(seed, 40 + seed);
        let size = ledger.size();
        let is_step = |leaf: &&Vec<u8>| leaf.windows(13).any(|window| window == b"\"typ\":\"clock\"");
        steps += ledger.leaves.iter().filter(is_step).count();
        let verdict = judge.of_both(&ledger.bundle(), &format!("history {seed}"));
        tally.count(&verdict);
        if let Verdict::Pass(warnings) = verdict {
            for (kind, (count, _)) in warnings {
                *warned.entry(kind).or_default() += count;
            }
        }
        let shown = part(size / 3, size - size / 4);
        let of_part = judge.of_both(&ledger.bundle_of(&shown), &format!("part of history {seed}"));
        assert_eq!(of_part, Verdict::Pass(BTreeMap::new()), "history {seed}");
    }
    println!("{:?} {warned:?} {steps} steps", tally.0);
    assert!(steps > 300, "{steps} steps of the clock");
    assert!(
        tally.of("pass") > 30 && tally.of("erase_early") > 10,
        "{:?}",
        tally.0
    );
    assert!(tally.of("erase_count") > 2, "{:?}", tally.0);
    let kinds: Vec<&str> = warned.keys().map(String::as_str).collect();
    assert_eq!(
        kinds,
        ["late_erasure", "no_shutdown", "restored", "shift_never_closed"]
    );
}

#[test]
fn both_refuse_any_flipped_byte_of_a_small_bundle() {
    let mut judge = Judge::new();
    let zip = Ledger::of(3).bundle();
    judge.of_both(&zip, "not changed");
    let path = judge.file("bundle.zip", &zip);
    let (tried, odd) = judge.ask(&["every byte", &path]);
    assert_eq!((tried, odd.as_str()), (zip.len() as u64, "[]"));
}
