//! JPEG from a camera: cut it where it ends, decode it without ever panicking.
//!
//! A camera's buffer holds the picture and then whatever an earlier, longer picture left there. Those stale
//! bytes belong to another visitor's picture, so they are cut off before anything else sees them.

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::fault::FrameDamage;
use crate::frame::MAX_SIDE_PX;

/// APP0 segment that tells a decoder to use the Huffman tables of Motion JPEG, which many webcams leave out.
const MOTION_JPEG_SEGMENT: [u8; 18] = [
    0xFF, 0xE0, 0x00, 0x10, b'A', b'V', b'I', b'1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// What to decode a JPEG to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pixels {
    /// One byte of luma per pixel; skips the chroma.
    Luma,
    /// R G B.
    Rgb,
    /// Y Cb Cr, full range, as the JPEG holds them.
    YCbCr,
}

/// A decoded picture with rows without gaps.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The JPEG at the start of `buffer`, from its start-of-image to its end-of-image marker.
///
/// Walks the segments by their lengths (ITU-T T.81, annex B), because an embedded thumbnail has an end marker
/// of its own. When the picture brings no Huffman tables, a segment that names the standard ones is put in.
pub(crate) fn cut_at_end(buffer: &[u8]) -> Result<Cow<'_, [u8]>, FrameDamage> {
    if !buffer.starts_with(&[0xFF, 0xD8]) {
        return Err(FrameDamage::NotJpeg);
    }
    let mut at = 2;
    let mut has_huffman_tables = false;
    loop {
        // Any number of 0xFF may stand before a marker.
        let [0xFF, marker] = *buffer.get(at..at + 2).ok_or(FrameDamage::NoEnd)? else {
            return Err(FrameDamage::NoEnd);
        };
        match marker {
            0xFF => {
                at += 1;
                continue;
            }
            0xD9 => {
                at += 2;
                break;
            }
            0x01 | 0xD0..=0xD7 => {
                at += 2;
                continue;
            }
            0xC4 => has_huffman_tables = true,
            _ => {}
        }
        let length = buffer.get(at + 2..at + 4).ok_or(FrameDamage::NoEnd)?;
        at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
        if marker == 0xDA {
            at = end_of_entropy_coded_data(buffer, at)?;
        }
    }
    let jpeg = buffer.get(..at).ok_or(FrameDamage::NoEnd)?;
    if has_huffman_tables {
        return Ok(Cow::Borrowed(jpeg));
    }
    Ok(Cow::Owned(
        [&jpeg[..2], &MOTION_JPEG_SEGMENT, &jpeg[2..]].concat(),
    ))
}

/// Position of the first marker at or after `from` that is neither a stuffed byte nor a restart.
fn end_of_entropy_coded_data(buffer: &[u8], from: usize) -> Result<usize, FrameDamage> {
    let mut at = from;
    loop {
        let rest = buffer.get(at..).ok_or(FrameDamage::NoEnd)?;
        at += rest
            .iter()
            .position(|&byte| byte == 0xFF)
            .ok_or(FrameDamage::NoEnd)?;
        match buffer.get(at + 1).ok_or(FrameDamage::NoEnd)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Ok(at),
        }
    }
}

/// Decodes a whole JPEG. Damaged input is a typed fault, even where the decoder panics.
pub(crate) fn decode(jpeg: &[u8], pixels: Pixels) -> Result<Picture, FrameDamage> {
    // The decoder owns everything it changes, so nothing half-changed is seen after a panic.
    catch_unwind(AssertUnwindSafe(|| decode_or_panic(jpeg, pixels))).unwrap_or(Err(FrameDamage::Undecodable))
}

