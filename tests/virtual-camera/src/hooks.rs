//! The functions of the C library that this library stands before.
//!
//! Each passes everything on that is not about the virtual camera. `open`, `ioctl` and `syscall` are variadic in
//! C; here they are defined with as many fixed parameters as can come, which on 64-bit Linux arrive in the same
//! registers and stack places. What a caller left out is some number that is passed on and never used.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::fs::{self, File};
use std::os::fd::{FromRawFd, IntoRawFd};
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use crate::control::ControlFile;
use crate::device::{Device, Errno, Readiness};

/// The node that is virtual.
const NODE: &CStr = c"/dev/video0";

/// The folder whose listing is virtual: it holds the node's name and nothing else, so that neither a node of the
/// machine is needed nor a camera of the machine is seen.
const DEVICES: &CStr = c"/dev";

/// Names the control file.
const VARIABLE: &str = "GATEPOST_VIRTUAL_CAMERA";

/// No descriptor.
const NONE: i32 = -1;

/// The camera's open descriptors. Without a lock: every `syscall` of the process is looked up here, those
/// that locks are made of among them.
static DESCRIPTORS: [AtomicI32; 32] = [const { AtomicI32::new(NONE) }; 32];

fn is_virtual(descriptor: c_int) -> bool {
    descriptor >= 0
        && DESCRIPTORS
            .iter()
            .any(|one| one.load(Ordering::Acquire) == descriptor)
}

/// Puts `to` where `from` is.
fn replace_descriptor(from: i32, to: i32) -> bool {
    DESCRIPTORS.iter().any(|one| {
        one.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    })
}

/// The camera; none when the variable names no control file.
fn device() -> Option<MutexGuard<'static, Device>> {
    static DEVICE: OnceLock<Option<Mutex<Device>>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| {
        let path = std::env::var_os(VARIABLE)?;
        Some(Mutex::new(Device::new(ControlFile::new(path.into()))))
    });
    // The device does not panic half-way; if it did, its answers would be odd, not unsound.
    device
        .as_ref()
        .map(|device| device.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A function of the C library itself, looked up once.
struct Original {
    name: &'static CStr,
    address: AtomicPtr<c_void>,
}

impl Original {
    const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            address: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Where it is. Ends the process when the C library has no such function, as nothing could work then.
    fn address(&self) -> *mut c_void {
        let known = self.address.load(Ordering::Relaxed);
        if !known.is_null() {
            return known;
        }
        // SAFETY: the name is a C string; RTLD_NEXT asks for the next library's function, not for this one.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        if found.is_null() {
            std::process::abort();
        }
        self.address.store(found, Ordering::Relaxed);
        found
    }
}

/// Sets `errno` and is the C library's sign of failure.
fn fail(error: Errno) -> c_int {
    // SAFETY: the C library gives each thread its own, always valid place for the number.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// Whether `path` is the camera's node and there is a camera to stand in for it.
///
/// # Safety
///
/// `path` is null or a C string.
unsafe fn opens_camera(path: *const c_char) -> bool {
    // SAFETY: the caller promises a C string behind a pointer that is not null.
    !path.is_null() && unsafe { CStr::from_ptr(path) } == NODE && device().is_some()
}

/// A new descriptor of the camera.
fn open_camera() -> c_int {
    let Some(mut device) = device() else {
        return fail(libc::ENOENT);
    };
    if let Err(error) = device.admit() {
        return fail(error);
    }
    // SAFETY: the name is a C string.
    let descriptor = unsafe { libc::memfd_create(c"virtual camera".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return -1;
    }
    // SAFETY: the descriptor was just made and has no other owner.
    let memory = unsafe { File::from_raw_fd(descriptor) };
    let Ok(given) = memory.try_clone().map(IntoRawFd::into_raw_fd) else {
        return fail(libc::EMFILE);
    };
    if !replace_descriptor(NONE, given) {
        // SAFETY: the descriptor was just made and is given to nobody.
        drop(unsafe { File::from_raw_fd(given) });
        return fail(libc::EMFILE);
    }
    device.opened(given, memory);
    given
}

/// `open(2)`.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    static ORIGINAL: Original = Original::new(c"open");
    // SAFETY: the caller passes a path as to the C function.
    if unsafe { opens_camera(path) } {
        return open_camera();
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(*const c_char, c_int, ...) -> c_int =
            std::mem::transmute(ORIGINAL.address());
        original(path, flags, mode)
    }
}

/// `open64(3)`.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    static ORIGINAL: Original = Original::new(c"open64");
    // SAFETY: the caller passes a path as to the C function.
    if unsafe { opens_camera(path) } {
        return open_camera();
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(*const c_char, c_int, ...) -> c_int =
            std::mem::transmute(ORIGINAL.address());
        original(path, flags, mode)
    }
}

/// `openat(2)`.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn openat(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
    mode: c_uint,
) -> c_int {
    static ORIGINAL: Original = Original::new(c"openat");
    // SAFETY: the caller passes a path as to the C function. The node's path is absolute.
    if unsafe { opens_camera(path) } {
        return open_camera();
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(c_int, *const c_char, c_int, ...) -> c_int =
            std::mem::transmute(ORIGINAL.address());
        original(folder, path, flags, mode)
    }
}

