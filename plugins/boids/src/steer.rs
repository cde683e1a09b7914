//! The last phase: every bird looks around and moves.
//!
//! Rows are cut into chunks with about equally many birds. A shard does the chunks of its own part
//! first, which are in its core's cache, and then helps the others: a dense part of the flock, or a
//! core that somebody else uses, does not hold up the tick. A bird's result does not depend on who
//! computes it.
//!
//! Within a row the work goes on by four birds: what can be done for all of them at once is, and a
//! call of a function is paid once.

use std::sync::atomic::Ordering::Relaxed;

use crate::around::{NUMBER, Row, Surroundings, VELOCITY, look_around, look_far};
use crate::bodies::Bodies;
use crate::f4::{load, splat, store, sub};
use crate::fields::{Cells, blend_four};
use crate::frame::Frame;
use crate::geometry::Geometry;
use crate::grid::{Shard, birds_before, row_border};
use crate::memory::{ID, Memory, SENTINELS, STATE, STRIDE, Scratch, VX, WAITING, X, Y, Z, at};
use crate::motion::{Motion, Target, advance};
use crate::pairs::{Sight, push_four, sum_blocks};
use crate::params::{Mode, Params};
use crate::window::{Rows, list_far};

/// Chunks of each shard's part of the rows.
const CHUNKS: usize = 32;
/// Bytes of a line of the cache.
const LINE: u32 = 64;
/// Farthest that birds push each other where [`push_four`] can be used: their neighbours are in the
/// nearer of the two rows beside, along each axis.
const CLOSE: f32 = 0.5;

/// What a shard needs in the last phase.
pub struct Steer<'a> {
    pub m: Memory,
    pub g: &'a Geometry,
    motion: &'a Motion,
    /// Distance within which birds push each other.
    pub reach: f32,
    pub sight: Sight,
    pub rows: Rows,
    cells: Cells,
    surroundings: Surroundings,
    pub scratch: *mut Scratch,
    /// First of the own spare slots.
    pub spare: usize,
    frame: Frame,
}

/// Moves the birds of the own chunks, and writes `instances` unless it is null.
///
/// # Safety
/// `m` is laid out for `g`, sorted, and its fields are summed in fast mode; every shard calls it
/// with its own `shard`; `instances` has room for all birds.
pub unsafe fn steer(
    m: Memory,
    g: &Geometry,
    params: &Params,
    motion: &Motion,
    shard: Shard,
    instances: *mut [f32; 8],
) {
    let reach = params.separation_radius;
    let s = Steer {
        m,
        g,
        motion,
        reach,
        sight: Sight {
            base: m.base(),
            push2: reach * reach,
        },
        rows: Rows::new(g),
        cells: Cells::new(m, g),
        surroundings: Surroundings::new(g, reach),
        scratch: m.scratch(shard.index),
        spare: Memory::spare(shard.index),
        frame: Frame::new(m, m.scratch(shard.index), instances),
    };
    for turn in 0..shard.of {
        let part = (shard.index + turn) % shard.of;
        loop {
            // SAFETY: the counters are atomic.
            let taken = unsafe { &(*m.header()).taken[part].0 };
            let chunk = taken.fetch_add(1, Relaxed) as usize;
            if chunk >= CHUNKS {
                break;
            }
            let k = part * CHUNKS + chunk;
            // SAFETY: each chunk is given out once, and its rows belong to nobody else.
            unsafe {
                let from = row_border(m, g, k, shard.of * CHUNKS);
                let to = row_border(m, g, k + 1, shard.of * CHUNKS);
                match params.mode {
                    Mode::Exact => s.chunk(from, to, Steer::exact),
                    Mode::Fast => s.chunk(from, to, Steer::fast),
                }
            }
        }
    }
}

/// Four birds that follow each other in a row, or the last ones of it.
pub struct Four<'a> {
    /// Slot of the first.
    pub q: *const f32,
    /// How many they are.
    pub birds: usize,
    row: &'a Row,
    /// Number of their row.
    pub index: usize,
}

