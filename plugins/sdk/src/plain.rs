use crate::{Error, Instance};

/// Types that may lie in shared memory: every bit pattern is a value, and there is no padding.
///
/// # Safety
/// The type must be valid for any bit pattern, have no padding bytes and hold no pointers.
pub unsafe trait Plain: Copy + 'static {}

macro_rules! plain {
    ($($t:ty),+) => {
        // SAFETY: primitive numbers have no padding and no invalid values.
        $(unsafe impl Plain for $t {})+
    };
}
plain!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

// SAFETY: an array of such elements has no padding between them.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
// SAFETY: eight f32 in a row, 32 bytes, checked by the abi crate.
unsafe impl Plain for Instance {}

/// How many aligned elements of `T` lie in `len` bytes at `address`; an error unless all do.
pub(crate) fn elements<T: Plain>(address: *const u8, len: usize) -> Result<usize, Error> {
    let element = size_of::<T>();
    let whole = element != 0 && len.is_multiple_of(element);
    if whole && address.cast::<T>().is_aligned() {
        Ok(len / element)
    } else {
        Err(Error::Misaligned {
            len: len as u64,
            element,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_aligned_elements_count() {
        let base = 0x1000 as *const u8;
        assert_eq!(elements::<f32>(base, 12), Ok(3));
        assert_eq!(elements::<f32>(base, 0), Ok(0));
        assert!(elements::<f32>(base, 13).is_err());
        assert!(elements::<f32>(base.wrapping_add(2), 12).is_err());
        assert!(elements::<[f32; 0]>(base, 0).is_err());
    }
}
