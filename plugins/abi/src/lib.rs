//! The raw C ABI, version 1, between a plugin and its host; `plugins/SPEC.md` is its text.
//!
//! Only names and numbers: the safe layer is the crate `inos-sdk`.

#![no_std]

#[cfg(target_arch = "wasm32")]
pub mod imports;
mod instance;
mod layout_gen;

pub use instance::Instance;

/// Offsets and sizes of what lies in shared memory.
pub mod layout {
    pub use crate::layout_gen::*;
}

/// What `inos_abi` returns.
pub const VERSION: i32 = 1;

/// Media type of an array of [`Instance`].
pub const INSTANCES_MEDIA: &str = "application/vnd.inos.instances";

/// Levels of the import `log`.
pub mod level {
    /// For the author of the plugin.
    pub const DEBUG: i32 = 0;
    /// Worth knowing.
    pub const INFO: i32 = 1;
    /// Something is odd, the work goes on.
    pub const WARN: i32 = 2;
    /// Something failed.
    pub const ERROR: i32 = 3;
}
