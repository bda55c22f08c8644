//! The camera's answers to the V4L2 requests that a capturing program makes.

use std::ffi::c_void;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use libc::{EACCES, EAGAIN, EBUSY, EFAULT, EINVAL, EIO, ENODEV, ENOENT, ENOTTY};
use v4l::v4l_sys::{
    V4L2_BUF_FLAG_DONE, V4L2_BUF_FLAG_MAPPED, V4L2_BUF_FLAG_QUEUED, V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
    V4L2_CAP_DEVICE_CAPS, V4L2_CAP_STREAMING, V4L2_CAP_TIMEPERFRAME, V4L2_CAP_VIDEO_CAPTURE,
    V4L2_FMT_FLAG_COMPRESSED, timeval, v4l2_buf_type_V4L2_BUF_TYPE_VIDEO_CAPTURE, v4l2_buffer,
    v4l2_capability, v4l2_captureparm, v4l2_colorspace_V4L2_COLORSPACE_SRGB, v4l2_field_V4L2_FIELD_NONE,
    v4l2_fmtdesc, v4l2_format, v4l2_fract, v4l2_frmivalenum, v4l2_frmivaltypes_V4L2_FRMIVAL_TYPE_DISCRETE,
    v4l2_frmsize_discrete, v4l2_frmsizeenum, v4l2_frmsizetypes_V4L2_FRMSIZE_TYPE_DISCRETE,
    v4l2_memory_V4L2_MEMORY_MMAP, v4l2_pix_format, v4l2_requestbuffers, v4l2_streamparm,
};
use v4l::v4l2::vidioc;

use crate::control::{Control, ControlFile, Mode, Scene};
use crate::stream::Stream;

/// An error number as the C library knows it.
pub(crate) type Errno = i32;

/// How often a waiting program looks whether the control file changed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The mode of a camera that has stalled from the start and never said one.
const MODE_AT_FIRST: Mode = Mode {
    fourcc: *b"YUYV",
    width: 1280,
    height: 720,
    frames_per_second: 30,
};

const CAPTURE: u32 = v4l2_buf_type_V4L2_BUF_TYPE_VIDEO_CAPTURE;

/// What `poll` finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// These events, at once.
    Ready(i16),
    /// Nothing yet; look again after this long.
    Wait(Duration),
}

/// An open file descriptor of the camera.
#[derive(Debug)]
struct Handle {
    descriptor: i32,
    /// The file behind the descriptor; the program maps the buffers from it.
    memory: File,
    /// Was open while the camera went away. A camera that comes back is another one.
    unplugged: bool,
}

/// The one camera of this process.
#[derive(Debug)]
pub(crate) struct Device {
    file: ControlFile,
    mode: Mode,
    handles: Vec<Handle>,
    stream: Option<Stream>,
}

impl Device {
    pub(crate) fn new(file: ControlFile) -> Self {
        Self {
            file,
            mode: MODE_AT_FIRST,
            handles: Vec::new(),
            stream: None,
        }
    }

    /// Whether the camera may be opened now.
    pub(crate) fn admit(&mut self) -> Result<(), Errno> {
        match self.look() {
            Control::Gone => Err(ENOENT),
            Control::Shows(scene) if scene.denied => Err(EACCES),
            Control::Stalled | Control::Shows(_) => Ok(()),
        }
    }

    /// Notes an opened descriptor and the file behind it.
    pub(crate) fn opened(&mut self, descriptor: i32, memory: File) {
        self.handles.push(Handle {
            descriptor,
            memory,
            unplugged: false,
        });
    }

    pub(crate) fn closed(&mut self, descriptor: i32) {
        self.handles.retain(|handle| handle.descriptor != descriptor);
        if self
            .stream
            .as_ref()
            .is_some_and(|stream| stream.owner == descriptor)
        {
            self.stream = None;
        }
    }

