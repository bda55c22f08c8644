//! What nokhwa does not offer on Linux: telling cameras from metadata nodes, stable ids, the row length, a
//! device whose present format nokhwa cannot read, and waiting for a frame with a time limit.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nokhwa::utils::{CameraFormat, CameraIndex, FrameFormat};
use v4l::capability::{Capabilities, Flags};
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, FourCC, Fraction};

use crate::devices::{Attached, CameraId, CameraInfo, Found};

/// `poll(2)`: there is data to read. The same number on every Linux.
const POLLIN: i16 = 0x001;

/// The capture nodes under `/dev`.
pub(crate) fn attached() -> Attached {
    let mut attached = Attached::default();
    let links = links_by_id();
    let mut same_bus: HashMap<String, u32> = HashMap::new();
    for (number, path) in video_nodes() {
        let device = match Device::with_path(&path) {
            Ok(device) => device,
            Err(error) => {
                attached.denied |= error.kind() == ErrorKind::PermissionDenied;
                continue;
            }
        };
        let Some(capabilities) = capture_capabilities(&device) else {
            continue;
        };
        let id = links.get(&path).cloned().unwrap_or_else(|| {
            // Colour and infrared camera of one laptop share bus and model: the second gets a number.
            let place = format!("{}/{}", capabilities.bus, capabilities.card);
            let count = same_bus.entry(place.clone()).or_default();
            *count += 1;
            if *count == 1 {
                place
            } else {
                format!("{place}#{count}")
            }
        });
        let info = CameraInfo {
            id: CameraId::new(id),
            name: capabilities.card,
        };
        attached.usable.push(Found {
            info,
            index: CameraIndex::Index(number),
        });
    }
    attached
}

/// `/dev/video<number>`, in the order of the numbers.
fn video_nodes() -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let mut nodes: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("video")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    nodes.sort();
    nodes
}

/// Names under `/dev/v4l/by-id`, by the node they point to.
fn links_by_id() -> HashMap<PathBuf, String> {
    let entries = std::fs::read_dir(Path::new("/dev/v4l/by-id"))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((std::fs::canonicalize(entry.path()).ok()?, name))
        })
        .collect()
}

/// None for a node that gives no pictures, such as the metadata node of a USB camera.
fn capture_capabilities(device: &Device) -> Option<Capabilities> {
    // The crate panics on a model name that is not UTF-8. The handle is not changed by the query.
    let capabilities = catch_unwind(AssertUnwindSafe(|| device.query_caps()))
        .ok()?
        .ok()?;
    capabilities
        .capabilities
        .contains(Flags::VIDEO_CAPTURE | Flags::STREAMING)
        .then_some(capabilities)
}

/// A second handle on the camera, which never takes the stream.
pub(crate) struct SideDoor {
    device: Device,
}

impl SideDoor {
    /// Opens the device a second time; none for an index that is no number or a node that is gone.
    pub(crate) fn open(index: &CameraIndex) -> Option<Self> {
        let device = Device::new(index.as_index().ok()? as usize).ok()?;
        Some(Self { device })
    }

    /// The present format, after changing it when it is one that nokhwa cannot read.
    ///
    /// nokhwa reads the present format before it sets its own, so a camera that another program left in
    /// H.264 or at 7.5 frames per second could not be opened at all.
    pub(crate) fn readable_format(&self) -> Option<CameraFormat> {
        let mut format = self.device.format().ok()?;
        if frame_format(format.fourcc).is_none() {
            let offered = self.device.enum_formats().ok()?;
            format.fourcc = offered
                .iter()
                .map(|one| one.fourcc)
                .find(|&one| frame_format(one).is_some())?;
            format = self.device.set_format(&format).ok()?;
        }
        let mut parameters = self.device.params().ok()?;
        if parameters.interval.numerator != 1 {
            parameters = self
                .device
                .set_params(&Parameters::new(Fraction::new(1, 30)))
                .ok()?;
        }
        let rate = parameters.interval.denominator;
        Some(CameraFormat::new_from(
            format.width,
            format.height,
            frame_format(format.fourcc)?,
            rate,
        ))
    }

    /// Bytes from one row to the next in the present format.
    pub(crate) fn stride(&self) -> Option<usize> {
        self.device.format().ok().map(|format| format.stride as usize)
    }

    /// Waits until a frame, or the end of the stream, is there to be read; false after `timeout`.
    ///
    /// The queue of filled buffers belongs to the device, so it can be watched from here while nokhwa owns
    /// the stream. nokhwa itself would wait for ever, and then its thread could never give the device back.
    pub(crate) fn wait_for_frame(&self, timeout: Duration) -> bool {
        let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // An error is left to nokhwa to find and to name.
        !matches!(self.device.handle().poll(POLLIN, milliseconds), Ok(0))
    }
}

/// The formats that nokhwa knows under V4L2, without its misspelt grey.
fn frame_format(fourcc: FourCC) -> Option<FrameFormat> {
    match &fourcc.repr {
        b"YUYV" => Some(FrameFormat::YUYV),
        b"NV12" => Some(FrameFormat::NV12),
        b"MJPG" => Some(FrameFormat::MJPEG),
        b"RGB3" => Some(FrameFormat::RAWRGB),
        b"BGR3" => Some(FrameFormat::RAWBGR),
        _ => None,
    }
}
