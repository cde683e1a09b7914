//! A table of different keys, numbered as they come.

use inos_sdk::Error;

use crate::budget::Held;

const NONE: u32 = u32::MAX;
const FIRST_SLOTS: usize = 64;

/// Keys one after the other, found by a hash: no allocation for each.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    hashes: Vec<u32>,
    /// Numbers of keys, open addressing; a power of two, at most three quarters full.
    slots: Vec<u32>,
    held: Held,
}

impl Keys {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn key(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    /// The number of a key that is there.
    pub(crate) fn find(&self, key: &[u8]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let number = self.slots[self.slot(key, hash(key))];
        (number != NONE).then_some(number as usize)
    }

    /// The number of a key, and whether it is a new one.
    pub(crate) fn place(&mut self, key: &[u8]) -> Result<(usize, bool), Error> {
        if self.ends.len() * 4 >= self.slots.len() * 3 {
            self.rehash()?;
        }
        let hash = hash(key);
        let slot = self.slot(key, hash);
        if self.slots[slot] != NONE {
            return Ok((self.slots[slot] as usize, false));
        }
        let number = self.ends.len();
        self.slots[slot] = number as u32;
        let before = self.bytes.capacity();
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        self.hashes.push(hash);
        if self.bytes.capacity() != before {
            self.count()?;
        }
        Ok((number, true))
    }

    fn slot(&self, key: &[u8], hash: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let number = self.slots[slot];
            if number == NONE {
                return slot;
            }
            let known = number as usize;
            if self.hashes[known] == hash && self.key(known) == key {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn rehash(&mut self) -> Result<(), Error> {
        let size = (self.slots.len() * 2).max(FIRST_SLOTS);
        self.held.grow(size * size_of::<u32>())?;
        self.slots = vec![NONE; size];
        for (number, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & (size - 1);
            while self.slots[slot] != NONE {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = number as u32;
        }
        self.count()
    }

    fn count(&mut self) -> Result<(), Error> {
        let lists = self.ends.capacity() * size_of::<usize>()
            + (self.hashes.capacity() + self.slots.len()) * size_of::<u32>();
        self.held.set(self.bytes.capacity() + lists)
    }
}

/// Eight bytes at a time, multiplied and folded; not made against an enemy, who would only make his
/// own job run into its deadline.
fn hash(key: &[u8]) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = key.len() as u64;
    let mut mix = |word: u64| {
        state = (state ^ word).wrapping_mul(ODD);
        state ^= state >> 29;
    };
    let (words, rest) = key.as_chunks::<8>();
    words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(u64::from_le_bytes(last));
    (state ^ (state >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_as_they_come() {
        let mut keys = Keys::default();
        let all: Vec<Vec<u8>> = (0..5000u32)
            .map(|i| {
                vec![i as u8; (i % 23) as usize]
                    .into_iter()
                    .chain(i.to_le_bytes())
                    .collect()
            })
            .collect();
        for round in 0..2 {
            for (i, key) in all.iter().enumerate() {
                assert_eq!(keys.place(key).unwrap(), (i, round == 0));
                assert_eq!(keys.find(key), Some(i));
            }
        }
        assert_eq!(keys.find(b"nothing"), None);
        assert_eq!(keys.len(), all.len());
        assert_eq!(Keys::default().find(b""), None);
    }
}
