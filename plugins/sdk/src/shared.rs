use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;

use crate::plain::{Plain, elements};
use crate::{Error, raw};

/// Memory common to all shards of a live unit, kept from tick to tick.
///
/// Every shard is an instance of its own, on a thread of its own, and sees these bytes at the same
/// address. Between two phases stands a barrier: what one phase wrote, every shard reads in the
/// next. Within a phase the plugin itself keeps its shards apart, which no compiler can check; so
/// the bytes are reached through a raw pointer or the two unsafe slices.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'t> {
    address: NonNull<u8>,
    len: usize,
    _tick: PhantomData<&'t ()>,
}

impl<'t> Shared<'t> {
    pub(crate) fn map(len: usize) -> Result<Self, Error> {
        let refused = Error::Refused {
            what: "shared memory",
            bytes: len as u64,
        };
        if len == 0 {
            return Ok(Self {
                address: NonNull::dangling(),
                len,
                _tick: PhantomData,
            });
        }
        let address = NonNull::new(raw::shared(len as u64)).ok_or(refused)?;
        Ok(Self {
            address,
            len,
            _tick: PhantomData,
        })
    }

    /// First byte; aligned to a page.
    pub fn as_ptr(&self) -> *mut u8 {
        self.address.as_ptr()
    }

    /// Bytes asked for.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when none were asked for.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// `count` elements from the byte at `offset`.
    ///
    /// # Safety
    /// Until the slice is dropped, no shard writes to them: neither this one nor another one in
    /// the same phase.
    pub unsafe fn slice<T: Plain>(&self, offset: usize, count: usize) -> Result<&'t [T], Error> {
        let (address, count) = self.place::<T>(offset, count)?;
        // SAFETY: `place` has checked bounds and alignment; the caller keeps writers away.
        Ok(unsafe { slice::from_raw_parts(address, count) })
    }

    /// `count` elements from the byte at `offset`, to write.
    ///
    /// # Safety
    /// Until the slice is dropped, nobody else reads or writes them: neither through another slice
    /// of this shard nor from another one in the same phase.
    pub unsafe fn slice_mut<T: Plain>(
        &self,
        offset: usize,
        count: usize,
    ) -> Result<&'t mut [T], Error> {
        let (address, count) = self.place::<T>(offset, count)?;
        // SAFETY: `place` has checked bounds and alignment; the caller keeps everyone else away.
        Ok(unsafe { slice::from_raw_parts_mut(address, count) })
    }

    fn place<T: Plain>(&self, offset: usize, count: usize) -> Result<(*mut T, usize), Error> {
        let bytes = count.checked_mul(size_of::<T>());
        let Some(len) = bytes.filter(|n| offset.checked_add(*n).is_some_and(|e| e <= self.len))
        else {
            let (offset, len) = (offset as u64, bytes.map_or(u64::MAX, |n| n as u64));
            return Err(Error::OutOfRange {
                offset,
                len,
                of: self.len as u64,
            });
        };
        // SAFETY: offset + len lies within the bytes that the host mapped.
        let address = unsafe { self.address.as_ptr().add(offset) };
        Ok((address.cast(), elements::<T>(address, len)?))
    }
}
