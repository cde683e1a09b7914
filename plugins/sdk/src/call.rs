use std::cell::Cell;

use crate::{Error, Input, Output, Params, raw};

/// Inputs, and outputs, that a manifest may give one op.
pub(crate) const MAX_PORTS: u32 = 16;

/// One call of an op: its parameters, inputs, outputs and results.
#[derive(Debug)]
pub struct Call {
    inputs: Taken,
    outputs: Taken,
}

impl Call {
    pub(crate) fn new() -> Self {
        Self {
            inputs: Taken::default(),
            outputs: Taken::default(),
        }
    }

    /// The parameters of the op.
    pub fn params(&self) -> Params<'_> {
        Params::new()
    }

    /// How many inputs the caller gave.
    pub fn input_count(&self) -> u32 {
        raw::input_count()
    }

    /// Takes input `index`; an error while another handle on it lives.
    pub fn input(&self, index: u32) -> Result<Input<'_>, Error> {
        let len = raw::input_len(index).ok_or(Error::NoInput(index))?;
        Ok(Input::new(index, len, self.inputs.take(index)?))
    }

    /// Takes output `index`; an error while another handle on it lives.
    pub fn output(&self, index: u32) -> Result<Output<'_>, Error> {
        Ok(Output::new(index, self.outputs.take(index)?))
    }

    /// Reports result `index` of the op.
    pub fn result(&self, index: u32, value: f64) -> Result<(), Error> {
        if raw::result_f64(index, value) {
            Ok(())
        } else {
            Err(Error::NoPort(index))
        }
    }

    /// Reports progress; [`Error::Cancelled`] when the plugin shall stop. Cheap enough to call
    /// some hundred times a second; units are the op's own.
    pub fn progress(&self, done: u64, total: u64) -> Result<(), Error> {
        if raw::progress(done, total) {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// Which ports have a handle: two windows on one port must never live at once.
#[derive(Debug, Default)]
struct Taken(Cell<u64>);

impl Taken {
    fn take(&self, index: u32) -> Result<Hold<'_>, Error> {
        if index >= MAX_PORTS {
            return Err(Error::NoPort(index));
        }
        let bit = 1u64 << index;
        if self.0.get() & bit != 0 {
            return Err(Error::Busy(index));
        }
        self.0.set(self.0.get() | bit);
        Ok(Hold { bits: &self.0, bit })
    }
}

/// The only handle on a port; gives it back when dropped.
#[derive(Debug)]
pub(crate) struct Hold<'c> {
    bits: &'c Cell<u64>,
    bit: u64,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.bits.set(self.bits.get() & !self.bit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_taken_once_until_it_is_given_back() {
        let taken = Taken::default();
        let first = taken.take(3).unwrap();
        assert_eq!(taken.take(3).err(), Some(Error::Busy(3)));
        assert!(taken.take(4).is_ok());
        drop(first);
        assert!(taken.take(3).is_ok());
        assert_eq!(taken.take(MAX_PORTS).err(), Some(Error::NoPort(MAX_PORTS)));
    }
}
