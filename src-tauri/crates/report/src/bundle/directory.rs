//! The zip structures (APPNOTE 6.3.10) in the one form that a bundle has: no comment, no times, no attributes but
//! those of a plain file, ZIP64 only where a number needs it and for files whose length is not known beforehand.

use gatepost_ledger::bundle::BundleFile;

/// Length of what [`end`] writes where nothing needs ZIP64.
pub(super) const END_BYTES: u64 = 22;
/// Length of the two further structures where something does.
pub(super) const WIDE_END_BYTES: u64 = 56 + 20;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const WIDE_END: u32 = 0x0606_4b50;
const WIDE_LOCATOR: u32 = 0x0706_4b50;

const VERSION: u16 = 20;
const WIDE_VERSION: u16 = 45;
/// Version 4.5 of the format, written on Unix.
const MADE_BY: u16 = 0x032d;
/// 1980-01-01, the first day that the format knows.
const DATE: u16 = 0x21;
/// Lengths stand behind the data.
const LENGTHS_BEHIND: u16 = 8;
/// A plain file that its owner may write and everybody read.
const ATTRIBUTES: u32 = 0o100_644 << 16;
const WIDE_EXTRA: u16 = 1;
const WIDE: u32 = u32::MAX;
const MOST_NARROW: u64 = WIDE as u64 - 1;

/// One packed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) file: BundleFile,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) bytes: u64,
    /// Where its local header begins.
    pub(super) offset: u64,
}

/// Whether the length of a file is not known before it is written.
pub(super) fn is_streamed(file: BundleFile) -> bool {
    file.most_bytes().is_none()
}

#[derive(Default)]
struct Structure(Vec<u8>);

