//! The table and its file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::samples::Samples;

/// One figure.
#[derive(Serialize)]
pub(crate) struct Row {
    /// What was measured.
    what: String,
    unit: &'static str,
    /// The median, or the one value there is.
    value: f64,
    p99: Option<f64>,
    samples: usize,
    reference: Option<Reference>,
    aim: Option<Aim>,
    aim_is_met: Option<bool>,
}

/// What a figure is compared with.
#[derive(Serialize)]
struct Reference {
    what: String,
    value: f64,
    p99: Option<f64>,
    /// The figure divided by the reference.
    ratio: f64,
}

/// What a figure should be.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    /// In its own unit.
    AtMost(f64),
    /// In its own unit.
    AtLeast(f64),
    /// The slowest hundredth, in its own unit.
    P99AtMost(f64),
    /// As a multiple of its reference.
    TimesReferenceAtMost(f64),
    /// As a multiple of its reference.
    TimesReferenceAtLeast(f64),
}

/// The table of one part, as written to its file.
#[derive(Serialize)]
struct Table<'a> {
    part: &'a str,
    version: &'static str,
    release: bool,
    processor: String,
    cores: usize,
    /// How many programs wanted the processor in the last minute (`/proc/loadavg`), these measurements among them.
    load: Option<f64>,
    rows: &'a [Row],
}

impl Row {
    /// A figure with one value.
    pub(crate) fn one(what: impl Into<String>, unit: &'static str, value: f64) -> Row {
        Row {
            what: what.into(),
            unit,
            value,
            p99: None,
            samples: 1,
            reference: None,
            aim: None,
            aim_is_met: None,
        }
    }

    /// The median of many, in milliseconds.
    pub(crate) fn median(what: impl Into<String>, samples: &Samples) -> Row {
        Row {
            samples: samples.count(),
            p99: samples.p99_ms(),
            ..Row::one(what, "ms", samples.median_ms())
        }
    }

    /// How many in a second.
    pub(crate) fn rate(what: impl Into<String>, unit: &'static str, samples: &Samples) -> Row {
        Row {
            samples: samples.count(),
            ..Row::one(what, unit, samples.per_second())
        }
    }

    /// The slowest hundredth, in milliseconds.
    pub(crate) fn p99(what: impl Into<String>, samples: &Samples) -> Row {
        Row {
            samples: samples.count(),
            ..Row::one(what, "ms", samples.p99_ms().unwrap_or(f64::NAN))
        }
    }

    pub(crate) fn beside(self, what: impl Into<String>, value: f64) -> Row {
        let ratio = self.value / value;
        let reference = Some(Reference {
            what: what.into(),
            value,
            p99: None,
            ratio,
        });
        Row { reference, ..self }
    }

    pub(crate) fn beside_samples(self, what: impl Into<String>, samples: &Samples) -> Row {
        let mut row = self.beside(what, samples.median_ms());
        if let Some(reference) = &mut row.reference {
            reference.p99 = samples.p99_ms();
        }
        row
    }

    pub(crate) fn beside_rate(self, what: impl Into<String>, samples: &Samples) -> Row {
        self.beside(what, samples.per_second())
    }

    pub(crate) fn beside_p99(self, what: impl Into<String>, samples: &Samples) -> Row {
        self.beside(what, samples.p99_ms().unwrap_or(f64::NAN))
    }

    pub(crate) fn aims(self, aim: Aim) -> Row {
        let met = match (aim, &self.reference) {
            (Aim::AtMost(most), _) => Some(self.value <= most),
            (Aim::AtLeast(least), _) => Some(self.value >= least),
            (Aim::P99AtMost(most), _) => self.p99.map(|p99| p99 <= most),
            (Aim::TimesReferenceAtMost(most), Some(reference)) => Some(reference.ratio <= most),
            (Aim::TimesReferenceAtLeast(least), Some(reference)) => Some(reference.ratio >= least),
            (Aim::TimesReferenceAtMost(_) | Aim::TimesReferenceAtLeast(_), None) => None,
        };
        Row {
            aim: Some(aim),
            aim_is_met: met,
            ..self
        }
    }
}

/// `target/bench`, for the tables.
pub(crate) fn folder() -> PathBuf {
    folder_beside_the_profile("bench")
}

/// A folder of the target folder, beside the profile that this program was built with.
pub(crate) fn folder_beside_the_profile(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("the operating system knows which program it has started");
    let target = this
        .ancestors()
        .nth(2)
        .expect("Cargo puts programs two folders below the root of the disk or deeper");
    let folder = target.join(name);
    fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

pub(crate) fn print(part: &str, rows: &[Row]) {
    println!("{part}");
    for row in rows {
        let p99 = row.p99.map_or(String::new(), |p99| format!(", p99 {p99:.3}"));
        println!("  {}", row.what);
        println!("    {:.3} {}{p99} ({} samples)", row.value, row.unit, row.samples);
        if let Some(Reference {
            what,
            value,
            p99,
            ratio,
        }) = &row.reference
        {
            let p99 = p99.map_or(String::new(), |p99| format!(", p99 {p99:.3}"));
            println!("    {value:.3} {}{p99}: {what}; ratio {ratio:.2}", row.unit);
        }
        let aim = match row.aim {
            None => continue,
            Some(Aim::AtMost(most)) => format!("at most {most} {}", row.unit),
            Some(Aim::AtLeast(least)) => format!("at least {least} {}", row.unit),
            Some(Aim::P99AtMost(most)) => format!("p99 at most {most} {}", row.unit),
            Some(Aim::TimesReferenceAtMost(most)) => format!("at most {most} × the reference"),
            Some(Aim::TimesReferenceAtLeast(least)) => format!("at least {least} × the reference"),
        };
        let met = if row.aim_is_met == Some(true) {
            "met"
        } else {
            "MISSED"
        };
        println!("    aim: {aim}: {met}");
    }
}

/// Writes the table and returns its file.
pub(crate) fn write(folder: &Path, part: &str, rows: &[Row]) -> PathBuf {
    let table = Table {
        part,
        version: env!("CARGO_PKG_VERSION"),
        release: !cfg!(debug_assertions),
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        load: load(),
        rows,
    };
    let path = folder.join(format!("{part}.json"));
    let text = serde_json::to_string_pretty(&table).expect("plain values serialise");
    fs::write(&path, text + "\n").expect("the target folder is writable");
    path
}

/// The load of the last minute, where the system tells it.
pub(crate) fn load() -> Option<f64> {
    let about = fs::read_to_string("/proc/loadavg").ok()?;
    about.split(' ').next()?.parse().ok()
}

fn processor() -> String {
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    about
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|line| line.split_once(": "))
        .map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())
}
