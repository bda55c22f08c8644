//! A webcam, through nokhwa.

use std::borrow::Cow;

use nokhwa::NokhwaError;
use nokhwa::utils::{CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType};

use crate::devices::attached;
use crate::fault::FrameDamage;
use crate::recording::jpeg_frame;
use crate::{CameraFault, CameraId, Frame, FrameSource, Opener, PixelFormat, choice};

/// Every format; which one is used is decided in [`choice`], because nokhwa's own selection misses formats.
const EVERY_FORMAT: [FrameFormat; 6] = [
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::GRAY,
];

/// How many offered formats are tried before a camera counts as unusable. Each try takes the driver some
/// milliseconds.
const FORMATS_TRIED_AT_MOST: usize = 16;

/// A JPEG may be this much larger or smaller than agreed, in pixels: one block (1088 for 1080 rows).
const JPEG_SIZE_TOLERANCE_PX: u32 = 16;

/// A webcam: one that is known by its id, or the first that works.
#[derive(Clone, Debug)]
pub struct Webcam {
    wanted: Option<CameraId>,
}

impl Webcam {
    /// The first camera of [`cameras`](crate::cameras) that can be opened.
    pub fn first_usable() -> Self {
        Self { wanted: None }
    }

    /// This camera and no other.
    pub fn with_id(id: CameraId) -> Self {
        Self { wanted: Some(id) }
    }
}

impl Opener for Webcam {
    fn open(&self) -> Result<Box<dyn FrameSource>, CameraFault> {
        ask_for_permission()?;
        let attached = attached();
        let none = if attached.denied {
            CameraFault::NoPermission
        } else {
            CameraFault::Absent
        };
        let mut first_fault = None;
        for found in attached.usable {
            if self
                .wanted
                .as_ref()
                .is_some_and(|wanted| *wanted != found.info.id)
            {
                continue;
            }
            match Stream::open(&found.index) {
                Ok(stream) => return Ok(Box::new(stream)),
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        Err(first_fault.unwrap_or(none))
    }
}

/// macOS asks the user once; until the answer is there the camera counts as not permitted.
#[cfg(target_os = "macos")]
fn ask_for_permission() -> Result<(), CameraFault> {
    static ASKED: std::sync::Once = std::sync::Once::new();
    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    ASKED.call_once(|| nokhwa::nokhwa_initialize(|granted| tracing::info!(granted, "camera permission")));
    Err(CameraFault::NoPermission)
}

#[cfg(not(target_os = "macos"))]
fn ask_for_permission() -> Result<(), CameraFault> {
    Ok(())
}

/// An open camera.
struct Stream {
    camera: nokhwa::Camera,
    layout: Layout,
    #[cfg(target_os = "linux")]
    side_door: Option<crate::linux::SideDoor>,
    #[cfg(target_os = "linux")]
    started: bool,
}

impl Stream {
    fn open(index: &CameraIndex) -> Result<Self, CameraFault> {
        #[cfg(target_os = "linux")]
        let side_door = crate::linux::SideDoor::open(index);
        #[cfg(target_os = "linux")]
        let present = side_door
            .as_ref()
            .and_then(crate::linux::SideDoor::readable_format);
        #[cfg(not(target_os = "linux"))]
        let present = None;

        let first = present.map_or(RequestedFormatType::None, RequestedFormatType::Exact);
        let request = RequestedFormat::with_formats(first, &EVERY_FORMAT);
        let mut camera = nokhwa::Camera::new(index.clone(), request).map_err(fault_of)?;
        let format = start_in_best_format(&mut camera)?;

        #[cfg(target_os = "linux")]
        let stride = side_door.as_ref().and_then(crate::linux::SideDoor::stride);
        #[cfg(not(target_os = "linux"))]
        let stride = None;
        Ok(Self {
            camera,
            layout: Layout::new(format, stride),
            #[cfg(target_os = "linux")]
            side_door,
            #[cfg(target_os = "linux")]
            started: false,
        })
    }

    /// The bytes of the next frame and whatever the driver left behind them.
    ///
    /// Without decoding: nokhwa's own luma goes through RGB and costs 12 to 30 ms for 720p.
    fn next_buffer(&mut self) -> Result<Cow<'_, [u8]>, CameraFault> {
        #[cfg(target_os = "linux")]
        {
            /// A little less than the watchdog's two seconds, so that the device is closed in order and not
            /// left to an abandoned thread. The first frame starts the stream and cannot be waited for.
            const STALLED_AFTER: std::time::Duration = std::time::Duration::from_millis(1800);
            let started = std::mem::replace(&mut self.started, true);
            let watched = self.side_door.as_ref().filter(|_| started);
            if watched.is_some_and(|door| !door.wait_for_frame(STALLED_AFTER)) {
                return Err(CameraFault::Stalled);
            }
        }
        // On macOS only `frame` empties the queue of old frames; elsewhere `frame_raw` saves a copy.
        #[cfg(target_os = "macos")]
        return self
            .camera
            .frame()
            .map(|buffer| Cow::Owned(buffer.buffer().to_vec()))
            .map_err(fault_of);
        #[cfg(not(target_os = "macos"))]
        return self.camera.frame_raw().map_err(fault_of);
    }
}

impl FrameSource for Stream {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let layout = self.layout;
        let buffer = self.next_buffer()?;
        Ok(layout.frame(&buffer)?)
    }
}

