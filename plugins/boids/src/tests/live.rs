//! The live part on the test host: what the product does, tick by tick.

use crate::bodies::obstacle;
use crate::checksum::checksum;
use crate::geometry::Geometry;
use crate::live::LiveFlock;
use crate::params::Params;
use crate::stats::measure;
use inos_sdk::Instance;
use inos_testkit::Live;

use super::flock;

fn frame(live: &Live<LiveFlock>) -> Vec<Instance> {
    live.frame(0).unwrap()
}

fn ticks(live: &mut Live<LiveFlock>, n: usize) {
    for _ in 0..n {
        live.tick().unwrap();
    }
}

#[test]
fn frames_are_equal_for_any_number_of_shards_and_after_a_reset() {
    let fly = |shards, fast: &str| {
        let mut live = flock();
        live.set("seed", 7i64);
        live.set("mode", fast);
        live.set("count", 2000i64);
        live.set_shards(shards);
        live.reset().unwrap();
        ticks(&mut live, 30);
        let first = checksum(&frame(&live));
        live.reset().unwrap();
        ticks(&mut live, 30);
        assert_eq!(checksum(&frame(&live)), first, "{shards} shards, {fast}");
        first
    };
    for mode in ["exact", "fast"] {
        assert_eq!(fly(1, mode), fly(2, mode));
        assert_eq!(fly(1, mode), fly(5, mode));
    }
    assert_ne!(fly(1, "exact"), fly(1, "fast"));
}

#[test]
fn a_bird_keeps_its_place_in_the_frame_and_its_phase() {
    let mut live = flock();
    live.set("count", 3000i64);
    live.reset().unwrap();
    ticks(&mut live, 1);
    let mut before = frame(&live);
    for _ in 0..40 {
        ticks(&mut live, 1);
        let after = frame(&live);
        for (a, b) in before.iter().zip(&after) {
            let moved = [(a.x - b.x), (a.y - b.y), (a.z - b.z)].map(f32::abs);
            assert!(
                moved.iter().all(|d| *d < 0.06),
                "3 r/s is 0.05 in a tick: {moved:?}"
            );
            assert_eq!(a.b, b.b);
        }
        before = after;
    }
    assert!(before.iter().all(|bird| (0.0..1.0).contains(&bird.b)));
}

#[test]
fn the_count_changes_while_the_flock_flies() {
    let mut live = flock();
    live.set("count", 1000i64);
    live.reset().unwrap();
    ticks(&mut live, 20);
    let small = frame(&live);
    live.set("count", 5000i64);
    live.set_shards(3);
    ticks(&mut live, 1);
    let large = frame(&live);
    assert_eq!(large.len(), 5000);
    let turned = small.iter().zip(&large).filter(|(a, b)| {
        let dot = a.vx * b.vx + a.vy * b.vy + a.vz * b.vz;
        dot < 0.0
    });
    assert!(turned.count() < 50, "the birds that were there fly on");
    live.set("count", 100i64);
    ticks(&mut live, 1);
    assert_eq!(frame(&live).len(), 100);
    ticks(&mut live, 50);
    assert!(frame(&live).iter().all(|b| b.x.is_finite()));
}

#[test]
fn growing_gives_the_same_flock_for_any_number_of_shards() {
    let fly = |shards| {
        let mut live = flock();
        live.set("count", 800i64);
        live.set_shards(shards);
        live.reset().unwrap();
        ticks(&mut live, 10);
        live.set("count", 2500i64);
        live.set("mode", "fast");
        ticks(&mut live, 10);
        live.set("dimensions", "2d");
        ticks(&mut live, 10);
        live.set("dimensions", "3d");
        live.set("bounds", "wrap");
        ticks(&mut live, 10);
        live.set("count", 300i64);
        live.set("density", 1.0);
        live.set("mode", "exact");
        ticks(&mut live, 10);
        checksum(&frame(&live))
    };
    assert_eq!(fly(1), fly(2));
    assert_eq!(fly(1), fly(4));
}

#[test]
fn in_two_dimensions_all_birds_stay_in_the_plane() {
    let mut live = flock();
    live.set("count", 2000i64);
    live.set("dimensions", "2d");
    live.set("wander", 5.0);
    live.set("wind_z", 3.0);
    live.set("obstacles", 4i64);
    live.reset().unwrap();
    ticks(&mut live, 60);
    assert!(frame(&live).iter().all(|b| b.z == 0.0 && b.vz == 0.0));
    let s = measure(&frame(&live));
    assert!(s.neighbours > 5.0 && s.mean_speed > 0.5, "{s:?}");
}

#[test]
fn no_bird_enters_an_obstacle_and_none_leaves_the_sphere_far() {
    let mut live = flock();
    live.set("count", 2000i64);
    live.set("seed", 5i64);
    live.set("obstacles", 8i64);
    live.set("obstacle_radius", 1.5);
    live.reset().unwrap();
    let params = Params {
        count: 2000,
        seed: 5,
        obstacles: 8,
        ..Params::default()
    };
    let grid = Geometry::new(2000, &params);
    let centre = grid.centre();
    for _ in 0..200 {
        ticks(&mut live, 1);
        for b in frame(&live) {
            let at = [b.x, b.y, b.z];
            assert!(length(at) < grid.sphere + 1.5, "{b:?}");
            for k in 0..8 {
                let place = obstacle(k, 5, &grid);
                let way = std::array::from_fn(|i| at[i] + centre[i] - place[i]);
                // where two overlap, leaving one may lead into the other
                let alone = (0..8).all(|j| {
                    j == k
                        || length(std::array::from_fn(|i| obstacle(j, 5, &grid)[i] - place[i]))
                            > 3.0
                });
                assert!(!alone || length(way) > 1.499, "obstacle {k}: {b:?}");
            }
        }
    }
}

fn length(v: [f32; 3]) -> f32 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

#[test]
fn the_pointer_draws_and_scares() {
    let around = |mode: &str| {
        let mut live = flock();
        live.set("count", 3000i64);
        live.set("predators", 0i64);
        live.set("pointer_mode", mode);
        live.set("pointer_radius", 4.0);
        live.reset().unwrap();
        ticks(&mut live, 60);
        frame(&live)
            .iter()
            .filter(|b| b.x * b.x + b.y * b.y + b.z * b.z < 4.0)
            .count()
    };
    let (drawn, left, scared) = (around("attract"), around("none"), around("scare"));
    assert!(
        drawn > left * 3 / 2 && scared < left / 2,
        "{drawn} {left} {scared}"
    );
}

#[test]
fn predators_make_the_flock_part() {
    let polarisation = |predators: i64| {
        let mut live = flock();
        live.set("count", 3000i64);
        live.set("predators", predators);
        live.reset().unwrap();
        ticks(&mut live, 120);
        frame(&live)
    };
    let near_a_hole = |birds: &[Instance]| measure(birds).spread;
    let (calm, hunted) = (near_a_hole(&polarisation(0)), near_a_hole(&polarisation(4)));
    assert!(
        hunted > calm * 1.02,
        "four hunters scatter the flock: {calm} {hunted}"
    );
}
