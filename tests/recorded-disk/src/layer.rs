//! The layer in front of SQLite's own: a copy of its table of functions in which opening and deleting are replaced,
//! and for each file of a recorded folder a copy of its methods in which writing, truncating, syncing and closing
//! are.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rusqlite::ffi::{
    SQLITE_IOERR, SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_OPEN_CREATE,
    SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_SUPER_JOURNAL, SQLITE_OPEN_WAL, sqlite3_file, sqlite3_filename,
    sqlite3_int64, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::tape::{FileNumber, Operation, Refusal, Tape, tape_of};

/// The name of the layer.
const NAME: &CStr = c"gatepost-recorded";

/// Files whose first sync also syncs their folder (`UNIXFILE_DIRSYNC` in SQLite's `os_unix.c`).
const SYNCED_WITH_FOLDER: c_int = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;

/// SQLite's own functions. Found once and never gone: SQLite keeps them in a static.
struct Own {
    open: unsafe extern "C" fn(
        *mut sqlite3_vfs,
        sqlite3_filename,
        *mut sqlite3_file,
        c_int,
        *mut c_int,
    ) -> c_int,
    delete: unsafe extern "C" fn(*mut sqlite3_vfs, *const c_char, c_int) -> c_int,
}

static OWN: OnceLock<Own> = OnceLock::new();

/// Puts the layer in front of SQLite's own, once per process.
pub(crate) fn register() {
    OWN.get_or_init(|| {
        // SAFETY: a null name asks for the default; SQLite initialises itself and returns null or a table that
        // stays where it is.
        let own = unsafe { sqlite3_vfs_find(std::ptr::null()).as_ref() };
        let own = own.expect("SQLite is built with a file system");
        let open = own.xOpen.expect("every file system opens");
        let delete = own.xDelete.expect("every file system deletes");
        let layer = Box::leak(Box::new(sqlite3_vfs {
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            xOpen: Some(opened),
            xDelete: Some(deleted),
            ..*own
        }));
        // SAFETY: the table is valid, is never freed, and is not registered twice.
        let registered = unsafe { sqlite3_vfs_register(layer, 1) };
        assert_eq!(registered, SQLITE_OK, "SQLite takes another file system");
        Own { open, delete }
    });
}

/// What stands in the place of a recorded file's methods. The methods come first: SQLite sees only them.
#[repr(C)]
struct Recorded {
    methods: sqlite3_io_methods,
    own: *const sqlite3_io_methods,
    tape: Arc<Tape>,
    file: FileNumber,
}

/// The recorder of a file.
///
/// # Safety
/// `file` is open and its methods were replaced by [`opened`].
unsafe fn recorded<'file>(file: *mut sqlite3_file) -> &'file Recorded {
    // SAFETY: `opened` let the methods point to the first field of a `Recorded`, which lives until `closed`.
    unsafe { &*(*file).pMethods.cast::<Recorded>() }
}

/// SQLite's own methods of a recorded file.
///
/// # Safety
/// As [`recorded`].
unsafe fn own_methods<'file>(file: *mut sqlite3_file) -> &'file sqlite3_io_methods {
    // SAFETY: they came from SQLite's own `xOpen`, which points them to a static.
    unsafe { &*recorded(file).own }
}

