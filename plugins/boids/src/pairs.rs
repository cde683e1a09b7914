//! Sums over the birds of a block list: the innermost loops.
//!
//! What makes them fast in wasm (facts measured, see RATIONALE): one loop to a function, no branch
//! in it, few values alive across it, counting down to zero, masks by `and`, the farthest array
//! first (one bounds check for all), working memory through a pointer.

use crate::f4::{V, add, and, any, div, isub, load, load_splat, lt, min, mul, splat, store, sub};
use crate::memory::{STRIDE, Scratch, VX, VY, VZ, X, Y, Z, at};

/// Pairs of blocks that one call of [`neighbours`] takes: a bit each.
const PAIRS: usize = 64;
/// Added to a squared distance before it divides: two birds in one place push, but do not explode.
pub const SOFTEN: f32 = 0.01;

/// What the loops work on.
#[derive(Clone, Copy)]
pub struct Sight {
    /// First float of the sorted arrays.
    pub sorted: *mut f32,
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

/// All sums of the bird in slot `q` over `pairs` pairs of blocks, itself included.
///
/// # Safety
/// The marks in `list` are slots with three more behind them; `pairs` is at least 1 and fits the
/// list; nobody else uses `scratch`.
#[inline(always)]
pub unsafe fn sum_pairs(sight: &Sight, scratch: *mut Scratch, pairs: usize, q: *const f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let list = (&raw mut (*scratch).list).cast::<u32>();
        let sums = (&raw mut (*scratch).sums).cast::<f32>();
        let first = if pairs > PAIRS { PAIRS } else { pairs };
        let near = neighbours(sight, list, first, q, sums);
        pushes(sight, list.add(2 * first - 2), near, q, sums);
        if pairs > PAIRS {
            rest(sight, scratch, PAIRS, pairs, q);
        }
    }
}

/// Adds the sums of an image across the border.
///
/// # Safety
/// As for [`sum_pairs`].
pub unsafe fn image_pairs(sight: &Sight, scratch: *mut Scratch, pairs: usize, q: *const f32) {
    // SAFETY: promised by the caller.
    unsafe { rest(sight, scratch, 0, pairs, q) }
}

/// Adds the sums over the pairs from `done` on.
///
/// # Safety
/// As for [`sum_pairs`].
#[inline(never)]
unsafe fn rest(sight: &Sight, scratch: *mut Scratch, done: usize, pairs: usize, q: *const f32) {
    let mut done = done;
    while done < pairs {
        let now = (pairs - done).min(PAIRS);
        // SAFETY: promised by the caller.
        unsafe {
            let list = (&raw mut (*scratch).list).cast::<u32>().add(2 * done);
            let more = (&raw mut (*scratch).more).cast::<f32>();
            let near = neighbours(sight, list, now, q, more);
            pushes(sight, list.add(2 * now - 2), near, q, more);
            add_more(scratch);
        }
        done += now;
    }
}

/// Adds `more` to `sums`.
///
/// # Safety
/// Nobody else uses `scratch`.
pub unsafe fn add_more(scratch: *mut Scratch) {
    // SAFETY: promised by the caller.
    let (sums, more) = unsafe { (&mut (*scratch).sums, &(*scratch).more) };
    for lane in 0..4 {
        sums[lane] = f32::from_bits(sums[lane].to_bits().wrapping_add(more[lane].to_bits()));
    }
    for lane in 4..40 {
        sums[lane] += more[lane];
    }
}

