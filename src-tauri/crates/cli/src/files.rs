//! Files that are complete or not there, and messages from wherever they come: a file, a pipe, a picture of a code.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use gatepost_camera::frames_of_file;
use gatepost_report::QrModules;
use gatepost_scan::scan;
use gatepost_store::sync_folder_of;

use crate::fault::{Fault, Wanted};
use crate::scan::view_of;

/// No message, seal, policy or key is longer.
const LONGEST_MESSAGE_BYTES: u64 = 1024 * 1024;
/// Dots of a module of a code in a picture.
const DOTS_PER_MODULE: usize = 8;
/// Light modules around a code.
const QUIET_ZONE: usize = 4;

/// Whether a path means standard input or output.
pub(crate) fn is_pipe(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads what a message may be: every code in a picture, else all bytes of the file; `-` is standard input.
pub(crate) fn read_message(path: &Path) -> Result<Vec<Vec<u8>>, Fault> {
    let bytes = read_bytes(path)?;
    let is_picture = bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff");
    if !is_picture {
        return Ok(vec![bytes]);
    }
    if is_pipe(path) {
        return Err(Fault::PictureFromPipe);
    }
    let unreadable = || Fault::unreadable(path);
    let mut codes = Vec::new();
    for frame in frames_of_file(path).map_err(|_| unreadable())? {
        let frame = frame.map_err(|_| unreadable())?;
        let view = view_of(&frame).map_err(|_| unreadable())?;
        codes.extend(scan(&view).into_iter().map(|code| code.payload));
    }
    if codes.is_empty() {
        return Err(Fault::NoCode {
            path: path.to_owned(),
        });
    }
    Ok(codes)
}

/// The first of the messages in `path` that `parse` understands; a line feed that an editor put at the end is
/// forgiven.
pub(crate) fn parse_message<T>(
    path: &Path,
    wanted: Wanted,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Result<T, Fault> {
    read_message(path)?
        .iter()
        .find_map(|bytes| parse(bytes).or_else(|| parse(bytes.trim_ascii_end())))
        .ok_or_else(|| Fault::NotA {
            path: path.to_owned(),
            wanted,
        })
}

/// All bytes of a short file or of standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable = |_| Fault::unreadable(path);
    let mut bytes = Vec::new();
    let limit = LONGEST_MESSAGE_BYTES + 1;
    if is_pipe(path) {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        // A picture from a telephone may be larger than any message.
        let limit = limit * 64;
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    }
    .map_err(unreadable)?;
    if bytes.trim_ascii().is_empty() {
        return Err(Fault::Empty {
            path: path.to_owned(),
        });
    }
    Ok(bytes)
}

/// Writes to the file, or to standard output where there is none or it is `-`.
pub(crate) fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Fault> {
    match path {
        Some(path) if !is_pipe(path) => NewFile::write(path, bytes)?.publish(),
        _ => {
            let mut stdout = io::stdout().lock();
            // Bytes that are no text could move the cursor of a terminal, or worse.
            if stdout.is_terminal() && std::str::from_utf8(bytes).is_err() {
                return Err(Fault::BytesToTerminal);
            }
            stdout
                .write_all(bytes)
                .and_then(|()| stdout.flush())
                .map_err(Fault::Output)
        }
    }
}

/// A file that is complete and on the disk, and not yet under its name. Dropping it removes it.
pub(crate) struct NewFile {
    unfinished: PathBuf,
    target: PathBuf,
}

impl NewFile {
    /// Makes the file for its owner only, beside its name.
    pub(crate) fn create(target: &Path) -> Result<(NewFile, File), Fault> {
        if target.is_dir() {
            return Err(Fault::cannot_write(target, &ErrorKind::IsADirectory.into()));
        }
        let mut unfinished = target.as_os_str().to_owned();
        unfinished.push(format!(".{}.unfinished", std::process::id()));
        let new = NewFile {
            unfinished: PathBuf::from(unfinished),
            target: target.to_owned(),
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&new.unfinished)
            .map_err(|error| Fault::cannot_write(target, &error))?;
        Ok((new, file))
    }

    /// Makes the file with this content.
    pub(crate) fn write(target: &Path, bytes: &[u8]) -> Result<NewFile, Fault> {
        let (new, mut file) = NewFile::create(target)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|error| Fault::cannot_write(target, &error))?;
        Ok(new)
    }

    /// Gives the file its name, in place of an older one.
    pub(crate) fn publish(self) -> Result<(), Fault> {
        fs::rename(&self.unfinished, &self.target)
            .and_then(|()| sync_folder_of(&self.target))
            .map_err(|error| Fault::cannot_write(&self.target, &error))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After the rename there is nothing to remove; after a fault the fault is what counts.
        let _ = fs::remove_file(&self.unfinished);
    }
}

/// Puts bytes into a picture of a code; the ending of the name says which kind.
pub(crate) fn write_code(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let code = QrModules::of(bytes).ok_or(Fault::TooLongForCode)?;
    let extension = path.extension().map(|one| one.to_ascii_lowercase());
    match extension.as_deref().and_then(|one| one.to_str()) {
        Some("svg") => NewFile::write(path, code.to_svg().as_bytes())?.publish(),
        Some("png") => NewFile::write(path, &png_of(&code))?.publish(),
        _ => Err(Fault::UnknownPicture {
            path: path.to_owned(),
        }),
    }
}

fn png_of(code: &QrModules) -> Vec<u8> {
    let side = (code.width() + 2 * QUIET_ZONE) * DOTS_PER_MODULE;
    let mut dots = vec![0xff; side * side];
    for (at, _) in code.modules().enumerate().filter(|(_, dark)| *dark) {
        let top = (at / code.width() + QUIET_ZONE) * DOTS_PER_MODULE;
        let left = (at % code.width() + QUIET_ZONE) * DOTS_PER_MODULE;
        for row in dots.chunks_mut(side).skip(top).take(DOTS_PER_MODULE) {
            row[left..left + DOTS_PER_MODULE].fill(0);
        }
    }
    let mut bytes = Vec::new();
    let side = u32::try_from(side).expect("the largest code has 185 modules with its quiet zone");
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&dots))
        .expect("memory takes every write, and the dots are as many as the header says");
    bytes
}

/// A folder for its owner only, which goes with this value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn make(place: &Path) -> Result<Scratch, Fault> {
        let folder = place.join(format!("gatepost-{}.unfinished", std::process::id()));
        let mut maker = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
        maker
            .create(&folder)
            .map_err(|error| Fault::cannot_write(&folder, &error))?;
        Ok(Scratch(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The work is done, and nobody could do anything about it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
