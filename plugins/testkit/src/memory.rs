/// Bytes of a page: windows start on one, as they do in the real host.
const PAGE: usize = 4096;

#[derive(Clone)]
#[repr(C, align(4096))]
struct Page([u8; PAGE]);

/// A page-aligned piece of memory that never moves while it keeps its size.
pub(crate) struct Memory {
    pages: Vec<Page>,
    len: usize,
}

impl Memory {
    /// `len` bytes of `fill`.
    pub(crate) fn new(len: usize, fill: u8) -> Self {
        Self {
            pages: vec![Page([fill; PAGE]); len.div_ceil(PAGE)],
            len,
        }
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut memory = Self::new(bytes.len(), 0);
        memory.bytes_mut().copy_from_slice(bytes);
        memory
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Grows to `len` bytes somewhere else: a plugin that keeps the old address is wrong.
    pub(crate) fn grow(&mut self, len: usize) {
        let mut bigger = Self::new(len, 0);
        bigger.bytes_mut()[..self.len].copy_from_slice(self.bytes());
        *self = bigger;
    }

    pub(crate) fn address(&mut self) -> *mut u8 {
        self.pages.as_mut_ptr().cast()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the pages are contiguous and hold at least `len` bytes.
        unsafe { std::slice::from_raw_parts(self.pages.as_ptr().cast(), self.len) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.pages.as_mut_ptr().cast(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_keeps_the_content_and_clears_the_rest() {
        let mut memory = Memory::of(&[1, 2, 3]);
        memory.grow(5000);
        assert_eq!(memory.len(), 5000);
        assert_eq!(memory.bytes()[..3], [1, 2, 3]);
        assert!(memory.bytes()[3..].iter().all(|b| *b == 0));
        assert_eq!(memory.address() as usize % PAGE, 0);
    }
}
