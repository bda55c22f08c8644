//! What is to be reached, and whether it is.

use serde::Serialize;

use crate::Set;
use crate::readers::{OURS, REFERENCE};
use crate::tally::{Class, percentile};

/// One figure of ours beside what it has to be.
#[derive(Serialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// zxing-cpp `full` in the same run, where it is the measure.
    pub(crate) reference: Option<f64>,
    pub(crate) at_least: f64,
    pub(crate) aim: f64,
    /// Whether a smaller figure is better.
    pub(crate) is_a_limit: bool,
}

/// Rates in percent, by the beginning of the category's name: at least, and the aim.
const RATES: [(&str, &str, f64, f64); 10] = [
    ("yellow and orange", "colour yellow|colour orange", 100.0, 100.0),
    ("tilt", "tilt", 92.0, 96.0),
    ("glare", "glare", 96.0, 98.0),
    ("low light", "low light", 97.0, 99.0),
    ("bloom", "bloom", 82.0, 92.0),
    ("partial", "partial", 92.0, 94.0),
    ("hard", "hard", 86.0, 92.0),
    ("motion", "motion", 62.0, 80.0),
    ("2 pixels a module", "size 2", 100.0, 100.0),
    ("1.5 pixels a module", "size 1.5", 78.0, 88.0),
];

/// Times as a multiple of the reference's, by rows and whether codes are shown: percentile, at least, and the aim.
const TIMES: [(usize, bool, usize, f64, f64); 5] = [
    (720, true, 50, 0.45, 0.25),
    (720, true, 95, 1.0, 0.7),
    (720, false, 50, 0.25, 0.10),
    (1080, true, 50, 0.33, 0.2),
    (1080, false, 50, 0.2, 0.1),
];

impl Target {
    /// Whether a figure reaches what it has to be.
    pub(crate) fn is_met(&self, bound: f64) -> bool {
        if self.is_a_limit {
            self.ours <= bound
        } else {
            self.ours >= bound
        }
    }

    fn rate(what: String, ours: f64, reference: Option<f64>, at_least: f64, aim: f64) -> Target {
        Target {
            what,
            unit: "%",
            ours,
            reference,
            at_least,
            aim,
            is_a_limit: false,
        }
    }

    fn limit(what: String, unit: &'static str, ours: f64, at_least: f64, aim: f64) -> Target {
        Target {
            what,
            unit,
            ours,
            reference: None,
            at_least,
            aim,
            is_a_limit: true,
        }
    }
}

/// Every target that this set of frames says something about.
pub(crate) fn of(set: &Set) -> Vec<Target> {
    let mut targets = photos(set);
    targets.extend(rates(set));
    targets.extend(times(set));
    targets.extend(films(set));
    let colours = &set.frames.colours;
    if colours.told > 0 {
        let percent = 100.0 * colours.right as f64 / colours.told as f64;
        targets.push(Target::rate(
            "colour right, of those read".to_owned(),
            percent,
            None,
            99.5,
            99.9,
        ));
    }
    let false_reads = set.frames.false_reads[OURS] + set.films.false_reads[OURS];
    let panics = set.frames.panics[OURS] + set.films.panics[OURS];
    targets.push(Target::limit(
        "false decodes".to_owned(),
        "",
        false_reads as f64,
        0.0,
        0.0,
    ));
    targets.push(Target::limit("panics".to_owned(), "", panics as f64, 0.0, 0.0));
    targets
}

fn photos(set: &Set) -> Vec<Target> {
    let mut targets = Vec::new();
    let zxing = set.frames.sum(|name| name.starts_with("photos qrcode-"));
    if zxing.codes > 0 {
        targets.push(Target {
            unit: "photos",
            ..Target::rate(
                format!("photos of the ZXing project, of {}", zxing.codes),
                zxing.read[OURS] as f64,
                Some(zxing.read[REFERENCE] as f64),
                173.0,
                176.0,
            )
        });
    }
    let others = set.frames.categories.iter().filter(|(name, count)| {
        name.starts_with("photos ") && !name.starts_with("photos qrcode-") && count.codes > 0
    });
    let others: Vec<_> = others.map(|(_, count)| count).collect();
    if !others.is_empty() {
        let mean = |reader: usize| {
            others
                .iter()
                .filter_map(|count| count.percent(reader))
                .sum::<f64>()
                / others.len() as f64
        };
        let what = "other photos, mean of categories".to_owned();
        targets.push(Target::rate(what, mean(OURS), Some(mean(REFERENCE)), 81.0, 86.0));
    }
    targets
}

fn rates(set: &Set) -> Vec<Target> {
    let mut targets = Vec::new();
    let is_of_a_camera = |name: &str| !name.starts_with("photos ") && !name.ends_with("1080p");
    let all = set.frames.sum(is_of_a_camera);
    if let (Some(ours), reference) = (all.percent(OURS), all.percent(REFERENCE)) {
        targets.push(Target::rate(
            "all 720p frames".to_owned(),
            ours,
            reference,
            95.0,
            97.5,
        ));
    }
    for (what, names, at_least, aim) in RATES {
        let sum = set
            .frames
            .sum(|name| names.split('|').any(|wanted| wanted == name));
        if let Some(ours) = sum.percent(OURS) {
            targets.push(Target::rate(
                what.to_owned(),
                ours,
                sum.percent(REFERENCE),
                at_least,
                aim,
            ));
        }
    }
    targets
}

fn times(set: &Set) -> Vec<Target> {
    let mut targets = Vec::new();
    for (height, shows_codes, percent, at_least, aim) in TIMES {
        let class = Class { height, shows_codes };
        let Some(times) = set.frames.milliseconds.get(&class) else {
            continue;
        };
        let of = |reader: usize| percentile(&times[reader], percent);
        let (Some(ours), Some(reference)) = (of(OURS), of(REFERENCE)) else {
            continue;
        };
        let codes = if shows_codes {
            "with a code"
        } else {
            "without a code"
        };
        let statistic = if percent == 50 {
            "median"
        } else {
            "95th percentile"
        };
        targets.push(Target {
            reference: Some(1.0),
            ..Target::limit(
                format!("{height}p {codes}, {statistic}"),
                "×",
                ours / reference,
                at_least,
                aim,
            )
        });
    }
    targets
}

fn films(set: &Set) -> Option<Target> {
    let at = |reader: usize| percentile(&set.films.first[reader], 90).map(|frame| frame as f64);
    Some(Target {
        reference: at(REFERENCE),
        ..Target::limit(
            "first frame of a film that is read, 90th percentile".to_owned(),
            "",
            at(OURS)?,
            20.0,
            17.0,
        )
    })
}
