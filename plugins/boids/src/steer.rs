//! The last phase: every bird looks around and moves.
//!
//! Rows are cut into chunks with about equally many birds. A shard does the chunks of its own part
//! first, which are in its core's cache, and then helps the others: a dense part of the flock, or a
//! core that somebody else uses, does not hold up the tick. A bird's result does not depend on who
//! computes it.

use std::sync::atomic::Ordering::Relaxed;

use crate::around::{OWN, Surroundings, look_around};
use crate::fields::{Steps, blend_cells};
use crate::geometry::Geometry;
use crate::grid::{Shard, birds_before, row_border};
use crate::memory::{ID, Memory, SENTINELS, STATE, STRIDE, Scratch, VX, VY, VZ, X, Y, Z};
use crate::motion::{Motion, advance, emit};
use crate::pairs::{Sight, add_more, all_pushes, image_pairs, sum_pairs};
use crate::params::{Mode, Params};
use crate::window::{Rows, close, close_few, near, pair_up};

/// Chunks of each shard's part of the rows.
const CHUNKS: usize = 8;
/// Volume of the ball in which a bird sees, in cells.
const BALL_CELLS: f32 = 4.188_790_3;
/// Area of the disc in which a bird sees, in cells.
const DISC_CELLS: f32 = std::f32::consts::PI;
/// The blended cells reach farther than a ball of one radius: its mean offset, for a density that
/// grows evenly, is 1/5 of the gradient, theirs 1/4.
pub const BLEND_REACH: f32 = 0.8;

/// What a shard needs in the last phase.
struct Steer<'a> {
    m: Memory,
    g: &'a Geometry,
    motion: &'a Motion,
    sight: Sight,
    rows: Rows,
    steps: Steps,
    surroundings: Surroundings,
    scratch: *mut Scratch,
    /// First of the own spare slots.
    spare: usize,
    /// Neighbours for a blended count of 1 per cell.
    neighbours_per_cell: f32,
    instances: *mut [f32; 8],
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
    let s = Steer {
        m,
        g,
        motion,
        sight: Sight {
            sorted: m.array(crate::memory::SORTED),
            push2: params.separation_radius * params.separation_radius,
        },
        rows: Rows::new(g, params.separation_radius),
        steps: Steps::new(g),
        surroundings: Surroundings::new(g, params.separation_radius),
        scratch: m.scratch(shard.index),
        spare: Memory::spare(shard.index),
        neighbours_per_cell: if g.is_flat() { DISC_CELLS } else { BALL_CELLS },
        instances,
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
                    Mode::Exact => s.chunk(from, to, Steer::nothing, Steer::exact),
                    Mode::Fast => s.chunk(from, to, Steer::look_around, Steer::fast),
                }
            }
        }
    }
}

/// One bird and where it is.
#[derive(Clone, Copy)]
struct Bird {
    /// Its slot.
    q: *mut f32,
    at: [f32; 3],
    /// Table of its row.
    row: *const u32,
    /// First cell of its row in the fields.
    field: *const f32,
    /// Indices of its row along y and z, with the border's.
    yz: [usize; 2],
    /// How far into its row along y and z.
    into: [f32; 2],
}

