//! Bytes as text and back, and the inputs and outputs that all ops share.

use base64ct::{Base64, Encoding};
use inos_sdk::{Call, Error};

/// Bytes read at a time, so that a file may be larger than the window region.
pub(crate) const PIECE: usize = 1 << 20;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits
        .map(|d| char::from(DIGITS[usize::from(d & 15)]))
        .collect()
}

/// Reads hexadecimal digits; blanks between them do not count. The error says where it stops.
pub(crate) fn unhex(name: &str, text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for (at, byte) in text.iter().enumerate() {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let digit = char::from(*byte).to_digit(16);
        let digit = digit.ok_or_else(|| {
            Error::invalid(format!("{name} has no hexadecimal digit at byte {at}"))
        })? as u8;
        match high.take() {
            None => high = Some(digit),
            Some(first) => bytes.push(first << 4 | digit),
        }
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(Error::invalid(format!(
            "{name} has an odd number of hexadecimal digits"
        ))),
    }
}

/// A whole input, as text.
pub(crate) fn utf8<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Error> {
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        Error::invalid(format!("{name} is not UTF-8 at byte {at}"))
    })
}

/// A key of `N` bytes: as they are, or as hexadecimal digits.
pub(crate) fn key<const N: usize>(name: &str, bytes: &[u8]) -> Result<[u8; N], Error> {
    if let Ok(raw) = bytes.try_into() {
        return Ok(raw);
    }
    let digits = bytes.iter().filter(|b| !b.is_ascii_whitespace()).count();
    if digits == 2 * N
        && let Ok(key) = unhex(name, bytes)?.try_into()
    {
        return Ok(key);
    }
    let len = bytes.len();
    Err(Error::invalid(format!(
        "{name} has {len} bytes; it needs {N}, or {} hexadecimal digits",
        2 * N
    )))
}

/// Gives each piece of an input to `take`, and lets the host stop it.
pub(crate) fn each_piece(
    call: &Call,
    index: u32,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let mut input = call.input(index)?;
    let (total, mut done) = (input.len(), 0);
    while done < total {
        call.progress(done, total)?;
        let len = (total - done).min(PIECE as u64);
        take(input.range(done, len as usize)?);
        done += len;
    }
    call.progress(total, total)
}

/// Writes an output.
pub(crate) fn put(call: &Call, index: u32, bytes: &[u8]) -> Result<(), Error> {
    let mut output = call.output(index)?;
    output.map(bytes.len())?.copy_from_slice(bytes);
    output.finish(bytes.len())
}

/// Writes an output in the form that the parameter `format` asks for: hex, base64 or raw.
pub(crate) fn put_as(call: &Call, format: u32, bytes: &[u8]) -> Result<(), Error> {
    let line = |mut text: String| {
        text.push('\n');
        text
    };
    match call.params().choice(format)? {
        0 => put(call, 0, line(hex(bytes)).as_bytes()),
        1 => put(call, 0, line(Base64::encode_string(bytes)).as_bytes()),
        _ => {
            let mut output = call.output(0)?;
            output.media("application/octet-stream")?;
            output.map(bytes.len())?.copy_from_slice(bytes);
            output.finish(bytes.len())
        }
    }
}