impl Steer<'_> {
    /// Moves the birds of rows `from` to `to`; `know` finds the company of four of them.
    ///
    /// # Safety
    /// As for [`steer`]; the rows belong to this shard.
    #[inline(always)]
    unsafe fn chunk(&self, from: usize, to: usize, know: unsafe fn(&Self, &Four)) {
        let mut bodies = Bodies::none();
        let mut waiting = 0;
        for index in from..to {
            // SAFETY: rows lie in the start table, birds in the slots that it names; places in the
            // state arrays belong to the rows' birds.
            unsafe {
                let table = self.table(index);
                let (first, end) = (*table, *table.add(self.g.row_len as usize));
                let mut left = ((end - first) >> 2) as usize - SENTINELS;
                if left == 0 {
                    continue;
                }
                let row = &Row::new(self.m, self.g, index, table);
                bodies.select(self.motion.bodies(), self.edge(index));
                self.bring_near(index);
                let mut q = self.m.at(first).cast_const();
                let place = birds_before(self.m, self.g, index) as usize;
                let mut state = self.m.array(STATE).add(place);
                while left > 0 {
                    if waiting > WAITING - 4 {
                        self.frame.put(waiting);
                        waiting = 0;
                    }
                    let birds = if left < 4 { left } else { 4 };
                    let four = Four {
                        q,
                        birds,
                        row,
                        index,
                    };
                    know(self, &four);
                    if birds == 4 {
                        self.move_four(&bodies, q, state, waiting);
                    } else {
                        self.move_rest(&bodies, &four, state, waiting);
                    }
                    q = q.add(4);
                    state = state.add(4);
                    waiting += birds;
                    left -= birds;
                }
            }
        }
        // SAFETY: as promised.
        unsafe { self.frame.put(waiting) };
    }

    /// Fetches the row that the birds of row `index` are the first to see.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(always)]
    unsafe fn bring_near(&self, index: usize) {
        let next = self.table(index + self.g.layer_rows() + 1);
        let len = self.g.row_len as usize;
        // SAFETY: a row with birds is not of the last layer. What was read must go somewhere.
        unsafe {
            let entries = (self.m.mark(next), self.m.mark(next.add(len)));
            let seen = touch(self.m.base(), entries, (*next, *next.add(len)));
            *self.list() = seen;
        }
    }

    /// Table of row `index`.
    #[inline(always)]
    pub fn table(&self, index: usize) -> *const u32 {
        let start = self.m.start().cast_const();
        start.wrapping_add(index * self.g.row_len as usize)
    }

    /// Where row `index` begins along y and z.
    pub fn edge(&self, index: usize) -> [f32; 2] {
        let layer = self.g.layer_rows();
        [index % layer, index / layer].map(|row| row as f32 - 1.0)
    }

    /// Moves four birds, whose state is at `state` then, when `waiting` instances wait.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(always)]
    unsafe fn move_four(&self, bodies: &Bodies, q: *const f32, state: *mut f32, waiting: usize) {
        // SAFETY: as promised.
        unsafe {
            let (instances, ids) = self.frame.next(waiting);
            let target = Target {
                state,
                instances,
                ids: ids.cast(),
            };
            advance(self.motion, bodies, self.lanes(), q, &target);
        }
    }

    /// The last birds of a row, fewer than four: moved in spare slots, since the place behind
    /// theirs belongs to another row.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(never)]
    unsafe fn move_rest(&self, bodies: &Bodies, four: &Four, state: *mut f32, waiting: usize) {
        // SAFETY: as promised; the spare slots are the shard's own. The lanes without a bird read
        // sentinels, which are finite numbers too.
        unsafe {
            let spare = self.m.array(STATE).add(self.spare);
            self.move_four(bodies, four.q, spare, waiting);
            for array in 0..=ID {
                for k in 0..four.birds {
                    *state.add(array * STRIDE + k) = *spare.add(array * STRIDE + k);
                }
            }
        }
    }

    #[inline(always)]
    pub fn lanes(&self) -> *mut f32 {
        // SAFETY: only the address is taken.
        unsafe { &raw mut (*self.scratch).lanes }.cast::<f32>()
    }

    #[inline(always)]
    pub fn list(&self) -> *mut u32 {
        // SAFETY: only the address is taken.
        unsafe { &raw mut (*self.scratch).list }.cast()
    }

    /// Exact mode: sums over all birds within one radius.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(always)]
    unsafe fn exact(&self, four: &Four) {
        // SAFETY: as promised.
        unsafe {
            let (q, lanes) = (four.q, self.lanes());
            look_far(&self.surroundings, four.row, q, lanes);
            for k in 0..four.birds {
                let mut blocks = list_far(self.m.base(), lanes.add(k), self.list());
                if blocks == 0 {
                    blocks = self.list_within(&self.bird(four, k), 1.0);
                }
                sum_blocks(&self.sight, self.scratch, blocks, q.add(k), lanes.add(k));
            }
            if self.g.wraps != 0 {
                self.images(four, Self::exact_image);
            }
            leave_out_self(q, lanes);
        }
    }

    /// Fast mode: pushes of the birds near by, the rest blended from the cells.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(always)]
    unsafe fn fast(&self, four: &Four) {
        // SAFETY: as promised.
        unsafe {
            let (q, lanes) = (four.q, self.lanes());
            look_around(&self.surroundings, four.row, q, lanes);
            if self.reach <= CLOSE {
                push_four(&self.sight, q, four.birds, lanes);
            } else {
                self.wide_pushes(four);
            }
            if self.g.wraps != 0 {
                self.images(four, Self::add_pushes);
            }
            blend_four(&self.cells, q, four.birds, lanes);
        }
    }
}

/// Each of the four birds from slot `q` on has counted itself: it is taken off.
///
/// # Safety
/// Four slots can be read.
#[inline(always)]
unsafe fn leave_out_self(q: *const f32, lanes: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        macro_rules! axis {
            ($k:literal) => {
                let sum = load(lanes.add(VELOCITY + 4 * $k));
                let own = load(q.add((VX + $k) * STRIDE));
                store(lanes.add(VELOCITY + 4 * $k), sub(sum, own));
            };
        }
        axis!(2);
        axis!(1);
        axis!(0);
        let number = load(lanes.add(NUMBER));
        store(lanes.add(NUMBER), sub(number, splat(1.0)));
    }
}

/// Reads a word of each line of a row's table, and of its birds' positions. All at once these
/// misses of the cache overlap; between the sums over pairs each would hold those up.
///
/// # Safety
/// `entries` and `slots` are marks of the first and behind the last.
#[inline(never)]
unsafe fn touch(base: *mut u8, entries: (u32, u32), slots: (u32, u32)) -> u32 {
    let mut seen = 0;
    // SAFETY: promised by the caller.
    unsafe {
        let (mut mark, end) = slots;
        while mark < end {
            let p = at::<u32>(base, mark);
            seen |= *p.add(X * STRIDE) | *p.add(Y * STRIDE) | *p.add(Z * STRIDE);
            mark += LINE;
        }
        let (mut mark, end) = entries;
        while mark < end {
            seen |= *at::<u32>(base, mark);
            mark += LINE;
        }
    }
    seen
}