impl Steer<'_> {
    /// Moves the birds of rows `from` to `to`; `prepare` is called for each batch of four,
    /// `look` fills a lane of it.
    ///
    /// # Safety
    /// As for [`steer`]; the rows belong to this shard.
    #[inline(always)]
    unsafe fn chunk(
        &self,
        from: usize,
        to: usize,
        prepare: unsafe fn(&Self, &[f32; 2], *const f32),
        look: unsafe fn(&Self, Bird, usize),
    ) {
        let layer = self.g.layer_rows();
        for index in from..to {
            // SAFETY: rows lie in the start table, birds in the slots that it names; places in the
            // state arrays belong to the rows' birds.
            unsafe {
                let row = self
                    .m
                    .start()
                    .add(index * self.g.row_len as usize)
                    .cast_const();
                let first = *row;
                let end = *row.add(self.g.row_len as usize) - 4 * SENTINELS as u32;
                if first == end {
                    continue;
                }
                let yz = [index % layer, index / layer];
                let edge = [yz[0] as f32 - 1.0, yz[1] as f32 - 1.0];
                let field = self.steps.row(self.m, index);
                let mut place = birds_before(self.m, self.g, index) as usize;
                let (mut mark, mut lane) = (first, 0);
                while mark < end {
                    let q = self.m.at(mark);
                    if lane == 0 {
                        prepare(self, &edge, q);
                    }
                    let at = [*q.add(X * STRIDE), *q.add(Y * STRIDE), *q.add(Z * STRIDE)];
                    look(
                        self,
                        Bird {
                            q,
                            at,
                            row,
                            field,
                            yz,
                            into: [at[1] - edge[0], at[2] - edge[1]],
                        },
                        lane,
                    );
                    mark += 4;
                    lane += 1;
                    if lane == 4 {
                        self.move_four(q.sub(3), place);
                        place += 4;
                        lane = 0;
                    }
                }
                if lane > 0 {
                    self.move_rest(self.m.at(end).sub(lane), place, lane);
                }
            }
        }
    }

    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(always)]
    unsafe fn move_four(&self, q: *const f32, place: usize) {
        // SAFETY: as promised.
        unsafe {
            let batch = (&raw const (*self.scratch).batch).cast::<f32>();
            let to = self.m.array(STATE).add(place);
            advance(self.motion, batch, q, to);
            if !self.instances.is_null() {
                emit(self.motion, batch, to, 4, self.instances);
            }
        }
    }

    /// The last birds of a row, fewer than four: moved in spare slots, since the place behind
    /// theirs belongs to another row.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(never)]
    unsafe fn move_rest(&self, q: *const f32, place: usize, count: usize) {
        // SAFETY: as promised; the spare slots are the shard's own. The lanes without a bird read
        // sentinels, which are finite numbers too.
        unsafe {
            let batch = (&raw const (*self.scratch).batch).cast::<f32>();
            let (to, spare) = (
                self.m.array(STATE).add(place),
                self.m.array(STATE).add(self.spare),
            );
            advance(self.motion, batch, q, spare);
            for array in 0..=ID {
                for k in 0..count {
                    *to.add(array * STRIDE + k) = *spare.add(array * STRIDE + k);
                }
            }
            if !self.instances.is_null() {
                emit(self.motion, batch, to, count, self.instances);
            }
        }
    }

    /// What exact mode prepares.
    ///
    /// # Safety
    /// None: nothing is done.
    #[inline(always)]
    unsafe fn nothing(&self, _: &[f32; 2], _: *const f32) {}

    /// Where the four birds of a batch look, from slot `q` on, whose row begins at `edge`.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(always)]
    unsafe fn look_around(&self, edge: &[f32; 2], q: *const f32) {
        // SAFETY: as promised; behind the last bird of a row lie sentinels.
        unsafe {
            let around = (&raw mut (*self.scratch).around).cast();
            look_around(&self.surroundings, edge, q, around);
        }
    }

    /// Exact mode: sums over all birds within one radius.
    ///
    /// # Safety
    /// As for [`Steer::chunk`]; `lane` is below 4.
    #[inline(always)]
    unsafe fn exact(&self, bird: Bird, lane: usize) {
        // SAFETY: as promised.
        unsafe {
            let list = (&raw mut (*self.scratch).list).cast::<u32>();
            let blocks = near(
                &self.rows,
                bird.row,
                bird.at[0],
                bird.into[0],
                bird.into[1],
                list,
            );
            sum_pairs(
                &self.sight,
                self.scratch,
                pair_up(self.m, list, blocks),
                bird.q,
            );
            if self.g.wraps != 0 && self.at_border(&bird) {
                self.images(bird, Self::exact_image);
            }
            let batch = (&raw mut (*self.scratch).batch).cast::<f32>();
            put_exact(
                bird.q,
                (&raw const (*self.scratch).sums).cast(),
                batch.add(lane),
            );
        }
    }

    /// Fast mode: pushes of the birds near by, the rest blended from the cells.
    ///
    /// # Safety
    /// As for [`Steer::exact`].
    #[inline(always)]
    unsafe fn fast(&self, bird: Bird, lane: usize) {
        // SAFETY: as promised.
        unsafe {
            let sums = (&raw mut (*self.scratch).sums).cast::<f32>();
            let list = (&raw mut (*self.scratch).list).cast::<u32>();
            let around = (&raw const (*self.scratch).around).cast::<f32>().add(lane);
            let mut blocks = 0;
            if self.rows.two {
                blocks = close_few(&self.rows, bird.row, around, list);
            }
            if blocks == 0 {
                blocks = close(
                    &self.rows,
                    bird.row,
                    bird.at[0],
                    bird.into[0],
                    bird.into[1],
                    list,
                );
            }
            all_pushes(
                &self.sight,
                list,
                pair_up(self.m, list, blocks),
                bird.q,
                sums,
            );
            if self.g.wraps != 0 && self.at_border(&bird) {
                self.images(bird, Self::fast_image);
            }
            blend_cells(&self.steps, bird.field, around, sums);
            let batch = (&raw mut (*self.scratch).batch).cast::<f32>();
            put_fast(
                bird.q,
                sums,
                *around.add(OWN),
                self.neighbours_per_cell,
                batch.add(lane),
            );
        }
    }

    /// Is the bird in a cell at the border of the box?
    #[inline(always)]
    fn at_border(&self, bird: &Bird) -> bool {
        let last = self.g.cells as usize;
        let edge = |i: usize| i == 1 || i == last;
        let z_edge = !self.g.is_flat() && edge(bird.yz[1]);
        edge(bird.yz[0]) || z_edge || bird.at[0] < 1.0 || bird.at[0] > self.g.side() - 1.0
    }

    /// Lets the bird look from its images beyond the border, up to seven, at the birds inside.
    ///
    /// # Safety
    /// As for [`Steer::exact`].
    #[inline(never)]
    unsafe fn images(&self, bird: Bird, look: unsafe fn(&Self, Bird)) {
        let side = self.g.side();
        let last = self.g.cells as usize;
        let beyond = |low: bool, high: bool| {
            if low {
                1.0
            } else if high {
                -1.0
            } else {
                0.0f32
            }
        };
        let by = [
            beyond(bird.at[0] < 1.0, bird.at[0] > side - 1.0),
            beyond(bird.yz[0] == 1, bird.yz[0] == last),
            if self.g.is_flat() {
                0.0
            } else {
                beyond(bird.yz[1] == 1, bird.yz[1] == last)
            },
        ];
        let row = self.g.row_len as isize * last as isize;
        let layer = row * self.g.layer_rows() as isize;
        for pick in 1..8u32 {
            let moved: [f32; 3] =
                std::array::from_fn(|k| if pick & (1 << k) != 0 { by[k] } else { 0.0 });
            let all = (0..3).all(|k| pick & (1 << k) == 0 || by[k] != 0.0);
            if !all {
                continue;
            }
            let image = Bird {
                at: std::array::from_fn(|k| bird.at[k] + moved[k] * side),
                row: bird
                    .row
                    .wrapping_offset(moved[1] as isize * row + moved[2] as isize * layer),
                q: self.m.array(crate::memory::SORTED).wrapping_add(self.spare),
                ..bird
            };
            // SAFETY: the image lies within a cell of the box, and the start table has guards of
            // that size; the spare slot is the shard's own.
            unsafe {
                for (k, array) in [X, Y, Z].into_iter().enumerate() {
                    *image.q.add(array * STRIDE) = image.at[k];
                }
                look(self, image);
            }
        }
    }

    /// # Safety
    /// As for [`Steer::images`].
    unsafe fn exact_image(&self, image: Bird) {
        // SAFETY: as promised.
        unsafe {
            let list = (&raw mut (*self.scratch).list).cast::<u32>();
            let blocks = near(
                &self.rows,
                image.row,
                image.at[0],
                image.into[0],
                image.into[1],
                list,
            );
            if blocks > 0 {
                image_pairs(
                    &self.sight,
                    self.scratch,
                    pair_up(self.m, list, blocks),
                    image.q,
                );
            }
        }
    }

    /// # Safety
    /// As for [`Steer::images`].
    unsafe fn fast_image(&self, image: Bird) {
        // SAFETY: as promised.
        unsafe {
            let list = (&raw mut (*self.scratch).list).cast::<u32>();
            let blocks = close(
                &self.rows,
                image.row,
                image.at[0],
                image.into[0],
                image.into[1],
                list,
            );
            if blocks > 0 {
                (*self.scratch).more = [0.0; 40];
                let more = (&raw mut (*self.scratch).more).cast::<f32>();
                all_pushes(
                    &self.sight,
                    list,
                    pair_up(self.m, list, blocks),
                    image.q,
                    more,
                );
                add_more(self.scratch);
            }
        }
    }
}