    pub(crate) fn readiness(&mut self, descriptor: i32) -> Readiness {
        let control = self.look();
        if self.is_unplugged(descriptor) {
            return Readiness::Ready(libc::POLLERR | libc::POLLHUP);
        }
        let Some(stream) = self.stream.as_ref().filter(|stream| stream.running) else {
            return Readiness::Ready(libc::POLLERR);
        };
        match (control, stream.wait()) {
            (Control::Shows(_), Some(Duration::ZERO)) => Readiness::Ready(libc::POLLIN | libc::POLLRDNORM),
            (Control::Shows(_), Some(wait)) => Readiness::Wait(wait.min(LOOK_EVERY)),
            (Control::Gone | Control::Stalled | Control::Shows(_), _) => Readiness::Wait(LOOK_EVERY),
        }
    }

    /// Answers one request.
    ///
    /// # Safety
    ///
    /// `argument` points to the structure that the request's number stands for, alone, for this call: what the
    /// kernel demands of a caller of `ioctl`.
    pub(crate) unsafe fn ioctl(
        &mut self,
        descriptor: i32,
        request: u64,
        argument: *mut c_void,
    ) -> Result<(), Errno> {
        let control = self.look();
        if self.is_unplugged(descriptor) {
            return Err(ENODEV);
        }
        // SAFETY: in every arm the caller promises that `argument` points to the request's own structure.
        unsafe {
            match request {
                vidioc::VIDIOC_QUERYCAP => describe_camera(structure(argument)?),
                vidioc::VIDIOC_ENUM_FMT => describe_format(self.mode, structure(argument)?)?,
                vidioc::VIDIOC_ENUM_FRAMESIZES => describe_size(self.mode, structure(argument)?)?,
                vidioc::VIDIOC_ENUM_FRAMEINTERVALS => describe_rate(self.mode, structure(argument)?)?,
                vidioc::VIDIOC_G_FMT | vidioc::VIDIOC_TRY_FMT => self.tell_format(structure(argument)?)?,
                vidioc::VIDIOC_S_FMT => self.set_format(&control, structure(argument)?)?,
                vidioc::VIDIOC_G_PARM | vidioc::VIDIOC_S_PARM => self.tell_rate(structure(argument)?)?,
                vidioc::VIDIOC_REQBUFS => self.request_buffers(&control, descriptor, structure(argument)?)?,
                vidioc::VIDIOC_QUERYBUF => self.describe_buffer(descriptor, structure(argument)?)?,
                vidioc::VIDIOC_QBUF => self.queue(descriptor, structure(argument)?)?,
                vidioc::VIDIOC_DQBUF => self.dequeue(&control, descriptor, structure(argument)?)?,
                vidioc::VIDIOC_STREAMON => self.own_stream(descriptor)?.start(),
                vidioc::VIDIOC_STREAMOFF => self.stop(descriptor)?,
                // No controls (brightness and the like).
                vidioc::VIDIOC_QUERYCTRL | vidioc::VIDIOC_QUERY_EXT_CTRL => return Err(EINVAL),
                _ => return Err(ENOTTY),
            }
        }
        Ok(())
    }

    /// Reads the control file and lets what is open feel it.
    fn look(&mut self) -> Control {
        let control = self.file.read();
        let same_camera = match &control {
            Control::Gone => false,
            Control::Stalled => true,
            Control::Shows(scene) => scene.mode == self.mode,
        };
        if !same_camera {
            self.handles.iter_mut().for_each(|handle| handle.unplugged = true);
            self.stream = None;
        }
        if let Control::Shows(scene) = &control {
            self.mode = scene.mode;
        }
        control
    }

    fn is_unplugged(&self, descriptor: i32) -> bool {
        self.handles
            .iter()
            .any(|handle| handle.descriptor == descriptor && handle.unplugged)
    }

    fn own_stream(&mut self, descriptor: i32) -> Result<&mut Stream, Errno> {
        match &mut self.stream {
            Some(stream) if stream.owner == descriptor => Ok(stream),
            Some(_) => Err(EBUSY),
            None => Err(EINVAL),
        }
    }

