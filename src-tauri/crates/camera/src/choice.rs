//! Which of the formats that a camera offers is used.

use nokhwa::utils::{CameraFormat, FrameFormat};

/// The frame rate that is asked for, per second.
const WANTED_RATE: u32 = 30;

/// The rate from which on moving a phone before the camera still feels immediate, per second.
const SMOOTH_RATE: u32 = 24;

/// The usable formats, best first.
///
/// 1280×720 is enough for the densest certificate at arm's length and four times cheaper than 1080p.
/// Uncompressed is better than Motion JPEG (no decoding, no artefacts), but only at a smooth rate: over USB 2
/// many cameras offer it at 10 frames per second. A list, not one choice, because drivers offer formats that
/// they then refuse.
pub(crate) fn best_first(offered: &[CameraFormat]) -> Vec<CameraFormat> {
    let mut usable: Vec<CameraFormat> = offered
        .iter()
        .copied()
        .filter(|format| format.width() > 0 && format.height() > 0 && format.frame_rate() > 0)
        .collect();
    usable.sort_by_key(|format| rank(*format));
    usable.dedup();
    usable
}

/// Smaller is better.
fn rank(format: CameraFormat) -> impl Ord {
    let (width, height) = (format.width(), format.height());
    let pixels = u64::from(width) * u64::from(height);
    let smooth = format.frame_rate() >= SMOOTH_RATE;
    let is_720p = (width, height) == (1280, 720);
    let class = match (is_720p, encoding_rank(format.format())) {
        (true, 0) if smooth => 0,
        (true, 1) if smooth => 1,
        (true, _) if smooth => 2,
        _ if width <= 1920 && height <= 1080 => 3,
        _ => 4,
    };
    // Up to 1080p the largest comes first; of the sizes beyond, the smallest.
    let by_size = if class == 4 { pixels } else { u64::MAX - pixels };
    (
        class,
        !smooth,
        by_size,
        encoding_rank(format.format()),
        format.frame_rate().abs_diff(WANTED_RATE),
    )
}

/// Luma without decoding first, then Motion JPEG, then what has no luma of its own.
fn encoding_rank(format: FrameFormat) -> u8 {
    match format {
        FrameFormat::YUYV | FrameFormat::NV12 | FrameFormat::GRAY => 0,
        FrameFormat::MJPEG => 1,
        FrameFormat::RAWRGB | FrameFormat::RAWBGR => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrameFormat::{MJPEG, NV12, RAWRGB, YUYV};

    fn format(width: u32, height: u32, format: FrameFormat, rate: u32) -> CameraFormat {
        CameraFormat::new_from(width, height, format, rate)
    }

    fn best(offered: &[CameraFormat]) -> CameraFormat {
        best_first(offered)[0]
    }

    #[test]
    fn uncompressed_720p_at_30_is_taken_when_offered() {
        let wanted = format(1280, 720, YUYV, 30);
        let offered = [
            format(1920, 1080, MJPEG, 30),
            format(1280, 720, MJPEG, 30),
            wanted,
            format(1280, 720, YUYV, 60),
        ];
        assert_eq!(best(&offered), wanted);
        assert_eq!(
            best(&[format(640, 480, YUYV, 30), format(1280, 720, NV12, 30)]).format(),
            NV12
        );
    }

    #[test]
    fn slow_uncompressed_gives_way_to_motion_jpeg() {
        let wanted = format(1280, 720, MJPEG, 30);
        assert_eq!(
            best(&[format(1280, 720, YUYV, 10), wanted, format(1920, 1080, MJPEG, 30)]),
            wanted
        );
    }

    #[test]
    fn without_720p_the_largest_up_to_1080p_is_taken() {
        let wanted = format(1920, 1080, MJPEG, 30);
        assert_eq!(
            best(&[format(640, 480, YUYV, 30), format(3840, 2160, MJPEG, 30), wanted]),
            wanted
        );
        let small = format(640, 480, YUYV, 30);
        assert_eq!(best(&[format(320, 240, YUYV, 30), small]), small);
    }

    #[test]
    fn anything_is_better_than_nothing() {
        let only = format(3840, 2160, RAWRGB, 5);
        assert_eq!(best_first(&[only]), [only]);
        assert!(best_first(&[]).is_empty());
    }

    #[test]
    fn every_offered_format_stays_a_candidate_once() {
        let offered = [
            format(1280, 720, YUYV, 30),
            format(1280, 720, MJPEG, 30),
            format(1280, 720, YUYV, 30),
        ];
        assert_eq!(best_first(&offered), [offered[0], offered[1]]);
    }
}
