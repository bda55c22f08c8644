//! What stands before the virtual camera: the control file of `gatepost-virtual-camera`.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gatepost_scan::synthetic::{CodeColour, DoorScene, render};

/// Somebody made up who holds a health code before the camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Visitor {
    /// What the code says.
    pub payload: String,
    /// Its colour.
    pub colour: CodeColour,
}

impl Visitor {
    /// A code of the shape that Shanghai uses, made just now, with an impossible token of zeros and a number.
    #[must_use]
    pub fn with(number: u32, colour: CodeColour) -> Visitor {
        Visitor::made_at(number, colour, now_ms())
    }

    /// The same of another moment, in milliseconds since 1970.
    #[must_use]
    pub fn made_at(number: u32, colour: CodeColour, wall_ms: i64) -> Visitor {
        Visitor {
            payload: format!("https://s.sh.gov.cn/{number:028x}06{wall_ms:013}"),
            colour,
        }
    }

    /// Green, see [`Visitor::with`].
    #[must_use]
    pub fn green(number: u32) -> Visitor {
        Visitor::with(number, CodeColour::Green)
    }

    /// A code that no issuer of the table has made.
    #[must_use]
    pub fn unknown(number: u32, colour: CodeColour) -> Visitor {
        Visitor {
            payload: format!("nobody-knows-this-code-{number:012}"),
            colour,
        }
    }
}

/// Milliseconds since 1970.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the program under test reads the same clock"
)]
pub fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// The camera of a [`crate::Stage`].
#[derive(Debug)]
pub struct CameraFile {
    path: PathBuf,
    corrupt_every: Cell<u32>,
}

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;

impl CameraFile {
    /// A camera that is not plugged in yet.
    #[must_use]
    pub fn new(path: PathBuf) -> CameraFile {
        CameraFile {
            path,
            corrupt_every: Cell::new(0),
        }
    }

    /// The control file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts somebody before the camera; plugs it in where it was not.
    pub fn show(&self, visitor: &Visitor) {
        self.show_scene(&DoorScene {
            payload: Some(visitor.payload.clone().into_bytes()),
            colour: visitor.colour,
            module_px: 7.0,
            noise: 1.0,
            ..DoorScene::default()
        });
    }

    /// The door with nobody before it, at 720p and 30 frames a second.
    pub fn show_nobody(&self) {
        static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
        let picture = EMPTY.get_or_init(|| render(&DoorScene::default()).to_yuyv());
        self.put(&self.header(WIDTH, HEIGHT), picture);
    }

    /// One picture of a recording: 1280×720 in packed YUYV.
    ///
    /// # Panics
    /// When it has another size.
    pub fn show_picture(&self, yuyv: &[u8]) {
        assert_eq!(yuyv.len(), WIDTH * HEIGHT * 2, "a whole picture");
        self.put(&self.header(WIDTH, HEIGHT), yuyv);
    }

    /// The same picture compressed, as most cameras send this size. A camera that sent uncompressed pictures goes and
    /// another one comes.
    pub fn show_jpeg(&self, jpeg: &[u8]) {
        self.put(&self.header_of("MJPG", WIDTH, HEIGHT), jpeg);
    }

    /// Any scene.
    pub fn show_scene(&self, scene: &DoorScene) {
        let picture = render(scene).to_yuyv();
        self.put(&self.header(scene.width, scene.height), &picture);
    }

    /// From the next picture on every `frames`th frame is rubbish; 0 for none.
    pub fn corrupt_every(&self, frames: u32) {
        self.corrupt_every.set(frames);
    }

    /// Stays plugged in and sends nothing more.
    pub fn stall(&self) {
        self.put("GPVC1 STALL\n", &[]);
    }

    /// Pulls the plug.
    ///
    /// # Panics
    /// When it was not plugged in.
    pub fn unplug(&self) {
        fs::remove_file(&self.path).expect("the camera was plugged in");
    }

    fn header(&self, width: usize, height: usize) -> String {
        self.header_of("YUYV", width, height)
    }

    fn header_of(&self, form: &str, width: usize, height: usize) -> String {
        let corrupt = match self.corrupt_every.get() {
            0 => String::new(),
            frames => format!(" corrupt={frames}"),
        };
        format!("GPVC1 {form} {width} {height} 30{corrupt}\n")
    }

    /// Under its name only when it is whole: the camera reads whenever it likes.
    fn put(&self, header: &str, picture: &[u8]) {
        let next = self.path.with_extension("next");
        fs::write(&next, [header.as_bytes(), picture].concat()).expect("the stage's folder is writable");
        fs::rename(&next, &self.path).expect("both names are in the stage's folder");
    }
}
