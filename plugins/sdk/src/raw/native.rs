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

pub(crate) fn input_name(index: u32, into: &mut [u8]) -> i32 {
    with_current(-1, |host| host.input_name(index, into))
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

pub(crate) fn now() -> Option<u64> {
    with_current(None, |host| host.now())
}

pub(crate) fn random(into: &mut [u8]) -> bool {
    with_current(false, |host| host.random(into))
}

pub(crate) fn file_size(path: &str) -> Option<u64> {
    with_current(None, |host| host.file_size(path))
}

pub(crate) fn file_read(path: &str, offset: u64, into: &mut [u8]) -> Option<usize> {
    with_current(None, |host| host.file_read(path, offset, into))
}

pub(crate) fn file_list(path: &str, offset: u64, into: &mut [u8]) -> Option<u64> {
    with_current(None, |host| host.file_list(path, offset, into))
}

pub(crate) fn file_write(path: &str, offset: u64, bytes: &[u8]) -> bool {
    with_current(false, |host| host.file_write(path, offset, bytes))
}

pub(crate) fn file_resize(path: &str, size: u64) -> bool {
    with_current(false, |host| host.file_resize(path, size))
}

pub(crate) fn file_remove(path: &str) -> bool {
    with_current(false, |host| host.file_remove(path))
}

pub(crate) fn http_send(request: &[u8]) -> Option<u16> {
    with_current(None, |host| host.http_send(request))
}

pub(crate) fn http_len() -> Option<u64> {
    with_current(None, |host| host.http_len())
}

pub(crate) fn http_read(offset: u64, into: &mut [u8]) -> Option<usize> {
    with_current(None, |host| host.http_read(offset, into))
}

pub(crate) fn http_header(name: &str, into: &mut [u8]) -> Option<usize> {
    with_current(None, |host| host.http_header(name, into))
}

pub(crate) fn clipboard_read(offset: u64, into: &mut [u8]) -> Option<u64> {
    with_current(None, |host| host.clipboard_read(offset, into))
}

pub(crate) fn clipboard_write(text: &str) -> bool {
    with_current(false, |host| host.clipboard_write(text))
}

pub(crate) fn setting_f64(index: u32) -> f64 {
    with_current(f64::NAN, |host| host.setting_f64(index))
}

pub(crate) fn setting_text(index: u32, into: &mut [u8]) -> i32 {
    with_current(-1, |host| host.setting_text(index, into))
}

pub(crate) fn notify(text: &str) -> bool {
    with_current(false, |host| host.notify(text))
}
