//! Fast mode's view of the flock: sums over cells, blended between the eight cells around a bird.

use crate::around::{CELL, HIGH_Y, HIGH_Z, LOW_X, NUMBER, OFFSET, OWN, VELOCITY};
use crate::f4::{add, and, load, load_splat, lt, mul, part, splat, store, sub};
use crate::geometry::{FINE, Geometry};
use crate::grid::{Shard, row_border};
use crate::memory::{FIELD, Memory, STRIDE, VX, VY, VZ, X, Y, Z, at};

/// Volume of the ball in which a bird sees, in cells.
const BALL_CELLS: f32 = 4.188_790_3;
/// Area of the disc in which a bird sees, in cells.
const DISC_CELLS: f32 = std::f32::consts::PI;
/// The blended cells reach farther than a ball of one radius: its mean offset, for a density that
/// grows evenly, is 1/5 of the gradient, theirs 1/4.
pub const BLEND_REACH: f32 = 0.8;
/// Rounding leaves about 1e-6 of a bird that is alone.
const LEAST_COMPANY: f32 = 1e-4;

/// Sums the birds of each cell of the own rows: x y z, count, vx vy vz. When the borders wrap, the
/// border's cells hold the birds of the opposite side, moved over.
///
/// # Safety
/// `m` is laid out for `g` and sorted; every shard works on its own part.
pub unsafe fn sum_cells(m: Memory, g: &Geometry, shard: Shard) {
    // SAFETY: as promised; row borders are the same for all shards, so the rows are ours.
    unsafe {
        let from = row_border(m, g, shard.index, shard.of);
        let to = row_border(m, g, shard.index + 1, shard.of);
        for row in from..to {
            sum_row(m, g, row);
        }
    }
}

/// # Safety
/// As for [`sum_cells`], for one row.
unsafe fn sum_row(m: Memory, g: &Geometry, row: usize) {
    let wraps = g.wraps != 0;
    let (y, move_y) = source(row % g.layer_rows(), g.cells as usize, wraps);
    let (z, move_z) = source(
        row / g.layer_rows(),
        g.layers as usize,
        wraps && !g.is_flat(),
    );
    // SAFETY: rows and cells lie in their tables.
    unsafe {
        let table = m
            .start()
            .add((z * g.layer_rows() + y) * g.row_len as usize)
            .cast_const();
        let filled = m.field_rows(g).add(row);
        let empty = *table == *table.add(g.row_len as usize - 1);
        if empty && *filled == 0 {
            return;
        }
        *filled = u32::from(!empty);
        let cells = g.cells as usize;
        let field = m.fields().add(row * g.field_row() * FIELD);
        sum_inside(
            m.base(),
            table.add(g.x_offset()),
            cells,
            m.mark(field.add(FIELD)),
        );
        let side = if wraps { g.side() } else { 0.0 };
        for k in 1..=cells {
            if move_y != 0.0 || move_z != 0.0 {
                let cell = field.add(k * FIELD);
                copy_moved(cell, cell, [0.0, move_y * side, move_z * side]);
            }
        }
        let (first, last) = (field, field.add((cells + 1) * FIELD));
        if wraps {
            copy_moved(field.add(cells * FIELD), first, [-side, 0.0, 0.0]);
            copy_moved(field.add(FIELD), last, [side, 0.0, 0.0]);
        } else {
            first.write_bytes(0, FIELD);
            last.write_bytes(0, FIELD);
        }
    }
}

/// Where the birds of a row come from along one axis, and by how many boxes they are moved.
fn source(row: usize, cells: usize, wraps: bool) -> (usize, f32) {
    match row {
        0 if wraps => (cells, -1.0),
        r if wraps && r == cells + 1 => (1, 1.0),
        r => (r, 0.0),
    }
}

/// Sums the birds of `cells` cells: `table` is the entry where the first one's begin, `field` the
/// mark of its sums.
///
/// # Safety
/// As for [`sum_cells`].
#[inline(never)]
unsafe fn sum_inside(base: *mut u8, mut table: *const u32, cells: usize, mut field: u32) {
    let mut left = cells;
    // SAFETY: promised by the caller.
    unsafe {
        let mut mark = *table;
        while left > 0 {
            table = table.add(FINE);
            let (from, to) = (mark, *table);
            let (mut x, mut y, mut z) = (0.0f32, 0.0f32, 0.0f32);
            let (mut vx, mut vy, mut vz) = (0.0f32, 0.0f32, 0.0f32);
            while mark < to {
                let p = at::<f32>(base, mark);
                vx += *p.add(VX * STRIDE);
                vy += *p.add(VY * STRIDE);
                vz += *p.add(VZ * STRIDE);
                x += *p.add(X * STRIDE);
                y += *p.add(Y * STRIDE);
                z += *p.add(Z * STRIDE);
                mark += 4;
            }
            let cell = at::<f32>(base, field);
            *cell.add(6) = vz;
            *cell.add(5) = vy;
            *cell.add(4) = vx;
            *cell.add(3) = ((to - from) >> 2) as f32;
            *cell.add(2) = z;
            *cell.add(1) = y;
            *cell = x;
            field += 4 * FIELD as u32;
            left -= 1;
        }
    }
}

