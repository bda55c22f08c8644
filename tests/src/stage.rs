//! One gate for a test: folders, a camera, a screen.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::camera_file::CameraFile;
use crate::screen::Screen;
use crate::skip::skip;
use crate::window::Window;

/// Set by `cargo xtask test`, which has installed all that a window needs before.
const REQUIRED: &str = "GATEPOST_NEEDS_WINDOW_TESTS";
/// What a stage starts.
const NEEDED: [&str; 4] = ["WebKitWebDriver", "Xvfb", "dbus-daemon", "setpriv"];

/// Everything around a window. Dropping it removes the folders.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    camera: CameraFile,
    screen: Screen,
    /// Held until the stage is gone: one window at a time on this machine, whatever runs the tests.
    _turn: File,
}

impl Stage {
    /// A gate with empty folders and an unplugged camera; none, with a sentence why, where this machine
    /// cannot open windows.
    ///
    /// # Panics
    /// When the program was not built, or the temporary folder cannot be written; and where no window can be
    /// opened although `GATEPOST_NEEDS_WINDOW_TESTS` is set.
    #[must_use]
    pub fn set() -> Option<Stage> {
        if let Some(reason) = missing() {
            assert!(
                std::env::var_os(REQUIRED).is_none(),
                "no test of the window may be skipped while {REQUIRED} is set, but {reason}"
            );
            skip(&reason);
            return None;
        }
        // One lock a user: a file of somebody else's could not be opened.
        let lock = format!("gatepost-tests-{}.lock", rustix::process::getuid().as_raw());
        let turn = File::create(std::env::temp_dir().join(lock)).expect("the temporary folder is writable");
        flock(&turn, FlockOperation::LockExclusive).expect("a file of our own can be locked");
        let folder = tempfile::Builder::new()
            .prefix("gatepost-test-")
            .tempdir()
            .expect("the temporary folder is writable");
        for name in ["data", "exports", "temporary"] {
            fs::create_dir(folder.path().join(name)).expect("the folder is new and ours");
        }
        Some(Stage {
            camera: CameraFile::new(folder.path().join("camera")),
            screen: Screen::open(),
            folder,
            _turn: turn,
        })
    }

    /// A folder of this stage's own, for whatever a test keeps.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program's data.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where exports go.
    #[must_use]
    pub fn export_folder(&self) -> PathBuf {
        self.folder.path().join("exports")
    }

    /// Where the program puts what it throws away at its end.
    #[must_use]
    pub fn temporary_folder(&self) -> PathBuf {
        self.folder.path().join("temporary")
    }

    /// The camera.
    #[must_use]
    pub fn camera(&self) -> &CameraFile {
        &self.camera
    }

    /// The screen.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Opens the window on this stage's data.
    ///
    /// # Panics
    /// When it does not open within a minute.
    #[must_use]
    pub fn open(&self) -> Window {
        let data = self.data_folder().display().to_string();
        self.open_with(&["--data-dir", &data])
    }

    /// Opens the window with these arguments.
    ///
    /// # Panics
    /// When it does not open within a minute.
    #[must_use]
    pub fn open_with(&self, arguments: &[&str]) -> Window {
        let mut words = vec![
            // Ends with the driver, which ends with the test.
            "--pdeathsig".to_owned(),
            "KILL".to_owned(),
            "env".to_owned(),
        ];
        words.extend(
            self.environment()
                .map(|(name, value)| format!("{name}={}", value.display())),
        );
        words.push(program("gatepost").display().to_string());
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        Window::open(&self.screen, &self.folder().join("driver.log"), "setpriv", &words)
    }

    /// The program without a driver, on the same screen, camera and folders; no arguments yet.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(program("gatepost"));
        command.envs(self.environment());
        self.screen.shown_to(&mut command);
        command
    }

    fn environment(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        [
            ("LD_PRELOAD", virtual_camera()),
            ("GATEPOST_VIRTUAL_CAMERA", self.camera.path().to_owned()),
            ("GATEPOST_EXPORT_DIR", self.export_folder()),
            // Whoever runs the tests may have a keychain, and it is not for tests.
            ("GATEPOST_VAULT", PathBuf::from("file")),
            // What a killed program leaves goes with the stage.
            ("TMPDIR", self.temporary_folder()),
        ]
        .into_iter()
    }
}

/// Where Cargo has put a program of this workspace: two folders above the running test, or one above a program.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let place = target_profile().join(name);
    assert!(
        place.exists(),
        "{} is not there: `cargo build --workspace --bins` builds it, `cargo xtask test` builds and tests",
        place.display()
    );
    place
}

/// A folder for what tests leave to look at: `test-output` in the target folder, with this name in it.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn output_folder(name: &str) -> PathBuf {
    let profile = target_profile();
    let target = profile.parent().expect("a profile lies in the target folder");
    let folder = target.join("test-output").join(name);
    fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// The preloaded library; its place depends on how cargo was called, so the newest one counts.
fn virtual_camera() -> PathBuf {
    let name = "libgatepost_virtual_camera.so";
    let profile = target_profile();
    [profile.join(name), profile.join("deps").join(name)]
        .into_iter()
        .filter_map(|place| Some((fs::metadata(&place).ok()?.modified().ok()?, place)))
        .max()
        .map(|(_, place)| place)
        .expect("the virtual camera is built: `cargo build --workspace` does it")
}

/// The folder of the profile that the running test was built with: `target/debug`.
fn target_profile() -> PathBuf {
    let this = std::env::current_exe().expect("the operating system knows which program it has started");
    let folder = this.parent().expect("a program lies in a folder");
    if folder.ends_with("deps") {
        folder
            .parent()
            .expect("`deps` lies in the profile's folder")
            .to_owned()
    } else {
        folder.to_owned()
    }
}

/// Why no window can be opened here; `None` when it can.
fn missing() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("the window is driven through WebKitWebDriver, which Linux alone has".to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let absent = NEEDED
        .iter()
        .find(|name| !std::env::split_paths(&path).any(|folder| folder.join(name).exists()));
    absent.map(|name| format!("{name} is not installed; `cargo xtask test` installs it"))
}
