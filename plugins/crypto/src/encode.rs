//! Bytes as text: hexadecimal, base64, base32 and PEM.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use inos_sdk::{Call, Error};

use crate::text::{hex, put, unhex, utf8};

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for piece in bytes.chunks(5) {
        let mut bits = piece.iter().fold(0u64, |bits, b| bits << 8 | u64::from(*b));
        bits <<= 8 * (5 - piece.len());
        let letters = (piece.len() * 8).div_ceil(5);
        for at in 0..8 {
            let letter = BASE32[(bits >> (35 - 5 * at) & 31) as usize];
            text.push(if at < letters { letter.into() } else { '=' });
        }
    }
    text
}

fn from_base32(text: &[u8]) -> Result<Vec<u8>, Error> {
    let wrong = |what: String| Error::invalid(format!("text is no base32: {what}"));
    let mut bytes = Vec::with_capacity(text.len() / 8 * 5);
    let (mut bits, mut held, mut letters, mut padding) = (0u32, 0, 0usize, 0usize);
    for (at, byte) in text
        .iter()
        .enumerate()
        .filter(|(_, b)| !b.is_ascii_whitespace())
    {
        if *byte == b'=' {
            padding += 1;
            continue;
        }
        let value = BASE32.iter().position(|b| *b == byte.to_ascii_uppercase());
        let (Some(value), 0) = (value, padding) else {
            return Err(wrong(format!("byte {at} is none of its letters")));
        };
        bits = (bits << 5 | value as u32) & 0xfff;
        held += 5;
        letters += 1;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    let rest = letters % 8;
    let padded = padding == 0 || (padding < 8 && (letters + padding).is_multiple_of(8));
    if matches!(rest, 1 | 3 | 6) || !padded {
        return Err(wrong("its end is missing or wrong".into()));
    }
    if bits & ((1 << held) - 1) != 0 {
        return Err(wrong("its last letter has bits over".into()));
    }
    Ok(bytes)
}

pub(crate) fn encode(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let bytes = input.bytes()?;
    let mut text = match call.params().choice(0)? {
        0 => Base64::encode_string(bytes),
        1 => Base64UrlUnpadded::encode_string(bytes),
        2 => hex(bytes),
        _ => to_base32(bytes),
    };
    text.push('\n');
    put(call, 0, text.as_bytes())
}

/// Base64 with or without its padding; line ends and blanks do not count.
pub(crate) fn from_base64(name: &str, text: &[u8], url: bool) -> Result<Vec<u8>, Error> {
    let mut letters = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        let fits = match byte {
            b if b.is_ascii_whitespace() => continue,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'=' => true,
            b'+' | b'/' => !url,
            b'-' | b'_' => url,
            _ => false,
        };
        if !fits {
            return Err(Error::invalid(format!(
                "{name} has no letter of base64 at byte {at}"
            )));
        }
        letters.push(*byte);
    }
    let padding = letters.iter().rev().take_while(|b| **b == b'=').count();
    let end = Error::invalid(format!("{name} is no base64: its end is missing or wrong"));
    if padding > 0 && (padding > 2 || !letters.len().is_multiple_of(4)) {
        return Err(end);
    }
    letters.truncate(letters.len() - padding);
    let text = String::from_utf8_lossy(&letters);
    let bytes = if url {
        Base64UrlUnpadded::decode_vec(&text)
    } else {
        Base64Unpadded::decode_vec(&text)
    };
    bytes.map_err(|_| end)
}

pub(crate) fn decode(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let text = input.bytes()?;
    let bytes = match call.params().choice(0)? {
        0 => from_base64("text", text, false),
        1 => from_base64("text", text, true),
        2 => unhex("text", text),
        _ => from_base32(text),
    }?;
    put(call, 0, &bytes)
}

/// PEM with lines of 64 letters (RFC 7468).
pub(crate) fn to_pem(label: &str, bytes: &[u8]) -> String {
    let letters = Base64::encode_string(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (at, letter) in letters.chars().enumerate() {
        if at > 0 && at.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(letter);
    }
    if !letters.is_empty() {
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// The first block of a PEM text: its label and its bytes. What stands before it does not count.
pub(crate) fn from_pem(name: &str, text: &[u8]) -> Result<(String, Vec<u8>), Error> {
    let text = utf8(name, text)?;
    let wrong = |what: &str| Error::invalid(format!("{name} is no PEM: {what}"));
    let mut lines = text.lines().map(str::trim_end);
    let label = lines
        .find_map(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----"))
        .ok_or_else(|| wrong("it has no line -----BEGIN ...-----"))?;
    let end = format!("-----END {label}-----");
    let (mut body, mut ended) = (String::new(), false);
    for line in lines {
        if line == end {
            ended = true;
            break;
        }
        body += line;
    }
    if !ended {
        return Err(wrong("its end is missing"));
    }
    Ok((label.into(), from_base64(name, body.as_bytes(), false)?))
}

fn is_label(label: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() || b == b' ';
    !label.is_empty() && label.trim() == label && label.bytes().all(plain) && !label.contains("--")
}

pub(crate) fn pem_encode(call: &mut Call) -> Result<(), Error> {
    let label = call.params().text(0)?;
    if !is_label(&label) {
        return Err(Error::invalid(
            "label is no line of letters, like CERTIFICATE or PUBLIC KEY",
        ));
    }
    let input = call.input(0)?;
    put(call, 0, to_pem(&label, input.bytes()?).as_bytes())
}

pub(crate) fn pem_decode(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let (_, bytes) = from_pem("text", input.bytes()?)?;
    put(call, 0, &bytes)
}
