//! Write INOS plugins in Rust.
//!
//! A plugin is a crate of type `cdylib` that names its ops and its live part once:
//!
//! ```
//! use inos_sdk::{Call, Error, Init, Live, Tick};
//!
//! fn add(call: &mut Call) -> Result<(), Error> {
//!     let (a, b) = (call.params().number(0)?, call.params().number(1)?);
//!     call.result(0, a + b)
//! }
//!
//! #[derive(Default)]
//! struct Clock;
//!
//! impl Live for Clock {
//!     fn tick(&mut self, tick: &mut Tick) -> Result<(), Error> {
//!         let Some(points) = tick.frame(0)? else { return Ok(()) };
//!         points.fill(Default::default());
//!         let count = points.len();
//!         tick.publish(0, count)
//!     }
//! }
//!
//! inos_sdk::plugin! {
//!     ops: { 0 => add },
//!     live: Clock,
//! }
//! ```
//!
//! The world outside (time, files, network) is there for ops whose manifest asks for a permission
//! that the user gave: `call.now()`, `call.read_file("photos/a.jpg")`, `call.fetch(request)`.
//!
//! Inputs and outputs are windows onto the memory where the data lies: nothing is serialised or
//! copied on the way in or out. In wasm the calls go to the host; in a native build they go to the
//! [`host::Host`] that a test installs (crate `inos-testkit`).

mod call;
mod channel;
mod entry;
mod error;
mod fetch;
#[cfg(not(target_arch = "wasm32"))]
pub mod host;
mod input;
mod live;
mod log;
mod macros;
mod output;
mod params;
mod plain;
mod raw;
mod settings;
mod shared;
mod world;

pub use call::Call;
pub use channel::{Slot, part};
pub use error::Error;
pub use fetch::{Request, Response};
pub use inos_abi::{INSTANCES_MEDIA, Instance};
pub use input::Input;
pub use live::{Init, Live, Load, Save, Tick};
pub use log::{Level, log};
pub use output::Output;
pub use params::Params;
pub use plain::Plain;
pub use shared::Shared;

/// What the code made by [`plugin!`] calls; not for use by hand.
#[doc(hidden)]
pub mod __entry {
    pub use crate::entry::{call, init, load, save, tick};
    pub use inos_abi::VERSION;
}
