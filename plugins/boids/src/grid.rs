//! Sorting the birds by (row, fine cell along x): a counting sort in three phases.
//!
//! Each shard counts a contiguous part of the birds, sums up a part of the rows and moves its
//! birds. Birds of one cell keep their order, whoever moves them, so the result does not depend on
//! the number of shards.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use crate::f4::{
    V, add, and, any, isub, lane_bits, load, lt, max, min, mul, or, splat, splat_bits, store, sub,
};
use crate::geometry::{FINE, Geometry};
use crate::memory::{
    CELL, FAR_AWAY, ID, MAX_SHARDS, Memory, SENTINELS, STATE, STRIDE, VX, VY, VZ, X, Y, Z, at,
};
use crate::window::MAGIC;

/// Which part of the work is whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// 1 to [`MAX_SHARDS`].
    pub of: usize,
}

impl Shard {
    /// All of the work.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };

    /// The own part of `total` things.
    fn part(self, total: usize) -> Range<usize> {
        part(total, self.index, self.of)
    }
}

fn part(total: usize, index: usize, of: usize) -> Range<usize> {
    let border = |k: usize| (total as u64 * k as u64 / of as u64) as usize;
    border(index)..border(index + 1)
}

/// Phase 1: finds the cell of each bird of the own part and counts the birds per cell.
///
/// # Safety
/// `m` is laid out for `g`; every shard works on its own part.
pub unsafe fn count(m: Memory, g: &Geometry, shard: Shard) {
    // SAFETY: counts and parts of this shard are written by nobody else in this phase.
    unsafe {
        clear_counts(m, g, shard.index);
        if shard.index == 0 {
            for counter in &(*m.header()).taken {
                counter.0.store(0, Relaxed);
            }
        }
        let birds = shard.part(g.birds as usize);
        let (counts, row_birds) = (m.counts(g, shard.index), m.row_birds(g, shard.index));
        let first = m.mark(m.array(STATE).add(birds.start));
        let places = Places::new(g);
        count_birds(m.base(), &places, first, birds.len(), counts, row_birds);
        if shard.of > 1 {
            let parts = &mut (*m.header()).parts[shard.index];
            let birds = std::slice::from_raw_parts(row_birds, g.rows as usize);
            for (k, sum) in parts.iter_mut().enumerate().take(shard.of) {
                *sum = birds[part(birds.len(), k, shard.of)].iter().sum();
            }
        }
    }
}

/// What turns positions into places in the start table. Floats: a table is so short that all its
/// indices are exact, and an integer product is several instructions.
struct Places {
    /// Last fine cell along x, last cell along y and z.
    last: [V; 3],
    /// Rows from one layer to the next.
    layer: V,
    /// Entries from one row to the next.
    row: V,
    /// First row that is not the border's, and first cell of a row.
    first: [V; 2],
}

impl Places {
    fn new(g: &Geometry) -> Self {
        let cells = g.cells as usize;
        let v = |n: usize| splat(n as f32);
        Self {
            last: [v(cells * FINE - 1), v(cells - 1), v(g.layers as usize - 1)],
            layer: v(g.layer_rows()),
            row: v(g.row_len as usize),
            first: [v(g.layer_rows() + 1), v(g.x_offset())],
        }
    }

    /// Place and row of four positions.
    #[inline(always)]
    fn of(&self, x: V, y: V, z: V) -> (V, V) {
        let x = cell(mul(x, splat(FINE as f32)), self.last[0]);
        let (y, z) = (cell(y, self.last[1]), cell(z, self.last[2]));
        let row = add(add(mul(z, self.layer), y), self.first[0]);
        let place = add(add(mul(row, self.row), x), self.first[1]);
        (integer(place), integer(row))
    }
}

/// Cells of coordinates, at least 0 and at most `last`, also of what is no number.
#[inline(always)]
fn cell(x: V, last: V) -> V {
    let near = sub(add(x, splat(MAGIC)), splat(MAGIC));
    let down = sub(near, and(lt(x, near), splat(1.0)));
    min(last, max(splat(0.0), down))
}

#[inline(always)]
fn integer(whole: V) -> V {
    isub(add(whole, splat(MAGIC)), splat(MAGIC))
}

/// Counts the `birds` birds from the place `first` on (a mark: see [`move_birds`]).
///
/// # Safety
/// Birds and three more can be read, the counts lie in the tables of this shard.
#[inline(never)]
unsafe fn count_birds(
    base: *mut u8,
    places: &Places,
    mut first: u32,
    birds: usize,
    counts: *mut u32,
    row_birds: *mut u32,
) {
    let mut left = birds;
    while left > 0 {
        // SAFETY: promised by the caller; cells are clamped to the grid.
        unsafe {
            let p = at::<f32>(base, first);
            let z = load(p.add(Z * STRIDE));
            let y = load(p.add(Y * STRIDE));
            let (place, row) = places.of(load(p.add(X * STRIDE)), y, z);
            macro_rules! bird {
                ($k:literal) => {
                    let (place, row) = (lane_bits::<$k>(place), lane_bits::<$k>(row));
                    *p.add(CELL * STRIDE + $k).cast::<u32>() = place;
                    *counts.add(place as usize) += 1;
                    *row_birds.add(row as usize) += 1;
                };
            }
            if left < 4 {
                bird!(0);
                if left > 1 {
                    bird!(1);
                }
                if left > 2 {
                    bird!(2);
                }
                return;
            }
            bird!(3);
            bird!(2);
            bird!(1);
            bird!(0);
        }
        first += 16;
        left -= 4;
    }
}

