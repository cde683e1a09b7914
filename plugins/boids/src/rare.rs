//! What is rare, done bird by bird: crowds, wide separation, images across the border.

use crate::around::{LANES, PUSH};
use crate::memory::{SORTED, STRIDE, X, Y, Z};
use crate::pairs::{more_blocks, more_pushes};
use crate::steer::{Four, Steer};
use crate::window::within;

/// A bird that looks around by itself, or its image across the border.
#[derive(Clone, Copy)]
pub struct Bird {
    /// Its slot.
    q: *const f32,
    at: [f32; 3],
    /// Table of its row.
    table: *const u32,
    /// How far into its row along y and z.
    into: [f32; 2],
}

impl Steer<'_> {
    /// Pushes from farther than [`push_four`] looks.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(never)]
    pub unsafe fn wide_pushes(&self, four: &Four) {
        for k in 0..four.birds {
            // SAFETY: as promised.
            unsafe {
                let lane = self.lanes().add(k);
                for axis in (PUSH..LANES).step_by(4) {
                    *lane.add(axis) = 0.0;
                }
                self.add_pushes(&self.bird(four, k), lane);
            }
        }
    }

    /// Adds what an image of a bird sees to `lane`.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    pub unsafe fn exact_image(&self, image: &Bird, lane: *mut f32) {
        // SAFETY: as promised.
        unsafe {
            let blocks = self.list_within(image, 1.0);
            more_blocks(&self.sight, self.scratch, 0, blocks, image.q, lane);
        }
    }

    /// Adds the pushes on a bird, or on its image, to `lane`.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    pub unsafe fn add_pushes(&self, bird: &Bird, lane: *mut f32) {
        // SAFETY: as promised.
        unsafe {
            let blocks = self.list_within(bird, self.reach);
            more_pushes(&self.sight, self.scratch, blocks, bird.q, lane);
        }
    }

    /// Lists the blocks within `reach` of a bird.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    pub unsafe fn list_within(&self, bird: &Bird, reach: f32) -> usize {
        let (x, list) = (bird.at[0], self.list());
        // SAFETY: as promised.
        unsafe { within(&self.rows, bird.table, x, bird.into, reach, list) }
    }

    /// The `k`th of four birds.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    pub unsafe fn bird(&self, four: &Four, k: usize) -> Bird {
        // SAFETY: as promised.
        unsafe {
            let q = four.q.add(k);
            let at = [X, Y, Z].map(|array| *q.add(array * STRIDE));
            let edge = self.edge(four.index);
            Bird {
                q,
                at,
                table: self.table(four.index),
                into: [at[1] - edge[0], at[2] - edge[1]],
            }
        }
    }

    /// Lets birds in a cell at the border of the box look from their images beyond it, up to seven
    /// each, at the birds inside.
    ///
    /// # Safety
    /// As for [`Steer::chunk`].
    #[inline(never)]
    pub unsafe fn images(&self, four: &Four, look: unsafe fn(&Self, &Bird, *mut f32)) {
        let last = self.g.side() - 1.0;
        let beyond = |cell: f32| {
            if cell < 1.0 {
                1.0
            } else if cell >= last {
                -1.0
            } else {
                0.0
            }
        };
        let edge = self.edge(four.index);
        let by_z = if self.g.is_flat() {
            0.0
        } else {
            beyond(edge[1])
        };
        for k in 0..four.birds {
            // SAFETY: as promised.
            unsafe {
                let bird = self.bird(four, k);
                let by = [beyond(bird.at[0]), beyond(edge[0]), by_z];
                if by != [0.0; 3] {
                    let lane = self.lanes().add(k);
                    self.images_of(&bird, by, |image| look(self, image, lane));
                }
            }
        }
    }

    /// # Safety
    /// As for [`Steer::chunk`]; `by` says to which side, if any, the images lie along each axis.
    unsafe fn images_of(&self, bird: &Bird, by: [f32; 3], look: impl Fn(&Bird)) {
        let side = self.g.side();
        let row = self.g.row_len as isize * self.g.cells as isize;
        let layer = row * self.g.layer_rows() as isize;
        for pick in 1..8u32 {
            let picked = |k: usize| pick & (1 << k) != 0;
            if (0..3).any(|k| picked(k) && by[k] == 0.0) {
                continue;
            }
            let moved: [f32; 3] = std::array::from_fn(|k| if picked(k) { by[k] } else { 0.0 });
            let q = self.m.array(SORTED).wrapping_add(self.spare);
            let image = Bird {
                q,
                at: std::array::from_fn(|k| bird.at[k] + moved[k] * side),
                table: bird
                    .table
                    .wrapping_offset(moved[1] as isize * row + moved[2] as isize * layer),
                into: bird.into,
            };
            for (k, array) in [X, Y, Z].into_iter().enumerate() {
                // SAFETY: the spare slot is the shard's own.
                unsafe { *q.add(array * STRIDE) = image.at[k] };
            }
            look(&image);
        }
    }
}
