//! The kernels against the slow reference, and against themselves on other numbers of shards.

use crate::checksum::checksum;
use crate::flock::Flock;
use crate::memory::{MAX_SHARDS, WAITING};
use crate::params::{Bounds, Mode, Params, Pointer};
use crate::reference;
use inos_sdk::Instance;

const DT: f32 = 1.0 / 60.0;
/// Single against double precision, after one step.
const POSITION_ERROR: f32 = 2e-5;
const VELOCITY_ERROR: f32 = 5e-4;

/// Every border in two and three dimensions, in both modes.
fn spaces() -> Vec<Params> {
    let mut all = Vec::new();
    for mode in [Mode::Exact, Mode::Fast] {
        for bounds in [Bounds::Wrap, Bounds::Wall, Bounds::Sphere] {
            for flat in [false, true] {
                all.push(Params {
                    mode,
                    bounds,
                    flat,
                    seed: 3,
                    ..Params::default()
                });
            }
        }
    }
    all
}

/// A space full of everything else.
fn busy(space: Params) -> Params {
    Params {
        predators: 3,
        obstacles: 5,
        wander: 4.0,
        wind: [0.3, -0.2, 0.5],
        attract: 0.7,
        attract_at: [1.0, 0.5, -0.5],
        pointer: Pointer::Scare,
        pointer_at: [-1.0, 0.0, 0.5],
        separation_radius: 0.8,
        agility: 40.0,
        ..space
    }
}

/// Steps the flock and compares each step with the reference.
fn agree(birds: u32, params: &Params, steps: usize) {
    let mut flock = Flock::new(birds, params);
    let mut frame = vec![Instance::default(); birds as usize];
    for step in 0..steps {
        let before = flock.birds_in_box();
        flock.step(DT, 1, &mut frame);
        let after = flock.birds_in_box();
        let wanted = reference::step(flock.geometry(), params, flock.header(), &before, DT);
        let place = format!("{birds} birds, step {step}, {params:?}");
        for (id, (bird, neighbours)) in wanted.iter().enumerate() {
            let got = after[id];
            for k in 0..3 {
                let p = (got.at[k] - bird.at[k]).abs();
                let v = (got.velocity[k] - bird.velocity[k]).abs();
                assert!(
                    p < POSITION_ERROR,
                    "{place}: bird {id} is off by {p}: {got:?} {bird:?}"
                );
                assert!(
                    v < VELOCITY_ERROR,
                    "{place}: bird {id} flies off by {v}: {got:?} {bird:?}"
                );
            }
            let n = (f64::from(frame[id].a) - neighbours).abs();
            assert!(
                n < 1e-3,
                "{place}: bird {id} has {} not {neighbours}",
                frame[id].a
            );
        }
    }
}

#[test]
fn small_flocks_of_awkward_sizes_follow_the_rules() {
    for space in spaces() {
        for birds in [1, 2, 3, 4, 5, 7, 8, 9, 50] {
            agree(birds, &space, 8);
            agree(birds, &busy(space), 8);
        }
    }
}

#[test]
fn flocks_follow_the_rules_in_every_space() {
    for space in spaces() {
        agree(700, &space, 5);
        agree(700, &busy(space), 5);
    }
}

#[test]
fn a_large_flock_follows_the_rules() {
    agree(3000, &Params::default(), 3);
    agree(
        3000,
        &Params {
            mode: Mode::Fast,
            ..Params::default()
        },
        3,
    );
}

#[test]
fn birds_push_each_other_from_as_far_as_they_are_told() {
    for separation_radius in [0.1, 0.25, 0.4, 0.5, 0.500_01, 0.75, 1.0] {
        for space in spaces() {
            let params = Params {
                separation_radius,
                agility: 100.0,
                ..space
            };
            agree(300, &params, 2);
        }
    }
}

/// 1,500 birds in an eighth of the room that they should have.
fn crowd(params: &Params) -> Vec<Instance> {
    let mut all = vec![Instance::default(); 1500];
    Flock::new(1500, params).write(&mut all);
    all.iter()
        .map(|b| Instance {
            x: b.x * 0.5,
            y: b.y * 0.5,
            z: b.z * 0.5,
            ..*b
        })
        .collect()
}

