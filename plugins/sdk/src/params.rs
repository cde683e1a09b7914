use std::marker::PhantomData;

use crate::Error;
use crate::raw;

/// Bytes tried first for a text parameter; a longer one costs a second call.
const SHORT_TEXT: usize = 256;

/// The parameters of the running op, or of the live part, by their index in the manifest.
///
/// The host has checked every value against the manifest: kind, range, options and length.
#[derive(Clone, Copy, Debug)]
pub struct Params<'c>(PhantomData<&'c ()>);

impl Params<'_> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }

    /// A number; an integer, a flag or a choice as a number.
    pub fn number(&self, index: u32) -> Result<f64, Error> {
        let value = raw::param_f64(index);
        if value.is_nan() {
            Err(Error::NoParam(index))
        } else {
            Ok(value)
        }
    }

    /// A number in single precision.
    pub fn f32(&self, index: u32) -> Result<f32, Error> {
        Ok(self.number(index)? as f32)
    }

    /// An integer, exact to 64 bits.
    pub fn integer(&self, index: u32) -> Result<i64, Error> {
        self.number(index)?;
        Ok(raw::param_i64(index))
    }

    /// An integer that counts something.
    pub fn count(&self, index: u32) -> Result<usize, Error> {
        let value = self.integer(index)?;
        usize::try_from(value)
            .map_err(|_| Error::invalid(format!("parameter {index} is {value}, not a count")))
    }

    /// A flag.
    pub fn flag(&self, index: u32) -> Result<bool, Error> {
        Ok(self.number(index)? != 0.0)
    }

    /// A choice: the index into its options.
    pub fn choice(&self, index: u32) -> Result<u32, Error> {
        let value = self.integer(index)?;
        u32::try_from(value).map_err(|_| Error::NoParam(index))
    }

    /// A text, at most as long as the manifest's `maxBytes`.
    pub fn text(&self, index: u32) -> Result<String, Error> {
        let bytes = whole_text(|into| raw::param_text(index, into)).ok_or(Error::NoParam(index))?;
        String::from_utf8(bytes)
            .map_err(|_| Error::invalid(format!("parameter {index} is not UTF-8")))
    }
}

/// A text of unknown length, `None` when there is none: `copy` fills the room that it gets and says
/// how long the whole is.
pub(crate) fn whole_text(mut copy: impl FnMut(&mut [u8]) -> i32) -> Option<Vec<u8>> {
    let mut bytes = vec![0; SHORT_TEXT];
    loop {
        let len = usize::try_from(copy(&mut bytes)).ok()?;
        if len <= bytes.len() {
            bytes.truncate(len);
            return Some(bytes);
        }
        bytes.resize(len, 0);
    }
}
