//! What can go wrong between a camera and a frame.

use std::path::PathBuf;

/// Why there is no picture, or why one picture had to be dropped.
///
/// The texts are for the log. The screen chooses its own words by [`code`](Self::code).
#[derive(Debug, thiserror::Error)]
pub enum CameraFault {
    /// No camera is attached, or the chosen one is not, or it was unplugged while running.
    #[error("no such camera is attached")]
    Absent,
    /// Another program holds the camera.
    #[error("another program uses the camera")]
    Busy,
    /// The operating system refuses access to the camera.
    #[error("access to the camera is not permitted")]
    NoPermission,
    /// The camera offers no pixel format and size that can be read here.
    #[error("none of the {offered} picture formats of the camera can be used")]
    FormatUnsupported {
        /// How many formats the camera offered.
        offered: usize,
    },
    /// The camera is open and healthy as far as it says, but sends nothing.
    #[error("the camera sends no picture")]
    Stalled,
    /// One picture is damaged; the next may be good. The capture drops and counts it.
    #[error("a picture was damaged: {0}")]
    FrameCorrupt(#[source] FrameDamage),
    /// A recording cannot be replayed. Its path is not in the text, which goes to the log.
    #[error("the recording cannot be read")]
    RecordingUnreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the file system or the format said.
        #[source]
        source: RecordingProblem,
    },
    /// The camera's driver reported something that fits nowhere else.
    #[error("the camera driver failed")]
    DriverFailed(#[source] nokhwa::NokhwaError),
    /// The driver or a decoder panicked; its thread has ended and is replaced.
    #[error("the camera driver panicked")]
    DriverPanicked,
    /// The operating system did not grant a thread for the capture.
    #[error("no thread for the capture")]
    NoThread(#[source] std::io::Error),
}

impl CameraFault {
    /// A code that never changes, for the screen's catalogue and for statistics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent => "camera-absent",
            Self::Busy => "camera-busy",
            Self::NoPermission => "camera-no-permission",
            Self::FormatUnsupported { .. } => "camera-format-unsupported",
            Self::Stalled => "camera-stalled",
            Self::FrameCorrupt(_) => "camera-frame-corrupt",
            Self::RecordingUnreadable { .. } => "camera-recording-unreadable",
            Self::DriverFailed(_) => "camera-driver-failed",
            Self::DriverPanicked => "camera-driver-panicked",
            Self::NoThread(_) => "camera-no-thread",
        }
    }

    /// Whether only this picture is lost and the source can go on.
    pub fn spoils_one_frame_only(&self) -> bool {
        matches!(self, Self::FrameCorrupt(_))
    }
}

/// How a picture is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameDamage {
    /// The bytes do not start with a JPEG's start-of-image marker.
    #[error("not a JPEG")]
    NotJpeg,
    /// The JPEG has no end-of-image marker.
    #[error("the JPEG has no end")]
    NoEnd,
    /// The JPEG decoder gave up, or panicked.
    #[error("the JPEG cannot be decoded")]
    Undecodable,
    /// The picture has another size than the camera promised, or an absurd one.
    #[error("{width}×{height} pixels are not what was agreed")]
    WrongSize {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// Fewer bytes than the size and format need.
    #[error("{given} bytes instead of {needed}")]
    TooShort {
        /// Bytes that came.
        given: usize,
        /// Bytes that a whole picture has.
        needed: usize,
    },
    /// A picture file of a recording cannot be decoded.
    #[error("the picture file cannot be decoded")]
    BadPictureFile,
}

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum RecordingProblem {
    /// The file system refused.
    #[error("reading failed")]
    Io(#[from] std::io::Error),
    /// The folder holds no PNG or JPEG file.
    #[error("the folder holds no PNG or JPEG file")]
    NoPictures,
    /// The first line is not a YUV4MPEG2 header with a usable size.
    #[error("not a YUV4MPEG2 header")]
    BadHeader,
    /// The colour space is one this reader does not know (for instance 10 bits per sample).
    #[error("unknown colour space")]
    UnknownColourSpace,
    /// The file ends before its first whole frame, or a frame marker is missing.
    #[error("no whole frame")]
    NoWholeFrame,
}

impl From<FrameDamage> for CameraFault {
    fn from(damage: FrameDamage) -> Self {
        Self::FrameCorrupt(damage)
    }
}
