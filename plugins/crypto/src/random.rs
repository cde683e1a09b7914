//! Random bytes.

use inos_sdk::{Call, Error};
use zeroize::Zeroizing;

use crate::text::put_as;

pub(crate) fn random(call: &mut Call) -> Result<(), Error> {
    let mut bytes = Zeroizing::new(vec![0; call.params().count(0)?]);
    for piece in bytes.chunks_mut(4096) {
        call.random(piece)?;
    }
    put_as(call, 1, &bytes)
}
