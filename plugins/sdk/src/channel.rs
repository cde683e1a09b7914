use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::slice;

use crate::plain::{Plain, elements};
use crate::{Error, raw};

/// This tick's slot of a channel: room for one frame, the same for all shards.
#[derive(Clone, Copy, Debug)]
pub struct Slot<'t, T> {
    address: NonNull<T>,
    capacity: usize,
    _tick: PhantomData<&'t T>,
}

impl<'t, T: Plain> Slot<'t, T> {
    /// None when no channel is attached.
    pub(crate) fn open(index: u32) -> Result<Option<Self>, Error> {
        let capacity = raw::channel_capacity(index);
        let Some(address) = NonNull::new(raw::channel(index)) else {
            return Ok(None);
        };
        elements::<T>(address.as_ptr(), capacity * size_of::<T>())?;
        Ok(Some(Self {
            address: address.cast(),
            capacity,
            _tick: PhantomData,
        }))
    }

    /// Elements that fit: at least as many as the manifest's parameter or number says.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// First element.
    pub fn as_ptr(&self) -> *mut T {
        self.address.as_ptr()
    }

    /// The elements of `range`, to write. What they hold before is an old frame.
    ///
    /// # Safety
    /// Until the slice is dropped, nobody else touches these elements: neither through another
    /// slice of this shard nor from another shard in the same phase.
    pub unsafe fn range_mut(&self, range: Range<usize>) -> Result<&'t mut [T], Error> {
        if range.start > range.end || range.end > self.capacity {
            let (offset, end) = (range.start as u64, range.end as u64);
            let len = end.saturating_sub(offset);
            return Err(Error::OutOfRange {
                offset,
                len,
                of: self.capacity as u64,
            });
        }
        // SAFETY: the range lies within the slot; the caller keeps everyone else away.
        Ok(unsafe {
            slice::from_raw_parts_mut(self.address.as_ptr().add(range.start), range.len())
        })
    }
}

/// The part of `total` elements that shard `shard` of `shards` works on: contiguous, in order,
/// sizes equal to within one.
pub fn part(total: usize, shard: u32, shards: u32) -> Range<usize> {
    let border = |k: u32| (total as u64 * u64::from(k) / u64::from(shards.max(1))) as usize;
    border(shard)..border(shard + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        for total in [0, 1, 2, 7, 100_000] {
            for shards in 1..=9 {
                let mut next = 0;
                for shard in 0..shards {
                    let range = part(total, shard, shards);
                    assert_eq!(range.start, next);
                    assert!(range.len() <= total.div_ceil(shards as usize));
                    next = range.end;
                }
                assert_eq!(next, total);
            }
        }
    }
}