/// The sums of a cell as if all its birds were moved.
///
/// # Safety
/// Both are cells of the fields.
unsafe fn copy_moved(from: *const f32, to: *mut f32, moved: [f32; 3]) {
    // SAFETY: promised by the caller.
    unsafe {
        let count = *from.add(3);
        from.copy_to(to, FIELD);
        for (k, moved) in moved.into_iter().enumerate() {
            *to.add(k) += moved * count;
        }
    }
}

/// What blending the cells needs to know of the flock.
#[derive(Clone, Copy)]
pub struct Cells {
    /// What marks count from.
    base: *mut u8,
    /// Bytes from one row of cells to the next, and to the next layer's.
    row: u32,
    layer: u32,
    /// Neighbours for a blended count of 1 per cell.
    scale: f32,
}

impl Cells {
    /// For the grid `g`.
    pub fn new(m: Memory, g: &Geometry) -> Self {
        let row = 4 * (g.field_row() * FIELD) as u32;
        Self {
            base: m.base(),
            row,
            layer: row * g.layer_rows() as u32,
            scale: if g.is_flat() { DISC_CELLS } else { BALL_CELLS },
        }
    }
}

/// What the cells say to the first `birds` of the four birds from slot `q` on: all but the push.
/// Each bird's own part is taken off, and the rest scaled from a cell to what it sees.
///
/// # Safety
/// `lanes` is what [`crate::around::look_around`] wrote for them, the fields around are summed;
/// `birds` is 1 to 4.
#[inline(never)]
pub unsafe fn blend_four(cells: &Cells, q: *const f32, birds: usize, lanes: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        blend(cells, lanes);
        if birds > 1 {
            blend(cells, lanes.add(1));
        }
        if birds > 2 {
            blend(cells, lanes.add(2));
        }
        if birds > 3 {
            blend(cells, lanes.add(3));
        }
        let (scale, own) = (splat(cells.scale), load(lanes.add(OWN)));
        let n = load(lanes.add(NUMBER));
        macro_rules! axis {
            ($k:literal) => {
                let sum = load(lanes.add(VELOCITY + 4 * $k));
                let mine = mul(own, load(q.add((VX + $k) * STRIDE)));
                store(lanes.add(VELOCITY + 4 * $k), mul(sub(sum, mine), scale));
                let sum = load(lanes.add(OFFSET + 4 * $k));
                let all = mul(n, load(q.add((X + $k) * STRIDE)));
                let reach = splat(cells.scale * BLEND_REACH);
                store(lanes.add(OFFSET + 4 * $k), mul(sub(sum, all), reach));
            };
        }
        axis!(2);
        axis!(1);
        axis!(0);
        let others = mul(sub(n, own), scale);
        let any = lt(splat(LEAST_COMPANY), others);
        store(lanes.add(NUMBER), and(others, any));
    }
}

/// The fields at the place of one bird.
///
/// # Safety
/// As for [`blend_four`].
#[inline(always)]
unsafe fn blend(cells: &Cells, lane: *mut f32) {
    // SAFETY: promised by the caller; the border of the grid has cells too.
    unsafe {
        let lowest = *lane.add(CELL).cast::<u32>();
        let (tz, ty) = (load_splat(lane.add(HIGH_Z)), load_splat(lane.add(HIGH_Y)));
        let tx = load_splat(lane.add(LOW_X));
        let f00 = at::<f32>(cells.base, lowest).cast_const();
        let f01 = at::<f32>(cells.base, lowest + cells.row).cast_const();
        let f10 = at::<f32>(cells.base, lowest + cells.layer).cast_const();
        let f11 = at::<f32>(cells.base, lowest + cells.layer + cells.row).cast_const();
        macro_rules! mix {
            ($a:expr, $b:expr, $t:expr) => {{
                let a = $a;
                add(a, mul($t, sub($b, a)))
            }};
        }
        macro_rules! plane {
            ($o:literal) => {{
                macro_rules! line {
                    // the upper cell first: it is the farther one
                    ($f:ident) => {
                        mix!(load($f.add(FIELD + $o)), load($f.add($o)), tx)
                    };
                }
                let low = mix!(line!(f00), line!(f01), ty);
                mix!(low, mix!(line!(f10), line!(f11), ty), tz)
            }};
        }
        let velocity = plane!(4);
        *lane.add(VELOCITY + 8) = part::<2>(velocity);
        *lane.add(VELOCITY + 4) = part::<1>(velocity);
        *lane.add(VELOCITY) = part::<0>(velocity);
        let place = plane!(0);
        *lane.add(OFFSET + 8) = part::<2>(place);
        *lane.add(OFFSET + 4) = part::<1>(place);
        *lane.add(OFFSET) = part::<0>(place);
        *lane.add(NUMBER) = part::<3>(place);
    }
}
