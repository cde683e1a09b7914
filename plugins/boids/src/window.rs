//! Which birds can be near: from a position to a list of blocks of four slots.
//!
//! Rows have a cross-section of one cell, and a bird sees one radius far, so its neighbours lie in
//! nine rows. In each of them only x +- sqrt(1 - distance to the row squared) can hold any. All in
//! all 18 blocks for the 19 birds that are near, against 34 for whole cells.
//!
//! A block may begin with birds of the window and end with others of the same row or with
//! sentinels; the distance test drops those, and so nothing here cuts a block to size.

use crate::around::{FIRST, HIGH, LOW, NEXT_Y, NEXT_Z};
use crate::f4::{
    V, add, iadd, isub, lane_bits, max, mul, set, splat, splat_bits, sqrt, store, sub,
};
use crate::geometry::{FINE, Geometry};
use crate::memory::{Memory, RUN_BLOCKS};

/// Added to a float below 2^22 it leaves the rounded integer in the low bits.
pub const MAGIC: f32 = 8_388_608.0;
const MAGIC_BITS: u32 = 0x4b00_0000;
/// Half a fine cell, and a little for rounding: a window covers every cell that it touches.
const ROUND: f32 = 0.501;
/// Bytes of a block: four slots.
const BLOCK: u32 = 16;

/// What [`near`] and [`close`] need to know of the grid; lies on the stack of the driver.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Entries from one row to the next.
    row: usize,
    /// Entries from one layer to the next.
    layer: usize,
    x_offset: f32,
    /// How far [`close`] looks.
    reach: f32,
    /// Does it get to two rows along an axis at most?
    pub two: bool,
}

impl Rows {
    /// For the grid `g`; `reach`, up to 1, is the distance within which birds push each other.
    pub fn new(g: &Geometry, reach: f32) -> Self {
        let row = g.row_len as usize;
        Self {
            row,
            layer: row * g.layer_rows(),
            x_offset: g.x_offset() as f32,
            reach,
            two: reach <= 0.5,
        }
    }
}

/// Blocks that may hold birds within one radius of a bird at `x`, `fy` and `fz` into a row whose
/// table begins at `row`. Writes them to `list` and returns how many there are.
///
/// # Safety
/// The start table around `row` is filled in, or zero beyond its ends; `list` has room for
/// [`crate::memory::LIST_LEN`].
#[inline(never)]
pub unsafe fn near(
    rows: &Rows,
    row: *const u32,
    x: f32,
    fy: f32,
    fz: f32,
    list: *mut u32,
) -> usize {
    let (hy, hz) = (1.0 - fy, 1.0 - fz);
    let (a, b, c, d) = (fy * fy, hy * hy, fz * fz, hz * hz);
    let one = splat(1.0);
    let zero = splat(0.0);
    // lanes: the sides y-1 y+1 z-1 z+1, and the corners y-1 y+1 at z-1, y-1 y+1 at z+1
    let side = sqrt(max(sub(one, set(a, b, c, d)), zero));
    let corner = sqrt(max(sub(sub(one, set(c, c, d, d)), set(a, b, a, b)), zero));
    let x = x * FINE as f32 + rows.x_offset;
    let (side_low, side_high) = borders(x, side);
    let (corner_low, corner_high) = borders(x, corner);
    let (own_low, own_high) = own_borders(x, FINE as f32);
    let (below, above) = (row.wrapping_sub(rows.layer), row.wrapping_add(rows.layer));
    let mut end = list;
    macro_rules! run {
        ($row:expr, $low:expr, $high:expr) => {
            // SAFETY: the window lies in the row's table, by the padding of the grid.
            end = unsafe { run_blocks($row, $low, $high, end) };
        };
    }
    macro_rules! lane {
        ($row:expr, $low:ident, $high:ident, $k:literal) => {
            run!(
                $row,
                lane_bits::<$k>($low) as usize,
                lane_bits::<$k>($high) as usize
            )
        };
    }
    lane!(below.wrapping_sub(rows.row), corner_low, corner_high, 0);
    lane!(below, side_low, side_high, 2);
    lane!(below.wrapping_add(rows.row), corner_low, corner_high, 1);
    lane!(row.wrapping_sub(rows.row), side_low, side_high, 0);
    run!(row, own_low, own_high);
    lane!(row.wrapping_add(rows.row), side_low, side_high, 1);
    lane!(above.wrapping_sub(rows.row), corner_low, corner_high, 2);
    lane!(above, side_low, side_high, 3);
    lane!(above.wrapping_add(rows.row), corner_low, corner_high, 3);
    // SAFETY: both point into `list`.
    unsafe { end.offset_from(list) as usize }
}

/// Byte offsets into a row's table of the windows x +- half, in fine cells.
#[inline(always)]
fn borders(x: f32, half: V) -> (V, V) {
    windows(splat(x), mul(half, splat(FINE as f32)))
}

/// The same for x and half in fine cells.
#[inline(always)]
pub fn windows(x: V, half: V) -> (V, V) {
    let (round, magic) = (splat(ROUND), splat(MAGIC));
    let low = add(sub(sub(x, half), round), magic);
    let high = add(add(add(x, half), round), magic);
    (table_bytes(low), table_bytes(high))
}

#[inline(always)]
fn table_bytes(v: V) -> V {
    let v = isub(v, splat(MAGIC));
    let v = iadd(v, v);
    iadd(v, v)
}

/// The same for one window, `half` fine cells to each side.
#[inline(always)]
fn own_borders(x: f32, half: f32) -> (usize, usize) {
    let bytes = |v: f32| 4 * ((v + MAGIC).to_bits().wrapping_sub(MAGIC_BITS)) as usize;
    (bytes(x - half - ROUND), bytes(x + half + ROUND))
}

