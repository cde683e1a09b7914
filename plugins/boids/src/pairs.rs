//! Sums over the birds of blocks: the innermost loops.
//!
//! What makes them fast in wasm (see RATIONALE): one loop to a function, no branch in it, few
//! values alive across it and none of the vectors on the stack, counting down to zero, masks by
//! `and`, the farthest array read first (one bounds check for all), working memory through a
//! pointer.

use crate::around::{LANES, NUMBER, OFFSET, PUSH, VELOCITY, high, low};
use crate::f4::{V, add, and, any, count, div, load, load_splat, lt, mul, part, splat, sub};
use crate::memory::{STRIDE, Scratch, VX, VY, VZ, X, Y, Z, at};
use crate::window::{BLOCK, middle};

/// Blocks that one call of [`neighbours`] takes: a bit each.
const MOST: usize = 64;
/// Added to a squared distance before it divides: two birds in one place push, but do not explode.
pub const SOFTEN: f32 = 0.01;

/// What the loops work on.
#[derive(Clone, Copy)]
pub struct Sight {
    /// What marks count from.
    pub base: *mut u8,
    /// Square of the distance within which birds push each other.
    pub push2: f32,
}

/// Offsets and squared distance from the bird at (vx, vy, vz) to the four of a block.
macro_rules! offsets {
    ($p:expr, $here:expr) => {{
        let dz = sub(load($p.add(Z * STRIDE)), $here.2);
        let dy = sub(load($p.add(Y * STRIDE)), $here.1);
        let dx = sub(load($p.add(X * STRIDE)), $here.0);
        let d2 = add(add(mul(dz, dz), mul(dy, dy)), mul(dx, dx));
        (dx, dy, dz, d2)
    }};
}

/// Position of the bird in slot `q`, in all lanes.
macro_rules! here {
    ($q:expr) => {
        (
            load_splat($q.add(X * STRIDE)),
            load_splat($q.add(Y * STRIDE)),
            load_splat($q.add(Z * STRIDE)),
        )
    };
}

/// All that the bird in slot `q` knows by the first `blocks` of the list, itself included.
///
/// # Safety
/// The marks in the list are slots with three more behind them; `blocks` is at least 1 and fits the
/// list; `lane` is one; nobody else uses `scratch`.
#[inline(always)]
pub unsafe fn sum_blocks(
    sight: &Sight,
    scratch: *mut Scratch,
    blocks: usize,
    q: *const f32,
    lane: *mut f32,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let list = (&raw const (*scratch).list).cast::<u32>();
        let first = if blocks > MOST { MOST } else { blocks };
        let near = neighbours(sight, list, first, q, lane);
        pushes(sight, list.add(first - 1), near, q, lane);
        if blocks > MOST {
            more_blocks(sight, scratch, MOST, blocks, q, lane);
        }
    }
}

/// Adds what the blocks from `done` on say.
///
/// # Safety
/// As for [`sum_blocks`].
#[inline(never)]
pub unsafe fn more_blocks(
    sight: &Sight,
    scratch: *mut Scratch,
    done: usize,
    blocks: usize,
    q: *const f32,
    lane: *mut f32,
) {
    for done in (done..blocks).step_by(MOST) {
        let now = (blocks - done).min(MOST);
        // SAFETY: promised by the caller.
        unsafe {
            let list = (&raw const (*scratch).list).cast::<u32>().add(done);
            let more = (&raw mut (*scratch).more).cast::<f32>();
            let near = neighbours(sight, list, now, q, more);
            pushes(sight, list.add(now - 1), near, q, more);
            add_more(more, lane, NUMBER);
        }
    }
}

/// Adds the pushes of `blocks` blocks, for fast mode.
///
/// # Safety
/// As for [`sum_blocks`].
#[inline(never)]
pub unsafe fn more_pushes(
    sight: &Sight,
    scratch: *mut Scratch,
    blocks: usize,
    q: *const f32,
    lane: *mut f32,
) {
    for done in (0..blocks).step_by(MOST) {
        let now = (blocks - done).min(MOST);
        // SAFETY: promised by the caller.
        unsafe {
            let list = (&raw const (*scratch).list).cast::<u32>();
            let more = (&raw mut (*scratch).more).cast::<f32>();
            let all = u64::MAX >> (MOST - now);
            pushes(sight, list.add(done + now - 1), all, q, more);
            add_more(more, lane, PUSH);
        }
    }
}

/// # Safety
/// Both are lanes.
unsafe fn add_more(more: *const f32, lane: *mut f32, from: usize) {
    for k in (from..LANES).step_by(4) {
        // SAFETY: promised by the caller.
        unsafe { *lane.add(k) += *more.add(k) };
    }
}

