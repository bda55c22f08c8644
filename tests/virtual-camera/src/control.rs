//! The file that says what stands before the camera.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Longest first line, in bytes.
const MAX_HEADER_BYTES: usize = 200;

/// What the camera can do; it offers exactly one mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(crate) fourcc: [u8; 4],
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) frames_per_second: u32,
}

impl Mode {
    /// Bytes of an uncompressed picture; more than any JPEG of the same size in the tests.
    pub(crate) fn picture_bytes(self) -> u32 {
        self.width * self.height * 2
    }
}

/// A picture and how it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scene {
    pub(crate) mode: Mode,
    pub(crate) picture: Vec<u8>,
    /// Every how many frames one is rubbish.
    pub(crate) corrupt_every: Option<u32>,
    pub(crate) busy: bool,
    pub(crate) denied: bool,
}

/// What the control file says at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// No file, or none that can be understood: unplugged.
    Gone,
    /// Open, but no frame comes.
    Stalled,
    /// Frames come.
    Shows(Arc<Scene>),
}

impl Control {
    fn parse(bytes: &[u8]) -> Self {
        Self::try_parse(bytes).unwrap_or(Self::Gone)
    }

    fn try_parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes
            .iter()
            .take(MAX_HEADER_BYTES)
            .position(|&byte| byte == b'\n');
        let header = std::str::from_utf8(&bytes[..end.unwrap_or(bytes.len().min(MAX_HEADER_BYTES))]).ok()?;
        let mut words = header.split_ascii_whitespace();
        if words.next()? != "GPVC1" {
            return None;
        }
        let fourcc = match words.next()? {
            "STALL" => return Some(Self::Stalled),
            "YUYV" => *b"YUYV",
            "MJPG" => *b"MJPG",
            _ => return None,
        };
        let mut number = |most: u32| {
            words
                .next()?
                .parse()
                .ok()
                .filter(|number| (1..=most).contains(number))
        };
        let mode = Mode {
            fourcc,
            width: number(8192)?,
            height: number(8192)?,
            frames_per_second: number(1000)?,
        };
        let mut scene = Scene {
            mode,
            picture: bytes[end? + 1..].to_vec(),
            corrupt_every: None,
            busy: false,
            denied: false,
        };
        for word in words {
            match word.split_once('=') {
                Some(("corrupt", every)) => {
                    scene.corrupt_every = Some(every.parse().ok().filter(|&n| n > 0)?);
                }
                None if word == "busy" => scene.busy = true,
                None if word == "denied" => scene.denied = true,
                _ => return None,
            }
        }
        let whole = fourcc == *b"MJPG" || scene.picture.len() == mode.picture_bytes() as usize;
        whole.then(|| Self::Shows(Arc::new(scene)))
    }
}

/// The control file, read again when it changes.
#[derive(Debug)]
pub(crate) struct ControlFile {
    path: PathBuf,
    /// Change time in seconds and nanoseconds, inode, size.
    signature: Option<(i64, i64, u64, u64)>,
    control: Control,
}

impl ControlFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            signature: None,
            control: Control::Gone,
        }
    }

    /// What the file says now.
    pub(crate) fn read(&mut self) -> Control {
        let signature = std::fs::metadata(&self.path)
            .ok()
            .map(|file| (file.mtime(), file.mtime_nsec(), file.ino(), file.size()));
        if signature != self.signature {
            self.control = match signature.and_then(|_| std::fs::read(&self.path).ok()) {
                Some(bytes) => Control::parse(&bytes),
                None => Control::Gone,
            };
            self.signature = signature;
        }
        self.control.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(bytes: &[u8]) -> Arc<Scene> {
        match Control::parse(bytes) {
            Control::Shows(scene) => scene,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_header_and_a_picture_are_a_scene() {
        let scene = scene(b"GPVC1 YUYV 2 1 30\nabcd");
        assert_eq!(
            scene.mode,
            Mode {
                fourcc: *b"YUYV",
                width: 2,
                height: 1,
                frames_per_second: 30
            }
        );
        assert_eq!((&scene.picture[..], scene.corrupt_every), (&b"abcd"[..], None));
    }

    #[test]
    fn options_follow_the_rate() {
        let scene = scene(b"GPVC1 MJPG 640 480 15 corrupt=50 busy denied\n\xFF\xD8");
        assert_eq!(
            (scene.corrupt_every, scene.busy, scene.denied),
            (Some(50), true, true)
        );
    }

    #[test]
    fn a_stall_needs_no_picture_and_no_line_feed() {
        assert_eq!(Control::parse(b"GPVC1 STALL"), Control::Stalled);
        assert_eq!(Control::parse(b"GPVC1 STALL\n"), Control::Stalled);
    }

    #[test]
    fn what_is_not_in_this_form_is_an_unplugged_camera() {
        let not_control: [&[u8]; 9] = [
            b"",
            b"GPVC2 STALL\n",
            b"GPVC1 H264 2 1 30\nabcd",
            b"GPVC1 YUYV 2 1\nabcd",
            b"GPVC1 YUYV 2 1 30\nabc",
            b"GPVC1 YUYV 2 1 30",
            b"GPVC1 YUYV 0 1 30\n",
            b"GPVC1 YUYV 2 1 30 corrupt=0\nabcd",
            b"GPVC1 YUYV 2 1 30 unknown\nabcd",
        ];
        for bytes in not_control {
            assert_eq!(Control::parse(bytes), Control::Gone, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn the_file_is_read_again_when_it_is_replaced_and_when_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("camera");
        let mut file = ControlFile::new(path.clone());
        assert_eq!(file.read(), Control::Gone);
        std::fs::write(&path, b"GPVC1 STALL").unwrap();
        assert_eq!(file.read(), Control::Stalled);
        let next = folder.path().join("next");
        std::fs::write(&next, b"GPVC1 YUYV 2 1 30\nabcd").unwrap();
        std::fs::rename(&next, &path).unwrap();
        assert!(matches!(file.read(), Control::Shows(_)));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(file.read(), Control::Gone);
    }
}
