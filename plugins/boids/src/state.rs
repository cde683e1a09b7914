//! The flock as it is handed on to another version of this plugin: the header's figures, the
//! predators, and the birds in the order of the last step, so that it flies on bit by bit.
//!
//! All of it is 32-bit words. Whoever reads them checks every one: they may come from anywhere.

use inos_sdk::Error;

use crate::geometry::Geometry;
use crate::memory::{Header, MAGIC as FLOCK, MAX_BIRDS, MAX_PREDATORS, Memory, Predator};
use crate::params::Bounds;
use crate::population::{Bird, get, put};

/// "BOIS": a state of this plugin.
const MAGIC: u32 = 0x5349_4f42;
/// Raised with each change of what follows. Version 1: tick, seed, birds, cells, flat, bounds, the
/// predators (six words each), the birds (number, then as a predator).
const VERSION: u32 = 1;

/// Words before the predators.
const HEAD: usize = 8;
/// Words of a predator: place and velocity.
const FLYING: usize = 6;
const BIRDS_AT: usize = HEAD + FLYING * MAX_PREDATORS;
const BIRD: usize = 1 + FLYING;

/// No flock gets as fast or as far, by far; squares stay finite.
const LARGEST: f32 = 1e6;
const BOUNDS: [Bounds; 3] = [Bounds::Wrap, Bounds::Wall, Bounds::Sphere];

/// Words of a flock of `birds`.
pub fn words(birds: u32) -> usize {
    BIRDS_AT + BIRD * birds as usize
}

/// Writes the flock in `m` to `words`.
///
/// # Safety
/// `m` holds a flock and is laid out for its grid; nobody changes it at the time.
pub unsafe fn write(m: Memory, words: &mut [u32]) {
    // SAFETY: promised by the caller.
    let header = unsafe { &*m.header() };
    let (g, (head, birds)) = (&header.geometry, words.split_at_mut(BIRDS_AT));
    head[..HEAD].copy_from_slice(&[
        MAGIC,
        VERSION,
        header.tick,
        header.seed,
        g.birds,
        g.cells,
        g.is_flat().into(),
        bounds_of(g),
    ]);
    let places = head[HEAD..].chunks_exact_mut(FLYING);
    for (to, predator) in places.zip(&header.predators) {
        write_flying(to, predator.at, predator.velocity);
    }
    for (place, to) in birds.chunks_exact_mut(BIRD).enumerate() {
        // SAFETY: there are as many birds as chunks.
        let (id, bird) = unsafe { get(m, place) };
        to[0] = id;
        write_flying(&mut to[1..], bird.at, bird.velocity);
    }
}

fn bounds_of(g: &Geometry) -> u32 {
    match (g.wraps, g.sphere > 0.0) {
        (0, false) => 1,
        (0, true) => 2,
        _ => 0,
    }
}

fn write_flying(to: &mut [u32], at: [f32; 3], velocity: [f32; 3]) {
    for (to, value) in to.iter_mut().zip(at.into_iter().chain(velocity)) {
        *to = value.to_bits();
    }
}

/// A state that was checked.
#[derive(Debug)]
pub struct State<'w> {
    tick: u32,
    seed: u32,
    geometry: Geometry,
    predators: [Predator; MAX_PREDATORS],
    birds: &'w [u32],
}

/// Checks a state.
pub fn read(words: &[u32]) -> Result<State<'_>, Error> {
    let Some((head, birds)) = words.split_at_checked(BIRDS_AT) else {
        return Err(no("it is too short"));
    };
    let &[magic, version, tick, seed, count, cells, flat, bounds] = &head[..HEAD] else {
        return Err(no("it is too short"));
    };
    if magic != MAGIC || version != VERSION {
        return Err(no("it is not of version 1"));
    }
    if count as usize > MAX_BIRDS || birds.len() != BIRD * count as usize {
        return Err(no("its length is not that of its birds"));
    }
    let bounds = BOUNDS.get(bounds as usize).filter(|_| flat <= 1);
    let geometry = bounds.and_then(|b| Geometry::restored(count, cells, flat == 1, *b));
    let geometry = geometry.ok_or_else(|| no("there is no such box"))?;
    let mut predators = [Predator::default(); MAX_PREDATORS];
    for (to, from) in predators.iter_mut().zip(head[HEAD..].chunks_exact(FLYING)) {
        let Bird { at, velocity } = finite(from)?;
        *to = Predator { at, velocity };
    }
    check_birds(birds, &geometry)?;
    Ok(State {
        tick,
        seed,
        geometry,
        predators,
        birds,
    })
}

/// Every number from 0 on is there once: frames have a place for each.
fn check_birds(birds: &[u32], g: &Geometry) -> Result<(), Error> {
    let mut seen = vec![false; g.birds as usize];
    for bird in birds.chunks_exact(BIRD) {
        match seen.get_mut(bird[0] as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(no("two birds have one number, or one has none")),
        }
        flying(&bird[1..], g)?;
    }
    Ok(())
}

/// A bird, which is in the box.
fn flying(from: &[u32], g: &Geometry) -> Result<Bird, Error> {
    let bird = finite(from)?;
    let inside = bird.at.iter().zip(g.size());
    if inside.into_iter().all(|(p, edge)| (0.0..=edge).contains(p)) {
        Ok(bird)
    } else {
        Err(no("a bird is out of bounds"))
    }
}

/// A bird or a predator, which may rest outside of the box.
fn finite(from: &[u32]) -> Result<Bird, Error> {
    let number = |k: usize| f32::from_bits(from[k]);
    let values: [f32; FLYING] = std::array::from_fn(number);
    if !values.iter().all(|v| v.abs() <= LARGEST) {
        return Err(no("a bird is out of bounds"));
    }
    let [x, y, z, vx, vy, vz] = values;
    Ok(Bird {
        at: [x, y, z],
        velocity: [vx, vy, vz],
    })
}

fn no(why: &str) -> Error {
    Error::invalid(format!("this is no flock that can fly on: {why}"))
}

impl State<'_> {
    /// The grid that the flock needs.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Puts the flock into `m`.
    ///
    /// # Safety
    /// `m` is laid out for [`State::geometry`]; nobody else uses it at the time.
    pub unsafe fn put(&self, m: Memory) {
        // SAFETY: promised by the caller; zero is a value of every field of the header.
        unsafe {
            m.header().write_bytes(0, 1);
            let header: &mut Header = &mut *m.header();
            (header.magic, header.tick, header.seed) = (FLOCK, self.tick, self.seed);
            header.geometry = self.geometry;
            header.predators = self.predators;
            m.clear_tables(&self.geometry);
        }
        for (place, words) in self.birds.chunks_exact(BIRD).enumerate() {
            // The birds were checked: this one is as it was then.
            if let Ok(bird) = flying(&words[1..], &self.geometry) {
                // SAFETY: there are at most MAX_BIRDS.
                unsafe { put(m, place, words[0], bird) };
            }
        }
    }
}