    fn tell_format(&self, format: &mut v4l2_format) -> Result<(), Errno> {
        if format.type_ != CAPTURE {
            return Err(EINVAL);
        }
        // SAFETY: the structure is plain numbers, for which all zeros is a value.
        let mut picture: v4l2_pix_format = unsafe { std::mem::zeroed() };
        let is_jpeg = self.mode.fourcc == *b"MJPG";
        picture.width = self.mode.width;
        picture.height = self.mode.height;
        picture.pixelformat = u32::from_le_bytes(self.mode.fourcc);
        picture.field = v4l2_field_V4L2_FIELD_NONE;
        picture.bytesperline = if is_jpeg { 0 } else { self.mode.width * 2 };
        picture.sizeimage = self.mode.picture_bytes();
        picture.colorspace = v4l2_colorspace_V4L2_COLORSPACE_SRGB;
        format.fmt.pix = picture;
        Ok(())
    }

    /// There is one mode: whatever is asked for, that one is set.
    fn set_format(&self, control: &Control, format: &mut v4l2_format) -> Result<(), Errno> {
        if self.stream.is_some() || shown(control).is_some_and(|scene| scene.busy) {
            return Err(EBUSY);
        }
        self.tell_format(format)
    }

    fn tell_rate(&self, parameters: &mut v4l2_streamparm) -> Result<(), Errno> {
        if parameters.type_ != CAPTURE {
            return Err(EINVAL);
        }
        // SAFETY: the structure is plain numbers, for which all zeros is a value.
        let mut capture: v4l2_captureparm = unsafe { std::mem::zeroed() };
        capture.capability = V4L2_CAP_TIMEPERFRAME;
        capture.timeperframe = v4l2_fract {
            numerator: 1,
            denominator: self.mode.frames_per_second,
        };
        parameters.parm.capture = capture;
        Ok(())
    }

    fn request_buffers(
        &mut self,
        control: &Control,
        descriptor: i32,
        request: &mut v4l2_requestbuffers,
    ) -> Result<(), Errno> {
        if request.type_ != CAPTURE || request.memory != v4l2_memory_V4L2_MEMORY_MMAP {
            return Err(EINVAL);
        }
        let held = self
            .stream
            .as_ref()
            .is_some_and(|stream| stream.owner != descriptor || stream.running);
        if held || shown(control).is_some_and(|scene| scene.busy) {
            return Err(EBUSY);
        }
        self.stream = None;
        if request.count == 0 {
            return Ok(());
        }
        let handle = self
            .handles
            .iter()
            .find(|handle| handle.descriptor == descriptor)
            .ok_or(EINVAL)?;
        let memory = handle.memory.try_clone().map_err(|_| EIO)?;
        request.count = request.count.clamp(2, 8);
        self.stream = Some(Stream::new(descriptor, self.mode, memory, request.count).map_err(|_| EIO)?);
        Ok(())
    }

    fn describe_buffer(&mut self, descriptor: i32, buffer: &mut v4l2_buffer) -> Result<(), Errno> {
        let index = buffer.index;
        let stream = self.own_stream(descriptor)?;
        if !stream.has_buffer(index) {
            return Err(EINVAL);
        }
        buffer.length = stream.buffer_bytes();
        buffer.m.offset = index * stream.buffer_bytes();
        buffer.flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        Ok(())
    }

    fn queue(&mut self, descriptor: i32, buffer: &mut v4l2_buffer) -> Result<(), Errno> {
        let index = buffer.index;
        let stream = self.own_stream(descriptor)?;
        if !stream.has_buffer(index) {
            return Err(EINVAL);
        }
        stream.queue(index);
        buffer.flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_QUEUED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        Ok(())
    }

    fn dequeue(&mut self, control: &Control, descriptor: i32, buffer: &mut v4l2_buffer) -> Result<(), Errno> {
        let stream = self.own_stream(descriptor)?;
        if !stream.running {
            return Err(EINVAL);
        }
        let scene = shown(control).ok_or(EAGAIN)?;
        let filled = stream.fill(scene).map_err(|_| EIO)?.ok_or(EAGAIN)?;
        buffer.index = filled.buffer;
        buffer.bytesused = filled.bytes_used;
        buffer.sequence = filled.sequence;
        buffer.length = stream.buffer_bytes();
        buffer.m.offset = filled.buffer * stream.buffer_bytes();
        buffer.field = v4l2_field_V4L2_FIELD_NONE;
        buffer.flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_DONE | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        buffer.timestamp = monotonic_now();
        Ok(())
    }