#[test]
fn a_crowd_of_hundreds_within_one_radius_follows_the_rules() {
    // lists longer than one call of the inner loop takes, windows of many groups
    for mode in [Mode::Exact, Mode::Fast] {
        for separation_radius in [0.5, 1.0] {
            let dense = Params {
                mode,
                separation_radius,
                density: 20.0,
                bounds: Bounds::Wall,
                ..Params::default()
            };
            let birds = crowd(&dense);
            let mut flock = Flock::from_instances(&birds, &dense).unwrap();
            let mut frame = birds.clone();
            let before = flock.birds_in_box();
            flock.step(DT, 1, &mut frame);
            let wanted = reference::step(flock.geometry(), &dense, flock.header(), &before, DT);
            let most = wanted.iter().map(|w| w.1).fold(0.0, f64::max);
            assert!(most > 256.0, "the crowd is too thin for this test: {most}");
            for (id, (bird, neighbours)) in wanted.iter().enumerate() {
                let n = f64::from(frame[id].a);
                assert!((n - neighbours).abs() < 1e-3, "bird {id}: {n}, {dense:?}");
                let got = flock.birds_in_box()[id];
                let off = (got.at[0] - bird.at[0]).abs();
                assert!(off < POSITION_ERROR, "bird {id} is off by {off}, {dense:?}");
            }
        }
    }
}

#[test]
fn a_crowd_in_one_place_flies_on_as_it_would_alone() {
    // its windows are longer than all working memory together
    for mode in [Mode::Exact, Mode::Fast] {
        let params = Params {
            mode,
            separation: 0.0,
            alignment: 0.0,
            cohesion: 0.0,
            predators: 0,
            bounds: Bounds::Wall,
            ..Params::default()
        };
        let bird = |k: u32| Instance {
            vx: 2.0,
            vy: (k % 7) as f32 * 0.1,
            ..Instance::default()
        };
        let birds: Vec<Instance> = (0..150_000).map(bird).collect();
        let mut flock = Flock::from_instances(&birds, &params).unwrap();
        let before = flock.birds_in_box();
        flock.step(DT, 2, &mut []);
        for (id, (was, is)) in before.iter().zip(flock.birds_in_box()).enumerate() {
            assert_eq!(was.velocity, is.velocity, "bird {id}");
            for k in 0..3 {
                let off = was.at[k] + was.velocity[k] * DT - is.at[k];
                assert!(off.abs() < POSITION_ERROR, "bird {id} is off by {off}");
            }
        }
    }
}

#[test]
fn the_number_of_shards_does_not_change_a_bit() {
    for space in spaces() {
        for birds in [1, 2, 9, 50, 255, 700, 3000] {
            let sums: Vec<u64> = (1..=MAX_SHARDS)
                .map(|shards| {
                    let mut flock = Flock::new(birds, &busy(space));
                    let mut frame = vec![Instance::default(); birds as usize];
                    (0..6).for_each(|_| flock.step(DT, shards, &mut frame));
                    checksum(&frame)
                })
                .collect();
            assert!(
                sums.iter().all(|s| *s == sums[0]),
                "{birds} birds, {space:?}: {sums:x?}"
            );
        }
    }
}

#[test]
fn every_bird_gets_into_the_frame() {
    // about as many as wait for the frame together, and about a multiple of four
    for birds in (WAITING as u32 - 6..=WAITING as u32 + 6).chain([1, 3, 4, 5, 2 * WAITING as u32]) {
        for shards in [1, 2, 3] {
            let params = Params::default();
            let mut flock = Flock::new(birds, &params);
            let mut frame = vec![
                Instance {
                    x: f32::NAN,
                    vz: f32::NAN,
                    b: f32::NAN,
                    ..Instance::default()
                };
                birds as usize
            ];
            flock.step(DT, shards, &mut frame);
            let mut wanted = frame.clone();
            flock.write(&mut wanted);
            for (got, wanted) in frame.iter().zip(&wanted) {
                let wanted = Instance {
                    a: got.a,
                    ..*wanted
                };
                assert_eq!(*got, wanted, "{birds} birds, {shards} shards");
            }
        }
    }
}

#[test]
fn shards_may_change_from_step_to_step() {
    let params = Params {
        seed: 11,
        ..Params::default()
    };
    let fly = |shards: &dyn Fn(usize) -> usize| {
        let mut flock = Flock::new(2000, &params);
        let mut frame = vec![Instance::default(); 2000];
        (0..20).for_each(|i| flock.step(DT, shards(i), &mut frame));
        checksum(&frame)
    };
    assert_eq!(fly(&|_| 1), fly(&|i| 1 + i % 5));
}

#[test]
fn another_seed_is_another_flight() {
    let sum = |seed| {
        let mut flock = Flock::new(
            500,
            &Params {
                seed,
                ..Params::default()
            },
        );
        let mut frame = vec![Instance::default(); 500];
        flock.step(DT, 1, &mut frame);
        checksum(&frame)
    };
    assert_eq!(sum(1), sum(1));
    assert_ne!(sum(1), sum(2));
}
