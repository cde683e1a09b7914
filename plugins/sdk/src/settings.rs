//! What the user told this plugin, by the index of the setting in the manifest. No permission is
//! needed.

use crate::params::whole_text;
use crate::{Call, Error, raw};

impl Call {
    /// A number; an integer, a flag or a choice as a number.
    pub fn setting(&self, index: u32) -> Result<f64, Error> {
        let value = raw::setting_f64(index);
        if value.is_nan() {
            Err(Error::NoSetting(index))
        } else {
            Ok(value)
        }
    }

    /// A text; an error also for a secret that the user has not set.
    pub fn setting_text(&self, index: u32) -> Result<String, Error> {
        let bytes = whole_text(|into| raw::setting_text(index, into));
        let bytes = bytes.ok_or(Error::NoSetting(index))?;
        String::from_utf8(bytes)
            .map_err(|_| Error::invalid(format!("setting {index} is not UTF-8")))
    }
}
