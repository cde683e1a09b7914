//! The shared memory of a flock and where everything lies in it.
//!
//! ```text
//! header | scratch of each shard | 15 arrays of STRIDE floats
//!        | fields | which rows of them are filled | birds per row and shard
//!        | counts per cell and shard | start
//! ```
//!
//! The arrays stand a constant distance apart: then `array + k * STRIDE` is a load with a constant
//! displacement, which is what makes the inner loops fast. Pages of an array that the flock is too
//! small for are never touched and cost nothing. What follows the arrays has the size that the
//! grid needs.

use std::sync::atomic::AtomicU32;

use crate::around::LANES;
use crate::geometry::{Geometry, MAX_ROWS};

/// Birds that fit, at most.
pub const MAX_BIRDS: usize = 500_000;
/// Shards, at most.
pub const MAX_SHARDS: usize = 8;
/// Predators, at most.
pub const MAX_PREDATORS: usize = 4;

/// Floats from one array to the next: room for the birds and for the sentinels of all rows, and not
/// a multiple of a page, so that the arrays do not compete for the same lines of the cache.
pub const STRIDE: usize = (1 << 19) + 5 * (1 << 13) + 272;
/// Sentinels that end each row of sorted birds: who looks at eight birds at a time from a place in
/// a row on, meets nobody of the next row.
pub const SENTINELS: usize = 8;
/// x of a sentinel: farther away than any bird can see.
pub const FAR_AWAY: f32 = 1e9;

/// State arrays, in the order of the last step: vx vy vz x y z id, then the cell of each.
pub const STATE: usize = 0;
/// Array of the cell index of each bird.
pub const CELL: usize = 7;
/// Sorted arrays: vx vy vz x y z id, a slot for each bird and each sentinel.
pub const SORTED: usize = 8;
const ARRAYS: usize = 15;
/// Which array of a group holds what.
pub const VX: usize = 0;
#[allow(missing_docs)]
pub const VY: usize = 1;
#[allow(missing_docs)]
pub const VZ: usize = 2;
#[allow(missing_docs)]
pub const X: usize = 3;
#[allow(missing_docs)]
pub const Y: usize = 4;
#[allow(missing_docs)]
pub const Z: usize = 5;
/// Number of the bird (u32), which stays the same however the birds are sorted.
pub const ID: usize = 6;

/// Slots at the end of each array that belong to one shard each.
const SPARE_PER_SHARD: usize = 16;
const SPARE: usize = STRIDE - SPARE_PER_SHARD * MAX_SHARDS;
const _: () = assert!(SPARE > MAX_BIRDS + SENTINELS * MAX_ROWS + 2 * SENTINELS);

const HEADER_BYTES: usize = 4096;
const SCRATCH_BYTES: usize = 16384;
const ARRAYS_AT: usize = HEADER_BYTES + SCRATCH_BYTES * MAX_SHARDS;
const TABLES_AT: usize = ARRAYS_AT + ARRAYS * STRIDE * 4;
/// Floats of one cell of the fields: sums of x y z, count, sums of vx vy vz, nothing.
pub const FIELD: usize = 8;

/// Blocks of four birds that one row's window gives at most: a bound for the work per bird in a
/// crowd of more than about 100 birds per cubic radius, far beyond what separation lets happen.
pub const RUN_BLOCKS: usize = 64;
/// Entries of a block list: nine runs, and room to write eight.
pub const LIST_LEN: usize = 9 * RUN_BLOCKS + 8;

/// Instances that wait until they are put into the frame together.
pub const WAITING: usize = 256;

/// A word that shards count up together, on a cache line of its own.
#[repr(C, align(64))]
pub struct Counter(pub AtomicU32);

/// A hunter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Predator {
    /// Position in the box.
    pub at: [f32; 3],
    /// Radii per second.
    pub velocity: [f32; 3],
}

