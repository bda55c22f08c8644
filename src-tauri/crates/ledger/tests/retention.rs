//! What the clocks may do to a gate, at random: whatever it is, nothing that is erased is younger than its policy.

use gatepost_ledger::retention::{ALLOWED_FOR_EACH_MEASURED, KeptUntil, Retention};
use gatepost_ledger::{
    DAY_MS, FORWARD_LIMIT_MS, LONGEST_PAUSE_MS, LedgerClock, LedgerDay, Moment, RetentionClass,
    RetentionPolicy, Start,
};
use proptest::prelude::*;

const HOUR_MS: i64 = 3_600_000;
/// 2026-11-18, 02:00 UTC.
const SET_UP_MS: i64 = 1_794_967_200_000;
const POLICY: RetentionPolicy = RetentionPolicy {
    visitor_days: 30,
    incident_days: 180,
};

/// A gate whose true time is known, which it is to no gate.
struct Gate {
    true_ms: i64,
    /// By how much the wall clock is off.
    off_ms: i64,
    boot: u32,
    began_ms: i64,
    clock: LedgerClock,
    retention: Retention,
    /// Day of ledger time and true time of every visitor, and how many starts there had been.
    visitors: Vec<(LedgerDay, i64, usize)>,
    /// By how much each start claimed more than was true, where that was within the allowance.
    believed_ms: Vec<i64>,
    allowance_ms: i64,
}

impl Gate {
    fn new() -> Gate {
        let mut gate = Gate {
            true_ms: SET_UP_MS,
            off_ms: 0,
            boot: 1,
            began_ms: SET_UP_MS,
            clock: LedgerClock::default(),
            retention: Retention::default(),
            visitors: Vec::new(),
            believed_ms: Vec::new(),
            allowance_ms: LONGEST_PAUSE_MS,
        };
        gate.record(0);
        gate
    }

    fn now(&self) -> Moment {
        Moment {
            wall_ms: self.true_ms + self.off_ms,
            boot: self.boot,
            monotonic_ms: (self.true_ms - self.began_ms) as u64,
        }
    }

    /// A record, with a clock record before it where one is due, `paused_ms` after the last one truly.
    fn record(&mut self, paused_ms: i64) {
        let at = self.now();
        let step = self.clock.step_before(&at);
        let start = self.clock.advance(&at, step).expect("as is due");
        if let Some(start) = start {
            self.started(&start, paused_ms);
        }
    }

    fn started(&mut self, start: &Start, paused_ms: i64) {
        self.retention.start(start);
        let measured_ms = i64::try_from(start.ran_ms).expect("short");
        self.allowance_ms = LONGEST_PAUSE_MS.min(self.allowance_ms + ALLOWED_FOR_EACH_MEASURED * measured_ms);
        let is_believed = start.gained_ms <= self.allowance_ms;
        let excess_ms = (start.gained_ms - paused_ms).max(0);
        self.believed_ms.push(if is_believed { excess_ms } else { 0 });
        if is_believed {
            self.allowance_ms -= start.gained_ms;
        }
    }

    /// So many days at the gate, with a visitor each half day.
    fn run(&mut self, half_days: u32) {
        for _ in 0..half_days {
            self.visitor();
            self.true_ms += DAY_MS / 2;
            self.record(0);
        }
        self.visitor();
    }

    fn visitor(&mut self) {
        self.record(0);
        let day = self.clock.day(self.now().wall_ms);
        self.visitors.push((day, self.true_ms, self.believed_ms.len()));
    }

    /// Switched off for a while; then the wall clock is off by so much.
    fn restart(&mut self, paused_ms: i64, off_ms: i64) {
        self.true_ms += paused_ms;
        self.off_ms = off_ms;
        self.boot += 1;
        self.began_ms = self.true_ms;
        self.record(paused_ms);
    }

    fn set_clock(&mut self, off_ms: i64) {
        self.true_ms += 1000;
        self.off_ms = off_ms;
        self.record(0);
    }

    /// Somebody says that the date is right, and it is.
    fn confirm(&mut self) {
        self.record(0);
        self.retention.set(POLICY, self.clock.shift_ms());
    }

    fn kept(&self, day: LedgerDay) -> Option<KeptUntil> {
        let now_ms = self.clock.time_ms(self.now().wall_ms);
        self.retention.kept(RetentionClass::Visitor, day, now_ms)
    }

    fn wants_date(&self) -> bool {
        self.retention.wants_date(self.clock.time_ms(self.now().wall_ms))
    }

