//! A guard and a manager who do what they are told, line by line, for the test of the clock: `door_told FOLDER` reads
//! an order from its input, does it, and answers with one line. Whoever waits for the answer is in step with it.
//!
//! - `visitors N`: the guard checks so many; the answer is `entries` and the position of each.
//! - `hours N`: so many hours pass on both clocks of the machine, and at the end nobody comes for fourteen more,
//!   in which the program keeps house; the answer is `kept`.
//! - `confirm`: the manager says that the clock is right; the answer is `confirmed`.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta};
use gatepost_desk::view::{AppView, AuditView, DoorView, ExportProgress, InspectorView, WitnessingView};
use gatepost_desk::{Clock, Desk, DeskError, Earcon, Presenter, SystemClock};
use gatepost_tests::quiet;
use gatepost_tests::wait::PATIENCE;

/// The program audits its ledger again after less than this, once what is due is erased.
const BETWEEN_AUDITS: Duration = Duration::from_secs(7 * 3600);

/// The machine's clocks, and what passed besides: on both, so that nobody has set anything.
struct PassingClock {
    machine: SystemClock,
    passed: Mutex<Duration>,
}

impl PassingClock {
    fn passed(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self, time: Duration) {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for PassingClock {
    fn now(&self) -> DateTime<FixedOffset> {
        self.machine.now() + TimeDelta::from_std(self.passed()).expect("months at most")
    }

    fn since_start(&self) -> Duration {
        self.machine.since_start() + self.passed()
    }
}

/// Tells of each audit that has ended.
struct Listener(Sender<()>);

impl Presenter for Listener {
    fn app_changed(&self, _: &AppView) {}
    fn door_changed(&self, _: &DoorView) {}
    fn export_progress(&self, _: ExportProgress) {}

    fn audit_changed(&self, view: &AuditView) {
        if !matches!(view, AuditView::Running { .. }) {
            // At the end of the program nobody listens.
            let _ = self.0.send(());
        }
    }

    fn witnessing_changed(&self, _: &WitnessingView) {}
    fn inspector_changed(&self, _: &InspectorView) {}
    fn sound(&self, _: Earcon) {}
}

struct Program {
    desk: Arc<Desk>,
    clock: Arc<PassingClock>,
    audits: Receiver<()>,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        return ExitCode::from(2);
    };
    let (heard, audits) = channel();
    let clock = Arc::new(PassingClock {
        machine: SystemClock::start(),
        passed: Mutex::default(),
    });
    let desk = quiet::desk_with(Path::new(&folder), clock.clone(), Arc::new(Listener(heard)));
    let program = Program { desk, clock, audits };
    for order in io::stdin().lock().lines().map_while(Result::ok) {
        match program.obey(&order) {
            Ok(answer) => say(&answer),
            Err(error) => {
                say(&format!("fault {error}"));
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// One write for a whole line.
fn say(line: &str) {
    // Whoever does not listen any more is not told.
    let _ = io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}

impl Program {
    fn obey(&self, order: &str) -> Result<String, DeskError> {
        let (what, number) = order.split_once(' ').unwrap_or((order, "0"));
        let number: u64 = number.parse().map_err(|_| DeskError::NotFound)?;
        match what {
            "visitors" => self.check(number),
            "hours" => self.pass(number),
            "confirm" => {
                quiet::into_the_office(&self.desk)?;
                self.desk.confirm_clock()?;
                Ok("confirmed".to_owned())
            }
            _ => Err(DeskError::NotFound),
        }
    }

    fn check(&self, visitors: u64) -> Result<String, DeskError> {
        quiet::take_the_gate(&self.desk)?;
        let mut answer = "entries".to_owned();
        for _ in 0..visitors {
            let door = quiet::press(&self.desk, "7365⏎")?;
            let entry = door.card.ok_or(DeskError::NotFound)?.entry;
            answer += &format!(" {}", entry.position);
        }
        Ok(answer)
    }

    /// What is due is erased before the ledger is audited. The first audit that ends may have begun before the time
    /// passed; what was due was then erased before the second one began.
    fn pass(&self, hours: u64) -> Result<String, DeskError> {
        quiet::set_up(&self.desk)?;
        self.clock.pass(Duration::from_secs(hours * 3600));
        for _ in 0..2 {
            while self.audits.try_recv().is_ok() {}
            self.clock.pass(BETWEEN_AUDITS);
            if self.audits.recv_timeout(PATIENCE).is_err() {
                return Err(DeskError::NotFound);
            }
        }
        Ok("kept".to_owned())
    }
}