fn decode_or_panic(jpeg: &[u8], pixels: Pixels) -> Result<Picture, FrameDamage> {
    let (colour_space, channels) = match pixels {
        Pixels::Luma => (ColorSpace::Luma, 1),
        Pixels::Rgb => (ColorSpace::RGB, 3),
        Pixels::YCbCr => (ColorSpace::YCbCr, 3),
    };
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE_PX)
        .set_max_height(MAX_SIDE_PX)
        .jpeg_set_out_colorspace(colour_space);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(jpeg), options);
    decoder.decode_headers().map_err(|_| FrameDamage::Undecodable)?;
    let (width, height) = decoder.dimensions().ok_or(FrameDamage::Undecodable)?;
    // The decoder does not colour a monochrome picture, so that is done here.
    let monochrome = decoder.input_colorspace() == Some(ColorSpace::Luma);
    if monochrome {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
    }
    let given = decoder.decode().map_err(|_| FrameDamage::Undecodable)?;
    let bytes: Vec<u8> = match pixels {
        Pixels::Rgb if monochrome => given.iter().flat_map(|&luma| [luma; 3]).collect(),
        Pixels::YCbCr if monochrome => given.iter().flat_map(|&luma| [luma, 128, 128]).collect(),
        Pixels::Luma | Pixels::Rgb | Pixels::YCbCr => given,
    };
    if bytes.len() != width * height * channels {
        return Err(FrameDamage::WrongSize { width, height });
    }
    let side = |length| u32::try_from(length).map_err(|_| FrameDamage::WrongSize { width, height });
    Ok(Picture {
        width: side(width)?,
        height: side(height)?,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small_jpeg(width: u16, height: u16) -> Vec<u8> {
        let rgb: Vec<u8> = (0..usize::from(width) * usize::from(height) * 3)
            .map(|i| (i * 7) as u8)
            .collect();
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 80)
            .encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        jpeg
    }

    /// Cheap repeatable noise (xorshift), so that a failure can be repeated.
    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .take(length)
        .collect()
    }

    #[test]
    fn stale_bytes_behind_the_end_marker_are_cut_off() {
        let jpeg = small_jpeg(32, 16);
        let mut buffer = jpeg.clone();
        buffer.extend_from_slice(&small_jpeg(48, 48));
        assert_eq!(cut_at_end(&buffer).unwrap(), jpeg);
    }

    #[test]
    fn an_end_marker_inside_an_application_segment_does_not_end_the_picture() {
        let jpeg = small_jpeg(16, 16);
        let thumbnail = [0xFF, 0xE1, 0x00, 0x06, 0xFF, 0xD9, 0xFF, 0xD9];
        let with_thumbnail = [&jpeg[..2], &thumbnail, &jpeg[2..]].concat();
        assert_eq!(cut_at_end(&with_thumbnail).unwrap().len(), with_thumbnail.len());
    }

    #[test]
    fn what_does_not_start_as_a_jpeg_is_refused() {
        assert_eq!(cut_at_end(&[0x94, 0x94, 0, 0]), Err(FrameDamage::NotJpeg));
        assert_eq!(cut_at_end(&[]), Err(FrameDamage::NotJpeg));
    }

    #[test]
    fn every_prefix_of_a_jpeg_is_refused_without_a_panic() {
        let jpeg = small_jpeg(32, 24);
        for length in 0..jpeg.len() {
            assert!(cut_at_end(&jpeg[..length]).is_err(), "prefix of {length} bytes");
            for pixels in [Pixels::Luma, Pixels::Rgb, Pixels::YCbCr] {
                let _ = decode_or_panic(&jpeg[..length], pixels);
            }
        }
        assert!(decode(&jpeg, Pixels::Luma).is_ok());
    }

    #[test]
    fn noise_and_flipped_bytes_never_panic() {
        let jpeg = small_jpeg(40, 24);
        for seed in 0..400 {
            let garbage = [&[0xFF, 0xD8][..], &noise(seed, 300)].concat();
            let _ = cut_at_end(&garbage).map(|cut| decode(&cut, Pixels::Luma));
            let mut flipped = jpeg.clone();
            let places = noise(seed + 1, 8);
            for place in places.chunks(2) {
                let at = (usize::from(place[0]) * 256 + usize::from(place[1])) % flipped.len();
                flipped[at] ^= place[0] | 1;
            }
            let _ = cut_at_end(&flipped).map(|cut| decode(&cut, Pixels::Rgb));
        }
    }

    #[test]
    fn a_picture_without_huffman_tables_is_decoded_with_the_standard_ones() {
        let jpeg = small_jpeg(32, 32);
        let expected = decode(&jpeg, Pixels::Luma).unwrap();
        let stripped = without_huffman_tables(&jpeg);
        assert!(stripped.len() < jpeg.len());
        let decoded = decode(&cut_at_end(&stripped).unwrap(), Pixels::Luma).unwrap();
        assert_eq!(decoded.bytes, expected.bytes);
    }

    /// Leaves every DHT segment out, as webcams do.
    fn without_huffman_tables(jpeg: &[u8]) -> Vec<u8> {
        let mut stripped = jpeg[..2].to_vec();
        let mut at = 2;
        loop {
            let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
            match jpeg[at + 1] {
                0xC4 => {}
                0xDA => {
                    stripped.extend_from_slice(&jpeg[at..]);
                    return stripped;
                }
                _ => stripped.extend_from_slice(&jpeg[at..at + length]),
            }
            at += length;
        }
    }

    #[test]
    fn colour_and_luma_have_the_size_of_the_picture() {
        let jpeg = small_jpeg(33, 17);
        assert_eq!(decode(&jpeg, Pixels::Luma).unwrap().bytes.len(), 33 * 17);
        assert_eq!(decode(&jpeg, Pixels::Rgb).unwrap().bytes.len(), 33 * 17 * 3);
        assert_eq!(decode(&jpeg, Pixels::YCbCr).unwrap().bytes.len(), 33 * 17 * 3);
    }

    #[test]
    fn a_monochrome_jpeg_has_colour_too() {
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 90)
            .encode(&[200; 64], 8, 8, jpeg_encoder::ColorType::Luma)
            .unwrap();
        assert_eq!(decode(&jpeg, Pixels::Rgb).unwrap().bytes.len(), 8 * 8 * 3);
        assert_eq!(decode(&jpeg, Pixels::YCbCr).unwrap().bytes[1..3], [128, 128]);
    }
}
