//! Reads a packed bundle and accepts its one form only.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use gatepost_ledger::bundle::{BundleFile, BundleFiles, ListedFile};
use sha2::{Digest as _, Sha256};

use crate::bundle::directory::{
    END_BYTES, Entry, WIDE_END_BYTES, central_header, descriptor, end, local_header, read_central, read_end,
};
use crate::bundle::error::OpenError;

/// No directory is longer: enough for more than 100 million records.
const LONGEST_DIRECTORY_BYTES: u64 = 128 * 1024 * 1024;

/// Deflate makes nothing longer by more than this, and a thousandth.
const DEFLATE_OVERHEAD: u64 = 1024;

/// What stands for the structures of the zip in a fault.
const DIRECTORY: &str = "(zip)";

/// The files of a packed bundle. Opening it checks every header and the directory; the data of a file are checked
/// against its length and CRC-32 when it is read.
#[derive(Debug)]
pub struct ZipFiles<R> {
    zip: R,
    entries: BTreeMap<BundleFile, Entry>,
    manifest_at: u64,
}

impl<R: Read + Seek> ZipFiles<R> {
    /// Opens a packed bundle.
    ///
    /// # Errors
    /// [`OpenError::Read`], or [`OpenError::Fault`] for what is no zip of a bundle.
    pub fn open(mut zip: R) -> Result<ZipFiles<R>, OpenError> {
        let length = zip.seek(SeekFrom::End(0))?;
        let tail = length.min(END_BYTES + WIDE_END_BYTES);
        let tail = bytes_at(&mut zip, length - tail, tail)?;
        let bad_end = || OpenError::packing(DIRECTORY, "the end of a zip", "something else");
        let (count, bytes, offset) = read_end(&tail).ok_or_else(bad_end)?;
        let directory_end = offset.checked_add(bytes).ok_or_else(bad_end)?;
        let expected = end(count, bytes, offset);
        let fits = directory_end.checked_add(expected.len() as u64) == Some(length);
        if !fits || bytes > LONGEST_DIRECTORY_BYTES || !tail.ends_with(&expected) {
            return Err(bad_end());
        }
        let directory = bytes_at(&mut zip, offset, bytes)?;
        let ordered = entries_of(&directory, count)?;
        check_places(&mut zip, &ordered, offset)?;
        let last = ordered.last().filter(|last| last.file == BundleFile::Manifest);
        let manifest_at = last
            .ok_or_else(|| OpenError::packing(DIRECTORY, "the manifest at the end", "another file"))?
            .offset;
        let mut entries = BTreeMap::new();
        for entry in ordered {
            if entries.insert(entry.file, entry).is_some() {
                return Err(OpenError::packing(
                    entry.file.name(),
                    "each file once",
                    "a second one",
                ));
            }
        }
        Ok(ZipFiles {
            zip,
            entries,
            manifest_at,
        })
    }

    /// Hands the content to `each` piece by piece and checks length and CRC-32.
    fn stream(&mut self, file: BundleFile, mut each: impl FnMut(&[u8])) -> Result<(), OpenError> {
        let name = || file.name();
        let entry = *self
            .entries
            .get(&file)
            .ok_or_else(|| OpenError::packing(name(), "the file", "none"))?;
        let begin = entry.offset + local_header(&entry).len() as u64;
        self.zip.seek(SeekFrom::Start(begin))?;
        let packed = BufReader::with_capacity(64 * 1024, (&mut self.zip).take(entry.packed));
        let mut content: Box<dyn Unread + '_> = if file.is_compressed() {
            Box::new(DeflateDecoder::new(packed))
        } else {
            Box::new(packed)
        };
        let (mut crc, mut bytes, mut piece) = (Crc::new(), 0, vec![0; 64 * 1024]);
        loop {
            let count = match content.read(&mut piece) {
                Ok(count) => count,
                // What cannot be decompressed is a fault of the file and not of the disk.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    return Err(OpenError::packing(name(), "deflated data", "something else"));
                }
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(OpenError::packing(name(), "deflated data", "cut data"));
                }
                Err(error) => return Err(error.into()),
            };
            bytes += count as u64;
            if count == 0 || bytes > entry.bytes {
                break;
            }
            crc.update(&piece[..count]);
            each(&piece[..count]);
        }
        if bytes != entry.bytes || crc.sum() != entry.crc || content.has_rest()? {
            let expected = format!("{} bytes with CRC-32 {:08x}", entry.bytes, entry.crc);
            return Err(OpenError::packing(name(), expected, "other data"));
        }
        Ok(())
    }
}

