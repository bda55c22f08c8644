//! The records of a bundle that shows a part of its ledger.

use crate::audit::{COSIGNATURE_SKEW_MS, Fault, Rule};
use crate::body::Body;
use crate::leaf::Leaf;
use crate::time::{LedgerClock, Moment, TimeFault};

/// Follows records that need not begin at the first one and may have gaps. Across a gap the monotonic clock still
/// holds; a step of the wall clock is only told from the first start or clock record behind it on, where the clock
/// is known again. Before there were keys the clocks are taken at their word.
#[derive(Debug)]
pub(super) struct Part {
    next: u64,
    last: Option<Moment>,
    clock: Option<LedgerClock>,
    bounds: Bounds,
}

impl Part {
    /// `seen` are sizes and times, in seconds, of cosignatures.
    pub(super) fn new(seen: &[(u64, u64)]) -> Part {
        Part {
            next: 0,
            last: None,
            clock: None,
            bounds: Bounds::new(seen),
        }
    }

    /// The record at `position`, which is behind that of the last call.
    pub(super) fn push(&mut self, position: u64, bytes: &[u8], has_keys: bool) -> Result<Leaf, Fault> {
        let canonical = "a leaf in its canonical form";
        let leaf = Leaf::parse(bytes).map_err(|error| Fault::new(position, Rule::Leaf, canonical, error))?;
        if leaf.position != position {
            return Err(Fault::new(position, Rule::Position, position, leaf.position));
        }
        let is_genesis = matches!(leaf.body, Body::Genesis { .. });
        if is_genesis != (position == 0) {
            let expected = if is_genesis { "another kind" } else { "genesis" };
            return Err(Fault::new(position, Rule::Genesis, expected, leaf.body.kind()));
        }
        let follows = position == self.next;
        self.next = position + 1;
        self.time(&leaf, follows, has_keys)?;
        self.bounds.check(position, leaf.at.wall_ms)?;
        Ok(leaf)
    }

    fn time(&mut self, leaf: &Leaf, follows: bool, has_keys: bool) -> Result<(), Fault> {
        let (position, at) = (leaf.position, leaf.at);
        let step = match leaf.body {
            Body::Clock { step } => Some(step),
            _ => None,
        };
        let last = self.last.replace(at);
        let went_back = last.filter(|last| (at.boot, at.monotonic_ms) < (last.boot, last.monotonic_ms));
        if let Some(last) = went_back.filter(|_| has_keys) {
            let expected = format!("at least boot {} at {} ms", last.boot, last.monotonic_ms);
            let found = format!("boot {} at {} ms", at.boot, at.monotonic_ms);
            return Err(Fault::new(position, Rule::Monotonic, expected, found));
        }
        let begins_boot = follows && last.is_some_and(|last| last.boot != at.boot);
        let known = self.clock.as_mut().filter(|_| follows && has_keys);
        let advanced = match known {
            Some(clock) => clock.advance(&at, step).map(|_| ()),
            None => {
                // A later change of key is no anchor: the wall clock may have drifted since the last one.
                let is_first_key = !has_keys && names_a_key(&leaf.body);
                let is_known = step.is_some() || begins_boot || is_first_key;
                self.clock = is_known.then(|| LedgerClock::within(at));
                Ok(())
            }
        };
        advanced.map_err(|fault| match fault {
            TimeFault::Monotonic => Fault::new(position, Rule::Monotonic, "a later moment", at.monotonic_ms),
            TimeFault::UnrecordedStep(step) => {
                let expected = format!("a clock record of {step} ms");
                Fault::new(position, Rule::Clock, expected, "none")
            }
            TimeFault::WrongStep(found) => {
                let expected = format!("{} ms", step.unwrap_or(0));
                Fault::new(position, Rule::Clock, expected, format!("{found} ms"))
            }
        })
    }
}

/// From the first key on there are clock records.
fn names_a_key(body: &Body) -> bool {
    matches!(body, Body::Genesis { key: Some(_), .. } | Body::KeyChange { .. })
}

/// Between which wall clocks a record may lie, by what witnesses saw.
#[derive(Debug)]
struct Bounds(Vec<(u64, i64)>);

impl Bounds {
    fn new(seen: &[(u64, u64)]) -> Bounds {
        let ms = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Bounds(seen.iter().map(|(size, seconds)| (*size, ms(*seconds))).collect())
    }

    fn check(&self, position: u64, wall_ms: i64) -> Result<(), Fault> {
        for (size, time) in &self.0 {
            let (is_within, word, bound) = if position < *size {
                let latest = time.saturating_add(COSIGNATURE_SKEW_MS);
                (wall_ms <= latest, "before", latest)
            } else {
                let earliest = time.saturating_sub(COSIGNATURE_SKEW_MS);
                (wall_ms >= earliest, "after", earliest)
            };
            if !is_within {
                let expected = format!("at or {word} {bound} ms");
                return Err(Fault::new(
                    position,
                    Rule::BackDated,
                    expected,
                    format!("{wall_ms} ms"),
                ));
            }
        }
        Ok(())
    }
}
