//! A rolling file for support. Never a payload, name, number, plate or temperature.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Days of logs that are kept.
const DAYS: usize = 14;

/// Starts to log into the folder `logs` beside the data; without a place to write nothing is logged, and
/// the door goes on.
pub(crate) fn start(data_folder: &Path) -> Option<WorkerGuard> {
    let folder = data_folder.join("logs");
    std::fs::create_dir_all(&folder).ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("gatepost")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    // Only our own crates: what others log is not ours to vouch for.
    let ours =
        "off,gatepost=info,gatepost_shell=info,gatepost_desk=info,gatepost_camera=info,gatepost_store=info";
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(ours))
        .with_ansi(false)
        .with_writer(writer)
        .try_init()
        .ok()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    Some(guard)
}
