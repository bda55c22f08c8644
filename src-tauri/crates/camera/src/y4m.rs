//! A bounded reader of YUV4MPEG2, the simplest of the video formats.

use std::io::{BufRead, Read, Seek, SeekFrom};

use crate::fault::RecordingProblem;
use crate::frame::MAX_SIDE_PX;
use crate::{Frame, PixelFormat};

/// Longest header or frame line that is read, in bytes.
const MAX_LINE_BYTES: u64 = 1024;

/// How the chroma planes follow the luma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chroma {
    /// Quarter size; becomes NV12.
    Quarter,
    /// This many bytes are skipped; the frame is luma only.
    Skipped { bytes: usize },
}

/// Reads a YUV4MPEG2 stream without end: behind the last whole frame comes the first.
#[derive(Debug)]
pub(crate) struct Y4mReader<R> {
    input: R,
    width: usize,
    height: usize,
    chroma: Chroma,
    first_frame_at: u64,
    frames_since_rewind: u64,
}

impl<R: BufRead + Seek> Y4mReader<R> {
    pub(crate) fn new(mut input: R) -> Result<Self, RecordingProblem> {
        let header = read_line(&mut input)?.ok_or(RecordingProblem::BadHeader)?;
        let mut words = header.split(' ');
        if words.next() != Some("YUV4MPEG2") {
            return Err(RecordingProblem::BadHeader);
        }
        let (mut width, mut height, mut colour_space) = (0, 0, "420");
        for word in words {
            let Some(value) = word.get(1..) else { continue };
            match word.as_bytes()[0] {
                b'W' => width = value.parse().map_err(|_| RecordingProblem::BadHeader)?,
                b'H' => height = value.parse().map_err(|_| RecordingProblem::BadHeader)?,
                b'C' => colour_space = value,
                // Frame rate, interlacing, aspect ratio and comments do not change how the bytes are read.
                _ => {}
            }
        }
        if !(1..=MAX_SIDE_PX).contains(&width) || !(1..=MAX_SIDE_PX).contains(&height) {
            return Err(RecordingProblem::BadHeader);
        }
        let chroma = match colour_space {
            "420" | "420jpeg" | "420mpeg2" | "420paldv" => Chroma::Quarter,
            "422" => Chroma::Skipped {
                bytes: 2 * width.div_ceil(2) * height,
            },
            "444" => Chroma::Skipped {
                bytes: 2 * width * height,
            },
            "mono" => Chroma::Skipped { bytes: 0 },
            _ => return Err(RecordingProblem::UnknownColourSpace),
        };
        let first_frame_at = input.stream_position()?;
        Ok(Self {
            input,
            width,
            height,
            chroma,
            first_frame_at,
            frames_since_rewind: 0,
        })
    }

    /// The next frame; a cut-off last frame is skipped.
    pub(crate) fn next_frame(&mut self) -> Result<Frame, RecordingProblem> {
        if let Some(frame) = self.read_frame()? {
            self.frames_since_rewind += 1;
            return Ok(frame);
        }
        if self.frames_since_rewind == 0 {
            return Err(RecordingProblem::NoWholeFrame);
        }
        self.input.seek(SeekFrom::Start(self.first_frame_at))?;
        self.frames_since_rewind = 1;
        self.read_frame()?.ok_or(RecordingProblem::NoWholeFrame)
    }

    /// The next frame of this round; none behind the last whole one.
    pub(crate) fn read_frame(&mut self) -> Result<Option<Frame>, RecordingProblem> {
        match read_line(&mut self.input)? {
            None => return Ok(None),
            Some(line) if line == "FRAME" || line.starts_with("FRAME ") => {}
            Some(_) => return Err(RecordingProblem::NoWholeFrame),
        }
        let (width, height) = (self.width, self.height);
        let mut luma = vec![0; width * height];
        if !read_whole(&mut self.input, &mut luma)? {
            return Ok(None);
        }
        let (format, stride, bytes) = match self.chroma {
            Chroma::Quarter => {
                let mut planes = vec![0; 2 * width.div_ceil(2) * height.div_ceil(2)];
                if !read_whole(&mut self.input, &mut planes)? {
                    return Ok(None);
                }
                (
                    PixelFormat::Nv12,
                    width.next_multiple_of(2),
                    nv12(&luma, &planes, width),
                )
            }
            Chroma::Skipped { bytes } => {
                if !read_whole(&mut self.input, &mut vec![0; bytes])? {
                    return Ok(None);
                }
                (PixelFormat::Grey, width, luma)
            }
        };
        // Both sides are at most MAX_SIDE_PX.
        let mut frame = Frame::of_rows(width as u32, height as u32, format, bytes);
        frame.stride = stride;
        Ok(Some(frame))
    }
}

