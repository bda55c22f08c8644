//! Writes the packed files one after the other.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use gatepost_ledger::bundle::{BundleFile, ListedFile};
use sha2::{Digest as _, Sha256};

use crate::bundle::directory::{Entry, central_header, descriptor, end, local_header};

/// Counts and hashes what goes through.
pub(super) struct Counted<W> {
    inner: W,
    bytes: u64,
    sha256: Sha256,
}

impl<W: Write> Counted<W> {
    pub(super) fn new(inner: W) -> Counted<W> {
        Counted {
            inner,
            bytes: 0,
            sha256: Sha256::new(),
        }
    }

    pub(super) fn so_far(&self) -> ListedFile {
        ListedFile {
            sha256: self.sha256.clone().finalize().into(),
            bytes: self.bytes,
        }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.sha256.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A zip that is being written. Of what went out it keeps the directory: 48 bytes for each file, so three for eight
/// records.
pub(super) struct Packer<W> {
    out: Counted<W>,
    entries: Vec<Entry>,
}

impl<W: Write> Packer<W> {
    pub(super) fn new(out: W) -> Packer<W> {
        Packer {
            out: Counted::new(out),
            entries: Vec::new(),
        }
    }

    /// Length and SHA-256 of everything that went out.
    pub(super) fn so_far(&self) -> ListedFile {
        self.out.so_far()
    }

    /// Adds a file whose bytes are at hand.
    pub(super) fn add(&mut self, file: BundleFile, bytes: &[u8]) -> io::Result<()> {
        let mut crc = Crc::new();
        crc.update(bytes);
        let compressed = if file.is_compressed() {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes)?;
            Some(encoder.finish()?)
        } else {
            None
        };
        let data = compressed.as_deref().unwrap_or(bytes);
        let entry = Entry {
            file,
            crc: crc.sum(),
            packed: data.len() as u64,
            bytes: bytes.len() as u64,
            offset: self.out.bytes,
        };
        self.out.write_all(&local_header(&entry))?;
        self.out.write_all(data)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Adds a file that `fill` writes piece by piece. Returns its length and SHA-256.
    pub(super) fn add_streamed<E: From<io::Error>>(
        &mut self,
        file: BundleFile,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<ListedFile, E> {
        let mut entry = Entry {
            file,
            crc: 0,
            packed: 0,
            bytes: 0,
            offset: self.out.bytes,
        };
        self.out.write_all(&local_header(&entry))?;
        let begin = self.out.bytes;
        let listed = {
            let mut content = Counted::new(Summed {
                inner: DeflateEncoder::new(&mut self.out, Compression::fast()),
                crc: Crc::new(),
            });
            fill(&mut content)?;
            let listed = content.so_far();
            entry.crc = content.inner.crc.sum();
            content.inner.inner.finish()?;
            listed
        };
        entry.bytes = listed.bytes;
        entry.packed = self.out.bytes - begin;
        self.out.write_all(&descriptor(&entry))?;
        self.entries.push(entry);
        Ok(listed)
    }

    /// Writes the directory and gives the writer back, flushed.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let offset = self.out.bytes;
        for entry in &self.entries {
            self.out.write_all(&central_header(entry))?;
        }
        let bytes = self.out.bytes - offset;
        self.out
            .write_all(&end(self.entries.len() as u64, bytes, offset))?;
        self.out.flush()?;
        Ok(self.out.inner)
    }
}

/// Keeps the CRC-32 of what goes through.
struct Summed<W> {
    inner: W,
    crc: Crc,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.crc.update(&buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
