//! scrypt (RFC 7914) in bounded memory: above `MOST_BYTES` it keeps every second, fourth, ... row
//! and works the others out again, as its designers say one may. So a file that was locked with
//! 256 MiB, which is what age takes, opens in half of that.

use inos_sdk::{Call, Error};

const MOST_BYTES: usize = 128 << 20;
/// Bytes that a caller may ask for, however few are kept: N * r * 128.
const MOST_ASKED: u64 = 1 << 30;

/// How dear a guess is made.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) log_n: u32,
    pub(crate) r: usize,
    pub(crate) p: usize,
}

impl Cost {
    fn check(&self) -> Result<(), Error> {
        let asked = (self.log_n < 32)
            .then(|| 128u64 << self.log_n)
            .and_then(|rows| rows.checked_mul(self.r as u64));
        let fits = asked.is_some_and(|bytes| bytes <= MOST_ASKED);
        if self.log_n < 1 || self.r < 1 || self.p < 1 || self.p > 16 || !fits {
            return Err(Error::invalid(format!(
                "the cost of scrypt, log_n {}, r {}, p {}, is beyond 1 GiB or 16 lanes",
                self.log_n, self.r, self.p
            )));
        }
        Ok(())
    }
}

pub(crate) fn derive(
    call: &Call,
    password: &[u8],
    salt: &[u8],
    cost: Cost,
    key: &mut [u8],
) -> Result<(), Error> {
    cost.check()?;
    let mut lanes = vec![0; 128 * cost.r * cost.p];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, salt, 1, &mut lanes);
    for (at, lane) in lanes.chunks_exact_mut(128 * cost.r).enumerate() {
        let words: Vec<u32> = lane
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| u32::from_le_bytes(*b))
            .collect();
        let mixed = mix(call, words, cost, at as u64)?;
        for (bytes, word) in lane.chunks_exact_mut(4).zip(mixed) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, &lanes, 1, key);
    Ok(())
}

/// ROMix of one lane.
fn mix(call: &Call, mut x: Vec<u32>, cost: Cost, lane: u64) -> Result<Vec<u32>, Error> {
    let (n, width) = (1usize << cost.log_n, 32 * cost.r);
    let stride = (n * width * 4).div_ceil(MOST_BYTES).next_power_of_two();
    let kept = (n / stride).max(1) * width;
    let mut rows: Vec<u32> = Vec::new();
    rows.try_reserve_exact(kept)
        .map_err(|_| Error::failed(format!("there is no memory of {} bytes", kept * 4)))?;
    let (mut y, total) = (vec![0; width], 2 * n as u64 * cost.p as u64);
    let report = |i: usize| {
        let done = lane * 2 * n as u64 + i as u64;
        if i.is_multiple_of(1024) {
            call.progress(done, total)
        } else {
            Ok(())
        }
    };
    for i in 0..n {
        report(i)?;
        if i.is_multiple_of(stride) {
            rows.extend_from_slice(&x);
        }
        block_mix(&mut x, &mut y);
    }
    let mut row = vec![0; width];
    for i in 0..n {
        report(n + i)?;
        let low = x.get(width - 16).copied().unwrap_or(0) as usize;
        let wanted = low & (n - 1);
        let from = wanted / stride * width;
        row.copy_from_slice(&rows[from..from + width]);
        for _ in 0..wanted % stride {
            block_mix(&mut row, &mut y);
        }
        for (a, b) in x.iter_mut().zip(&row) {
            *a ^= b;
        }
        block_mix(&mut x, &mut y);
    }
    Ok(x)
}

/// BlockMix: `x` becomes its mix; `y` is room of the same length.
fn block_mix(x: &mut [u32], y: &mut [u32]) {
    let blocks = x.len() / 16;
    let mut state = [0; 16];
    state.copy_from_slice(&x[x.len() - 16..]);
    for (at, block) in x.as_chunks::<16>().0.iter().enumerate() {
        for (s, b) in state.iter_mut().zip(block) {
            *s ^= b;
        }
        salsa8(&mut state);
        let to = at / 2 + if at % 2 == 0 { 0 } else { blocks / 2 };
        y[16 * to..16 * to + 16].copy_from_slice(&state);
    }
    x.copy_from_slice(y);
}

/// Salsa20/8.
fn salsa8(state: &mut [u32; 16]) {
    let mut x = *state;
    for _ in 0..4 {
        for [a, b, c, d] in [
            [0, 4, 8, 12],
            [5, 9, 13, 1],
            [10, 14, 2, 6],
            [15, 3, 7, 11],
            [0, 1, 2, 3],
            [5, 6, 7, 4],
            [10, 11, 8, 9],
            [15, 12, 13, 14],
        ] {
            x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
            x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
            x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
            x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
        }
    }
    for (s, v) in state.iter_mut().zip(x) {
        *s = s.wrapping_add(v);
    }
}