/// Luma rows padded to an even width, then U and V in turns.
fn nv12(luma: &[u8], planes: &[u8], width: usize) -> Vec<u8> {
    let stride = width.next_multiple_of(2);
    let mut bytes = Vec::with_capacity(stride * luma.len() / width + planes.len());
    for row in luma.chunks_exact(width) {
        bytes.extend_from_slice(row);
        bytes.resize(bytes.len() + stride - width, 0);
    }
    let (u, v) = planes.split_at(planes.len() / 2);
    bytes.extend(u.iter().zip(v).flat_map(|(&u, &v)| [u, v]));
    bytes
}

/// One line without its end; none at the end of the input.
fn read_line(input: &mut impl BufRead) -> Result<Option<String>, RecordingProblem> {
    let mut line = Vec::new();
    input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(RecordingProblem::BadHeader);
    }
    String::from_utf8(line)
        .map(Some)
        .map_err(|_| RecordingProblem::BadHeader)
}

/// Fills `buffer`; false when the input ends before.
fn read_whole(input: &mut impl Read, buffer: &mut [u8]) -> Result<bool, RecordingProblem> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn reader(header: &str, frames: &[&[u8]]) -> Result<Y4mReader<Cursor<Vec<u8>>>, RecordingProblem> {
        let mut bytes = format!("YUV4MPEG2 {header}\n").into_bytes();
        for frame in frames {
            bytes.extend_from_slice(b"FRAME\n");
            bytes.extend_from_slice(frame);
        }
        Y4mReader::new(Cursor::new(bytes))
    }

    #[test]
    fn planar_420_becomes_nv12() {
        let mut reader = reader(
            "W4 H2 F30:1 C420jpeg",
            &[&[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 20, 21]],
        )
        .unwrap();
        let frame = reader.next_frame().unwrap();
        assert_eq!(frame.format, PixelFormat::Nv12);
        assert_eq!(frame.bytes, [1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 11, 21]);
        assert!(frame.is_whole());
    }

    #[test]
    fn an_odd_size_is_padded() {
        let mut reader = reader("W3 H1", &[&[1, 2, 3, 10, 11, 20, 21]]).unwrap();
        let frame = reader.next_frame().unwrap();
        assert_eq!(
            (frame.stride, &frame.bytes[..]),
            (4, &[1, 2, 3, 0, 10, 20, 11, 21][..])
        );
        assert!(frame.is_whole());
    }

    #[test]
    fn other_samplings_give_luma_only() {
        for (colour_space, chroma) in [("mono", 0), ("422", 4), ("444", 8)] {
            let frame: Vec<u8> = (0..4 + chroma).collect();
            let mut reader = reader(&format!("C{colour_space} W2 H2"), &[&frame, &frame]).unwrap();
            reader.next_frame().unwrap();
            assert_eq!(reader.next_frame().unwrap().bytes, [0, 1, 2, 3], "{colour_space}");
        }
    }

    #[test]
    fn behind_the_last_frame_comes_the_first_and_a_cut_off_frame_is_skipped() {
        let mut reader = reader("W1 H1 Cmono", &[&[1], &[2], &[]]).unwrap();
        let seen: Vec<u8> = (0..5).map(|_| reader.next_frame().unwrap().bytes[0]).collect();
        assert_eq!(seen, [1, 2, 1, 2, 1]);
    }

    #[test]
    fn a_header_that_is_wrong_or_absurd_is_refused() {
        for header in ["", "W2", "W0 H2", "W2 H99999", "W-1 H2", "Wx H2"] {
            assert!(
                matches!(reader(header, &[]), Err(RecordingProblem::BadHeader)),
                "{header}"
            );
        }
        let ten_bits = reader("W2 H2 C420p10", &[]);
        assert!(matches!(ten_bits, Err(RecordingProblem::UnknownColourSpace)));
        assert!(Y4mReader::new(Cursor::new(b"RIFF".to_vec())).is_err());
        assert!(Y4mReader::new(Cursor::new(vec![b'Y'; 5000])).is_err());
    }

    #[test]
    fn a_file_without_a_whole_frame_is_told_and_not_read_for_ever() {
        let mut cut_off = reader("W2 H2 Cmono", &[&[1, 2]]).unwrap();
        assert!(matches!(
            cut_off.next_frame(),
            Err(RecordingProblem::NoWholeFrame)
        ));
        let mut empty = reader("W2 H2 Cmono", &[]).unwrap();
        assert!(matches!(empty.next_frame(), Err(RecordingProblem::NoWholeFrame)));
    }
}
