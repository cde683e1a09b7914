//! The host of a native build: tests stand in for the real one.

use std::cell::RefCell;
use std::rc::Rc;

/// The imports of module `inos`, for plugins that run natively in a test.
///
/// # Safety
/// A pointer that `input_map`, `output_map`, `channel` or `shared` returns is null, or points to
/// as many bytes as were asked for (a slot: capacity times stride), which stay in place and
/// belong to the plugin until the same port is mapped again or the call or tick ends.
pub unsafe trait Host {
    /// See `plugins/SPEC.md`; likewise the others.
    fn param_f64(&mut self, index: u32) -> f64;
    #[allow(missing_docs)]
    fn param_i64(&mut self, index: u32) -> i64;
    #[allow(missing_docs)]
    fn param_text(&mut self, index: u32, into: &mut [u8]) -> i32;
    #[allow(missing_docs)]
    fn input_count(&mut self) -> u32;
    #[allow(missing_docs)]
    fn input_len(&mut self, index: u32) -> Option<u64>;
    /// Without names of its own a host gives none.
    fn input_name(&mut self, index: u32, into: &mut [u8]) -> i32 {
        let _ = into;
        if index < self.input_count() { 0 } else { -1 }
    }
    #[allow(missing_docs)]
    fn input_map(&mut self, index: u32, offset: u64, len: u32) -> *const u8;
    #[allow(missing_docs)]
    fn output_map(&mut self, index: u32, len: u64) -> *mut u8;
    /// True: done. Likewise below.
    fn output_len(&mut self, index: u32, len: u64) -> bool;
    #[allow(missing_docs)]
    fn output_meta(&mut self, index: u32, media: &str) -> bool;
    #[allow(missing_docs)]
    fn result_f64(&mut self, index: u32, value: f64) -> bool;
    #[allow(missing_docs)]
    fn channel(&mut self, index: u32) -> *mut u8;
    #[allow(missing_docs)]
    fn channel_capacity(&mut self, index: u32) -> usize;
    #[allow(missing_docs)]
    fn channel_publish(&mut self, index: u32, count: u32) -> bool;
    #[allow(missing_docs)]
    fn shared(&mut self, len: u64) -> *mut u8;
    /// True: stop.
    fn progress(&mut self, done: u64, total: u64) -> bool;
    #[allow(missing_docs)]
    fn log(&mut self, level: i32, text: &str);
    #[allow(missing_docs)]
    fn fail(&mut self, text: &str);
    /// Microseconds since 1970. None and false, here and below: refused. Without a world of its
    /// own a host refuses all of it.
    fn now(&mut self) -> Option<u64> {
        None
    }
    #[allow(missing_docs)]
    fn random(&mut self, into: &mut [u8]) -> bool {
        let _ = into;
        false
    }
    #[allow(missing_docs)]
    fn file_size(&mut self, path: &str) -> Option<u64> {
        let _ = path;
        None
    }
    #[allow(missing_docs)]
    fn file_read(&mut self, path: &str, offset: u64, into: &mut [u8]) -> Option<usize> {
        let _ = (path, offset, into);
        None
    }
    #[allow(missing_docs)]
    fn file_list(&mut self, path: &str, offset: u64, into: &mut [u8]) -> Option<u64> {
        let _ = (path, offset, into);
        None
    }
    #[allow(missing_docs)]
    fn file_write(&mut self, path: &str, offset: u64, bytes: &[u8]) -> bool {
        let _ = (path, offset, bytes);
        false
    }
    #[allow(missing_docs)]
    fn file_resize(&mut self, path: &str, size: u64) -> bool {
        let _ = (path, size);
        false
    }
    #[allow(missing_docs)]
    fn file_remove(&mut self, path: &str) -> bool {
        let _ = path;
        false
    }
    #[allow(missing_docs)]
    fn http_send(&mut self, request: &[u8]) -> Option<u16> {
        let _ = request;
        None
    }
    #[allow(missing_docs)]
    fn http_len(&mut self) -> Option<u64> {
        None
    }
    #[allow(missing_docs)]
    fn http_read(&mut self, offset: u64, into: &mut [u8]) -> Option<usize> {
        let _ = (offset, into);
        None
    }
    #[allow(missing_docs)]
    fn http_header(&mut self, name: &str, into: &mut [u8]) -> Option<usize> {
        let _ = (name, into);
        None
    }
    #[allow(missing_docs)]
    fn clipboard_read(&mut self, offset: u64, into: &mut [u8]) -> Option<u64> {
        let _ = (offset, into);
        None
    }
    #[allow(missing_docs)]
    fn clipboard_write(&mut self, text: &str) -> bool {
        let _ = text;
        false
    }
    #[allow(missing_docs)]
    fn setting_f64(&mut self, index: u32) -> f64 {
        let _ = index;
        f64::NAN
    }
    #[allow(missing_docs)]
    fn setting_text(&mut self, index: u32, into: &mut [u8]) -> i32 {
        let _ = (index, into);
        -1
    }
    #[allow(missing_docs)]
    fn notify(&mut self, text: &str) -> bool {
        let _ = text;
        false
    }
}

/// A host that can be looked at after the plugin has used it.
pub type HostRef = Rc<RefCell<dyn Host>>;

thread_local! {
    static CURRENT: RefCell<Option<HostRef>> = const { RefCell::new(None) };
}

/// Runs `work` with `host` answering this thread's imports, then restores the one before.
pub fn with_host<R>(host: HostRef, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<HostRef>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            CURRENT.with_borrow_mut(|current| *current = before);
        }
    }
    let before = CURRENT.with_borrow_mut(|current| current.replace(host));
    let _restore = Restore(before);
    work()
}

/// Asks the installed host; without one there is nothing of anything.
pub(crate) fn with_current<R>(absent: R, ask: impl FnOnce(&mut dyn Host) -> R) -> R {
    let host = CURRENT.with_borrow(|current| current.clone());
    match host {
        Some(host) => ask(&mut *host.borrow_mut()),
        None => absent,
    }
}
