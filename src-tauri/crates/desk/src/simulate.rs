//! Plausible entries for demonstrations and for load: arrivals with a morning and an evening rush, further
//! readings, voids, two shifts a day. Everything happens through the store's own methods and every verdict is
//! [`gatepost_rules::decide`]'s. The same seed gives the same entries on every machine: all chance is whole
//! numbers from our own generator (the other candidate, `rand`, changes its streams between versions).

mod random;
mod visitors;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, Weekday};
use gatepost_codes::{IssuerTable, Personal};
use gatepost_ledger::{Body, Entry, Moment, PersonNumber, Role, VenueKind, VoidReason};
use gatepost_rules::{Observation, Policy, Reason, ShownKind, Verdict, decide};
use gatepost_store::{NewEntry, NewPerson, NewRecord, ScanId, SetUp, Store, StoreError, Venue};

use self::random::Random;
use self::visitors::{Visitor, arrival, remedied, show_code, temperature, visitor};
use crate::session::check_pin;

/// Entries of one transaction at most.
const BATCH: usize = 512;
const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// What is to be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Days, the last of them [`last_day`](Self::last_day).
    pub days: u32,
    /// Visitors of a day on average over a week; weekends have more, and further readings come on top.
    pub per_day: u32,
    /// The same seed gives the same entries.
    pub seed: u64,
    /// The last day, local.
    pub last_day: NaiveDate,
    /// Local offset from UTC, seconds east.
    pub offset_s: i32,
    /// Nothing happens after this instant, ms UTC.
    pub until_ms: i64,
}

/// What was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Entries, further readings included.
    pub entries: u64,
    /// Entries that follow a held one.
    pub further_readings: u64,
    /// Entries that were voided.
    pub voided: u64,
    /// Shifts.
    pub shifts: u64,
}

/// The usual PINs of the made-up manager and guards. They stand in the documentation and protect nothing.
pub const DEMO_PINS: [&str; 3] = ["280461", "730519", "640827"];

/// The PINs of the made-up staff: a manager and two guards.
#[derive(Clone, Debug)]
pub struct DemoPins {
    /// 陈示, who manages.
    pub manager: Personal<String>,
    /// 王示 and 刘示, who stand at the gate in turns.
    pub guards: [Personal<String>; 2],
}

impl Default for DemoPins {
    /// [`DEMO_PINS`].
    fn default() -> DemoPins {
        let [manager, first, second] = DEMO_PINS.map(|pin| Personal::new(pin.to_owned()));
        DemoPins {
            manager,
            guards: [first, second],
        }
    }
}

/// Why nothing was simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The data are those of a real venue, or of none.
    #[error("the data are not those of a demonstration")]
    NotADemo,
    /// The data already have entries: what is simulated would lie before them.
    #[error("the data already have entries")]
    NotEmpty,
    /// A PIN is too simple, or two are equal.
    #[error("a PIN is too simple, or two are equal")]
    Pins,
    /// A day that no calendar has, an offset of more than a day, or a venue without guards or hours.
    #[error("the days or the venue cannot be simulated")]
    Impossible,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Sets up a made-up venue whose every screen and export says that it is one: 示例超市, gate 东门, open from 8 to
/// 22, the default rules.
///
/// # Errors
/// [`SimulateError::Pins`]; [`SimulateError::Store`] with `AlreadySetUp` where there is a venue.
pub fn set_up_demo(store: &mut Store, at: Moment, pins: &DemoPins) -> Result<(), SimulateError> {
    let [first, second] = &pins.guards;
    let all = [&pins.manager, first, second];
    if all.iter().any(|pin| check_pin(pin.expose()).is_err())
        || pins.manager == *first
        || pins.manager == *second
        || first == second
    {
        return Err(SimulateError::Pins);
    }
    let names = [
        ("陈示", Role::Manager),
        ("王示", Role::Guard),
        ("刘示", Role::Guard),
    ];
    let people = names
        .into_iter()
        .zip(all)
        .map(|((name, role), pin)| NewPerson {
            name: Personal::new(name.to_owned()),
            role,
            pin: pin.clone(),
        })
        .collect();
    let venue = Venue {
        name: "示例超市".to_owned(),
        kind: VenueKind::Supermarket,
        gate: "东门".to_owned(),
        opens: "08:00".to_owned(),
        closes: "22:00".to_owned(),
        demo: true,
    };
    let policy = Policy::default();
    Ok(store.set_up(
        at,
        &SetUp {
            venue,
            policy,
            people,
        },
    )?)
}

