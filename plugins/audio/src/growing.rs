use inos_sdk::{Call, Error, Output};

/// How much an output grows by at least, so that it seldom has to move.
const STEP: usize = 1 << 20;

/// An output whose length is not known yet.
pub(crate) struct Growing<'c> {
    output: Output<'c>,
    len: usize,
    room: usize,
}

impl<'c> Growing<'c> {
    pub fn new(call: &'c Call, index: u32, media: &str) -> Result<Self, Error> {
        let mut output = call.output(index)?;
        output.media(media)?;
        Ok(Self {
            output,
            len: 0,
            room: 0,
        })
    }

    /// Makes room at once for what is likely to come: an output that grows needs room for both, what it
    /// was and what it becomes. Nothing is wrong where there is none.
    pub fn expect(&mut self, bytes: usize) {
        if bytes > self.room && self.output.map(bytes).is_ok() {
            self.room = bytes;
        }
    }

    /// The next `n` bytes, to be written.
    pub fn more(&mut self, n: usize) -> Result<&mut [u8], Error> {
        let start = self.len;
        let end = start + n;
        if end > self.room {
            let ample = (end + STEP).max(self.room + self.room / 2);
            // Near a limit the ample size may be refused where the exact one is not.
            self.room = match self.output.map(ample) {
                Ok(_) => ample,
                Err(_) => self.output.map(end).map(|_| end)?,
            };
        }
        self.len = end;
        Ok(&mut self.output.bytes_mut()[start..end])
    }

    /// What was written so far.
    pub fn written(&mut self) -> &mut [u8] {
        let len = self.len;
        &mut self.output.bytes_mut()[..len]
    }

    pub fn finish(mut self) -> Result<(), Error> {
        if self.room == 0 {
            self.output.map(0)?;
        }
        let len = self.len;
        self.output.finish(len)
    }
}
