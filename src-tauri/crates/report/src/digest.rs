use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

/// What went through a [`Digesting`] writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// SHA-256 of all bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// How many bytes.
    pub bytes: u64,
}

/// Hands bytes on and keeps their count and SHA-256, so that a file is never read twice for its digest.
#[derive(Debug)]
pub struct Digesting<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Digesting<W> {
    /// Counts from here on.
    pub fn new(inner: W) -> Digesting<W> {
        Digesting {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// The writer underneath, and what went through. Does not flush.
    pub fn finish(self) -> (W, Digest) {
        let digest = Digest {
            sha256: format!("{:x}", self.hash.finalize()),
            bytes: self.bytes,
        };
        (self.inner, digest)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most two bytes a call, as a pipe may.
    struct Narrow(Vec<u8>);

    impl Write for Narrow {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            let taken = &buffer[..buffer.len().min(2)];
            self.0.extend_from_slice(taken);
            Ok(taken.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_digest_is_that_of_the_bytes_that_arrived_however_they_were_cut() {
        let mut writer = Digesting::new(Narrow(Vec::new()));
        writer.write_all(b"abc").unwrap();
        let (inner, digest) = writer.finish();
        assert_eq!(inner.0, b"abc");
        // FIPS 180-4, the example of one block.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((digest.sha256.as_str(), digest.bytes), (expected, 3));
    }
}
