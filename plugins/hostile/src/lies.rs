//! Every import with arguments that are lies. The host must refuse each and live on.

use std::ptr;

use inos_abi::imports as host;
use inos_sdk::{Call, Error};

use crate::reach::HOLE;

/// Addresses that no text can lie at: null page aside, all are outside of the guest's memory.
const WILD: [usize; 4] = [HOLE, 0x7fff_f000, 0xffff_ff00, 0xffff_ffff];
const WILD_LENS: [i32; 5] = [1, 4096, i32::MAX, -1, i32::MIN];
const WILD_INDICES: [i32; 4] = [1000, i32::MAX, -1, i32::MIN];

/// Tells all lies; result 0 is how many were refused. Fails with the first that was believed.
pub(crate) fn lies(call: &mut Call) -> Result<(), Error> {
    let mut told = Told(0);
    indices(&mut told)?;
    inputs(&mut told)?;
    outputs(&mut told)?;
    texts(&mut told)?;
    live_calls(&mut told)?;
    memory(&mut told)?;
    call.result(0, f64::from(told.0))
}

struct Told(u32);

impl Told {
    fn lie(&mut self, what: &str, refused: bool) -> Result<(), Error> {
        self.0 += 1;
        if refused {
            Ok(())
        } else {
            Err(Error::failed(format!("the host believed {what}")))
        }
    }
}

fn indices(told: &mut Told) -> Result<(), Error> {
    for i in WILD_INDICES {
        told.lie("a parameter's index", host::param_f64(i).is_nan())?;
        told.lie("a parameter's index", host::param_i64(i) == 0)?;
        told.lie("a text's index", param_text(i, ptr::null_mut(), 0) == -1)?;
        told.lie("an input's index", host::input_len(i) == -1)?;
        told.lie("an input's index", input_name(i, ptr::null_mut(), 0) == -1)?;
        told.lie("an input's index", host::input_map(i, 0, 1).is_null())?;
        told.lie("an output's index", host::output_map(i, 1).is_null())?;
        told.lie("an output's index", host::output_len(i, 0) == -1)?;
        told.lie("a result's index", host::result_f64(i, 1.0) == -1)?;
        told.lie("a channel's index", host::channel(i).is_null())?;
        told.lie("a channel's index", host::channel_capacity(i) == 0)?;
        told.lie("a channel's index", host::channel_publish(i, 1) == -1)?;
    }
    Ok(())
}

fn inputs(told: &mut Told) -> Result<(), Error> {
    let len = host::input_len(0);
    let ranges = [
        (0, 0),
        (0, -1),
        (0, i32::MIN),
        (0, i32::MAX),
        (-1, 1),
        (i64::MIN, 1),
        (i64::MAX, 1),
        (i64::MAX, i32::MAX),
        (len, 1),
        (len - 1, 2),
    ];
    for (offset, len) in ranges {
        told.lie(
            "an input's range",
            host::input_map(0, offset, len).is_null(),
        )?;
    }
    Ok(())
}

fn outputs(told: &mut Told) -> Result<(), Error> {
    for len in [-1, i64::MIN, i64::MAX, 1 << 40] {
        told.lie("an output's size", host::output_map(0, len).is_null())?;
    }
    told.lie("a length without a window", host::output_len(0, 0) == -1)?;
    if host::output_map(0, 100).is_null() {
        return Err(Error::failed("an honest output of 100 bytes was refused"));
    }
    for len in [1 << 30, 1 << 40, -1, i64::MIN, i64::MAX] {
        told.lie("an output's length", host::output_len(0, len) == -1)?;
    }
    Ok(())
}

fn texts(told: &mut Told) -> Result<(), Error> {
    for address in WILD {
        for len in WILD_LENS {
            let at = address as *mut u8;
            // SAFETY: the host must not follow these pointers, and must not write through them.
            unsafe {
                told.lie("a media type", host::output_meta(0, at, len) == -1)?;
                host::log(1, at, len);
                host::log(i32::MIN, at, len);
            }
            told.lie("a text's address", param_text(0, at, len) == -1)?;
            told.lie("a name's address", input_name(0, at, len) == -1)?;
            fail(at, len);
        }
    }
    Ok(())
}

/// Parameter 0 of the op is a text that is longer than nothing.
fn param_text(index: i32, at: *mut u8, cap: i32) -> i32 {
    // SAFETY: the host must not write through this pointer.
    unsafe { host::param_text(index, at, cap) }
}

fn input_name(index: i32, at: *mut u8, cap: i32) -> i32 {
    // SAFETY: the host must not write through this pointer.
    unsafe { host::input_name(index, at, cap) }
}

/// The import `fail`, with whatever one likes.
pub(crate) fn fail(at: *const u8, len: i32) {
    // SAFETY: the host checks the pointer and only reads.
    unsafe { host::fail(at, len) }
}

/// There is no tick in a call: no slot, nothing to publish, no shared memory.
fn live_calls(told: &mut Told) -> Result<(), Error> {
    told.lie("a slot outside of a tick", host::channel(0).is_null())?;
    told.lie(
        "a frame outside of a tick",
        host::channel_publish(0, 1) == -1,
    )?;
    for len in [0, -1, i64::MIN, i64::MAX, 1 << 20] {
        told.lie("a size of shared memory", host::shared(len).is_null())?;
    }
    Ok(())
}

fn memory(told: &mut Told) -> Result<(), Error> {
    for pages in [1 << 15, 1 << 16, usize::MAX >> 16] {
        let grown = core::arch::wasm32::memory_grow::<0>(pages);
        told.lie("a size of memory", grown == usize::MAX)?;
    }
    Ok(())
}