/// # Safety
/// `name` is null or ends with a zero byte, as SQLite promises.
unsafe fn path_of<'name>(name: *const c_char) -> Option<&'name Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, and the rest is the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" fn opened(
    layer: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let Some(own) = OWN.get() else { return SQLITE_IOERR };
    // SAFETY: SQLite's promise about the names it opens.
    let path = unsafe { path_of(name) };
    let recorded = path.and_then(|path| Some((path, tape_of(path)?)));
    let is_new = recorded.as_ref().is_some_and(|(path, _)| !path.exists());
    // SAFETY: the arguments are SQLite's; this table is a copy of the one that the function belongs to.
    let outcome = unsafe { (own.open)(layer, name, file, flags, flags_out) };
    if outcome != SQLITE_OK {
        return outcome;
    }
    if let Some((path, tape)) = recorded {
        let folder_with_first_sync = flags & SQLITE_OPEN_CREATE != 0 && flags & SYNCED_WITH_FOLDER != 0;
        let number = tape.opened(path, is_new, folder_with_first_sync);
        // SAFETY: `xOpen` succeeded, so the methods of the file are set and never change (SQLite keeps a static
        // for each way of locking).
        let own = unsafe { (*file).pMethods };
        let recorded = Box::new(Recorded {
            methods: sqlite3_io_methods {
                xClose: Some(closed),
                xWrite: Some(written),
                xTruncate: Some(truncated),
                xSync: Some(synced),
                // SAFETY: as above; a table of numbers and functions may be copied.
                ..unsafe { *own }
            },
            own,
            tape,
            file: number,
        });
        // SAFETY: as above. `closed` takes the box back.
        unsafe { (*file).pMethods = Box::into_raw(recorded).cast() };
    }
    SQLITE_OK
}

unsafe extern "C" fn deleted(layer: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    let Some(own) = OWN.get() else { return SQLITE_IOERR };
    // SAFETY: the arguments are SQLite's; this table is a copy of the one that the function belongs to.
    let outcome = unsafe { (own.delete)(layer, name, sync_folder) };
    // SAFETY: SQLite's promise about the names it deletes.
    let path = unsafe { path_of(name) };
    if let (SQLITE_OK, Some(path)) = (outcome, path)
        && let Some(tape) = tape_of(path)
    {
        tape.deleted(path, sync_folder != 0);
    }
    outcome
}

unsafe extern "C" fn closed(file: *mut sqlite3_file) -> c_int {
    // SAFETY: only files that `opened` prepared have this method, and SQLite closes each once: the box that
    // `opened` made comes back, and the file has its own methods again before they are called.
    let recorded = unsafe {
        let recorded = Box::from_raw((*file).pMethods.cast::<Recorded>().cast_mut());
        (*file).pMethods = recorded.own;
        recorded
    };
    // SAFETY: SQLite's own methods live as long as the process.
    let close = unsafe { (*recorded.own).xClose };
    // SAFETY: the file is open and has its own methods.
    unsafe { close.expect("every file closes")(file) }
}

unsafe extern "C" fn written(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: only files that `opened` prepared have this method.
    let (recorded, own) = unsafe { (recorded(file), own_methods(file)) };
    if recorded.tape.refuses(Refusal::Write) {
        return SQLITE_IOERR_WRITE;
    }
    // SAFETY: the arguments are SQLite's.
    let outcome = unsafe { own.xWrite.expect("every file is written")(file, bytes, count, at) };
    if let (SQLITE_OK, Ok(count), Ok(at)) = (outcome, usize::try_from(count), usize::try_from(at)) {
        // SAFETY: SQLite's promise to `xWrite`: so many bytes are there.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
        recorded.tape.asked(Operation::Write {
            file: recorded.file,
            at,
            bytes: bytes.to_vec(),
        });
    }
    outcome
}

unsafe extern "C" fn truncated(file: *mut sqlite3_file, length: sqlite3_int64) -> c_int {
    // SAFETY: only files that `opened` prepared have this method.
    let (recorded, own) = unsafe { (recorded(file), own_methods(file)) };
    // SAFETY: the arguments are SQLite's.
    let outcome = unsafe { own.xTruncate.expect("every file is cut")(file, length) };
    if let (SQLITE_OK, Ok(length)) = (outcome, usize::try_from(length)) {
        recorded.tape.asked(Operation::Truncate {
            file: recorded.file,
            length,
        });
    }
    outcome
}

unsafe extern "C" fn synced(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: only files that `opened` prepared have this method.
    let (recorded, own) = unsafe { (recorded(file), own_methods(file)) };
    if recorded.tape.refuses_sync(recorded.file) {
        return SQLITE_IOERR_FSYNC;
    }
    // SAFETY: the arguments are SQLite's.
    let outcome = unsafe { own.xSync.expect("every file is synced")(file, flags) };
    if outcome == SQLITE_OK {
        recorded.tape.asked(Operation::Sync { file: recorded.file });
    }
    outcome
}
