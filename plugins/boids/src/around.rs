//! Where four birds of one row look in fast mode, worked out for all four at once.
//!
//! A bird is in the lower or the upper half of its cell as often: done bird by bird, each choice
//! between the two is a branch that nothing predicts, and wazero makes a branch of a select of
//! floats too. Here they are masks (10,000 birds, steer, wasm: 1.27 to 0.96 ms).

use crate::f4::{
    V, add, and, iadd, isub, load, lt, max, mul, or, shift_left, splat, splat_bits, store, sub,
};
use crate::geometry::{FINE, Geometry};
use crate::memory::{FIELD, STRIDE, X, Y, Z};
use crate::window::{MAGIC, windows};

// What there is of each bird; four lanes each, of 32 bits.

/// Window in a row of the start table: its lower end, in bytes.
pub const LOW: usize = 0;
/// Its upper end.
pub const HIGH: usize = 4;
/// From the bird's own row of the start table to the first one within reach, in bytes.
pub const FIRST: usize = 8;
/// Mask: is the row after that one, along y, within reach too?
pub const NEXT_Y: usize = 12;
/// The same along z.
pub const NEXT_Z: usize = 16;
/// Weight of the lower cells along x.
pub const LOW_X: usize = 20;
/// Weight of the upper cells along y.
pub const HIGH_Y: usize = 24;
/// Weight of the upper cells along z.
pub const HIGH_Z: usize = 28;
/// Weight of the bird's own cell.
pub const OWN: usize = 32;
/// From the first cell of the bird's row in the fields to the lowest of the eight, in bytes.
pub const CELL: usize = 36;
/// Length of it all.
pub const AROUND: usize = 40;
/// A cell of the fields has `1 << CELL_BITS` bytes.
const CELL_BITS: u32 = 5;
const _: () = assert!(4 * FIELD == 1 << CELL_BITS);

/// What the birds of a flock have in common.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// Bytes from one row of the start table to the next, and to the next layer's.
    table: [u32; 2],
    /// Bytes from one row of the fields to the next, and to the next layer's.
    field: [u32; 2],
    x_offset: f32,
    /// Distance within which birds push each other.
    reach: f32,
}

impl Surroundings {
    /// For the grid `g` and birds that push each other within `reach`.
    pub fn new(g: &Geometry, reach: f32) -> Self {
        let bytes = |floats: usize| [4 * floats as u32, (4 * floats * g.layer_rows()) as u32];
        Self {
            table: bytes(g.row_len as usize),
            field: bytes(g.field_row() * FIELD),
            x_offset: g.x_offset() as f32,
            reach,
        }
    }
}

/// Fills `around` for the four birds from slot `q` on, whose row begins at `edge` along y and z.
///
/// # Safety
/// Four slots can be read; `around` has room for [`AROUND`].
#[inline(never)]
pub unsafe fn look_around(s: &Surroundings, edge: &[f32; 2], q: *const f32, around: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let fz = sub(load(q.add(Z * STRIDE)), splat(edge[1]));
        let fy = sub(load(q.add(Y * STRIDE)), splat(edge[0]));
        let x = load(q.add(X * STRIDE));
        let keep = |at: usize, v: V| store(around.add(at), v);

        let (cell_z, high_z) = upper(fz, s.field[1]);
        let (cell_y, high_y) = upper(fy, s.field[0]);
        let (cell_x, low_x) = lower(x);
        keep(CELL, isub(cell_x, iadd(cell_y, cell_z)));
        keep(OWN, mul(mul(own(low_x), own(high_y)), own(high_z)));
        keep(HIGH_Z, high_z);
        keep(HIGH_Y, high_y);
        keep(LOW_X, low_x);

        let (first_z, next_z) = rows(fz, s.reach, s.table[1]);
        let (first_y, next_y) = rows(fy, s.reach, s.table[0]);
        keep(NEXT_Z, next_z);
        keep(NEXT_Y, next_y);
        keep(FIRST, isub(splat_bits(0), iadd(first_y, first_z)));
        let x = add(mul(x, splat(FINE as f32)), splat(s.x_offset));
        let (low, high) = windows(x, splat(s.reach * FINE as f32));
        keep(HIGH, high);
        keep(LOW, low);
    }
}

/// Lower of the two cells around x (bytes), and its weight.
#[inline(always)]
fn lower(x: V) -> (V, V) {
    let t = add(x, splat(0.5));
    let rounded = add(t, splat(MAGIC));
    let whole = sub(rounded, splat(MAGIC));
    let above = lt(t, whole);
    let index = iadd(isub(rounded, splat(MAGIC)), above);
    let whole = sub(whole, and(above, splat(1.0)));
    (
        shift_left::<CELL_BITS>(index),
        sub(splat(1.0), sub(t, whole)),
    )
}

/// How far the lower of the two cells is below the own one (bytes), and the upper one's weight, for
/// a bird `into` its cell.
#[inline(always)]
fn upper(into: V, bytes: u32) -> (V, V) {
    let high = sub(into, splat(0.5));
    let below = lt(high, splat(0.0));
    (
        and(below, splat_bits(bytes)),
        add(high, and(below, splat(1.0))),
    )
}

/// The own cell's weight along an axis: of the two the larger one.
#[inline(always)]
fn own(weight: V) -> V {
    max(weight, sub(splat(1.0), weight))
}

/// How far the first of the rows within `reach` is below the own one (bytes), and a mask: is there
/// a second one?
#[inline(always)]
fn rows(into: V, reach: f32, bytes: u32) -> (V, V) {
    let below = lt(into, splat(reach));
    let above = lt(splat(1.0 - reach), into);
    (and(below, splat_bits(bytes)), or(below, above))
}