/// Number, offsets and velocities of the birds within one radius. Returns a bit for each block
/// (the last one is bit 0) in which a bird, maybe `q` itself, is near enough to push.
///
/// One block at a time, and the number counted outside of the vectors, because the loop then gets
/// by with the sixteen registers there are. What a loop puts on the stack may lie across two pages,
/// by the luck of a process: reading it back at once made one process in ten twice as slow.
///
/// # Safety
/// As for [`sum_blocks`]; at most [`MOST`] blocks.
#[inline(never)]
unsafe fn neighbours(
    sight: &Sight,
    mut list: *const u32,
    mut blocks: usize,
    q: *const f32,
    lane: *mut f32,
) -> u64 {
    // SAFETY: promised by the caller.
    unsafe {
        let here = here!(q);
        let (base, push2) = (sight.base, splat(sight.push2));
        let zero = splat(0.0);
        let (mut az, mut ay, mut ax) = (zero, zero, zero);
        let (mut cz, mut cy, mut cx, mut n) = (zero, zero, zero, 0u32);
        let mut bits = 0u64;
        loop {
            let p = at::<f32>(base, *list).cast_const();
            let (dx, dy, dz, d2) = offsets!(p, here);
            let m = lt(d2, splat(1.0));
            n += count(m);
            // the farthest array last: wasm gets these in reverse
            ax = add(ax, and(load(p.add(VX * STRIDE)), m));
            ay = add(ay, and(load(p.add(VY * STRIDE)), m));
            az = add(az, and(load(p.add(VZ * STRIDE)), m));
            cx = add(cx, and(dx, m));
            cy = add(cy, and(dy, m));
            cz = add(cz, and(dz, m));
            bits = bits + bits + u64::from(any(lt(d2, push2)));
            list = list.add(1);
            blocks -= 1;
            if blocks == 0 {
                break;
            }
        }
        *lane.add(VELOCITY + 8) = together(az);
        *lane.add(VELOCITY + 4) = together(ay);
        *lane.add(VELOCITY) = together(ax);
        *lane.add(OFFSET + 8) = together(cz);
        *lane.add(OFFSET + 4) = together(cy);
        *lane.add(OFFSET) = together(cx);
        *lane.add(NUMBER) = n as i32 as f32;
        bits
    }
}

/// The sum of the four lanes.
#[inline(always)]
fn together(v: V) -> f32 {
    (part::<0>(v) + part::<1>(v)) + (part::<2>(v) + part::<3>(v))
}

/// The push away from each bird of one block: offset / (d2 + SOFTEN), negative.
macro_rules! push_block {
    ($p:expr, $here:expr, $push2:expr, $push:expr) => {{
        let (dx, dy, dz, d2) = offsets!($p, $here);
        let k = and(lt(d2, $push2), div(splat(1.0), add(d2, splat(SOFTEN))));
        $push.0 = sub($push.0, mul(dx, k));
        $push.1 = sub($push.1, mul(dy, k));
        $push.2 = sub($push.2, mul(dz, k));
    }};
}

/// The push of the blocks whose bit is set in `bits`; `last` is the last one.
///
/// # Safety
/// As for [`sum_blocks`].
#[inline(never)]
unsafe fn pushes(sight: &Sight, last: *const u32, mut bits: u64, q: *const f32, lane: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let here = here!(q);
        let push2 = splat(sight.push2);
        let mut push = (splat(0.0), splat(0.0), splat(0.0));
        while bits != 0 {
            let block = last.sub(bits.trailing_zeros() as usize);
            bits &= bits - 1;
            push_block!(at::<f32>(sight.base, *block), here, push2, push);
        }
        put_push(lane, push);
    }
}

/// The push on the first `birds` of the four birds from slot `q` on, from the four windows of each
/// that [`crate::around::look_around`] found. No list: a window has one or two groups of eight
/// birds, and eight at a time cost less than to note and to look up blocks of four.
///
/// # Safety
/// `lanes` is what `look_around` wrote for them; `birds` is 1 to 4.
#[inline(never)]
pub unsafe fn push_four(sight: &Sight, mut q: *const f32, mut birds: usize, lanes: *mut f32) {
    // SAFETY: promised by the caller; behind the last bird of a row lie as many sentinels as a
    // group has places.
    unsafe {
        let (base, push2) = (sight.base, splat(sight.push2));
        let mut lane = lanes;
        loop {
            let here = here!(q);
            let mut push = (splat(0.0), splat(0.0), splat(0.0));
            macro_rules! group {
                ($mark:expr) => {
                    let p = at::<f32>(base, $mark);
                    push_block!(p.add(4), here, push2, push);
                    push_block!(p, here, push2, push);
                };
            }
            macro_rules! row {
                ($k:literal) => {
                    let marks = lane.cast::<u32>();
                    let to = *at::<u32>(base, *marks.add(high($k)));
                    let from = *at::<u32>(base, *marks.add(low($k)));
                    group!(from);
                    if to - from > 2 * BLOCK {
                        let (from, to) = middle((from, to));
                        let mut mark = from + 2 * BLOCK;
                        loop {
                            group!(mark);
                            mark += 2 * BLOCK;
                            if mark >= to {
                                break;
                            }
                        }
                    }
                };
            }
            row!(0);
            row!(1);
            row!(2);
            row!(3);
            put_push(lane, push);
            q = q.add(1);
            lane = lane.add(1);
            birds -= 1;
            if birds == 0 {
                break;
            }
        }
    }
}

/// # Safety
/// `lane` is one.
#[inline(always)]
unsafe fn put_push(lane: *mut f32, push: (V, V, V)) {
    // SAFETY: promised by the caller.
    unsafe {
        *lane.add(PUSH + 8) = together(push.2);
        *lane.add(PUSH + 4) = together(push.1);
        *lane.add(PUSH) = together(push.0);
    }
}
