//! boids: a flock of birds.
//!
//! Each bird keeps away from those too near, turns as its neighbours turn and draws nearer to
//! them. The live part ticks 60 times a second on as many shards as pay; the ops make a flock,
//! step it and measure it. Lengths are in perception radii, times in seconds.
//!
//! The defaults hold the flock together without letting it collapse, since time goes with the
//! number of neighbours. Measured with 10,000 birds (seed 1, exact), after 0, 600, 1,800 and 3,000
//! steps: 17.4, 20.8, 20.7, 22.2 neighbours; polarisation 0.76, 0.44, 0.28, 0.31. With 80,000,
//! after 0, 600 and 1,200 steps: 19.2, 26.0, 22.6 neighbours.

pub(crate) mod around;
pub(crate) mod bodies;
pub mod checksum;
pub(crate) mod f4;
pub(crate) mod fields;
pub mod flock;
pub(crate) mod frame;
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
pub(crate) mod rare;
#[cfg(not(target_arch = "wasm32"))]
pub mod reference;
pub mod state;
pub mod stats;
pub(crate) mod steer;
pub mod tick;
pub(crate) mod window;

inos_sdk::plugin! {
    ops: { 0 => ops::init, 1 => ops::step, 2 => ops::stats },
    live: live::LiveFlock,
}

#[cfg(test)]
mod tests;