/// Fills a demonstration that has no entries yet. `progress` hears how many days of how many are done.
///
/// # Errors
/// Any [`SimulateError`]; days that were done before a fault of the store stay.
pub fn simulate(
    store: &mut Store,
    simulation: &Simulation,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<Simulated, SimulateError> {
    let venue = store
        .venue()?
        .filter(|venue| venue.demo)
        .ok_or(SimulateError::NotADemo)?;
    if !store.reader()?.days(1)?.is_empty() {
        return Err(SimulateError::NotEmpty);
    }
    let staff = store.people()?;
    let guards: Vec<PersonNumber> = staff
        .iter()
        .filter(|one| one.role == Role::Guard)
        .map(|one| one.number)
        .collect();
    let offset = FixedOffset::east_opt(simulation.offset_s).ok_or(SimulateError::Impossible)?;
    let hours = Hours::of(&venue).ok_or(SimulateError::Impossible)?;
    if guards.is_empty() {
        return Err(SimulateError::Impossible);
    }
    let mut gate = Gate {
        policy: store.policy()?,
        store,
        issuers: IssuerTable::built_in(),
        name: venue.gate,
        offset,
        boot: 0,
        boot_ms: 0,
        guard: guards[0],
        until_ms: simulation.until_ms,
        queue: BinaryHeap::new(),
        queued: 0,
        pending: Vec::new(),
        done: Simulated::default(),
    };
    for number in 0..simulation.days {
        let day = simulation
            .last_day
            .checked_sub_days(Days::new(u64::from(simulation.days - 1 - number)))
            .ok_or(SimulateError::Impossible)?;
        let mut random = Random(simulation.seed ^ (u64::from(day.num_days_from_ce().unsigned_abs()) << 32));
        let visitors = visitors_of(day, simulation.per_day);
        let staff = [0, 1].map(|shift| guards[(number as usize * 2 + shift) % guards.len()]);
        gate.day(day, hours, visitors, staff, &mut random)?;
        progress(number + 1, simulation.days);
    }
    Ok(gate.done)
}

/// Weekends have more visitors; over a whole week the average is `per_day`.
fn visitors_of(day: NaiveDate, per_day: u32) -> u64 {
    let percent = match day.weekday() {
        Weekday::Sat | Weekday::Sun => 125,
        Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => 90,
    };
    u64::from(per_day) * percent / 100
}

/// Opening hours: ms from midnight, and ms until closing.
#[derive(Clone, Copy)]
struct Hours {
    opens_ms: i64,
    open_ms: i64,
}

impl Hours {
    fn of(venue: &Venue) -> Option<Hours> {
        let parse = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
        let (opens, closes) = (parse(&venue.opens)?, parse(&venue.closes)?);
        let open_ms = (closes - opens).num_milliseconds().rem_euclid(DAY_MS);
        // Equal times mean round the clock; the last half hour of a day is left for those who still wait.
        let open_ms = if open_ms == 0 { DAY_MS } else { open_ms };
        Some(Hours {
            opens_ms: (opens - NaiveTime::MIN).num_milliseconds(),
            open_ms: open_ms.min(DAY_MS - 30 * MINUTE_MS),
        })
    }
}

enum Happening {
    /// Somebody new.
    Arrival,
    /// Somebody is checked again: after a hold with its position, after a slip without.
    Again { visitor: Visitor, follows: Option<u64> },
    /// The guard sees a slip of the finger, strikes the entry through and enters it rightly.
    Slip { of: u64, right: Visitor },
}

struct Event {
    at_ms: i64,
    /// Keeps the order of events of the same millisecond.
    number: u64,
    happening: Happening,
}

impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Event) -> std::cmp::Ordering {
        (self.at_ms, self.number).cmp(&(other.at_ms, other.number))
    }
}

