//! What the gate's key signs of a bundle.

use std::fmt::Write;
use std::ops::Range;

use crate::bundle::files::BundleFile;
use crate::note::KeyName;
use crate::seal::LARGEST_SIZE;

const HEADER: &str = "gatepost bundle v1";

/// Length and SHA-256 of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// SHA-256.
    pub sha256: [u8; 32],
    /// Bytes.
    pub bytes: u64,
}

/// The text of the manifest. Its first line has spaces and can be no origin, so that it is never taken for a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleManifest {
    /// Which ledger.
    pub origin: KeyName,
    /// Records of the newest seal.
    pub size: u64,
    /// Positions of the records that are shown.
    pub range: Range<u64>,
    /// The files of [`BundleFile::LISTED`].
    pub listed: [ListedFile; 4],
    /// All bytes of the packed bundle before the manifest.
    pub before: ListedFile,
}

/// Not the text of a manifest in its one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a manifest")]
pub struct NotAManifest;

impl BundleManifest {
    /// The text that is signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{HEADER}\norigin {}\nsize {}\nfrom {}\nto {}\n",
            self.origin, self.size, self.range.start, self.range.end
        );
        for (file, listed) in BundleFile::LISTED.iter().zip(&self.listed) {
            push_line(&mut text, listed, &file.name());
        }
        push_line(&mut text, &self.before, "(zip)");
        text
    }

    /// Reads the text and refuses every other form of it.
    ///
    /// # Errors
    /// [`NotAManifest`], also for an empty range or one beyond the size.
    pub fn parse_text(text: &str) -> Result<BundleManifest, NotAManifest> {
        let manifest = read(text).ok_or(NotAManifest)?;
        let Range { start, end } = manifest.range;
        let fits = start < end && end <= manifest.size && manifest.size <= LARGEST_SIZE;
        if fits && manifest.to_text() == text {
            Ok(manifest)
        } else {
            Err(NotAManifest)
        }
    }

    /// Whether every record is shown.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.range == (0..self.size)
    }
}

/// SHA-256 in hexadecimal, length, name.
fn push_line(text: &mut String, listed: &ListedFile, name: &str) {
    for byte in listed.sha256 {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    writeln!(text, " {} {name}", listed.bytes).expect("a String takes everything");
}

fn read(text: &str) -> Option<BundleManifest> {
    let mut lines = text.split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    let mut value = |word: &str| lines.next()?.strip_prefix(word)?.strip_prefix(' ');
    let origin = KeyName::new(value("origin")?).ok()?;
    let size = value("size")?.parse().ok()?;
    let range = value("from")?.parse().ok()?..value("to")?.parse().ok()?;
    let mut listed = || {
        let mut items = lines.next()?.split(' ');
        let sha256 = bytes_of(items.next()?)?;
        let bytes = items.next()?.parse().ok()?;
        Some(ListedFile { sha256, bytes })
    };
    Some(BundleManifest {
        origin,
        size,
        range,
        listed: [listed()?, listed()?, listed()?, listed()?],
        before: listed()?,
    })
}

fn bytes_of(hexadecimal: &str) -> Option<[u8; 32]> {
    if hexadecimal.len() != 64 || !hexadecimal.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&hexadecimal[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> BundleManifest {
        let listed = |byte: u8| ListedFile {
            sha256: [byte; 32],
            bytes: u64::from(byte) * 1000,
        };
        BundleManifest {
            origin: KeyName::new("gatepost.example/market/A1").expect("a name"),
            size: 70_000,
            range: 256..512,
            listed: [listed(1), listed(2), listed(3), listed(0xab)],
            before: listed(5),
        }
    }

    #[test]
    fn a_manifest_reads_back_as_itself_and_is_no_seal() {
        let text = manifest().to_text();
        assert_eq!(BundleManifest::parse_text(&text), Ok(manifest()));
        assert!(crate::Seal::parse_text(&text).is_err());
    }

    #[test]
    fn any_flipped_bit_is_another_manifest_or_none() {
        let text = manifest().to_text();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(text) = std::str::from_utf8(&bytes) {
                    assert_ne!(BundleManifest::parse_text(text), Ok(manifest()), "{text}");
                }
            }
        }
    }

    #[test]
    fn an_empty_range_and_one_beyond_the_ledger_are_refused() {
        for (start, end) in [(5, 5), (6, 5), (0, 70_001)] {
            let range = start..end;
            let text = BundleManifest { range, ..manifest() }.to_text();
            assert_eq!(BundleManifest::parse_text(&text), Err(NotAManifest));
        }
    }
}
