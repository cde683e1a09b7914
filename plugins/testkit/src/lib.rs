//! Run INOS plugins natively against an in-memory host.
//!
//! A test names ops, parameters and outputs as the plugin's own `manifest.json` does, so it also
//! proves that manifest and code agree:
//!
//! ```no_run
//! # fn dispatch(_: u32, _: &mut inos_sdk::Call) -> Result<(), inos_sdk::Error> { Ok(()) }
//! use inos_testkit::{Job, Manifest};
//!
//! let manifest = Manifest::parse(r#"{"units": []}"#);
//! let done = Job::new(&manifest, "add").set("a", 1.0).set("b", 2.0).run(dispatch);
//! assert_eq!(done.ok().result("sum"), 3.0);
//! ```
//!
//! This host is made for tests: where the real one would refuse what a caller asks, it panics with
//! the reason. What a *plugin* asks for it refuses as the real one does.

mod host;
mod job;
mod json;
mod live;
mod manifest;
mod memory;
mod value;
mod world;

pub use job::{Done, Job, Produced};
pub use live::Live;
pub use manifest::Manifest;
pub use value::Value;
pub use world::{Answer, World};

/// What an export returned instead of 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error code.
    pub code: i32,
    /// What the plugin said by `fail`.
    pub text: String,
}