/// One gate going through its days.
struct Gate<'a> {
    store: &'a mut Store,
    issuers: IssuerTable,
    policy: Policy,
    name: String,
    offset: FixedOffset,
    boot: u32,
    boot_ms: i64,
    guard: PersonNumber,
    until_ms: i64,
    queue: BinaryHeap<Reverse<Event>>,
    queued: u64,
    /// Entries that are not yet written; they have no position yet.
    pending: Vec<NewEntry>,
    done: Simulated,
}

impl Gate<'_> {
    fn day(
        &mut self,
        day: NaiveDate,
        hours: Hours,
        visitors: u64,
        staff: [PersonNumber; 2],
        random: &mut Random,
    ) -> Result<(), SimulateError> {
        let midnight_ms = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
            - i64::from(self.offset.local_minus_utc()) * SECOND_MS;
        let opens_ms = midnight_ms + hours.opens_ms;
        let closes_ms = opens_ms + hours.open_ms;
        if opens_ms > self.until_ms {
            return Ok(());
        }
        self.boot_ms = opens_ms - 5 * MINUTE_MS;
        self.boot = self
            .store
            .boot(self.boot_ms, 0, &self.name, env!("CARGO_PKG_VERSION"))?;
        for _ in 0..visitors {
            self.plan(opens_ms + arrival(hours.open_ms, random), Happening::Arrival);
        }
        let handover_ms = opens_ms + hours.open_ms / 2;
        self.shift(staff[0], opens_ms, handover_ms, false, random)?;
        let end_ms = self.shift(staff[1], handover_ms, closes_ms, true, random)?;
        self.record(end_ms, None, Body::Shutdown)
    }

    /// One guard's time; returns its end. The last one of a day stays until nobody waits any more.
    fn shift(
        &mut self,
        guard: PersonNumber,
        from_ms: i64,
        to_ms: i64,
        last: bool,
        random: &mut Random,
    ) -> Result<i64, SimulateError> {
        if from_ms > self.until_ms {
            self.queue.clear();
            return Ok(self.until_ms);
        }
        self.guard = guard;
        self.record(from_ms, Some(guard), Body::Login)?;
        let gate = self.name.clone();
        let shift = self.store.open_shift(self.moment(from_ms), &gate, guard)?;
        self.done.shifts += 1;
        let mut now_ms = from_ms;
        while let Some(Reverse(next)) = self.queue.peek()
            && (last || next.at_ms < to_ms)
        {
            if next.at_ms > self.until_ms {
                self.queue.clear();
                break;
            }
            now_ms = next.at_ms;
            if let Some(Reverse(event)) = self.queue.pop() {
                self.happen(event, random)?;
            }
        }
        self.flush()?;
        let end_ms = to_ms.max(now_ms).min(self.until_ms);
        self.store.close_shift(self.moment(end_ms), &gate, guard, shift)?;
        self.record(end_ms, Some(guard), Body::Logout)?;
        Ok(end_ms)
    }

    fn happen(&mut self, event: Event, random: &mut Random) -> Result<(), SimulateError> {
        let at_ms = event.at_ms;
        match event.happening {
            Happening::Arrival => {
                let visitor = visitor(&self.issuers, at_ms, random);
                if visitor.code.kind() == ShownKind::Decoded && random.one_in(250) {
                    return self.mistyped(at_ms, visitor, random);
                }
                self.check(at_ms, visitor, None, random)
            }
            Happening::Again { visitor, follows } => {
                self.done.further_readings += u64::from(follows.is_some());
                self.check(at_ms, visitor, follows, random)
            }
            Happening::Slip { of, right } => {
                self.flush()?;
                let (moment, gate) = (self.moment(at_ms), self.name.clone());
                let reason = VoidReason::Typo;
                self.store
                    .append_void(moment, &gate, self.guard, of, reason, None)?;
                self.done.voided += 1;
                let (visitor, follows) = (right, None);
                self.plan(at_ms + 4 * SECOND_MS, Happening::Again { visitor, follows });
                Ok(())
            }
        }
    }

    /// One check, and what follows from a hold: the visitor puts a mask on, refreshes the code, rests.
    fn check(
        &mut self,
        at_ms: i64,
        visitor: Visitor,
        follows: Option<u64>,
        random: &mut Random,
    ) -> Result<(), SimulateError> {
        let (new, verdict) = self.entry(at_ms, &visitor, follows)?;
        self.pending.push(new);
        let again = match follows {
            None => remedied(&visitor, verdict.reasons(), random),
            Some(_) => None,
        };
        let Some((pause_ms, mut visitor)) = again else {
            return if self.pending.len() < BATCH {
                Ok(())
            } else {
                self.flush().map(drop)
            };
        };
        let follows = self.flush()?;
        let again_ms = at_ms + pause_ms;
        if verdict.reasons().contains(&Reason::StaleCode) {
            show_code(&self.issuers, "shanghai", 6, again_ms, &mut visitor, random);
        }
        self.plan(again_ms, Happening::Again { visitor, follows });
        Ok(())
    }

    /// The guard's finger slips by a whole degree and he sees it on the card.
    fn mistyped(&mut self, at_ms: i64, right: Visitor, random: &mut Random) -> Result<(), SimulateError> {
        let tenths = right.temperature.tenths() + 20;
        let wrong = Visitor {
            temperature: temperature(tenths),
            ..right.clone()
        };
        let (new, _) = self.entry(at_ms, &wrong, None)?;
        self.pending.push(new);
        let of = self.flush()?.ok_or(SimulateError::Impossible)?;
        let seen_ms = at_ms + 6 * SECOND_MS + random.below(9_000);
        self.plan(seen_ms, Happening::Slip { of, right });
        Ok(())
    }

    fn entry(
        &self,
        at_ms: i64,
        visitor: &Visitor,
        follows: Option<u64>,
    ) -> Result<(NewEntry, Verdict), SimulateError> {
        let observation = Observation {
            code: visitor.code.clone(),
            temperature: visitor.temperature,
            mask: visitor.mask,
            fault: visitor.fault,
        };
        let verdict = decide(&observation, &self.policy);
        let local = DateTime::from_timestamp_millis(at_ms).ok_or(SimulateError::Impossible)?;
        let new = NewEntry {
            scan_id: ScanId::random()?,
            at: self.moment(at_ms),
            day: local.with_timezone(&self.offset).date_naive(),
            offset_s: self.offset.local_minus_utc(),
            gate: self.name.clone(),
            guard: self.guard,
            entry: Entry::of(&observation, &verdict, &self.policy, follows),
            temperature: visitor.temperature,
            token: visitor
                .payload
                .as_deref()
                .map(|payload| self.store.token(payload)),
        };
        Ok((new, verdict))
    }

    fn plan(&mut self, at_ms: i64, happening: Happening) {
        let number = self.queued;
        self.queued += 1;
        self.queue.push(Reverse(Event {
            at_ms,
            number,
            happening,
        }));
    }

    /// Writes what is pending and returns the position of the last one.
    fn flush(&mut self) -> Result<Option<u64>, SimulateError> {
        let positions = self.store.append_entries(&self.pending)?;
        self.done.entries += positions.len() as u64;
        self.pending.clear();
        Ok(positions.last().copied())
    }

    fn record(&mut self, at_ms: i64, by: Option<PersonNumber>, body: Body) -> Result<(), SimulateError> {
        let record = NewRecord {
            at: self.moment(at_ms),
            gate: self.name.clone(),
            by,
            body,
        };
        self.store.append(&record)?;
        Ok(())
    }

    fn moment(&self, at_ms: i64) -> Moment {
        Moment {
            wall_ms: at_ms,
            boot: self.boot,
            monotonic_ms: (at_ms - self.boot_ms).unsigned_abs(),
        }
    }
}
