//! One tick in five phases, on any number of shards.
//!
//! count | prefix | scatter | fields | steer, with a barrier between. A tick in which the flock is
//! made or remade (count, density, bounds or dimensions have changed) does the first three on
//! shard 0 alone; every shard sees that by itself, from the grid that the memory was left with.

use crate::bodies::hunt;
use crate::fields::sum_cells;
use crate::geometry::Geometry;
use crate::grid::{Shard, count, prefix, scatter};
use crate::memory::{MAGIC, MAX_SHARDS, Memory};
use crate::motion::Motion;
use crate::params::{Mode, Params};
use crate::population::{make, remake};
use crate::steer::steer;

/// Phases of a tick.
pub const PHASES: u32 = 5;

/// Longest step in seconds: a bird then moves one radius at most.
const MAX_DT: f32 = 0.1;

/// One shard's view of one tick. It lives from phase 0 to the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    params: Params,
    geometry: Geometry,
    shard: Shard,
    /// Whether the flock has to be made or remade in this tick.
    change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    None,
    Make,
    Remake,
}

impl Plan {
    /// What `shard` will do in the tick that begins; phase 0 follows at once.
    ///
    /// # Safety
    /// `base` is aligned to 64 bytes and has `Memory::byte_len(geometry)` bytes, zeroed or as the
    /// last tick left them, and only the shards of this flock use them.
    pub unsafe fn new(base: *mut u8, geometry: Geometry, params: &Params, shard: Shard) -> Self {
        assert!(
            shard.of >= 1 && shard.of <= MAX_SHARDS && shard.index < shard.of,
            "{shard:?}"
        );
        // SAFETY: in phase 0 nobody writes to these fields of the header.
        let change = unsafe {
            let header = Memory::new(base, &geometry).header();
            if (*header).magic != MAGIC {
                Change::Make
            } else if (*header).geometry != geometry {
                Change::Remake
            } else {
                Change::None
            }
        };
        Self {
            params: *params,
            geometry,
            shard,
            change,
        }
    }

    /// Birds that this tick moves.
    pub fn birds(&self) -> usize {
        self.geometry.birds as usize
    }

    /// Bytes of memory that this tick works on.
    pub fn byte_len(&self) -> usize {
        Memory::byte_len(&self.geometry)
    }

    /// Runs phase `phase` of a tick of `dt` seconds. In the last one `instances` is written, unless
    /// it is null.
    ///
    /// # Safety
    /// As for [`Plan::new`]; all shards run the phases in order with a barrier between;
    /// `instances` has room for [`Plan::birds`].
    pub unsafe fn run(&self, base: *mut u8, phase: u32, dt: f32, instances: *mut [f32; 8]) {
        let (g, params, shard) = (&self.geometry, &self.params, self.shard);
        let dt = if dt.is_finite() {
            dt.clamp(0.0, MAX_DT)
        } else {
            0.0
        };
        // SAFETY: as promised; the phases keep the shards apart.
        unsafe {
            let m = Memory::new(base, g);
            match (phase, self.change) {
                (0, Change::None) => count(m, g, shard),
                (1, Change::None) => {
                    prefix(m, g, shard);
                    self.step_clock(m);
                }
                (2, Change::None) => scatter(m, g, shard),
                (0 | 2, _) => {}
                (1, _) if shard.index == 0 => self.rebuild(m),
                (3, _) => {
                    if params.mode == Mode::Fast {
                        sum_cells(m, g, shard);
                    }
                    if shard.index == 0 {
                        hunt(m, g, params, dt);
                    }
                }
                (4, _) => {
                    let motion = Motion::new(params, g, &*m.header(), dt);
                    steer(m, g, params, &motion, shard, instances);
                }
                _ => {}
            }
        }
    }

    /// # Safety
    /// As for [`Plan::run`], in phase 1.
    unsafe fn step_clock(&self, m: Memory) {
        if self.shard.index == 0 {
            // SAFETY: nobody else uses the clock in this phase.
            unsafe { (*m.header()).tick = (*m.header()).tick.wrapping_add(1) };
        }
    }

    /// Makes or remakes the flock and sorts it, all on this shard.
    ///
    /// # Safety
    /// As for [`Plan::run`], in phase 1, on shard 0.
    unsafe fn rebuild(&self, m: Memory) {
        let g = &self.geometry;
        // SAFETY: the other shards do nothing in this phase.
        unsafe {
            if self.change == Change::Make {
                make(m, g, &self.params);
            } else {
                remake(m, g);
            }
            count(m, g, Shard::WHOLE);
            prefix(m, g, Shard::WHOLE);
            scatter(m, g, Shard::WHOLE);
            self.step_clock(m);
        }
    }
}
