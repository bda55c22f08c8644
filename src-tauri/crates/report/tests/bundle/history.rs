//! Ledgers of a gate whose clock cannot be relied on: batteries run empty, clocks run ahead and are put right,
//! disclosures are destroyed in time, too early or too late.

use gatepost_ledger::{Body, LedgerDay, RetentionClass, RetentionPolicy};

use crate::ledger::Ledger;
use crate::mutate::Seeded;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// What a clock shows whose battery was empty: 2010-01-01.
const WITHOUT_BATTERY_MS: i64 = 1_262_304_000_000;

/// A ledger of about so many events.
pub(crate) fn history(seed: u64, events: u64) -> Ledger {
    let mut seeded = Seeded::new(seed);
    let mut ledger = Ledger::begun();
    // What a clock that was always right would show.
    let mut truth_ms = ledger.wall_ms();
    for _ in 0..events {
        let before_ms = ledger.wall_ms();
        match seeded.below(20) {
            0..=4 => ledger.visitor(),
            5 | 6 => {
                let hours = 1 + seeded.below(40);
                let drift_ms = seeded.one_of(&[0, 0, 50_000, -1900, -DAY_MS, 40 * DAY_MS, -HOUR_MS]);
                ledger.run(hours * HOUR_MS as u64, drift_ms);
                truth_ms -= drift_ms;
            }
            7..=10 => {
                truth_ms += seeded.one_of(&[HOUR_MS, 14 * HOUR_MS, 2 * DAY_MS, 4 * DAY_MS, 35 * DAY_MS]);
                truth_ms += ledger.wall_ms() - before_ms;
                let wall_ms = match seeded.below(6) {
                    0 | 1 => WITHOUT_BATTERY_MS + seeded.below(DAY_MS as u64) as i64,
                    2 => truth_ms + 40 * DAY_MS,
                    _ => truth_ms,
                };
                if seeded.below(3) > 0 {
                    ledger.add(Body::Shutdown);
                }
                ledger.start_again(wall_ms - ledger.wall_ms());
                continue;
            }
            11 | 12 => ledger.add(Body::Retention(RetentionPolicy::default())),
            13 => ledger.add(retention(seeded.one_of(&[1, 30, 60]))),
            14 => hold(&mut ledger, &mut seeded),
            15 | 16 => erase(&mut ledger, &mut seeded),
            17 => ledger.add(Body::ShiftOpen),
            18 => {
                let size = ledger.size();
                ledger.add(Body::ShiftClose { shift: size - 1 });
            }
            _ => {
                let size = ledger.size();
                ledger.add(Body::Restore { size, lost: None });
            }
        }
        truth_ms += ledger.wall_ms() - before_ms;
    }
    ledger.add(Body::Login);
    ledger
}

fn retention(visitor_days: u16) -> Body {
    Body::Retention(RetentionPolicy {
        visitor_days,
        incident_days: 180,
    })
}

fn hold(ledger: &mut Ledger, seeded: &mut Seeded) {
    let from = LedgerDay(ledger.today().0 - 40);
    let to = LedgerDay(from.0 + seeded.below(9) as i32);
    ledger.add(Body::Hold { from, to, on: true });
    if seeded.below(4) > 0 {
        ledger.add(Body::Hold { from, to, on: false });
    }
}

/// Destroys what is due, and says so; now and then too early or with a false number.
fn erase(ledger: &mut Ledger, seeded: &mut Seeded) {
    let class = RetentionClass::Visitor;
    let (is_early, is_false) = (seeded.below(12) == 0, seeded.below(8) == 0);
    let kept = ledger
        .digests
        .iter()
        .filter(|((kept, _), count)| *kept == class && **count > 0);
    let days: Vec<LedgerDay> = kept.map(|((_, day), _)| *day).collect();
    for day in days {
        if is_early || ledger.is_due(class, day) {
            let count = ledger.digests.remove(&(class, day)).expect("it is kept") + u64::from(is_false);
            ledger.add(Body::Erase {
                class,
                from: day,
                to: day,
                count,
            });
        }
    }
}
