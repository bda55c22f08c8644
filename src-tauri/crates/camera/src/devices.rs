//! The cameras that are attached.

use std::fmt;

use nokhwa::utils::CameraIndex;

/// Names one camera across restarts and replugging.
///
/// Made of what the system calls stable: the link under `/dev/v4l/by-id`, else driver bus and model (Linux);
/// the device path (Windows); the unique id (macOS). Never the number in `/dev/video0`, which changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CameraId(String);

impl CameraId {
    /// The id as it was stored in the settings.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CameraId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One attached camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// What to store to find it again.
    pub id: CameraId,
    /// The model as its maker calls it.
    pub name: String,
}

/// The cameras that are attached and may be opened, in the system's order.
///
/// On Linux without the metadata nodes that USB cameras bring along. Empty when there is none, when access is
/// refused, and when the system's listing fails.
pub fn cameras() -> Vec<CameraInfo> {
    attached().usable.into_iter().map(|found| found.info).collect()
}

/// What a look at the system found.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    pub(crate) usable: Vec<Found>,
    /// Whether a device was seen that this process may not open.
    pub(crate) denied: bool,
}

/// A camera and where it is at this moment.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) info: CameraInfo,
    pub(crate) index: CameraIndex,
}

#[cfg(target_os = "linux")]
pub(crate) use crate::linux::attached;

#[cfg(not(target_os = "linux"))]
pub(crate) fn attached() -> Attached {
    let backend = nokhwa::utils::ApiBackend::Auto;
    let listed = std::panic::catch_unwind(|| nokhwa::query(backend))
        .ok()
        .and_then(Result::ok);
    let usable = listed
        .unwrap_or_default()
        .into_iter()
        .map(|camera| {
            let unique = camera.misc();
            let id = if unique.is_empty() {
                camera.human_name()
            } else {
                unique
            };
            let info = CameraInfo {
                id: CameraId(id),
                name: camera.human_name(),
            };
            Found {
                info,
                index: camera.index().clone(),
            }
        })
        .collect();
    Attached {
        usable,
        denied: false,
    }
}
