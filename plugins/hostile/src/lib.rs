//! A plugin that attacks its host, one op for each way. The host's tests run it; it is never
//! shipped. It exists only as wasm: in a native build the attacks would hit the test itself.

#![cfg(target_arch = "wasm32")]

mod endless;
mod lies;
mod live;
mod reach;

use inos_sdk::{Call, Error};

inos_sdk::plugin! {
    ops: {
        0 => endless::hang,
        1 => endless::recurse,
        2 => endless::recurse_native,
        3 => endless::bomb,
        4 => endless::log_flood,
        5 => endless::slow_cancel,
        6 => reach::write_input,
        7 => reach::read_hole,
        8 => reach::write_hole,
        9 => reach::grow_output,
        10 => trap,
        11 => panic,
        12 => rant,
        13 => lies::lies,
        14 => reach::reread,
        15 => names,
        16 => reach::stale_output,
    },
    live: live::Hostile,
}

/// Honest: output 0 has the names of all inputs, a line each.
fn names(call: &mut Call) -> Result<(), Error> {
    let mut text = String::new();
    for i in 0..call.input_count() {
        text += &call.input(i)?.name();
        text.push('\n');
    }
    let mut output = call.output(0)?;
    output.map(text.len())?.copy_from_slice(text.as_bytes());
    output.finish(text.len())
}

fn trap(_: &mut Call) -> Result<(), Error> {
    core::arch::wasm32::unreachable()
}

fn panic(call: &mut Call) -> Result<(), Error> {
    panic!("on purpose: {}", call.params().text(0)?)
}

/// Fails with a text that is too long, no UTF-8 and made to take over a terminal.
fn rant(_: &mut Call) -> Result<(), Error> {
    const LEN: usize = 64 << 10;
    let text: Vec<u8> = b"\x1b[2Jrant \xff\xfe\0\r\n"
        .iter()
        .copied()
        .cycle()
        .take(LEN)
        .collect();
    lies::fail(text.as_ptr(), LEN as i32);
    core::arch::wasm32::unreachable()
}
