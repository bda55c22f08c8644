//! A bundle taken apart and put together again, properly packed and properly signed, with whatever somebody who has
//! the gate's keys may write into it.

use std::io::{Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use gatepost_ledger::note::{SignedNote, SignerKey};
use sha2::{Digest as _, Sha256};

/// Files by name, in the order of the zip.
pub(crate) struct Parts {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// The text of the manifest without the lines of files.
    pub(crate) head: String,
}

impl Parts {
    pub(crate) fn of(zip: &[u8]) -> Parts {
        let number = |at: usize, width: usize| {
            let bytes = zip[at..at + width].iter().rev();
            bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
        };
        let end = zip.len() - 22;
        let (count, mut line) = (number(end + 10, 2), number(end + 16, 4));
        let mut files = Vec::new();
        for _ in 0..count {
            let (name_bytes, extra_bytes) = (number(line + 28, 2), number(line + 30, 2));
            let name = String::from_utf8(zip[line + 46..line + 46 + name_bytes].to_vec()).expect("ASCII");
            let streamed = number(line + 20, 4) == 0xffff_ffff;
            let packed = match streamed {
                true => number(line + 46 + name_bytes + 12, 8),
                false => number(line + 20, 4),
            };
            let begin = number(line + 42, 4);
            let begin = begin + 30 + number(begin + 26, 2) + number(begin + 28, 2);
            let data = &zip[begin..begin + packed];
            let mut content = data.to_vec();
            if number(line + 10, 2) == 8 {
                content.clear();
                let mut inflated = DeflateDecoder::new(data);
                inflated.read_to_end(&mut content).expect("deflated");
            }
            files.push((name, content));
            line += 46 + name_bytes + extra_bytes;
        }
        let (_, manifest) = files.pop().expect("the manifest is the last");
        let text = String::from_utf8(manifest).expect("UTF-8");
        let head: String = text.split_inclusive('\n').take(5).collect();
        Parts { files, head }
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let (_, content) = self.files.iter().find(|(known, _)| known == name).expect(name);
        String::from_utf8(content.clone()).expect("UTF-8")
    }

    /// Puts something in the place of a file, or adds it.
    pub(crate) fn set(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        match self.files.iter_mut().find(|(known, _)| known == name) {
            Some((_, there)) => *there = content.into(),
            None => self.files.push((name.to_owned(), content.into())),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.files.retain(|(known, _)| known != name);
    }

    /// The text that the manifest must have.
    pub(crate) fn manifest(&self) -> String {
        let mut text = self.head.clone();
        for name in ["VERIFY.txt", "verify.py", "records.jsonl", "entries.csv"] {
            let there = self.files.iter().find(|(known, _)| known == name);
            text.push_str(&listed(there.map_or(&[], |(_, content)| content), name));
        }
        let (before, _) = pack(&self.files);
        text.push_str(&listed(&before, "(zip)"));
        text
    }

    pub(crate) fn signed(&self, key: &SignerKey) -> Vec<u8> {
        self.with_manifest(SignedNote::sign(self.manifest(), key).to_string())
    }

    pub(crate) fn with_manifest(&self, manifest: impl Into<Vec<u8>>) -> Vec<u8> {
        let mut files = self.files.clone();
        files.push(("manifest".to_owned(), manifest.into()));
        let (mut zip, directory) = pack(&files);
        let (at, bytes, count) = (zip.len() as u32, directory.len() as u32, files.len() as u16);
        zip.extend(directory);
        zip.extend([0x50, 0x4b, 5, 6, 0, 0, 0, 0]);
        zip.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        zip.extend([bytes.to_le_bytes(), at.to_le_bytes()].concat());
        zip.extend([0, 0]);
        zip
    }
}

fn listed(content: &[u8], name: &str) -> String {
    let sha256: String = Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{sha256} {} {name}\n", content.len())
}

/// The files one behind the other in the one form of a bundle, and the directory.
fn pack(files: &[(String, Vec<u8>)]) -> (Vec<u8>, Vec<u8>) {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let is_listed = ["records.jsonl", "entries.csv"].contains(&name.as_str());
        let is_text = is_listed || name == "VERIFY.txt" || name == "verify.py";
        let deflated = is_text || name.starts_with("tile/entries/");
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).expect("into memory");
        let data = match deflated {
            true => encoder.finish().expect("into memory"),
            false => content.clone(),
        };
        let mut crc = Crc::new();
        crc.update(content);
        let (crc, offset) = (crc.sum().to_le_bytes(), zip.len() as u32);
        let (packed, bytes) = (data.len() as u64, content.len() as u64);
        let method = if deflated { 8_u16 } else { 0 };
        let (version, flags) = if is_listed { (45_u16, 8_u16) } else { (20, 0) };
        let middle = [version, flags, method, 0, 0x21].map(u16::to_le_bytes).concat();
        let lengths = match is_listed {
            true => [0xff; 8].to_vec(),
            false => [(packed as u32).to_le_bytes(), (bytes as u32).to_le_bytes()].concat(),
        };
        let extra = |first: u64, second: u64| match is_listed {
            true => [&[1, 0, 16, 0], &first.to_le_bytes()[..], &second.to_le_bytes()].concat(),
            false => vec![],
        };
        let of_name = (name.len() as u16).to_le_bytes();
        let of_extra = (extra(0, 0).len() as u16).to_le_bytes();
        let local_crc = if is_listed { [0; 4] } else { crc };
        zip.extend(
            [
                b"PK\x03\x04",
                &middle[..],
                &local_crc,
                &lengths,
                &of_name,
                &of_extra,
            ]
            .concat(),
        );
        zip.extend([name.as_bytes(), &extra(0, 0), &data].concat());
        if is_listed {
            zip.extend(
                [
                    b"PK\x07\x08",
                    &crc[..],
                    &packed.to_le_bytes(),
                    &bytes.to_le_bytes(),
                ]
                .concat(),
            );
        }
        directory.extend(
            [
                b"PK\x01\x02",
                &[0x2d, 3][..],
                &middle,
                &crc,
                &lengths,
                &of_name,
                &of_extra,
            ]
            .concat(),
        );
        directory.extend([0; 6]);
        directory.extend((0o100_644_u32 << 16).to_le_bytes());
        directory.extend([&offset.to_le_bytes(), name.as_bytes(), &extra(bytes, packed)].concat());
    }
    (zip, directory)
}
