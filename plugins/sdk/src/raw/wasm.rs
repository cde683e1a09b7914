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
