//! The tables on the terminal.

use crate::Set;
use crate::readers::NAMES;
use crate::tally::{Count, percentile};
use crate::targets;

const WIDTH: usize = 16;

pub(crate) fn print(set: &Set) {
    println!("\n{}\n", set.name);
    if !set.frames.categories.is_empty() {
        print_rates(set);
        print_times(set);
    }
    if set.films.films > 0 {
        print_films(set);
    }
    print_targets(set);
}

fn heading(first: &str, second: &str) {
    let names: String = NAMES.iter().map(|name| format!("{name:>WIDTH$} |")).collect();
    println!("| {first:<28} | {second:>6} |{names}");
    let rules: String = NAMES.iter().map(|_| format!("{:->WIDTH$}:|", "")).collect();
    println!("|{:-<30}|{:->7}:|{rules}", "", "");
}

fn row(first: &str, second: &str, cells: impl Iterator<Item = String>) {
    let cells: String = cells.map(|cell| format!("{cell:>WIDTH$} |")).collect();
    println!("| {first:<28} | {second:>6} |{cells}");
}

fn print_rates(set: &Set) {
    heading("codes read in %", "codes");
    let rate = |name: &str, count: &Count| {
        let cells = (0..NAMES.len()).map(|reader| {
            count
                .percent(reader)
                .map_or("–".to_owned(), |rate| format!("{rate:.1}"))
        });
        row(name, &count.codes.to_string(), cells);
    };
    for (name, count) in &set.frames.categories {
        rate(name, count);
    }
    rate("all", &set.frames.sum(|_| true));
    row(
        "false decodes",
        "",
        set.frames.false_reads.iter().map(ToString::to_string),
    );
    row("panics", "", set.frames.panics.iter().map(ToString::to_string));
    let colours = &set.frames.colours;
    println!(
        "\ncolour, of {} read codes whose colour is known: {} right, {} unsure, {} wrong\n",
        colours.told,
        colours.right,
        colours.unsure,
        colours.told - colours.right - colours.unsure
    );
}

fn print_times(set: &Set) {
    if set.frames.milliseconds.is_empty() {
        return;
    }
    heading("CPU ms, median / p95 / max", "frames");
    for (class, times) in &set.frames.milliseconds {
        let codes = if class.shows_codes {
            "with a code"
        } else {
            "without a code"
        };
        let cells = times.iter().map(|times| {
            let at = |percent: usize| percentile(times, percent).unwrap_or(f64::NAN);
            format!("{:.2}/{:.1}/{:.1}", at(50), at(95), at(100))
        });
        row(
            &format!("{} rows, {codes}", class.height),
            &times[0].len().to_string(),
            cells,
        );
    }
    println!();
}

fn print_films(set: &Set) {
    let films = &set.films;
    heading("films", "films");
    for percent in [10, 50, 90] {
        let cells = films
            .first
            .iter()
            .map(|first| percentile(first, percent).map_or("–".to_owned(), |at| at.to_string()));
        row(
            &format!("first frame read, {percent} %"),
            &films.films.to_string(),
            cells,
        );
    }
    let share = films
        .frames_read
        .iter()
        .map(|read| format!("{:.1}", 100.0 * *read as f64 / films.frames as f64));
    row("frames read in %", "", share);
    row(
        "false decodes",
        "",
        films.false_reads.iter().map(ToString::to_string),
    );
    println!();
}

fn print_targets(set: &Set) {
    println!(
        "| {:<52} | {:>9} | {:>10} | {:>16} | {:>14} |",
        "target", "ours", "zxing full", "at least", "aim"
    );
    println!(
        "|{:-<54}|{:->10}:|{:->11}:|{:->17}:|{:->15}:|",
        "", "", "", "", ""
    );
    for target in targets::of(set) {
        let verdict = |bound: f64| {
            let word = if target.is_met(bound) { "met" } else { "MISSED" };
            format!("{} {word}", number(bound))
        };
        println!(
            "| {:<52} | {:>9} | {:>10} | {:>16} | {:>14} |",
            format!("{} {}", target.what, target.unit).trim(),
            number(target.ours),
            target.reference.map_or(String::new(), number),
            verdict(target.at_least),
            verdict(target.aim),
        );
    }
    println!();
}

/// With two digits after the point at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
