//! The one window.

use std::process::ExitCode;

use gatepost_desk::view::{AppView, Theme};
use tauri::window::Color;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

const LABEL: &str = "main";

/// Opens the window in the colours of its first screen, so that nothing flashes.
pub(crate) fn open(app: &AppHandle, view: &AppView) -> tauri::Result<()> {
    let ground = match view.appearance.theme {
        Theme::Light => Color(0xf4, 0xf6, 0xf8, 0xff),
        Theme::Dark => Color(0x0e, 0x14, 0x19, 0xff),
        Theme::Sunlight => Color(0xff, 0xff, 0xff, 0xff),
    };
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("门岗 Gatepost")
        .inner_size(1366.0, 768.0)
        .min_inner_size(1024.0, 640.0)
        .background_color(ground)
        .build()?;
    Ok(())
}

/// A second instance was started: show the first one.
pub(crate) fn bring_to_front(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    for shown in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = shown {
            tracing::warn!(%error, "the window could not be brought to the front");
        }
    }
}

/// Whether there is a screen to open a window on: a remote shell, for one, has none.
pub(crate) fn has_screen() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// WebKitGTK shows a white window on some graphics drivers unless its DMA-BUF renderer is off, and reads
/// the variable before `main` could set it safely: the program starts itself once more with it. Whoever sets
/// `WEBKIT_DISABLE_DMABUF_RENDERER` (to 0 or 1) decides.
#[cfg(target_os = "linux")]
pub(crate) fn restart_with_working_graphics() -> Option<ExitCode> {
    use std::os::unix::process::CommandExt;
    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(SWITCH).is_some() {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    // Comes back only when it failed; then the window is tried as it is.
    let _error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(SWITCH, "1")
        .exec();
    None
}

/// Only WebKitGTK needs it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn restart_with_working_graphics() -> Option<ExitCode> {
    None
}