/// Opens the stream in the best format that the driver really accepts.
fn start_in_best_format(camera: &mut nokhwa::Camera) -> Result<CameraFormat, CameraFault> {
    let offered = camera.compatible_camera_formats().unwrap_or_default();
    let mut candidates = choice::best_first(&offered);
    candidates.truncate(FORMATS_TRIED_AT_MOST);
    candidates.push(camera.camera_format());
    for format in candidates {
        match start(camera, format) {
            Ok(()) => {
                let (width, height, rate) = (format.width(), format.height(), format.frame_rate());
                tracing::info!(width, height, rate, format = %format.format(), "camera opened");
                return Ok(format);
            }
            Err(error) => match fault_of(error) {
                CameraFault::DriverFailed(error) => {
                    tracing::debug!(%format, %error, "the camera refused a format it offers");
                }
                fault => return Err(fault),
            },
        }
    }
    Err(CameraFault::FormatUnsupported {
        offered: offered.len(),
    })
}

fn start(camera: &mut nokhwa::Camera, format: CameraFormat) -> Result<(), NokhwaError> {
    if camera.camera_format() != format {
        let exact = RequestedFormatType::Exact(format);
        camera.set_camera_requset(RequestedFormat::with_formats(exact, &EVERY_FORMAT))?;
    }
    camera.open_stream()
}

/// The fault behind nokhwa's text, which keeps the system's error only as words.
fn fault_of(error: NokhwaError) -> CameraFault {
    let text = error.to_string();
    let number = text
        .rsplit_once("(os error ")
        .and_then(|(_, rest)| rest.trim_end_matches(')').parse::<i32>().ok())
        .filter(|_| cfg!(unix));
    match number {
        // ENOENT, ENXIO, ENODEV
        Some(2 | 6 | 19) => return CameraFault::Absent,
        // EBUSY
        Some(16) => return CameraFault::Busy,
        // EPERM, EACCES
        Some(1 | 13) => return CameraFault::NoPermission,
        _ => {}
    }
    // Media Foundation: E_ACCESSDENIED, …_DEVICE_LOCKED and …_PREEMPTED, …_DEVICE_INVALIDATED.
    let says = |code: &str| text.to_ascii_uppercase().contains(code);
    match () {
        () if says("80070005") => CameraFault::NoPermission,
        () if says("C00D3704") || says("C00D3EA3") => CameraFault::Busy,
        () if says("C00D3EA2") => CameraFault::Absent,
        () => CameraFault::DriverFailed(error),
    }
}

/// How the bytes of a buffer make a frame.
#[derive(Clone, Copy, Debug)]
struct Layout {
    format: CameraFormat,
    stride: usize,
}

impl Layout {
    /// `stride` is what the driver says; too small or unknown, rows have no gaps.
    fn new(format: CameraFormat, stride: Option<usize>) -> Self {
        let width = format.width() as usize;
        let row = match format.format() {
            FrameFormat::YUYV => width * 2,
            FrameFormat::NV12 | FrameFormat::GRAY | FrameFormat::MJPEG => width,
            FrameFormat::RAWRGB | FrameFormat::RAWBGR => width * 3,
        };
        Self {
            format,
            stride: stride.filter(|&stride| stride >= row).unwrap_or(row),
        }
    }

    /// The frame at the start of `buffer`; bytes behind it are left out.
    fn frame(&self, buffer: &[u8]) -> Result<Frame, FrameDamage> {
        match self.format.format() {
            FrameFormat::MJPEG => self.jpeg(buffer),
            FrameFormat::YUYV => self.rows(buffer, PixelFormat::Yuyv),
            FrameFormat::NV12 => self.rows(buffer, PixelFormat::Nv12),
            FrameFormat::GRAY => self.rows(buffer, PixelFormat::Grey),
            FrameFormat::RAWRGB => self.rows(buffer, PixelFormat::Rgb),
            FrameFormat::RAWBGR => {
                let mut frame = self.rows(buffer, PixelFormat::Rgb)?;
                for row in frame.bytes.chunks_mut(self.stride) {
                    row.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
                }
                Ok(frame)
            }
        }
    }

