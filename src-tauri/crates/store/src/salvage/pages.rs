//! Rows of the table `records` read from the pages of a database file one by one, without the tree that leads to
//! them: it may be gone. Of a page only its own word is taken, and each row is checked against its hash afterwards.
//!
//! Nothing that was deleted comes back this way: records are never deleted, and no other table is read so.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::Recovered;

/// First byte of a page that is a leaf of a table (SQLite file format, section 1.6).
const TABLE_LEAF: u8 = 0x0D;
/// The header of a database stands in front of page 1.
const DATABASE_HEADER_BYTES: usize = 100;
/// No record is larger: a leaf, its nodes and a signature.
const LARGEST_ROW_BYTES: usize = 16 * 1024;

/// Hands every row that looks like a record to `each`.
pub(super) fn walk(
    file: &mut File,
    page_bytes: usize,
    mut each: impl FnMut(Recovered) -> Result<(), crate::StoreError>,
) -> Result<(), crate::StoreError> {
    let fault = |error| crate::StoreError::file("", error);
    let pages = file.metadata().map_err(fault)?.len() / page_bytes as u64;
    let mut page = vec![0; page_bytes];
    for number in 1..=pages {
        if read_page(file, number, &mut page).is_err() {
            continue;
        }
        let start = if number == 1 { DATABASE_HEADER_BYTES } else { 0 };
        if page[start] != TABLE_LEAF {
            continue;
        }
        for row in rows_of(&page, start, file) {
            each(row)?;
        }
    }
    Ok(())
}

fn read_page(file: &mut File, number: u64, page: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start((number - 1) * page.len() as u64))?;
    file.read_exact(page)
}

fn rows_of(page: &[u8], start: usize, file: &mut File) -> Vec<Recovered> {
    let Some(cells) = u16_at(page, start + 3) else {
        return vec![];
    };
    (0..usize::from(cells))
        .filter_map(|cell| u16_at(page, start + 8 + 2 * cell))
        .filter_map(|at| row_at(page, usize::from(at), file))
        .collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// A variable-length integer and where it ends (section 1.6).
fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for length in 1..=9 {
        let byte = *bytes.get(at)?;
        at += 1;
        if length == 9 {
            return Some((value << 8 | u64::from(byte), at));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((value, at))
}

fn row_at(page: &[u8], at: usize, file: &mut File) -> Option<Recovered> {
    let (length, at) = varint(page, at)?;
    let (position, at) = varint(page, at)?;
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= LARGEST_ROW_BYTES)?;
    let payload = payload(page, at, length, file)?;
    record(&payload, position)
}

/// A payload, the rest of which may stand in a chain of further pages (section 1.6, "overflow").
fn payload(page: &[u8], at: usize, length: usize, file: &mut File) -> Option<Vec<u8>> {
    let usable = page.len();
    if length <= usable - 35 {
        return Some(page.get(at..at + length)?.to_vec());
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let here = least + (length - least) % (usable - 4);
    let here = if here > usable - 35 { least } else { here };
    let mut payload = page.get(at..at + here)?.to_vec();
    let mut next = u32::from_be_bytes(page.get(at + here..at + here + 4)?.try_into().ok()?);
    let mut overflow = vec![0; usable];
    while payload.len() < length {
        if next == 0 || read_page(file, u64::from(next), &mut overflow).is_err() {
            return None;
        }
        next = u32::from_be_bytes(overflow[..4].try_into().ok()?);
        let more = (length - payload.len()).min(usable - 4);
        payload.extend_from_slice(&overflow[4..4 + more]);
    }
    Some(payload)
}

/// The columns `i, kind, leaf, nodes, head` (section 2.1): `i` is the row's own number and stands as NULL, then a
/// text and two blobs, then a blob or NULL.
fn record(payload: &[u8], position: u64) -> Option<Recovered> {
    let (header_bytes, mut at) = varint(payload, 0)?;
    let mut body = usize::try_from(header_bytes).ok()?;
    let mut columns: [Option<&[u8]>; 5] = [None; 5];
    for (number, column) in columns.iter_mut().enumerate() {
        if at >= usize::try_from(header_bytes).ok()? {
            break;
        }
        let (kind, next) = varint(payload, at)?;
        at = next;
        let is_text = number == 1;
        let length = match kind {
            0 if number == 0 || number == 4 => continue,
            12.. if number > 0 && (kind % 2 == 1) == is_text => usize::try_from((kind - 12) / 2).ok()?,
            // A row of another table.
            _ => return None,
        };
        *column = Some(payload.get(body..body.checked_add(length)?)?);
        body += length;
    }
    let [_, _, leaf, nodes, head] = columns;
    Some(Recovered {
        position,
        leaf: leaf?.to_vec(),
        nodes: nodes?.to_vec(),
        head: head.map(<[u8]>::to_vec),
    })
}
