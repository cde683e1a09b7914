use std::ptr::NonNull;
use std::slice;

use crate::call::Hold;
use crate::plain::{Plain, elements};
use crate::{Error, raw};

/// One output of a call, written where the reader will find it.
#[derive(Debug)]
pub struct Output<'c> {
    index: u32,
    address: NonNull<u8>,
    len: usize,
    mapped: bool,
    _hold: Hold<'c>,
}

impl<'c> Output<'c> {
    pub(crate) fn new(index: u32, hold: Hold<'c>) -> Self {
        Self {
            index,
            address: NonNull::dangling(),
            len: 0,
            mapped: false,
            _hold: hold,
        }
    }

    /// Makes room for `len` bytes and returns them. What was written before stays, new bytes are
    /// 0. The largest `len` is the valid length, unless [`finish`](Output::finish) says otherwise.
    pub fn map(&mut self, len: usize) -> Result<&mut [u8], Error> {
        if !self.mapped || len > self.len {
            let address = raw::output_map(self.index, len as u64);
            let refused = Error::Refused {
                what: "an output",
                bytes: len as u64,
            };
            self.address = NonNull::new(address).ok_or(refused)?;
            self.len = len;
            self.mapped = true;
        }
        Ok(&mut self.bytes_mut()[..len])
    }

    /// Makes room for `count` elements and returns them all.
    pub fn slice<T: Plain>(&mut self, count: usize) -> Result<&mut [T], Error> {
        let refused = Error::Refused {
            what: "an output",
            bytes: u64::MAX,
        };
        let bytes = self.map(count.checked_mul(size_of::<T>()).ok_or(refused)?)?;
        if bytes.is_empty() {
            return Ok(&mut []);
        }
        let count = elements::<T>(bytes.as_ptr(), bytes.len())?;
        // SAFETY: `elements` has checked length and alignment; T is valid for any bit pattern, and
        // the bytes are borrowed mutably from `self`, the only handle on this output.
        Ok(unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), count) })
    }

    /// All bytes mapped so far.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the host mapped `len` writable bytes that stay until this output is mapped again
        // (which needs `&mut self`) or the call ends; with none the pointer dangles and len is 0.
        unsafe { slice::from_raw_parts_mut(self.address.as_ptr(), self.len) }
    }

    /// Sets the media type; without it the first one of the manifest counts.
    pub fn media(&mut self, media: &str) -> Result<(), Error> {
        if raw::output_meta(self.index, media) {
            Ok(())
        } else {
            Err(Error::NoPort(self.index))
        }
    }

    /// Ends the output with `len` valid bytes, which must have been mapped. An output that is
    /// neither mapped nor finished is not there at all.
    pub fn finish(mut self, len: usize) -> Result<(), Error> {
        self.map(0)?;
        if len > self.len {
            return Err(Error::OutOfRange {
                offset: 0,
                len: len as u64,
                of: self.len as u64,
            });
        }
        if raw::output_len(self.index, len as u64) {
            Ok(())
        } else {
            Err(Error::NoPort(self.index))
        }
    }
}