/// Start of the shared memory. All zero means: no flock yet.
#[repr(C)]
pub struct Header {
    /// [`MAGIC`] once there is a flock.
    pub magic: u32,
    /// Steps since the flock was made.
    pub tick: u32,
    /// What the flock was made from.
    pub seed: u32,
    /// The grid of the birds in the state arrays.
    pub geometry: Geometry,
    /// Hunters; those beyond `Params::predators` rest.
    pub predators: [Predator; MAX_PREDATORS],
    /// Birds that shard `s` counted in part `p` of the rows: `parts[s][p]`.
    pub parts: [[u32; MAX_SHARDS]; MAX_SHARDS],
    /// Chunks of rows taken from each shard's share.
    pub taken: [Counter; MAX_SHARDS],
}

/// "BOID": the header is filled in.
pub const MAGIC: u32 = 0x4449_4f42;
const _: () = assert!(size_of::<Header>() <= HEADER_BYTES);

/// Private working memory of one shard.
#[repr(C, align(64))]
pub struct Scratch {
    /// Blocks of four birds to look at.
    pub list: [u32; LIST_LEN],
    /// Where four birds look and what they know of their company.
    pub lanes: [f32; LANES],
    /// A lane for the part of a list that is too long, or for an image across the border.
    pub more: [f32; LANES],
    /// Instances that wait to be put into the frame, and their numbers.
    pub instances: [[f32; 8]; WAITING],
    /// See there.
    pub ids: [u32; WAITING],
}
const _: () = assert!(size_of::<Scratch>() <= SCRATCH_BYTES);

/// The shared memory of one flock with a given grid.
#[derive(Clone, Copy)]
pub struct Memory {
    base: *mut u8,
    start: *mut u32,
    counts: *mut u32,
}

impl Memory {
    /// Bytes that a flock with this grid needs.
    pub fn byte_len(g: &Geometry) -> usize {
        TABLES_AT + Self::start_offset(g) + 4 * (g.table_len() + g.row_len as usize + g.guard_len())
    }

    /// The memory at `base` under the grid `g`.
    ///
    /// # Safety
    /// `base` is aligned to 64 bytes and followed by `byte_len(g)` bytes that stay valid, and that
    /// nobody but the shards of this flock touches, as long as the value is used.
    pub unsafe fn new(base: *mut u8, g: &Geometry) -> Self {
        // SAFETY: both lie within `byte_len`.
        unsafe {
            Self {
                base,
                counts: base.add(TABLES_AT + Self::counts_offset(g)).cast(),
                start: base.add(TABLES_AT + Self::start_offset(g)).cast(),
            }
        }
    }

    fn row_birds_offset(g: &Geometry) -> usize {
        g.rows as usize * g.field_row() * FIELD * 4
    }

    fn counts_offset(g: &Geometry) -> usize {
        Self::row_birds_offset(g) + 4 * g.rows as usize * (1 + MAX_SHARDS)
    }

    fn start_offset(g: &Geometry) -> usize {
        let counts = g.table_len() * MAX_SHARDS;
        Self::counts_offset(g) + 4 * (counts + g.guard_len())
    }

    /// The header.
    pub fn header(self) -> *mut Header {
        self.base.cast()
    }

    /// Scratch of shard `shard`.
    pub fn scratch(self, shard: usize) -> *mut Scratch {
        debug_assert!(shard < MAX_SHARDS);
        self.base
            .wrapping_add(HEADER_BYTES + SCRATCH_BYTES * shard)
            .cast()
    }

    /// First float of array `k`.
    #[inline(always)]
    pub fn array(self, k: usize) -> *mut f32 {
        self.base.wrapping_add(ARRAYS_AT + k * STRIDE * 4).cast()
    }

    /// First of the slots, in each array, that belong to `shard` alone.
    pub fn spare(shard: usize) -> usize {
        SPARE + SPARE_PER_SHARD * shard
    }

    /// Where each (row, fine cell) begins in the sorted arrays, as a [`Memory::slot_mark`].
    #[inline(always)]
    pub fn start(self) -> *mut u32 {
        self.start
    }