/// Whether anything stands behind the end of the compressed data.
trait Unread: Read {
    fn has_rest(&mut self) -> io::Result<bool>;
}

impl<R: Read> Unread for BufReader<R> {
    fn has_rest(&mut self) -> io::Result<bool> {
        Ok(self.read(&mut [0])? > 0)
    }
}

impl<R: Read> Unread for DeflateDecoder<BufReader<R>> {
    fn has_rest(&mut self) -> io::Result<bool> {
        self.get_mut().has_rest()
    }
}

impl<R: Read + Seek> BundleFiles for ZipFiles<R> {
    type Error = OpenError;

    fn names(&self) -> Vec<String> {
        self.entries.keys().map(|file| file.name()).collect()
    }

    fn read(&mut self, file: BundleFile) -> Result<Vec<u8>, OpenError> {
        let mut bytes = Vec::new();
        self.stream(file, |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    fn digest(&mut self, file: BundleFile) -> Result<ListedFile, OpenError> {
        let (mut sha256, mut bytes) = (Sha256::new(), 0);
        self.stream(file, |piece| {
            sha256.update(piece);
            bytes += piece.len() as u64;
        })?;
        let sha256 = sha256.finalize().into();
        Ok(ListedFile { sha256, bytes })
    }

    fn before_manifest(&mut self) -> Result<Option<ListedFile>, OpenError> {
        self.zip.seek(SeekFrom::Start(0))?;
        let mut sha256 = Sha256::new();
        let mut rest = BufReader::with_capacity(1 << 20, (&mut self.zip).take(self.manifest_at));
        let bytes = io::copy(&mut rest, &mut sha256)?;
        let sha256 = sha256.finalize().into();
        Ok(Some(ListedFile { sha256, bytes }))
    }
}

/// The lines of a directory, in order, each in its one form and within the limits of its file.
fn entries_of(directory: &[u8], count: u64) -> Result<Vec<Entry>, OpenError> {
    let (mut entries, mut rest) = (Vec::new(), directory);
    while !rest.is_empty() {
        let before = rest;
        let (entry, behind) = read_central(rest)
            .ok_or_else(|| OpenError::packing(DIRECTORY, "a line of the directory", "something else"))?;
        rest = behind;
        let name = entry.file.name();
        if before[..before.len() - rest.len()] != central_header(&entry) {
            return Err(OpenError::packing(name, "its line of the directory", "another"));
        }
        let too_long = entry.file.most_bytes().is_some_and(|most| entry.bytes > most);
        let most_packed = match entry.file.is_compressed() {
            true => entry.bytes.saturating_add(entry.bytes / 1000 + DEFLATE_OVERHEAD),
            false => entry.bytes,
        };
        let is_plain_other = !entry.file.is_compressed() && entry.packed != entry.bytes;
        if too_long || entry.packed > most_packed || is_plain_other {
            let found = format!("{} bytes, {} packed", entry.bytes, entry.packed);
            return Err(OpenError::packing(
                name,
                "a length that such a file may have",
                found,
            ));
        }
        entries.push(entry);
    }
    if entries.len() as u64 == count {
        Ok(entries)
    } else {
        Err(OpenError::packing(
            DIRECTORY,
            format!("{count} files"),
            entries.len(),
        ))
    }
}

/// Whether the files stand one behind the other from the first byte to the directory, each behind its own header.
fn check_places<R: Read + Seek>(zip: &mut R, entries: &[Entry], directory_at: u64) -> Result<(), OpenError> {
    let mut at = 0u64;
    for entry in entries {
        let refused = |what: &str| OpenError::packing(entry.file.name(), what, "something else");
        let header = local_header(entry);
        let behind = descriptor(entry);
        let data_at = at + header.len() as u64;
        let data_end = data_at.checked_add(entry.packed);
        let data_end = data_end.filter(|end| *end <= directory_at && entry.offset == at);
        let data_end = data_end.ok_or_else(|| refused("its place behind the file before"))?;
        if bytes_at(zip, at, header.len() as u64)? != header {
            return Err(refused("its header"));
        }
        if !behind.is_empty() && bytes_at(zip, data_end, behind.len() as u64)? != behind {
            return Err(refused("its lengths"));
        }
        at = data_end + behind.len() as u64;
    }
    if at == directory_at {
        Ok(())
    } else {
        Err(OpenError::packing(
            DIRECTORY,
            "the directory behind the last file",
            "something else",
        ))
    }
}

/// So many bytes, or fewer at the end of the file.
fn bytes_at<R: Read + Seek>(zip: &mut R, at: u64, count: u64) -> io::Result<Vec<u8>> {
    zip.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    zip.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}