    /// The youngest age, truly, of what would be erased now, less what starts since claimed within the allowance.
    fn erase(&mut self) -> Result<(), String> {
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.visitors)
            .into_iter()
            .partition(|(day, ..)| self.kept(*day).is_none());
        self.visitors = rest;
        for (day, recorded_ms, starts) in due {
            let believed: i64 = self.believed_ms[starts..].iter().sum();
            let age_ms = self.true_ms - recorded_ms + believed;
            let at_least = i64::from(POLICY.visitor_days) * DAY_MS - FORWARD_LIMIT_MS * i64::from(self.boot);
            if age_ms < at_least {
                return Err(format!("day {} after {} hours", day.0, age_ms / HOUR_MS));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Event {
    Run(u32),
    Night,
    Closed {
        days: i64,
    },
    /// The clock begins at some date long ago, until it is set or the next start.
    EmptyBattery {
        paused_hours: i64,
        off_days: i64,
    },
    /// The clock stood still while the program was off.
    StoodStill {
        paused_hours: i64,
    },
    WrongStart {
        paused_hours: i64,
        off_hours: i64,
    },
    /// The next start is right again.
    RightStart {
        paused_hours: i64,
    },
    Set {
        off_hours: i64,
    },
    SetRight,
    /// Only where the date is right.
    Confirm,
}

fn event() -> impl Strategy<Value = Event> {
    let paused = || prop_oneof![4 => 0_i64..30, 1 => 30_i64..1500];
    prop_oneof![
        6 => (1_u32..20).prop_map(Event::Run),
        4 => Just(Event::Night),
        2 => (1_i64..60).prop_map(|days| Event::Closed { days }),
        2 => (paused(), 100_i64..10_000)
            .prop_map(|(paused_hours, off_days)| Event::EmptyBattery { paused_hours, off_days }),
        2 => paused().prop_map(|paused_hours| Event::StoodStill { paused_hours }),
        2 => (paused(), -1500_i64..1500)
            .prop_map(|(paused_hours, off_hours)| Event::WrongStart { paused_hours, off_hours }),
        4 => paused().prop_map(|paused_hours| Event::RightStart { paused_hours }),
        1 => (-1500_i64..1500).prop_map(|off_hours| Event::Set { off_hours }),
        2 => Just(Event::SetRight),
        4 => Just(Event::Confirm),
    ]
}

impl Gate {
    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Run(half_days) => self.run(half_days),
            Event::Night => self.restart(10 * HOUR_MS, self.off_ms),
            Event::Closed { days } => self.restart(days * DAY_MS, self.off_ms),
            Event::EmptyBattery {
                paused_hours,
                off_days,
            } => {
                self.restart(paused_hours * HOUR_MS, -off_days * DAY_MS);
            }
            Event::StoodStill { paused_hours } => {
                self.restart(paused_hours * HOUR_MS, self.off_ms - paused_hours * HOUR_MS);
            }
            Event::WrongStart {
                paused_hours,
                off_hours,
            } => {
                self.restart(paused_hours * HOUR_MS, off_hours * HOUR_MS);
            }
            Event::RightStart { paused_hours } => self.restart(paused_hours * HOUR_MS, 0),
            Event::Set { off_hours } => self.set_clock(off_hours * HOUR_MS),
            Event::SetRight => self.set_clock(0),
            Event::Confirm if self.off_ms == 0 => self.confirm(),
            Event::Confirm => {}
        }
        self.visitor();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_the_clock_does_a_truthful_confirmation_erases_nothing_before_its_time(
        events in prop::collection::vec(event(), 1..60)
    ) {
        let mut gate = Gate::new();
        gate.visitor();
        for event in &events {
            gate.happen(event);
            let erased = gate.erase();
            prop_assert!(erased.is_ok(), "{:?} after {event:?}", erased);
        }
    }

    /// Late by no more than was unsure, and that by no more than all pauses together.
    #[test]
    fn nothing_is_kept_longer_than_its_policy_and_all_pauses_and_all_errors_of_the_clock(
        events in prop::collection::vec(event(), 1..40)
    ) {
        let mut gate = Gate::new();
        let mut slack_ms = 0;
        for event in &events {
            let (true_ms, off_ms) = (gate.true_ms, gate.off_ms);
            let is_run = matches!(event, Event::Run(_));
            gate.happen(event);
            if !is_run {
                slack_ms += gate.true_ms - true_ms + (gate.off_ms - off_ms).abs();
            }
        }
        let days = slack_ms / DAY_MS + i64::from(POLICY.visitor_days) + 4;
        gate.run(u32::try_from(2 * days).expect("few"));
        let newest = gate.true_ms - days * DAY_MS;
        let mut old = gate.visitors.iter().filter(|(_, at, _)| *at < newest);
        prop_assert!(old.all(|(day, ..)| gate.kept(*day).is_none()));
    }
}

/// Sixty days at the gate, each a start of fourteen hours.
fn spring(gate: &mut Gate) {
    for _ in 0..60 {
        gate.visitor();
        gate.true_ms += 14 * HOUR_MS;
        gate.record(0);
        gate.restart(10 * HOUR_MS, 0);
    }
}

#[test]
fn nights_and_a_weekend_need_nobody() {
    let mut gate = Gate::new();
    spring(&mut gate);
    gate.restart(62 * HOUR_MS, 0);
    let first = gate.visitors[0].0;
    assert_eq!(gate.kept(first), None);
    let younger = LedgerDay(gate.clock.day(gate.now().wall_ms).0 - 30);
    assert_eq!(gate.kept(younger), Some(KeptUntil::Policy(younger)));
    assert_eq!(gate.kept(LedgerDay(younger.0 - 1)), None);
}

#[test]
fn starts_that_each_claim_a_little_do_not_add_up_to_a_month() {
    let mut gate = Gate::new();
    gate.visitor();
    let day = gate.visitors[0].0;
    for start in 1..=20 {
        gate.restart(60_000, start * 69 * HOUR_MS);
    }
    assert!(
        day <= gate
            .retention
            .last_due(RetentionClass::Visitor, gate.clock.time_ms(gate.now().wall_ms))
    );
    assert_eq!(gate.kept(day), Some(KeptUntil::Confirmation(day)));
}

#[test]
fn a_truthful_confirmation_after_an_empty_battery_erases_nothing_fresh() {
    let mut gate = Gate::new();
    gate.visitor();
    gate.restart(10 * HOUR_MS, -9_800 * DAY_MS);
    gate.visitor();
    gate.restart(10 * HOUR_MS, 0);
    gate.visitor();
    gate.confirm();
    assert_eq!(gate.clock.shift_ms(), 0);
    for (day, ..) in &gate.visitors {
        assert_eq!(gate.kept(*day), Some(KeptUntil::Policy(*day)));
    }
}

/// Positive control: by ledger time alone the day would be erased an hour after it was recorded.
#[test]
fn a_day_recorded_while_the_clock_stood_still_is_not_as_old_as_the_next_right_date_says() {
    let mut gate = Gate::new();
    gate.restart(40 * DAY_MS, -40 * DAY_MS);
    gate.visitor();
    gate.restart(HOUR_MS, 0);
    gate.confirm();
    let day = gate.visitors[0].0;
    assert!(
        day <= gate
            .retention
            .last_due(RetentionClass::Visitor, gate.clock.time_ms(gate.now().wall_ms))
    );
    assert_eq!(gate.kept(day), Some(KeptUntil::Policy(day)));
}

#[test]
fn a_closing_between_two_confirmations_counts_and_one_after_days_that_nobody_vouched_for_does_not() {
    for is_confirmed_before in [true, false] {
        let mut gate = Gate::new();
        spring(&mut gate);
        gate.visitors.clear();
        gate.visitor();
        if is_confirmed_before {
            gate.confirm();
        }
        let day = gate.visitors[0].0;
        gate.restart(40 * DAY_MS, 0);
        assert_eq!(gate.kept(day), Some(KeptUntil::Confirmation(day)));
        gate.confirm();
        let expected = (!is_confirmed_before).then_some(KeptUntil::Policy(day));
        assert_eq!(gate.kept(day), expected);
    }
}

#[test]
fn a_clock_that_was_wrong_at_both_ends_of_a_closing_is_taken_off_to_the_millisecond() {
    let mut gate = Gate::new();
    gate.visitor();
    let day = gate.visitors[0].0;
    gate.restart(10 * HOUR_MS, 40 * DAY_MS);
    gate.set_clock(0);
    gate.confirm();
    assert_eq!(gate.kept(day), Some(KeptUntil::Policy(day)));
    gate.run(2 * 29);
    assert_eq!(gate.kept(day), Some(KeptUntil::Policy(day)));
    gate.run(2 * 2);
    assert_eq!(gate.kept(day), None);
}

#[test]
fn the_date_is_asked_for_after_a_long_closing_and_after_a_month_until_it_is_confirmed() {
    let mut gate = Gate::new();
    gate.run(2 * 60);
    assert!(!gate.wants_date(), "the set-up was in this very start");
    gate.restart(10 * HOUR_MS, 0);
    gate.run(2 * 29);
    assert!(!gate.wants_date(), "a month is not over");
    gate.run(2 * 3);
    assert!(gate.wants_date(), "a month is over");
    gate.confirm();
    assert!(!gate.wants_date());
    gate.restart(10 * HOUR_MS, 0);
    assert!(!gate.wants_date(), "a night");
    gate.restart(40 * DAY_MS, 0);
    assert!(gate.wants_date(), "a long closing");
    gate.confirm();
    assert!(!gate.wants_date());
    gate.retention.lose_date();
    assert!(gate.wants_date(), "nothing is known of the date");
}
