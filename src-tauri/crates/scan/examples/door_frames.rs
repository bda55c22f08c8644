//! Writes synthetic door frames of every category as PNG:
//! `cargo run -p gatepost-scan --example door_frames -- FOLDER [SEED] [FRAMES PER CATEGORY]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use gatepost_scan::scan;
use gatepost_scan::synthetic::{Approach, Category, DoorFrame, door_frame};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().expect("a folder to write to"));
    let number =
        |at: usize, otherwise: u32| arguments.get(at).map_or(otherwise, |text| text.parse().unwrap());
    let (seed, frames) = (u64::from(number(1, 1)), number(2, 2));
    std::fs::create_dir_all(folder).unwrap();
    for (category, _) in Category::MEASURED {
        let mut read = 0;
        let start = thread_time();
        let all: Vec<DoorFrame> = (0..frames)
            .map(|number| door_frame(category, seed, number))
            .collect();
        let milliseconds = (thread_time() - start).as_secs_f64() * 1000.0 / f64::from(frames);
        for (number, frame) in all.iter().enumerate() {
            read += usize::from(!scan(&frame.view()).is_empty());
            write(
                &folder.join(format!("{category} {number}.png").replace(' ', "_")),
                frame,
            );
        }
        println!("{category}: {read} of {frames} show something; {milliseconds:.1} ms to draw one");
    }
    let film = Approach::new(seed, 0);
    for index in (0..Approach::FRAMES).step_by(8) {
        let frame = film.frame(index);
        let is_read = !scan(&frame.view()).is_empty();
        println!(
            "film, frame {index}: {}",
            if is_read { "read" } else { "not read" }
        );
        write(&folder.join(format!("film_{index:02}.png")), &frame);
    }
}

/// CPU time of this thread; elsewhere than on Unix the time of day.
fn thread_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    {
        static START: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        START.elapsed()
    }
}

fn write(path: &Path, frame: &DoorFrame) {
    let (width, height) = (
        u32::try_from(frame.width).unwrap(),
        u32::try_from(frame.height).unwrap(),
    );
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Rgb);
    let rgb: Vec<u8> = frame
        .yuyv
        .chunks_exact(4)
        .flat_map(|four| {
            let (u, v) = (f32::from(four[1]) - 128.0, f32::from(four[3]) - 128.0);
            [four[0], four[2]].into_iter().flat_map(move |y| {
                let y = (f32::from(y) - 16.0) * (255.0 / 219.0);
                [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u].map(|value| value as u8)
            })
        })
        .collect();
    encoder.write_header().unwrap().write_image_data(&rgb).unwrap();
}
