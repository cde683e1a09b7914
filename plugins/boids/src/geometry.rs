//! Size of the box and of its grid: what follows from the number of birds and the density.
//!
//! Cells have an edge of one perception radius. Along x a row of cells is cut into [`FINE`] parts
//! per cell, so that a bird looks only at the stretch of a row that can hold neighbours. Around the
//! box lies a border of empty cells, which saves every test for the border.

use crate::params::{Bounds, Params};

/// Fine cells per cell along x. 2: steer +6 %; 8: steer -2 %, but the grid +25 %.
pub const FINE: usize = 4;
/// Entries that a row's table has beyond its last cell: a window may end there.
const ROW_SLACK: usize = 4;
/// Entries of the start table, at most; a sparser flock gets a smaller box.
pub const MAX_TABLE: usize = 2_500_000;
/// Rows, at most: as many as a cube with that table has.
pub const MAX_ROWS: usize = 8000;
/// Room between the sphere and the walls of the box around it: 3 radii a second, turned back by
/// [`crate::motion::TURN_BACK`], get 1.1 radii far.
const SPHERE_MARGIN: f64 = 1.5;
/// Radius of the sphere over that of the ball in which the flock begins at its density: room to
/// fly about.
pub const ROOM: f64 = 1.6;
/// Smallest edge of the box: below 2 a bird would meet itself across a wrapping border.
const MIN_CELLS: usize = 2;
/// Disc instead of ball: birds per area that give as many neighbours as this many per volume.
const FLAT_DENSITY: f64 = 4.0 / 3.0;

/// The grid of one flock. Plain numbers: it lies in shared memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Geometry {
    /// Number of birds.
    pub birds: u32,
    /// Edge of the box in cells, which is also its length: x and y run from 0 to `cells`.
    pub cells: u32,
    /// Layers along z: `cells`, or 1 in two dimensions.
    pub layers: u32,
    /// Empty cells on each side of a row.
    pub pad: u32,
    /// Entries of one row in the start table.
    pub row_len: u32,
    /// Rows with the border's.
    pub rows: u32,
    /// Radius of the sphere that holds the flock; 0 when walls or nothing do.
    pub sphere: f32,
    /// 1 when the borders wrap.
    pub wraps: u32,
}

impl Geometry {
    /// The box for `count` birds.
    pub fn new(count: u32, params: &Params) -> Self {
        let density = f64::from(params.density) * if params.flat { FLAT_DENSITY } else { 1.0 };
        let room = f64::from(count) / density;
        let ball = params.bounds == Bounds::Sphere;
        let edge = match (ball, params.flat) {
            (false, false) => cube_root(room),
            (false, true) => room.sqrt(),
            (true, false) => sphere_edge(cube_root(room * 0.75 / std::f64::consts::PI)),
            (true, true) => sphere_edge((room / std::f64::consts::PI).sqrt()),
        };
        let mut cells = (edge.ceil() as usize).max(MIN_CELLS);
        loop {
            let made = Self::with_cells(count, cells, params);
            if made.fits() {
                return made;
            }
            cells -= 1;
        }
    }

    /// The same box, but at least `edge` long; None when the grid does not get that large.
    pub fn at_least(self, edge: f32, params: &Params) -> Option<Self> {
        if edge <= self.side() {
            return Some(self);
        }
        if edge > MAX_TABLE as f32 {
            return None;
        }
        let made = Self::with_cells(self.birds, edge.ceil() as usize, params);
        made.fits().then_some(made)
    }

    /// The box of a flock that was handed on; None when there is no such box.
    pub fn restored(birds: u32, cells: u32, flat: bool, bounds: Bounds) -> Option<Self> {
        // More cells than rows are more rows still; their products would not fit 32 bits.
        let possible = (MIN_CELLS..=MAX_ROWS).contains(&(cells as usize));
        let params = Params {
            flat,
            bounds,
            ..Params::default()
        };
        let made = possible.then(|| Self::with_cells(birds, cells as usize, &params))?;
        made.fits().then_some(made)
    }