    /// Stopping what does not run is no error; stopping another's stream is.
    fn stop(&mut self, descriptor: i32) -> Result<(), Errno> {
        if self.stream.is_none() {
            return Ok(());
        }
        self.own_stream(descriptor)?.stop();
        Ok(())
    }
}

fn shown(control: &Control) -> Option<&Arc<Scene>> {
    match control {
        Control::Shows(scene) => Some(scene),
        Control::Gone | Control::Stalled => None,
    }
}

fn describe_camera(capabilities: &mut v4l2_capability) {
    // SAFETY: the structure is plain numbers, for which all zeros is a value.
    *capabilities = unsafe { std::mem::zeroed() };
    put_text(&mut capabilities.driver, "gatepost");
    put_text(&mut capabilities.card, "Virtual camera");
    put_text(&mut capabilities.bus_info, "platform:gatepost-virtual");
    capabilities.version = 0x0001_0000;
    capabilities.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    capabilities.capabilities = capabilities.device_caps | V4L2_CAP_DEVICE_CAPS;
}

fn describe_format(mode: Mode, description: &mut v4l2_fmtdesc) -> Result<(), Errno> {
    if description.index != 0 || description.type_ != CAPTURE {
        return Err(EINVAL);
    }
    description.pixelformat = u32::from_le_bytes(mode.fourcc);
    description.flags = if mode.fourcc == *b"MJPG" {
        V4L2_FMT_FLAG_COMPRESSED
    } else {
        0
    };
    description.description = [0; 32];
    description.description[..4].copy_from_slice(&mode.fourcc);
    Ok(())
}

fn describe_size(mode: Mode, size: &mut v4l2_frmsizeenum) -> Result<(), Errno> {
    if size.index != 0 || size.pixel_format != u32::from_le_bytes(mode.fourcc) {
        return Err(EINVAL);
    }
    size.type_ = v4l2_frmsizetypes_V4L2_FRMSIZE_TYPE_DISCRETE;
    size.__bindgen_anon_1.discrete = v4l2_frmsize_discrete {
        width: mode.width,
        height: mode.height,
    };
    Ok(())
}

fn describe_rate(mode: Mode, rate: &mut v4l2_frmivalenum) -> Result<(), Errno> {
    let offered = (u32::from_le_bytes(mode.fourcc), mode.width, mode.height);
    if rate.index != 0 || (rate.pixel_format, rate.width, rate.height) != offered {
        return Err(EINVAL);
    }
    rate.type_ = v4l2_frmivaltypes_V4L2_FRMIVAL_TYPE_DISCRETE;
    rate.__bindgen_anon_1.discrete = v4l2_fract {
        numerator: 1,
        denominator: mode.frames_per_second,
    };
    Ok(())
}

/// ASCII text, filled up with zeros; the last byte stays zero.
fn put_text(field: &mut [u8], text: &str) {
    let length = text.len().min(field.len() - 1);
    field[..length].copy_from_slice(&text.as_bytes()[..length]);
}

/// The clock of V4L2 timestamps.
fn monotonic_now() -> timeval {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid place to write to; the call writes nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    timeval {
        tv_sec: now.tv_sec,
        tv_usec: now.tv_nsec / 1000,
    }
}

/// The request's structure.
///
/// # Safety
///
/// `argument` is null or points to a `T` that nothing else uses during `'a`.
unsafe fn structure<'a, T>(argument: *mut c_void) -> Result<&'a mut T, Errno> {
    // SAFETY: the caller promises a valid, unshared `T` behind a pointer that is not null.
    unsafe { argument.cast::<T>().as_mut() }.ok_or(EFAULT)
}