/// Number, offsets and velocities of the birds within one radius. Returns a bit for each pair
/// (the last one is bit 0) in which a bird, maybe `q` itself, is near enough to push.
///
/// # Safety
/// As for [`sum_pairs`]; at most [`PAIRS`] pairs.
#[inline(never)]
unsafe fn neighbours(
    sight: &Sight,
    mut list: *const u32,
    mut pairs: usize,
    q: *const f32,
    sums: *mut f32,
) -> u64 {
    // SAFETY: promised by the caller.
    unsafe {
        let here = here!(q);
        let (sorted, push2) = (sight.sorted, splat(sight.push2));
        let zero = splat(0.0);
        let (mut az, mut ay, mut ax) = (zero, zero, zero);
        let (mut cz, mut cy, mut cx, mut n) = (zero, zero, zero, zero);
        let mut bits = 0u64;
        loop {
            macro_rules! block {
                ($mark:expr) => {{
                    let p = at(sorted, $mark).cast_const();
                    let (dx, dy, dz, d2) = offsets!(p, here);
                    let m = lt(d2, splat(1.0));
                    n = isub(n, m);
                    cz = add(cz, and(dz, m));
                    cy = add(cy, and(dy, m));
                    cx = add(cx, and(dx, m));
                    az = add(az, and(load(p.add(VZ * STRIDE)), m));
                    ay = add(ay, and(load(p.add(VY * STRIDE)), m));
                    ax = add(ax, and(load(p.add(VX * STRIDE)), m));
                    d2
                }};
            }
            let (second, first) = (*list.add(1), *list);
            let d1 = block!(second);
            let d0 = block!(first);
            bits = bits + bits + u64::from(any(lt(min(d0, d1), push2)));
            list = list.add(2);
            pairs -= 1;
            if pairs == 0 {
                break;
            }
        }
        for (k, v) in [n, cx, cy, cz, ax, ay, az].into_iter().enumerate() {
            store(sums.add(4 * k), v);
        }
        bits
    }
}

/// The push away from each bird of one block: offset / (d2 + SOFTEN), negative.
macro_rules! push_block {
    ($sight:expr, $mark:expr, $here:expr, $push2:expr, $push:expr) => {{
        let p = at($sight.sorted, $mark).cast_const();
        let (dx, dy, dz, d2) = offsets!(p, $here);
        let k = and(lt(d2, $push2), div(splat(1.0), add(d2, splat(SOFTEN))));
        $push.2 = sub($push.2, mul(dz, k));
        $push.1 = sub($push.1, mul(dy, k));
        $push.0 = sub($push.0, mul(dx, k));
    }};
}

/// The push of the pairs whose bit is set in `bits`; `last` is the last pair.
///
/// # Safety
/// As for [`sum_pairs`].
#[inline(never)]
unsafe fn pushes(sight: &Sight, last: *const u32, mut bits: u64, q: *const f32, sums: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let here = here!(q);
        let push2 = splat(sight.push2);
        let mut push = (splat(0.0), splat(0.0), splat(0.0));
        while bits != 0 {
            let pair = last.sub(2 * bits.trailing_zeros() as usize);
            bits &= bits - 1;
            push_block!(sight, *pair.add(1), here, push2, push);
            push_block!(sight, *pair, here, push2, push);
        }
        store_push(sums, push);
    }
}

/// The push of all `pairs` pairs, for fast mode.
///
/// # Safety
/// As for [`sum_pairs`].
#[inline(never)]
pub unsafe fn all_pushes(
    sight: &Sight,
    mut list: *const u32,
    mut pairs: usize,
    q: *const f32,
    sums: *mut f32,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let here = here!(q);
        let push2 = splat(sight.push2);
        let mut push = (splat(0.0), splat(0.0), splat(0.0));
        loop {
            push_block!(sight, *list.add(1), here, push2, push);
            push_block!(sight, *list, here, push2, push);
            list = list.add(2);
            pairs -= 1;
            if pairs == 0 {
                break;
            }
        }
        store_push(sums, push);
    }
}

/// # Safety
/// `sums` has room for 40.
#[inline(always)]
unsafe fn store_push(sums: *mut f32, push: (V, V, V)) {
    // SAFETY: promised by the caller.
    unsafe {
        store(sums.add(36), push.2);
        store(sums.add(32), push.1);
        store(sums.add(28), push.0);
    }
}
