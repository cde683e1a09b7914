//! A flock in memory of its own: for ops, native tests and benchmarks.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

use inos_sdk::Instance;

use crate::geometry::Geometry;
use crate::grid::Shard;
use crate::memory::{Header, MAX_BIRDS, Memory};
use crate::params::Params;
use crate::population::{Bird, begin, first_birds, get, put};
use crate::tick::{PHASES, Plan};

/// Memory of one flock: zero where it is read before it is written. Arrays that the flock is too
/// small for are never touched, so nothing clears them here.
#[derive(Debug)]
struct Block {
    base: *mut u8,
    layout: Layout,
}

impl Block {
    fn new(bytes: usize) -> Self {
        let Ok(layout) = Layout::from_size_align(bytes, 64) else {
            unreachable!("a grid is far smaller than the address space");
        };
        // SAFETY: the size is not 0.
        let base = unsafe { alloc(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        Self { base, layout }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.base, self.layout) }
    }
}

/// A flock that one thread steps.
#[derive(Debug)]
pub struct Flock {
    block: Block,
    geometry: Geometry,
    params: Params,
}

impl Flock {
    /// A flock of `birds`, at most [`MAX_BIRDS`], from the seed in `params`; `params.count` does
    /// not matter.
    pub fn new(birds: u32, params: &Params) -> Self {
        let geometry = Geometry::new(birds.min(MAX_BIRDS as u32), params);
        let birds = first_birds(&geometry, params.seed, 0..geometry.birds);
        Self::with_birds(geometry, params, birds.into_iter())
    }

    /// A flock that goes on from `instances`; None when they lie farther apart than the largest
    /// box is long, or are more than [`MAX_BIRDS`].
    pub fn from_instances(instances: &[Instance], params: &Params) -> Option<Self> {
        let birds = u32::try_from(instances.len())
            .ok()
            .filter(|n| *n as usize <= MAX_BIRDS)?;
        let far = instances
            .iter()
            .flat_map(|i| [i.x, i.y, i.z])
            .fold(0.0f32, |m, c| m.max(c.abs()));
        let geometry = Geometry::new(birds, params).at_least(2.0 * far, params)?;
        let centre = geometry.centre();
        let flat = geometry.is_flat();
        let birds = instances.iter().map(|i| {
            let (z, vz) = if flat { (0.0, 0.0) } else { (i.z, i.vz) };
            let at = [i.x + centre[0], i.y + centre[1], z + centre[2]];
            Bird {
                at,
                velocity: [i.vx, i.vy, vz],
            }
        });
        Some(Self::with_birds(geometry, params, birds))
    }

    fn with_birds(g: Geometry, params: &Params, birds: impl Iterator<Item = Bird>) -> Self {
        let block = Block::new(Memory::byte_len(&g));
        // SAFETY: the block has that length, and nobody else knows it.
        unsafe {
            let m = Memory::new(block.base, &g);
            m.clear_slots(&g);
            begin(m, &g, params.seed);
            for (id, bird) in birds.enumerate() {
                put(m, id, id as u32, bird);
            }
        }
        Self {
            block,
            geometry: g,
            params: *params,
        }
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Number of birds.
    pub fn birds(&self) -> usize {
        self.geometry.birds as usize
    }

    /// Sets the parameters of the next steps. Those that change the box are not followed.
    pub fn set_params(&mut self, params: &Params) {
        self.params = Params {
            flat: self.params.flat,
            bounds: self.params.bounds,
            ..*params
        };
    }

    /// One step of `dt` seconds as `shards` shards do it, one after the other; writes the birds
    /// to `instances`, which is empty or has room for all.
    ///
    /// # Panics
    /// When `instances` is too short, or `shards` is 0 or too many.
    pub fn step(&mut self, dt: f32, shards: usize, instances: &mut [Instance]) {
        assert!(instances.is_empty() || instances.len() >= self.birds());
        let out = if instances.is_empty() {
            std::ptr::null_mut()
        } else {
            instances.as_mut_ptr().cast::<[f32; 8]>()
        };
        // SAFETY: the block belongs to this flock; the phases run in order, the shards of one
        // phase one after the other; `out` has room for all birds.
        unsafe {
            let base = self.block.base;
            let plan = |index| {
                Plan::new(
                    base,
                    self.geometry,
                    &self.params,
                    Shard { index, of: shards },
                )
            };
            let plans: Vec<Plan> = (0..shards).map(plan).collect();
            for phase in 0..PHASES {
                for plan in &plans {
                    plan.run(base, phase, dt, out);
                }
            }
        }
    }

    /// The birds as they are, each at the place of its number; without neighbours.
    pub fn write(&self, instances: &mut [Instance]) {
        let centre = self.geometry.centre();
        for place in 0..self.birds() {
            // SAFETY: the block belongs to this flock.
            let (id, bird) = unsafe { get(Memory::new(self.block.base, &self.geometry), place) };
            let Some(into) = instances.get_mut(id as usize) else {
                continue;
            };
            let [x, y, z] = std::array::from_fn(|k| bird.at[k] - centre[k]);
            let [vx, vy, vz] = bird.velocity;
            *into = Instance {
                x,
                y,
                z,
                a: 0.0,
                vx,
                vy,
                vz,
                b: crate::noise::phase(id),
            };
        }
    }

    /// The birds in the box's coordinates, by number.
    pub fn birds_in_box(&self) -> Vec<Bird> {
        let mut all = vec![
            Bird {
                at: [0.0; 3],
                velocity: [0.0; 3]
            };
            self.birds()
        ];
        for place in 0..self.birds() {
            // SAFETY: the block belongs to this flock.
            let (id, bird) = unsafe { get(Memory::new(self.block.base, &self.geometry), place) };
            all[id as usize] = bird;
        }
        all
    }

    /// The header of the memory.
    pub fn header(&self) -> &Header {
        // SAFETY: the block belongs to this flock; steps need `&mut self`.
        unsafe { &*Memory::new(self.block.base, &self.geometry).header() }
    }

    /// First byte of the memory, for a benchmark that runs the shards on threads.
    pub fn base(&self) -> *mut u8 {
        self.block.base
    }
}
