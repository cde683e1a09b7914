use inos_abi::imports;

pub(crate) fn param_f64(index: u32) -> f64 {
    imports::param_f64(index as i32)
}

pub(crate) fn param_i64(index: u32) -> i64 {
    imports::param_i64(index as i32)
}

pub(crate) fn param_text(index: u32, into: &mut [u8]) -> i32 {
    // SAFETY: the host writes at most `len` bytes to the slice.
    unsafe { imports::param_text(index as i32, into.as_mut_ptr(), into.len() as i32) }
}

pub(crate) fn input_count() -> u32 {
    imports::input_count() as u32
}

pub(crate) fn input_len(index: u32) -> Option<u64> {
    u64::try_from(imports::input_len(index as i32)).ok()
}

pub(crate) fn input_name(index: u32, into: &mut [u8]) -> i32 {
    // SAFETY: the host writes at most `len` bytes to the slice.
    unsafe { imports::input_name(index as i32, into.as_mut_ptr(), into.len() as i32) }
}

pub(crate) fn input_map(index: u32, offset: u64, len: u32) -> *const u8 {
    imports::input_map(index as i32, offset as i64, len as i32)
}

pub(crate) fn output_map(index: u32, len: u64) -> *mut u8 {
    imports::output_map(index as i32, len as i64)
}

pub(crate) fn output_len(index: u32, len: u64) -> bool {
    imports::output_len(index as i32, len as i64) == 0
}

pub(crate) fn output_meta(index: u32, media: &str) -> bool {
    // SAFETY: the host only reads the text, during the call.
    unsafe { imports::output_meta(index as i32, media.as_ptr(), media.len() as i32) == 0 }
}

pub(crate) fn result_f64(index: u32, value: f64) -> bool {
    imports::result_f64(index as i32, value) == 0
}

pub(crate) fn channel(index: u32) -> *mut u8 {
    imports::channel(index as i32)
}

pub(crate) fn channel_capacity(index: u32) -> usize {
    imports::channel_capacity(index as i32).max(0) as usize
}

pub(crate) fn channel_publish(index: u32, count: u32) -> bool {
    imports::channel_publish(index as i32, count as i32) == 0
}

pub(crate) fn shared(len: u64) -> *mut u8 {
    imports::shared(len as i64)
}

pub(crate) fn progress(done: u64, total: u64) -> bool {
    imports::progress(done as i64, total as i64) != 0
}

pub(crate) fn log(level: i32, text: &str) {
    // SAFETY: the host only reads the text, during the call.
    unsafe { imports::log(level, text.as_ptr(), text.len() as i32) }
}

pub(crate) fn fail(text: &str) {
    // SAFETY: the host only reads the text, during the call.
    unsafe { imports::fail(text.as_ptr(), text.len() as i32) }
}

pub(crate) fn now() -> Option<u64> {
    u64::try_from(imports::now()).ok()
}

pub(crate) fn random(into: &mut [u8]) -> bool {
    // SAFETY: the host writes at most `len` bytes to the slice.
    unsafe { imports::random(into.as_mut_ptr(), into.len() as i32) == 0 }
}

pub(crate) fn file_size(path: &str) -> Option<u64> {
    // SAFETY: the host only reads the path, during the call; likewise below.
    let size = unsafe { imports::file_size(path.as_ptr(), path.len() as i32) };
    u64::try_from(size).ok()
}

pub(crate) fn file_read(path: &str, offset: u64, into: &mut [u8]) -> Option<usize> {
    let (to, cap) = (into.as_mut_ptr(), into.len() as i32);
    // SAFETY: the host writes at most `cap` bytes to the slice.
    let n = unsafe { imports::file_read(path.as_ptr(), path.len() as i32, offset as i64, to, cap) };
    usize::try_from(n).ok()
}

pub(crate) fn file_list(path: &str, offset: u64, into: &mut [u8]) -> Option<u64> {
    let (to, cap) = (into.as_mut_ptr(), into.len() as i32);
    // SAFETY: the host writes at most `cap` bytes to the slice.
    let whole =
        unsafe { imports::file_list(path.as_ptr(), path.len() as i32, offset as i64, to, cap) };
    u64::try_from(whole).ok()
}

pub(crate) fn file_write(path: &str, offset: u64, bytes: &[u8]) -> bool {
    let (from, len) = (bytes.as_ptr(), bytes.len() as i32);
    // SAFETY: the host only reads path and bytes, during the call.
    unsafe { imports::file_write(path.as_ptr(), path.len() as i32, offset as i64, from, len) == 0 }
}

pub(crate) fn file_resize(path: &str, size: u64) -> bool {
    // SAFETY: as above.
    unsafe { imports::file_resize(path.as_ptr(), path.len() as i32, size as i64) == 0 }
}

pub(crate) fn file_remove(path: &str) -> bool {
    // SAFETY: as above.
    unsafe { imports::file_remove(path.as_ptr(), path.len() as i32) == 0 }
}

pub(crate) fn http_send(request: &[u8]) -> Option<u16> {
    // SAFETY: the host only reads the request, during the call.
    let status = unsafe { imports::http_send(request.as_ptr(), request.len() as i32) };
    u16::try_from(status).ok()
}

pub(crate) fn http_len() -> Option<u64> {
    u64::try_from(imports::http_len()).ok()
}

pub(crate) fn http_read(offset: u64, into: &mut [u8]) -> Option<usize> {
    // SAFETY: the host writes at most `len` bytes to the slice.
    let n = unsafe { imports::http_read(offset as i64, into.as_mut_ptr(), into.len() as i32) };
    usize::try_from(n).ok()
}

pub(crate) fn http_header(name: &str, into: &mut [u8]) -> Option<usize> {
    let (to, cap) = (into.as_mut_ptr(), into.len() as i32);
    // SAFETY: the host reads the name and writes at most `cap` bytes to the slice.
    let len = unsafe { imports::http_header(name.as_ptr(), name.len() as i32, to, cap) };
    usize::try_from(len).ok()
}

pub(crate) fn clipboard_read(offset: u64, into: &mut [u8]) -> Option<u64> {
    let (to, cap) = (into.as_mut_ptr(), into.len() as i32);
    // SAFETY: the host writes at most `cap` bytes to the slice.
    let whole = unsafe { imports::clipboard_read(offset as i64, to, cap) };
    u64::try_from(whole).ok()
}

pub(crate) fn clipboard_write(text: &str) -> bool {
    // SAFETY: the host only reads the text, during the call.
    unsafe { imports::clipboard_write(text.as_ptr(), text.len() as i32) == 0 }
}

pub(crate) fn setting_f64(index: u32) -> f64 {
    imports::setting_f64(index as i32)
}

pub(crate) fn setting_text(index: u32, into: &mut [u8]) -> i32 {
    // SAFETY: the host writes at most `len` bytes to the slice.
    unsafe { imports::setting_text(index as i32, into.as_mut_ptr(), into.len() as i32) }
}

pub(crate) fn notify(text: &str) -> bool {
    // SAFETY: the host only reads the text, during the call.
    unsafe { imports::notify(text.as_ptr(), text.len() as i32) == 0 }
}