impl Structure {
    fn u16(&mut self, number: u16) -> &mut Structure {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn u32(&mut self, number: u32) -> &mut Structure {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn u64(&mut self, number: u64) -> &mut Structure {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Method, time and date.
    fn method(&mut self, file: BundleFile) -> &mut Structure {
        let method = if file.is_compressed() { 8 } else { 0 };
        self.u16(method).u16(0).u16(DATE)
    }
}

fn version_and_flags(file: BundleFile) -> (u16, u16) {
    if is_streamed(file) {
        (WIDE_VERSION, LENGTHS_BEHIND)
    } else {
        (VERSION, 0)
    }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(WIDE)
}

/// What stands before the data.
pub(super) fn local_header(entry: &Entry) -> Vec<u8> {
    let name = entry.file.name();
    let (version, flags) = version_and_flags(entry.file);
    let streamed = is_streamed(entry.file);
    let mut header = Structure::default();
    header.u32(LOCAL).u16(version).u16(flags).method(entry.file);
    if streamed {
        header.u32(0).u32(WIDE).u32(WIDE);
    } else {
        header
            .u32(entry.crc)
            .u32(narrow(entry.packed))
            .u32(narrow(entry.bytes));
    }
    header.u16(name.len() as u16).u16(if streamed { 20 } else { 0 });
    header.0.extend_from_slice(name.as_bytes());
    if streamed {
        header.u16(WIDE_EXTRA).u16(16).u64(0).u64(0);
    }
    header.0
}

/// What stands behind the data.
pub(super) fn descriptor(entry: &Entry) -> Vec<u8> {
    let mut descriptor = Structure::default();
    if is_streamed(entry.file) {
        descriptor
            .u32(DESCRIPTOR)
            .u32(entry.crc)
            .u64(entry.packed)
            .u64(entry.bytes);
    }
    descriptor.0
}

/// The line of a file in the directory.
pub(super) fn central_header(entry: &Entry) -> Vec<u8> {
    let name = entry.file.name();
    let (version, flags) = version_and_flags(entry.file);
    let mut extra = Structure::default();
    let (mut packed, mut bytes) = (narrow(entry.packed), narrow(entry.bytes));
    if is_streamed(entry.file) {
        (packed, bytes) = (WIDE, WIDE);
        extra.u64(entry.bytes).u64(entry.packed);
    }
    if entry.offset > MOST_NARROW {
        extra.u64(entry.offset);
    }
    let extra = extra.0;
    let mut header = Structure::default();
    header
        .u32(CENTRAL)
        .u16(MADE_BY)
        .u16(version)
        .u16(flags)
        .method(entry.file);
    header
        .u32(entry.crc)
        .u32(packed)
        .u32(bytes)
        .u16(name.len() as u16);
    header.u16(if extra.is_empty() {
        0
    } else {
        extra.len() as u16 + 4
    });
    // No comment, first disk, no text attribute.
    header.u16(0).u16(0).u16(0).u32(ATTRIBUTES);
    header.u32(if entry.offset > MOST_NARROW {
        WIDE
    } else {
        entry.offset as u32
    });
    header.0.extend_from_slice(name.as_bytes());
    if !extra.is_empty() {
        header.u16(WIDE_EXTRA).u16(extra.len() as u16);
        header.0.extend_from_slice(&extra);
    }
    header.0
}

/// What stands behind the directory of so many files.
pub(super) fn end(count: u64, bytes: u64, offset: u64) -> Vec<u8> {
    let is_wide = count >= u64::from(u16::MAX) || bytes > MOST_NARROW || offset > MOST_NARROW;
    let mut end = Structure::default();
    if is_wide {
        end.u32(WIDE_END)
            .u64(44)
            .u16(MADE_BY)
            .u16(WIDE_VERSION)
            .u32(0)
            .u32(0);
        end.u64(count).u64(count).u64(bytes).u64(offset);
        end.u32(WIDE_LOCATOR).u32(0).u64(offset + bytes).u32(1);
        end.u32(END)
            .u16(0)
            .u16(0)
            .u16(u16::MAX)
            .u16(u16::MAX)
            .u32(WIDE)
            .u32(WIDE)
            .u16(0);
    } else {
        let count = count as u16;
        end.u32(END).u16(0).u16(0).u16(count).u16(count);
        end.u32(bytes as u32).u32(offset as u32).u16(0);
    }
    end.0
}

/// Where the directory is, as the last 98 bytes of a file tell it (or all of a shorter one): its files, bytes and
/// offset. Nothing is checked; the reader writes the end again and compares.
pub(super) fn read_end(tail: &[u8]) -> Option<(u64, u64, u64)> {
    let end = tail.len().checked_sub(END_BYTES as usize)?;
    let count = number(tail, end + 10, 2)?;
    let (bytes, offset) = (number(tail, end + 12, 4)?, number(tail, end + 16, 4)?);
    if count != u64::from(u16::MAX) {
        return Some((count, bytes, offset));
    }
    let wide = end.checked_sub(WIDE_END_BYTES as usize)?;
    Some((
        number(tail, wide + 32, 8)?,
        number(tail, wide + 40, 8)?,
        number(tail, wide + 48, 8)?,
    ))
}

/// The first line of a directory, and the rest; the offsets of files that need no ZIP64 are as they stand.
pub(super) fn read_central(directory: &[u8]) -> Option<(Entry, &[u8])> {
    let name_bytes = number(directory, 28, 2)? as usize;
    let extra_bytes = number(directory, 30, 2)? as usize;
    let name = directory.get(46..46 + name_bytes)?;
    let file = BundleFile::parse_name(std::str::from_utf8(name).ok()?)?;
    let mut extra = directory.get(46 + name_bytes..46 + name_bytes + extra_bytes)?;
    extra = extra.get(4..).unwrap_or_default();
    let mut wide = |narrow: u64, is_wide: bool| {
        if !is_wide {
            return Some(narrow);
        }
        let number = number(extra, 0, 8)?;
        extra = &extra[8..];
        Some(number)
    };
    let bytes = wide(number(directory, 24, 4)?, is_streamed(file))?;
    let packed = wide(number(directory, 20, 4)?, is_streamed(file))?;
    let offset = number(directory, 42, 4)?;
    let offset = wide(offset, offset == u64::from(WIDE))?;
    let entry = Entry {
        file,
        crc: number(directory, 16, 4)? as u32,
        packed,
        bytes,
        offset,
    };
    Some((entry, &directory[46 + name_bytes + extra_bytes..]))
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + width)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    )
}
