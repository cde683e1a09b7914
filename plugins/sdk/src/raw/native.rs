use crate::host::with_current;

pub(crate) fn param_f64(index: u32) -> f64 {
    with_current(f64::NAN, |host| host.param_f64(index))
}

pub(crate) fn param_i64(index: u32) -> i64 {
    with_current(0, |host| host.param_i64(index))
}

pub(crate) fn param_text(index: u32, into: &mut [u8]) -> i32 {
    with_current(-1, |host| host.param_text(index, into))
}

pub(crate) fn input_count() -> u32 {
    with_current(0, |host| host.input_count())
}

pub(crate) fn input_len(index: u32) -> Option<u64> {
    with_current(None, |host| host.input_len(index))
}

pub(crate) fn input_map(index: u32, offset: u64, len: u32) -> *const u8 {
    with_current(std::ptr::null(), |host| host.input_map(index, offset, len))
}

pub(crate) fn output_map(index: u32, len: u64) -> *mut u8 {
    with_current(std::ptr::null_mut(), |host| host.output_map(index, len))
}

pub(crate) fn output_len(index: u32, len: u64) -> bool {
    with_current(false, |host| host.output_len(index, len))
}

pub(crate) fn output_meta(index: u32, media: &str) -> bool {
    with_current(false, |host| host.output_meta(index, media))
}

pub(crate) fn result_f64(index: u32, value: f64) -> bool {
    with_current(false, |host| host.result_f64(index, value))
}

pub(crate) fn channel(index: u32) -> *mut u8 {
    with_current(std::ptr::null_mut(), |host| host.channel(index))
}

pub(crate) fn channel_capacity(index: u32) -> usize {
    with_current(0, |host| host.channel_capacity(index))
}

pub(crate) fn channel_publish(index: u32, count: u32) -> bool {
    with_current(false, |host| host.channel_publish(index, count))
}

pub(crate) fn shared(len: u64) -> *mut u8 {
    with_current(std::ptr::null_mut(), |host| host.shared(len))
}

pub(crate) fn progress(done: u64, total: u64) -> bool {
    with_current(false, |host| host.progress(done, total))
}

pub(crate) fn log(level: i32, text: &str) {
    with_current((), |host| host.log(level, text));
}

pub(crate) fn fail(text: &str) {
    with_current((), |host| host.fail(text));
}