/// From the first to each of four blocks.
#[inline(always)]
fn four_blocks() -> V {
    let step = |k: u32| f32::from_bits(k * BLOCK);
    set(step(0), step(1), step(2), step(3))
}

/// Appends the blocks of one window of one row; four are always written, so that short windows,
/// which are the rule, need no loop.
///
/// # Safety
/// `low` and `high` lie in the row's table; `end` has room for [`RUN_BLOCKS`] and at least 4.
#[inline(always)]
unsafe fn run_blocks(row: *const u32, low: usize, high: usize, end: *mut u32) -> *mut u32 {
    // SAFETY: promised by the caller.
    unsafe {
        let first = *row.byte_add(low);
        let last = *row.byte_add(high);
        let blocks = ((last - first + BLOCK - 1) >> 4) as usize;
        *end.add(3) = first + 3 * BLOCK;
        *end.add(2) = first + 2 * BLOCK;
        *end.add(1) = first + BLOCK;
        *end = first;
        if blocks > 4 {
            return long_run(first, blocks, end);
        }
        end.add(blocks)
    }
}

/// The blocks of a window with more than four; of a crowd only those in the middle of the window,
/// which are the nearest.
///
/// # Safety
/// As for [`run_blocks`].
#[inline(always)]
unsafe fn long_run(first: u32, blocks: usize, end: *mut u32) -> *mut u32 {
    let taken = if blocks > RUN_BLOCKS {
        RUN_BLOCKS
    } else {
        blocks
    };
    let first = first + BLOCK * ((blocks - taken) / 2) as u32;
    let mut k = 0;
    while k < taken {
        // SAFETY: promised by the caller.
        unsafe { *end.add(k) = first + BLOCK * k as u32 };
        k += 1;
    }
    end.wrapping_add(taken)
}

/// Blocks that may hold birds within `reach`, for the separation of fast mode; [`near`] explains
/// the arguments.
///
/// # Safety
/// As for [`near`].
#[inline(never)]
pub unsafe fn close(
    rows: &Rows,
    row: *const u32,
    x: f32,
    fy: f32,
    fz: f32,
    list: *mut u32,
) -> usize {
    let reach = rows.reach;
    let x = x * FINE as f32 + rows.x_offset;
    let (low, high) = own_borders(x, reach * FINE as f32);
    let (mut first, mut ny, mut nz) = (row, 1, 1);
    if fy < reach {
        first = first.wrapping_sub(rows.row);
        ny += 1;
    }
    if fy > 1.0 - reach {
        ny += 1;
    }
    if fz < reach {
        first = first.wrapping_sub(rows.layer);
        nz += 1;
    }
    if fz > 1.0 - reach {
        nz += 1;
    }
    let mut end = list;
    for _ in 0..nz {
        let mut row = first;
        for _ in 0..ny {
            // SAFETY: as in `near`.
            end = unsafe { run_blocks(row, low, high, end) };
            row = row.wrapping_add(rows.row);
        }
        first = first.wrapping_add(rows.layer);
    }
    // SAFETY: both point into `list`.
    unsafe { end.offset_from(list) as usize }
}

/// The same without branches, for a reach of at most two rows along an axis ([`Rows::two`]);
/// returns 0 when a window has more than four blocks, which is rare, and leaves that to [`close`].
///
/// # Safety
/// As for [`near`]; `around` is the bird's lane of what [`crate::around::look_around`] wrote.
#[inline(never)]
pub unsafe fn close_few(rows: &Rows, row: *const u32, around: *const f32, list: *mut u32) -> usize {
    // SAFETY: as in `near`.
    unsafe {
        let around = around.cast::<u32>();
        let (next_z, next_y) = (*around.add(NEXT_Z), *around.add(NEXT_Y));
        let first = row.wrapping_byte_offset(*around.add(FIRST) as i32 as isize);
        let (high, low) = (*around.add(HIGH) as usize, *around.add(LOW) as usize);
        let (first_low, first_high) = (first.wrapping_byte_add(low), first.wrapping_byte_add(high));
        macro_rules! run {
            ($step:expr, $mask:expr) => {{
                let from = *first_low.wrapping_add($step);
                let to = *first_high.wrapping_add($step);
                (from, ((to - from + BLOCK - 1) >> 4) & $mask)
            }};
        }
        let (a, in_a) = run!(0, !0);
        let (b, in_b) = run!(rows.row, next_y);
        let (c, in_c) = run!(rows.layer, next_z);
        let (d, in_d) = run!(rows.layer + rows.row, next_y & next_z);
        // each sum is above 7 where there are more than 4
        if (in_a + 3) | (in_b + 3) | (in_c + 3) | (in_d + 3) > 7 {
            return 0;
        }
        let mut end = list.cast::<f32>();
        for (from, blocks) in [(a, in_a), (b, in_b), (c, in_c), (d, in_d)] {
            store(end, iadd(splat_bits(from), four_blocks()));
            end = end.add(blocks as usize);
        }
        end.cast::<u32>().offset_from(list) as usize
    }
}

/// Makes the number of blocks even with one that holds nobody; returns the pairs.
///
/// # Safety
/// `list` has room for `blocks + 1`.
#[inline(always)]
pub unsafe fn pair_up(m: Memory, list: *mut u32, blocks: usize) -> usize {
    // The border's first row has no birds: slot 0 begins its sentinels.
    // SAFETY: promised by the caller.
    unsafe { *list.add(blocks) = m.first_mark() };
    blocks.div_ceil(2)
}