/// Zeroes the counts of the rows that held birds. Most rows of a box around a flock never do.
///
/// # Safety
/// As for [`count`].
unsafe fn clear_counts(m: Memory, g: &Geometry, shard: usize) {
    let len = g.row_len as usize;
    // SAFETY: only this shard uses its counts in this phase.
    unsafe {
        let (counts, row_birds) = (m.counts(g, shard), m.row_birds(g, shard));
        for row in 0..g.rows as usize {
            if *row_birds.add(row) != 0 {
                *row_birds.add(row) = 0;
                counts.add(row * len).write_bytes(0, len);
            }
        }
    }
}

/// Phase 2: turns counts into places, for the own part of the rows.
///
/// # Safety
/// As for [`count`]; all shards have counted.
pub unsafe fn prefix(m: Memory, g: &Geometry, shard: Shard) {
    // SAFETY: as promised; nobody writes to `parts` in this phase.
    unsafe {
        let rows = shard.part(g.rows as usize);
        let parts = &(*m.header()).parts;
        let before: u32 = parts[..shard.of]
            .iter()
            .flat_map(|p| &p[..shard.index])
            .sum();
        let mark = m.slot_mark(SENTINELS * rows.start + before as usize);
        match shard.of {
            1 => prefix_rows::<1>(m, g, rows, mark),
            2 => prefix_rows::<2>(m, g, rows, mark),
            3 => prefix_rows::<3>(m, g, rows, mark),
            4 => prefix_rows::<4>(m, g, rows, mark),
            5 => prefix_rows::<5>(m, g, rows, mark),
            6 => prefix_rows::<6>(m, g, rows, mark),
            7 => prefix_rows::<7>(m, g, rows, mark),
            _ => prefix_rows::<MAX_SHARDS>(m, g, rows, mark),
        }
    }
}

/// Places of `rows`, the first bird at `mark`, when K shards have counted.
///
/// # Safety
/// As for [`prefix`].
unsafe fn prefix_rows<const K: usize>(m: Memory, g: &Geometry, rows: Range<usize>, mark: u32) {
    // SAFETY: the rows lie in the tables and belong to this shard; so do the slots from `mark`.
    unsafe {
        let (mut mark, len) = (mark, g.row_len as usize);
        for row in rows.clone() {
            let birds: [*mut u32; K] = std::array::from_fn(|k| m.row_birds(g, k).wrapping_add(row));
            let start = m.start().add(row * len);
            if birds.iter().all(|n| **n == 0) {
                std::slice::from_raw_parts_mut(start, len).fill(mark);
            } else {
                mark = prefix_row::<K>(start, m.counts(g, 0).add(row * len), g, mark);
                for n in birds {
                    *n = 1;
                }
            }
            let end = m.at(mark).add(X * STRIDE);
            for k in 0..SENTINELS {
                *end.add(k) = FAR_AWAY;
            }
            mark += 4 * SENTINELS as u32;
        }
        if rows.end == g.rows as usize {
            let end = m.start().add(rows.end * len);
            std::slice::from_raw_parts_mut(end, len).fill(mark);
        }
    }
}

/// Places of one row's birds, the first at `mark`; returns the end of the last. Most cells of most
/// rows are empty: they are passed by four.
///
/// # Safety
/// As for [`prefix_rows`]; `counts` is the row of shard 0, the others' follow.
#[inline(always)]
unsafe fn prefix_row<const K: usize>(
    start: *mut u32,
    counts: *mut u32,
    g: &Geometry,
    mark: u32,
) -> u32 {
    let (mut mark, step) = (mark, g.table_len());
    for cell in (0..g.row_len as usize).step_by(FINE) {
        // SAFETY: promised by the caller; the length of a row is a multiple of four.
        unsafe {
            let (start, counts) = (start.add(cell), counts.add(cell));
            let some = (1..K).fold(load(counts.cast()), |some, shard| {
                or(some, load(counts.add(shard * step).cast()))
            });
            if !any(isub(splat(0.0), some)) {
                store(start.cast(), splat_bits(mark));
                continue;
            }
            for k in 0..FINE {
                *start.add(k) = mark;
                for shard in 0..K {
                    let place = counts.add(shard * step + k);
                    let n = *place;
                    *place = mark;
                    mark += 4 * n;
                }
            }
        }
    }
    mark
}