/// Adds up the four lanes of quantity `k`.
///
/// # Safety
/// `sums` has 40 floats.
#[inline(always)]
unsafe fn lanes(sums: *const f32, k: usize) -> f32 {
    // SAFETY: promised by the caller.
    unsafe {
        let p = sums.add(4 * k);
        let (d, c, b, a) = (*p.add(3), *p.add(2), *p.add(1), *p);
        (a + b) + (c + d)
    }
}

/// Sums of one bird into its lane of the batch. The bird has counted itself: it is taken off.
///
/// # Safety
/// `q` is a slot, `sums` has 40 floats, `lane` belongs to a batch.
#[inline(never)]
unsafe fn put_exact(q: *const f32, sums: *const f32, lane: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        for k in [9, 8, 7] {
            *lane.add(4 * k) = lanes(sums, k);
        }
        *lane.add(24) = lanes(sums, 6) - *q.add(VZ * STRIDE);
        *lane.add(20) = lanes(sums, 5) - *q.add(VY * STRIDE);
        *lane.add(16) = lanes(sums, 4) - *q.add(VX * STRIDE);
        for k in [3, 2, 1] {
            *lane.add(4 * k) = lanes(sums, k);
        }
        let p = sums.cast::<u32>();
        let n = *p.add(3) + *p.add(2) + *p.add(1) + *p;
        *lane = n as i32 as f32 - 1.0;
    }
}

/// The same from blended cells: without the bird's own part `own`, and scaled from a cell to what
/// a bird sees.
///
/// # Safety
/// As for [`put_exact`].
#[inline(never)]
unsafe fn put_fast(q: *const f32, sums: *const f32, own: f32, scale: f32, lane: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        for k in [9, 8, 7] {
            *lane.add(4 * k) = lanes(sums, k);
        }
        let blended = |k: usize| *sums.add(k);
        let n = blended(3);
        let at = |k: usize| *q.add((X + k) * STRIDE);
        for k in 0..3 {
            *lane.add(4 * (4 + k)) = (blended(4 + k) - own * *q.add(k * STRIDE)) * scale;
            *lane.add(4 * (1 + k)) = (blended(k) - n * at(k)) * (scale * BLEND_REACH);
        }
        // rounding leaves about 1e-6 of a bird that is alone
        let others = (n - own) * scale;
        *lane = if others > 1e-4 { others } else { 0.0 };
    }
}