    fn rows(&self, buffer: &[u8], format: PixelFormat) -> Result<Frame, FrameDamage> {
        let height = self.format.height() as usize;
        let rows = if format == PixelFormat::Nv12 {
            height + height.div_ceil(2)
        } else {
            height
        };
        let needed = self.stride * rows;
        let bytes = buffer
            .get(..needed)
            .ok_or(FrameDamage::TooShort {
                given: buffer.len(),
                needed,
            })?
            .to_vec();
        let mut frame = Frame::of_rows(self.format.width(), self.format.height(), format, bytes);
        frame.stride = self.stride;
        Ok(frame)
    }

    fn jpeg(&self, buffer: &[u8]) -> Result<Frame, FrameDamage> {
        let frame = jpeg_frame(buffer)?;
        let off = frame
            .width
            .abs_diff(self.format.width())
            .max(frame.height.abs_diff(self.format.height()));
        if off > JPEG_SIZE_TOLERANCE_PX {
            return Err(FrameDamage::WrongSize {
                width: frame.width as usize,
                height: frame.height as usize,
            });
        }
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(width: u32, height: u32, format: FrameFormat, stride: Option<usize>) -> Layout {
        Layout::new(CameraFormat::new_from(width, height, format, 30), stride)
    }

    #[test]
    fn yuyv_stays_as_it_is_and_bytes_behind_it_are_left_out() {
        let frame = layout(2, 1, FrameFormat::YUYV, None)
            .frame(&[1, 2, 3, 4, 99, 99])
            .unwrap();
        assert_eq!(
            (frame.format, frame.stride, &frame.bytes[..]),
            (PixelFormat::Yuyv, 4, &[1, 2, 3, 4][..])
        );
    }

    #[test]
    fn gaps_between_rows_are_kept_and_told() {
        let frame = layout(2, 2, FrameFormat::GRAY, Some(3))
            .frame(&[1, 2, 0, 3, 4, 0, 9])
            .unwrap();
        assert_eq!((frame.stride, frame.bytes.len()), (3, 6));
        assert!(frame.is_whole());
    }

    #[test]
    fn a_short_buffer_is_a_damaged_frame() {
        for format in [
            FrameFormat::YUYV,
            FrameFormat::NV12,
            FrameFormat::RAWRGB,
            FrameFormat::RAWBGR,
        ] {
            let damage = layout(4, 4, format, None).frame(&[0; 15]).unwrap_err();
            assert!(
                matches!(damage, FrameDamage::TooShort { given: 15, .. }),
                "{format}"
            );
        }
    }

    #[test]
    fn blue_and_red_are_swapped_for_bgr() {
        let frame = layout(1, 2, FrameFormat::RAWBGR, None)
            .frame(&[1, 2, 3, 4, 5, 6])
            .unwrap();
        assert_eq!(frame.bytes, [3, 2, 1, 6, 5, 4]);
    }

    #[test]
    fn what_claims_to_be_motion_jpeg_and_is_not_is_a_damaged_frame() {
        let damage = layout(8, 8, FrameFormat::MJPEG, None)
            .frame(&[0x94; 64])
            .unwrap_err();
        assert_eq!(damage, FrameDamage::NotJpeg);
    }

    #[test]
    fn a_jpeg_of_another_size_than_agreed_is_a_damaged_frame() {
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 80)
            .encode(&[90; 64 * 64], 64, 64, jpeg_encoder::ColorType::Luma)
            .unwrap();
        let agreed = layout(64, 56, FrameFormat::MJPEG, None).frame(&jpeg).unwrap();
        assert_eq!(
            (agreed.width, agreed.height, agreed.format),
            (64, 64, PixelFormat::Grey)
        );
        assert_eq!(agreed.jpeg.as_deref(), Some(&jpeg[..]));
        let damage = layout(640, 480, FrameFormat::MJPEG, None)
            .frame(&jpeg)
            .unwrap_err();
        assert_eq!(
            damage,
            FrameDamage::WrongSize {
                width: 64,
                height: 64
            }
        );
    }

    #[test]
    fn the_drivers_words_become_faults() {
        let open =
            |text: &str| fault_of(NokhwaError::OpenDeviceError("0".to_owned(), text.to_owned())).code();
        assert_eq!(open("V4L2 Error: No such device (os error 19)"), "camera-absent");
        assert_eq!(
            open("V4L2 Error: Device or resource busy (os error 16)"),
            "camera-busy"
        );
        assert_eq!(
            open("V4L2 Error: Permission denied (os error 13)"),
            "camera-no-permission"
        );
        assert_eq!(open("The device is in use (0xC00D3704)"), "camera-busy");
        assert_eq!(open("something else"), "camera-driver-failed");
    }
}
