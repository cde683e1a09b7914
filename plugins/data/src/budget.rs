//! What tables, keys and groups hold together. A plugin that asks for more memory than it has ends
//! in the middle of a call; this way it ends with a sentence.

use std::cell::Cell;

use inos_sdk::Error;

/// Of the 256 MiB that the manifest asks for: the rest is code, pieces of files and what is counted
/// by nobody.
pub(crate) const MAX_BYTES: usize = 160 << 20;

thread_local! {
    // As global as the memory itself.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// A share of the memory, given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(usize);

impl Held {
    /// Takes more, or says that there is no more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let all = HELD.get().saturating_add(bytes);
        if all > MAX_BYTES {
            return Err(Error::invalid(format!(
                "the tables need more than {} MiB of memory together; filter rows or select columns first",
                MAX_BYTES >> 20
            )));
        }
        HELD.set(all);
        self.0 += bytes;
        Ok(())
    }

    /// Counts this many bytes instead of those before.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<(), Error> {
        if bytes >= self.0 {
            return self.grow(bytes - self.0);
        }
        HELD.set(HELD.get() - (self.0 - bytes));
        self.0 = bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get().saturating_sub(self.0));
    }
}
