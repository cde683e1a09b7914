//! The flock is handed on, and nothing else is taken for one.

use super::flock;
use crate::state;
use inos_sdk::Instance;
use inos_testkit::Live;

use crate::live::LiveFlock;

fn flying(settings: &[(&str, &str)], count: i64) -> Live<LiveFlock> {
    let mut live = flock();
    live.set("count", count);
    for (name, option) in settings {
        live.set(name, *option);
    }
    live.reset().unwrap();
    for _ in 0..30 {
        live.tick().unwrap();
    }
    live
}

fn frame(live: &Live<LiveFlock>) -> Vec<Instance> {
    live.frame(0).unwrap()
}

fn handed_on(live: &mut Live<LiveFlock>) -> Vec<u8> {
    live.save().unwrap().unwrap()
}

#[test]
fn a_flock_that_was_handed_on_flies_on_bit_by_bit() {
    for settings in [
        &[("mode", "exact"), ("bounds", "sphere")],
        &[("mode", "fast"), ("bounds", "wrap")],
        &[("mode", "exact"), ("bounds", "wall")],
        &[("dimensions", "2d"), ("bounds", "sphere")],
    ] {
        let mut old = flying(settings, 2000);
        let state = handed_on(&mut old);
        let mut new = flock();
        new.set("count", 2000i64);
        for (name, option) in settings {
            new.set(name, *option);
        }
        new.set_shards(3);
        new.load(&state).unwrap();
        for _ in 0..20 {
            old.tick().unwrap();
            new.tick().unwrap();
            assert_eq!(frame(&old), frame(&new), "{settings:?}");
        }
    }
}

#[test]
fn other_parameters_fit_the_flock_to_another_box() {
    let mut old = flying(&[], 1000);
    let state = handed_on(&mut old);
    let before = frame(&old);
    let mut new = flock();
    new.set("count", 3000i64);
    new.load(&state).unwrap();
    new.tick().unwrap();
    let after = frame(&new);
    assert_eq!(after.len(), 3000);
    let heading = |b: &Instance| [b.vx, b.vy, b.vz];
    let turned = before
        .iter()
        .zip(&after)
        .filter(|(a, b)| {
            let dot: f32 = heading(a).iter().zip(heading(b)).map(|(a, b)| a * b).sum();
            dot < 0.0
        })
        .count();
    assert!(turned < 20, "{turned} of those that were there turned");
}

#[test]
fn a_flock_that_has_not_flown_hands_nothing_on() {
    let mut live = flock();
    live.reset().unwrap();
    assert_eq!(live.save().unwrap(), None);
}

/// Changes of every word, lengths cut at every place: a flock that is refused, or one that flies.
#[test]
fn no_bytes_make_a_flock_that_cannot_fly() {
    let mut old = flying(&[], 100);
    let state = handed_on(&mut old);
    let mut refused = 0;
    let mut live = flock();
    live.set("count", 100i64);
    let mut try_out = |bytes: &[u8]| {
        if live.load(bytes).is_err() {
            refused += 1;
            return;
        }
        for _ in 0..2 {
            live.tick().unwrap();
        }
        let numbers = |b: &Instance| [b.x, b.y, b.z, b.vx, b.vy, b.vz];
        assert!(frame(&live).iter().flat_map(numbers).all(f32::is_finite));
    };
    for len in (0..state.len()).step_by(37) {
        try_out(&state[..len]);
    }
    let extremes = [
        0,
        1,
        2,
        3,
        0xffff_ffff,
        0x7fc0_0000,
        0x7f80_0000,
        0x4f00_0000,
        8000,
    ];
    for at in (0..state.len() / 4).filter(|at| *at < 40 || at % 29 == 0) {
        for value in extremes {
            let mut bytes = state.clone();
            bytes[4 * at..4 * at + 4].copy_from_slice(&u32::to_le_bytes(value));
            try_out(&bytes);
        }
    }
    let mut random = 1u64;
    for _ in 0..300 {
        let mut bytes = state.clone();
        for _ in 0..4 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (random >> 33) as usize % bytes.len();
            bytes[at] ^= 1 << (random >> 61);
        }
        try_out(&bytes);
    }
    assert!(refused > 300, "only {refused} were refused");
}

#[test]
fn each_thing_that_does_not_fit_is_named() {
    let mut old = flying(&[], 100);
    let good: Vec<u32> = handed_on(&mut old)
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    let infinite = f32::INFINITY.to_bits();
    for (at, value, want) in [
        (0, 7, "not of version"),
        (1, 2, "not of version"),
        (4, 99, "its length"),
        (4, 4_000_000_000, "its length"),
        (5, 0, "no such box"),
        (5, 90, "no such box"),
        (5, 0xffff_ffff, "no such box"),
        (6, 2, "no such box"),
        (7, 3, "no such box"),
        (8, infinite, "out of bounds"),
        (32, 100, "one number"),
        (33, infinite, "out of bounds"),
        (33, (-1f32).to_bits(), "out of bounds"),
        (36, f32::NAN.to_bits(), "out of bounds"),
        (39, good[32], "one number"),
    ] {
        let mut words = good.clone();
        words[at] = value;
        let error = state::read(&words).unwrap_err().to_string();
        assert!(error.contains(want), "word {at} = {value}: {error}");
    }
    assert!(state::read(&good).is_ok());
}
