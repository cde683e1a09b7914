//! Which birds can be near: from a position to a list of blocks of four slots.
//!
//! Rows have a cross-section of one cell, and a bird sees one radius far, so its neighbours lie in
//! nine rows. In each of them only x +- sqrt(1 - distance to the row squared) can hold any. All in
//! all 18 blocks for the 19 birds that are near, against 34 for whole cells.
//!
//! A block may begin with birds of the window and end with others of the same row or with
//! sentinels; the distance test drops those, and so nothing here cuts a block to size.

use crate::around::{FAR_ROWS, high, low};
use crate::f4::{V, iadd, set, splat_bits, store};
use crate::geometry::{FINE, Geometry};
use crate::memory::{RUN_BLOCKS, at};

/// Added to a float below 2^22 it leaves the rounded integer in the low bits.
pub const MAGIC: f32 = 8_388_608.0;
/// Its bits.
pub const MAGIC_BITS: u32 = 0x4b00_0000;
/// Half a fine cell, and a little for rounding: a window covers every cell that it touches.
pub const ROUND: f32 = 0.502;
/// Bytes of a block: four slots.
pub const BLOCK: u32 = 16;

/// What [`within`] needs to know of the grid.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Entries from one row to the next, and to the next layer's.
    table: [isize; 2],
    x_offset: f32,
}

impl Rows {
    /// For the grid `g`.
    pub fn new(g: &Geometry) -> Self {
        let row = g.row_len as usize;
        Self {
            table: [row as isize, (row * g.layer_rows()) as isize],
            x_offset: g.x_offset() as f32,
        }
    }
}

/// Blocks that may hold birds within one radius of a bird, by the windows that
/// [`crate::around::look_far`] found. Writes them to `list` and returns how many there are, or 0
/// when a window is so long that [`within`] has to see to it, which is rare.
///
/// # Safety
/// `lane` is a bird's lane; `list` has room for [`crate::memory::LIST_LEN`].
#[inline(never)]
pub unsafe fn list_far(base: *mut u8, lane: *const f32, list: *mut u32) -> usize {
    // SAFETY: promised by the caller.
    unsafe {
        let lane = lane.cast::<u32>();
        let mut end = list.cast::<f32>();
        let mut long = 0;
        for k in (0..FAR_ROWS).rev() {
            let first = *at::<u32>(base, *lane.add(low(k)));
            let last = *at::<u32>(base, *lane.add(high(k)));
            let blocks = (last - first + BLOCK - 1) >> 4;
            let marks = iadd(splat_bits(first), four_blocks());
            store(end, marks);
            store(end.add(4), iadd(marks, splat_bits(4 * BLOCK)));
            // the mask keeps a crowd, which is seen to below, from leading out of the list
            end = end.add((blocks & 15) as usize);
            long |= blocks + 7;
        }
        // one of the sums is above 15 when a window has more than eight blocks
        if long > 15 {
            return 0;
        }
        end.cast::<u32>().offset_from(list) as usize
    }
}

/// From the first to each of four blocks.
#[inline(always)]
fn four_blocks() -> V {
    let step = |k: u32| f32::from_bits(k * BLOCK);
    set(step(0), step(1), step(2), step(3))
}

/// Blocks that may hold birds within `reach`, up to 1, of a bird at `x`, `into` its row along y and
/// z, whose table begins at `row`: for images, wide separation and crowds. Writes them to `list`
/// and returns how many there are.
///
/// # Safety
/// The start table around `row` is filled in, or zero beyond its ends; `list` has room for
/// [`crate::memory::LIST_LEN`].
#[inline(never)]
pub unsafe fn within(
    rows: &Rows,
    row: *const u32,
    x: f32,
    into: [f32; 2],
    reach: f32,
    list: *mut u32,
) -> usize {
    let x = x * FINE as f32 + rows.x_offset;
    let gaps = into.map(|into| [into * into, 0.0, (1.0 - into) * (1.0 - into)]);
    let mut end = list;
    for (gap_z, layer) in gaps[1].into_iter().zip(-1..) {
        for (gap_y, side) in gaps[0].into_iter().zip(-1..) {
            let square = reach * reach - gap_z - gap_y;
            if square < 0.0 {
                continue;
            }
            let row = row.wrapping_offset(layer * rows.table[1] + side * rows.table[0]);
            let half = square.sqrt() * FINE as f32;
            // SAFETY: the window lies in the row's table, by the padding of the grid.
            end = unsafe { run_blocks(row, x - half, x + half, end) };
        }
    }
    // SAFETY: both point into `list`.
    unsafe { end.offset_from(list) as usize }
}

/// Appends the blocks of one window of one row; of a crowd only those in the middle of it, which
/// are the nearest.
///
/// # Safety
/// The window lies in the row's table; `end` has room for [`RUN_BLOCKS`].
#[inline(always)]
unsafe fn run_blocks(row: *const u32, low: f32, high: f32, end: *mut u32) -> *mut u32 {
    let entry = |end: f32| (end + MAGIC).to_bits().wrapping_sub(MAGIC_BITS) as usize;
    // SAFETY: promised by the caller.
    unsafe {
        let window = (*row.add(entry(low - ROUND)), *row.add(entry(high + ROUND)));
        let (mut mark, to) = middle(window);
        let mut end = end;
        while mark < to {
            *end = mark;
            end = end.add(1);
            mark += BLOCK;
        }
        end
    }
}

/// Of a window of slots the middle part that is looked at: all of it but in a crowd.
#[inline(always)]
pub fn middle(window: (u32, u32)) -> (u32, u32) {
    const MOST: u32 = RUN_BLOCKS as u32 * BLOCK;
    let (from, to) = window;
    if to - from <= MOST {
        return window;
    }
    let from = from + (to - from - MOST) / (2 * BLOCK) * BLOCK;
    (from, from + MOST)
}