/// Phase 3: moves the birds of the own part to their places.
///
/// # Safety
/// As for [`count`]; all shards have done [`prefix`].
pub unsafe fn scatter(m: Memory, g: &Geometry, shard: Shard) {
    let birds = shard.part(g.birds as usize);
    // SAFETY: each place is given out once, by the counts of this shard.
    unsafe {
        let first = m.mark(m.array(STATE).add(birds.start));
        move_birds(m.base(), first, birds.len(), m.counts(g, shard.index));
    }
}

/// Moves the `birds` birds from the place `first` on. A mark, since the compiler would turn a
/// pointer that counts up into seven, one for each array, with a bounds check each.
///
/// # Safety
/// As for [`scatter`].
#[inline(never)]
unsafe fn move_birds(base: *mut u8, mut first: u32, mut birds: usize, counts: *mut u32) {
    while birds > 0 {
        // SAFETY: promised by the caller.
        unsafe {
            let p = at::<f32>(base, first).cast_const();
            let place = counts.add(*p.add(CELL * STRIDE).cast::<u32>() as usize);
            let mark = *place;
            *place = mark + 4;
            let q = at::<f32>(base, mark);
            *q.add(ID * STRIDE) = *p.add(ID * STRIDE);
            *q.add(Z * STRIDE) = *p.add(Z * STRIDE);
            *q.add(Y * STRIDE) = *p.add(Y * STRIDE);
            *q.add(X * STRIDE) = *p.add(X * STRIDE);
            *q.add(VZ * STRIDE) = *p.add(VZ * STRIDE);
            *q.add(VY * STRIDE) = *p.add(VY * STRIDE);
            *q.add(VX * STRIDE) = *p.add(VX * STRIDE);
        }
        first += 4;
        birds -= 1;
    }
}

/// First row of part `k` of `of`, when the rows are cut into parts with about equally many birds.
///
/// # Safety
/// `m` is laid out for `g` and sorted.
pub unsafe fn row_border(m: Memory, g: &Geometry, k: usize, of: usize) -> usize {
    if k == 0 {
        return 0;
    }
    let wanted = (u64::from(g.birds) * k as u64 / of as u64) as u32;
    let (mut low, mut high) = (0, g.rows as usize);
    if k == of {
        return high;
    }
    while low < high {
        let middle = (low + high) / 2;
        // SAFETY: the row lies in the table.
        if unsafe { birds_before(m, g, middle) } >= wanted {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Birds in the rows before `row`, which is also the place of its first bird in the state arrays.
///
/// # Safety
/// As for [`row_border`]; `row` is at most the number of rows.
#[inline(always)]
pub unsafe fn birds_before(m: Memory, g: &Geometry, row: usize) -> u32 {
    // SAFETY: the start table has a row beyond the last.
    let mark = unsafe { *m.start().add(row * g.row_len as usize) };
    (m.mark_slot(mark) - SENTINELS * row) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::f4::{lane_bits, set};
    use crate::noise::{Purpose, stream};
    use crate::params::{Bounds, Params};

    /// Place and row of one position, a number at a time.
    fn slow(g: &Geometry, at: [f32; 3]) -> (u32, u32) {
        let cell = |c: f32, last: u32| (c.floor().max(0.0) as u32).min(last);
        let (cells, layers) = (g.cells, g.layers);
        let x = cell(at[0] * FINE as f32, cells * FINE as u32 - 1);
        let (y, z) = (cell(at[1], cells - 1), cell(at[2], layers - 1));
        let row = (z + 1) * (cells + 2) + y + 1;
        (row * g.row_len + x + g.x_offset() as u32, row)
    }

    fn fast(g: &Geometry, at: [f32; 3]) -> (u32, u32) {
        let lanes = |k: usize| set(0.0, at[k], 0.0, 0.0);
        let (place, row) = Places::new(g).of(lanes(0), lanes(1), lanes(2));
        (lane_bits::<1>(place), lane_bits::<1>(row))
    }

    #[test]
    fn every_position_has_its_place_also_outside_of_the_grid() {
        for index in 0..6u32 {
            for count in [1, 700, 250_000] {
                let params = Params {
                    flat: index % 2 == 1,
                    bounds: [Bounds::Wrap, Bounds::Wall, Bounds::Sphere][index as usize % 3],
                    density: 1.0,
                    ..Params::default()
                };
                let g = Geometry::new(count, &params);
                let side = g.side();
                let mut numbers = stream(1, Purpose::Bird, index);
                for _ in 0..500 {
                    let at = std::array::from_fn(|_| (numbers.unit() * 1.2 - 0.1) * side);
                    assert_eq!(fast(&g, at), slow(&g, at), "{at:?} in {g:?}");
                }
                for edge in [-0.0, 0.25, 1.0, 1.75, side - 1.0, side, -1e9, 1e9] {
                    let at = [edge; 3];
                    assert_eq!(fast(&g, at), slow(&g, at), "{at:?} in {g:?}");
                }
                assert_eq!(fast(&g, [f32::NAN; 3]), slow(&g, [0.0; 3]), "no number");
            }
        }
    }
}
