use crate::raw;

/// How important a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Level {
    /// For the author of the plugin.
    Debug = inos_abi::level::DEBUG,
    /// Worth knowing.
    Info = inos_abi::level::INFO,
    /// Something is odd, the work goes on.
    Warn = inos_abi::level::WARN,
    /// Something failed.
    Error = inos_abi::level::ERROR,
}

/// Writes a line to the host's log; the host keeps at most 1 KiB of it and drops a flood.
pub fn log(level: Level, text: &str) {
    raw::log(level as i32, text);
}