    /// Birds of shard `shard` per (row, fine cell); then where it puts its next one.
    #[inline(always)]
    pub fn counts(self, g: &Geometry, shard: usize) -> *mut u32 {
        self.counts.wrapping_add(shard * g.table_len())
    }

    /// Not 0 for the rows whose fields are not all 0.
    #[inline(always)]
    pub fn field_rows(self, g: &Geometry) -> *mut u32 {
        self.base
            .wrapping_add(TABLES_AT + Self::row_birds_offset(g))
            .cast()
    }

    /// Birds of shard `shard` per row; later in the tick, not 0 for the rows whose counts it has to
    /// clear before the next.
    #[inline(always)]
    pub fn row_birds(self, g: &Geometry, shard: usize) -> *mut u32 {
        self.field_rows(g)
            .wrapping_add((1 + shard) * g.rows as usize)
    }

    /// Sums per cell, for fast mode.
    #[inline(always)]
    pub fn fields(self) -> *mut f32 {
        self.base.wrapping_add(TABLES_AT).cast()
    }

    /// Marks stand for places in this memory, in 32 bits: in wasm the address, so that a mark is
    /// used as it is; elsewhere the distance in bytes from the beginning.
    #[inline(always)]
    pub fn mark<T>(self, place: *const T) -> u32 {
        if cfg!(target_arch = "wasm32") {
            place as usize as u32
        } else {
            (place as usize).wrapping_sub(self.base as usize) as u32
        }
    }

    /// Mark of the first slot.
    #[inline(always)]
    pub fn first_mark(self) -> u32 {
        self.mark(self.array(SORTED))
    }

    /// Mark of slot `i`.
    #[inline(always)]
    pub fn slot_mark(self, i: usize) -> u32 {
        self.first_mark() + 4 * i as u32
    }

    /// Slot of a mark.
    #[inline(always)]
    pub fn mark_slot(self, mark: u32) -> usize {
        ((mark - self.first_mark()) >> 2) as usize
    }

    /// The velocity along x in the slot of `mark`; the other arrays follow at `STRIDE`.
    #[inline(always)]
    pub fn at(self, mark: u32) -> *mut f32 {
        at(self.base, mark)
    }

    /// What marks count from.
    #[inline(always)]
    pub fn base(self) -> *mut u8 {
        self.base
    }

    /// Zeroes the header, the scratch and the slots that the flock will use, in memory that is not
    /// zero yet: sentinels are read before they are written, and must then be numbers.
    ///
    /// # Safety
    /// Nobody else uses the memory at the time.
    pub unsafe fn clear_slots(self, g: &Geometry) {
        let slots = g.birds as usize + SENTINELS * (g.rows as usize + 2);
        // SAFETY: all of it lies within `byte_len`; the caller keeps the others away.
        unsafe {
            self.base.write_bytes(0, ARRAYS_AT);
            for k in 0..ARRAYS {
                self.array(k).write_bytes(0, slots);
                self.array(k).add(SPARE).write_bytes(0, STRIDE - SPARE);
            }
        }
    }

    /// Makes the tables ready for a new grid: zero where windows look beyond them, and all rows
    /// marked as used, so that whoever comes to them clears them.
    ///
    /// # Safety
    /// No other shard uses them at the time.
    pub unsafe fn clear_tables(self, g: &Geometry) {
        let row_marks = g.rows as usize * (1 + MAX_SHARDS);
        let end = g.table_len() + g.row_len as usize;
        // SAFETY: all of it lies within `byte_len`; the caller keeps the other shards away.
        unsafe {
            std::slice::from_raw_parts_mut(self.field_rows(g), row_marks).fill(1);
            self.start.sub(g.guard_len()).write_bytes(0, g.guard_len());
            self.start.add(end).write_bytes(0, g.guard_len());
        }
    }
}

/// The place of `mark`, given the beginning of the memory.
#[inline(always)]
pub fn at<T>(base: *mut u8, mark: u32) -> *mut T {
    if cfg!(target_arch = "wasm32") {
        mark as usize as *mut T
    } else {
        base.wrapping_add(mark as usize).cast()
    }
}
