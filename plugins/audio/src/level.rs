use inos_sdk::{Call, Error};

use crate::amplitude;
use crate::block::Block;
use crate::files::transform;

pub(crate) fn gain(call: &mut Call) -> Result<(), Error> {
    let factor = amplitude(call.params().number(0)?);
    transform(call, 1, |_| {
        Ok(move |block: &mut Block| {
            block.each(|sample| (f64::from(sample) * factor) as f32);
            Ok(())
        })
    })
}
