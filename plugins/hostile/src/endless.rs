//! Work without end.

use std::hint::black_box;

use inos_abi::imports;
use inos_sdk::{Call, Error};

/// Bytes that each frame of `recurse` keeps on the shadow stack.
const FRAME_BYTES: usize = 1024;
const BOMB_BYTES: usize = 1 << 20;

pub(crate) fn hang(_: &mut Call) -> Result<(), Error> {
    let mut turns = 0u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Runs out of the shadow stack, which lies in the guest's memory.
pub(crate) fn recurse(_: &mut Call) -> Result<(), Error> {
    Err(Error::failed(format!("came back with {}", with_frame(0))))
}

#[inline(never)]
fn with_frame(depth: u64) -> u64 {
    let frame = black_box([depth as u8; FRAME_BYTES]);
    if depth == u64::MAX {
        return 0;
    }
    with_frame(depth + 1) + u64::from(frame[depth as usize % FRAME_BYTES])
}

/// Runs out of the runtime's stack: its frames hold nothing in the guest's memory.
pub(crate) fn recurse_native(call: &mut Call) -> Result<(), Error> {
    let depth = call.params().integer(0)?;
    Err(Error::failed(format!(
        "came back with {}",
        without_frame(depth)
    )))
}

// Squaring keeps the compiler from turning the recursion into a loop.
#[inline(never)]
fn without_frame(depth: i64) -> i64 {
    if depth == 0 {
        return imports::param_i64(0);
    }
    let below = without_frame(depth - 1);
    below.wrapping_mul(below) ^ depth
}

pub(crate) fn bomb(_: &mut Call) -> Result<(), Error> {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1u8; BOMB_BYTES]));
    }
}

pub(crate) fn log_flood(_: &mut Call) -> Result<(), Error> {
    for line in 0u64.. {
        inos_sdk::warn!("flood {line}");
    }
    Ok(())
}

/// Would go on for ever, but asks whether it may.
pub(crate) fn slow_cancel(call: &mut Call) -> Result<(), Error> {
    for done in 0.. {
        call.progress(done, u64::MAX >> 1)?;
    }
    Ok(())
}
