//! boids: a flock of birds.
//!
//! Each bird keeps away from those too near, turns as its neighbours turn and draws nearer to
//! them. The live part ticks 60 times a second on as many shards as pay; the ops make a flock,
//! step it and measure it. Lengths are in perception radii, times in seconds.

pub(crate) mod bodies;
pub mod checksum;
pub(crate) mod f4;
pub(crate) mod fields;
pub mod flock;
pub mod geometry;
pub mod grid;
pub mod live;
pub mod memory;
pub mod motion;
pub mod noise;
pub mod ops;
pub(crate) mod pairs;
pub mod params;
pub mod population;
#[cfg(not(target_arch = "wasm32"))]
pub mod reference;
pub mod stats;
pub mod steer;
pub mod tick;
pub(crate) mod window;

inos_sdk::plugin! {
    ops: { 0 => ops::init, 1 => ops::step, 2 => ops::stats },
    live: live::LiveFlock,
}

#[cfg(test)]
mod tests;
