use std::cell::Cell;
use std::slice;

use crate::call::Hold;
use crate::params::whole_text;
use crate::plain::{Plain, elements};
use crate::{Error, raw};

/// One input of a call, read where it lies.
///
/// [`bytes`](Input::bytes) and [`slice`](Input::slice) map it whole; an input larger than the
/// window region (some hundred MiB) is read by [`range`](Input::range).
#[derive(Debug)]
pub struct Input<'c> {
    index: u32,
    len: u64,
    whole: Cell<*const u8>,
    _hold: Hold<'c>,
}

impl<'c> Input<'c> {
    pub(crate) fn new(index: u32, len: u64, hold: Hold<'c>) -> Self {
        Self {
            index,
            len,
            whole: Cell::new(std::ptr::null()),
            _hold: hold,
        }
    }

    /// Bytes of the whole input.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the file is called, without its folder; empty for what has no name, such as the standard
    /// input. It is the user's text: quote it where it is written.
    pub fn name(&self) -> String {
        let name = whole_text(|into| raw::input_name(self.index, into)).unwrap_or_default();
        String::from_utf8_lossy(&name).into_owned()
    }

    /// All bytes.
    pub fn bytes(&self) -> Result<&[u8], Error> {
        if self.len == 0 {
            return Ok(&[]);
        }
        if self.whole.get().is_null() {
            self.whole.set(self.map(0, self.len)?);
        }
        // SAFETY: the host mapped `len` readable bytes, which stay until this input is mapped
        // again; that needs `&mut self`. Nobody writes to an input during a call.
        Ok(unsafe { slice::from_raw_parts(self.whole.get(), self.len as usize) })
    }

    /// All of it as elements; an error when the length is no multiple of their size.
    pub fn slice<T: Plain>(&self) -> Result<&[T], Error> {
        typed(self.bytes()?)
    }

    /// A window of `len` bytes from `offset`; it ends the window before.
    pub fn range(&mut self, offset: u64, len: usize) -> Result<&[u8], Error> {
        let wanted = len as u64;
        if offset.checked_add(wanted).is_none_or(|end| end > self.len) {
            return Err(Error::OutOfRange {
                offset,
                len: wanted,
                of: self.len,
            });
        }
        if len == 0 {
            return Ok(&[]);
        }
        self.whole.set(std::ptr::null());
        let address = self.map(offset, wanted)?;
        // SAFETY: as in `bytes`; the slice borrows `self` mutably, so it ends before the next one.
        Ok(unsafe { slice::from_raw_parts(address, len) })
    }

    /// A window of `count` elements from the element at `first`; it ends the window before.
    pub fn elements<T: Plain>(&mut self, first: u64, count: usize) -> Result<&[T], Error> {
        let size = size_of::<T>() as u64;
        let bytes = (count as u64)
            .checked_mul(size)
            .and_then(|n| usize::try_from(n).ok());
        match (first.checked_mul(size), bytes) {
            (Some(offset), Some(len)) => typed(self.range(offset, len)?),
            _ => Err(Error::OutOfRange {
                offset: u64::MAX,
                len: u64::MAX,
                of: self.len,
            }),
        }
    }

    fn map(&self, offset: u64, len: u64) -> Result<*const u8, Error> {
        let refused = Error::Refused {
            what: "an input window",
            bytes: len,
        };
        let Ok(window) = i32::try_from(len) else {
            return Err(refused);
        };
        let address = raw::input_map(self.index, offset, window as u32);
        if address.is_null() {
            Err(refused)
        } else {
            Ok(address)
        }
    }
}

fn typed<T: Plain>(bytes: &[u8]) -> Result<&[T], Error> {
    if bytes.is_empty() {
        return Ok(&[]);
    }
    let count = elements::<T>(bytes.as_ptr(), bytes.len())?;
    // SAFETY: `elements` has checked length and alignment; T is valid for any bit pattern.
    Ok(unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), count) })
}
