//! Reaching for memory that is not ours, and for more than is allowed.

use std::sync::atomic::{AtomicUsize, Ordering};

use inos_sdk::{Call, Error};

/// Neither the guest's own memory nor a window ever lies here.
pub(crate) const HOLE: usize = 0x3000_0000;
const PATTERN: u8 = 0x5a;
/// Distance of the bytes that are looked at again; a prime, to meet all offsets in a page.
const SAMPLE: usize = 1009;

pub(crate) fn write_input(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let first = input.bytes()?.as_ptr().cast_mut();
    // SAFETY: none; the window is read-only, and this write must end the worker.
    unsafe { first.write_volatile(PATTERN) };
    Err(Error::failed("wrote to a read-only input"))
}

/// Reads its input in ranges, again and again, until the first byte is another one.
pub(crate) fn reread(call: &mut Call) -> Result<(), Error> {
    const RANGE: u64 = 1 << 20;
    const PAGE: usize = 4096;
    let mut input = call.input(0)?;
    let len = input.len();
    let mut first = None;
    for round in 1.. {
        for offset in (0..len).step_by(RANGE as usize) {
            let bytes = input.range(offset, RANGE.min(len - offset) as usize)?;
            if offset == 0 && *first.get_or_insert(bytes[0]) != bytes[0] {
                return call.result(0, round as f64);
            }
            std::hint::black_box(bytes.iter().step_by(PAGE).fold(0u8, |all, b| all ^ b));
        }
        call.progress(round, 0)?;
    }
    Ok(())
}

/// Writes where the output of an earlier call lay, then makes one and remembers where it is.
pub(crate) fn stale_output(call: &mut Call) -> Result<(), Error> {
    const LEN: usize = 200_000;
    static LAST: AtomicUsize = AtomicUsize::new(0);
    let mut output = call.output(0)?;
    let last = LAST.load(Ordering::Relaxed);
    if last != 0 {
        // SAFETY: none; the host must not let this reach what it has handed on.
        unsafe { (last as *mut u8).write_volatile(0) };
    }
    let room = output.map(LEN)?;
    room.fill(PATTERN);
    LAST.store(room.as_mut_ptr() as usize, Ordering::Relaxed);
    output.finish(LEN)
}

pub(crate) fn read_hole(_: &mut Call) -> Result<(), Error> {
    // SAFETY: none; nothing is mapped there, and this read must end the worker.
    let byte = unsafe { (HOLE as *const u8).read_volatile() };
    Err(Error::failed(format!("read {byte} where nothing is")))
}

pub(crate) fn write_hole(_: &mut Call) -> Result<(), Error> {
    write_to_hole();
    Err(Error::failed("wrote where nothing is"))
}

pub(crate) fn write_to_hole() {
    // SAFETY: none; nothing is mapped there, and this write must end the worker.
    unsafe { (HOLE as *mut u8).write_volatile(PATTERN) };
}

/// Grows an output step by step; honest, as long as limits hold.
pub(crate) fn grow_output(call: &mut Call) -> Result<(), Error> {
    let (bytes, step) = (call.params().count(0)?, call.params().count(1)?);
    let mut output = call.output(0)?;
    let mut steps = 0u32;
    let mut written = 0;
    while written < bytes {
        let end = bytes.min(written + step);
        let room = output.map(end)?;
        let kept = room[..written]
            .iter()
            .step_by(SAMPLE)
            .all(|byte| *byte == PATTERN);
        if !kept {
            return Err(Error::failed(format!(
                "bytes were lost on the way to {end}"
            )));
        }
        room[written..].fill(PATTERN);
        written = end;
        steps += 1;
    }
    output.finish(bytes)?;
    call.result(0, steps.into())
}
