//! Finds the bytes that separated text is cut at: 64 at a time, a bit for each.

const BLOCK: usize = 64;

/// The places of separators, quotes and ends of lines.
#[derive(Debug)]
pub(crate) struct Specials<'b> {
    bytes: &'b [u8],
    separator: u8,
    /// Where the next block begins.
    next: usize,
    /// The places of the block before that are still to come.
    bits: u64,
}

impl<'b> Specials<'b> {
    pub(crate) fn new(bytes: &'b [u8], separator: u8) -> Self {
        Self {
            bytes,
            separator,
            next: 0,
            bits: 0,
        }
    }

    fn load(&mut self) -> bool {
        let rest = &self.bytes[self.next..];
        self.bits = match rest.first_chunk::<BLOCK>() {
            Some(block) => bits(block, self.separator),
            None if rest.is_empty() => return false,
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                bits(&block, self.separator) & ((1 << rest.len()) - 1)
            }
        };
        self.next += BLOCK;
        true
    }
}

impl Iterator for Specials<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            if self.next >= self.bytes.len() || !self.load() {
                return None;
            }
        }
        let place = self.next - BLOCK + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(place)
    }
}

#[cfg(target_arch = "wasm32")]
fn bits(block: &[u8; BLOCK], separator: u8) -> u64 {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128_or};
    let (words, _) = block.as_chunks::<8>();
    let word = |i: usize| u64::from_le_bytes(words[i]);
    let mut bits = 0;
    for part in 0..4 {
        let bytes = u64x2(word(part * 2), word(part * 2 + 1));
        let is = |byte: u8| u8x16_eq(bytes, u8x16_splat(byte));
        let ends = v128_or(is(b'\n'), is(b'\r'));
        let found = v128_or(ends, v128_or(is(b'"'), is(separator)));
        bits |= u64::from(u8x16_bitmask(found)) << (part * 16);
    }
    bits
}

#[cfg(not(target_arch = "wasm32"))]
fn bits(block: &[u8; BLOCK], separator: u8) -> u64 {
    reference(block, separator)
}

#[cfg(any(test, not(target_arch = "wasm32")))]
fn reference(block: &[u8; BLOCK], separator: u8) -> u64 {
    let is = |byte: u8| byte == separator || matches!(byte, b'"' | b'\n' | b'\r');
    let bit = |(i, byte): (usize, &u8)| u64::from(is(*byte)) << i;
    block.iter().enumerate().map(bit).fold(0, |a, b| a | b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_are_found_at_awkward_lengths() {
        for len in [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000] {
            let bytes: Vec<u8> = (0..len).map(|i| b"a,b\"\nc\rd;\0"[i * 7 % 10]).collect();
            for separator in [b',', b';', b'\0'] {
                let want: Vec<usize> = (0..len)
                    .filter(|i| bytes[*i] == separator || b"\"\n\r".contains(&bytes[*i]))
                    .collect();
                assert_eq!(Specials::new(&bytes, separator).collect::<Vec<_>>(), want);
            }
        }
    }
}
