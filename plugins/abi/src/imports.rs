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
}
