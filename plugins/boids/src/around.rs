//! Where four birds of one row look, worked out for all four at once.
//!
//! A bird is in the lower or the upper half of its cell as often: done bird by bird, each choice
//! between the two is a branch that nothing predicts, and wazero makes a branch of a select of
//! floats too. Here they are masks (10,000 birds, fast mode, wasm: -25 % of the last phase).

use crate::f4::{
    V, add, and, iadd, isub, load, lt, max, min, mul, splat, splat_bits, sqrt, store, sub,
};
use crate::geometry::{FINE, Geometry};
use crate::memory::{FIELD, Memory, STRIDE, X, Y, Z};
use crate::window::{MAGIC, MAGIC_BITS, ROUND};

// What there is of each bird, as places of four floats: a lane for each of the four.

/// Mark of the entry of the start table at which the window in the `k`th row ends.
pub const fn high(k: usize) -> usize {
    8 * k
}
/// Mark of the entry at which it begins.
pub const fn low(k: usize) -> usize {
    8 * k + 4
}
/// Rows that [`look_far`] looks at.
pub const FAR_ROWS: usize = 9;
/// Weight of the lower cells along x.
pub const LOW_X: usize = 8 * FAR_ROWS;
/// Weight of the upper cells along y.
pub const HIGH_Y: usize = LOW_X + 4;
/// Weight of the upper cells along z.
pub const HIGH_Z: usize = LOW_X + 8;
/// Weight of the bird's own cell.
pub const OWN: usize = LOW_X + 12;
/// Mark of the lowest of the eight cells.
pub const CELL: usize = LOW_X + 16;
/// Number of its neighbours.
pub const NUMBER: usize = LOW_X + 20;
/// Sum of the offsets to them, x y z.
pub const OFFSET: usize = NUMBER + 4;
/// Sum of their velocities.
pub const VELOCITY: usize = OFFSET + 12;
/// The push away from those too near.
pub const PUSH: usize = VELOCITY + 12;
/// Length of it all.
pub const LANES: usize = PUSH + 12;

/// A row of birds; each value in all lanes.
#[derive(Clone, Copy)]
pub struct Row {
    /// Where it begins along y and z.
    edge: [V; 2],
    /// Mark of the entry of its start table that a window at the float's bits 0 would begin with.
    table: V,
    /// Mark of its first cell in the fields.
    field: V,
}

/// What the birds of a flock have in common; each value in all lanes.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// Bytes from one row of the start table to the next, and to the next layer's.
    table: [V; 2],
    /// Bytes from one row of the fields to the next, and to the next layer's.
    field: [V; 2],
    x_offset: V,
    /// Distance within which birds push each other, in fine cells; and its square.
    reach: V,
    reach2: V,
}

impl Surroundings {
    /// For the grid `g` and birds that push each other within `reach`.
    pub fn new(g: &Geometry, reach: f32) -> Self {
        let bytes = |floats: usize| {
            let row = 4 * floats as u32;
            [splat_bits(row), splat_bits(row * g.layer_rows() as u32)]
        };
        let reach = splat(reach * FINE as f32);
        Self {
            table: bytes(g.row_len as usize),
            field: bytes(g.field_row() * FIELD),
            x_offset: splat(g.x_offset() as f32),
            reach,
            reach2: mul(reach, reach),
        }
    }
}

impl Row {
    /// Row number `index`, whose part of the start table is `table`.
    pub fn new(m: Memory, g: &Geometry, index: usize, table: *const u32) -> Self {
        let [y, z] = [index % g.layer_rows(), index / g.layer_rows()];
        let field = m.fields().wrapping_add(index * g.field_row() * FIELD);
        Self {
            edge: [y, z].map(|row| splat(row as f32 - 1.0)),
            table: splat_bits(m.mark(table).wrapping_sub(MAGIC_BITS.wrapping_mul(4))),
            field: splat_bits(m.mark(field)),
        }
    }
}

/// Windows of the four birds from slot `q` on in the nine rows, from the highest to the lowest, in
/// which anybody within one radius is.
///
/// # Safety
/// Four slots can be read; `lanes` has room for [`LANES`].
#[inline(never)]
pub unsafe fn look_far(s: &Surroundings, row: &Row, q: *const f32, lanes: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let cell = splat(FINE as f32);
        let fz = mul(sub(load(q.add(Z * STRIDE)), row.edge[1]), cell);
        let fy = mul(sub(load(q.add(Y * STRIDE)), row.edge[0]), cell);
        let columns = Columns::new(s, load(q.add(X * STRIDE)));
        let square = |a: V| mul(a, a);
        let gaps_y = [square(fy), splat(0.0), square(sub(cell, fy))];
        let gaps_z = [square(fz), splat(0.0), square(sub(cell, fz))];
        let mut layer = isub(isub(row.table, s.table[1]), s.table[0]);
        let mut k = FAR_ROWS;
        for gap_z in gaps_z {
            let rest = sub(square(cell), gap_z);
            let mut table = layer;
            for gap_y in gaps_y {
                k -= 1;
                columns.window(half(sub(rest, gap_y)), table, k, lanes);
                table = iadd(table, s.table[0]);
            }
            layer = iadd(layer, s.table[1]);
        }
    }
}

