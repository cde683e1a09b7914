//! Fast mode's view of the flock: sums over cells, blended between the eight cells around a bird.

use crate::around::{CELL, HIGH_Y, HIGH_Z, LOW_X};
use crate::f4::{V, add, load, load_splat, mul, store, sub};
use crate::geometry::{FINE, Geometry};
use crate::grid::{Shard, row_border};
use crate::memory::{FIELD, Memory, STRIDE, VX, VY, VZ, X, Y, Z};

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
    let (yi, zi) = (row % g.layer_rows(), row / g.layer_rows());
    let (source_y, move_y) = source(yi, g.cells as usize, g.wraps != 0);
    let (source_z, move_z) = source(zi, g.layers as usize, g.wraps != 0 && !g.is_flat());
    let source_row = source_z * g.layer_rows() + source_y;
    let side = g.side();
    // SAFETY: rows and cells lie in their tables.
    unsafe {
        let table = m.start().add(source_row * g.row_len as usize).cast_const();
        let filled = m.field_rows(g).add(row);
        let empty = *table == *table.add(g.row_len as usize - 1);
        if empty && *filled == 0 {
            return;
        }
        *filled = u32::from(!empty);
        let mut field = m.fields().add(row * g.field_row() * FIELD);
        for cell in 0..g.field_row() {
            let (from, move_x) = source(cell, g.cells as usize, g.wraps != 0);
            let inside = (1..=g.cells as usize).contains(&from);
            let moved = [move_x * side, move_y * side, move_z * side];
            let first = (from + g.pad as usize - 1) * FINE + 1;
            let marks = if inside {
                (*table.add(first), *table.add(first + FINE))
            } else {
                (0, 0)
            };
            sum_cell(m, marks, moved, field);
            field = field.add(FIELD);
        }
    }
}

/// Where the birds of a cell come from along one axis, and by how many boxes they are moved.
fn source(cell: usize, cells: usize, wraps: bool) -> (usize, f32) {
    match cell {
        0 if wraps => (cells, -1.0),
        c if wraps && c == cells + 1 => (1, 1.0),
        c => (c, 0.0),
    }
}

/// # Safety
/// `marks` are slots in one row, `field` has room for [`FIELD`].
#[inline(always)]
unsafe fn sum_cell(m: Memory, marks: (u32, u32), moved: [f32; 3], field: *mut f32) {
    let (mut x, mut y, mut z) = (0.0f32, 0.0f32, 0.0f32);
    let (mut vx, mut vy, mut vz) = (0.0f32, 0.0f32, 0.0f32);
    let count = ((marks.1 - marks.0) >> 2) as f32;
    let mut mark = marks.0;
    // SAFETY: promised by the caller.
    unsafe {
        while mark < marks.1 {
            let p = m.at(mark);
            z += *p.add(Z * STRIDE);
            y += *p.add(Y * STRIDE);
            x += *p.add(X * STRIDE);
            vz += *p.add(VZ * STRIDE);
            vy += *p.add(VY * STRIDE);
            vx += *p.add(VX * STRIDE);
            mark += 4;
        }
        *field.add(6) = vz;
        *field.add(5) = vy;
        *field.add(4) = vx;
        *field.add(3) = count;
        *field.add(2) = z + moved[2] * count;
        *field.add(1) = y + moved[1] * count;
        *field = x + moved[0] * count;
    }
}

/// Floats from one cell of the fields to the next row's, and to the next layer's.
#[derive(Clone, Copy)]
pub struct Steps {
    row: isize,
    layer: isize,
}

impl Steps {
    /// For the grid `g`.
    pub fn new(g: &Geometry) -> Self {
        let row = (g.field_row() * FIELD) as isize;
        Self {
            row,
            layer: row * g.layer_rows() as isize,
        }
    }

    /// First cell of a row.
    pub fn row(self, m: Memory, index: usize) -> *const f32 {
        m.fields().wrapping_offset(self.row * index as isize)
    }
}

/// The fields at a position: x y z n to `sums`, vx vy vz to `sums + 4`. `row` is the first cell of
/// the bird's row.
///
/// # Safety
/// `around` is a lane of what [`crate::around::look_around`] wrote for a bird of that row, whose
/// fields and its neighbours' are summed; `sums` has room for 8 floats.
#[inline(never)]
pub unsafe fn blend_cells(steps: &Steps, row: *const f32, around: *const f32, sums: *mut f32) {
    let mix = |a: V, b: V, t: V| add(a, mul(t, sub(b, a)));
    // SAFETY: promised by the caller; the border of the grid has cells too.
    unsafe {
        let f00 = row.byte_offset(*around.add(CELL).cast::<i32>() as isize);
        let (tz, ty) = (
            load_splat(around.add(HIGH_Z)),
            load_splat(around.add(HIGH_Y)),
        );
        let tx = load_splat(around.add(LOW_X));
        let f01 = f00.offset(steps.row);
        let f10 = f00.offset(steps.layer);
        let f11 = f10.offset(steps.row);
        let plane = |o: usize| {
            let line = |f: *const f32| mix(load(f.add(FIELD + o)), load(f.add(o)), tx);
            let low = mix(line(f00), line(f01), ty);
            mix(low, mix(line(f10), line(f11), ty), tz)
        };
        store(sums.add(4), plane(4));
        store(sums, plane(0));
    }
}
