#![doc = include_str!("../README.md")]

mod bindings;
mod commands;
mod logging;
mod options;
mod presenter;
mod sound;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use gatepost_desk::{Desk, SystemClock};
use tauri::{Manager, RunEvent};

use crate::options::{Options, Started};

/// Runs the program until its window is closed.
#[must_use]
pub fn run() -> ExitCode {
    let clock = Arc::new(SystemClock::start());
    let options = Options::parse();
    if let Some(code) = window::restart_with_working_graphics() {
        return code;
    }
    if !window::has_screen() {
        return refuse(
            "no screen: neither DISPLAY nor WAYLAND_DISPLAY is set. Start it in a desktop session.",
        );
    }
    let started = match options.prepare() {
        Ok(started) => started,
        Err(error) => return refuse(&format!("no folder for the demonstration's data: {error}")),
    };
    let _log = logging::start(started.folder());
    let specta = bindings::builder();
    let mut context = tauri::generate_context!();
    started.identify(context.config_mut());
    let builder = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::bring_to_front(app);
        }))
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(specta.invoke_handler())
        .setup(move |app| {
            specta.mount_events(app);
            let presenter = Arc::new(presenter::WindowPresenter::new(app.handle().clone()));
            let desk = Desk::start(started.desk.clone(), clock, presenter);
            if started.demo {
                desk.open_demo()?;
            }
            window::open(app.handle(), &desk.app())?;
            app.manage(desk);
            app.manage(started);
            Ok(())
        });
    match builder.build(context) {
        Ok(app) => {
            app.run(|app, event| {
                // The event loop ends the process without dropping anything.
                if matches!(event, RunEvent::Exit) {
                    app.state::<Arc<Desk>>().close();
                    app.state::<Started>().end();
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window ended");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "there is no window yet to show it in")]
fn refuse(why: &str) -> ExitCode {
    eprintln!("gatepost: {why}");
    ExitCode::from(3)
}