    fn fits(&self) -> bool {
        self.rows as usize <= MAX_ROWS && self.table_len() <= MAX_TABLE
    }

    fn with_cells(birds: u32, cells: usize, params: &Params) -> Self {
        let layers = if params.flat { 1 } else { cells };
        let wraps = params.bounds == Bounds::Wrap;
        let pad = if wraps { 2 } else { 1 };
        let sphere = match params.bounds {
            Bounds::Sphere => cells as f32 * 0.5 - SPHERE_MARGIN as f32,
            _ => 0.0,
        };
        Self {
            birds,
            cells: cells as u32,
            layers: layers as u32,
            pad,
            row_len: ((cells + 2 * pad as usize) * FINE + ROW_SLACK) as u32,
            rows: ((cells + 2) * (layers + 2)) as u32,
            sphere: if sphere > 0.0 { sphere } else { 0.0 },
            wraps: u32::from(wraps),
        }
    }

    /// Length of the box along x and y.
    pub fn side(&self) -> f32 {
        self.cells as f32
    }

    /// Length of the box along each axis.
    pub fn size(&self) -> [f32; 3] {
        [self.side(), self.side(), self.layers as f32]
    }

    /// Middle of the box.
    pub fn centre(&self) -> [f32; 3] {
        self.size().map(|edge| edge * 0.5)
    }

    /// True in two dimensions.
    pub fn is_flat(&self) -> bool {
        self.layers == 1
    }

    /// Rows of one layer.
    pub fn layer_rows(&self) -> usize {
        self.cells as usize + 2
    }

    /// Entries of the start table, without the row that ends it.
    pub fn table_len(&self) -> usize {
        self.rows as usize * self.row_len as usize
    }

    /// Empty entries before and after the start table: a wrapping bird's image looks up to a layer
    /// and a row beyond it.
    pub fn guard_len(&self) -> usize {
        (self.layer_rows() + 2) * self.row_len as usize
    }

    /// Cells of one row of the fields of fast mode.
    pub fn field_row(&self) -> usize {
        self.cells as usize + 2
    }

    /// What turns x into an index of the row's table: `x * FINE + x_offset`.
    pub fn x_offset(&self) -> usize {
        self.pad as usize * FINE + 1
    }
}

/// Edge of the box around the sphere of a flock that fills a ball of `radius`.
fn sphere_edge(radius: f64) -> f64 {
    2.0 * (radius * ROOM + SPHERE_MARGIN)
}

/// The cube root, by arithmetic that is the same on every machine.
fn cube_root(x: f64) -> f64 {
    let mut root = 1.0_f64.max(x.min(1e3));
    for _ in 0..60 {
        root = (2.0 * root + x / (root * root)) / 3.0;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_roots_of_all_sizes_are_right() {
        for edge in [0.5, 1.0, 2.0, 12.6, 58.5, 100.0] {
            let root = cube_root(edge * edge * edge);
            assert!((root - edge).abs() < 1e-9 * edge, "{edge}: {root}");
        }
    }

    #[test]
    fn every_count_and_density_fits_the_table() {
        for index in 0..12u32 {
            for count in [1, 2, 100, 10_000, 250_000, 500_000] {
                for density in [1.0, 5.0, 20.0] {
                    let p = Params {
                        flat: index % 2 == 1,
                        bounds: [Bounds::Wrap, Bounds::Wall, Bounds::Sphere][index as usize % 3],
                        density,
                        ..Params::default()
                    };
                    let g = Geometry::new(count, &p);
                    assert!(g.table_len() <= MAX_TABLE && g.cells >= 2, "{g:?}");
                }
            }
        }
    }

    #[test]
    fn ten_thousand_birds_at_density_five_have_room_for_twenty_neighbours() {
        let p = Params {
            bounds: Bounds::Wall,
            ..Params::default()
        };
        assert_eq!(Geometry::new(10_000, &p).cells, 13);
    }
}
