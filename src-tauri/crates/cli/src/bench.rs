//! `bench ledger`: what this machine does with a ledger, beside what its disk does at best.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Subcommand};
use gatepost_codes::Personal;
use gatepost_desk::simulate::{DEMO_PINS, DemoPins, set_up_demo};
use gatepost_desk::{Clock, SystemClock};
use gatepost_ledger::{Body, Disclosed, Field, Moment};
use gatepost_store::{
    AuditOptions, Audited, NewRecord, Store, StoreError, VaultKind, audit_folder, open_vault,
};
use serde::Serialize;

use crate::Fault;
use crate::files::Scratch;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Measure append, audit and proof in a new folder, which is removed afterwards.
    Ledger(BenchArguments),
}

#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// Where to make the folder [default: the system's place for temporary files].
    #[arg(long = "in", value_name = "FOLDER")]
    pub(crate) place: Option<PathBuf>,
    /// Records to append, one commit each.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(crate) records: u32,
}

/// Microseconds of one operation.
#[derive(Clone, Copy, Serialize)]
struct Times {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
}

impl Times {
    fn of(mut seconds: Vec<f64>) -> Times {
        seconds.sort_by(f64::total_cmp);
        let at = |part: usize| (seconds[(seconds.len() - 1) * part / 100] * 1e7).round() / 10.0;
        Times {
            per_second: (seconds.len() as f64 / seconds.iter().sum::<f64>()).round(),
            p50_us: at(50),
            p99_us: at(99),
        }
    }
}

#[derive(Serialize)]
struct BenchLine {
    records: u32,
    /// 4 KiB written and made durable with fdatasync, in the same folder.
    disk: Times,
    /// One record with two disclosures, signed, its nodes and its commit.
    append: Times,
    append_of_disk: f64,
    /// Records a second.
    audit_per_second: f64,
    proof: Times,
}

pub(crate) fn run(command: &BenchCommand, output: &Output) -> Result<ExitCode, Fault> {
    let BenchCommand::Ledger(arguments) = command;
    let place = arguments.place.clone().unwrap_or_else(std::env::temp_dir);
    let folder = Scratch::make(&place)?;
    let line = measure(folder.path(), arguments.records)?;
    let row = |name: &str, times: &Times| {
        let values = [
            ("name", output.words.word(name).into()),
            ("rate", times.per_second.into()),
            ("p50", times.p50_us.into()),
            ("p99", times.p99_us.into()),
        ];
        output.result(&line, "cli-bench-row", &values)
    };
    if output.json {
        output.result(&line, "", &[])?;
        return Ok(ExitCode::SUCCESS);
    }
    row("cli-bench-disk", &line.disk)?;
    row("cli-bench-append", &line.append)?;
    row("cli-bench-proof", &line.proof)?;
    let values = [
        ("rate", line.audit_per_second.into()),
        ("share", line.append_of_disk.into()),
    ];
    output.result(&line, "cli-bench-audit", &values)?;
    Ok(ExitCode::SUCCESS)
}

fn measure(folder: &Path, records: u32) -> Result<BenchLine, Fault> {
    let disk = disk(folder, records)?;
    let (append, audit_per_second, proof) =
        ledger(folder, records).map_err(|source| Fault::of_store(folder, source))?;
    Ok(BenchLine {
        records,
        disk,
        append,
        append_of_disk: (append.per_second / disk.per_second * 100.0).round() / 100.0,
        audit_per_second,
        proof,
    })
}

fn disk(folder: &Path, times: u32) -> Result<Times, Fault> {
    let path = folder.join("disk");
    let write = || -> std::io::Result<Vec<f64>> {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&path)?;
        let page = [0xa5; 4096];
        (0..times)
            .map(|_| {
                let began = Instant::now();
                file.write_all(&page)?;
                file.sync_data()?;
                Ok(began.elapsed().as_secs_f64())
            })
            .collect()
    };
    write()
        .map(Times::of)
        .map_err(|error| Fault::cannot_write(&path, &error))
}

fn ledger(folder: &Path, records: u32) -> Result<(Times, f64, Times), StoreError> {
    let folder = folder.join("data");
    let clock = SystemClock::start();
    let vault = open_vault(&folder, VaultKind::KeyFile)?;
    let mut store = Store::open(&folder, vault)?;
    let wall_ms = clock.now().timestamp_millis();
    let moment = |boot| Moment {
        wall_ms,
        boot,
        monotonic_ms: 0,
    };
    let pin = |digits: &str| Personal::new(digits.to_owned());
    let pins = DemoPins {
        manager: pin(DEMO_PINS[0]),
        guards: [pin(DEMO_PINS[1]), pin(DEMO_PINS[2])],
    };
    match set_up_demo(&mut store, moment(1), &pins) {
        Ok(()) => {}
        Err(gatepost_desk::simulate::SimulateError::Store(source)) => return Err(source),
        Err(_) => unreachable!("the folder is new and the PINs are the usual ones"),
    }
    let boot = store.boot(wall_ms, 0, "A1", env!("CARGO_PKG_VERSION"))?;
    let record = NewRecord {
        at: moment(boot),
        gate: "A1".to_owned(),
        by: None,
        body: Body::Register {
            form: "bench".to_owned(),
            values: [("area".to_owned(), "1".to_owned())].into(),
        },
    };
    let mut appended = Vec::with_capacity(records as usize);
    for number in 0..records {
        let disclosed = vec![
            (Field::Temperature, Disclosed::Number(365)),
            (Field::Token, Disclosed::Text(format!("{number:064x}"))),
        ];
        let began = Instant::now();
        store.append_with(&record, disclosed)?;
        appended.push(began.elapsed().as_secs_f64());
    }
    let began = Instant::now();
    let audited = audit_folder(&folder, AuditOptions::default())?;
    let seconds = began.elapsed().as_secs_f64();
    if !matches!(audited, Audited::Sound(_)) {
        return Err(StoreError::Damaged);
    }
    let reader = store.reader()?;
    let size = reader.head()?.seal.size;
    let proven = (0..records).map(|number| {
        let began = Instant::now();
        reader.inclusion(u64::from(number) * 7919 % size, size)?;
        Ok(began.elapsed().as_secs_f64())
    });
    let proven = proven.collect::<Result<_, StoreError>>()?;
    let audit_per_second = (size as f64 / seconds).round();
    Ok((Times::of(appended), audit_per_second, Times::of(proven)))
}
