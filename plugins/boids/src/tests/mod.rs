//! Tests of more than one module. They live in the crate: as an integration test they would make
//! cargo build the library twice under one file name (cdylibs have no hash), once to unwind and
//! once to abort, since release profiles abort.

mod exact;
mod hostile;
mod live;
mod manifest;
mod modes;
mod ops;
mod state;

/// The live part on the test host, not started.
fn flock() -> inos_testkit::Live<crate::live::LiveFlock> {
    let manifest = include_str!("../../manifest.json");
    inos_testkit::Live::new(&inos_testkit::Manifest::parse(manifest))
}
