//! Every permission, one op each: what a plugin sees of the world outside when the user lets it; and
//! its settings. `outside.c` is the same plugin in C, with the same manifest.

#![forbid(unsafe_code)]

use inos_sdk::{Call, Error, Request};

/// Bytes of a MiB.
const MIB: usize = 1 << 20;

inos_sdk::plugin! {
    ops: {
        0 => clock, 1 => dice, 2 => list, 3 => read, 4 => write, 5 => erase, 6 => fetch,
        7 => paste, 8 => copy, 9 => tell, 10 => strain, 11 => volume, 12 => token,
    },
}

fn clock(call: &mut Call) -> Result<(), Error> {
    call.result(0, call.now()?.as_secs_f64())
}

fn dice(call: &mut Call) -> Result<(), Error> {
    let mut roll = [0; 4];
    call.random(&mut roll)?;
    call.result(0, (u32::from_le_bytes(roll) % 6 + 1).into())
}

fn list(call: &mut Call) -> Result<(), Error> {
    let names = call.list(&path(call)?)?;
    give(
        call,
        names
            .iter()
            .map(|name| format!("{name}\n"))
            .collect::<String>()
            .as_bytes(),
    )
}

fn read(call: &mut Call) -> Result<(), Error> {
    let bytes = call.read_file(&path(call)?)?;
    give(call, &bytes)
}

fn write(call: &mut Call) -> Result<(), Error> {
    let content = call.input(0)?;
    call.write_file(&path(call)?, content.bytes()?)
}

fn erase(call: &mut Call) -> Result<(), Error> {
    call.remove(&path(call)?)
}

fn fetch(call: &mut Call) -> Result<(), Error> {
    let request = Request::get(call.params().text(0)?);
    let answer = call.fetch(&request)?;
    let (status, body) = (answer.status(), answer.body()?);
    let media = answer.header("Content-Type");
    give(call, &body)?;
    if let Some(media) = media {
        call.output(0)?.media(&media)?;
    }
    call.result(0, status.into())
}

fn paste(call: &mut Call) -> Result<(), Error> {
    let text = call.clipboard()?;
    give(call, text.as_bytes())
}

fn copy(call: &mut Call) -> Result<(), Error> {
    call.set_clipboard(&call.params().text(0)?)
}

fn tell(call: &mut Call) -> Result<(), Error> {
    call.notify(&call.params().text(0)?)
}

/// Takes so many megabytes: what `memory` is asked for.
fn strain(call: &mut Call) -> Result<(), Error> {
    let mut taken: Vec<u8> = Vec::new();
    let wanted = call.params().count(0)? * MIB;
    // A compiler that sees nobody look at the memory would not take it.
    let had = std::hint::black_box(&mut taken).try_reserve_exact(wanted);
    had.map_err(|_| Error::failed("there is no memory for that"))
}

fn volume(call: &mut Call) -> Result<(), Error> {
    call.result(0, call.setting(0)?)
}

fn token(call: &mut Call) -> Result<(), Error> {
    call.result(0, call.setting_text(1)?.len() as f64)
}

fn path(call: &Call) -> Result<String, Error> {
    call.params().text(0)
}

fn give(call: &Call, bytes: &[u8]) -> Result<(), Error> {
    call.output(0)?.map(bytes.len())?.copy_from_slice(bytes);
    Ok(())
}
