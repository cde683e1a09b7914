//! Birds are born, and the flock is fitted to another box.
//!
//! Everything follows from the seed and the grid, so a flock is the same wherever it is made.

use std::ops::Range;

use crate::bodies::first_predators;
use crate::geometry::{Geometry, ROOM};
use crate::memory::{Header, ID, MAGIC, MAX_BIRDS, Memory, STATE, STRIDE, VX, VY, VZ, X, Y, Z};
use crate::noise::{self, Purpose};
use crate::params::Params;

/// Share of the common heading in a bird's first velocity; the rest is its own.
const TOGETHER: f32 = 0.6;
/// Speed of the first flight, in radii per second.
const FIRST_SPEED: f32 = 2.0;

/// A bird's place in the box and its velocity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bird {
    /// Position in the box.
    pub at: [f32; 3],
    /// Radii per second.
    pub velocity: [f32; 3],
}

/// The `id`th bird that is born in `g`.
fn first_bird(g: &Geometry, seed: u32, id: u32) -> Bird {
    let heading = noise::stream(seed, Purpose::Heading, 0).in_ball();
    let mut numbers = noise::stream(seed, Purpose::Bird, id);
    let (size, centre) = (g.size(), g.centre());
    let ball = g.sphere / ROOM as f32;
    let at = match (g.sphere > 0.0, g.is_flat()) {
        (false, flat) => {
            let mut place = || numbers.unit();
            let p = [place() * size[0], place() * size[1], place() * size[2]];
            if flat { [p[0], p[1], centre[2]] } else { p }
        }
        (true, false) => {
            let p = numbers.in_ball();
            std::array::from_fn(|k| centre[k] + p[k] * ball)
        }
        (true, true) => {
            let p = numbers.in_disc();
            [centre[0] + p[0] * ball, centre[1] + p[1] * ball, centre[2]]
        }
    };
    let own = numbers.in_ball();
    let mut velocity: [f32; 3] =
        std::array::from_fn(|k| FIRST_SPEED * (TOGETHER * heading[k] + (1.0 - TOGETHER) * own[k]));
    if g.is_flat() {
        velocity[2] = 0.0;
    }
    Bird { at, velocity }
}

/// Birds `ids` of a flock that begins in `g`, numbered along the rows of the grid: birds that fly
/// together have numbers that lie together, and so do their places in the frame. Numbers at random
/// would cost a third of the tick in cache misses.
pub fn first_birds(g: &Geometry, seed: u32, ids: Range<u32>) -> Vec<Bird> {
    let mut birds: Vec<Bird> = ids.map(|id| first_bird(g, seed, id)).collect();
    birds.sort_by_key(|bird| {
        let [x, y, z] = bird.at.map(|c| c as u64);
        (z << 40) | (y << 20) | x
    });
    birds
}

/// Makes the flock of `g` from nothing.
///
/// # Safety
/// `m` is laid out for `g`; nobody else uses it at the time.
pub unsafe fn make(m: Memory, g: &Geometry, params: &Params) {
    // SAFETY: promised by the caller.
    unsafe {
        begin(m, g, params.seed);
        for (id, bird) in first_birds(g, params.seed, 0..g.birds)
            .into_iter()
            .enumerate()
        {
            put(m, id, id as u32, bird);
        }
    }
}

/// Fills in the header of a flock whose birds the caller puts.
///
/// # Safety
/// As for [`make`].
pub unsafe fn begin(m: Memory, g: &Geometry, seed: u32) {
    assert!(g.birds as usize <= MAX_BIRDS, "{} birds", g.birds);
    // SAFETY: promised by the caller; zero is a value of every field of the header.
    unsafe {
        m.header().write_bytes(0, 1);
        let header: &mut Header = &mut *m.header();
        header.magic = MAGIC;
        header.seed = seed;
        header.geometry = *g;
        header.predators = first_predators(seed, g);
        m.clear_tables(g);
    }
}

/// Writes bird `id` to place `place` of the state arrays.
///
/// # Safety
/// As for [`make`]; `place` is below [`MAX_BIRDS`].
pub unsafe fn put(m: Memory, place: usize, id: u32, bird: Bird) {
    // SAFETY: promised by the caller.
    unsafe {
        let p = m.array(STATE).add(place);
        *p.add(ID * STRIDE) = f32::from_bits(id);
        for (k, array) in [X, Y, Z].into_iter().enumerate() {
            *p.add(array * STRIDE) = bird.at[k];
        }
        for (k, array) in [VX, VY, VZ].into_iter().enumerate() {
            *p.add(array * STRIDE) = bird.velocity[k];
        }
    }
}

/// The bird at place `place` of the state arrays, and its number.
///
/// # Safety
/// As for [`make`]; there is a bird.
pub unsafe fn get(m: Memory, place: usize) -> (u32, Bird) {
    // SAFETY: promised by the caller.
    unsafe {
        let p = m.array(STATE).add(place);
        let read = |k: usize| *p.add(k * STRIDE);
        let bird = Bird {
            at: [read(X), read(Y), read(Z)],
            velocity: [read(VX), read(VY), read(VZ)],
        };
        (read(ID).to_bits(), bird)
    }
}

/// Fits the flock to the grid `g`: the birds with the highest numbers leave, or new ones come; the
/// rest keep their velocity and their place relative to the box.
///
/// # Safety
/// As for [`make`]; there is a flock.
pub unsafe fn remake(m: Memory, g: &Geometry) {
    assert!(g.birds as usize <= MAX_BIRDS, "{} birds", g.birds);
    // SAFETY: promised by the caller.
    unsafe {
        let header = &mut *m.header();
        let (old, seed) = (header.geometry, header.seed);
        let fit = Fit { old, new: *g, seed };
        let mut kept = 0;
        for place in 0..old.birds as usize {
            let (id, bird) = get(m, place);
            if id < g.birds {
                put(m, kept, id, fit.bird(id, bird));
                kept += 1;
            }
        }
        for (id, bird) in (old.birds..).zip(first_birds(g, seed, old.birds..g.birds)) {
            put(m, kept, id, bird);
            kept += 1;
        }
        for predator in &mut header.predators {
            predator.at = fit.place(predator.at);
        }
        header.geometry = *g;
        m.clear_tables(g);
    }
}

/// From one box to another.
struct Fit {
    old: Geometry,
    new: Geometry,
    seed: u32,
}

impl Fit {
    fn place(&self, at: [f32; 3]) -> [f32; 3] {
        let scale = self.new.side() / self.old.side();
        let (from, to, size) = (self.old.centre(), self.new.centre(), self.new.size());
        std::array::from_fn(|k| ((at[k] - from[k]) * scale + to[k]).clamp(0.0, size[k]))
    }

    fn bird(&self, id: u32, bird: Bird) -> Bird {
        let (mut at, mut velocity) = (self.place(bird.at), bird.velocity);
        if self.new.is_flat() {
            (at[2], velocity[2]) = (self.new.centre()[2], 0.0);
        } else if self.old.is_flat() {
            let mut rise = noise::stream(self.seed, Purpose::Rise, id);
            at[2] = rise.unit() * self.new.side();
            velocity[2] = rise.signed();
        }
        Bird { at, velocity }
    }
}
