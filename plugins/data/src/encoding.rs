//! Texts that are not UTF-8, turned into it piece by piece.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

/// What Windows-1252 has at 0x80 to 0x9f; 0 is nothing.
const HIGH: [u16; 32] = [
    0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
];

impl Encoding {
    /// The encoding that a byte order mark names, and the mark's length.
    pub(crate) fn of_mark(start: &[u8]) -> Option<(Self, usize)> {
        match start {
            [0xef, 0xbb, 0xbf, ..] => Some((Self::Utf8, 3)),
            [0xff, 0xfe, ..] => Some((Self::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((Self::Utf16Be, 2)),
            _ => None,
        }
    }
}

/// Keeps what a piece ends in the middle of.
#[derive(Debug)]
pub(crate) struct Decoder {
    encoding: Encoding,
    byte: Option<u8>,
    high: Option<u16>,
    text: String,
}

impl Decoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            byte: None,
            high: None,
            text: String::new(),
        }
    }

    /// The piece as UTF-8; what is no text becomes U+FFFD in UTF-16, and stays in UTF-8, where the
    /// reader names its place.
    pub(crate) fn decode<'b>(&'b mut self, bytes: &'b [u8]) -> &'b [u8] {
        self.text.clear();
        match self.encoding {
            Encoding::Utf8 => return bytes,
            Encoding::Windows1252 => self.text.extend(bytes.iter().map(|byte| windows(*byte))),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                for &byte in bytes {
                    match self.byte.take() {
                        None => self.byte = Some(byte),
                        Some(first) => self.unit(first, byte),
                    }
                }
            }
        }
        self.text.as_bytes()
    }

    fn unit(&mut self, first: u8, second: u8) {
        let unit = match self.encoding {
            Encoding::Utf16Be => u16::from_be_bytes([first, second]),
            _ => u16::from_le_bytes([first, second]),
        };
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let pair = char::decode_utf16([high, unit]).next();
                self.text.push(
                    pair.and_then(Result::ok)
                        .unwrap_or(char::REPLACEMENT_CHARACTER),
                );
            }
            (high, unit) => {
                if high.is_some() {
                    self.text.push(char::REPLACEMENT_CHARACTER);
                }
                match unit {
                    0xd800..=0xdbff => self.high = Some(unit),
                    _ => self.text.push(
                        char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER),
                    ),
                }
            }
        }
    }
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..=0x9f => char::from_u32(u32::from(HIGH[usize::from(byte - 0x80)])).unwrap_or(' '),
        _ => char::from(byte),
    }
}
