//! The way of the instances into the frame.
//!
//! Numbers are scattered, so most places in the frame miss the cache. Instances therefore wait
//! until there are some hundred: alone in a loop the misses overlap, between other stores they
//! would hold those up (100,000 birds, fast mode, wasm: -8 % of a tick).

use crate::f4::{load, store};
use crate::memory::{Memory, Scratch, WAITING, at};

/// A frame, and one shard's instances for it.
pub struct Frame {
    m: Memory,
    scratch: *mut Scratch,
    /// A place for each number; null: nobody wants it.
    instances: *mut [f32; 8],
}

impl Frame {
    /// The frame at `instances`, unless that is null, as the shard with `scratch` fills it.
    pub fn new(m: Memory, scratch: *mut Scratch, instances: *mut [f32; 8]) -> Self {
        Self {
            m,
            scratch,
            instances,
        }
    }

    /// Where four instances and their numbers go when `waiting` wait; null: nowhere.
    #[inline(always)]
    pub fn next(&self, waiting: usize) -> (*mut f32, *mut u32) {
        debug_assert!(waiting + 4 <= WAITING);
        if self.instances.is_null() {
            return (std::ptr::null_mut(), std::ptr::null_mut());
        }
        let (instances, ids) = self.waiting();
        (
            instances.wrapping_add(8 * waiting),
            ids.wrapping_add(waiting),
        )
    }

    fn waiting(&self) -> (*mut f32, *mut u32) {
        // SAFETY: only the addresses are taken.
        unsafe {
            (
                (&raw mut (*self.scratch).instances).cast(),
                (&raw mut (*self.scratch).ids).cast(),
            )
        }
    }

    /// Puts the first `count` that wait into the frame.
    ///
    /// # Safety
    /// They have been written, their numbers are below the length of the frame, and no other shard
    /// writes to their places.
    pub unsafe fn put(&self, count: usize) {
        if count > 0 && !self.instances.is_null() {
            let (instances, ids) = self.waiting();
            let (first, id) = (self.m.mark(instances), self.m.mark(ids));
            // SAFETY: promised by the caller.
            unsafe { put_instances(self.m.base(), first, id, count, self.instances) };
        }
    }
}

/// Puts `count` instances, at least 1, from the mark `instance` on to the places of the numbers
/// from the mark `id` on.
///
/// # Safety
/// As for [`Frame::put`].
#[inline(never)]
pub unsafe fn put_instances(
    base: *mut u8,
    mut instance: u32,
    mut id: u32,
    mut count: usize,
    frame: *mut [f32; 8],
) {
    loop {
        // SAFETY: promised by the caller.
        unsafe {
            let out = frame.add(*at::<u32>(base, id) as usize).cast::<f32>();
            let instance = at::<f32>(base, instance);
            store(out.add(4), load(instance.add(4)));
            store(out, load(instance));
        }
        instance += 32;
        id += 4;
        count -= 1;
        if count == 0 {
            break;
        }
    }
}