/// What is listed instead of `/dev`: a folder beside the control file. None when it cannot be made.
fn listed_devices() -> Option<&'static CStr> {
    static FOLDER: OnceLock<Option<CString>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let mut folder = std::env::var_os(VARIABLE)?;
        folder.push(".devices");
        fs::create_dir_all(&folder).ok()?;
        File::create(Path::new(&folder).join("video0")).ok()?;
        CString::new(folder.into_encoded_bytes()).ok()
    });
    folder.as_deref()
}

/// `opendir(3)`: the listing of cameras begins with it.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn opendir(path: *const c_char) -> *mut libc::DIR {
    static ORIGINAL: Original = Original::new(c"opendir");
    // SAFETY: the caller passes a path as to the C function; it may be null here.
    let is_devices = !path.is_null() && unsafe { CStr::from_ptr(path) } == DEVICES;
    let instead = is_devices.then(listed_devices).flatten();
    // SAFETY: the address is that of the C function with this parameter: the caller's, or a C string that lives on.
    unsafe {
        let original: unsafe extern "C" fn(*const c_char) -> *mut libc::DIR =
            std::mem::transmute(ORIGINAL.address());
        original(instead.map_or(path, CStr::as_ptr))
    }
}

/// `close(2)`.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    static ORIGINAL: Original = Original::new(c"close");
    if is_virtual(descriptor) {
        replace_descriptor(descriptor, NONE);
        if let Some(mut device) = device() {
            device.closed(descriptor);
        }
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(c_int) -> c_int = std::mem::transmute(ORIGINAL.address());
        original(descriptor)
    }
}

/// Answers a request to the camera.
///
/// # Safety
///
/// `argument` is what `ioctl(2)` demands for the request.
unsafe fn camera_ioctl(descriptor: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    let Some(mut device) = device() else {
        return fail(libc::ENODEV);
    };
    // SAFETY: the caller's promise is the one that is asked for. Callers that pass the number as a signed int
    // extend its sign; V4L2's numbers have 32 bits.
    match unsafe { device.ioctl(descriptor, request & 0xFFFF_FFFF, argument) } {
        Ok(()) => 0,
        Err(error) => fail(error),
    }
}

/// `ioctl(2)`.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn ioctl(descriptor: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    static ORIGINAL: Original = Original::new(c"ioctl");
    if is_virtual(descriptor) {
        // SAFETY: the caller passes what the request demands.
        return unsafe { camera_ioctl(descriptor, request, argument) };
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(c_int, c_ulong, ...) -> c_int =
            std::mem::transmute(ORIGINAL.address());
        original(descriptor, request, argument)
    }
}

/// `syscall(2)`: crate `v4l` makes its requests through it.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn syscall(
    number: c_long,
    first: c_long,
    second: c_long,
    third: c_long,
    fourth: c_long,
    fifth: c_long,
    sixth: c_long,
) -> c_long {
    static ORIGINAL: Original = Original::new(c"syscall");
    if number == libc::SYS_ioctl && is_virtual(first as c_int) {
        // SAFETY: the arguments of this system call are those of `ioctl`, and the caller passes what it demands.
        return unsafe {
            c_long::from(camera_ioctl(
                first as c_int,
                second as c_ulong,
                third as *mut c_void,
            ))
        };
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(c_long, ...) -> c_long = std::mem::transmute(ORIGINAL.address());
        original(number, first, second, third, fourth, fifth, sixth)
    }
}

/// `poll(2)`.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn poll(
    polled: *mut libc::pollfd,
    count: libc::nfds_t,
    timeout: c_int,
) -> c_int {
    static ORIGINAL: Original = Original::new(c"poll");
    if count == 1 {
        // SAFETY: the caller passes `count` structures that are its own during the call.
        if let Some(one) = unsafe { polled.as_mut() }.filter(|one| is_virtual(one.fd)) {
            return poll_camera(one, timeout);
        }
    }
    // SAFETY: the address is that of the C function with these parameters; they are passed on as they came.
    unsafe {
        let original: unsafe extern "C" fn(*mut libc::pollfd, libc::nfds_t, c_int) -> c_int =
            std::mem::transmute(ORIGINAL.address());
        original(polled, count, timeout)
    }
}

/// Waits until the camera has a frame or an error, `timeout` milliseconds at most (negative: for ever).
fn poll_camera(polled: &mut libc::pollfd, timeout: c_int) -> c_int {
    let patience = u64::try_from(timeout).ok().map(std::time::Duration::from_millis);
    let started = Instant::now();
    polled.revents = 0;
    loop {
        // The lock is given back before the wait.
        let readiness = device().map(|mut device| device.readiness(polled.fd));
        let wait = match readiness {
            Some(Readiness::Ready(events)) => {
                polled.revents = events & (polled.events | libc::POLLERR | libc::POLLHUP);
                return 1;
            }
            Some(Readiness::Wait(wait)) => wait,
            None => return fail(libc::ENODEV),
        };
        let left = patience.map(|patience| patience.saturating_sub(started.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return 0;
        }
        std::thread::sleep(left.map_or(wait, |left| left.min(wait)));
    }
}
