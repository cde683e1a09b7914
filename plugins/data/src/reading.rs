//! How an op was told to read its inputs, and what their first bytes say.

use inos_sdk::{Call, Error};

use crate::encoding::Encoding;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    Separated,
    Json,
    Lines,
}

#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) format: Option<Format>,
    pub(crate) separator: Option<u8>,
    pub(crate) header: Header,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) typed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Header {
    Guess,
    Names,
    Data,
}

/// Parameters 0 to 4 of each op that reads a table.
pub(crate) const READ_PARAMS: u32 = 5;

impl Reading {
    pub(crate) fn of(call: &Call) -> Result<Self, Error> {
        let params = call.params();
        let (format, tab) = match params.choice(0)? {
            0 => (None, false),
            2 => (Some(Format::Separated), true),
            3 => (Some(Format::Json), false),
            4 => (Some(Format::Lines), false),
            _ => (Some(Format::Separated), false),
        };
        let header = match params.choice(2)? {
            1 => Header::Names,
            2 => Header::Data,
            _ => Header::Guess,
        };
        let encoding = match params.choice(3)? {
            1 => Some(Encoding::Utf8),
            2 => Some(Encoding::Utf16Le),
            3 => Some(Encoding::Utf16Be),
            4 => Some(Encoding::Windows1252),
            _ => None,
        };
        Ok(Self {
            format,
            separator: separator(&params.text(1)?, tab)?,
            header,
            encoding,
            typed: params.flag(4)?,
        })
    }
}

fn separator(text: &str, tab: bool) -> Result<Option<u8>, Error> {
    match text {
        "" if tab => return Ok(Some(b'\t')),
        "" => return Ok(None),
        "\\t" | "tab" => return Ok(Some(b'\t')),
        _ => {}
    }
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(Some(*byte)),
        _ => Err(Error::invalid(
            "separator has to be one ASCII character, no quote",
        )),
    }
}

pub(crate) fn skip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

pub(crate) fn guess(start: &[u8]) -> Format {
    let text = skip_mark(start);
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'[') => Format::Json,
        Some(b'{') => {
            let mut lines = text
                .split(|b| *b == b'\n')
                .filter(|l| !l.trim_ascii().is_empty());
            let first = lines.next().unwrap_or_default();
            let whole = serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
            // One object in one line is the same table either way.
            if whole { Format::Lines } else { Format::Json }
        }
        _ => Format::Separated,
    }
}
