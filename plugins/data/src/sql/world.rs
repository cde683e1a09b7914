use std::cell::{Cell, RefCell};

use inos_sdk::{Call, Error};

use crate::source::Source;

/// Pieces of work between two looks at whether the job was cancelled.
const LOOK: u32 = 16;

/// The tables that there are, and the call that asks for them.
#[derive(Debug)]
pub(crate) struct World<'c> {
    pub(crate) call: &'c Call,
    pub(crate) sources: Vec<RefCell<Source<'c>>>,
    worked: Cell<u32>,
}

impl<'c> World<'c> {
    pub(crate) fn new(call: &'c Call, sources: impl IntoIterator<Item = Source<'c>>) -> Self {
        Self {
            call,
            sources: sources.into_iter().map(RefCell::new).collect(),
            worked: Cell::new(0),
        }
    }

    /// Said for each batch that comes from no file; stops a cancelled job.
    pub(crate) fn look(&self) -> Result<(), Error> {
        self.worked.set(self.worked.get().wrapping_add(1));
        if self.worked.get().is_multiple_of(LOOK) {
            self.call.progress(0, 0)?;
        }
        Ok(())
    }
}
