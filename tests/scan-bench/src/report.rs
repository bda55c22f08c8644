//! The same figures as JSON.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, Result};
use std::path::Path;

use serde::Serialize;

use crate::Set;
use crate::readers::NAMES;
use crate::tally::percentile;
use crate::targets::{self, Target};

#[derive(Serialize)]
struct Report<'a> {
    readers: [&'static str; NAMES.len()],
    release: bool,
    processor: String,
    /// How many programs wanted the processor in the last minute (`/proc/loadavg`), this one among them.
    load: Option<f64>,
    sets: Vec<SetReport<'a>>,
}

#[derive(Serialize)]
struct SetReport<'a> {
    name: &'a str,
    categories: BTreeMap<&'a str, Category>,
    false_decodes: BTreeMap<&'static str, usize>,
    panics: BTreeMap<&'static str, usize>,
    colours: Colours,
    times: Vec<Times>,
    films: Option<Films>,
    targets: Vec<Verdict>,
}

#[derive(Serialize)]
struct Category {
    frames: usize,
    codes: usize,
    read: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct Colours {
    read_with_known_colour: usize,
    right: usize,
    unsure: usize,
}

/// CPU milliseconds: median, 95th percentile and most.
#[derive(Serialize)]
struct Times {
    rows: usize,
    shows_codes: bool,
    frames: usize,
    milliseconds: BTreeMap<&'static str, [Option<f64>; 3]>,
}

#[derive(Serialize)]
struct Films {
    films: usize,
    frames: usize,
    frames_read: BTreeMap<&'static str, usize>,
    /// 10th, 50th and 90th percentile, counted from 0.
    first_frame_read: BTreeMap<&'static str, [Option<usize>; 3]>,
}

#[derive(Serialize)]
struct Verdict {
    #[serde(flatten)]
    target: Target,
    at_least_is_met: bool,
    aim_is_met: bool,
}

/// Writes the figures of all sets, and the folder if there is none.
pub(crate) fn write(path: &Path, sets: &[Set]) -> Result<()> {
    let report = Report {
        readers: NAMES,
        release: !cfg!(debug_assertions),
        processor: processor(),
        load: load(),
        sets: sets.iter().map(set_report).collect(),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(&report).map_err(Error::other)?;
    fs::write(path, text + "\n")
}

fn set_report(set: &Set) -> SetReport<'_> {
    let categories = set.frames.categories.iter().map(|(name, count)| {
        let category = Category {
            frames: count.frames,
            codes: count.codes,
            read: by_name(&count.read),
        };
        (name.as_str(), category)
    });
    let times = set.frames.milliseconds.iter().map(|(class, times)| Times {
        rows: class.height,
        shows_codes: class.shows_codes,
        frames: times[0].len(),
        milliseconds: by_name(
            &times
                .each_ref()
                .map(|times| [50, 95, 100].map(|at| percentile(times, at))),
        ),
    });
    let films = &set.films;
    let verdicts = targets::of(set).into_iter().map(|target| Verdict {
        at_least_is_met: target.is_met(target.at_least),
        aim_is_met: target.is_met(target.aim),
        target,
    });
    SetReport {
        name: &set.name,
        categories: categories.collect(),
        false_decodes: by_name(&set.frames.false_reads),
        panics: by_name(&set.frames.panics),
        colours: Colours {
            read_with_known_colour: set.frames.colours.told,
            right: set.frames.colours.right,
            unsure: set.frames.colours.unsure,
        },
        times: times.collect(),
        films: (films.films > 0).then(|| Films {
            films: films.films,
            frames: films.frames,
            frames_read: by_name(&films.frames_read),
            first_frame_read: by_name(
                &films
                    .first
                    .each_ref()
                    .map(|first| [10, 50, 90].map(|at| percentile(first, at))),
            ),
        }),
        targets: verdicts.collect(),
    }
}

fn by_name<T: Clone>(values: &[T; NAMES.len()]) -> BTreeMap<&'static str, T> {
    NAMES.into_iter().zip(values.iter().cloned()).collect()
}

fn load() -> Option<f64> {
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
