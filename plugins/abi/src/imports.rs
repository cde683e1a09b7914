//! The imports of module `inos`. Each may be left unused; nothing else may be imported.

#[link(wasm_import_module = "inos")]
unsafe extern "C" {
    /// Number, flag (0, 1), choice (index) or integer; NaN when there is no such parameter.
    pub safe fn param_f64(index: i32) -> f64;
    /// Integer, flag, choice or a number truncated; 0 when there is no such parameter.
    pub safe fn param_i64(index: i32) -> i64;
    /// Copies up to `cap` bytes; returns the whole length, -1 when there is no such text.
    pub fn param_text(index: i32, ptr: *mut u8, cap: i32) -> i32;
    /// Inputs of this call.
    pub safe fn input_count() -> i32;
    /// Bytes; -1 when there is no such input.
    pub safe fn input_len(index: i32) -> i64;
    /// Copies up to `cap` bytes of an input's name; returns the whole length, -1 when there is no
    /// such input.
    pub fn input_name(index: i32, ptr: *mut u8, cap: i32) -> i32;
    /// Read-only window over a range of an input; null when it is not possible.
    pub safe fn input_map(index: i32, offset: i64, len: i32) -> *const u8;
    /// Writable window of at least `len` bytes; null when refused.
    pub safe fn output_map(index: i32, len: i64) -> *mut u8;
    /// Sets the number of valid bytes; 0, or -1 when refused.
    pub safe fn output_len(index: i32, len: i64) -> i32;
    /// Sets the media type; 0, or -1 when refused.
    pub fn output_meta(index: i32, ptr: *const u8, len: i32) -> i32;
    /// Reports a result of the op; 0, or -1 when there is no such result.
    pub safe fn result_f64(index: i32, value: f64) -> i32;
    /// Address of this tick's slot; null when there is none.
    pub safe fn channel(index: i32) -> *mut u8;
    /// Elements of a slot; 0 when there is no such channel.
    pub safe fn channel_capacity(index: i32) -> i32;
    /// Publishes this tick's slot after the last phase; 0, or -1 when refused.
    pub safe fn channel_publish(index: i32, count: i32) -> i32;
    /// Working memory common to all shards; null when refused.
    pub safe fn shared(len: i64) -> *mut u8;
    /// Returns 1 when the plugin shall stop.
    pub safe fn progress(done: i64, total: i64) -> i32;
    /// Writes a line to the host's log.
    pub fn log(level: i32, ptr: *const u8, len: i32);
    /// Sets the text of the error that is about to be returned.
    pub fn fail(ptr: *const u8, len: i32);
    /// Microseconds since 1970; -1 when refused, like all below.
    pub safe fn now() -> i64;
    /// Fills memory with random bytes; 0, or -1.
    pub fn random(ptr: *mut u8, len: i32) -> i32;
    /// Bytes of a file.
    pub fn file_size(path: *const u8, path_len: i32) -> i64;
    /// Reads up to `cap` bytes from `offset` on; returns how many, 0 at the end.
    pub fn file_read(path: *const u8, path_len: i32, offset: i64, ptr: *mut u8, cap: i32) -> i32;
    /// Names in a folder, a line each: copies up to `cap` bytes of the text from `offset` on;
    /// returns the length of the whole text.
    pub fn file_list(path: *const u8, path_len: i32, offset: i64, ptr: *mut u8, cap: i32) -> i64;
    /// Writes `len` bytes at `offset`, and makes the file if there is none; 0, or -1.
    pub fn file_write(path: *const u8, path_len: i32, offset: i64, ptr: *const u8, len: i32)
    -> i32;
    /// Cuts or extends a file; 0, or -1.
    pub fn file_resize(path: *const u8, path_len: i32, size: i64) -> i32;
    /// Removes a file; 0, or -1.
    pub fn file_remove(path: *const u8, path_len: i32) -> i32;
    /// Sends a request (ABI-116); returns the status of the answer.
    pub fn http_send(ptr: *const u8, len: i32) -> i32;
    /// Bytes of the last answer's body.
    pub safe fn http_len() -> i64;
    /// Copies up to `cap` bytes of the body from `offset` on; returns how many.
    pub fn http_read(offset: i64, ptr: *mut u8, cap: i32) -> i32;
    /// Copies up to `cap` bytes of a header's value; returns its length.
    pub fn http_header(name: *const u8, name_len: i32, ptr: *mut u8, cap: i32) -> i32;
    /// Copies up to `cap` bytes of the clipboard's text from `offset` on; returns the whole length.
    pub fn clipboard_read(offset: i64, ptr: *mut u8, cap: i32) -> i64;
    /// Replaces the clipboard's text; 0, or -1.
    pub fn clipboard_write(ptr: *const u8, len: i32) -> i32;
    /// A setting as a number; NaN when there is none.
    pub safe fn setting_f64(index: i32) -> f64;
    /// Copies up to `cap` bytes of a setting's text; returns the whole length, -1 when there is none.
    pub fn setting_text(index: i32, ptr: *mut u8, cap: i32) -> i32;
    /// Shows a notice; 0, or -1.
    pub fn notify(ptr: *const u8, len: i32) -> i32;
}
