//! Sorting the birds by (row, fine cell along x): a counting sort in three phases.
//!
//! Each shard counts a contiguous part of the birds, sums up a part of the rows and moves its
//! birds. Birds of one cell keep their order, whoever moves them, so the result does not depend on
//! the number of shards.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use crate::geometry::{FINE, Geometry};
use crate::memory::{
    CELL, FAR_AWAY, ID, MAX_SHARDS, Memory, SENTINELS, STATE, STRIDE, VX, VY, VZ, X, Y, Z,
};

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

/// Cell of a coordinate, at least 0 and at most `last`.
///
/// # Safety
/// `x` is finite and fits an i32.
#[inline(always)]
unsafe fn cell(x: f32, last: i32) -> usize {
    // SAFETY: promised by the caller. The saturating conversion is several times as long in wasm.
    let c = unsafe { x.to_int_unchecked::<i32>() };
    c.clamp(0, last) as usize
}

/// Phase 1: finds the cell of each bird of the own part and counts the birds per cell.
///
/// # Safety
/// `m` is laid out for `g`; every shard works on its own part; all positions lie in the box.
pub unsafe fn count(m: Memory, g: &Geometry, shard: Shard) {
    // SAFETY: birds < MAX_BIRDS; cells are clamped to the grid, so `c` lies in the table; counts
    // and parts of this shard are written by nobody else in this phase.
    unsafe {
        clear_counts(m, g, shard.index);
        let (counts, row_birds) = (m.counts(g, shard.index), m.row_birds(g, shard.index));
        if shard.index == 0 {
            for counter in &(*m.header()).taken {
                counter.0.store(0, Relaxed);
            }
        }
        let (last, last_z) = (g.cells as i32 - 1, g.layers as i32 - 1);
        let last_fine = (g.cells as usize * FINE) as i32 - 1;
        let (layer, row, x_offset) = (g.layer_rows(), g.row_len as usize, g.x_offset());
        let birds = shard.part(g.birds as usize);
        let mut p = m.array(STATE).add(birds.start);
        for _ in birds {
            let (z, y, x) = (*p.add(Z * STRIDE), *p.add(Y * STRIDE), *p.add(X * STRIDE));
            let r = (cell(z, last_z) + 1) * layer + cell(y, last) + 1;
            let c = r * row + cell(x * FINE as f32, last_fine) + x_offset;
            *p.add(CELL * STRIDE).cast::<u32>() = c as u32;
            *counts.add(c) += 1;
            *row_birds.add(r) += 1;
            p = p.add(1);
        }
        if shard.of > 1 {
            let parts = &mut (*m.header()).parts[shard.index];
            let birds = std::slice::from_raw_parts(row_birds, g.rows as usize);
            for (k, sum) in parts.iter_mut().enumerate().take(shard.of) {
                *sum = birds[part(birds.len(), k, shard.of)].iter().sum();
            }
        }
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

/// Places of one row's birds, the first at `mark`; returns the end of the last.
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
    for cell in 0..g.row_len as usize {
        // SAFETY: promised by the caller.
        unsafe {
            *start.add(cell) = mark;
            for shard in 0..K {
                let place = counts.add(shard * step + cell);
                let n = *place;
                *place = mark;
                mark += 4 * n;
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
    // SAFETY: each place is given out once, by the counts of this shard.
    unsafe {
        let counts = m.counts(g, shard.index);
        let birds = shard.part(g.birds as usize);
        let mut p = m.array(STATE).cast_const().add(birds.start);
        for _ in birds {
            let place = counts.add(*p.add(CELL * STRIDE).cast::<u32>() as usize);
            let mark = *place;
            *place = mark + 4;
            let q = m.at(mark);
            *q.add(ID * STRIDE) = *p.add(ID * STRIDE);
            *q.add(Z * STRIDE) = *p.add(Z * STRIDE);
            *q.add(Y * STRIDE) = *p.add(Y * STRIDE);
            *q.add(X * STRIDE) = *p.add(X * STRIDE);
            *q.add(VZ * STRIDE) = *p.add(VZ * STRIDE);
            *q.add(VY * STRIDE) = *p.add(VY * STRIDE);
            *q.add(VX * STRIDE) = *p.add(VX * STRIDE);
            p = p.add(1);
        }
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
