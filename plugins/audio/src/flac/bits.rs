/// Bits, the first of a byte on top.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    word: u64,
    used: u32,
}

impl Bits {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.word = 0;
        self.used = 0;
    }

    /// Adds the lowest `count` bits of `value`, up to 32 of them.
    pub fn put(&mut self, value: u32, count: u32) {
        let masked = u64::from(value) & ((1u64 << count) - 1);
        self.word = self.word << count | masked;
        self.used += count;
        if self.used >= 32 {
            self.used -= 32;
            let whole = (self.word >> self.used) as u32;
            self.bytes.extend_from_slice(&whole.to_be_bytes());
        }
    }

    pub fn signed(&mut self, value: i32, count: u32) {
        self.put(value as u32, count);
    }

    /// Adds `zeros` zeros.
    pub fn zeros(&mut self, mut zeros: u32) {
        while zeros >= 32 {
            self.put(0, 32);
            zeros -= 32;
        }
        self.put(0, zeros);
    }

    /// Fills the last byte with zeros.
    pub fn align(&mut self) {
        let rest = (8 - self.used % 8) % 8;
        self.put(0, rest);
        while self.used > 0 {
            self.used -= 8;
            self.bytes.push((self.word >> self.used) as u8);
        }
    }

    /// Adds bytes; the bits before are aligned.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The checksum of a frame's head: polynomial 0x07.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0, |crc, byte| CRC8[usize::from(crc ^ byte)])
}

/// The checksum of a frame: polynomial 0x8005.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)]
    })
}

const CRC8: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x80 != 0 {
                crc << 1 ^ 0x07
            } else {
                crc << 1
            };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = (i as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 {
                crc << 1 ^ 0x8005
            } else {
                crc << 1
            };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    // The check values of CRC-8/SMBUS and CRC-16/UMTS.
    #[test]
    fn checksums_are_those_of_the_catalogue() {
        assert_eq!(crc8(b"123456789"), 0xF4);
        assert_eq!(crc16(b"123456789"), 0xFEE8);
    }

    #[test]
    fn bits_lie_from_the_top() {
        let mut bits = Bits::default();
        bits.put(0b101, 3);
        bits.zeros(40);
        bits.put(u32::MAX, 32);
        bits.signed(-2, 5);
        bits.align();
        assert_eq!(
            bits.bytes(),
            [0xA0, 0, 0, 0, 0, 0x1F, 0xFF, 0xFF, 0xFF, 0xFE]
        );
    }
}
