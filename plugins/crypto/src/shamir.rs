//! Shamir's secret sharing in the field of 256 elements that libgfshare uses (x^8+x^4+x^3+x^2+1).

use inos_sdk::{Call, Error};
use zeroize::Zeroizing;

use crate::text::put;

/// In the same time for all factors.
fn times(a: u8, b: u8) -> u8 {
    let (mut a, mut sum) = (a, 0);
    for bit in 0..8 {
        sum ^= a & 0u8.wrapping_sub(b >> bit & 1);
        a = a << 1 ^ 0x1d & 0u8.wrapping_sub(a >> 7);
    }
    sum
}

/// 1 / a, which is a^254.
fn inverse(a: u8) -> u8 {
    (0..6).fold(times(a, a), |p, _| times(times(p, a), times(p, a)))
}

pub(crate) fn split(call: &mut Call) -> Result<(), Error> {
    let (shares, needed) = (call.params().count(0)?, call.params().count(1)?);
    if needed > shares {
        return Err(Error::invalid(format!(
            "needed is {needed}, there are only {shares} shares"
        )));
    }
    let input = call.input(0)?;
    let secret = input.bytes()?;
    if secret.is_empty() || secret.len() > 1 << 20 {
        return Err(Error::invalid("secret is empty or has more than 1 MiB"));
    }
    let mut chance = Zeroizing::new(vec![0; secret.len() * (needed - 1)]);
    for piece in chance.chunks_mut(4096) {
        call.random(piece)?;
    }
    for at in 0..shares {
        let x = at as u8 + 1;
        let mut share = Zeroizing::new(vec![x]);
        share.extend(secret.iter().enumerate().map(|(i, byte)| {
            let others = &chance[i * (needed - 1)..(i + 1) * (needed - 1)];
            times(others.iter().fold(0, |sum, c| times(sum, x) ^ c), x) ^ byte
        }));
        put(call, at as u32, &share)?;
    }
    Ok(())
}

pub(crate) fn combine(call: &mut Call) -> Result<(), Error> {
    let mut shares: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for at in 0..call.input_count() {
        let share = Zeroizing::new(call.input(at)?.bytes()?.to_vec());
        let len = shares.first().map_or(share.len(), |first| first.len());
        if share.len() < 2 || share.len() != len || share[0] == 0 {
            let place = at + 1;
            return Err(Error::invalid(format!(
                "share {place} is none, or is of another length than the first"
            )));
        }
        if shares.iter().any(|other| other[0] == share[0]) {
            return Err(Error::invalid(format!("share {} is there twice", at + 1)));
        }
        shares.push(share);
    }
    let len = shares.first().map_or(0, |first| first.len());
    let mut secret = Zeroizing::new(vec![0; len.saturating_sub(1)]);
    for share in &shares {
        // Lagrange's weight of this share at 0.
        let others = shares.iter().filter(|other| other[0] != share[0]);
        let weight = others.fold(1, |w, other| {
            times(w, times(other[0], inverse(other[0] ^ share[0])))
        });
        for (s, byte) in secret.iter_mut().zip(&share[1..]) {
            *s ^= times(weight, *byte);
        }
    }
    put(call, 0, &secret)
}
