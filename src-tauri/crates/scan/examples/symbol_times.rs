//! What reading a symbol's modules costs, ours beside rqrr's, in microseconds of thread CPU time.
//!
//! `cargo run --release -p gatepost-scan --example symbol_times`
//!
//! Each row is one version at level M with a full payload: without damage, and with one module in a hundred wrong.
//! The last column is what modules without a message cost.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a table for a person")]

use std::hint::black_box;
use std::time::Duration;

use gatepost_scan::symbol::{Modules, read};
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// Least time spent on each figure.
const ENOUGH: Duration = Duration::from_millis(60);

fn main() {
    println!("version |  ours   rqrr  ratio |  ours   rqrr  ratio (damaged) | ours (noise)");
    for version in [1, 3, 5, 10, 15, 20, 21, 30, 40] {
        let dark = drawn(version);
        let damaged = with_damage(&dark);
        let noise = Modules::new(dark.len().isqrt(), noise(dark.len())).unwrap();
        let [(a, b), (c, d)] = [&dark, &damaged].map(|dark| (ours(dark), theirs(dark)));
        let nothing = microseconds(|| {
            let _ = black_box(read(black_box(&noise)));
        });
        println!(
            "{version:7} | {a:5.1} {b:6.0} {:6.0} | {c:5.1} {d:6.0} {:6.0}           | {nothing:5.1}",
            b / a,
            d / c
        );
    }
}

fn ours(dark: &[bool]) -> f64 {
    let values = dark.iter().map(|&dark| if dark { 127 } else { -127 }).collect();
    let modules = Modules::new(dark.len().isqrt(), values).unwrap();
    microseconds(|| {
        black_box(read(black_box(&modules)).unwrap());
    })
}

fn theirs(dark: &[bool]) -> f64 {
    let size = dark.len().isqrt();
    let grid = rqrr::Grid::new(rqrr::SimpleGrid::from_func(size, |x, y| dark[y * size + x]));
    microseconds(|| {
        let mut bytes = Vec::new();
        black_box(&grid).decode_to(&mut bytes).unwrap();
        black_box(bytes);
    })
}

fn drawn(version: i16) -> Vec<bool> {
    let mut bits = Bits::new(Version::Normal(version));
    let room = bits.max_len(EcLevel::M).unwrap() / 8 - 4;
    let payload: Vec<u8> = (0..room).map(|at| (at * 37 % 90) as u8 + 33).collect();
    bits.push_byte_data(&payload).unwrap();
    bits.push_terminator(EcLevel::M).unwrap();
    let code = QrCode::with_bits(bits, EcLevel::M).unwrap();
    code.to_colors()
        .into_iter()
        .map(|colour| colour == Color::Dark)
        .collect()
}

/// One module in a hundred changed, away from the finders: about one codeword in fourteen.
fn with_damage(dark: &[bool]) -> Vec<bool> {
    let size = dark.len().isqrt();
    let (data, mut numbers) = (size - 9, noise(8 * dark.len()).into_iter().map(i8::unsigned_abs));
    let mut below = |limit: usize| {
        let wide = (0..3).fold(0, |wide, _| {
            wide << 7 | usize::from(numbers.next().unwrap() & 127)
        });
        wide % limit
    };
    let mut damaged = dark.to_vec();
    for _ in 0..data * data / 100 {
        let at = (9 + below(data)) * size + 9 + below(data);
        damaged[at] = !damaged[at];
    }
    damaged
}

fn noise(length: usize) -> Vec<i8> {
    let mut state = 0x5EED_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as i8
        })
        .collect()
}

/// The mean over as many calls as fill the time, the first ones not counted.
fn microseconds(mut call: impl FnMut()) -> f64 {
    for _ in 0..3 {
        call();
    }
    let (start, mut calls) = (thread_time(), 0_u32);
    while thread_time() - start < ENOUGH {
        for _ in 0..4 {
            call();
        }
        calls += 4;
    }
    (thread_time() - start).as_secs_f64() * 1e6 / f64::from(calls)
}

#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn thread_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
