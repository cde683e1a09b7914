//! Gives back what it gets, and hangs when asked: what `inos bench host` runs in both hosts.
use extism_pdk::*;

#[plugin_fn]
pub fn reflect(input: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(input)
}

#[plugin_fn]
pub fn hang() -> FnResult<()> {
    loop {
        std::hint::spin_loop();
    }
}