/// Windows of the four birds from slot `q` on in the four rows in which anybody is who pushes them
/// from a distance of up to 1/2, and the eight cells around each.
///
/// # Safety
/// As for [`look_far`].
#[inline(never)]
pub unsafe fn look_around(s: &Surroundings, row: &Row, q: *const f32, lanes: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let fz = sub(load(q.add(Z * STRIDE)), row.edge[1]);
        let fy = sub(load(q.add(Y * STRIDE)), row.edge[0]);
        let x = load(q.add(X * STRIDE));
        let (below_z, below_y) = (lt(fz, splat(0.5)), lt(fy, splat(0.5)));

        let (cell_x, low_x) = lower(x);
        let (high_z, high_y) = (upper(fz, below_z), upper(fy, below_y));
        let down = iadd(and(below_z, s.field[1]), and(below_y, s.field[0]));
        let own = mul(mul(own(low_x), own(high_y)), own(high_z));
        store(lanes.add(CELL), isub(iadd(cell_x, row.field), down));
        store(lanes.add(OWN), own);
        store(lanes.add(HIGH_Z), high_z);
        store(lanes.add(HIGH_Y), high_y);
        store(lanes.add(LOW_X), low_x);

        let columns = Columns::new(s, x);
        let (gap_z, gap_y) = (gap(fz), gap(fy));
        let table_y = beside(row.table, s.table[0], below_y);
        let table_z = beside(row.table, s.table[1], below_z);
        let table_yz = beside(table_y, s.table[1], below_z);
        let rest = sub(s.reach2, gap_z);
        columns.window(half(sub(rest, gap_y)), table_yz, 3, lanes);
        columns.window(half(rest), table_z, 2, lanes);
        columns.window(half(sub(s.reach2, gap_y)), table_y, 1, lanes);
        columns.window(s.reach, row.table, 0, lanes);
    }
}

/// Lower and upper end of a window without width, in fine cells.
struct Columns {
    low: V,
    high: V,
}

impl Columns {
    #[inline(always)]
    fn new(s: &Surroundings, x: V) -> Self {
        let x = add(mul(x, splat(FINE as f32)), s.x_offset);
        Self {
            low: sub(x, splat(ROUND)),
            high: add(x, splat(ROUND)),
        }
    }

    /// Stores the `k`th window, which reaches `half` fine cells to each side, in the row of
    /// `table`.
    ///
    /// # Safety
    /// As for [`look_far`].
    #[inline(always)]
    unsafe fn window(&self, half: V, table: V, k: usize, lanes: *mut f32) {
        let entry = |end: V| {
            let twice = iadd(end, end);
            iadd(iadd(twice, twice), table)
        };
        let (from, to) = (sub(self.low, half), add(self.high, half));
        // SAFETY: promised by the caller.
        unsafe {
            store(lanes.add(low(k)), entry(add(from, splat(MAGIC))));
            store(lanes.add(high(k)), entry(add(to, splat(MAGIC))));
        }
    }
}

/// Half a window's width from its square, which is negative where nobody can be near.
#[inline(always)]
fn half(square: V) -> V {
    sqrt(max(square, splat(0.0)))
}

/// Square of the distance to the nearer of the two rows beside, in fine cells, of birds `into`
/// their row.
#[inline(always)]
fn gap(into: V) -> V {
    let near = mul(min(into, sub(splat(1.0), into)), splat(FINE as f32));
    mul(near, near)
}

/// The table a step after the given one, or before it where `below` is set.
#[inline(always)]
fn beside(table: V, step: V, below: V) -> V {
    isub(iadd(table, step), and(below, iadd(step, step)))
}

/// Lower of the two cells around x, in bytes, and its weight.
#[inline(always)]
fn lower(x: V) -> (V, V) {
    let t = add(x, splat(0.5));
    let rounded = add(t, splat(MAGIC));
    let whole = sub(rounded, splat(MAGIC));
    let above = lt(t, whole);
    let index = iadd(isub(rounded, splat(MAGIC)), above);
    let whole = sub(whole, and(above, splat(1.0)));
    (times_cell_bytes(index), sub(splat(1.0), sub(t, whole)))
}

/// Bytes of `n` cells of the fields.
#[inline(always)]
fn times_cell_bytes(n: V) -> V {
    const _: () = assert!(4 * FIELD == 1 << 5);
    (0..5).fold(n, |n, _| iadd(n, n))
}

/// Weight of the upper of the two cells around a bird `into` its row.
#[inline(always)]
fn upper(into: V, below: V) -> V {
    add(sub(into, splat(0.5)), and(below, splat(1.0)))
}

/// The own cell's weight along an axis: of the two the larger one.
#[inline(always)]
fn own(weight: V) -> V {
    max(weight, sub(splat(1.0), weight))
}
