//! No parameter makes the flock hold a NaN, leave its box or take for ever.

use inos_sdk::Instance;

use crate::flock::Flock;
use crate::noise::{Purpose, Stream, stream};
use crate::params::{Mode, Params, SPECS};

/// A value that a broken or hostile host could give for parameter `i`.
fn nasty(numbers: &mut Stream, i: usize) -> f64 {
    let spec = &SPECS[i];
    match (numbers.unit() * 8.0) as u32 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        3 => spec.min,
        4 => spec.max,
        5 => -1e300,
        6 => f64::MIN_POSITIVE,
        _ => spec.min + f64::from(numbers.unit()) * (spec.max - spec.min),
    }
}

fn params(case: u32) -> Params {
    let mut numbers = stream(99, Purpose::Bird, case);
    let values: Vec<f64> = (0..SPECS.len()).map(|i| nasty(&mut numbers, i)).collect();
    Params::from_values(|i| values[i])
}

fn check(flock: &Flock, frame: &[Instance], case: u32) {
    let half = flock.geometry().size().map(|edge| edge * 0.5);
    for (id, b) in frame.iter().enumerate() {
        for (k, c) in [b.x, b.y, b.z].into_iter().enumerate() {
            assert!(
                c.abs() <= half[k],
                "case {case}, bird {id}: {b:?} is outside of {half:?}"
            );
        }
        let numbers = [b.a, b.vx, b.vy, b.vz, b.b];
        assert!(
            numbers.iter().all(|n| n.is_finite()),
            "case {case}, bird {id}: {b:?}"
        );
    }
}

#[test]
fn no_parameters_break_the_flock() {
    for case in 0..300 {
        let first = params(case);
        let birds = 20 + case * 7;
        let mut flock = Flock::new(birds, &first);
        let mut frame = vec![Instance::default(); birds as usize];
        for step in 0..6 {
            let dt = [1.0 / 60.0, 0.0, f32::NAN, f32::INFINITY, -1.0, 0.05][step];
            flock.step(dt, 1 + step % 3, &mut frame);
        }
        flock.set_params(&params(case + 1000));
        (0..4).for_each(|_| flock.step(1.0 / 60.0, 2, &mut frame));
        check(&flock, &frame, case);
    }
}

#[test]
fn speeds_stay_between_their_limits() {
    let p = Params {
        min_speed: 1.5,
        max_speed: 2.5,
        wander: 20.0,
        predators: 4,
        ..Params::default()
    };
    let mut flock = Flock::new(1000, &p);
    let mut frame = vec![Instance::default(); 1000];
    (0..50).for_each(|_| flock.step(1.0 / 60.0, 1, &mut frame));
    for b in &frame {
        let speed = (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz).sqrt();
        assert!((1.4999..2.5001).contains(&speed), "{speed}");
    }
}

#[test]
fn all_birds_in_one_place_are_finite_work() {
    let birds = vec![
        Instance {
            vx: 1.0,
            ..Instance::default()
        };
        20_000
    ];
    for mode in [Mode::Exact, Mode::Fast] {
        for separation_radius in [0.5, 1.0] {
            let p = Params {
                mode,
                separation_radius,
                attract: 5.0,
                separation: 0.0,
                cohesion: 20.0,
                ..Params::default()
            };
            let mut flock = Flock::from_instances(&birds, &p).unwrap();
            let mut frame = birds.clone();
            (0..3).for_each(|_| flock.step(1.0 / 60.0, 1, &mut frame));
            check(&flock, &frame, 0);
            let most = frame.iter().map(|b| b.a).fold(0.0, f32::max);
            assert!(
                mode == Mode::Fast || most < 9.0 * 256.0,
                "a bird looks at a bounded number of others: {most}"
            );
        }
    }
}
