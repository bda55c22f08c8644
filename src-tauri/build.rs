//! Embeds the screens and the window's capabilities.

fn main() {
    tauri_build::build();
}
